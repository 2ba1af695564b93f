#include "strategies.hpp"

#include <algorithm>
#include <array>
#include <utility>

#include "draw.hpp"
#include "reservation.hpp"

namespace centrala::routing {
namespace {

/// least_occupied looks at so many with the lowest share when they became available, and as many of the longest idle.
/// A share falls while its agent idles, so the lowest is among the first unless it idled long, and then among the
/// second.
constexpr int kSharesExamined = 16;
/// coverage and idleness_ratio look at so many groups. Where more than these idle nobody is scarce.
constexpr int kGroupsExamined = 32;

std::uint32_t by_level(const Plan& plan, const Eligibility& at, AgentId agent, std::span<const SkillLevel> skills,
                       std::size_t) {
    return ~level_for(plan, at.queue, at.step, agent, skills).value_or(0);
}

std::uint32_t by_flexibility(const Plan&, const Eligibility&, AgentId, std::span<const SkillLevel>,
                             std::size_t queues_served) {
    return static_cast<std::uint32_t>(queues_served);
}

std::uint32_t by_pace(const Plan& plan, const Eligibility& at, AgentId agent, std::span<const SkillLevel>,
                      std::size_t) {
    return pace_of(plan, at.queue, agent);
}

/// The two that come first by `Key`, whose `agent_of` it is.
template <class Key, auto agent_of>
class FirstTwo {
public:
    /// Each agent may come more than once, always with the same key.
    void add(const Key& key) {
        if (count_ == 0 || key < first_) {
            second_ = std::exchange(first_, key);
        } else if (agent_of(key) == agent_of(first_) || (count_ > 1 && !(key < second_))) {
            return;
        } else {
            second_ = key;
        }
        count_ = std::min(count_ + 1, 2);
    }
    [[nodiscard]] const Key* first() const { return count_ > 0 ? &first_ : nullptr; }
    [[nodiscard]] const Key* second() const { return count_ > 1 ? &second_ : nullptr; }
    [[nodiscard]] Shortlist list() const {
        Shortlist list;
        if (count_ > 0) list.first = agent_of(first_);
        if (count_ > 1) list.second = agent_of(second_);
        return list;
    }

private:
    Key first_{}, second_{};
    int count_ = 0;
};

/// Agents in the order of a list.
class Listed {
public:
    /// Whether that is enough.
    bool add(AgentId agent) {
        (list_.first ? list_.second : list_.first) = agent;
        return list_.second.has_value();
    }
    [[nodiscard]] const Shortlist& list() const { return list_; }

private:
    Shortlist list_;
};

/// The first two of a group who haven't refused.
template <class Add>
void add_first_of(const Opening& o, const Group& group, Add add) {
    int left = 2;
    for (const IdleKey& key : group.idle_for(o.channel())) {
        if (o.refused_by(key.agent)) continue;
        add(key);
        if (--left == 0) return;
    }
}

/// Lowest rank, then longest idle.
Shortlist by_group(const Opening& o) {
    FirstTwo<GroupHead, [](const GroupHead& head) { return head.first.agent; }> two;
    for (const GroupHead& head : o.lists().heads) {
        if (two.second() && *two.second() < head) break;  // whoever is in this group or a later one ranks behind
        const Group& group = o.state.index.group(head.group);
        if (!o.free(group.serves)) continue;
        add_first_of(o, group, [&](const IdleKey& key) { two.add({head.rank, key, head.group}); });
    }
    return two.list();
}

/// Of the groups of the lowest rank the one with the least `measure`, then longest idle.
template <auto measure>
Shortlist by_measure(const Opening& o) {
    using Measured = decltype(measure(o, Group(), false));
    using Key = std::tuple<std::uint64_t, Measured, IdleKey>;
    FirstTwo<Key, [](const Key& key) { return std::get<2>(key).agent; }> two;
    int left = kGroupsExamined;
    for (const GroupHead& head : o.lists().heads) {
        if ((two.second() && std::get<0>(*two.second()) < head.rank) || (two.first() && left <= 0)) break;
        --left;
        const Group& group = o.state.index.group(head.group);
        if (!o.free(group.serves)) continue;
        std::optional<bool> engaged;  // of whom `measured` is
        Measured measured{};
        add_first_of(o, group, [&](const IdleKey& key) {
            if (engaged != key.engaged()) measured = measure(o, group, *(engaged = key.engaged()));
            two.add({head.rank, measured, key});
        });
    }
    return two.list();
}

/// How far a group's available agents fall short of its share of all, by its part of those at work.
std::int64_t shortfall(const Opening& o, const Group& group, bool) {
    const Index& all = o.state.index;
    return std::int64_t{group.at_work} * all.all_available(o.channel()) -
           static_cast<std::int64_t>(group.idle_for(o.channel()).size()) * all.all_at_work();
}

/// Those who come in [from, to) first.
template <class Iterator>
bool add_in_turn(const Opening& o, Listed& listed, Iterator from, Iterator to) {
    return std::any_of(from, to, [&](const TurnKey& key) { return o.open_to(key.agent) && listed.add(key.agent); });
}

Shortlist in_order(const Opening& o) {
    Listed listed;
    add_in_turn(o, listed, o.lists().in_turn.begin(), o.lists().in_turn.end());
    return listed.list();
}

Shortlist in_turn(const Opening& o) {
    const auto& list = o.lists().in_turn;
    const auto last = o.state.queues[index(o.contact.queue)].last_offered;
    const auto start = last ? list.upper_bound(o.state.index.turn_key(*last)) : list.begin();
    Listed listed;
    if (!add_in_turn(o, listed, start, list.end())) add_in_turn(o, listed, list.begin(), start);
    return listed.list();
}

Shortlist by_calls(const Opening& o) {
    Listed listed;
    for (const auto& [calls, key] : o.lists().by_calls)
        if (o.open_to(key.agent) && listed.add(key.agent)) break;
    return listed.list();
}

Shortlist by_share(const Opening& o) {
    using Key = std::pair<std::uint32_t, IdleKey>;
    FirstTwo<Key, [](const Key& key) { return key.second.agent; }> two;
    const auto examine = [&](const IdleKey& key) {
        two.add({occupancy_ppm(o.state.agents[index(key.agent)], o.now), key});
    };
    const BenchLists& lists = o.lists();
    int left = kSharesExamined;
    for (auto it = lists.by_share.begin(); it != lists.by_share.end() && left > 0; ++it)
        if (o.open_to(it->second.agent)) examine(it->second), --left;
    left = kSharesExamined;
    for (auto it = lists.by_idle.begin(); it != lists.by_idle.end() && left > 0; ++it)
        if (o.open_to(it->agent)) examine(*it), --left;
    return two.list();
}

/// Looks at all who are available.
Shortlist by_draw(const Opening& o) {
    using Key = std::pair<std::uint64_t, AgentId>;
    FirstTwo<Key, [](const Key& key) { return key.second; }> two;
    for (const auto& [place, agent] : o.lists().in_turn)
        if (o.open_to(agent)) two.add({draw_of(o.contact.id, agent, weight_of(o.plan, o.contact.queue, agent)), agent});
    return two.list();
}

/// In the order of the enumeration.
constexpr std::array<Policy, kStrategies> kPolicies{{
    {"longest_idle", Listing::groups, nullptr, by_group},
    {"most_skilled", Listing::groups, by_level, by_group},
    {"least_occupied", Listing::share, nullptr, by_share},
    {"round_robin", Listing::in_turn, nullptr, in_turn},
    {"coverage", Listing::groups, by_pace, by_measure<missed_elsewhere>},
    {"least_flexible", Listing::groups, by_flexibility, by_group},
    {"fewest_calls", Listing::calls, nullptr, by_calls},
    {"in_order", Listing::in_turn, nullptr, in_order},
    {"weighted_random", Listing::in_turn, nullptr, by_draw},
    {"idleness_ratio", Listing::groups, nullptr, by_measure<shortfall>},
}};

}  // namespace

const Policy& policy_of(Strategy strategy) {
    return kPolicies[static_cast<std::size_t>(strategy)];
}

std::uint64_t rank_of(const Plan& plan, const Eligibility& at, AgentId agent, std::span<const SkillLevel> skills,
                      std::size_t queues_served) {
    const Queue& queue = plan.queues[index(at.queue)];
    const Policy& policy = policy_of(queue.strategy);
    if (!heeds_preferences(queue.strategy)) return 0;
    const std::uint64_t own = policy.rank ? policy.rank(plan, at, agent, skills, queues_served) : 0;
    return std::uint64_t{queue.preferred.empty() ? 0 : ~liking(queue, skills)} << 32 | own;
}

std::uint32_t liking(const Queue& queue, std::span<const SkillLevel> skills) {
    std::uint32_t liked = 0;
    for (const Preference& p : queue.preferred)
        for (const SkillLevel& s : skills)
            if (s.skill == p.skill) liked += std::uint32_t{p.weight} * s.level;
    return liked;
}

std::uint32_t pace_of(const Plan& plan, QueueId queue, AgentId agent) {
    for (const Pace& pace : plan.agents[index(agent)].paces)
        if (pace.queue == queue) return pace.permille;
    return Pace{}.permille;
}

std::uint32_t weight_of(const Plan& plan, QueueId queue, AgentId agent) {
    const Agent& who = plan.agents[index(agent)];
    for (const Weight& w : who.weights)
        if (w.queue == queue) return w.weight;
    return who.weight;
}

std::uint64_t missed_elsewhere(const Opening& o, const Group& group, bool engaged) {
    std::uint64_t sum = 0;
    for (const Eligibility& e : group.serves)
        if (e.queue != o.contact.queue && e.step == 0 && (!engaged || e.channel == o.channel()))
            sum += o.state.queues[index(e.queue)].demand.load() / o.state.index.bench(e.queue).available;
    return sum;
}

bool heeds_preferences(Strategy strategy) {
    return policy_of(strategy).listing == Listing::groups;
}

std::string_view to_string(Strategy strategy) {
    const auto i = static_cast<std::size_t>(strategy);
    return i < kPolicies.size() ? kPolicies[i].word : std::string_view("?");
}

bool Opening::refused_by(AgentId agent) const {
    const bool refused = heed_ == Heed::obstacles && contact.refused_by(agent);
    somebody_barred_ |= refused;
    return refused;
}

bool Opening::free(const Serves& serves) const {
    const bool kept =
        heed_ == Heed::obstacles && kept_for(state, plan, serves, contact.queue, contact.enqueued, now).has_value();
    somebody_barred_ |= kept;
    return !kept;
}

bool Opening::open_to(AgentId agent) const {
    return !refused_by(agent) && free(state.index.serves(agent));
}

}  // namespace centrala::routing
