// How many agents a queue of its own needs: M/M/n+G, which without impatience is Erlang C, with exponential patience
// Erlang A. First guesses only: what decides is simulation.
#pragma once

#include <cstdint>
#include <vector>

#include "sample.hpp"

namespace centrala::simulator {

/// Of which share of callers is willing to wait how long, at points that lie ever wider apart.
class Willingness {
public:
    /// `patience` infinite: everybody always. `target_s`: where the points lie close together.
    Willingness(const config::Distribution& patience, double target_s);

    struct Point {
        double at = 0, share = 1;  ///< seconds; of those who would wait longer
        double sum = 0;            ///< of the shares from 0 to here, times seconds
    };
    [[nodiscard]] const std::vector<Point>& points() const { return points_; }
    [[nodiscard]] bool endless() const { return endless_; }

private:
    std::vector<Point> points_;
    bool endless_;
};

/// Share of all calls answered within `target_s`, exact for exponential service (Baccelli and Hebuterne 1981).
[[nodiscard]] double share_within(double calls_per_s, double service_s, std::uint32_t agents,
                                  const Willingness& willingness, double target_s);

/// The least number with which the share is at least `goal`; at most `most`.
[[nodiscard]] std::uint32_t least_agents(double calls_per_s, double service_s, const Willingness& willingness,
                                         double target_s, double goal, std::uint32_t most);

}  // namespace centrala::simulator
