// Scenarios and lists of calls: what is read, and every mistake with its line.
#include "centrala/config/scenario.hpp"

#include <filesystem>
#include <fstream>

#include <gmock/gmock.h>

namespace centrala::config {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

std::vector<std::string> mistakes_in(const std::string& yaml) {
    std::vector<std::string> out;
    const auto loaded = load_scenario_text(yaml, "s.yaml");
    if (const auto* found = std::get_if<std::vector<Problem>>(&loaded))
        for (const Problem& p : *found) out.push_back(p.to_string());
    return out;
}

std::vector<Scenario> sound(const std::string& yaml) {
    EXPECT_THAT(mistakes_in(yaml), ElementsAre());
    auto loaded = load_scenario_text(yaml, "s.yaml");
    return std::holds_alternative<std::vector<Scenario>>(loaded) ? std::get<std::vector<Scenario>>(std::move(loaded))
                                                                 : std::vector<Scenario>(1);
}

const std::string kCentre = "skills: [a]\nqueues: {a: {requires: {a: 1}, service_level: 30s}}\n";
const std::string kClass = "classes: {A: {queue: a, arrivals: {per_hour: 60}, service: 1m}}\n";

TEST(Scenario, QueuesAndAgentsAreReadLikeTheServers) {
    const auto s = sound(kCentre + kClass + "agents: {ann: {skills: {a: 7}, wrap_up: 5s, password: secret}}\n").front();
    EXPECT_EQ(s.plan->queues[0].service_level, 30s);
    EXPECT_EQ(s.plan->agents[0].wrap_up, 5s);
    EXPECT_EQ(s.plan->agents[0].skills[0].level, 7);
    EXPECT_EQ(s.classes[0].target, 30s) << "the queue's, unless the class has its own";
    EXPECT_EQ(s.plan->entry_points[0].name, "A");
}

TEST(Scenario, ManyAgentsAlikeAreOneEntry) {
    const auto s = sound(kCentre + kClass +
                         "agents: {team: {count: 3, skills: [a], shifts: {from: 1h, to: 2h}, service_factor: 2}}\n")
                       .front();
    ASSERT_EQ(s.plan->agents.size(), 3U);
    EXPECT_EQ(s.plan->agents[2].name, "team.3");
    EXPECT_EQ(s.agents[2].shifts[0].to, 2h);
    EXPECT_EQ(s.agents[2].service_factors, std::vector<double>{2});
}

TEST(Scenario, AgentsMayMissAndRejectOffers) {
    const std::string ann = "agents: {ann: {skills: [a], ring_time: 4s, ";
    const auto s =
        sound(kCentre + kClass + ann + "misses: 0.2, rejects: 0.3, back_after: {exponential: 2m}}}\n").front();
    EXPECT_EQ(s.agents[0].misses, 0.2);
    EXPECT_EQ(s.agents[0].rejects, 0.3);
    EXPECT_EQ(s.agents[0].back_after.kind, Distribution::Kind::exponential);
    EXPECT_EQ(sound(kCentre + kClass + ann + "}}\n").front().agents[0].back_after.kind, Distribution::Kind::infinite);
    EXPECT_THAT(mistakes_in(kCentre + kClass + ann + "misses: 0.8, rejects: 0.3}}\n"),
                ElementsAre(HasSubstr("s.yaml:4: agents.ann.rejects: expected at most 1 together with misses")));
}

TEST(Scenario, AnEntryOfAgentsIsAKindEvenOfNone) {
    const auto s =
        sound(kCentre + kClass + "agents: {ann: {skills: [a]}, spare: {count: 0, skills: {a: 3}, cost: 1.5}}\n")
            .front();
    EXPECT_EQ(s.plan->agents.size(), 1U);
    ASSERT_EQ(s.kinds.size(), 2U);
    EXPECT_EQ(s.kinds[1].agent.name, "spare");
    EXPECT_EQ(s.kinds[1].agent.skills[0].level, 3);
    EXPECT_EQ(s.kinds[1].cost, 1.5);
    EXPECT_EQ(s.classes[0].goal, 0.8);
}

TEST(Scenario, AClassMayBeOfPeopleWhoCallAgainAndComeFirst) {
    const auto s = sound(kCentre +
                         "classes:\n  A: {queue: a, arrivals: {per_hour: 60}, service: 60s, callers: 30, "
                         "priority: 5}\nagents: {ann: {skills: [a]}}\n")
                       .front();
    EXPECT_EQ(s.classes[0].callers, 30U);
    EXPECT_EQ(s.plan->entry_points[0].priority, 5);
}

TEST(Scenario, AlternativesAreTheScenarioWithSomeKeysReplaced) {
    const auto s = sound(kCentre + kClass +
                         "compare:\n  as_is: {}\n  urgent:\n    queues: {a: {priority: 9}}\n"
                         "  busier: {classes: {A: {arrivals: {per_hour: 90}}}}\n");
    ASSERT_EQ(s.size(), 3U);
    EXPECT_EQ(s[0].name, "as_is");
    EXPECT_EQ(s[1].plan->queues[0].priority, 9);
    EXPECT_EQ(s[1].plan->queues[0].service_level, 30s) << "what isn't named stays";
    EXPECT_EQ(s[0].plan->queues[0].priority, 0);
    EXPECT_EQ(s[2].classes[0].calls_per_hour, std::vector<double>{90});
}

TEST(Scenario, AMistakeInAnAlternativeHasItsOwnLineAndSharedOnesComeOnce) {
    EXPECT_THAT(mistakes_in("skills: [a]\nqueues: {a: {requires: {b: 1}}}\n" + kClass +
                            "compare:\n  one: {}\n  two:\n    queues: {a: {priority: high}}\n"),
                ElementsAre(HasSubstr("s.yaml:2: queues.a.requires.b: no skill is named 'b'"),
                            HasSubstr("s.yaml:7: queues.a.priority: expected a whole number")));
}

TEST(Scenario, AllMistakesAreReportedAtOnce) {
    EXPECT_THAT(mistakes_in("horizon: 1h\nwarm_up: 2h\nreplications: 0\n" + kCentre +
                            "agents:\n  ann: {skill: [a], shifts: {from: 2h, to: 1h}}\n"
                            "classes:\n  A: {queue: b, arrivals: {per_hour: -1}, service: infinite}\n"
                            "  B: {queue: a, arrivals: {per_hour: 1}}\n"),
                ElementsAre(HasSubstr("s.yaml:2: warm_up: expected less than horizon"),
                            HasSubstr("s.yaml:3: replications: expected a whole number from 1"),
                            HasSubstr("s.yaml:7: agents.ann.shifts: expected to, and that it is later than from"),
                            HasSubstr("s.yaml:7: agents.ann.skill: unknown key; did you mean skills?"),
                            HasSubstr("s.yaml:9: classes.A.queue: no queue is named 'b'"),
                            HasSubstr("s.yaml:9: classes.A.arrivals.per_hour: expected a number from 0"),
                            HasSubstr("s.yaml:9: classes.A: expected service to end some time"),
                            HasSubstr("s.yaml:10: classes.B: expected service: how long")));
}

struct BadDistribution {
    const char* yaml;
    const char* expected;
};
class DistributionMistake : public testing::TestWithParam<BadDistribution> {};

TEST_P(DistributionMistake, IsNamed) {
    EXPECT_THAT(mistakes_in(kCentre + "classes:\n  A: {queue: a, service: " + GetParam().yaml + "}\n"),
                testing::Contains(HasSubstr(GetParam().expected)));
}

INSTANTIATE_TEST_SUITE_P(
    Service, DistributionMistake,
    testing::Values(BadDistribution{"soon", "expected a duration"},
                    BadDistribution{"{}", "one of constant, exponential"},
                    BadDistribution{"{exponential: 0s}", "expected a duration from 1ms"},
                    BadDistribution{"{exponential: 1s, constant: 1s}", "one of constant, exponential"},
                    BadDistribution{"{normal: 1s}", "unknown key"},
                    BadDistribution{"{lognormal: {mean: 1s}}", "expected cv with it"},
                    BadDistribution{"{lognormal: {mu: 1}}", "expected mean and cv, or mu and sigma"},
                    BadDistribution{"{weibull: {shape: 2}}", "either mean or scale"},
                    BadDistribution{"{empirical: []}", "at least one duration"},
                    BadDistribution{"{hazard: [{per_second: 1}, {per_second: 1}]}", "expected until"},
                    BadDistribution{"{hazard: [{until: 5s, per_second: 1}]}", "no until in the last piece"},
                    BadDistribution{
                        "{hazard: [{until: 5s, per_second: 1}, {until: 4s, per_second: 1}, {per_second: 1}]}",
                        "expected a later time"}));

TEST(Scenario, SizeIsBounded) {
    EXPECT_THAT(mistakes_in("horizon: 300d\n" + kCentre +
                            "classes: {A: {queue: a, arrivals: {per_hour: 10000000}, service: 1s}}\n"),
                ElementsAre(HasSubstr("calls in a replication")));
    EXPECT_THAT(mistakes_in(kCentre + kClass + "agents: {a: {count: 60000}, b: {count: 60000}}\n"),
                ElementsAre(HasSubstr("at most 100000 agents")));
}

TEST(Scenario, TheShippedOnesAreSound) {
    int found = 0;
    for (const auto& file : std::filesystem::directory_iterator(CENTRALA_SOURCE_DIR "/config/scenarios")) {
        const auto loaded = load_scenario(file.path().string());
        const auto* problems = std::get_if<std::vector<Problem>>(&loaded);
        EXPECT_EQ(problems, nullptr) << problems->front().to_string();
        ++found;
    }
    EXPECT_GE(found, 12);
}

TEST(ListOfCalls, IsReadInOrderOfArrival) {
    const auto s = sound(kCentre + kClass).front();
    const auto loaded =
        load_calls_text("arrival_s,class,work_s,patience_s\r\n20.5,A,60,-1.0\r\n1,A,2.25,30\n", "c.csv", s);
    ASSERT_TRUE(std::holds_alternative<std::vector<ListedCall>>(loaded));
    const auto& calls = std::get<std::vector<ListedCall>>(loaded);
    ASSERT_EQ(calls.size(), 2U);
    EXPECT_EQ(calls[0].row, 2U);
    EXPECT_EQ(calls[0].arrival, 1s);
    EXPECT_EQ(calls[0].work, 2.25);
    EXPECT_EQ(calls[0].patience, 30);
    EXPECT_EQ(calls[1].arrival, 20'500ms);
    EXPECT_LT(calls[1].patience, 0);
}

TEST(ListOfCalls, MistakesHaveTheirLines) {
    const auto s = sound(kCentre + kClass).front();
    const auto loaded = load_calls_text(
        "arrival_s,class,work_s,patience_s\n1,B,1,1\n1,A,x,1\n1,A,1\n1,A,1,-2\n86400,A,1,1\n", "c.csv", s);
    ASSERT_TRUE(std::holds_alternative<std::vector<Problem>>(loaded));
    std::vector<std::string> words;
    for (const Problem& p : std::get<std::vector<Problem>>(loaded)) words.push_back(p.to_string());
    EXPECT_THAT(
        words,
        ElementsAre(HasSubstr("c.csv:2: class: no class of the scenario is named 'B'"),
                    HasSubstr("c.csv:3: work_s: expected a number from 0"),
                    HasSubstr("c.csv:4: expected 4 fields, got 3"), HasSubstr("c.csv:5: patience_s: expected a number"),
                    HasSubstr("c.csv:6: arrival_s: expected a call before the scenario's horizon, 86400")));
}

TEST(ListOfCalls, OfAnotherFormatIsRefusedWithoutAProblemForEachOfItsLines) {
    const auto s = sound(kCentre + kClass).front();
    std::string text = "time;class\n";
    for (int i = 0; i < 1'000; ++i) text += "1;A\n";
    const auto loaded = load_calls_text(text, "c.csv", s);
    const auto* problems = std::get_if<std::vector<Problem>>(&loaded);
    ASSERT_NE(problems, nullptr);
    EXPECT_THAT(problems->front().to_string(), HasSubstr("c.csv:1: expected the heading arrival_s"));
    EXPECT_LE(problems->size(), 20U);
}

TEST(ListOfCalls, MayBeNamedByTheScenarioFromItsOwnFolderAndIsSharedByAlternatives) {
    const auto folder = std::filesystem::path(testing::TempDir()) / "centrala_list_of_calls";
    std::filesystem::create_directories(folder);
    std::ofstream(folder / "c.csv") << "arrival_s,class,work_s,patience_s\n1,A,60,-1\n";
    const std::string yaml = "calls: c.csv\n" + kCentre +
                             "classes: {A: {queue: a}}\n"
                             "compare:\n  a: {}\n  b: {queues: {a: {priority: 1}}}\n  made_up: {calls: d.csv}\n";
    const auto missing = load_scenario_text(yaml, (folder / "s.yaml").string());
    ASSERT_TRUE(std::holds_alternative<std::vector<Problem>>(missing));
    EXPECT_THAT(std::get<std::vector<Problem>>(missing).front().to_string(), HasSubstr("d.csv: no such file"));
    std::ofstream(folder / "d.csv") << "arrival_s,class,work_s,patience_s\n";
    const auto loaded = load_scenario_text(yaml, (folder / "s.yaml").string());
    ASSERT_TRUE(std::holds_alternative<std::vector<Scenario>>(loaded));
    const auto& s = std::get<std::vector<Scenario>>(loaded);
    EXPECT_EQ(s[0].calls->size(), 1U);
    EXPECT_EQ(s[0].calls, s[1].calls);
    EXPECT_EQ(s[2].calls->size(), 0U);
    std::filesystem::remove_all(folder);
}

}  // namespace
}  // namespace centrala::config
