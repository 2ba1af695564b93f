// A call that rings at several agents' phones: the first to answer has it, and the others stop without a trace.
#include "fixture.hpp"

namespace centrala::calls {
namespace {

using routing::AgentState;
using routing::Outcome;
using routing::event::ContactConnected;
using routing::event::OfferEnded;

struct RingAtOnceTest : CallTest {
    void ring(std::size_t agents, std::uint32_t at_once, Duration ring_timeout = 20s) {
        build({.agents = agents, .ring_timeout = ring_timeout, .ring_at_once = at_once});
        for (auto& phone : phones) {
            put_to_work(*phone);
            phone->on_offer = [p = phone.get()] { p->ring(); };
        }
        call("100");
        world->run_for(50ms);
    }
    [[nodiscard]] CallView view() const { return world->server.calls(world->now).at(0); }
    void expect_connected_to(std::uint32_t agent) const {
        EXPECT_EQ(only<ContactConnected>().agent, static_cast<routing::AgentId>(agent));
    }
    void end() {
        callers[0]->hang_up();
        world->run_for(1s);
        expect_nothing_left();
    }
};

TEST_F(RingAtOnceTest, ConnectsTheFirstToAnswerAndTellsTheOthersThatItWasAnsweredElsewhere) {
    ring(3, 3);
    EXPECT_EQ(view().agent, "a1, a2, a3");
    phones[1]->answer();
    world->run_for(50ms);
    EXPECT_TRUE(world->media.bridged(callers[0]->rtp(), phones[1]->rtp()));
    expect_connected_to(1);
    for (const std::size_t other : {0, 2}) {
        EXPECT_EQ(phones[other]->stopped, 1);
        EXPECT_EQ(phones[other]->cancel_reason, "SIP;cause=200;text=\"Call completed elsewhere\"");
    }
    EXPECT_EQ(state_of("a1"), AgentState::ready);
    EXPECT_EQ(state_of("a3"), AgentState::ready);
    end();
}

TEST_F(RingAtOnceTest, NamesOnlyAFewOfMany) {
    ring(5, 5);
    EXPECT_EQ(view().agent, "a1, a2, a3 +2");
    end();
}

TEST_F(RingAtOnceTest, StopsAllPhonesWhenTheCallerLeaves) {
    ring(2, 2);
    callers[0]->hang_up();
    world->run_for(50ms);
    for (auto& phone : phones) {
        EXPECT_EQ(phone->stopped, 1);
        EXPECT_EQ(phone->cancel_reason, "");
    }
    EXPECT_EQ(last<OfferEnded>().outcome, Outcome::caller_gone);
    expect_nothing_left();
}

TEST_F(RingAtOnceTest, RingsOnWhereNobodyDeclined) {
    ring(2, 2);
    phones[0]->refuse(603);
    world->run_for(50ms);
    EXPECT_EQ(only<OfferEnded>().outcome, Outcome::rejected);
    EXPECT_EQ(view().state, "ringing");
    EXPECT_EQ(view().agent, "a2");
    phones[1]->answer();
    world->run_for(50ms);
    expect_connected_to(1);
    end();
}

TEST_F(RingAtOnceTest, HangsUpWhoAnswersInTheSameInstantAsAnother) {
    ring(2, 2);
    phones[0]->answer();
    phones[1]->answer();
    world->run_for(1s);
    expect_connected_to(0);
    EXPECT_FALSE(phones[1]->session);
    EXPECT_EQ(state_of("a1"), AgentState::talking);
    EXPECT_EQ(state_of("a2"), AgentState::ready);
    end();
}

TEST_F(RingAtOnceTest, ReachesTheOthersWhenOnePhoneIsGone) {
    build({.agents = 2, .ring_at_once = 2});
    for (auto& phone : phones) put_to_work(*phone);
    phones[0]->vanished = true;
    phones[1]->on_offer = [&] { phones[1]->ring(); };
    call("100");
    world->run_for(15s);
    phones[1]->answer();
    world->run_for(50ms);
    expect_connected_to(1);
    end();
}

}  // namespace
}  // namespace centrala::calls
