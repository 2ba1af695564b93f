// Breaks that are asked for: who asks, who gets one and when, and that nobody waits for one in vain.
#pragma once

#include <string>

#include "centrala/routing/state.hpp"

namespace centrala::routing::testing {

class BreakChecker {
public:
    explicit BreakChecker(const Plan& plan) : plan_(plan) {}

    /// What is wrong, or nothing. `shadow`: before the event.
    [[nodiscard]] std::string event(const Event& event, const State& shadow) const;
    /// Between steps.
    [[nodiscard]] std::string state(const State& state) const;

private:
    [[nodiscard]] bool is_asked_for(const std::string& reason) const;
    [[nodiscard]] std::string asked(const event::AgentChanged& x, Timestamp at, const AgentFacts& before) const;
    [[nodiscard]] std::string granted(const event::AgentChanged& x, Timestamp at, const State& shadow) const;
    [[nodiscard]] std::string overdue(const event::AgentChanged& x, Timestamp at, const AgentFacts& before) const;
    [[nodiscard]] std::string otherwise(const event::AgentChanged& x, const AgentFacts& before) const;

    const Plan& plan_;
};

}  // namespace centrala::routing::testing
