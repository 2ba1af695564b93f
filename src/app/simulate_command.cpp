// centrala simulate: scenarios run on virtual time, and their figures side by side.
#include <algorithm>
#include <cerrno>
#include <cstring>
#include <fstream>
#include <iostream>
#include <thread>

#include <fmt/format.h>
#include <fmt/ostream.h>
#include <nlohmann/json.hpp>
#include <unistd.h>

#include "app/commands.hpp"
#include "app/exit_code.hpp"
#include "app/study_svg.hpp"
#include "app/study_text.hpp"
#include "app/terminal.hpp"
#include "centrala/config/scenario.hpp"
#include "centrala/journal/journal.hpp"
#include "centrala/simulator/study.hpp"

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

double seconds(Duration d) {
    return static_cast<double>(d.count()) * 1e-6;
}

void write_decisions(std::ostream& out, const config::Scenario& scenario) {
    out << "t,call,class,agent,wait\n";
    const auto write = [&](const simulator::ServiceStart& s) {
        fmt::print(out, "{:.6f},{},{},{},{:.6f}\n", seconds(s.at), s.call, scenario.classes[s.call_class].name,
                   scenario.plan->agents[routing::index(s.agent)].name, seconds(s.wait));
    };
    simulator::watch(scenario, 0, {write, {}});
}

/// As a server would have written it.
void write_log(std::ostream& out, const config::Scenario& scenario) {
    std::string line;
    std::uint64_t seq = 0;
    simulator::watch(scenario, 0, {{}, [&](const routing::Event& event) {
                                       line.clear();
                                       journal::format(line, ++seq, event, *scenario.plan);
                                       out << line;
                                   }});
}

/// False after a complaint.
template <class Write>
bool written(const std::string& path, const Write& write) {
    if (path.empty()) return true;
    errno = 0;
    std::ofstream file(path, std::ios::binary | std::ios::trunc);
    if (file) write(file);
    file.close();
    if (!file) std::cerr << "centrala: " << printable(path) << ": can't be written: " << std::strerror(errno) << '\n';
    return file.good();
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
    if (!line.only.empty() && !keep_only(line.only, study.scenarios)) return kUsage;
    if (!line.calls.empty()) {
        if (const auto problems = config::load_calls(line.calls, study.scenarios); !problems.empty()) {
            complain(problems);
            return kConfig;
        }
    }
    for (config::Scenario& s : study.scenarios) {
        s.seed = line.seed.value_or(s.seed);
        s.replications = line.replications.value_or(s.replications);
    }
    if (!written(line.decisions, [&](std::ostream& out) { write_decisions(out, study.scenarios.front()); }))
        return kCantCreate;
    if (!written(line.log, [&](std::ostream& out) { write_log(out, study.scenarios.front()); })) return kCantCreate;
    const unsigned threads = std::max(1U, std::thread::hardware_concurrency());
    for (const config::Scenario& s : study.scenarios) study.outcomes.push_back(simulator::simulate(s, threads));
    if (line.json)
        std::cout << study_json(study).dump(2) << '\n';
    else
        std::cout << study_text(study, Style::of(STDOUT_FILENO));
    return written(line.svg, [&](std::ostream& out) { out << study_svg(study); }) ? kOk : kCantCreate;
}

}  // namespace centrala::app
