// The only function that changes State: folding the events gives the state that decided them.
#include <algorithm>

#include "apply_agents.hpp"
#include "centrala/routing/expected_wait.hpp"
#include "centrala/routing/state.hpp"
#include "check.hpp"
#include "reservation.hpp"

namespace centrala::routing {
namespace {

template <class Id>
std::uint64_t raw(Id id) {
    return static_cast<std::uint64_t>(id);
}

Deadline refusal_deadline(ContactId contact, const RefusalMemory& r) {
    return {r.until, DeadlineKind::refusal_memory, raw(contact), r.agent};
}
Deadline ring_deadline(const OfferRecord& o) {
    return {o.ring_until, DeadlineKind::ring_timeout, raw(o.id), {}};
}

void forget(State& s, ContactRecord& c, AgentId agent) {
    const auto it = std::find_if(c.refusals.begin(), c.refusals.end(), [&](const auto& r) { return r.agent == agent; });
    if (it == c.refusals.end()) return;
    s.deadlines.take(refusal_deadline(c.id, *it));
    c.refusals.erase(it);
    std::erase(s.agents[index(agent)].refusing, c.id);
}

/// One event's changes. Contacts and offers that aren't known are passed over.
class Applier {
public:
    Applier(State& state, const Plan& plan, Timestamp at) : s_(state), plan_(plan), at_(at) {}

    void operator()(const event::ContactArrived& e) {
        if (ContactRecord* old = contact(e.contact)) erase(*old);
        ContactRecord c;
        c.id = e.contact;
        c.entry_point = e.entry_point;
        c.dialled = e.dialled;
        c.caller = e.caller;
        c.caller_name = e.caller_name;
        c.source = e.source;
        c.call_id = e.call_id;
        c.withheld = e.withheld;
        c.diverted_from = e.diverted_from;
        c.diversion_reason = e.diversion_reason;
        c.callers = e.callers;
        c.internal = e.internal;
        c.advice = e.advice;
        c.arrived = at_;
        s_.next_contact = std::max(s_.next_contact, raw(e.contact) + 1);
        s_.contacts.put(std::move(c));
    }

    void operator()(const event::ContactRefused& e) {
        e.queue ? ++s_.queues[index(*e.queue)].refused : ++s_.refused_unqueued;
        if (ContactRecord* c = contact(e.contact)) erase(*c);
    }

    void operator()(const event::ContactEnqueued& e) {
        ContactRecord* c = contact(e.contact);
        if (!c) return;
        leave(*c);
        c->enqueued = c->waiting_since = at_;
        if (e.estimate && e.estimate->p80)
            c->foreseen = Foreseen{
                *e.estimate,
                wait_signs(s_, e.queue, s_.queues[index(e.queue)].waiting_before({-e.priority, at_, e.contact}))};
        c->wanted = e.wanted;
        c->wanted_until = e.wanted_until;
        enter(*c, e.queue, e.priority);
        ++s_.queues[index(e.queue)].entered;
        ask(e.queue);
    }

    void operator()(const event::ContactOverflowed& e) {
        ContactRecord* c = contact(e.contact);
        if (!c) return;
        leave(*c);
        c->foreseen.reset();
        want_nobody(*c);
        enter(*c, e.to, e.priority);
        ++s_.queues[index(e.from)].overflowed_out;
        s_.queues[index(e.from)].service.add(at_, {.sent_away = 1});
        ++s_.queues[index(e.to)].overflowed_in;
        ask(e.to);
    }

    void operator()(const event::ContactRelaxed& e) {
        ContactRecord* c = contact(e.contact);
        if (!c || c->phase != ContactPhase::waiting || c->queue != e.queue) return;
        leave(*c);
        c->priority = e.priority;
        begin_step(*c, e.step);
        wait(*c);
    }

    void operator()(const event::ContactReleased& e) {
        ContactRecord* c = contact(e.contact);
        if (!c || c->phase != ContactPhase::waiting) return;
        leave(*c);
        want_nobody(*c);
        wait(*c);
    }

    void operator()(const event::OfferMade& e) {
        s_.next_offer = std::max(s_.next_offer, raw(e.offer) + 1);
        if (!e.direct && !e.wanted) s_.queues[index(e.queue)].last_offered = e.agent;
        ContactRecord* c = contact(e.contact);
        if (!c) return;
        if (c->phase != ContactPhase::offered) {
            leave(*c);
            c->phase = ContactPhase::offered;
            s_.queues[index(c->queue)].ringing.insert(wait_key(*c));
        }
        c->attempts = e.attempt;
        if (const OfferRecord* old = s_.offers.find(e.offer))
            s_.deadlines.take(ring_deadline(*old));
        else
            c->offers.push_back(e.offer);
        s_.deadlines.put(
            ring_deadline(s_.offers.put({e.offer, e.contact, e.queue, e.agent, at_, e.ring_until, false, e.direct})));
        list_joinable(*c);
        ++agent(e.agent).offered;
        if (!e.direct) note_lent(s_, plan_, s_.index.serves(e.agent), e.queue, at_);
    }

