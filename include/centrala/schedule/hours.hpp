// Opening hours by the wall clocks of a time zone: is it open at a moment, and when will that change? Zones and their
// daylight saving are those of the system's tz database, which is read once.
#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "centrala/base/time.hpp"

namespace date {
class time_zone;
}

namespace centrala::schedule {

/// Wall-clock times counted from the midnight that begins the day: 0 ≤ from < 24 h, from < to ≤ from + 24 h. It belongs
/// to the day on which it begins, also where it ends on the next one.
struct Span {
    std::chrono::minutes from{}, to{};
    auto operator<=>(const Span&) const = default;
};

/// Days with hours of their own in place of the week's.
struct Holiday {
    std::chrono::year_month_day first{}, last{};  ///< both included
    bool yearly = false;      ///< their years don't count; `last` may be earlier in the year than `first`
    std::vector<Span> hours;  ///< in order; none: closed all day
    bool operator==(const Holiday&) const = default;
};

/// Spans that overlap or touch count as one.
struct Schedule {
    std::string name;
    std::string zone;                       ///< as the tz database calls it: Europe/Warsaw
    std::array<std::vector<Span>, 7> week;  ///< Monday first, each in order; none: closed all day
    std::vector<Holiday> holidays;  ///< of several with the same day the shortest counts, then one with a year, then
                                    ///< the first
    int line = 0;                   ///< where it stands in the file that it comes from
    bool operator==(const Schedule&) const = default;
};

/// False: there is no moment at which it could be open, whatever the date.
[[nodiscard]] bool ever_opens(const Schedule& schedule);

[[nodiscard]] bool is_zone(std::string_view name);
/// All that there are; empty if the system has no tz database.
[[nodiscard]] std::vector<std::string> zones();

/// A schedule made ready to be asked. Clocks that go forward skip times: what is planned for these happens as they
/// jump. Clocks that go back show times twice: the first time counts.
class Hours {
public:
    /// is_zone(schedule.zone) must hold.
    explicit Hours(Schedule schedule);

    struct Verdict {
        bool open = false;
        bool holiday = false;  ///< open by a holiday's hours, or closed on a holiday
        std::optional<Timestamp>
            until;  ///< the first later moment at which it is the other way; none within nine years
        bool operator==(const Verdict&) const = default;
    };
    [[nodiscard]] Verdict at(Timestamp now) const;

private:
    struct Day {
        const std::vector<Span>* spans;
        bool holiday;
    };
    [[nodiscard]] Day on(std::chrono::sys_days day) const;

    Schedule schedule_;
    const date::time_zone* zone_;
};

}  // namespace centrala::schedule
