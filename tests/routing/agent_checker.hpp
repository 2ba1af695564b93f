// What happens to agents: states, idle clocks, pauses after many calls.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "centrala/routing/state.hpp"

namespace centrala::routing::testing {

class AgentChecker {
public:
    explicit AgentChecker(const Plan& plan) : plan_(plan) {}

    /// What is wrong, or nothing. `shadow`: before the event.
    std::string event(const Event& event, const State& shadow);
    /// From here on.
    void replanned(const State& state);

private:
    std::string rest(const event::AgentChanged& changed, Timestamp at, const AgentRecord& before);

    const Plan& plan_;
    /// When an agent's calls began since the last pause, and when there last was none in hand.
    struct Run {
        std::vector<Timestamp> began;
        std::optional<Timestamp> ended;
    };
    std::map<AgentId, Run> runs_;
};

}  // namespace centrala::routing::testing