    void operator()(const event::OfferRinging& e) {
        if (OfferRecord* offer = s_.offers.find(e.offer)) offer->ringing = true;
    }

    void operator()(const event::OfferEnded& e) {
        count(agent(e.agent), e.outcome);
        const OfferRecord* offer = s_.offers.find(e.offer);
        if (!offer) return;
        s_.deadlines.take(ring_deadline(*offer));
        s_.offers.erase(e.offer);
        ContactRecord* c = contact(e.contact);
        if (!c || c->offers.erase_if([&](OfferId id) { return id == e.offer; }) == 0) return;
        list_joinable(*c);
        // What follows takes it out of the queue; it needn't stand in line for the blink between two events.
        if (e.outcome == Outcome::accepted || e.outcome == Outcome::caller_gone) return;
        if (c->offers.empty()) {
            s_.queues[index(c->queue)].ringing.erase(wait_key(*c));
            wait(*c);
        }
        if (e.not_again_before) remember(*c, e.agent, *e.not_again_before);
    }

    void operator()(const event::ContactConnected& e) {
        ContactRecord* c = contact(e.contact);
        if (!c) return;
        QueueRecord& q = s_.queues[index(e.queue)];
        ++q.answered;
        q.wait_total += e.waited;
        const bool met = e.waited <= plan_.queues[index(e.queue)].service_level;
        if (met) ++q.answered_within;
        note_outcome(s_, plan_, e.queue, met, at_);
        note_answer(q.waits, *c, e);
        q.service.add(at_, {.within = met ? 1U : 0U, .answered = 1});
        ++agent(e.agent).session_calls;
        leave(*c);
        c->phase = ContactPhase::talking;
        c->agent = e.agent;
        c->talking_since = at_;
        c->waited_before = e.waited;
        c->leave_at.reset();
        c->relax_at.reset();
        want_nobody(*c);
    }

    void operator()(const event::ContactRescued& e) {
        ContactRecord* c = contact(e.contact);
        if (!c) return;
        talked(*c, e.agent);
        leave(*c);
        end_holds(*c);
        c->agent.reset();
        c->waiting_since = at_;
        enter_again(*c, e.queue);
        ++s_.queues[index(e.queue)].rescued;
    }

    void operator()(const event::ContactTransferred& e) {
        ++agent(e.agent).handled;
        ContactRecord* c = contact(e.contact);
        if (!c) return;
        handled(c->queue, e.talked);
        talked(*c, e.agent);
        leave(*c);
        end_holds(*c);
        c->agent.reset();
        if (e.not_again_before) remember(*c, e.agent, *e.not_again_before);
        if (e.to_queue()) {
            c->waiting_since = at_;
            enter(*c, e.queue, e.priority);
            ++s_.queues[index(e.queue)].transferred_in;
            ask(e.queue);
            return;
        }
        c->talking_since = at_;
        c->agent = e.target_agent;
        c->outside = e.number;
        c->phase = e.target == TransferTarget::outside ? ContactPhase::outside : ContactPhase::talking;
    }

    void operator()(const event::ContactReturned& e) {
        ContactRecord* c = contact(e.contact);
        if (!c) return;
        leave(*c);
        c->agent.reset();
        c->outside.clear();
        c->waiting_since = at_;
        enter_again(*c, e.queue);
        ++s_.queues[index(e.queue)].rescued;
    }

    void operator()(const event::ContactHeld& e) {
        ContactRecord* c = contact(e.contact);
        if (!c || c->phase != ContactPhase::talking) return;
        hold_of(*c, e.by) = at_;
        if (!c->held_since) c->held_since = at_;
    }

    void operator()(const event::ContactResumed& e) {
        ContactRecord* c = contact(e.contact);
        if (!c) return;
        hold_of(*c, e.by).reset();
        if (!c->held_by_agent && !c->held_by_caller) end_holds(*c);
    }

    void operator()(const event::ContactAbandoned& e) {
        ContactRecord* c = contact(e.contact);
        if (!c) return;
        QueueRecord& q = s_.queues[index(e.queue)];
        ++q.abandoned;
        q.service.add(at_, {.abandoned = 1});
        note_outcome(s_, plan_, e.queue, false, at_);
        if (c->foreseen) q.waits.waited(e.waited, true);
        erase(*c);
    }

