// The design's invariants over the server's state and its event log.
#include "sim/checkers.hpp"

namespace centrala::sim {
namespace {

using namespace routing;

bool skilled(const AgentRecord& agent, const Queue& queue) {
    for (const auto& need : queue.required) {
        bool has = false;
        for (const auto& skill : agent.skills) has = has || (skill.skill == need.skill && skill.level >= need.level);
        if (!has) return false;
    }
    return true;
}

}  // namespace

void Checkers::say(std::string what) {
    if (wrong.size() < 20) wrong.push_back("step " + std::to_string(world_.steps) + ": " + std::move(what));
}

void Checkers::after_step() {
    read_new_events();
    one_holder_each();
    capacity_of_agents();
    nobody_waits_while_an_agent_may_take_it();
    every_leg_has_its_media();
    everything_ends_by_itself();
}

/// The chain of holders: each hand-off begins where the last one ended.
void Checkers::read_new_events() {
    const auto move = [&](ContactId contact, const std::string& from, const std::string& to) {
        auto& holder = holder_[contact];
        if (holder != from)
            say("contact " + std::to_string(static_cast<std::uint64_t>(contact)) + " goes from " + from +
                " but is held by " + holder);
        holder = to;
    };
    const auto queue = [](QueueId id) { return "queue " + std::to_string(index(id)); };
    const auto agent = [](AgentId id) { return "agent " + std::to_string(index(id)); };
    for (; read_ < world_.log.events.size(); ++read_) {
        const auto& body = world_.log.events[read_].body;
        if (const auto* e = std::get_if<event::ContactArrived>(&body)) move(e->contact, "", "entry");
        if (const auto* e = std::get_if<event::ContactRefused>(&body)) move(e->contact, "entry", "ended");
        if (const auto* e = std::get_if<event::ContactEnqueued>(&body)) move(e->contact, "entry", queue(e->queue));
        if (const auto* e = std::get_if<event::ContactOverflowed>(&body))
            move(e->contact, queue(e->from), queue(e->to));
        if (const auto* e = std::get_if<event::ContactConnected>(&body))
            move(e->contact, queue(e->queue), agent(e->agent));
        if (const auto* e = std::get_if<event::ContactRescued>(&body))
            move(e->contact, agent(e->agent), queue(e->queue));
        if (const auto* e = std::get_if<event::ContactTransferred>(&body))
            move(e->contact, agent(e->agent),
                 e->to_queue()                          ? queue(e->queue)
                 : e->target == TransferTarget::outside ? "outside " + e->number
                                                        : agent(*e->target_agent));
        if (const auto* e = std::get_if<event::ContactReturned>(&body))
            move(e->contact, "outside " + e->number, queue(e->queue));
        if (const auto* e = std::get_if<event::ContactAbandoned>(&body)) move(e->contact, queue(e->queue), "ended");
        if (const auto* e = std::get_if<event::ContactEnded>(&body))
            move(e->contact,
                 e->agent              ? agent(*e->agent)
                 : !e->outside.empty() ? "outside " + e->outside
                                       : queue(*e->queue),
                 "ended");
        if (const auto* e = std::get_if<event::OfferMade>(&body)) outcomes_[e->offer] = 0;
        if (const auto* e = std::get_if<event::OfferEnded>(&body))
            if (++outcomes_[e->offer] != 1)
                say("offer " + std::to_string(static_cast<std::uint64_t>(e->offer)) + " has more than one outcome");
    }
}

void Checkers::one_holder_each() {
    const auto& state = world_.core.state();
    if (state.contacts.size() != world_.server.calls(world_.now).size())
        say("routing and calls disagree on how many calls there are");
    std::size_t in_queues = 0;
    for (const auto& queue : state.queues) in_queues += queue.line();
    std::size_t talking = 0;
    for (const auto& [id, contact] : state.contacts)
        talking += contact.phase == ContactPhase::talking || contact.phase == ContactPhase::outside;
    if (in_queues + talking != state.contacts.size()) say("a contact has no holder or two");
}

void Checkers::capacity_of_agents() {
    std::map<AgentId, int> load;
    for (const auto& [id, offer] : world_.core.state().offers) ++load[offer.agent];
    for (const auto& [id, contact] : world_.core.state().contacts)
        if (contact.phase == ContactPhase::talking && contact.agent) ++load[*contact.agent];
    for (const auto& [agent, n] : load)
        if (n > 1) say("agent " + std::to_string(index(agent)) + " has " + std::to_string(n) + " calls");
}

void Checkers::nobody_waits_while_an_agent_may_take_it() {
    const auto& state = world_.core.state();
    const auto& plan = world_.core.plan();
    for (const auto& [id, contact] : state.contacts) {
        if (contact.phase != ContactPhase::waiting) continue;
        for (std::size_t a = 0; a < state.agents.size(); ++a) {
            if (!available(state.agents[a].facts) || !skilled(state.agents[a], plan.queues[index(contact.queue)]))
                continue;
            bool refused = false;
            for (const auto& memory : contact.refusals)
                refused = refused || (index(memory.agent) == a && memory.until > state.clock);
            if (!refused)
                say("contact " + std::to_string(static_cast<std::uint64_t>(id)) + " waits while agent " +
                    std::to_string(a) + " idles");
        }
    }
}

void Checkers::every_leg_has_its_media() {
    const auto stats = world_.server.stats();
    if (stats.legs != stats.media_sessions)
        say(std::to_string(stats.legs) + " legs but " + std::to_string(stats.media_sessions) + " media sessions");
    if (world_.media.misuse != 0) say("a media session was used after its end");
}

/// Whoever is reserved or wrapping, and each ringing offer, has a deadline.
void Checkers::everything_ends_by_itself() {
    const auto& state = world_.core.state();
    for (const auto& agent : state.agents) {
        if (agent.facts.work == Work::reserved && (!agent.offer || !state.find(*agent.offer)))
            say("an agent is reserved without an offer");
        if (agent.facts.work == Work::connected && (!agent.contact || !state.find(*agent.contact)))
            say("an agent talks to nobody");
        if (agent.facts.work == Work::wrapping && !agent.wrap_until) say("a wrap-up never ends");
    }
    for (const auto& [id, offer] : state.offers)
        if (offer.ring_until < world_.now - 1ms) say("an offer rings past its time");
}

void Checkers::at_rest() {
    after_step();
    const auto stats = world_.server.stats();
    if (stats.legs != 0) say(std::to_string(stats.legs) + " legs are left");
    if (stats.sip_sessions != 0) say(std::to_string(stats.sip_sessions) + " SIP sessions are left");
    if (stats.sip.client != 0 || stats.sip.server != 0) say("SIP transactions are left");
    if (!world_.core.state().contacts.empty()) say("contacts are left");
    if (!world_.core.state().offers.empty()) say("offers are left");
    if (!world_.server.idle()) say("the server isn't idle");
    for (const auto& [contact, holder] : holder_)
        if (holder != "ended")
            say("contact " + std::to_string(static_cast<std::uint64_t>(contact)) + " never ended: " + holder);
    for (const auto& [offer, n] : outcomes_)
        if (n != 1)
            say("offer " + std::to_string(static_cast<std::uint64_t>(offer)) + " has " + std::to_string(n) +
                " outcomes");

    // Folding the log gives the state that wrote it.
    Core folded(world_.config.plan);
    for (const auto& event : world_.log.events) folded.restore(event);
    State a = folded.state();
    State b = world_.core.state();
    const Timestamp end = std::max(a.clock, b.clock);
    advance(a, end);
    advance(b, end);
    if (!(a == b)) say("folding the log gives another state");
}

}  // namespace centrala::sim
