// YAML to Config, or every mistake at once.
#pragma once

#include <string>
#include <variant>
#include <vector>

#include "centrala/config/config.hpp"
#include "centrala/config/problem.hpp"

namespace centrala::config {

/// Either a configuration in which every name is resolved and every sound file exists, or all the problems found.
/// Relative paths of sounds start from the file's folder, those of var from the working directory.
std::variant<Config, std::vector<Problem>> load(const std::string& path);
std::variant<Config, std::vector<Problem>> load_text(const std::string& yaml, const std::string& name);

/// The numbers in the file of a list of callers, or all that is wrong with it. One a line; # begins a comment.
std::variant<std::vector<std::string>, std::vector<Problem>> read_numbers(const std::string& path);

}  // namespace centrala::config
