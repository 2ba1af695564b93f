#include "reservation.hpp"

#include <algorithm>

namespace centrala::routing {
namespace {

constexpr std::int64_t kOne = Reservation::kAgent;
constexpr std::int64_t kMemory = 128;  ///< contacts over which the share of all queues is taken
constexpr std::int64_t kGain = 16;     ///< a miss counts as this part of an agent
constexpr std::int64_t kMost = 3;      ///< agents
constexpr std::uint32_t kLarger = 2;   ///< a much larger queue has so many times the agents
constexpr Duration kLentLately = 30min;

/// How long a contact waits at most before nobody is kept back from it.
Duration patience(const Queue& queue) {
    return queue.service_level - queue.service_level / 10;
}

}  // namespace

std::optional<Timestamp> release_of(const ContactRecord& contact, const Plan& plan, Timestamp now) {
    const Timestamp at = contact.enqueued + patience(plan.queues[index(contact.queue)]);
    return plan.reserve_scarce && at > now ? std::optional(at) : std::nullopt;
}

std::optional<QueueId> kept_for(const State& state, const Plan& plan, const Serves& serves, QueueId queue,
                                Timestamp enqueued, Timestamp now) {
    if (!plan.reserve_scarce || now - enqueued >= patience(plan.queues[index(queue)])) return std::nullopt;
    const Channel channel = plan.queues[index(queue)].channel;
    for (const Eligibility& e : serves)
        if (e.queue != queue && e.step == 0 && e.channel == channel &&
            state.index.bench(e.queue).available <= state.queues[index(e.queue)].reservation.agents())
            return e.queue;
    return std::nullopt;
}

void note_outcome(State& state, const Plan& plan, QueueId queue, bool met, Timestamp now) {
    if (!plan.reserve_scarce) return;
    const std::int64_t score = met ? kOne : 0;
    state.attained += (score - state.attained) / kMemory;
    Reservation& r = state.queues[index(queue)].reservation;
    std::int64_t change = (state.attained - score) / kGain;
    if (change > 0 && now - r.lent > kLentLately) change = 0;
    const std::int64_t most = std::min<std::int64_t>(kMost, state.index.bench(queue).logged_in / 2) * kOne;
    r.level = std::clamp<std::int64_t>(r.level + change, 0, most);
}

void note_lent(State& state, const Plan& plan, const Serves& serves, QueueId queue, Timestamp now) {
    if (!plan.reserve_scarce) return;
    const std::uint32_t borrower = state.index.bench(queue).logged_in;
    const Channel channel = plan.queues[index(queue)].channel;
    for (const Eligibility& e : serves)
        if (e.step == 0 && e.channel == channel && state.index.bench(e.queue).logged_in * kLarger <= borrower)
            state.queues[index(e.queue)].reservation.lent = now;
}

}  // namespace centrala::routing
