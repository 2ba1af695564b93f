#include "centrala/routing/breaks.hpp"

#include <iterator>

namespace centrala::routing {

namespace {

/// Has nothing in hand, or chats only: these go on, but no more come.
bool may_see_it_coming(const AgentFacts& facts) {
    return facts.tasks.empty() ||
           (facts.tasks.front().channel == Channel::chat && facts.tasks.back().work != Work::reserved);
}

}  // namespace

std::optional<BreakKey> break_key(AgentId agent, const AgentFacts& facts) {
    if (!facts.asks || !may_see_it_coming(facts)) return std::nullopt;
    return BreakKey{facts.asks->asked_at, agent};
}

Timestamp break_due(const Plan& plan, const BreakWish& wish) {
    return wish.asked_at + plan.breaks.within;
}

Deadline break_deadline(const Plan& plan, AgentId agent, const BreakWish& wish) {
    return {break_due(plan, wish), DeadlineKind::break_overdue, index(agent), {}};
}

std::string_view to_string(BreakBar bar) {
    constexpr std::string_view kWords[] = {"none", "works", "waiting", "too_few"};
    static_assert(std::size(kWords) == kBreakBars);
    const auto i = static_cast<std::size_t>(bar);
    return i < kBreakBars ? kWords[i] : std::string_view("?");
}

BreakObstacle break_obstacle(const State& state, const Plan& plan, AgentId agent) {
    const AgentRecord& record = state.agents[index(agent)];
    if (!may_see_it_coming(record.facts)) return {BreakBar::works};
    const auto& serves = state.index.serves(agent);
    for (const Eligibility& e : serves)
        if (const auto& line = state.queues[index(e.queue)].lines[e.step]; !line.empty())
            return {BreakBar::waiting, e.queue, static_cast<std::uint32_t>(line.size())};
    if (!record.wanted_by.empty())
        return {BreakBar::waiting, state.find(*record.wanted_by.begin())->queue,
                static_cast<std::uint32_t>(record.wanted_by.size())};
    for (const Eligibility& e : serves) {
        const Bench& bench = state.index.bench(e.queue, e.step);
        if (e.step != 0 || bench.logged_in <= plan.breaks.keep) continue;
        const std::uint32_t itself = state.index.listed(agent, e.channel) ? 1 : 0;
        if (const std::uint32_t others = bench.available - itself; others < plan.breaks.keep)
            return {BreakBar::too_few, e.queue, others};
    }
    return {};
}

}  // namespace centrala::routing
