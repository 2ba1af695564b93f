// Estimates of the wait against others, on the same calls: those that stood in line and were answered, as
// docs/routing.md, "Estimates", says. `simulator_test --gtest_filter='Estimates.*'` prints the figures that stand
// there.
#include <array>
#include <cmath>
#include <map>
#include <optional>

#include <fmt/format.h>

#include "centrala/routing/state.hpp"
#include "support.hpp"

namespace centrala::simulator {
namespace {

using namespace routing;

double in_seconds(Duration d) {
    return static_cast<double>(d.count()) * 1e-6;
}

/// What a predictor did.
struct Score {
    double calls = 0, error = 0, squares = 0, absolute = 0, waits = 0, covered = 0;

    void add(double predicted, double wait) {
        ++calls;
        error += predicted - wait;
        squares += (predicted - wait) * (predicted - wait);
        absolute += std::abs(predicted - wait);
        waits += wait;
    }
    [[nodiscard]] double rmse() const { return std::sqrt(squares / calls); }
    [[nodiscard]] double coverage() const { return covered / calls; }
};

/// Least squares with a ridge on what can be seen, and nothing known of queues beforehand.
class Regression {
public:
    static constexpr std::size_t kSize = 4;
    using Signs = std::array<double, kSize>;

    [[nodiscard]] double predict(const Signs& x) const {
        double sum = 0;
        for (std::size_t i = 0; i < kSize; ++i) sum += weights_[i] * x[i];
        return std::max(sum, 0.0);
    }
    void learn(const Signs& x, double y) {
        for (std::size_t i = 0; i < kSize; ++i) {
            for (std::size_t j = 0; j < kSize; ++j) table_[i][j] += x[i] * x[j];
            table_[i][kSize] += x[i] * y;
        }
        auto t = table_;
        for (std::size_t i = 0; i < kSize; ++i) t[i][i] += 1;
        for (std::size_t i = 0; i < kSize; ++i)
            for (std::size_t r = 0; r < kSize; ++r)
                if (const double f = t[r][i] / t[i][i]; r != i)
                    for (std::size_t c = i; c <= kSize; ++c) t[r][c] -= f * t[i][c];
        for (std::size_t i = 0; i < kSize; ++i) weights_[i] = t[i][kSize] / t[i][i];
    }

private:
    std::array<std::array<double, kSize + 1>, kSize> table_{};
    Signs weights_{};
};

enum Predictor : std::size_t { last_to_enter, head_of_line, queue_length, with_patience, linear, chosen, kPredictors };
constexpr std::array<const char*, kPredictors> kNames{"LES", "HOL", "QL", "QLM", "linear", "chosen"};
using Scores = std::array<Score, kPredictors>;

/// Mean service time and patience, where they are known beforehand; else they are learned from the log.
struct Known {
    double service = 0, patience = 0;
};

/// Reads the log of one replication, and knows the state from nothing else. `scores` gets what it finds.
class Reader {
public:
    Reader(const config::Scenario& scenario, Known known, Scores& scores)
        : scenario_(scenario),
          known_(known),
          scores_(scores),
          queues_(scenario.plan->queues.size()),
          state_(*scenario.plan) {}

    void operator()(const Event& e) {
        if (const auto* x = std::get_if<event::ContactEnqueued>(&e.body))
            enters(*x, e.at);
        else if (const auto* x = std::get_if<event::ContactConnected>(&e.body))
            answered(*x);
        else if (const auto* x = std::get_if<event::ContactAbandoned>(&e.body))
            hangs_up(*x);
        else if (const auto* x = std::get_if<event::ContactEnded>(&e.body))
            ends(*x);
        apply(state_, *scenario_.plan, e);
    }

private:
    struct Queue {
        double last_wait = 0, service = 0, services = 0, waits = 0, hang_ups = 0;
        Regression regression;
    };
    struct Prediction {
        std::array<double, kPredictors> seconds{};
        double p80 = 0;
        Regression::Signs signs{};
        bool counts = false;
    };