    void operator()(const event::ContactEnded& e) {
        if (e.agent) ++agent(*e.agent).handled;
        ContactRecord* c = contact(e.contact);
        if (!c) return;
        if (!e.agent && e.outside.empty() && e.queue) {
            ++s_.queues[index(*e.queue)].ended;
            s_.queues[index(*e.queue)].service.add(at_, {.sent_away = 1});
        }
        if (e.agent && e.queue) handled(*e.queue, e.talked);
        if (c->foreseen && e.queue) s_.queues[index(*e.queue)].waits.waited(e.waited, false);
        if (e.agent) talked(*c, *e.agent);
        erase(*c);
    }

    void operator()(const event::ContactDispositioned& e) {
        if (Task* task = agent(e.agent).facts.task(e.contact)) task->disposed = true;
    }

    void operator()(const event::AgentChanged& e) { apply_agent_changed(s_, plan_, e, at_); }

    void operator()(const event::AgentSkillChanged& e) { apply_skill_changed(s_, plan_, e, at_); }

    void operator()(const event::EntryPointChanged& e) { s_.doors[index(e.entry_point)] = e.door; }

private:
    AgentRecord& agent(AgentId id) { return s_.agents[index(id)]; }
    ContactRecord* contact(ContactId id) { return s_.contacts.find(id); }

    static std::optional<Timestamp>& hold_of(ContactRecord& c, Actor by) {
        return by == Actor::agent ? c.held_by_agent : c.held_by_caller;
    }
    void end_holds(ContactRecord& c) const {
        c.held_before = held(c, at_);
        c.held_by_agent.reset();
        c.held_by_caller.reset();
        c.held_since.reset();
    }

    static void note_answer(WaitModel& waits, ContactRecord& c, const event::ContactConnected& e) {
        if (c.foreseen) {
            waits.waited(e.waited, false);
            waits.learn(*c.foreseen, e.waited, e.rang);
            c.foreseen.reset();
        }
        if (e.waited > e.rang && !c.wanted) waits.answered();
        waits.rang(e.rang);
    }

    /// A contact enters a queue.
    void ask(QueueId id) {
        if (const int bits = s_.demand_clock.roll(at_); bits > 0)
            for (QueueRecord& q : s_.queues) q.demand.arrivals = bits < 64 ? q.demand.arrivals >> bits : 0;
        s_.queues[index(id)].demand.arrivals += s_.demand_clock.weight(at_);
    }
    void handled(QueueId id, Duration talked) {
        const Duration took = talked + plan_.queues[index(id)].wrap_up;
        s_.queues[index(id)].demand.handled(took);
        s_.queues[index(id)].waits.handled(took);
    }

    /// The caller has talked to the agent until now.
    void talked(const ContactRecord& c, AgentId with) {
        if (s_.talks_count_for == Duration::zero() || c.internal || c.withheld) return;
        s_.last_agents.note(c.caller, {with, at_}, plan_.callers_remembered, at_ - s_.talks_count_for);
    }

