// Sections queue_defaults and queues.
#include <algorithm>
#include <array>

#include "draft.hpp"

namespace centrala::config {
namespace {

using routing::Strategy;

/// What only a longer wait would leave time for, if `s` itself says so.
void check_against_max_wait(Context& context, const Section& s, const routing::Queue& queue) {
    if (queue.max_wait == 0s) return;
    const auto odd = [&](std::string_view key, Duration value, std::string_view what) {
        if (s.has(key) && value > queue.max_wait)
            context.warning(s.line_of(key), s.path() + "." + std::string(key),
                            "is longer than max_wait, " + format_duration(queue.max_wait) + ": " + std::string(what));
    };
    odd("service_level", queue.service_level, "whoever is answered at all is answered in time");
    odd("ring_timeout", queue.ring_timeout, "calls leave when the first phone isn't answered");
}

/// The keys that queues and queue_defaults share.
void read_queue_keys(Draft& draft, Section& s, routing::Queue& queue, Queue& sound) {
    const std::string& folder = draft.config.media.sounds;
    if (const auto item = s.take("requires")) read_levels(draft, *item, queue.required.skills);
    s.integer("priority", queue.priority, -1'000, 1'000);
    s.integer("capacity", queue.capacity, 1, 1'000'000);
    s.duration("max_wait", queue.max_wait, 0s, 24h);
    s.word<Strategy>("strategy", queue.strategy, words_of<Strategy, routing::kStrategies>());
    s.integer("ring_at_once", queue.ring_at_once, 1, routing::kRingAtOnceMax);
    s.duration("ring_timeout", queue.ring_timeout, 1s, 10min);
    s.duration("wrap_up", queue.wrap_up, 0s, 24h);
    s.duration("disposition_within", queue.disposition_within, 0s, 24h);
    s.duration("refusal_memory", queue.refusal_memory, 0s, 24h);
    s.integer("misses_max", queue.misses_max, 0, 1'000);
    s.boolean("refuse_without_agents", queue.refuse_without_agents);
    s.duration("service_level", queue.service_level, 1s, 1h);
    s.integer("delay_cost", queue.delay_cost, 1, 1'000);
    check_against_max_wait(draft.context, s, queue);
    s.boolean("early_media", sound.early_media);
    s.sound("greeting", sound.greeting, folder);
    sound.greeting_length = sound.greeting.empty() ? 0s : draft.context.wav(sound.greeting).length;
    read_announce(draft, s, sound.announce);
    s.sound("music", sound.music, folder);
    s.sound("hold_music", sound.hold_music, folder);
    s.sound("agent_hold_music", sound.agent_hold_music, folder);
    s.text("caller_prefix", sound.caller_prefix, "at most 64 characters without control characters",
           [](std::string_view t) { return is_plain_text(t, 64); });
}

/// `of`[i] overflows to which; every circle is noted once, at its first queue.
void check_overflow_circles(Draft& draft, const std::vector<std::optional<Item>>& overflow) {
    const auto& queues = draft.plan.queues;
    std::vector<std::size_t> seen(queues.size(), 0);  // in which walk, counted from 1
    for (std::size_t start = 0; start < queues.size(); ++start) {
        std::size_t at = start;
        while (seen[at] == 0 && queues[at].overflow) {
            seen[at] = start + 1;
            at = routing::index(*queues[at].overflow);
        }
        if (seen[at] != start + 1) continue;
        std::string circle = queues[at].name;
        for (std::size_t next = at; circle.size() < 200;) {
            next = routing::index(*queues[next].overflow);
            circle += " → " + queues[next].name;
            if (next == at) break;
        }
        draft.context.problem(*overflow[at], "overflow runs in a circle: " + circle);
    }
}

std::string name_of(const Draft& draft, routing::SkillId skill) {
    return draft.plan.skills[routing::index(skill)].name;
}

void read_also(Draft& draft, const Item& item, routing::QueueId self, std::vector<routing::QueueId>& into) {
    read_names(draft, item, "queue", draft.queues, draft.queue_names, into);
    if (std::erase(into, self) > 0) draft.context.problem(item, "expected other queues than this one");
}

void read_preferences(Draft& draft, const Item& item, std::vector<routing::Preference>& into) {
    for (const auto& [name, value] : draft.context.entries(item, "skill")) {
        std::int64_t weight = 1;
        if (!draft.context.read_integer(value, weight, 1, 10)) continue;
        if (const auto skill = resolve(draft.context, value, name, "skill", draft.skills, draft.skill_names))
            into.push_back({static_cast<routing::SkillId>(*skill), static_cast<std::uint8_t>(weight)});
    }
}

/// What `step` asks for and `before` didn't; "" if nothing: whoever could take the call still can.
std::string demanded_anew(const Draft& draft, const routing::Requirement& before, const routing::Requirement& step) {
    for (const routing::SkillLevel& need : step.skills) {
        const auto had = std::find_if(before.skills.begin(), before.skills.end(),
                                      [&](const routing::SkillLevel& s) { return s.skill == need.skill; });
        if (had == before.skills.end() || had->level < need.level)
            return "skill " + name_of(draft, need.skill) + " at level " + std::to_string(need.level);
    }
    const auto has = [](const auto& list, auto id) { return std::find(list.begin(), list.end(), id) != list.end(); };
    for (const routing::AgentGroupId group : before.groups)
        if (!step.groups.empty() && !has(step.groups, group))
            return "that agents of group " + draft.plan.agent_groups[routing::index(group)] + " stay away";
    if (before.groups.empty() && !step.groups.empty()) return "certain groups";
    for (const routing::QueueId queue : before.also)
        if (!has(step.also, queue))
            return "that agents of queue " + std::string(draft.queue_names[routing::index(queue)]) + " stay away";
    return {};
}

/// Each step begins as the one before left off, and says what changes.
void read_relaxation(Draft& draft, const Item& item, routing::QueueId id, routing::Queue& queue) {
    Context& context = draft.context;
    Section s(context, item, "queues.<name>.relax[]");
    const auto& steps = queue.relaxations;
    routing::Relaxation step{
        {}, queue.required_at(steps.size()), steps.empty() ? queue.priority : steps.back().priority};
    const routing::Relaxation before = step;
    const std::size_t problems = context.problem_count();
    s.duration("after", step.after, 1s, 24h);
    if (const auto skills = s.take("requires")) read_levels(draft, *skills, step.required.skills);
    if (const auto groups = s.take("groups"))
        read_names(draft, *groups, "agent group", draft.groups, draft.group_names, step.required.groups);
    if (const auto also = s.take("also")) read_also(draft, *also, id, step.required.also);
    s.integer("priority", step.priority, -1'000, 1'000);
    s.finish();
    if (context.problem_count() > problems) return;  // whatever it meant to say
    const Duration last = steps.empty() ? 0s : steps.back().after;
    if (!s.has("after"))
        context.problem(item, "expected after: from what wait on it holds");
    else if (step.after <= last)
        context.problem(item, "expected a longer wait than the step before, " + std::to_string(last / 1s) + "s");
    else if (queue.max_wait > 0s && step.after >= queue.max_wait)
        context.problem(item, "never comes: calls leave after max_wait, " + std::to_string(queue.max_wait / 1s) + "s");
    if (const auto more = demanded_anew(draft, before.required, step.required); !more.empty())
        context.problem(item, "asks for more than before, " + more + ": a step may only ask for less");
    else if (step.required == before.required && step.priority == before.priority)
        context.problem(item, "changes nothing: expected requires, groups, also or priority");
    queue.relaxations.push_back(std::move(step));
}

/// The keys that only queues have.
void read_own_keys(Draft& draft, Section& s, routing::QueueId id, routing::Queue& queue) {
    s.word<routing::Channel>("channel", queue.channel, words_of<routing::Channel, routing::kChannels>());
    s.boolean("closed", queue.closed);
    if (const auto groups = s.take("groups"))
        read_names(draft, *groups, "agent group", draft.groups, draft.group_names, queue.required.groups);
    if (const auto also = s.take("also")) read_also(draft, *also, id, queue.required.also);
    if (const auto prefers = s.take("prefers")) {
        read_preferences(draft, *prefers, queue.preferred);
        if (!routing::heeds_preferences(queue.strategy))
            draft.context.problem(*prefers, "has no meaning with strategy " + std::string(to_string(queue.strategy)) +
                                                ", which ranks agents by something else");
    }
    if (const auto relax = s.take("relax")) {
        const auto steps = draft.context.list(*relax, "steps such as {after: 30s, requires: {english: 3}}");
        if (steps.size() > 16)
            draft.context.problem(*relax, "expected at most 16 steps, got " + std::to_string(steps.size()));
        else
            for (const Item& step : steps) read_relaxation(draft, step, id, queue);
    }
    if (const auto sticky = s.take("sticky")) {
        Section memory(draft.context, sticky, "queues.<name>.sticky");
        queue.sticky.emplace();
        memory.duration("for", queue.sticky->memory, 1min, 30 * 24h);
        memory.duration("patience", queue.sticky->patience, 0s, 1h);
        memory.finish();
    }
    const auto item = s.take("overflow_when");
    Section when(draft.context, item, "queues.<name>.overflow_when");
    when.integer("waiting", queue.overflow_when.line, 1, 1'000'000);
    when.boolean("without_agents", queue.overflow_when.without_agents);
    when.duration("expected_wait", queue.overflow_when.expected_wait, 1s, 24h);
    when.finish();
    if (queue.overflow_when.line >= queue.capacity)
        draft.context.warning(when.line_of("waiting"), when.path() + ".waiting",
                              "never comes: the queue is full at capacity, " + std::to_string(queue.capacity));
    if (item && !s.has("overflow")) draft.context.problem(*item, "expected overflow with it: where calls go then");
}

/// Whatever a queue's contacts may go on to, or whose agents it borrows, is for what comes in the same way.
void check_channels(Draft& draft, const std::vector<std::optional<Item>>& overflow) {
    const auto& queues = draft.plan.queues;
    for (std::size_t q = 0; q < queues.size(); ++q) {
        const auto check = [&](routing::QueueId other, const Item& at) {
            if (queues[routing::index(other)].channel == queues[q].channel) return;
            const bool chat = queues[q].channel == routing::Channel::chat;
            draft.context.problem(at, "expected a queue of " + std::string(chat ? "chats" : "calls") +
                                          " like this one: " + queues[routing::index(other)].name + " is for " +
                                          (chat ? "calls" : "chats"));
        };
        if (queues[q].overflow) check(*queues[q].overflow, *overflow[q]);
        for (std::size_t step = 0; step < queues[q].steps(); ++step)
            for (const routing::QueueId other : queues[q].required_at(step).also) check(other, draft.queue_items[q]);
    }
}

}  // namespace

void read_queues(Draft& draft, Section& root) {
    Context& context = draft.context;
    routing::Queue default_queue;
    default_queue.strategy = draft.default_strategy;
    Queue default_sound;
    Section defaults(context, root.take("queue_defaults"), "queue_defaults");
    read_queue_keys(draft, defaults, default_queue, default_sound);
    defaults.finish();

    const auto item = root.take("queues");
    if (!item) return;
    const auto entries = context.entries(*item, "queue");
    // Names first: a queue may overflow to one further down.
    for (const auto& [name, value] : entries) {
        draft.queues.emplace(name, draft.queue_names.size());
        draft.queue_names.push_back(name);
        draft.queue_items.push_back(value);
    }
    std::vector<std::optional<Item>> overflow;
    for (const auto& [name, value] : entries) {
        routing::Queue queue = default_queue;
        Queue sound = default_sound;
        queue.name = name;
        sound.id = static_cast<routing::QueueId>(draft.plan.queues.size());
        Section s(context, value, "queues.<name>");
        read_queue_keys(draft, s, queue, sound);
        read_own_keys(draft, s, sound.id, queue);
        overflow.push_back(s.take("overflow"));
        s.finish();
        std::string target;
        if (overflow.back() && context.read_text(*overflow.back(), target, "the name of a queue", is_name)) {
            if (const auto id = resolve(context, *overflow.back(), target, "queue", draft.queues, draft.queue_names))
                queue.overflow = static_cast<routing::QueueId>(*id);
            if (queue.max_wait == 0s && queue.overflow_when == routing::OverflowWhen{})
                context.problem(*overflow.back(), "expected max_wait or overflow_when with it: else nothing overflows");
        }
        draft.plan.queues.push_back(std::move(queue));
        draft.config.queues.push_back(std::move(sound));
    }
    check_overflow_circles(draft, overflow);
    check_channels(draft, overflow);
}

}  // namespace centrala::config
