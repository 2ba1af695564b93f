// Alternatives simulated on the same callers, replication by replication, and what differs between them.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "centrala/config/scenario.hpp"
#include "centrala/simulator/figures.hpp"

namespace centrala::simulator {

/// All replications of one scenario, in their order.
using Outcomes = std::vector<Outcome>;

/// Runs every replication of the scenario, on up to `threads` threads; the outcomes don't depend on how many.
[[nodiscard]] Outcomes simulate(const config::Scenario& scenario, unsigned threads = 1);

/// Which calls a figure is about.
struct Subject {
    static constexpr std::size_t kAll = ~std::size_t{0};
    std::size_t call_class = kAll;  ///< index in Scenario::classes
};

[[nodiscard]] Estimate estimate(const Outcomes& outcomes, Figure figure, Subject subject = {},
                                double confidence = 0.95);
/// Of `outcomes` minus `reference`, replication by replication: what the same callers met.
[[nodiscard]] Estimate difference(const Outcomes& outcomes, const Outcomes& reference, Figure figure,
                                  Subject subject = {}, double confidence = 0.95);

}  // namespace centrala::simulator
