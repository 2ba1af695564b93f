// What apply() does for events of agents: their records, what is due for them, and the index.
#pragma once

#include "centrala/routing/state.hpp"

namespace centrala::routing {

void apply_agent_changed(State& state, const Plan& plan, const event::AgentChanged& event, Timestamp at);
void apply_skill_changed(State& state, const Plan& plan, const event::AgentSkillChanged& event, Timestamp at);

}  // namespace centrala::routing
