#include "app/scenarios.hpp"

#include <iostream>

#include "app/commands.hpp"
#include "app/terminal.hpp"

namespace centrala::app {
namespace {

/// False after a complaint.
bool keep_only(const std::string& name, std::vector<config::Scenario>& scenarios) {
    std::string names;
    for (const config::Scenario& s : scenarios) names += (names.empty() ? "" : ", ") + s.name;
    if (names.empty()) names = "none";
    std::erase_if(scenarios, [&](const config::Scenario& s) { return s.name != name; });
    if (scenarios.empty())
        std::cerr << "centrala: --only: no alternative is named '" << printable(name) << "'; there are: " << names
                  << '\n';
    return !scenarios.empty();
}

}  // namespace

Result<std::vector<config::Scenario>, ExitCode> load_scenarios(const CommandLine& line) {
    auto loaded = config::load_scenario(line.scenario);
    if (const auto* problems = std::get_if<std::vector<config::Problem>>(&loaded)) {
        complain(*problems);
        return kConfig;
    }
    auto scenarios = std::get<std::vector<config::Scenario>>(std::move(loaded));
    if (!line.only.empty() && !keep_only(line.only, scenarios)) return kUsage;
    if (!line.calls.empty()) {
        if (const auto problems = config::load_calls(line.calls, scenarios); !problems.empty()) {
            complain(problems);
            return kConfig;
        }
    }
    for (config::Scenario& s : scenarios) {
        s.seed = line.seed.value_or(s.seed);
        s.replications = line.replications.value_or(s.replications);
    }
    return scenarios;
}

}  // namespace centrala::app
