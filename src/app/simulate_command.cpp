// centrala simulate: scenarios run on virtual time, and their figures side by side.
#include <algorithm>
#include <iostream>
#include <thread>

#include <nlohmann/json.hpp>
#include <unistd.h>

#include "app/commands.hpp"
#include "app/exit_code.hpp"
#include "app/study_text.hpp"
#include "app/terminal.hpp"
#include "centrala/config/scenario.hpp"
#include "centrala/simulator/study.hpp"

namespace centrala::app {
namespace {

void override_by(const CommandLine& line, config::Scenario& scenario) {
    if (line.seed) scenario.seed = *line.seed;
    if (line.replications) scenario.replications = *line.replications;
}

}  // namespace

int simulate(const CommandLine& line) {
    auto loaded = config::load_scenario(line.scenario);
    if (const auto* problems = std::get_if<std::vector<config::Problem>>(&loaded)) {
        complain(*problems);
        return kConfig;
    }
    Study study;
    study.scenarios = std::get<std::vector<config::Scenario>>(std::move(loaded));
    for (config::Scenario& s : study.scenarios) {
        override_by(line, s);
        study.outcomes.push_back(simulator::simulate(s, std::max(1U, std::thread::hardware_concurrency())));
    }
    if (line.json)
        std::cout << study_json(study).dump(2) << '\n';
    else
        std::cout << study_text(study, Style::of(STDOUT_FILENO));
    return kOk;
}

}  // namespace centrala::app
