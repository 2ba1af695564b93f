// Calls that are kept for one agent: whom the caller talked to last, who cares for the caller, whose number it is.
#include "scenario.hpp"

namespace centrala::routing::testing {
namespace {

/// The shop, whose queue sales gives callers back to whom they talked last, within an hour, waiting 30 s for them.
Plan sticky_shop(Duration patience = 30s) {
    Plan p = shop();
    p.queues[0].sticky = {1h, patience};
    p.queues[0].wrap_up = 5s;
    return p;
}

Input calls_from(std::string number, QueueId queue = sales) {
    auto call = std::get<input::ContactArrives>(calls(queue));
    call.caller = std::move(number);
    return call;
}

/// bob, who has been idle longest, has talked to 4711 until 2s, and is in wrap-up until 7s; ann is free.
struct AfterATalk : Scenario {
    explicit AfterATalk(Plan p = sticky_shop()) : Scenario(std::move(p)) {
        staff({bob, ann});
        at(0s, calls_from("4711"))
            .expect("c1 arrives at sales", "c1 waits in sales #1", "o1: c1 to bob", "bob ready>reserved offer.made");
        at(1s, accepts(1)).expect("o1 accepted", "c1 talks to bob after 1s", "bob reserved>talking offer.accepted");
        at(2s, ends(1)).expect("c1 ended agent_hangup", "bob talking>wrap_up conversation.ended");
    }
};

TEST(Sticky, WaitsForWhomTheCallerTalkedToLast) {
    AfterATalk s;
    s.at(3s, calls_from("4711")).expect("c2 arrives at sales", "c2 waits in sales #1 for bob until 33s");
    EXPECT_EQ(s.queue(sales).line(), 1u);
    s.at(8s, time_passes())
        .expect("@7s bob wrap_up>ready wrap_up.expired", "@7s o2: c2 to bob", "@7s bob ready>reserved offer.made");
    EXPECT_TRUE(s.last<event::OfferMade>().wanted);
    EXPECT_EQ(s.last<event::OfferMade>().candidates, 1u);
}

TEST(Sticky, ComesBeforeTheStrategyIfTheAgentIsFree) {
    AfterATalk s;
    s.at(7s, time_passes()).expect("bob wrap_up>ready wrap_up.expired");
    s.at(10s, calls_from("4711"))
        .expect("c2 arrives at sales", "c2 waits in sales #1 for bob until 40s", "o2: c2 to bob",
                "bob ready>reserved offer.made");
}

TEST(Sticky, WithoutPatienceGivesTheCallToTheAgentOnlyIfFree) {
    AfterATalk s(sticky_shop(0s));
    s.at(3s, calls_from("4711"))
        .expect("c2 arrives at sales", "c2 waits in sales #1", "o2: c2 to ann", "ann ready>reserved offer.made");
    s.at(7s, time_passes()).expect("bob wrap_up>ready wrap_up.expired");
    s.at(8s, calls_from("4711"))
        .expect("c3 arrives at sales", "c3 waits in sales #2 for bob until 8s", "o3: c3 to bob",
                "bob ready>reserved offer.made");
}

TEST(Sticky, GoesToAnybodyWhenThePatienceIsOver) {
    Plan p = sticky_shop();
    p.queues[0].wrap_up = 60s;
    AfterATalk s(p);
    s.at(3s, calls_from("4711")).expect("c2 arrives at sales", "c2 waits in sales #1 for bob until 33s");
    s.at(33s, time_passes())
        .expect("c2 no longer waits for bob patience", "o2: c2 to ann", "ann ready>reserved offer.made");
    EXPECT_FALSE(s.last<event::OfferMade>().wanted);
}

TEST(Sticky, GoesToAnybodyAtOnceWhenTheAgentLeaves) {
    for (const Input& leaves : {goes_not_ready(bob, "lunch"), logs_out(bob), phone(bob, Device::unregistered)}) {
        AfterATalk s;
        s.at(3s, calls_from("4711")).expect("c2 arrives at sales", "c2 waits in sales #1 for bob until 33s");
        const bool is_phone = std::holds_alternative<input::DeviceChanges>(leaves);
        s.at(4s, leaves)
            .expect(is_phone ? "bob wrap_up>wrap_up device.unregistered" : "bob wrap_up>wrap_up pending.set",
                    "c2 no longer waits for bob left", "o2: c2 to ann", "ann ready>reserved offer.made");
    }
}

TEST(Sticky, GoesToAnybodyWhenTheAgentDeclines) {
    AfterATalk s;
    s.at(7s, time_passes()).expect("bob wrap_up>ready wrap_up.expired");
    s.at(8s, calls_from("4711"))
        .expect("c2 arrives at sales", "c2 waits in sales #1 for bob until 38s", "o2: c2 to bob",
                "bob ready>reserved offer.made");
    s.at(9s, fails(2, Outcome::rejected))
        .expect("o2 rejected", "bob reserved>ready offer.rejected", "c2 no longer waits for bob refused",
                "o3: c2 to ann", "ann ready>reserved offer.made");
}

TEST(Sticky, GoesToAnybodyWhenTheAgentLosesTheSkill) {
    AfterATalk s;
    s.at(3s, calls_from("4711")).expect("c2 arrives at sales", "c2 waits in sales #1 for bob until 33s");
    s.at(4s, learns(bob, 0, 0))
        .expect("bob selling 3>0", "c2 no longer waits for bob unskilled", "o2: c2 to ann",
                "ann ready>reserved offer.made");
}

TEST(Sticky, DoesNotJumpTheLine) {
    AfterATalk s;
    s.at(2s, goes_not_ready(ann)).expect("ann ready>not_ready not_ready");
    s.at(3s, calls_from("5")).expect("c2 arrives at sales", "c2 waits in sales #1");
    s.at(4s, calls_from("4711")).expect("c3 arrives at sales", "c3 waits in sales #2 for bob until 34s");
    s.at(7s, time_passes())
        .expect("bob wrap_up>ready wrap_up.expired", "o2: c2 to bob", "bob ready>reserved offer.made");
}

TEST(Sticky, SaysNothingOfOtherCallersAgentsAndThoseWhoHideTheirNumber) {
    AfterATalk s;
    const auto to_ann = [&](std::uint64_t n, Input in) {
        const std::string c = "c" + std::to_string(n), o = "o" + std::to_string(n);
        s.at(3s, std::move(in))
            .expect(c + " arrives at sales", c + " waits in sales #1", o + ": " + c + " to ann",
                    "ann ready>reserved offer.made");
        s.at(3s, hangs_up(n))
            .expect(o + " caller_gone", c + " abandons sales after 0s", "ann reserved>ready offer.caller_gone");
    };
    to_ann(2, calls_from("4712"));
    auto hidden = std::get<input::ContactArrives>(calls_from("4711"));
    hidden.withheld = true;
    to_ann(3, hidden);
    auto colleague = std::get<input::ContactArrives>(calls_from("4711"));
    colleague.internal = true;
    to_ann(4, colleague);
}

TEST(Sticky, ForgetsAfterItsTimeAndWhenTooManyAreRemembered) {
    AfterATalk late;
    late.at(2s + 1h, calls_from("4711"))
        .expect("@7s bob wrap_up>ready wrap_up.expired", "c2 arrives at sales", "c2 waits in sales #1", "o2: c2 to ann",
                "ann ready>reserved offer.made");
    Plan p = sticky_shop();
    p.callers_remembered = 1;
    AfterATalk few(p);
    few.at(3s, calls_from("5"))
        .expect("c2 arrives at sales", "c2 waits in sales #1", "o2: c2 to ann", "ann ready>reserved offer.made");
    few.at(4s, accepts(2)).expect("o2 accepted", "c2 talks to ann after 1s", "ann reserved>talking offer.accepted");
    few.at(5s, ends(2)).expect("c2 ended agent_hangup", "ann talking>wrap_up conversation.ended");
    EXPECT_EQ(few.state().last_agents.by_age().size(), 1u);
    few.at(6s, calls_from("4711")).expect("c3 arrives at sales", "c3 waits in sales #1");
}

TEST(Sticky, RemembersWhoTookTheCallOver) {
    AfterATalk s;
    s.at(7s, time_passes()).expect("bob wrap_up>ready wrap_up.expired");
    s.at(8s, calls_from("4711"))
        .expect("c2 arrives at sales", "c2 waits in sales #1 for bob until 38s", "o2: c2 to bob",
                "bob ready>reserved offer.made");
    s.at(9s, accepts(2)).expect("o2 accepted", "c2 talks to bob after 1s", "bob reserved>talking offer.accepted");
    s.at(10s, joins(2, ann))
        .expect("c2 goes from bob to ann attended", "bob talking>wrap_up transfer.made",
                "ann ready>talking transfer.received");
    EXPECT_EQ(s.state().last_agents.find("4711")->agent, bob);
    s.at(11s, ends(2)).expect("c2 ended agent_hangup", "ann talking>wrap_up conversation.ended");
    EXPECT_EQ(s.state().last_agents.find("4711")->agent, ann);
}

TEST(Sticky, OverflowsWithoutWaitingForAnybody) {
    Plan p = sticky_shop();
    p.queues[0].wrap_up = 60s;
    p.queues[0].max_wait = 10s;
    p.queues[0].overflow = support;
    AfterATalk s(p);
    s.at(3s, calls_from("4711")).expect("c2 arrives at sales", "c2 waits in sales #1 for bob until 33s");
    s.at(13s, time_passes()).expect("c2 overflows sales>support after 10s");
    EXPECT_FALSE(s.state().find(contact(2))->wanted);
}

TEST(AccountManager, IsWaitedForByTheCallersOnTheList) {
    Plan p = shop();
    p.caller_lists = {{"key", false, 0, std::nullopt, Wanted{bob, 10s}}};
    p.queues[0].wrap_up = 60s;
    AfterATalk s(p);
    auto call = std::get<input::ContactArrives>(calls_from("9"));
    call.callers = CallerListId{0};
    s.at(3s, call).expect("c2 arrives at sales", "c2 waits in sales #1 for bob until 13s");
    s.at(13s, time_passes())
        .expect("c2 no longer waits for bob patience", "o2: c2 to ann", "ann ready>reserved offer.made");
}

Plan cared_for_by(AgentId agent) {
    Plan p = shop();
    p.caller_lists = {{"key", false, 0, std::nullopt, Wanted{agent, 10s}}};
    p.queues[0].wrap_up = 60s;
    return p;
}
/// From that list, and another system wishes for this agent.
Input advised(AgentId agent) {
    auto call = std::get<input::ContactArrives>(calls_from("9"));
    call.callers = CallerListId{0};
    call.advice.wanted = Wanted{agent, 20s};
    return call;
}

TEST(AccountManager, IsWhomAnotherSystemAdvisesBeforeTheListsOwn) {
    AfterATalk s(cared_for_by(ann));
    s.at(3s, advised(bob)).expect("c2 arrives at sales", "c2 waits in sales #1 for bob until 23s");
}

TEST(AccountManager, OfTheListIsWaitedForIfTheAdvisedOneIsAway) {
    AfterATalk s(cared_for_by(bob));
    s.at(3s, goes_not_ready(ann, "lunch")).expect("ann ready>not_ready(lunch) not_ready");
    s.at(3s, advised(ann)).expect("c2 arrives at sales", "c2 waits in sales #1 for bob until 13s");
}

TEST(PersonalNumber, RingsItsAgentWhateverTheQueueAsksFor) {
    Plan p = shop();
    p.entry_points.push_back({"cid", sales});
    p.entry_points.back().wanted = Wanted{cid, 20s};
    Scenario s(p);
    s.staff({ann, cid});
    auto call = std::get<input::ContactArrives>(calls(sales));
    call.entry_point = EntryPointId{2};
    s.at(0s, call).expect("c1 arrives at cid", "c1 waits in sales #1 for cid until 20s", "o1: c1 to cid",
                          "cid ready>reserved offer.made");
    s.at(1s, call).expect("c2 arrives at cid", "c2 waits in sales #2 for cid until 21s");
    s.at(2s, fails(1, Outcome::rejected))
        .expect("o1 rejected", "cid reserved>ready offer.rejected", "c1 no longer waits for cid refused",
                "o2: c1 to ann", "ann ready>reserved offer.made", "o3: c2 to cid", "cid ready>reserved offer.made");
}

TEST(PersonalNumber, GoesToItsQueueWhileTheAgentIsAway) {
    Plan p = shop();
    p.entry_points.push_back({"cid", sales});
    p.entry_points.back().wanted = Wanted{cid, 20s};
    Scenario s(p);
    s.staff({ann, cid});
    s.at(0s, goes_not_ready(cid, "lunch")).expect("cid ready>not_ready(lunch) not_ready");
    auto call = std::get<input::ContactArrives>(calls(sales));
    call.entry_point = EntryPointId{2};
    s.at(1s, call).expect("c1 arrives at cid", "c1 waits in sales #1", "o1: c1 to ann",
                          "ann ready>reserved offer.made");
}

TEST(Wanted, IsExplained) {
    Plan p = sticky_shop();
    AfterATalk s(p);
    s.at(3s, calls_from("4711")).expect("c2 arrives at sales", "c2 waits in sales #1 for bob until 33s");
    const auto why = explain(s.state(), p, *s.state().find(contact(2)), Scenario::kStart + 4s, 5);
    EXPECT_EQ(why.position, 1u);
    EXPECT_EQ(why.available, 0u);
    ASSERT_EQ(why.barred.size(), 3u);
    EXPECT_EQ(why.barred[2].agent, ann);
    EXPECT_EQ(why.barred[2].obstacle.bar, Bar::not_wanted);
    EXPECT_EQ(why.barred[2].obstacle.wanted, bob);
    EXPECT_EQ(why.barred[2].obstacle.until, Scenario::kStart + 33s);
    const auto idle = explain(s.state(), p, ann, Scenario::kStart + 4s);
    ASSERT_EQ(idle.queues.size(), 1u);
    EXPECT_EQ(idle.queues[0].obstacle.bar, Bar::not_wanted);
}

}  // namespace
}  // namespace centrala::routing::testing
