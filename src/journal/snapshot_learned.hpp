// What a queue has learned about its waits and how it did of late, as objects in its snapshot.
#pragma once

#include <optional>
#include <string>

#include <nlohmann/json.hpp>

#include "centrala/routing/service_windows.hpp"
#include "centrala/routing/wait_model.hpp"

namespace centrala::journal {

[[nodiscard]] std::string to_json(const routing::WaitModel& model);
/// None: not usable. `since` isn't in it.
[[nodiscard]] std::optional<routing::WaitModel> wait_model(const nlohmann::json& object);

[[nodiscard]] std::string to_json(const routing::Foreseen& foreseen);
[[nodiscard]] std::optional<routing::Foreseen> foreseen(const nlohmann::json& object);

[[nodiscard]] std::string to_json(const routing::ServiceWindows& windows);
[[nodiscard]] std::optional<routing::ServiceWindows> service_windows(const nlohmann::json& object);

}  // namespace centrala::journal
