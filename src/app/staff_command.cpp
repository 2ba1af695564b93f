// centrala staff: the least staffing that meets the classes' goals.
#include <algorithm>
#include <cmath>
#include <iostream>
#include <numeric>
#include <thread>

#include <fmt/format.h>
#include <nlohmann/json.hpp>
#include <unistd.h>

#include "app/commands.hpp"
#include "app/exit_code.hpp"
#include "app/scenarios.hpp"
#include "app/study_text.hpp"
#include "app/terminal.hpp"
#include "centrala/simulator/staffing.hpp"

namespace centrala::app {
namespace {

using simulator::StaffedInterval;
using simulator::Staffing;

/// "7:30"
std::string clock(Duration d) {
    const auto minutes = std::chrono::duration_cast<std::chrono::minutes>(d).count();
    return fmt::format("{}:{:02}", minutes / 60, minutes % 60);
}

std::string table(const Staffing& staffing, const config::Scenario& scenario, const Style& style) {
    std::vector<Table::Column> columns{{"from", true}, {"to", true}};
    for (const config::AgentKind& k : scenario.kinds) columns.push_back({k.agent.name, true});
    columns.push_back({"all", true});
    columns.push_back({"guess", true});
    for (const config::CallClass& c : scenario.classes) columns.push_back({c.name + " %", true});
    Table table(columns);
    for (const StaffedInterval& i : staffing.intervals) {
        std::vector<Table::Cell> row{clock(i.from), clock(i.to)};
        for (const std::uint32_t n : i.agents) row.emplace_back(std::to_string(n));
        row.emplace_back(std::to_string(std::accumulate(i.agents.begin(), i.agents.end(), 0U)));
        row.emplace_back(std::to_string(std::accumulate(i.guess.begin(), i.guess.end(), 0U)));
        for (std::size_t c = 0; c < scenario.classes.size(); ++c) {
            const simulator::Estimate& e = i.service_levels[c];
            const bool missed = e.mean < scenario.classes[c].goal;
            row.emplace_back(
                std::isnan(e.mean) ? "-" : fmt::format("{:.1f} ± {:.1f}", e.mean * 100, e.half_width * 100),
                missed ? Colour::red : Colour::none);
        }
        table.add(std::move(row));
    }
    return table.render(style);
}

std::string verdict(const Staffing& staffing, const config::Scenario& scenario) {
    std::string out = fmt::format("{} simulations of {} replications; agents' hours times their cost: {:.1f}\n",
                                  staffing.simulations, scenario.replications, simulator::cost(staffing, scenario));
    if (!staffing.met) return out + "the goals are not met: they can't be, or it takes more --simulations\n";
    if (!staffing.least) return out + "the goals are met; with more --simulations fewer agents may do\n";
    return out + "the goals are met, and nobody could be spared\n";
}

nlohmann::ordered_json json_of(const Staffing& staffing, const config::Scenario& scenario) {
    nlohmann::ordered_json out{{"seed", scenario.seed},
                               {"replications", scenario.replications},
                               {"simulations", staffing.simulations},
                               {"met", staffing.met},
                               {"least", staffing.least},
                               {"cost", simulator::cost(staffing, scenario)},
                               {"intervals", nlohmann::ordered_json::array()}};
    for (const StaffedInterval& i : staffing.intervals) {
        nlohmann::ordered_json one{{"from_s", seconds(i.from)}, {"to_s", seconds(i.to)}};
        for (std::size_t k = 0; k < scenario.kinds.size(); ++k) {
            one["agents"][scenario.kinds[k].agent.name] = i.agents[k];
            one["guess"][scenario.kinds[k].agent.name] = i.guess[k];
        }
        for (std::size_t c = 0; c < scenario.classes.size(); ++c) {
            const simulator::Estimate& e = i.service_levels[c];
            if (std::isnan(e.mean)) continue;
            auto& level = one["service_levels"][scenario.classes[c].name];
            level = {{"mean", e.mean}, {"goal", scenario.classes[c].goal}};
            if (!std::isnan(e.half_width)) level["ci95"] = e.half_width;
        }
        out["intervals"].push_back(std::move(one));
    }
    return out;
}

}  // namespace

int staff(const CommandLine& line) {
    const auto scenarios = load_scenarios(line);
    if (!scenarios) return scenarios.error();
    const config::Scenario& scenario = scenarios->front();
    simulator::StaffingOptions options;
    options.threads = std::max(1U, std::thread::hardware_concurrency());
    options.simulations_max = line.simulations.value_or(options.simulations_max);
    const auto staffing = simulator::staff(scenario, options);
    if (!staffing) {
        std::cerr << "centrala: " << printable(line.scenario) << ": " << printable(staffing.error().message) << '\n';
        return kConfig;
    }
    if (line.json)
        std::cout << json_of(*staffing, scenario).dump(2) << '\n';
    else
        std::cout << table(*staffing, scenario, Style::of(STDOUT_FILENO)) << verdict(*staffing, scenario);
    return kOk;
}

}  // namespace centrala::app
