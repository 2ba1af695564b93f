// What another system, asked about a caller, wishes for the call.
#pragma once

#include <optional>

#include "centrala/routing/ids.hpp"
#include "centrala/routing/plan.hpp"

namespace centrala::routing {

/// Each as in CallerList, and before what that says.
struct Advice {
    int priority = 0;                ///< on top of the entry point's and the list's
    std::optional<QueueId> queue{};  ///< where the call waits, if that lets it in
    std::optional<Wanted> wanted{};  ///< who cares for the caller, if that agent may take the queue's calls
    bool operator==(const Advice&) const = default;
};

}  // namespace centrala::routing
