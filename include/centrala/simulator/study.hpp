// Alternatives simulated on the same callers, replication by replication, and what differs between them.
#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <vector>

#include "centrala/config/scenario.hpp"
#include "centrala/routing/event.hpp"
#include "centrala/simulator/figures.hpp"

namespace centrala::simulator {

/// All replications of one scenario, in their order.
using Outcomes = std::vector<Outcome>;

/// Runs every replication of the scenario, on up to `threads` threads; the outcomes don't depend on how many.
[[nodiscard]] Outcomes simulate(const config::Scenario& scenario, unsigned threads = 1);

/// Which calls a figure is about: all, those of one class, or those of one part of the time.
struct Subject {
    static constexpr std::size_t kAll = ~std::size_t{0};
    std::size_t call_class = kAll;  ///< index in Scenario::classes
    std::size_t part = kAll;        ///< index in Outcome::parts
};

/// An agent answers.
struct ServiceStart {
    Duration at{};           ///< since the scenario's beginning
    std::uint32_t call = 0;  ///< its row in the list of calls, or its number in its class; from 1
    std::size_t call_class = 0;
    routing::AgentId agent{};
    Duration wait{};
};
/// Who sees what happens, in order, the warm-up included.
struct Watcher {
    std::function<void(std::size_t call_class, Duration at)> arrival;  ///< since the scenario's beginning
    std::function<void(const ServiceStart&)> service_start;
    std::function<void(const routing::Event&)> event;  ///< what a server would have logged
};
/// One replication, counted from 0.
void watch(const config::Scenario& scenario, std::uint32_t replication, const Watcher& watcher);

[[nodiscard]] Estimate estimate(const Outcomes& outcomes, Figure figure, Subject subject = {},
                                double confidence = 0.95);
/// Of `outcomes` minus `reference`, replication by replication: what the same callers met.
[[nodiscard]] Estimate difference(const Outcomes& outcomes, const Outcomes& reference, Figure figure,
                                  Subject subject = {}, double confidence = 0.95);

}  // namespace centrala::simulator
