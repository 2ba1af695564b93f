// Time as every module sees it: microseconds on one line that never runs backwards.
#pragma once

#include <chrono>
#include <cstdint>

namespace centrala {

/// Tag clock: UTC, microseconds since the Unix epoch. Nobody reads it here: `now` is always an argument.
/// The driver (net::Clock) derives it from the monotonic clock, so that durations survive clock steps.
struct UtcClock {
    using rep = std::int64_t;
    using period = std::micro;
    using duration = std::chrono::microseconds;
    using time_point = std::chrono::time_point<UtcClock>;
    static constexpr bool is_steady = true;
};

using Duration = std::chrono::microseconds;
using Timestamp = UtcClock::time_point;

using namespace std::chrono_literals;

[[nodiscard]] constexpr std::int64_t to_ms(Duration d) {
    return std::chrono::duration_cast<std::chrono::milliseconds>(d).count();
}

}  // namespace centrala
