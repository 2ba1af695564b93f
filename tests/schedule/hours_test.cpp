#include <gtest/gtest.h>

#include "support.hpp"

namespace centrala::schedule {
namespace {

using Verdict = Hours::Verdict;

Schedule office() {
    Schedule s{"office", "Europe/Warsaw", {}, {}};  // UTC+1, in summer UTC+2
    for (std::size_t i = 0; i < 5; ++i) s.week[i] = {span("08:00", "18:00")};
    s.week[5] = {span("09:00", "12:00"), span("13:00", "15:00")};
    return s;
}

Holiday on(const char* date, std::vector<Span> hours = {}) {
    return {day(date), day(date), false, std::move(hours)};
}
Holiday every_year(const char* first, const char* last, std::vector<Span> hours = {}) {
    return {day(first), day(last), true, std::move(hours)};
}

TEST(Hours, AreThoseOfTheZonesClocks) {
    const Hours hours(office());
    EXPECT_EQ(hours.at(utc("2026-01-14 06:59")), (Verdict{false, false, utc("2026-01-14 07:00")}));
    EXPECT_EQ(hours.at(utc("2026-01-14 07:00")), (Verdict{true, false, utc("2026-01-14 17:00")}));
    EXPECT_EQ(hours.at(utc("2026-07-15 06:00")), (Verdict{true, false, utc("2026-07-15 16:00")}));
    EXPECT_EQ(hours.at(utc("2026-07-15 16:00")), (Verdict{false, false, utc("2026-07-16 06:00")}));
}

TEST(Hours, MayHaveSeveralSpansADayAndNoneOnOthers) {
    const Hours hours(office());
    EXPECT_EQ(hours.at(utc("2026-01-17 08:30")), (Verdict{true, false, utc("2026-01-17 11:00")}));
    EXPECT_EQ(hours.at(utc("2026-01-17 11:00")), (Verdict{false, false, utc("2026-01-17 12:00")}));
    EXPECT_EQ(hours.at(utc("2026-01-17 14:00")), (Verdict{false, false, utc("2026-01-19 07:00")}));
}

TEST(Hours, RunPastMidnightOfTheDayOnWhichTheyBegin) {
    Schedule s{"", "UTC", {}, {on("2026-01-17")}};
    s.week[4] = s.week[5] = {span("22:00", "26:00")};
    const Hours hours(s);
    EXPECT_EQ(hours.at(utc("2026-01-17 01:59")), (Verdict{true, false, utc("2026-01-17 02:00")})) << "Friday's";
    EXPECT_EQ(hours.at(utc("2026-01-17 23:00")), (Verdict{false, true, utc("2026-01-23 22:00")})) << "closed that day";
}

TEST(Hours, ThatTouchOrOverlapAreOne) {
    Schedule s{"", "UTC", {}, {}};
    s.week[0] = {span("08:00", "12:00"), span("12:00", "16:00"), span("15:00", "24:00")};
    s.week[1] = {span("00:00", "01:00")};
    EXPECT_EQ(Hours(s).at(utc("2026-01-19 09:00")), (Verdict{true, false, utc("2026-01-20 01:00")}));
}

TEST(Hours, OfAHolidayReplaceThoseOfTheDay) {
    Schedule s = office();
    s.holidays = {on("2026-12-24", {span("08:00", "12:00")}), every_year("2000-12-25", "2000-12-26")};
    const Hours hours(s);
    EXPECT_EQ(hours.at(utc("2026-12-24 08:00")), (Verdict{true, true, utc("2026-12-24 11:00")}));
    EXPECT_EQ(hours.at(utc("2026-12-24 12:00")), (Verdict{false, true, utc("2026-12-28 07:00")}));
    EXPECT_EQ(hours.at(utc("2027-12-24 12:00")), (Verdict{true, false, utc("2027-12-24 17:00")})) << "another year";
    EXPECT_FALSE(hours.at(utc("2029-12-25 12:00")).open) << "a Tuesday";
}

TEST(Hours, OfTheShortestHolidayCountThenThatOfAYear) {
    Schedule s = office();
    s.holidays = {every_year("2000-12-24", "2000-01-06"),
                  every_year("2000-12-30", "2000-12-30", {span("10:00", "11:00")}),
                  on("2026-12-30", {span("10:00", "12:00")})};
    const Hours hours(s);
    EXPECT_EQ(hours.at(utc("2026-12-30 10:30")), (Verdict{true, true, utc("2026-12-30 11:00")}));
    EXPECT_EQ(hours.at(utc("2027-12-30 09:30")), (Verdict{true, true, utc("2027-12-30 10:00")}));
    EXPECT_EQ(hours.at(utc("2027-01-06 12:00")), (Verdict{false, true, utc("2027-01-07 07:00")})) << "past New Year";
    EXPECT_EQ(hours.at(utc("2026-12-31 12:00")), (Verdict{false, true, utc("2027-01-07 07:00")}));
}

TEST(Hours, KnowLeapDays) {
    Schedule s{"", "UTC", {}, {every_year("2000-02-29", "2000-02-29", {span("10:00", "11:00")})}};
    const Hours hours(s);
    EXPECT_EQ(hours.at(utc("2026-03-01 00:00")), (Verdict{false, false, utc("2028-02-29 10:00")}));
    EXPECT_EQ(hours.at(utc("2096-02-29 11:00")), (Verdict{false, true, utc("2104-02-29 10:00")})) << "2100 has none";
}

TEST(Hours, InAnHourThatDoesNotExistBeginAndEndAsClocksJump) {
    Schedule s{"", "Europe/Warsaw", {}, {}};
    s.week[5] = {span("22:00", "26:30")};  // Sunday 2:30 doesn't exist on 29 March 2026
    s.week[6] = {span("02:15", "02:45"), span("02:50", "05:00")};
    const Hours hours(s);
    EXPECT_EQ(hours.at(utc("2026-03-28 23:00")), (Verdict{true, false, utc("2026-03-29 03:00")}));
    EXPECT_EQ(hours.at(utc("2026-03-29 01:00")), (Verdict{true, false, utc("2026-03-29 03:00")}));
}

TEST(Hours, InAnHourThatComesTwiceCountTheFirstTime) {
    Schedule s{"", "America/New_York", {}, {}};
    s.week[6] = {span("01:15", "01:45"), span("01:50", "04:00")};  // 1 November 2026: 5:00 to 6:00 UTC, again to 7:00
    const Hours hours(s);
    EXPECT_EQ(hours.at(utc("2026-11-01 05:20")), (Verdict{true, false, utc("2026-11-01 05:45")}));
    EXPECT_EQ(hours.at(utc("2026-11-01 05:45")), (Verdict{false, false, utc("2026-11-01 05:50")}));
    EXPECT_EQ(hours.at(utc("2026-11-01 06:20")), (Verdict{true, false, utc("2026-11-01 09:00")}));
}

TEST(Hours, RoundTheClockNeverChange) {
    Schedule s{"", "Europe/Warsaw", {}, {}};
    for (auto& day : s.week) day = {span("00:00", "24:00")};
    EXPECT_EQ(Hours(s).at(utc("2026-01-14 06:59")), (Verdict{true, false, std::nullopt}));
    s.holidays = {every_year("2000-12-25", "2000-12-25")};
    EXPECT_EQ(Hours(s).at(utc("2026-01-14 06:59")), (Verdict{true, false, utc("2026-12-24 23:00")}));
}

TEST(Hours, OfAScheduleWithoutAnyNeverBegin) {
    Schedule s{"", "UTC", {}, {every_year("2000-01-01", "2000-01-01")}};
    EXPECT_FALSE(ever_opens(s));
    EXPECT_EQ(Hours(s).at(utc("2026-01-14 06:59")), (Verdict{false, false, std::nullopt}));
    s.holidays.push_back(on("2020-05-01", {span("10:00", "11:00")}));
    EXPECT_TRUE(ever_opens(s));
    EXPECT_EQ(Hours(s).at(utc("2026-01-14 06:59")), (Verdict{false, false, std::nullopt})) << "it is past";
}

TEST(Hours, ThatAreAlwaysAHolidaysNeverBegin) {
    Schedule s{"", "UTC", {}, {every_year("2000-01-01", "2000-12-30")}};
    s.week[4] = {span("10:00", "11:00")};
    EXPECT_TRUE(ever_opens(s)) << "the last day of some years is a Friday";
    s.holidays.push_back(every_year("2000-12-31", "2000-12-31"));
    EXPECT_FALSE(ever_opens(s));
}

TEST(Zones, AreTheSystems) {
    EXPECT_TRUE(is_zone("Asia/Kathmandu"));
    EXPECT_FALSE(is_zone("Mars/Olympus"));
    EXPECT_FALSE(is_zone(""));
    EXPECT_FALSE(is_zone("../../etc/passwd"));
    EXPECT_GT(zones().size(), 300U);
}

}  // namespace
}  // namespace centrala::schedule
