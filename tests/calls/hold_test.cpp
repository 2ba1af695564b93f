// Hold and resume in every dialect (RFC 3264 §8.4, RFC 2543, RFC 5359 §2.1), what is heard meanwhile, and the facts.
#include "fixture.hpp"

namespace centrala::calls {
namespace {

using routing::Actor;
using routing::AgentState;
namespace event = routing::event;

/// How a peer's offer says hold, and what our answer must say to that.
struct Dialect {
    const char* name;
    const char* session_lines;  ///< before m=
    const char* connection;
    const char* port;
    const char* media_lines;
    const char* answered;  ///< a line of the answer
};

const Dialect kDialects[] = {
    {"sendonly", "", "10.2.0.1", "7000", "a=sendonly\r\n", "a=recvonly\r\n"},
    {"inactive", "", "10.2.0.1", "7000", "a=inactive\r\n", "a=inactive\r\n"},
    {"sendonly for the session", "a=sendonly\r\n", "10.2.0.1", "7000", "", "a=recvonly\r\n"},
    {"inactive for the session", "a=inactive\r\n", "10.2.0.1", "7000", "", "a=inactive\r\n"},
    {"0.0.0.0", "", "0.0.0.0", "7000", "", "a=recvonly\r\n"},
    {"0.0.0.0 and sendonly", "", "0.0.0.0", "7000", "a=sendonly\r\n", "a=recvonly\r\n"},
    {"0.0.0.0 and inactive", "", "0.0.0.0", "7000", "a=inactive\r\n", "a=inactive\r\n"},
    {"port 0", "", "10.2.0.1", "0", "", "m=audio 0 RTP/AVP 8 0 101\r\n"},
};

std::string offer(const Dialect& d, const std::string& address) {
    const std::string connection = std::string(d.connection) == "10.2.0.1" ? address : d.connection;
    return "v=0\r\no=- 1 2 IN IP4 " + address + "\r\ns=-\r\nc=IN IP4 " + connection + "\r\nt=0 0\r\n" +
           d.session_lines + "m=audio " + d.port + " RTP/AVP 8 0 101\r\na=rtpmap:101 telephone-event/8000\r\n" +
           d.media_lines;
}

class HoldTest : public CallTest {
protected:
    void talk(SmallCentre options = {.agents = 1}) { talk(small_centre(options)); }
    void talk(config::Config config) {
        build(std::move(config));
        phone = &add_phone("a1");
        put_to_work(*phone);
        caller = &call("100");
        phone->answer();
        world->run_for(50ms);
        ASSERT_TRUE(together());
    }
    [[nodiscard]] bool together() const { return world->media.bridged(caller->rtp(), phone->rtp()); }
    void send(Peer& peer, sip::SessionId session, const std::string& sdp) {
        peer.last_status = 0;
        peer.update(session, sdp);
        world->run_for(50ms);
    }
    void hold(Peer& peer, sip::SessionId session, const Dialect& dialect = kDialects[0]) {
        send(peer, session, offer(dialect, peer.address.address.to_string()));
    }
    void resume(Peer& peer, sip::SessionId session) { send(peer, session, sdp::write_offer(peer.local_media())); }
    [[nodiscard]] const FakeMedia::Session* hears(const Peer& peer) const { return world->media.towards(peer.rtp()); }

