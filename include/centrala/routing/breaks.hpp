// Breaks that agents ask for (Plan's Breaks): when one is granted, and what stands in its way.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "centrala/routing/state.hpp"

namespace centrala::routing {

/// Its place in line for a break; none: it doesn't ask, or has something to do first. Chats in hand are no obstacle: no
/// more come when the break is granted, and it begins when the last of them is over.
[[nodiscard]] std::optional<BreakKey> break_key(AgentId agent, const AgentFacts& facts);
/// When it gets the break however the queues stand, at once or after the call or offer in hand. It asks.
[[nodiscard]] Timestamp break_due(const Plan& plan, const BreakWish& wish);
[[nodiscard]] Deadline break_deadline(const Plan& plan, AgentId agent, const BreakWish& wish);

enum class BreakBar : std::uint8_t {
    none,
    works,    ///< the call, offer or wrap-up in hand comes first
    waiting,  ///< somebody waits for an agent like this one, declined calls included, or for this agent
    too_few,  ///< too few others would be available in one of its queues
};
inline constexpr std::size_t kBreakBars = 4;  ///< values of BreakBar
[[nodiscard]] std::string_view to_string(BreakBar bar);

struct BreakObstacle {
    BreakBar bar = BreakBar::none;
    QueueId queue{};          ///< waiting, too_few: where
    std::uint32_t count = 0;  ///< waiting: how many wait there for agents like this one; too_few: others available
};
/// What keeps an agent from a break now. A queue with no more than Breaks::keep agents logged in can't be left with so
/// many others, and isn't asked. Cost: O(1) for each queue and step of relaxation that the agent serves.
[[nodiscard]] BreakObstacle break_obstacle(const State& state, const Plan& plan, AgentId agent);

}  // namespace centrala::routing
