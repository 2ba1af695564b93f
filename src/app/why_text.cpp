#include "app/why_text.hpp"

#include <algorithm>
#include <map>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "app/event_text.hpp"
#include "centrala/journal/journal.hpp"

namespace centrala::app {
namespace {

using namespace routing;
using Json = nlohmann::ordered_json;

constexpr std::size_t kNamed = 5;  ///< agents of one obstacle who are named; the others are counted

std::string words(Duration d) {
    return human_duration(static_cast<double>(d.count()) / 1'000);
}

const std::string& name(const Plan& plan, AgentId agent) {
    return plan.agents[index(agent)].name;
}
const std::string& name(const Plan& plan, QueueId queue) {
    return plan.queues[index(queue)].name;
}
const std::string& name(const Plan& plan, SkillId skill) {
    return plan.skills[index(skill)].name;
}

/// Of one agent or of several.
std::string words(const Obstacle& o, const Plan& plan) {
    switch (o.bar) {
        case Bar::none: return "free";
        case Bar::other_channel: return "without chats";
        case Bar::other_queues: return "for other queues";
        case Bar::other_group: return "of another group";
        case Bar::lacks_skill: return fmt::format("without {} at level {}", name(plan, o.need.skill), o.need.level);
        case Bar::logged_out: return "logged out";
        case Bar::talking: return "talking";
        case Bar::wrap_up: return "in wrap-up";
        case Bar::reserved: return "rung for another call";
        case Bar::full: return "full up with chats";
        case Bar::unreachable: return "unreachable by phone";
        case Bar::busy: return "on a call of their own";
        case Bar::not_ready: return "not ready";
        case Bar::pending: return "about to stop";
        case Bar::refused: return "rejected or missed this call lately";
        case Bar::kept_for_others: return fmt::format("kept for {}", name(plan, *o.kept_for));
        case Bar::not_wanted: return fmt::format("kept for {}", name(plan, *o.wanted));
    }
    return "?";
}

/// What the queue's strategy compares, and what breaks the tie.
std::string measures(const Candidate& c, const Queue& queue, std::uint64_t most_missed) {
    std::string text;
    const auto add = [&text](const std::string& part) { text += (text.empty() ? "" : ", ") + part; };
    if (!queue.preferred.empty()) add(fmt::format("preferred {}", c.liked));
    switch (queue.strategy) {
        case Strategy::most_skilled: add(fmt::format("levels {}", c.level)); break;
        case Strategy::least_occupied: add(fmt::format("occupied {:.1f} %", c.occupancy_ppm / 10'000.0)); break;
        case Strategy::coverage:
            if (c.pace != Pace{}.permille) add(fmt::format("pace {} %", c.pace / 10));
            if (most_missed > 0)
                add(fmt::format("missed elsewhere {:.0f} %",
                                100.0 * static_cast<double>(c.missed) / static_cast<double>(most_missed)));
            break;
        case Strategy::least_flexible: add(fmt::format("serves {} queues", c.queues)); break;
        case Strategy::fewest_calls: add(fmt::format("{} calls", c.session_calls)); break;
        case Strategy::round_robin:
        case Strategy::in_order: return "in turn";
        case Strategy::weighted_random: return fmt::format("drawn with weight {}", c.weight);
        case Strategy::idleness_ratio:
            add(fmt::format("{} of {} of its kind free", c.group_available, c.group_at_work));
            break;
        case Strategy::longest_idle: break;
    }
    add("idle " + words(c.idle));
    return text;
}

std::string list_of_barred(const ContactExplanation& why, const Plan& plan) {
    std::vector<std::pair<std::string, std::vector<AgentId>>> groups;  // in order of appearance
    for (const Barred& b : why.barred) {
        const std::string reason = words(b.obstacle, plan);
        const auto it = std::find_if(groups.begin(), groups.end(), [&](auto& g) { return g.first == reason; });
        if (it == groups.end())
            groups.push_back({reason, {b.agent}});
        else
            it->second.push_back(b.agent);
    }
    std::string text;
    for (const auto& [reason, agents] : groups) {
        text += fmt::format("    {:<34}", reason);
        for (std::size_t i = 0; i < std::min(agents.size(), kNamed); ++i)
            text += (i > 0 ? ", " : " ") + printable(name(plan, agents[i]));
        if (agents.size() > kNamed) text += fmt::format(" and {} more", agents.size() - kNamed);
        text += '\n';
    }
    return text;
}

std::string place(const ContactExplanation& why, const Plan& plan) {
    const Queue& queue = plan.queues[index(why.queue)];
    std::string text = fmt::format("{}, place {}, after {}", printable(queue.name), why.position, words(why.waited));
    if (!queue.relaxations.empty()) text += fmt::format(", step {} of {}", why.step, queue.relaxations.size());
    return text;
}

std::string words(const BreakObstacle& o, const Plan& plan) {
    switch (o.bar) {
        case BreakBar::none: return "nothing is in the way";
        case BreakBar::works: return "has work in hand";
        case BreakBar::waiting: return fmt::format("{} waiting in {}", o.count, printable(name(plan, o.queue)));
        case BreakBar::too_few:
            return fmt::format("{} of {} others available in {}", o.count, plan.breaks.keep,
                               printable(name(plan, o.queue)));
    }
    return "?";
}

std::string break_text(const BreakExplanation& why, const Plan& plan, Timestamp now) {
    std::string text = fmt::format("  asked for {} {} ago: {}", printable(why.wish.reason),
                                   words(now - why.wish.asked_at), words(why.obstacle, plan));
    if (why.due > now) text += fmt::format("; gets it in {} anyway", words(why.due - now));
    return text + '\n';
}

Json to_json(const BreakExplanation& why, const Plan& plan) {
    Json j{{"reason", why.wish.reason},
           {"asked_at", journal::to_text(why.wish.asked_at)},
           {"due", journal::to_text(why.due)},
           {"bar", to_string(why.obstacle.bar)}};
    if (why.obstacle.bar == BreakBar::waiting) j["waiting"] = why.obstacle.count;
    if (why.obstacle.bar == BreakBar::too_few) j["others_available"] = why.obstacle.count;
    if (j.size() > 4) j["queue"] = name(plan, why.obstacle.queue);
    return j;
}

Json to_json(const Obstacle& o, const Plan& plan) {
    Json j{{"bar", to_string(o.bar)}};
    if (o.bar == Bar::lacks_skill) {
        j["skill"] = name(plan, o.need.skill);
        j["needs_level"] = o.need.level;
        j["has_level"] = o.have;
    }
    if (o.until) j["until"] = journal::to_text(*o.until);
    if (o.kept_for) j["kept_for"] = name(plan, *o.kept_for);
    if (o.wanted) j["wanted_agent"] = name(plan, *o.wanted);
    return j;
}

}  // namespace

std::string why_text(const Decision& d, const Plan& plan, const Style& style, bool utc) {
    const Queue& queue = plan.queues[index(d.why.queue)];
    std::string out = style.paint(Colour::dim, clock_time(journal::to_text(d.at), utc)) + "  ";
    if (d.chosen)
        out += style.paint(Colour::bold, fmt::format("{} offered to {}", journal::to_text(d.why.contact),
                                                     printable(name(plan, *d.chosen))));
    else
        out += style.paint(Colour::bold, journal::to_text(d.why.contact) + " waits");
    out += " in " + place(d.why, plan) + '\n';
    if (d.direct) return out + "    handed to this agent by name; the queue didn't choose\n";
    if (d.why.wanted) out += "  kept for " + printable(name(plan, *d.why.wanted));
    if (d.why.wanted && d.chosen) return out + ", whom the queue didn't choose\n";
    if (d.why.wanted)
        out += fmt::format(" for another {}\n", words(std::max(*d.why.wanted_until - d.at, Duration::zero())));
    else if (d.why.available == 0)
        out += "  nobody could take it:\n";
    else
        out += fmt::format("  {} could take it; {} ranks them:\n", d.why.available, to_string(queue.strategy));
    std::uint64_t most_missed = 0;
    for (const Candidate& c : d.why.candidates) most_missed = std::max(most_missed, c.missed);
    for (std::size_t i = 0; i < d.why.candidates.size(); ++i)
        out += fmt::format("    {:>2}  {:<30} {}\n", i + 1, printable(name(plan, d.why.candidates[i].agent)),
                           measures(d.why.candidates[i], queue, most_missed));
    if (d.why.available > 0 && !d.why.barred.empty()) out += "  the others couldn't:\n";
    return out + list_of_barred(d.why, plan);
}

Json why_json(const Decision& d, const Plan& plan) {
    Json j{{"at", journal::to_text(d.at)},
           {"contact", journal::to_text(d.why.contact)},
           {"queue", name(plan, d.why.queue)},
           {"step", d.why.step},
           {"position", d.why.position},
           {"waited_ms", d.why.waited / 1ms},
           {"strategy", to_string(plan.queues[index(d.why.queue)].strategy)}};
    if (d.offer) j["offer"] = journal::to_text(*d.offer);
    if (d.chosen) j["agent"] = name(plan, *d.chosen);
    if (d.direct) j["direct"] = true;
    if (d.why.wanted) {
        j["wanted_agent"] = name(plan, *d.why.wanted);
        j["wanted_until"] = journal::to_text(*d.why.wanted_until);
    }
    j["available"] = d.why.available;
    for (const Candidate& c : d.why.candidates)
        j["candidates"].push_back({{"agent", name(plan, c.agent)},
                                   {"idle_ms", c.idle / 1ms},
                                   {"level", c.level},
                                   {"preferred", c.liked},
                                   {"pace_permille", c.pace},
                                   {"missed_elsewhere", c.missed},
                                   {"queues", c.queues},
                                   {"session_calls", c.session_calls},
                                   {"weight", c.weight},
                                   {"group_available", c.group_available},
                                   {"group_at_work", c.group_at_work},
                                   {"occupancy_ppm", c.occupancy_ppm}});
    for (const Barred& b : d.why.barred) {
        Json barred{{"agent", name(plan, b.agent)}};
        barred.update(to_json(b.obstacle, plan));
        j["barred"].push_back(std::move(barred));
    }
    return j;
}

std::string why_text(const AgentExplanation& why, const State& state, const Plan& plan, const Style& style,
                     Timestamp now) {
    const AgentRecord& agent = state.agents[index(why.agent)];
    std::string out = style.paint(
        Colour::bold, printable(name(plan, why.agent)) + " is " + spaced(std::string(to_string(why.state))));
    if (why.state == AgentState::not_ready && !agent.facts.reason.empty())
        out += " (" + printable(agent.facts.reason) + ")";
    if (agent.state_since != Timestamp{}) out += " for " + words(now - agent.state_since);
    out += '\n';
    if (why.asks) out += break_text(*why.asks, plan, now);
    if (why.queues.empty()) return out + "  nobody waits in any queue\n";
    for (const QueueExplanation& q : why.queues) {
        const std::string nearest = journal::to_text(q.contact);
        out += fmt::format("  {:<24} {} waiting; {}: {}", printable(name(plan, q.queue)), q.waiting, nearest,
                           words(q.obstacle, plan));
        if (q.obstacle.bar == Bar::lacks_skill && q.obstacle.have > 0) out += fmt::format(" (has {})", q.obstacle.have);
        if (q.obstacle.until && *q.obstacle.until > now)
            out += fmt::format(", for another {}", words(*q.obstacle.until - now));
        if (q.opens_at_step) out += fmt::format("; could take it from step {} of its relaxation on", *q.opens_at_step);
        out += '\n';
    }
    return out;
}

Json why_json(const AgentExplanation& why, const Plan& plan) {
    Json j{{"agent", name(plan, why.agent)}, {"state", to_string(why.state)}, {"queues", Json::array()}};
    if (why.asks) j["asks"] = to_json(*why.asks, plan);
    for (const QueueExplanation& q : why.queues) {
        Json queue{{"queue", name(plan, q.queue)}, {"waiting", q.waiting}, {"contact", journal::to_text(q.contact)}};
        queue.update(to_json(q.obstacle, plan));
        if (q.opens_at_step) queue["opens_at_step"] = *q.opens_at_step;
        j["queues"].push_back(std::move(queue));
    }
    return j;
}

}  // namespace centrala::app
