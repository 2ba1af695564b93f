// Transfers by REFER: each target, each failure at each moment, the log's chain of hands, and what is refused.
#include "fixture.hpp"

namespace centrala::calls {
namespace {

using routing::AgentState;
using routing::EndCause;

class TransferTest : public CallTest {
protected:
    /// Two agents at work (a2 supports, too) and a caller who talks to a1.
    void talk(SmallCentre options = {.agents = 2, .wrap_up = 60s}) {
        build(options);
        put_to_work(*phones[0]);
        caller = &call("100");
        phones[0]->answer();
        world->run_for(100ms);
        ASSERT_TRUE(world->media.bridged(caller->rtp(), phones[0]->rtp()));
        put_to_work(*phones[1]);
    }
    /// from → to of the one contact, as the log has it.
    [[nodiscard]] std::vector<std::string> hands() const {
        std::vector<std::string> chain;
        for (const auto& record : records("contact."))
            if (record.contains("to")) chain.push_back(record["to"]);
        return chain;
    }
    [[nodiscard]] std::size_t noted(const std::string& type) const {
        return static_cast<std::size_t>(std::count(world->log.notes.begin(), world->log.notes.end(), type));
    }
    [[nodiscard]] bool hears_music() const {
        const auto* session = world->media.towards(caller->rtp());
        return session && !session->programme.empty();
    }

