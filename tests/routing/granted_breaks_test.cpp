// Breaks that are asked for: granted when the queues allow it, after a while in any case.
#include <gtest/gtest.h>

#include "centrala/routing/explain.hpp"
#include "scenario.hpp"

namespace centrala::routing::testing {
namespace {

/// Ann, bob and eve sell, cid and bob fix. Lunch is asked for, training isn't; one other must stay.
Plan asking() {
    Plan p = shop();
    Agent eve = p.agents[0];
    eve.name = "eve";
    p.agents.push_back(eve);
    p.reasons = {"lunch", "smoke", "training"};
    p.breaks = {{"lunch", "smoke"}, 15min, 1};
    for (Queue& queue : p.queues) queue.wrap_up = 0s;
    return p;
}
constexpr AgentId eve{3};

class GrantedBreaks : public ::testing::Test {
protected:
    explicit GrantedBreaks(Plan p = asking()) : s(std::move(p)) {}

    void talks(AgentId agent, QueueId queue, Duration when) {
        s.happens(when, calls(queue));
        ASSERT_EQ(s.last<event::OfferMade>().agent, agent);
        s.happens(when, accepts(index(s.last<event::OfferMade>().offer)));
    }
    [[nodiscard]] AgentState state_of(AgentId id) const { return displayed(s.agent(id).facts); }
    [[nodiscard]] BreakObstacle obstacle_of(AgentId id) const { return break_obstacle(s.state(), *s.plan(), id); }
    Scenario s;
};

TEST_F(GrantedBreaks, AreGrantedAtOnceWhileAnotherIsAvailable) {
    s.staff({ann, bob});
    s.at(1s, goes_not_ready(ann, "lunch"))
        .expect("ann ready>ready break.asked", "ann ready>not_ready(lunch) break.granted");
    EXPECT_FALSE(s.agent(ann).facts.asks);
}

TEST_F(GrantedBreaks, WaitUntilAnotherIsAvailable) {
    s.staff({ann, bob});
    talks(ann, sales, 0s);
    s.at(1s, goes_not_ready(bob, "lunch")).expect("bob ready>ready break.asked");
    EXPECT_EQ(obstacle_of(bob).bar, BreakBar::too_few);
    EXPECT_EQ(obstacle_of(bob).queue, sales);
    s.at(60s, ends(1))
        .expect("c1 ended agent_hangup", "ann talking>ready conversation.ended",
                "bob ready>not_ready(lunch) break.granted");
}

TEST_F(GrantedBreaks, LetWhoAsksTakeCallsMeanwhile) {
    s.staff({ann, bob});
    talks(ann, sales, 0s);
    s.happens(1s, goes_not_ready(bob, "lunch"));
    s.at(2s, calls(sales))
        .expect("c2 arrives at sales", "c2 waits in sales #1", "o2: c2 to bob", "bob ready>reserved offer.made");
    s.at(3s, accepts(2)).expect("o2 accepted", "c2 talks to bob after 1s", "bob reserved>talking offer.accepted");
    s.at(9s, ends(2)).expect("c2 ended agent_hangup", "bob talking>ready conversation.ended");
    s.at(10s, ends(1))
        .expect("c1 ended agent_hangup", "ann talking>ready conversation.ended",
                "bob ready>not_ready(lunch) break.granted");
}

TEST_F(GrantedBreaks, AreNotGrantedWhileSomebodyWaitsForTheAgent) {
    s.staff({ann, bob, eve});
    talks(ann, sales, 0s);
    talks(bob, sales, 0s);
    talks(eve, sales, 0s);
    s.happens(1s, calls(sales));
    s.at(2s, goes_not_ready(ann, "lunch")).expect("ann talking>talking break.asked");
    EXPECT_EQ(obstacle_of(ann).bar, BreakBar::works);
    s.at(10s, ends(1))
        .expect("c1 ended agent_hangup", "ann talking>ready conversation.ended", "o4: c4 to ann",
                "ann ready>reserved offer.made");
    s.happens(11s, accepts(4));
    s.at(20s, ends(2)).expect("c2 ended agent_hangup", "bob talking>ready conversation.ended");
    s.at(21s, ends(4))
        .expect("c4 ended agent_hangup", "ann talking>ready conversation.ended",
                "ann ready>not_ready(lunch) break.granted");
}

TEST_F(GrantedBreaks, AreNotGrantedWhileACallThatTheAgentDeclinedWaits) {
    s.staff({ann});
    s.happens(0s, calls(sales));
    s.happens(1s, fails(1, Outcome::rejected, 486));
    s.at(2s, goes_not_ready(ann, "lunch")).expect("ann ready>ready break.asked");
    EXPECT_EQ(obstacle_of(ann).bar, BreakBar::waiting);
    EXPECT_EQ(obstacle_of(ann).count, 1u);
    s.at(9s, hangs_up(1)).expect("c1 abandons sales after 9s", "ann ready>not_ready(lunch) break.granted");
}

TEST_F(GrantedBreaks, AreNotGrantedWhileACallIsKeptForTheAgent) {
    Plan p = asking();
    p.entry_points.push_back({"ann's", sales, false});
    p.entry_points.back().wanted = Wanted{ann, 60s};
    Scenario s(p);
    s.staff({ann, bob});
    s.happens(0s, own_call(ann, OtherUse::non_acd_call));
    s.at(1s, calls(QueueId{2})).expect("c1 arrives at ann's", "c1 waits in sales #1 for ann until 61s");
    s.at(2s, goes_not_ready(ann, "lunch")).expect("ann busy>busy break.asked");
    EXPECT_EQ(break_obstacle(s.state(), *s.plan(), ann).bar, BreakBar::waiting);
    s.at(3s, hangs_up(1)).expect("c1 abandons sales after 2s", "ann busy>busy break.granted");
}

TEST_F(GrantedBreaks, OfWhoServesSeveralQueuesNeedAllOfThem) {
    s.staff({ann, cid, bob});
    talks(cid, support, 0s);
    ASSERT_EQ(state_of(ann), AgentState::ready);
    s.at(1s, goes_not_ready(bob, "lunch")).expect("bob ready>ready break.asked");
    EXPECT_EQ(obstacle_of(bob).queue, support);
    s.at(5s, ends(1))
        .expect("c1 ended agent_hangup", "cid talking>ready conversation.ended",
                "bob ready>not_ready(lunch) break.granted");
}

TEST_F(GrantedBreaks, WaitForNobodyWhereNoOtherIsLoggedIn) {
    s.staff({ann});
    s.at(1s, goes_not_ready(ann, "lunch"))
        .expect("ann ready>ready break.asked", "ann ready>not_ready(lunch) break.granted");
}

TEST_F(GrantedBreaks, WaitForNobodyAnyMoreWhenTheLastOtherLogsOut) {
    s.staff({ann, eve});
    s.happens(0s, goes_not_ready(eve, "training"));
    s.at(1s, goes_not_ready(ann, "lunch")).expect("ann ready>ready break.asked");
    s.at(2s, logs_out(eve)).expect("eve not_ready>logged_out logout", "ann ready>not_ready(lunch) break.granted");
}

TEST_F(GrantedBreaks, AreGivenInTheOrderInWhichTheyWereAskedFor) {
    s.staff({ann, eve, bob});
    talks(ann, sales, 0s);
    talks(eve, sales, 0s);
    s.happens(1s, goes_not_ready(bob, "lunch"));
    s.happens(2s, goes_not_ready(ann, "lunch"));
    s.happens(3s, goes_not_ready(eve, "lunch"));
    s.at(10s, ends(1))
        .expect("c1 ended agent_hangup", "ann talking>ready conversation.ended",
                "bob ready>not_ready(lunch) break.granted");
    s.at(11s, ends(2))
        .expect("c2 ended agent_hangup", "eve talking>ready conversation.ended",
                "ann ready>not_ready(lunch) break.granted");
}

TEST_F(GrantedBreaks, OfOtherQueuesDoNotWaitForWhoAskedBefore) {
    s.staff({ann, bob, cid, eve});
    s.happens(0s, goes_not_ready(cid, "training"));
    s.at(1s, goes_not_ready(bob, "lunch")).expect("bob ready>ready break.asked");
    EXPECT_EQ(obstacle_of(bob).queue, support);
    s.at(2s, goes_not_ready(ann, "lunch"))
        .expect("ann ready>ready break.asked", "ann ready>not_ready(lunch) break.granted");
}

TEST_F(GrantedBreaks, AnotherReasonKeepsThePlaceInLine) {
    s.staff({ann, eve});
    s.happens(0s, goes_not_ready(eve, "training"));
    s.happens(1s, goes_not_ready(ann, "lunch"));
    s.at(60s, goes_not_ready(ann, "lunch")).rejected(Rejection::already_so);
    s.at(61s, goes_not_ready(ann, "smoke")).expect("ann ready>ready break.asked");
    s.at(15min + 1s, time_passes()).expect("ann ready>not_ready(smoke) break.overdue");
}

TEST_F(GrantedBreaks, AreHadInTheEndHoweverTheQueuesStand) {
    s.staff({ann, eve});
    s.happens(0s, goes_not_ready(eve, "training"));
    s.happens(1s, goes_not_ready(ann, "lunch"));
    s.at(15min, time_passes()).expect();
    s.at(15min + 1s, time_passes()).expect("ann ready>not_ready(lunch) break.overdue");
}

TEST_F(GrantedBreaks, ThatAreOverdueComeAfterTheCallInHand) {
    s.staff({ann, bob});
    talks(ann, sales, 0s);
    s.happens(1s, goes_not_ready(ann, "lunch"));
    s.happens(2s, calls(sales));
    s.happens(2s, accepts(2));
    s.happens(3s, calls(sales));
    s.at(15min + 1s, time_passes()).expect("ann talking>talking break.overdue");
    s.at(16min, goes_not_ready(ann, "lunch")).rejected(Rejection::already_so);
    s.at(17min, ends(1)).expect("c1 ended agent_hangup", "ann talking>not_ready(lunch) conversation.ended");
}

TEST_F(GrantedBreaks, ThatAreOverdueLetAPhoneRingOn) {
    s.staff({ann, eve});
    s.happens(0s, goes_not_ready(eve, "training"));
    s.happens(1s, goes_not_ready(ann, "lunch"));
    s.happens(15min, calls(sales));
    s.at(15min + 1s, time_passes()).expect("ann reserved>reserved break.overdue");
    s.at(15min + 2s, hangs_up(1))
        .expect("o1 caller_gone", "c1 abandons sales after 2s", "ann reserved>not_ready(lunch) offer.caller_gone");
}

TEST_F(GrantedBreaks, GoingReadyTakesTheWishBack) {
    s.staff({eve, ann});
    talks(eve, sales, 0s);
    s.happens(1s, goes_not_ready(ann, "lunch"));
    s.at(2s, goes_ready(ann)).expect("ann ready>ready pending.cleared");
    s.at(3s, goes_ready(ann)).rejected(Rejection::already_so);
    s.at(1h, time_passes()).expect();
}

TEST_F(GrantedBreaks, GoingReadyInACallTakesTheWishBack) {
    s.staff({ann, eve});
    talks(ann, sales, 0s);
    s.happens(1s, goes_not_ready(ann, "lunch"));
    s.at(2s, goes_ready(ann)).expect("ann talking>talking pending.cleared");
    s.at(3s, ends(1)).expect("c1 ended agent_hangup", "ann talking>ready conversation.ended");
}

TEST_F(GrantedBreaks, ReasonsThatNeedNoGrantTakeEffectAtOnceAndReplaceTheWish) {
    s.staff({eve, ann});
    talks(eve, sales, 0s);
    s.happens(1s, goes_not_ready(ann, "lunch"));
    s.at(2s, goes_not_ready(ann, "training")).expect("ann ready>not_ready(training) not_ready");
    EXPECT_FALSE(s.agent(ann).facts.asks);
}

TEST_F(GrantedBreaks, WhoIsNotReadyAlreadyOnlySaysForWhatElse) {
    s.staff({ann, eve});
    talks(ann, sales, 0s);
    s.happens(1s, goes_not_ready(eve, "training"));
    s.at(2s, goes_not_ready(eve, "lunch")).expect("eve not_ready>not_ready(lunch) not_ready");
}

TEST_F(GrantedBreaks, ASupervisorsWordTakesEffectAtOnce) {
    s.staff({ann, bob});
    talks(ann, sales, 0s);
    s.happens(1s, goes_not_ready(bob, "lunch"));
    s.at(2s, input::AgentGoesNotReady{bob, "lunch", Actor::supervisor}).expect("bob ready>not_ready(lunch) not_ready");
    s.happens(3s, goes_not_ready(ann, "lunch"));
    s.at(4s, input::AgentGoesNotReady{ann, "lunch", Actor::supervisor}).expect("ann talking>talking pending.set");
    EXPECT_FALSE(s.agent(ann).facts.asks);
}

TEST_F(GrantedBreaks, LogoutIsAsEver) {
    s.staff({ann, bob, eve});
    talks(ann, sales, 0s);
    talks(bob, sales, 0s);
    s.happens(1s, goes_not_ready(eve, "lunch"));
    s.happens(1s, goes_not_ready(ann, "lunch"));
    s.at(2s, logs_out(eve)).expect("eve ready>logged_out logout");
    s.at(3s, logs_out(ann)).expect("ann talking>talking pending.set");
    s.at(4s, ends(1)).expect("c1 ended agent_hangup", "ann talking>logged_out conversation.ended");
}

TEST_F(GrantedBreaks, WhoMissesTooManyCallsAsksNoLonger) {
    s.staff({ann, eve});
    talks(ann, sales, 0s);
    s.happens(1s, goes_not_ready(eve, "lunch"));
    for (const std::uint64_t n : {2, 3}) {
        s.happens(Duration(60s) * n, calls(sales));
        s.happens(Duration(60s) * n, fails(n, Outcome::rejected, 603));
        s.happens(Duration(60s) * n, hangs_up(n));
    }
    EXPECT_EQ(s.agent(eve).facts.reason, "sys.no_answer");
    EXPECT_FALSE(s.agent(eve).facts.asks);
}

TEST_F(GrantedBreaks, AWishOutlastsAPauseAfterManyCalls) {
    Plan p = asking();
    p.agents[0].rest = {1, 1h, 2min};
    Scenario s(p);
    s.staff({ann, eve});
    s.happens(0s, goes_not_ready(eve, "training"));
    s.happens(1s, calls(sales));
    s.happens(1s, accepts(1));
    s.happens(2s, goes_not_ready(ann, "lunch"));
    s.at(60s, ends(1)).expect("c1 ended agent_hangup", "ann talking>not_ready(sys.rest) conversation.ended");
    s.at(3min, time_passes()).expect("ann not_ready>ready rest.ended");
    s.at(4min, goes_ready(eve)).expect("eve not_ready>ready ready", "ann ready>not_ready(lunch) break.granted");
}

TEST_F(GrantedBreaks, LastNoLongerThanTheirReasonFromWhenTheyAreGranted) {
    Plan p = asking();
    p.reason_limits = {30min};
    Scenario s(p);
    s.staff({ann, eve});
    s.happens(0s, goes_not_ready(eve, "training"));
    s.happens(1s, goes_not_ready(ann, "lunch"));
    s.happens(10min, goes_ready(eve));
    EXPECT_EQ(s.agent(ann).not_ready_until, Scenario::kStart + 40min);
}

TEST_F(GrantedBreaks, AreTakenAsEverWhereNoneIsConfigured) {
    Plan p = asking();
    p.breaks = {};
    Scenario s(p);
    s.staff({ann, eve});
    s.happens(0s, calls(sales));
    s.at(1s, goes_not_ready(eve, "lunch")).expect("eve ready>not_ready(lunch) not_ready");
}

TEST_F(GrantedBreaks, KeepSoManyAsThePlanSays) {
    Plan p = asking();
    p.breaks.keep = 2;
    Scenario s(p);
    s.staff({ann, eve, bob});
    s.happens(0s, goes_not_ready(bob, "training"));
    s.at(1s, goes_not_ready(ann, "lunch")).expect("ann ready>ready break.asked");
    EXPECT_EQ(break_obstacle(s.state(), p, ann).count, 1u);
    s.at(2s, goes_ready(bob)).expect("bob not_ready>ready ready", "ann ready>not_ready(lunch) break.granted");
}

TEST_F(GrantedBreaks, SurviveARestartAndTheTimeGoesOn) {
    s.staff({ann, bob});
    talks(ann, sales, 0s);
    s.happens(1s, goes_not_ready(ann, "lunch"));
    s.happens(2s, goes_not_ready(bob, "lunch"));
    s.recovered(60s).expect("c1 ended restart", "ann talking>unreachable restart", "bob ready>unreachable restart");
    EXPECT_TRUE(s.agent(ann).facts.asks && s.agent(bob).facts.asks);
    s.at(61s, phone(bob, Device::registered))
        .expect("bob unreachable>ready device.registered", "ann unreachable>unreachable break.granted");
    s.at(15min + 2s, time_passes()).expect("bob ready>not_ready(lunch) break.overdue");
}

TEST_F(GrantedBreaks, ThatBecameOverdueWhileTheServerWasDownAreGivenAtOnce) {
    s.staff({ann, bob});
    talks(ann, sales, 0s);
    s.happens(1s, goes_not_ready(bob, "lunch"));
    s.recovered(1h).expect("c1 ended restart", "ann talking>unreachable restart", "bob ready>unreachable restart",
                           "bob unreachable>unreachable break.overdue");
}

TEST_F(GrantedBreaks, AreExplained) {
    s.staff({ann, bob});
    talks(ann, sales, 0s);
    s.happens(1s, goes_not_ready(bob, "lunch"));
    const auto why = explain(s.state(), *s.plan(), bob, Scenario::kStart + 2s);
    ASSERT_TRUE(why.asks);
    EXPECT_EQ(why.asks->wish, (BreakWish{"lunch", Scenario::kStart + 1s}));
    EXPECT_EQ(why.asks->due, Scenario::kStart + 15min + 1s);
    EXPECT_EQ(why.asks->obstacle.bar, BreakBar::too_few);
    EXPECT_FALSE(explain(s.state(), *s.plan(), ann, Scenario::kStart + 2s).asks);
}

}  // namespace
}  // namespace centrala::routing::testing
