// Groups of agents and the queues' benches: which agent is next, found without looking at the others.
#include "centrala/routing/index.hpp"

#include <algorithm>

#include "check.hpp"
#include "strategies.hpp"

namespace centrala::routing {
namespace {

std::optional<IdleKey> first_of(const Ordered<IdleKey>& idle) {
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
    for (const Queue& queue : plan.queues) {
        benches_.emplace_back(queue.steps());
        BenchLists lists;
        lists.listing = policy_of(queue.strategy).listing;
        lists_.emplace_back(queue.steps(), lists);
    }
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
    for (const Eligibility& e : serves) groups_[number].serves.push_back(e);
    const auto any = [&](Channel c) { return std::ranges::any_of(serves, [c](auto& e) { return e.channel == c; }); };
    groups_[number].both = any(Channel::voice) && any(Channel::chat);
    numbers_.emplace(std::move(serves), number);
    return number;
}

void Index::leave_group(AgentId agent, bool logged_in) {
    Member& member = members_[index(agent)];
    if (member.group == Member::kNoGroup) return;
    Group& group = groups_[member.group];
    if (logged_in)
        for (const Eligibility& e : group.serves) --benches_[index(e.queue)][e.step].logged_in;
    if (--group.members == 0) {
        numbers_.erase({group.serves.begin(), group.serves.end()});
        group = Group{};
        free_.push_back(member.group);
    }
    member.group = Member::kNoGroup;
}

void Index::set_skills(const Plan& plan, AgentId agent, std::span<const SkillLevel> skills, bool logged_in) {
    Member& member = members_[index(agent)];
    check(!listed(agent) && !member.at_work);
    member.chats = static_cast<std::uint8_t>(plan.agents[index(agent)].chats);
    member.place = plan.agents[index(agent)].place;
    leave_group(agent, logged_in);
    std::vector<Eligibility> serves;
    std::size_t queues = 0;  // that it serves without relaxation
    for (std::size_t q = 0; q < plan.queues.size(); ++q)
        for (std::size_t step = 0; step < plan.queues[q].steps(); ++step)
            if (const auto queue = static_cast<QueueId>(q); level_for(plan, queue, step, agent, skills)) {
                serves.push_back({queue, static_cast<std::uint16_t>(step), plan.queues[q].channel});
                queues += step == 0;
            }
    for (Eligibility& e : serves) e.rank = rank_of(plan, e, agent, skills, queues);
    member.group = group_for(std::move(serves));
    member.serves = groups_[member.group].serves;
    ++groups_[member.group].members;
    if (logged_in) set_logged_in(agent, true);
}

void Index::set_logged_in(AgentId agent, bool logged_in) {
    for (const Eligibility& e : serves(agent)) {
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
    for (const Eligibility& e : member.serves) {
        Bench& bench = benches_[index(e.queue)][e.step];
        at_work ? ++bench.at_work : --bench.at_work;
    }
}

void Index::move_head(Channel channel, std::uint32_t number, std::optional<IdleKey> before,
                      std::optional<IdleKey> after) const {
    for (const Eligibility& e : groups_[number].serves) {
        BenchLists& lists = lists_[index(e.queue)][e.step];
        if (e.channel != channel || lists.listing != Listing::groups) continue;
        if (before) lists.heads.erase(GroupHead{e.rank, *before, number});
        if (after) lists.heads.insert(GroupHead{e.rank, *after, number});
    }
}

IdleKey Index::idle_key(AgentId agent, Channel channel, Timestamp idle_since, std::size_t tasks) const {
    const bool spared = channel == Channel::chat && tasks == 0 && groups_[members_[index(agent)].group].both;
    return {idle_since, agent, spared ? IdleKey::kSpared : static_cast<std::uint32_t>(tasks)};
}

void Index::set_available(Channel channel, const IdleKey& key, std::uint32_t share, std::uint32_t calls) {
    const auto c = static_cast<std::size_t>(channel);
    Member& member = members_[index(key.agent)];
    check(!member.lists[c].key);
    member.lists[c] = {key, share, calls};
    ++all_available_[c];
    for (const Eligibility& e : member.serves)
        if (e.channel == channel) ++benches_[index(e.queue)][e.step].available;
    enlist_last();
    last_ = Last{key.agent, channel};
}

void Index::set_unavailable(Channel channel, AgentId agent) {
    const auto c = static_cast<std::size_t>(channel);
    Member& member = members_[index(agent)];
    if (!member.lists[c].key) return;
    if (const Last who{agent, channel}; last_ == who)
        last_.reset();
    else
        strike(who);
    --all_available_[c];
    for (const Eligibility& e : member.serves)
        if (e.channel == channel) --benches_[index(e.queue)][e.step].available;
    member.lists[c] = {};
}

void Index::set_unavailable(AgentId agent) {
    for (const Channel channel : kEveryChannel) set_unavailable(channel, agent);
}

void Index::enlist(const Last& who) const {
    const auto c = static_cast<std::size_t>(who.channel);
    const Member& member = members_[index(who.agent)];
    const Member::Listed& list = member.lists[c];
    const IdleKey key = *list.key;
    auto& idle = groups_[member.group].idle[c];
    const auto before = first_of(idle);
    idle.insert(key);
    if (!before || key < *before) move_head(who.channel, member.group, before, key);
    for (const Eligibility& e : member.serves) {
        if (e.channel != who.channel) continue;
        BenchLists& lists = lists_[index(e.queue)][e.step];
        switch (lists.listing) {
            case Listing::groups: break;  // move_head()
            case Listing::in_turn: lists.in_turn.insert(turn_key(who.agent)); break;
            case Listing::calls: lists.by_calls.insert({list.calls, key}); break;
            case Listing::share: lists.by_idle.insert(key); lists.by_share.insert({list.share, key});
        }
    }
}

void Index::strike(const Last& who) {
    const auto c = static_cast<std::size_t>(who.channel);
    const Member& member = members_[index(who.agent)];
    const Member::Listed& list = member.lists[c];
    const IdleKey key = *list.key;
    auto& idle = groups_[member.group].idle[c];
    const bool first = *idle.begin() == key;
    idle.erase(key);
    if (first) move_head(who.channel, member.group, key, first_of(idle));
    for (const Eligibility& e : member.serves) {
        if (e.channel != who.channel) continue;
        BenchLists& lists = lists_[index(e.queue)][e.step];
        switch (lists.listing) {
            case Listing::groups: break;
            case Listing::in_turn: lists.in_turn.erase(turn_key(who.agent)); break;
            case Listing::calls: lists.by_calls.erase({list.calls, key}); break;
            case Listing::share: lists.by_idle.erase(key); lists.by_share.erase({list.share, key});
        }
    }
}

std::optional<AgentId> Index::only_available(QueueId queue, std::size_t step) const {
    if (!last_ || bench(queue, step).available != 1) return std::nullopt;
    const bool counted = std::ranges::any_of(serves(last_->agent), [&](const Eligibility& e) {
        return e.queue == queue && e.step == step && e.channel == last_->channel;
    });
    return counted ? std::optional(last_->agent) : std::nullopt;
}

bool Index::operator==(const Index& other) const {
    enlist_last();
    other.enlist_last();
    const auto all = [](const Index& i) {
        return std::tie(i.members_, i.all_at_work_, i.all_available_, i.benches_, i.free_, i.numbers_, i.groups_,
                        i.lists_);
    };
    return all(*this) == all(other);
}

bool Index::serves(AgentId agent, QueueId queue, std::size_t step) const {
    const Serves& all = serves(agent);
    const auto it = std::lower_bound(all.begin(), all.end(), std::pair(queue, step), [](const auto& e, auto key) {
        return std::pair(e.queue, std::size_t{e.step}) < key;
    });
    return it != all.end() && it->queue == queue && it->step == step;
}

}  // namespace centrala::routing