    Caller* caller = nullptr;
};

TEST_F(TransferTest, ToAQueueTheCallWaitsThereAndTheTransferorWrapsUp) {
    talk();
    phones[0]->refer("<sip:200@10.0.0.1>");
    world->run_for(100ms);
    EXPECT_EQ(phones[0]->refer_status, 202);
    EXPECT_THAT(phones[0]->notified, ElementsAre("SIP/2.0 200 OK"));
    EXPECT_THAT(phones[0]->subscription_states, ElementsAre("terminated;reason=noresource"));
    EXPECT_FALSE(phones[0]->session) << "BYE came";
    EXPECT_EQ(state_of("a1"), AgentState::wrap_up);
    ASSERT_TRUE(phones[1]->session);
    EXPECT_EQ(phones[1]->last_offer_queue, "support");
    EXPECT_TRUE(hears_music());
    phones[1]->answer();
    world->run_for(100ms);
    EXPECT_TRUE(world->media.bridged(caller->rtp(), phones[1]->rtp()));
    EXPECT_EQ(state_of("a2"), AgentState::talking);
    caller->hang_up();
    world->run_for(100ms);
    EXPECT_THAT(hands(), ElementsAre("entry:sales", "queue:sales", "agent:a1", "queue:support", "agent:a2", "ended"));
    expect_nothing_left();
}

TEST_F(TransferTest, ToAQueueByItsNameWorksToo) {
    talk();
    phones[0]->refer("sip:support@anywhere.example");
    world->run_for(100ms);
    EXPECT_EQ(phones[0]->refer_status, 202);
    EXPECT_EQ(last<routing::event::ContactTransferred>().target, routing::TransferTarget::queue);
    caller->hang_up();
    expect_nothing_left();
}

TEST_F(TransferTest, ToAFullQueueIsRefusedAndTheCallStays) {
    talk({.agents = 2, .capacity = 1});
    command(routing::input::AgentGoesNotReady{static_cast<routing::AgentId>(1), "lunch"});
    Caller& other = call("200");
    phones[0]->refer("<sip:200@10.0.0.1>");
    world->run_for(100ms);
    EXPECT_EQ(phones[0]->refer_status, 202);
    EXPECT_THAT(phones[0]->notified, ElementsAre("SIP/2.0 486 Busy Here"));
    EXPECT_TRUE(phones[0]->talking);
    EXPECT_TRUE(world->media.bridged(caller->rtp(), phones[0]->rtp()));
    caller->hang_up();
    other.hang_up();
    expect_nothing_left();
}

TEST_F(TransferTest, ToAColleagueHisPhoneRingsAndTheTransferorIsToldHowItWent) {
    talk();
    phones[0]->refer("<sip:a2@10.0.0.1>");
    world->run_for(100ms);
    EXPECT_EQ(phones[0]->refer_status, 202);
    EXPECT_THAT(phones[0]->notified, ElementsAre("SIP/2.0 100 Trying"));
    EXPECT_EQ(state_of("a1"), AgentState::wrap_up);
    EXPECT_EQ(state_of("a2"), AgentState::reserved);
    EXPECT_TRUE(hears_music());
    phones[1]->answer();
    world->run_for(100ms);
    EXPECT_THAT(phones[0]->notified, ElementsAre("SIP/2.0 100 Trying", "SIP/2.0 200 OK"));
    EXPECT_FALSE(phones[0]->session);
    EXPECT_TRUE(world->media.bridged(caller->rtp(), phones[1]->rtp()));
    phones[1]->hang_up();
    world->run_for(100ms);
    EXPECT_TRUE(caller->ended);
    EXPECT_THAT(hands(), ElementsAre("entry:sales", "queue:sales", "agent:a1", "queue:sales", "agent:a2", "ended"));
    expect_nothing_left();
}

TEST_F(TransferTest, ToAColleagueWhoDeclinesTheCallerGoesBackToTheQueue) {
    talk();
    phones[0]->refer("<sip:a2@10.0.0.1>");
    world->run_for(100ms);
    phones[1]->ring();
    world->run_for(100ms);
    phones[1]->refuse(486);
    world->run_for(100ms);
    EXPECT_EQ(phones[0]->notified.back(), "SIP/2.0 603 Decline");
    EXPECT_FALSE(phones[0]->session);
    EXPECT_EQ(world->core.state().queues[0].line(), 1u);
    EXPECT_TRUE(hears_music());
    caller->hang_up();
    world->run_for(100ms);
    EXPECT_THAT(hands(), ElementsAre("entry:sales", "queue:sales", "agent:a1", "queue:sales", "ended"));
    expect_nothing_left();
}

TEST_F(TransferTest, ToAColleagueWhoDoesNotAnswerTheNextFreeAgentGetsTheCaller) {
    talk({.agents = 3, .ring_timeout = 5s, .wrap_up = 60s});
    phones[0]->refer("<sip:a2@10.0.0.1>");
    world->run_for(100ms);
    put_to_work(*phones[2]);
    world->run_for(100ms);
    EXPECT_FALSE(phones[2]->session) << "the offer is for a2 alone";
    world->run_for(5s);
    EXPECT_EQ(phones[0]->notified.back(), "SIP/2.0 480 Temporarily Unavailable");
    ASSERT_TRUE(phones[2]->session);
    phones[2]->answer();
    world->run_for(100ms);
    EXPECT_TRUE(world->media.bridged(caller->rtp(), phones[2]->rtp()));
    caller->hang_up();
    expect_nothing_left();
}

TEST_F(TransferTest, TheCallerMayHangUpWhileTheColleaguesPhoneRings) {
    talk();
    phones[0]->refer("<sip:a2@10.0.0.1>");
    world->run_for(100ms);
    caller->hang_up();
    world->run_for(100ms);
    EXPECT_EQ(phones[0]->notified.back(), "SIP/2.0 487 Request Terminated");
    EXPECT_FALSE(phones[1]->session);
    EXPECT_EQ(state_of("a2"), AgentState::ready);
    EXPECT_EQ(last<routing::event::OfferEnded>().outcome, routing::Outcome::caller_gone);
    expect_nothing_left();
}

TEST_F(TransferTest, TheTransferorMayHangUpWhileTheColleaguesPhoneRings) {
    talk();
    phones[0]->refer("<sip:a2@10.0.0.1>");
    world->run_for(100ms);
    phones[0]->hang_up();
    world->run_for(100ms);
    EXPECT_FALSE(caller->ended);
    phones[1]->answer();
    world->run_for(100ms);
    EXPECT_TRUE(world->media.bridged(caller->rtp(), phones[1]->rtp()));
    caller->hang_up();
    expect_nothing_left();
}

TEST_F(TransferTest, TheTransferorsPhoneMayVanishWhileTheColleaguesPhoneRings) {
    talk();
    phones[0]->refer("<sip:a2@10.0.0.1>");
    world->run_for(100ms);
    phones[0]->vanished = true;
    phones[1]->answer();
    world->run_for(60s);
    EXPECT_TRUE(world->media.bridged(caller->rtp(), phones[1]->rtp()));
    caller->hang_up();
    phones[0]->vanished = false;
    phones[0]->hang_up();
    expect_nothing_left();
}

TEST_F(TransferTest, TheColleagueMayLogOutWhileHisPhoneRings) {
    talk();
    phones[0]->refer("<sip:a2@10.0.0.1>");
    world->run_for(100ms);
    command(routing::input::AgentLogsOut{static_cast<routing::AgentId>(1)});
    world->run_for(100ms);
    EXPECT_FALSE(phones[1]->session);
    EXPECT_EQ(phones[0]->notified.back(), "SIP/2.0 480 Temporarily Unavailable");
    EXPECT_EQ(world->core.state().queues[0].line(), 1u);
    caller->hang_up();
    expect_nothing_left();
}

TEST_F(TransferTest, ToAColleagueInACallIsRefusedAndTheCallStays) {
    talk();
    Caller& other = call("200");
    phones[1]->answer();
    world->run_for(100ms);
    phones[0]->refer("<sip:a2@10.0.0.1>");
    world->run_for(100ms);
    EXPECT_THAT(phones[0]->notified, ElementsAre("SIP/2.0 486 Busy Here"));
    EXPECT_TRUE(world->media.bridged(caller->rtp(), phones[0]->rtp()));
    EXPECT_TRUE(world->media.bridged(other.rtp(), phones[1]->rtp()));
    caller->hang_up();
    other.hang_up();
    expect_nothing_left();
}

TEST_F(TransferTest, WithoutASubscriptionNobodyIsNotified) {
    talk();
    phones[0]->refer("<sip:a2@10.0.0.1>", "Refer-Sub: false\r\n");
    world->run_for(100ms);
    EXPECT_EQ(phones[0]->refer_status, 202);
    phones[1]->answer();
    world->run_for(100ms);
    EXPECT_TRUE(phones[0]->notified.empty());
    EXPECT_FALSE(phones[0]->session);
    caller->hang_up();
    expect_nothing_left();
}

TEST_F(TransferTest, ASecondReferWhileTheFirstIsUnderWayIsPutOff) {
    talk();
    phones[0]->refer("<sip:a2@10.0.0.1>");
    world->run_for(100ms);
    phones[0]->refer("<sip:200@10.0.0.1>");
    world->run_for(100ms);
    EXPECT_EQ(phones[0]->refer_status, 491);
    caller->hang_up();
    expect_nothing_left();
}

TEST_F(TransferTest, RefersThatAskForMoreThanANumberAreRefused) {
    talk();
    const auto status = [&](const std::string& to, const std::string& more = {}) {
        phones[0]->refer(to, more);
        world->run_for(100ms);
        return phones[0]->refer_status;
    };
    EXPECT_EQ(status("<sip:a2@10.0.0.1?Route=%3Csip:evil.example%3E>"), 403);
    EXPECT_EQ(status("<sip:a2@10.0.0.1?Replaces=x>"), 400);
    EXPECT_EQ(status("<sip:a2@10.0.0.1;method=BYE>"), 403);
    EXPECT_EQ(status("<http://evil.example/>"), 416);
    EXPECT_EQ(status("<sip:a2@10.0.0.1>", "Refer-To: <sip:a1@10.0.0.1>\r\n"), 400);
    EXPECT_EQ(status("nonsense <"), 400);
    EXPECT_GE(noted("security.transfer_refused"), 1u);
    phones[0]->notified.clear();
    EXPECT_EQ(status("<sip:nobody@10.0.0.1>"), 202);
    EXPECT_THAT(phones[0]->notified, ElementsAre("SIP/2.0 404 Not Found"));
    EXPECT_EQ(status("<sip:x@10.0.0.1?Replaces=unknown%3Bto-tag%3D1%3Bfrom-tag%3D2>"), 202);
    EXPECT_EQ(phones[0]->notified.back(), "SIP/2.0 481 Call/Transaction Does Not Exist");
    EXPECT_TRUE(world->media.bridged(caller->rtp(), phones[0]->rtp()));
    caller->hang_up();
    expect_nothing_left();
}

TEST_F(TransferTest, ACallerCannotSendItselfAnywhere) {
    talk();
    caller->ua.send_within(*caller->session, sip::Method::refer, "Refer-To: <sip:200@10.0.0.1>\r\n", {}, {},
                           world->now);
    world->flush(*caller);
    world->run_for(100ms);
    EXPECT_EQ(noted("security.transfer_refused"), 1u);
    EXPECT_TRUE(world->media.bridged(caller->rtp(), phones[0]->rtp()));
    caller->hang_up();
    expect_nothing_left();
}

TEST_F(TransferTest, AGroupMayBeKeptFromTransferring) {
    config::Config config = small_centre({.agents = 2});
    config.agent_groups[0].transfer_queues = config.agent_groups[0].transfer_agents = false;
    build(std::move(config));
    put_to_work(add_phone("a1"));
    caller = &call("100");
    phones[0]->answer();
    world->run_for(100ms);
    phones[0]->refer("<sip:200@10.0.0.1>");
    world->run_for(100ms);
    EXPECT_EQ(phones[0]->refer_status, 403);
    phones[0]->refer("<sip:a2@10.0.0.1>");
    world->run_for(100ms);
    EXPECT_EQ(phones[0]->refer_status, 403);
    EXPECT_GE(noted("security.transfer_refused"), 1u);
    EXPECT_EQ(noted("transfer.asked"), 2u);
    caller->hang_up();
    expect_nothing_left();
}

TEST_F(TransferTest, AfterAConsultationTheColleagueTalksToTheCaller) {
    talk();
    phones[0]->place_call("a2");
    world->run_for(100ms);
    phones[1]->answer();
    world->run_for(100ms);
    ASSERT_TRUE(phones[0]->own_call);
    EXPECT_EQ(state_of("a2"), AgentState::busy);
    phones[0]->refer("<sip:a2@10.0.0.1?Replaces=" + escaped(phones[0]->own_call_replaces) + ">",
                     "Referred-By: <sip:a1@10.0.0.1>\r\n");
    world->run_for(100ms);
    EXPECT_EQ(phones[0]->refer_status, 202);
    EXPECT_THAT(phones[0]->notified, ElementsAre("SIP/2.0 200 OK"));
    EXPECT_FALSE(phones[0]->session);
    EXPECT_FALSE(phones[0]->own_call);
    EXPECT_TRUE(phones[1]->talking);
    EXPECT_TRUE(world->media.bridged(caller->rtp(), phones[1]->rtp()));
    EXPECT_EQ(state_of("a1"), AgentState::wrap_up);
    EXPECT_EQ(state_of("a2"), AgentState::talking);
    phones[1]->hang_up();
    world->run_for(100ms);
    EXPECT_TRUE(caller->ended);
    EXPECT_EQ(state_of("a2"), AgentState::wrap_up);
    EXPECT_THAT(hands(), ElementsAre("entry:sales", "queue:sales", "agent:a1", "agent:a2", "ended"));
    expect_nothing_left();
}

TEST_F(TransferTest, AConsultationThatRingsYetRingsForTheCallerThen) {
    talk();
    phones[0]->place_call("a2");
    world->run_for(100ms);
    ASSERT_TRUE(phones[1]->session);
    EXPECT_FALSE(phones[0]->own_call);
    phones[0]->hang_up_own_call();
    world->run_for(100ms);
    EXPECT_FALSE(phones[1]->session);
    EXPECT_EQ(state_of("a2"), AgentState::ready);
    phones[0]->refer("<sip:a2@10.0.0.1>");
    world->run_for(100ms);
    phones[1]->answer();
    world->run_for(100ms);
    EXPECT_TRUE(world->media.bridged(caller->rtp(), phones[1]->rtp()));
    caller->hang_up();
    expect_nothing_left();
}

TEST_F(TransferTest, AfterAConsultationInAQueueItsAgentTalksToTheCaller) {
    talk();
    phones[0]->place_call("200");
    world->run_for(100ms);
    phones[1]->answer();
    world->run_for(100ms);
    ASSERT_TRUE(phones[0]->own_call);
    phones[0]->refer("<sip:200@10.0.0.1?Replaces=" + escaped(phones[0]->own_call_replaces) + ">");
    world->run_for(100ms);
    EXPECT_THAT(phones[0]->notified, ElementsAre("SIP/2.0 200 OK"));
    EXPECT_FALSE(phones[0]->own_call);
    EXPECT_TRUE(world->media.bridged(caller->rtp(), phones[1]->rtp()));
    EXPECT_EQ(state_of("a1"), AgentState::wrap_up);
    EXPECT_EQ(state_of("a2"), AgentState::talking);
    EXPECT_EQ(last<routing::event::ContactEnded>().cause, EndCause::merged);
    caller->hang_up();
    world->run_for(100ms);
    EXPECT_FALSE(phones[1]->session);
    expect_nothing_left();
}

TEST_F(TransferTest, AConsultationThatWaitsGivesItsPlaceToTheCaller) {
    talk();
    command(routing::input::AgentGoesNotReady{static_cast<routing::AgentId>(1), "lunch"});
    phones[0]->place_call("200");
    world->run_for(100ms);
    ASSERT_TRUE(phones[0]->own_call);
    phones[0]->refer("<sip:200@10.0.0.1?Replaces=" + escaped(phones[0]->own_call_replaces) + ">");
    world->run_for(100ms);
    EXPECT_THAT(phones[0]->notified, ElementsAre("SIP/2.0 200 OK"));
    EXPECT_FALSE(phones[0]->own_call);
    EXPECT_EQ(world->core.state().queues[1].line(), 1u);
    EXPECT_TRUE(hears_music());
    caller->hang_up();
    expect_nothing_left();
}

TEST_F(TransferTest, NobodyReplacesAColleaguesDialog) {
    talk({.agents = 3, .wrap_up = 60s});
    put_to_work(*phones[2]);
    phones[1]->place_call("a3");
    world->run_for(100ms);
    phones[2]->answer();
    world->run_for(100ms);
    ASSERT_TRUE(phones[1]->own_call);
    phones[0]->refer("<sip:a3@10.0.0.1?Replaces=" + escaped(phones[1]->own_call_replaces) + ">");
    world->run_for(100ms);
    EXPECT_THAT(phones[0]->notified, ElementsAre("SIP/2.0 403 Forbidden"));
    EXPECT_EQ(noted("security.transfer_refused"), 1u);
    EXPECT_TRUE(world->media.bridged(phones[1]->rtp(), phones[2]->rtp()));
    caller->hang_up();
    phones[1]->hang_up_own_call();
    expect_nothing_left();
}

}  // namespace
}  // namespace centrala::calls
