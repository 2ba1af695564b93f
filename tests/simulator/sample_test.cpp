// Every distribution that a scenario can name, by its mean and some of its quantiles.
#include "simulator/sample.hpp"

#include <cmath>

#include "simulator/arrivals.hpp"
#include "support.hpp"

namespace centrala::simulator {
namespace {

/// As a scenario would say it.
Sampler sampler(const std::string& yaml) {
    const auto s = scenario(
        "skills: [a]\nqueues: {a: {requires: {a: 1}}}\nclasses: {A: {queue: a, arrivals: "
        "{per_hour: 1}, service: 1s, patience: " +
        yaml + "}}\n");
    return Sampler(s.classes.empty() ? config::Distribution{} : s.classes.front().patience);
}

double mean(const Sampler& s) {
    constexpr int kPoints = 200'000;
    double sum = 0;
    for (int i = 0; i < kPoints; ++i) sum += s.seconds((i + 0.5) / kPoints);
    return sum / kPoints;
}

TEST(Sample, ExponentialHasItsMeanAndMedian) {
    const Sampler s = sampler("{exponential: 180s}");
    EXPECT_NEAR(mean(s), 180, 0.01);
    EXPECT_NEAR(s.seconds(0.5), 180 * std::log(2), 1e-9);
}

TEST(Sample, LognormalMayBeGivenByItsMomentsOrByThoseOfItsLogarithm) {
    const Sampler by_mean = sampler("{lognormal: {mean: 240s, cv: 1.2}}");
    EXPECT_NEAR(mean(by_mean), 240, 0.5);
    EXPECT_NEAR(by_mean.seconds(0.5), 240 / std::sqrt(1 + 1.2 * 1.2), 1e-9);
    const Sampler by_log = sampler("{lognormal: {mu: 4.879, sigma: 0.871}}");
    EXPECT_NEAR(by_log.seconds(0.5), std::exp(4.879), 1e-9);
    EXPECT_NEAR(by_log.seconds(0.841344746), std::exp(4.879 + 0.871), 1e-4);
}

TEST(Sample, WeibullMayBeGivenByMeanOrScale) {
    EXPECT_NEAR(mean(sampler("{weibull: {mean: 180s, shape: 0.7}}")), 180, 0.1);
    EXPECT_NEAR(sampler("{weibull: {scale: 100s, shape: 2}}").seconds(1 - std::exp(-1.0)), 100, 1e-9);
}

TEST(Sample, EmpiricalTakesEachValueEquallyOften) {
    const Sampler s = sampler("{empirical: [10s, 20s, 60s]}");
    EXPECT_NEAR(mean(s), 30, 1e-3);
    EXPECT_EQ(s.seconds(0.99), 60);
}

TEST(Sample, HazardIsExponentialPieceByPiece) {
    const Sampler s =
        sampler("{hazard: [{until: 10s, per_second: 0.1}, {until: 20s, per_second: 0}, {per_second: 0.05}]}");
    EXPECT_NEAR(s.seconds(1 - std::exp(-0.5)), 5, 1e-9);
    EXPECT_NEAR(s.seconds(1 - std::exp(-1.0) + 1e-12), 20, 1e-6);
    EXPECT_NEAR(s.seconds(1 - std::exp(-1.5)), 30, 1e-9);
    EXPECT_EQ(sampler("{hazard: [{until: 10s, per_second: 0.1}, {per_second: 0}]}").seconds(0.999), kForEverSeconds);
}

TEST(Sample, WhatIsBeyondALeastGoesOnAtTheSameHazard) {
    const Sampler s = sampler("{hazard: [{until: 10s, per_second: 0.1}, {per_second: 0.05}]}");
    EXPECT_NEAR(s.seconds_beyond(4, 1 - std::exp(-0.6)), 10, 1e-9);
    EXPECT_NEAR(s.seconds_beyond(4, 1 - std::exp(-1.6)), 30, 1e-9);
    EXPECT_NEAR(s.seconds_beyond(50, 1 - std::exp(-1.0)), 70, 1e-9);
    EXPECT_NEAR(s.seconds_beyond(0, 0.3), s.seconds(0.3), 1e-9);
    EXPECT_EQ(sampler("infinite").seconds_beyond(9, 0.5), kForEverSeconds);
}

TEST(Sample, ConstantAndInfiniteNeedNoParameters) {
    EXPECT_EQ(sampler("45s").seconds(0.3), 45);
    EXPECT_EQ(sampler("{constant: 45s}").seconds(0.3), 45);
    EXPECT_EQ(to_duration(sampler("infinite").seconds(0.3)), kForEver);
}

TEST(Arrivals, FollowTheRateOfEachIntervalAndBeginAnewAfterTheLast) {
    config::CallClass c;
    c.calls_per_hour = {0, 3'600, 7'200};
    c.interval = 10min;
    const Draws draws(1, 0, "A");
    Arrivals arrivals(c, draws, 1, 1h);
    std::array<int, 6> counts{};
    std::uint32_t n = 0;
    while (const auto at = arrivals.next(n)) {
        ++n;
        ++counts[static_cast<std::size_t>(*at / 10min)];
    }
    EXPECT_EQ(counts[0] + counts[3], 0);
    for (const std::size_t i : {1U, 4U}) EXPECT_NEAR(counts[i], 600, 4 * std::sqrt(600));
    for (const std::size_t i : {2U, 5U}) EXPECT_NEAR(counts[i], 1'200, 4 * std::sqrt(1'200));
}

TEST(Arrivals, TheDaysFactorHasMeanOneAndTheGivenSpread) {
    double sum = 0, squares = 0;
    constexpr int kDays = 20'000;
    for (std::uint32_t r = 0; r < kDays; ++r) {
        const double f = day_factor(0.2, Draws(3, r, "A"));
        sum += f;
        squares += f * f;
    }
    const double average = sum / kDays;
    EXPECT_NEAR(average, 1, 0.006);
    EXPECT_NEAR(std::sqrt(squares / kDays - average * average), 0.2, 0.006);
    EXPECT_EQ(day_factor(0, Draws(3, 0, "A")), 1);
}

}  // namespace
}  // namespace centrala::simulator
