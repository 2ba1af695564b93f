// A mistake of ours, thrown while a call is handled, ends that call at the worst: the next ones are served.
#include "fixture.hpp"

namespace centrala::calls {
namespace {

using routing::event::ContactConnected;
using routing::event::ContactEnded;

struct FaultTest : CallTest {
    /// An exception goes through the world's loop as it would through the daemon's, which catches it there.
    void run_into_the_fault(Duration time) { EXPECT_THROW(world->run_for(time), std::runtime_error); }
    void expect_the_next_call_to_be_served() {
        Caller& caller = call("100");
        ASSERT_TRUE(phones[0]->session);
        phones[0]->answer();
        world->run_for(1s);
        EXPECT_EQ(last<ContactConnected>().agent, world->core.plan().find_agent("a1"));
        caller.hang_up();
        world->run_for(1s);
        expect_nothing_left();
    }
};

TEST_F(FaultTest, InTakingACallEndsThatCallOnly) {
    build({.agents = 1});
    put_to_work(*phones[0]);
    world->media.breaks = true;
    EXPECT_THROW(call("100"), std::runtime_error);
    world->run_for(1s);
    EXPECT_EQ(only<ContactEnded>().cause, routing::EndCause::caller_failed);
    EXPECT_FALSE(phones[0]->session);
    expect_the_next_call_to_be_served();
}

TEST_F(FaultTest, InConnectingACallEndsThatCallOnly) {
    build({.agents = 1});
    put_to_work(*phones[0]);
    call("100");
    ASSERT_TRUE(phones[0]->session);
    world->media.breaks = true;
    phones[0]->answer();
    run_into_the_fault(1s);
    world->run_for(60s);
    EXPECT_EQ(only<ContactEnded>().cause, routing::EndCause::caller_failed);
    EXPECT_FALSE(phones[0]->session) << "hung up";
    EXPECT_EQ(state_of("a1"), routing::AgentState::ready);
    expect_the_next_call_to_be_served();
}

}  // namespace
}  // namespace centrala::calls
