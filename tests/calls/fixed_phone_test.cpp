// Phones that don't register: found by their host's name, whichever of its addresses lives (RFC 3263 §4.3).
#include "fixture.hpp"

namespace centrala::calls {
namespace {

class FixedPhoneTest : public CallTest {
protected:
    /// a1's phone has two addresses; at the first one is nobody, or nobody who answers.
    void start() {
        auto config = small_centre({.agents = 2});
        config.agents[0].contact = "sip:a1@phones.example";
        build(std::move(config));
        sip::DnsAnswer a;
        a.status = sip::DnsAnswer::Status::found;
        a.ttl = 300s;
        a.addresses = {phone_address(8).address, phone_address(9).address};
        world->zone[{sip::DnsType::a, "phones.example"}] = a;
        phones.push_back(std::make_unique<Softphone>(*world, phone_address(9), "a1", "secret-a1"));
        world->run_for(1s);
        const auto agent = *world->core.plan().find_agent("a1");
        ASSERT_EQ(command(routing::input::AgentLogsIn{agent}), routing::Rejection::none);
        ASSERT_EQ(command(routing::input::AgentGoesReady{agent}), routing::Rejection::none);
    }
};

TEST_F(FixedPhoneTest, AnOfferRingsAtTheAddressThatLives) {
    start();
    Caller& caller = call("100");
    world->run_for(5s);
    EXPECT_EQ(phones[0]->offers, 1);
    phones[0]->answer();
    world->run_for(100ms);
    EXPECT_TRUE(world->media.bridged(caller.rtp(), phones[0]->rtp()));
    caller.hang_up();
    expect_nothing_left();
}

TEST_F(FixedPhoneTest, AColleaguesCallDoesToo) {
    start();
    Softphone& colleague = add_phone("a2");
    colleague.address = phone_address(2);
    put_to_work(colleague);
    colleague.place_call("a1");
    world->run_for(5s);
    EXPECT_EQ(phones[0]->offers, 1);
    phones[0]->answer();
    world->run_for(100ms);
    EXPECT_TRUE(colleague.own_call);
    colleague.hang_up_own_call();
    expect_nothing_left();
}

TEST_F(FixedPhoneTest, OnceUnreachableItIsFoundAliveAtAnyOfThem) {
    start();
    phones.clear();  // ICMP from either address
    Caller& caller = call("100");
    world->run_for(10s);
    EXPECT_EQ(world->core.state().agents[0].facts.device, routing::Device::unreachable);
    phones.push_back(std::make_unique<Softphone>(*world, phone_address(9), "a1", "secret-a1"));
    world->run_for(45s);
    EXPECT_GE(phones[0]->offers, 1) << "probed at the first address in vain, at the second with success";
    caller.hang_up();
    expect_nothing_left();
}

}  // namespace
}  // namespace centrala::calls
