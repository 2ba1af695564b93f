// Yesterday again under other rules: the callers and agents of a log meet a configuration.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>

#include "centrala/config/scenario.hpp"
#include "centrala/journal/history.hpp"
#include "centrala/simulator/figures.hpp"

namespace centrala::simulator {

/// What the configuration doesn't know, or the log doesn't.
struct LeftOut {
    std::size_t calls = 0;           ///< for entry points and queues that the configuration doesn't have
    std::size_t agents = 0;          ///< of the log, whom the configuration doesn't have
    std::size_t unknown_agents = 0;  ///< of the configuration, whom the log doesn't have: there as long as anybody was
};

/// The list that has a caller's number at an entry point, by the names of both.
using ListOf =
    std::function<std::optional<routing::CallerListId>(const std::string& entry_point, const std::string& caller)>;

/// A class for each entry point of the log, and one for the calls transferred to each queue. Arrivals, talking,
/// wrap-up, patience, callers and presence are those of the log; what it can't tell is drawn (docs/simulation.md).
/// The configuration's entry points and whatever else concerns nobody in the log play no part.
[[nodiscard]] config::Scenario replay_scenario(const journal::History& history, const routing::Plan& plan,
                                               const ListOf& list_of, std::string name, LeftOut& left_out);

/// What the log says became of the same calls, under the same targets.
[[nodiscard]] Outcome happened(const journal::History& history, const config::Scenario& replayed);

}  // namespace centrala::simulator
