// One replication: the real routing core, fed with callers and agents on virtual time.
#pragma once

#include <cstdint>
#include <vector>

#include "centrala/config/scenario.hpp"
#include "centrala/simulator/study.hpp"

namespace centrala::simulator {

/// `replication` counts from 0; `starts`, if given, gets every service start.
Outcome run(const config::Scenario& scenario, std::uint32_t replication, std::vector<ServiceStart>* starts = nullptr);

}  // namespace centrala::simulator
