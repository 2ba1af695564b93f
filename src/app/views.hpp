// Replies of the control socket as text for people.
#pragma once

#include <string>

#include "app/control_client.hpp"
#include "app/terminal.hpp"

namespace centrala::app {

[[nodiscard]] std::string status_text(const Reply& reply, const Style& style);
[[nodiscard]] std::string agents_text(const Reply& reply, const Style& style);
[[nodiscard]] std::string queues_text(const Reply& reply, const Style& style);
[[nodiscard]] std::string skills_text(const Reply& reply, const Style& style);
[[nodiscard]] std::string calls_text(const Reply& reply, const Style& style);
[[nodiscard]] std::string entry_points_text(const Reply& reply, const Style& style);
/// One entry point in a sentence.
[[nodiscard]] std::string door_text(const Reply& entry_point);
[[nodiscard]] std::string trunks_text(const Reply& reply, const Style& style);
[[nodiscard]] std::string bans_text(const Reply& reply, const Style& style);

}  // namespace centrala::app
