// What must hold of a state between any two steps, however it was reached.
#pragma once

#include <string>

#include "centrala/routing/state.hpp"

namespace centrala::routing::testing {

/// What is wrong, or nothing.
std::string check_state(const State& state, const Plan& plan);

/// The capacity of a queue that no random run fills.
inline constexpr std::size_t kNeverFull = 10'000;

/// Whether the contact could be sent on from its queue. False also where that isn't certain.
bool can_overflow(const Plan& plan, const ContactRecord& contact);

}  // namespace centrala::routing::testing
