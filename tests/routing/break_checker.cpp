#include "routing/break_checker.hpp"

#include <algorithm>
#include <set>
#include <string_view>

#include "routing/model.hpp"

namespace centrala::routing::testing {
namespace {

/// Ready, or in a pause after which it is by itself.
bool works_on(const AgentFacts& f) {
    return f.session == Session::logged_in && (f.intent == Intent::ready || f.reason == kRestReason);
}

/// Not ready for that, or as soon as what is in hand is over.
bool has(const AgentFacts& f, const std::string& reason) {
    if (f.asks) return false;
    if (f.tasks.empty()) return f.intent == Intent::not_ready && f.reason == reason && !f.pending;
    return f.pending == PendingIntent{Intent::not_ready, reason, false};
}

}  // namespace

bool BreakChecker::is_asked_for(const std::string& reason) const {
    return std::count(plan_.breaks.reasons.begin(), plan_.breaks.reasons.end(), reason) > 0;
}

std::string BreakChecker::event(const Event& e, const State& shadow) const {
    const auto* x = std::get_if<event::AgentChanged>(&e.body);
    if (!x) return {};
    const AgentFacts& before = shadow.agents[index(x->agent)].facts;
    if (x->cause == "break.asked") return asked(*x, e.at, before);
    if (x->cause == "break.granted") return granted(*x, e.at, shadow);
    if (x->cause == "break.overdue") return overdue(*x, e.at, before);
    return otherwise(*x, before);
}

std::string BreakChecker::asked(const event::AgentChanged& x, Timestamp at, const AgentFacts& before) const {
    if (x.actor != Actor::agent) return "somebody else asks for " + name(x.agent) + "'s break";
    if (!works_on(before) || !x.facts.asks || !is_asked_for(x.facts.asks->reason))
        return name(x.agent) + " asks for what needn't be asked for";
    if (before.asks && before.asks->reason == x.facts.asks->reason) return name(x.agent) + " asks twice";
    if (x.facts.asks->asked_at != (before.asks ? before.asks->asked_at : at))
        return name(x.agent) + " has a wrong place in line for a break";
    AgentFacts rest = x.facts;
    rest.asks = before.asks;
    rest.pending = before.pending;
    return rest == before ? "" : "asking changes what " + name(x.agent) + " does";
}

std::string BreakChecker::granted(const event::AgentChanged& x, Timestamp at, const State& shadow) const {
    const AgentFacts& before = shadow.agents[index(x.agent)].facts;
    if (!before.asks) return name(x.agent) + " gets a break that it didn't ask for";
    if (predict(shadow, plan_, at)) return "a break while somebody could be served";
    const auto next = predict_break(shadow, plan_);
    if (!next) return name(x.agent) + " can't be spared";
    if (next != x.agent) return "a break for " + name(x.agent) + ", but " + name(*next) + " comes first";
    return x.facts.tasks == before.tasks && has(x.facts, before.asks->reason) ? "" : "granted something else";
}

std::string BreakChecker::overdue(const event::AgentChanged& x, Timestamp at, const AgentFacts& before) const {
    if (!before.asks) return name(x.agent) + " gets a break that it didn't ask for";
    if (at < before.asks->asked_at + plan_.breaks.within) return "too early";
    return x.facts.tasks == before.tasks && has(x.facts, before.asks->reason) ? "" : "something else is overdue";
}

/// Nothing else begins a wish, and few things end one. Nobody takes what must be asked for.
std::string BreakChecker::otherwise(const event::AgentChanged& x, const AgentFacts& before) const {
    const std::string& reason = x.facts.pending ? x.facts.pending->reason : x.facts.reason;
    const bool takes = x.actor == Actor::agent && (x.cause == "not_ready" || x.cause == "pending.set");
    if (takes && works_on(before) && is_asked_for(reason)) return name(x.agent) + " takes a break without asking";
    if (before.asks == x.facts.asks) return {};
    if (x.facts.asks) return name(x.agent) + " asks because of " + std::string(x.cause);
    for (const std::string_view allowed : {"pending.cleared", "pending.set", "ready", "not_ready", "logout",
                                           "shift.ended", "offer.rejected", "offer.no_answer", "device.expired"})
        if (x.cause == allowed) return {};
    return name(x.agent) + " asks no longer because of " + std::string(x.cause);
}

std::string BreakChecker::state(const State& s) const {
    std::set<BreakKey> line;
    for (std::size_t i = 0; i < s.agents.size(); ++i) {
        const AgentFacts& f = s.agents[i].facts;
        const auto agent = static_cast<AgentId>(i);
        if (!f.asks) continue;
        if (f.pending || !works_on(f)) return name(agent) + " asks for a break and something else";
        if (s.clock >= f.asks->asked_at + plan_.breaks.within) return name(agent) + " waits too long for a break";
        bool ties = false;  // it down: a call, or whatever rings
        for (const Task& task : f.tasks) ties |= task.channel == Channel::voice || task.work == Work::reserved;
        if (!ties) line.insert({f.asks->asked_at, agent});
    }
    if (line != s.asking) return "the line for breaks has others than those who ask";
    if (const auto next = predict_break(s, plan_)) return name(*next) + " waits for a break in vain";
    return {};
}

}  // namespace centrala::routing::testing
