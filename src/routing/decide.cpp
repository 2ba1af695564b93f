// Decider's frame: emitting, deadlines at their own time, recovery after a crash.
#include "decide.hpp"

#include <algorithm>
#include <map>

#include "check.hpp"

namespace centrala::routing {

Decider::Change Decider::change(AgentId agent) const {
    const AgentRecord& a = record(agent);
    Change c;
    c.agent = agent;
    c.facts = a.facts;
    // Nobody knows since when an agent idles whom the log doesn't mention yet.
    if (a.idle_since != Timestamp{}) c.idle_since = a.idle_since;
    c.busy_until = a.busy_until;
    c.device_until = a.device_until;
    c.not_ready_until = a.not_ready_until;
    return c;
}

unsigned Decider::open_to(AgentId agent) const {
    unsigned channels = 0;
    for (const Channel c : kEveryChannel)
        if (available(agent, c)) channels |= 1U << static_cast<unsigned>(c);
    return channels;
}

void Decider::emit(Change&& c, std::string_view cause, Actor actor) {
    const AgentRecord& a = record(c.agent);
    const unsigned was_open_to = open_to(c.agent);
    if (c.facts.tasks.size() > 1) std::ranges::stable_sort(c.facts.tasks, {}, place_in_hand);
    // Timers belong to facts and go with them.
    if (c.facts.other_use == OtherUse::none) c.busy_until.reset();
    const bool graced = c.facts.device == Device::unregistered;
    const bool idle_wish = c.facts.session == Session::logged_out || c.facts.intent == Intent::not_ready;
    if (c.facts.device == Device::registered || (graced && idle_wish)) c.device_until.reset();
    // So does a wish for a break, and with whatever else was asked for since.
    if (c.facts.pending || !may_ask(c.facts)) c.facts.asks.reset();
    if (c.facts.session != a.facts.session || c.facts.intent != a.facts.intent || c.facts.reason != a.facts.reason)
        c.not_ready_until = not_ready_until(c.agent, c.facts);

    c.from = displayed(a.facts);
    c.to = displayed(c.facts);
    c.actor = actor;
    c.cause = cause;
    // Nobody knows since when an agent has been logged out whom the log doesn't mention yet.
    c.lasted = a.state_since == Timestamp{} ? Duration(0) : at_ - a.state_since;
    const AgentId agent = c.agent;
    if (c.to == AgentState::logged_out && c.from != c.to) agents_left_ = true;
    emit(std::move(c));
    if (!record(agent).wanted_by.empty()) doubtful_.push_back(agent);
    if (open_to(agent) & ~was_open_to) open_agents_.push_back(agent);
}

void Decider::expire(Timestamp now) {
    while (!s_.deadlines.empty() && s_.deadlines.first().at <= now) {
        const Deadline due = s_.deadlines.first();
        at_ = std::max(due.at, s_.clock);
        expire_one(due);
        check(s_.deadlines.empty() || s_.deadlines.first() != due);
        match();
        grant_breaks();
    }
}

void Decider::expire_one(const Deadline& due) {
    switch (due.kind) {
        case DeadlineKind::break_overdue: break_is_overdue(static_cast<AgentId>(due.id)); break;
        case DeadlineKind::wrap_up: wrap_up_time_is_over(due.agent, static_cast<ContactId>(due.id)); break;
        case DeadlineKind::busy_memory: {
            Change c = change(static_cast<AgentId>(due.id));
            c.facts.other_use = OtherUse::none;
            emit(std::move(c), "busy.lapsed", Actor::system);
            break;
        }
        case DeadlineKind::device: device_time_is_over(static_cast<AgentId>(due.id)); break;
        case DeadlineKind::not_ready: not_ready_time_is_over(static_cast<AgentId>(due.id)); break;
        case DeadlineKind::refusal_memory:
        case DeadlineKind::release:
            // All that lapse by now, as advance() forgets them together.
            for (const Deadline& d : s_.deadlines.due(at_))
                if (d.kind == DeadlineKind::refusal_memory || d.kind == DeadlineKind::release)
                    open_contacts_.push_back(static_cast<ContactId>(d.id));
            advance(s_, at_);
            break;
        case DeadlineKind::ring_timeout: {
            // A phone that never said that it rings has shown the call to nobody.
            const OfferRecord& o = *s_.find(static_cast<OfferId>(due.id));
            offer_ended(o, o.ringing ? Outcome::no_answer : Outcome::unreachable, 0);
            break;
        }
        case DeadlineKind::wanted:
            if (const auto id = static_cast<ContactId>(due.id); release_if_in_vain(id)) settle(id);
            break;
        case DeadlineKind::relax:
            if (const auto id = static_cast<ContactId>(due.id); relax(*s_.find(id))) settle(id);
            break;
        case DeadlineKind::max_wait: wait_is_over(*s_.find(static_cast<ContactId>(due.id))); break;
    }
}

Rejection Decider::decide(const Input& input, Timestamp now) {
    at_ = std::max(now, s_.clock);
    const Rejection rejection = std::visit([this](const auto& i) { return on(i); }, input);
    match();
    grant_breaks();
    return rejection;
}

void Decider::recover(Timestamp now, std::span<const ContactId> kept) {
    const auto is_kept = [&](ContactId id) { return std::binary_search(kept.begin(), kept.end(), id); };
    at_ = std::max(now, s_.clock);
    const std::vector<OfferRecord> offers(s_.offers.begin(), s_.offers.end());
    for (const OfferRecord& o : offers) {
        emit(event::OfferEnded{o.id, o.contact, o.queue, o.agent, Outcome::rescinded, 0, at_ - o.made,
                               record(o.agent).facts.misses, std::nullopt});
    }
    std::vector<ContactId> over;
    std::map<AgentId, ContactId> unheard_of;  // by agents who talk to it: the log may end between a contact's part of
                                              // what happened and the agent's
    for (const ContactRecord& c : s_.contacts) {
        bool goes_on = is_kept(c.id);
        if (goes_on && c.phase == ContactPhase::talking && !record(*c.agent).facts.task(c.id))
            goes_on = record(*c.agent).facts.tasks.empty() && unheard_of.try_emplace(*c.agent, c.id).second;
        if (!goes_on) over.push_back(c.id);
    }
    for (const ContactId id : over) {
        const ContactRecord& c = *s_.find(id);
        const bool talking = c.phase == ContactPhase::talking || c.phase == ContactPhase::outside;
        event::ContactEnded e = ended(c, c.phase == ContactPhase::talking ? c.agent : std::nullopt, EndCause::restart,
                                      talking ? at_ - c.talking_since : Duration::zero());
        if (c.phase == ContactPhase::arrived) e.queue.reset();
        emit(std::move(e));
    }
    for (std::size_t i = 0; i < s_.agents.size(); ++i) {
        Change c = change(static_cast<AgentId>(i));
        const AgentFacts before = c.facts;
        std::string_view cause = "restart";
        for (const Task& task : before.tasks) {
            const ContactRecord* contact = s_.find(task.contact);
            const bool talks = contact && contact->phase == ContactPhase::talking && contact->agent == c.agent;
            if (task.work == Work::reserved && talks)
                c.facts.task(task.contact)->work = Work::connected;
            else if (task.work != Work::wrapping && !talks)
                let_go(c, task.contact);
        }
        if (const auto talks = unheard_of.find(c.agent); talks != unheard_of.end())
            c.facts.tasks.push_back({talks->second, channel_of(*s_.find(talks->second)), Work::connected});
        if (plan_.agents[i].always_logged_in && c.facts.session == Session::logged_out) {
            log_in_ready(c);
            cause = "login";
        }
        c.facts.device = Device::unregistered;
        c.facts.other_use = OtherUse::none;
        c.device_until
            .reset();  // no grace runs out until the phones have had their whole registration time to come back
        if (c.facts != before || record(c.agent).device_until) emit(std::move(c), cause, Actor::system);
    }
    match();                          // nobody is available yet, but whoever left is waited for in vain
    expire(std::max(now, s_.clock));  // pauses, limits of reasons and wishes for breaks, which outlive a restart
    grant_breaks();
}

}  // namespace centrala::routing
