// The one place where time is read.
#pragma once

#include "centrala/base/time.hpp"

namespace centrala::net {

/// UTC that never runs backwards: the monotonic clock, drawn towards the wall clock by at most 500 ppm, so that
/// durations stay true when somebody sets the clock.
class Clock {
public:
    Clock();
    /// As if the two clocks read this; for tests.
    Clock(std::int64_t monotonic_us, std::int64_t wall_us);

    [[nodiscard]] Timestamp now();
    [[nodiscard]] Timestamp now(std::int64_t monotonic_us, std::int64_t wall_us);

private:
    std::int64_t offset_us_ = 0;
    std::int64_t last_monotonic_us_ = 0;  ///< when the offset was last looked at
    std::int64_t last_us_ = 0;            ///< what was last said
};

}  // namespace centrala::net
