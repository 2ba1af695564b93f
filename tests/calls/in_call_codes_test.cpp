// Transfers by keys: consult, complete, return; who hears what meanwhile; and that only the agent's keys count.
#include "fixture.hpp"

namespace centrala::calls {
namespace {

using routing::AgentState;

class InCallCodes : public CallTest {
protected:
    /// The caller talks to a1; a2 (extension 302) is at work.
    void talk(std::string error_sound = "", Duration wrap_up = 60s) {
        config::Config config = small_centre({.agents = 3, .wrap_up = wrap_up});
        config.agents[1].extension = "302";
        config.feature_codes.error_sound = std::move(error_sound);
        build(std::move(config));
        for (const char* name : {"a1", "a2", "a3"}) add_phone(name);
        put_to_work(*phones[0]);
        caller = &call("100");
        phones[0]->answer();
        world->run_for(100ms);
        put_to_work(*phones[1]);
    }
    void tell(media::Event event) {
        world->media.tell(event);
        world->server.media_events(world->now);
        world->flush();
    }
    void press(const Endpoint& who, const std::string& keys) {
        for (const char key : keys) tell({media::Event::Kind::digit, world->media.id_towards(who), key});
        world->run_for(100ms);
    }
    void agent_presses(const std::string& keys) { press(phones[0]->rtp(), keys); }
    /// By INFO.
    void agent_sends(const std::string& keys) {
        for (const char key : keys) {
            const std::string body = "Signal=" + std::string(1, key) + "\r\nDuration=160\r\n";
            ASSERT_TRUE(phones[0]->ua.send_within(*phones[0]->session, sip::Method::info, {}, "application/dtmf-relay",
                                                  body, world->now));
            world->flush(*phones[0]);
            world->run_for(10ms);
        }
    }
    /// Neither nothing nor half of something: music, or somebody's voice.
    [[nodiscard]] bool caller_hears_music() const {
        const auto* session = world->media.towards(caller->rtp());
        return session && !session->programme.empty();
    }
    [[nodiscard]] bool talk_together(const Peer& a, const Peer& b) const {
        return world->media.bridged(a.rtp(), b.rtp());
    }

