// Registration and feature codes from the softphone.
#include "fixture.hpp"

namespace centrala::calls {
namespace {

using routing::AgentState;

TEST_F(CallTest, APhoneRegistersWithDigestAndTheAgentWorksByFeatureCodes) {
    build({.agents = 1});
    Softphone& phone = *phones[0];
    phone.register_phone();
    world->run_for(100ms);
    ASSERT_EQ(phone.register_status, 200);
    EXPECT_EQ(state_of("a1"), AgentState::logged_out);

    const auto dial = [&](const std::string& code) {
        phone.dial_code(code);
        world->run_for(20s);  // the confirmation's guard
    };
    dial("*11");
    EXPECT_EQ(phone.codes_answered, 1);
    EXPECT_EQ(state_of("a1"), AgentState::not_ready);
    dial("*13");
    EXPECT_EQ(state_of("a1"), AgentState::ready);
    dial("*142");
    EXPECT_EQ(state_of("a1"), AgentState::not_ready);
    EXPECT_EQ(world->core.state().agents[0].facts.reason, "break");
    dial("*12");
    EXPECT_EQ(state_of("a1"), AgentState::logged_out);
    EXPECT_EQ(phone.codes_answered, 4);
    expect_nothing_left();
}

TEST_F(CallTest, AConfirmationIsPlayedAndTheLineReleasedWhenItHasEnded) {
    build({.agents = 1});
    Softphone& phone = *phones[0];
    phone.register_phone();
    world->run_for(100ms);
    phone.dial_code("*11");
    world->run_for(100ms);
    const auto* session = world->media.towards(phone.rtp());
    ASSERT_TRUE(session);
    EXPECT_EQ(session->programme.size(), 1u);
    world->media.tell({media::Event::Kind::play_finished, world->media.id_towards(phone.rtp()), 0});
    world->server.media_events(world->now);
    world->flush();
    world->run_for(100ms);
    EXPECT_EQ(world->media.sessions(), 0u);
    expect_nothing_left();
}

/// Two agents, of whom one must stay; breaks are asked for.
config::Config centre_with_breaks() {
    config::Config config = small_centre({.agents = 2});
    auto plan = std::make_shared<routing::Plan>(*config.plan);
    plan->breaks = {{"break"}, 15min, 1};
    config.plan = plan;
    config.feature_codes.asked_sound = "asked.wav";
    return config;
}

TEST_F(CallTest, ABreakThatMustWaitIsConfirmedByASoundOfItsOwn) {
    build(centre_with_breaks());
    for (const char* name : {"a1", "a2"}) put_to_work(add_phone(name));
    const auto a2 = static_cast<routing::AgentId>(1);
    command(routing::input::AgentGoesNotReady{a2, "lunch"});
    Softphone& phone = *phones[0];
    phone.dial_code("*142");
    world->run_for(100ms);
    EXPECT_EQ(sound(phone), "asked.wav");
    world->run_for(20s);
    EXPECT_EQ(state_of("a1"), AgentState::ready);
    call("100");
    EXPECT_EQ(phone.offers, 1) << "who asks takes calls meanwhile";
    callers[0]->hang_up();
    world->run_for(1s);
    EXPECT_EQ(state_of("a1"), AgentState::ready);
    command(routing::input::AgentGoesReady{a2});
    EXPECT_EQ(state_of("a1"), AgentState::not_ready);
    EXPECT_EQ(world->core.state().agents[0].facts.reason, "break");
    expect_nothing_left();
}

TEST_F(CallTest, ABreakThatIsGrantedAtOnceIsConfirmedAsDone) {
    build(centre_with_breaks());
    for (const char* name : {"a1", "a2"}) put_to_work(add_phone(name));
    phones[0]->dial_code("*142");
    world->run_for(100ms);
    EXPECT_EQ(sound(*phones[0]), "done.wav");
    world->run_for(20s);
    EXPECT_EQ(state_of("a1"), AgentState::not_ready);
    expect_nothing_left();
}

TEST_F(CallTest, AWishForABreakIsTakenBackByTheReadyCode) {
    build(centre_with_breaks());
    for (const char* name : {"a1", "a2"}) put_to_work(add_phone(name));
    command(routing::input::AgentGoesNotReady{static_cast<routing::AgentId>(1), "lunch"});
    phones[0]->dial_code("*142");
    world->run_for(20s);
    ASSERT_TRUE(world->core.state().agents[0].facts.asks);
    phones[0]->dial_code("*13");
    world->run_for(100ms);
    EXPECT_EQ(sound(*phones[0]), "done.wav");
    EXPECT_FALSE(world->core.state().agents[0].facts.asks);
    expect_nothing_left();
}

TEST_F(CallTest, AWrongPasswordRegistersNothing) {
    build({.agents = 1});
    Softphone thief(*world, phone_address(9), "a1", "guess");
    thief.register_phone();
    world->run_for(2s);
    EXPECT_EQ(world->server.registrar().size(), 0u);
    EXPECT_GE(std::count(world->log.notes.begin(), world->log.notes.end(), "security.auth_failed"), 1);
}

TEST_F(CallTest, ExpiryOfTheLastBindingMakesTheAgentUnreachable) {
    build({.agents = 1});
    Softphone& phone = *phones[0];
    phone.register_phone(60);
    world->run_for(100ms);
    command(routing::input::AgentLogsIn{static_cast<routing::AgentId>(0)});
    command(routing::input::AgentGoesReady{static_cast<routing::AgentId>(0)});
    EXPECT_EQ(state_of("a1"), AgentState::ready);
    world->run_for(61s);
    EXPECT_EQ(state_of("a1"), AgentState::unreachable);
    EXPECT_GE(std::count(world->log.notes.begin(), world->log.notes.end(), "registrar.unregistered"), 1);
}

TEST_F(CallTest, AnAgentsOwnCallToAQueueMakesThePhoneBusy) {
    build({.agents = 1});
    Softphone& phone = *phones[0];
    put_to_work(phone);
    phone.dial_code("100");
    world->run_for(100ms);
    EXPECT_EQ(phone.codes_answered, 1);
    EXPECT_EQ(state_of("a1"), AgentState::busy);
    EXPECT_EQ(phone.offers, 0);
    world->server.shut_down(world->now);
    world->flush();
    world->run_for(1s);
    EXPECT_EQ(state_of("a1"), AgentState::ready);
    expect_nothing_left();
}

TEST_F(CallTest, RoundTripOfTheWrapUpCodes) {
    build({.agents = 1, .wrap_up = 300s});
    Softphone& phone = *phones[0];
    put_to_work(phone);
    phone.on_offer = [&] { phone.answer(); };
    call("100");
    world->run_for(1s);
    callers[0]->hang_up();
    world->run_for(1s);
    ASSERT_EQ(state_of("a1"), AgentState::wrap_up);
    phone.dial_code("*161");
    world->run_for(20s);
    EXPECT_EQ(only<routing::event::ContactDispositioned>().code, "sold");
    const auto until = world->core.state().agents[0].facts.tasks.front().wrap_until;
    phone.dial_code("*17");
    world->run_for(20s);
    EXPECT_EQ(world->core.state().agents[0].facts.tasks.front().wrap_until, *until + 1min);
    phone.dial_code("*15");
    world->run_for(20s);
    EXPECT_EQ(state_of("a1"), AgentState::ready);
    expect_nothing_left();
}

}  // namespace
}  // namespace centrala::calls
