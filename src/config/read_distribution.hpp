#pragma once

#include "centrala/config/scenario.hpp"
#include "section.hpp"

namespace centrala::config {

/// A duration, "infinite", or a map with the name of a distribution. `schema`: the item's, for known_keys.
void read_distribution(Context& context, const Item& item, std::string_view schema, Distribution& into);

}  // namespace centrala::config
