// A state under another plan.
#pragma once

#include "centrala/routing/state.hpp"

namespace centrala::routing {

/// See Core::replan().
[[nodiscard]] State replanned(State state, const Plan& from, const Plan& to);

}  // namespace centrala::routing
