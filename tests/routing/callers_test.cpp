// Callers on lists, and numbers dialled that come before others.
#include "scenario.hpp"

namespace centrala::routing::testing {
namespace {

constexpr CallerListId kNuisance{0}, kGold{1};

/// The shop with a queue for those on the list gold, which bob serves as he does sales; orders by phone come sooner.
Plan with_lists() {
    Plan p = shop();
    Queue golden = p.queues[0];
    golden.name = "golden";
    golden.required.skills = {{SkillId{1}, 8}};
    golden.capacity = 1;
    p.queues.push_back(golden);
    p.caller_lists = {{"nuisance", true}, {"gold", false, 20, QueueId{2}}};
    p.entry_points[0].priority = 3;
    return p;
}

Input calls_from(CallerListId list, QueueId queue) {
    auto call = std::get<input::ContactArrives>(calls(queue));
    call.callers = list;
    return call;
}

TEST(Callers, WhoIsBlockedIsRefusedBeforeAnyQueueHearsOfIt) {
    Scenario s(with_lists());
    s.at(0s, calls_from(kNuisance, sales)).expect("c1 arrives at sales", "c1 refused blocked");
    EXPECT_EQ(s.queue(sales).refused, 0u);
    EXPECT_FALSE(s.last<event::ContactRefused>().queue);
    EXPECT_EQ(s.state().refused_unqueued, 1u);
}

TEST(Callers, OnAListWaitInItsQueueAndComeSooner) {
    Scenario s(with_lists());
    s.at(0s, calls_from(kGold, sales)).expect("c1 arrives at sales", "c1 waits in golden #1");
    EXPECT_EQ(s.last<event::ContactEnqueued>().priority, 23);
}

TEST(Callers, WaitWhereEverybodyDoesIfTheirQueueIsFull) {
    Scenario s(with_lists());
    s.at(0s, calls_from(kGold, sales)).expect("c1 arrives at sales", "c1 waits in golden #1");
    s.at(1s, calls_from(kGold, sales)).expect("c2 arrives at sales", "c2 waits in sales #1");
}

TEST(Callers, WaitInTheQueueOfAClosedDoorLikeEverybody) {
    Plan p = with_lists();
    p.entry_points[0].closed_queue = support;
    Scenario s(p);
    s.at(0s, door(sales, {DoorState::closed, DoorCause::hours, "", {}})).expect("sales open>closed hours");
    s.at(1s, calls_from(kGold, sales)).expect("c1 arrives at sales", "c1 waits in support #1");
}

TEST(Callers, KeepWhatTheyHaveAboveOthersFromQueueToQueue) {
    Plan p = with_lists();
    p.caller_lists[1].queue.reset();
    p.queues[0].relaxations = {{10s, p.queues[0].required, 5}};
    p.queues[0].max_wait = 20s;
    p.queues[0].overflow = support;
    p.queues[1].priority = 7;
    Scenario s(p);
    s.at(0s, calls_from(kGold, sales)).expect("c1 arrives at sales", "c1 waits in sales #1");
    s.at(10s, time_passes()).expect("c1 is relaxed to step 1 after 10s");
    EXPECT_EQ(s.last<event::ContactRelaxed>().priority, 5 + 23);
    s.at(20s, time_passes()).expect("c1 overflows sales>support after 20s");
    EXPECT_EQ(s.last<event::ContactOverflowed>().priority, 7 + 23);
}

Input advised(Advice advice, CallerListId list) {
    auto call = std::get<input::ContactArrives>(calls_from(list, sales));
    call.advice = advice;
    return call;
}

TEST(Callers, WaitWhereAnotherSystemAdvisesRatherThanInTheQueueOfTheirList) {
    Scenario s(with_lists());
    s.at(0s, advised({7, support}, kGold)).expect("c1 arrives at sales", "c1 waits in support #1");
    EXPECT_EQ(s.last<event::ContactEnqueued>().priority, 3 + 20 + 7);
}

TEST(Callers, WaitInTheQueueOfTheirListIfTheAdvisedOneIsClosed) {
    Plan p = with_lists();
    p.queues[index(support)].closed = true;
    Scenario s(p);
    s.at(0s, advised({0, support}, kGold)).expect("c1 arrives at sales", "c1 waits in golden #1");
    s.at(1s, advised({0, support}, kGold)).expect("c2 arrives at sales", "c2 waits in sales #1");
}

TEST(Callers, KeepAnAdvisedPriorityFromQueueToQueue) {
    Plan p = with_lists();
    p.queues[0].max_wait = 20s;
    p.queues[0].overflow = support;
    Scenario s(p);
    auto call = std::get<input::ContactArrives>(calls(sales));
    call.advice.priority = 40;
    s.at(0s, call).expect("c1 arrives at sales", "c1 waits in sales #1");
    s.at(20s, time_passes()).expect("c1 overflows sales>support after 20s");
    EXPECT_EQ(s.last<event::ContactOverflowed>().priority, 3 + 40);
}

TEST(Callers, AreNoWorseOffForAdviceThatNamesNobodyInThePlan) {
    Scenario s(with_lists());
    auto call = std::get<input::ContactArrives>(calls(sales));
    call.advice = {0, QueueId{99}, Wanted{AgentId{99}, 10s}};
    s.at(0s, call).expect("c1 arrives at sales", "c1 waits in sales #1");
    EXPECT_EQ(s.state().find(contact(1))->advice, Advice{});
}

TEST(Callers, WhoLeaveBeforeTheyAreInAQueueAreRefusedAsGone) {
    Scenario s(with_lists());
    auto call = std::get<input::ContactArrives>(calls(sales));
    call.refused = Refusal::caller_gone;
    s.at(0s, call).expect("c1 arrives at sales", "c1 refused caller_gone");
    EXPECT_TRUE(s.state().contacts.empty());
}

TEST(Callers, OfAnotherNumberWithAHigherPriorityComeFirst) {
    Plan p = shop();
    p.entry_points.push_back({"hotline", support});
    p.entry_points.back().priority = 1;
    Scenario s(p);
    auto hotline = std::get<input::ContactArrives>(calls(support));
    hotline.entry_point = EntryPointId{2};
    s.at(0s, calls(support)).expect("c1 arrives at support", "c1 waits in support #1");
    s.at(1s, hotline).expect("c2 arrives at hotline", "c2 waits in support #1");
    s.staff({cid}, 2s);
    EXPECT_EQ(s.last<event::OfferMade>().contact, contact(2));
}

}  // namespace
}  // namespace centrala::routing::testing
