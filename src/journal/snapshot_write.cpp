// Writes the state as records; docs/events.md, "Snapshots". What can be derived (order in line, deadlines, index) isn't
// written.
#include <algorithm>
#include <optional>
#include <string>
#include <vector>

#include "centrala/journal/journal.hpp"
#include "journal/format.hpp"
#include "journal/snapshot.hpp"
#include "journal/snapshot_learned.hpp"

namespace centrala::journal {
namespace {

using routing::AgentState;

/// Moments that never were stay out of the log.
void moment(Line& line, std::string_view key, Timestamp at) {
    if (at != Timestamp{}) line.time(key, at);
}
void moment(Line& line, std::string_view key, std::optional<Timestamp> at) {
    if (at) line.time(key, *at);
}

/// What supervisors changed, 0 for a skill taken away: a plan with other skills at the next start must not be overruled
/// by the skills of today.
void write_skill_changes(Line& line, const std::vector<routing::SkillLevel>& now,
                         const std::vector<routing::SkillLevel>& planned, const routing::Plan& plan) {
    Nested changes('{');
    const auto has_skill = [](const std::vector<routing::SkillLevel>& list, routing::SkillId id) {
        return std::any_of(list.begin(), list.end(), [&](const auto& one) { return one.skill == id; });
    };
    bool any = false;
    for (const auto& one : now) {
        if (std::find(planned.begin(), planned.end(), one) != planned.end()) continue;
        changes.key(name_of(plan, one.skill)).raw(std::to_string(one.level));
        any = true;
    }
    for (const auto& one : planned) {
        if (has_skill(now, one.skill)) continue;
        changes.key(name_of(plan, one.skill)).raw("0");
        any = true;
    }
    if (any) line.nested("skill_changes", changes.close('}'));
}

void write_agent(Line& line, const routing::State& state, routing::AgentId id,
                 const std::vector<routing::SkillLevel>& planned, std::string_view name, const routing::Plan& plan) {
    const routing::AgentRecord& agent = state.agents[routing::index(id)];
    if (!agent.facts.tasks.empty()) line.id("contact", 'c', routing::index(agent.facts.tasks.front().contact));
    if (const routing::OfferRecord* offer = state.offer_to(id)) line.id("offer", 'o', routing::index(offer->id));
    line.text("agent", name).text("state", to_string(displayed(agent.facts)));
    write_facts(line, agent.facts);
    moment(line, "state_since", agent.state_since);
    moment(line, "session_since", agent.session_since);
    moment(line, "idle_since", agent.idle_since);
    moment(line, "busy_until", agent.busy_until);
    moment(line, "device_until", agent.device_until);
    moment(line, "not_ready_until", agent.not_ready_until);
    moment(line, "worked_until", agent.worked_until);
    if (agent.last_contact) line.id("last_contact", 'c', routing::index(*agent.last_contact));
    Nested times('{');
    for (std::size_t i = 0; i < agent.time_in.size(); ++i) {
        if (agent.time_in[i] == Duration{}) continue;
        std::string ms;
        append_millis(ms, agent.time_in[i]);
        times.key(to_string(static_cast<AgentState>(i))).raw(ms);
    }
    line.nested("time_in_ms", times.close('}'));
    const auto count = [&](std::string_view key, std::uint64_t value) {
        line.integer(key, static_cast<std::int64_t>(value));
    };
    count("offered", agent.offered);
    count("accepted", agent.accepted);
    count("rejected", agent.rejected);
    count("no_answer", agent.no_answer);
    count("busy", agent.busy);
    count("unreachable", agent.unreachable);
    count("withdrawn", agent.withdrawn);
    count("handled", agent.handled);
    count("session_calls", agent.session_calls);
    if (!agent.refusing.empty()) {
        Nested refusing('[');
        for (const auto contact : agent.refusing) refusing.item(to_text(contact));
        line.nested("refusing", refusing.close(']'));
    }
    if (!agent.run.empty()) {
        Nested run('[');
        for (const auto began : agent.run) run.item(to_text(began));
        line.nested("run", run.close(']'));
    }
    Nested skills('{');
    for (const auto& skill : agent.skills) skills.key(name_of(plan, skill.skill)).raw(std::to_string(skill.level));
    line.nested("skills", skills.close('}'));
    write_skill_changes(line, agent.skills, planned, plan);
}

void write_queue(Line& line, const routing::QueueRecord& queue, std::string_view name, const routing::Plan& plan) {
    const auto count = [&](std::string_view key, std::uint64_t value) {
        line.integer(key, static_cast<std::int64_t>(value));
    };
    line.text("queue", name);
    count("waiting", queue.waiting());
    count("ringing", queue.ringing.size());
    if (queue.last_offered) line.text("last_offered", name_of(plan, *queue.last_offered));
    count("entered", queue.entered);
    count("overflowed_in", queue.overflowed_in);
    count("transferred_in", queue.transferred_in);
    count("rescued", queue.rescued);
    count("answered", queue.answered);
    count("answered_within", queue.answered_within);
    count("abandoned", queue.abandoned);
    count("overflowed_out", queue.overflowed_out);
    count("ended", queue.ended);
    count("refused", queue.refused);
    line.millis("wait_total_ms", queue.wait_total);
    count("demand", queue.demand.arrivals);
    line.millis("handling_ms", queue.demand.handling);
    count("handling_of", queue.demand.seen);
    line.integer("reservation", queue.reservation.level);
    moment(line, "lent", queue.reservation.lent);
    moment(line, "backlog_since", queue.waits.since);
    line.nested("waits", to_json(queue.waits));
    line.nested("service", to_json(queue.service));
}

void write_contact(Line& line, const routing::ContactRecord& contact, const routing::Plan& plan) {
    line.id("contact", 'c', routing::index(contact.id));
    if (contact.agent) line.text("agent", name_of(plan, *contact.agent));
    if (contact.phase != routing::ContactPhase::arrived) line.text("queue", name_of(plan, contact.queue));
    if (contact.entry_point) line.text("entry_point", name_of(plan, *contact.entry_point));
    line.text("phase", to_string(contact.phase));
    line.text("dialled", contact.dialled).text("caller", contact.caller).text("caller_name", contact.caller_name);
    line.text("source", contact.source).text("call_id", contact.call_id).integer("priority", contact.priority);
    if (contact.withheld) line.boolean("withheld", true);
    if (!contact.diverted_from.empty()) line.text("diverted_from", contact.diverted_from);
    if (!contact.diversion_reason.empty()) line.text("diversion_reason", contact.diversion_reason);
    if (contact.callers) line.text("callers", name_of(plan, *contact.callers));
    if (contact.internal) line.boolean("internal", true);
    write_advice(line, contact.advice, plan);
    moment(line, "arrived", contact.arrived);
    moment(line, "enqueued", contact.enqueued);
    moment(line, "waiting_since", contact.waiting_since);
    line.millis("waited_before_ms", contact.waited_before);
    moment(line, "talking_since", contact.talking_since);
    if (!contact.outside.empty()) line.text("number", contact.outside);
    moment(line, "held_by_agent", contact.held_by_agent);
    moment(line, "held_by_caller", contact.held_by_caller);
    moment(line, "held_since", contact.held_since);
    if (contact.held_before != Duration{}) line.millis("held_before_ms", contact.held_before);
    moment(line, "leave_at", contact.leave_at);
    if (contact.step > 0) line.integer("step", contact.step);
    moment(line, "relax_at", contact.relax_at);
    if (contact.wanted) line.text("wanted_agent", name_of(plan, *contact.wanted));
    moment(line, "wanted_until", contact.wanted_until);
    line.integer("attempts", contact.attempts);
    Nested refusals('[');
    for (const auto& refusal : contact.refusals) {
        std::string until;
        append_time(until, refusal.until);
        Nested one('{');
        one.key("agent").item(name_of(plan, refusal.agent)).key("until").item(until);
        refusals.raw(one.close('}'));
    }
    line.nested("refusals", refusals.close(']'));
    Nested been_in('[');
    for (const auto queue : contact.been_in) been_in.item(name_of(plan, queue));
    line.nested("been_in", been_in.close(']'));
    if (contact.foreseen) line.nested("foreseen", to_json(*contact.foreseen));
}

void write_offer(Line& line, const routing::OfferRecord& offer, const routing::Plan& plan) {
    line.id("contact", 'c', routing::index(offer.contact)).id("offer", 'o', routing::index(offer.id));
    line.text("agent", name_of(plan, offer.agent)).text("queue", name_of(plan, offer.queue));
    line.time("made", offer.made).time("ring_until", offer.ring_until).boolean("ringing", offer.ringing);
    if (offer.direct) line.boolean("direct", true);
}

}  // namespace

void write_snapshot(Writer& writer, const routing::State& state, const routing::Plan& plan, Timestamp now) {
    const auto record = [&](std::string_view type, auto fields) {
        writer.line([&](std::string& out, std::uint64_t seq) {
            Line line(out, seq, now, type);
            fields(line);
            line.end();
        });
    };
    const auto count = [](std::uint64_t value) { return static_cast<std::int64_t>(value); };
    record("log.opened", [&](Line& line) {
        line.integer("agents", count(state.agents.size())).integer("queues", count(state.queues.size()));
        line.integer("contacts", count(state.contacts.size())).integer("offers", count(state.offers.size()));
        line.integer("next_contact", count(state.next_contact)).integer("next_offer", count(state.next_offer));
        line.integer("refused_unqueued", count(state.refused_unqueued));
        moment(line, "clock", state.clock);
        moment(line, "demand_epoch", state.demand_clock.epoch);
        line.integer("attained", state.attained);
    });
    const auto shares = routing::listed_shares(state);
    for (std::size_t i = 0; i < state.agents.size(); ++i) {
        const auto id = static_cast<routing::AgentId>(i);
        record("agent.snapshot", [&](Line& line) {
            write_agent(line, state, id, routing::planned_skills(plan.agents[i]), name_of(plan, id), plan);
            if (shares[i]) line.integer("share_ppm", *shares[i]);
        });
    }
    for (std::size_t i = 0; i < state.queues.size(); ++i) {
        const auto name = name_of(plan, static_cast<routing::QueueId>(i));
        record("queue.snapshot", [&](Line& line) { write_queue(line, state.queues[i], name, plan); });
    }
    for (std::size_t i = 0; i < state.doors.size(); ++i) {
        record("entry_point.snapshot", [&](Line& line) {
            line.text("entry_point", name_of(plan, static_cast<routing::EntryPointId>(i)));
            line.text("state", to_string(state.doors[i].state));
            write_door(line, state.doors[i]);
        });
    }
    for (const auto& contact : state.contacts) {
        record("contact.snapshot", [&](Line& line) { write_contact(line, contact, plan); });
    }
    for (const auto& contact : state.contacts) {
        for (const auto id : contact.offers)
            if (const auto* offer = state.find(id))
                record("offer.snapshot", [&](Line& line) { write_offer(line, *offer, plan); });
    }
    for (const auto& [ended, caller] : state.last_agents.by_age()) {
        record("caller.snapshot", [&, &ended = ended, &caller = caller](Line& line) {
            line.text("agent", name_of(plan, state.last_agents.find(caller)->agent));
            line.text("caller", caller).time("ended", ended);
        });
    }
}

}  // namespace centrala::journal
