// Groups of agents and the queues' benches: which agent is next, found without looking at the others.
#include "centrala/routing/index.hpp"

#include <algorithm>

#include "check.hpp"

namespace centrala::routing {
namespace {

constexpr bool ranked_by_group(Strategy strategy) {
    return strategy == Strategy::longest_idle || strategy == Strategy::most_skilled;
}

std::optional<IdleKey> first_of(const Group& group) {
    return group.idle.empty() ? std::nullopt : std::optional(*group.idle.begin());
}

}  // namespace

std::optional<std::uint32_t> level_for(const Queue& queue, std::span<const SkillLevel> skills) {
    std::uint32_t sum = 0;
    for (const SkillLevel& need : queue.required) {
        const auto have = std::lower_bound(skills.begin(), skills.end(), need.skill,
                                           [](const SkillLevel& s, SkillId id) { return s.skill < id; });
        if (have == skills.end() || have->skill != need.skill || have->level < need.level) return std::nullopt;
        sum += have->level;
    }
    return sum;
}

Index::Index(const Plan& plan) : members_(plan.agents.size()), benches_(plan.queues.size()) {}

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
        for (const Eligibility& e : group.serves) --benches_[index(e.queue)].logged_in;
    if (--group.members == 0) {
        numbers_.erase(group.serves);
        group = Group{};
        free_.push_back(member.group);
    }
    member.group = kNoGroup;
}

void Index::set_skills(const Plan& plan, AgentId agent, std::span<const SkillLevel> skills, bool logged_in) {
    Member& member = members_[index(agent)];
    check(!member.listed);
    leave_group(agent, logged_in);
    std::vector<Eligibility> serves;
    for (std::size_t q = 0; q < plan.queues.size(); ++q) {
        const auto level = level_for(plan.queues[q], skills);
        if (!level) continue;
        const bool counts = plan.queues[q].strategy == Strategy::most_skilled;
        serves.push_back({static_cast<QueueId>(q), counts ? *level : 0});
    }
    member.group = group_for(std::move(serves));
    ++groups_[member.group].members;
    if (logged_in) set_logged_in(agent, true);
}

void Index::set_logged_in(AgentId agent, bool logged_in) {
    for (const Eligibility& e : groups_[members_[index(agent)].group].serves) {
        Bench& bench = benches_[index(e.queue)];
        logged_in ? ++bench.logged_in : --bench.logged_in;
    }
}

void Index::move_head(const Plan& plan, std::uint32_t number, std::optional<IdleKey> before,
                      std::optional<IdleKey> after) {
    if (before == after) return;
    for (const Eligibility& e : groups_[number].serves) {
        if (!ranked_by_group(plan.queues[index(e.queue)].strategy)) continue;
        auto& heads = benches_[index(e.queue)].heads;
        if (before && after) {
            auto node = heads.extract(GroupHead{~e.level, *before, number});
            check(!node.empty());
            node.value().first = *after;
            heads.insert(std::move(node));
        } else if (before) {
            heads.erase(GroupHead{~e.level, *before, number});
        } else {
            heads.insert(GroupHead{~e.level, *after, number});
        }
    }
}

void Index::set_available(const Plan& plan, AgentId agent, Timestamp idle_since, std::uint32_t share) {
    Member& member = members_[index(agent)];
    check(!member.listed);
    Group& group = groups_[member.group];
    const IdleKey key{idle_since, agent};
    const auto before = first_of(group);
    group.idle.emplace_hint(group.idle.end(), key);
    move_head(plan, member.group, before, first_of(group));
    for (const Eligibility& e : group.serves) {
        Bench& bench = benches_[index(e.queue)];
        ++bench.available;
        const Strategy strategy = plan.queues[index(e.queue)].strategy;
        if (strategy == Strategy::round_robin) bench.in_turn.insert(agent);
        if (strategy == Strategy::least_occupied) {
            bench.by_idle.emplace_hint(bench.by_idle.end(), key);
            bench.by_share.insert({share, key});
        }
    }
    member.listed = idle_since;
    member.share = share;
}

void Index::set_unavailable(const Plan& plan, AgentId agent) {
    Member& member = members_[index(agent)];
    if (!member.listed) return;
    Group& group = groups_[member.group];
    const IdleKey key{*member.listed, agent};
    const auto before = first_of(group);
    group.idle.erase(key);
    move_head(plan, member.group, before, first_of(group));
    for (const Eligibility& e : group.serves) {
        Bench& bench = benches_[index(e.queue)];
        --bench.available;
        const Strategy strategy = plan.queues[index(e.queue)].strategy;
        if (strategy == Strategy::round_robin) bench.in_turn.erase(agent);
        if (strategy == Strategy::least_occupied) {
            bench.by_idle.erase(key);
            bench.by_share.erase({member.share, key});
        }
    }
    member.listed.reset();
    member.share = 0;
}

bool Index::serves(AgentId agent, QueueId queue) const {
    const auto& serves = group_of(agent).serves;
    const auto it = std::lower_bound(serves.begin(), serves.end(), queue,
                                     [](const Eligibility& e, QueueId id) { return e.queue < id; });
    return it != serves.end() && it->queue == queue;
}

}  // namespace centrala::routing
