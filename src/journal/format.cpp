// Routing's events as lines of the log; docs/events.md describes each, docs/event.schema.json is the rule.
#include "journal/format.hpp"

#include "centrala/journal/journal.hpp"

namespace centrala::journal {
namespace {

namespace event = routing::event;

constexpr std::string_view kQueue = "queue:";
constexpr std::string_view kAgent = "agent:";
constexpr std::string_view kEntry = "entry:";
constexpr std::string_view kOutside = "outside:";

/// Writes the fields of one event after seq, ts, type and v. Keys come in the order contact, offer, agent, queue,
/// entry_point, from, to, then what the type has of its own.
class Fields {
public:
    Fields(Line& line, const routing::Plan& plan) : line_(line), plan_(plan) {}

    void operator()(const event::ContactArrived& e) {
        contact(e.contact);
        if (e.entry_point) line_.text("entry_point", name(*e.entry_point));
        line_.text("from", "caller");
        entry_holder("to", e.entry_point);
        line_.text("dialled", e.dialled).text("caller", e.caller).text("caller_name", e.caller_name);
        line_.text("source", e.source).text("call_id", e.call_id);
        if (e.withheld) line_.boolean("withheld", true);
        if (!e.diverted_from.empty()) line_.text("diverted_from", e.diverted_from);
        if (!e.diversion_reason.empty()) line_.text("diversion_reason", e.diversion_reason);
        if (e.callers) line_.text("callers", name(*e.callers));
        if (e.internal) line_.boolean("internal", true);
        write_advice(line_, e.advice, plan_);
    }
    void operator()(const event::ContactRefused& e) {
        contact(e.contact);
        if (e.queue) queue(*e.queue);
        if (e.entry_point) line_.text("entry_point", name(*e.entry_point));
        entry_holder("from", e.entry_point);
        line_.text("to", "ended").text("cause", to_string(e.cause));
    }
    void operator()(const event::ContactEnqueued& e) {
        contact(e.contact);
        queue(e.queue);
        line_.text("entry_point", name(e.entry_point));
        line_.text("from", kEntry, name(e.entry_point)).text("to", kQueue, name(e.queue));
        line_.integer("priority", e.priority).integer("position", e.position);
        if (e.wanted) line_.text("wanted_agent", name(*e.wanted));
        if (e.wanted_until) line_.time("wanted_until", *e.wanted_until);
        if (!e.estimate) return;
        line_.millis("expected_wait_ms", e.estimate->expected);
        if (e.estimate->p80) line_.millis("expected_wait_p80_ms", *e.estimate->p80);
    }
    void operator()(const event::ContactOverflowed& e) {
        contact(e.contact);
        queue(e.to);
        line_.text("from", kQueue, name(e.from)).text("to", kQueue, name(e.to)).millis("waited_ms", e.waited);
        line_.integer("priority", e.priority).text("cause", to_string(e.cause));
    }
    void operator()(const event::ContactRelaxed& e) {
        contact(e.contact);
        queue(e.queue);
        line_.integer("step", e.step).millis("waited_ms", e.waited).integer("priority", e.priority);
    }
    void operator()(const event::ContactReleased& e) {
        contact(e.contact);
        agent(e.agent);
        queue(e.queue);
        line_.text("cause", to_string(e.cause)).millis("waited_ms", e.waited);
    }
    void operator()(const event::ContactConnected& e) {
        contact(e.contact);
        offer(e.offer);
        agent(e.agent);
        queue(e.queue);
        line_.text("from", kQueue, name(e.queue)).text("to", kAgent, name(e.agent));
        line_.millis("waited_ms", e.waited).millis("rang_ms", e.rang);
        if (e.expected_wait) line_.millis("expected_wait_ms", *e.expected_wait);
    }
    void operator()(const event::ContactRescued& e) {
        contact(e.contact);
        agent(e.agent);
        queue(e.queue);
        line_.text("from", kAgent, name(e.agent)).text("to", kQueue, name(e.queue)).millis("talked_ms", e.talked);
    }
    void operator()(const event::ContactTransferred& e) {
        contact(e.contact);
        agent(e.agent);
        queue(e.queue);
        line_.text("from", kAgent, name(e.agent));
        if (e.to_queue())
            line_.text("to", kQueue, name(e.queue));
        else if (e.target == routing::TransferTarget::outside)
            line_.text("to", kOutside, e.number);
        else
            line_.text("to", kAgent, name(*e.target_agent));
        line_.text("kind", to_string(e.kind)).text("target", to_string(e.target));
        if (e.target_agent) line_.text("target_agent", name(*e.target_agent));
        if (!e.number.empty()) line_.text("number", e.number);
        if (e.merged) line_.id("merged", 'c', routing::index(*e.merged));
        line_.integer("priority", e.priority).millis("talked_ms", e.talked).text("by", to_string(e.by));
        if (e.not_again_before) line_.time("not_again_before", *e.not_again_before);
    }
    void operator()(const event::ContactReturned& e) {
        contact(e.contact);
        queue(e.queue);
        line_.text("from", kOutside, e.number).text("to", kQueue, name(e.queue)).text("cause", to_string(e.cause));
        line_.text("number", e.number);
        if (e.sip_code != 0) line_.integer("sip_code", e.sip_code);
    }
    void operator()(const event::ContactHeld& e) {
        contact(e.contact);
        agent(e.agent);
        line_.text("by", to_string(e.by));
    }
    void operator()(const event::ContactResumed& e) {
        contact(e.contact);
        agent(e.agent);
        line_.text("by", to_string(e.by)).millis("held_ms", e.held);
    }
    void operator()(const event::ContactAbandoned& e) {
        contact(e.contact);
        queue(e.queue);
        line_.text("from", kQueue, name(e.queue)).text("to", "ended").millis("waited_ms", e.waited);
        if (e.while_ringing) line_.id("while_ringing", 'o', routing::index(*e.while_ringing));
        if (!e.reason.empty()) line_.text("reason", e.reason);
    }
    void operator()(const event::ContactEnded& e) {
        contact(e.contact);
        if (e.agent) agent(*e.agent);
        if (e.queue) queue(*e.queue);
        if (e.agent)
            line_.text("from", kAgent, name(*e.agent));
        else if (!e.outside.empty())
            line_.text("from", kOutside, e.outside);
        else if (e.queue)
            line_.text("from", kQueue, name(*e.queue));
        else
            line_.text("from", "entry");
        line_.text("to", "ended").text("cause", to_string(e.cause));
        line_.millis("waited_ms", e.waited).millis("talked_ms", e.talked).millis("lasted_ms", e.lasted);
        if (!e.outside.empty()) line_.text("number", e.outside);
        if (e.held != Duration{}) line_.millis("held_ms", e.held);
        if (!e.reason.empty()) line_.text("reason", e.reason);
    }
    void operator()(const event::ContactDispositioned& e) {
        contact(e.contact);
        agent(e.agent);
        line_.text("code", e.code);
    }
    void operator()(const event::OfferMade& e) {
        contact(e.contact);
        offer(e.offer);
        agent(e.agent);
        queue(e.queue);
        line_.text("strategy", to_string(e.strategy)).integer("candidates", e.candidates);
        line_.millis("idle_ms", e.idle).integer("level", e.level).millis("waited_ms", e.waited);
        line_.integer("attempt", e.attempt).time("ring_until", e.ring_until);
        if (e.direct) line_.boolean("direct", true);
        if (e.wanted) line_.boolean("wanted", true);
        if (e.beside > 0) line_.integer("beside", e.beside);
        if (e.next) line_.text("next", name(*e.next));
        if (!e.passed_over) return;
        line_.text("passed_over", name(e.passed_over->agent));
        if (e.passed_over->kept_for) line_.text("kept_for", name(*e.passed_over->kept_for));
    }
    void operator()(const event::OfferRinging& e) {
        contact(e.contact);
        offer(e.offer);
        agent(e.agent);
    }
    void operator()(const event::OfferEnded& e) {
        contact(e.contact);
        offer(e.offer);
        agent(e.agent);
        queue(e.queue);
        line_.text("outcome", to_string(e.outcome));
        if (e.sip_code != 0) line_.integer("sip_code", e.sip_code);
        line_.millis("rang_ms", e.rang).integer("misses", e.misses);
        if (e.not_again_before) line_.time("not_again_before", *e.not_again_before);
    }
    void operator()(const event::AgentChanged& e) {
        if (!e.facts.tasks.empty()) contact(e.facts.tasks.front().contact);
        agent(e.agent);
        line_.text("from", to_string(e.from)).text("to", to_string(e.to));
        line_.text("actor", to_string(e.actor)).text("cause", e.cause).millis("lasted_ms", e.lasted);
        write_facts(line_, e.facts);
        if (e.idle_since) line_.time("idle_since", *e.idle_since);
        if (e.busy_until) line_.time("busy_until", *e.busy_until);
        if (e.device_until) line_.time("device_until", *e.device_until);
        if (e.not_ready_until) line_.time("not_ready_until", *e.not_ready_until);
    }
    void operator()(const event::AgentSkillChanged& e) {
        agent(e.agent);
        line_.text("skill", name(e.skill)).integer("from_level", e.from).integer("to_level", e.to);
        line_.text("actor", to_string(e.actor));
    }

