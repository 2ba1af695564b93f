#include "centrala/routing/explain.hpp"

#include <algorithm>

#include "reservation.hpp"
#include "strategies.hpp"

namespace centrala::routing {
namespace {

constexpr int kLookedAt = 100;  ///< waiting contacts of one step

/// What keeps the agent from this queue's calls at this step, whatever it does at the moment.
Obstacle obstacle_of_kind(const State& state, const Plan& plan, AgentId agent, QueueId queue, std::size_t step) {
    const auto& skills = state.agents[index(agent)].skills;
    if (level_for(plan, queue, step, agent, skills)) return {};
    const Agent& who = plan.agents[index(agent)];
    if (plan.queues[index(queue)].channel == Channel::chat && who.chats == 0)
        return {Bar::other_channel, {}, 0, {}, {}};
    const Requirement& required = plan.queues[index(queue)].required_at(step);
    const auto among = [](const auto& list, auto id) {
        return list.empty() || std::find(list.begin(), list.end(), id) != list.end();
    };
    if (!among(who.queues, queue)) return {Bar::other_queues, {}, 0, {}, {}};
    if (!among(required.groups, who.group)) return {Bar::other_group, {}, 0, {}, {}};
    for (const SkillLevel& need : required.skills) {
        const auto has = std::find_if(skills.begin(), skills.end(), [&](auto& s) { return s.skill == need.skill; });
        const std::uint8_t have = has == skills.end() ? 0 : has->level;
        if (have < need.level) return {Bar::lacks_skill, need, have, {}, {}};
    }
    return {};
}

/// What the agent does or wants, as far as it is in the way of what comes like this.
Obstacle obstacle_of_state(const AgentRecord& agent, Channel channel, const Agent& planned) {
    const AgentFacts& facts = agent.facts;
    if (channel == Channel::chat && !facts.tasks.empty() && facts.tasks.front().channel == Channel::chat) {
        if (facts.tasks.back().work == Work::reserved) return {Bar::reserved, {}, 0, {}, {}};
        if (!has_room(facts, channel, planned.chats)) return {Bar::full, {}, 0, {}, {}};
    }
    switch (has_room(facts, channel, planned.chats) ? displayed_if_idle(facts) : displayed(facts)) {
        case AgentState::logged_out: return {Bar::logged_out, {}, 0, {}, {}};
        case AgentState::talking: return {Bar::talking, {}, 0, {}, {}};
        case AgentState::wrap_up: return {Bar::wrap_up, {}, 0, facts.tasks.front().wrap_until, {}};
        case AgentState::reserved: return {Bar::reserved, {}, 0, {}, {}};
        case AgentState::unreachable: return {Bar::unreachable, {}, 0, agent.device_until, {}};
        case AgentState::busy: return {Bar::busy, {}, 0, agent.busy_until, {}};
        case AgentState::not_ready: return {Bar::not_ready, {}, 0, {}, {}};
        case AgentState::ready: break;
    }
    return {facts.pending ? Bar::pending : Bar::none, {}, 0, {}, {}};
}

Candidate candidate(const Opening& o, AgentId agent) {
    const AgentRecord& a = o.state.agents[index(agent)];
    const Group& group = o.state.index.group_of(agent);
    Candidate c;
    c.agent = agent;
    c.idle = o.now - a.idle_since;
    c.level = level_for(o.plan, o.contact.queue, o.contact.step, agent, a.skills).value_or(0);
    c.liked = liking(o.plan.queues[index(o.contact.queue)], a.skills);
    c.pace = pace_of(o.plan, o.contact.queue, agent);
    c.missed = missed_elsewhere(o, group, !a.facts.tasks.empty());
    for (const Eligibility& e : group.serves) c.queues += e.step == 0;
    c.session_calls = a.session_calls;
    c.weight = weight_of(o.plan, o.contact.queue, agent);
    c.group_available = static_cast<std::uint32_t>(group.idle_for(o.channel()).size());
    c.group_at_work = group.at_work;
    c.occupancy_ppm = occupancy_ppm(a, o.now);
    return c;
}

}  // namespace

std::string_view to_string(Bar bar) {
    constexpr std::string_view kWords[] = {
        "none",    "other_channel",   "other_queues", "other_group", "lacks_skill", "logged_out", "talking",
        "wrap_up", "reserved",        "full",         "unreachable", "busy",        "not_ready",  "pending",
        "refused", "kept_for_others", "not_wanted"};
    static_assert(std::size(kWords) == kBars);
    const auto i = static_cast<std::size_t>(bar);
    return i < kBars ? kWords[i] : std::string_view("?");
}

Obstacle obstacle(const State& state, const Plan& plan, AgentId agent, const ContactRecord& contact, Timestamp now) {
    const AgentRecord& a = state.agents[index(agent)];
    const bool wanted = contact.wanted == agent;
    if (!wanted || !may_be_given(state, plan, contact, agent))
        if (const auto o = obstacle_of_kind(state, plan, agent, contact.queue, contact.step); o.bar != Bar::none)
            return o;
    const Channel channel = plan.queues[index(contact.queue)].channel;
    if (const auto o = obstacle_of_state(a, channel, plan.agents[index(agent)]); o.bar != Bar::none) return o;
    for (const RefusalMemory& r : contact.refusals)
        if (r.agent == agent && r.until > now) return {Bar::refused, {}, 0, r.until, {}};
    if (wanted) return {};
    if (contact.wanted) return {Bar::not_wanted, {}, 0, contact.wanted_until, {}, contact.wanted};
    const auto keeper = kept_for(state, plan, state.index.serves(agent), contact.queue, contact.enqueued, now);
    if (keeper) return {Bar::kept_for_others, {}, 0, release_of(contact, plan, now), keeper};
    return {};
}

ContactExplanation explain(const State& state, const Plan& plan, const ContactRecord& contact, Timestamp now,
                           std::size_t most) {
    ContactExplanation e{contact.id,
                         contact.queue,
                         contact.step,
                         state.queues[index(contact.queue)].position(wait_key(contact)),
                         waited(contact, now),
                         {},
                         0,
                         {},
                         contact.wanted,
                         contact.wanted_until};
    for (std::size_t i = 0; i < state.agents.size(); ++i) {
        const auto agent = static_cast<AgentId>(i);
        const Obstacle o = obstacle(state, plan, agent, contact, now);
        if (o.bar == Bar::none)
            ++e.available;
        else
            e.barred.push_back({agent, o});
    }
    std::stable_sort(e.barred.begin(), e.barred.end(),
                     [](const Barred& a, const Barred& b) { return a.obstacle.bar < b.obstacle.bar; });
    // The strategy says who comes next when those before have refused.
    ContactRecord refused = contact;
    std::erase_if(refused.refusals, [&](const RefusalMemory& r) { return r.until <= now; });
    if (contact.wanted) {
        if (e.available > 0) e.candidates.push_back(candidate(Opening(state, plan, refused, now), *contact.wanted));
        return e;
    }
    while (e.candidates.size() < std::min(most, e.available)) {
        const Opening opening(state, plan, refused, now);
        const auto next = policy_of(plan.queues[index(contact.queue)].strategy).pick(opening).first;
        if (!next) break;
        e.candidates.push_back(candidate(opening, *next));
        refused.refusals.push_back({*next, Timestamp::max()});
    }
    return e;
}

AgentExplanation explain(const State& state, const Plan& plan, AgentId agent, Timestamp now) {
    const AgentFacts& facts = state.agents[index(agent)].facts;
    AgentExplanation e{agent, displayed(facts), {}};
    if (facts.asks) e.asks = {*facts.asks, break_due(plan, *facts.asks), break_obstacle(state, plan, agent)};
    for (std::size_t q = 0; q < state.queues.size(); ++q) {
        QueueExplanation best;
        best.queue = static_cast<QueueId>(q);
        best.waiting = state.queues[q].waiting();
        if (best.waiting == 0) continue;
        bool any = false;
        const auto look = [&](const Ordered<WaitKey>& line) {
            int left = kLookedAt;
            for (auto it = line.begin(); it != line.end() && left > 0; ++it, --left) {
                const ContactRecord& contact = *state.find(it->contact);
                const Obstacle o = obstacle(state, plan, agent, contact, now);
                // What comes later in the order of bars is nearer to an offer; none is nearest.
                const auto near = [](Bar bar) { return bar == Bar::none ? kBars : static_cast<std::size_t>(bar); };
                if (any && near(o.bar) <= near(best.obstacle.bar)) continue;
                any = true;
                best.contact = contact.id;
                best.obstacle = o;
            }
        };
        for (const auto& line : state.queues[q].lines) look(line);
        look(state.queues[q].kept);
        const std::size_t from = state.find(best.contact)->step + std::size_t{1};
        for (std::size_t step = from; step < plan.queues[q].steps() && !best.opens_at_step; ++step)
            if (best.obstacle.bar <= Bar::lacks_skill && best.obstacle.bar != Bar::none &&
                obstacle_of_kind(state, plan, agent, best.queue, step).bar == Bar::none)
                best.opens_at_step = static_cast<std::uint32_t>(step);
        e.queues.push_back(best);
    }
    return e;
}

}  // namespace centrala::routing
