#include "call_order.hpp"

#include <algorithm>
#include <array>

namespace centrala::routing {
namespace {

std::int64_t at(Timestamp t) {
    return t.time_since_epoch().count();
}

constexpr int kPoint = 20;  ///< bits behind the point of what isn't whole

CallRank longest_wait(const Ranking&, const QueueRecord&, const Queue&, const WaitKey& key) {
    return {key.unimportance, 0, at(key.enqueued), key};
}

CallRank ageing(const Ranking& r, const QueueRecord&, const Queue&, const WaitKey& key) {
    return {0, 0, at(key.enqueued + key.unimportance * r.plan.ageing), key};
}

CallRank most_overdue(const Ranking&, const QueueRecord&, const Queue& queue, const WaitKey& key) {
    return {key.unimportance, 0, at(key.enqueued + queue.service_level), key};
}

CallRank rescuable_first(const Ranking& r, const QueueRecord&, const Queue& queue, const WaitKey& key) {
    const Timestamp target = key.enqueued + queue.service_level;
    if (r.now <= target) return {key.unimportance, 1, at(target), key};
    const bool starving = r.now - key.enqueued >= kStarving * queue.service_level;
    return {key.unimportance, starving ? 0 : 2, at(key.enqueued), key};
}

std::uint64_t asked_for(const QueueRecord& record, const Queue& queue) {
    return record.demand.times(queue.service_level / 1ms);
}

CallRank queue_ratio(const Ranking& r, const QueueRecord& record, const Queue& queue, const WaitKey& key) {
    const auto waiting = static_cast<std::int64_t>(record.waiting());
    const auto all = static_cast<unsigned __int128>(r.state.waiting) << kPoint;
    const auto share = static_cast<std::int64_t>(all * asked_for(record, queue) / std::max<std::uint64_t>(r.asked, 1));
    return {key.unimportance, 0, share - (waiting << kPoint), key};
}

CallRank generalised_c_mu(const Ranking& r, const QueueRecord& record, const Queue& queue, const WaitKey& key) {
    constexpr Duration kMost = 24h;  // who has waited longer comes by age
    const auto waited = std::clamp<Duration>(r.now - key.enqueued, 0s, kMost).count();
    const auto cost = static_cast<__int128>(waited) * queue.delay_cost << kPoint;
    const auto rate = cost / (queue.service_level / 1ms) / record.demand.handling_ms();
    return {key.unimportance, 0, -static_cast<std::int64_t>(rate), key};
}

struct OrderRow {
    std::string_view word;
    CallRank (*rank)(const Ranking&, const QueueRecord&, const Queue&, const WaitKey&);
};

/// In the order of the enumeration.
constexpr std::array<OrderRow, kCallOrders> kOrders{{
    {"longest_wait", longest_wait},
    {"ageing", ageing},
    {"most_overdue", most_overdue},
    {"rescuable_first", rescuable_first},
    {"rescuable_heads", rescuable_first},
    {"queue_ratio", queue_ratio},
    {"generalised_c_mu", generalised_c_mu},
}};

}  // namespace

Ranking::Ranking(const State& s, const Plan& p, Timestamp at) : state(s), plan(p), now(at) {
    if (plan.call_order != CallOrder::queue_ratio) return;
    for (std::size_t q = 0; q < plan.queues.size(); ++q) asked += asked_for(state.queues[q], plan.queues[q]);
}

CallRank Ranking::operator()(QueueId queue, const WaitKey& key) const {
    const OrderRow& order = kOrders[static_cast<std::size_t>(plan.call_order)];
    return order.rank(*this, state.queues[index(queue)], plan.queues[index(queue)], key);
}

std::string_view to_string(CallOrder order) {
    const auto i = static_cast<std::size_t>(order);
    return i < kOrders.size() ? kOrders[i].word : std::string_view("?");
}

}  // namespace centrala::routing
