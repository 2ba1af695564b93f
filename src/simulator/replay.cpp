#include "centrala/simulator/replay.hpp"

#include <algorithm>
#include <map>
#include <optional>
#include <unordered_map>

#include "patience.hpp"
#include "sample.hpp"
#include "tally.hpp"

namespace centrala::simulator {
namespace {

using config::Distribution;
using journal::History;
using journal::Visit;
using Ending = Visit::Ending;

/// A call that nobody in the log can stand for takes so long.
constexpr double kUsualWork = 180;

std::string class_name(const History& history, const Visit& visit) {
    return visit.entry_point ? history.names.entry_points[routing::index(*visit.entry_point)].name
                             : "transfer." + history.names.queues[routing::index(*visit.queue)].name;
}

/// Where the configuration lets it wait: behind its entry point, or in its queue.
std::optional<routing::EntryPoint> place(const History& history, const Visit& visit, const routing::Plan& plan) {
    if (visit.entry_point) {
        const auto& name = history.names.entry_points[routing::index(*visit.entry_point)].name;
        for (const routing::EntryPoint& entry : plan.entry_points)
            if (entry.name == name) return entry;
    }
    if (!visit.queue) return std::nullopt;
    const auto queue = plan.find_queue(history.names.queues[routing::index(*visit.queue)].name);
    if (!queue) return std::nullopt;
    routing::EntryPoint entry;
    entry.queue = *queue;
    return entry;
}

/// Classes as visits come across them, by name.
class Classes {
public:
    Classes(const History& history, const routing::Plan& plan, config::Scenario& scenario,
            std::vector<routing::EntryPoint>& entry_points)
        : history_(history), plan_(plan), scenario_(scenario), entry_points_(entry_points) {}

    /// None: the configuration has no place for it.
    std::optional<std::uint32_t> of(const Visit& visit) {
        std::string name = class_name(history_, visit);
        if (const auto known = by_name_.find(name); known != by_name_.end()) return known->second;
        auto entry = place(history_, visit, plan_);
        if (!entry) return std::nullopt;
        const auto number = static_cast<std::uint32_t>(scenario_.classes.size());
        config::CallClass c;
        c.name = name;
        c.queue = entry->queue;
        c.target = plan_.queues[routing::index(c.queue)].service_level;
        scenario_.classes.push_back(std::move(c));
        entry->name = name;
        entry_points_.push_back(std::move(*entry));
        by_name_.emplace(std::move(name), number);
        return number;
    }

private:
    const History& history_;
    const routing::Plan& plan_;
    config::Scenario& scenario_;
    std::vector<routing::EntryPoint>& entry_points_;
    std::unordered_map<std::string, std::uint32_t> by_name_;
};

/// From what is known of a class's calls, what isn't known of the others.
struct Evidence {
    std::vector<Wait> waits;
    std::vector<double> talks, wrap_ups;

