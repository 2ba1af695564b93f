#include "routing/agent_checker.hpp"

#include <algorithm>
#include <string_view>

#include "routing/model.hpp"

namespace centrala::routing::testing {
namespace {

std::string change(const event::AgentChanged& x, Timestamp at, const AgentRecord& before) {
    if (x.from != displayed(before.facts) || x.to != displayed(x.facts)) return "from/to aren't the displayed states";
    const bool known = before.state_since != Timestamp{};
    if (x.lasted != (known ? at - before.state_since : Duration(0))) return "lasted is wrong";
    if (find_cause(x.cause) != x.cause || x.cause.empty()) return "unknown cause";
    if (x.idle_since.value_or(before.idle_since) == before.idle_since) return {};
    if (x.idle_since != at) return "the idle clock was set to another time than now";
    for (const std::string_view allowed :
         {"login", "ready", "offer.rejected", "offer.no_answer", "conversation.ended", "wrap_up.ended",
          "wrap_up.expired", "wrap_up.disposed", "disposition.missing", "leg.lost", "transfer.made"})
        if (x.cause == allowed) return {};
    return "the idle clock began anew because of " + std::string(x.cause);
}

}  // namespace

std::string AgentChecker::event(const Event& e, const State& shadow) {
    const auto* x = std::get_if<event::AgentChanged>(&e.body);
    if (!x) return {};
    const AgentRecord& before = shadow.agents[index(x->agent)];
    const std::size_t had = before.facts.tasks.size(), has = x->facts.tasks.size();
    if (has > had && has > std::max(plan_.agents[index(x->agent)].chats, 1U))
        return name(x->agent) + " takes more than it takes at once";
    const std::string wrong = change(*x, e.at, before);
    return wrong.empty() ? rest(*x, e.at, before) : wrong;
}

void AgentChecker::replanned(const State& state) {
    for (std::size_t a = 0; a < state.agents.size(); ++a)
        runs_[static_cast<AgentId>(a)] = {state.agents[a].run, state.agents[a].worked_until};
}

/// Whoever has taken as many calls in a row as the plan says has a pause, and nobody else.
std::string AgentChecker::rest(const event::AgentChanged& x, Timestamp at, const AgentRecord& was) {
    const Rest& rest = plan_.agents[index(x.agent)].rest;
    const AgentFacts& before = was.facts;
    const auto works = [](const AgentFacts& f) {
        return std::count_if(f.tasks.begin(), f.tasks.end(), [](const Task& t) { return t.work != Work::reserved; });
    };
    Run& run = runs_[x.agent];
    if (works(before) < works(x.facts)) {
        if (works(before) == 0 && (!run.ended || at - *run.ended >= rest.pause)) run.began.clear();
        run.began.push_back(at);
    }
    const bool rests = x.facts.reason == kRestReason && before.reason != kRestReason;
    // A pause that chats in hand put off comes when they are over, whatever ends the last of them.
    const bool put_off = before.pending == PendingIntent{Intent::not_ready, std::string(kRestReason), false};
    if (works(before) <= works(x.facts)) return rests && !put_off ? name(x.agent) + " rests after no work" : "";
    run.ended = at;
    const auto in_time =
        std::count_if(run.began.begin(), run.began.end(), [&](Timestamp t) { return at - t < rest.within; });
    const bool due = rest.calls > 0 && in_time >= rest.calls;
    if (rests && !due && !put_off) return name(x.agent) + " rests after few calls";
    // A restart ends calls, and logs in who always is; a chat may come back before its wrap-up is over.
    const bool cut_off = x.cause == "restart" || x.cause == "login" || x.cause == "offer.made";
    const bool spared = x.facts.intent == Intent::not_ready || x.facts.pending || (works(x.facts) > 0 && x.facts.asks);
    if (due && !spared && !cut_off) return name(x.agent) + " isn't spared";
    if (works(x.facts) == 0 && x.facts.reason == kRestReason)
        run.began.clear();  // also a call in the pause, which a colleague handed on
    return {};
}

}  // namespace centrala::routing::testing
