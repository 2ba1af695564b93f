// One YAML value laid over another: maps are merged key by key, anything else is replaced.
#pragma once

#include "yaml_tree.hpp"

namespace centrala::config {

/// Adds the merged value to the tree; both stay as they are. What isn't merged is shared. Keys keep the order of
/// `base`, new ones come last. The lines are those of the values that count.
std::uint32_t overlay(Tree& tree, std::uint32_t base, std::uint32_t over);

}  // namespace centrala::config
