// Every minute around what clocks do in the world, against an independent implementation: Python's zoneinfo.
#include <array>
#include <cstdio>
#include <fstream>
#include <map>
#include <sstream>

#include <gtest/gtest.h>
#include <unistd.h>

#include "support.hpp"

namespace centrala::schedule {
namespace {

using std::chrono::days;
using std::chrono::sys_days;

/// When it changes to what, the state at the beginning first.
using Changes = std::map<std::int64_t, bool>;

std::int64_t seconds(Timestamp at) {
    return std::chrono::duration_cast<std::chrono::seconds>(at.time_since_epoch()).count();
}

std::string iso(std::chrono::year_month_day day) {
    std::array<char, 16> text{};
    std::snprintf(text.data(), text.size(), "%04d-%02u-%02u", static_cast<int>(day.year()),
                  static_cast<unsigned>(day.month()), static_cast<unsigned>(day.day()));
    return text.data();
}

/// The week's hours of each of these days, as the reference reads them.
std::string plan_of(const Schedule& schedule, sys_days first, sys_days last) {
    std::ostringstream json;
    for (sys_days day = first; day <= last; day += days(1)) {
        json << (day == first ? "{" : ",") << '"' << iso(day) << "\":[";
        bool fresh = true;
        for (const Span& s : schedule.week[std::chrono::weekday(day).iso_encoding() - 1]) {
            json << (fresh ? "[" : ",[") << s.from.count() << ',' << s.to.count() << ']';
            fresh = false;
        }
        json << ']';
    }
    return json.str() + "}";
}

/// For each schedule; they are of one zone.
std::vector<Changes> reference(const std::vector<Schedule>& schedules, sys_days first, sys_days last) {
    const std::string plans = ::testing::TempDir() + "hours_" + std::to_string(::getpid()) + ".json";
    {
        std::ofstream file(plans);
        for (const Schedule& s : schedules)
            file << (&s == &schedules.front() ? '[' : ',') << plan_of(s, first - days(4), last + days(2));
        file << ']';
    }
    const std::string command = "python3 -B " CENTRALA_SOURCE_DIR "/tests/schedule/zoneinfo_reference.py " +
                                schedules.front().zone + " " + std::to_string(seconds(utc(first))) + " " +
                                std::to_string(seconds(utc(last))) + " < " + plans;
    std::vector<Changes> changes(schedules.size());
    FILE* const pipe = ::popen(command.c_str(), "r");
    std::size_t plan = 0;
    long long at = 0;
    std::array<char, 16> word{};
    while (std::fscanf(pipe, "%zu %lld %15s", &plan, &at, word.data()) == 3)
        changes.at(plan)[at] = std::string_view(word.data()) == "open";
    EXPECT_EQ(::pclose(pipe), 0);
    std::remove(plans.c_str());
    return changes;
}

/// As `until` tells them, and each of them again for a moment in the middle.
Changes asked(const Schedule& schedule, sys_days first, sys_days last) {
    const Hours hours(schedule);
    Changes changes;
    Timestamp at = utc(first);
    while (at <= utc(last)) {
        const auto verdict = hours.at(at);
        changes[seconds(at)] = verdict.open;
        if (!verdict.until) break;
        EXPECT_GT(*verdict.until, at);
        EXPECT_EQ(hours.at(at + (*verdict.until - at) / 2), verdict) << "at " << seconds(at);
        EXPECT_EQ(hours.at(*verdict.until - 1us), verdict) << "at " << seconds(at);
        at = *verdict.until;
    }
    return changes;
}

struct Place {
    const char* zone;
    sys_days first, last;
};

/// Weeks in which something happens to clocks there.
class Reference : public ::testing::TestWithParam<Place> {};

TEST_P(Reference, SaysTheSameMinuteByMinute) {
    const auto [zone, first, last] = GetParam();
    SCOPED_TRACE(zone);
    ASSERT_TRUE(is_zone(zone));
    const std::vector<std::vector<Span>> patterns = {
        {span("08:00", "18:00")},
        {span("00:00", "24:00")},
        {span("00:00", "00:30"), span("01:30", "02:30"), span("02:45", "03:15"), span("23:00", "24:00")},
        {span("02:00", "03:00")},
        {span("02:10", "02:50")},
        {span("02:30", "06:00"), span("22:00", "26:30")},
        {span("12:00", "36:00")},
    };
    std::vector<Schedule> schedules;
    for (const auto& pattern : patterns) {
        Schedule& every_day = schedules.emplace_back(Schedule{"every day", zone, {}, {}});
        for (auto& day : every_day.week) day = pattern;
        Schedule& weekend = schedules.emplace_back(Schedule{"weekend", zone, {}, {}});
        weekend.week[5] = weekend.week[6] = pattern;
    }
    const auto expected = reference(schedules, first, last);
    for (std::size_t i = 0; i < schedules.size(); ++i)
        EXPECT_EQ(asked(schedules[i], first, last), expected[i]) << schedules[i].name << ", pattern " << i / 2;
}

INSTANTIATE_TEST_SUITE_P(
    Zones, Reference,
    ::testing::Values(Place{"Europe/Warsaw", day("2026-03-26"), day("2026-04-01")},
                      Place{"Europe/Warsaw", day("2026-10-22"), day("2026-10-28")},
                      Place{"America/New_York", day("2027-03-11"), day("2027-03-17")},
                      Place{"America/New_York", day("2027-11-04"), day("2027-11-10")},
                      Place{"Pacific/Auckland", day("2026-04-02"), day("2026-04-08")},
                      Place{"Pacific/Auckland", day("2026-09-24"), day("2026-09-30")},
                      Place{"Australia/Lord_Howe", day("2026-04-02"), day("2026-04-08")},
                      Place{"Australia/Lord_Howe", day("2026-10-01"), day("2026-10-07")},
                      Place{"Asia/Kathmandu", day("2028-02-26"), day("2028-03-03")},
                      Place{"America/Sao_Paulo", day("2018-11-01"), day("2018-11-07")},  // 0:00 didn't exist
                      Place{"America/Sao_Paulo", day("2019-02-14"), day("2019-02-20")},
                      Place{"Africa/Casablanca", day("2026-02-12"), day("2026-02-18")},
                      Place{"Africa/Casablanca", day("2026-03-19"), day("2026-03-25")},
                      Place{"Pacific/Apia", day("2011-12-27"), day("2012-01-02")},  // 30 December didn't exist
                      Place{"UTC", day("2027-12-28"), day("2028-01-03")}));

}  // namespace
}  // namespace centrala::schedule
