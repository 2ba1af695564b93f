// Routing's explanations in words and as JSON.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include <nlohmann/json_fwd.hpp>

#include "app/terminal.hpp"
#include "centrala/routing/explain.hpp"

namespace centrala::app {

/// A moment of a contact's wait: an offer, or the present.
struct Decision {
    Timestamp at{};
    std::optional<routing::OfferId> offer;  ///< none: it waits
    std::optional<routing::AgentId> chosen;
    bool direct = false;  ///< handed to `chosen` by name
    routing::ContactExplanation why;
};

[[nodiscard]] std::string why_text(const Decision& decision, const routing::Plan& plan, const Style& style, bool utc);
[[nodiscard]] nlohmann::ordered_json why_json(const Decision& decision, const routing::Plan& plan);

[[nodiscard]] std::string why_text(const routing::AgentExplanation& why, const routing::State& state,
                                   const routing::Plan& plan, const Style& style, Timestamp now);
[[nodiscard]] nlohmann::ordered_json why_json(const routing::AgentExplanation& why, const routing::Plan& plan);

}  // namespace centrala::app
