#include "routing/checkers.hpp"

#include <algorithm>
#include <tuple>

#include "routing/model.hpp"
#include "routing/state_checks.hpp"

namespace centrala::routing::testing {
namespace {

std::string in_queue(QueueId id) {
    return "queue " + std::to_string(index(id));
}

}  // namespace

std::string Checker::events(std::span<const Event> events) {
    for (const Event& e : events)
        if (std::string error = event(e); !error.empty()) return std::string(type_name(e.body)) + ": " + error;
    return {};
}

std::string Checker::event(const Event& e) {
    if (e.at < shadow_.clock) return "time runs backwards";
    // Each relies on what those before it have found in order.
    for (const auto check : {&Checker::hand_off, &Checker::entry_point, &Checker::priority, &Checker::offer})
        if (std::string wrong = (this->*check)(e); !wrong.empty()) return wrong;
    if (std::string wrong = kept_.event(e, shadow_); !wrong.empty()) return wrong;
    if (std::string wrong = agents_.event(e, shadow_); !wrong.empty()) return wrong;
    if (std::string wrong = breaks_.event(e, shadow_); !wrong.empty()) return wrong;
    if (std::string wrong = waits_.event(e, shadow_); !wrong.empty()) return wrong;
    apply(shadow_, *plan_, e);
    return {};
}

std::string Checker::hand_off(const Event& e) {
    std::string error;
    const auto pass = [&](ContactId id, const std::string& from, const std::string& to) {
        const auto it = holder_.find(id);
        if (it == holder_.end())
            error = name(id) + " isn't alive";
        else if (it->second != from)
            error = name(id) + " is held by " + it->second + ", not by " + from;
        else if (to.empty())
            holder_.erase(it), waited_.erase(id);
        else
            it->second = to;
    };
    const auto waits = [&](ContactId id, Duration waited) {
        if (waited < waited_[id]) error = name(id) + " grew younger";
        waited_[id] = waited;
    };
    const auto door = [](std::optional<EntryPointId> id) {
        return id ? "entry " + std::to_string(index(*id)) : "nobody";
    };
    if (const auto* x = std::get_if<event::ContactArrived>(&e.body)) {
        if (index(x->contact) <= last_contact_) return "id used twice";
        last_contact_ = index(x->contact);
        holder_[x->contact] = door(x->entry_point);
    } else if (const auto* x = std::get_if<event::ContactRefused>(&e.body)) {
        pass(x->contact, door(x->entry_point), "");
    } else if (const auto* x = std::get_if<event::ContactEnqueued>(&e.body)) {
        pass(x->contact, door(x->entry_point), in_queue(x->queue));
    } else if (const auto* x = std::get_if<event::ContactOverflowed>(&e.body)) {
        waits(x->contact, x->waited);
        pass(x->contact, in_queue(x->from), in_queue(x->to));
    } else if (const auto* x = std::get_if<event::ContactRelaxed>(&e.body)) {
        waits(x->contact, x->waited);
        pass(x->contact, in_queue(x->queue), in_queue(x->queue));
        if (error.empty()) error = relaxation(*x, e.at);
    } else if (const auto* x = std::get_if<event::ContactReleased>(&e.body)) {
        waits(x->contact, x->waited);
        pass(x->contact, in_queue(x->queue), in_queue(x->queue));
    } else if (const auto* x = std::get_if<event::ContactConnected>(&e.body)) {
        waits(x->contact, x->waited);
        pass(x->contact, in_queue(x->queue), name(x->agent));
    } else if (const auto* x = std::get_if<event::ContactRescued>(&e.body)) {
        pass(x->contact, name(x->agent), in_queue(x->queue));
    } else if (const auto* x = std::get_if<event::ContactTransferred>(&e.body)) {
        pass(x->contact, name(x->agent),
             x->to_queue()                          ? in_queue(x->queue)
             : x->target == TransferTarget::outside ? "outside " + x->number
                                                    : name(*x->target_agent));
    } else if (const auto* x = std::get_if<event::ContactReturned>(&e.body)) {
        pass(x->contact, "outside " + x->number, in_queue(x->queue));
    } else if (const auto* x = std::get_if<event::ContactHeld>(&e.body)) {
        pass(x->contact, name(x->agent), name(x->agent));
    } else if (const auto* x = std::get_if<event::ContactResumed>(&e.body)) {
        pass(x->contact, name(x->agent), name(x->agent));
    } else if (const auto* x = std::get_if<event::ContactAbandoned>(&e.body)) {
        waits(x->contact, x->waited);
        pass(x->contact, in_queue(x->queue), "");
    } else if (const auto* x = std::get_if<event::ContactEnded>(&e.body)) {
        waits(x->contact, x->waited);
        pass(x->contact,
             x->agent              ? name(*x->agent)
             : !x->outside.empty() ? "outside " + x->outside
                                   : in_queue(*x->queue),
             "");
    }
    return error;
}

/// One step at a time, when it is due or as soon as the phone that rang in between is done.
std::string Checker::relaxation(const event::ContactRelaxed& x, Timestamp at) const {
    const ContactRecord& c = *shadow_.find(x.contact);
    const auto& steps = plan_->queues[index(x.queue)].relaxations;
    if (x.step != c.step + 1 || x.step > steps.size()) return "a step was left out";
    if (x.priority != steps[x.step - 1].priority + raised(*plan_, c)) return "another priority than the step's";
    if (c.phase != ContactPhase::waiting || !c.relax_at || *c.relax_at > at) return "too early";
    return {};
}

/// Who comes to a closed door isn't let in there, and nobody else is told that it is closed.
std::string Checker::entry_point(const Event& e) {
    const auto open = [&](EntryPointId id) {
        return !plan_->entry_points[index(id)].closed && shadow_.doors[index(id)].state == DoorState::open;
    };
    if (const auto* x = std::get_if<event::EntryPointChanged>(&e.body)) {
        const Door& before = shadow_.doors[index(x->entry_point)];
        if (x->from != before.state) return "from isn't the state it was in";
        if (x->door == before) return "nothing changed";
    } else if (const auto* x = std::get_if<event::ContactEnqueued>(&e.body)) {
        if (index(x->entry_point) >= plan_->entry_points.size()) return "let in by no entry point";
        const EntryPoint& entry = plan_->entry_points[index(x->entry_point)];
        const ContactRecord& c = *shadow_.find(x->contact);
        if (c.callers && plan_->caller_lists[index(*c.callers)].blocked) return "let in though it is blocked";
        auto want = open(x->entry_point) ? entry.queue : entry.closed_queue;
        const auto prefer = [&](std::optional<QueueId> own) {
            if (own && open(x->entry_point) && lets_in(*own)) want = own;
        };
        if (c.callers) prefer(plan_->caller_lists[index(*c.callers)].queue);
        prefer(c.advice.queue);
        if (want != x->queue) return "let into the wrong queue";
    } else if (const auto* x = std::get_if<event::ContactRefused>(&e.body)) {
        const auto callers = shadow_.find(x->contact)->callers;
        const bool blocked = x->entry_point && callers && plan_->caller_lists[index(*callers)].blocked;
        if (blocked != (x->cause == Refusal::blocked)) return "blocked callers aren't those who are refused as such";
        if (!x->entry_point || x->cause != Refusal::closed) return {};
        const EntryPoint& entry = plan_->entry_points[index(*x->entry_point)];
        const auto behind = open(*x->entry_point) ? entry.queue : entry.closed_queue;
        if (behind && !plan_->queues[index(*behind)].closed) return "refused though it is open";
    } else if (const auto* x = std::get_if<event::ContactEnded>(&e.body)) {
        const ContactRecord* c = shadow_.find(x->contact);
        if (x->cause == EndCause::closed && (!c || x->agent || open(c->entry_point.value_or(EntryPointId{}))))
            return "sent away from an open door";
    }
    return {};
}

/// A queue that has room, and somebody who could ever take the call if it asks for that.
bool Checker::lets_in(QueueId id) const {
    const Queue& q = plan_->queues[index(id)];
    if (q.closed || shadow_.queues[index(id)].line() >= q.capacity) return false;
    bool anybody = !q.refuse_without_agents;
    for (std::size_t a = 0; a < shadow_.agents.size(); ++a)
        anybody |= shadow_.agents[a].facts.session == Session::logged_in &&
                   skilled(shadow_, *plan_, static_cast<AgentId>(a), id, q.relaxations.size());
    return anybody;
}

/// That of the queue, and what the contact has above any; and the place that it gives.
std::string Checker::priority(const Event& e) {
    const auto wrong = [&](ContactId id, QueueId queue, int priority) {
        const ContactRecord& c = *shadow_.find(id);
        const int want = plan_->queues[index(queue)].priority + raised(*plan_, c);
        return priority == want ? "" : "priority should be " + std::to_string(want);
    };
    if (const auto* x = std::get_if<event::ContactEnqueued>(&e.body)) {
        ContactRecord comer;
        comer.id = x->contact;
        comer.priority = x->priority;
        comer.enqueued = e.at;
        std::size_t position = 1;
        for (const ContactRecord& c : shadow_.contacts)
            position += (c.phase == ContactPhase::waiting || c.phase == ContactPhase::offered) && c.queue == x->queue &&
                        comes_before(c, comer);
        if (x->position != position) return "its position is " + std::to_string(position);
        return wrong(x->contact, x->queue, x->priority);
    }
    if (const auto* x = std::get_if<event::ContactOverflowed>(&e.body)) return wrong(x->contact, x->to, x->priority);
    const auto* x = std::get_if<event::ContactTransferred>(&e.body);
    if (x && x->target == TransferTarget::queue && !x->merged) return wrong(x->contact, x->queue, x->priority);
    return {};
}

std::string Checker::offer(const Event& e) {
    if (const auto* x = std::get_if<event::OfferEnded>(&e.body)) {
        if (live_offers_.erase(x->offer) == 0) return "ended twice or never made";
        const OfferRecord& o = *shadow_.find(x->offer);
        const bool of_itself = x->outcome == Outcome::no_answer || x->outcome == Outcome::unreachable;
        if (of_itself && e.at == o.ring_until && o.ringing != (x->outcome == Outcome::no_answer))
            return o.ringing ? "a phone that rang was unreachable" : "a phone that never rang wasn't answered";
        return {};
    }
    const auto* x = std::get_if<event::OfferMade>(&e.body);
    if (!x) return {};
    if (index(x->offer) <= last_offer_) return "id used twice";
    last_offer_ = index(x->offer);
    live_offers_.insert(x->offer);
    if (x->direct) return direct_offer(*x, e.at);
    const auto want = predict(shadow_, *plan_, e.at);
    if (!want) return "an offer that nobody expects";
    if (want->contact != x->contact)
        return "offers " + name(x->contact) + ", but the next in order is " + name(want->contact);
    if (want->agent != x->agent) return "offered to " + name(x->agent) + ", not to " + name(want->agent);
    if (want->candidates != x->candidates) return "candidates: should be " + std::to_string(want->candidates);
    if (want->next != x->next) return "next: should be " + (want->next ? name(*want->next) : "nobody");
    if (want->passed_over != x->passed_over)
        return "passed over: should be " + (want->passed_over ? name(want->passed_over->agent) : "nobody");
    const ContactRecord& c = *shadow_.find(x->contact);
    if (x->wanted != c.wanted.has_value()) return "doesn't say whether it was kept for the agent";
    if (x->level != level_sum(shadow_, *plan_, x->agent, c.queue, c.step)) return "level is wrong";
    if (x->beside != c.offers.size()) return "counts the others at whom it rings wrongly";
    if (x->queue != c.queue || x->waited != waited(c, e.at) || x->attempt != c.attempts + 1) return "facts are wrong";
    if (x->idle != e.at - shadow_.agents[index(x->agent)].idle_since) return "idle is wrong";
    return explanation(*x, c, e.at);
}

/// What is explained is what was done.
std::string Checker::explanation(const event::OfferMade& x, const ContactRecord& contact, Timestamp at) const {
    const ContactExplanation why = explain(shadow_, *plan_, contact, at, 1);
    std::size_t could = 0;
    for (std::size_t a = 0; a < shadow_.agents.size(); ++a)
        could += may_take(shadow_, *plan_, static_cast<AgentId>(a), contact, at);
    if (why.available != could || why.barred.size() != shadow_.agents.size() - could)
        return "explains who could take it wrongly";
    if (why.candidates.empty() || why.candidates.front().agent != x.agent) return "explains another agent's offer";
    if (contact.phase == ContactPhase::offered) return {};  // nobody waits whom the agent could take
    for (const QueueExplanation& q : explain(shadow_, *plan_, x.agent, at).queues)
        if (q.obstacle.bar == Bar::none) return {};
    return "explains that the agent could take nothing";
}

/// A transfer names its agent: free and logged in, whether it wants calls or not.
std::string Checker::direct_offer(const event::OfferMade& x, Timestamp at) const {
    const ContactRecord* c = shadow_.find(x.contact);
    const AgentFacts& f = shadow_.agents[index(x.agent)].facts;
    if (!c || c->phase != ContactPhase::waiting || c->waiting_since != at) return "it wasn't transferred just now";
    if (f.session != Session::logged_in || f.device != Device::registered || f.other_use != OtherUse::none ||
        !has_space(shadow_, *plan_, x.agent, plan_->queues[index(c->queue)].channel))
        return "transferred to " + name(x.agent) + ", which isn't free";
    if (x.candidates != 1 || x.queue != c->queue || x.waited != waited(*c, at) || x.attempt != c->attempts + 1)
        return "facts are wrong";
    if (x.next || x.passed_over) return "compares agents, though nobody chose";
    return {};
}

std::string Checker::state(const State& s) const {
    if (std::string wrong = check_state(s, *plan_); !wrong.empty()) return wrong;
    if (live_offers_.size() != s.offers.size()) return "events and state disagree about live offers";
    if (holder_.size() != s.contacts.size()) return "events and state disagree about live contacts";
    if (std::string wrong = breaks_.state(s); !wrong.empty()) return wrong;
    return waits_.state(s);
}

std::string Checker::replanned(const State& state, const Plan& to) {
    advance(shadow_, state.clock);
    if (shadow_.contacts.size() != state.contacts.size()) return "contacts came or went";
    auto before = shadow_.contacts.begin();
    for (const ContactRecord& is : state.contacts) {
        const ContactRecord& was = *before++;
        const auto same = [](const ContactRecord& c) {
            return std::tie(c.id, c.phase, c.queue, c.enqueued, c.waiting_since, c.waited_before, c.talking_since,
                            c.wanted, c.refusals, c.agent, c.offers, c.attempts, c.been_in, c.held_since);
        };
        if (same(was) != same(is)) return "c" + std::to_string(index(is.id)) + " isn't where it was";
        if (is.phase != ContactPhase::waiting && is.phase != ContactPhase::offered) continue;
        const Queue& queue = to.queues[index(is.queue)];
        const int own = is.step == 0 ? queue.priority : queue.relaxations.at(is.step - 1).priority;
        if (is.priority != own + raised(to, is)) return "another priority than its queue's";
    }
    if (shadow_.offers != state.offers) return "offers are others";
    for (std::size_t a = 0; a < shadow_.agents.size(); ++a)
        if (shadow_.agents[a].facts != state.agents[a].facts) return "an agent does something else";
    *plan_ = to;
    shadow_ = state;
    agents_.replanned(state);
    kept_.replanned(state);
    waits_.replanned();
    return {};
}

std::string Checker::fold(const State& s) {
    advance(shadow_, s.clock);
    if (digest(shadow_) != digest(s)) return "the folded events have another digest";
    if (!(shadow_ == s)) return "the folded events give another state with the same digest: digest misses something";
    return {};
}

}  // namespace centrala::routing::testing
