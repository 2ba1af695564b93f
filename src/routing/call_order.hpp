// The order in which waiting contacts are served, over all queues that an agent serves. One row of a table each, in
// call_order.cpp.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
#include <tuple>

#include "centrala/routing/state.hpp"

namespace centrala::routing {

/// Smaller is served first; of equals who has waited longest, whatever the priority, which `ageing` has counted
/// already.
struct CallRank {
    std::int64_t unimportance = 0;
    std::int64_t tier = 0;
    std::int64_t value = 0;
    WaitKey key;
    friend auto operator<=>(const CallRank& a, const CallRank& b) {
        const auto order = [](const CallRank& r) {
            return std::tie(r.unimportance, r.tier, r.value, r.key.enqueued, r.key.contact);
        };
        return order(a) <=> order(b);
    }
};

/// The order as it is now, while contacts are matched. It follows the queues as they get shorter; nobody may enter one.
class Ranking {
public:
    Ranking(const State& state, const Plan& plan, Timestamp now);
    [[nodiscard]] CallRank operator()(QueueId queue, const WaitKey& key) const;

    const State& state;
    const Plan& plan;
    Timestamp now;
    std::uint64_t asked = 0;  ///< queue_ratio: Demand::times(target) of all queues
};

/// The first of a queue's line that `may`(key) be served.
template <class May>
[[nodiscard]] std::optional<CallRank> first_in_line(const Ranking& ranking, QueueId queue, const Ordered<WaitKey>& line,
                                                    May may) {
    const Plan& plan = ranking.plan;
    std::optional<CallRank> best;
    const auto look_from = [&](auto it) {
        // Within one priority the line is in order of age, and from here on so is the rank; but for rescuable_heads,
        // which asks for nobody's rank but the first's.
        for (const int unimportance = it->unimportance; it != line.end() && it->unimportance == unimportance; ++it) {
            const CallRank rank = ranking(queue, *it);
            if (best && *best < rank) return;
            if (!may(*it)) continue;
            best = rank;
            return;
        }
    };
    for (auto it = line.begin(); it != line.end();
         it = line.upper_bound({it->unimportance, Timestamp::max(), ContactId{~std::uint64_t{0}}})) {
        if (plan.call_order == CallOrder::rescuable_first) {
            const Timestamp oldest = ranking.now - plan.queues[index(queue)].service_level;
            const auto rescuable = line.lower_bound({it->unimportance, oldest, {}});
            if (rescuable != line.end() && rescuable->unimportance == it->unimportance && rescuable != it)
                look_from(rescuable);
        }
        look_from(it);
        if (best && plan.call_order != CallOrder::ageing) break;  // lower priorities come later anyway
    }
    return best;
}

}  // namespace centrala::routing
