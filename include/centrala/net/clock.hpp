// The one place where time is read.
#pragma once

#include "centrala/base/time.hpp"

namespace centrala::net {

/// UTC that never runs backwards: the monotonic clock, drawn towards the wall clock by at most 500 ppm, so that
/// durations stay true when somebody sets the clock.
class Clock {
public:
    Clock();
    [[nodiscard]] Timestamp now();

private:
    std::int64_t offset_us_ = 0;
    std::int64_t last_monotonic_us_ = 0;
};

}  // namespace centrala::net
