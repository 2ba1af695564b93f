// The caller's leg: from the INVITE into the queue, and out of the call again.
#include <algorithm>

#include "centrala/sip/content.hpp"
#include "diversion.hpp"
#include "identity.hpp"
#include "number_rules.hpp"
#include "server_impl.hpp"

namespace centrala::calls {
namespace {

std::string limited(std::string text) {
    if (text.size() > kCallerNameMax) text.resize(kCallerNameMax);
    return text;
}

}  // namespace

void Server::Impl::admit(const sip::ua::Invited& event, const config::Trunk* trunk, const config::Agent* agent,
                         Timestamp now) {
    const sip::Message& invite = *event.invite;
    Arrival arrival;
    if (trunk) arrival.trunk = dial_plan_.trunk_index(*trunk);
    arrival.sip = arrival.leg.sip = event.session;
    arrival.dialled = dial_plan_.dialled(invite, trunk);
    Identity identity = caller_identity(invite, trunk && trunk->trust_identity);
    arrival.caller_number = limited(std::move(identity.number));
    // A name is no number, and nobody has none.
    if (trunk && is_phone_number(arrival.caller_number))
        arrival.caller_number = apply_rules(trunk->inbound, config::NumberRule::Of::caller, arrival.caller_number);
    arrival.caller_name = limited(std::move(identity.name));
    arrival.withheld = identity.withheld;
    if (const auto diversion = trunk ? last_diversion(invite) : std::nullopt) {
        arrival.diverted_from = diversion->number;
        arrival.diversion_reason = diversion->reason;
    }
    if (trunk && !arrival.withheld && arrival.dialled.entry_point)
        arrival.callers =
            caller_lists_.find(config_.entry_points[index(*arrival.dialled.entry_point)], arrival.caller_number);
    arrival.call_id = limited(std::string(invite.call_id()));
    if (agent) arrival.calling_agent = agent->id;
    arrival.source = trunk ? trunk->name : agent ? core_.plan().agents[index(agent->id)].name : std::string();
    auto refused = over_limit(arrival.trunk, now);
    if (draining_) refused = routing::Refusal::draining;
    // Media only for those who have a chance: an unknown number needs no port.
    if (!refused && arrival.dialled.entry_point)
        refused = prepare_caller_media(invite, event.flow, arrival.trunk, arrival.leg);
    if (!refused && is_asked_about(arrival) && ask_about(arrival, now)) return;
    // An agent who calls can't be called: said before the call could be matched to its own caller.
    if (agent) count_other_use(agent->id, +1, now);
    const auto settle = [&] {
        if (agent && !sessions_.contains(event.session)) count_other_use(agent->id, -1, now);
    };
    try {
        arrive(arrival, refused, now);
    } catch (...) {
        settle();
        throw;
    }
    settle();
}

void Server::Impl::arrive(Arrival& arrival, std::optional<routing::Refusal> refused, Timestamp now) {
    Errand errand;
    errand.arrival = &arrival;
    try {
        feed(routing::input::ContactArrives{arrival.dialled.entry_point, arrival.dialled.number, arrival.caller_number,
                                            arrival.caller_name, arrival.source, arrival.call_id, refused,
                                            arrival.withheld, arrival.diverted_from, arrival.diversion_reason,
                                            arrival.callers, arrival.calling_agent.has_value(), arrival.advice},
             now, &errand);
    } catch (...) {
        if (errand.arrival && !arrival.handed_on) {  // neither taken nor refused
            close_media(arrival.leg.media);
            ua_.refuse(arrival.sip, 500, {}, now);
        }
        throw;
    }
}

std::optional<routing::Refusal> Server::Impl::over_limit(std::optional<std::size_t> trunk, Timestamp now) {
    if (callers() >= config_.sip.calls_max) return routing::Refusal::limit;
    if (trunk && trunks_.over_limit(*trunk, TrunkCall::in, now)) return routing::Refusal::limit;
    if (has_ports()) return std::nullopt;
    ports_exhausted(now);
    return routing::Refusal::limit;
}

std::size_t Server::Impl::callers() const {
    return calls_.size() + asked_about_.size();
}

/// A call that gets in must find a port for its agent's leg, too; but no more than all agents ring at a time.
bool Server::Impl::has_ports() const {
    const std::size_t pairs = (static_cast<std::size_t>(config_.media.port_max) - config_.media.port_min + 1) / 2;
    const std::size_t to_ring = std::min(core_.state().waiting + asked_about_.size(), config_.agents.size());
    return media_sessions_.size() + asked_about_.size() + to_ring + 2 <= pairs;
}

bool Server::Impl::is_full() const {
    return callers() >= config_.sip.calls_max || !has_ports();
}

/// nullopt, or why the call can't be taken.
std::optional<routing::Refusal> Server::Impl::prepare_caller_media(const sip::Message& invite, const sip::Flow& flow,
                                                                   std::optional<std::size_t> trunk, CallerLeg& leg,
                                                                   std::uint16_t port) {
    const std::string_view described = sip::sdp_of(invite);
    leg.late_offer = described.empty();
    const auto offer = leg.late_offer ? Result<sdp::Description>(sdp::Description{}) : sdp::parse(described);
    if (!offer) return routing::Refusal::not_acceptable;
    if (!open_media(leg.media, flow.local.address, trunk, port)) return routing::Refusal::limit;
    if (leg.late_offer) {
        leg.answer = sdp::write_offer(leg.media.local);
        return std::nullopt;
    }
    auto answer = sdp::answer(*offer, leg.media.local);
    if (!answer) {
        close_media(leg.media);
        return routing::Refusal::not_acceptable;
    }
    agree(leg.media, *offer, answer->stream, answer->audio);
    leg.answer = std::move(answer->sdp);
    return std::nullopt;
}

/// As its queue wants it: answered, or with the queue's sound before that.
void Server::Impl::pick_up(Call& call, Timestamp now) {
    if (config_.queues[index(call.queue)].early_media && !call.caller.late_offer && !call.caller.answered)
        ua_.ring(call.caller.sip, 183, call.caller.answer, now);
    else
        answer_caller(call, now);
}

void Server::Impl::entertain(Call& call, bool greet, Timestamp now) {
    call.hearing = Hearing::queue;
    media_.play(call.caller.media.session, sounds_.waiting(call.queue, greet));
    plan_announcement(call, greet, now);
}

void Server::Impl::answer_caller(Call& call, Timestamp now) {
    if (call.caller.answered) return;
    call.caller.answered = true;
    ua_.accept(call.caller.sip, call.caller.answer, now);
    call.caller.answer = {};
}

void Server::Impl::caller_is_gone(routing::ContactId contact, routing::EndCause cause, std::string reason,
                                  Timestamp now) {
    Call* call = find_call(contact);
    if (!call) return;
    if (call->phase == CallPhase::talking || call->phase == CallPhase::outside)
        feed(routing::input::ConversationEnds{contact, cause, std::move(reason)}, now);
    else
        feed(routing::input::CallerLeaves{contact, cause, std::move(reason)}, now);
}

void Server::Impl::drop_call(Call& call, std::string_view reason_header, Timestamp now) {
    sessions_.erase(call.caller.sip);
    ua_.hang_up(call.caller.sip, reason_header, now);  // nothing to do if the caller hung up
    tell_media(call.contact, "caller", call.caller.media, now);
    close_media(call.caller.media);
    for (Offer& offer : call.offers) stop_ringing(offer.legs, {}, now);
    timers_.cancel(call.announcement);
    forget_keys(call.keys);
    if (const auto consultation = std::exchange(call.consultation, {}))
        end_direct(*consultation, "caller_gone", 487, now);
    tell_referrer(call, 487, now);
    drop_outside(call, now);
    if (call.agent) {
        sessions_.erase(call.agent->sip);
        ua_.hang_up(call.agent->sip, reason_header, now);
        tell_media(call.contact, "agent", call.agent->media, now);
        close_media(call.agent->media);
    }
    if (call.trunk) trunks_.call_ended(*call.trunk, TrunkCall::in);
    const auto calling_agent = call.calling_agent;
    touch(call);
    calls_.erase(call.contact);
    if (calling_agent) count_other_use(*calling_agent, -1, now);
}

}  // namespace centrala::calls
