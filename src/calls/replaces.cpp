// INVITE with Replaces (RFC 3891): an agent takes a call of its own over to another of its phones, or picks it up
// there.
#include "replaces.hpp"

#include <algorithm>

#include "server_impl.hpp"

namespace centrala::calls {

std::optional<Replaces> parse_replaces(std::string_view value) {
    std::string_view rest = value;
    const auto call_id = sip::next_item(rest, ';');
    if (!call_id || call_id->empty()) return std::nullopt;
    Replaces replaces;
    replaces.call_id = std::string(*call_id);
    while (const auto item = sip::next_item(rest, ';')) {
        const auto equals = item->find('=');
        const auto name = item->substr(0, equals);
        const auto text = equals == std::string_view::npos ? std::string_view() : item->substr(equals + 1);
        std::string* tag = sip::iequals(name, "to-tag")     ? &replaces.to_tag
                           : sip::iequals(name, "from-tag") ? &replaces.from_tag
                                                            : nullptr;
        if (sip::iequals(name, "early-only")) replaces.early_only = true;
        if (!tag) continue;
        if (!tag->empty() || text.empty()) return std::nullopt;
        *tag = std::string(text);
    }
    if (replaces.to_tag.empty() || replaces.from_tag.empty()) return std::nullopt;
    return replaces;
}

/// Whoever isn't the agent whose dialog it is learns nothing but that there is none.
void Server::Impl::replace_dialog(const sip::ua::Invited& event, const config::Agent* agent, Timestamp now) {
    int count = 0;
    std::string_view value;
    for (const sip::Header& header : event.invite->headers())
        if (header.id == sip::HeaderId::replaces) ++count, value = header.value;
    const auto replaces = count == 1 ? parse_replaces(value) : std::nullopt;
    if (!replaces) return ua_.refuse(event.session, 400, {}, now);
    const auto target = agent ? ua_.find(replaces->call_id, replaces->to_tag, replaces->from_tag) : std::nullopt;
    if (!target || !is_leg_of(target->session, agent->id)) {
        if (target || !agent)
            security_.report("security.transfer_refused", event.flow, "INVITE", event.invite->from().uri.user,
                             "replaces_of_another", now);
        return ua_.refuse(event.session, 481, {}, now);
    }
    if (target->confirmed && replaces->early_only) return ua_.refuse(event.session, 486, {}, now);
    CallerLeg fresh;
    fresh.sip = event.session;
    if (const auto refused = prepare_caller_media(*event.invite, event.flow, {}, fresh))
        return ua_.refuse(event.session, *refused == routing::Refusal::limit ? 503 : 488, {}, now);
    const SessionRef ref = sessions_.at(target->session);
    sessions_[fresh.sip] = ref;
    media_sessions_[fresh.media.session] = fresh.sip;
    ua_.accept(fresh.sip, std::exchange(fresh.answer, {}), now);
    fresh.answered = true;
    if (const auto* direct = std::get_if<DirectRef>(&ref))
        take_over_direct(*find_direct(direct->call), target->session, std::move(fresh), now);
    else if (std::holds_alternative<AgentRef>(ref))
        take_over_agent(*find_call(std::get<AgentRef>(ref).contact), target->session, std::move(fresh), now);
}

/// A leg of that agent's that another of its phones may have: it talks, or rings for it.
bool Server::Impl::is_leg_of(sip::SessionId session, routing::AgentId agent) {
    const auto found = sessions_.find(session);
    if (found == sessions_.end()) return false;
    if (const auto* direct = std::get_if<DirectRef>(&found->second)) {
        const DirectCall* call = find_direct(direct->call);
        if (!call) return false;
        return direct->is_caller ? call->calling == agent && call->caller.answered : call->callee == agent;
    }
    if (!std::holds_alternative<AgentRef>(found->second)) return false;
    Call* call = find_call(std::get<AgentRef>(found->second).contact);
    if (!call) return false;
    if (call->phase == CallPhase::talking) return call->talking_to == agent;
    const Offer* offer = offer_over(*call, session);
    return offer && offer->agent == agent;
}

void Server::Impl::take_over_agent(Call& call, sip::SessionId old, CallerLeg fresh, Timestamp now) {
    AgentLeg leg;
    leg.sip = fresh.sip;
    leg.media = std::move(fresh.media);
    if (call.phase == CallPhase::talking) {
        AgentLeg before = std::exchange(*call.agent, std::move(leg));
        tell_media(call.contact, "agent", before.media, now);
        drop_leg(before, now);
        return hear(call, now);
    }
    // It rings: the offer is accepted here, and the others stop.
    leg.rang = true;
    Offer& offer = *offer_over(call, old);
    offer.answered = leg.sip;
    offer.legs.push_back(std::move(leg));
    feed(routing::input::OfferAccepted{offer.id}, now);
}

void Server::Impl::take_over_direct(DirectCall& call, sip::SessionId old, CallerLeg fresh, Timestamp now) {
    if (call.caller.sip == old) {
        AgentLeg before;
        before.sip = old;
        before.media = std::move(call.caller.media);
        call.caller = std::move(fresh);
        drop_leg(before, now);
        if (call.answered) bridge_direct(call, now);
        return;
    }
    AgentLeg leg;
    leg.sip = fresh.sip;
    leg.media = std::move(fresh.media);
    if (!call.answered) return direct_joined(call, std::move(leg), now);
    AgentLeg before = std::exchange(*call.answered, std::move(leg));
    drop_leg(before, now);
    bridge_direct(call, now);
}

}  // namespace centrala::calls
