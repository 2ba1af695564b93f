// Relaxation: a queue asks for less the longer a call waits; groups, preferences, and queues that calls leave at once.
#include "scenario.hpp"

namespace centrala::routing::testing {
namespace {

/// Sales ask for level 5 at first, for level 3 after 30 s, for nothing after a minute, with priority 4.
Plan relaxing() {
    Plan p = shop();
    p.queues[0].required.skills = {{selling, 5}};
    p.queues[0].relaxations = {{30s, {{{selling, 3}}, {}, {}}, 0}, {60s, {}, 4}};
    return p;
}

TEST(Relaxation, LetsMoreAgentsTakeTheCallTheLongerItWaits) {
    Scenario s(relaxing());
    s.staff({bob, cid});
    s.at(0s, calls(sales)).expect("c1 arrives at sales", "c1 waits in sales #1");
    s.at(29s, time_passes());
    s.at(30s, time_passes())
        .expect("c1 is relaxed to step 1 after 30s", "o1: c1 to bob", "bob ready>reserved offer.made");
    EXPECT_EQ(s.last<event::OfferMade>().candidates, 1u);
}

TEST(Relaxation, RaisesThePriority) {
    Scenario s(relaxing());
    s.at(0s, calls(support)).expect("c1 arrives at support", "c1 waits in support #1");
    s.at(1s, calls(sales)).expect("c2 arrives at sales", "c2 waits in sales #1");
    s.at(31s, time_passes()).expect("c2 is relaxed to step 1 after 30s");
    s.at(61s, time_passes()).expect("c2 is relaxed to step 2 after 60s");
    s.staff({cid}, 70s);
    EXPECT_EQ(s.last<event::OfferMade>().contact, contact(2));
}

TEST(Relaxation, CatchesUpWithWhatCameDueWhileAPhoneRang) {
    Plan p = relaxing();
    p.queues[0].ring_timeout = 50s;
    Scenario s(p);
    s.staff({ann});
    s.at(0s, calls(sales))
        .expect("c1 arrives at sales", "c1 waits in sales #1", "o1: c1 to ann", "ann ready>reserved offer.made");
    s.staff({cid}, 20s);
    s.at(20s, fails(1, Outcome::busy)).expect("o1 busy", "ann reserved>busy offer.busy");
    s.at(30s, time_passes()).expect("c1 is relaxed to step 1 after 30s");
    s.at(40s, time_passes()).expect("ann busy>ready busy.lapsed", "o2: c1 to ann", "ann ready>reserved offer.made");
    s.at(70s, fails(2, Outcome::busy))
        .expect("o2 busy", "ann reserved>busy offer.busy", "c1 is relaxed to step 2 after 70s", "o3: c1 to cid",
                "cid ready>reserved offer.made");
}

TEST(Relaxation, GoesOnWhereItWasWhenTheCallComesBack) {
    Plan p = relaxing();
    p.probe_interval = 60s;
    Scenario s(p);
    s.staff({bob});
    s.at(0s, calls(sales)).expect("c1 arrives at sales", "c1 waits in sales #1");
    s.at(30s, time_passes())
        .expect("c1 is relaxed to step 1 after 30s", "o1: c1 to bob", "bob ready>reserved offer.made");
    s.at(31s, accepts(1)).expect("o1 accepted", "c1 talks to bob after 31s", "bob reserved>talking offer.accepted");
    s.at(40s, loses_leg(1)).expect("c1 rescued to sales", "bob talking>unreachable leg.lost");
    s.at(69s, time_passes());
    s.at(70s, time_passes()).expect("c1 is relaxed to step 2 after 61s");
}

TEST(Relaxation, StartsOverInAnotherQueue) {
    Plan p = relaxing();
    p.queues[0].max_wait = 40s;
    p.queues[0].overflow = support;
    p.queues[1].relaxations = {{15s, {}, 0}};
    Scenario s(p);
    s.at(0s, calls(sales)).expect("c1 arrives at sales", "c1 waits in sales #1");
    s.at(40s, time_passes()).expect("@30s c1 is relaxed to step 1 after 30s", "c1 overflows sales>support after 40s");
    EXPECT_EQ(s.state().find(contact(1))->step, 0u);
    s.at(55s, time_passes()).expect("c1 is relaxed to step 1 after 55s");
}

TEST(Groups, KeepAQueueForTheirAgents) {
    Plan p = shop();
    p.agents[1].group = AgentGroupId{1};
    p.queues[0].required.groups = {AgentGroupId{1}};
    Scenario s(p);
    s.staff({ann, bob});
    s.at(0s, calls(sales))
        .expect("c1 arrives at sales", "c1 waits in sales #1", "o1: c1 to bob", "bob ready>reserved offer.made");
    s.at(1s, calls(sales)).expect("c2 arrives at sales", "c2 waits in sales #2");
}

TEST(Agents, TakeOnlyTheQueuesTheyAreFor) {
    Plan p = shop();
    p.agents[1].queues = {support};
    Scenario s(p);
    s.staff({bob});
    s.at(0s, calls(sales)).expect("c1 arrives at sales", "c1 waits in sales #1");
    s.at(1s, calls(support))
        .expect("c2 arrives at support", "c2 waits in support #1", "o1: c2 to bob", "bob ready>reserved offer.made");
}

TEST(SeveralQueues, HoldACallThatIsAnsweredOnceAndCountedWhereItCame) {
    Plan p = shop();
    p.queues[0].required.also = {support};
    Scenario s(p);
    s.staff({cid});
    s.at(0s, calls(sales))
        .expect("c1 arrives at sales", "c1 waits in sales #1", "o1: c1 to cid", "cid ready>reserved offer.made");
    EXPECT_EQ(s.last<event::OfferMade>().level, 4u);
    s.at(1s, accepts(1)).expect("o1 accepted", "c1 talks to cid after 1s", "cid reserved>talking offer.accepted");
    EXPECT_EQ(s.queue(sales).answered, 1u);
    EXPECT_EQ(s.queue(support).answered, 0u);
}

TEST(Preferences, ComeBeforeTheStrategy) {
    Plan p = shop();
    p.queues[0].preferred = {{fixing, 2}};
    Scenario s(p);
    s.staff({ann, bob});
    s.at(0s, calls(sales))
        .expect("c1 arrives at sales", "c1 waits in sales #1", "o1: c1 to bob", "bob ready>reserved offer.made");
}

TEST(Overflow, TakesWhoComesWhenTooManyWait) {
    Plan p = shop();
    p.queues[0].overflow = support;
    p.queues[0].overflow_when.line = 1;
    Scenario s(p);
    s.at(0s, calls(sales)).expect("c1 arrives at sales", "c1 waits in sales #1");
    s.at(1s, calls(sales))
        .expect("c2 arrives at sales", "c2 waits in sales #2", "c2 overflows sales>support after 0s because of line");
    p.queues[1].closed = true;
    Scenario closed(p);
    closed.at(0s, calls(sales)).expect("c1 arrives at sales", "c1 waits in sales #1");
    closed.at(1s, calls(sales)).expect("c2 arrives at sales", "c2 waits in sales #2");
}

TEST(Overflow, TakesAllWhenTheLastWhoCouldServeThemLeaves) {
    Plan p = shop();
    p.queues[0].overflow = support;
    p.queues[0].overflow_when.without_agents = true;
    Scenario s(p);
    s.staff({ann});
    s.at(0s, goes_not_ready(ann, "lunch")).expect("ann ready>not_ready(lunch) not_ready");
    s.at(1s, calls(sales)).expect("c1 arrives at sales", "c1 waits in sales #1");
    s.at(2s, calls(sales)).expect("c2 arrives at sales", "c2 waits in sales #2");
    s.at(3s, logs_out(ann))
        .expect("ann not_ready>logged_out logout", "c1 overflows sales>support after 2s because of no_agent",
                "c2 overflows sales>support after 1s because of no_agent");
    s.at(4s, calls(sales))
        .expect("c3 arrives at sales", "c3 waits in sales #1",
                "c3 overflows sales>support after 0s because of no_agent");
}

TEST(Overflow, TakesWhoWasLeftWhereNobodyIsAsSoonAsThereIsRoom) {
    Plan p = shop();
    p.queues[0].overflow = support;
    p.queues[0].overflow_when.without_agents = true;
    p.queues[1].capacity = 1;
    Scenario s(p);
    s.at(0s, calls(support)).expect("c1 arrives at support", "c1 waits in support #1");
    s.at(1s, calls(sales)).expect("c2 arrives at sales", "c2 waits in sales #1");
    s.at(2s, calls(sales)).expect("c3 arrives at sales", "c3 waits in sales #2");
    s.at(5s, hangs_up(1))
        .expect("c1 abandons support after 5s", "c2 overflows sales>support after 4s because of no_agent");
    s.at(9s, hangs_up(2))
        .expect("c2 abandons support after 8s", "c3 overflows sales>support after 7s because of no_agent");
    EXPECT_EQ(s.queue(sales).line(), 0u);
}

TEST(Overflow, TakesAllWhenTheLastSkillIsTakenAway) {
    Plan p = shop();
    p.queues[0].overflow = support;
    p.queues[0].overflow_when.without_agents = true;
    Scenario s(p);
    s.staff({ann});
    s.at(0s, goes_not_ready(ann)).expect("ann ready>not_ready not_ready");
    s.at(1s, calls(sales)).expect("c1 arrives at sales", "c1 waits in sales #1");
    s.at(2s, learns(ann, 0, 0)).expect("ann selling 5>0", "c1 overflows sales>support after 1s because of no_agent");
}

}  // namespace
}  // namespace centrala::routing::testing
