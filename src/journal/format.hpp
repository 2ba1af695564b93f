// What format and the snapshots write alike.
#pragma once

#include <string_view>

#include "centrala/routing/advice.hpp"
#include "centrala/routing/agent.hpp"
#include "centrala/routing/door.hpp"
#include "centrala/routing/plan.hpp"
#include "journal/line.hpp"

namespace centrala::journal {

/// "?" for an id that isn't in the plan.
template <class Things, class Id>
[[nodiscard]] std::string_view name_in(const Things& things, Id id) {
    return routing::index(id) < things.size() ? std::string_view(things[routing::index(id)].name)
                                              : std::string_view("?");
}
[[nodiscard]] inline std::string_view name_of(const routing::Plan& plan, routing::AgentId id) {
    return name_in(plan.agents, id);
}
[[nodiscard]] inline std::string_view name_of(const routing::Plan& plan, routing::QueueId id) {
    return name_in(plan.queues, id);
}
[[nodiscard]] inline std::string_view name_of(const routing::Plan& plan, routing::SkillId id) {
    return name_in(plan.skills, id);
}
[[nodiscard]] inline std::string_view name_of(const routing::Plan& plan, routing::EntryPointId id) {
    return name_in(plan.entry_points, id);
}
[[nodiscard]] inline std::string_view name_of(const routing::Plan& plan, routing::CallerListId id) {
    return name_in(plan.caller_lists, id);
}

/// But for the contact of the first of its tasks, which comes where contacts do.
void write_facts(Line& line, const routing::AgentFacts& facts);
/// All but its state.
void write_door(Line& line, const routing::Door& door);
/// Nothing, if it says nothing.
void write_advice(Line& line, const routing::Advice& advice, const routing::Plan& plan);

}  // namespace centrala::journal
