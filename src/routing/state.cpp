// What can be read off the state: displayed states, waits, shares, lists.
#include "centrala/routing/state.hpp"

#include <algorithm>
#include <numeric>
#include <utility>

namespace centrala::routing {

AgentState displayed(const AgentFacts& f) {
    if (f.session == Session::logged_out) return AgentState::logged_out;
    switch (f.work()) {
        case Work::connected:
        case Work::held: return AgentState::talking;
        case Work::wrapping: return AgentState::wrap_up;
        case Work::reserved: return AgentState::reserved;
        case Work::idle: break;
    }
    return displayed_if_idle(f);
}

AgentState displayed_if_idle(const AgentFacts& f) {
    if (f.session == Session::logged_out) return AgentState::logged_out;
    if (f.device != Device::registered) return AgentState::unreachable;
    if (f.other_use != OtherUse::none) return AgentState::busy;
    return f.intent == Intent::ready ? AgentState::ready : AgentState::not_ready;
}

bool has_room(const AgentFacts& f, Channel channel, std::uint32_t most) {
    if (f.tasks.empty()) return channel == Channel::voice || most > 0;
    const bool chats = channel == Channel::chat && f.tasks.front().channel == Channel::chat;
    return chats && f.tasks.back().work != Work::reserved && f.tasks.size() < most;
}

bool is_willing(const AgentFacts& f) {
    return displayed_if_idle(f) == AgentState::ready && !f.pending;
}

int place_in_hand(const Task& task) {
    return task.work == Work::reserved ? 2 : task.work == Work::wrapping ? 1 : 0;
}

bool can_be_in_hand(const Tasks& tasks) {
    std::set<ContactId> contacts;
    std::size_t reserved = 0;
    for (const Task& task : tasks) {
        contacts.insert(task.contact);
        reserved += task.work == Work::reserved;
        if (task.work == Work::idle || (task.channel == Channel::voice && tasks.size() > 1)) return false;
    }
    return contacts.size() == tasks.size() && reserved <= 1 && tasks.size() <= kChatsMax &&
           std::ranges::is_sorted(tasks, {}, place_in_hand);
}

const Task* AgentFacts::task(ContactId contact) const {
    const auto it = std::find_if(tasks.begin(), tasks.end(), [&](const Task& t) { return t.contact == contact; });
    return it == tasks.end() ? nullptr : &*it;
}

Task* AgentFacts::task(ContactId contact) {
    return const_cast<Task*>(std::as_const(*this).task(contact));
}

Deadline wrap_up_deadline(AgentId agent, const Task& task) {
    return {*task.wrap_until, DeadlineKind::wrap_up, index(task.contact), agent};
}

bool at_work(const AgentFacts& f) {
    switch (displayed(f)) {
        case AgentState::ready:
        case AgentState::reserved:
        case AgentState::talking:
        case AgentState::wrap_up: return true;
        case AgentState::logged_out:
        case AgentState::unreachable:
        case AgentState::busy:
        case AgentState::not_ready: break;
    }
    return false;
}

bool stays_ready(const AgentFacts& f) {
    if (f.session == Session::logged_out || f.device != Device::registered) return false;
    return f.pending ? !f.pending->logout && f.pending->intent == Intent::ready : f.intent == Intent::ready;
}

Duration time_in(const AgentRecord& agent, AgentState state, Timestamp now) {
    const Duration before = agent.time_in[static_cast<std::size_t>(state)];
    if (state == AgentState::logged_out || displayed(agent.facts) != state) return before;
    return before + (now - agent.state_since);
}

Duration logged_in_for(const AgentRecord& agent, Timestamp now) {
    return agent.facts.session == Session::logged_in ? now - agent.session_since : Duration::zero();
}

std::uint32_t occupancy_ppm(const AgentRecord& agent, Timestamp now) {
    const AgentState shown = displayed(agent.facts);  // once: strategies ask this of many
    const auto us = [&](AgentState s) {
        const Duration present = s == shown ? now - agent.state_since : Duration::zero();
        return static_cast<std::uint64_t>((agent.time_in[static_cast<std::size_t>(s)] + present).count());
    };
    const std::uint64_t busy = us(AgentState::talking) + us(AgentState::wrap_up);
    const std::uint64_t base = busy + us(AgentState::reserved) + us(AgentState::ready);
    if (base == 0) return 0;
    // Microseconds of 200 days times a million still fit; a longer session loses microseconds, not its order.
    const unsigned shift = busy >> 44 ? 20 : 0;
    return static_cast<std::uint32_t>((busy >> shift) * 1'000'000 / std::max<std::uint64_t>(base >> shift, 1));
}

Duration waited(const ContactRecord& contact, Timestamp now) {
    switch (contact.phase) {
        case ContactPhase::waiting:
        case ContactPhase::offered: return contact.waited_before + (now - contact.waiting_since);
        case ContactPhase::arrived:
        case ContactPhase::talking:
        case ContactPhase::outside: break;
    }
    return contact.waited_before;
}

bool joinable(const State& state, const Plan& plan, const ContactRecord& contact) {
    if (contact.phase != ContactPhase::offered || contact.wanted || contact.offers.empty()) return false;
    const OfferRecord* first = state.find(contact.offers.front());
    return first && !first->direct && contact.offers.size() < plan.queues[index(contact.queue)].ring_at_once;
}

Duration held(const ContactRecord& contact, Timestamp now) {
    return contact.held_before + (contact.held_since ? now - *contact.held_since : Duration::zero());
}

int raise_of(const ContactRecord& contact, const Plan& plan) {
    int raise = contact.advice.priority;
    if (contact.entry_point) raise += plan.entry_points[index(*contact.entry_point)].priority;
    if (contact.callers) raise += plan.caller_lists[index(*contact.callers)].priority;
    return raise;
}

bool may_be_given(const State& state, const Plan& plan, const ContactRecord& contact, AgentId agent) {
    if (state.index.serves(agent, contact.queue, contact.step)) return true;
    const auto& dialled =
        contact.entry_point ? plan.entry_points[index(*contact.entry_point)].wanted : std::optional<Wanted>();
    return dialled && dialled->agent == agent;
}

WaitKey wait_key(const ContactRecord& contact) {
    return {-contact.priority, contact.enqueued, contact.id};
}

std::size_t QueueRecord::waiting() const {
    return std::accumulate(lines.begin(), lines.end(), kept.size(),
                           [](std::size_t sum, const auto& line) { return sum + line.size(); });
}

std::size_t QueueRecord::waiting_before(const WaitKey& key) const {
    std::size_t count = kept.count_before(key);
    for (const auto& line : lines) count += line.count_before(key);
    return count;
}

std::size_t QueueRecord::position(const WaitKey& key) const {
    return 1 + waiting_before(key) + ringing.count_before(key);
}

std::optional<Timestamp> QueueRecord::longest_since() const {
    std::optional<Timestamp> since;
    const auto look = [&](const Ordered<WaitKey>& line) {
        if (!line.empty() && (!since || line.begin()->enqueued < *since)) since = line.begin()->enqueued;
    };
    for (const auto& line : lines) look(line);
    look(kept);
    look(ringing);
    return since;
}

std::vector<SkillLevel> planned_skills(const Agent& agent) {
    std::vector<SkillLevel> skills;
    for (const SkillLevel& s : agent.skills) {
        const auto at = std::lower_bound(skills.begin(), skills.end(), s.skill,
                                         [](const SkillLevel& x, SkillId id) { return x.skill < id; });
        if (at != skills.end() && at->skill == s.skill)
            at->level = std::max(at->level, s.level);
        else
            skills.insert(at, s);
    }
    return skills;
}

Duration longest_memory(const Plan& plan) {
    Duration memory{};
    for (const Queue& queue : plan.queues)
        if (queue.sticky) memory = std::max(memory, queue.sticky->memory);
    return memory;
}

State::State(const Plan& plan)
    : agents(plan.agents.size()),
      doors(plan.entry_points.size()),
      deadlines(plan.queues.size()),
      talks_count_for(longest_memory(plan)),
      index(plan) {
    queues.reserve(plan.queues.size());
    for (const Queue& queue : plan.queues) queues.emplace_back(queue.steps());
    for (std::size_t a = 0; a < agents.size(); ++a) {
        agents[a].skills = planned_skills(plan.agents[a]);
        index.set_skills(plan, static_cast<AgentId>(a), agents[a].skills, false);
    }
}

const OfferRecord* State::offer_to(AgentId agent) const {
    const AgentFacts& facts = agents[routing::index(agent)].facts;
    if (facts.tasks.empty() || facts.tasks.back().work != Work::reserved) return nullptr;
    const ContactRecord* contact = find(facts.tasks.back().contact);
    if (!contact) return nullptr;
    for (const OfferId id : contact->offers)
        if (const OfferRecord* offer = find(id); offer && offer->agent == agent) return offer;
    return nullptr;
}

}  // namespace centrala::routing
