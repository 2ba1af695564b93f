// Scenarios as commands want them.
#pragma once

#include <vector>

#include "app/command_line.hpp"
#include "app/exit_code.hpp"
#include "centrala/base/result.hpp"
#include "centrala/config/scenario.hpp"

namespace centrala::app {

/// The alternatives of line.scenario, or the one that --only names, with --calls, --seed and --reps. Error: the exit
/// code; why stands on stderr.
Result<std::vector<config::Scenario>, ExitCode> load_scenarios(const CommandLine& line);

}  // namespace centrala::app
