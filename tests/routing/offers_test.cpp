// Offers: each outcome and what follows from it for the agent and for the contact.
#include "scenario.hpp"

namespace centrala::routing::testing {
namespace {

/// ann is offered c1 at 0 s; bob, if there, comes next.
struct Ringing : Scenario {
    explicit Ringing(std::initializer_list<AgentId> who, Plan p = shop()) : Scenario(std::move(p)) {
        staff(who);
        idle_before = agent(ann).idle_since;
        at(0s, calls(sales))
            .expect("c1 arrives at sales", "c1 waits in sales #1", "o1: c1 to ann", "ann ready>reserved offer.made");
    }
    Timestamp idle_before{};
};

TEST(OfferMade, SaysWhyThisAgent) {
    Ringing s({ann, bob});
    const auto& e = s.last<event::OfferMade>();
    EXPECT_EQ(e.strategy, Strategy::longest_idle);
    EXPECT_EQ(e.candidates, 2u);
    EXPECT_EQ(e.idle, 2us);
    EXPECT_EQ(e.level, 5u);
    EXPECT_EQ(e.waited, 0s);
    EXPECT_EQ(e.attempt, 1u);
    EXPECT_EQ(e.ring_until, Scenario::kStart + 20s);
    s.at(2s, rings(1)).expect("o1 rings");
    s.at(3s, rings(1)).rejected(Rejection::already_so);
}

TEST(OfferAccepted, ConnectsAndForgivesMisses) {
    Ringing s({ann});
    s.at(1s, fails(1, Outcome::rejected, 603)).expect("o1 rejected", "ann reserved>ready offer.rejected");
    EXPECT_EQ(s.agent(ann).facts.misses, 1u);
    s.at(31s, time_passes()).expect("o2: c1 to ann", "ann ready>reserved offer.made");
    s.at(33s, accepts(2)).expect("o2 accepted", "c1 talks to ann after 33s", "ann reserved>talking offer.accepted");
    EXPECT_EQ(s.agent(ann).facts.misses, 0u);
    EXPECT_EQ(s.last<event::ContactConnected>().rang, 2s);
    EXPECT_EQ(s.queue(sales).answered, 1u);
    EXPECT_EQ(s.queue(sales).answered_within, 0u);
}

TEST(OfferRejected, GoesToTheNextAgentAndNotBackTooSoon) {
    Ringing s({ann, bob});
    s.at(1s, fails(1, Outcome::rejected, 603))
        .expect("o1 rejected", "ann reserved>ready offer.rejected", "o2: c1 to bob", "bob ready>reserved offer.made");
    EXPECT_EQ(s.agent(ann).idle_since, Scenario::kStart + 1s) << "who declines goes to the end of the line";
    EXPECT_EQ(s.last<event::OfferMade>().attempt, 2u);
    EXPECT_EQ(s.last<event::OfferMade>().candidates, 1u);
    s.at(2s, fails(2, Outcome::rejected, 603)).expect("o2 rejected", "bob reserved>ready offer.rejected");
    // Others are served meanwhile, by those same agents, though c1 is first in line.
    s.at(3s, calls(sales))
        .expect("c2 arrives at sales", "c2 waits in sales #2", "o3: c2 to ann", "ann ready>reserved offer.made");
    s.at(4s, accepts(3)).expect("o3 accepted", "c2 talks to ann after 1s", "ann reserved>talking offer.accepted");
    s.at(40s, time_passes()).expect("@32s o4: c1 to bob", "@32s bob ready>reserved offer.made");
}

TEST(OfferNoAnswer, CountsAgainstTheAgentUntilItIsNotReady) {
    Ringing s({ann});
    s.at(1s, rings(1)).expect("o1 rings");
    s.at(20s, time_passes()).expect("o1 no_answer", "ann reserved>ready offer.no_answer");
    EXPECT_EQ(s.last<event::OfferEnded>().misses, 1u);
    EXPECT_EQ(s.last<event::OfferEnded>().not_again_before, Scenario::kStart + 50s);
    EXPECT_EQ(s.agent(ann).idle_since, Scenario::kStart + 20s);
    s.at(50s, time_passes()).expect("o2: c1 to ann", "ann ready>reserved offer.made");
    s.at(51s, rings(2)).expect("o2 rings");
    s.at(71s, time_passes()).expect("@70s o2 no_answer", "@70s ann reserved>not_ready(sys.no_answer) offer.no_answer");
    EXPECT_EQ(s.last<event::OfferEnded>().misses, 2u);
    s.at(90s, goes_ready(ann)).expect("ann not_ready>ready ready");
    s.at(100s, time_passes()).expect("o3: c1 to ann", "ann ready>reserved offer.made");
}

TEST(OfferNoAnswer, NeverMakesNotReadyIfThePlanSaysSo) {
    Plan p = shop();
    p.queues[0].misses_max = 0;
    Ringing s({ann}, p);
    s.at(1s, rings(1)).expect("o1 rings");
    s.at(20s, time_passes()).expect("o1 no_answer", "ann reserved>ready offer.no_answer");
    s.at(50s, time_passes()).expect("o2: c1 to ann", "ann ready>reserved offer.made");
    s.at(51s, rings(2)).expect("o2 rings");
    s.at(70s, time_passes()).expect("o2 no_answer", "ann reserved>ready offer.no_answer");
    EXPECT_EQ(s.agent(ann).facts.misses, 2u);
}

TEST(OfferBusy, BlamesNobodyAndWaitsForThePhone) {
    Ringing s({ann});
    s.at(1s, fails(1, Outcome::busy, 486)).expect("o1 busy", "ann reserved>busy offer.busy");
    EXPECT_EQ(s.last<event::OfferEnded>().sip_code, 486);
    EXPECT_EQ(s.last<event::OfferEnded>().not_again_before, std::nullopt);
    EXPECT_EQ(s.agent(ann).facts.misses, 0u);
    EXPECT_EQ(s.agent(ann).idle_since, s.idle_before);
    s.at(21s, time_passes()).expect("ann busy>ready busy.lapsed", "o2: c1 to ann", "ann ready>reserved offer.made");
    s.at(22s, fails(2, Outcome::busy, 486)).expect("o2 busy", "ann reserved>busy offer.busy");
    s.at(25s, own_call(ann, OtherUse::none))
        .expect("ann busy>ready other_use.ended", "o3: c1 to ann", "ann ready>reserved offer.made");
}

TEST(OfferBusy, LastsAsLongAsTheCallOnceWeSeeIt) {
    Ringing s({ann});
    s.at(1s, fails(1, Outcome::busy, 486)).expect("o1 busy", "ann reserved>busy offer.busy");
    s.at(2s, own_call(ann, OtherUse::non_acd_call)).expect("ann busy>busy other_use.began");
    s.at(100s, time_passes());
    s.at(101s, own_call(ann, OtherUse::none))
        .expect("ann busy>ready other_use.ended", "o2: c1 to ann", "ann ready>reserved offer.made");
}

TEST(OfferUnreachable, LetsThePhoneRestAndKeepsTheIdleClock) {
    Ringing s({ann, bob});
    s.at(1s, fails(1, Outcome::unreachable, 408))
        .expect("o1 unreachable", "ann reserved>unreachable offer.unreachable", "o2: c1 to bob",
                "bob ready>reserved offer.made");
    EXPECT_EQ(s.agent(ann).idle_since, s.idle_before);
    EXPECT_EQ(s.agent(ann).facts.misses, 0u);
    s.at(5s, fails(2, Outcome::unreachable, 503))
        .expect("o2 unreachable", "bob reserved>unreachable offer.unreachable");
    s.at(31s, time_passes())
        .expect("ann unreachable>ready device.rested", "o3: c1 to ann", "ann ready>reserved offer.made");
}

TEST(OfferUnreachable, IsWhatAPhoneThatNeverRangWasAtTheDeadline) {
    Plan p = shop();
    p.queues[0].misses_max = 1;
    Ringing s({ann}, p);
    s.at(20s, time_passes()).expect("o1 unreachable", "ann reserved>unreachable offer.unreachable");
    EXPECT_EQ(s.last<event::OfferEnded>().not_again_before, std::nullopt);
    EXPECT_EQ(s.agent(ann).idle_since, s.idle_before);
    EXPECT_EQ(s.agent(ann).facts.misses, 0u);
    s.at(22s, phone(ann, Device::registered))
        .expect("ann unreachable>ready device.registered", "o2: c1 to ann", "ann ready>reserved offer.made");
}

TEST(OfferCallerGone, KeepsTheIdleClock) {
    Ringing s({ann, bob});
    s.at(5s, hangs_up(1))
        .expect("o1 caller_gone", "c1 abandons sales after 5s", "ann reserved>ready offer.caller_gone");
    EXPECT_EQ(s.last<event::ContactAbandoned>().while_ringing, offer(1));
    EXPECT_EQ(s.agent(ann).idle_since, s.idle_before);
    s.at(6s, calls(sales))
        .expect("c2 arrives at sales", "c2 waits in sales #1", "o2: c2 to ann", "ann ready>reserved offer.made");
}

TEST(OfferCallerGone, IsAnEndAndNoAbandonIfWeEndedTheCall) {
    Ringing s({ann});
    s.at(5s, input::CallerLeaves{contact(1), EndCause::shutdown})
        .expect("o1 caller_gone", "c1 ended shutdown", "ann reserved>ready offer.caller_gone");
    EXPECT_EQ(s.queue(sales).ended, 1u);
    EXPECT_EQ(s.queue(sales).abandoned, 0u);
}

TEST(OfferRescinded, WhenTheAgentGoesNotReady) {
    Ringing s({ann, bob});
    s.at(5s, goes_not_ready(ann, "lunch"))
        .expect("o1 rescinded", "ann reserved>not_ready(lunch) not_ready", "o2: c1 to bob",
                "bob ready>reserved offer.made");
    EXPECT_EQ(s.agent(ann).facts.misses, 0u);
}

TEST(OfferRescinded, WhenTheAgentLogsOut) {
    Ringing s({ann, bob});
    s.at(5s, logs_out(ann))
        .expect("o1 rescinded", "ann reserved>logged_out logout", "o2: c1 to bob", "bob ready>reserved offer.made");
}

TEST(OfferRescinded, BySomebodyElseMayComeBackAtOnce) {
    Ringing s({ann});
    s.at(5s, fails(1, Outcome::rescinded))
        .expect("o1 rescinded", "ann reserved>ready offer.rescinded", "o2: c1 to ann", "ann ready>reserved offer.made");
    EXPECT_EQ(s.agent(ann).idle_since, s.idle_before);
}

TEST(Offer, EndsOnlyOnce) {
    Ringing s({ann});
    s.at(1s, accepts(1)).expect("o1 accepted", "c1 talks to ann after 1s", "ann reserved>talking offer.accepted");
    s.at(1s, accepts(1)).rejected(Rejection::unknown_id);
    s.at(1s, fails(1, Outcome::rejected)).rejected(Rejection::unknown_id);
    s.at(1s, rings(1)).rejected(Rejection::unknown_id);
}

TEST(Offer, AcceptedAtTheVeryEndOfRingingIsTooLate) {
    Ringing s({ann});
    s.at(1s, rings(1)).expect("o1 rings");
    s.at(20s, accepts(1)).expect("o1 no_answer", "ann reserved>ready offer.no_answer").rejected(Rejection::unknown_id);
}

TEST(Offer, CannotBeMadeToFailAsAccepted) {
    Ringing s({ann});
    s.at(1s, fails(1, Outcome::accepted)).rejected(Rejection::already_so);
    s.at(1s, fails(1, Outcome::caller_gone)).rejected(Rejection::already_so);
}

TEST(Rescue, PutsTheCallerBackInItsOldPlace) {
    Ringing s({ann});
    s.at(1s, accepts(1)).expect("o1 accepted", "c1 talks to ann after 1s", "ann reserved>talking offer.accepted");
    s.at(2s, calls(sales)).expect("c2 arrives at sales", "c2 waits in sales #1");
    s.at(61s, loses_leg(1)).expect("c1 rescued to sales", "ann talking>unreachable leg.lost");
    EXPECT_EQ(s.last<event::ContactRescued>().talked, 60s);
    s.at(63s, phone(ann, Device::registered))
        .expect("ann unreachable>ready device.registered", "o2: c1 to ann", "ann ready>reserved offer.made");
    s.at(64s, accepts(2)).expect("o2 accepted", "c1 talks to ann after 4s", "ann reserved>talking offer.accepted");
    EXPECT_EQ(s.queue(sales).rescued, 1u);
}

TEST(Rescue, GoesToAnotherAgentAtOnceWithNewPatience) {
    Plan p = shop();
    p.queues[0].max_wait = 30s;
    Ringing s({ann, bob}, p);
    s.at(1s, accepts(1)).expect("o1 accepted", "c1 talks to ann after 1s", "ann reserved>talking offer.accepted");
    s.at(100s, loses_leg(1))
        .expect("c1 rescued to sales", "ann talking>unreachable leg.lost", "o2: c1 to bob",
                "bob ready>reserved offer.made");
    s.at(101s, fails(2, Outcome::busy)).expect("o2 busy", "bob reserved>busy offer.busy");
    EXPECT_EQ(s.state().find(contact(1))->leave_at, Scenario::kStart + 130s);
}

TEST(Rescue, AppliesWhatWasPending) {
    Ringing s({ann});
    s.at(1s, accepts(1)).expect("o1 accepted", "c1 talks to ann after 1s", "ann reserved>talking offer.accepted");
    s.at(2s, logs_out(ann)).expect("ann talking>talking pending.set");
    s.at(3s, loses_leg(1)).expect("c1 rescued to sales", "ann talking>logged_out leg.lost");
}

TEST(Refusals, ThatLapseAtTheSameMomentAreAllForgotten) {
    Plan p = shop();
    p.queues[0].misses_max = 0;
    Scenario s(p);
    s.staff({ann, bob});
    s.at(0s, calls(sales))
        .expect("c1 arrives at sales", "c1 waits in sales #1", "o1: c1 to ann", "ann ready>reserved offer.made");
    s.at(0s, calls(sales))
        .expect("c2 arrives at sales", "c2 waits in sales #2", "o2: c2 to bob", "bob ready>reserved offer.made");
    s.at(1s, rings(1)).expect("o1 rings");
    s.at(1s, rings(2)).expect("o2 rings");
    // Both ring out at 20 s; each takes the other's call at once. Those ring out at 40 s.
    s.at(20s, time_passes())
        .expect("o1 no_answer", "ann reserved>ready offer.no_answer", "o2 no_answer",
                "bob reserved>ready offer.no_answer", "o3: c1 to bob", "bob ready>reserved offer.made", "o4: c2 to ann",
                "ann ready>reserved offer.made");
    s.at(21s, rings(3)).expect("o3 rings");
    s.at(21s, rings(4)).expect("o4 rings");
    s.at(40s, time_passes())
        .expect("o3 no_answer", "bob reserved>ready offer.no_answer", "o4 no_answer",
                "ann reserved>ready offer.no_answer");
    // The first refusals lapse together at 50 s.
    s.at(50s, time_passes())
        .expect("o5: c1 to ann", "ann ready>reserved offer.made", "o6: c2 to bob", "bob ready>reserved offer.made");
}

}  // namespace
}  // namespace centrala::routing::testing
