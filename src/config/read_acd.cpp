// Sections skills, entry_points and agents: what routing works with, but for the queues.
#include <algorithm>

#include "centrala/sip/uri.hpp"
#include "draft.hpp"

namespace centrala::config {
namespace {

/// How long the agent takes for a queue's calls, where others take 100.
void read_paces(Draft& draft, const Item& item, std::vector<routing::Pace>& into) {
    for (const auto& [name, value] : draft.context.entries(item, "queue")) {
        std::int64_t percent = 100;
        if (!draft.context.read_integer(value, percent, 10, 1'000)) continue;
        const auto queue = resolve(draft.context, value, name, "queue", draft.queues, draft.queue_names);
        if (queue) into.push_back({static_cast<routing::QueueId>(*queue), static_cast<std::uint32_t>(percent * 10)});
    }
}

/// One weight for all queues, or some for some.
void read_weights(Draft& draft, const Item& item, routing::Agent& agent) {
    using routing::Strategy;
    Context& context = draft.context;
    const auto& queues = draft.plan.queues;
    std::int64_t weight = 1;
    if (item.node->kind != Node::Kind::map) {
        if (!context.read_integer(item, weight, 1, 1'000)) return;
        agent.weight = static_cast<std::uint32_t>(weight);
        if (std::none_of(queues.begin(), queues.end(),
                         [](const auto& queue) { return queue.strategy == Strategy::weighted_random; }))
            context.warning(item, "means nothing: no queue's strategy is weighted_random");
        return;
    }
    for (const auto& [name, value] : context.entries(item, "queue")) {
        if (!context.read_integer(value, weight, 1, 1'000)) continue;
        const auto queue = resolve(context, value, name, "queue", draft.queues, draft.queue_names);
        if (!queue) continue;
        agent.weights.push_back({static_cast<routing::QueueId>(*queue), static_cast<std::uint32_t>(weight)});
        if (queues[*queue].strategy != Strategy::weighted_random)
            context.warning(
                value, "means nothing: the queue's strategy is " + std::string(to_string(queues[*queue].strategy)));
    }
}

bool is_dialled(std::string_view text) {
    const auto allowed = [](char c) {
        return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
               std::string_view("+*#_.-").find(c) != std::string_view::npos;
    };
    return !text.empty() && text.size() <= 64 && std::all_of(text.begin(), text.end(), allowed);
}

/// False: somebody else has it.
bool claim_number(Draft& draft, const Item& item, const std::string& number) {
    const auto [place, fresh] = draft.numbers.emplace(number, Place{item.path, item.node->line});
    if (!fresh)
        draft.context.problem(item, "number " + number + " is taken by " + place->second.path + " (line " +
                                        std::to_string(place->second.line) + ")");
    return fresh;
}

void read_entry_point(Draft& draft, std::string_view name, const Item& item) {
    Context& context = draft.context;
    Section s(context, item, "entry_points.<name>");
    EntryPoint entry;
    routing::EntryPoint planned;
    planned.name = name;
    entry.id = static_cast<routing::EntryPointId>(draft.plan.entry_points.size());
    if (const auto numbers = s.take("numbers")) {
        for (const Item& one : context.list(*numbers, "numbers"))
            if (std::string number; context.read_text(
                    one, number, "a dialled number such as 100, +49441100 or \"*\" for any other", is_dialled))
                if (claim_number(draft, one, number)) entry.numbers.push_back(std::move(number));
        if (numbers->is_nothing() || (numbers->node->kind == Node::Kind::list && numbers->node->items.empty()))
            context.problem(*numbers, "expected at least one number");
    } else {
        context.problem(item, "expected numbers: what callers dial");
    }
    if (const auto queue = s.take("queue")) {
        planned.queue = read_queue_name(draft, *queue).value_or(planned.queue);
    } else {
        context.problem(item, "expected queue: where calls to these numbers wait");
    }
    s.integer("priority", planned.priority, -1'000, 1'000);
    if (const auto callers = s.take("callers"))
        read_names(draft, *callers, "list of callers", draft.callers, draft.caller_names, entry.callers);
    s.boolean("lookup", entry.lookup);
    if (s.has("lookup") && entry.lookup && !draft.config.caller_lookup)
        context.warning(item, "lookup means nothing without caller_lookup: nobody is asked");
    read_wanted(draft, s, [id = index(entry.id)](routing::Plan& plan, routing::Wanted wanted) {
        plan.entry_points[id].wanted = wanted;
    });
    s.boolean("closed", planned.closed);
    s.integer("closed_status", entry.closed_status, 400, 699);
    s.integer("full_status", entry.full_status, 400, 699);
    read_opening(draft, s, item, entry, planned);
    s.finish();
    draft.plan.entry_points.push_back(std::move(planned));
    draft.config.entry_points.push_back(std::move(entry));
}

bool is_phone_uri(std::string_view text) {
    const auto uri = sip::parse_uri(text);
    if (!uri || !uri->headers.empty() || !is_host(uri->host)) return false;
    const auto transport = sip::transport_of(*uri);
    return transport && !sip::is_websocket(*transport);  // only the phone can open a WebSocket
}

void read_agent(Draft& draft, std::string_view name, const Item& item) {
    Section s(draft.context, item, "agents.<name>");
    Agent agent;
    routing::Agent planned;
    agent.id = static_cast<routing::AgentId>(draft.plan.agents.size());
    planned.place = static_cast<std::uint32_t>(draft.plan.agents.size());
    read_agent_keys(draft, s, name, planned, agent);
    if (const auto shift = s.take("shift"))
        if (std::string in; draft.context.read_text(*shift, in, "the name of a schedule", is_name))
            agent.shift = resolve(draft.context, *shift, in, "schedule", draft.schedules, draft.schedule_names);
    if (agent.secret.user.empty() && !s.has("contact"))
        draft.context.problem(item, "expected password, ha1_md5 or ha1_sha256 to register with, or a fixed contact");
    s.finish();
    draft.plan.agents.push_back(std::move(planned));
    draft.agent_items.push_back(item);
    draft.config.agents.push_back(std::move(agent));
}

}  // namespace

void read_agent_keys(Draft& draft, Section& s, std::string_view name, routing::Agent& planned, Agent& agent) {
    Context& context = draft.context;
    agent.secret.user = name;
    planned.name = name;
    planned.display_name = name;
    s.text("display_name", planned.display_name, "at most 64 characters without control characters",
           [](std::string_view t) { return is_plain_text(t, 64); });
    if (!read_secret(draft, s, agent.secret)) agent.secret.user.clear();  // then it is known by its fixed address
    if (const auto contact = s.take("contact"))
        if (std::string uri;
            context.read_text(*contact, uri, "a SIP URI such as sip:201@192.0.2.10:5060;transport=tcp", is_phone_uri))
            agent.contact = std::move(uri);
    if (const auto skills = s.take("skills")) read_levels(draft, *skills, planned.skills);
    if (const auto paces = s.take("pace")) read_paces(draft, *paces, planned.paces);
    if (const auto weight = s.take("weight")) read_weights(draft, *weight, planned);
    if (const auto wrap_up = s.take("wrap_up")) {
        planned.wrap_up.emplace();
        context.read(*wrap_up, *planned.wrap_up, 0s, 24h);
    }
    if (const auto always = s.take("always_logged_in")) {
        context.read(*always, planned.always_logged_in);
        if (planned.always_logged_in && !s.has("contact"))
            context.problem(*always, "expected a fixed contact with it: nobody else could tell where the phone is");
    }
    if (const auto extension = s.take("extension"))
        if (context.read_text(*extension, agent.extension, "a number such as 201",
                              [](std::string_view t) { return is_dialled(t) && t != "*"; }))
            claim_number(draft, *extension, agent.extension);
    if (const auto group = s.take("group"))
        if (std::string in; context.read_text(*group, in, "the name of an agent group", is_name))
            if (const auto id = resolve(context, *group, in, "agent group", draft.groups, draft.group_names)) {
                agent.group = *id;
                planned.group = static_cast<routing::AgentGroupId>(*id);
            }
    s.integer("chats", planned.chats, 0, routing::kChatsMax);
    planned.rest = draft.config.agent_groups[agent.group].rest;
    if (const auto only = s.take("queues"))
        read_names(draft, *only, "queue", draft.queues, draft.queue_names, planned.queues);
}

std::optional<std::size_t> resolve(Context& context, const Item& item, std::string_view name, std::string_view what,
                                   const std::unordered_map<std::string_view, std::size_t>& known,
                                   std::span<const std::string_view> names) {
    if (const auto found = known.find(name); found != known.end()) return found->second;
    context.problem(item, "no " + std::string(what) + " is named " + in_quotes(name) + did_you_mean(name, names));
    return std::nullopt;
}

std::optional<routing::QueueId> read_queue_name(Draft& draft, const Item& item) {
    std::string name;
    if (!draft.context.read_text(item, name, "the name of a queue", is_name)) return std::nullopt;
    const auto id = resolve(draft.context, item, name, "queue", draft.queues, draft.queue_names);
    if (!id) return std::nullopt;
    if (draft.plan.queues[*id].channel != routing::Channel::voice)
        draft.context.problem(item, "expected a queue of calls: " + name + " is for chats");
    return static_cast<routing::QueueId>(*id);
}

void read_levels(Draft& draft, const Item& item, std::vector<routing::SkillLevel>& into) {
    Context& context = draft.context;
    std::vector<routing::SkillLevel> levels;
    const auto add = [&](const Item& at, std::string_view name, std::int64_t level) {
        const auto skill = resolve(context, at, name, "skill", draft.skills, draft.skill_names);
        if (skill) levels.push_back({static_cast<routing::SkillId>(*skill), static_cast<std::uint8_t>(level)});
    };
    if (item.node->kind == Node::Kind::map) {
        for (const auto& [name, value] : context.entries(item, "level"))
            if (std::int64_t level = 1; context.read_integer(value, level, 1, 10)) add(value, name, level);
    } else {
        for (const Item& one : context.list(item, "skills"))
            if (std::string name; context.read_text(one, name, "the name of a skill", is_name)) add(one, name, 1);
    }
    // By id, so that equal requirements compare equal however they were written.
    std::sort(levels.begin(), levels.end());
    const auto twice =
        std::adjacent_find(levels.begin(), levels.end(), [](auto& a, auto& b) { return a.skill == b.skill; });
    if (twice != levels.end())
        context.problem(item, "skill " + draft.plan.skills[routing::index(twice->skill)].name + " is given twice");
    into = std::move(levels);
}

void read_skills(Draft& draft, Section& root) {
    Context& context = draft.context;
    const auto item = root.take("skills");
    if (!item) return;
    for (const Item& one : context.list(*item, "skills")) {
        std::string name;
        if (!context.read_text(one, name, "a name (1 to 64 letters, digits and _ . + -)", is_name)) continue;
        if (!draft.skills.emplace(one.text(), draft.plan.skills.size()).second) {
            context.problem(one, "skill " + name + " is given twice");
            continue;
        }
        draft.skill_names.push_back(one.text());
        draft.skill_items.push_back(one);
        draft.plan.skills.push_back({std::move(name)});
    }
    if (draft.plan.skills.size() > 1'000)
        context.problem(*item, "expected at most 1000 skills, got " + std::to_string(draft.plan.skills.size()));
}

void read_entry_points(Draft& draft, Section& root) {
    if (const auto item = root.take("entry_points"))
        for (const auto& [name, value] : draft.context.entries(*item, "entry point"))
            read_entry_point(draft, name, value);
}

void read_agents(Draft& draft, Section& root) {
    const auto item = root.take("agents");
    const auto entries = item ? draft.context.entries(*item, "agent") : decltype(draft.context.entries(*item, ""))();
    if (entries.size() > 100'000)
        draft.context.problem(*item, "expected at most 100000 agents, got " + std::to_string(entries.size()));
    draft.plan.agents.reserve(entries.size());
    draft.config.agents.reserve(entries.size());
    for (const auto& [name, value] : entries) {
        draft.agents.emplace(name, draft.agent_names.size());
        draft.agent_names.push_back(name);
        read_agent(draft, name, value);
    }
}

}  // namespace centrala::config
