// What simulations have found, for people and for programs.
#pragma once

#include <string>
#include <vector>

#include <nlohmann/json_fwd.hpp>

#include "app/terminal.hpp"
#include "centrala/config/scenario.hpp"
#include "centrala/simulator/study.hpp"

namespace centrala::app {

/// Alternatives on the same callers.
struct Study {
    std::vector<config::Scenario> scenarios;
    std::vector<simulator::Outcomes> outcomes;  ///< same order
    std::size_t reference = 0;                  ///< what those after it are compared with
};

/// As programs get durations.
[[nodiscard]] inline double seconds(Duration d) {
    return static_cast<double>(d.count()) * 1e-6;
}
[[nodiscard]] std::string study_text(const Study& study, const Style& style);
[[nodiscard]] nlohmann::ordered_json study_json(const Study& study);

}  // namespace centrala::app
