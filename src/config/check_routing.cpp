// Queues, agents and groups against each other: whose calls nobody could answer, and what can hardly be meant so.
#include <algorithm>
#include <map>
#include <tuple>

#include "centrala/routing/index.hpp"
#include "draft.hpp"

namespace centrala::config {
namespace {

using routing::AgentId;
using routing::Plan;
using routing::QueueId;
using routing::Requirement;

constexpr std::size_t kAgentsNamed = 10;  ///< who serve no queue; how many more there are is said in one line

template <class List, class Id>
bool among(const List& list, Id id) {
    return list.empty() || std::find(list.begin(), list.end(), id) != list.end();
}

/// Who serves what by the skills of the file.
class Service {
public:
    explicit Service(const Plan& plan) : plan_(plan), from_(plan.queues.size()), kind_of_(plan.agents.size()) {
        std::map<std::tuple<std::vector<routing::SkillLevel>, routing::AgentGroupId, std::vector<QueueId>, bool>,
                 std::size_t>
            numbers;
        for (std::size_t i = 0; i < plan.agents.size(); ++i) {
            const routing::Agent& a = plan.agents[i];
            const auto [kind, fresh] = numbers.try_emplace({a.skills, a.group, a.queues, a.chats > 0}, kinds_.size());
            if (fresh) kinds_.push_back({static_cast<AgentId>(i)});
            kind_of_[i] = kind->second;
        }
        for (std::size_t q = 0; q < plan.queues.size(); ++q)
            for (Kind& kind : kinds_)
                if (const auto step = first_step(kind.example, static_cast<QueueId>(q))) {
                    kind.serves = true;
                    from_[q] = std::min(from_[q].value_or(*step), *step);
                }
    }

