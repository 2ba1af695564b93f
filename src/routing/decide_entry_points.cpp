// Entry points open and close as they are told to.
#include "decide.hpp"

namespace centrala::routing {

Rejection Decider::on(const input::EntryPointSet& in) {
    if (index(in.entry_point) >= s_.doors.size()) return Rejection::unknown_id;
    if (in.door.reason.size() > kDoorReasonMax) return Rejection::unknown_reason;
    const Door& door = s_.doors[index(in.entry_point)];
    const bool changes = door != in.door;
    if (changes) emit(event::EntryPointChanged{in.entry_point, door.state, in.door, in.actor});
    if (!in.ends_waiting) return changes ? Rejection::none : Rejection::already_so;
    std::vector<ContactId> waiting;
    for (const ContactRecord& c : s_.contacts)
        if (c.entry_point == in.entry_point && (c.phase == ContactPhase::waiting || c.phase == ContactPhase::offered))
            waiting.push_back(c.id);
    for (const ContactId id : waiting) leave_while_waiting(*s_.find(id), EndCause::closed, {});
    return changes || !waiting.empty() ? Rejection::none : Rejection::already_so;
}

bool Decider::is_open(EntryPointId id) const {
    return !plan_.entry_points[index(id)].closed && s_.doors[index(id)].state == DoorState::open;
}

/// Where a call that came to an entry point goes now; nullopt: it is closed, and nobody takes its calls meanwhile. A
/// queue of their own doesn't make callers worse off than others.
std::optional<QueueId> Decider::queue_behind(const ContactRecord& contact) const {
    const EntryPoint& entry = plan_.entry_points[index(*contact.entry_point)];
    if (!is_open(*contact.entry_point)) return entry.closed_queue;
    const auto listed = contact.callers ? plan_.caller_lists[index(*contact.callers)].queue : std::nullopt;
    for (const auto& own : {contact.advice.queue, listed})
        if (own && !turned_away(*own)) return own;
    return entry.queue;
}

}  // namespace centrala::routing
