// One replication: the real routing core, fed with callers and agents on virtual time.
#pragma once

#include <cstdint>
#include <vector>

#include "centrala/config/scenario.hpp"
#include "centrala/simulator/study.hpp"

namespace centrala::simulator {

/// `replication` counts from 0; `watcher` may be missing.
Outcome run(const config::Scenario& scenario, std::uint32_t replication, const Watcher& watcher = {});

}  // namespace centrala::simulator
