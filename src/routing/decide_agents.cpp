// What happens to agents: sessions, intents now or pending, wrap-up, skills, phones.
#include <algorithm>

#include "decide.hpp"

namespace centrala::routing {

void Decider::set_not_ready(Change& c, std::string_view reason) {
    if (!c.facts.tasks.empty()) {
        if (!c.facts.pending) c.facts.pending = PendingIntent{Intent::not_ready, std::string(reason), false};
        return;
    }
    c.facts.intent = Intent::not_ready;
    c.facts.reason = reason;
}

void Decider::log_out(Change& c) const {
    c.facts.session = Session::logged_out;
    c.facts.intent = Intent::not_ready;
    c.facts.reason.clear();
    c.facts.pending.reset();
    c.facts.misses = 0;
}

void Decider::let_go(Change& c, ContactId contact) {
    c.facts.tasks.erase_if([&](const Task& task) { return task.contact == contact; });
    if (!c.facts.tasks.empty() || !c.facts.pending) return;
    const PendingIntent p = *c.facts.pending;
    c.facts.pending.reset();
    if (p.logout) {
        c.facts.session = Session::logged_out;
        c.facts.misses = 0;
    }
    c.facts.intent = p.logout ? Intent::not_ready : p.intent;
    c.facts.reason = p.logout || p.intent == Intent::ready ? std::string() : p.reason;
}

void Decider::work_over(Change& c, ContactId contact) const {
    let_go(c, contact);
    c.idle_since = at_;
    // Who asks for a break while chats go on gets that one.
    const bool asks = c.facts.asks && !c.facts.tasks.empty();
    if (c.facts.intent == Intent::ready && !asks && wants_rest(c.agent)) set_not_ready(c, kRestReason);
}

std::optional<ContactId> Decider::take_back_offer(Change& c) {
    const OfferRecord* live = s_.offer_to(c.agent);
    if (!live) return std::nullopt;
    const OfferRecord offer = *live;
    offer_withdrawn(offer, Outcome::rescinded);
    let_go(c, offer.contact);
    return offer.contact;
}

bool Decider::wants_rest(AgentId agent) const {
    const Rest& rest = plan_.agents[index(agent)].rest;
    if (rest.calls == 0) return false;
    const auto& run = record(agent).run;
    const auto counted = std::count_if(run.begin(), run.end(), [&](Timestamp t) { return t > at_ - rest.within; });
    return static_cast<std::uint64_t>(counted) >= rest.calls;
}

std::optional<Timestamp> Decider::not_ready_until(AgentId agent, const AgentFacts& facts) const {
    if (facts.session == Session::logged_out || facts.intent == Intent::ready) return std::nullopt;
    if (facts.reason == kRestReason) return at_ + plan_.agents[index(agent)].rest.pause;
    const Duration limit = plan_.limit_of_reason(facts.reason);
    return limit > Duration::zero() ? std::optional(at_ + limit) : std::nullopt;
}

void Decider::not_ready_time_is_over(AgentId agent) {
    Change c = change(agent);
    c.not_ready_until.reset();
    if (c.facts.reason != kRestReason) {
        emit(std::move(c), "not_ready.overdue", Actor::system);
        return;
    }
    // It was not the agent's doing: the idle clock has gone on since the last call.
    c.facts.intent = Intent::ready;
    c.facts.reason.clear();
    if (c.facts.device == Device::unregistered && !plan_.agents[index(agent)].always_logged_in)
        c.device_until = rested();
    emit(std::move(c), "rest.ended", Actor::system);
}

void Decider::log_in_ready(Change& change) const {
    change.facts.session = Session::logged_in;
    change.facts.intent = Intent::ready;
    change.facts.reason.clear();
    change.idle_since = at_;
}

Rejection Decider::on(const input::AgentLogsIn& in) {
    if (!known(in.agent) || plan_.agents[index(in.agent)].retired) return Rejection::unknown_id;
    Change c = change(in.agent);
    if (c.facts.session == Session::logged_in) {
        if (!c.facts.pending || !c.facts.pending->logout) return Rejection::already_logged_in;
        c.facts.pending.reset();  // it wanted to leave after the call and thought better of it
        emit(std::move(c), "pending.cleared", in.actor);
        return Rejection::none;
    }
    c.facts.session = Session::logged_in;
    c.facts.intent = plan_.ready_on_login ? Intent::ready : Intent::not_ready;
    c.facts.reason = plan_.ready_on_login ? "" : "sys.login";
    c.facts.misses = 0;
    c.idle_since = at_;
    if (c.facts.device == Device::unregistered && plan_.ready_on_login &&
        !plan_.agents[index(in.agent)].always_logged_in)
        c.device_until = rested();
    emit(std::move(c), "login", in.actor);
    return Rejection::none;
}

Rejection Decider::on(const input::AgentLogsOut& in) {
    if (!known(in.agent)) return Rejection::unknown_id;
    Change c = change(in.agent);
    if (c.facts.session == Session::logged_out) return Rejection::not_logged_in;
    const std::string_view cause = in.shift_ended ? "shift.ended" : "logout";
    const auto offered = take_back_offer(c);
    if (c.facts.tasks.empty()) {
        log_out(c);
        emit(std::move(c), cause, in.actor);
    } else {
        if (!offered && c.facts.pending && c.facts.pending->logout) return Rejection::already_so;
        c.facts.pending = PendingIntent{Intent::not_ready, "", true};
        emit(std::move(c), "pending.set", in.actor);
    }
    if (offered) returned(*offered);
    return Rejection::none;
}

Rejection Decider::on(const input::AgentGoesReady& in) {
    if (!known(in.agent) || plan_.agents[index(in.agent)].retired) return Rejection::unknown_id;
    Change c = change(in.agent);
    if (c.facts.session == Session::logged_out) return Rejection::not_logged_in;
    switch (c.facts.work()) {
        case Work::wrapping: {  // "ready" takes back what was pending, and says the wrap-up is done
            const auto wish = c.facts.intent == Intent::not_ready
                                  ? std::optional(PendingIntent{Intent::ready, "", false})
                                  : std::nullopt;
            const bool wishes = c.facts.pending != wish || c.facts.asks;
            if (wishes) {
                c.facts.pending = wish;
                c.facts.asks.reset();
                emit(std::move(c), wish ? "pending.set" : "pending.cleared", in.actor);
            }
            const Rejection rejection = end_wrap_ups(in.agent, in.actor);
            return wishes ? Rejection::none : rejection;
        }
        case Work::connected:
        case Work::held:
        case Work::reserved:
            if (c.facts.intent == Intent::not_ready) {  // a call that a colleague transferred came nevertheless
                const PendingIntent wish{Intent::ready, "", false};
                if (c.facts.pending == wish) return Rejection::already_so;
                c.facts.pending = wish;
                emit(std::move(c), "pending.set", in.actor);
                return Rejection::none;
            }
            break;
        case Work::idle: break;
    }
    if (c.facts.intent == Intent::ready) {
        if (!c.facts.pending && !c.facts.asks) return Rejection::already_so;
        c.facts.pending.reset();
        c.facts.asks.reset();
        emit(std::move(c), "pending.cleared", in.actor);
        return Rejection::none;
    }
    if (c.facts.device == Device::unregistered) return Rejection::no_device;
    c.facts.intent = Intent::ready;
    c.facts.reason.clear();
    c.facts.asks.reset();
    c.facts.misses = 0;
    c.idle_since = at_;
    emit(std::move(c), "ready", in.actor);
    return Rejection::none;
}

Rejection Decider::on(const input::AgentGoesNotReady& in) {
    if (!known(in.agent)) return Rejection::unknown_id;
    const auto& reasons = plan_.reasons;
    if (!in.reason.empty() && std::find(reasons.begin(), reasons.end(), in.reason) == reasons.end())
        return Rejection::unknown_reason;
    Change c = change(in.agent);
    if (c.facts.session == Session::logged_out) return Rejection::not_logged_in;
    if (in.actor == Actor::agent && must_ask(c.facts, in.reason)) return ask_for_break(std::move(c), in.reason);
    const auto offered = take_back_offer(c);
    if (c.facts.tasks.empty()) {
        const bool so = c.facts.intent == Intent::not_ready && c.facts.reason == in.reason;
        if (!offered && so) return Rejection::already_so;
        set_not_ready(c, in.reason);
        emit(std::move(c), "not_ready", in.actor);
    } else {
        const PendingIntent wish{Intent::not_ready, in.reason, false};
        if (!offered && c.facts.pending == wish) return Rejection::already_so;
        c.facts.pending = wish;
        emit(std::move(c), "pending.set", in.actor);
    }
    if (offered) returned(*offered);
    return Rejection::none;
}

Rejection Decider::on(const input::AgentEndsWrapUp& in) {
    if (!known(in.agent)) return Rejection::unknown_id;
    if (record(in.agent).facts.session == Session::logged_out) return Rejection::not_logged_in;
    return end_wrap_ups(in.agent, in.actor, in.contact);
}

void Decider::end_wrap_up(AgentId agent, ContactId contact, std::string_view cause, Actor actor) {
    Change c = change(agent);
    work_over(c, contact);
    emit(std::move(c), cause, actor);
}

/// Of all contacts, or of that one; agents can't end those of which they still have to say how they ended.
Rejection Decider::end_wrap_ups(AgentId agent, Actor actor, std::optional<ContactId> only) {
    std::vector<ContactId> over;
    Rejection rejection = Rejection::not_wrapping;
    for (const Task& task : record(agent).facts.tasks) {
        if (task.work != Work::wrapping || (only && task.contact != *only)) continue;
        if (actor == Actor::agent && task.owes_disposition())
            rejection = Rejection::undisposed;
        else
            over.push_back(task.contact);
    }
    for (const ContactId contact : over) end_wrap_up(agent, contact, "wrap_up.ended", actor);
    return over.empty() ? rejection : Rejection::none;
}

void Decider::wrap_up_time_is_over(AgentId agent, ContactId contact) {
    Change c = change(agent);
    Task& task = *c.facts.task(contact);
    if (!task.owes_disposition()) return end_wrap_up(agent, contact, "wrap_up.expired", Actor::system);
    if (*task.dispose_until <= at_) return end_wrap_up(agent, contact, "disposition.missing", Actor::system);
    task.wrap_until = task.dispose_until;
    emit(std::move(c), "wrap_up.undisposed", Actor::system);
}

Rejection Decider::on(const input::AgentExtendsWrapUp& in) {
    if (!known(in.agent)) return Rejection::unknown_id;
    Change c = change(in.agent);
    if (c.facts.session == Session::logged_out) return Rejection::not_logged_in;
    bool wraps_up = false, longer = false;
    for (Task& task : c.facts.tasks) {
        if (task.work != Work::wrapping) continue;
        wraps_up = true;
        const Timestamp until =
            std::min(*task.wrap_until + std::clamp<Duration>(in.by, 0s, kWrapUpMax), at_ + kWrapUpMax);
        longer |= until > *task.wrap_until;
        task.wrap_until = std::max(*task.wrap_until, until);
    }
    if (!wraps_up) return Rejection::not_wrapping;
    if (!longer) return Rejection::already_so;
    emit(std::move(c), "wrap_up.extended", in.actor);
    return Rejection::none;
}

Rejection Decider::on(const input::AgentDisposes& in) {
    if (!known(in.agent)) return Rejection::unknown_id;
    const AgentRecord& a = record(in.agent);
    if (a.facts.session == Session::logged_out) return Rejection::not_logged_in;
    const auto& codes = plan_.dispositions;
    if (in.code.empty() || in.code.size() > kCodeMax ||
        (!codes.empty() && std::find(codes.begin(), codes.end(), in.code) == codes.end()))
        return Rejection::unknown_code;
    const auto& tasks = a.facts.tasks;
    const auto find = [&](auto fits) {
        return std::ranges::find_if(tasks, [&](const Task& t) {
            return t.work != Work::reserved && (!in.contact || t.contact == *in.contact) && fits(t);
        });
    };
    auto task = find([](const Task& t) { return t.owes_disposition(); });
    if (task == tasks.end()) task = find([](const Task&) { return true; });
    const auto about = task != tasks.end() ? std::optional(task->contact) : a.last_contact;
    if (!about || (in.contact && about != in.contact)) return Rejection::no_contact;
    // Only this was waited for.
    const bool over = task != tasks.end() && task->owes_disposition() && *task->wrap_until >= *task->dispose_until;
    emit(event::ContactDispositioned{*about, in.agent, in.code});
    if (over) end_wrap_up(in.agent, *about, "wrap_up.disposed", in.actor);
    return Rejection::none;
}

Rejection Decider::on(const input::AgentSkillSet& in) {
    if (!known(in.agent) || index(in.skill) >= plan_.skills.size() || in.level > 10) return Rejection::unknown_id;
    const AgentRecord& a = record(in.agent);
    std::uint8_t from = 0;
    for (const SkillLevel& s : a.skills)
        if (s.skill == in.skill) from = s.level;
    if (from == in.level) return Rejection::already_so;
    emit(event::AgentSkillChanged{in.agent, in.skill, from, in.level, in.actor});
    agents_left_ |= in.level < from;
    if (!a.wanted_by.empty()) doubtful_.push_back(in.agent);
    if (s_.index.listed(in.agent)) open_agents_.push_back(in.agent);
    return Rejection::none;
}

Rejection Decider::on(const input::DeviceChanges& in) {
    if (!known(in.agent)) return Rejection::unknown_id;
    Change c = change(in.agent);
    if (c.facts.device == in.device) return Rejection::already_so;
    c.facts.device = in.device;
    c.device_until.reset();
    std::string_view cause = "device.registered";
    switch (in.device) {
        case Device::registered: break;
        case Device::unregistered:
            cause = "device.unregistered";
            // A grace for a phone that starts again or changes its network (emit() drops it if nobody waits for calls).
            // A fixed contact has nobody to press ready afterwards: its intent is kept for ever.
            if (!plan_.agents[index(in.agent)].always_logged_in) c.device_until = rested();
            break;
        case Device::suspect:
        case Device::unreachable:
            cause = in.device == Device::suspect ? "device.suspect" : "device.unreachable";
            c.device_until = rested();
            break;
    }
    emit(std::move(c), cause, Actor::system);
    return Rejection::none;
}

void Decider::device_time_is_over(AgentId agent) {
    Change c = change(agent);
    c.device_until.reset();
    if (c.facts.device != Device::unregistered) {
        c.facts.device = Device::registered;
        emit(std::move(c), "device.rested", Actor::system);
        return;
    }
    set_not_ready(c, "sys.device");
    emit(std::move(c), "device.expired", Actor::system);
}

Rejection Decider::on(const input::OtherUseChanges& in) {
    if (!known(in.agent)) return Rejection::unknown_id;
    Change c = change(in.agent);
    if (c.facts.other_use == in.other_use && !c.busy_until) return Rejection::already_so;
    c.facts.other_use = in.other_use;
    c.busy_until.reset();  // now we know, and needn't guess
    emit(std::move(c), in.other_use == OtherUse::none ? "other_use.ended" : "other_use.began", Actor::system);
    return Rejection::none;
}

}  // namespace centrala::routing
