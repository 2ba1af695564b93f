// How long callers are willing to wait, from how long they did wait.
#pragma once

#include <vector>

#include "centrala/config/scenario.hpp"

namespace centrala::simulator {

struct Wait {
    Duration waited{};
    bool hung_up = false;  ///< else it ended otherwise: the caller would have waited at least so long
};

/// The piecewise exponential estimate: in each piece of time the hang-ups in it by the time that was waited in it, by
/// whomever. With pieces as narrow as one hang-up it is Kaplan and Meier's; here each has 20 at least, and there are at
/// most 100. The last rate holds for ever. Nobody hangs up: infinite.
[[nodiscard]] config::Distribution patience_from(std::vector<Wait> waits);

}  // namespace centrala::simulator
