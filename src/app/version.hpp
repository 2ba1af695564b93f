// Which Centrala this is.
#pragma once

#include <string_view>

namespace centrala::app {

inline constexpr std::string_view kVersion = CENTRALA_VERSION;

}  // namespace centrala::app
