// Requests that open nothing: within calls (RFC 3261 §12.2, RFC 6086), OPTIONS (§11.2), and those that are refused.
#include "centrala/presence/package.hpp"
#include "info_key.hpp"
#include "server_impl.hpp"

namespace centrala::calls {
namespace {

constexpr std::string_view kAllowWithin = "Allow: INVITE, ACK, CANCEL, BYE, OPTIONS, UPDATE, INFO, PRACK, REFER\r\n";

/// Of content, as §11.2 wants it said.
constexpr std::string_view kContent =
    "Accept: application/sdp, multipart/mixed\r\nAccept-Encoding: identity\r\nAccept-Language: en\r\n";

}  // namespace

void Server::Impl::on(const sip::ua::Requested& event, Timestamp now) {
    using sip::Method;
    if (event.session != sip::SessionId{}) return answer_within(event, now);
    const Method method = event.request->method();
    if (method == Method::register_) return register_phone(event, now);
    if (method == Method::subscribe) return subscribe(event, now);
    if (method == Method::publish) return publish(event, now);
    // NOTIFY of a subscription that we don't have.
    if (!event.request->to().tag().empty()) return ua_.respond(event.tx, sip::plain_response(481), now);
    const bool asks = method == Method::options;
    const bool known = dial_plan_.trunk(event.flow.remote.address) || calling_agent(*event.request, event.flow) ||
                       (asks && is_edge_proxy(event.flow.remote.address));
    if (!known) {
        note_stranger(*event.request, event.flow, now);
        return ua_.respond(event.tx, sip::plain_response(403), now);
    }
    if (asks) return answer_options(event, now);
    ua_.respond(event.tx, sip::plain_response(405, sip::kAllow), now);
}

/// As an INVITE would be answered (§11.2): balancers and carriers ask so whether to send calls.
void Server::Impl::answer_options(const sip::ua::Requested& event, Timestamp now) {
    if (draining_) return ua_.respond(event.tx, sip::plain_response(503, "Retry-After: 30\r\n"), now);
    if (is_full()) return ua_.respond(event.tx, sip::plain_response(503, "Retry-After: 5\r\n"), now);
    ua_.respond(event.tx, sip::plain_response(200, std::string(kContent) + ua_.capability_lines()), now);
}

void Server::Impl::answer_within(const sip::ua::Requested& event, Timestamp now) {
    using sip::Method;
    switch (event.request->method()) {
        case Method::refer: return on_refer(event, now);
        case Method::info: return answer_info(event, now);
        case Method::options:
            return ua_.respond(event.tx, sip::plain_response(200, std::string(kContent) + ua_.capability_lines()), now);
        // Nothing of a call can be subscribed to but by REFER, and we have subscribed to nothing (RFC 6665 §4.1.3,
        // §4.2.1.1).
        case Method::subscribe: return ua_.respond(event.tx, sip::plain_response(489, presence::allow_events()), now);
        case Method::notify: return ua_.respond(event.tx, sip::plain_response(481), now);
        default: return ua_.respond(event.tx, sip::plain_response(405, kAllowWithin), now);
    }
}

/// Keys of the agent who talks are like those that RTP carries; anybody else's lead nowhere.
void Server::Impl::answer_info(const sip::ua::Requested& event, Timestamp now) {
    const sip::Message& request = *event.request;
    // No info package has been offered (RFC 6086 §4.2.2).
    if (request.find("Info-Package")) return ua_.respond(event.tx, sip::plain_response(469, "Recv-Info: nil\r\n"), now);
    if (request.body().empty()) return ua_.respond(event.tx, sip::plain_response(200), now);
    const InfoKey pressed = read_info_key(request.content_type(), request.body());
    if (pressed.status != 200) {
        const std::string_view accept = pressed.status == 415 ? kAcceptInfo : std::string_view();
        return ua_.respond(event.tx, sip::plain_response(pressed.status, accept), now);
    }
    ua_.respond(event.tx, sip::plain_response(200), now);
    if (pressed.key != 0) key_pressed(event.session, pressed.key, KeysBy::info, now);
}

}  // namespace centrala::calls
