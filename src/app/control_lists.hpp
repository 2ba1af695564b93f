// The lists that the control socket can be asked for: agents, queues, calls and the like.
#pragma once

#include <cstddef>
#include <optional>
#include <string_view>

#include <nlohmann/json.hpp>

#include "app/control_commands.hpp"

namespace centrala::app {

using Json = nlohmann::ordered_json;

/// One page: {"ok":true,"<name>":[…]}, and "next" if there are more. None: there is no such list.
[[nodiscard]] std::optional<Json> control_list(std::string_view name, const Json& request,
                                               const ControlContext& context);

/// No longer in the configuration, and nobody has to do with it any more.
[[nodiscard]] bool is_gone(const routing::Core& core, routing::AgentId agent);
[[nodiscard]] bool is_gone(const routing::Core& core, routing::QueueId queue);

/// As the list of entry points has it.
[[nodiscard]] Json entry_point_json(std::size_t index, const ControlContext& context);

/// As callers find it: what the configuration closes for good is closed whatever happens to its door.
[[nodiscard]] routing::DoorState state_of(const routing::EntryPoint& planned, const routing::Door& door);

[[nodiscard]] double millis(Duration d);

}  // namespace centrala::app
