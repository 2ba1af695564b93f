// Independent checks of routing: what must hold after every event and every step, and that each offer is the one which
// the model (model.hpp) predicts.
#pragma once

#include <map>
#include <memory>
#include <set>
#include <span>
#include <string>
#include <utility>

#include "centrala/routing/core.hpp"
#include "centrala/routing/explain.hpp"
#include "routing/agent_checker.hpp"
#include "routing/break_checker.hpp"
#include "routing/kept_checker.hpp"
#include "routing/wait_checker.hpp"

namespace centrala::routing::testing {

/// Folds the events on its own and compares. Every function returns what is wrong, or nothing.
class Checker {
public:
    explicit Checker(const std::shared_ptr<const Plan>& plan)
        : plan_(std::make_unique<Plan>(*plan)),
          shadow_(*plan_),
          kept_(*plan_),
          agents_(*plan_),
          breaks_(*plan_),
          waits_(*plan_) {}

    /// The events of one step in order: hand-off chains, offers' outcomes, idle clocks, and the model's prediction of
    /// each offer.
    std::string events(std::span<const Event> events);
    /// What must hold between steps.
    std::string state(const State& state) const;
    /// The events folded so far give this very state.
    std::string fold(const State& state);
    /// After Core::replan(): everybody is where they were. From here on `to` counts, and `state` is folded on. What
    /// must hold between steps does after PlanChanged.
    std::string replanned(const State& state, const Plan& to);

private:
    std::string event(const Event& event);
    std::string hand_off(const Event& event);
    std::string relaxation(const event::ContactRelaxed& relaxed, Timestamp at) const;
    std::string entry_point(const Event& event);
    [[nodiscard]] bool lets_in(QueueId queue) const;
    std::string priority(const Event& event);
    std::string offer(const Event& event);
    [[nodiscard]] std::string explanation(const event::OfferMade& offer, const ContactRecord& contact,
                                          Timestamp at) const;
    [[nodiscard]] std::string direct_offer(const event::OfferMade& offer, Timestamp at) const;

    std::unique_ptr<Plan> plan_;  ///< one object all along, to which the others refer
    State shadow_;
    std::map<ContactId, std::string> holder_;  ///< alive contacts
    std::map<ContactId, Duration> waited_;     ///< never falls
    std::set<OfferId> live_offers_;
    std::uint64_t last_contact_ = 0, last_offer_ = 0;
    KeptChecker kept_;
    AgentChecker agents_;
    BreakChecker breaks_;
    WaitChecker waits_;
};

}  // namespace centrala::routing::testing
