// Groups of agents and the queues' benches: which agent is next, found without looking at the others.
#include "centrala/routing/index.hpp"

#include <algorithm>

#include "check.hpp"
#include "strategies.hpp"

namespace centrala::routing {
namespace {

Listing listing(const Plan& plan, QueueId queue) {
    return policy_of(plan.queues[index(queue)].strategy).listing;
}

std::optional<IdleKey> first_of(const Group& group) {
    return group.idle.empty() ? std::nullopt : std::optional(*group.idle.begin());
}

/// As a queue asks for by itself.
std::optional<std::uint32_t> own_level(const Requirement& required, QueueId queue, const Agent& agent,
                                       std::span<const SkillLevel> skills) {
    const auto among = [](const auto& list, auto id) {
        return list.empty() || std::find(list.begin(), list.end(), id) != list.end();
    };
    if (!among(agent.queues, queue) || !among(required.groups, agent.group)) return std::nullopt;
    std::uint32_t sum = 0;
    for (const SkillLevel& need : required.skills) {
        const auto have = std::lower_bound(skills.begin(), skills.end(), need.skill,
                                           [](const SkillLevel& s, SkillId id) { return s.skill < id; });
        if (have == skills.end() || have->skill != need.skill || have->level < need.level) return std::nullopt;
        sum += have->level;
    }
    return sum;
}

}  // namespace

TurnKey turn_key(const Plan& plan, AgentId agent) {
    return {plan.agents[index(agent)].place, agent};
}

std::optional<std::uint32_t> level_for(const Plan& plan, QueueId queue, std::size_t step, AgentId agent,
                                       std::span<const SkillLevel> skills) {
    const Agent& who = plan.agents[index(agent)];
    const Requirement& required = plan.queues[index(queue)].required_at(step);
    auto best = own_level(required, queue, who, skills);
    for (const QueueId other : required.also)
        best = std::max(best, own_level(plan.queues[index(other)].required, other, who, skills));
    return best;
}

Index::Index(const Plan& plan) : members_(plan.agents.size()) {
    for (const Queue& queue : plan.queues) benches_.emplace_back(queue.steps());
}

std::uint32_t Index::group_for(std::vector<Eligibility> serves) {
    if (const auto it = numbers_.find(serves); it != numbers_.end()) return it->second;
    std::uint32_t number;
    if (free_.empty()) {
        number = static_cast<std::uint32_t>(groups_.size());
        groups_.emplace_back();
    } else {
        number = free_.back();
        free_.pop_back();
    }
    groups_[number].serves = serves;
    numbers_.emplace(std::move(serves), number);
    return number;
}

void Index::leave_group(AgentId agent, bool logged_in) {
    Member& member = members_[index(agent)];
    if (member.group == kNoGroup) return;
    Group& group = groups_[member.group];
    if (logged_in)
        for (const Eligibility& e : group.serves) --benches_[index(e.queue)][e.step].logged_in;
    if (--group.members == 0) {
        numbers_.erase(group.serves);
        group = Group{};
        free_.push_back(member.group);
    }
    member.group = kNoGroup;
}

void Index::set_skills(const Plan& plan, AgentId agent, std::span<const SkillLevel> skills, bool logged_in) {
    Member& member = members_[index(agent)];
    check(!member.listed && !member.at_work);
    leave_group(agent, logged_in);
    std::vector<Eligibility> serves;
    std::size_t queues = 0;  // that it serves without relaxation
    for (std::size_t q = 0; q < plan.queues.size(); ++q)
        for (std::size_t step = 0; step < plan.queues[q].steps(); ++step)
            if (const auto queue = static_cast<QueueId>(q); level_for(plan, queue, step, agent, skills)) {
                serves.push_back({queue, static_cast<std::uint32_t>(step)});
                queues += step == 0;
            }
    for (Eligibility& e : serves) e.rank = rank_of(plan, e, agent, skills, queues);
    member.group = group_for(std::move(serves));
    ++groups_[member.group].members;
    if (logged_in) set_logged_in(agent, true);
}

void Index::set_logged_in(AgentId agent, bool logged_in) {
    for (const Eligibility& e : groups_[members_[index(agent)].group].serves) {
        Bench& bench = benches_[index(e.queue)][e.step];
        logged_in ? ++bench.logged_in : --bench.logged_in;
    }
}

void Index::set_at_work(AgentId agent, bool at_work) {
    Member& member = members_[index(agent)];
    if (member.at_work == at_work) return;
    member.at_work = at_work;
    Group& group = groups_[member.group];
    at_work ? ++all_at_work_ : --all_at_work_;
    at_work ? ++group.at_work : --group.at_work;
    for (const Eligibility& e : group.serves) {
        Bench& bench = benches_[index(e.queue)][e.step];
        at_work ? ++bench.at_work : --bench.at_work;
    }
}

void Index::move_head(const Plan& plan, std::uint32_t number, std::optional<IdleKey> before,
                      std::optional<IdleKey> after) {
    if (before == after) return;
    for (const Eligibility& e : groups_[number].serves) {
        if (listing(plan, e.queue) != Listing::groups) continue;
        auto& heads = benches_[index(e.queue)][e.step].heads;
        if (before && after) {
            auto node = heads.extract(GroupHead{e.rank, *before, number});
            check(!node.empty());
            node.value().first = *after;
            heads.insert(std::move(node));
        } else if (before) {
            heads.erase(GroupHead{e.rank, *before, number});
        } else {
            heads.insert(GroupHead{e.rank, *after, number});
        }
    }
}

void Index::set_available(const Plan& plan, AgentId agent, Timestamp idle_since, std::uint32_t share,
                          std::uint32_t calls) {
    Member& member = members_[index(agent)];
    check(!member.listed);
    Group& group = groups_[member.group];
    const IdleKey key{idle_since, agent};
    const auto before = first_of(group);
    group.idle.emplace_hint(group.idle.end(), key);
    ++all_available_;
    move_head(plan, member.group, before, first_of(group));
    for (const Eligibility& e : group.serves) {
        Bench& bench = benches_[index(e.queue)][e.step];
        ++bench.available;
        switch (listing(plan, e.queue)) {
            case Listing::groups: break;  // move_head()
            case Listing::in_turn: bench.in_turn.insert(turn_key(plan, agent)); break;
            case Listing::calls: bench.by_calls.insert({calls, key}); break;
            case Listing::share:
                bench.by_idle.emplace_hint(bench.by_idle.end(), key);
                bench.by_share.insert({share, key});
        }
    }
    member.listed = idle_since;
    member.share = share;
    member.calls = calls;
}

void Index::set_unavailable(const Plan& plan, AgentId agent) {
    Member& member = members_[index(agent)];
    if (!member.listed) return;
    Group& group = groups_[member.group];
    const IdleKey key{*member.listed, agent};
    const auto before = first_of(group);
    group.idle.erase(key);
    --all_available_;
    move_head(plan, member.group, before, first_of(group));
    for (const Eligibility& e : group.serves) {
        Bench& bench = benches_[index(e.queue)][e.step];
        --bench.available;
        switch (listing(plan, e.queue)) {
            case Listing::groups: break;
            case Listing::in_turn: bench.in_turn.erase(turn_key(plan, agent)); break;
            case Listing::calls: bench.by_calls.erase({member.calls, key}); break;
            case Listing::share: bench.by_idle.erase(key); bench.by_share.erase({member.share, key});
        }
    }
    member.listed.reset();
    member.share = member.calls = 0;
}

bool Index::serves(AgentId agent, QueueId queue, std::size_t step) const {
    const auto& serves = group_of(agent).serves;
    const auto it = std::lower_bound(serves.begin(), serves.end(), std::pair(queue, step), [](const auto& e, auto key) {
        return std::pair(e.queue, std::size_t{e.step}) < key;
    });
    return it != serves.end() && it->queue == queue && it->step == step;
}

}  // namespace centrala::routing