    /// Into a queue's line, with that queue's patience.
    void enter(ContactRecord& c, QueueId queue, int priority) {
        c.priority = priority;
        c.step = 0;
        enter_again(c, queue);
    }
    /// … at the step of relaxation and with the priority that it had.
    void enter_again(ContactRecord& c, QueueId queue) {
        if (c.queue != queue) c.step = 0;
        c.queue = queue;
        if (c.been_in.empty() || c.been_in.back() != queue) c.been_in.push_back(queue);
        const Duration max_wait = plan_.queues[index(queue)].max_wait;
        c.leave_at = max_wait > Duration::zero() ? std::optional(at_ + max_wait) : std::nullopt;
        begin_step(c, c.step);
        wait(c);
    }
    Ordered<WaitKey>& line_of(const ContactRecord& c) {
        QueueRecord& q = s_.queues[index(c.queue)];
        return c.wanted ? q.kept : q.lines[c.step];
    }
    static void want_nobody(ContactRecord& c) {
        c.wanted.reset();
        c.wanted_until.reset();
    }
    /// The log may be of a plan with more steps.
    void begin_step(ContactRecord& c, std::size_t step) {
        const auto& relaxations = plan_.queues[index(c.queue)].relaxations;
        step = std::min(step, relaxations.size());
        c.step = static_cast<std::uint32_t>(step);
        const Duration before = step > 0 ? relaxations[step - 1].after : Duration::zero();
        c.relax_at = step < relaxations.size() ? std::optional(at_ + (relaxations[step].after - before)) : std::nullopt;
    }
    void wait(ContactRecord& c) {
        c.phase = ContactPhase::waiting;
        QueueRecord& q = s_.queues[index(c.queue)];
        if (!c.wanted && q.in_lines() == 0) q.waits.backlog_begins(at_);
        ++s_.waiting;
        line_of(c).insert(wait_key(c));
        if (c.wanted) {
            agent(*c.wanted).wanted_by.insert(c.id);
            s_.deadlines.put(Deadline{*c.wanted_until, DeadlineKind::wanted, raw(c.id), {}}, c.queue);
        }
        if (c.leave_at) s_.deadlines.put(Deadline{*c.leave_at, DeadlineKind::max_wait, raw(c.id), {}}, c.queue);
        if (c.relax_at) s_.deadlines.put(Deadline{*c.relax_at, DeadlineKind::relax, raw(c.id), {}}, c.queue);
        if (const auto at = release_of(c, plan_, at_))
            s_.deadlines.put(Deadline{*at, DeadlineKind::release, raw(c.id), {}}, c.queue);
    }
    /// Out of the line, wherever it stands. The wait deadline sleeps while the phone rings.
    void leave(ContactRecord& c) {
        if (c.phase == ContactPhase::waiting) {
            QueueRecord& q = s_.queues[index(c.queue)];
            if (!c.wanted) q.waits.backlog_lasts(at_, s_.index.bench(c.queue).at_work);
            line_of(c).erase(wait_key(c));
            if (!c.wanted && q.in_lines() == 0) q.waits.backlog_ends();
            --s_.waiting;
            if (c.wanted) {
                agent(*c.wanted).wanted_by.erase(c.id);
                s_.deadlines.take(Deadline{*c.wanted_until, DeadlineKind::wanted, raw(c.id), {}}, c.queue);
            }
            if (c.leave_at) s_.deadlines.take(Deadline{*c.leave_at, DeadlineKind::max_wait, raw(c.id), {}}, c.queue);
            if (c.relax_at) s_.deadlines.take(Deadline{*c.relax_at, DeadlineKind::relax, raw(c.id), {}}, c.queue);
            if (const auto at = release_of(c, plan_, at_))
                s_.deadlines.take(Deadline{*at, DeadlineKind::release, raw(c.id), {}}, c.queue);
        }
        if (c.phase == ContactPhase::offered) {
            s_.queues[index(c.queue)].ringing.erase(wait_key(c));
            list_joinable(c, false);
        }
    }
    [[nodiscard]] bool rings_alone(const ContactRecord& c) const {
        return plan_.queues[index(c.queue)].ring_at_once <= 1;
    }
    void list_joinable(const ContactRecord& c) {
        if (!rings_alone(c)) list_joinable(c, joinable(s_, plan_, c));
    }
    void list_joinable(const ContactRecord& c, bool should) {
        if (rings_alone(c)) return;
        auto& line = s_.queues[index(c.queue)].joinable[c.step];
        const auto release = release_of(c, plan_, at_);
        if (should && line.insert(wait_key(c))) {
            ++s_.joinable;
            if (release) s_.deadlines.put(Deadline{*release, DeadlineKind::release, raw(c.id), {}}, c.queue);
        } else if (!should && line.erase(wait_key(c)) > 0) {
            --s_.joinable;
            if (release) s_.deadlines.take(Deadline{*release, DeadlineKind::release, raw(c.id), {}}, c.queue);
        }
    }
    void erase(ContactRecord& c) {
        leave(c);
        while (!c.refusals.empty()) forget(s_, c, c.refusals.back().agent);
        s_.contacts.erase(c.id);
    }
    void remember(ContactRecord& c, AgentId id, Timestamp until) {
        forget(s_, c, id);
        c.refusals.push_back({id, until});
        agent(id).refusing.push_back(c.id);
        s_.deadlines.put(refusal_deadline(c.id, c.refusals.back()));
    }

    static void count(AgentRecord& a, Outcome outcome) {
        switch (outcome) {
            case Outcome::accepted: ++a.accepted; break;
            case Outcome::rejected: ++a.rejected; break;
            case Outcome::busy: ++a.busy; break;
            case Outcome::no_answer: ++a.no_answer; break;
            case Outcome::unreachable: ++a.unreachable; break;
            case Outcome::caller_gone:
            case Outcome::rescinded: ++a.withdrawn; break;
        }
    }

    State& s_;
    const Plan& plan_;
    Timestamp at_;
};

void lapse(State& s, Timestamp now) {
    if (s.deadlines.empty() || s.deadlines.first().at > now) return;
    for (const Deadline& d : s.deadlines.due(now)) {
        if (d.kind != DeadlineKind::release && d.kind != DeadlineKind::refusal_memory) continue;
        ContactRecord* contact = s.contacts.find(static_cast<ContactId>(d.id));
        check(contact);
        if (d.kind == DeadlineKind::release)
            s.deadlines.take(d, contact->queue);
        else
            forget(s, *contact, d.agent);
    }
}

}  // namespace

void apply(State& state, const Plan& plan, const Event& event) {
    advance(state, event.at);
    std::visit(Applier(state, plan, event.at), event.body);
}

void advance(State& state, Timestamp now) {
    lapse(state, now);
    state.clock = std::max(state.clock, now);
}

}  // namespace centrala::routing
