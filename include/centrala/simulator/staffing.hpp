// How many agents it takes: by interval and kind of agent, the fewest that meet the classes' goals.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "centrala/base/result.hpp"
#include "centrala/config/scenario.hpp"
#include "centrala/simulator/figures.hpp"

namespace centrala::simulator {

/// By Scenario::kinds.
using Headcount = std::vector<std::uint32_t>;

/// A stretch of time in which no class's rate changes.
struct StaffedInterval {
    Duration from{}, to{};
    Headcount guess;                       ///< Erlang's
    Headcount agents;                      ///< what the simulation needs
    std::vector<Estimate> service_levels;  ///< by class, of the calls that came in it; NaN: none came
};

struct Staffing {
    std::vector<StaffedInterval> intervals;
    bool met = false;    ///< every class reaches its goal in every interval
    bool least = false;  ///< the search ended: nobody could be spared or replaced by somebody cheaper, one at a time
    std::size_t simulations = 0;
};

struct StaffingOptions {
    std::size_t simulations_max = 1'000;  ///< then the best that was found is returned
    unsigned threads = 1;
};

/// The scenario's counts and shifts of agents are passed over, its breaks are kept. The answer doesn't depend on how
/// many threads there are. Error: nothing to staff, or rates change too often.
Result<Staffing> staff(const config::Scenario& scenario, const StaffingOptions& options);

/// Agents times their cost times hours.
[[nodiscard]] double cost(const Staffing& staffing, const config::Scenario& scenario);

}  // namespace centrala::simulator
