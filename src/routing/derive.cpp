#include "centrala/routing/derive.hpp"

#include "centrala/routing/breaks.hpp"

namespace centrala::routing {
namespace {

void forget_what_follows(State& s, const Plan& plan) {
    s.deadlines = Deadlines(plan.queues.size());
    s.asking.clear();
    s.waiting = s.joinable = 0;
    s.talks_count_for = longest_memory(plan);
    s.index = Index(plan);
    for (AgentRecord& agent : s.agents) agent.wanted_by.clear();
    for (std::size_t q = 0; q < s.queues.size(); ++q) {
        QueueRecord& queue = s.queues[q];
        queue.lines.assign(plan.queues[q].steps(), {});
        queue.joinable.assign(plan.queues[q].steps(), {});
        queue.kept.clear();
        queue.ringing.clear();
    }
}

void derive_deadlines(State& s, const Plan& plan) {
    const auto due = [&](std::optional<Timestamp> at, DeadlineKind kind, std::uint64_t id, AgentId agent = {}) {
        if (at) s.deadlines.put({*at, kind, id, agent});
    };
    const auto due_in_line = [&](std::optional<Timestamp> at, DeadlineKind kind, const ContactRecord& contact) {
        if (at) s.deadlines.put({*at, kind, index(contact.id), {}}, contact.queue);
    };
    for (std::size_t i = 0; i < s.agents.size(); ++i) {
        due(s.agents[i].busy_until, DeadlineKind::busy_memory, i);
        due(s.agents[i].device_until, DeadlineKind::device, i);
        due(s.agents[i].not_ready_until, DeadlineKind::not_ready, i);
        const auto id = static_cast<AgentId>(i);
        const auto& facts = s.agents[i].facts;
        for (const Task& task : facts.tasks)
            if (task.wrap_until) s.deadlines.put(wrap_up_deadline(id, task));
        if (facts.asks) s.deadlines.put(break_deadline(plan, id, *facts.asks));
        if (const auto key = break_key(id, facts)) s.asking.insert(*key);
    }
    for (ContactRecord& contact : s.contacts) {
        QueueRecord& queue = s.queues[index(contact.queue)];
        if (contact.step + 1 >= queue.lines.size()) {  // the plan may have fewer steps by now
            contact.step = static_cast<std::uint32_t>(queue.lines.size() - 1);
            contact.relax_at.reset();
        }
        if (contact.phase == ContactPhase::waiting) {
            (contact.wanted ? queue.kept : queue.lines[contact.step]).insert(wait_key(contact));
            if (contact.wanted) s.agents[index(*contact.wanted)].wanted_by.insert(contact.id);
            due_in_line(contact.wanted_until, DeadlineKind::wanted, contact);
            ++s.waiting;
            if (!contact.wanted && !queue.waits.since) queue.waits.since = s.clock;
            due_in_line(contact.leave_at, DeadlineKind::max_wait, contact);
            due_in_line(contact.relax_at, DeadlineKind::relax, contact);
        }
        if (contact.phase == ContactPhase::offered) queue.ringing.insert(wait_key(contact));
        const bool joins = joinable(s, plan, contact);
        if (joins && queue.joinable[contact.step].insert(wait_key(contact))) ++s.joinable;
        if (joins || contact.phase == ContactPhase::waiting)
            due_in_line(release_of(contact, plan, s.clock), DeadlineKind::release, contact);
        for (const auto& one : contact.refusals)
            due(one.until, DeadlineKind::refusal_memory, index(contact.id), one.agent);
    }
    for (QueueRecord& queue : s.queues)
        if (queue.in_lines() == 0) queue.waits.since.reset();
    for (const OfferRecord& offer : s.offers) due(offer.ring_until, DeadlineKind::ring_timeout, index(offer.id));
}

void derive_index(State& s, const Plan& plan, const ListedShares& shares) {
    for (std::size_t i = 0; i < s.agents.size(); ++i) {
        const auto id = static_cast<AgentId>(i);
        const AgentRecord& agent = s.agents[i];
        s.index.set_skills(plan, id, agent.skills, agent.facts.session == Session::logged_in);
        s.index.set_at_work(id, at_work(agent.facts));
        // Without a share no queue ranked by it; should the plan have changed, that of now is as good as any.
        const auto share = i < shares.size() && shares[i] ? *shares[i] : occupancy_ppm(agent, s.clock);
        for (const Channel c : kEveryChannel)
            if (is_willing(agent.facts) && has_room(agent.facts, c, plan.agents[i].chats))
                s.index.set_available(c, s.index.idle_key(id, c, agent.idle_since, agent.facts.tasks.size()), share,
                                      agent.session_calls);
    }
}

}  // namespace

ListedShares listed_shares(const State& state) {
    ListedShares shares(state.agents.size());
    for (std::size_t i = 0; i < state.queues.size(); ++i)
        for (std::size_t step = 0; step < state.queues[i].lines.size(); ++step)
            for (const auto& [share, key] : state.index.lists(static_cast<QueueId>(i), step).by_share)
                shares[index(key.agent)] = share;
    return shares;
}

void derive(State& state, const Plan& plan, const ListedShares& shares) {
    forget_what_follows(state, plan);
    derive_deadlines(state, plan);
    derive_index(state, plan, shares);
}

}  // namespace centrala::routing
