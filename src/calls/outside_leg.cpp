// Legs to numbers outside, through a trunk: of agents' own calls, and of callers transferred there.
#include "number_rules.hpp"
#include "offer_outcome.hpp"
#include "server_impl.hpp"

namespace centrala::calls {
namespace {

/// As long as the telephone network lets it ring at most (Q.764 T9: two to four minutes), so that a gateway which our
/// CANCEL doesn't reach stops by itself.
constexpr Duration kOutsideRingMax = 3min;

}  // namespace

/// The number that a trunk would be asked for; nullopt: no rule leads there.
std::optional<std::string> Server::Impl::outside_number_of(std::string_view dialled) const {
    auto outside = outside_number(config_.outside, dialled);
    return outside ? std::optional(std::move(outside->number)) : std::nullopt;
}

/// Calls by the route, or the next one, until one can be called at all.
std::optional<AgentLeg> Server::Impl::call_outside(std::optional<OutboundRoute>& route, SessionRef owner,
                                                   Timestamp now) {
    std::string lines;
    for (; route; route = trunks_.route_out_next(*route, now)) {
        sip::Invitation invitation{};
        invitation.request_uri = route->request_uri;
        invitation.from = route->from;
        invitation.to = route->to;
        lines = route->header_lines;
        sip::MessageWriter(lines).header("Expires", phone_rings_at_most(kOutsideRingMax));
        invitation.header_lines = lines;
        invitation.route_set = route->route_set;
        invitation.credentials = route->credentials;
        invitation.alternatives = std::span(route->flows).subspan(1);
        auto leg = open_leg(invitation, route->flows.front(), route->trunk, now);
        if (!leg) continue;
        follow_route(leg->sip, now);
        sessions_[leg->sip] = owner;
        trunks_.call_began(route->trunk, TrunkCall::out);
        return leg;
    }
    return std::nullopt;
}

void Server::Impl::ring_outside(DirectCall& call, Timestamp now) {
    if (!call.route)
        call.route = trunks_.route_out(call.to, shown_caller(call).number, {}, now);
    else
        call.route = trunks_.route_out_next(*call.route, now);
    auto leg = call_outside(call.route, DirectRef{call.id, false}, now);
    if (!leg) return;
    call.trunk = call.route->trunk;
    call.ringing.push_back(std::move(*leg));
}

/// What the trunk says of itself rather than of the person: another one may do better. True: it is being asked.
bool Server::Impl::ring_next_trunk(DirectCall& call, int status, Timestamp now) {
    if (call.callee || !call.route || !is_trunk_failure(status == 0 ? 503 : status)) return false;
    if (const auto trunk = std::exchange(call.trunk, {})) trunks_.call_ended(*trunk, TrunkCall::out);
    ring_outside(call, now);
    return !call.ringing.empty();
}

/// A caller was transferred there: the consultation's leg is taken over, or the number is called now.
void Server::Impl::begin_outside(Call& call, Timestamp now) {
    OutsideLeg& outside = *call.outside;
    entertain(call, false, now);
    if (auto leg = take_handover(OutsideRef{call.contact})) {
        outside.leg = std::move(*leg);
        outside.trunk = errand_->trunk;
        outside.answered = errand_->answered;
        return review_hold(call, now);
    }
    outside.route =
        trunks_.route_out(outside.number, call.withheld ? std::nullopt : std::optional(call.caller_number), {}, now);
    ring_contact_outside(call, now);
}

void Server::Impl::ring_contact_outside(Call& call, Timestamp now) {
    OutsideLeg& outside = *call.outside;
    auto leg = call_outside(outside.route, OutsideRef{call.contact}, now);
    if (!leg) {
        feed(routing::input::OutsideFails{call.contact, routing::Outcome::unreachable}, now);
        return;
    }
    outside.leg = std::move(*leg);
    outside.trunk = outside.route->trunk;
    sink_.append(now, "leg.invited",
                 {{"contact", journal::to_text(call.contact)},
                  {"trunk", config_.trunks[*outside.trunk].name},
                  {"call_id", ua_.call_id(outside.leg.sip)},
                  {"target", outside.route->request_uri}});
}

void Server::Impl::outside_answered(Call& call, const sip::ua::Accepted& event, Timestamp now) {
    OutsideLeg& outside = *call.outside;
    if (!take_answer(outside.leg.media, event.sdp))
        return outside_failed(call, routing::Outcome::unreachable, 488, now);
    forget_ringing(outside.leg);
    outside.answered = true;
    review_hold(call, now);
    tell_referrer(call, 200, now);
}

/// Nobody there, or the line broke: another trunk is tried if that may help; else the caller goes back to the queue.
void Server::Impl::outside_failed(Call& call, routing::Outcome cause, int status, Timestamp now) {
    OutsideLeg& outside = *call.outside;
    tell_media(call.contact, "outside", outside.leg.media, now);
    drop_leg(outside.leg, now);
    if (const auto trunk = std::exchange(outside.trunk, {})) trunks_.call_ended(*trunk, TrunkCall::out);
    if (!outside.answered && outside.route && is_trunk_failure(status == 0 ? 503 : status)) {
        outside.route = trunks_.route_out_next(*outside.route, now);
        if (outside.route) return ring_contact_outside(call, now);
    }
    feed(routing::input::OutsideFails{call.contact, cause, status}, now);
}

void Server::Impl::act(const routing::event::ContactReturned& event, Timestamp now) {
    Call* call = find_call(event.contact);
    if (!call) return;
    drop_outside(*call, now);
    call->phase = CallPhase::waiting;
    call->queue = event.queue;
    entertain(*call, false, now);
    tell_referrer_of(*call, event.cause, now);
}

void Server::Impl::drop_outside(Call& call, Timestamp now) {
    if (!call.outside) return;
    if (call.outside->leg.sip != sip::SessionId{}) {
        tell_media(call.contact, "outside", call.outside->leg.media, now);
        drop_leg(call.outside->leg, now);
    }
    if (call.outside->trunk) trunks_.call_ended(*call.outside->trunk, TrunkCall::out);
    call.outside.reset();
}

}  // namespace centrala::calls
