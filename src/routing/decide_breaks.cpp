// Breaks that are asked for: who asks, and who gets one as the queues allow it or after having asked for long enough.
#include <algorithm>

#include "centrala/routing/breaks.hpp"
#include "decide.hpp"

namespace centrala::routing {

/// Whoever is ready, or will be by itself after a pause. Whoever is not ready already only says for what else.
bool Decider::may_ask(const AgentFacts& facts) {
    return facts.session == Session::logged_in && (facts.intent == Intent::ready || facts.reason == kRestReason);
}

/// Whether that break is asked for rather than taken.
bool Decider::must_ask(const AgentFacts& facts, std::string_view reason) const {
    const auto& reasons = plan_.breaks.reasons;
    return may_ask(facts) && std::find(reasons.begin(), reasons.end(), reason) != reasons.end();
}

/// Another reason keeps the place in line.
Rejection Decider::ask_for_break(Change&& c, const std::string& reason) {
    const PendingIntent due{Intent::not_ready, reason, false};  // it has asked for long enough, or a supervisor decided
    if (c.facts.pending == due || (c.facts.asks && c.facts.asks->reason == reason)) return Rejection::already_so;
    c.facts.pending.reset();
    c.facts.asks = BreakWish{reason, c.facts.asks ? c.facts.asks->asked_at : at_};
    emit(std::move(c), "break.asked", Actor::agent);
    return Rejection::none;
}

/// After matching: who is available now has nobody to serve. One break leaves the queues with fewer agents for the
/// next, never with more, so once through is enough. The line is short: whoever is available and gets no break is one
/// of Breaks::keep left in some queue, or has declined or is kept back from a call that waits.
void Decider::grant_breaks() {
    for (auto it = s_.asking.begin(); it != s_.asking.end();) {
        const AgentId agent = (it++)->agent;  // a break takes this one out of the line, and no other
        if (break_obstacle(s_, plan_, agent).bar != BreakBar::none) continue;
        Change c = change(agent);
        const std::string reason = c.facts.asks->reason;
        set_not_ready(c, reason);
        emit(std::move(c), "break.granted", Actor::system);
    }
}

void Decider::break_is_overdue(AgentId agent) {
    Change c = change(agent);
    const std::string reason = c.facts.asks->reason;
    set_not_ready(c, reason);
    emit(std::move(c), "break.overdue", Actor::system);
}

}  // namespace centrala::routing
