#include "centrala/routing/expected_wait.hpp"

#include "strategies.hpp"

namespace centrala::routing {
namespace {

/// Whether somebody available may take a contact that comes now.
bool taken_at_once(const State& state, const Plan& plan, QueueId queue, Timestamp now) {
    const Bench& bench = state.index.bench(queue);
    if (bench.available == 0 || !plan.reserve_scarce) return bench.available > 0;
    ContactRecord comer;
    comer.queue = queue;
    comer.priority = plan.queues[index(queue)].priority;
    comer.enqueued = now;
    return policy_of(plan.queues[index(queue)].strategy).pick(Opening(state, plan, comer, now)).first.has_value();
}

}  // namespace

WaitSigns wait_signs(const State& state, QueueId queue, std::size_t ahead) {
    const QueueRecord& q = state.queues[index(queue)];
    const std::size_t elsewhere = state.waiting - q.waiting();
    return q.waits.signs(ahead, state.index.bench(queue).at_work, elsewhere + ahead, state.index.all_at_work());
}

std::optional<WaitEstimate> expected_wait_behind(const State& state, QueueId queue, std::size_t ahead) {
    if (state.index.bench(queue).at_work == 0) return std::nullopt;
    return state.queues[index(queue)].waits.in_line(wait_signs(state, queue, ahead));
}

std::optional<WaitEstimate> expected_wait(const State& state, const Plan& plan, QueueId queue, std::size_t ahead,
                                          Timestamp now) {
    if (taken_at_once(state, plan, queue, now)) return state.queues[index(queue)].waits.at_once();
    return expected_wait_behind(state, queue, ahead);
}

}  // namespace centrala::routing
