// Days, times and spans as people write them.
#pragma once

#include <string>

#include "centrala/schedule/hours.hpp"

namespace centrala::schedule {

/// "08:30", also past midnight: "26:00".
inline std::chrono::minutes clock_time(const std::string& text) {
    return std::chrono::hours(std::stoi(text.substr(0, 2))) + std::chrono::minutes(std::stoi(text.substr(3)));
}

inline Span span(const std::string& from, const std::string& to) {
    return {clock_time(from), clock_time(to)};
}

/// "2026-12-24".
inline std::chrono::sys_days day(const std::string& text) {
    return std::chrono::year(std::stoi(text)) / std::chrono::month(static_cast<unsigned>(std::stoi(text.substr(5)))) /
           std::chrono::day(static_cast<unsigned>(std::stoi(text.substr(8))));
}

inline Timestamp utc(std::chrono::sys_days day, const std::string& time = "00:00") {
    return Timestamp(day.time_since_epoch() + clock_time(time));
}
/// "2026-12-24 08:30".
inline Timestamp utc(const std::string& text) {
    return utc(day(text), text.substr(11));
}

}  // namespace centrala::schedule
