// The documents that phones send: PIDF by PUBLISH, BroadWorks' feature requests by SUBSCRIBE. Hostile until read; at
// most 16 KiB.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
#include <variant>
#include <vector>

#include "centrala/base/result.hpp"
#include "centrala/presence/documents.hpp"

namespace centrala::presence {

/// What a phone publishes of its user (RFC 3863, RFC 4480).
struct PublishedState {
    std::optional<bool> open;          ///< <basic> of the first tuple
    std::vector<Activity> activities;  ///< those that we know, in order
    bool do_not_disturb = false;       ///< Cisco's <dnd/> among the activities
};
[[nodiscard]] Result<PublishedState> read_pidf(std::string_view document);

struct SetDoNotDisturb {
    bool on = false;
};
enum class RequestedState : std::uint8_t { logged_on, logged_off, ready, not_ready, working_after_call };
struct SetAgentState {
    RequestedState state{};
    unsigned reason = 0;  ///< the not-ready reason's number from 1; 0: none
};
using FeatureRequest = std::variant<SetDoNotDisturb, SetAgentState>;
[[nodiscard]] Result<FeatureRequest> read_feature_request(std::string_view document);

}  // namespace centrala::presence