    void see(const Visit& visit) {
        if (visit.ending != Ending::refused) waits.push_back({visit.waited, visit.ending == Ending::abandoned});
        if (!visit.talked) return;
        talks.push_back(to_seconds(*visit.talked));
        wrap_ups.push_back(visit.wrapped ? to_seconds(*visit.wrapped) : kForEverSeconds);
    }
    void apply(config::CallClass& to) && {
        to.patience = patience_from(std::move(waits));
        to.service = {Distribution::Kind::constant, kUsualWork, 0, {}, {}};
        if (talks.empty()) return;
        to.service = {Distribution::Kind::empirical, 0, 0, std::move(talks), {}};
        to.wrap_up = {Distribution::Kind::empirical, 0, 0, std::move(wrap_ups), {}};
    }
};

/// In the configuration's queues and agents, as far as it has them.
routing::Advice advice_of(const History& history, const Visit& visit, const routing::Plan& plan) {
    routing::Advice advice{visit.advice.priority, {}, {}};
    if (const auto& queue = visit.advice.queue)
        advice.queue = plan.find_queue(history.names.queues[routing::index(*queue)].name);
    if (const auto& wanted = visit.advice.wanted)
        if (const auto agent = plan.find_agent(history.names.agents[routing::index(wanted->agent)].name))
            advice.wanted = routing::Wanted{*agent, wanted->patience};
    return advice;
}

config::ListedCall listed(const Visit& visit, std::uint32_t call_class, std::uint32_t row, Timestamp beginning) {
    config::ListedCall call;
    call.arrival = visit.came - beginning;
    call.call_class = call_class;
    call.row = row;
    call.work = visit.talked ? to_seconds(*visit.talked) : -1;
    if (visit.talked) call.wrap_up = visit.wrapped ? to_seconds(*visit.wrapped) : kForEverSeconds;
    call.patience = visit.ending == Ending::refused ? 0 : to_seconds(visit.waited);
    call.patience_at_least = visit.ending != Ending::abandoned;
    call.caller = visit.caller;
    call.internal = visit.internal;
    return call;
}

std::vector<config::Shift> shifts(const std::vector<journal::Stretch>& stretches, Timestamp beginning) {
    std::vector<config::Shift> result;
    for (const journal::Stretch& s : stretches) result.push_back({s.from - beginning, s.to - beginning});
    return result;
}

Distribution empirical(const std::vector<Duration>& durations) {
    if (durations.empty()) return {};
    Distribution d{Distribution::Kind::empirical, 0, 0, {}, {}};
    for (const Duration one : durations) d.values.push_back(to_seconds(one));
    return d;
}

/// From the first who logs in to the last who logs out.
std::vector<config::Shift> whole_day(const History& history) {
    std::optional<journal::Stretch> day;
    for (const journal::AgentHistory& agent : history.agents)
        for (const journal::Stretch& s : agent.logged_in)
            day = day ? journal::Stretch{std::min(day->from, s.from), std::max(day->to, s.to)} : s;
    if (!day) return {};
    return shifts({*day}, history.begin);
}

/// How agents take offers: as this one does, or, of whom the log says nothing, as all of them together.
void take_offers_as(const journal::AgentHistory& agent, const journal::AgentHistory& all, config::SimulatedAgent& to) {
    to.ring_time = empirical(agent.rang.empty() ? all.rang : agent.rang);
    const auto& back_after = agent.back_after.empty() ? all.back_after : agent.back_after;
    if (!back_after.empty()) to.back_after = empirical(back_after);
    const journal::AgentHistory& known = agent.rang.size() + agent.missed + agent.rejected > 0 ? agent : all;
    const auto offers = static_cast<double>(known.rang.size() + known.missed + known.rejected);
    if (offers == 0) return;
    to.misses = static_cast<double>(known.missed) / offers;
    to.rejects = static_cast<double>(known.rejected) / offers;
}

void add_all(journal::AgentHistory& sum, const journal::AgentHistory& one) {
    sum.rang.insert(sum.rang.end(), one.rang.begin(), one.rang.end());
    sum.back_after.insert(sum.back_after.end(), one.back_after.begin(), one.back_after.end());
    sum.missed += one.missed;
    sum.rejected += one.rejected;
}

/// In the configuration's skills, as far as it has them.
std::vector<config::SkillChange> skill_changes(const History& history, const journal::AgentHistory& agent,
                                               const routing::Plan& plan) {
    std::vector<config::SkillChange> changes;
    for (const journal::SkillSet& set : agent.skills_set)
        if (const auto skill = plan.find_skill(history.names.skills[routing::index(set.skill)].name))
            changes.push_back({set.at - history.begin, *skill, set.level});
    return changes;
}

void add_agents(const History& history, const routing::Plan& plan, config::Scenario& scenario, LeftOut& left_out) {
    journal::AgentHistory all;
    std::map<std::string_view, const journal::AgentHistory*> known;
    for (std::size_t i = 0; i < history.agents.size(); ++i) {
        known.emplace(history.names.agents[i].name, &history.agents[i]);
        add_all(all, history.agents[i]);
        if (!plan.find_agent(history.names.agents[i].name)) ++left_out.agents;
    }
    for (const routing::Agent& agent : plan.agents) {
        config::SimulatedAgent& simulated = scenario.agents.emplace_back();
        const auto found = known.find(agent.name);
        if (found == known.end()) {
            ++left_out.unknown_agents;
            simulated.shifts = whole_day(history);
            take_offers_as(all, all, simulated);
            continue;
        }
        simulated.shifts = shifts(found->second->logged_in, history.begin);
        simulated.breaks = shifts(found->second->away, history.begin);
        simulated.skill_changes = skill_changes(history, *found->second, plan);
        take_offers_as(*found->second, all, simulated);
    }
}

}  // namespace

config::Scenario replay_scenario(const History& history, const routing::Plan& plan, const ListOf& list_of,
                                 std::string name, LeftOut& left_out) {
    config::Scenario scenario;
    scenario.name = std::move(name);
    scenario.beginning = history.begin;
    scenario.horizon = history.end - history.begin + Duration(1);
    auto replayed = std::make_shared<routing::Plan>(plan);
    replayed->entry_points.clear();
    Classes classes(history, plan, scenario, replayed->entry_points);
    std::vector<Evidence> evidence;
    auto calls = std::make_shared<std::vector<config::ListedCall>>();
    for (std::size_t i = 0; i < history.visits.size(); ++i) {
        const Visit& visit = history.visits[i];
        const auto call_class = classes.of(visit);
        if (!call_class) {
            ++left_out.calls;
            continue;
        }
        evidence.resize(scenario.classes.size());
        evidence[*call_class].see(visit);
        calls->push_back(listed(visit, *call_class, static_cast<std::uint32_t>(i + 1), history.begin));
        calls->back().advice = advice_of(history, visit, plan);
        if (visit.entry_point && !visit.internal && !visit.caller.empty())
            calls->back().list =
                list_of(history.names.entry_points[routing::index(*visit.entry_point)].name, visit.caller);
    }
    for (std::size_t c = 0; c < evidence.size(); ++c) std::move(evidence[c]).apply(scenario.classes[c]);
    add_agents(history, plan, scenario, left_out);
    scenario.plan = std::move(replayed);
    scenario.calls = std::move(calls);
    return scenario;
}

Outcome happened(const History& history, const config::Scenario& replayed) {
    std::vector<ClassTally> classes(replayed.classes.size());
    for (const config::ListedCall& call : *replayed.calls) {
        const Visit& visit = history.visits[call.row - 1];
        ClassTally& tally = classes[call.call_class];
        tally.offered();
        if (visit.ending == Ending::answered)
            tally.answered(visit.waited, replayed.classes[call.call_class].target, false);
        else if (visit.ending == Ending::abandoned)
            tally.abandoned(visit.waited);
        else if (visit.ending != Ending::cut_off)
            tally.refused();
    }
    OccupancyTally occupancy(history.agents.size(), history.begin, history.end);
    for (std::size_t a = 0; a < history.agents.size(); ++a) {
        occupancy.worked(a, history.begin, history.begin + history.agents[a].busy, true);
        occupancy.worked(a, history.begin, history.begin + history.agents[a].free, false);
    }
    Outcome result = outcome(classes, classes, occupancy);
    // Which level would have been the highest isn't in the log.
    const auto unknown = [](Figures& figures) {
        figures[static_cast<std::size_t>(Figure::first_preference)] = std::numeric_limits<double>::quiet_NaN();
    };
    unknown(result.all);
    for (Figures& c : result.classes) unknown(c);
    result.parts.clear();
    return result;
}

}  // namespace centrala::simulator
