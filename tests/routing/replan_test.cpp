// The configuration changes while calls wait, ring and are talked: who loses their place, and who gets a call by it.
#include "centrala/routing/derive.hpp"
#include "scenario.hpp"

namespace centrala::routing::testing {
namespace {

Plan without(Plan p, AgentId agent) {
    p.agents[index(agent)].retired = true;
    return p;
}

TEST(Replanning, WithTheSamePlanChangesNothing) {
    Scenario s;
    s.staff({ann, bob});
    s.happens(0s, calls(sales));
    s.happens(1s, rings(1));
    s.happens(2s, calls(support));
    s.happens(3s, calls(support));
    s.happens(4s, accepts(1));
    const auto before = digest(s.state());
    s.replanned(4s, shop());
    EXPECT_EQ(digest(s.state()), before);
}

TEST(Replanning, GivesWhoWaitsToAgentsWhoMayTakeThemNow) {
    Scenario s;
    s.staff({ann});
    s.at(0s, calls(support)).expect("c1 arrives at support", "c1 waits in support #1");
    Plan p = shop();
    p.queues[1].required.skills = {{selling, 5}};
    s.replanned(9s, p).expect("o1: c1 to ann", "ann ready>reserved offer.made");
    EXPECT_EQ(s.last<event::OfferMade>().waited, 9s);
}

TEST(Replanning, GivesAnAgentTheSkillsOfTheNewPlan) {
    Scenario s;
    s.staff({ann});
    s.at(0s, calls(support)).expect("c1 arrives at support", "c1 waits in support #1");
    Plan p = shop();
    p.agents[0].skills = {{fixing, 2}};
    s.replanned(1s, p).expect("o1: c1 to ann", "ann ready>reserved offer.made");
}

TEST(Replanning, LeavesASkillThatASupervisorHasChangedUnlessTheConfigurationDoes) {
    Scenario s;
    s.happens(0s, learns(ann, 1, 7));
    Plan p = shop();
    p.queues[0].priority = 3;
    s.replanned(1s, p);
    EXPECT_EQ(s.agent(ann).skills.size(), 2u) << "not about her";
    p.agents[0].skills = {{selling, 6}};
    s.replanned(2s, p);
    EXPECT_EQ(s.agent(ann).skills, (std::vector<SkillLevel>{{selling, 6}}));
}

TEST(Replanning, CountsLongestWaitsAndStepsFromWhenTheCallCame) {
    Scenario s;
    s.at(0s, calls(support)).expect("c1 arrives at support", "c1 waits in support #1");
    Plan p = shop();
    p.queues[1].max_wait = 60s;
    p.queues[1].relaxations = {{10s, {}, 2}, {40s, {}, 4}};
    s.at(19s, time_passes());
    s.replanned(20s, p);
    EXPECT_EQ(s.state().find(contact(1))->step, 1u);
    EXPECT_EQ(s.state().find(contact(1))->priority, 2);
    s.at(40s, time_passes()).expect("c1 is relaxed to step 2 after 40s");
    s.at(60s, time_passes()).expect("c1 ended max_wait");
}

TEST(Replanning, EndsWaitsThatAreLongerThanIsAllowedNow) {
    Plan p = shop();
    p.queues[1].max_wait = 5min;
    p.queues[1].overflow = sales;
    Scenario s(p);
    s.at(0s, calls(support)).expect("c1 arrives at support", "c1 waits in support #1");
    s.at(50s, time_passes());
    p.queues[1].max_wait = 30s;
    s.replanned(51s, p).expect("c1 overflows support>sales after 51s");
}

TEST(Replanning, ServesWhoWaitsInAQueueThatIsGone) {
    Scenario s;
    s.at(0s, calls(sales)).expect("c1 arrives at sales", "c1 waits in sales #1");
    Plan p = shop();
    p.queues[0].retired = p.queues[0].closed = true;
    p.entry_points[0].retired = p.entry_points[0].closed = true;
    s.replanned(1s, p);
    EXPECT_FALSE(s.core().plan().find_queue("sales"));
    s.staff({ann}, 5s);
    EXPECT_EQ(s.last<event::OfferMade>().contact, contact(1));
}

TEST(Replanning, LogsOutWhoIsGoneAtOnceOrAfterTheCallInHand) {
    Scenario s;
    s.staff({ann, bob, cid});
    s.happens(0s, calls(sales));
    s.happens(1s, rings(1));
    s.happens(2s, accepts(1));
    s.happens(3s, calls(support));
    Plan p = without(without(without(shop(), ann), bob), cid);
    s.replanned(4s, p).expect("ann talking>talking pending.set", "o2 rescinded", "bob reserved>logged_out logout",
                              "cid ready>logged_out logout");
    EXPECT_EQ(s.state().find(contact(2))->phase, ContactPhase::waiting);
    s.at(5s, goes_ready(ann)).rejected(Rejection::unknown_id);
    s.at(6s, ends(1)).expect("c1 ended agent_hangup", "ann talking>wrap_up conversation.ended");
    s.at(7s, ends_wrap_up(ann)).expect("ann wrap_up>logged_out wrap_up.ended");
    s.at(8s, logs_in(ann)).rejected(Rejection::unknown_id);
    EXPECT_FALSE(s.core().plan().find_agent("ann"));
}

TEST(Replanning, TakesNewAgentsIn) {
    Scenario s;
    s.at(0s, calls(support)).expect("c1 arrives at support", "c1 waits in support #1");
    Plan p = shop();
    Agent dan;
    dan.name = "dan";
    dan.skills = {{fixing, 9}};
    dan.always_logged_in = true;
    p.agents.push_back(dan);
    s.replanned(1s, p, {AgentId{3}}).expect("dan logged_out>unreachable login");
    s.at(2s, phone(AgentId{3}, Device::registered))
        .expect("dan unreachable>ready device.registered", "o1: c1 to dan", "dan ready>reserved offer.made");
}

TEST(Replanning, ReleasesACallThatWasKeptForSomebodyWhoIsGone) {
    Plan p = shop();
    p.entry_points[0].wanted = Wanted{ann, 60s};
    Scenario s(p);
    s.staff({ann, bob});
    s.happens(0s, calls(sales));
    s.happens(1s, rings(1));
    s.happens(2s, accepts(1));
    s.happens(3s, goes_not_ready(bob));
    s.happens(4s, calls(sales));
    ASSERT_EQ(s.state().find(contact(2))->wanted, ann);
    p.agents[0].retired = true;
    p.entry_points[0].wanted.reset();
    s.replanned(5s, p).expect("ann talking>talking pending.set", "c2 no longer waits for ann left");
}

TEST(Replanning, OrdersAgentsByTheirNewPlaces) {
    Plan p = shop();
    p.queues[0].strategy = Strategy::in_order;
    Scenario s(p);
    s.staff({ann, bob});
    p.agents[0].place = 1;
    s.replanned(1s, p);
    s.at(2s, calls(sales))
        .expect("c1 arrives at sales", "c1 waits in sales #1", "o1: c1 to bob", "bob ready>reserved offer.made");
}

}  // namespace
}  // namespace centrala::routing::testing
