#include "centrala/config/reload.hpp"

#include <algorithm>
#include <span>
#include <string_view>
#include <unordered_map>

namespace centrala::config {
namespace {

constexpr std::size_t kSkillsMax = 65'535;  ///< as many as SkillId can tell apart

std::string_view name_of(const std::string& name) {
    return name;
}
template <class Item>
std::string_view name_of(const Item& item) {
    return item.name;
}

/// Of which things one is the other in another file.
template <class Item>
std::string identity(const Item& item) {
    std::string identity(name_of(item));
    // A queue of chats that bears the name of a queue of calls is another one.
    if constexpr (requires { item.channel; }) identity.append("\n").append(to_string(item.channel));
    return identity;
}

/// From ids of the file as it was read to those that the server uses: whose name it knows keeps its id, the others come
/// after them.
template <class Id>
class Renumbering {
public:
    template <class Item>
    Renumbering(std::span<const Item> running, std::span<const Item> read) : size_(running.size()) {
        std::unordered_map<std::string, std::size_t> known;
        for (std::size_t i = 0; i < running.size(); ++i) known.emplace(identity(running[i]), i);
        for (const Item& item : read) {
            const auto found = known.find(identity(item));
            ids_.push_back(static_cast<Id>(found != known.end() ? found->second : size_++));
        }
    }
    void operator()(Id& id) const { id = ids_[routing::index(id)]; }
    void operator()(std::optional<Id>& id) const {
        if (id) (*this)(*id);
    }
    void operator()(std::vector<Id>& ids) const {
        for (Id& id : ids) (*this)(id);
    }
    [[nodiscard]] Id operator[](std::size_t read) const { return ids_[read]; }
    [[nodiscard]] std::size_t size() const { return size_; }

private:
    std::vector<Id> ids_;
    std::size_t size_;
};

template <class Id, class Item>
Renumbering<Id> renumbering(const std::vector<Item>& running, const std::vector<Item>& read) {
    return Renumbering<Id>(std::span<const Item>(running), std::span<const Item>(read));
}

struct Numbers {
    Numbers(const routing::Plan& running, const routing::Plan& read)
        : skills(renumbering<routing::SkillId>(running.skills, read.skills)),
          queues(renumbering<routing::QueueId>(running.queues, read.queues)),
          groups(renumbering<routing::AgentGroupId>(running.agent_groups, read.agent_groups)),
          agents(renumbering<routing::AgentId>(running.agents, read.agents)),
          entry_points(renumbering<routing::EntryPointId>(running.entry_points, read.entry_points)),
          callers(renumbering<routing::CallerListId>(running.caller_lists, read.caller_lists)) {}

    Renumbering<routing::SkillId> skills;
    Renumbering<routing::QueueId> queues;
    Renumbering<routing::AgentGroupId> groups;
    Renumbering<routing::AgentId> agents;
    Renumbering<routing::EntryPointId> entry_points;
    Renumbering<routing::CallerListId> callers;

