// UTC that never runs backwards: CLOCK_MONOTONIC plus an offset that is drawn towards CLOCK_REALTIME.
#include "centrala/net/clock.hpp"

#include <algorithm>

#include <time.h>

namespace centrala::net {
namespace {

constexpr std::int64_t kSlewPartsPerMillion = 500;
constexpr std::int64_t kAdjustEvery_us = 100'000;

std::int64_t read_us(clockid_t id) {
    timespec t{};
    ::clock_gettime(id, &t);
    return static_cast<std::int64_t>(t.tv_sec) * 1'000'000 + t.tv_nsec / 1'000;
}

}  // namespace

Clock::Clock() : Clock(read_us(CLOCK_MONOTONIC), read_us(CLOCK_REALTIME)) {}

Clock::Clock(std::int64_t monotonic_us, std::int64_t wall_us)
    : offset_us_(wall_us - monotonic_us), last_monotonic_us_(monotonic_us), last_us_(wall_us) {}

Timestamp Clock::now() {
    return now(read_us(CLOCK_MONOTONIC), read_us(CLOCK_REALTIME));
}

Timestamp Clock::now(std::int64_t monotonic_us, std::int64_t wall_us) {
    const std::int64_t elapsed = monotonic_us - last_monotonic_us_;
    if (elapsed >= kAdjustEvery_us) {
        const std::int64_t most = elapsed * kSlewPartsPerMillion / 1'000'000;
        offset_us_ += std::clamp(wall_us - (monotonic_us + offset_us_), -most, most);
        last_monotonic_us_ = monotonic_us;
    }
    // A backward adjustment of up to 50 us right after a reading would show as time running back.
    last_us_ = std::max(last_us_, monotonic_us + offset_us_);
    return Timestamp(Duration(last_us_));
}

}  // namespace centrala::net
