// What a seed promises, and what confidence intervals say.
#include <cmath>

#include "support.hpp"

namespace centrala::simulator {
namespace {

const std::string kHead =
    "horizon: 12h\nwarm_up: 2h\nreplications: 4\nseed: 5\nrouting: {profile: plain}\nskills: [a, b]\n"
    "queue_defaults: {wrap_up: 10s}\nqueues: {a: {requires: {a: 1}}, b: {requires: {b: 1}}}\n"
    "patience: {exponential: 120s}\nagents: {both: {count: 4, skills: {a: 5, b: 10}}}\nclasses:\n";
const std::string kA = "  A: {queue: a, arrivals: {per_hour: 30}, service: {exponential: 180s}}\n";
const std::string kB = "  B: {queue: b, arrivals: {per_hour: 30}, service: {lognormal: {mean: 240s, cv: 1.2}}}\n";

/// NaN equals NaN.
bool same(const Figures& a, const Figures& b) {
    for (std::size_t i = 0; i < kFigures; ++i)
        if (a[i] != b[i] && !(std::isnan(a[i]) && std::isnan(b[i]))) return false;
    return true;
}
bool same(const Outcomes& a, const Outcomes& b) {
    for (std::size_t r = 0; r < a.size(); ++r) {
        if (!same(a[r].all, b[r].all)) return false;
        for (std::size_t c = 0; c < a[r].classes.size(); ++c)
            if (!same(a[r].classes[c], b[r].classes[c])) return false;
    }
    return a.size() == b.size();
}

TEST(Study, TheSameSeedGivesTheSameFiguresOnAnyNumberOfThreads) {
    const auto s = scenario(kHead + kA + kB);
    const Outcomes once = simulate(s, 1);
    EXPECT_TRUE(same(simulate(s, 1), once));
    EXPECT_TRUE(same(simulate(s, 3), once));
    auto other = s;
    other.seed = 6;
    EXPECT_FALSE(same(simulate(other, 1), once));
}

TEST(Study, ReplicationsDiffer) {
    const Outcomes outcomes = simulate(scenario(kHead + kA + kB));
    EXPECT_FALSE(same(outcomes[0].all, outcomes[1].all));
}

TEST(Study, TheOrderOfClassesInTheFileIsOfNoConsequence) {
    const Outcomes ab = simulate(scenario(kHead + kA + kB)), ba = simulate(scenario(kHead + kB + kA));
    for (std::size_t r = 0; r < ab.size(); ++r) {
        EXPECT_TRUE(same(ab[r].all, ba[r].all));
        EXPECT_TRUE(same(ab[r].classes[0], ba[r].classes[1]));
    }
}

TEST(Study, AlternativesMeetTheSameCallers) {
    const auto alternatives = scenarios(kHead + kA + kB + "compare:\n  a: {}\n  b: {queues: {b: {priority: 5}}}\n");
    ASSERT_EQ(alternatives.size(), 2U);
    EXPECT_EQ(alternatives[1].plan->queues[1].priority, 5);
    const Outcomes one = simulate(alternatives[0]), two = simulate(alternatives[1]);
    EXPECT_EQ(difference(two, one, Figure::offered).mean, 0);
    EXPECT_EQ(difference(two, one, Figure::offered).half_width, 0);
    EXPECT_LT(difference(two, one, Figure::wait_answered, {1}).mean, 0);
    EXPECT_GT(difference(two, one, Figure::wait_answered, {0}).mean, 0);
}

TEST(Study, PairedDifferencesAreSharperThanTheFiguresThemselves) {
    const auto alternatives =
        scenarios(kHead + kA + kB + "compare:\n  short: {}\n  longer: {queue_defaults: {wrap_up: 12s}}\n");
    const Outcomes one = simulate(alternatives[0]), two = simulate(alternatives[1]);
    EXPECT_LT(difference(two, one, Figure::wait_answered).half_width,
              estimate(two, Figure::wait_answered).half_width / 2);
}

TEST(Estimate, GivesStudentsInterval) {
    const std::vector<double> values{1, 2, 3, 4, 5};
    const Estimate e = estimate(values);
    EXPECT_EQ(e.mean, 3);
    EXPECT_NEAR(e.half_width, 2.776445 * std::sqrt(2.5 / 5), 1e-5);
    EXPECT_TRUE(std::isnan(estimate(std::vector<double>{7}).half_width));
    EXPECT_TRUE(std::isnan(estimate(std::vector<double>{}).mean));
}

}  // namespace
}  // namespace centrala::simulator
