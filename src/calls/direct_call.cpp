// Calls of the agents' own: ring a colleague's phones or a trunk, bridge, and every way it ends (RFC 3261 §13, §15).
#include "direct_call.hpp"

#include <algorithm>

#include "centrala/sip/content.hpp"
#include "centrala/sip/retry_after.hpp"
#include "server_impl.hpp"

namespace centrala::calls {
namespace {

/// Longer than anybody lets a phone ring.
constexpr Duration kRingMax = 90s;

/// What the calling phone is told when the callee's answers were of no use to it.
int status_for_caller(int status) {
    switch (status) {
        case 0:
        case 401:
        case 407:
        case 408:
        case 422:
        case 491: return 480;
        default: return status < 400 ? 480 : status;
    }
}

std::string_view cause_of(int status) {
    switch (status) {
        case 486:
        case 600: return "busy";
        case 603:
        case 607: return "rejected";
        default: return "unreachable";
    }
}

}  // namespace

/// False: the number is none of an agent or outside; an entry point may have it.
bool Server::Impl::place_call(const sip::ua::Invited& event, const config::Agent& agent, std::string_view number,
                              Timestamp now) {
    const Destination to = dial_plan_.destination(number);
    if (to.kind == Destination::Kind::queue || to.kind == Destination::Kind::nowhere) return false;
    const auto refuse = [&](int status, std::string_view lines = {}) { ua_.refuse(event.session, status, lines, now); };
    if (!may_call(agent.id, to)) {
        // Where no trunk leads outside there is nothing to be kept from.
        if (to.kind == Destination::Kind::outside && !outside_number_of(to.number)) return false;
        security_.report("security.call_refused", event.flow, "INVITE", core_.plan().agents[index(agent.id)].name,
                         "not_allowed", now);
        refuse(403);
        return true;
    }
    if (to.kind == Destination::Kind::outside && !outside_number_of(to.number)) return false;
    DirectCall call;
    call.by = agent.id;
    call.calling = agent.id;
    if (to.kind == Destination::Kind::agent) call.callee = to.agent;
    call.to = name_of(to);
    call.caller.sip = event.session;
    if (draining_)
        refuse(503, "Retry-After: 30\r\n");
    else if (over_limit({}, now))
        refuse(503, sip::kRetryAfter);
    else if (call.callee && is_occupied(*call.callee))
        refuse(486);
    else if (const auto refused = prepare_caller_media(*event.invite, event.flow, {}, call.caller))
        refuse(*refused == routing::Refusal::limit ? 503 : 488);
    else
        start_direct(std::move(call), now);
    return true;
}

/// Has a call of any kind, or a phone that rings for one.
bool Server::Impl::is_occupied(routing::AgentId agent) const {
    using routing::Work;
    const Work work = core_.state().agents[index(agent)].facts.work();
    return work == Work::connected || work == Work::held || work == Work::reserved || other_calls_[index(agent)] != 0;
}

/// Nothing that rings leaves no call behind: false, then. The caller's session has been answered.
bool Server::Impl::start_direct(DirectCall&& begun, Timestamp now) {
    const auto id = static_cast<DirectId>(++last_direct_);
    DirectCall& call = directs_.emplace(id, std::move(begun)).first->second;
    call.id = id;
    touch(call);
    if (call.caller.sip != sip::SessionId{}) {
        sessions_[call.caller.sip] = DirectRef{id, true};
        media_sessions_[call.caller.media.session] = call.caller.sip;
        count_other_use(*call.calling, +1, now);
    }
    if (call.callee)
        ring_colleague(call, now);
    else
        ring_outside(call, now);
    tell_direct(call, "call.placed", now);
    if (call.ringing.empty()) {
        end_direct(id, cause_of(call.worst_status), status_for_caller(call.worst_status), now);
        return false;
    }
    call.guard = timers_.schedule(now + kRingMax, DirectTimer{id});
    call.callee_counted = call.callee.has_value();
    if (call.callee_counted) count_other_use(*call.callee, +1, now);
    return true;
}

/// All phones at once: a colleague is called as a person, whatever order the phones are in for queue calls.
void Server::Impl::ring_colleague(DirectCall& call, Timestamp now) {
    const config::Agent& callee = config_.agents[index(*call.callee)];
    const std::string& name = core_.plan().agents[index(*call.callee)].name;
    const Shown caller = shown_caller(call);
    const std::string from =
        quoted({}, caller.name) + " <sip:" + sip::escape_user(caller.number) + "@" + config_.sip.domain + ">";
    const std::string to = "<sip:" + sip::escape_user(name) + "@" + config_.sip.domain + ">";
    std::string lines;
    sip::MessageWriter(lines).header("Expires", phone_rings_at_most(kRingMax));
    const auto ring = [&](const PhoneTarget& phone) {
        sip::Invitation invitation{};
        invitation.request_uri = phone.uri;
        invitation.from = from;
        invitation.to = to;
        invitation.header_lines = lines;
        invitation.route_set = phone.route;
        invitation.alternatives = phone.alternatives;
        auto leg = open_leg(invitation, phone.flow, {}, now);
        if (!leg) return;
        leg->instance = phone.instance;
        sessions_[leg->sip] = DirectRef{call.id, false};
        call.ringing.push_back(std::move(*leg));
    };
    if (callee.contact) {
        if (const auto phone = fixed_phone(*callee.contact)) ring(*phone);
        return;
    }
    for (const auto& binding : registrar_.bindings(name)) {
        const PhoneTarget phone = target_of(binding);
        const bool rings = std::any_of(call.ringing.begin(), call.ringing.end(), [&](const AgentLeg& leg) {
            return !phone.instance.empty() && leg.instance == phone.instance;  // one flow of each is enough
        });
        if (!rings) ring(phone);
    }
}

/// A leg of its own with our offer in it; nullopt: no port, or no session.
std::optional<AgentLeg> Server::Impl::open_leg(sip::Invitation invitation, const sip::Flow& flow,
                                               std::optional<std::size_t> trunk, Timestamp now) {
    AgentLeg leg;
    if (!open_media(leg.media, flow.local.address, trunk)) {
        ports_exhausted(now);
        return std::nullopt;
    }
    const std::string offer = sdp::write_offer(leg.media.local);
    invitation.sdp = offer;
    const auto session = ua_.invite(invitation, flow, now);
    if (!session) {
        close_media(leg.media);
        return std::nullopt;
    }
    leg.sip = *session;
    leg.connection = flow.connection;
    if (leg.connection != 0) ringing_over_.emplace(leg.connection, leg.sip);
    media_sessions_[leg.media.session] = leg.sip;
    return leg;
}

DirectCall* Server::Impl::find_direct(DirectId id) {
    const auto found = directs_.find(id);
    return found == directs_.end() ? nullptr : &found->second;
}

void Server::Impl::direct_rings(DirectId id, const sip::ua::Progress& event, Timestamp now) {
    DirectCall* call = find_direct(id);
    if (!call || call->answered || call->rang || call->caller.sip == sip::SessionId{}) return;
    AgentLeg* leg = call->ringing.size() == 1 ? &call->ringing.front() : nullptr;
    // A carrier's tones and announcements are for the agent's ear (RFC 3960 §3.2); a colleague's phone has none.
    if (!call->callee && leg && !call->caller.late_offer && !sip::sdp_of(*event.response).empty()) {
        const auto description = sdp::parse(sip::sdp_of(*event.response));
        const auto audio =
            description ? sdp::accept(*description, leg->media.local) : Result<sdp::Audio>(description.error());
        if (audio) {
            call->rang = true;
            media_.connect(leg->media.session, *audio);
            media_.bridge(call->caller.media.session, leg->media.session);
            return ua_.ring(call->caller.sip, 183, call->caller.answer, now);
        }
    }
    if (event.response->status() != 180 && call->callee) return;
    call->rang = true;
    ua_.ring(call->caller.sip, 180, {}, now);
}

void Server::Impl::direct_answered(DirectId id, const sip::ua::Accepted& event, Timestamp now) {
    DirectCall* call = find_direct(id);
    const auto leg = std::find_if(call->ringing.begin(), call->ringing.end(),
                                  [&](const AgentLeg& l) { return l.sip == event.session; });
    if (!take_answer(leg->media, event.sdp)) {
        ua_.hang_up(event.session, "Reason: SIP;cause=488;text=\"Unusable answer\"\r\n", now);
        return direct_refused(id, event.session, 488, now);
    }
    AgentLeg answering = std::move(*leg);
    call->ringing.erase(leg);
    direct_joined(*call, std::move(answering), now);
}

/// The callee is there, on that leg.
void Server::Impl::direct_joined(DirectCall& call, AgentLeg leg, Timestamp now) {
    forget_ringing(leg);
    call.answered = std::move(leg);
    stop_ringing(call.ringing, kCompletedElsewhere, now);
    timers_.cancel(call.guard);
    call.answered_at = now;
    tell_direct(call, "call.answered", now);
    if (call.handed_on_from) take_handed_on(call, now);
    bridge_direct(call, now);
    if (call.is_consultation() || call.caller.answered) return;
    call.caller.answered = true;
    ua_.accept(call.caller.sip, std::exchange(call.caller.answer, {}), now);
}

void Server::Impl::bridge_direct(DirectCall& call, Timestamp now) {
    call.heard.reset();
    call.prompting = false;
    if (!call.is_consultation())
        review_hold(call, now);
    else if (Call* contact = find_call(*call.consults_for))
        hear(*contact, now);
}

void Server::Impl::direct_refused(DirectId id, sip::SessionId session, int status, Timestamp now) {
    sessions_.erase(session);
    DirectCall* call = find_direct(id);
    if (!call) return;
    for (AgentLeg& leg : call->ringing)
        if (leg.sip == session) {
            forget_ringing(leg);
            close_media(leg.media);
        }
    std::erase_if(call->ringing, [&](const AgentLeg& leg) { return leg.sip == session; });
    // The answer that tells most about the person is passed on: declined, then busy, then whatever else.
    const auto rank = [](int s) { return s >= 600 ? 3 : s == 486 ? 2 : s != 0 ? 1 : 0; };
    if (rank(status) >= rank(call->worst_status)) call->worst_status = status;
    if (status < 600 && !call->ringing.empty()) return;
    if (ring_next_trunk(*call, status, now)) return;
    end_direct(id, cause_of(call->worst_status), status_for_caller(call->worst_status), now);
}

/// One of its established legs is over.
void Server::Impl::direct_leg_ended(DirectRef ref, bool by_peer, Timestamp now) {
    if (DirectCall* call = find_direct(ref.call);
        call && call->handing_on && call->handing_on->caller != ref.is_caller) {
        call->handing_on->refer.reset();  // who handed on needn't wait: the other one does
        return drop_party(*call, ref.is_caller, now);
    }
    end_direct(ref.call, !by_peer ? "leg_lost" : ref.is_caller ? "caller_hangup" : "callee_hangup", 480, now);
}

void Server::Impl::fire(const DirectTimer& timer, Timestamp now) {
    end_direct(timer.call, "no_answer", 480, now);
}

/// Ends what is left of it. `status`: for the calling phone, if it waits for an answer yet.
void Server::Impl::end_direct(DirectId id, std::string_view cause, int status, Timestamp now,
                              std::string_view contact) {
    const auto found = directs_.find(id);
    if (found == directs_.end()) return;
    touch(found->second);
    DirectCall call = std::move(found->second);
    directs_.erase(found);
    timers_.cancel(call.guard);
    forget_keys(call.caller_keys);
    forget_keys(call.callee_keys);
    if (call.handing_on) {
        if (call.handing_on->refer) notify(*call.handing_on->refer, 487, now);
        end_direct(call.handing_on->onward, "caller_gone", 487, now);
    }
    stop_ringing(call.ringing, {}, now);
    if (call.answered) drop_leg(*call.answered, now);
    if (call.caller.sip != sip::SessionId{}) {
        sessions_.erase(call.caller.sip);
        if (call.caller.answered)
            ua_.hang_up(call.caller.sip, {}, now);
        else
            ua_.refuse(call.caller.sip, status, {}, now);  // nothing to do if it has been cancelled
        close_media(call.caller.media);
    }
    const Duration talked = call.answered_at == Timestamp{} ? Duration::zero() : now - call.answered_at;
    tell_direct(call, "call.ended", now, {"cause", cause}, {"talked_ms", static_cast<std::int64_t>(talked / 1ms)},
                journal::unless_empty("contact", contact));
    if (call.calling) count_other_use(*call.calling, -1, now);
    if (call.callee_counted) count_other_use(*call.callee, -1, now);
    for (const auto& trunk : {call.trunk, call.caller_trunk})
        if (trunk) trunks_.call_ended(*trunk, TrunkCall::out);
    if (DirectCall* before = call.handed_on_from ? find_direct(*call.handed_on_from) : nullptr)
        onward_failed(*before, cause, status, now);
    if (call.is_consultation())
        if (Call* contact = find_call(*call.consults_for); contact && contact->consultation == id)
            consultation_is_over(*contact, cause == "caller_hangup", now);
}

void Server::Impl::drop_leg(AgentLeg& leg, Timestamp now) {
    forget_ringing(leg);
    sessions_.erase(leg.sip);
    ua_.hang_up(leg.sip, {}, now);
    close_media(leg.media);
}

/// Who calls, as the callee is to see it.
Server::Impl::Shown Server::Impl::shown_caller(const DirectCall& call) const {
    return shown(call.handed_on.empty() ? core_.plan().agents[index(call.by)].name : call.handed_on);
}

/// An agent by name, or a number outside as it was dialled.
Server::Impl::Shown Server::Impl::shown(std::string_view party) const {
    const auto id = core_.plan().find_agent(party);
    if (!id) {
        const std::string number = outside_number_of(party).value_or(std::string(party));
        return {number, number};
    }
    const routing::Agent& agent = core_.plan().agents[index(*id)];
    const std::string& extension = config_.agents[index(*id)].extension;
    return {agent.display_name.empty() ? agent.name : agent.display_name, extension.empty() ? agent.name : extension};
}

/// Of an agent or a number outside.
std::string Server::Impl::name_of(const Destination& to) const {
    return to.kind == Destination::Kind::agent ? core_.plan().agents[index(to.agent)].name : to.number;
}

void Server::Impl::tell_direct(const DirectCall& call, std::string_view type, Timestamp now, journal::Field more,
                               journal::Field duration, journal::Field contact) {
    const bool outside = !call.callee;
    // Of the leg that is news: the agent's as it is placed, a consultation's only one, the callee's as it is answered.
    sip::SessionId leg{};
    if (type == "call.answered")
        leg = call.answered->sip;
    else if (type == "call.placed")
        leg = call.caller.sip != sip::SessionId{} || call.ringing.empty() ? call.caller.sip : call.ringing.front().sip;
    sink_.append(now, type,
                 {{"agent", core_.plan().agents[index(call.by)].name},
                  {"to", call.to},
                  {"kind", outside ? std::string_view("outside") : std::string_view("agent")},
                  journal::unless_empty("for", call.handed_on),
                  journal::unless_empty("trunk", call.trunk ? config_.trunks[*call.trunk].name : std::string_view()),
                  journal::unless_empty("call_id", ua_.call_id(leg)),
                  duration,
                  more,
                  contact});
}

}  // namespace centrala::calls
