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
#include "app/scenarios.hpp"
#include "app/study_svg.hpp"
#include "app/study_text.hpp"
#include "app/terminal.hpp"
#include "centrala/config/scenario.hpp"
#include "centrala/journal/journal.hpp"
#include "centrala/simulator/study.hpp"

namespace centrala::app {
namespace {

void write_decisions(std::ostream& out, const config::Scenario& scenario) {
    out << "t,call,class,agent,wait\n";
    simulator::Watcher watcher;
    watcher.service_start = [&](const simulator::ServiceStart& s) {
        fmt::print(out, "{:.6f},{},{},{},{:.6f}\n", seconds(s.at), s.call, scenario.classes[s.call_class].name,
                   scenario.plan->agents[routing::index(s.agent)].name, seconds(s.wait));
    };
    simulator::watch(scenario, 0, watcher);
}

/// As a server would have written it.
void write_log(std::ostream& out, const config::Scenario& scenario) {
    std::string line;
    std::uint64_t seq = 0;
    simulator::Watcher watcher;
    watcher.event = [&](const routing::Event& event) {
        line.clear();
        journal::format(line, ++seq, event, *scenario.plan);
        out << line;
    };
    simulator::watch(scenario, 0, watcher);
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
    auto scenarios = load_scenarios(line);
    if (!scenarios) return scenarios.error();
    Study study;
    study.scenarios = std::move(*scenarios);
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
