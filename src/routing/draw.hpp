// A contact's draws: chance that is the same at every replay and on every machine.
#pragma once

#include <cstdint>

#include "centrala/routing/ids.hpp"

namespace centrala::routing {

/// What an agent of this weight draws for the contact. Of several agents each has the smallest draw in proportion to
/// its weight, whoever else is there (Efraimidis and Spirakis 2006). `weight`: 1–1000.
[[nodiscard]] std::uint64_t draw_of(ContactId contact, AgentId agent, std::uint32_t weight);

}  // namespace centrala::routing