    void enters(const event::ContactEnqueued& e, Timestamp at) {
        if (!e.estimate || !e.estimate->p80) return;
        const Queue& q = queues_[index(e.queue)];
        const auto& line = state_.queues[index(e.queue)].lines[0];
        const auto ahead = static_cast<double>(line.size());
        const double head = line.empty() ? 0 : in_seconds(at - line.begin()->enqueued);
        const double service = known_.service > 0 ? known_.service : q.services > 0 ? q.service / q.services : 180;
        const double gap = service / std::max(1.0, static_cast<double>(state_.index.bench(e.queue).at_work));
        const double impatience = known_.service > 0 ? (known_.patience > 0 ? 1 / known_.patience : 0)
                                  : q.waits > 0      ? q.hang_ups / q.waits
                                                     : 0;
        Prediction p;
        p.seconds[last_to_enter] = q.last_wait;
        p.seconds[head_of_line] = head;
        p.seconds[queue_length] = (ahead + 1) * gap;
        for (double i = 0; i <= ahead; ++i) p.seconds[with_patience] += gap / (1 + i * gap * impatience);
        p.signs = {1, (ahead + 1) * gap, head, q.last_wait};
        p.seconds[linear] = q.regression.predict(p.signs);
        p.seconds[chosen] = in_seconds(e.estimate->expected);
        p.p80 = in_seconds(*e.estimate->p80);
        p.counts = at - scenario_.beginning >= scenario_.warm_up;
        predictions_[e.contact] = p;
    }
    void answered(const event::ContactConnected& e) {
        Queue& q = queues_[index(e.queue)];
        const double wait = in_seconds(e.waited);
        q.waits += wait;
        const auto found = predictions_.find(e.contact);
        if (found == predictions_.end()) return;
        const Prediction& p = found->second;
        for (std::size_t i = 0; i < kPredictors && p.counts; ++i) scores_[i].add(p.seconds[i], wait);
        if (p.counts) scores_[chosen].covered += wait <= p.p80;
        q.last_wait = wait;
        q.regression.learn(p.signs, wait);
        predictions_.erase(found);
    }
    void hangs_up(const event::ContactAbandoned& e) {
        Queue& q = queues_[index(e.queue)];
        q.waits += in_seconds(e.waited);
        ++q.hang_ups;
        predictions_.erase(e.contact);
    }
    void ends(const event::ContactEnded& e) {
        Queue& q = queues_[index(*e.queue)];
        q.service += in_seconds(e.talked + scenario_.plan->queues[index(*e.queue)].wrap_up);
        ++q.services;
    }

