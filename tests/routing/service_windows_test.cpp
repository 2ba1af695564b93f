// Service levels over sliding windows and the day.
#include "centrala/routing/service_windows.hpp"

#include <gtest/gtest.h>

#include "scenario.hpp"

namespace centrala::routing::testing {
namespace {

constexpr Timestamp kNoon{std::chrono::sys_days{std::chrono::year{2026} / 11 / 29}.time_since_epoch() + 12h};
constexpr ServiceCounts kInTime{1, 1, 0, 0}, kLate{0, 1, 0, 0}, kGone{0, 0, 1, 0};

TEST(ServiceWindows, CountTheMinuteOfNowAndThoseBeforeIt) {
    ServiceWindows w;
    w.add(kNoon, kInTime);
    w.add(kNoon + 4min + 59s, kLate);
    w.add(kNoon + 5min, kGone);
    EXPECT_EQ(w.last(1, kNoon + 5min), kGone);
    EXPECT_EQ(w.last(5, kNoon + 5min), (ServiceCounts{0, 1, 1, 0}));
    EXPECT_EQ(w.last(6, kNoon + 5min), (ServiceCounts{1, 2, 1, 0}));
    EXPECT_EQ(w.last(60, kNoon + 59min), (ServiceCounts{1, 2, 1, 0}));
    EXPECT_EQ(w.last(60, kNoon + 60min), (ServiceCounts{0, 1, 1, 0}));
    EXPECT_EQ(w.last(60, kNoon + 3h), ServiceCounts{});
}

TEST(ServiceWindows, ForgetAnHourThatNobodyCountedIn) {
    ServiceWindows w;
    w.add(kNoon, kInTime);
    w.add(kNoon + 60min, kLate);
    EXPECT_EQ(w.last(60, kNoon + 60min), kLate) << "the same place in the ring";
    w.add(kNoon + 30h, kGone);
    EXPECT_EQ(w.last(60, kNoon + 30h), kGone);
}

TEST(ServiceWindows, CountSinceMidnightAnywhere) {
    ServiceWindows w;
    const Timestamp midnight = kNoon - 5h - 45min;  // of Kathmandu
    w.add(midnight - 1us, kGone);
    w.add(midnight, kInTime);
    w.add(midnight + 24h, kLate);
    EXPECT_EQ(w.since(midnight), (ServiceCounts{1, 2, 0, 0}));
    EXPECT_EQ(w.since(midnight + 15min), kLate);
    EXPECT_EQ(w.since(midnight + 25h), ServiceCounts{});
    EXPECT_EQ(w.last(60, midnight + 24h), kLate);
}

TEST(ServiceWindows, ADayOf25HoursFitsAndOlderOnesFade) {
    ServiceWindows w;
    w.add(kNoon, kInTime);
    w.add(kNoon + 25h + 30min, kLate);
    EXPECT_EQ(w.since(kNoon), (ServiceCounts{1, 2, 0, 0}));
    w.add(kNoon + 26h, kLate);
    EXPECT_EQ(w.since(kNoon), (ServiceCounts{0, 2, 0, 0}));
}

TEST(ServiceWindows, OfferedIsEveryWaitThatEnded) {
    Scenario s;
    s.staff({ann});
    s.at(0s, calls(sales))
        .expect("c1 arrives at sales", "c1 waits in sales #1", "o1: c1 to ann", "ann ready>reserved offer.made");
    s.at(5s, accepts(1)).expect("o1 accepted", "c1 talks to ann after 5s", "ann reserved>talking offer.accepted");
    s.at(6s, calls(sales)).expect("c2 arrives at sales", "c2 waits in sales #1");
    s.at(7s, hangs_up(2)).expect("c2 abandons sales after 1s");
    const ServiceCounts counts = s.queue(sales).service.last(5, s.state().clock);
    EXPECT_EQ(counts, (ServiceCounts{1, 1, 1, 0}));
    EXPECT_EQ(counts.offered(), 2U);
}

}  // namespace
}  // namespace centrala::routing::testing