    /// The first step of the queue's relaxation at which somebody serves it.
    [[nodiscard]] std::optional<std::size_t> from(QueueId queue) const { return from_[routing::index(queue)]; }
    [[nodiscard]] bool serves_any(AgentId agent) const { return kinds_[kind_of_[routing::index(agent)]].serves; }
    /// The first step at which the agent may take the queue's calls.
    [[nodiscard]] std::optional<std::size_t> first_step(AgentId agent, QueueId queue) const {
        const auto& skills = plan_.agents[routing::index(agent)].skills;
        for (std::size_t step = 0; step < plan_.queues[routing::index(queue)].steps(); ++step)
            if (routing::level_for(plan_, queue, step, agent, skills)) return step;
        return std::nullopt;
    }
    /// One of each kind who might meet `required`, as `queue` itself asks for it, if they had the skills.
    [[nodiscard]] std::vector<AgentId> allowed(QueueId queue, const Requirement& required) const {
        std::vector<AgentId> found;
        for (const Kind& kind : kinds_) {
            const routing::Agent& a = plan_.agents[routing::index(kind.example)];
            const bool fits = plan_.queues[routing::index(queue)].channel == routing::Channel::voice || a.chats > 0;
            if (fits && among(a.queues, queue) && among(required.groups, a.group)) found.push_back(kind.example);
        }
        return found;
    }
    /// Whether skills, which may change while the server runs, are all that is missing.
    [[nodiscard]] bool could_serve(QueueId queue) const {
        const Requirement& last =
            plan_.queues[routing::index(queue)].required_at(plan_.queues[routing::index(queue)].relaxations.size());
        return !allowed(queue, last).empty() || std::any_of(last.also.begin(), last.also.end(), [&](QueueId other) {
            return !allowed(other, plan_.queues[routing::index(other)].required).empty();
        });
    }

private:
    /// Agents alike in all that decides whose calls they may take.
    struct Kind {
        AgentId example{};
        bool serves = false;
    };
    const Plan& plan_;
    std::vector<std::optional<std::size_t>> from_;
    std::vector<Kind> kinds_;
    std::vector<std::size_t> kind_of_;
};

/// The value of `key` in the map `item`, or, if it says nothing of it, the map.
Item part(const Draft& draft, const Item& item, std::string_view key) {
    if (item.node->kind == Node::Kind::map)
        for (std::size_t i = 0; i + 1 < item.node->items.size(); i += 2)
            if (draft.context.tree().at(item.node->items[i]).text == key)
                return {&draft.context.tree().at(item.node->items[i + 1]), item.path + "." + std::string(key)};
    return item;
}

bool says(const Draft& draft, const Item& item, std::string_view key) {
    return part(draft, item, key).node != item.node;
}

std::string level_text(const Draft& draft, const routing::SkillLevel& need) {
    return draft.plan.skills[routing::index(need.skill)].name + " " + std::to_string(need.level);
}

struct Lack {
    std::string words;     ///< "no agent has skill german"
    std::string_view key;  ///< the queue's, which says so
};

/// Why nobody meets what the queue itself asks for.
Lack lack_of(const Draft& draft, const Service& service, QueueId queue, const Requirement& required) {
    const Plan& plan = draft.plan;
    const auto allowed = service.allowed(queue, required);
    if (plan.queues[routing::index(queue)].channel == routing::Channel::chat &&
        std::ranges::all_of(plan.agents, [](const auto& agent) { return agent.chats == 0; }))
        return {"no agent takes chats", ""};
    if (allowed.empty() && required.groups.empty()) return {"all agents are for other queues", ""};
    if (allowed.empty()) {
        const bool members = std::any_of(plan.agents.begin(), plan.agents.end(),
                                         [&](const auto& agent) { return among(required.groups, agent.group); });
        return {members ? "the agents of its groups are for other queues" : "no agent is in its groups", "groups"};
    }
    const std::string nobody = required.groups.empty() ? "no agent has " : "no agent of its groups has ";
    std::string all;
    for (const routing::SkillLevel& need : required.skills) {
        int highest = 0;
        for (const AgentId agent : allowed)
            for (const routing::SkillLevel& s : plan.agents[routing::index(agent)].skills)
                if (s.skill == need.skill) highest = std::max<int>(highest, s.level);
        if (highest == 0) return {nobody + "skill " + plan.skills[routing::index(need.skill)].name, "requires"};
        if (highest < need.level)
            return {nobody + level_text(draft, need) + ", the highest is " + std::to_string(highest), "requires"};
        all += (all.empty() ? "" : " and ") + level_text(draft, need);
    }
    return {nobody + all, "requires"};
}

/// By which ways of the file calls come into queues: entry points, lists of callers and overflow.
std::vector<bool> reached_queues(const Plan& plan) {
    std::vector<bool> reached(plan.queues.size());
    const auto reach = [&](std::optional<QueueId> at) {
        for (; at && !reached[routing::index(*at)]; at = plan.queues[routing::index(*at)].overflow)
            reached[routing::index(*at)] = true;
    };
    for (const routing::EntryPoint& entry : plan.entry_points) {
        reach(entry.queue);
        reach(entry.closed_queue);
    }
    for (const routing::CallerList& list : plan.caller_lists) reach(list.queue);
    return reached;
}

/// What becomes of calls that nobody can take; "" if the queue is there to play a greeting and end them.
std::string fate(const Draft& draft, const routing::Queue& queue, const Item& item, bool could) {
    const std::string after = "after " + format_duration(queue.max_wait);
    if (queue.refuse_without_agents) return "its calls are refused";
    if (queue.overflow) {
        const std::string& next = draft.plan.queues[routing::index(*queue.overflow)].name;
        if (queue.overflow_when.without_agents) return "all its calls go on to " + next;
        if (queue.max_wait > 0s) return "all its calls go on to " + next + " " + after;
        return "its calls wait for ever, unless they go on to " + next;
    }
    if (queue.max_wait > 0s) return says(draft, item, "greeting") ? "" : "all its calls end " + after;
    return could ? "its calls wait until somebody is given it by 'centrala skill'" : "its calls would wait for ever";
}

/// Its calls stay there until somebody takes them.
bool keeps_for_ever(const routing::Queue& queue) {
    return queue.max_wait == 0s && !queue.overflow && !queue.refuse_without_agents && !queue.closed;
}

/// Nobody serves the queue, at whatever step.
void check_unserved(Draft& draft, const Service& service, QueueId id, bool reached) {
    const routing::Queue& queue = draft.plan.queues[routing::index(id)];
    const Item& item = draft.queue_items[routing::index(id)];
    const bool could = service.could_serve(id);
    const std::string then = fate(draft, queue, item, could);
    if (queue.closed || then.empty()) return;
    const auto& last = queue.required_at(queue.relaxations.size());
    const Lack lack = lack_of(draft, service, id, last);
    const Item& at = part(draft, item, lack.key);
    const std::string words = lack.words + (last.also.empty() ? "" : ", nor does anybody serve its also") + ": " + then;
    if (reached && keeps_for_ever(queue) && !could)
        draft.context.problem(at, words);
    else
        draft.context.warning(at, words);
}

/// One mistake rather than one for each queue. Without agents there may still be announcements.
void check_somebody_is_there(Draft& draft) {
    const auto reached = reached_queues(draft.plan);
    for (std::size_t q = 0; q < reached.size(); ++q) {
        if (!reached[q] || !keeps_for_ever(draft.plan.queues[q])) continue;
        draft.context.problem(draft.queue_items[q], "there are no agents: its calls would wait for ever");
        return;
    }
}

void check_queues(Draft& draft, const Service& service) {
    const Plan& plan = draft.plan;
    const auto reached = reached_queues(plan);
    const bool transfers = std::any_of(draft.config.agents.begin(), draft.config.agents.end(), [&](const Agent& a) {
        return draft.config.agent_groups[a.group].transfer_queues;
    });
    const bool advised = draft.config.caller_lookup.has_value();  // answers may name any queue
    std::vector<bool> lent(plan.queues.size());                   // another queue's agents are said by it
    for (const routing::Queue& queue : plan.queues)
        for (std::size_t step = 0; step < queue.steps(); ++step)
            for (const QueueId other : queue.required_at(step).also) lent[routing::index(other)] = true;
    for (std::size_t q = 0; q < plan.queues.size(); ++q) {
        const auto id = static_cast<QueueId>(q);
        const routing::Queue& queue = plan.queues[q];
        const Item& item = draft.queue_items[q];
        const auto from = service.from(id);
        if (queue.channel == routing::Channel::chat)
            draft.context.warning(item, "stays empty: chats are simulated so far, none come in");
        if (!reached[q] && !transfers && !lent[q] && !advised)
            draft.context.warning(item, "no entry point and no overflow leads here, and no agent may transfer calls");
        else if (!from)
            check_unserved(draft, service, id, reached[q]);
        else if (*from > 0)
            draft.context.warning(part(draft, item, "requires"),
                                  lack_of(draft, service, id, queue.required).words + ": all its calls wait " +
                                      format_duration(queue.relaxations[*from - 1].after) +
                                      " for relax to ask for less");
        auto next = queue.overflow;
        while (next && plan.queues[routing::index(*next)].closed) next = plan.queues[routing::index(*next)].overflow;
        if (queue.overflow && !next)
            draft.context.warning(part(draft, item, "overflow"), "is closed: no call goes there");
    }
}

/// Queues that the agent's keys name, but whose calls it can't take. False: there are none.
bool check_named_queues(Draft& draft, const Service& service, AgentId id) {
    const Item& item = draft.agent_items[routing::index(id)];
    bool found = false;
    const auto check = [&](QueueId queue, const Item& at) {
        if (service.first_step(id, queue)) return;
        found = true;
        draft.context.warning(at, "can't take the calls of " + draft.plan.queues[routing::index(queue)].name +
                                      ", which asks for other skills or groups");
    };
    const routing::Agent& agent = draft.plan.agents[routing::index(id)];
    for (const QueueId queue : agent.queues) check(queue, part(draft, item, "queues"));
    for (const routing::Pace& pace : agent.paces) check(pace.queue, part(draft, item, "pace"));
    for (const routing::Weight& weight : agent.weights) check(weight.queue, part(draft, item, "weight"));
    return found;
}

void check_agents(Draft& draft, const Service& service) {
    if (draft.plan.queues.empty()) return;
    std::size_t idle = 0;
    for (std::size_t i = 0; i < draft.plan.agents.size(); ++i) {
        const auto id = static_cast<AgentId>(i);
        const Item& item = draft.agent_items[i];
        if (check_named_queues(draft, service, id) || service.serves_any(id)) continue;
        // Whoever is no agent but has a telephone is among the agents, too: reachable by an extension, without skills.
        if (draft.plan.agents[i].skills.empty() && !draft.config.agents[i].extension.empty()) continue;
        if (++idle <= kAgentsNamed) draft.context.warning(item, "serves no queue: every queue asks for something else");
    }
    if (idle > kAgentsNamed)
        draft.context.warning(draft.agent_items.front().node->line, "agents",
                              std::to_string(idle - kAgentsNamed) + " more serve no queue");
}

/// Groups without members and skills that mean nothing.
void check_unused(Draft& draft, const Service& service) {
    const Plan& plan = draft.plan;
    std::vector<bool> members(plan.agent_groups.size()), said(plan.agent_groups.size());
    std::vector<bool> had(plan.skills.size()), liked(plan.skills.size()), asked(plan.skills.size());
    for (const routing::Agent& agent : plan.agents) {
        members[routing::index(agent.group)] = true;
        for (const routing::SkillLevel& s : agent.skills) had[routing::index(s.skill)] = true;
    }
    for (std::size_t q = 0; q < plan.queues.size(); ++q) {
        const routing::Queue& queue = plan.queues[q];
        for (const routing::Preference& p : queue.preferred) liked[routing::index(p.skill)] = true;
        for (std::size_t step = 0; step < queue.steps(); ++step) {
            const Requirement& required = queue.required_at(step);
            for (const routing::SkillLevel& s : required.skills) asked[routing::index(s.skill)] = true;
            if (service.from(static_cast<QueueId>(q))) continue;
            for (const auto group : required.groups) said[routing::index(group)] = true;  // check_unserved() did
        }
    }
    for (std::size_t g = 0; g < members.size(); ++g)
        if (!members[g] && !said[g] && draft.group_items[g].node)
            draft.context.warning(draft.group_items[g], "no agent is in it");
    for (std::size_t s = 0; s < had.size(); ++s)
        if (!had[s] && !asked[s])
            draft.context.warning(
                draft.skill_items[s].node->line, draft.skill_items[s].path,
                plan.skills[s].name + " is a skill that no agent has" + (liked[s] ? "" : " and no queue asks for"));
}

}  // namespace

void check_routing(Draft& draft) {
    if (!draft.context.sound()) return;  // what was misread would only be blamed on others
    if (draft.plan.agents.empty()) return check_somebody_is_there(draft);
    const Service service(draft.plan);
    check_queues(draft, service);
    check_agents(draft, service);
    check_unused(draft, service);
}

}  // namespace centrala::config