    Softphone* phone = nullptr;
    Caller* caller = nullptr;
};

TEST_F(HoldTest, EveryDialectOfTheAgentsPhoneGivesTheCallerMusicUntilResumed) {
    talk();
    std::size_t holds = 0;
    for (const Dialect& dialect : kDialects) {
        SCOPED_TRACE(dialect.name);
        hold(*phone, *phone->session, dialect);
        EXPECT_EQ(phone->last_status, 200);
        EXPECT_THAT(phone->last_answer, testing::HasSubstr(dialect.answered));
        EXPECT_EQ(sound(*caller), "hold.wav for ever");
        EXPECT_FALSE(together());
        EXPECT_EQ(world->log.all<event::ContactHeld>().size(), ++holds);
        EXPECT_EQ(last<event::ContactHeld>().by, Actor::agent);
        EXPECT_EQ(world->server.calls(world->now).at(0).state, "on hold");
        world->run_for(2s);
        resume(*phone, *phone->session);
        EXPECT_THAT(phone->last_answer, testing::HasSubstr("a=sendrecv\r\n"));
        EXPECT_TRUE(together());
        EXPECT_EQ(last<event::ContactResumed>().held / 1s, 2);
    }
    EXPECT_EQ(state_of("a1"), AgentState::talking);
    caller->hang_up();
    world->run_for(1s);
    EXPECT_EQ(only<event::ContactEnded>().held / 1s, static_cast<std::int64_t>(2 * holds));
    expect_nothing_left();
}

TEST_F(HoldTest, WhenTheCallerHoldsTheAgentHearsWhatTheCallersSidePlays) {
    talk();
    hold(*caller, *caller->session);
    EXPECT_TRUE(together()) << "what comes in is passed on; nothing goes out, for the leg is recvonly";
    EXPECT_EQ(hears(*caller)->audio->direction, sdp::Direction::recvonly);
    EXPECT_EQ(last<event::ContactHeld>().by, Actor::caller);
    EXPECT_EQ(world->server.calls(world->now).at(0).state, "talking");
    world->run_for(3s);
    resume(*caller, *caller->session);
    EXPECT_EQ(last<event::ContactResumed>().by, Actor::caller);
    EXPECT_EQ(hears(*caller)->audio->direction, sdp::Direction::sendrecv);
    EXPECT_TRUE(together());
    caller->hang_up();
    expect_nothing_left();
}

TEST_F(HoldTest, WhenTheCallerHoldsTheAgentHearsTheQueuesMusicForThatIfThereIsAny) {
    auto config = small_centre({.agents = 1});
    config.queues[0].agent_hold_music = "wait.wav";
    talk(std::move(config));
    hold(*caller, *caller->session, kDialects[1]);
    EXPECT_EQ(sound(*phone), "wait.wav for ever");
    EXPECT_EQ(sound(*caller), "silence");
    resume(*caller, *caller->session);
    EXPECT_TRUE(together());
    caller->hang_up();
    expect_nothing_left();
}

TEST_F(HoldTest, BothHoldAndEachResumesInItsOwnTime) {
    talk();
    hold(*caller, *caller->session);
    world->run_for(1s);
    hold(*phone, *phone->session);
    world->run_for(1s);
    EXPECT_EQ(sound(*caller), "hold.wav for ever");
    resume(*caller, *caller->session);
    EXPECT_EQ(sound(*caller), "hold.wav for ever") << "the agent still holds";
    world->run_for(1s);
    resume(*phone, *phone->session);
    EXPECT_TRUE(together());
    EXPECT_EQ(world->log.all<event::ContactHeld>().size(), 2u);
    EXPECT_EQ(world->log.all<event::ContactResumed>().size(), 2u);
    caller->hang_up();
    world->run_for(1s);
    EXPECT_EQ(only<event::ContactEnded>().held / 1s, 3) << "what overlaps counts once";
    expect_nothing_left();
}

TEST_F(HoldTest, RepeatingAHoldRefreshesTheSessionAndDoesNotRestartTheMusic) {
    talk();
    hold(*phone, *phone->session);
    const auto commands = world->media.commands;
    hold(*phone, *phone->session);
    EXPECT_EQ(phone->last_status, 200);
    EXPECT_EQ(world->media.commands, commands);
    EXPECT_EQ(world->log.all<event::ContactHeld>().size(), 1u);
    resume(*phone, *phone->session);
    const auto bridged = world->media.commands;
    resume(*phone, *phone->session);
    EXPECT_EQ(world->media.commands, bridged);
    caller->hang_up();
    expect_nothing_left();
}

TEST_F(HoldTest, AnOfferThatCantBeAnsweredChangesNothing) {
    talk();
    send(*phone, *phone->session,
         "v=0\r\no=- 1 2 IN IP4 10.2.0.1\r\ns=-\r\nc=IN IP4 10.2.0.1\r\nt=0 0\r\nm=audio 7000 RTP/AVP 18\r\n"
         "a=sendonly\r\n");
    EXPECT_EQ(phone->last_status, 488);
    EXPECT_TRUE(together());
    EXPECT_TRUE(world->log.all<event::ContactHeld>().empty());
    caller->hang_up();
    expect_nothing_left();
}

TEST_F(HoldTest, HangingUpOnHoldEndsTheCallAndCountsTheHold) {
    talk();
    hold(*phone, *phone->session);
    world->run_for(4s);
    phone->hang_up();
    world->run_for(1s);
    EXPECT_TRUE(caller->ended);
    EXPECT_EQ(only<event::ContactEnded>().held / 1s, 4);
    EXPECT_EQ(state_of("a1"), AgentState::wrap_up);
    EXPECT_TRUE(world->log.all<event::ContactResumed>().empty());
    expect_nothing_left();
}

TEST_F(HoldTest, TheCallerMayHangUpOnHold) {
    talk();
    hold(*phone, *phone->session);
    world->run_for(4s);
    caller->hang_up();
    world->run_for(1s);
    EXPECT_FALSE(phone->session);
    EXPECT_EQ(only<event::ContactEnded>().cause, routing::EndCause::caller_hangup);
    expect_nothing_left();
}

TEST_F(HoldTest, ALostAgentLegEndsTheHoldAndTheCallerWaitsToTheQueuesMusic) {
    talk({.agents = 1, .ring_timeout = 20s});
    hold(*phone, *phone->session);
    world->run_for(2s);
    const auto leg = world->media.id_towards(phone->rtp());
    world->after(0ms, [&] { world->media.tell({media::Event::Kind::timeout, leg}); });
    world->run_for(100ms);
    EXPECT_EQ(world->log.all<event::ContactRescued>().size(), 1u);
    EXPECT_EQ(sound(*caller), "music.wav for ever");
    caller->hang_up();
    expect_nothing_left();
}

TEST_F(HoldTest, AnAgentWhoAnswersHoldingIsOnHoldFromTheStart) {
    build({.agents = 1});
    phone = phones[0].get();
    put_to_work(*phone);
    caller = &call("100");
    phone->talking = true;
    phone->ua.accept(*phone->session, offer(kDialects[0], "10.2.0.1"), world->now);
    world->flush(*phone);
    world->run_for(50ms);
    EXPECT_EQ(world->log.all<event::ContactConnected>().size(), 1u);
    EXPECT_EQ(only<event::ContactHeld>().by, Actor::agent);
    EXPECT_EQ(sound(*caller), "hold.wav for ever");
    caller->hang_up();
    expect_nothing_left();
}

TEST_F(HoldTest, ACallerWhoHoldsWhileWaitingIsHeldWhenTheAgentComes) {
    build({.agents = 1});
    phone = phones[0].get();
    caller = &call("100");
    hold(*caller, *caller->session);
    EXPECT_EQ(caller->last_status, 200);
    EXPECT_TRUE(world->log.all<event::ContactHeld>().empty()) << "nobody is there to be held";
    put_to_work(*phone);
    world->run_for(50ms);
    phone->answer();
    world->run_for(50ms);
    EXPECT_EQ(only<event::ContactHeld>().by, Actor::caller);
    caller->hang_up();
    expect_nothing_left();
}

TEST_F(HoldTest, WorkSaysHeldWhileTheAgentHolds) {
    talk();
    const auto work = [&] { return world->core.state().agents[0].facts.work(); };
    hold(*phone, *phone->session);
    EXPECT_EQ(work(), routing::Work::held);
    EXPECT_EQ(state_of("a1"), AgentState::talking) << "which is what people see";
    EXPECT_EQ(last<event::AgentChanged>().cause, "hold.began");
    resume(*phone, *phone->session);
    EXPECT_EQ(work(), routing::Work::connected);
    EXPECT_EQ(last<event::AgentChanged>().cause, "hold.ended");
    hold(*caller, *caller->session);
    EXPECT_EQ(work(), routing::Work::connected) << "it is the caller who is away";
    caller->hang_up();
    expect_nothing_left();
}

}  // namespace
}  // namespace centrala::calls
