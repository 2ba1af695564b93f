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

}  // namespace
}  // namespace centrala::routing::testing
