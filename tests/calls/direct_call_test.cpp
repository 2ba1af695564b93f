// Calls that agents place to each other: every ending at every moment, and what counts as in use.
#include "fixture.hpp"

namespace centrala::calls {
namespace {

using routing::AgentState;

class DirectCallTest : public CallTest {
protected:
    void build_two(SmallCentre options = {.agents = 2}) {
        build(options);
        for (auto& phone : phones) put_to_work(*phone);
    }
    /// The last call.ended's cause.
    [[nodiscard]] std::string how_it_ended() const {
        const auto ended = records("call.ended");
        return ended.empty() ? std::string() : ended.back()["cause"].get<std::string>();
    }
};

TEST_F(DirectCallTest, AColleagueIsCalledByNameAndBothAreBusyMeanwhile) {
    build_two();
    phones[0]->place_call("a2");
    world->run_for(100ms);
    ASSERT_TRUE(phones[1]->session);
    EXPECT_EQ(phones[1]->last_offer_from, "a1");
    EXPECT_EQ(phones[1]->last_offer_expires, 91s) << "a phone that no CANCEL reaches stops by itself";
    phones[1]->ring();
    world->run_for(100ms);
    EXPECT_TRUE(phones[0]->own_call_rings);
    EXPECT_EQ(state_of("a1"), AgentState::busy);
    EXPECT_EQ(state_of("a2"), AgentState::busy);
    Caller& caller = call("100");
    EXPECT_FALSE(caller.ended) << "it waits";
    phones[1]->answer();
    world->run_for(100ms);
    EXPECT_TRUE(world->media.bridged(phones[0]->rtp(), phones[1]->rtp()));
    phones[1]->hang_up();
    world->run_for(100ms);
    EXPECT_EQ(how_it_ended(), "callee_hangup");
    EXPECT_FALSE(phones[0]->own_call);
    EXPECT_EQ(world->core.state().offers.size(), 1u) << "whoever is free again gets the caller";
    caller.hang_up();
    expect_nothing_left();
}

TEST_F(DirectCallTest, AnAnswerThatCameInAReliableProvisionalResponseIsGood) {
    build_two();
    phones[0]->place_call("a2");
    world->run_for(100ms);
    phones[1]->answer_early();
    world->run_for(100ms);
    phones[1]->answer();
    world->run_for(100ms);
    EXPECT_TRUE(world->media.bridged(phones[0]->rtp(), phones[1]->rtp()));
    phones[0]->hang_up_own_call();
    expect_nothing_left();
}

TEST_F(DirectCallTest, WhoIsHeldHearsMusicAndTheLogSaysSo) {
    build_two();
    phones[0]->place_call("a2");
    world->run_for(100ms);
    phones[1]->answer();
    world->run_for(100ms);
    hold(*phones[0], *phones[0]->own_call);
    EXPECT_EQ(sound(*phones[1]), "music.wav for ever");
    EXPECT_EQ(sound(*phones[0]), "silence");
    const auto commands = world->media.commands;
    hold(*phones[0], *phones[0]->own_call);
    EXPECT_EQ(world->media.commands, commands) << "a refresh is heard by nobody";
    hold(*phones[1], *phones[1]->session);
    EXPECT_EQ(sound(*phones[0]), "music.wav for ever");
    hold(*phones[0], *phones[0]->own_call, false);
    EXPECT_EQ(sound(*phones[1]), "silence");
    hold(*phones[1], *phones[1]->session, false);
    EXPECT_TRUE(world->media.bridged(phones[0]->rtp(), phones[1]->rtp()));
    EXPECT_EQ(std::count(world->log.notes.begin(), world->log.notes.end(), "call.held"), 2);
    EXPECT_EQ(std::count(world->log.notes.begin(), world->log.notes.end(), "call.resumed"), 2);
    phones[0]->hang_up_own_call();
    expect_nothing_left();
}

TEST_F(DirectCallTest, TheCallerMayHangUpAtAnyMoment) {
    build_two();
    phones[0]->place_call("a2");
    world->run_for(100ms);
    phones[0]->hang_up_own_call();  // while it rings
    world->run_for(100ms);
    EXPECT_EQ(how_it_ended(), "caller_hangup");
    EXPECT_FALSE(phones[1]->session);
    phones[0]->place_call("a2");
    world->run_for(100ms);
    phones[1]->answer();
    world->run_for(100ms);
    phones[0]->hang_up_own_call();  // while they talk
    world->run_for(100ms);
    EXPECT_EQ(how_it_ended(), "caller_hangup");
    EXPECT_FALSE(phones[1]->session);
    EXPECT_EQ(state_of("a1"), AgentState::ready);
    EXPECT_EQ(state_of("a2"), AgentState::ready);
    expect_nothing_left();
}

TEST_F(DirectCallTest, CancelAndAnswerMayCross) {
    build_two();
    phones[0]->place_call("a2");
    world->run_for(100ms);
    phones[1]->answer();
    phones[0]->hang_up_own_call();
    world->run_for(100ms);
    EXPECT_FALSE(phones[1]->session);
    EXPECT_EQ(state_of("a2"), AgentState::ready);
    expect_nothing_left();
}

TEST_F(DirectCallTest, ACalleeWhoIsBusyDeclinesOrIsAwayIsSaidSo) {
    build_two({.agents = 3});
    phones[0]->place_call("a2");
    world->run_for(100ms);
    phones[1]->refuse(603);
    world->run_for(100ms);
    EXPECT_EQ(phones[0]->own_call_refused, 603);
    EXPECT_EQ(how_it_ended(), "rejected");
    phones[0]->place_call("a2");
    world->run_for(100ms);
    phones[1]->refuse(486);
    world->run_for(100ms);
    EXPECT_EQ(phones[0]->own_call_refused, 486);
    EXPECT_EQ(how_it_ended(), "busy");
    phones[2]->register_phone(0);
    world->run_for(100ms);
    phones[0]->place_call("a3");
    world->run_for(100ms);
    EXPECT_EQ(phones[0]->own_call_refused, 480);
    EXPECT_EQ(how_it_ended(), "unreachable");
    expect_nothing_left();
}

TEST_F(DirectCallTest, NobodyRingsForEver) {
    build_two();
    phones[0]->place_call("a2");
    world->run_for(91s);
    EXPECT_EQ(how_it_ended(), "no_answer");
    EXPECT_EQ(phones[0]->own_call_refused, 480);
    EXPECT_FALSE(phones[1]->session);
    expect_nothing_left();
}

TEST_F(DirectCallTest, AnAgentInACallIsBusy) {
    build_two();
    Caller& caller = call("200");
    phones[1]->answer();
    world->run_for(100ms);
    phones[0]->place_call("a2");
    world->run_for(100ms);
    EXPECT_EQ(phones[0]->own_call_refused, 486);
    EXPECT_EQ(phones[1]->offers, 1);
    caller.hang_up();
    expect_nothing_left();
}

TEST_F(DirectCallTest, EndsWhenTheSoundStopsOrTheServerDoes) {
    build_two();
    phones[0]->place_call("a2");
    world->run_for(100ms);
    phones[1]->answer();
    world->run_for(100ms);
    world->media.tell({media::Event::Kind::timeout, world->media.id_towards(phones[1]->rtp()), 0});
    world->server.media_events(world->now);
    world->flush();
    world->run_for(100ms);
    EXPECT_EQ(how_it_ended(), "media_timeout");
    EXPECT_FALSE(phones[1]->session);
    phones[0]->place_call("a2");
    world->run_for(100ms);
    world->server.shut_down(world->now);
    world->flush();
    EXPECT_EQ(how_it_ended(), "shutdown");
    expect_nothing_left();
}

TEST_F(DirectCallTest, AGroupMayBeKeptFromCallingColleagues) {
    config::Config config = small_centre({.agents = 2});
    config.agent_groups[0].call_agents = false;
    build(std::move(config));
    put_to_work(add_phone("a1"));
    put_to_work(add_phone("a2"));
    phones[0]->place_call("a2");
    world->run_for(100ms);
    EXPECT_EQ(phones[0]->own_call_refused, 403);
    EXPECT_EQ(std::count(world->log.notes.begin(), world->log.notes.end(), "security.call_refused"), 1);
    EXPECT_EQ(phones[1]->offers, 0);
    expect_nothing_left();
}

TEST_F(DirectCallTest, AnExtensionIsAnAgentsNumber) {
    config::Config config = small_centre({.agents = 2});
    config.agents[1].extension = "302";
    build(std::move(config));
    put_to_work(add_phone("a1"));
    put_to_work(add_phone("a2"));
    phones[0]->place_call("302");
    world->run_for(100ms);
    EXPECT_EQ(phones[1]->offers, 1);
    phones[0]->hang_up_own_call();
    expect_nothing_left();
}

}  // namespace
}  // namespace centrala::calls
