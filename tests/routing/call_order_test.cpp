// Which of the waiting calls a free agent gets. bob serves both queues: sales is to be answered within 20 s, support
// within 100 s.
#include "scenario.hpp"

namespace centrala::routing::testing {
namespace {

Plan shop_with(CallOrder order) {
    Plan p = shop();
    p.call_order = order;
    p.queues[index(support)].service_level = 100s;
    return p;
}

class Counter : public Scenario {
public:
    using Scenario::Scenario;
    void call(QueueId queue, Duration when) {
        const std::string n = "c" + std::to_string(++calls_);
        const std::string name = plan()->queues[index(queue)].name;
        const std::string place = std::to_string(this->queue(queue).line() + 1);
        at(when, calls(queue)).expect(n + " arrives at " + name, n + " waits in " + name + " #" + place);
    }
    /// The call that bob is offered when he comes.
    std::uint64_t bob_gets(Duration when) {
        staff({bob}, when);
        return index(last<event::OfferMade>().contact);
    }

private:
    int calls_ = 0;
};

TEST(LongestWait, GoesByPriorityThenByAge) {
    Plan p = shop_with(CallOrder::longest_wait);
    p.queues[index(support)].priority = 1;
    Counter s(p);
    s.call(sales, 0s);
    s.call(support, 50s);
    s.call(support, 40s + 11s);
    EXPECT_EQ(s.bob_gets(60s), 2u);
}

TEST(Ageing, CountsAPointOfPriorityAsSoMuchWaiting) {
    Plan p = shop_with(CallOrder::ageing);
    p.ageing = 10s;
    p.queues[index(support)].priority = 2;
    {
        Counter s(p);
        s.call(sales, 0s);
        s.call(support, 15s);
        EXPECT_EQ(s.bob_gets(30s), 2u);
    }
    {
        Counter s(p);
        s.call(sales, 0s);
        s.call(support, 25s);
        EXPECT_EQ(s.bob_gets(30s), 1u);
    }
    Counter s(p);
    s.call(sales, 0s);
    s.call(support, 20s);
    EXPECT_EQ(s.bob_gets(30s), 1u) << "a tie ends in the longest wait";
}

TEST(MostOverdue, GoesByTheDistanceToTheTarget) {
    Counter s(shop_with(CallOrder::most_overdue));
    s.call(support, 0s);  // due at 100 s
    s.call(sales, 70s);   // due at 90 s
    EXPECT_EQ(s.bob_gets(75s), 2u);
}

TEST(RescuableFirst, PassesOverWhoIsLateAlready) {
    Counter s(shop_with(CallOrder::rescuable_first));
    s.call(sales, 0s);
    s.call(support, 5s);
    EXPECT_EQ(s.bob_gets(30s), 2u);
}

TEST(RescuableFirst, TakesWhoIsNearestToTheTarget) {
    Counter s(shop_with(CallOrder::rescuable_first));
    s.call(support, 0s);
    s.call(sales, 15s);
    EXPECT_EQ(s.bob_gets(30s), 2u);
}

TEST(RescuableFirst, FindsTheRescuableBehindTheLateInOneLine) {
    Counter s(shop_with(CallOrder::rescuable_first));
    s.call(sales, 0s);
    s.call(sales, 15s);
    EXPECT_EQ(s.bob_gets(30s), 2u);
}

TEST(RescuableFirst, TakesTheLateByAgeWhenNobodyCanBeRescued) {
    Counter s(shop_with(CallOrder::rescuable_first));
    s.call(support, 0s);
    s.call(sales, 50s);
    s.call(sales, 60s);
    EXPECT_EQ(s.bob_gets(120s), 1u);
}

TEST(RescuableFirst, PassesOverNobodyForLongerThanFourTargets) {
    Counter s(shop_with(CallOrder::rescuable_first));
    s.call(sales, 0s);
    s.call(support, 70s);
    EXPECT_EQ(s.bob_gets(81s), 1u);
}

TEST(RescuableHeads, RescuesAcrossQueuesButKeepsTheOrderOfEach) {
    Counter s(shop_with(CallOrder::rescuable_heads));
    s.call(sales, 0s);
    s.call(support, 5s);
    s.call(sales, 15s);
    s.call(support, 16s);
    EXPECT_EQ(s.bob_gets(30s), 2u);
}

TEST(RescuableHeads, PassesOverNobodyWithinAQueue) {
    Counter s(shop_with(CallOrder::rescuable_heads));
    s.call(sales, 0s);
    s.call(sales, 15s);
    EXPECT_EQ(s.bob_gets(30s), 1u);
}

/// c1 for sales, and c2 for support a second later.
struct OneForEach : Counter {
    explicit OneForEach(Plan p) : Counter(std::move(p)) {
        call(sales, 0s);
        call(support, 1s);
    }
};

TEST(QueueRatio, TakesFromTheQueueWithMostBeyondItsShare) {
    Plan p = shop_with(CallOrder::queue_ratio);
    p.queues[index(support)].service_level = 10s;  // a third of all who wait are its share, and half of them wait there
    EXPECT_EQ(OneForEach(p).bob_gets(2s), 2u);
    p.queues[index(support)].service_level = 100s;
    EXPECT_EQ(OneForEach(p).bob_gets(2s), 1u);
    p.queues[index(sales)].service_level = 100s;
    EXPECT_EQ(OneForEach(p).bob_gets(2s), 1u) << "a tie ends in the longest wait";
    OneForEach s(p);
    s.happens(2s, hangs_up(1));
    s.at(3s, calls(support)).expect("c3 arrives at support", "c3 waits in support #2");
    s.at(4s, calls(sales)).expect("c4 arrives at sales", "c4 waits in sales #1");
    EXPECT_EQ(s.bob_gets(5s), 2u) << "half of those who came, two thirds of those who wait";
}

TEST(QueueRatio, ServesAQueueAsItsCallsCame) {
    Counter s(shop_with(CallOrder::queue_ratio));
    s.call(support, 0s);
    s.call(support, 1s);
    EXPECT_EQ(s.bob_gets(200s), 1u);
}

TEST(QueueRatio, LetsPriorityGoFirst) {
    Plan p = shop_with(CallOrder::queue_ratio);
    p.queues[index(support)].priority = 1;
    EXPECT_EQ(OneForEach(p).bob_gets(2s), 2u);
}

TEST(GeneralisedCMu, GoesByTheCostOfWaitingOnByTheTimeThatTheCallTakes) {
    Plan p = shop_with(CallOrder::generalised_c_mu);
    {
        Counter s(p);
        s.call(support, 0s);  // 50 s are half its target
        s.call(sales, 38s);   // 12 s are six tenths
        EXPECT_EQ(s.bob_gets(50s), 2u);
    }
    p.queues[index(support)].delay_cost = 2;
    Counter s(p);
    s.call(support, 0s);
    s.call(sales, 38s);
    EXPECT_EQ(s.bob_gets(50s), 1u) << "waiting costs twice as much";
}

TEST(GeneralisedCMu, PrefersTheCallThatTakesLess) {
    Plan p = shop_with(CallOrder::generalised_c_mu);
    p.queues[index(support)].service_level = 20s;
    p.queues[index(sales)].wrap_up = p.queues[index(support)].wrap_up = 0s;
    Counter s(p);
    s.staff({cid, ann});
    s.happens(0s, calls(support));
    s.happens(0s, calls(sales));
    s.happens(1s, accepts(1));
    s.happens(1s, accepts(2));
    s.happens(31s, ends(2));   // a call to sales takes 30 s
    s.happens(301s, ends(1));  // one to support 300 s
    s.happens(302s, goes_not_ready(ann));
    s.happens(302s, goes_not_ready(cid));
    s.happens(310s, calls(support));
    s.happens(315s, calls(sales));
    EXPECT_EQ(s.bob_gets(320s), 4u) << "half the wait, a tenth of the time";
}

}  // namespace
}  // namespace centrala::routing::testing
