// A call's ordinary way: in, queue, offer, answer, talk, end.
#include "fixture.hpp"

namespace centrala::calls {
namespace {

TEST_F(CallTest, ReachesTheFreeAgentAndBridgesBoth) {
    build({.agents = 1});
    Softphone& phone = *phones[0];
    put_to_work(phone);
    phone.on_offer = [&] { phone.ring(); };
    Caller& caller = call("100");
    EXPECT_TRUE(caller.answered);
    EXPECT_EQ(phone.offers, 1);
    EXPECT_EQ(phone.last_offer_from, "44701");
    phone.answer();
    world->run_for(10ms);
    EXPECT_TRUE(world->media.bridged(caller.rtp(), phone.rtp()));
    EXPECT_EQ(state_of("a1"), routing::AgentState::talking);
    world->run_for(60s);
    caller.hang_up();
    world->run_for(1s);
    EXPECT_FALSE(phone.session);
    const auto ended = only<routing::event::ContactEnded>();
    EXPECT_EQ(ended.cause, routing::EndCause::caller_hangup);
    EXPECT_EQ(ended.talked / 1s, 60);
    EXPECT_EQ(state_of("a1"), routing::AgentState::wrap_up);
    world->run_for(5s);
    EXPECT_EQ(state_of("a1"), routing::AgentState::ready);
    expect_nothing_left();
}

TEST_F(CallTest, WaitsWithGreetingAndMusicUntilAnAgentIsReady) {
    build({.agents = 1});
    Softphone& phone = *phones[0];
    Caller& caller = call("100");
    ASSERT_TRUE(caller.answered);
    const auto* session = world->media.towards(caller.rtp());
    ASSERT_TRUE(session);
    ASSERT_EQ(session->programme.size(), 2u);
    EXPECT_FALSE(session->programme[0].loop);
    EXPECT_TRUE(session->programme[1].loop);
    world->run_for(30s);
    put_to_work(phone);
    world->run_for(50ms);
    EXPECT_EQ(phone.offers, 1);
    phone.answer();
    world->run_for(50ms);
    EXPECT_EQ(only<routing::event::ContactConnected>().waited / 1s, 30);
    phone.hang_up();
    world->run_for(50ms);
    EXPECT_TRUE(caller.ended);
    EXPECT_EQ(only<routing::event::ContactEnded>().cause, routing::EndCause::agent_hangup);
    expect_nothing_left();
}

TEST_F(CallTest, StaysInEarlyMediaUntilTheAgentAnswersIfTheQueueSaysSo) {
    build({.agents = 1, .early_media = true});
    Softphone& phone = *phones[0];
    Caller& caller = call("100");
    EXPECT_TRUE(caller.early);
    EXPECT_FALSE(caller.answered);
    put_to_work(phone);
    world->run_for(50ms);
    phone.answer();
    world->run_for(50ms);
    EXPECT_TRUE(caller.answered);
    EXPECT_TRUE(world->media.bridged(caller.rtp(), phone.rtp()));
    caller.hang_up();
    expect_nothing_left();
}

TEST_F(CallTest, TellsTheAgentWhoCallsAndForWhichQueue) {
    build({.agents = 1});
    Softphone& phone = *phones[0];
    put_to_work(phone);
    call("100");
    ASSERT_EQ(phone.offers, 1);
    EXPECT_EQ(phone.last_offer_from, "44701");
    EXPECT_EQ(phone.last_offer_name, "Sales: Caller 44701");
    EXPECT_EQ(phone.last_offer_queue, "sales");
    EXPECT_EQ(phone.last_offer_contact, "c1");
    callers[0]->hang_up();
    expect_nothing_left();
}

TEST_F(CallTest, RefusesAnUnknownNumberWith404) {
    build();
    EXPECT_EQ(call("999").refused, 404);
    EXPECT_EQ(only<routing::event::ContactRefused>().cause, routing::Refusal::unknown_number);
    expect_nothing_left();
}

TEST_F(CallTest, RefusesAFullQueueAsConfigured) {
    build({.agents = 0, .capacity = 1});
    EXPECT_TRUE(call("100").answered);
    EXPECT_EQ(call("100").refused, 486);
    EXPECT_EQ(only<routing::event::ContactRefused>().cause, routing::Refusal::queue_full);
    callers[0]->hang_up();
    expect_nothing_left();
}

TEST_F(CallTest, RefusesACallWithoutACommonCodec) {
    build();
    auto stranger_codec = std::make_unique<Caller>(*world, caller_address(9), "4479");
    const std::string sdp =
        "v=0\r\no=- 1 1 IN IP4 10.1.0.9\r\ns=-\r\nc=IN IP4 10.1.0.9\r\nt=0 0\r\nm=audio 7000 RTP/AVP 9\r\n";
    stranger_codec->session =
        stranger_codec->ua.invite({"sip:100@10.0.0.1", "<sip:4479@carrier.example>", "<sip:100@10.0.0.1>", {}, sdp, {}},
                                  stranger_codec->to_server(), world->now);
    world->flush(*stranger_codec);
    world->run_for(50ms);
    EXPECT_EQ(stranger_codec->refused, 488);
    callers.push_back(std::move(stranger_codec));
    expect_nothing_left();
}

TEST_F(CallTest, SaysServiceUnavailableWhenNoPortIsLeft) {
    build();
    world->media.capacity = 0;
    EXPECT_EQ(call("100").refused, 503);
    expect_nothing_left();
}

TEST_F(CallTest, AStrangerGetsOne403AndTheLogOneEvent) {
    build();
    Caller stranger(*world, {IpAddress::v4({192, 0, 2, 66}), 5060}, "sipvicious");
    stranger.dial("100");
    world->run_for(1s);
    EXPECT_EQ(stranger.refused, 403);
    stranger.dial("101");
    world->run_for(1s);
    EXPECT_EQ(std::count(world->log.notes.begin(), world->log.notes.end(), "security.refused"), 1);
    expect_nothing_left();
}

TEST_F(CallTest, AStrangerHearsNothingIfSoConfigured) {
    auto config = small_centre({});
    config.sip.strangers_get_answer = false;
    build(std::move(config));
    Caller stranger(*world, {IpAddress::v4({192, 0, 2, 66}), 5060}, "sipvicious");
    const auto sent_before = world->server.stats().sip.sent;
    stranger.dial("100");
    world->run_for(1s);
    EXPECT_EQ(world->server.stats().sip.sent, sent_before);
    EXPECT_EQ(std::count(world->log.notes.begin(), world->log.notes.end(), "security.refused"), 1);
}

TEST_F(CallTest, AFloodOfInvitesIsAnswered503WithRetryAfter) {
    auto config = small_centre({});
    config.sip.invites_per_second = 10;
    build(std::move(config));
    int busy = 0;
    for (int i = 1; i <= 30; ++i) {
        callers.push_back(std::make_unique<Caller>(*world, caller_address(i), "4470" + std::to_string(i)));
        callers.back()->dial("100");
    }
    world->run_for(100ms);
    for (const auto& caller : callers) busy += caller->refused == 503;
    EXPECT_GE(busy, 19);
    EXPECT_LE(busy, 20);
    for (const auto& caller : callers) caller->hang_up();
    expect_nothing_left();
}

TEST_F(CallTest, DrainingRefusesNewCallsAndLetsTheOthersTalk) {
    build({.agents = 1});
    Softphone& phone = *phones[0];
    put_to_work(phone);
    Caller& caller = call("100");
    phone.answer();
    world->run_for(1s);
    world->server.drain(world->now);
    EXPECT_EQ(call("100").refused, 503);
    EXPECT_TRUE(world->media.bridged(caller.rtp(), phone.rtp()));
    world->server.shut_down(world->now);
    world->flush();
    world->run_for(1s);
    EXPECT_TRUE(caller.ended);
    EXPECT_EQ(only<routing::event::ContactEnded>().cause, routing::EndCause::shutdown);
    expect_nothing_left();
}

TEST_F(CallTest, WhoseSoundsCannotBePlayedIsServedWithoutThem) {
    auto config = small_centre({.agents = 1});
    config.queues[0].greeting = "missing.wav";
    config.queues[0].hold_music = "missing.wav";
    build(std::move(config));
    put_to_work(add_phone("a1"));
    EXPECT_EQ(std::count(world->log.notes.begin(), world->log.notes.end(), "media.sound_missing"), 2);
    Caller& caller = call("100");
    EXPECT_EQ(sound(caller), "music.wav for ever");
    phones[0]->answer();
    world->run_for(100ms);
    EXPECT_TRUE(world->media.bridged(caller.rtp(), phones[0]->rtp()));
    hold(*phones[0], *phones[0]->session);
    EXPECT_EQ(sound(caller), "silence");
    caller.hang_up();
    expect_nothing_left();
}

/// RFC 3261 §13.3.1: should our CANCEL get lost with its connection, the phone still stops.
TEST_F(CallTest, ThePhoneIsToldForHowLongItMayRing) {
    build({.agents = 1, .ring_timeout = 15s});
    put_to_work(*phones[0]);
    call("100");
    EXPECT_EQ(phones[0]->last_offer_expires, 16s);
}

TEST_F(CallTest, IsTurnedAwayWhereNoPortIsLeftForItOrForTheAgentsWhoMayRing) {
    auto config = small_centre({.agents = 1});
    config.media.port_min = 20'000;
    config.media.port_max = 20'011;
    build(std::move(config));
    for (int i = 0; i < 4; ++i) EXPECT_TRUE(call("100").answered);
    EXPECT_EQ(call("100").refused, 503) << "five legs of callers, one of the agent, and there are six pairs";
    Softphone& phone = add_phone("a1");
    put_to_work(phone);
    world->run_for(1s);
    phone.answer();
    world->run_for(1s);
    EXPECT_EQ(only<routing::event::ContactConnected>().contact, routing::ContactId{1});
    for (const std::size_t leaving : {0, 1}) callers[leaving]->hang_up();
    world->run_for(6s);
    EXPECT_TRUE(call("100").answered);
    for (auto& caller : callers)
        if (caller->session) caller->hang_up();
    expect_nothing_left();
}

}  // namespace
}  // namespace centrala::calls
