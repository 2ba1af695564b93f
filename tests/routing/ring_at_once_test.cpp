// Calls that ring at several agents at once: who is rung, who gets it, and what becomes of the others.
#include "scenario.hpp"

namespace centrala::routing::testing {
namespace {

Plan ringing_at(std::uint32_t agents) {
    Plan p = shop();
    p.queues[0].ring_at_once = agents;
    p.queues[1].ring_at_once = agents;
    Agent dan;
    dan.name = dan.display_name = "dan";
    dan.skills = {{SkillId{0}, 2}};
    p.agents.push_back(dan);
    return p;
}

constexpr AgentId dan{3};

/// c1 rings at ann, then at bob.
struct RingingAtTwo : Scenario {
    explicit RingingAtTwo(Plan p = ringing_at(2)) : Scenario(std::move(p)) {
        staff({ann, bob});
        at(0s, calls(sales))
            .expect("c1 arrives at sales", "c1 waits in sales #1", "o1: c1 to ann", "ann ready>reserved offer.made",
                    "o2: c1 to bob", "bob ready>reserved offer.made");
    }
};

TEST(RingAtOnce, RingsAtAsManyAsTheQueueSays) {
    Scenario s(ringing_at(2));
    s.staff({ann, bob, dan});
    s.at(0s, calls(sales))
        .expect("c1 arrives at sales", "c1 waits in sales #1", "o1: c1 to ann", "ann ready>reserved offer.made",
                "o2: c1 to bob", "bob ready>reserved offer.made");
    EXPECT_EQ(s.last<event::OfferMade>().beside, 1u);
    EXPECT_EQ(s.last<event::OfferMade>().candidates, 2u);
    EXPECT_EQ(s.last<event::OfferMade>().attempt, 2u);
    EXPECT_EQ(s.queue(sales).line(), 1u);
}

TEST(RingAtOnce, GivesTheCallToWhoAnswersFirstAndBlamesNobodyElse) {
    RingingAtTwo s;
    const Timestamp idle_since = s.agent(ann).idle_since;
    s.at(3s, accepts(2))
        .expect("o1 rescinded", "ann reserved>ready offer.rescinded", "o2 accepted", "c1 talks to bob after 3s",
                "bob reserved>talking offer.accepted");
    EXPECT_EQ(s.agent(ann).idle_since, idle_since);
    EXPECT_EQ(s.agent(ann).facts.misses, 0u);
    s.at(3s, accepts(1)).rejected(Rejection::unknown_id);
}

TEST(RingAtOnce, RingsOnAtTheOthersWhenOneDeclines) {
    RingingAtTwo s;
    s.at(1s, fails(1, Outcome::rejected, 603)).expect("o1 rejected", "ann reserved>ready offer.rejected");
    EXPECT_EQ(s.state().find(contact(1))->phase, ContactPhase::offered);
    s.at(2s, accepts(2)).expect("o2 accepted", "c1 talks to bob after 2s", "bob reserved>talking offer.accepted");
}

TEST(RingAtOnce, WaitsAgainOnlyWhenNobodyIsLeft) {
    RingingAtTwo s;
    s.at(1s, fails(1, Outcome::rejected, 603)).expect("o1 rejected", "ann reserved>ready offer.rejected");
    s.at(2s, fails(2, Outcome::rejected, 603)).expect("o2 rejected", "bob reserved>ready offer.rejected");
    EXPECT_EQ(s.state().find(contact(1))->phase, ContactPhase::waiting);
    s.at(40s, time_passes())
        .expect("@31s o3: c1 to ann", "@31s ann ready>reserved offer.made", "@32s o4: c1 to bob",
                "@32s bob ready>reserved offer.made");
}

TEST(RingAtOnce, LetsWhoBecomesFreeJoin) {
    Scenario s(ringing_at(3));
    s.staff({ann});
    s.at(0s, calls(sales))
        .expect("c1 arrives at sales", "c1 waits in sales #1", "o1: c1 to ann", "ann ready>reserved offer.made");
    s.happens(4s, phone(bob, Device::registered));
    s.happens(4s, logs_in(bob));
    s.at(5s, goes_ready(bob)).expect("bob not_ready>ready ready", "o2: c1 to bob", "bob ready>reserved offer.made");
    EXPECT_EQ(s.last<event::OfferMade>().ring_until, Scenario::kStart + 25s) << "each phone rings its own time";
}

TEST(RingAtOnce, TakesNobodyWhomAnotherCallNeeds) {
    Scenario s(ringing_at(3));
    s.staff({ann, bob});
    s.at(0s, calls(sales))
        .expect("c1 arrives at sales", "c1 waits in sales #1", "o1: c1 to ann", "ann ready>reserved offer.made",
                "o2: c1 to bob", "bob ready>reserved offer.made");
    s.at(1s, calls(sales)).expect("c2 arrives at sales", "c2 waits in sales #2");
    s.happens(2s, phone(dan, Device::registered));
    s.happens(2s, logs_in(dan));
    s.at(3s, goes_ready(dan)).expect("dan not_ready>ready ready", "o3: c2 to dan", "dan ready>reserved offer.made");
    // Whom the first call lets go joins the second, and only that one.
    s.at(4s, accepts(1))
        .expect("o2 rescinded", "bob reserved>ready offer.rescinded", "o1 accepted", "c1 talks to ann after 4s",
                "ann reserved>talking offer.accepted", "o4: c2 to bob", "bob ready>reserved offer.made");
}

TEST(RingAtOnce, StopsEverywhereWhenTheCallerLeaves) {
    RingingAtTwo s;
    s.at(2s, hangs_up(1))
        .expect("o1 caller_gone", "o2 caller_gone", "c1 abandons sales after 2s",
                "ann reserved>ready offer.caller_gone", "bob reserved>ready offer.caller_gone");
    EXPECT_EQ(s.last<event::ContactAbandoned>().while_ringing, offer(1));
    EXPECT_TRUE(s.state().offers.empty());
}

TEST(RingAtOnce, CountsAMissForEachWhoLetsItRing) {
    RingingAtTwo s;
    s.at(1s, rings(1)).expect("o1 rings");
    s.at(1s, rings(2)).expect("o2 rings");
    s.at(20s, time_passes())
        .expect("o1 no_answer", "ann reserved>ready offer.no_answer", "o2 no_answer",
                "bob reserved>ready offer.no_answer");
    EXPECT_EQ(s.agent(ann).facts.misses, 1u);
    EXPECT_EQ(s.agent(bob).facts.misses, 1u);
}

TEST(RingAtOnce, RingsAtNobodyElseWhenTheWaitIsOver) {
    Plan p = ringing_at(2);
    p.queues[0].max_wait = 10s;
    Scenario s(p);
    s.staff({ann});
    s.happens(0s, calls(sales));
    s.happens(11s, phone(bob, Device::registered));
    s.happens(11s, logs_in(bob));
    s.at(12s, goes_ready(bob)).expect("bob not_ready>ready ready");
    s.at(13s, fails(1, Outcome::rejected, 603))
        .expect("o1 rejected", "ann reserved>ready offer.rejected", "c1 ended max_wait");
}

TEST(RingAtOnce, LeavesACallAloneThatWasHandedToOneAgent) {
    Scenario s(ringing_at(3));
    s.staff({ann});
    s.happens(0s, calls(sales));
    s.happens(1s, accepts(1));
    s.staff({bob, dan}, 2s);
    s.at(3s, to_agent(1, dan))
        .expect("c1 goes from ann to dan blind", "ann talking>wrap_up transfer.made", "o2: c1 to dan",
                "dan ready>reserved offer.made");
    s.at(4s, fails(2, Outcome::busy, 486))
        .expect("o2 busy", "dan reserved>busy offer.busy", "o3: c1 to bob", "bob ready>reserved offer.made");
}

TEST(RingAtOnce, GoesNotReadyWithoutStoppingTheOthers) {
    RingingAtTwo s;
    s.at(1s, goes_not_ready(ann)).expect("o1 rescinded", "ann reserved>not_ready not_ready");
    s.at(2s, accepts(2)).expect("o2 accepted", "c1 talks to bob after 2s", "bob reserved>talking offer.accepted");
}

}  // namespace
}  // namespace centrala::routing::testing
