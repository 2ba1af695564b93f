// What a phone is told of an agent or a queue, from routing's facts (RFC 4235, RFC 3863, RFC 4480, RFC 3842).
#include <algorithm>

#include "centrala/presence/documents.hpp"
#include "server_impl.hpp"

namespace centrala::calls {
namespace {

using presence::Activity;
using presence::Lamp;
using presence::Package;
using routing::AgentState;

/// For people; the words of the event log would need explaining.
std::string_view note_of(AgentState state) {
    switch (state) {
        case AgentState::logged_out: return "logged out";
        case AgentState::unreachable: return "phone not reachable";
        case AgentState::talking: return "talking";
        case AgentState::wrap_up: return "after-call work";
        case AgentState::reserved: return "ringing";
        case AgentState::busy: return "on another call";
        case AgentState::not_ready: return "not ready";
        case AgentState::ready: return "ready";
    }
    return {};
}

/// What the agent wants once the present call is over, which is what a key for it shows.
bool wants_calls(const routing::AgentFacts& facts) {
    const auto intent = facts.pending ? facts.pending->intent : facts.intent;
    return facts.session == routing::Session::logged_in && intent == routing::Intent::ready;
}

}  // namespace

std::string Server::Impl::document(const presence::Notify& notify) const {
    const std::size_t watched = static_cast<std::size_t>(notify.resource);
    const bool is_agent = watched % 2 == 0;
    const auto agent = static_cast<routing::AgentId>(watched / 2);
    const auto queue = static_cast<routing::QueueId>(watched / 2);
    switch (notify.package) {
        case Package::dialog:
            return presence::dialog_info(notify.entity, notify.version,
                                         is_agent ? lamp(agent) : Lamp{lamp_state(queue), {}, {}, {}});
        case Package::presence: return presence::pidf(notify.entity, is_agent ? presentity(agent) : presentity(queue));
        case Package::message_summary: return presence::no_messages(notify.entity);
        case Package::feature_event: return feature_document(agent, notify.document);
    }
    return {};
}

Lamp::State Server::Impl::lamp_state(routing::AgentId agent) const {
    const auto& facts = core_.state().agents[index(agent)].facts;
    switch (facts.work()) {
        case routing::Work::connected:
        case routing::Work::held: return Lamp::State::confirmed;
        case routing::Work::reserved: return Lamp::State::early;
        case routing::Work::idle:
        case routing::Work::wrapping: break;
    }
    return facts.other_use == routing::OtherUse::none ? Lamp::State::dark : Lamp::State::confirmed;
}

/// Lit while somebody waits.
Lamp::State Server::Impl::lamp_state(routing::QueueId queue) const {
    return core_.state().queues[index(queue)].line() != 0 ? Lamp::State::confirmed : Lamp::State::dark;
}

Lamp Server::Impl::lamp(routing::AgentId agent) const {
    Lamp lamp;
    lamp.state = lamp_state(agent);
    const auto& record = core_.state().agents[index(agent)];
    const auto work = record.facts.work();
    if (work == routing::Work::idle || work == routing::Work::wrapping) return lamp;
    lamp.direction = Lamp::Direction::recipient;
    const auto call = calls_.find(record.facts.tasks.front().contact);
    if (!config_.presence.show_callers || call == calls_.end() || call->second.withheld) return lamp;
    lamp.remote_uri = "sip:" + sip::escape_user(call->second.caller_number) + "@" + config_.sip.domain;
    lamp.remote_name = call->second.caller_name;
    return lamp;
}

presence::Presentity Server::Impl::presentity(routing::AgentId agent) const {
    const auto& facts = core_.state().agents[index(agent)].facts;
    const AgentState state = displayed(facts);
    presence::Presentity shown;
    shown.open = state != AgentState::logged_out && state != AgentState::unreachable;
    shown.note = note_of(state);
    switch (state) {
        case AgentState::talking:
        case AgentState::busy: shown.activity = Activity::on_the_phone; break;
        case AgentState::wrap_up:
        case AgentState::reserved: shown.activity = Activity::busy; break;
        case AgentState::not_ready: shown.activity = activity_for(facts.reason); break;
        case AgentState::logged_out:
        case AgentState::unreachable:
        case AgentState::ready: break;
    }
    return shown;
}

presence::Presentity Server::Impl::presentity(routing::QueueId queue) const {
    const bool waiting = lamp_state(queue) != Lamp::State::dark;
    return {!core_.plan().queues[index(queue)].closed, waiting ? Activity::busy : Activity::none,
            waiting ? "calls wait" : "nobody waits"};
}

Activity Server::Impl::activity_for(std::string_view reason) const {
    const auto& reasons = core_.plan().reasons;
    const auto i = static_cast<std::size_t>(std::find(reasons.begin(), reasons.end(), reason) - reasons.begin());
    const auto& words = config_.presence.activities;
    return i < words.size() ? presence::parse_activity(words[i]).value_or(Activity::away) : Activity::away;
}

std::string Server::Impl::feature_document(routing::AgentId agent, unsigned which) const {
    using presence::AgentKey;
    const std::string& name = core_.plan().agents[index(agent)].name;
    const auto& facts = core_.state().agents[index(agent)].facts;
    const bool logged_in = facts.session == routing::Session::logged_in;
    if (which == 0) return presence::do_not_disturb_event(name, logged_in && !wants_calls(facts));
    if (!logged_in) return presence::agent_event(name, AgentKey::logged_off, 0);
    if (facts.work() == routing::Work::wrapping) return presence::agent_event(name, AgentKey::working_after_call, 0);
    if (wants_calls(facts)) return presence::agent_event(name, AgentKey::ready, 0);
    const auto& reasons = core_.plan().reasons;
    const auto found = std::find(reasons.begin(), reasons.end(), facts.pending ? facts.pending->reason : facts.reason);
    const auto number = found == reasons.end() ? 0 : found - reasons.begin() + 1;
    return presence::agent_event(name, AgentKey::not_ready, static_cast<unsigned>(number));
}

}  // namespace centrala::calls
