// The least staffing: Erlang's where theory knows it, and what it takes where it doesn't.
#include "centrala/simulator/staffing.hpp"

#include <numeric>

#include <fmt/format.h>
#include <gmock/gmock.h>

#include "simulator/erlang.hpp"
#include "support.hpp"

namespace centrala::simulator {
namespace {

using testing::ElementsAre;

class ErlangTable : public testing::Test {
protected:
    void SetUp() override {
        if (table("erlang_a.csv").empty()) GTEST_SKIP() << "the shared tables are not here";
    }
};

config::Distribution exponential(double mean) {
    return {config::Distribution::Kind::exponential, mean, 0, {}, {}};
}

TEST_F(ErlangTable, ShareWithinIsErlangC) {
    for (const Row& row : table("erlang_c.csv")) {
        const Willingness endless({config::Distribution::Kind::infinite, 0, 0, {}, {}}, number(row, "target_s"));
        EXPECT_NEAR(share_within(number(row, "calls_per_h") / 3600, number(row, "aht_s"),
                                 static_cast<std::uint32_t>(number(row, "agents")), endless, number(row, "target_s")),
                    number(row, "service_level"), 1e-6)
            << row.at("label") << " with " << row.at("agents");
    }
}

TEST_F(ErlangTable, ShareWithinIsErlangAForExponentialPatience) {
    for (const Row& row : table("erlang_a.csv")) {
        const Willingness some(exponential(number(row, "mean_patience_s")), number(row, "target_s"));
        EXPECT_NEAR(share_within(number(row, "calls_per_h") / 3600, number(row, "aht_s"),
                                 static_cast<std::uint32_t>(number(row, "agents")), some, number(row, "target_s")),
                    number(row, "sl_offered"), 2e-3)
            << row.at("label");
    }
}

TEST(LeastAgents, IsTheFirstNumberThatReachesTheGoal) {
    const Willingness some(exponential(120), 20);
    for (const double goal : {0.5, 0.8, 0.95}) {
        const std::uint32_t n = least_agents(0.1, 180, some, 20, goal, 1'000);
        EXPECT_GE(share_within(0.1, 180, n, some, 20), goal);
        EXPECT_LT(share_within(0.1, 180, n - 1, some, 20), goal);
    }
    EXPECT_EQ(least_agents(0, 180, some, 20, 0.8, 1'000), 0U);
    EXPECT_EQ(least_agents(100, 180, some, 20, 0.8, 50), 50U);
}

/// The service level that the table has for one agent less and for this number: the goal lies between them. `chats`:
/// how many an agent has at once instead of a call.
void expect_number_of(const Row& row, const std::string& patience, double level, double level_of_one_less,
                      std::uint32_t chats = 0) {
    const auto s = scenario(fmt::format(
        "horizon: 42h\nwarm_up: 2h\nreplications: 20\nseed: 4711\nrouting: {{profile: plain}}\nskills: [a]\n"
        "queues: {{a: {{requires: {{a: 1}}, wrap_up: 0s, capacity: 1000000, channel: {}}}}}\n"
        "agents: {{team: {{skills: [a], chats: {}}}}}\n"
        "classes: {{A: {{queue: a, arrivals: {{per_hour: {}}}, service: {{exponential: {}s}}, "
        "patience: {}, target: {}s, goal: {}}}}}\n",
        chats > 0 ? "chat" : "voice", chats, row.at("calls_per_h"), number(row, "aht_s"), patience, row.at("target_s"),
        (level + level_of_one_less) / 2));
    const auto staffing = staff(s, {200, 2});
    ASSERT_TRUE(staffing);
    EXPECT_TRUE(staffing->met && staffing->least);
    ASSERT_EQ(staffing->intervals.size(), 1U);
    const auto at_once = static_cast<std::uint32_t>(number(row, "agents")), each = std::max(chats, 1U);
    EXPECT_THAT(staffing->intervals[0].agents, ElementsAre((at_once + each - 1) / each));
    EXPECT_EQ(staffing->intervals[0].agents, staffing->intervals[0].guess);
}

/// Neighbouring rows, but for the number of agents alike, the second with one agent more.
std::vector<std::pair<Row, Row>> neighbours(const std::string& file, const std::vector<std::string>& alike) {
    std::vector<std::pair<Row, Row>> pairs;
    const auto rows = table(file);
    for (const Row& one : rows)
        for (const Row& other : rows)
            if (number(other, "agents") == number(one, "agents") + 1 &&
                std::all_of(alike.begin(), alike.end(),
                            [&](const std::string& column) { return one.at(column) == other.at(column); }))
                pairs.emplace_back(one, other);
    return pairs;
}

TEST_F(ErlangTable, StaffOfOneClassIsErlangCs) {
    const auto pairs = neighbours("erlang_c.csv", {"calls_per_h", "aht_s", "target_s"});
    ASSERT_GE(pairs.size(), 2U);
    for (std::size_t i = 0; i < 2; ++i)
        expect_number_of(pairs[i].second, "infinite", number(pairs[i].second, "service_level"),
                         number(pairs[i].first, "service_level"));
}

TEST_F(ErlangTable, StaffForChatsIsErlangCsDividedByHowManyEachHas) {
    const auto pairs = neighbours("erlang_c.csv", {"calls_per_h", "aht_s", "target_s"});
    ASSERT_GE(pairs.size(), 2U);
    for (std::size_t i = 0; i < 2; ++i)
        expect_number_of(pairs[i].second, "infinite", number(pairs[i].second, "service_level"),
                         number(pairs[i].first, "service_level"), 3);
}

TEST_F(ErlangTable, StaffOfOneImpatientClassIsErlangAs) {
    const auto pairs = neighbours("erlang_a.csv", {"calls_per_h", "aht_s", "target_s", "mean_patience_s"});
    ASSERT_GE(pairs.size(), 1U);
    const auto& [one, other] = pairs.front();
    expect_number_of(other, fmt::format("{{exponential: {}s}}", number(one, "mean_patience_s")),
                     number(other, "sl_offered"), number(one, "sl_offered"));
}

/// Two classes, whose rates change, and three kinds of agents.
config::Scenario two_classes(const std::string& both_cost) {
    return scenario(
        "horizon: 4h\nreplications: 20\nseed: 7\nrouting: {profile: plain}\nskills: [a, b]\n"
        "queue_defaults: {wrap_up: 0s, service_level: 20s}\nqueues: {a: {requires: {a: 1}}, b: {requires: {b: 1}}}\n"
        "patience: {exponential: 120s}\n"
        "agents: {only_a: {skills: [a]}, only_b: {skills: [b]}, both: {count: 0, skills: [a, b], cost: " +
        both_cost +
        "}}\nclasses:\n"
        "  A: {queue: a, arrivals: {per_hour: [60, 120]}, service: {exponential: 180s}}\n"
        "  B: {queue: b, arrivals: {per_hour: 30}, service: {exponential: 180s}, goal: 0.7}\n");
}

TEST(Staff, FollowsTheRatesFromIntervalToInterval) {
    const auto s = two_classes("10");
    const auto staffing = staff(s, {300, 2});
    ASSERT_TRUE(staffing);
    ASSERT_EQ(staffing->intervals.size(), 4U);
    EXPECT_TRUE(staffing->met && staffing->least);
    for (const StaffedInterval& i : staffing->intervals) {
        EXPECT_EQ(i.agents[2], 0U) << "too dear";
        EXPECT_GE(i.service_levels[0].mean, 0.8);
        EXPECT_GE(i.service_levels[1].mean, 0.7);
    }
    EXPECT_GT(staffing->intervals[1].agents[0], staffing->intervals[0].agents[0]);
    EXPECT_EQ(staffing->intervals[1].to, 2h);
    double hours = 0;
    for (const StaffedInterval& i : staffing->intervals) hours += i.agents[0] + i.agents[1];
    EXPECT_DOUBLE_EQ(cost(*staffing, s), hours);
}

TEST(Staff, TheSameSeedGivesTheSameAnswerOnAnyNumberOfThreads) {
    const auto s = two_classes("1.3");
    const auto one = staff(s, {100, 1}), three = staff(s, {100, 3});
    ASSERT_TRUE(one && three);
    for (std::size_t i = 0; i < one->intervals.size(); ++i)
        EXPECT_EQ(one->intervals[i].agents, three->intervals[i].agents);
}

TEST(Staff, StopsWhenItsSimulationsAreUsedUp) {
    const auto staffing = staff(two_classes("1"), {1, 2});
    ASSERT_TRUE(staffing);
    EXPECT_LE(staffing->simulations, 2U) << "one more to see what came of the last change";
    EXPECT_FALSE(staffing->least);
}

TEST(Staff, CallsThatNobodyMayTakeAreAMistake) {
    const auto staffing =
        staff(scenario("skills: [a, b]\nqueues: {b: {requires: {b: 1}}}\n"
                       "agents: {ann: {skills: [a]}}\nclasses: {B: {queue: b, arrivals: {per_hour: 1}, "
                       "service: 1m}}\n"),
              {});
    ASSERT_FALSE(staffing);
    EXPECT_EQ(staffing.error().message, "no agents may take the calls of class B");
}

}  // namespace
}  // namespace centrala::simulator