    const config::Scenario& scenario_;
    Known known_;
    Scores& scores_;
    std::vector<Queue> queues_;
    std::map<ContactId, Prediction> predictions_;
    State state_;
};

Scores scores(const config::Scenario& scenario, std::uint32_t replications, Known known, const std::string& title) {
    Scores all;
    for (std::uint32_t r = 0; r < replications; ++r) {
        Reader reader(scenario, known, all);
        watch(scenario, r, {nullptr, nullptr, std::ref(reader)});
    }
    fmt::print("| {} |", title);
    for (const Score& s : all) fmt::print(" {:.1f} |", s.rmse());
    const Score& own = all[chosen];
    fmt::print(" {:.1f} | {:.1f} | {:+.1f} | {:.3f} |\n", own.waits / own.calls, own.absolute / own.calls,
               own.error / own.calls, own.coverage());
    return all;
}

constexpr double kService = 180;

/// So many agents who are all alike; `load` as a share of what they can do, `theta` the service rate's part at which
/// callers hang up, 0: never.
config::Scenario one_queue(int agents, double load, double theta, double calls) {
    const double per_hour = agents * load * 3600 / kService;
    const std::string patience = theta > 0 ? fmt::format("{{exponential: {}s}}", kService / theta) : "infinite";
    return scenario(fmt::format(
        "{{horizon: {}s, warm_up: {}s, replications: 1, seed: 20261129, skills: [a],\n"
        " routing: {{profile: plain}}, queue_defaults: {{wrap_up: 0s}}, queues: {{a: {{requires: {{a: 1}}}}}},\n"
        " agents: {{team: {{count: {}, skills: {{a: 10}}}}}},\n"
        " classes: {{A: {{queue: a, arrivals: {{per_hour: {}}}, service: {{exponential: {}s}}, patience: {}}}}}}}",
        static_cast<long>(calls / per_hour * 3600), static_cast<long>(calls / per_hour * 3600 / 10), agents, per_hour,
        kService, patience));
}

void expect_coverage(const Scores& s, const std::string& where) {
    EXPECT_GE(s[chosen].coverage(), 0.78) << where;
    EXPECT_LE(s[chosen].coverage(), 0.82) << where;
}

class Estimates : public testing::Test {
protected:
    void SetUp() override {
        if (table("ewt_sim.csv").empty()) GTEST_SKIP() << "the shared tables are not here";
    }
};

TEST_F(Estimates, OfPatientCallersAreWithinTwoPercentOfQueueLengthWithTheTrueServiceTime) {
    for (const Row& row : table("delay_predictor_exact.csv")) {
        const int agents = static_cast<int>(number(row, "s"));
        const double load = number(row, "rho");
        if (agents > 100 || (load != 0.90 && load != 0.95)) continue;
        const std::string where = fmt::format("M/M/{}, load {:.2f}", agents, load);
        const Scores s = scores(one_queue(agents, load, 0, 80'000), 1, {kService, 0}, where);
        EXPECT_LE(s[chosen].rmse(), 1.02 * s[queue_length].rmse()) << where;
        EXPECT_NEAR(s[queue_length].rmse() / std::sqrt(number(row, "mse_ql")) / kService, 1, 0.1) << where;
        EXPECT_GT(s[last_to_enter].rmse(), 1.25 * s[chosen].rmse()) << where;
        EXPECT_GT(s[head_of_line].rmse(), 1.25 * s[chosen].rmse()) << where;
        expect_coverage(s, where);
    }
}

TEST_F(Estimates, OfCallersWhoHangUpAreWithinTwoPercentOfQueueLengthWithTheTruePatience) {
    for (const Row& row : table("ewt_sim.csv")) {
        const double theta = number(row, "theta"), load = number(row, "rho");
        if (theta == 0 || (theta == 1 && load == 1)) continue;
        const int agents = static_cast<int>(number(row, "s"));
        const std::string where =
            fmt::format("M/M/{}+M, load {:.1f}, patience {:.0f} s", agents, load, kService / theta);
        const Scores s = scores(one_queue(agents, load, theta, 40'000), 1, {kService, kService / theta}, where);
        EXPECT_LE(s[chosen].rmse(), 1.02 * s[with_patience].rmse()) << where;
        EXPECT_NEAR(s[with_patience].rmse() / std::sqrt(number(row, "mse_qlm")) / kService, 1, 0.1) << where;
        for (const Predictor other : {last_to_enter, head_of_line, queue_length})
            EXPECT_GT(s[other].rmse(), s[chosen].rmse()) << kNames[other] << where;
        expect_coverage(s, where);
    }
}

void expect_best(const std::string& file, const std::string& alternative, std::uint32_t replications) {
    auto loaded = config::load_scenario(std::string(CENTRALA_SOURCE_DIR) + "/config/scenarios/" + file + ".yaml");
    for (const config::Scenario& s : std::get<std::vector<config::Scenario>>(loaded)) {
        if (s.name != alternative) continue;
        const std::string where = file + ", " + alternative;
        const Scores found = scores(s, replications, {}, where);
        for (const Predictor other : {last_to_enter, head_of_line, queue_length, with_patience})
            EXPECT_GT(found[other].rmse(), found[chosen].rmse()) << kNames[other] << " in " << where;
        expect_coverage(found, where);
        return;
    }
    FAIL() << "no such alternative";
}

TEST(EstimatesOfManyQueues, AreBetterThanThoseOfTheQueueAlone) {
    for (const char* profile : {"plain", "fairness"}) {
        expect_best("rq2", profile, 1);
        expect_best("rq3", profile, 1);
    }
}

TEST(EstimatesOfManyQueues, AreBetterOnDaysThatAreAllDifferent) {
    for (const char* profile : {"plain", "fairness"}) expect_best("bank_day", profile, 40);
}

}  // namespace
}  // namespace centrala::simulator
