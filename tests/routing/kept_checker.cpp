#include "routing/kept_checker.hpp"

#include <algorithm>
#include <tuple>
#include <vector>

#include "routing/model.hpp"

namespace centrala::routing::testing {

std::string KeptChecker::event(const Event& e, const State& shadow) {
    std::string wrong = wanted(e, shadow);
    remember(e);
    return wrong;
}

/// A call is kept for the agent whose number it is, who cares for the caller, or who talked to the caller last, if that
/// one is there; and no longer than that makes sense.
std::string KeptChecker::wanted(const Event& e, const State& shadow) const {
    if (const auto* x = std::get_if<event::ContactEnqueued>(&e.body)) {
        const ContactRecord& c = *shadow.find(x->contact);
        const auto entry = index(x->entry_point);
        std::vector<std::pair<Wanted, bool>> wishes;  // and whether skills matter
        const bool open = !plan_.entry_points[entry].closed && shadow.doors[entry].state == DoorState::open;
        if (const auto& own = plan_.entry_points[entry].wanted; own && open) wishes.push_back({*own, false});
        if (c.advice.wanted) wishes.push_back({*c.advice.wanted, true});
        if (c.callers)
            if (const auto& manager = plan_.caller_lists[index(*c.callers)].wanted) wishes.push_back({*manager, true});
        const auto& sticky = plan_.queues[index(x->queue)].sticky;
        if (const auto known = callers_.find(x->contact); sticky && known != callers_.end())
            if (const auto talk = talked_.find(known->second);
                talk != talked_.end() && e.at < talk->second.first + sticky->memory)
                wishes.push_back({{talk->second.second, sticky->patience}, true});
        std::optional<Wanted> want;
        for (const auto& [wish, skills] : wishes) {
            const AgentFacts& f = shadow.agents[index(wish.agent)].facts;
            const bool may = !skills || skilled(shadow, plan_, wish.agent, x->queue);
            if (!want && may && stays(f) &&
                (wish.patience > 0s || open_to(shadow, plan_, wish.agent, plan_.queues[index(x->queue)].channel)))
                want = wish;
        }
        if (want.has_value() != x->wanted.has_value()) return want ? "is kept for nobody" : "is kept for somebody";
        if (want && (x->wanted != want->agent || x->wanted_until != e.at + want->patience))
            return "should be kept for " + name(want->agent);
    } else if (const auto* x = std::get_if<event::ContactReleased>(&e.body)) {
        const ContactRecord& c = *shadow.find(x->contact);
        if (c.phase != ContactPhase::waiting || c.wanted != x->agent) return "it wasn't kept for that agent";
        switch (x->cause) {
            case ReleaseCause::patience: return *c.wanted_until <= e.at ? "" : "too early";
            case ReleaseCause::left:
                return stays(shadow.agents[index(x->agent)].facts) ? "the agent is still there" : "";
            case ReleaseCause::unskilled:
                return may_serve(shadow, plan_, x->agent, c) ? "the agent may still take it" : "";
            case ReleaseCause::refused: return has_refused(c, x->agent, e.at) ? "" : "the agent didn't refuse it";
        }
    }
    return {};
}

/// Nobody is remembered whom no queue had asked for.
void KeptChecker::replanned(const State& state) {
    talked_.clear();
    for (const auto& [ended, caller] : state.last_agents.by_age())
        talked_[caller] = {ended, state.last_agents.find(caller)->agent};
}

/// Whom the caller talked to last, of so many callers as the plan says.
void KeptChecker::remember(const Event& e) {
    const auto talked = [&](ContactId id, AgentId with) {
        const auto it = callers_.find(id);
        if (it == callers_.end()) return;
        talked_[it->second] = {e.at, with};
        while (talked_.size() > plan_.callers_remembered)
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

}  // namespace centrala::routing::testing
