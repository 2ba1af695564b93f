// What a state's facts imply, put together anew: for a state that was read from a log, or that gets another plan.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "centrala/routing/state.hpp"

namespace centrala::routing {

/// By AgentId, in parts per million: the occupancy by which least_occupied ranks an agent. It is that of the moment
/// when it was listed, which nothing else tells; none where no queue ranks by it.
using ListedShares = std::vector<std::optional<std::uint32_t>>;
[[nodiscard]] ListedShares listed_shares(const State& state);

/// Lines, deadlines, who is wanted by whom, who asks for a break, and the index: whatever the state had of these is
/// forgotten. Its records must agree with each other. A contact at a step that its queue doesn't have is at the last.
void derive(State& state, const Plan& plan, const ListedShares& shares);

}  // namespace centrala::routing
