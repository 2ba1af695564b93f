// Ticks on an absolute schedule.
#include "media/tick_scheduler.hpp"

#include <gtest/gtest.h>

#include "media/support.hpp"

namespace centrala::media {
namespace {

using test::at;

TEST(TickScheduler, StaysOnItsAbsoluteSchedule) {
    TickScheduler t(at(0ms));
    EXPECT_EQ(t.take_due(at(0ms)), 0);
    EXPECT_FALSE(t.take_due(at(1999us)));
    EXPECT_EQ(t.take_due(at(7ms)), 1);
    EXPECT_EQ(t.take_due(at(7ms)), 2);
    EXPECT_EQ(t.take_due(at(7ms)), 3);
    EXPECT_FALSE(t.take_due(at(7ms)));
    EXPECT_EQ(t.due_at(4), at(8ms));
    EXPECT_EQ(t.skipped(), 0u);
}

TEST(TickScheduler, CatchesUpOnlySoFar) {
    TickScheduler t(at(0ms));
    int steps = 0;
    while (t.take_due(at(100ms))) ++steps;
    EXPECT_EQ(steps, 51);
    EXPECT_EQ(t.take_due(at(10s)), 5000) << "a stall of ten seconds isn't followed by a storm";
    EXPECT_FALSE(t.take_due(at(10s)));
    EXPECT_EQ(t.skipped(), 5000u - 51);
    t.resume(at(20s));
    EXPECT_EQ(t.take_due(at(20s)), 10'000);
}

}  // namespace
}  // namespace centrala::media
