// One replication: the real routing core, fed with callers and agents on virtual time.
#pragma once

#include <cstdint>
#include <functional>

#include "centrala/config/scenario.hpp"
#include "centrala/simulator/figures.hpp"

namespace centrala::simulator {

/// `replication` counts from 0.
[[nodiscard]] Outcome run(const config::Scenario& scenario, std::uint32_t replication);

}  // namespace centrala::simulator
