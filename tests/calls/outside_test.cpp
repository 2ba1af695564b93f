// Numbers outside: agents' own calls and callers transferred there, through a trunk; what is allowed and what happens
// when nobody is reached.
#include "sim/watching_phone.hpp"
#include "with_carrier.hpp"

namespace centrala::calls {
namespace {

using routing::AgentState;
using routing::EndCause;

class OutsideTest : public WithCarrier {
protected:
    void open(bool allowed = true) {
        WithCarrier::open({.agents = 2, .wrap_up = 60s}, allowed);
        put_to_work(*phones[0]);
    }
    void talk(bool allowed = true) {
        open(allowed);
        caller = &call("100");
        phones[0]->answer();
        world->run_for(100ms);
        ASSERT_TRUE(world->media.bridged(caller->rtp(), phones[0]->rtp()));
    }
    void refer(const std::string& to) {
        phones[0]->refer(to);
        world->run_for(100ms);
    }

    Caller* caller = nullptr;
};

TEST_F(OutsideTest, AnAgentCallsOutThroughTheTrunk) {
    open();
    phones[0]->place_call("0301234");
    world->run_for(100ms);
    ASSERT_TRUE(carrier->session);
    EXPECT_EQ(state_of("a1"), AgentState::busy);
    carrier->ring();
    world->run_for(100ms);
    EXPECT_TRUE(phones[0]->own_call_rings);
    carrier->answer();
    world->run_for(100ms);
    EXPECT_TRUE(world->media.bridged(phones[0]->rtp(), carrier->rtp()));
    carrier->hang_up();
    world->run_for(100ms);
    EXPECT_FALSE(phones[0]->own_call);
    EXPECT_EQ(state_of("a1"), AgentState::ready);
    EXPECT_THAT(world->log.lines, testing::HasSubstr("\"to\":\"0301234\",\"kind\":\"outside\",\"trunk\":\"carrier\""));
    expect_nothing_left_outside();
}

TEST_F(OutsideTest, ACarriersAnswerInAReliableProvisionalResponseIsGood) {
    open();
    phones[0]->place_call("0301234");
    world->run_for(100ms);
    carrier->answer_early();
    world->run_for(100ms);
    EXPECT_TRUE(world->media.bridged(phones[0]->rtp(), carrier->rtp())) << "its tones";
    carrier->answer();
    world->run_for(100ms);
    EXPECT_TRUE(phones[0]->own_call);
    EXPECT_TRUE(world->media.bridged(phones[0]->rtp(), carrier->rtp()));
    phones[0]->hang_up_own_call();
    expect_nothing_left_outside();
}

TEST_F(OutsideTest, ATransferIsAnsweredInAReliableProvisionalResponseToo) {
    talk();
    refer("<sip:0301234@10.0.0.1>");
    carrier->answer_early();
    world->run_for(100ms);
    carrier->answer();
    world->run_for(100ms);
    EXPECT_TRUE(world->media.bridged(caller->rtp(), carrier->rtp()));
    caller->hang_up();
    expect_nothing_left_outside();
}

TEST_F(OutsideTest, TheAgentHearsWhatTheCarrierAnswers) {
    open();
    for (const int status : {486, 404, 603}) {
        phones[0]->place_call("0301234");
        world->run_for(100ms);
        carrier->refuse(status);
        world->run_for(100ms);
        EXPECT_EQ(phones[0]->own_call_refused, status);
    }
    phones[0]->place_call("0301234");
    world->run_for(100ms);
    phones[0]->hang_up_own_call();
    expect_nothing_left_outside();
}

TEST_F(OutsideTest, NobodyMayUnlessTheGroupSaysSo) {
    talk(false);
    phones[1]->register_phone();
    world->run_for(100ms);
    phones[1]->place_call("0301234");
    world->run_for(100ms);
    EXPECT_EQ(phones[1]->own_call_refused, 403);
    EXPECT_TRUE(noted("security.call_refused"));
    refer("<sip:0301234@10.0.0.1>");
    EXPECT_EQ(phones[0]->refer_status, 403);
    EXPECT_TRUE(noted("transfer.asked"));
    EXPECT_EQ(carrier->offers, 0);
    EXPECT_TRUE(world->media.bridged(caller->rtp(), phones[0]->rtp()));
    caller->hang_up();
    expect_nothing_left_outside();
}

TEST_F(OutsideTest, DeniedNumbersAreDeniedHoweverTheyAreDialled) {
    talk();
    refer("<tel:0-900-55>");
    EXPECT_EQ(phones[0]->refer_status, 403);
    refer("<sip:090055@elsewhere.example>");
    EXPECT_EQ(phones[0]->refer_status, 403);
    EXPECT_EQ(carrier->offers, 0);
    caller->hang_up();
    expect_nothing_left_outside();
}

TEST_F(OutsideTest, ACallerTransferredOutStaysOursUntilTheEnd) {
    talk();
    refer("<sip:0301234@10.0.0.1>");
    EXPECT_EQ(phones[0]->refer_status, 202);
    EXPECT_THAT(phones[0]->notified, ElementsAre("SIP/2.0 100 Trying"));
    EXPECT_EQ(state_of("a1"), AgentState::wrap_up);
    ASSERT_TRUE(carrier->session);
    carrier->answer();
    world->run_for(100ms);
    EXPECT_EQ(phones[0]->notified.back(), "SIP/2.0 200 OK");
    EXPECT_FALSE(phones[0]->session);
    EXPECT_TRUE(world->media.bridged(caller->rtp(), carrier->rtp()));
    EXPECT_EQ(world->server.calls(world->now).front().state, "outside");
    carrier->hang_up();
    world->run_for(100ms);
    EXPECT_TRUE(caller->ended);
    EXPECT_EQ(last<routing::event::ContactEnded>().cause, EndCause::callee_hangup);
    EXPECT_EQ(last<routing::event::ContactEnded>().outside, "0301234");
    expect_nothing_left_outside();
}

TEST_F(OutsideTest, AWithheldCallerIsAnonymousOutsideToo) {
    open();
    callers.push_back(std::make_unique<Caller>(*world, caller_address(1), "447011"));
    caller = callers.back().get();
    caller->lines = "Privacy: id\r\n";
    caller->dial("100");
    world->run_for(100ms);
    phones[0]->answer();
    world->run_for(100ms);
    refer("<sip:0301234@10.0.0.1>");
    ASSERT_TRUE(carrier->session);
    EXPECT_EQ(carrier->last_offer_from, "anonymous");
    EXPECT_THAT(carrier->last_offer, ::testing::HasSubstr("Privacy: id\n"));
    EXPECT_THAT(carrier->last_offer, ::testing::Not(::testing::HasSubstr("447011")));
    caller->hang_up();
    expect_nothing_left_outside();
}

TEST_F(OutsideTest, ACallerComesBackToTheQueueWhenNobodyIsReached) {
    talk();
    WatchingPhone lamp(*world, phone_address(99), "a2", "secret-a2");
    lamp.subscribe({"100", "dialog"});
    refer("<sip:0301234@10.0.0.1>");
    carrier->refuse(486);
    world->run_for(100ms);
    EXPECT_EQ(phones[0]->notified.back(), "SIP/2.0 486 Busy Here");
    EXPECT_FALSE(phones[0]->session);
    EXPECT_EQ(last<routing::event::ContactReturned>().cause, routing::Outcome::busy);
    world->run_for(2s);
    EXPECT_THAT(lamp.told.back().body, ::testing::HasSubstr("<state>confirmed</state>"));
    EXPECT_EQ(world->core.state().queues[0].line(), 1u);
    put_to_work(*phones[1]);
    world->run_for(100ms);
    phones[1]->answer();
    world->run_for(100ms);
    EXPECT_TRUE(world->media.bridged(caller->rtp(), phones[1]->rtp()));
    caller->hang_up();
    expect_nothing_left_outside();
}

TEST_F(OutsideTest, WhoIsHeldAfterATransferHearsMusicAndTheLogSaysSo) {
    talk();
    refer("<sip:0301234@10.0.0.1>");
    carrier->answer();
    world->run_for(100ms);
    hold(*carrier, *carrier->session);
    EXPECT_EQ(sound(*caller), "hold.wav for ever");
    EXPECT_EQ(world->server.calls(world->now).front().state, "on hold");
    world->run_for(2s);
    hold(*carrier, *carrier->session, false);
    EXPECT_TRUE(world->media.bridged(caller->rtp(), carrier->rtp()));
    EXPECT_THAT(world->log.lines,
                testing::HasSubstr("\"contact\":\"c1\",\"to\":\"0301234\",\"kind\":\"outside\",\"by\":\"callee\""));
    EXPECT_TRUE(noted("call.resumed"));
    hold(*caller, *caller->session);
    EXPECT_TRUE(world->media.bridged(caller->rtp(), carrier->rtp())) << "its own music, as far as it has any";
    EXPECT_TRUE(noted("call.held"));
    caller->hang_up();
    expect_nothing_left_outside();
}

TEST_F(OutsideTest, AConsultedPartyOnHoldHearsTheQueuesMusic) {
    talk();
    press(*phones[0], "*30301234#");
    carrier->answer();
    world->run_for(100ms);
    hold(*phones[0], *phones[0]->session);
    EXPECT_EQ(sound(*carrier), "hold.wav for ever");
    EXPECT_EQ(sound(*caller), "music.wav for ever") << "of the queue";
    EXPECT_TRUE(noted("call.held"));
    hold(*phones[0], *phones[0]->session, false);
    EXPECT_TRUE(world->media.bridged(phones[0]->rtp(), carrier->rtp()));
    EXPECT_EQ(world->log.all<routing::event::ContactHeld>().size(), 1u) << "by the consultation, not by that";
    EXPECT_TRUE(world->log.all<routing::event::ContactResumed>().empty());
    carrier->hang_up();
    world->run_for(100ms);
    caller->hang_up();
    expect_nothing_left_outside();
}

TEST_F(OutsideTest, ACallerComesBackWhenTheLineOutsideBreaks) {
    talk();
    carrier->vanished = true;
    refer("<sip:0301234@10.0.0.1>");
    world->run_for(40s);
    EXPECT_EQ(last<routing::event::ContactReturned>().cause, routing::Outcome::unreachable);
    carrier->vanished = false;
    caller->hang_up();
    expect_nothing_left_outside();
}

TEST_F(OutsideTest, TheCallerMayHangUpBeforeAndAfterTheAnswer) {
    talk();
    refer("<sip:0301234@10.0.0.1>");
    caller->hang_up();
    world->run_for(100ms);
    EXPECT_FALSE(carrier->session);
    EXPECT_EQ(phones[0]->notified.back(), "SIP/2.0 487 Request Terminated");
    expect_nothing_left_outside();

    command(routing::input::AgentEndsWrapUp{static_cast<routing::AgentId>(0)});
    caller = &call("100");
    phones[0]->answer();
    world->run_for(100ms);
    refer("<sip:0301234@10.0.0.1>");
    carrier->answer();
    world->run_for(100ms);
    caller->hang_up();
    world->run_for(100ms);
    EXPECT_FALSE(carrier->session);
    expect_nothing_left_outside();
}

TEST_F(OutsideTest, SilenceFromOutsideEndsIt) {
    talk();
    refer("<sip:0301234@10.0.0.1>");
    carrier->answer();
    world->run_for(100ms);
    world->media.tell({media::Event::Kind::timeout, world->media.id_towards(carrier->rtp()), 0});
    world->server.media_events(world->now);
    world->flush();
    world->run_for(100ms);
    EXPECT_EQ(last<routing::event::ContactEnded>().cause, EndCause::media_timeout);
    EXPECT_TRUE(caller->ended);
    expect_nothing_left_outside();
}

TEST_F(OutsideTest, AfterAConsultationOutsideTheTwoAreConnected) {
    talk();
    phones[0]->place_call("0301234");
    world->run_for(100ms);
    carrier->answer();
    world->run_for(100ms);
    ASSERT_TRUE(phones[0]->own_call);
    refer("<sip:0301234@10.0.0.1?Replaces=" + escaped(phones[0]->own_call_replaces) + ">");
    EXPECT_THAT(phones[0]->notified, ElementsAre("SIP/2.0 200 OK"));
    EXPECT_FALSE(phones[0]->own_call);
    EXPECT_FALSE(phones[0]->session);
    EXPECT_TRUE(world->media.bridged(caller->rtp(), carrier->rtp()));
    EXPECT_EQ(last<routing::event::ContactTransferred>().kind, routing::TransferKind::attended);
    caller->hang_up();
    world->run_for(100ms);
    EXPECT_FALSE(carrier->session);
    expect_nothing_left_outside();
}

TEST_F(OutsideTest, AConsultationByKeysWhileItRingsRingsForTheCaller) {
    talk();
    press(*phones[0], "*30301234#");
    ASSERT_TRUE(carrier->session);
    press(*phones[0], "*4");
    EXPECT_FALSE(phones[0]->session);
    ASSERT_TRUE(carrier->session) << "it rings on";
    carrier->answer();
    world->run_for(100ms);
    EXPECT_TRUE(world->media.bridged(caller->rtp(), carrier->rtp()));
    carrier->hang_up();
    world->run_for(100ms);
    EXPECT_TRUE(caller->ended);
    expect_nothing_left_outside();
}

TEST_F(OutsideTest, AConsultationByKeysThatFailsLeadsBackToTheCaller) {
    talk();
    press(*phones[0], "*30301234#");
    carrier->refuse(486);
    world->run_for(100ms);
    EXPECT_TRUE(world->media.bridged(caller->rtp(), phones[0]->rtp()));
    caller->hang_up();
    expect_nothing_left_outside();
}

}  // namespace
}  // namespace centrala::calls
