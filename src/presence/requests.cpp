// Reading what phones send: PIDF with RPID (RFC 3863 §4.1, RFC 4480 §3.2), CSTA's SetDoNotDisturb and SetAgentState.
#include "centrala/presence/requests.hpp"

#include <charconv>

#include "presence/xml_reader.hpp"

namespace centrala::presence {
namespace {

constexpr std::string_view kPidf = "urn:ietf:params:xml:ns:pidf";
constexpr std::string_view kRpid = "urn:ietf:params:xml:ns:pidf:rpid";
constexpr std::size_t kActivitiesMax = 16;

bool is(const XmlName& name, std::string_view space, std::string_view local) {
    return name.space == space && name.local == local;
}

std::optional<RequestedState> requested_state(std::string_view word) {
    if (word == "loggedOn") return RequestedState::logged_on;
    if (word == "loggedOff") return RequestedState::logged_off;
    if (word == "ready") return RequestedState::ready;
    if (word == "notReady") return RequestedState::not_ready;
    if (word == "workingAfterCall") return RequestedState::working_after_call;
    return std::nullopt;
}

/// xs:boolean.
std::optional<bool> boolean(std::string_view word) {
    if (word == "true" || word == "1") return true;
    if (word == "false" || word == "0") return false;
    return std::nullopt;
}

}  // namespace

Result<PublishedState> read_pidf(std::string_view document) {
    PublishedState state;
    bool is_pidf = false;
    const auto failed = read_xml(document, [&](std::span<const XmlName> path, std::string_view text) {
        const std::size_t depth = path.size();
        if (depth == 1) {
            is_pidf = is(path[0], kPidf, "presence");
        } else if (depth == 4 && is(path[1], kPidf, "tuple") && is(path[2], kPidf, "status") &&
                   is(path[3], kPidf, "basic")) {
            if (!state.open && (text == "open" || text == "closed")) state.open = text == "open";
        } else if (is(path[depth - 2], kRpid, "activities")) {
            if (path.back().local == "dnd") state.do_not_disturb = true;
            const auto activity = parse_activity(path.back().local);
            if (activity && state.activities.size() < kActivitiesMax) state.activities.push_back(*activity);
        }
    });
    if (failed) return *failed;
    if (!is_pidf) return Error{"not a PIDF document"};
    return state;
}

// The namespace is ECMA-323's of whatever edition; phones write it differently, so the names decide.
Result<FeatureRequest> read_feature_request(std::string_view document) {
    std::string root, requested, on;
    unsigned reason = 0;
    bool bad_reason = false;
    const auto failed = read_xml(document, [&](std::span<const XmlName> path, std::string_view text) {
        const std::string& name = path.back().local;
        if (path.size() == 1) root = name;
        if (path.size() == 2 && name == "doNotDisturbOn") on = text;
        if (path.size() == 2 && name == "requestedAgentState") requested = text;
        if (name == "AgentNotReadyReasonValue" && !text.empty()) {
            const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), reason);
            bad_reason = bad_reason || error != std::errc{} || end != text.data() + text.size();
        }
    });
    if (failed) return *failed;
    if (root == "SetDoNotDisturb") {
        const auto value = boolean(on);
        if (!value) return Error{"doNotDisturbOn is neither true nor false"};
        return FeatureRequest{SetDoNotDisturb{*value}};
    }
    if (root == "SetAgentState") {
        const auto state = requested_state(requested);
        if (!state || bad_reason) return Error{"requestedAgentState or its reason is unknown"};
        return FeatureRequest{SetAgentState{*state, reason}};
    }
    return Error{"not a feature request"};
}

}  // namespace centrala::presence
