// What a queue asks of its agents lately, in integers that are alike on every machine: to compare queues by.
#pragma once

#include <cstdint>

#include "centrala/base/time.hpp"

namespace centrala::routing {

/// An arrival counts half as much after so long.
inline constexpr Duration kDemandHalfLife = 30min;

/// The weight of an arrival. Rather than all older ones shrinking with time, later ones weigh more: 1 << 16 at the
/// epoch, twice that a half-life later. Rolls over every kHalfLives: then all weights so far are shifted down.
class DemandClock {
public:
    static constexpr int kHalfLives = 16;
    /// By how many bits what was counted so far must be shifted down before something at `now` is counted; 64: all of
    /// it is forgotten. Moves the epoch.
    int roll(Timestamp now);
    [[nodiscard]] std::uint64_t weight(Timestamp now) const;  ///< after roll(now)

    Timestamp epoch{};
    bool operator==(const DemandClock&) const = default;
};

struct Demand {
    std::uint64_t arrivals = 0;  ///< sum of weights
    Duration handling{};         ///< mean of what lately ended: talk, and the queue's wrap-up
    std::uint32_t seen = 0;      ///< how many that mean is of, at most 32

    void handled(Duration took);
    /// What a contact takes of an agent's time, in ms, at least 1.
    [[nodiscard]] std::int64_t handling_ms() const;
    /// Arrivals times that, in a unit that all queues share.
    [[nodiscard]] std::uint64_t times(std::int64_t ms) const;
    /// Work asked for.
    [[nodiscard]] std::uint64_t load() const { return times(handling_ms()); }
    bool operator==(const Demand&) const = default;
};

}  // namespace centrala::routing
