// What is measured: one figure for each of these, of every class and of all calls together.
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

namespace centrala::simulator {

enum class Figure : std::uint8_t {
    offered,           ///< calls that came
    service_level,     ///< answered within the class's target / offered: whoever isn't answered counts as a miss
    abandonment,       ///< hung up while waiting / offered
    blocking,          ///< found all trunk lines busy / offered
    refused,           ///< not let into the queue, or sent away by max_wait / offered
    wait_answered,     ///< mean wait of the answered
    wait_offered,      ///< mean wait of the answered and of those who hung up
    wait_virtual,      ///< mean wait that callers of infinite patience would have had: the product-limit estimate
                       ///< (Kaplan and Meier 1958) from all who waited, a hang-up being a wait cut short
    wait_p95,          ///< of the answered: 95 of 100 waited no longer
    wait_squared,      ///< mean square wait of the answered
    first_preference,  ///< answered by one of the agents with the highest levels for the queue / answered
    // Of the centre as a whole, NaN for a class:
    worst_class,   ///< the least service level of a class
    occupancy,     ///< mean over agents of the share of ready time spent talking and in wrap-up
    occupancy_sd,  ///< its standard deviation over agents
    occupancy_least,
    occupancy_most,
};
inline constexpr std::size_t kFigures = 16;

enum class Unit : std::uint8_t { calls, share, seconds, square_seconds };
struct FigureInfo {
    std::string_view name;   ///< in JSON
    std::string_view title;  ///< in tables
    Unit unit;
};
[[nodiscard]] const FigureInfo& info(Figure figure);

/// By Figure; NaN: nothing to measure it by.
using Figures = std::array<double, kFigures>;

/// The time that counts is cut into so many equal parts, to show how it went on.
inline constexpr std::size_t kParts = 48;

/// What came out of one replication.
struct Outcome {
    Figures all{};
    std::vector<Figures> classes;
    std::vector<Figures> parts;  ///< of all calls, by when they came
};

/// A mean over replications with the half width of its 95 % confidence interval (Student's t).
struct Estimate {
    double mean = 0, half_width = 0;  ///< NaN: no value; with a single one no half width
};
/// `confidence` between 0 and 1. NaN among the values make a NaN.
[[nodiscard]] Estimate estimate(std::span<const double> values, double confidence = 0.95);

}  // namespace centrala::simulator
