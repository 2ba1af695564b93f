#include "routing/state_checks.hpp"

#include <algorithm>
#include <set>
#include <string>

#include "routing/model.hpp"

namespace centrala::routing::testing {
namespace {

bool has(const AgentRecord& agent, ContactId contact, Work work) {
    const Task* task = agent.facts.task(contact);
    return task && task->work == work;
}

/// A contact has one holder, an agent no more than it can hold, and both say so.
std::string holders(const State& s, const Plan& plan) {
    std::size_t waiting = 0, ringing = 0, offered = 0, talking = 0, kept = 0;
    for (const ContactRecord& c : s.contacts) {
        const QueueRecord& q = s.queues[index(c.queue)];
        const AgentRecord* a = c.agent ? &s.agents[index(*c.agent)] : nullptr;
        switch (c.phase) {
            case ContactPhase::arrived: return name(c.id) + " is in nobody's hands";
            case ContactPhase::waiting:
                ++waiting;
                kept += c.wanted.has_value();
                if (!(c.wanted ? q.kept : q.lines[c.step]).contains(wait_key(c)) || !c.offers.empty() || c.agent)
                    return name(c.id) + " doesn't wait properly";
                if (c.wanted && !s.agents[index(*c.wanted)].wanted_by.contains(c.id))
                    return name(c.id) + " isn't kept properly";
                break;
            case ContactPhase::offered:
                ++ringing;
                if (!q.ringing.contains(wait_key(c)) || c.offers.empty() || a)
                    return name(c.id) + " isn't offered properly";
                for (const OfferId id : c.offers) {
                    ++offered;
                    const OfferRecord* o = s.find(id);
                    const AgentRecord* to = o ? &s.agents[index(o->agent)] : nullptr;
                    if (!o || o->contact != c.id || o->queue != c.queue || !has(*to, c.id, Work::reserved) ||
                        s.offer_to(o->agent) != o)
                        return name(c.id) + " isn't offered properly";
                }
                break;
            case ContactPhase::talking:
                ++talking;
                if (!a || !has(*a, c.id, c.held_by_agent ? Work::held : Work::connected) || !c.offers.empty())
                    return name(c.id) + " doesn't talk properly";
                break;
            case ContactPhase::outside:
                if (a || !c.offers.empty() || c.outside.empty()) return name(c.id) + " isn't outside properly";
        }
        const bool in_line = c.phase == ContactPhase::waiting || c.phase == ContactPhase::offered;
        if (c.wanted.has_value() != c.wanted_until.has_value() || (c.wanted && !in_line))
            return name(c.id) + " is wanted without an end, or after the end";
        if (c.outside.empty() == (c.phase == ContactPhase::outside))
            return name(c.id) + " has a number outside or none";
        const bool holds = c.held_by_agent || c.held_by_caller;
        if (holds != c.held_since.has_value() || (holds && c.phase != ContactPhase::talking))
            return name(c.id) + " isn't on hold properly";
        if (c.been_in.empty() || c.been_in.back() != c.queue) return name(c.id) + " forgot where it is";
    }
    std::size_t in_lines = 0, in_ringing = 0, reserved = 0, connected = 0;
    std::size_t in_kept = 0, wanting = 0;
    for (const QueueRecord& q : s.queues)
        in_lines += q.waiting(), in_ringing += q.ringing.size(), in_kept += q.kept.size();
    for (const AgentRecord& a : s.agents) wanting += a.wanted_by.size();
    if (kept != in_kept || kept != wanting) return "queues and agents don't count the same kept contacts";
    for (std::size_t i = 0; i < s.agents.size(); ++i) {
        const AgentRecord& a = s.agents[i];
        const std::string who = name(static_cast<AgentId>(i));
        for (const Task& task : a.facts.tasks) {
            reserved += task.work == Work::reserved;
            connected += task.work == Work::connected || task.work == Work::held;
            const ContactRecord* c = s.find(task.contact);
            if (c && plan.queues[index(c->queue)].channel != task.channel) return who + " has a chat for a call";
        }
        if (!can_be_in_hand(a.facts.tasks)) return who + " has in hand what nobody can have";
        if (a.facts.tasks.empty() && a.facts.pending) return who + " idles with a pending wish";
        if (a.facts.session == Session::logged_out && !a.facts.tasks.empty()) return who + " works while logged out";
    }
    if (waiting != in_lines || ringing != in_ringing || offered != s.offers.size() || offered != reserved ||
        talking != connected)
        return "lines, offers and agents don't count the same contacts";
    return {};
}

/// Exactly the deadlines that the records call for, none of them due: no state without a way out, no timer left over.
std::string deadlines(const State& s, const Plan& plan) {
    std::set<Deadline> want;
    for (std::size_t i = 0; i < s.agents.size(); ++i) {
        const AgentRecord& a = s.agents[i];
        for (const Task& task : a.facts.tasks) {
            if ((task.work == Work::wrapping) != task.wrap_until.has_value())
                return "a wrap-up without an end, or the reverse";
            if (task.wrap_until)
                want.insert({*task.wrap_until, DeadlineKind::wrap_up, index(task.contact), static_cast<AgentId>(i)});
        }
        const bool resting = a.facts.device == Device::suspect || a.facts.device == Device::unreachable;
        if (resting && !a.device_until) return "a phone that rests for ever";
        if (a.facts.asks)
            want.insert({a.facts.asks->asked_at + plan.breaks.within, DeadlineKind::break_overdue, i, {}});
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
    for (const OfferRecord& o : s.offers) want.insert({o.ring_until, DeadlineKind::ring_timeout, index(o.id), {}});
    for (const ContactRecord& c : s.contacts) {
        const bool patient = plan.queues[index(c.queue)].max_wait == 0s;
        if (c.phase == ContactPhase::waiting && c.leave_at.has_value() == patient) return "a wait without its end";
        if (c.phase == ContactPhase::waiting && c.leave_at)
            want.insert({*c.leave_at, DeadlineKind::max_wait, index(c.id), {}});
        if (c.phase == ContactPhase::waiting && c.wanted)
            want.insert({*c.wanted_until, DeadlineKind::wanted, index(c.id), {}});
        const bool last = c.step == plan.queues[index(c.queue)].relaxations.size();
        if (c.phase == ContactPhase::waiting && c.relax_at.has_value() == last) return "a step that never comes";
        if (c.phase == ContactPhase::waiting && c.relax_at)
            want.insert({*c.relax_at, DeadlineKind::relax, index(c.id), {}});
        const Duration target = plan.queues[index(c.queue)].service_level;
        const Timestamp released = c.enqueued + (target - target / 10);
        if ((c.phase == ContactPhase::waiting || joinable(s, plan, c)) && plan.reserve_scarce && released > s.clock)
            want.insert({released, DeadlineKind::release, index(c.id), {}});
        for (const RefusalMemory& r : c.refusals)
            want.insert({r.until, DeadlineKind::refusal_memory, index(c.id), r.agent});
    }
    if (std::vector(want.begin(), want.end()) != s.deadlines.due(Timestamp::max()))
        return "deadlines aren't those of the records";
    if (!s.deadlines.empty() && s.deadlines.first().at <= s.clock) return "something due was left";
    return {};
}

std::string nobody_waits_in_vain(const State& s, const Plan& plan) {
    for (const ContactRecord& c : s.contacts) {
        const bool waits = c.phase == ContactPhase::waiting;
        if (!waits && !rings_at_more(s, plan, c, s.clock)) continue;
        for (std::size_t a = 0; a < s.agents.size(); ++a)
            if (may_take(s, plan, static_cast<AgentId>(a), c, s.clock))
                return name(c.id) + (waits ? " waits" : " rings elsewhere") + " while " +
                       name(static_cast<AgentId>(a)) + " idles";
        if (!waits) continue;
        if (c.wanted && (!stays(s.agents[index(*c.wanted)].facts) || *c.wanted_until <= s.clock ||
                         !may_serve(s, plan, *c.wanted, c) || has_refused(c, *c.wanted, s.clock)))
            return name(c.id) + " is kept in vain for " + name(*c.wanted);
    }
    return {};
}

std::string accounts(const State& s) {
    for (const QueueRecord& q : s.queues) {
        if (q.entered + q.overflowed_in + q.transferred_in + q.rescued !=
            q.answered + q.abandoned + q.overflowed_out + q.ended + q.line())
            return "a queue's account doesn't balance";
        if (q.answered_within > q.answered) return "more within the service level than answered";
    }
    return {};
}

std::string times(const State& s) {
    for (const AgentRecord& a : s.agents) {
        Duration sum{};
        for (std::size_t i = 0; i < kAgentStates; ++i) sum += time_in(a, static_cast<AgentState>(i), s.clock);
        if (a.facts.session == Session::logged_in && sum != s.clock - a.session_since)
            return "an agent's times don't add up to its session";
        const bool rings = !a.facts.tasks.empty() && a.facts.tasks.back().work == Work::reserved;
        if (a.offered != a.accepted + a.rejected + a.busy + a.no_answer + a.unreachable + a.withdrawn + rings)
            return "an agent's offers and outcomes don't balance";
    }
    return {};
}

std::string bench(const State& s, const Plan& plan, QueueId queue, std::size_t step) {
    std::uint32_t ready = 0, logged_in = 0, at_work = 0;
    for (std::size_t i = 0; i < s.agents.size(); ++i) {
        const auto agent = static_cast<AgentId>(i);
        const bool can = skilled(s, plan, agent, queue, step);
        if (s.index.serves(agent, queue, step) != can) return name(agent) + " is in the wrong group";
        ready += can && s.index.listed(agent, plan.queues[index(queue)].channel);
        logged_in += can && s.agents[i].facts.session == Session::logged_in;
        at_work += can && works(s.agents[i].facts);
    }
    const Bench& b = s.index.bench(queue, step);
    return b.available == ready && b.logged_in == logged_in && b.at_work == at_work ? "" : "a bench miscounts";
}

std::string index_says_what_facts_say(const State& s, const Plan& plan) {
    for (std::size_t i = 0; i < s.agents.size(); ++i) {
        const auto agent = static_cast<AgentId>(i);
        for (const Channel channel : kEveryChannel) {
            const auto& listed = s.index.listed(agent, channel);
            if (listed.has_value() != open_to(s, plan, agent, channel)) return name(agent) + " is listed wrongly";
            if (listed && listed->idle_since != s.agents[i].idle_since)
                return name(agent) + " is listed in a wrong place";
        }
    }
    for (std::size_t q = 0; q < s.queues.size(); ++q)
        for (std::size_t step = 0; step < plan.queues[q].steps(); ++step)
            if (const auto error = bench(s, plan, static_cast<QueueId>(q), step); !error.empty()) return error;
    return {};
}

/// Nobody stays where no agent is left, if there is anywhere to go.
std::string deserted(const State& s, const Plan& plan) {
    for (const ContactRecord& c : s.contacts) {
        const Queue& q = plan.queues[index(c.queue)];
        if (c.phase != ContactPhase::waiting || c.wanted || !q.overflow_when.without_agents) continue;
        bool anybody = false;
        for (std::size_t i = 0; i < s.agents.size(); ++i)
            anybody |= s.agents[i].facts.session == Session::logged_in &&
                       skilled(s, plan, static_cast<AgentId>(i), c.queue, q.relaxations.size());
        const bool been = q.overflow && std::count(c.been_in.begin(), c.been_in.end(), *q.overflow) > 0;
        const auto room = [&](QueueId to) {
            return !plan.queues[index(to)].closed && s.queues[index(to)].line() < plan.queues[index(to)].capacity;
        };
        if (!anybody && q.overflow && !been && room(*q.overflow)) return name(c.id) + " was left where nobody is";
    }
    return {};
}

}  // namespace

std::string check_state(const State& s, const Plan& plan) {
    for (const auto& check : {holders(s, plan), deadlines(s, plan), nobody_waits_in_vain(s, plan), accounts(s),
                              times(s), index_says_what_facts_say(s, plan), deserted(s, plan)})
        if (!check.empty()) return check;
    return {};
}

bool can_overflow(const Plan& plan, const ContactRecord& c) {
    const auto to = plan.queues[index(c.queue)].overflow;
    if (!to || plan.queues[index(*to)].closed) return false;
    const bool been = std::count(c.been_in.begin(), c.been_in.end(), *to) > 0;
    return !been && plan.queues[index(*to)].capacity >= kNeverFull;
}

}  // namespace centrala::routing::testing
