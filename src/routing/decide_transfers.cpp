// What agents do with a contact they talk to besides ending it: hand it on to a queue, a colleague or outside.
#include <algorithm>

#include "decide.hpp"

namespace centrala::routing {

const ContactRecord* Decider::talking(ContactId contact) const {
    const ContactRecord* c = s_.find(contact);
    return c && c->phase == ContactPhase::talking ? c : nullptr;
}

event::ContactTransferred Decider::transfer(const ContactRecord& contact, Actor by) const {
    event::ContactTransferred e;
    e.contact = contact.id;
    e.agent = *contact.agent;
    e.queue = contact.queue;
    e.priority = contact.priority;
    e.talked = at_ - contact.talking_since;
    e.by = by;
    return e;
}

/// The contact goes, and for who handed it on the conversation is over.
void Decider::hand_over(event::ContactTransferred&& e) {
    const AgentId agent = e.agent;
    const ContactId contact = e.contact;
    const QueueId last_queue = s_.find(contact)->queue;
    const Actor by = e.by;
    // Whoever handed it on doesn't get it straight back.
    if (e.to_queue()) e.not_again_before = at_ + std::max(queue(e.queue).refusal_memory, kRestMin);
    emit(std::move(e));
    conversation_over(agent, contact, last_queue, "transfer.made", by);
}

/// `instead`: of that, which is over. A call ends whatever is wrapped up, too.
void Decider::receive(AgentId agent, ContactId contact, Actor actor, std::optional<ContactId> instead) {
    const Channel channel = channel_of(*s_.find(contact));
    Change c = change(agent);
    c.facts.tasks.erase_if([&](const Task& task) {
        return channel == Channel::voice || task.contact == contact || task.contact == instead;
    });
    c.facts.tasks.push_back({contact, channel, Work::connected});
    c.facts.misses = 0;
    emit(std::move(c), "transfer.received", actor);
}

Rejection Decider::on(const input::TransferToQueue& in) {
    const ContactRecord* c = talking(in.contact);
    if (!c) return Rejection::no_contact;
    if (index(in.queue) >= plan_.queues.size()) return Rejection::unknown_id;
    const Queue& q = queue(in.queue);
    if (q.channel != channel_of(*c)) return Rejection::other_channel;
    if (q.closed) return Rejection::queue_closed;
    if (s_.queues[index(in.queue)].line() >= q.capacity) return Rejection::queue_full;
    if (q.refuse_without_agents && s_.index.last_bench(in.queue).logged_in == 0) return Rejection::no_agent;
    auto e = transfer(*c, in.by);
    e.target = TransferTarget::queue;
    e.queue = in.queue;
    e.priority = q.priority + raise_of(*c, plan_);
    hand_over(std::move(e));
    settle(in.contact);
    return Rejection::none;
}

Rejection Decider::on(const input::TransferToAgent& in) {
    const ContactRecord* c = talking(in.contact);
    if (!c) return Rejection::no_contact;
    if (!known(in.target)) return Rejection::unknown_id;
    if (in.target == *c->agent) return Rejection::already_so;
    const AgentFacts& f = record(in.target).facts;
    if (f.session == Session::logged_out) return Rejection::not_logged_in;
    if (f.device != Device::registered) return Rejection::no_device;
    if (!routing::has_room(f, channel_of(*c), s_.index.chats(in.target)) || f.other_use != OtherUse::none)
        return Rejection::on_a_call;
    auto e = transfer(*c, in.by);
    e.target = TransferTarget::agent;
    e.target_agent = in.target;
    hand_over(std::move(e));
    make_offer(*s_.find(in.contact), {in.target, 1}, true);
    return Rejection::none;
}

Rejection Decider::on(const input::TransferOutside& in) {
    const ContactRecord* c = talking(in.contact);
    if (!c) return Rejection::no_contact;
    if (in.number.empty()) return Rejection::unknown_id;
    auto e = transfer(*c, in.by);
    e.kind = in.kind;
    e.target = TransferTarget::outside;
    e.number = in.number;
    hand_over(std::move(e));
    return Rejection::none;
}

Rejection Decider::on(const input::TransferJoins& in) {
    const ContactRecord* c = talking(in.contact);
    if (!c) return Rejection::no_contact;
    if (!known(in.target)) return Rejection::unknown_id;
    if (in.target == *c->agent) return Rejection::already_so;
    const AgentFacts& f = record(in.target).facts;
    if (f.session == Session::logged_out) return Rejection::not_logged_in;
    const Channel channel = channel_of(*c);
    const bool only_wraps_up = f.work() == Work::wrapping && f.tasks.back().work == Work::wrapping;
    if (!routing::has_room(f, channel, s_.index.chats(in.target)) && !(channel == Channel::voice && only_wraps_up))
        return Rejection::on_a_call;
    auto e = transfer(*c, in.by);
    e.kind = TransferKind::attended;
    e.target = TransferTarget::agent;
    e.target_agent = in.target;
    hand_over(std::move(e));
    receive(in.target, in.contact, in.by);
    return Rejection::none;
}

/// The consultation ends first, so that nobody has two contacts in between.
Rejection Decider::on(const input::TransferMerges& in) {
    const ContactRecord* c = talking(in.contact);
    const ContactRecord* other = s_.find(in.consultation);
    if (!c || !other || other == c) return Rejection::no_contact;
    if (channel_of(*c) != channel_of(*other)) return Rejection::other_channel;
    auto e = transfer(*c, in.by);
    e.kind = TransferKind::attended;
    e.merged = in.consultation;
    const auto end_consultation = [&](std::optional<AgentId> agent, Duration talked) {
        event::ContactEnded end = ended(*other, agent, EndCause::merged, talked);
        emit(std::move(end));
    };
    switch (other->phase) {
        case ContactPhase::talking: {
            const AgentId target = *other->agent;
            if (target == *c->agent) return Rejection::already_so;
            e.target = TransferTarget::agent;
            e.target_agent = target;
            end_consultation(target, at_ - other->talking_since);
            hand_over(std::move(e));
            receive(target, in.contact, in.by, in.consultation);
            return Rejection::none;
        }
        case ContactPhase::offered:
            // Its agents are free again before the contact comes into line, and are most likely rung again, for it.
            while (!other->offers.empty()) rescind(*s_.find(other->offers.front()));
            [[fallthrough]];
        case ContactPhase::waiting:
            e.target = TransferTarget::queue;
            e.queue = other->queue;
            e.priority = other->priority;
            end_consultation(std::nullopt, Duration::zero());
            hand_over(std::move(e));
            returned(in.contact);  // whom the consultation waited for in vain may be free for it
            return Rejection::none;
        case ContactPhase::arrived:
        case ContactPhase::outside: break;
    }
    return Rejection::no_contact;
}

Rejection Decider::on(const input::OutsideFails& in) {
    const ContactRecord* c = s_.find(in.contact);
    if (!c || c->phase != ContactPhase::outside) return Rejection::no_contact;
    emit(event::ContactReturned{c->id, c->queue, c->outside, in.cause, in.sip_code});
    returned(in.contact);
    return Rejection::none;
}

}  // namespace centrala::routing
