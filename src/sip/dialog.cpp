// Dialog state: how it begins, what a message changes, where the next request goes (RFC 3261 §12).
#include "centrala/sip/dialog.hpp"

#include <algorithm>

namespace centrala::sip {
namespace {

std::optional<std::string_view> contact_uri(const Message& message) {
    std::optional<std::string_view> uri;
    message.each(HeaderId::contact, [&](std::string_view value) {
        if (uri) return;
        if (const auto contact = parse_name_addr(value); contact && !contact->uri_text.empty()) uri = contact->uri_text;
    });
    return uri;
}

std::vector<std::string> record_route(const Message& message) {
    std::vector<std::string> route;
    message.each(HeaderId::record_route, [&](std::string_view value) {
        if (!value.empty()) route.emplace_back(value);
    });
    return route;
}

}  // namespace

Dialog uas_dialog(const Message& invite, std::string_view local_tag) {
    Dialog d;
    d.call_id = invite.call_id();
    d.local_tag = local_tag;
    d.remote_tag = invite.from().tag();
    d.local_party = invite.find(HeaderId::to).value_or("");
    d.local_party.append(";tag=").append(local_tag);
    d.remote_party = invite.find(HeaderId::from).value_or("");
    // A peer without Contact breaks §8.1.1.8; its From is the best guess.
    d.remote_target = contact_uri(invite).value_or(invite.from().uri_text);
    d.route_set = record_route(invite);
    d.remote_cseq = invite.cseq().number;
    return d;
}

void complete_uac_dialog(Dialog& d, const Message& response) {
    d.remote_tag = response.to().tag();
    if (const auto to = response.find(HeaderId::to)) d.remote_party = *to;
    d.route_set = record_route(response);
    std::reverse(d.route_set.begin(), d.route_set.end());
    refresh_target(d, response);
}

bool in_order(Dialog& d, const Message& request) {
    if (d.remote_cseq && request.cseq().number < *d.remote_cseq) return false;
    d.remote_cseq = request.cseq().number;
    return true;
}

void refresh_target(Dialog& d, const Message& message) {
    if (const auto uri = contact_uri(message)) d.remote_target = *uri;
}

std::string_view next_hop(const Dialog& d) {
    const auto first = d.route_set.empty() ? std::nullopt : parse_name_addr(d.route_set.front());
    return first ? first->uri_text : std::string_view(d.remote_target);
}

std::string_view append_route(const Dialog& d, std::string& lines) {
    if (d.route_set.empty()) return d.remote_target;
    MessageWriter writer(lines);
    const auto first = parse_name_addr(d.route_set.front());
    if (!first || first->uri.parameter("lr")) {
        for (const std::string& route : d.route_set) writer.header("Route", route);
        return d.remote_target;
    }
    // A strict router wants to see itself in the Request-URI and the target at the end.
    for (std::size_t i = 1; i < d.route_set.size(); ++i) writer.header("Route", d.route_set[i]);
    writer.header("Route", "<", d.remote_target, ">");
    return first->uri_text;
}

}  // namespace centrala::sip
