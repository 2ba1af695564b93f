// Trunks in the whole stack: found by DNS, checked, registered, limited; numbers as seen on the wire and in the log.
#include "calls/fixture.hpp"

namespace centrala::calls {
namespace {

/// A carrier's server: answers OPTIONS and REGISTER as told, and can call us.
class Carrier : public Caller {
public:
    using Caller::Caller;
    void on(const sip::UaEvent& event) override {
        const auto* request = std::get_if<sip::ua::Requested>(&event);
        if (!request) return Caller::on(event);
        const sip::Message& message = *request->request;
        std::string lines;
        int status = options_status;
        if (message.method() == sip::Method::register_) {
            ++registers;
            last_contact = std::string(message.find(sip::HeaderId::contact).value_or(""));
            last_expires = message.number(sip::HeaderId::expires).value_or(9999);
            const auto authorization = message.find(sip::HeaderId::authorization);
            if (register_status == 200 && !authorization) {
                status = 401;
                lines = "WWW-Authenticate: Digest realm=\"c\", nonce=\"n\", qop=\"auth\"\r\n";
            } else {
                status = register_status;
                sip::MessageWriter(lines).header("Contact", last_contact);
            }
        } else {
            ++options;
        }
        ua.respond(request->tx, {status, {}, {}, lines, {}, {}}, world.now);
    }
    int options_status = 200, register_status = 200;
    int options = 0, registers = 0;
    std::uint32_t last_expires = 9999;
    std::string last_contact;
};

Endpoint carrier_address(int n) {
    return {IpAddress::v4({203, 0, 113, static_cast<std::uint8_t>(n)}), 5060};
}

class TrunkTest : public CallTest {
protected:
    TrunkTest() {
        config::Trunk trunk;
        trunk.name = "acme";
        trunk.gateways = {{"sip:203.0.113.1", 10, 10}};
        centre.trunks.push_back(trunk);
        centre.outside = {{"0", 1, "", {1}}};
    }
    config::Trunk& acme() { return centre.trunks[1]; }
    void start() {
        build(centre);
        carrier =
            std::make_unique<Carrier>(*world, carrier_address(1), "4930999", sim::PeerOptions{.listens_on_tcp = true});
    }
    int noted(const std::string& type) const {
        return static_cast<int>(std::count(world->log.notes.begin(), world->log.notes.end(), type));
    }
    TrunkView view() const { return world->server.trunks(world->now).at(1); }

