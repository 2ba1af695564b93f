// Names of things inside routing: small strong integers; the words for them are in the Plan.
#pragma once

#include <cstdint>

namespace centrala::routing {

enum class SkillId : std::uint16_t {};       ///< index into Plan::skills
enum class QueueId : std::uint32_t {};       ///< index into Plan::queues
enum class AgentId : std::uint32_t {};       ///< index into Plan::agents
enum class AgentGroupId : std::uint32_t {};  ///< index into Plan::agent_groups
enum class EntryPointId : std::uint32_t {};  ///< index into Plan::entry_points
enum class CallerListId : std::uint32_t {};  ///< index into Plan::caller_lists
enum class ContactId : std::uint64_t {};     ///< counts up from 1, never reused, also over restarts
enum class OfferId : std::uint64_t {};       ///< counts up from 1, never reused, also over restarts

template <class Id>
[[nodiscard]] constexpr auto index(Id id) {
    return static_cast<std::size_t>(id);
}

}  // namespace centrala::routing
