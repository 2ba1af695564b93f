// Logs that the routing core itself has made, played again.
#include "centrala/simulator/replay.hpp"

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <fstream>

#include <unistd.h>

#include "centrala/journal/journal.hpp"
#include "simulator/patience.hpp"
#include "support.hpp"

namespace centrala::simulator {
namespace {

/// What a server would have logged of the first replication.
class LogOf {
public:
    explicit LogOf(const config::Scenario& s)
        : path_(std::filesystem::path(testing::TempDir()) /
                ("centrala_replay_" + std::to_string(::getpid()) + ".ndjson")) {
        std::ofstream file(path_, std::ios::binary);
        std::uint64_t seq = 0;
        Watcher watcher;
        watcher.event = [&](const routing::Event& event) {
            std::string line;
            journal::format(line, ++seq, event, *s.plan);
            file << line;
        };
        watch(s, 0, watcher);
    }
    ~LogOf() { std::filesystem::remove(path_); }
    LogOf(const LogOf&) = delete;
    LogOf& operator=(const LogOf&) = delete;

    [[nodiscard]] journal::History read() const {
        auto history = journal::read_history({path_.string()});
        if (!history) ADD_FAILURE() << history.error().message;
        return history ? std::move(*history) : journal::History{};
    }

private:
    std::filesystem::path path_;
};

/// Two queues, people who hang up, are refused and sent away, breaks, shifts and wrap-up that is ended by hand.
const std::string kDay =
    "horizon: 9h\nreplications: 1\nseed: 3\nskills: [a, b]\n"
    "queue_defaults: {wrap_up: 20s, service_level: 20s}\n"
    "queues: {a: {requires: {a: 1}, capacity: 8}, b: {requires: {b: 1}, max_wait: 90s}}\npatience: {exponential: 90s}\n"
    "agents:\n"
    "  single: {count: 5, skills: [a], breaks: [{from: 2h, to: 150m}, {from: 5h, to: 310m}]}\n"
    "  both: {count: 3, skills: {a: 5, b: 10}, shifts: [{from: 0s, to: 4h}, {from: 5h, to: 9h}]}\n"
    "classes:\n"
    "  A: {queue: a, arrivals: {per_hour: 140}, service: {exponential: 150s}, wrap_up: {exponential: 15s}}\n"
    "  B: {queue: b, arrivals: {per_hour: 30}, service: {lognormal: {mean: 200s, cv: 1}}}\n";

std::optional<routing::CallerListId> nobody_listed(const std::string&, const std::string&) {
    return std::nullopt;
}

void expect_same(const Figures& actual, const Figures& expected, const std::string& whose) {
    for (std::size_t i = 0; i < kFigures; ++i) {
        const auto figure = static_cast<Figure>(i);
        if (figure == Figure::first_preference || std::isnan(expected[i])) continue;
        EXPECT_NEAR(actual[i], expected[i], 1e-9) << info(figure).name << " of " << whose;
    }
}

TEST(Replay, OfADayUnderItsOwnConfigurationIsThatDay) {
    const auto day = scenario(kDay);
    const auto history = LogOf(day).read();
    LeftOut left_out;
    auto again = replay_scenario(history, *day.plan, nobody_listed, "again", left_out);
    EXPECT_EQ(left_out.calls + left_out.agents + left_out.unknown_agents + history.skipped, 0U);
    again.replications = 2;
    const Outcomes replayed = simulate(again);
    const Outcome truth = happened(history, again);
    const Outcome simulated = simulate(day).front();
    for (const Outcome& r : replayed) {
        for (std::size_t c = 0; c < 2; ++c) expect_same(r.classes[c], truth.classes[c], again.classes[c].name);
        expect_same(r.all, truth.all, "all");
    }
    // The horizon is another: the day's own occupancy ends with it.
    for (std::size_t c = 0; c < 2; ++c) expect_same(truth.classes[c], simulated.classes[c], day.classes[c].name);
    for (const Figure f : {Figure::abandonment, Figure::refused, Figure::wait_answered})
        EXPECT_GT(truth.all[static_cast<std::size_t>(f)], 0) << info(f).name << ": else nothing is tested";
    const auto once = service_starts(day), twice = service_starts(again);
    ASSERT_EQ(once.size(), twice.size());
    for (std::size_t i = 0; i < once.size(); ++i) {
        ASSERT_EQ(once[i].at, twice[i].at) << "start " << i;
        ASSERT_EQ(once[i].agent, twice[i].agent) << "start " << i;
    }
}

TEST(Replay, AnswersWhatMorePeopleWouldHaveDone) {
    const auto day = scenario(kDay);
    std::string more = kDay;
    more.replace(more.find("count: 5"), 8, "count: 7");
    const auto history = LogOf(day).read();
    LeftOut left_out;
    const auto again = replay_scenario(history, *scenario(more).plan, nobody_listed, "more", left_out);
    EXPECT_EQ(left_out.unknown_agents, 2U);
    const Outcome truth = happened(history, again);
    const Outcome replayed = simulate(again).front();
    const auto level = static_cast<std::size_t>(Figure::service_level);
    EXPECT_EQ(replayed.all[0], truth.all[0]) << "the same callers";
    EXPECT_GT(replayed.classes[0][level], truth.classes[0][level] + 0.1);
}

TEST(Replay, ForesawWhatTheOtherConfigurationWouldHaveDone) {
    // Patience and work of those who hung up aren't in the log of the day as it was; the day under the other
    // configuration knows them.
    std::string other = kDay;
    other.replace(other.find("count: 5"), 8, "count: 4");
    const auto as_was = scenario(kDay), as_other = scenario(other);
    const auto history = LogOf(as_was).read();
    LeftOut left_out;
    auto again = replay_scenario(history, *as_other.plan, nobody_listed, "other", left_out);
    EXPECT_EQ(left_out.agents, 1U);
    again.replications = 20;
    const Outcomes replayed = simulate(again);
    const Outcome truth = simulate(as_other).front();
    const auto was = static_cast<std::size_t>(Figure::abandonment);
    const double before = happened(history, again).classes[0][was], after = truth.classes[0][was];
    ASSERT_GT(after, before + 0.05) << "else nothing is tested";
    EXPECT_NEAR(estimate(replayed, Figure::abandonment, {0}).mean, after, (after - before) / 3);
}

/// People who don't always answer, and come back some time after.
const std::string kUnwilling =
    "horizon: 40h\nreplications: 1\nseed: 6\nskills: [a, b]\n"
    "queues: {a: {requires: {a: 1}, ring_timeout: 15s, misses_max: 1, wrap_up: 10s}}\npatience: {exponential: 150s}\n"
    "agents:\n"
    "  willing: {count: 4, skills: [a], ring_time: 3s}\n"
    "  unwilling: {count: 4, skills: [a], ring_time: 5s, misses: 0.2, rejects: 0.1, back_after: {exponential: 240s}}\n"
    "classes: {A: {queue: a, arrivals: {per_hour: 120}, service: {exponential: 150s}}}\n";

TEST(Replay, AgentsMissAndRejectAndComeBackAsTheyDid) {
    const auto day = scenario(kUnwilling);
    const auto history = LogOf(day).read();
    LeftOut left_out;
    auto again = replay_scenario(history, *day.plan, nobody_listed, "again", left_out);
    for (std::size_t a = 0; a < 8; ++a) {
        EXPECT_NEAR(again.agents[a].misses, day.agents[a].misses, 0.05) << a;
        EXPECT_NEAR(again.agents[a].rejects, day.agents[a].rejects, 0.05) << a;
        EXPECT_TRUE(again.agents[a].breaks.empty()) << "the rule sent them away, and will again";
    }
    again.replications = 10;
    const Outcomes replayed = simulate(again);
    const Outcome truth = happened(history, again);
    const auto figure = [&](Figure f) { return truth.all[static_cast<std::size_t>(f)]; };
    EXPECT_NEAR(estimate(replayed, Figure::service_level).mean, figure(Figure::service_level), 0.02);
    EXPECT_NEAR(estimate(replayed, Figure::wait_answered).mean, figure(Figure::wait_answered),
                0.1 * figure(Figure::wait_answered));
    // If all of them were willing it would be another day.
    for (config::SimulatedAgent& agent : again.agents) agent.misses = agent.rejects = 0;
    EXPECT_LT(estimate(simulate(again), Figure::wait_answered).mean, 0.8 * figure(Figure::wait_answered));
}

TEST(Replay, SupervisorsGiveSkillsWhenTheyDid) {
    auto day = scenario(kDay);
    day.agents[0].skill_changes = {{1h, routing::SkillId{1}, 9}, {6h, routing::SkillId{1}, 0}};
    const auto history = LogOf(day).read();
    LeftOut left_out;
    const auto again = replay_scenario(history, *day.plan, nobody_listed, "again", left_out);
    expect_same(simulate(again).front().all, happened(history, again).all, "all");
    const auto starts = service_starts(again);
    const auto b_by_first = std::count_if(starts.begin(), starts.end(), [](const ServiceStart& s) {
        return s.call_class == 1 && s.agent == routing::AgentId{0};
    });
    EXPECT_GT(b_by_first, 5) << "else nothing is tested";
}

/// Two hundred people, whose calls go to the agent whom they know.
const std::string kRegulars =
    "horizon: 9h\nreplications: 1\nseed: 4\nskills: [a]\nqueue_defaults: {wrap_up: 20s}\n"
    "queues: {a: {requires: {a: 1}, sticky: {for: 9h, patience: 30s}}}\npatience: {exponential: 120s}\n"
    "agents: {team: {count: 6, skills: [a]}}\n"
    "classes: {A: {queue: a, arrivals: {per_hour: 100}, service: {exponential: 150s}, callers: 200}}\n";

/// Of the first replication.
template <class E>
std::vector<E> all(const config::Scenario& s) {
    std::vector<E> found;
    Watcher watcher;
    watcher.event = [&](const routing::Event& event) {
        if (const E* e = std::get_if<E>(&event.body)) found.push_back(*e);
    };
    watch(s, 0, watcher);
    return found;
}

TEST(Replay, KnowsWhoCalledAndToWhomTheyTalkedLast) {
    const auto day = scenario(kRegulars);
    const auto offers = all<routing::event::OfferMade>(day);
    const auto to_the_known = std::count_if(offers.begin(), offers.end(), [](const auto& o) { return o.wanted; });
    ASSERT_GT(to_the_known, 200) << "else nothing is tested";
    const auto history = LogOf(day).read();
    LeftOut left_out;
    const auto again = replay_scenario(history, *day.plan, nobody_listed, "again", left_out);
    expect_same(simulate(again).front().all, happened(history, again).all, "all");
    const auto offers_again = all<routing::event::OfferMade>(again);
    EXPECT_EQ(std::count_if(offers_again.begin(), offers_again.end(), [](const auto& o) { return o.wanted; }),
              to_the_known);
}

TEST(Replay, HeedsTheListsOfTheConfiguration) {
    const auto day = scenario(kRegulars);
    const auto history = LogOf(day).read();
    routing::Plan plan = *day.plan;
    plan.caller_lists = {{"vip", false, 7, std::nullopt, std::nullopt}, {"pest", true, 0, std::nullopt, std::nullopt}};
    const auto list_of = [](const std::string& entry_point, const std::string& caller) {
        EXPECT_EQ(entry_point, "A");
        return caller.ends_with("7")   ? std::optional(routing::CallerListId{0})
               : caller.ends_with("9") ? std::optional(routing::CallerListId{1})
                                       : std::nullopt;
    };
    LeftOut left_out;
    const auto again = replay_scenario(history, plan, list_of, "again", left_out);
    std::size_t vips = 0, pests = 0;
    for (const config::ListedCall& call : *again.calls) {
        vips += call.caller.ends_with("7");
        pests += call.caller.ends_with("9");
    }
    ASSERT_GT(std::min(vips, pests), 20U) << "else nothing is tested";
    const auto enqueued = all<routing::event::ContactEnqueued>(again);
    EXPECT_EQ(std::count_if(enqueued.begin(), enqueued.end(), [](const auto& e) { return e.priority == 7; }), vips);
    EXPECT_EQ(all<routing::event::ContactRefused>(again).size(), pests);
}

TEST(Replay, LeavesOutWhatTheConfigurationHasNoPlaceFor) {
    const auto day = scenario(kDay);
    const auto history = LogOf(day).read();
    const auto narrow = scenario(
        "skills: [a]\nqueues: {a: {requires: {a: 1}}}\nagents: {single: {count: 5, skills: [a]}}\n"
        "classes: {A: {queue: a}}\n");
    LeftOut left_out;
    const auto again = replay_scenario(history, *narrow.plan, nobody_listed, "narrow", left_out);
    EXPECT_EQ(again.classes.size(), 1U);
    EXPECT_EQ(left_out.agents, 3U);
    EXPECT_GT(left_out.calls, 100U);
    EXPECT_EQ(left_out.calls + again.calls->size(), history.visits.size());
}

TEST(PatienceFrom, IsHangUpsByTheTimeThatWasWaited) {
    const auto p = patience_from({{10s, true}, {20s, false}, {0s, false}, {30s, true}});
    ASSERT_EQ(p.kind, config::Distribution::Kind::hazard);
    EXPECT_EQ(p.rates, std::vector<double>{2.0 / 60});
    EXPECT_EQ(patience_from({{10s, false}}).kind, config::Distribution::Kind::infinite);
    EXPECT_EQ(patience_from({}).kind, config::Distribution::Kind::infinite);
}

TEST(PatienceFrom, FollowsAHazardThatChanges) {
    // 1000 callers of whom a tenth leave each second for ten seconds, then one in fifty; answers come to some.
    std::vector<Wait> waits;
    double left = 1000;
    for (int second = 1; second <= 60; ++second) {
        const int gone = static_cast<int>(std::lround(left * (second <= 10 ? 0.1 : 0.02)));
        for (int i = 0; i < gone; ++i) waits.push_back({std::chrono::seconds(second), true});
        for (int i = 0; i < gone / 4; ++i) waits.push_back({std::chrono::seconds(second), false});
        left -= gone + gone / 4;
    }
    waits.insert(waits.end(), static_cast<std::size_t>(left), {60s, false});
    const auto p = patience_from(waits);
    ASSERT_EQ(p.rates.size(), p.values.size() + 1);
    ASSERT_GT(p.rates.size(), 5U);
    EXPECT_TRUE(std::is_sorted(p.values.begin(), p.values.end()));
    EXPECT_NEAR(p.rates.front(), 0.1, 0.01);
    EXPECT_NEAR(p.rates.back(), 0.02, 0.01);
}

}  // namespace
}  // namespace centrala::simulator
