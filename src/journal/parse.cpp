// Reads lines of the log. A line may come from a disk after a power cut or from an editor: nothing in it is believed.
#include "journal/parse.hpp"

#include "journal/reader.hpp"

namespace centrala::journal {
namespace {

namespace event = routing::event;
using nlohmann::json;

// One function a type, in the order of the variant. Braced lists are evaluated from left to right.

event::ContactArrived contact_arrived(Reader& r) {
    event::ContactArrived e;
    e.contact = r.contact();
    if (r.has("entry_point")) e.entry_point = r.entry_point();
    e.dialled = r.text("dialled");
    e.caller = r.text("caller");
    e.caller_name = r.text("caller_name");
    e.source = r.text("source");
    e.call_id = r.text("call_id");
    e.withheld = r.boolean_or_false("withheld");
    e.diverted_from = r.text_or_none("diverted_from");
    e.diversion_reason = r.text_or_none("diversion_reason");
    e.callers = r.caller_list_or_none("callers");
    e.internal = r.boolean_or_false("internal");
    e.advice = r.advice();
    return e;
}

event::ContactRefused contact_refused(Reader& r) {
    event::ContactRefused e;
    e.contact = r.contact();
    e.cause = r.word("cause", routing::Refusal::caller_gone);
    if (r.has("queue")) e.queue = r.queue();
    if (r.has("entry_point")) e.entry_point = r.entry_point();
    return e;
}

event::ContactEnqueued contact_enqueued(Reader& r) {
    event::ContactEnqueued e;
    e.contact = r.contact();
    e.entry_point = r.entry_point();
    e.queue = r.queue();
    e.priority = r.integer<int>("priority");
    e.position = r.integer<std::uint32_t>("position");
    if (const auto expected = r.millis_or_none("expected_wait_ms"))
        e.estimate = routing::WaitEstimate{*expected, r.millis_or_none("expected_wait_p80_ms")};
    e.wanted = r.agent_or_none("wanted_agent");
    e.wanted_until = e.wanted ? r.time_or_none("wanted_until") : std::nullopt;
    return e;
}

event::ContactOverflowed contact_overflowed(Reader& r) {
    event::ContactOverflowed e;
    e.contact = r.contact();
    e.from = r.queue_holder("from");
    e.to = r.queue_holder("to");
    e.waited = r.millis("waited_ms");
    e.priority = r.integer<int>("priority");
    if (r.has("cause")) e.cause = r.word("cause", routing::OverflowCause::expected_wait);
    return e;
}

event::ContactRelaxed contact_relaxed(Reader& r) {
    event::ContactRelaxed e;
    e.contact = r.contact();
    e.queue = r.queue();
    e.step = r.integer<std::uint32_t>("step");
    e.waited = r.millis("waited_ms");
    e.priority = r.integer<int>("priority");
    return e;
}

event::ContactConnected contact_connected(Reader& r) {
    event::ContactConnected e;
    e.contact = r.contact();
    e.queue = r.queue();
    e.agent = r.agent();
    e.offer = r.offer();
    e.waited = r.millis("waited_ms");
    e.rang = r.millis("rang_ms");
    e.expected_wait = r.millis_or_none("expected_wait_ms");
    return e;
}

event::ContactRescued contact_rescued(Reader& r) {
    event::ContactRescued e;
    e.contact = r.contact();
    e.agent = r.agent();
    e.queue = r.queue();
    e.talked = r.millis("talked_ms");
    return e;
}

event::ContactTransferred contact_transferred(Reader& r) {
    event::ContactTransferred e;
    e.contact = r.contact();
    e.agent = r.agent();
    e.queue = r.queue();
    e.kind = r.word("kind", routing::TransferKind::attended);
    e.target = r.word("target", routing::TransferTarget::outside);
    if (r.has("target_agent")) e.target_agent = r.agent("target_agent");
    e.number = r.text_or_none("number");
    if (r.has("merged")) e.merged = r.contact("merged");
    e.priority = r.integer<int>("priority");
    e.talked = r.millis("talked_ms");
    e.by = r.word("by", routing::Actor::caller);
    e.not_again_before = r.time_or_none("not_again_before");
    return e;
}

event::ContactReturned contact_returned(Reader& r) {
    event::ContactReturned e;
    e.contact = r.contact();
    e.queue = r.queue();
    e.number = r.text("number");
    e.cause = r.word("cause", routing::Outcome::rescinded);
    e.sip_code = r.integer_or_zero<int>("sip_code");
    return e;
}

event::ContactHeld contact_held(Reader& r) {
    return {r.contact(), r.agent(), r.word("by", routing::Actor::caller)};
}

event::ContactResumed contact_resumed(Reader& r) {
    return {r.contact(), r.agent(), r.word("by", routing::Actor::caller), r.millis("held_ms")};
}

event::ContactAbandoned contact_abandoned(Reader& r) {
    event::ContactAbandoned e;
    e.contact = r.contact();
    e.queue = r.queue();
    e.waited = r.millis("waited_ms");
    if (r.has("while_ringing")) e.while_ringing = r.offer("while_ringing");
    e.reason = r.text_or_none("reason");
    return e;
}

event::ContactEnded contact_ended(Reader& r) {
    event::ContactEnded e;
    e.contact = r.contact();
    if (r.has("queue")) e.queue = r.queue();
    if (r.has("agent")) e.agent = r.agent();
    e.cause = r.word("cause", routing::EndCause::closed);
    e.waited = r.millis("waited_ms");
    e.talked = r.millis("talked_ms");
    e.lasted = r.millis("lasted_ms");
    e.outside = r.text_or_none("number");
    e.held = r.millis_or_zero("held_ms");
    e.reason = r.text_or_none("reason");
    return e;
}

event::ContactDispositioned contact_dispositioned(Reader& r) {
    event::ContactDispositioned e;
    e.contact = r.contact();
    e.agent = r.agent();
    e.code = r.text("code");
    return e;
}

event::OfferMade offer_made(Reader& r) {
    event::OfferMade e;
    e.offer = r.offer();
    e.contact = r.contact();
    e.queue = r.queue();
    e.agent = r.agent();
    e.strategy = r.word("strategy", routing::Strategy::idleness_ratio);
    e.candidates = r.integer<std::uint32_t>("candidates");
    e.idle = r.millis("idle_ms");
    e.level = r.integer<std::uint32_t>("level");
    e.waited = r.millis("waited_ms");
    e.attempt = r.integer<std::uint32_t>("attempt");
    e.ring_until = r.time("ring_until");
    e.direct = r.boolean_or_false("direct");
    e.wanted = r.boolean_or_false("wanted");
    e.beside = r.integer_or_zero<std::uint32_t>("beside");
    e.next = r.agent_or_none("next");
    if (const auto agent = r.agent_or_none("passed_over")) e.passed_over = {*agent, r.queue_or_none("kept_for")};
    return e;
}

event::OfferRinging offer_ringing(Reader& r) {
    event::OfferRinging e;
    e.offer = r.offer();
    e.contact = r.contact();
    e.agent = r.agent();
    return e;
}

event::OfferEnded offer_ended(Reader& r) {
    event::OfferEnded e;
    e.offer = r.offer();
    e.contact = r.contact();
    e.queue = r.queue();
    e.agent = r.agent();
    e.outcome = r.word("outcome", routing::Outcome::rescinded);
    e.sip_code = r.integer_or_zero<int>("sip_code");
    e.rang = r.millis("rang_ms");
    e.misses = r.integer<std::uint32_t>("misses");
    e.not_again_before = r.time_or_none("not_again_before");
    return e;
}

event::AgentChanged agent_changed(Reader& r) {
    event::AgentChanged e;
    e.agent = r.agent();
    e.from = r.word("from", routing::AgentState::ready);
    e.to = r.word("to", routing::AgentState::ready);
    e.facts = r.facts();
    e.actor = r.word("actor", routing::Actor::caller);
    e.cause = r.cause("cause");
    e.lasted = r.millis("lasted_ms");
    e.idle_since = r.time_or_none("idle_since");
    e.busy_until = r.time_or_none("busy_until");
    e.device_until = r.time_or_none("device_until");
    e.not_ready_until = r.time_or_none("not_ready_until");
    return e;
}

event::AgentSkillChanged agent_skill_changed(Reader& r) {
    event::AgentSkillChanged e;
    e.agent = r.agent();
    e.skill = r.skill("skill");
    e.from = r.integer<std::uint8_t>("from_level");
    e.to = r.integer<std::uint8_t>("to_level");
    e.actor = r.word("actor", routing::Actor::caller);
    return e;
}

event::EntryPointChanged entry_point_changed(Reader& r) {
    return {r.entry_point(), r.word("from", routing::DoorState::closed), r.door("to"),
            r.word("actor", routing::Actor::caller)};
}

event::ContactReleased contact_released(Reader& r) {
    return {r.contact(), r.queue(), r.agent(), r.word("cause", routing::ReleaseCause::refused), r.millis("waited_ms")};
}

template <auto Read>
routing::EventBody body(Reader& reader) {
    return Read(reader);
}

struct Row {
    std::string_view type;
    routing::EventBody (*read)(Reader&);
};
constexpr Row kRows[] = {
    {"contact.arrived", body<contact_arrived>},
    {"contact.refused", body<contact_refused>},
    {"contact.enqueued", body<contact_enqueued>},
    {"contact.overflowed", body<contact_overflowed>},
    {"contact.relaxed", body<contact_relaxed>},
    {"contact.released", body<contact_released>},
    {"contact.connected", body<contact_connected>},
    {"contact.rescued", body<contact_rescued>},
    {"contact.transferred", body<contact_transferred>},
    {"contact.returned", body<contact_returned>},
    {"contact.held", body<contact_held>},
    {"contact.resumed", body<contact_resumed>},
    {"contact.abandoned", body<contact_abandoned>},
    {"contact.ended", body<contact_ended>},
    {"contact.dispositioned", body<contact_dispositioned>},
    {"offer.made", body<offer_made>},
    {"offer.ringing", body<offer_ringing>},
    {"offer.ended", body<offer_ended>},
    {"agent.state_changed", body<agent_changed>},
    {"agent.skill_changed", body<agent_skill_changed>},
    {"entry_point.state_changed", body<entry_point_changed>},
};
static_assert(std::size(kRows) == std::variant_size_v<routing::EventBody>, "each event can be read back");

template <class Id, class Things>
void fill(std::map<std::string_view, Id>& directory, const Things& things) {
    for (std::size_t i = 0; i < things.size(); ++i) directory.emplace(things[i].name, static_cast<Id>(i));
}

}  // namespace

Names::Names(const routing::Plan& plan) {
    fill(agents_, plan.agents);
    fill(queues_, plan.queues);
    fill(skills_, plan.skills);
    fill(entry_points_, plan.entry_points);
    fill(caller_lists_, plan.caller_lists);
}

Record parse(std::string_view line, const Names& names) {
    Record record;
    record.json = json::parse(line.begin(), line.end(), nullptr, false);
    if (!record.json.is_object()) return record;
    Reader reader(record.json, names);
    record.seq = reader.integer<std::uint64_t>("seq");
    record.event.at = reader.time("ts");
    record.type = reader.text("type");
    if (!reader.well_formed() || record.seq == 0) return record;
    for (const Row& row : kRows) {
        if (row.type != record.type) continue;
        record.event.body = row.read(reader);
        if (!reader.well_formed()) return record;
        record.kind = reader.all_known() ? Parsed::event : Parsed::unknown_name;
        return record;
    }
    record.kind = Parsed::other;
    return record;
}

}  // namespace centrala::journal
