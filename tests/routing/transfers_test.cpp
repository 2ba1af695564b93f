// Hand-overs: to a queue, to a colleague, outside, and after a consultation; each failure leaves the caller somewhere.
#include "scenario.hpp"

namespace centrala::routing::testing {
namespace {

/// c1 talks to ann, in the queue sales; bob and cid as given.
struct Talking : Scenario {
    explicit Talking(Plan p = shop()) : Scenario(std::move(p)) {
        staff({ann});
        at(0s, calls(sales))
            .expect("c1 arrives at sales", "c1 waits in sales #1", "o1: c1 to ann", "ann ready>reserved offer.made");
        at(2s, accepts(1)).expect("o1 accepted", "c1 talks to ann after 2s", "ann reserved>talking offer.accepted");
    }
};

TEST(TransferToQueue, KeepsIdAgeAndHistory) {
    Talking s;
    s.staff({bob}, 8s);
    s.at(8s, goes_not_ready(bob)).expect("bob ready>not_ready not_ready");
    s.at(10s, to_queue(1, support)).expect("c1 goes from ann to support blind", "ann talking>wrap_up transfer.made");
    const ContactRecord& c = *s.state().find(contact(1));
    EXPECT_EQ(c.enqueued, Scenario::kStart) << "its age goes on";
    EXPECT_EQ(waited(c, Scenario::kStart + 12s), 4s) << "talking isn't waiting";
    EXPECT_EQ(c.been_in, (Few<QueueId>{sales, support}));
    EXPECT_EQ(s.agent(ann).handled, 1u);
    EXPECT_EQ(s.queue(support).transferred_in, 1u);
    s.at(11s, goes_ready(bob)).expect("bob not_ready>ready ready", "o2: c1 to bob", "bob ready>reserved offer.made");
    s.at(13s, accepts(2)).expect("o2 accepted", "c1 talks to bob after 5s", "bob reserved>talking offer.accepted");
    s.at(20s, ends(1, EndCause::caller_hangup))
        .expect("c1 ended caller_hangup", "bob talking>wrap_up conversation.ended");
    EXPECT_EQ(s.last<event::ContactEnded>().lasted, 20s);
}

TEST(TransferToQueue, ServesBeforeYoungerCallersOfThatQueue) {
    Talking s;
    s.at(5s, calls(support)).expect("c2 arrives at support", "c2 waits in support #1");
    s.at(10s, to_queue(1, support)).expect("c1 goes from ann to support blind", "ann talking>wrap_up transfer.made");
    s.staff({}, 11s);
    s.at(11s, phone(bob, Device::registered)).expect("bob logged_out>logged_out device.registered");
    s.at(11s, logs_in(bob)).expect("bob logged_out>not_ready(sys.login) login");
    s.at(11s, goes_ready(bob)).expect("bob not_ready>ready ready", "o2: c1 to bob", "bob ready>reserved offer.made");
}

TEST(TransferToQueue, DoesNotComeStraightBack) {
    Plan p = shop();
    p.queues[0].wrap_up = 0s;
    p.queues[0].refusal_memory = 30s;
    Talking s(p);
    s.at(10s, to_queue(1, sales)).expect("c1 goes from ann to sales blind", "ann talking>ready transfer.made");
    s.at(40s, time_passes()).expect("o2: c1 to ann", "ann ready>reserved offer.made");
}

TEST(TransferToQueue, IsRefusedWhereItWouldNotBeLetInAndTheCallStays) {
    Plan p = shop();
    p.queues[1].closed = true;
    Talking closed(p);
    closed.at(10s, to_queue(1, support)).rejected(Rejection::queue_closed);
    EXPECT_EQ(closed.state().find(contact(1))->agent, ann);

    p = shop();
    p.queues[1].capacity = 1;
    Talking full(p);
    full.at(3s, calls(support)).expect("c2 arrives at support", "c2 waits in support #1");
    full.at(10s, to_queue(1, support)).rejected(Rejection::queue_full);

    p = shop();
    p.queues[1].refuse_without_agents = true;
    Talking empty(p);
    empty.at(10s, to_queue(1, support)).rejected(Rejection::no_agent);
    empty.at(10s, to_queue(1, static_cast<QueueId>(9))).rejected(Rejection::unknown_id);
    empty.at(10s, to_queue(7, sales)).rejected(Rejection::no_contact);
}

TEST(TransferToQueue, WaitsAndOverflowsAsAnyOther) {
    Plan p = shop();
    p.queues[1].max_wait = 5s;
    p.queues[1].overflow = sales;
    Talking s(p);
    s.at(10s, to_queue(1, support)).expect("c1 goes from ann to support blind", "ann talking>wrap_up transfer.made");
    s.at(15s, time_passes()).expect("c1 ended max_wait");  // it has been in sales
}

TEST(TransferToAgent, OffersItToThatAgentAlone) {
    Talking s;
    s.staff({bob}, 5s);
    s.at(5s, goes_not_ready(bob, "lunch")).expect("bob ready>not_ready(lunch) not_ready");
    s.at(10s, to_agent(1, bob))
        .expect("c1 goes from ann to bob blind", "ann talking>wrap_up transfer.made", "o2: c1 to bob",
                "bob not_ready>reserved offer.made");
    EXPECT_TRUE(s.last<event::OfferMade>().direct);
    s.at(12s, accepts(2)).expect("o2 accepted", "c1 talks to bob after 4s", "bob reserved>talking offer.accepted");
    s.at(20s, ends(1)).expect("c1 ended agent_hangup", "bob talking>wrap_up conversation.ended");
    s.at(50s, time_passes())
        .expect("@40s ann wrap_up>ready wrap_up.expired", "bob wrap_up>not_ready(lunch) wrap_up.expired");
}

TEST(TransferToAgent, NeedsNoSkillOfTheQueue) {
    Talking s;
    s.staff({cid}, 5s);
    s.at(10s, to_agent(1, cid))
        .expect("c1 goes from ann to cid blind", "ann talking>wrap_up transfer.made", "o2: c1 to cid",
                "cid ready>reserved offer.made");
}

TEST(TransferToAgent, GoesBackToItsQueueWhenNobodyAnswers) {
    Talking s;
    s.staff({cid}, 5s);
    s.at(10s, to_agent(1, cid))
        .expect("c1 goes from ann to cid blind", "ann talking>wrap_up transfer.made", "o2: c1 to cid",
                "cid ready>reserved offer.made");
    s.at(11s, rings(2)).expect("o2 rings");
    s.at(30s, time_passes()).expect("o2 no_answer", "cid reserved>ready offer.no_answer");
    EXPECT_EQ(s.state().find(contact(1))->phase, ContactPhase::waiting);
    EXPECT_EQ(s.state().find(contact(1))->queue, sales);
    s.at(31s, hangs_up(1)).expect("c1 abandons sales after 23s");
}

TEST(TransferToAgent, SurvivesTheTargetsLogoutWhileItRings) {
    Talking s;
    s.staff({cid}, 5s);
    s.at(10s, to_agent(1, cid))
        .expect("c1 goes from ann to cid blind", "ann talking>wrap_up transfer.made", "o2: c1 to cid",
                "cid ready>reserved offer.made");
    s.at(11s, logs_out(cid)).expect("o2 rescinded", "cid reserved>logged_out logout");
    s.at(12s, ends_wrap_up(ann)).expect("ann wrap_up>ready wrap_up.ended");
    s.at(40s, time_passes()).expect("o3: c1 to ann", "ann ready>reserved offer.made");
}

TEST(TransferToAgent, IsRefusedUnlessTheTargetIsFree) {
    Talking s;
    s.at(3s, to_agent(1, bob)).rejected(Rejection::not_logged_in);
    s.at(3s, logs_in(bob)).expect("bob logged_out>unreachable login");
    s.at(3s, to_agent(1, bob)).rejected(Rejection::no_device);
    s.at(3s, phone(bob, Device::registered)).expect("bob unreachable>not_ready(sys.login) device.registered");
    s.at(4s, own_call(bob, OtherUse::non_acd_call)).expect("bob not_ready>busy other_use.began");
    s.at(4s, to_agent(1, bob)).rejected(Rejection::on_a_call);
    s.at(4s, to_agent(1, ann)).rejected(Rejection::already_so);
    s.at(4s, to_agent(1, static_cast<AgentId>(9))).rejected(Rejection::unknown_id);
    EXPECT_EQ(s.state().find(contact(1))->agent, ann);
}

TEST(TransferToAgent, LetsANotReadyAgentAskForCallsAfterwards) {
    Talking s;
    s.staff({bob}, 5s);
    s.at(5s, goes_not_ready(bob)).expect("bob ready>not_ready not_ready");
    s.at(10s, to_agent(1, bob))
        .expect("c1 goes from ann to bob blind", "ann talking>wrap_up transfer.made", "o2: c1 to bob",
                "bob not_ready>reserved offer.made");
    s.at(11s, goes_ready(bob)).expect("bob reserved>reserved pending.set");
    s.at(11s, goes_ready(bob)).rejected(Rejection::already_so);
    s.at(12s, accepts(2)).expect("o2 accepted", "c1 talks to bob after 4s", "bob reserved>talking offer.accepted");
    s.at(13s, ends(1)).expect("c1 ended agent_hangup", "bob talking>wrap_up conversation.ended");
    s.at(14s, ends_wrap_up(bob)).expect("bob wrap_up>ready wrap_up.ended");
}

TEST(TransferOutside, StaysOursUntilTheEnd) {
    Talking s;
    s.at(10s, to_outside(1, "+4930123"))
        .expect("c1 goes from ann to +4930123 blind", "ann talking>wrap_up transfer.made");
    EXPECT_EQ(s.state().find(contact(1))->phase, ContactPhase::outside);
    s.at(25s, ends(1, EndCause::callee_hangup)).expect("c1 ended callee_hangup");
    EXPECT_EQ(s.last<event::ContactEnded>().talked, 15s);
    EXPECT_EQ(s.last<event::ContactEnded>().outside, "+4930123");
    EXPECT_EQ(s.agent(ann).facts.work(), Work::wrapping) << "it was no longer hers";
}

TEST(TransferOutside, ComesBackToItsQueueWhenNobodyIsReached) {
    Talking s;
    s.at(10s, to_outside(1, "+4930123"))
        .expect("c1 goes from ann to +4930123 blind", "ann talking>wrap_up transfer.made");
    s.at(15s, outside_fails(1, Outcome::busy, 486)).expect("c1 returns from +4930123 to sales busy");
    s.at(16s, outside_fails(1, Outcome::busy)).rejected(Rejection::no_contact);
    s.at(40s, time_passes())
        .expect("ann wrap_up>ready wrap_up.expired", "o2: c1 to ann", "ann ready>reserved offer.made");
}

TEST(TransferOutside, EndsWithTheServer) {
    Talking s;
    s.at(10s, to_outside(1, "+4930123"))
        .expect("c1 goes from ann to +4930123 blind", "ann talking>wrap_up transfer.made");
    s.recovered(20s).expect("c1 ended restart", "ann wrap_up>wrap_up restart");
}

TEST(AttendedTransfer, JoinsTheCallerAndTheColleague) {
    Talking s;
    s.staff({bob}, 3s);
    s.at(5s, own_call(bob, OtherUse::non_acd_call)).expect("bob ready>busy other_use.began");
    s.at(10s, joins(1, bob))
        .expect("c1 goes from ann to bob attended", "ann talking>wrap_up transfer.made",
                "bob busy>talking transfer.received");
    s.at(10s, own_call(bob, OtherUse::none)).expect("bob talking>talking other_use.ended");
    s.at(20s, loses_leg(1)).expect("c1 rescued to sales", "bob talking>unreachable leg.lost");
}

TEST(AttendedTransfer, EndsTheWrapUpOfWhoTakesIt) {
    Talking s;
    s.staff({bob}, 3s);
    s.at(3s, calls(support))
        .expect("c2 arrives at support", "c2 waits in support #1", "o2: c2 to bob", "bob ready>reserved offer.made");
    s.at(4s, joins(1, bob)).rejected(Rejection::on_a_call);
    s.at(4s, accepts(2)).expect("o2 accepted", "c2 talks to bob after 1s", "bob reserved>talking offer.accepted");
    s.at(5s, joins(1, bob)).rejected(Rejection::on_a_call);
    s.at(6s, ends(2)).expect("c2 ended agent_hangup", "bob talking>wrap_up conversation.ended");
    s.at(7s, joins(1, bob))
        .expect("c1 goes from ann to bob attended", "ann talking>wrap_up transfer.made",
                "bob wrap_up>talking transfer.received");
    s.at(8s, joins(1, ann))
        .expect("c1 goes from bob to ann attended", "bob talking>wrap_up transfer.made",
                "ann wrap_up>talking transfer.received");
    s.at(8s, joins(1, cid)).rejected(Rejection::not_logged_in);
}

TEST(Consultation, GivesItsAgentToTheCaller) {
    Talking s;
    s.staff({bob}, 3s);
    s.at(5s, calls(support))
        .expect("c2 arrives at support", "c2 waits in support #1", "o2: c2 to bob", "bob ready>reserved offer.made");
    s.at(6s, accepts(2)).expect("o2 accepted", "c2 talks to bob after 1s", "bob reserved>talking offer.accepted");
    s.at(10s, merges(1, 2))
        .expect("c2 ended merged", "c1 goes from ann to bob attended", "ann talking>wrap_up transfer.made",
                "bob talking>talking transfer.received");
    EXPECT_EQ(s.last<event::ContactTransferred>().merged, contact(2));
    EXPECT_EQ(s.agent(bob).facts.tasks.front().contact, contact(1));
    s.at(12s, ends(1)).expect("c1 ended agent_hangup", "bob talking>wrap_up conversation.ended");
}

TEST(Consultation, GivesItsPlaceInTheQueueToTheCaller) {
    Talking s;
    s.at(5s, calls(support)).expect("c2 arrives at support", "c2 waits in support #1");
    s.at(10s, merges(1, 2))
        .expect("c2 ended merged", "c1 goes from ann to support attended", "ann talking>wrap_up transfer.made");
    EXPECT_EQ(s.state().find(contact(1))->queue, support);
    s.at(11s, merges(1, 2)).rejected(Rejection::no_contact);
}

TEST(Consultation, ThatAnAgentRefusedIsOneThingTheCallerInItsPlaceAnother) {
    Talking s;
    s.staff({bob}, 3s);
    s.at(5s, calls(support))
        .expect("c2 arrives at support", "c2 waits in support #1", "o2: c2 to bob", "bob ready>reserved offer.made");
    s.at(6s, fails(2, Outcome::rejected)).expect("o2 rejected", "bob reserved>ready offer.rejected");
    s.at(10s, merges(1, 2))
        .expect("c2 ended merged", "c1 goes from ann to support attended", "ann talking>wrap_up transfer.made",
                "o3: c1 to bob", "bob ready>reserved offer.made");
}

TEST(Consultation, WhoseAgentIsBeingRungRingsForTheCallerInstead) {
    Talking s;
    s.staff({bob}, 3s);
    s.at(5s, calls(support))
        .expect("c2 arrives at support", "c2 waits in support #1", "o2: c2 to bob", "bob ready>reserved offer.made");
    s.at(10s, merges(1, 2))
        .expect("o2 rescinded", "bob reserved>ready offer.rescinded", "c2 ended merged",
                "c1 goes from ann to support attended", "ann talking>wrap_up transfer.made", "o3: c1 to bob",
                "bob ready>reserved offer.made");
}

}  // namespace
}  // namespace centrala::routing::testing