    Caller* caller = nullptr;
};

TEST_F(InCallCodes, ANumberAfterTheTransferCodeSendsTheCallerThere) {
    talk();
    agent_presses("*2200#");
    EXPECT_FALSE(phones[0]->session);
    EXPECT_EQ(state_of("a1"), AgentState::wrap_up);
    EXPECT_EQ(phones[1]->last_offer_queue, "support");
    phones[1]->answer();
    world->run_for(100ms);
    EXPECT_TRUE(talk_together(*caller, *phones[1]));
    caller->hang_up();
    expect_nothing_left();
}

TEST_F(InCallCodes, ANumberAlsoEndsWhenNoKeyFollows) {
    talk();
    agent_presses("*2302");
    EXPECT_TRUE(phones[0]->session);
    world->run_for(3s);
    EXPECT_FALSE(phones[0]->session);
    EXPECT_TRUE(phones[1]->session);
    caller->hang_up();
    expect_nothing_left();
}

TEST_F(InCallCodes, KeysMayComeByInfo) {
    talk();
    agent_sends("*2302");
    world->run_for(3s);
    EXPECT_FALSE(phones[0]->session);
    EXPECT_TRUE(phones[1]->session);
    caller->hang_up();
    expect_nothing_left();
}

TEST_F(InCallCodes, AKeyThatIsToldInBothWaysCountsOnce) {
    talk();
    for (const char key : std::string("*2302")) {
        agent_presses(std::string(1, key));
        agent_sends(std::string(1, key));
    }
    world->run_for(3s);
    EXPECT_FALSE(phones[0]->session);
    EXPECT_TRUE(phones[1]->session) << "302, not **223300";
    caller->hang_up();
    expect_nothing_left();
}

TEST_F(InCallCodes, TheCallersKeysMeanNothing) {
    talk();
    press(caller->rtp(), "*2302#");
    world->run_for(5s);
    EXPECT_TRUE(talk_together(*caller, *phones[0]));
    EXPECT_TRUE(world->log.all<routing::event::ContactTransferred>().empty());
    caller->hang_up();
    expect_nothing_left();
}

TEST_F(InCallCodes, OtherKeysMeanNothing) {
    talk();
    for (const char* keys :
         {"123#", "*99#", "**2302#", "*2", "*", "#", "*4", "*5", "*33333333333333333333333333333333333#"}) {
        agent_presses(keys);
        world->run_for(5s);
        EXPECT_TRUE(talk_together(*caller, *phones[0])) << keys;
    }
    EXPECT_TRUE(world->log.all<routing::event::ContactTransferred>().empty());
    caller->hang_up();
    expect_nothing_left();
}

TEST_F(InCallCodes, AConsultationIsCompletedByItsCode) {
    talk();
    agent_presses("*3302#");
    ASSERT_TRUE(phones[1]->session);
    EXPECT_TRUE(caller_hears_music());
    EXPECT_FALSE(talk_together(*caller, *phones[0]));
    phones[1]->answer();
    world->run_for(100ms);
    EXPECT_TRUE(talk_together(*phones[0], *phones[1]));
    EXPECT_TRUE(caller_hears_music());
    EXPECT_EQ(state_of("a2"), AgentState::busy);
    agent_presses("*4");
    EXPECT_TRUE(talk_together(*caller, *phones[1]));
    EXPECT_FALSE(phones[0]->session);
    EXPECT_EQ(state_of("a1"), AgentState::wrap_up);
    EXPECT_EQ(state_of("a2"), AgentState::talking);
    EXPECT_EQ(last<routing::event::ContactTransferred>().kind, routing::TransferKind::attended);
    phones[1]->hang_up();
    world->run_for(100ms);
    EXPECT_TRUE(caller->ended);
    expect_nothing_left();
}

TEST_F(InCallCodes, TheCallerIsOnHoldForAsLongAsTheConsultationLasts) {
    talk();
    agent_presses("*3302#");
    EXPECT_EQ(last<routing::event::ContactHeld>().by, routing::Actor::agent);
    EXPECT_EQ(world->server.calls(world->now).front().state, "on hold");
    phones[1]->answer();
    world->run_for(30s);
    EXPECT_TRUE(world->log.all<routing::event::ContactResumed>().empty());
    agent_presses("*5");
    EXPECT_GE(last<routing::event::ContactResumed>().held, 30s);
    EXPECT_EQ(world->server.calls(world->now).front().state, "talking");
    caller->hang_up();
    expect_nothing_left();
}

TEST_F(InCallCodes, AHoldThatAConsultationFollowsIsOneHold) {
    talk();
    hold(*phones[0], *phones[0]->session);
    agent_presses("*3302#");
    hold(*phones[0], *phones[0]->session, false);
    EXPECT_EQ(world->log.all<routing::event::ContactHeld>().size(), 1u);
    EXPECT_TRUE(world->log.all<routing::event::ContactResumed>().empty());
    agent_presses("*5");
    EXPECT_EQ(world->log.all<routing::event::ContactResumed>().size(), 1u);
    caller->hang_up();
    expect_nothing_left();
}

TEST_F(InCallCodes, HangingUpCompletesItToo) {
    talk();
    agent_presses("*3302#");
    phones[1]->answer();
    world->run_for(100ms);
    phones[0]->hang_up();
    world->run_for(100ms);
    EXPECT_TRUE(talk_together(*caller, *phones[1]));
    caller->hang_up();
    expect_nothing_left();
}

TEST_F(InCallCodes, CompletedWhileItRingsItRingsForTheCaller) {
    talk();
    agent_presses("*3302#");
    agent_presses("*4");
    EXPECT_FALSE(phones[0]->session);
    ASSERT_TRUE(phones[1]->session);
    EXPECT_EQ(state_of("a2"), AgentState::reserved);
    EXPECT_TRUE(caller_hears_music());
    phones[1]->answer();
    world->run_for(100ms);
    EXPECT_TRUE(talk_together(*caller, *phones[1]));
    caller->hang_up();
    expect_nothing_left();
}

TEST_F(InCallCodes, BackToTheCallerWhileItRingsAndWhileTheyTalk) {
    talk();
    agent_presses("*3302#");
    agent_presses("*5");
    EXPECT_FALSE(phones[1]->session);
    EXPECT_TRUE(talk_together(*caller, *phones[0]));
    agent_presses("*3302#");
    phones[1]->answer();
    world->run_for(100ms);
    agent_presses("*5");
    EXPECT_FALSE(phones[1]->session);
    EXPECT_TRUE(talk_together(*caller, *phones[0]));
    EXPECT_EQ(state_of("a2"), AgentState::ready);
    caller->hang_up();
    expect_nothing_left();
}

TEST_F(InCallCodes, WhomItConsultsMayDeclineOrHangUp) {
    talk();
    agent_presses("*3302#");
    phones[1]->refuse(603);
    world->run_for(100ms);
    EXPECT_TRUE(talk_together(*caller, *phones[0]));
    agent_presses("*3302#");
    phones[1]->answer();
    world->run_for(100ms);
    phones[1]->hang_up();
    world->run_for(100ms);
    EXPECT_TRUE(talk_together(*caller, *phones[0]));
    caller->hang_up();
    expect_nothing_left();
}

TEST_F(InCallCodes, AToneTellsTheAgentWhatDidNotWorkWhileTheCallerHearsMusic) {
    talk("error.wav");
    agent_presses("*2999999#");
    EXPECT_TRUE(caller_hears_music());
    const auto* agent = world->media.towards(phones[0]->rtp());
    ASSERT_TRUE(agent);
    ASSERT_EQ(agent->programme.size(), 1u);
    tell({media::Event::Kind::play_finished, world->media.id_towards(phones[0]->rtp()), 0});
    EXPECT_TRUE(talk_together(*caller, *phones[0]));
    caller->hang_up();
    expect_nothing_left();
}

TEST_F(InCallCodes, TheCallerMayHangUpDuringAConsultation) {
    talk();
    agent_presses("*3302#");
    phones[1]->answer();
    world->run_for(100ms);
    caller->hang_up();
    world->run_for(100ms);
    EXPECT_FALSE(phones[0]->session);
    EXPECT_FALSE(phones[1]->session);
    EXPECT_EQ(state_of("a1"), AgentState::wrap_up);
    EXPECT_EQ(state_of("a2"), AgentState::ready);
    expect_nothing_left();
}

TEST_F(InCallCodes, TheAgentsPhoneMayBreakDuringAConsultation) {
    talk();
    agent_presses("*3302#");
    phones[1]->answer();
    world->run_for(100ms);
    tell({media::Event::Kind::timeout, world->media.id_towards(phones[0]->rtp()), 0});
    world->run_for(100ms);
    EXPECT_EQ(world->log.all<routing::event::ContactRescued>().size(), 1u);
    EXPECT_FALSE(caller->ended);
    caller->hang_up();
    expect_nothing_left();
}

}  // namespace
}  // namespace centrala::calls
