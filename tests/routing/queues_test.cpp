// Queues: who is let in, who is next, how long one waits, where one overflows to, and that the account balances.
#include "scenario.hpp"

namespace centrala::routing::testing {
namespace {

TEST(Admission, RefusesAnUnknownNumber) {
    Scenario s;
    s.at(0s, input::ContactArrives{std::nullopt, "999", "1", "", "", ""})
        .expect("c1 arrives at nowhere", "c1 refused unknown_number");
    s.at(0s, input::ContactArrives{EntryPointId{77}, "999", "1", "", "", ""})
        .expect("c2 arrives at nowhere", "c2 refused unknown_number");
    EXPECT_EQ(s.state().refused_unqueued, 2u);
    EXPECT_TRUE(s.state().contacts.empty());
}

TEST(Admission, RefusesWhileDraining) {
    Scenario s;
    auto call = std::get<input::ContactArrives>(calls(sales));
    call.refused = Refusal::draining;
    s.at(0s, call).expect("c1 arrives at sales", "c1 refused draining");
    EXPECT_EQ(s.queue(sales).refused, 1u);
}

TEST(Admission, RefusesAtAClosedDoorAndAClosedQueue) {
    Plan p = shop();
    p.entry_points[0].closed = true;
    p.queues[1].closed = true;
    Scenario s(p);
    s.at(0s, calls(sales)).expect("c1 arrives at sales", "c1 refused closed");
    s.at(0s, calls(support)).expect("c2 arrives at support", "c2 refused closed");
}

TEST(Admission, RefusesWhenTheQueueIsFullOfWaitingAndRinging) {
    Plan p = shop();
    p.queues[0].capacity = 2;
    Scenario s(p);
    s.staff({ann});
    s.at(0s, calls(sales))
        .expect("c1 arrives at sales", "c1 waits in sales #1", "o1: c1 to ann", "ann ready>reserved offer.made");
    s.at(1s, calls(sales)).expect("c2 arrives at sales", "c2 waits in sales #2");
    s.at(2s, calls(sales)).expect("c3 arrives at sales", "c3 refused queue_full");
    s.at(3s, accepts(1)).expect("o1 accepted", "c1 talks to ann after 3s", "ann reserved>talking offer.accepted");
    s.at(4s, calls(sales)).expect("c4 arrives at sales", "c4 waits in sales #2");
}

TEST(Admission, RefusesWithoutAgentsOnlyIfNobodyLoggedInCouldEverTakeIt) {
    Plan p = shop();
    p.queues[0].refuse_without_agents = true;
    Scenario s(p);
    s.staff({cid});
    s.at(0s, calls(sales)).expect("c1 arrives at sales", "c1 refused no_agent");
    s.at(1s, logs_in(ann)).expect("ann logged_out>unreachable login");
    s.at(2s, calls(sales)).expect("c2 arrives at sales", "c2 waits in sales #1");
    s.at(3s, logs_out(ann)).expect("ann unreachable>logged_out logout");
    s.at(4s, calls(sales)).expect("c3 arrives at sales", "c3 refused no_agent");
    s.at(5s, learns(cid, 0, 1)).expect("cid selling 0>1", "o1: c2 to cid", "cid ready>reserved offer.made");
    s.at(6s, calls(sales)).expect("c4 arrives at sales", "c4 waits in sales #2");
}

TEST(Order, IsFirstComeFirstServed) {
    Scenario s;
    s.at(0s, calls(sales)).expect("c1 arrives at sales", "c1 waits in sales #1");
    s.at(0s, calls(sales)).expect("c2 arrives at sales", "c2 waits in sales #2");
    s.at(1s, calls(sales)).expect("c3 arrives at sales", "c3 waits in sales #3");
    EXPECT_EQ(s.queue(sales).longest_since(), Scenario::kStart);
    s.at(2s, hangs_up(1)).expect("c1 abandons sales after 2s");
    s.at(3s, phone(ann, Device::registered)).expect("ann logged_out>logged_out device.registered");
    s.at(3s, logs_in(ann)).expect("ann logged_out>not_ready(sys.login) login");
    s.at(3s, goes_ready(ann)).expect("ann not_ready>ready ready", "o1: c2 to ann", "ann ready>reserved offer.made");
    EXPECT_EQ(s.queue(sales).longest_since(), Scenario::kStart);
}

TEST(Order, IsByPriorityThenByAgeOverAllQueuesOfAnAgent) {
    Plan p = shop();
    p.agents[1].wrap_up = 0s;
    p.queues[1].priority = 5;
    Scenario s(p);
    s.at(0s, calls(sales)).expect("c1 arrives at sales", "c1 waits in sales #1");
    s.at(1s, calls(support)).expect("c2 arrives at support", "c2 waits in support #1");
    s.at(2s, phone(bob, Device::registered)).expect("bob logged_out>logged_out device.registered");
    s.at(2s, logs_in(bob)).expect("bob logged_out>not_ready(sys.login) login");
    s.at(2s, goes_ready(bob)).expect("bob not_ready>ready ready", "o1: c2 to bob", "bob ready>reserved offer.made");
    s.at(3s, accepts(1)).expect("o1 accepted", "c2 talks to bob after 2s", "bob reserved>talking offer.accepted");
    s.at(4s, ends(2))
        .expect("c2 ended agent_hangup", "bob talking>ready conversation.ended", "o2: c1 to bob",
                "bob ready>reserved offer.made");
}

TEST(MaxWait, EndsTheCallWithoutOverflow) {
    Plan p = shop();
    p.queues[0].max_wait = 30s;
    Scenario s(p);
    s.at(0s, calls(sales)).expect("c1 arrives at sales", "c1 waits in sales #1");
    EXPECT_EQ(s.core().deadline(), Scenario::kStart + 30s);
    s.at(31s, time_passes()).expect("@30s c1 ended max_wait");
    EXPECT_EQ(s.queue(sales).ended, 1u);
    EXPECT_EQ(s.last<event::ContactEnded>().waited, 30s);
}

TEST(MaxWait, IsNotMissedByAnAgentWhoBecomesFreeAtThatMoment) {
    Plan p = shop();
    p.queues[0].max_wait = 30s;
    Scenario s(p);
    s.staff({ann});
    s.at(0s, calls(sales))
        .expect("c1 arrives at sales", "c1 waits in sales #1", "o1: c1 to ann", "ann ready>reserved offer.made");
    s.at(0s, accepts(1)).expect("o1 accepted", "c1 talks to ann after 0s", "ann reserved>talking offer.accepted");
    s.at(10s, ends(1)).expect("c1 ended agent_hangup", "ann talking>wrap_up conversation.ended");
    s.at(10s, calls(sales)).expect("c2 arrives at sales", "c2 waits in sales #1");
    s.at(40s, time_passes())
        .expect("ann wrap_up>ready wrap_up.expired", "o2: c2 to ann", "ann ready>reserved offer.made");
}

TEST(MaxWait, LetsARingingPhoneFinish) {
    Plan p = shop();
    p.queues[0].max_wait = 10s;
    Scenario s(p);
    s.staff({ann, bob});
    s.at(0s, calls(sales))
        .expect("c1 arrives at sales", "c1 waits in sales #1", "o1: c1 to ann", "ann ready>reserved offer.made");
    s.at(15s, time_passes());
    s.at(16s, fails(1, Outcome::rejected))
        .expect("o1 rejected", "ann reserved>ready offer.rejected", "c1 ended max_wait");
    s.at(20s, calls(sales))
        .expect("c2 arrives at sales", "c2 waits in sales #1", "o2: c2 to bob", "bob ready>reserved offer.made");
    s.at(35s, accepts(2)).expect("o2 accepted", "c2 talks to bob after 15s", "bob reserved>talking offer.accepted");
    EXPECT_EQ(s.core().deadline(), std::nullopt);
}

TEST(Overflow, TakesTheAgeAlong) {
    Plan p = shop();
    p.queues[0].max_wait = 20s;
    p.queues[0].overflow = support;
    p.queues[1].max_wait = 60s;
    Scenario s(p);
    s.at(0s, calls(sales)).expect("c1 arrives at sales", "c1 waits in sales #1");
    s.at(10s, calls(support)).expect("c2 arrives at support", "c2 waits in support #1");
    s.at(20s, time_passes()).expect("c1 overflows sales>support after 20s");
    EXPECT_EQ(s.core().deadline(), Scenario::kStart + 70s);
    s.staff({cid}, 30s);
    EXPECT_EQ(s.last<event::OfferMade>().contact, contact(1)) << "it is older than c2, who came to support before it";
    EXPECT_EQ(s.last<event::OfferMade>().queue, support);
    s.at(31s, accepts(1)).expect("o1 accepted", "c1 talks to cid after 31s", "cid reserved>talking offer.accepted");
}

TEST(Overflow, FindsAnAgentThereAtOnce) {
    Plan p = shop();
    p.queues[0].max_wait = 20s;
    p.queues[0].overflow = support;
    p.queues[1].priority = 3;
    Scenario s(p);
    s.staff({cid});
    s.at(0s, calls(sales)).expect("c1 arrives at sales", "c1 waits in sales #1");
    s.at(20s, time_passes())
        .expect("c1 overflows sales>support after 20s", "o1: c1 to cid", "cid ready>reserved offer.made");
    EXPECT_EQ(s.state().find(contact(1))->priority, 3);
}

/// A third queue, vip, which nobody serves; sales → support → vip → sales.
Plan ring_of_queues() {
    Plan p = shop();
    p.queues.push_back(p.queues[0]);
    p.queues[2].name = "vip";
    p.queues[2].required.skills = {{SkillId{0}, 10}};
    p.queues[0].overflow = support;
    p.queues[1].overflow = QueueId{2};
    p.queues[2].overflow = sales;
    for (Queue& q : p.queues) q.max_wait = 10s;
    return p;
}

TEST(Overflow, GoesRoundOnlyOnce) {
    Scenario s(ring_of_queues());
    s.at(0s, calls(sales)).expect("c1 arrives at sales", "c1 waits in sales #1");
    s.at(60s, time_passes())
        .expect("@10s c1 overflows sales>support after 10s", "@20s c1 overflows support>vip after 20s",
                "@30s c1 ended max_wait");
}

TEST(Overflow, StepsOverAQueueThatIsClosedOrFull) {
    Plan p = ring_of_queues();
    p.queues[1].closed = true;
    Scenario s(p);
    s.at(0s, calls(sales)).expect("c1 arrives at sales", "c1 waits in sales #1");
    s.at(10s, time_passes()).expect("c1 overflows sales>vip after 10s");

    Plan full = ring_of_queues();
    full.queues[1].capacity = 1;
    full.queues[1].max_wait = 0s;
    full.queues[2].closed = true;
    Scenario t(full);
    t.at(0s, calls(support)).expect("c1 arrives at support", "c1 waits in support #1");
    t.at(0s, calls(sales)).expect("c2 arrives at sales", "c2 waits in sales #1");
    t.at(10s, time_passes()).expect("c2 ended max_wait");
}

TEST(Overflow, WaitsForTheRingingPhone) {
    Plan p = shop();
    p.queues[0].max_wait = 10s;
    p.queues[0].overflow = support;
    Scenario s(p);
    s.staff({ann, cid});
    s.at(0s, calls(sales))
        .expect("c1 arrives at sales", "c1 waits in sales #1", "o1: c1 to ann", "ann ready>reserved offer.made");
    s.at(1s, rings(1)).expect("o1 rings");
    s.at(30s, time_passes())
        .expect("@20s o1 no_answer", "@20s ann reserved>ready offer.no_answer",
                "@20s c1 overflows sales>support after 20s", "@20s o2: c1 to cid",
                "@20s cid ready>reserved offer.made");
}

TEST(Account, Balances) {
    Plan p = shop();
    p.queues[0].max_wait = 50s;
    p.queues[0].overflow = support;
    p.agents[0].wrap_up = 0s;
    Scenario s(p);
    s.staff({ann});
    s.at(0s, calls(sales))
        .expect("c1 arrives at sales", "c1 waits in sales #1", "o1: c1 to ann", "ann ready>reserved offer.made");
    s.at(1s, calls(sales)).expect("c2 arrives at sales", "c2 waits in sales #2");
    s.at(1s, calls(sales)).expect("c3 arrives at sales", "c3 waits in sales #3");
    s.at(1s, calls(sales)).expect("c4 arrives at sales", "c4 waits in sales #4");
    s.at(2s, accepts(1)).expect("o1 accepted", "c1 talks to ann after 2s", "ann reserved>talking offer.accepted");
    s.at(3s, hangs_up(2)).expect("c2 abandons sales after 2s");
    s.at(51s, time_passes()).expect("c3 overflows sales>support after 50s", "c4 overflows sales>support after 50s");
    s.at(52s, input::CallerLeaves{contact(3), EndCause::caller_failed}).expect("c3 ended caller_failed");
    const QueueRecord& q = s.queue(sales);
    EXPECT_EQ(q.entered, 4u);
    EXPECT_EQ(q.answered, 1u);
    EXPECT_EQ(q.answered_within, 1u);
    EXPECT_EQ(q.abandoned, 1u);
    EXPECT_EQ(q.overflowed_out, 2u);
    EXPECT_EQ(q.wait_total, 2s);
    EXPECT_EQ(s.queue(support).overflowed_in, 2u);
    EXPECT_EQ(s.queue(support).ended, 1u);
}

TEST(Conversation, MayEndWhileStillWaiting) {
    Scenario s;
    s.at(0s, calls(sales)).expect("c1 arrives at sales", "c1 waits in sales #1");
    s.at(1s, ends(1, EndCause::media_timeout)).expect("c1 ended media_timeout");
}

TEST(Conversation, EndsWhenTheCallerLeaves) {
    Scenario s;
    s.staff({ann});
    s.at(0s, calls(sales))
        .expect("c1 arrives at sales", "c1 waits in sales #1", "o1: c1 to ann", "ann ready>reserved offer.made");
    s.at(1s, accepts(1)).expect("o1 accepted", "c1 talks to ann after 1s", "ann reserved>talking offer.accepted");
    s.at(9s, hangs_up(1)).expect("c1 ended caller_hangup", "ann talking>wrap_up conversation.ended");
    const auto& e = s.last<event::ContactEnded>();
    EXPECT_EQ(e.waited, 1s);
    EXPECT_EQ(e.talked, 8s);
    EXPECT_EQ(e.lasted, 9s);
}

TEST(Time, NeverRunsBackwards) {
    Scenario s;
    s.at(10s, calls(sales)).expect("c1 arrives at sales", "c1 waits in sales #1");
    s.at(5s, hangs_up(1)).expect("@10s c1 abandons sales after 0s");
}

}  // namespace
}  // namespace centrala::routing::testing
