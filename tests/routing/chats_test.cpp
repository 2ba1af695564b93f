// Several chats beside each other, and what they have to do with calls.
#include <gtest/gtest.h>

#include "scenario.hpp"

namespace centrala::routing::testing {
namespace {

constexpr QueueId chats{2};
constexpr AgentId dee{3};

/// The shop with a queue of chats for who can fix things: bob takes three at once beside the calls, cid two; dee has
/// two and no skill that calls need.
Plan web_shop() {
    Plan p = shop();
    p.skills.push_back({"writing"});
    Queue web;
    web.name = "chats";
    web.channel = Channel::chat;
    web.required.skills = {{SkillId{2}, 1}};
    web.wrap_up = 10s;
    web.strategy = Strategy::longest_idle;
    p.queues.push_back(web);
    p.entry_points.push_back({"chats", chats, false});
    Agent d;
    d.name = "dee";
    p.agents.push_back(d);
    for (const std::size_t a : {1, 2, 3}) p.agents[a].skills.push_back({SkillId{2}, 1});
    p.agents[1].chats = 3;
    p.agents[2].chats = p.agents[3].chats = 2;
    return p;
}

/// She has two chats, the first of the scenario.
void two_for_dee(Scenario& s) {
    s.staff({dee});
    for (const std::uint64_t n : {1, 2}) {
        s.happens(0s, calls(chats));
        s.happens(0s, accepts(n));
    }
}

class Chats : public ::testing::Test {
protected:
    explicit Chats(Plan plan = web_shop()) : s(std::move(plan)) {}

