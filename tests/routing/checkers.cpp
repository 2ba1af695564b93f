// The invariants of the design page and the reference model, slow and plain on purpose: no index, every agent against
// every call.
#include "routing/checkers.hpp"

#include <algorithm>
#include <cmath>

namespace centrala::routing::testing {
namespace {

std::string name(ContactId id) {
    return "contact " + std::to_string(index(id));
}
std::string name(AgentId id) {
    return "agent " + std::to_string(index(id));
}
std::string in_queue(QueueId id) {
    return "queue " + std::to_string(index(id));
}

bool meets(const State& state, const Plan& plan, AgentId agent, const Requirement& required, QueueId queue) {
    const Agent& who = plan.agents[index(agent)];
    if (!who.queues.empty() && std::count(who.queues.begin(), who.queues.end(), queue) == 0) return false;
    if (!required.groups.empty() && std::count(required.groups.begin(), required.groups.end(), who.group) == 0)
        return false;
    for (const SkillLevel& need : required.skills) {
        bool has = false;
        for (const SkillLevel& s : state.agents[index(agent)].skills)
            has |= s.skill == need.skill && s.level >= need.level;
        if (!has) return false;
    }
    return true;
}

unsigned level_in(const State& state, AgentId agent, const Requirement& required) {
    unsigned sum = 0;
    for (const SkillLevel& need : required.skills)
        for (const SkillLevel& s : state.agents[index(agent)].skills)
            if (s.skill == need.skill) sum += s.level;
    return sum;
}

bool skilled(const State& state, const Plan& plan, AgentId agent, QueueId queue, std::size_t step = 0) {
    const Requirement& required = plan.queues[index(queue)].required_at(step);
    bool may = meets(state, plan, agent, required, queue);
    for (const QueueId other : required.also)
        may |= meets(state, plan, agent, plan.queues[index(other)].required, other);
    return may;
}

unsigned level_sum(const State& state, const Plan& plan, AgentId agent, QueueId queue, std::size_t step) {
    const Requirement& required = plan.queues[index(queue)].required_at(step);
    unsigned best = 0;
    if (meets(state, plan, agent, required, queue)) best = level_in(state, agent, required);
    for (const QueueId other : required.also)
        if (const Requirement& theirs = plan.queues[index(other)].required; meets(state, plan, agent, theirs, other))
            best = std::max(best, level_in(state, agent, theirs));
    return best;
}

/// How much a queue likes the agent beyond what it asks for.
std::int64_t liking(const State& state, const Queue& queue, AgentId agent) {
    std::int64_t sum = 0;
    for (const Preference& p : queue.preferred)
        for (const SkillLevel& s : state.agents[index(agent)].skills)
            if (s.skill == p.skill) sum += p.weight * s.level;
    return sum;
}

/// Above the queue's priority.
int raised(const Plan& plan, std::optional<EntryPointId> entry, std::optional<CallerListId> callers) {
    return (entry ? plan.entry_points[index(*entry)].priority : 0) +
           (callers ? plan.caller_lists[index(*callers)].priority : 0);
}

bool idle_and_willing(const AgentFacts& f) {
    return f.session == Session::logged_in && f.intent == Intent::ready && !f.pending &&
           f.device == Device::registered && f.work == Work::idle && f.other_use == OtherUse::none;
}

/// Takes calls, at once or one after the other.
bool works(const AgentFacts& f) {
    return f.session == Session::logged_in &&
           (f.work != Work::idle ||
            (f.intent == Intent::ready && f.device == Device::registered && f.other_use == OtherUse::none));
}

/// Agents who could take a call of this queue now.
std::uint32_t idle_for(const State& state, const Plan& plan, QueueId queue, std::size_t step = 0) {
    std::uint32_t count = 0;
    for (std::size_t a = 0; a < state.agents.size(); ++a)
        count += idle_and_willing(state.agents[a].facts) && skilled(state, plan, static_cast<AgentId>(a), queue, step);
    return count;
}

/// Will take calls when what it does is over, as far as anybody can tell.
bool stays(const AgentFacts& f) {
    const bool wants = f.pending ? f.pending->intent == Intent::ready && !f.pending->logout : f.intent == Intent::ready;
    return f.session == Session::logged_in && f.device == Device::registered && wants;
}

/// May have a contact that wants it.
bool may_serve(const State& state, const Plan& plan, AgentId agent, const ContactRecord& contact) {
    const auto& own = contact.entry_point ? plan.entry_points[index(*contact.entry_point)].wanted : std::nullopt;
    return (own && own->agent == agent) || skilled(state, plan, agent, contact.queue, contact.step);
}

bool has_refused(const ContactRecord& contact, AgentId agent, Timestamp at) {
    return std::any_of(contact.refusals.begin(), contact.refusals.end(),
                       [&](const RefusalMemory& r) { return r.agent == agent && r.until > at; });
}

bool kept_for_others(const State& state, const Plan& plan, AgentId agent, const ContactRecord& contact, Timestamp at) {
    const Duration target = plan.queues[index(contact.queue)].service_level;
    if (!plan.reserve_scarce || at >= contact.enqueued + (target - target / 10)) return false;
    for (std::size_t q = 0; q < plan.queues.size(); ++q) {
        const auto other = static_cast<QueueId>(q);
        if (other != contact.queue && skilled(state, plan, agent, other) &&
            idle_for(state, plan, other) <= state.queues[q].reservation.agents())
            return true;
    }
    return false;
}

/// What the agent's other queues have to do for each who could do it.
std::uint64_t missed_elsewhere(const State& state, const Plan& plan, AgentId agent, QueueId but) {
    std::uint64_t sum = 0;
    for (std::size_t q = 0; q < plan.queues.size(); ++q) {
        const auto other = static_cast<QueueId>(q);
        if (other != but && skilled(state, plan, agent, other))
            sum += state.queues[q].demand.load() / idle_for(state, plan, other);
    }
    return sum;
}

std::uint32_t weight(const Plan& plan, AgentId agent, QueueId queue) {
    std::uint32_t weight = plan.agents[index(agent)].weight;
    for (const Weight& w : plan.agents[index(agent)].weights)
        if (w.queue == queue) weight = w.weight;
    return weight;
}

/// SplitMix64's next number.
std::uint64_t scattered(std::uint64_t x) {
    x += 0x9e3779b97f4a7c15ULL;
    x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9ULL;
    x = (x ^ (x >> 27)) * 0x94d049bb133111ebULL;
    return x ^ (x >> 31);
}

/// An exponential number with the weight as its rate, in floating point: no two of a test are so close that it and the
/// core's integers order them differently.
std::uint64_t draw(ContactId contact, AgentId agent, std::uint32_t weight) {
    const auto uniform = static_cast<long double>(scattered(scattered(index(contact)) ^ index(agent)));
    return static_cast<std::uint64_t>(std::ldexp((64 - std::log2(uniform)) / weight, 50));
}

std::int64_t pace(const Plan& plan, AgentId agent, QueueId queue) {
    for (const Pace& p : plan.agents[index(agent)].paces)
        if (p.queue == queue) return p.permille;
    return 1000;
}

/// Smaller is served first.
std::tuple<std::int64_t, int, Timestamp, ContactId> turn(const Plan& plan, const ContactRecord& c, Timestamp at) {
    const Duration target = plan.queues[index(c.queue)].service_level;
    switch (plan.call_order) {
        case CallOrder::longest_wait: break;
        case CallOrder::ageing: return {0, 0, c.enqueued - c.priority * plan.ageing, c.id};
        case CallOrder::most_overdue: return {-c.priority, 0, c.enqueued + target, c.id};
        case CallOrder::rescuable_first:
        case CallOrder::rescuable_heads:
            if (at - c.enqueued <= target) return {-c.priority, 1, c.enqueued + target, c.id};
            return {-c.priority, at - c.enqueued >= 4 * target ? 0 : 2, c.enqueued, c.id};
    }
    return {-c.priority, 0, c.enqueued, c.id};
}

}  // namespace

bool may_take(const State& state, const Plan& plan, AgentId agent, const ContactRecord& contact, Timestamp at) {
    if (!idle_and_willing(state.agents[index(agent)].facts) || has_refused(contact, agent, at)) return false;
    if (contact.wanted) return contact.wanted == agent && may_serve(state, plan, agent, contact);
    return skilled(state, plan, agent, contact.queue, contact.step) &&
           !kept_for_others(state, plan, agent, contact, at);
}

std::string Checker::events(std::span<const Event> events) {
    for (const Event& e : events)
        if (std::string error = event(e); !error.empty()) return std::string(type_name(e.body)) + ": " + error;
    return {};
}

std::string Checker::event(const Event& e) {
    if (e.at < shadow_.clock) return "time runs backwards";
    for (const auto& check :
         {hand_off(e), entry_point(e), priority(e), wanted(e), idle_clock(e), offer(e), rest(e), estimate(e)})
        if (!check.empty()) return check;
    remember(e);
    wait_ended(e);
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
    if (x.priority != steps[x.step - 1].priority + raised(*plan_, c.entry_point, c.callers))
        return "another priority than the step's";
    if (c.phase != ContactPhase::waiting || !c.relax_at || *c.relax_at > at) return "too early";
    return {};
}

/// Who comes to a closed door isn't let in there, and nobody else is told that it is closed.
std::string Checker::entry_point(const Event& e) const {
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
        const auto callers = shadow_.find(x->contact)->callers;
        if (callers && plan_->caller_lists[index(*callers)].blocked) return "let in though it is blocked";
        const auto own = callers ? plan_->caller_lists[index(*callers)].queue : std::nullopt;
        const bool into_own = own && open(x->entry_point) && lets_in(*own);
        if (into_own ? x->queue != *own : (open(x->entry_point) ? entry.queue : entry.closed_queue) != x->queue)
            return "let into the wrong queue";
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

/// That of the queue, and what the contact has above any.
std::string Checker::priority(const Event& e) const {
    const auto wrong = [&](ContactId id, QueueId queue, int priority) {
        const ContactRecord& c = *shadow_.find(id);
        const int want = plan_->queues[index(queue)].priority + raised(*plan_, c.entry_point, c.callers);
        return priority == want ? "" : "priority should be " + std::to_string(want);
    };
    if (const auto* x = std::get_if<event::ContactEnqueued>(&e.body)) return wrong(x->contact, x->queue, x->priority);
    if (const auto* x = std::get_if<event::ContactOverflowed>(&e.body)) return wrong(x->contact, x->to, x->priority);
    const auto* x = std::get_if<event::ContactTransferred>(&e.body);
    if (x && x->target == TransferTarget::queue && !x->merged) return wrong(x->contact, x->queue, x->priority);
    return {};
}

/// Whom the caller talked to last, of so many callers as the plan says.
void Checker::remember(const Event& e) {
    const auto talked = [&](ContactId id, AgentId with) {
        const auto it = callers_.find(id);
        if (it == callers_.end()) return;
        talked_[it->second] = {e.at, with};
        while (talked_.size() > plan_->callers_remembered)
            talked_.erase(std::min_element(talked_.begin(), talked_.end(), [](const auto& a, const auto& b) {
                return std::tie(a.second.first, a.first) < std::tie(b.second.first, b.first);
            }));
    };
    if (const auto* x = std::get_if<event::ContactArrived>(&e.body)) {
        if (!x->internal && !x->withheld && !x->caller.empty()) callers_[x->contact] = x->caller;
    } else if (const auto* x = std::get_if<event::ContactRescued>(&e.body)) {
        talked(x->contact, x->agent);
    } else if (const auto* x = std::get_if<event::ContactTransferred>(&e.body)) {
        talked(x->contact, x->agent);
    } else if (const auto* x = std::get_if<event::ContactEnded>(&e.body)) {
        if (x->agent) talked(x->contact, *x->agent);
        callers_.erase(x->contact);
    }
}

/// A call is kept for the agent whose number it is, who cares for the caller, or who talked to the caller last, if that
/// one is there; and no longer than that makes sense.
std::string Checker::wanted(const Event& e) const {
    if (const auto* x = std::get_if<event::ContactEnqueued>(&e.body)) {
        const ContactRecord& c = *shadow_.find(x->contact);
        const auto entry = index(x->entry_point);
        if (entry >= plan_->entry_points.size()) return {};  // hand_off() says so
        std::vector<std::pair<Wanted, bool>> wishes;  // and whether skills matter
        const bool open = !plan_->entry_points[entry].closed && shadow_.doors[entry].state == DoorState::open;
        if (const auto& own = plan_->entry_points[entry].wanted; own && open) wishes.push_back({*own, false});
        if (c.callers)
            if (const auto& manager = plan_->caller_lists[index(*c.callers)].wanted) wishes.push_back({*manager, true});
        const auto& sticky = plan_->queues[index(x->queue)].sticky;
        if (const auto known = callers_.find(x->contact); sticky && known != callers_.end())
            if (const auto talk = talked_.find(known->second);
                talk != talked_.end() && e.at < talk->second.first + sticky->memory)
                wishes.push_back({{talk->second.second, sticky->patience}, true});
        std::optional<Wanted> want;
        for (const auto& [wish, skills] : wishes) {
            const AgentFacts& f = shadow_.agents[index(wish.agent)].facts;
            const bool may = !skills || skilled(shadow_, *plan_, wish.agent, x->queue);
            if (!want && may && stays(f) && (wish.patience > 0s || idle_and_willing(f))) want = wish;
        }
        if (want.has_value() != x->wanted.has_value()) return want ? "is kept for nobody" : "is kept for somebody";
        if (want && (x->wanted != want->agent || x->wanted_until != e.at + want->patience))
            return "should be kept for " + name(want->agent);
    } else if (const auto* x = std::get_if<event::ContactReleased>(&e.body)) {
        const ContactRecord& c = *shadow_.find(x->contact);
        if (c.phase != ContactPhase::waiting || c.wanted != x->agent) return "it wasn't kept for that agent";
        switch (x->cause) {
            case ReleaseCause::patience: return *c.wanted_until <= e.at ? "" : "too early";
            case ReleaseCause::left:
                return stays(shadow_.agents[index(x->agent)].facts) ? "the agent is still there" : "";
            case ReleaseCause::unskilled:
                return may_serve(shadow_, *plan_, x->agent, c) ? "the agent may still take it" : "";
            case ReleaseCause::refused: return has_refused(c, x->agent, e.at) ? "" : "the agent didn't refuse it";
        }
    }
    return {};
}

std::string Checker::idle_clock(const Event& e) const {
    const auto* x = std::get_if<event::AgentChanged>(&e.body);
    if (!x) return {};
    const AgentRecord& before = shadow_.agents[index(x->agent)];
    if (x->from != displayed(before.facts) || x->to != displayed(x->facts))
        return "from/to aren't the displayed states";
    const bool known = before.state_since != Timestamp{};
    if (x->lasted != (known ? e.at - before.state_since : Duration(0))) return "lasted is wrong";
    if (find_cause(x->cause) != x->cause || x->cause.empty()) return "unknown cause";
    if (x->idle_since.value_or(before.idle_since) == before.idle_since) return {};
    if (x->idle_since != e.at) return "the idle clock was set to another time than now";
    for (const std::string_view allowed : {"login", "ready", "offer.rejected", "offer.no_answer", "conversation.ended",
                                           "wrap_up.ended", "wrap_up.expired", "leg.lost", "transfer.made"})
        if (x->cause == allowed) return {};
    return "the idle clock began anew because of " + std::string(x->cause);
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
    const auto want = predict(e.at);
    if (!want) return "an offer that nobody expects";
    if (want->contact != x->contact)
        return "offers " + name(x->contact) + ", but the next in order is " + name(want->contact);
    if (want->agent != x->agent) return "offered to " + name(x->agent) + ", not to " + name(want->agent);
    if (want->candidates != x->candidates) return "candidates: should be " + std::to_string(want->candidates);
    const ContactRecord& c = *shadow_.find(x->contact);
    if (x->wanted != c.wanted.has_value()) return "doesn't say whether it was kept for the agent";
    if (x->level != level_sum(shadow_, *plan_, x->agent, c.queue, c.step)) return "level is wrong";
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
    for (const QueueExplanation& q : explain(shadow_, *plan_, x.agent, at).queues)
        if (q.obstacle.bar == Bar::none) return {};
    return "explains that the agent could take nothing";
}

/// A transfer names its agent: free and logged in, whether it wants calls or not.
std::string Checker::direct_offer(const event::OfferMade& x, Timestamp at) const {
    const ContactRecord* c = shadow_.find(x.contact);
    const AgentFacts& f = shadow_.agents[index(x.agent)].facts;
    if (!c || c->phase != ContactPhase::waiting || c->waiting_since != at) return "it wasn't transferred just now";
    if (f.session != Session::logged_in || f.device != Device::registered || f.work != Work::idle ||
        f.other_use != OtherUse::none)
        return "transferred to " + name(x.agent) + ", which isn't free";
    if (x.candidates != 1 || x.queue != c->queue || x.waited != waited(*c, at) || x.attempt != c->attempts + 1)
        return "facts are wrong";
    return {};
}

/// All contacts against all agents.
std::optional<Checker::Prediction> Checker::predict(Timestamp at) const {
    const auto older = [](const ContactRecord& a, const ContactRecord& b) {
        return std::tuple(-a.priority, a.enqueued, a.id) < std::tuple(-b.priority, b.enqueued, b.id);
    };
    std::map<const ContactRecord*, std::vector<AgentId>> takeable;
    for (const ContactRecord* c : contacts_in_order(shadow_))
        for (std::size_t a = 0; a < shadow_.agents.size() && c->phase == ContactPhase::waiting; ++a)
            if (may_take(shadow_, *plan_, static_cast<AgentId>(a), *c, at))
                takeable[c].push_back(static_cast<AgentId>(a));
    const ContactRecord* next = nullptr;
    for (const auto& [c, agents] : takeable) {
        const bool behind = std::any_of(takeable.begin(), takeable.end(), [&, one = c](const auto& other) {
            return other.first->queue == one->queue && older(*other.first, *one);
        });
        if (plan_->call_order == CallOrder::rescuable_heads && behind) continue;
        if (!next || turn(*plan_, *c, at) < turn(*plan_, *next, at)) next = c;
    }
    if (!next) return std::nullopt;
    if (next->wanted) return Prediction{next->id, *next->wanted, 1};
    std::uint32_t candidates = idle_for(shadow_, *plan_, next->queue, next->step);
    for (const RefusalMemory& r : next->refusals)
        candidates -= r.until > at && idle_and_willing(shadow_.agents[index(r.agent)].facts) &&
                      skilled(shadow_, *plan_, r.agent, next->queue, next->step);
    return Prediction{next->id, pick(*next, takeable[next], at), candidates};
}

AgentId Checker::pick(const ContactRecord& contact, const std::vector<AgentId>& from, Timestamp at) const {
    const auto& q = plan_->queues[index(contact.queue)];
    const auto idle = [&](AgentId a) { return shadow_.agents[index(a)].idle_since; };
    const auto served = [&](AgentId a) {
        std::int64_t count = 0;
        for (std::size_t i = 0; i < plan_->queues.size(); ++i)
            count += skilled(shadow_, *plan_, a, static_cast<QueueId>(i));
        return count;
    };
    const auto disliked = [&](AgentId a) { return -liking(shadow_, q, a); };
    const auto rank = [&](AgentId a) -> std::tuple<std::int64_t, std::int64_t, std::uint64_t, Timestamp, AgentId> {
        switch (q.strategy) {
            case Strategy::longest_idle: return {disliked(a), 0, 0, idle(a), a};
            case Strategy::most_skilled:
                return {disliked(a), -std::int64_t{level_sum(shadow_, *plan_, a, contact.queue, contact.step)}, 0,
                        idle(a), a};
            case Strategy::least_occupied: return {0, occupancy_ppm(shadow_.agents[index(a)], at), 0, idle(a), a};
            case Strategy::coverage:
                return {disliked(a), pace(*plan_, a, contact.queue),
                        missed_elsewhere(shadow_, *plan_, a, contact.queue), idle(a), a};
            case Strategy::least_flexible: return {disliked(a), served(a), 0, idle(a), a};
            case Strategy::fewest_calls: return {0, shadow_.agents[index(a)].session_calls, 0, idle(a), a};
            case Strategy::in_order: return {0, static_cast<std::int64_t>(index(a)), 0, Timestamp{}, a};
            case Strategy::weighted_random:
                return {0, 0, draw(contact.id, a, weight(*plan_, a, contact.queue)), Timestamp{}, a};
            case Strategy::round_robin: break;
        }
        const auto last = shadow_.queues[index(contact.queue)].last_offered;
        const auto n = static_cast<std::int64_t>(plan_->agents.size());
        const auto start = last ? static_cast<std::int64_t>(index(*last)) + 1 : 0;
        return {0, (static_cast<std::int64_t>(index(a)) - start + n) % n, 0, Timestamp{}, a};
    };
    return *std::min_element(from.begin(), from.end(), [&](AgentId a, AgentId b) { return rank(a) < rank(b); });
}

/// Whoever has taken as many calls in a row as the plan says has a pause, and nobody else.
std::string Checker::rest(const Event& e) {
    const auto* x = std::get_if<event::AgentChanged>(&e.body);
    if (!x) return {};
    const Rest& rest = plan_->agents[index(x->agent)].rest;
    const AgentFacts& before = shadow_.agents[index(x->agent)].facts;
    const auto talks = [](Work w) { return w == Work::connected || w == Work::held || w == Work::wrapping; };
    Pace& pace = paces_[x->agent];
    if (!talks(before.work) && talks(x->facts.work)) {
        if (!pace.ended || e.at - *pace.ended >= rest.pause) pace.began.clear();
        pace.began.push_back(e.at);
    }
    const bool rests = x->facts.reason == kRestReason && before.reason != kRestReason;
    if (!talks(before.work) || talks(x->facts.work)) return rests ? name(x->agent) + " rests after no work" : "";
    pace.ended = e.at;
    const auto in_time =
        std::count_if(pace.began.begin(), pace.began.end(), [&](Timestamp t) { return e.at - t < rest.within; });
    const bool due = rest.calls > 0 && in_time >= rest.calls;
    if (rests && !due) return name(x->agent) + " rests after few calls";
    if (due && x->facts.intent == Intent::ready && x->cause != "restart") return name(x->agent) + " isn't spared";
    if (rests) pace.began.clear();
    return {};
}

namespace {

double seconds(Duration d) {
    return static_cast<double>(d.count()) * 1e-6;
}

/// Between two calls leaving the line: what agents' time a call costs there, after eight guesses, over the agents.
double gap(const QueueRecord& q, double agents) {
    const double guess = q.waits.handling_of > 0 ? std::max(seconds(q.waits.handling), 1e-3) : 180;
    const double served = static_cast<double>(q.waits.served) / WaitModel::kOne;
    return (static_cast<double>(q.waits.agent_time) * 1e-6 + 8 * guess) / (served + 8) / agents;
}

/// The wait in line of `comer`, who may stand there already, in floating point and call by call.
double line_wait(const State& s, const Plan& plan, QueueId id, ContactId comer) {
    double agents = 0, everybody = 0, ahead = 0, all = 0;
    for (std::size_t a = 0; a < s.agents.size(); ++a) {
        everybody += works(s.agents[a].facts);
        agents += works(s.agents[a].facts) && skilled(s, plan, static_cast<AgentId>(a), id);
    }
    for (const ContactRecord* c : contacts_in_order(s)) {
        if (c->id == comer) continue;
        all += c->phase == ContactPhase::waiting;
        ahead += c->phase == ContactPhase::waiting && c->queue == id;
    }
    const WaitModel& m = s.queues[index(id)].waits;
    const double between = gap(s.queues[index(id)], agents);
    const double gone = static_cast<double>(m.gone) / WaitModel::kOne;
    const double rate = gone / (static_cast<double>(m.wait_time) * 1e-6 + 600);
    double line = 0;
    for (double i = 0; i <= ahead; ++i) line += between / (1 + i * between * rate);
    const double guess = m.handling_of > 0 ? std::max(seconds(m.handling), 1e-3) : 180;
    const double signs[] = {std::min(line, 86400.0), between, std::min(guess * (all + 1) / everybody, 86400.0)};
    double wait = signs[0];
    for (std::size_t i = 0; i < 3; ++i) wait += signs[i] * static_cast<double>(m.weights[i]) / WaitModel::kWeightOne;
    return std::clamp(wait, 0.0, 86400.0);
}

}  // namespace

/// Estimates are what the learned sums make them; errors are counted call by call.
std::string Checker::estimate(const Event& e) {
    if (const auto* x = std::get_if<event::ContactEnqueued>(&e.body)) {
        double workers = 0;
        for (std::size_t a = 0; a < shadow_.agents.size(); ++a)
            workers += works(shadow_.agents[a].facts) && skilled(shadow_, *plan_, static_cast<AgentId>(a), x->queue);
        if (x->estimate.has_value() != (workers > 0 && !x->wanted))
            return "an estimate without agents at work, or the reverse";
        if (!x->estimate) return {};
        ContactRecord comer;
        comer.queue = x->queue;
        comer.enqueued = e.at;
        bool somebody = false;
        for (std::size_t a = 0; a < shadow_.agents.size(); ++a)
            somebody |= may_take(shadow_, *plan_, static_cast<AgentId>(a), comer, e.at);
        if (x->estimate->p80.has_value() == somebody) return "in line although an agent is free, or the reverse";
        const WaitModel& m = shadow_.queues[index(x->queue)].waits;
        const double line = somebody ? 0 : line_wait(shadow_, *plan_, x->queue, x->contact);
        const auto off = [](double a, double b) { return std::abs(a - b) > 1e-3 + 1e-3 * std::abs(b); };
        const double expected = std::min(line + seconds(m.ringing), 86400.0);
        if (off(seconds(x->estimate->expected), expected))
            return "expects " + std::to_string(seconds(x->estimate->expected)) + " s, not " + std::to_string(expected);
        if (somebody) return {};
        const double spread = static_cast<double>(m.spread) / WaitModel::kSpreadOne;
        const double p80 =
            line + seconds(m.ringing) + spread * std::sqrt(line * gap(shadow_.queues[index(x->queue)], workers));
        if (off(seconds(*x->estimate->p80), std::clamp(p80, 0.0, 86400.0))) return "p80 is wrong";
        told_[x->contact] = {seconds(x->estimate->expected), seconds(*x->estimate->p80)};
    } else if (const auto* x = std::get_if<event::ContactConnected>(&e.body)) {
        const auto told = told_.find(x->contact);
        if (x->expected_wait.has_value() != (told != told_.end())) return "forgot what it had expected";
        if (told == told_.end()) return {};
        const double error = std::clamp(told->second.expected - seconds(x->waited), -86400.0, 86400.0);
        Wrong& w = wrong_[x->queue];
        ++w.calls;
        w.sum += error;
        w.absolute += std::abs(error);
        w.squares += error * error;
        w.covered += seconds(x->waited) <= told->second.p80 + 1e-7;
        told_.erase(told);
    } else if (const auto* x = std::get_if<event::ContactOverflowed>(&e.body)) {
        told_.erase(x->contact);
        const Duration limit = plan_->queues[index(x->from)].overflow_when.expected_wait;
        if (x->cause != OverflowCause::expected_wait) return {};
        const double line = line_wait(shadow_, *plan_, x->from, x->contact);
        if (limit == 0s || line + seconds(shadow_.queues[index(x->from)].waits.ringing) < 0.999 * seconds(limit))
            return "sent on although it would not wait long";
    } else if (const auto* x = std::get_if<event::ContactAbandoned>(&e.body)) {
        told_.erase(x->contact);
    } else if (const auto* x = std::get_if<event::ContactEnded>(&e.body)) {
        told_.erase(x->contact);
    }
    return {};
}

void Checker::wait_ended(const Event& e) {
    const auto count = [&](QueueId queue, ServiceCounts counts) { ended_.push_back({e.at, queue, counts}); };
    if (const auto* x = std::get_if<event::ContactConnected>(&e.body)) {
        const bool met = x->waited <= plan_->queues[index(x->queue)].service_level;
        count(x->queue, met ? ServiceCounts{1, 1, 0, 0} : ServiceCounts{0, 1, 0, 0});
    } else if (const auto* x = std::get_if<event::ContactAbandoned>(&e.body)) {
        count(x->queue, {0, 0, 1, 0});
    } else if (const auto* x = std::get_if<event::ContactOverflowed>(&e.body)) {
        count(x->from, {0, 0, 0, 1});
    } else if (const auto* x = std::get_if<event::ContactEnded>(&e.body)) {
        if (!x->agent && x->outside.empty() && x->queue) count(*x->queue, {0, 0, 0, 1});
    }
}

/// Windows count what a look at every wait that ever ended counts.
std::string Checker::service(const State& s) const {
    using std::chrono::floor;
    const auto minute = [](Timestamp at) { return floor<std::chrono::minutes>(at); };
    if (const std::pair now(ended_.size(), Timestamp(minute(s.clock))); std::exchange(counted_, now) == now) return {};
    for (std::size_t q = 0; q < s.queues.size(); ++q) {
        ServiceCounts today, last[3];
        constexpr int kLengths[] = {1, 5, 60};
        const Timestamp midnight = floor<std::chrono::days>(s.clock);
        for (const Ended& one : ended_) {
            if (index(one.queue) != q) continue;
            if (one.at >= midnight) today += one.counts;
            for (std::size_t i = 0; i < 3; ++i)
                if (minute(one.at) + std::chrono::minutes(kLengths[i]) > minute(s.clock)) last[i] += one.counts;
        }
        const ServiceWindows& windows = s.queues[q].service;
        if (windows.since(midnight) != today) return "today's calls are miscounted";
        for (std::size_t i = 0; i < 3; ++i)
            if (windows.last(kLengths[i], s.clock) != last[i]) return "the calls of the last minutes are miscounted";
    }
    return {};
}

std::string Checker::waits(const State& s) const {
    std::size_t waiting = 0;
    for (std::size_t q = 0; q < s.queues.size(); ++q) {
        const QueueRecord& record = s.queues[q];
        waiting += record.waiting();
        if (record.waits.since.has_value() == (record.waiting() == record.kept.size()))
            return "a backlog without contacts, or the reverse";
        const WaitErrors& errors = record.waits.errors;
        const auto found = wrong_.find(static_cast<QueueId>(q));
        const Wrong w = found == wrong_.end() ? Wrong{} : found->second;
        const auto off = [&](double value, double sum) {  // a unit of rounding with each call
            return w.calls <= WaitErrors::kOf &&
                   std::abs(value * w.calls - sum) > 2e-3 * (w.calls * w.calls + std::abs(sum));
        };
        if (static_cast<double>(errors.calls) != w.calls || off(seconds(errors.bias), w.sum) ||
            off(seconds(errors.absolute), w.absolute) || off(static_cast<double>(errors.square) * 1e-6, w.squares) ||
            off(static_cast<double>(errors.covered) / WaitErrors::kAll, w.covered))
            return "the errors of estimates aren't those of the calls";
    }
    for (const auto& [id, told] : told_) {
        const ContactRecord* c = s.find(id);
        if (!c || !c->foreseen) return name(id) + " forgot what it was told";
        const Duration limit = plan_->queues[index(c->queue)].overflow_when.expected_wait;
        if (limit > 0s && told.expected > seconds(limit) && can_overflow(*c))
            return name(id) + " was to wait elsewhere";
    }
    return waiting == s.waiting ? "" : "the contacts in line are miscounted";
}

std::string Checker::state(const State& s) const {
    for (const auto& check : {holders(s), deadlines(s), nobody_waits_in_vain(s), accounts(s), times(s), waits(s),
                              service(s), index_says_what_facts_say(s), deserted(s)})
        if (!check.empty()) return check;
    return {};
}

std::string Checker::fold(const State& s) {
    advance(shadow_, s.clock);
    if (digest(shadow_) != digest(s)) return "the folded events have another digest";
    if (!(shadow_ == s)) return "the folded events give another state with the same digest: digest misses something";
    return {};
}

/// A contact has one holder, an agent one contact, and both say so.
std::string Checker::holders(const State& s) const {
    std::size_t waiting = 0, offered = 0, talking = 0, kept = 0;
    for (const ContactRecord* c : contacts_in_order(s)) {
        const QueueRecord& q = s.queues[index(c->queue)];
        const AgentRecord* a = c->agent ? &s.agents[index(*c->agent)] : nullptr;
        switch (c->phase) {
            case ContactPhase::arrived: return name(c->id) + " is in nobody's hands";
            case ContactPhase::waiting:
                ++waiting;
                kept += c->wanted.has_value();
                if (!(c->wanted ? q.kept : q.lines[c->step]).contains(wait_key(*c)) || c->offer || c->agent)
                    return name(c->id) + " doesn't wait properly";
                if (c->wanted && !s.agents[index(*c->wanted)].wanted_by.contains(c->id))
                    return name(c->id) + " isn't kept properly";
                break;
            case ContactPhase::offered: {
                ++offered;
                const OfferRecord* o = c->offer ? s.find(*c->offer) : nullptr;
                if (!q.ringing.contains(wait_key(*c)) || !o || !a || o->contact != c->id || o->agent != *c->agent ||
                    a->facts.work != Work::reserved || a->contact != c->id || a->offer != c->offer)
                    return name(c->id) + " isn't offered properly";
                break;
            }
            case ContactPhase::talking:
                ++talking;
                if (!a || a->facts.work != (c->held_by_agent ? Work::held : Work::connected) || a->contact != c->id ||
                    c->offer)
                    return name(c->id) + " doesn't talk properly";
                break;
            case ContactPhase::outside:
                if (a || c->offer || c->outside.empty()) return name(c->id) + " isn't outside properly";
        }
        const bool in_line = c->phase == ContactPhase::waiting || c->phase == ContactPhase::offered;
        if (c->wanted.has_value() != c->wanted_until.has_value() || (c->wanted && !in_line))
            return name(c->id) + " is wanted without an end, or after the end";
        if (c->outside.empty() == (c->phase == ContactPhase::outside))
            return name(c->id) + " has a number outside or none";
        const bool holds = c->held_by_agent || c->held_by_caller;
        if (holds != c->held_since.has_value() || (holds && c->phase != ContactPhase::talking))
            return name(c->id) + " isn't on hold properly";
        if (c->been_in.empty() || c->been_in.back() != c->queue) return name(c->id) + " forgot where it is";
    }
    std::size_t in_lines = 0, in_ringing = 0, reserved = 0, connected = 0;
    std::size_t in_kept = 0, wanting = 0;
    for (const QueueRecord& q : s.queues)
        in_lines += q.waiting(), in_ringing += q.ringing.size(), in_kept += q.kept.size();
    for (const AgentRecord& a : s.agents) wanting += a.wanted_by.size();
    if (kept != in_kept || kept != wanting) return "queues and agents don't count the same kept contacts";
    for (std::size_t i = 0; i < s.agents.size(); ++i) {
        const AgentRecord& a = s.agents[i];
        reserved += a.facts.work == Work::reserved;
        connected += a.facts.work == Work::connected || a.facts.work == Work::held;
        const std::string who = name(static_cast<AgentId>(i));
        if (a.offer.has_value() != (a.facts.work == Work::reserved))
            return who + ": offer without reservation or the reverse";
        if (a.facts.work == Work::idle && (a.contact || a.facts.pending))
            return who + " idles with a contact or a pending wish";
        if (a.facts.session == Session::logged_out && a.facts.work != Work::idle)
            return who + " works while logged out";
    }
    if (waiting != in_lines || offered != in_ringing || offered != s.offers.size() || offered != reserved ||
        talking != connected)
        return "lines, offers and agents don't count the same contacts";
    if (live_offers_.size() != s.offers.size()) return "events and state disagree about live offers";
    if (holder_.size() != s.contacts.size()) return "events and state disagree about live contacts";
    return {};
}

/// Exactly the deadlines that the records call for, none of them due: no state without a way out, no timer left over.
std::string Checker::deadlines(const State& s) const {
    std::set<Deadline> want;
    for (std::size_t i = 0; i < s.agents.size(); ++i) {
        const AgentRecord& a = s.agents[i];
        if ((a.facts.work == Work::wrapping) != a.wrap_until.has_value())
            return "a wrap-up without an end, or the reverse";
        const bool resting = a.facts.device == Device::suspect || a.facts.device == Device::unreachable;
        if (resting && !a.device_until) return "a phone that rests for ever";
        if (a.wrap_until) want.insert({*a.wrap_until, DeadlineKind::wrap_up, i, {}});
        if (a.busy_until) want.insert({*a.busy_until, DeadlineKind::busy_memory, i, {}});
        if (a.device_until) want.insert({*a.device_until, DeadlineKind::device, i, {}});
        if (a.not_ready_until) want.insert({*a.not_ready_until, DeadlineKind::not_ready, i, {}});
        if (a.facts.reason == kRestReason && !a.not_ready_until) return "a pause without an end";
        for (const ContactId id : a.refusing) {
            const ContactRecord* c = s.find(id);
            if (!c ||
                std::none_of(c->refusals.begin(), c->refusals.end(), [&](auto& r) { return index(r.agent) == i; }))
                return "an agent remembers a refusal that the contact forgot";
        }
    }
    for (const auto& [id, o] : s.offers) want.insert({o.ring_until, DeadlineKind::ring_timeout, index(id), {}});
    for (const auto& [id, c] : s.contacts) {
        const bool patient = plan_->queues[index(c.queue)].max_wait == 0s;
        if (c.phase == ContactPhase::waiting && c.leave_at.has_value() == patient) return "a wait without its end";
        if (c.phase == ContactPhase::waiting && c.leave_at)
            want.insert({*c.leave_at, DeadlineKind::max_wait, index(id), {}});
        if (c.phase == ContactPhase::waiting && c.wanted)
            want.insert({*c.wanted_until, DeadlineKind::wanted, index(id), {}});
        const bool last = c.step == plan_->queues[index(c.queue)].relaxations.size();
        if (c.phase == ContactPhase::waiting && c.relax_at.has_value() == last) return "a step that never comes";
        if (c.phase == ContactPhase::waiting && c.relax_at)
            want.insert({*c.relax_at, DeadlineKind::relax, index(id), {}});
        const Duration target = plan_->queues[index(c.queue)].service_level;
        const Timestamp released = c.enqueued + (target - target / 10);
        if (c.phase == ContactPhase::waiting && plan_->reserve_scarce && released > s.clock)
            want.insert({released, DeadlineKind::release, index(id), {}});
        for (const RefusalMemory& r : c.refusals)
            want.insert({r.until, DeadlineKind::refusal_memory, index(id), r.agent});
    }
    if (want != s.deadlines) return "deadlines aren't those of the records";
    if (!s.deadlines.empty() && s.deadlines.begin()->at <= s.clock) return "something due was left";
    return {};
}

std::string Checker::nobody_waits_in_vain(const State& s) const {
    for (const ContactRecord* c : contacts_in_order(s)) {
        if (c->phase != ContactPhase::waiting) continue;
        for (std::size_t a = 0; a < s.agents.size(); ++a)
            if (may_take(s, *plan_, static_cast<AgentId>(a), *c, s.clock))
                return name(c->id) + " waits while " + name(static_cast<AgentId>(a)) + " idles";
        if (c->wanted && (!stays(s.agents[index(*c->wanted)].facts) || *c->wanted_until <= s.clock ||
                          !may_serve(s, *plan_, *c->wanted, *c) || has_refused(*c, *c->wanted, s.clock)))
            return name(c->id) + " is kept in vain for " + name(*c->wanted);
    }
    return {};
}

std::string Checker::accounts(const State& s) const {
    for (const QueueRecord& q : s.queues) {
        if (q.entered + q.overflowed_in + q.transferred_in + q.rescued !=
            q.answered + q.abandoned + q.overflowed_out + q.ended + q.line())
            return "a queue's account doesn't balance";
        if (q.answered_within > q.answered) return "more within the service level than answered";
    }
    return {};
}

std::string Checker::times(const State& s) const {
    for (const AgentRecord& a : s.agents) {
        Duration sum{};
        for (std::size_t i = 0; i < kAgentStates; ++i) sum += time_in(a, static_cast<AgentState>(i), s.clock);
        if (a.facts.session == Session::logged_in && sum != s.clock - a.session_since)
            return "an agent's times don't add up to its session";
        if (a.offered !=
            a.accepted + a.rejected + a.busy + a.no_answer + a.unreachable + a.withdrawn + a.offer.has_value())
            return "an agent's offers and outcomes don't balance";
    }
    return {};
}

std::string Checker::index_says_what_facts_say(const State& s) const {
    for (std::size_t i = 0; i < s.agents.size(); ++i) {
        const auto agent = static_cast<AgentId>(i);
        const bool listed = s.index.available_since(agent).has_value();
        if (listed != idle_and_willing(s.agents[i].facts)) return name(agent) + " is listed wrongly";
        if (listed && *s.index.available_since(agent) != s.agents[i].idle_since)
            return name(agent) + " is listed in a wrong place";
    }
    for (std::size_t q = 0; q < s.queues.size(); ++q)
        for (std::size_t step = 0; step < plan_->queues[q].steps(); ++step)
            if (const auto error = bench(s, static_cast<QueueId>(q), step); !error.empty()) return error;
    return {};
}

std::string Checker::bench(const State& s, QueueId queue, std::size_t step) const {
    std::uint32_t ready = 0, logged_in = 0, at_work = 0;
    for (std::size_t i = 0; i < s.agents.size(); ++i) {
        const auto agent = static_cast<AgentId>(i);
        const bool can = skilled(s, *plan_, agent, queue, step);
        if (s.index.serves(agent, queue, step) != can) return name(agent) + " is in the wrong group";
        ready += can && s.index.available_since(agent).has_value();
        logged_in += can && s.agents[i].facts.session == Session::logged_in;
        at_work += can && works(s.agents[i].facts);
    }
    const Bench& b = s.index.bench(queue, step);
    return b.available == ready && b.logged_in == logged_in && b.at_work == at_work ? "" : "a bench miscounts";
}

/// False also where that isn't certain.
bool Checker::can_overflow(const ContactRecord& c) const {
    const auto to = plan_->queues[index(c.queue)].overflow;
    if (!to || plan_->queues[index(*to)].closed) return false;
    const bool been = std::count(c.been_in.begin(), c.been_in.end(), *to) > 0;
    return !been && plan_->queues[index(*to)].capacity >= 50;  // it never was full
}

/// Nobody stays where no agent is left, if there is anywhere to go.
std::string Checker::deserted(const State& s) const {
    for (const ContactRecord* c : contacts_in_order(s)) {
        const Queue& q = plan_->queues[index(c->queue)];
        if (c->phase != ContactPhase::waiting || c->wanted || !q.overflow_when.without_agents) continue;
        bool anybody = false;
        for (std::size_t i = 0; i < s.agents.size(); ++i)
            anybody |= s.agents[i].facts.session == Session::logged_in &&
                       skilled(s, *plan_, static_cast<AgentId>(i), c->queue, q.relaxations.size());
        if (!anybody && can_overflow(*c)) return name(c->id) + " was left where nobody is";
    }
    return {};
}

}  // namespace centrala::routing::testing
