// INVITE with Replaces: an agent's other phone takes its call over; nobody else can.
#include "calls/replaces.hpp"

#include "fixture.hpp"

namespace centrala::calls {
namespace {

class ReplacesTest : public CallTest {
protected:
    /// A second phone of a1's.
    Softphone& second_phone() {
        phones.push_back(std::make_unique<Softphone>(*world, phone_address(9), "a1", "secret-a1"));
        phones.back()->register_phone();
        world->run_for(100ms);
        return *phones.back();
    }
    void replace(Softphone& phone, const std::string& value) {
        phone.place_call("a1", "Replaces: " + value + "\r\n");
        world->run_for(100ms);
    }
};

TEST(Replaces, AreRead) {
    const auto good = parse_replaces("98732@sip.example.com;from-tag=r33th4x0r;to-tag=ff87ff;early-only");
    ASSERT_TRUE(good);
    EXPECT_EQ(good->call_id, "98732@sip.example.com");
    EXPECT_EQ(good->from_tag, "r33th4x0r");
    EXPECT_EQ(good->to_tag, "ff87ff");
    EXPECT_TRUE(good->early_only);
    for (const char* bad :
         {"", "x", "x;to-tag=1", "x;to-tag=1;from-tag=", "x;to-tag=1;to-tag=2;from-tag=3", ";to-tag=1;from-tag=2"})
        EXPECT_FALSE(parse_replaces(bad)) << bad;
}

TEST_F(ReplacesTest, AnAgentsOtherPhoneTakesTheCallerOver) {
    build({.agents = 2});
    put_to_work(*phones[0]);
    Caller& caller = call("100");
    phones[0]->answer();
    world->run_for(100ms);
    Softphone& other = second_phone();
    replace(other, phones[0]->session_replaces);
    EXPECT_TRUE(other.own_call);
    EXPECT_FALSE(phones[0]->session) << "BYE came";
    EXPECT_TRUE(world->media.bridged(caller.rtp(), other.rtp()));
    EXPECT_EQ(state_of("a1"), routing::AgentState::talking);
    other.hang_up_own_call();
    world->run_for(100ms);
    EXPECT_TRUE(caller.ended);
    EXPECT_EQ(last<routing::event::ContactEnded>().cause, routing::EndCause::agent_hangup);
    expect_nothing_left();
}

TEST_F(ReplacesTest, ACallThatRingsIsPickedUpOnTheOtherPhone) {
    build({.agents = 2});
    put_to_work(*phones[0]);
    Caller& caller = call("100");
    phones[0]->ring();
    world->run_for(100ms);
    Softphone& other = second_phone();
    replace(other, phones[0]->session_replaces);
    EXPECT_TRUE(other.own_call);
    EXPECT_FALSE(phones[0]->session);
    EXPECT_TRUE(world->media.bridged(caller.rtp(), other.rtp()));
    caller.hang_up();
    expect_nothing_left();
}

TEST_F(ReplacesTest, BothSidesOfACallBetweenAgentsCanMove) {
    build({.agents = 2});
    put_to_work(*phones[0]);
    put_to_work(*phones[1]);
    phones[0]->place_call("a2");
    world->run_for(100ms);
    phones[1]->answer();
    world->run_for(100ms);
    Softphone& other = second_phone();
    replace(other, phones[0]->own_call_replaces);
    EXPECT_TRUE(other.own_call);
    EXPECT_FALSE(phones[0]->own_call);
    EXPECT_TRUE(world->media.bridged(other.rtp(), phones[1]->rtp()));
    phones[1]->hang_up();
    world->run_for(100ms);
    EXPECT_FALSE(other.own_call);
    expect_nothing_left();
}

TEST_F(ReplacesTest, SomebodyElsesCallIsNotThere) {
    build({.agents = 2});
    put_to_work(*phones[0]);
    Caller& caller = call("100");
    phones[0]->answer();
    world->run_for(100ms);
    phones[1]->register_phone();
    world->run_for(100ms);
    replace(*phones[1], phones[0]->session_replaces);
    EXPECT_EQ(phones[1]->own_call_refused, 481);
    replace(*phones[1], "unknown;to-tag=1;from-tag=2");
    EXPECT_EQ(phones[1]->own_call_refused, 481);
    replace(*phones[1], "nonsense");
    EXPECT_EQ(phones[1]->own_call_refused, 400);
    Softphone& other = second_phone();
    replace(other, phones[0]->session_replaces + ";early-only");
    EXPECT_EQ(other.own_call_refused, 486);
    EXPECT_TRUE(world->media.bridged(caller.rtp(), phones[0]->rtp()));
    caller.hang_up();
    expect_nothing_left();
}

}  // namespace
}  // namespace centrala::calls
