// What happens to contacts: admission, leaving, max_wait and overflow, the ends of conversations.
#include <algorithm>

#include "centrala/routing/expected_wait.hpp"
#include "decide.hpp"
#include "prefetch.hpp"

namespace centrala::routing {

Rejection Decider::on(const input::ContactArrives& in) {
    const auto id = static_cast<ContactId>(s_.next_contact);
    const bool known_number = in.entry_point && index(*in.entry_point) < plan_.entry_points.size();
    const auto entry = known_number ? in.entry_point : std::nullopt;
    const bool known_list = in.callers && index(*in.callers) < plan_.caller_lists.size();
    const auto list = known_list ? in.callers : std::nullopt;
    emit(event::ContactArrived{id, entry, in.dialled, in.caller, in.caller_name, in.source, in.call_id, in.withheld,
                               in.diverted_from, in.diversion_reason, list, in.internal, possible(in.advice, entry)});
    if (!entry) {
        emit(event::ContactRefused{id, Refusal::unknown_number, std::nullopt, std::nullopt});
        return Rejection::none;
    }
    if (list && plan_.caller_lists[index(*list)].blocked) {
        emit(event::ContactRefused{id, Refusal::blocked, std::nullopt, entry});
        return Rejection::none;
    }
    const std::optional<QueueId> behind = queue_behind(*s_.find(id));
    const QueueId target = behind.value_or(plan_.entry_points[index(*entry)].queue);
    auto refusal = in.refused;
    if (!refusal) refusal = behind ? turned_away(target) : Refusal::closed;
    if (refusal) {
        emit(event::ContactRefused{id, *refusal, target, entry});
        return Rejection::none;
    }
    const ContactRecord& c = *s_.find(id);
    const QueueRecord& line = s_.queues[index(target)];
    event::ContactEnqueued e{id, *entry, target, queue(target).priority + raise_of(c, plan_)};
    const WaitKey key{-e.priority, at_, id};
    e.position = static_cast<std::uint32_t>(line.position(key));
    if (const auto wanted = wanted_by_caller(c, target, is_open(*entry))) {
        e.wanted = wanted->agent;
        e.wanted_until = at_ + wanted->patience;
    } else {
        e.estimate = expected_wait(s_, plan_, target, line.waiting_before(key), at_);
    }
    emit(std::move(e));
    settle(id);
    return Rejection::none;
}

/// Without whom and what there isn't, and queues for what comes otherwise.
Advice Decider::possible(Advice advice, std::optional<EntryPointId> entry) const {
    const auto fits = [&](QueueId q) {
        return index(q) < plan_.queues.size() &&
               (!entry || queue(q).channel == queue(plan_.entry_points[index(*entry)].queue).channel);
    };
    if (advice.queue && !fits(*advice.queue)) advice.queue.reset();
    if (advice.wanted && !known(advice.wanted->agent)) advice.wanted.reset();
    return advice;
}

/// Why a queue doesn't let in a call that comes from an entry point; nullopt: it does.
std::optional<Refusal> Decider::turned_away(QueueId id) const {
    const Queue& q = queue(id);
    if (q.closed) return Refusal::closed;
    if (!has_room(id)) return Refusal::queue_full;
    if (q.refuse_without_agents && s_.index.last_bench(id).logged_in == 0) return Refusal::no_agent;
    return std::nullopt;
}

Rejection Decider::on(const input::CallerLeaves& in) {
    const ContactRecord* c = s_.find(in.contact);
    if (!c) return Rejection::no_contact;
    if (c->phase == ContactPhase::talking || c->phase == ContactPhase::outside)
        end_conversation(*c, in.cause, in.reason);
    else
        leave_while_waiting(*c, in.cause, in.reason);
    return Rejection::none;
}

/// The contact's last word, as it stands now.
event::ContactEnded Decider::ended(const ContactRecord& contact, std::optional<AgentId> agent, EndCause cause,
                                   Duration talked, std::string reason) const {
    event::ContactEnded e;
    e.contact = contact.id;
    e.queue = contact.queue;
    e.agent = agent;
    e.cause = cause;
    e.waited = waited(contact, at_);
    e.talked = talked;
    e.lasted = at_ - contact.arrived;
    e.outside = contact.outside;
    e.held = held(contact, at_);
    e.reason = std::move(reason);
    return e;
}

void Decider::leave_while_waiting(const ContactRecord& contact, EndCause cause, const std::string& reason) {
    const ContactId id = contact.id;
    std::vector<OfferRecord> rang;
    for (const OfferId offer : contact.offers) rang.push_back(*s_.find(offer));
    for (const OfferRecord& o : rang) offer_withdrawn(o, Outcome::caller_gone);
    const ContactRecord& c = *s_.find(id);
    if (cause == EndCause::caller_hangup)
        emit(event::ContactAbandoned{id, c.queue, waited(c, at_),
                                     rang.empty() ? std::nullopt : std::optional(rang.front().id), reason});
    else
        emit(ended(c, std::nullopt, cause, Duration::zero(), reason));
    for (const OfferRecord& o : rang) {  // the agent did nothing wrong: the idle clock goes on
        Change a = change(o.agent);
        let_go(a, id);
        emit(std::move(a), "offer.caller_gone", Actor::caller);
    }
}

Rejection Decider::on(const input::ConversationEnds& in) {
    const ContactRecord* c = s_.find(in.contact);
    if (!c) return Rejection::no_contact;
    if (c->phase == ContactPhase::talking || c->phase == ContactPhase::outside)
        end_conversation(*c, in.cause, in.reason);
    else
        leave_while_waiting(*c, in.cause, in.reason);
    return Rejection::none;
}

void Decider::end_conversation(const ContactRecord& contact, EndCause cause, const std::string& reason) {
    prefetch(&contact);
    const std::optional<AgentId> agent = contact.agent;
    if (agent) prefetch_agent(*agent);
    const QueueId last_queue = contact.queue;
    const ContactId id = contact.id;
    emit(ended(contact, agent, cause, at_ - contact.talking_since, reason));
    if (!agent) return;  // it was outside
    const Actor actor = cause == EndCause::agent_hangup    ? Actor::agent
                        : cause == EndCause::caller_hangup ? Actor::caller
                                                           : Actor::system;
    conversation_over(*agent, id, last_queue, "conversation.ended", actor);
}

void Decider::conversation_over(AgentId agent, ContactId contact, QueueId last_queue, std::string_view cause,
                                Actor actor) {
    const Duration wrap_up = plan_.agents[index(agent)].wrap_up.value_or(queue(last_queue).wrap_up);
    const Duration within = queue(last_queue).disposition_within;
    Change a = change(agent);
    Task& task = *a.facts.task(contact);
    if (within > Duration::zero() && !task.disposed) task.dispose_until = at_ + std::max(within, wrap_up);
    if (wrap_up > Duration::zero() || task.dispose_until) {
        task.work = Work::wrapping;
        task.wrap_until = wrap_up > Duration::zero() ? at_ + wrap_up : *task.dispose_until;
    } else {
        work_over(a, contact);
        prefetch_next(agent);
    }
    emit(std::move(a), cause, actor);
}

Rejection Decider::on(const input::ContactHolds& in) {
    const ContactRecord* c = talking(in.contact);
    if (!c) return Rejection::no_contact;
    const bool by_agent = in.by == Actor::agent;
    if (by_agent ? c->held_by_agent : c->held_by_caller) return Rejection::already_so;
    const AgentId agent = *c->agent;
    emit(event::ContactHeld{in.contact, agent, by_agent ? Actor::agent : Actor::caller});
    if (by_agent) {
        Change a = change(agent);
        a.facts.task(in.contact)->work = Work::held;
        emit(std::move(a), "hold.began", Actor::agent);
    }
    return Rejection::none;
}

Rejection Decider::on(const input::ContactResumes& in) {
    const ContactRecord* c = talking(in.contact);
    if (!c) return Rejection::no_contact;
    const bool by_agent = in.by == Actor::agent;
    const auto since = by_agent ? c->held_by_agent : c->held_by_caller;
    if (!since) return Rejection::already_so;
    const AgentId agent = *c->agent;
    emit(event::ContactResumed{in.contact, agent, by_agent ? Actor::agent : Actor::caller, at_ - *since});
    if (by_agent) {
        Change a = change(agent);
        a.facts.task(in.contact)->work = Work::connected;
        emit(std::move(a), "hold.ended", Actor::agent);
    }
    return Rejection::none;
}

Rejection Decider::on(const input::AgentLegLost& in) {
    const ContactRecord* c = talking(in.contact);
    if (!c) return Rejection::no_contact;
    const AgentId agent = *c->agent;
    emit(event::ContactRescued{in.contact, agent, c->queue, at_ - c->talking_since});
    Change a = change(agent);
    work_over(a, in.contact);
    if (a.facts.device == Device::registered) {
        a.facts.device = Device::suspect;
        a.device_until = rested();
    }
    emit(std::move(a), "leg.lost", Actor::system);
    returned(in.contact);
    return Rejection::none;
}

/// The first queue of the overflow chain that is open and `fits`(queue). Chains that close on themselves end.
template <class Fits>
std::optional<QueueId> Decider::first_behind(QueueId from, Fits fits) const {
    auto next = queue(from).overflow;
    for (std::size_t hops = 0; next && hops < plan_.queues.size(); ++hops) {
        if (index(*next) >= plan_.queues.size()) return std::nullopt;
        if (!queue(*next).closed && fits(*next)) return next;
        next = queue(*next).overflow;
    }
    return std::nullopt;
}

void Decider::wait_is_over(const ContactRecord& contact) {
    if (!overflow(contact, OverflowCause::max_wait))
        emit(ended(contact, std::nullopt, EndCause::max_wait, Duration::zero()));
}

/// To the first that has room and hasn't held the contact before. False: there is nowhere to go.
bool Decider::overflow(const ContactRecord& contact, OverflowCause cause) {
    const ContactId id = contact.id;
    const auto is_new = [&](QueueId to) {
        return std::find(contact.been_in.begin(), contact.been_in.end(), to) == contact.been_in.end();
    };
    const auto to = first_behind(contact.queue, [&](QueueId q) { return is_new(q) && has_room(q); });
    if (!to) {
        if (cause == OverflowCause::no_agent && first_behind(contact.queue, is_new)) stuck_.insert(contact.queue);
        return false;
    }
    emit(event::ContactOverflowed{id, contact.queue, *to, waited(contact, at_),
                                  queue(*to).priority + raise_of(contact, plan_), cause});
    settle(id);
    return true;
}

/// It has just entered a queue, which may send it on at once.
void Decider::settle(ContactId id) {
    const ContactRecord& c = *s_.find(id);
    const OverflowWhen& when = queue(c.queue).overflow_when;
    if (c.wanted) return returned(id);  // however long the line is
    if (when.line > 0 && s_.queues[index(c.queue)].line() > when.line && overflow(c, OverflowCause::line)) return;
    if (when.expected_wait > 0s) {
        const std::size_t ahead = s_.queues[index(c.queue)].waiting_before(wait_key(c));
        const auto told = expected_wait(s_, plan_, c.queue, ahead, at_);
        if (told && told->expected > when.expected_wait && overflow(c, OverflowCause::expected_wait)) return;
    }
    returned(id);
}

bool Decider::deserted(QueueId id) const {
    return queue(id).overflow_when.without_agents && s_.index.last_bench(id).logged_in == 0;
}

/// Agents left, or their skills did, or there is room now where there was none: who waits where nobody could take them
/// any more is sent on.
void Decider::leave_deserted() {
    const bool anew = std::exchange(agents_left_, false);
    if (!anew && stuck_.empty()) return;
    bool sent;  // on, which made room, perhaps for others
    do {
        sent = false;
        for (std::size_t q = 0; q < plan_.queues.size(); ++q) {
            const auto id = static_cast<QueueId>(q);
            if (!anew && !stuck_.contains(id)) continue;
            if (!deserted(id) || s_.queues[q].in_lines() == 0) {
                stuck_.erase(id);
                continue;
            }
            if (!first_behind(id, [&](QueueId to) { return has_room(to); })) {
                stuck_.insert(id);
                continue;
            }
            stuck_.erase(id);
            std::vector<WaitKey> all;
            for (const auto& line : s_.queues[q].lines) all.insert(all.end(), line.begin(), line.end());
            std::sort(all.begin(), all.end());
            for (const WaitKey& key : all) sent |= overflow(*s_.find(key.contact), OverflowCause::no_agent);
        }
    } while (sent);
}

/// True: it was kept for somebody who may not have it any more.
bool Decider::relax(const ContactRecord& contact) {
    const std::uint32_t step = contact.step + 1;
    const int priority = queue(contact.queue).relaxations[step - 1].priority + raise_of(contact, plan_);
    const ContactId id = contact.id;
    emit(event::ContactRelaxed{id, contact.queue, step, waited(contact, at_), priority});
    open_contacts_.push_back(id);
    return release_if_in_vain(id);
}

}  // namespace centrala::routing
