// Every ending at every moment: nobody is left ringing, nothing leaks, a living call keeps its place, the log says what
// happened.
#include "fixture.hpp"

namespace centrala::calls {
namespace {

using routing::AgentState;
using routing::Outcome;
using routing::event::ContactAbandoned;
using routing::event::ContactConnected;
using routing::event::ContactEnded;
using routing::event::OfferEnded;
using routing::event::OfferMade;

TEST_F(CallTest, CallerCancelsWhileUnanswered) {
    build({.agents = 0, .early_media = true});
    call("100").hang_up();
    world->run_for(1s);
    EXPECT_EQ(only<ContactAbandoned>().while_ringing, std::nullopt);
    expect_nothing_left();
}

TEST_F(CallTest, CallerHangsUpInTheQueue) {
    build({.agents = 0});
    Caller& caller = call("100");
    world->run_for(12s);
    caller.hang_up();
    world->run_for(1s);
    EXPECT_EQ(only<ContactAbandoned>().waited / 1s, 12);
    expect_nothing_left();
}

TEST_F(CallTest, CallerHangsUpWhileTheAgentRings) {
    build({.agents = 1});
    put_to_work(*phones[0]);
    const auto idle_before = world->core.state().agents[0].idle_since;
    Caller& caller = call("100");
    ASSERT_TRUE(phones[0]->session);
    phones[0]->ring();
    world->run_for(3s);
    caller.hang_up();
    world->run_for(1s);
    EXPECT_EQ(phones[0]->stopped, 1);
    EXPECT_EQ(only<OfferEnded>().outcome, Outcome::caller_gone);
    EXPECT_EQ(world->core.state().agents[0].idle_since, idle_before);
    EXPECT_EQ(state_of("a1"), AgentState::ready);
    expect_nothing_left();
}

TEST_F(CallTest, AnOfferThatIsOverBeforeATurnThatComesLateRingsNowhere) {
    build({.agents = 1, .ring_timeout = 5s, .wrap_up = 5s});
    Softphone& phone = *phones[0];
    put_to_work(phone);
    Caller& first = call("100");
    phone.answer();
    world->run_for(100ms);
    Caller& second = call("100");
    first.hang_up();
    world->run_for(100ms);
    const int rung = phone.offers;
    world->now += 60s;  // in which wrap-up ended, the next caller was offered, and nothing was heard of it
    command(routing::input::TimePasses{});
    EXPECT_EQ(last<OfferMade>().contact, last<OfferEnded>().contact);
    EXPECT_EQ(phone.offers, rung);
    second.hang_up();
    expect_nothing_left();
}

TEST_F(CallTest, CallerHangsUpInTheMillisecondInWhichTheAgentAnswers) {
    for (int order = 0; order < 2; ++order) {
        phones.clear();
        callers.clear();
        build({.agents = 1});
        put_to_work(*phones[0]);
        Caller& caller = call("100");
        ASSERT_TRUE(phones[0]->session);
        if (order == 0) {
            phones[0]->answer();
            caller.hang_up();
        } else {
            caller.hang_up();
            phones[0]->answer();
        }
        world->run_for(1s);
        EXPECT_EQ(only<OfferEnded>().outcome, order == 0 ? Outcome::accepted : Outcome::caller_gone);
        expect_nothing_left();
    }
}

TEST_F(CallTest, AgentRejectsAfterRingingAndTheCallGoesToTheNext) {
    build({.agents = 2});
    for (auto& phone : phones) put_to_work(*phone);
    call("100");
    Softphone& first = phones[0]->session ? *phones[0] : *phones[1];
    Softphone& second = phones[0]->session ? *phones[1] : *phones[0];
    first.ring();
    world->run_for(2s);
    first.refuse(486);  // it rang: a person pressed reject
    world->run_for(100ms);
    EXPECT_EQ(only<OfferEnded>().outcome, Outcome::rejected);
    EXPECT_EQ(only<OfferEnded>().misses, 1u);
    ASSERT_TRUE(second.session);
    second.answer();
    world->run_for(100ms);
    EXPECT_EQ(only<ContactConnected>().waited / 1s, 2);
    callers[0]->hang_up();
    expect_nothing_left();
}

TEST_F(CallTest, APhoneThatSays486AtOnceIsBusyAndNotPunished) {
    build({.agents = 1});
    put_to_work(*phones[0]);
    phones[0]->on_offer = [&] { phones[0]->refuse(486); };
    call("100");
    EXPECT_EQ(only<OfferEnded>().outcome, Outcome::busy);
    EXPECT_EQ(only<OfferEnded>().misses, 0u);
    EXPECT_EQ(state_of("a1"), AgentState::busy);
    callers[0]->hang_up();
    expect_nothing_left();
}

TEST_F(CallTest, AgentDeclinesWith603) {
    build({.agents = 1, .misses_max = 1});
    put_to_work(*phones[0]);
    phones[0]->on_offer = [&] { phones[0]->refuse(603); };
    call("100");
    EXPECT_EQ(only<OfferEnded>().outcome, Outcome::rejected);
    EXPECT_EQ(only<OfferEnded>().sip_code, 603);
    EXPECT_EQ(state_of("a1"), AgentState::not_ready);
    callers[0]->hang_up();
    expect_nothing_left();
}

TEST_F(CallTest, AgentDoesNotAnswerAndBecomesNotReadyAfterTheConfiguredMisses) {
    build({.agents = 1, .ring_timeout = 10s, .misses_max = 1});
    put_to_work(*phones[0]);
    phones[0]->on_offer = [&] { phones[0]->ring(); };
    call("100");
    world->run_for(11s);
    EXPECT_EQ(only<OfferEnded>().outcome, Outcome::no_answer);
    EXPECT_EQ(phones[0]->stopped, 1);
    EXPECT_EQ(state_of("a1"), AgentState::not_ready);
    EXPECT_EQ(world->core.state().agents[0].facts.reason, "sys.no_answer");
    callers[0]->hang_up();
    expect_nothing_left();
}

TEST_F(CallTest, TwoAgentsLostInARowAndTheCallKeepsItsPlace) {
    build({.agents = 3, .ring_timeout = 5s});
    for (auto& phone : phones) put_to_work(*phone);
    for (auto& phone : phones) phone->on_offer = [p = phone.get()] { p->ring(); };
    phones[2]->on_offer = [&] { phones[2]->answer(); };
    call("100");
    world->run_for(11s);
    EXPECT_THAT(world->log.all<OfferEnded>(), ::testing::SizeIs(3));
    EXPECT_EQ(only<ContactConnected>().agent, static_cast<routing::AgentId>(2));
    EXPECT_GE(only<ContactConnected>().waited, 10s);
    EXPECT_FALSE(phones[0]->session);
    EXPECT_FALSE(phones[1]->session);
    callers[0]->hang_up();
    world->run_for(1s);
    expect_nothing_left();
}

TEST_F(CallTest, AgentIsUnreachableBecauseNothingAnswers) {
    build({.agents = 1, .ring_timeout = 60s});
    put_to_work(*phones[0]);
    phones[0]->vanished = true;
    call("100");
    world->run_for(33s);  // Timer B: 64·T1
    const auto first = world->log.all<OfferEnded>().front();
    EXPECT_EQ(first.outcome, Outcome::unreachable);
    EXPECT_EQ(first.misses, 0u);
    EXPECT_EQ(state_of("a1"), AgentState::unreachable);
    phones[0]->vanished = false;
    world->run_for(61s);  // a probe finds it alive
    EXPECT_GE(phones[0]->offers, 1);
    callers[0]->hang_up();
    expect_nothing_left();
}

TEST_F(CallTest, AnAnswerThatCameInAReliableProvisionalResponseIsGood) {
    build({.agents = 1});
    put_to_work(*phones[0]);
    Caller& caller = call("100");
    phones[0]->answer_early();
    world->run_for(100ms);
    phones[0]->answer();
    world->run_for(100ms);
    EXPECT_TRUE(world->media.bridged(caller.rtp(), phones[0]->rtp()));
    caller.hang_up();
    expect_nothing_left();
}

TEST_F(CallTest, AMutePhoneIsProbedAndNotPunishedThoughTheRingTimeoutIsShorterThanTimerB) {
    build({.agents = 1});  // 20 s, against 64·T1 = 32 s
    put_to_work(*phones[0]);
    phones[0]->vanished = true;
    call("100");
    world->run_for(21s);
    EXPECT_EQ(only<OfferEnded>().outcome, Outcome::unreachable);
    EXPECT_EQ(state_of("a1"), AgentState::unreachable);
    world->run_for(180s);  // rested, offered, mute again
    for (const auto& ended : world->log.all<OfferEnded>()) EXPECT_EQ(ended.misses, 0u);
    EXPECT_EQ(world->core.state().agents[0].facts.intent, routing::Intent::ready);
    phones[0]->vanished = false;
    phones[0]->on_offer = [&] { phones[0]->answer(); };
    world->run_for(61s);  // a probe finds it alive
    EXPECT_EQ(world->log.all<ContactConnected>().size(), 1u);
    callers[0]->hang_up();
    expect_nothing_left();
}

TEST_F(CallTest, AProxyThatAnswersForAPhoneThatIsGoneIsNoSignOfLife) {
    build({.agents = 1});
    put_to_work(*phones[0]);
    phones[0]->on_offer = [&] { phones[0]->refuse(503); };
    phones[0]->options_status = 503;
    call("100");
    world->run_for(30s);
    EXPECT_EQ(state_of("a1"), AgentState::unreachable);
    EXPECT_EQ(phones[0]->offers, 1);
    phones[0]->options_status = 200;
    phones[0]->on_offer = [&] { phones[0]->answer(); };
    world->run_for(61s);
    EXPECT_EQ(world->log.all<ContactConnected>().size(), 1u);
    callers[0]->hang_up();
    expect_nothing_left();
}

TEST_F(CallTest, AgentIsUnreachableBecauseThePortIsClosed) {
    build({.agents = 2});
    for (auto& phone : phones) put_to_work(*phone);
    for (auto& phone : phones) phone->on_offer = [p = phone.get()] { p->answer(); };
    // The one who has been idle longest has gone without unregistering: ICMP port unreachable.
    world->detach(*phones[0]);
    call("100");
    world->run_for(1s);
    EXPECT_EQ(world->log.all<OfferEnded>().front().outcome, Outcome::unreachable);
    EXPECT_EQ(only<ContactConnected>().agent, static_cast<routing::AgentId>(1));
    EXPECT_LT(only<ContactConnected>().waited, 100ms);
    world->attach(*phones[0]);
    callers[0]->hang_up();
    expect_nothing_left();
}

TEST_F(CallTest, AgentLosesItsRegistrationInMidRingAndMayStillAnswer) {
    build({.agents = 1});
    put_to_work(*phones[0]);
    call("100");
    ASSERT_TRUE(phones[0]->session);
    phones[0]->register_phone(0);
    world->run_for(1s);
    EXPECT_EQ(world->server.registrar().size(), 0u);
    phones[0]->answer();
    world->run_for(100ms);
    EXPECT_TRUE(world->media.bridged(callers[0]->rtp(), phones[0]->rtp()));
    phones[0]->hang_up();
    world->run_for(1s);
    EXPECT_EQ(only<ContactEnded>().cause, routing::EndCause::agent_hangup);
    expect_nothing_left();
}

TEST_F(CallTest, AllAgentsGoAndTheCallWaitsOn) {
    build({.agents = 2, .ring_timeout = 5s});
    for (auto& phone : phones) put_to_work(*phone);
    call("100");
    for (auto& phone : phones) phone->register_phone(0);
    world->run_for(40s);  // until the missed offer is forgotten
    EXPECT_EQ(world->core.state().queues[0].line(), 1u);
    phones[0]->register_phone();
    world->run_for(100ms);
    command(routing::input::AgentGoesReady{static_cast<routing::AgentId>(0)});
    world->run_for(1s);
    ASSERT_TRUE(phones[0]->session);
    phones[0]->answer();
    world->run_for(1s);
    EXPECT_GE(only<ContactConnected>().waited, 30s);
    callers[0]->hang_up();
    expect_nothing_left();
}

TEST_F(CallTest, APhoneMayBeginToRingInTheVeryMomentInWhichItsTimeIsOver) {
    build({.agents = 1, .ring_timeout = 5s});
    put_to_work(*phones[0]);
    call("100");
    world->run_for(1s);
    ASSERT_EQ(world->core.state().offers.size(), 1u);
    const Timestamp over = world->core.state().offers.begin()->made + 5s;
    // A message takes so long, and is received before the clock is looked at.
    world->at(over - 1ms, [&] { phones[0]->ring(); });
    world->run_until(over - 1ms);
    EXPECT_TRUE(world->log.all<routing::event::OfferEnded>().empty());
    world->run_for(1s);
    const auto ended = world->log.all<routing::event::OfferEnded>();
    ASSERT_EQ(ended.size(), 1u);
    EXPECT_EQ(ended[0].agent, static_cast<routing::AgentId>(0));
    callers[0]->hang_up();
    expect_nothing_left();
}

TEST_F(CallTest, AgentsLegIsLostAndTheCallerGoesBackToTheHead) {
    build({.agents = 2});
    put_to_work(*phones[0]);
    phones[0]->on_offer = [&] { phones[0]->answer(); };
    Caller& caller = call("100");
    world->run_for(1s);
    ASSERT_EQ(state_of("a1"), AgentState::talking);
    phones[0]->vanished = true;
    world->media.tell({media::Event::Kind::timeout, world->media.id_towards(phones[0]->rtp()), 0});
    world->server.media_events(world->now);
    world->flush();
    world->run_for(1s);
    EXPECT_EQ(world->log.all<routing::event::ContactRescued>().size(), 1u);
    EXPECT_FALSE(caller.ended);
    ASSERT_TRUE(world->media.towards(caller.rtp()));
    EXPECT_FALSE(world->media.towards(caller.rtp())->programme.empty());
    put_to_work(*phones[1]);
    world->run_for(1s);
    phones[1]->answer();
    world->run_for(1s);
    EXPECT_EQ(last<ContactConnected>().agent, static_cast<routing::AgentId>(1));
    caller.hang_up();
    world->run_for(1s);
    phones[0]->session.reset();
    expect_nothing_left();
}

TEST_F(CallTest, ADeadCallersCallEndsByRtpTimeout) {
    build({.agents = 1});
    put_to_work(*phones[0]);
    phones[0]->on_offer = [&] { phones[0]->answer(); };
    Caller& caller = call("100");
    world->run_for(1s);
    caller.vanished = true;
    world->media.tell({media::Event::Kind::timeout, world->media.id_towards(caller.rtp()), 0});
    world->server.media_events(world->now);
    world->flush();
    world->run_for(1s);
    EXPECT_EQ(only<ContactEnded>().cause, routing::EndCause::media_timeout);
    EXPECT_FALSE(phones[0]->session);
    expect_nothing_left();
}

TEST_F(CallTest, ACallerWhoNeverSendsAckIsDropped) {
    build({.agents = 0});
    Caller& caller = call("100");
    (void)caller;
    callers.push_back(std::make_unique<Caller>(*world, caller_address(7), "44707"));
    callers.back()->dial("100");
    world->run_for(1ms);
    callers.back()->vanished = true;
    world->run_for(40s);
    EXPECT_EQ(only<ContactEnded>().cause, routing::EndCause::caller_failed);
    callers[0]->hang_up();
    expect_nothing_left();
}

TEST_F(CallTest, AWaitThatIsTooLongEndsWithABye) {
    build({.agents = 0, .max_wait = 20s});
    Caller& caller = call("100");
    world->run_for(21s);
    EXPECT_TRUE(caller.ended);
    EXPECT_EQ(only<ContactEnded>().cause, routing::EndCause::max_wait);
    expect_nothing_left();
}

}  // namespace
}  // namespace centrala::calls
