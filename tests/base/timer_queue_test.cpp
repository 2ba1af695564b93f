// The timer queue against a slow, obvious model.
#include "centrala/base/timer_queue.hpp"

#include <map>
#include <memory>
#include <string>

#include <gtest/gtest.h>
#include <rapidcheck.h>

namespace centrala {
namespace {

constexpr Timestamp at(std::int64_t us) {
    return Timestamp(Duration(us));
}

TEST(TimerQueue, FiresInOrderOfTimeThenOfSetting) {
    TimerQueue<std::string> q;
    q.schedule(at(20), "c");
    q.schedule(at(10), "a");
    q.schedule(at(10), "b");
    EXPECT_EQ(q.next(), at(10));
    EXPECT_FALSE(q.pop_due(at(9)));
    std::string fired;
    while (auto due = q.pop_due(at(100))) fired += due->second;
    EXPECT_EQ(fired, "abc");
    EXPECT_EQ(q.next(), std::nullopt);
    EXPECT_EQ(q.size(), 0U);
}

TEST(TimerQueue, TellsWhenItWasDueNotWhenItWasAsked) {
    TimerQueue<int> q;
    q.schedule(at(5), 1);
    EXPECT_EQ(q.pop_due(at(500))->first, at(5));
}

TEST(TimerQueue, ForgetsACancelledTimerAtOnce) {
    TimerQueue<std::shared_ptr<int>> q;
    const auto payload = std::make_shared<int>(1);
    TimerId id = q.schedule(at(5), payload);
    EXPECT_EQ(payload.use_count(), 2);
    q.cancel(id);
    EXPECT_EQ(id, TimerId::none);
    EXPECT_EQ(payload.use_count(), 1);
    EXPECT_EQ(q.size(), 0U);
    q.cancel(id);
}

TEST(TimerQueue, AStaleIdDoesntCancelALaterTimer) {
    TimerQueue<int> q;
    const TimerId first = q.schedule(at(5), 1);
    ASSERT_TRUE(q.pop_due(at(5)));
    const TimerId second = q.schedule(at(6), 2);
    EXPECT_NE(first, second);
    TimerId stale = first;
    q.cancel(stale);
    TimerId made_up = static_cast<TimerId>(0x1'0000'ffffULL);
    q.cancel(made_up);
    EXPECT_EQ(q.size(), 1U);
    EXPECT_EQ(q.pop_due(at(6))->second, 2);
}

TEST(TimerQueue, TakesPayloadsThatOnlyMove) {
    TimerQueue<std::unique_ptr<int>> q;
    for (int i = 0; i < 100; ++i) q.schedule(at(100 - i), std::make_unique<int>(i));
    for (int i = 100; i-- > 0;) EXPECT_EQ(*q.pop_due(at(1000))->second, i);
}

TEST(TimerQueue, AgreesWithAMultimap) {
    EXPECT_TRUE(rc::check([](const std::vector<std::pair<std::uint8_t, std::uint8_t>>& steps) {
        TimerQueue<int> q;
        std::multimap<std::int64_t, int> model;  // equal keys keep the order of insertion
        std::map<int, TimerId> ids;
        std::vector<std::pair<int, TimerId>> spent;
        int serial = 0;
        std::int64_t now = 0;
        for (const auto& [what, amount] : steps) {
            if (what % 8 < 4) {
                ids[serial] = q.schedule(at(now + amount % 16), serial);
                model.emplace(now + amount % 16, serial++);
            } else if (what % 8 < 6 && !ids.empty()) {
                auto victim = std::next(ids.begin(), amount % static_cast<std::ptrdiff_t>(ids.size()));
                for (auto it = model.begin(); it != model.end(); ++it)
                    if (it->second == victim->first) {
                        model.erase(it);
                        break;
                    }
                spent.emplace_back(victim->first, victim->second);
                q.cancel(victim->second);
                ids.erase(victim);
            } else if (what % 8 == 6 && !spent.empty()) {
                q.cancel(spent[amount % spent.size()].second);
            } else {
                now += amount % 8;
                while (!model.empty() && model.begin()->first <= now) {
                    const auto due = q.pop_due(at(now));
                    RC_ASSERT(due.has_value());
                    RC_ASSERT(due->first == at(model.begin()->first));
                    RC_ASSERT(due->second == model.begin()->second);
                    spent.emplace_back(due->second, ids[due->second]);
                    ids.erase(due->second);
                    model.erase(model.begin());
                }
                RC_ASSERT(!q.pop_due(at(now)).has_value());
            }
            RC_ASSERT(q.size() == model.size());
            RC_ASSERT(q.next() == (model.empty() ? std::nullopt : std::optional(at(model.begin()->first))));
        }
    }));
}

}  // namespace
}  // namespace centrala
