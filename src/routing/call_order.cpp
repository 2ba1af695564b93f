#include "call_order.hpp"

#include <array>

namespace centrala::routing {
namespace {

std::int64_t at(Timestamp t) {
    return t.time_since_epoch().count();
}

CallRank longest_wait(const Plan&, const Queue&, const WaitKey& key, Timestamp) {
    return {key.unimportance, 0, at(key.enqueued), key};
}

CallRank ageing(const Plan& plan, const Queue&, const WaitKey& key, Timestamp) {
    return {0, 0, at(key.enqueued + key.unimportance * plan.ageing), key};
}

CallRank most_overdue(const Plan&, const Queue& queue, const WaitKey& key, Timestamp) {
    return {key.unimportance, 0, at(key.enqueued + queue.service_level), key};
}

CallRank rescuable_first(const Plan&, const Queue& queue, const WaitKey& key, Timestamp now) {
    const Timestamp target = key.enqueued + queue.service_level;
    if (now <= target) return {key.unimportance, 1, at(target), key};
    const bool starving = now - key.enqueued >= kStarving * queue.service_level;
    return {key.unimportance, starving ? 0 : 2, at(key.enqueued), key};
}

struct Policy {
    std::string_view word;
    CallRank (*rank)(const Plan&, const Queue&, const WaitKey&, Timestamp now);
};

/// In the order of the enumeration.
constexpr std::array<Policy, kCallOrders> kPolicies{{
    {"longest_wait", longest_wait},
    {"ageing", ageing},
    {"most_overdue", most_overdue},
    {"rescuable_first", rescuable_first},
    {"rescuable_heads", rescuable_first},
}};

}  // namespace

CallRank call_rank(const Plan& plan, QueueId queue, const WaitKey& key, Timestamp now) {
    return kPolicies[static_cast<std::size_t>(plan.call_order)].rank(plan, plan.queues[index(queue)], key, now);
}

std::string_view to_string(CallOrder order) {
    const auto i = static_cast<std::size_t>(order);
    return i < kPolicies.size() ? kPolicies[i].word : std::string_view("?");
}

}  // namespace centrala::routing
