// Demand: arrivals weigh by how recent they are, in integers.
#include "centrala/routing/demand.hpp"

#include <gtest/gtest.h>

namespace centrala::routing {
namespace {

constexpr Timestamp kStart{1'700'000'000s};

DemandClock started() {
    DemandClock clock;
    clock.roll(kStart);
    return clock;
}

TEST(DemandClock, DoublesTheWeightEveryHalfLife) {
    const DemandClock clock = started();
    const auto first = static_cast<double>(clock.weight(kStart));
    for (int i = 1; i < DemandClock::kHalfLives; ++i)
        EXPECT_NEAR(static_cast<double>(clock.weight(kStart + i * kDemandHalfLife)) / first, 1 << i, (1 << i) * 1e-4);
}

TEST(DemandClock, GrowsSteadilyInBetween) {
    const DemandClock clock = started();
    std::uint64_t last = 0;
    for (Duration t = 0s; t < 3 * kDemandHalfLife; t += 1s) {
        const std::uint64_t weight = clock.weight(kStart + t);
        ASSERT_GE(weight, last);
        last = weight;
    }
}

TEST(DemandClock, RollsOverWithoutChangingWhatQueuesCompareBy) {
    DemandClock clock = started();
    const Timestamp later = kStart + DemandClock::kHalfLives * kDemandHalfLife + 7min;
    // What the last moment before it would have counted, shifted as the roll says, is what the next one counts.
    const double before = static_cast<double>(clock.weight(later - 8min)) * 2;
    const int bits = clock.roll(later);
    ASSERT_GE(bits, DemandClock::kHalfLives);
    const double after = static_cast<double>(clock.weight(later)) * static_cast<double>(std::uint64_t{1} << bits);
    EXPECT_NEAR(after / before, 1.203 / 2, 0.01);
    EXPECT_EQ(clock.roll(later + 1min), 0);
}

TEST(DemandClock, ForgetsAllAfterALongSilence) {
    DemandClock clock = started();
    EXPECT_EQ(clock.roll(kStart + 24h * 30), 64);
}

TEST(Demand, IsArrivalsTimesTheMeanOfHandling) {
    Demand one, other;
    one.arrivals = other.arrivals = std::uint64_t{100} << 20;
    one.handled(100s);
    one.handled(300s);
    other.handled(400s);
    EXPECT_EQ(one.handling, 200s);
    EXPECT_EQ(one.load() * 2, other.load());
}

TEST(Demand, FollowsWhatCallsTakeNow) {
    Demand d;
    for (int i = 0; i < 100; ++i) d.handled(100s);
    for (int i = 0; i < 200; ++i) d.handled(200s);
    EXPECT_GT(d.handling, 199s);
}

}  // namespace
}  // namespace centrala::routing
