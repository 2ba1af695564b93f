// Calls outlive the process: how this one goes on with what the one before it kept (kept_calls.cpp). Their media begin
// anew, agreed on by re-INVITE.
#include <algorithm>

#include "centrala/sip/retry_after.hpp"
#include "kept_id.hpp"
#include "reason.hpp"
#include "server_impl.hpp"

namespace centrala::calls {
namespace {

/// So many legs are asked at a time, and so long after the ones before: all at once would be more than what stands
/// before the peers may take, and each would come again and again.
constexpr std::size_t kAskedAtOnce = 5;
constexpr Duration kAskedAfter = 10ms;

/// So long a phone may take to see that its connection is gone, and to register again.
constexpr Duration kReturnWithin = 10s;

/// nullopt: it has gone from the configuration, or the name was none's.
std::optional<std::size_t> trunk_named(const config::Config& config, std::string_view name) {
    const auto found = std::find_if(config.trunks.begin(), config.trunks.end(),
                                    [&](const config::Trunk& trunk) { return trunk.name == name; });
    if (found == config.trunks.end()) return std::nullopt;
    return static_cast<std::size_t>(found - config.trunks.begin());
}

}  // namespace

/// Which contacts go on, in order. Before routing hears that it is awake again, for what it decides then is about
/// calls. Sessions that were there come first, each under its old id; then those that new ids may be given to.
std::vector<routing::ContactId> Server::Impl::take_up(std::span<const KeptCall> kept, Timestamp now) {
    std::vector<routing::ContactId> contacts;
    std::vector<std::pair<const routing::ContactRecord*, SavedLeg>> unanswered;
    std::vector<sip::SessionId> left;
    for (const KeptCall& call : kept) {
        auto saved = decode(call.text);
        auto* const contact = saved ? std::get_if<SavedContact>(&*saved) : nullptr;
        auto* const direct = saved ? std::get_if<SavedDirectCall>(&*saved) : nullptr;
        const KeptKind kind = kind_of(call.id);
        const routing::ContactRecord* const known =
            kind == KeptKind::contact && contact ? core_.state().find(id_of<routing::ContactId>(call.id)) : nullptr;
        const bool same = known && known->call_id == contact->call_id && !find_call(known->id);
        if (same && !contact->caller.session.invite.empty())
            unanswered.emplace_back(known, std::exchange(contact->caller, {}));
        else if (same && take_up(*known, *contact))
            contacts.push_back(known->id);
        else if (kind != KeptKind::direct_call || !direct || !take_up(id_of<DirectId>(call.id), *direct, left))
            touched_.push_back(call.id);  // to be forgotten
        if (saved) let_go(*saved, left);
    }
    for (const sip::SessionId session : left) ua_.hang_up(session, reason_line(routing::EndCause::restart), now);
    for (auto& [contact, caller] : unanswered)
        if (take_up_unanswered(*contact, caller, now))
            contacts.push_back(contact->id);
        else
            touched_.push_back(kept_id(KeptKind::contact, contact->id));
    std::sort(contacts.begin(), contacts.end());
    return contacts;
}

/// As far as the log tells.
Call Server::Impl::known_call(const routing::ContactRecord& contact) const {
    Call call;
    call.contact = contact.id;
    call.queue = contact.queue;
    call.caller_number = contact.caller;
    call.caller_name = contact.caller_name;
    call.withheld = contact.withheld;
    call.dialled = contact.dialled;
    if (contact.internal)
        call.calling_agent = core_.plan().find_agent(contact.source);
    else
        call.trunk = trunk_named(config_, contact.source);
    return call;
}

void Server::Impl::put_call(Call&& call) {
    if (call.trunk) trunks_.call_began(*call.trunk, TrunkCall::in);
    touch(calls_.emplace(call.contact, std::move(call)).first->second);
}

bool Server::Impl::take_up(const routing::ContactRecord& contact, SavedContact& saved) {
    Call call = known_call(contact);
    if (!take_up(saved.caller, CallerRef{contact.id}, call.trunk, call.caller.sip, call.caller.media)) return false;
    call.caller.answered = true;
    call.caller.media.held = contact.held_by_caller.has_value();
    if (saved.partner) take_up_partner(call, contact, *saved.partner);
    put_call(std::move(call));
    return true;
}

/// The INVITE as if it came now, but that its caller has a place in a queue. False: it can't be taken, and is
/// answered; or it is received again as that of a new caller.
bool Server::Impl::take_up_unanswered(const routing::ContactRecord& contact, SavedLeg& saved, Timestamp now) {
    Call call = known_call(contact);
    const sip::Flow flow = saved.session.flow;
    const auto event = ua_.receive(saved.session.invite, flow, now);
    const auto* const invited = std::get_if<sip::ua::Invited>(&event);
    if (!invited) {
        invited_before_.push_back(std::move(saved.session));
        return false;
    }
    call.caller.sip = invited->session;
    if (prepare_caller_media(*invited->invite, flow, call.trunk, call.caller, saved.sdp.port)) {
        ua_.refuse(call.caller.sip, 503, sip::kRetryAfter, now);
        return false;
    }
    sessions_[call.caller.sip] = CallerRef{call.contact};
    media_sessions_[call.caller.media.session] = call.caller.sip;
    if (call.trunk) follow_route(call.caller.sip, now);
    put_call(std::move(call));
    return true;
}

/// Only whom the log has the caller talk to: it may be a moment ahead.
void Server::Impl::take_up_partner(Call& call, const routing::ContactRecord& contact, SavedParty& saved) {
    using routing::ContactPhase;
    if (contact.phase == ContactPhase::talking && core_.plan().find_agent(saved.agent) == contact.agent) {
        auto party = take_up(saved, AgentRef{contact.id});
        if (!party) return;
        call.agent = std::move(party->leg);
        call.agent->media.held = contact.held_by_agent.has_value();
        call.talking_to = *contact.agent;
        call.phase = CallPhase::talking;
    } else if (contact.phase == ContactPhase::outside && saved.agent.empty() && saved.name == contact.outside) {
        auto party = take_up(saved, OutsideRef{contact.id});
        if (!party) return;
        call.outside.emplace();
        call.outside->leg = std::move(party->leg);
        call.outside->number = contact.outside;
        call.outside->trunk = party->trunk;
        call.outside->answered = true;
        call.phase = CallPhase::outside;
        if (party->trunk) trunks_.call_began(*party->trunk, TrunkCall::out);
    }
}

bool Server::Impl::take_up(DirectId id, SavedDirectCall& saved, std::vector<sip::SessionId>& left) {
    const auto by = core_.plan().find_agent(saved.by);
    if (!by || !saved.caller || !saved.callee) return false;
    auto caller = take_up(*saved.caller, DirectRef{id, true});
    auto callee = take_up(*saved.callee, DirectRef{id, false});
    if (!caller || !callee) {
        for (auto* party : {&caller, &callee}) {
            if (!*party) continue;
            sessions_.erase((*party)->leg.sip);
            close_media((*party)->leg.media);
            left.push_back((*party)->leg.sip);
        }
        return false;
    }
    last_direct_ = std::max(last_direct_, static_cast<std::uint64_t>(id));
    DirectCall& call = directs_[id];
    call.id = id;
    call.by = *by;
    call.answered_at = saved.answered_at;
    for (const Party* party : {&*caller, &*callee})
        if (party->trunk) trunks_.call_began(*party->trunk, TrunkCall::out);
    put_caller(call, std::move(*caller));
    put_callee(call, std::move(*callee));
    return true;
}

std::optional<Party> Server::Impl::take_up(SavedParty& saved, SessionRef owner) {
    Party party;
    party.agent = core_.plan().find_agent(saved.agent);
    party.trunk = trunk_named(config_, saved.trunk);
    party.name = saved.name;
    const bool known = (saved.agent.empty() || party.agent) && (saved.trunk.empty() || party.trunk);
    if (!known || !take_up(saved.leg, owner, party.trunk, party.leg.sip, party.leg.media)) return std::nullopt;
    return party;
}

/// With media of its own again, at the old port, where sound comes all the while: at another's it would be heard by the
/// wrong people. Then nothing is left of `saved`; false: nothing but that.
bool Server::Impl::take_up(SavedLeg& saved, SessionRef owner, std::optional<std::size_t> trunk, sip::SessionId& sip,
                           LegMedia& media) {
    if (!saved.session.branch.empty() || !open_media(media, saved.session.flow.local.address, trunk, saved.sdp.port))
        return false;
    const auto* const credentials = trunk && saved.session.began ? &config_.trunks[*trunk].credentials : nullptr;
    const auto session = ua_.restore(saved.session, credentials && *credentials ? &**credentials : nullptr);
    if (!session) {
        close_media(media);
        return false;
    }
    saved.sdp.address = media.local.address;
    saved.sdp.port = media.local.port;
    media.local = std::move(saved.sdp);
    ++media.local.session_version;
    saved = {};
    sip = *session;
    sessions_[sip] = owner;
    media_sessions_[media.session] = sip;
    return true;
}

/// The caller hears what it heard, and all agree with us on media again; whose partner is lost waits once more.
void Server::Impl::go_on(routing::ContactId contact, Timestamp now) {
    Call* const call = find_call(contact);
    if (!call) return;  // its time was over meanwhile
    const auto leg = [&](std::string_view whose, sip::SessionId session, std::optional<routing::AgentId> agent) {
        sink_.append(now, "leg.restored",
                     {{"contact", journal::to_text(contact)}, {"leg", whose}, {"call_id", ua_.call_id(session)}});
        if (session == call->caller.sip && !call->caller.answered)
            pick_up(*call, now);
        else
            agree_again(session, agent, partner_of(*call) != nullptr, now);
    };
    leg("caller", call->caller.sip, call->calling_agent);
    if (call->agent) leg("agent", call->agent->sip, call->talking_to);
    if (call->outside) leg("outside", call->outside->leg.sip, {});
    if (call->calling_agent) count_other_use(*call->calling_agent, +1, now);
    const routing::ContactPhase phase = core_.state().find(contact)->phase;
    if (partner_of(*call))
        review_hold(*call, now);
    else if (phase == routing::ContactPhase::talking)
        feed(routing::input::AgentLegLost{contact}, now);
    else if (phase == routing::ContactPhase::outside)
        feed(routing::input::OutsideFails{contact, routing::Outcome::unreachable}, now);
    else
        entertain(*call, false, now);
}

void Server::Impl::go_on_direct(Timestamp now) {
    std::vector<DirectId> ids;
    for (const auto& [id, call] : directs_) ids.push_back(id);
    std::sort(ids.begin(), ids.end());
    for (const DirectId id : ids) {
        DirectCall& call = directs_.at(id);
        tell_direct(call, "call.restored", now);
        if (call.calling) count_other_use(*call.calling, +1, now);
        if (call.callee_counted) count_other_use(*call.callee, +1, now);
        agree_again(call.caller.sip, call.calling, true, now);
        agree_again(call.answered->sip, call.callee_counted ? call.callee : std::nullopt, true, now);
        bridge_direct(call, now);
    }
}

/// An agent's phone whose connection is gone will be back with another one, and may be reached in no other way.
void Server::Impl::agree_again(sip::SessionId session, std::optional<routing::AgentId> agent, bool talks,
                               Timestamp now) {
    const sip::Flow* flow = ua_.flow(session);
    if (agent && flow && sip::is_reliable(flow->transport))
        returning_.push_back({session, *agent, timers_.schedule(now + kReturnWithin, ReturnTimer{session})});
    else
        (talks ? talking_before_ : waiting_before_).push_back(session);
}

void Server::Impl::fire(const AgreeTimer&, Timestamp now) {
    for (std::size_t n = 0; n < kAskedAtOnce; ++n) {
        auto& next = talking_before_.empty() ? waiting_before_ : talking_before_;
        if (next.empty()) return;
        offer_again(next.front(), now);
        next.pop_front();
    }
    timers_.schedule(now + kAskedAfter, AgreeTimer{});
}

void Server::Impl::offer_again(sip::SessionId session, Timestamp now) {
    const LegMedia* media = media_of(session);
    if (!media) return;  // it is over meanwhile
    learn_next_hop(session, now);
    ua_.reoffer(session, sdp::write_offer(media->local), now);
}

void Server::Impl::phone_returned(routing::AgentId agent, const sip::Flow& flow, Timestamp now) {
    std::vector<sip::SessionId> legs;
    std::erase_if(returning_, [&](Returning& phone) {
        const sip::Flow* before = ua_.flow(phone.leg);
        const bool back = phone.agent == agent && before && before->transport == flow.transport;
        if (back) legs.push_back(phone.leg);
        if (back) timers_.cancel(phone.timer);
        return back;
    });
    for (const sip::SessionId leg : legs) {
        ua_.redirect(leg, flow);
        offer_again(leg, now);
    }
}

void Server::Impl::fire(const ReturnTimer& timer, Timestamp now) {
    std::erase_if(returning_, [&](const Returning& phone) { return phone.leg == timer.leg; });
    offer_again(timer.leg, now);  // where its Contact says
}

/// Whose INVITE nobody had answered, and routing knew nothing of: as if they called now.
void Server::Impl::receive_again(Timestamp now) {
    for (sip::SessionState& session : std::exchange(invited_before_, {})) receive(session.invite, session.flow, now);
}

/// What is left of a call that doesn't go on, or of its legs, is to be ended: nobody is left ringing, or in silence.
void Server::Impl::let_go(const SavedCall& saved, std::vector<sip::SessionId>& left) {
    const auto end = [&](const sip::SessionState& session) {
        if (!session.invite.empty()) return invited_before_.push_back(session);
        if (const auto restored = ua_.restore(session, nullptr)) left.push_back(*restored);
    };
    if (const auto* contact = std::get_if<SavedContact>(&saved)) {
        end(contact->caller.session);
        if (contact->partner) end(contact->partner->leg.session);
        for (const sip::SessionState& session : contact->ringing) end(session);
    } else if (const auto* direct = std::get_if<SavedDirectCall>(&saved)) {
        if (direct->caller) end(direct->caller->leg.session);
        if (direct->callee) end(direct->callee->leg.session);
        for (const sip::SessionState& session : direct->others) end(session);
    } else if (const auto* other = std::get_if<SavedOther>(&saved)) {
        end(other->session);
    }
}

}  // namespace centrala::calls
