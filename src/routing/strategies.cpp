#include "strategies.hpp"

#include <algorithm>
#include <array>

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

/// The first of a group who hasn't refused.
std::optional<IdleKey> first_of(const Opening& o, const Group& group) {
    for (const IdleKey& key : group.idle)
        if (!o.refused_by(key.agent)) return key;
    return std::nullopt;
}

/// Lowest rank, then longest idle.
std::optional<AgentId> by_group(const Opening& o) {
    std::optional<GroupHead> best;
    for (const GroupHead& head : o.bench().heads) {
        if (best && *best < head) break;  // whoever is in this group or a later one ranks behind
        const Group& group = o.state.index.group(head.group);
        if (!o.free(group)) continue;
        const auto key = first_of(o, group);
        if (!key) continue;
        const GroupHead candidate{head.rank, *key, head.group};
        if (!best || candidate < *best) best = candidate;
    }
    return best ? std::optional(best->first.agent) : std::nullopt;
}

/// Of the groups of the lowest rank the one with the least `measure`, then longest idle.
template <auto measure>
std::optional<AgentId> by_measure(const Opening& o) {
    std::optional<std::tuple<std::uint64_t, decltype(measure(o, Group())), IdleKey>> best;
    int left = kGroupsExamined;
    for (const GroupHead& head : o.bench().heads) {
        if (best && (std::get<0>(*best) < head.rank || left == 0)) break;
        --left;
        const Group& group = o.state.index.group(head.group);
        if (!o.free(group)) continue;
        const auto key = first_of(o, group);
        if (!key) continue;
        const auto candidate = std::tuple(head.rank, measure(o, group), *key);
        if (!best || candidate < *best) best = candidate;
    }
    return best ? std::optional(std::get<2>(*best).agent) : std::nullopt;
}

/// How far a group's available agents fall short of its share of all, by its part of those at work.
std::int64_t shortfall(const Opening& o, const Group& group) {
    const Index& all = o.state.index;
    return std::int64_t{group.at_work} * all.all_available() -
           static_cast<std::int64_t>(group.idle.size()) * all.all_at_work();
}

std::optional<AgentId> in_order(const Opening& o) {
    for (const TurnKey& key : o.bench().in_turn)
        if (o.open_to(key.agent)) return key.agent;
    return std::nullopt;
}

std::optional<AgentId> in_turn(const Opening& o) {
    const auto& list = o.bench().in_turn;
    const auto last = o.state.queues[index(o.contact.queue)].last_offered;
    for (auto it = last ? list.upper_bound(turn_key(o.plan, *last)) : list.begin(); it != list.end(); ++it)
        if (o.open_to(it->agent)) return it->agent;
    return in_order(o);
}

std::optional<AgentId> by_calls(const Opening& o) {
    for (const auto& [calls, key] : o.bench().by_calls)
        if (o.open_to(key.agent)) return key.agent;
    return std::nullopt;
}

std::optional<AgentId> by_share(const Opening& o) {
    std::optional<std::pair<std::uint32_t, IdleKey>> best;
    const auto examine = [&](const IdleKey& key) {
        const auto candidate = std::pair(occupancy_ppm(o.state.agents[index(key.agent)], o.now), key);
        if (!best || candidate < *best) best = candidate;
    };
    const Bench& bench = o.bench();
    int left = kSharesExamined;
    for (auto it = bench.by_share.begin(); it != bench.by_share.end() && left > 0; ++it)
        if (o.open_to(it->second.agent)) examine(it->second), --left;
    left = kSharesExamined;
    for (auto it = bench.by_idle.begin(); it != bench.by_idle.end() && left > 0; ++it)
        if (o.open_to(it->agent)) examine(*it), --left;
    return best ? std::optional(best->second.agent) : std::nullopt;
}

/// Looks at all who are available.
std::optional<AgentId> by_draw(const Opening& o) {
    std::optional<std::pair<std::uint64_t, AgentId>> best;
    for (const auto& [place, agent] : o.bench().in_turn) {
        if (!o.open_to(agent)) continue;
        const auto drawn = std::pair(draw_of(o.contact.id, agent, weight_of(o.plan, o.contact.queue, agent)), agent);
        if (!best || drawn < *best) best = drawn;
    }
    return best ? std::optional(best->second) : std::nullopt;
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

std::uint64_t missed_elsewhere(const Opening& o, const Group& group) {
    std::uint64_t sum = 0;
    for (const Eligibility& e : group.serves)
        if (e.queue != o.contact.queue && e.step == 0)
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
    return std::any_of(contact.refusals.begin(), contact.refusals.end(),
                       [&](const auto& r) { return r.agent == agent; });
}

bool Opening::free(const Group& group) const {
    return !kept_for(state, plan, group, contact.queue, contact.enqueued, now);
}

bool Opening::open_to(AgentId agent) const {
    return !refused_by(agent) && free(state.index.group_of(agent));
}

}  // namespace centrala::routing
