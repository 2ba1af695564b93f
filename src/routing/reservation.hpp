// Soft reservation: the last available agents of a queue that falls behind are kept from calls of larger queues, until
// those have nearly waited their own target.
//
// Each queue has a level, in agents. It rises with each of the queue's contacts that missed its target and falls with
// each that met it, by how far that is from the share of all queues: so it rests where the queue does as well as the
// others, and at 0 where it does better without. It rises only while agents are lent to a much larger queue: nobody
// keeps back what nobody takes.
#pragma once

#include "centrala/routing/state.hpp"

namespace centrala::routing {

/// The queue that keeps an agent who serves these back from a contact of `queue`, if one does.
[[nodiscard]] std::optional<QueueId> kept_for(const State& state, const Plan& plan, const Serves& serves, QueueId queue,
                                              Timestamp enqueued, Timestamp now);

/// Upkeep, for apply(): `met`: answered within its queue's target.
void note_outcome(State& state, const Plan& plan, QueueId queue, bool met, Timestamp now);
/// An agent who serves these goes to a contact of `queue`.
void note_lent(State& state, const Plan& plan, const Serves& serves, QueueId queue, Timestamp now);

}  // namespace centrala::routing