    /// One more, taken at once by whoever gets it.
    ContactId takes_one(Duration when) {
        s.happens(when, calls(chats));
        const auto made = s.last<event::OfferMade>();
        s.happens(when, accepts(index(made.offer)));
        return made.contact;
    }
    /// At 10 and 11 s.
    void end_both() {
        s.happens(10s, ends(1));
        s.happens(11s, ends(2));
    }
    [[nodiscard]] const AgentFacts& facts(AgentId a) const { return s.agent(a).facts; }
    [[nodiscard]] std::size_t in_hand(AgentId a) const { return facts(a).tasks.size(); }
    Scenario s;
};

TEST_F(Chats, AreTakenUpToTheAgentsCapacity) {
    s.staff({dee});
    takes_one(0s);
    s.at(1s, calls(chats))
        .expect("c2 arrives at chats", "c2 waits in chats #1", "o2: c2 to dee", "dee talking>talking offer.made");
    s.at(2s, accepts(2)).expect("o2 accepted", "c2 talks to dee after 1s", "dee talking>talking offer.accepted");
    s.at(3s, calls(chats)).expect("c3 arrives at chats", "c3 waits in chats #1");
    EXPECT_EQ(in_hand(dee), 2u);
}

TEST_F(Chats, RingOneAtATime) {
    s.staff({dee});
    s.at(0s, calls(chats))
        .expect("c1 arrives at chats", "c1 waits in chats #1", "o1: c1 to dee", "dee ready>reserved offer.made");
    s.at(1s, calls(chats)).expect("c2 arrives at chats", "c2 waits in chats #2");
    s.at(2s, accepts(1))
        .expect("o1 accepted", "c1 talks to dee after 2s", "dee reserved>talking offer.accepted", "o2: c2 to dee",
                "dee talking>talking offer.made");
}

TEST_F(Chats, AreNotForWhoTakesNone) {
    s.happens(0s, learns(ann, 2, 5));
    s.staff({ann}, 1s);
    s.at(2s, calls(chats)).expect("c1 arrives at chats", "c1 waits in chats #1");
    EXPECT_EQ(explain(s.state(), *s.plan(), ann, Scenario::kStart + 2s).queues.at(0).obstacle.bar, Bar::other_channel);
}

TEST_F(Chats, KeepCallsAway) {
    s.staff({bob});
    takes_one(0s);
    s.at(1s, calls(sales)).expect("c2 arrives at sales", "c2 waits in sales #1");
    s.happens(2s, ends(1));
    s.at(12s, time_passes())
        .expect("bob wrap_up>ready wrap_up.expired", "o2: c2 to bob", "bob ready>reserved offer.made");
}

TEST_F(Chats, AreKeptAwayByACall) {
    s.staff({bob});
    s.happens(0s, calls(sales));
    s.happens(0s, accepts(1));
    s.at(1s, calls(chats)).expect("c2 arrives at chats", "c2 waits in chats #1");
}

TEST_F(Chats, GoToWhoHasFewerOfThem) {
    s.staff({dee, cid});
    EXPECT_EQ(takes_one(0s), contact(1));
    EXPECT_EQ(in_hand(dee), 1u) << "cid could be called";
    takes_one(1s);
    EXPECT_EQ(in_hand(dee), 2u) << "cid can still be called";
    takes_one(2s);
    EXPECT_EQ(in_hand(cid), 1u);
    s.happens(3s, calls(support));
    s.happens(4s, ends(1));
    s.happens(14s, time_passes());
    s.at(15s, calls(chats))
        .expect("c5 arrives at chats", "c5 waits in chats #1", "o4: c5 to cid", "cid talking>talking offer.made");
}

TEST_F(Chats, AreWrappedUpOneByOne) {
    s.staff({dee});
    takes_one(0s);
    takes_one(1s);
    s.at(10s, ends(1)).expect("c1 ended agent_hangup", "dee talking>talking conversation.ended");
    s.at(15s, ends(2)).expect("c2 ended agent_hangup", "dee talking>wrap_up conversation.ended");
    s.at(20s, time_passes()).expect("dee wrap_up>wrap_up wrap_up.expired");
    EXPECT_EQ(in_hand(dee), 1u);
    s.at(21s, ends_wrap_up(dee)).expect("dee wrap_up>ready wrap_up.ended");
}

TEST_F(Chats, TakeTheirPlaceWhileTheyAreWrappedUp) {
    s.staff({dee});
    takes_one(0s);
    takes_one(1s);
    s.happens(10s, ends(1));
    s.at(11s, calls(chats)).expect("c3 arrives at chats", "c3 waits in chats #1");
    s.at(20s, time_passes())
        .expect("dee talking>talking wrap_up.expired", "o3: c3 to dee", "dee talking>talking offer.made");
}

TEST_F(Chats, EndTheWrapUpOfTheOneThatIsMeant) {
    two_for_dee(s);
    end_both();
    s.at(12s, input::AgentEndsWrapUp{dee, Actor::agent, contact(2)}).expect("dee wrap_up>wrap_up wrap_up.ended");
    EXPECT_EQ(facts(dee).tasks.front().contact, contact(1));
    s.at(12s, input::AgentEndsWrapUp{dee, Actor::agent, contact(2)}).rejected(Rejection::not_wrapping);
}

TEST_F(Chats, AreAllWrappedUpAtAWord) {
    two_for_dee(s);
    end_both();
    s.at(12s, ends_wrap_up(dee)).expect("dee wrap_up>wrap_up wrap_up.ended", "dee wrap_up>ready wrap_up.ended");
}

TEST_F(Chats, AreDispositionedOneByOne) {
    Plan p = web_shop();
    p.queues[2].disposition_within = 1min;
    Scenario own(p);
    two_for_dee(own);
    own.happens(10s, ends(1));
    own.happens(11s, ends(2));
    own.at(20s, time_passes()).expect("dee wrap_up>wrap_up wrap_up.undisposed");
    own.at(30s, input::AgentDisposes{dee, "sold", Actor::agent, contact(2)})
        .expect("@21s dee wrap_up>wrap_up wrap_up.undisposed", "c2 is sold says dee",
                "dee wrap_up>wrap_up wrap_up.disposed");
    own.at(31s, disposes(dee, "lost")).expect("c1 is lost says dee", "dee wrap_up>ready wrap_up.disposed");
}

TEST_F(Chats, GoOnWhenTheirAgentWantsNoMore) {
    s.staff({dee});
    takes_one(0s);
    s.at(1s, goes_not_ready(dee, "lunch")).expect("dee talking>talking pending.set");
    s.at(2s, calls(chats)).expect("c2 arrives at chats", "c2 waits in chats #1");
    s.happens(10s, ends(1));
    s.at(20s, time_passes()).expect("dee wrap_up>not_ready(lunch) wrap_up.expired");
}

TEST_F(Chats, ThatRingAreTakenBackFromWhoWantsNoMore) {
    s.staff({dee});
    takes_one(0s);
    s.happens(1s, calls(chats));
    s.at(2s, goes_not_ready(dee, "lunch")).expect("o2 rescinded", "dee talking>talking pending.set");
    EXPECT_EQ(in_hand(dee), 1u);
}

TEST_F(Chats, LetABreakBeginWhenTheLastIsOver) {
    Plan p = web_shop();
    p.breaks = {{"lunch"}, 15min, 0};
    Scenario own(p);
    own.staff({dee});
    own.happens(0s, calls(chats));
    own.happens(0s, accepts(1));
    own.at(1s, goes_not_ready(dee, "lunch"))
        .expect("dee talking>talking break.asked", "dee talking>talking break.granted");
    own.at(2s, calls(chats)).expect("c2 arrives at chats", "c2 waits in chats #1");
    own.happens(10s, ends(1));
    own.at(20s, time_passes()).expect("dee wrap_up>not_ready(lunch) wrap_up.expired");
}

TEST_F(Chats, AreFollowedByThePauseThatTheirNumberAsksFor) {
    Plan p = web_shop();
    p.agents[3].rest = {2, 1h, 2min};
    Scenario own(p);
    two_for_dee(own);
    own.happens(10s, ends(1));
    own.at(20s, time_passes()).expect("dee talking>talking wrap_up.expired");
    own.at(21s, calls(chats)).expect("c3 arrives at chats", "c3 waits in chats #1");
    own.happens(30s, ends(2));
    own.at(40s, time_passes()).expect("dee wrap_up>not_ready(sys.rest) wrap_up.expired");
}

TEST_F(Chats, AreHandedToAColleagueWhoHasRoom) {
    s.staff({dee, cid});
    takes_one(0s);
    takes_one(0s);
    takes_one(0s);
    ASSERT_EQ(in_hand(cid), 1u);
    s.at(1s, to_agent(1, cid))
        .expect("c1 goes from dee to cid blind", "dee talking>talking transfer.made", "o4: c1 to cid",
                "cid talking>talking offer.made");
    s.happens(2s, accepts(4));
    s.at(3s, to_agent(2, cid)).rejected(Rejection::on_a_call);
    EXPECT_EQ(in_hand(cid), 2u);
}

TEST_F(Chats, MayComeBackWhileTheyAreWrappedUp) {
    Plan p = web_shop();
    p.queues[2].refusal_memory = 1s;
    p.queues[2].wrap_up = 1min;
    Scenario own(p);
    own.staff({dee});
    own.happens(0s, calls(chats));
    own.happens(0s, accepts(1));
    own.happens(1s, to_queue(1, chats));
    own.at(2s, time_passes()).expect("o2: c1 to dee", "dee wrap_up>reserved offer.made");
    EXPECT_EQ(own.agent(dee).facts.tasks.size(), 1u);
}

TEST_F(Chats, DontBecomeCalls) {
    s.staff({dee});
    takes_one(0s);
    s.at(1s, to_queue(1, sales)).rejected(Rejection::other_channel);
}

TEST_F(Chats, AreRescuedOneByOne) {
    s.staff({dee});
    takes_one(0s);
    takes_one(0s);
    s.at(1s, loses_leg(1)).expect("c1 rescued to chats", "dee talking>talking leg.lost");
    EXPECT_EQ(in_hand(dee), 1u);
    s.at(2s, phone(dee, Device::registered))
        .expect("dee talking>talking device.registered", "o3: c1 to dee", "dee talking>talking offer.made");
}

TEST_F(Chats, AreExplained) {
    s.staff({dee, bob});
    takes_one(0s);
    s.happens(1s, calls(chats));
    const auto bar = [&](AgentId a, QueueId queue) {
        ContactRecord comer;
        comer.queue = queue;
        comer.enqueued = Scenario::kStart + 1s;
        return obstacle(s.state(), *s.plan(), a, comer, Scenario::kStart + 1s).bar;
    };
    EXPECT_EQ(bar(dee, chats), Bar::reserved);
    s.happens(2s, accepts(2));
    EXPECT_EQ(bar(dee, chats), Bar::full);
    takes_one(3s);
    EXPECT_EQ(bar(bob, chats), Bar::none);
    EXPECT_EQ(bar(bob, sales), Bar::talking);
}

TEST_F(Chats, StayInHandOverARestart) {
    s.staff({dee});
    takes_one(0s);
    takes_one(0s);
    s.happens(1s, ends(1));
    s.at(2s, time_passes());
    s.recovered(3s, {2}).expect("dee talking>talking restart");
    EXPECT_EQ(in_hand(dee), 2u);
}

TEST_F(Chats, AreNoMoreThanAReloadAllows) {
    s.staff({dee});
    takes_one(0s);
    takes_one(0s);
    Plan p = web_shop();
    p.agents[3].chats = 1;
    s.replanned(1s, p);
    EXPECT_EQ(in_hand(dee), 2u);
    s.happens(2s, calls(chats));
    s.happens(3s, ends(1));
    s.at(13s, time_passes()).expect("dee talking>talking wrap_up.expired");
}

}  // namespace
}  // namespace centrala::routing::testing
