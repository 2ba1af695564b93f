// One value of a distribution from one uniform number, by inversion: more of the one is more of the other.
#pragma once

#include "centrala/config/scenario.hpp"

namespace centrala::simulator {

/// Longer than anybody waits: what an infinite distribution gives, and the most that any gives (30 years).
inline constexpr double kForEverSeconds = 60.0 * 60 * 24 * 365 * 30;
inline constexpr Duration kForEver = std::chrono::seconds(60LL * 60 * 24 * 365 * 30);

class Sampler {
public:
    explicit Sampler(config::Distribution distribution);

    /// `u` in (0, 1). From 0 to kForEverSeconds.
    [[nodiscard]] double seconds(double u) const;
    /// The same of what is known to be at least this; of the kinds infinite and hazard.
    [[nodiscard]] double seconds_beyond(double least, double u) const;

private:
    config::Distribution d_;  ///< none of the kinds given by their mean
};

/// In whole microseconds, at most kForEver.
[[nodiscard]] Duration to_duration(double seconds);
[[nodiscard]] double to_seconds(Duration duration);

}  // namespace centrala::simulator
