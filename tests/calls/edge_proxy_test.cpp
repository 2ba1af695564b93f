// Phones behind edge proxies (RFC 3327) and with several flows (RFC 5626): which way calls go to them.
#include "fixture.hpp"

namespace centrala::calls {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

Endpoint edge_address(int n) {
    return {IpAddress::v4({10, 3, 0, static_cast<std::uint8_t>(n)}), 5060};
}

class EdgeProxyTest : public CallTest {
protected:
    void build_with_edge(std::size_t agents = 1) {
        auto config = small_centre({.agents = agents});
        config.registration.edge_proxies = {*Subnet::parse("10.3.0.0/16")};
        build(std::move(config));
    }
    Softphone& add_at(const Endpoint& address, const std::string& name, const std::string& password) {
        phones.push_back(std::make_unique<Softphone>(*world, address, name, password));
        return *phones.back();
    }
    Softphone& add_at(const Endpoint& address, const std::string& name) {
        return add_at(address, name, "secret-" + name);
    }
    /// A phone of an instance, over its n-th flow.
    Softphone& add_flow(const Endpoint& address, int n) {
        Softphone& phone = add_at(address, "a1");
        phone.register_lines = "Supported: path, outbound\r\n";
        phone.contact_parameters = ";+sip.instance=\"<urn:uuid:0001>\";reg-id=" + std::to_string(n);
        return phone;
    }
    void end_all() {
        for (const auto& caller : callers)
            if (caller->session) caller->hang_up();
        expect_nothing_left();
    }
};

TEST_F(EdgeProxyTest, CallsGoThroughTheProxyThatPathNames) {
    build_with_edge();
    Softphone& behind = add_at(edge_address(1), "a1");
    Softphone& proxy = add_at(edge_address(2), "proxy");
    behind.register_lines = "Supported: path\r\nPath: <sip:10.3.0.2:5060;lr>, <sip:10.9.9.9;lr>\r\n";
    put_to_work(behind);
    call("100");
    EXPECT_EQ(behind.offers, 0);
    ASSERT_EQ(proxy.offers, 1);
    EXPECT_THAT(proxy.last_offer, HasSubstr("Route: <sip:10.3.0.2:5060;lr>"));
    EXPECT_THAT(proxy.last_offer, HasSubstr("<sip:10.9.9.9;lr>"));
    end_all();
}

TEST_F(EdgeProxyTest, PathMayNameTheProxyByAHostName) {
    build_with_edge();
    sip::DnsAnswer a;
    a.status = sip::DnsAnswer::Status::found;
    a.ttl = 300s;
    a.addresses = {edge_address(2).address};
    world->zone[{sip::DnsType::a, "edge.example"}] = a;
    Softphone& behind = add_at(edge_address(1), "a1");
    Softphone& proxy = add_at(edge_address(2), "proxy");
    behind.register_lines = "Supported: path\r\nPath: <sip:edge.example;lr>\r\n";
    put_to_work(behind);
    call("100");
    EXPECT_EQ(behind.offers, 0);
    ASSERT_EQ(proxy.offers, 1);
    EXPECT_THAT(proxy.last_offer, HasSubstr("Route: <sip:edge.example;lr>"));
    end_all();
}

TEST_F(EdgeProxyTest, NobodyElsesPathRedirectsCalls) {
    build_with_edge();
    Softphone& phone = add_at(phone_address(1), "a1");
    Softphone& thief = add_at(edge_address(2), "thief");
    phone.register_lines = "Path: <sip:10.3.0.2:5060;lr>\r\n";
    put_to_work(phone);
    call("100");
    EXPECT_EQ(thief.offers, 0);
    ASSERT_EQ(phone.offers, 1);
    EXPECT_THAT(phone.last_offer, Not(HasSubstr("Route:")));
    end_all();
}

TEST_F(EdgeProxyTest, AnAgentBehindTheProxyOfAnotherIsntTakenForThatOne) {
    build_with_edge(2);
    Softphone& a1 = add_at(edge_address(1), "a1");
    a1.register_lines = "Path: <sip:10.3.0.1:5060;lr>\r\n";
    put_to_work(a1);
    // a2 comes from the very same address, for it is the proxy's, and says it is a1.
    std::string invite =
        "INVITE sip:*12@10.0.0.1 SIP/2.0\r\nVia: SIP/2.0/UDP 10.3.0.1:5060;branch=z9hG4bKforged\r\n"
        "From: <sip:a1@10.0.0.1>;tag=f\r\nTo: <sip:*12@10.0.0.1>\r\nCall-ID: forged\r\nCSeq: 1 INVITE\r\n"
        "Contact: <sip:a2@10.2.0.2>\r\nMax-Forwards: 70\r\nContent-Length: 0\r\n\r\n";
    world->server.receive(invite, {sip::Transport::udp, World::kServer, edge_address(1), 0}, world->now);
    std::vector<std::string> sent;
    for (std::size_t i = 0; i < world->server.outbox().size(); ++i) sent.emplace_back(world->server.outbox()[i].bytes);
    EXPECT_THAT(sent, ::testing::Contains(HasSubstr("SIP/2.0 401")));
    world->flush();
    world->run_for(40s);
    EXPECT_NE(state_of("a1"), routing::AgentState::logged_out) << "*12 would have logged a1 out";
    end_all();
}

TEST_F(EdgeProxyTest, OnePhoneWithTwoFlowsRingsOnce) {
    build_with_edge();
    Softphone& first = add_flow(phone_address(1), 1);
    Softphone& second = add_flow(phone_address(2), 2);
    first.register_phone();
    world->run_for(100ms);
    ASSERT_EQ(first.register_status, 200);
    put_to_work(second);
    EXPECT_EQ(world->server.registrar().bindings("a1").size(), 2u);
    call("100");
    EXPECT_EQ(first.offers + second.offers, 1);
    end_all();
}

TEST_F(EdgeProxyTest, AFlowThatFailsGivesWayToTheNext) {
    build_with_edge();
    Softphone& first = add_flow(phone_address(1), 1);
    Softphone& second = add_flow(phone_address(2), 2);
    first.register_phone();
    world->run_for(100ms);
    put_to_work(second);
    second.on_offer = [&] { second.refuse(430); };
    call("100");
    world->run_for(100ms);
    EXPECT_EQ(second.offers, 1);
    ASSERT_EQ(first.offers, 1);
    first.answer();
    world->run_for(50ms);
    EXPECT_TRUE(world->media.bridged(callers[0]->rtp(), first.rtp()));
    EXPECT_EQ(only<routing::event::OfferEnded>().outcome, routing::Outcome::accepted);
    end_all();
}

TEST_F(EdgeProxyTest, APersonWhoDeclinesIsntAskedAgainOverAnotherFlow) {
    build_with_edge();
    Softphone& first = add_flow(phone_address(1), 1);
    Softphone& second = add_flow(phone_address(2), 2);
    first.register_phone();
    world->run_for(100ms);
    put_to_work(second);
    second.on_offer = [&] {
        second.ring();
        second.refuse(486);
    };
    call("100");
    world->run_for(100ms);
    EXPECT_EQ(second.offers, 1);
    EXPECT_EQ(first.offers, 0);
    EXPECT_EQ(only<routing::event::OfferEnded>().outcome, routing::Outcome::rejected);
    end_all();
}

}  // namespace
}  // namespace centrala::calls
