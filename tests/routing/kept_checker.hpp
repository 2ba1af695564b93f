// Contacts that are kept for one agent, and whom callers talked to last.
#pragma once

#include <map>
#include <string>
#include <utility>

#include "centrala/routing/state.hpp"

namespace centrala::routing::testing {

class KeptChecker {
public:
    explicit KeptChecker(const Plan& plan) : plan_(plan) {}

    /// What is wrong, or nothing. `shadow`: before the event.
    std::string event(const Event& event, const State& shadow);
    /// From here on.
    void replanned(const State& state);

private:
    [[nodiscard]] std::string wanted(const Event& event, const State& shadow) const;
    void remember(const Event& event);

    const Plan& plan_;
    std::map<ContactId, std::string> callers_;                     ///< of those who may be remembered
    std::map<std::string, std::pair<Timestamp, AgentId>> talked_;  ///< when and to whom a caller talked last
};

}  // namespace centrala::routing::testing
