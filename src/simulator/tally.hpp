// Counts of one replication, and the figures they make.
#pragma once

#include <cstdint>
#include <vector>

#include "centrala/base/time.hpp"
#include "centrala/simulator/figures.hpp"

namespace centrala::simulator {

class ClassTally {
public:
    void offered() { ++offered_; }
    void answered(Duration wait, Duration target, bool first_preference);
    void abandoned(Duration wait);
    void blocked() { ++blocked_; }
    void refused() { ++refused_; }

    void add(const ClassTally& other);
    [[nodiscard]] Figures figures() const;

private:
    std::uint64_t offered_ = 0, within_ = 0, blocked_ = 0, refused_ = 0, first_ = 0, at_once_ = 0;
    std::vector<Duration> waited_;  ///< the answered, but for those answered at once
    std::vector<Duration> gone_;    ///< those who hung up
};

/// Time of agents between two moments, by what they did.
class OccupancyTally {
public:
    OccupancyTally(std::size_t agents, Timestamp from, Timestamp to);
    /// `busy` of the time at work, or ready for it.
    void worked(std::size_t agent, Timestamp since, Timestamp until, bool busy);
    /// Writes the figures about occupancy. Agents who weren't ready at all don't count.
    void write(Figures& figures) const;

private:
    struct Times {
        Duration busy{}, ready{};
    };
    std::vector<Times> agents_;
    Timestamp from_, to_;
};

/// Of the centre from its classes and the parts of its time.
[[nodiscard]] Outcome outcome(const std::vector<ClassTally>& classes, const std::vector<ClassTally>& parts,
                              const OccupancyTally& occupancy);

}  // namespace centrala::simulator
