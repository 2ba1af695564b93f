// Core: one turn is "expire what is due, decide the input, match, expire what the decision made due".
#include "centrala/routing/core.hpp"

#include <algorithm>

#include "decide.hpp"
#include "replan.hpp"

namespace centrala::routing {
namespace {

/// A log may come from another plan; ids that this one doesn't have must not reach apply().
class Known {
public:
    explicit Known(const Plan& plan) : plan_(plan) {}
    bool operator()(const event::ContactArrived& e) const {
        return (!e.entry_point || index(*e.entry_point) < plan_.entry_points.size()) &&
               (!e.callers || index(*e.callers) < plan_.caller_lists.size()) &&
               (!e.advice.queue || has(*e.advice.queue)) && (!e.advice.wanted || has(e.advice.wanted->agent));
    }
    bool operator()(const event::ContactRefused& e) const { return !e.queue || has(*e.queue); }
    bool operator()(const event::ContactEnqueued& e) const {
        return has(e.queue) && (!e.wanted || has(*e.wanted)) && e.wanted.has_value() == e.wanted_until.has_value();
    }
    bool operator()(const event::ContactReleased& e) const { return has(e.queue) && has(e.agent); }
    bool operator()(const event::ContactOverflowed& e) const { return has(e.from) && has(e.to); }
    bool operator()(const event::ContactRelaxed& e) const { return has(e.queue); }
    bool operator()(const event::ContactConnected& e) const { return has(e.queue) && has(e.agent); }
    bool operator()(const event::ContactRescued& e) const { return has(e.queue) && has(e.agent); }
    bool operator()(const event::ContactTransferred& e) const {
        return has(e.queue) && has(e.agent) && (!e.target_agent || has(*e.target_agent)) &&
               (e.target != TransferTarget::agent || e.target_agent);
    }
    bool operator()(const event::ContactReturned& e) const { return has(e.queue); }
    bool operator()(const event::ContactHeld& e) const { return has(e.agent); }
    bool operator()(const event::ContactResumed& e) const { return has(e.agent); }
    bool operator()(const event::ContactAbandoned& e) const { return has(e.queue); }
    bool operator()(const event::ContactEnded& e) const {
        return (!e.queue || has(*e.queue)) && (!e.agent || has(*e.agent));
    }
    bool operator()(const event::ContactDispositioned& e) const { return has(e.agent); }
    bool operator()(const event::OfferMade& e) const {
        return has(e.queue) && has(e.agent) && (!e.next || has(*e.next)) &&
               (!e.passed_over ||
                (has(e.passed_over->agent) && (!e.passed_over->kept_for || has(*e.passed_over->kept_for))));
    }
    bool operator()(const event::OfferRinging& e) const { return has(e.agent); }
    bool operator()(const event::OfferEnded& e) const { return has(e.queue) && has(e.agent); }
    bool operator()(const event::AgentChanged& e) const { return has(e.agent); }
    bool operator()(const event::AgentSkillChanged& e) const {
        return has(e.agent) && index(e.skill) < plan_.skills.size() && e.to <= 10;
    }
    bool operator()(const event::EntryPointChanged& e) const {
        return index(e.entry_point) < plan_.entry_points.size();
    }

private:
    [[nodiscard]] bool has(QueueId id) const { return index(id) < plan_.queues.size(); }
    [[nodiscard]] bool has(AgentId id) const { return index(id) < plan_.agents.size(); }
    const Plan& plan_;
};

}  // namespace

Core::Core(std::shared_ptr<const Plan> plan) : plan_(std::move(plan)), state_(*plan_) {}

Core::Step Core::step(const Input& input, Timestamp now) {
    events_.clear();
    Decider decider(state_, *plan_, events_, scratch_);
    now = std::max(now, state_.clock);
    // Under another plan agents and calls may be a pair already; that comes before whatever has become due by it.
    if (!std::holds_alternative<input::PlanChanged>(input)) decider.expire(now);
    advance(state_, now);
    const Rejection rejection = decider.decide(input, now);
    decider.expire(now);
    return {events_, rejection};
}

std::optional<Timestamp> Core::deadline() const {
    return state_.deadlines.empty() ? std::nullopt : std::optional(state_.deadlines.first().at);
}

void Core::replan(std::shared_ptr<const Plan> plan) {
    state_ = replanned(std::move(state_), *plan_, *plan);
    scratch_ = {};
    plan_ = std::move(plan);
}

void Core::restore(const Event& event) {
    if (std::visit(Known(*plan_), event.body)) apply(state_, *plan_, event);
}

void Core::restore_ids(std::uint64_t next_contact, std::uint64_t next_offer) {
    state_.next_contact = std::max(state_.next_contact, next_contact);
    state_.next_offer = std::max(state_.next_offer, next_offer);
}

Core::Step Core::recovered(Timestamp now, std::span<const ContactId> kept) {
    events_.clear();
    Decider(state_, *plan_, events_, scratch_).recover(now, kept);
    advance(state_, now);
    return {events_, Rejection::none};
}

}  // namespace centrala::routing