    config::Config centre = small_centre({});
    std::unique_ptr<Carrier> carrier;
};

TEST_F(TrunkTest, AGatewayThatStopsAnsweringGoesDownAfterTwoChecksAndComesBackAfterTwo) {
    start();
    world->run_for(100ms);
    EXPECT_EQ(carrier->options, 1);
    carrier->vanished = true;
    world->run_for(30s);
    world->run_for(4s);
    EXPECT_TRUE(view().gateways[0].up) << "still waiting for the first lost answer";
    world->run_for(10s);
    EXPECT_FALSE(view().gateways[0].up);
    EXPECT_EQ(noted("trunk.gateway_down"), 1);
    carrier->vanished = false;
    world->run_for(33s);
    EXPECT_TRUE(view().gateways[0].up);
    EXPECT_EQ(noted("trunk.gateway_up"), 1);
    world->run_for(10min);
    EXPECT_EQ(noted("trunk.gateway_down"), 1);
}

TEST_F(TrunkTest, AGatewayThatSays503IsDownAndAnyOtherAnswerIsLife) {
    start();
    carrier->options_status = 404;
    world->run_for(2min);
    EXPECT_EQ(noted("trunk.gateway_down"), 0);
    carrier->options_status = 503;
    world->run_for(35s);
    EXPECT_EQ(noted("trunk.gateway_down"), 1);
}

TEST_F(TrunkTest, AGatewayWhereNobodyListensIsDownWithinSeconds) {
    start();
    carrier.reset();  // ICMP: port unreachable
    world->run_for(3s);
    EXPECT_FALSE(view().gateways[0].up);
}

TEST_F(TrunkTest, RegistersWithDigestRefreshesAndUnregistersAtTheEnd) {
    acme().credentials = {"4930123", "secret"};
    acme().registration.emplace();
    acme().registration->registrar = "sip:203.0.113.1";
    acme().registration->aor = "sip:4930123@acme.example";
    acme().registration->contact_user = "4930123";
    acme().registration->expires = 100s;
    start();
    world->run_for(100ms);
    EXPECT_EQ(carrier->registers, 2) << "with and without an answer to the challenge";
    EXPECT_EQ(view().registration, "registered");
    EXPECT_EQ(noted("trunk.registered"), 1);
    EXPECT_EQ(carrier->last_contact, "<sip:4930123@10.0.0.1:5060>;expires=100");
    world->run_for(90s);
    EXPECT_EQ(carrier->registers, 3) << "refreshed with the nonce that is known";
    EXPECT_TRUE(world->server.idle()) << "a registration isn't a call";
    world->server.shut_down(world->now);
    EXPECT_FALSE(world->server.idle());
    world->flush();
    world->run_for(100ms);
    EXPECT_EQ(carrier->last_expires, 0u);
    EXPECT_TRUE(world->server.idle());
    EXPECT_EQ(noted("trunk.unregistered"), 1);
}

TEST_F(TrunkTest, ARegistrationOverAConnectionIsMadeAgainWhenThatIsGone) {
    config::Listener tcp = centre.sip.listeners.front();
    tcp.transport = sip::Transport::tcp;
    centre.sip.listeners.push_back(tcp);
    acme().credentials = {"4930123", "secret"};
    acme().registration.emplace();
    acme().registration->registrar = "sip:203.0.113.1;transport=tcp";
    acme().registration->aor = "sip:4930123@acme.example";
    acme().registration->contact_user = "4930123";
    start();
    world->run_for(60s);
    ASSERT_EQ(carrier->registers, 2);
    const sip::Flow over{sip::Transport::tcp, World::kServer, carrier_address(1), 7};
    EXPECT_TRUE(world->server.uses(over)) << "it isn't closed for being idle";
    EXPECT_FALSE(world->server.uses({sip::Transport::tls, World::kServer, carrier_address(1), 7}));
    world->server.transport_failed(sip::Transport::tcp, carrier_address(2), 8, world->now);
    world->flush();
    world->run_for(1s);
    EXPECT_EQ(carrier->registers, 2) << "another's";
    world->server.transport_failed(over.transport, over.remote, over.connection, world->now);
    world->flush();
    world->run_for(1s);
    EXPECT_EQ(carrier->registers, 3);
}

TEST_F(TrunkTest, ARegistrarThatIsSilentIsTriedAgainAndARegistrationThatCannotBeRefreshedExpires) {
    acme().credentials = {"4930123", "secret"};
    acme().registration.emplace();
    acme().registration->registrar = "sip:203.0.113.1";
    acme().registration->aor = "sip:4930123@acme.example";
    acme().registration->contact_user = "4930123";
    acme().registration->expires = 60s;
    start();
    world->run_for(1s);
    ASSERT_EQ(view().registration, "registered");
    carrier->vanished = true;
    world->run_for(90s);
    EXPECT_EQ(noted("trunk.unregistered"), 1);
    EXPECT_GE(noted("trunk.registration_failed"), 1);
    carrier->vanished = false;
    world->run_for(3min);
    EXPECT_EQ(view().registration, "registered");
    EXPECT_EQ(noted("trunk.registered"), 2);
}

TEST_F(TrunkTest, CallsFromGatewaysAreTakenOnlyIfTheyAreTrusted) {
    start();
    carrier->dial("100");
    world->run_for(100ms);
    EXPECT_EQ(carrier->refused, 403);
    carrier.reset();
    acme().trust_gateways = true;
    start();
    carrier->dial("100");
    world->run_for(100ms);
    EXPECT_TRUE(carrier->answered);
    EXPECT_EQ(view().calls_in, 1u);
    carrier->hang_up();
    world->run_for(100ms);
    EXPECT_EQ(view().calls_in, 0u);
}

TEST_F(TrunkTest, AHostNameIsFoundByDnsAndItsAddressesAreTrustedIfTheFileSaysSo) {
    acme().gateways = {{"sip:sip.acme.example", 10, 10}};
    acme().trust_gateways = true;
    start();
    sip::DnsAnswer srv, a;
    srv.status = a.status = sip::DnsAnswer::Status::found;
    srv.ttl = a.ttl = 300s;
    srv.services = {{0, 0, 5060, "one.acme.example"}};
    a.addresses = {carrier_address(1).address};
    world->zone[{sip::DnsType::srv, "_sip._udp.sip.acme.example"}] = srv;
    world->zone[{sip::DnsType::a, "one.acme.example"}] = a;
    world->run_for(5s);
    EXPECT_THAT(view().gateways[0].addresses, ElementsAre("203.0.113.1"));
    EXPECT_GE(carrier->options, 1);
    carrier->dial("100");
    world->run_for(100ms);
    EXPECT_TRUE(carrier->answered);
    // DNS dies: what was known goes on serving.
    world->dns_fails = true;
    world->run_for(20min);
    EXPECT_THAT(view().gateways[0].addresses, ElementsAre("203.0.113.1"));
    EXPECT_TRUE(view().gateways[0].up);
    world->run_for(1h);
    EXPECT_THAT(view().gateways[0].addresses, ElementsAre()) << "but not for ever";
    EXPECT_FALSE(view().gateways[0].up);
}

TEST_F(TrunkTest, ACallFromBehindABalancerGoesOnWhereItsContactLeadsThoughThatIsAName) {
    start();
    sip::DnsAnswer a;
    a.status = sip::DnsAnswer::Status::found;
    a.ttl = 300s;
    a.addresses = {carrier_address(7).address};
    world->zone[{sip::DnsType::a, "gw7.acme.example"}] = a;
    const auto say = [&](const std::string& method, const std::string& to_tag, const std::string& body) {
        std::string text = method + " sip:100@10.0.0.1 SIP/2.0\r\nVia: SIP/2.0/UDP 10.1.0.9:5060;branch=z9hG4bK" +
                           method + "\r\nMax-Forwards: 70\r\nFrom: <sip:447@acme.example>;tag=f\r\nTo: <sip:100@x>" +
                           to_tag + "\r\nCall-ID: balanced\r\nCSeq: 1 " + method +
                           "\r\nContact: <sip:447@gw7.acme.example>\r\n" +
                           (body.empty() ? "" : "Content-Type: application/sdp\r\n") +
                           "Content-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body;
        world->server.receive(text, {sip::Transport::udp, World::kServer, caller_address(9), 0}, world->now);
    };
    const auto sent = [&](std::string_view start) {
        std::optional<std::pair<sip::Flow, std::string>> found;
        for (std::size_t i = 0; i < world->server.outbox().size(); ++i)
            if (const auto out = world->server.outbox()[i]; out.bytes.starts_with(start))
                found.emplace(out.flow, std::string(out.bytes));
        return found;
    };
    say("INVITE", "", sdp::write_offer(carrier->local_media()));
    const auto ok = sent("SIP/2.0 200");
    ASSERT_TRUE(ok);
    EXPECT_EQ(ok->first.remote, caller_address(9)) << "responses go where the request came from";
    world->flush();
    sip::Message response;
    std::string bytes = ok->second;
    ASSERT_EQ(sip::parse(bytes, response).verdict, sip::Verdict::complete);
    say("ACK", ";tag=" + std::string(response.to().tag()), "");
    world->run_for(1s);
    world->server.shut_down(world->now);
    const auto bye = sent("BYE ");
    ASSERT_TRUE(bye);
    EXPECT_EQ(bye->first.remote, carrier_address(7));
}

TEST_F(TrunkTest, NumbersBecomeOursBeforeAnythingElseSeesThem) {
    centre.trunks[0].inbound = {{config::NumberRule::Of::dialled, "49301", 5, "1"},
                                {config::NumberRule::Of::caller, "44", 2, "+44"}};
    start();
    auto& caller = call("4930100");
    EXPECT_TRUE(caller.answered) << "4930100 is entry point 100 here";
    const auto arrived = last<routing::event::ContactArrived>();
    EXPECT_EQ(arrived.caller, "+44701");
    EXPECT_EQ(arrived.dialled, "100");
}

TEST_F(TrunkTest, ANameInsteadOfANumberIsLeftAsItIs) {
    centre.trunks[0].inbound = {{config::NumberRule::Of::caller, "", 0, "+49"}};
    start();
    callers.push_back(std::make_unique<Caller>(*world, caller_address(1), "jane"));
    callers.back()->dial("100");
    world->run_for(50ms);
    EXPECT_EQ(last<routing::event::ContactArrived>().caller, "jane");
}

TEST_F(TrunkTest, PastItsCallsPerSecondATrunkGets503WithRetryAfter) {
    centre.trunks[0].calls_per_second = 2;
    start();
    EXPECT_TRUE(call("100").answered);
    EXPECT_TRUE(call("100").answered);
    EXPECT_EQ(call("100").refused, 503);
    EXPECT_EQ(noted("trunk.limited"), 1);
    world->run_for(1s);
    EXPECT_TRUE(call("100").answered);
}

TEST_F(TrunkTest, ATrunkIsAnsweredWithItsOwnCodecsOnly) {
    centre.trunks[0].codecs = {"PCMU"};
    start();
    auto& caller = call("100");
    ASSERT_TRUE(caller.answered);
    EXPECT_EQ(caller.answer_sdp.find("PCMA"), std::string::npos) << caller.answer_sdp;
    EXPECT_NE(caller.answer_sdp.find("PCMU"), std::string::npos);
}

}  // namespace
}  // namespace centrala::calls
