// YAML to Config, or every mistake at once.
#pragma once

#include <string>
#include <variant>
#include <vector>

#include "centrala/config/config.hpp"

namespace centrala::config {

/// One mistake, for a person: "centrala.yaml:12: queues.orders.ring_timeout: expected a duration such as 20s, got
/// 'soon'".
struct Problem {
    std::string file;
    int line = 0;  ///< from 1; 0: the file as a whole
    std::string key;
    std::string expected;

    [[nodiscard]] std::string to_string() const;
};

/// Either a configuration in which every name is resolved and every sound file exists, or all the problems found.
/// Relative paths of sounds start from the file's folder, those of var from the working directory.
std::variant<Config, std::vector<Problem>> load(const std::string& path);
std::variant<Config, std::vector<Problem>> load_text(const std::string& yaml, const std::string& name);

}  // namespace centrala::config
