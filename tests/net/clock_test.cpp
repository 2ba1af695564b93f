// Clock: durations survive steps of the wall clock, and time never runs back.
#include "centrala/net/clock.hpp"

#include <gtest/gtest.h>

namespace centrala::net {
namespace {

constexpr std::int64_t kWall = 1'700'000'000'000'000, kSecond = 1'000'000;

std::int64_t us(Timestamp t) {
    return t.time_since_epoch().count();
}

TEST(Clock, SaysTheWallClocksTimeAtFirst) {
    Clock clock(5, kWall);
    EXPECT_EQ(us(clock.now(5, kWall)), kWall);
    EXPECT_EQ(us(clock.now(5 + kSecond, kWall + kSecond)), kWall + kSecond);
}

TEST(Clock, KeepsDurationsWhenTheWallClockIsSetAhead) {
    Clock clock(0, kWall);
    const auto before = us(clock.now(kSecond, kWall + kSecond));
    const auto after = us(clock.now(2 * kSecond, kWall + 3600 * kSecond));
    EXPECT_GE(after - before, kSecond);
    EXPECT_LE(after - before, kSecond + 2 * 500);
}

TEST(Clock, NeverRunsBackWhenTheWallClockIsSetBack) {
    Clock clock(0, kWall);
    std::int64_t last = kWall;
    for (std::int64_t t = 0; t < 10 * kSecond; t += 33'333) {
        for (const std::int64_t shift : {0, 1, 2}) {
            const auto now = us(clock.now(t + shift, kWall + t + shift - 60 * kSecond));
            EXPECT_GE(now, last);
            last = now;
        }
    }
    EXPECT_GE(last - kWall, 10 * kSecond * 9'995 / 10'000 - 100'000);
}

TEST(Clock, ReachesTheWallClockInTheEnd) {
    Clock clock(0, kWall);
    const std::int64_t step = 400;  // us
    std::int64_t now = 0;
    for (std::int64_t t = 0; t <= 2 * kSecond; t += 50'000) now = us(clock.now(t, kWall + t + step));
    EXPECT_EQ(now, kWall + 2 * kSecond + step);
}

TEST(Clock, ReadsTheSystem) {
    Clock clock;
    const auto a = clock.now();
    EXPECT_GE(clock.now(), a);
    EXPECT_GT(us(a), kWall);
}

}  // namespace
}  // namespace centrala::net
