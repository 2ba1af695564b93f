// The process dies with calls in every state, and the next one goes on with them.
#include "with_carrier.hpp"

namespace centrala::calls {
namespace {

using routing::AgentState;
using routing::EndCause;
using testing::HasSubstr;
using testing::Not;

class RestartTest : public WithCarrier {
protected:
    /// kill -9, and after a while another process.
    void restart(Duration away = 2s) {
        world->kill();
        world->run_for(away);
        world->start_again();
        world->run_for(500ms);
    }
    /// A caller talks to the first agent.
    void talk(SmallCentre options = {.wrap_up = 60s}) {
        open(options);
        put_to_work(*phones[0]);
        caller = &call("100");
        phones[0]->answer();
        world->run_for(100ms);
        ASSERT_TRUE(world->media.bridged(caller->rtp(), phones[0]->rtp()));
    }
    /// A call rings at the first agent.
    void ring() {
        open({});
        put_to_work(*phones[0]);
        caller = &call("100");
        phones[0]->ring();
        world->run_for(100ms);
    }
    /// Between the caller and that agent, until the caller hangs up.
    void expect_talk_then_nothing_left(std::size_t agent = 0) {
        EXPECT_TRUE(world->media.bridged(caller->rtp(), phones[agent]->rtp()));
        caller->hang_up();
        expect_nothing_left_outside();
    }
    /// The peer knows nothing of its call any more.
    static void forget(Peer& peer, sip::SessionId session) {
        peer.vanished = true;
        peer.ua.hang_up(session, {}, peer.world.now);
        peer.world.flush(peer);
        peer.vanished = false;
    }

