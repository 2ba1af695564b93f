// The only file that knows of the tz library (GCC 12 has no std::chrono::time_zone).
#include "centrala/schedule/hours.hpp"

#include <algorithm>
#include <stdexcept>
#include <utility>

#include <date/tz.h>

namespace centrala::schedule {
namespace {

using std::chrono::days;
using std::chrono::sys_days;
using std::chrono::year_month_day;
using WallTime = date::local_time<std::chrono::minutes>;

/// 29 February may be eight years away, and until then every day is asked.
constexpr days kHorizon{9 * 366};

Timestamp timestamp(std::chrono::sys_seconds at) {
    return Timestamp(at.time_since_epoch());
}

WallTime wall_time(sys_days day, std::chrono::minutes time) {
    return WallTime(day.time_since_epoch() + time);
}

/// The first moment at which clocks show that time or a later one.
Timestamp moment(const date::time_zone& zone, WallTime wall) {
    const date::local_info info = zone.get_info(wall);
    if (info.result == date::local_info::nonexistent) return timestamp(info.first.end);
    return timestamp(std::chrono::sys_seconds(wall.time_since_epoch() - info.first.offset));
}

/// Years don't count in it, and it has every day of the year.
year_month_day in_leap_year(year_month_day day) {
    return std::chrono::year(2000) / day.month() / day.day();
}

days length(const Holiday& h) {
    if (!h.yearly) return sys_days(h.last) - sys_days(h.first);
    const days between = sys_days(in_leap_year(h.last)) - sys_days(in_leap_year(h.first));
    return between < days(0) ? between + days(366) : between;
}

bool covers(const Holiday& h, year_month_day day) {
    if (!h.yearly) return h.first <= day && day <= h.last;
    const auto d = in_leap_year(day), first = in_leap_year(h.first), last = in_leap_year(h.last);
    return first <= last ? first <= d && d <= last : first <= d || d <= last;
}

}  // namespace

bool ever_opens(const Schedule& schedule) {
    const auto has_hours = [](const std::vector<Span>& spans) { return !spans.empty(); };
    const auto any_day = [&] {  // that isn't always a holiday: some year it is each day of the week
        const auto covered = [&](sys_days day) {
            return std::any_of(schedule.holidays.begin(), schedule.holidays.end(),
                               [&](const Holiday& h) { return h.yearly && covers(h, day); });
        };
        constexpr sys_days kFirst = std::chrono::year(2000) / 1 / 1;  // a leap year
        for (int i = 0; i < 366; ++i)
            if (!covered(kFirst + days(i))) return true;
        return false;
    };
    return (std::any_of(schedule.week.begin(), schedule.week.end(), has_hours) && any_day()) ||
           std::any_of(schedule.holidays.begin(), schedule.holidays.end(),
                       [&](const Holiday& h) { return has_hours(h.hours); });
}

bool is_zone(std::string_view name) {
    try {
        return date::locate_zone(name) != nullptr;
    } catch (const std::runtime_error&) {  // no such zone, or no database
        return false;
    }
}

std::vector<std::string> zones() {
    std::vector<std::string> names;
    try {
        for (const date::time_zone& zone : date::get_tzdb().zones) names.push_back(zone.name());
    } catch (const std::runtime_error&) {
        names.clear();
    }
    return names;
}

Hours::Hours(Schedule schedule) : schedule_(std::move(schedule)), zone_(date::locate_zone(schedule_.zone)) {
    std::stable_sort(schedule_.holidays.begin(), schedule_.holidays.end(), [](const Holiday& a, const Holiday& b) {
        return std::pair(length(a), a.yearly) < std::pair(length(b), b.yearly);
    });
}

Hours::Day Hours::on(sys_days day) const {
    for (const Holiday& h : schedule_.holidays)
        if (covers(h, day)) return {&h.hours, true};
    return {&schedule_.week[std::chrono::weekday(day).iso_encoding() - 1], false};
}

Hours::Verdict Hours::at(Timestamp now) const {
    const auto second =
        std::chrono::floor<std::chrono::seconds>(std::chrono::sys_time<Duration>(now.time_since_epoch()));
    const auto local = zone_->to_local(second).time_since_epoch();
    const sys_days today(std::chrono::floor<days>(local));
    Verdict verdict{false, on(today).holiday, std::nullopt};
    // What began yesterday may go on. Spans come in the order in which they begin.
    for (sys_days day = today - days(1); day <= today + kHorizon; day += days(1)) {
        const Day hours = on(day);
        for (const Span& span : *hours.spans) {
            const Timestamp from = moment(*zone_, wall_time(day, span.from));
            const Timestamp to = moment(*zone_, wall_time(day, span.to));
            if (to <= std::max(from, now)) continue;  // over, or in an hour that doesn't exist
            if (verdict.open && from <= *verdict.until) {
                verdict.until = std::max(*verdict.until, to);
            } else if (verdict.open) {
                return verdict;
            } else if (from <= now) {
                verdict = {true, hours.holiday, to};
            } else {
                verdict.until = from;
                return verdict;
            }
        }
        // Nothing that begins later can touch it.
        if (verdict.open && moment(*zone_, wall_time(day + days(1), {})) > *verdict.until) return verdict;
    }
    if (verdict.open) verdict.until.reset();  // round the clock
    return verdict;
}

}  // namespace centrala::schedule
