// Scenarios from YAML, and tables of exact values from the shared material.
#pragma once

#include <fstream>
#include <map>
#include <sstream>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "centrala/config/scenario.hpp"
#include "centrala/simulator/study.hpp"

namespace centrala::simulator {

inline std::vector<config::Scenario> scenarios(const std::string& yaml) {
    auto loaded = config::load_scenario_text(yaml, "scenario.yaml");
    if (const auto* problems = std::get_if<std::vector<config::Problem>>(&loaded)) {
        for (const auto& p : *problems) ADD_FAILURE() << p.to_string();
        return {};
    }
    return std::get<std::vector<config::Scenario>>(std::move(loaded));
}

inline config::Scenario scenario(const std::string& yaml) {
    auto all = scenarios(yaml);
    return all.empty() ? config::Scenario{} : all.front();
}

inline std::vector<ServiceStart> service_starts(const config::Scenario& s) {
    std::vector<ServiceStart> starts;
    Watcher watcher;
    watcher.service_start = [&](const ServiceStart& start) { starts.push_back(start); };
    watch(s, 0, watcher);
    return starts;
}

using Row = std::map<std::string, std::string>;

inline double number(const Row& row, const std::string& column) {
    return std::stod(row.at(column));
}

/// Rows by heading; empty where the material isn't there. No value has a comma in it.
inline std::vector<Row> table(const std::string& name) {
    std::ifstream file(std::string(CENTRALA_SHARED_DIR) + "/tables/" + name);
    std::vector<std::string> headings;
    std::vector<Row> rows;
    for (std::string line; std::getline(file, line);) {
        if (line.empty() || line.front() == '#') continue;
        std::vector<std::string> cells;
        std::istringstream in(line);
        for (std::string cell; std::getline(in, cell, ',');)
            cells.push_back(cell.starts_with('"') ? cell.substr(1, cell.size() - 2) : cell);
        if (headings.empty()) {
            headings = cells;
            continue;
        }
        Row row;
        for (std::size_t i = 0; i < headings.size() && i < cells.size(); ++i) row[headings[i]] = cells[i];
        rows.push_back(std::move(row));
    }
    return rows;
}

}  // namespace centrala::simulator
