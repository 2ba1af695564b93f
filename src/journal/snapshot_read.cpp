// Reads snapshots back. What can be derived is derived, by the same rules by which routing keeps it.
#include <algorithm>
#include <array>
#include <utility>

#include "centrala/routing/derive.hpp"
#include "journal/reader.hpp"
#include "journal/snapshot.hpp"
#include "journal/snapshot_learned.hpp"

namespace centrala::journal {
namespace {

using nlohmann::json;
using routing::ContactPhase;

constexpr std::array<std::string_view, 6> kSnapshots = {"agent.snapshot",       "queue.snapshot", "contact.snapshot",
                                                        "entry_point.snapshot", "offer.snapshot", "caller.snapshot"};

/// The nested value, or an empty one of no type if it is missing (left out because it was too long).
const json& nested(const Record& record, const char* key) {
    static const json kNone;
    const auto found = record.json.find(key);
    return found == record.json.end() ? kNone : *found;
}

Timestamp moment(Reader& r, const char* key) {
    return r.time_or_none(key).value_or(Timestamp{});
}

void read_time_in(const json& times, routing::AgentRecord& agent, const Names& names) {
    Reader r(times, names);
    if (!times.is_object()) return;
    for (std::size_t i = 0; i < agent.time_in.size(); ++i) {
        const std::string state(to_string(static_cast<routing::AgentState>(i)));
        if (r.has(state.c_str())) agent.time_in[i] = r.millis(state.c_str());
    }
}

/// On top of the planned skills, which are there already.
void change_skills(const json& changes, std::vector<routing::SkillLevel>& skills, const Names& names) {
    if (!changes.is_object()) return;
    for (const auto& [name, level] : changes.items()) {
        const auto skill = names.skill(name);
        if (!skill || !level.is_number_unsigned() || level.get<std::uint64_t>() > 10) continue;
        std::erase_if(skills, [&](const auto& one) { return one.skill == *skill; });
        if (level != 0) skills.push_back({*skill, level.get<std::uint8_t>()});
    }
    std::sort(skills.begin(), skills.end());
}

}  // namespace

bool is_snapshot(std::string_view type) {
    return std::find(kSnapshots.begin(), kSnapshots.end(), type) != kSnapshots.end();
}

SnapshotReader::SnapshotReader(const routing::Plan& plan, const Names& names)
    : plan_(plan), names_(names), state_(plan), shares_(plan.agents.size()) {}

bool SnapshotReader::begin(const Record& record) {
    Reader r(record.json, names_);
    const auto next_contact = r.integer_or_zero<std::uint64_t>("next_contact");
    const auto next_offer = r.integer_or_zero<std::uint64_t>("next_offer");
    state_.next_contact = std::max<std::uint64_t>(next_contact, 1);
    state_.next_offer = std::max<std::uint64_t>(next_offer, 1);
    state_.refused_unqueued = r.integer_or_zero<std::uint64_t>("refused_unqueued");
    state_.clock = moment(r, "clock");
    state_.demand_clock.epoch = moment(r, "demand_epoch");
    if (r.has("attained")) state_.attained = r.integer<std::uint32_t>("attained");
    return r.well_formed();
}

bool SnapshotReader::add(const Record& record) {
    if (record.type == kSnapshots[0]) return add_agent(record);
    if (record.type == kSnapshots[1]) return add_queue(record);
    if (record.type == kSnapshots[2]) return add_contact(record);
    if (record.type == kSnapshots[3]) return add_entry_point(record);
    if (record.type == kSnapshots[4]) return add_offer(record);
    return add_caller(record);
}

bool SnapshotReader::add_agent(const Record& record) {
    Reader r(record.json, names_);
    const auto id = r.agent();
    if (!r.all_known() || !r.well_formed()) return false;
    routing::AgentRecord agent;
    agent.facts = r.facts();
    agent.skills = state_.agents[routing::index(id)].skills;
    agent.state_since = moment(r, "state_since");
    agent.session_since = moment(r, "session_since");
    agent.idle_since = moment(r, "idle_since");
    agent.busy_until = r.time_or_none("busy_until");
    agent.device_until = r.time_or_none("device_until");
    agent.not_ready_until = r.time_or_none("not_ready_until");
    agent.worked_until = r.time_or_none("worked_until");
    if (r.has("last_contact")) agent.last_contact = r.contact("last_contact");
    for (const auto& [key, counter] : {std::pair{"offered", &agent.offered},
                                       {"accepted", &agent.accepted},
                                       {"rejected", &agent.rejected},
                                       {"no_answer", &agent.no_answer},
                                       {"busy", &agent.busy},
                                       {"unreachable", &agent.unreachable},
                                       {"withdrawn", &agent.withdrawn},
                                       {"handled", &agent.handled}}) {
        *counter = r.integer_or_zero<std::uint64_t>(key);
    }
    agent.session_calls = r.integer_or_zero<std::uint32_t>("session_calls");
    const auto share = r.integer_or_zero<std::uint32_t>("share_ppm");
    if (!r.well_formed()) return false;
    if (r.has("share_ppm")) shares_[routing::index(id)] = share;
    read_time_in(nested(record, "time_in_ms"), agent, names_);
    change_skills(nested(record, "skill_changes"), agent.skills, names_);
    for (const auto& contact : nested(record, "refusing")) {
        if (!contact.is_string()) continue;
        if (const auto refused = read_id(contact.get_ref<const std::string&>(), 'c'))
            agent.refusing.push_back(routing::ContactId{*refused});
    }
    for (const auto& began : nested(record, "run"))
        if (const auto at = began.is_string() ? read_time(began.get_ref<const std::string&>()) : std::nullopt)
            agent.run.push_back(*at);
    state_.agents[routing::index(id)] = std::move(agent);
    return true;
}

bool SnapshotReader::add_queue(const Record& record) {
    Reader r(record.json, names_);
    const auto id = r.queue();
    if (!r.all_known() || !r.well_formed()) return false;
    routing::QueueRecord queue(plan_.queues[routing::index(id)].steps());
    if (r.has("last_offered")) queue.last_offered = r.agent("last_offered");
    if (!r.all_known()) queue.last_offered.reset();
    for (const auto& [key, counter] : {std::pair{"entered", &queue.entered},
                                       {"overflowed_in", &queue.overflowed_in},
                                       {"transferred_in", &queue.transferred_in},
                                       {"rescued", &queue.rescued},
                                       {"answered", &queue.answered},
                                       {"answered_within", &queue.answered_within},
                                       {"abandoned", &queue.abandoned},
                                       {"overflowed_out", &queue.overflowed_out},
                                       {"ended", &queue.ended},
                                       {"refused", &queue.refused}}) {
        *counter = r.integer_or_zero<std::uint64_t>(key);
    }
    queue.wait_total = r.millis("wait_total_ms");
    queue.demand.arrivals = r.integer_or_zero<std::uint64_t>("demand");
    if (r.has("handling_ms")) queue.demand.handling = r.millis("handling_ms");
    queue.demand.seen = r.integer_or_zero<std::uint32_t>("handling_of");
    queue.reservation.level = r.integer_or_zero<std::uint32_t>("reservation");
    queue.reservation.lent = moment(r, "lent");
    queue.waits = wait_model(nested(record, "waits")).value_or(routing::WaitModel{});
    queue.service = service_windows(nested(record, "service")).value_or(routing::ServiceWindows{});
    queue.waits.since = r.time_or_none("backlog_since");
    if (!r.well_formed()) return false;
    state_.queues[routing::index(id)] = std::move(queue);
    return true;
}

bool SnapshotReader::add_entry_point(const Record& record) {
    Reader r(record.json, names_);
    const auto id = r.entry_point();
    const routing::Door door = r.door("state");
    if (!r.all_known() || !r.well_formed()) return false;
    state_.doors[routing::index(id)] = door;
    return true;
}

bool SnapshotReader::add_contact(const Record& record) {
    Reader r(record.json, names_);
    routing::ContactRecord contact;
    contact.id = r.contact();
    contact.phase = r.word("phase", ContactPhase::outside);
    if (contact.phase != ContactPhase::arrived) contact.queue = r.queue();
    if (r.has("entry_point")) contact.entry_point = r.entry_point();
    if (r.has("agent")) contact.agent = r.agent();
    contact.dialled = r.text("dialled");
    contact.caller = r.text("caller");
    contact.caller_name = r.text("caller_name");
    contact.source = r.text("source");
    contact.call_id = r.text("call_id");
    contact.withheld = r.boolean_or_false("withheld");
    contact.diverted_from = r.text_or_none("diverted_from");
    contact.diversion_reason = r.text_or_none("diversion_reason");
    contact.callers = r.caller_list_or_none("callers");
    contact.internal = r.boolean_or_false("internal");
    contact.advice = r.advice();
    contact.priority = r.integer<int>("priority");
    contact.arrived = moment(r, "arrived");
    contact.enqueued = moment(r, "enqueued");
    contact.waiting_since = moment(r, "waiting_since");
    contact.waited_before = r.millis("waited_before_ms");
    contact.talking_since = moment(r, "talking_since");
    contact.outside = r.text_or_none("number");
    contact.held_by_agent = r.time_or_none("held_by_agent");
    contact.held_by_caller = r.time_or_none("held_by_caller");
    contact.held_since = r.time_or_none("held_since");
    contact.held_before = r.millis_or_zero("held_before_ms");
    contact.leave_at = r.time_or_none("leave_at");
    contact.step = r.integer_or_zero<std::uint32_t>("step");
    contact.relax_at = r.time_or_none("relax_at");
    contact.wanted = r.agent_or_none("wanted_agent");
    contact.wanted_until = r.time_or_none("wanted_until");
    contact.attempts = r.integer<std::uint32_t>("attempts");
    if (!r.well_formed() || !r.all_known()) return false;
    for (const auto& one : nested(record, "refusals")) {
        if (!one.is_object()) continue;
        Reader refusal(one, names_);
        const routing::RefusalMemory memory{refusal.agent(), refusal.time("until")};
        if (refusal.well_formed() && refusal.all_known()) contact.refusals.push_back(memory);
    }
    for (const auto& name : nested(record, "been_in")) {
        if (!name.is_string()) continue;
        if (const auto queue = names_.queue(name.get_ref<const std::string&>())) contact.been_in.push_back(*queue);
    }
    contact.foreseen = foreseen(nested(record, "foreseen"));
    state_.contacts.put(std::move(contact));
    return true;
}

bool SnapshotReader::add_offer(const Record& record) {
    Reader r(record.json, names_);
    routing::OfferRecord offer;
    offer.id = r.offer();
    offer.contact = r.contact();
    offer.agent = r.agent();
    offer.queue = r.queue();
    offer.made = r.time("made");
    offer.ring_until = r.time("ring_until");
    offer.ringing = r.boolean_or_false("ringing");
    offer.direct = r.boolean_or_false("direct");
    if (!r.well_formed() || !r.all_known()) return false;
    state_.offers.put(std::move(offer));
    return true;
}

bool SnapshotReader::add_caller(const Record& record) {
    Reader r(record.json, names_);
    const routing::LastTalk talk{r.agent(), r.time("ended")};
    const auto caller = r.text("caller");
    if (!r.well_formed() || !r.all_known()) return false;
    state_.last_agents.note(caller, talk, plan_.callers_remembered, Timestamp::min());
    return true;
}

void SnapshotReader::make_consistent() {
    const auto is_reserved = [&](routing::AgentId agent, routing::ContactId contact) {
        const routing::Task* task = state_.agents[routing::index(agent)].facts.task(contact);
        return task && task->work == routing::Work::reserved;
    };
    // Records may have been left out, because their names are no longer in the plan or the file was damaged.
    state_.offers.erase_if([&](const routing::OfferRecord& offer) {
        const auto* contact = state_.find(offer.contact);
        return !contact || contact->phase != ContactPhase::offered || contact->queue != offer.queue ||
               !is_reserved(offer.agent, offer.contact);
    });
    for (const auto& offer : state_.offers) state_.contacts.find(offer.contact)->offers.push_back(offer.id);
    for (auto& contact : state_.contacts) {
        if (contact.phase == ContactPhase::offered && contact.offers.empty()) contact.phase = ContactPhase::waiting;
        const bool in_line = contact.phase == ContactPhase::offered || contact.phase == ContactPhase::waiting;
        if (!in_line || !contact.wanted || !contact.wanted_until) {
            contact.wanted.reset();
            contact.wanted_until.reset();
        }
        if (contact.phase != ContactPhase::talking) contact.agent.reset();
        state_.next_contact = std::max(state_.next_contact, routing::index(contact.id) + 1);
    }
    for (const auto& offer : state_.offers)
        state_.next_offer = std::max(state_.next_offer, routing::index(offer.id) + 1);
    const auto remembers = [](const std::vector<routing::RefusalMemory>& refusals, routing::AgentId agent) {
        return std::any_of(refusals.begin(), refusals.end(), [&](const auto& one) { return one.agent == agent; });
    };
    for (std::size_t i = 0; i < state_.agents.size(); ++i) {
        auto& agent = state_.agents[i];
        const auto id = static_cast<routing::AgentId>(i);
        std::erase_if(agent.refusing, [&](routing::ContactId refused) {
            const auto* contact = state_.find(refused);
            return !contact || !remembers(contact->refusals, id);
        });
    }
    for (auto& contact : state_.contacts) {
        std::erase_if(contact.refusals, [&](const routing::RefusalMemory& one) {
            const auto& refusing = state_.agents[routing::index(one.agent)].refusing;
            return std::find(refusing.begin(), refusing.end(), contact.id) == refusing.end();
        });
    }
}

routing::State SnapshotReader::finish() {
    make_consistent();
    routing::derive(state_, plan_, shares_);
    return std::move(state_);
}

}  // namespace centrala::journal