    // What refers to others by id.
    void operator()(std::vector<routing::SkillLevel>& levels) const {
        for (routing::SkillLevel& one : levels) skills(one.skill);
        std::sort(levels.begin(), levels.end());  // by id, as they are read
    }
    void operator()(routing::Requirement& required) const {
        (*this)(required.skills);
        groups(required.groups);
        queues(required.also);
    }
    void operator()(std::optional<routing::Wanted>& wanted) const {
        if (wanted) agents(wanted->agent);
    }
    void operator()(routing::Queue& queue) const {
        (*this)(queue.required);
        for (routing::Preference& one : queue.preferred) skills(one.skill);
        for (routing::Relaxation& one : queue.relaxations) (*this)(one.required);
        queues(queue.overflow);
    }
    void operator()(routing::Agent& agent) const {
        (*this)(agent.skills);
        for (routing::Pace& one : agent.paces) queues(one.queue);
        for (routing::Weight& one : agent.weights) queues(one.queue);
        groups(agent.group);
        queues(agent.queues);
    }
    void operator()(routing::EntryPoint& entry) const {
        queues(entry.queue);
        queues(entry.closed_queue);
        (*this)(entry.wanted);
    }
    void operator()(routing::CallerList& list) const {
        queues(list.queue);
        (*this)(list.wanted);
    }
    void operator()(Queue& queue) const { queues(queue.id); }
    void operator()(Agent& agent) const {
        agents(agent.id);
        auto group = static_cast<routing::AgentGroupId>(agent.group);
        groups(group);
        agent.group = routing::index(group);
    }
    void operator()(EntryPoint& entry) const {
        entry_points(entry.id);
        callers(entry.callers);
    }
    void operator()(CallerList& list) const { callers(list.id); }
    void operator()(const routing::Skill&) const {}
    void operator()(const std::string&) const {}
    void operator()(const AgentGroup&) const {}
};

// What is left of what the file doesn't have any more.
void retire(routing::Skill& skill) {
    skill.retired = true;
}
void retire(routing::Queue& queue) {
    queue.retired = queue.closed = true;
}
void retire(routing::Agent& agent) {
    agent.retired = true;
    agent.always_logged_in = false;
}
void retire(routing::EntryPoint& entry) {
    entry.retired = entry.closed = true;
}
void retire(routing::CallerList& list) {
    list.retired = true;
}
void retire(Agent& agent) {
    agent.secret = {};
    agent.contact.reset();
    agent.extension.clear();
    agent.shift.reset();
}
void retire(EntryPoint& entry) {
    entry.numbers.clear();
    entry.hours.reset();
}
void retire(CallerList& list) {
    list.numbers.clear();
    list.file.clear();
    list.numbers_of_file.clear();
}
template <class Other>
void retire(Other&) {}

/// `read` by the ids of the server, what `running` has besides retired.
template <class Item, class Id>
void merge(const std::vector<Item>& running, std::vector<Item>& read, const Renumbering<Id>& ids,
           const Numbers& numbers) {
    std::vector<Item> merged = running;
    for (Item& item : merged) retire(item);
    merged.resize(ids.size());
    for (std::size_t i = 0; i < read.size(); ++i) {
        numbers(read[i]);
        merged[routing::index(ids[i])] = std::move(read[i]);
    }
    read = std::move(merged);
}

template <class Item>
bool is_retired(const Item& item) {
    if constexpr (requires { item.retired; }) return item.retired;
    return false;
}

/// `same`(i): whether the i-th, which both have, is as it was.
template <class Item, class Same>
void tell_changes(std::string_view what, const std::vector<Item>& was, const std::vector<Item>& is, const Same& same,
                  std::vector<std::string>& changes) {
    for (std::size_t i = 0; i < is.size(); ++i) {
        const bool before = i < was.size() && !is_retired(was[i]);
        const bool now = !is_retired(is[i]);
        if (before == now && (!now || same(i))) continue;
        changes.push_back(std::string(what) + " " + std::string(name_of(is[i])) +
                          (!before ? " is added"
                           : !now  ? " is removed"
                                   : " is changed"));
    }
}

/// `hours`: the index of its schedule, which says the same if the schedule does. Where that stands in the file changes
/// nothing.
template <class Item>
bool same(const Config& was, Item before, const Config& is, const Item& now, std::optional<std::size_t> Item::*hours) {
    if ((before.*hours).has_value() != (now.*hours).has_value()) return false;
    if (before.*hours) {
        schedule::Schedule a = was.schedules[*(before.*hours)], b = is.schedules[*(now.*hours)];
        a.line = b.line = 0;
        if (a != b) return false;
    }
    before.*hours = now.*hours;
    return before == now;
}

/// But for what says the same and comes out differently: places in the file, and port 0, which is one of the system's
/// choice.
bool same_listeners(const Sip& running, Sip read) {
    if (running.listeners.size() != read.listeners.size()) return false;
    for (std::size_t i = 0; i < read.listeners.size(); ++i) {
        read.listeners[i].line = running.listeners[i].line;
        if (read.listeners[i].address.port == 0) read.listeners[i].address.port = running.listeners[i].address.port;
    }
    return running == read;
}

/// But for the numbers, which are looked for only where a queue announces something.
bool same_announcements(const Announcements& was, Announcements is) {
    if (was.spoken.empty() || is.spoken.empty()) is.spoken = was.spoken;
    return was == is;
}

std::vector<std::string> what_waits(const Config& running, const Config& read) {
    std::vector<std::string> waiting;
    const auto look = [&](std::string_view section, bool same) {
        if (!same) waiting.emplace_back(section);
    };
    Presence presence = read.presence;
    presence.activities = running.presence.activities;  // these follow not_ready_reasons
    look("sip, tls, limits", same_listeners(running.sip, read.sip));
    Media media = read.media;
    media.announcements = running.media.announcements;  // these follow the queues that make some
    look("media", running.media == media);
    look("registration", running.registration == read.registration);
    look("presence", running.presence == presence);
    look("trunks", running.trunks == read.trunks);
    look("outside", running.outside == read.outside);
    look("log", running.log == read.log);
    look("control", running.control == read.control);
    look("state_dir", running.state_dir == read.state_dir);
    look("security", running.security == read.security);
    look("trace", running.trace == read.trace);
    return waiting;
}

/// Of agents whom both have.
bool same_order(const routing::Plan& was, const routing::Plan& is) {
    std::vector<std::size_t> before;
    for (std::size_t a = 0; a < was.agents.size(); ++a)
        if (!was.agents[a].retired && !is.agents[a].retired) before.push_back(a);
    std::vector<std::size_t> now = before;
    const auto by_place = [](const routing::Plan& plan) {
        return [&plan](std::size_t a, std::size_t b) {
            return std::pair(plan.agents[a].place, a) < std::pair(plan.agents[b].place, b);
        };
    };
    std::sort(before.begin(), before.end(), by_place(was));
    std::sort(now.begin(), now.end(), by_place(is));
    return before == now;
}

std::vector<std::string> changes_between(const Config& was, const Config& is) {
    std::vector<std::string> changes;
    const routing::Plan &before = *was.plan, &now = *is.plan;
    tell_changes(
        "skill", before.skills, now.skills, [](std::size_t) { return true; }, changes);
    tell_changes(
        "queue", before.queues, now.queues,
        [&](std::size_t i) { return before.queues[i] == now.queues[i] && was.queues[i] == is.queues[i]; }, changes);
    tell_changes(
        "agent group", before.agent_groups, now.agent_groups,
        [&](std::size_t i) { return was.agent_groups[i] == is.agent_groups[i]; }, changes);
    tell_changes(
        "agent", before.agents, now.agents,
        [&](std::size_t i) {
            routing::Agent planned = before.agents[i];
            planned.place = now.agents[i].place;  // somebody before it came or went
            return planned == now.agents[i] && same(was, was.agents[i], is, is.agents[i], &Agent::shift);
        },
        changes);
    tell_changes(
        "entry point", before.entry_points, now.entry_points,
        [&](std::size_t i) {
            return before.entry_points[i] == now.entry_points[i] &&
                   same(was, was.entry_points[i], is, is.entry_points[i], &EntryPoint::hours);
        },
        changes);
    tell_changes(
        "list of callers", before.caller_lists, now.caller_lists,
        [&](std::size_t i) {
            return before.caller_lists[i] == now.caller_lists[i] && was.caller_lists[i] == is.caller_lists[i];
        },
        changes);
    const auto differs = [&](std::string_view section, bool same) {
        if (!same) changes.push_back(std::string(section) + " is changed");
    };
    differs("routing", before.call_order == now.call_order && before.reserve_scarce == now.reserve_scarce &&
                           before.ageing == now.ageing && before.callers_remembered == now.callers_remembered &&
                           before.ready_on_login == now.ready_on_login && before.probe_interval == now.probe_interval &&
                           before.busy_memory == now.busy_memory);
    if (!same_order(before, now)) changes.emplace_back("the order of agents is changed");
    differs("media.announcements", same_announcements(was.media.announcements, is.media.announcements));
    differs("presence.activities", was.presence.activities == is.presence.activities);
    differs("caller_lookup", was.caller_lookup == is.caller_lookup);
    differs("feature_codes", was.feature_codes == is.feature_codes);
    differs("not_ready_reasons", before.reasons == now.reasons && before.reason_limits == now.reason_limits);
    differs("breaks", before.breaks == now.breaks);
    differs("dispositions", before.dispositions == now.dispositions);
    differs("drain_limit", was.drain_limit == is.drain_limit);
    return changes;
}

}  // namespace

Result<Reload> reload(Config& running, Config read) {
    auto plan = std::make_shared<routing::Plan>(*read.plan);
    const Numbers numbers(*running.plan, *plan);
    if (numbers.skills.size() > kSkillsMax)
        return Error{"more than " + std::to_string(kSkillsMax) + " skills have come and gone: a restart forgets them"};
    Reload result;
    result.waiting = what_waits(running, read);
    for (std::size_t i = 0; i < plan->agents.size(); ++i) {
        const auto id = routing::index(numbers.agents[i]);
        if (id >= running.plan->agents.size() || running.plan->agents[id].retired)
            result.added.push_back(numbers.agents[i]);
    }
    merge(running.queues, read.queues, numbers.queues, numbers);
    merge(running.agents, read.agents, numbers.agents, numbers);
    merge(running.agent_groups, read.agent_groups, numbers.groups, numbers);
    merge(running.entry_points, read.entry_points, numbers.entry_points, numbers);
    merge(running.caller_lists, read.caller_lists, numbers.callers, numbers);
    merge(running.plan->skills, plan->skills, numbers.skills, numbers);
    merge(running.plan->queues, plan->queues, numbers.queues, numbers);
    merge(running.plan->agent_groups, plan->agent_groups, numbers.groups, numbers);
    merge(running.plan->agents, plan->agents, numbers.agents, numbers);
    merge(running.plan->entry_points, plan->entry_points, numbers.entry_points, numbers);
    merge(running.plan->caller_lists, plan->caller_lists, numbers.callers, numbers);
    read.plan = std::move(plan);
    result.changes = changes_between(running, read);
    result.caller_lookup = running.caller_lookup != read.caller_lookup;
    if (result.changes.empty()) return result;
    running.plan = std::move(read.plan);
    running.agent_groups = std::move(read.agent_groups);
    running.agents = std::move(read.agents);
    running.schedules = std::move(read.schedules);
    running.entry_points = std::move(read.entry_points);
    running.caller_lists = std::move(read.caller_lists);
    running.caller_lookup = std::move(read.caller_lookup);
    running.queues = std::move(read.queues);
    running.media.announcements = std::move(read.media.announcements);
    running.feature_codes = std::move(read.feature_codes);
    running.presence.activities = std::move(read.presence.activities);
    running.drain_limit = read.drain_limit;
    running.warnings = std::move(read.warnings);
    return result;
}

}  // namespace centrala::config
