// Simulated queues whose exact behaviour is known. Every figure must lie within its 99.9 % confidence interval; the
// seed is fixed, so a test that passes once always does.
#include <algorithm>

#include <fmt/format.h>

#include "support.hpp"

namespace centrala::simulator {
namespace {

constexpr double kConfidence = 0.999;
constexpr std::uint64_t kSeed = 4711;

/// One queue and agents who are all alike; `more`: further sections, `service` and `patience` as YAML.
config::Scenario one_queue(double per_hour, int agents, double target_s, const std::string& service,
                           const std::string& patience, double calls, const std::string& more = {}) {
    const double hours = calls / per_hour / 10;  // in each of ten replications
    return scenario(
        fmt::format("{{horizon: {}s, warm_up: {}s, replications: 10, seed: {}, {} skills: [a],\n"
                    " routing: {{profile: plain}},"
                    " queue_defaults: {{wrap_up: 0s, service_level: {}ms}}, queues: {{a: {{requires: {{a: 1}}}}}},\n"
                    " agents: {{team: {{count: {}, skills: {{a: 10}}}}}},\n"
                    " classes: {{A: {{queue: a, arrivals: {{per_hour: {}}}, service: {}, patience: {}}}}}}}",
                    static_cast<long>(hours * 3600 * 1.05), static_cast<long>(hours * 3600 * 0.05), kSeed, more,
                    static_cast<long>(target_s * 1000), agents, per_hour, service, patience));
}

void expect_figure(const Outcomes& outcomes, Figure figure, double exact, const std::string& where,
                   Subject subject = {}) {
    const Estimate e = estimate(outcomes, figure, subject, kConfidence);
    EXPECT_NEAR(e.mean, exact, e.half_width) << info(figure).name << " of " << where;
}

std::string seconds(const Row& row, const std::string& column) {
    return fmt::format("{{exponential: {}ms}}", static_cast<long>(number(row, column) * 1000));
}

class Theory : public testing::Test {
protected:
    void SetUp() override {
        if (table("erlang_b.csv").empty()) GTEST_SKIP() << "the shared tables are not here";
    }
};

TEST_F(Theory, QueuesWithoutAbandonmentAreErlangC) {
    int checked = 0;
    for (const Row& row : table("erlang_c.csv")) {
        if (number(row, "occupancy") > 0.93 || number(row, "agents") > 60) continue;  // long memory, long runs
        const int agents = static_cast<int>(number(row, "agents"));
        const auto outcomes = simulate(one_queue(number(row, "calls_per_h"), agents, number(row, "target_s"),
                                                 seconds(row, "aht_s"), "infinite", 60'000),
                                       2);
        const std::string where = row.at("label") + " with " + row.at("agents");
        expect_figure(outcomes, Figure::wait_answered, number(row, "asa_s"), where);
        expect_figure(outcomes, Figure::service_level, number(row, "service_level"), where);
        expect_figure(outcomes, Figure::occupancy, number(row, "occupancy"), where);
        if (++checked == 5) break;
    }
    EXPECT_EQ(checked, 5);
}

TEST_F(Theory, ChatsThatAgentsHaveSeveralOfAreErlangCWithAServerForEach) {
    int checked = 0;
    for (const Row& row : table("erlang_c.csv")) {
        const int servers = static_cast<int>(number(row, "agents"));
        if (number(row, "occupancy") > 0.93 || servers > 60 || servers % 3 != 0) continue;
        config::Scenario s = one_queue(number(row, "calls_per_h"), servers / 3, number(row, "target_s"),
                                       seconds(row, "aht_s"), "infinite", 60'000);
        auto plan = std::make_shared<routing::Plan>(*s.plan);
        plan->queues[0].channel = routing::Channel::chat;
        for (routing::Agent& agent : plan->agents) agent.chats = 3;
        s.plan = std::move(plan);
        const auto outcomes = simulate(s, 2);
        const std::string where = row.at("label") + " with " + row.at("agents");
        expect_figure(outcomes, Figure::wait_answered, number(row, "asa_s"), where);
        expect_figure(outcomes, Figure::service_level, number(row, "service_level"), where);
        if (++checked == 3) break;
    }
    EXPECT_EQ(checked, 3);
}

void expect_impatience(const std::string& file, std::string (*patience)(const Row&), std::size_t rows) {
    std::size_t checked = 0;
    for (const Row& row : table(file)) {
        const std::string law = patience(row);
        if (law.empty()) continue;
        const auto outcomes = simulate(one_queue(number(row, "calls_per_h"), static_cast<int>(number(row, "agents")),
                                                 number(row, "target_s"), seconds(row, "aht_s"), law, 60'000),
                                       2);
        const std::string where = row.at("label") + " " + law;
        expect_figure(outcomes, Figure::abandonment, number(row, "p_abandon"), where);
        expect_figure(outcomes, Figure::wait_answered, number(row, "asa_served_s"), where);
        expect_figure(outcomes, Figure::wait_offered, number(row, "asa_all_s"), where);
        expect_figure(outcomes, Figure::wait_virtual, number(row, "ev_offered_wait_s"), where);
        expect_figure(outcomes, Figure::service_level, number(row, "sl_offered"), where);
        expect_figure(outcomes, Figure::occupancy, number(row, "occupancy"), where);
        if (++checked == rows) break;
    }
    EXPECT_EQ(checked, rows);
}

TEST_F(Theory, QueuesWithExponentialPatienceAreErlangA) {
    expect_impatience(
        "erlang_a.csv", [](const Row& row) { return seconds(row, "mean_patience_s"); }, 6);
}

TEST_F(Theory, PatienceMayHaveAnyShape) {
    expect_impatience(
        "mmn_g.csv",
        [](const Row& row) {
            const std::string& law = row.at("patience_dist");
            if (!law.starts_with("weibull(")) return std::string();
            return fmt::format("{{weibull: {{mean: {}s, shape: {}}}}}", row.at("mean_patience_s"),
                               law.substr(8, law.size() - 9));
        },
        4);
}

TEST_F(Theory, WithAsManyLinesAsAgentsTheShareBlockedIsErlangBWhateverTheServiceTime) {
    int checked = 0;
    for (const Row& row : table("erlang_b.csv")) {
        const double load = number(row, "offered_load");
        if (load > 60 || number(row, "blocking") < 0.005) continue;
        const std::string lines = fmt::format("trunk_lines: {},", static_cast<int>(number(row, "servers")));
        for (const char* service : {"{exponential: 180s}", "{lognormal: {mean: 180s, cv: 1.2}}", "180s"}) {
            const auto outcomes = simulate(
                one_queue(load * 20, static_cast<int>(number(row, "servers")), 20, service, "infinite", 40'000, lines),
                2);
            expect_figure(outcomes, Figure::blocking, number(row, "blocking"), row.at("servers") + service);
            expect_figure(outcomes, Figure::occupancy, number(row, "occupancy"), row.at("servers") + service);
        }
        if (++checked == 3) break;
    }
    EXPECT_EQ(checked, 3);
}

TEST_F(Theory, FewLinesMoreThanAgentsBlockAsTheBirthDeathChainSays) {
    for (const Row& row : table("mmck.csv")) {
        if (row.at("offered_load") != "86" || row.at("extra_spaces") != "20") continue;
        const std::string lines = "trunk_lines: 110,";
        const auto outcomes = simulate(
            one_queue(number(row, "offered_load") * 6, 90, 30, "{exponential: 600s}", "infinite", 300'000, lines), 2);
        expect_figure(outcomes, Figure::blocking, number(row, "blocking"), "86 erlang");
        expect_figure(outcomes, Figure::wait_answered, number(row, "asa_entered_s"), "86 erlang");
        expect_figure(outcomes, Figure::service_level, number(row, "sl_entered") * (1 - number(row, "blocking")),
                      "86 erlang");
        return;
    }
    FAIL() << "the row is not in the table";
}

TEST_F(Theory, QueuesOfHigherPriorityWaitAsCobhamSays) {
    for (const Row& row : table("priority_exact.csv")) {
        if (row.at("discipline") != "static" || row.at("agents") != "10") continue;
        std::string classes;
        for (int k = 1; k <= 3; ++k)
            classes +=
                fmt::format("  C{0}: {{queue: q{0}, arrivals: {{per_hour: {1}}}, service: {{exponential: 180s}}}}\n", k,
                            row.at(fmt::format("lam{}_per_h", k)));
        const auto outcomes = simulate(
            scenario(fmt::format(
                "horizon: 210h\nwarm_up: 10h\nreplications: 10\nseed: {}\nrouting: {{profile: plain}}\nskills: [a]\n"
                "queue_defaults: {{wrap_up: 0s, requires: {{a: 1}}}}\n"
                "queues: {{q1: {{priority: 2}}, q2: {{priority: 1}}, q3: {{}}}}\n"
                "agents: {{team: {{count: 10, skills: {{a: 10}}}}}}\nclasses:\n{}",
                kSeed, classes)),
            2);
        for (std::size_t k = 0; k < 3; ++k)
            expect_figure(outcomes, Figure::wait_answered, number(row, fmt::format("w{}_s", k + 1)),
                          fmt::format("class {}", k + 1), {k});
        return;
    }
    FAIL() << "the row is not in the table";
}

TEST_F(Theory, AgentsOfDifferentSpeedByLongestIdleWaitAsTheMarkovChainSays) {
    for (const Row& row : table("hetero_exact.csv")) {
        if (row.at("policy") != "LISF" || row.at("lam_per_h") != "60") continue;
        const auto outcomes = simulate(
            scenario(fmt::format(
                "horizon: 420h\nwarm_up: 20h\nreplications: 10\nseed: {}\nrouting: {{profile: plain}}\nskills: [a]\n"
                "queue_defaults: {{wrap_up: 0s}}\nqueues: {{a: {{requires: {{a: 1}}}}}}\n"
                "agents:\n  a30: {{skills: [a], service_factor: 1}}\n"
                "  a24: {{skills: [a], service_factor: 1.25}}\n"
                "  a18: {{skills: [a], service_factor: {{a: 1.6666666666666667}}}}\n"
                "  a12: {{skills: [a], service_factor: 2.5}}\n"
                "classes:\n  A: {{queue: a, arrivals: {{per_hour: 60}}, service: {{exponential: 120s}}}}\n",
                kSeed)),
            2);
        expect_figure(outcomes, Figure::wait_answered, number(row, "asa_s"), "60 per hour");
        expect_figure(outcomes, Figure::occupancy_most, 0.79660117, "60 per hour");
        expect_figure(outcomes, Figure::occupancy_least, 0.67233139, "60 per hour");
        return;
    }
    FAIL() << "the row is not in the table";
}

}  // namespace
}  // namespace centrala::simulator
