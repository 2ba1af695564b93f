// How long callers will wait, for announcements, for lists, and to decide by.
#pragma once

#include <cstddef>
#include <optional>

#include "centrala/routing/state.hpp"

namespace centrala::routing {

/// Of a caller who comes to the queue now, behind `ahead` others in its line. None: nobody at work serves it. Cost:
/// O(1), where nothing is reserved (Plan::reserve_scarce); else that of choosing an agent.
[[nodiscard]] std::optional<WaitEstimate> expected_wait(const State& state, const Plan& plan, QueueId queue,
                                                        std::size_t ahead, Timestamp now);

/// From now on, of a contact that has `ahead` others before it in the queue's line (QueueRecord::waiting). O(1).
[[nodiscard]] std::optional<WaitEstimate> expected_wait_behind(const State& state, QueueId queue, std::size_t ahead);

/// What the latter is made from, for whoever would come next: `ahead` counts the queue's own line.
[[nodiscard]] WaitSigns wait_signs(const State& state, QueueId queue, std::size_t ahead);

}  // namespace centrala::routing
