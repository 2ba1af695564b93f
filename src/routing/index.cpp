// Groups of agents and the queues' benches: which agent is next, found without looking at the others.
#include "centrala/routing/index.hpp"

#include <algorithm>

#include "check.hpp"
#include "ordered.hpp"
#include "strategies.hpp"

namespace centrala::routing {
namespace {

Listing listing(const Plan& plan, QueueId queue) {
    return policy_of(plan.queues[index(queue)].strategy).listing;
}

std::optional<IdleKey> first_of(const std::set<IdleKey>& idle) {
    return idle.empty() ? std::nullopt : std::optional(*idle.begin());
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
    if (plan.queues[index(queue)].channel == Channel::chat && who.chats == 0) return std::nullopt;
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
    const auto any = [&](Channel c) { return std::ranges::any_of(serves, [c](auto& e) { return e.channel == c; }); };
    groups_[number].both = any(Channel::voice) && any(Channel::chat);
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
    check(!listed(agent) && !member.at_work);
    member.chats = static_cast<std::uint8_t>(plan.agents[index(agent)].chats);
    leave_group(agent, logged_in);
    std::vector<Eligibility> serves;
    std::size_t queues = 0;  // that it serves without relaxation
    for (std::size_t q = 0; q < plan.queues.size(); ++q)
        for (std::size_t step = 0; step < plan.queues[q].steps(); ++step)
            if (const auto queue = static_cast<QueueId>(q); level_for(plan, queue, step, agent, skills)) {
                serves.push_back({queue, static_cast<std::uint32_t>(step), 0, plan.queues[q].channel});
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

void Index::move_head(const Plan& plan, Channel channel, std::uint32_t number, std::optional<IdleKey> before,
                      std::optional<IdleKey> after) {
    if (before == after) return;
    for (const Eligibility& e : groups_[number].serves) {
        if (e.channel != channel || listing(plan, e.queue) != Listing::groups) continue;
        auto& heads = benches_[index(e.queue)][e.step].heads;
        if (before && after) {
            auto node = heads.extract(GroupHead{e.rank, *before, number});
            check(!node.empty());
            node.value().first = *after;
            heads.insert(std::move(node));
        } else if (before) {
            take(heads, GroupHead{e.rank, *before, number});
        } else {
            heads.insert(GroupHead{e.rank, *after, number});
        }
    }
}

IdleKey Index::idle_key(AgentId agent, Channel channel, Timestamp idle_since, std::size_t tasks) const {
    const bool spared = channel == Channel::chat && tasks == 0 && group_of(agent).both;
    return {idle_since, agent, spared ? IdleKey::kSpared : static_cast<std::uint32_t>(tasks)};
}

void Index::set_available(const Plan& plan, Channel channel, const IdleKey& key, std::uint32_t share,
                          std::uint32_t calls) {
    const auto c = static_cast<std::size_t>(channel);
    Member& member = members_[index(key.agent)];
    Listed& list = member.lists[c];
    check(!list.key);
    Group& group = groups_[member.group];
    auto& idle = group.idle[c];
    const auto before = first_of(idle);
    put(idle, key);
    ++all_available_[c];
    move_head(plan, channel, member.group, before, first_of(idle));
    for (const Eligibility& e : group.serves) {
        if (e.channel != channel) continue;
        Bench& bench = benches_[index(e.queue)][e.step];
        ++bench.available;
        switch (listing(plan, e.queue)) {
            case Listing::groups: break;  // move_head()
            case Listing::in_turn: bench.in_turn.insert(turn_key(plan, key.agent)); break;
            case Listing::calls: bench.by_calls.insert({calls, key}); break;
            case Listing::share: put(bench.by_idle, key); bench.by_share.insert({share, key});
        }
    }
    list = {key, share, calls};
}

void Index::set_unavailable(const Plan& plan, Channel channel, AgentId agent) {
    const auto c = static_cast<std::size_t>(channel);
    Member& member = members_[index(agent)];
    Listed& list = member.lists[c];
    if (!list.key) return;
    Group& group = groups_[member.group];
    const IdleKey key = *list.key;
    const auto before = first_of(group.idle[c]);
    take(group.idle[c], key);
    --all_available_[c];
    move_head(plan, channel, member.group, before, first_of(group.idle[c]));
    for (const Eligibility& e : group.serves) {
        if (e.channel != channel) continue;
        Bench& bench = benches_[index(e.queue)][e.step];
        --bench.available;
        switch (listing(plan, e.queue)) {
            case Listing::groups: break;
            case Listing::in_turn: take(bench.in_turn, turn_key(plan, agent)); break;
            case Listing::calls: take(bench.by_calls, std::pair(list.calls, key)); break;
            case Listing::share: take(bench.by_idle, key); take(bench.by_share, std::pair(list.share, key));
        }
    }
    list = {};
}

void Index::set_unavailable(const Plan& plan, AgentId agent) {
    for (const Channel channel : kEveryChannel) set_unavailable(plan, channel, agent);
}

bool Index::serves(AgentId agent, QueueId queue, std::size_t step) const {
    const auto& serves = group_of(agent).serves;
    const auto it = std::lower_bound(serves.begin(), serves.end(), std::pair(queue, step), [](const auto& e, auto key) {
        return std::pair(e.queue, std::size_t{e.step}) < key;
    });
    return it != serves.end() && it->queue == queue && it->step == step;
}

}  // namespace centrala::routing