    void operator()(const event::EntryPointChanged& e) {
        line_.text("entry_point", name(e.entry_point));
        line_.text("from", to_string(e.from)).text("to", to_string(e.door.state)).text("actor", to_string(e.actor));
        write_door(line_, e.door);
    }

private:
    void contact(routing::ContactId id) { line_.id("contact", 'c', routing::index(id)); }
    void offer(routing::OfferId id) { line_.id("offer", 'o', routing::index(id)); }
    void agent(routing::AgentId id) { line_.text("agent", name(id)); }
    void queue(routing::QueueId id) { line_.text("queue", name(id)); }
    /// Calls to an unknown number are held by "entry", without a name.
    void entry_holder(std::string_view key, std::optional<routing::EntryPointId> id) {
        if (id)
            line_.text(key, kEntry, name(*id));
        else
            line_.text(key, "entry");
    }

    template <class Id>
    [[nodiscard]] std::string_view name(Id id) const {
        return name_of(plan_, id);
    }

    Line& line_;
    const routing::Plan& plan_;
};

/// One that an agent has in hand beside another. Such are chats.
std::string task_text(const routing::Task& task) {
    Nested object('{');
    object.key("contact").item(to_text(task.contact)).key("work").item(to_string(task.work));
    const auto moment = [&](std::string_view key, const std::optional<Timestamp>& at) {
        if (!at) return;
        std::string text;
        append_time(text, *at);
        object.key(key).item(text);
    };
    moment("until", task.wrap_until);
    moment("dispose_until", task.dispose_until);
    if (task.disposed) object.key("disposed").raw("true");
    return object.close('}');
}

}  // namespace

void write_facts(Line& line, const routing::AgentFacts& f) {
    line.text("session", to_string(f.session)).text("intent", to_string(f.intent));
    if (!f.reason.empty()) line.text("reason", f.reason);
    if (f.pending) {
        line.text("pending_intent", to_string(f.pending->intent));
        if (!f.pending->reason.empty()) line.text("pending_reason", f.pending->reason);
        if (f.pending->logout) line.boolean("pending_logout", true);
    }
    if (f.asks) line.text("asked_reason", f.asks->reason).time("asked_at", f.asks->asked_at);
    line.text("device", to_string(f.device)).text("work", to_string(f.work()));
    if (f.other_use != routing::OtherUse::none) line.text("other_use", to_string(f.other_use));
    if (f.misses != 0) line.integer("misses", f.misses);
    if (f.tasks.empty()) return;
    const routing::Task& first = f.tasks.front();
    if (first.channel != routing::Channel::voice) line.text("channel", to_string(first.channel));
    if (first.wrap_until) line.time("until", *first.wrap_until);
    if (first.dispose_until) line.time("dispose_until", *first.dispose_until);
    if (first.disposed) line.boolean("disposed", true);
    if (f.tasks.size() == 1) return;
    Nested beside('[');
    for (std::size_t i = 1; i < f.tasks.size(); ++i) beside.raw(task_text(f.tasks[i]));
    line.nested("beside", beside.close(']'));
}

void write_door(Line& line, const routing::Door& door) {
    line.text("cause", to_string(door.cause));
    if (!door.reason.empty()) line.text("reason", door.reason);
    if (door.until) line.time("until", *door.until);
}

void write_advice(Line& line, const routing::Advice& advice, const routing::Plan& plan) {
    if (advice.priority != 0) line.integer("advised_priority", advice.priority);
    if (advice.queue) line.text("advised_queue", name_of(plan, *advice.queue));
    if (!advice.wanted) return;
    line.text("advised_agent", name_of(plan, advice.wanted->agent));
    line.millis("advised_patience_ms", advice.wanted->patience);
}

void format(std::string& out, std::uint64_t seq, const routing::Event& event, const routing::Plan& plan) {
    Line line(out, seq, event.at, routing::type_name(event.body));
    std::visit(Fields(line, plan), event.body);
    line.end();
}

std::string to_text(routing::ContactId id) {
    return "c" + std::to_string(routing::index(id));
}
std::string to_text(routing::OfferId id) {
    return "o" + std::to_string(routing::index(id));
}
std::string to_text(Timestamp at) {
    std::string text;
    append_time(text, at);
    return text;
}

void format(std::string& out, std::uint64_t seq, Timestamp at, std::string_view type,
            std::initializer_list<Field> fields) {
    Line line(out, seq, at, type);
    for (const auto& field : fields) {
        if (field.key.empty()) continue;
        if (const auto* text = std::get_if<std::string_view>(&field.value))
            line.text(field.key, *text);
        else if (const auto* number = std::get_if<std::int64_t>(&field.value))
            line.integer(field.key, *number);
        else
            line.boolean(field.key, std::get<bool>(field.value));
    }
    line.end();
}

}  // namespace centrala::journal