    Caller* caller = nullptr;
};

TEST_F(RestartTest, WhoWaitsHearsMusicAgainAndKeepsItsPlace) {
    open({});
    Caller& first = call("100");
    Caller& second = call("100");
    const Timestamp came = world->core.state().find(routing::ContactId{1})->enqueued;
    restart();
    EXPECT_FALSE(first.ended);
    EXPECT_EQ(sound(first), "music.wav for ever");
    EXPECT_EQ(sound(second), "music.wav for ever");
    EXPECT_EQ(world->core.state().find(routing::ContactId{1})->enqueued, came);
    put_to_work(*phones[0]);
    world->run_for(100ms);
    EXPECT_EQ(phones[0]->last_offer_contact, "c1");
    phones[0]->answer();
    world->run_for(100ms);
    EXPECT_TRUE(world->media.bridged(first.rtp(), phones[0]->rtp()));
    first.hang_up();
    second.hang_up();
    world->run_for(100ms);
    EXPECT_EQ(world->log.all<routing::event::ContactAbandoned>().size(), 1u);
    expect_nothing_left_outside();
}

TEST_F(RestartTest, WhoTalksTalksOnAtTheSamePort) {
    talk();
    const Endpoint before = world->media.towards(caller->rtp())->rtp;
    restart();
    ASSERT_TRUE(world->media.bridged(caller->rtp(), phones[0]->rtp()));
    EXPECT_EQ(world->media.towards(caller->rtp())->rtp, before)
        << "what the caller says all the while is heard by nobody else";
    EXPECT_EQ(state_of("a1"), AgentState::talking);
    EXPECT_EQ(world->server.calls(world->now).at(0).state, "talking");
    EXPECT_THAT(world->log.lines, HasSubstr(R"("leg":"agent")"));
    phones[0]->hang_up();
    world->run_for(100ms);
    EXPECT_TRUE(caller->ended);
    EXPECT_EQ(only<routing::event::ContactEnded>().cause, EndCause::agent_hangup);
    EXPECT_EQ(state_of("a1"), AgentState::wrap_up);
    expect_nothing_left_outside();
}

TEST_F(RestartTest, ASecondRestartIsAsGoodAsTheFirst) {
    talk();
    restart();
    restart(0s);
    EXPECT_TRUE(world->media.bridged(caller->rtp(), phones[0]->rtp()));
    caller->hang_up();
    world->run_for(100ms);
    EXPECT_FALSE(phones[0]->session);
    EXPECT_TRUE(world->kept.empty()) << "nothing is kept of a call that is over";
    expect_nothing_left_outside();
}

TEST_F(RestartTest, WhoHangsUpMeanwhileIsHeardAfterwards) {
    talk();
    world->kill();
    caller->hang_up();
    world->run_for(2s);
    world->start_again();
    world->run_for(5s);
    EXPECT_FALSE(phones[0]->session);
    EXPECT_EQ(only<routing::event::ContactEnded>().cause, EndCause::caller_failed) << "it knows of no call";
    expect_nothing_left_outside();
}

TEST_F(RestartTest, ACallerWhoIsGoneIsNotServed) {
    open({});
    caller = &call("100");
    forget(*caller, *caller->session);
    restart();
    EXPECT_EQ(only<routing::event::ContactEnded>().cause, EndCause::caller_failed);
    expect_nothing_left_outside();
}

TEST_F(RestartTest, ACallerWhoseAgentIsGoneWaitsInItsOldPlace) {
    talk();
    forget(*phones[0], *phones[0]->session);
    phones[0]->session.reset();
    restart();
    EXPECT_EQ(only<routing::event::ContactRescued>().contact, routing::ContactId{1});
    EXPECT_EQ(sound(*caller), "music.wav for ever");
    put_to_work(*phones[1]);
    world->run_for(100ms);
    phones[1]->answer();
    world->run_for(100ms);
    expect_talk_then_nothing_left(1);
}

TEST_F(RestartTest, APhoneThatRangStopsAndRingsAnew) {
    ring();
    restart();
    EXPECT_EQ(phones[0]->stopped, 1) << "the INVITE of the process that died is cancelled";
    EXPECT_EQ(phones[0]->offers, 2);
    ASSERT_TRUE(phones[0]->session);
    phones[0]->answer();
    world->run_for(100ms);
    const auto ended = world->log.all<routing::event::OfferEnded>();
    ASSERT_EQ(ended.size(), 2u);
    EXPECT_EQ(ended[0].outcome, routing::Outcome::rescinded);
    expect_talk_then_nothing_left();
}

TEST_F(RestartTest, APhoneThatAnsweredMeanwhileIsLetGoAndRungAnew) {
    ring();
    world->kill();
    phones[0]->answer();  // its 200 is repeated until somebody acknowledges it
    phones[0]->on_offer = [&] { phones[0]->answer(); };
    world->run_for(1s);
    world->start_again();
    world->run_for(60s);  // at first it says that it is busy
    EXPECT_EQ(phones[0]->stopped, 1) << "for nobody is at the other end of that dialog";
    expect_talk_then_nothing_left();
}

TEST_F(RestartTest, ACallerWithoutAnAnswerYetKeepsItsPlace) {
    open({.early_media = true});
    caller = &call("100");
    EXPECT_TRUE(caller->early);
    const Endpoint before = world->media.towards(caller->rtp())->rtp;
    restart();
    EXPECT_EQ(world->wire["server 183 INVITE"], 2) << "as of another fork";
    EXPECT_EQ(world->media.towards(caller->rtp())->rtp, before);
    EXPECT_EQ(world->core.state().find(routing::ContactId{1})->phase, routing::ContactPhase::waiting);
    put_to_work(*phones[0]);
    world->run_for(100ms);
    phones[0]->answer();
    world->run_for(100ms);
    EXPECT_TRUE(caller->answered);
    EXPECT_TRUE(world->media.bridged(caller->rtp(), phones[0]->rtp()));
    caller->hang_up();
    world->run_for(100ms);
    EXPECT_EQ(only<routing::event::ContactEnded>().cause, EndCause::caller_hangup);
    expect_nothing_left_outside();
}

TEST_F(RestartTest, CallersWithAndWithoutAnAnswerGoOnBesideEachOther) {
    config::Config config = small_centre({.early_media = true});
    config.queues[1].early_media = false;
    build(std::move(config));
    std::vector<Caller*> all;
    for (int i = 0; i < 4; ++i)
        for (const char* number : {"100", "200"}) all.push_back(&call(number));
    all[0]->hang_up();  // whose ids the next ones to come may have
    world->run_for(40s);
    restart();
    EXPECT_EQ(world->core.state().contacts.size(), 7u);
    for (std::size_t i = 1; i < all.size(); ++i) {
        EXPECT_EQ(sound(*all[i]), "music.wav for ever") << i;
        all[i]->hang_up();
    }
    expect_nothing_left();
}

TEST_F(RestartTest, ACallerWithoutAnAnswerWhoHangsUpIsGone) {
    open({.early_media = true});
    caller = &call("100");
    restart();
    caller->hang_up();
    world->run_for(100ms);
    EXPECT_EQ(world->log.all<routing::event::ContactAbandoned>().size(), 1u);
    expect_nothing_left_outside();
}

TEST_F(RestartTest, AnAgentsOwnCallGoesOn) {
    open({});
    put_to_work(*phones[0]);
    phones[0]->place_call("0301234");
    world->run_for(100ms);
    carrier->answer();
    world->run_for(100ms);
    ASSERT_TRUE(world->media.bridged(phones[0]->rtp(), carrier->rtp()));
    restart();
    EXPECT_TRUE(world->media.bridged(phones[0]->rtp(), carrier->rtp()));
    EXPECT_EQ(state_of("a1"), AgentState::busy);
    EXPECT_EQ(world->server.trunks(world->now).at(0).calls_out, 1u);
    EXPECT_TRUE(noted("call.restored"));
    carrier->hang_up();
    world->run_for(100ms);
    EXPECT_FALSE(phones[0]->own_call);
    EXPECT_EQ(state_of("a1"), AgentState::ready);
    EXPECT_THAT(world->log.lines, HasSubstr(R"("type":"call.ended")"));
    EXPECT_TRUE(world->kept.empty());
    expect_nothing_left_outside();
}

TEST_F(RestartTest, AnAgentsCallThatRingsIsPlacedAnew) {
    open({});
    put_to_work(*phones[0]);
    phones[0]->place_call("0301234");
    world->run_for(100ms);
    carrier->ring();
    world->run_for(100ms);
    restart();
    EXPECT_EQ(carrier->stopped, 1);
    ASSERT_TRUE(carrier->session);
    carrier->answer();
    world->run_for(100ms);
    EXPECT_TRUE(world->media.bridged(phones[0]->rtp(), carrier->rtp()));
    phones[0]->hang_up_own_call();
    expect_nothing_left_outside();
}

TEST_F(RestartTest, AConsultationEndsAndItsCallerIsNoLongerOnHold) {
    talk();
    press(*phones[0], "*30301234#");
    world->run_for(100ms);
    carrier->answer();
    world->run_for(100ms);
    ASSERT_TRUE(carrier->talking);
    ASSERT_EQ(world->server.calls(world->now).at(0).state, "on hold");
    restart();
    EXPECT_FALSE(carrier->session);
    EXPECT_EQ(world->server.calls(world->now).at(0).state, "talking");
    expect_talk_then_nothing_left();
}

TEST_F(RestartTest, WhoDialledAFeatureCodeIsLetGo) {
    open({});
    put_to_work(*phones[0]);
    phones[0]->dial_code("*142");
    world->run_for(100ms);
    ASSERT_EQ(phones[0]->codes_answered, 1);
    restart();
    EXPECT_FALSE(phones[0]->own_call);
    EXPECT_TRUE(world->kept.empty());
    expect_nothing_left_outside();
}

TEST_F(RestartTest, WhoIsOnHoldStaysOnHold) {
    talk();
    ASSERT_TRUE(phones[0]->reoffer(*phones[0]->session, sdp::Direction::sendonly));
    world->run_for(100ms);
    ASSERT_EQ(world->server.calls(world->now).at(0).state, "on hold");
    const auto held = world->log.all<routing::event::ContactHeld>().size();
    restart();
    EXPECT_EQ(world->server.calls(world->now).at(0).state, "on hold");
    EXPECT_EQ(sound(*caller), "hold.wav for ever");
    EXPECT_EQ(world->log.all<routing::event::ContactHeld>().size(), held) << "it has been all the while";
    EXPECT_TRUE(world->log.all<routing::event::ContactResumed>().empty());
    ASSERT_TRUE(phones[0]->reoffer(*phones[0]->session, sdp::Direction::sendrecv));
    world->run_for(100ms);
    expect_talk_then_nothing_left();
}

TEST_F(RestartTest, WhoWasHandedToOutsideTalksOn) {
    talk();
    phones[0]->refer("<sip:0301234@10.0.0.1>");
    world->run_for(100ms);
    ASSERT_TRUE(carrier->session);
    carrier->answer();
    world->run_for(5s);
    ASSERT_TRUE(world->media.bridged(caller->rtp(), carrier->rtp()));
    restart();
    EXPECT_TRUE(world->media.bridged(caller->rtp(), carrier->rtp()));
    EXPECT_EQ(world->server.trunks(world->now).at(0).calls_in, 1u);
    EXPECT_EQ(world->server.trunks(world->now).at(0).calls_out, 1u);
    carrier->hang_up();
    world->run_for(100ms);
    EXPECT_TRUE(caller->ended);
    expect_nothing_left_outside();
}

TEST_F(RestartTest, WhoWasBeingHandedToOutsideWaitsAgain) {
    talk();
    phones[0]->refer("<sip:0301234@10.0.0.1>");
    world->run_for(100ms);
    ASSERT_TRUE(carrier->session);
    carrier->ring();
    world->run_for(5s);
    restart();
    EXPECT_FALSE(carrier->session) << "it is no longer rung";
    EXPECT_EQ(only<routing::event::ContactReturned>().contact, routing::ContactId{1});
    EXPECT_EQ(sound(*caller), "music.wav for ever");
    caller->hang_up();
    expect_nothing_left_outside();
}

TEST_F(RestartTest, AnAgentWhoCallsAQueueTalksOnAndStaysBusy) {
    open({.wrap_up = 0s});
    put_to_work(*phones[0]);
    put_to_work(*phones[1]);
    phones[0]->place_call("100");
    world->run_for(100ms);
    phones[1]->answer();
    world->run_for(100ms);
    ASSERT_TRUE(phones[0]->own_call);
    restart();
    EXPECT_EQ(state_of("a1"), AgentState::busy);
    EXPECT_EQ(state_of("a2"), AgentState::talking);
    phones[0]->hang_up_own_call();
    world->run_for(100ms);
    EXPECT_EQ(state_of("a1"), AgentState::ready);
    EXPECT_FALSE(phones[1]->session);
    expect_nothing_left_outside();
}

TEST_F(RestartTest, WhoWaitedTooLongMeanwhileIsSentAway) {
    open({.max_wait = 10s});
    caller = &call("100");
    restart(20s);
    EXPECT_TRUE(caller->ended);
    EXPECT_EQ(only<routing::event::ContactEnded>().cause, EndCause::max_wait);
    expect_nothing_left_outside();
}

TEST_F(RestartTest, ACallThatTheLogDoesNotKnowIsEnded) {
    talk();
    world->kill();
    world->core = routing::Core(world->config.plan);
    world->run_for(1s);
    world->start_again();
    world->run_for(500ms);
    EXPECT_TRUE(caller->ended) << "nobody is left in silence";
    EXPECT_FALSE(phones[0]->session);
    EXPECT_TRUE(world->kept.empty());
    expect_nothing_left_outside();
}

TEST_F(RestartTest, AnotherCallOfTheSameNumberIsNotTakenForIt) {
    talk();
    world->kill();
    routing::Core other(world->config.plan);
    for (routing::Event event : world->log.events) {
        if (auto* arrived = std::get_if<routing::event::ContactArrived>(&event.body)) arrived->call_id = "another";
        other.restore(event);
    }
    world->core = std::move(other);
    world->start_again();
    world->run_for(500ms);
    EXPECT_EQ(only<routing::event::ContactEnded>().cause, EndCause::restart);
    EXPECT_TRUE(caller->ended);
    EXPECT_FALSE(phones[0]->session);
    expect_nothing_left_outside();
}

TEST_F(RestartTest, WhatCannotBeReadEndsItsCallAndNoOther) {
    talk();
    Caller& other = call("100");
    world->kill();
    world->kept.begin()->second.resize(40);
    world->start_again();
    world->run_for(500ms);
    EXPECT_EQ(only<routing::event::ContactEnded>().contact, routing::ContactId{1});
    EXPECT_FALSE(other.ended);
    EXPECT_EQ(world->kept.size(), 1u);
    other.hang_up();
    world->run_for(100ms);
    EXPECT_TRUE(world->kept.empty());
}

TEST_F(RestartTest, APhoneWhoseConnectionDiedTalksOnWhenItIsBack) {
    open({});
    Softphone phone(*world, phone_address(9), "a1", "secret-a1", {.transport = sip::Transport::tcp});
    put_to_work(phone);
    caller = &call("100");
    phone.answer();
    world->run_for(100ms);
    ASSERT_TRUE(world->media.bridged(caller->rtp(), phone.rtp()));
    restart();
    EXPECT_FALSE(world->media.bridged(caller->rtp(), phone.rtp()));
    world->run_for(3s);
    phone.register_phone();
    world->run_for(100ms);
    EXPECT_TRUE(world->media.bridged(caller->rtp(), phone.rtp()));
    caller->hang_up();
    world->run_for(100ms);
    EXPECT_FALSE(phone.session);
    expect_nothing_left();
}

TEST_F(RestartTest, ACallerWhoseAgentsPhoneDoesNotComeBackWaitsAgain) {
    open({});
    Softphone phone(*world, phone_address(9), "a1", "secret-a1", {.transport = sip::Transport::tcp});
    put_to_work(phone);
    caller = &call("100");
    phone.answer();
    world->run_for(100ms);
    restart();
    world->run_for(15s);
    EXPECT_EQ(only<routing::event::ContactRescued>().contact, routing::ContactId{1});
    EXPECT_EQ(sound(*caller), "music.wav for ever");
    caller->hang_up();
    world->run_for(100ms);
    EXPECT_TRUE(world->core.state().contacts.empty());
}

TEST_F(RestartTest, APhoneThatTakesConnectionsIsCalledThere) {
    open({});
    Softphone phone(*world, phone_address(9), "a1", "secret-a1",
                    {.transport = sip::Transport::tcp, .listens_on_tcp = true});
    put_to_work(phone);
    caller = &call("100");
    phone.answer();
    world->run_for(100ms);
    ASSERT_TRUE(world->media.bridged(caller->rtp(), phone.rtp()));
    restart();
    world->run_for(10s);
    EXPECT_TRUE(world->media.bridged(caller->rtp(), phone.rtp())) << "over a new connection to its Contact";
    caller->hang_up();
    world->run_for(100ms);
    EXPECT_FALSE(phone.session);
    expect_nothing_left();
}

}  // namespace
}  // namespace centrala::calls
