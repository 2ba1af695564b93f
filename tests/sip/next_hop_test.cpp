// Where requests within a dialog go: to whence the peer was last heard, or by its Route and Contact (RFC 3261
// §12.2.1.1).
#include "ua_script.hpp"

namespace centrala::sip {
namespace {

using namespace script;

const Endpoint kGateway = *Endpoint::parse("203.0.113.9:5080");

UserAgentOptions locating() {
    UserAgentOptions options = ua_options();
    options.locate = [](const Uri& uri) -> std::optional<Flow> {
        const auto transport = transport_of(uri).value_or(Transport::udp);
        const std::uint16_t port = uri.port != 0 ? uri.port : default_port(transport);
        if (const auto address = IpAddress::parse(uri.host))
            return Flow{transport, *Endpoint::parse("192.0.2.2:5060"), {*address, port}};
        if (uri.host == "gw.carrier.test") return Flow{transport, kUs, kGateway};
        return std::nullopt;
    };
    return options;
}

struct NextHop : UaTest {
    NextHop() : UaTest(locating()) {}
    /// A call of theirs that follows its route, up.
    void talk(const std::string& contact, const std::string& lines = {}, const Flow& from = udp_flow()) {
        Text t;
        t.contact = "<" + contact + ">";
        t.lines = lines;
        t.transport = via_name(from.transport);
        session = s.receive(request(t), from).session;
        s.machine().follow_route(session);
        s.machine().accept(session, "v=0\r\n", s.now());
        s.receive(ack(s.last("200"), 1, t), from);
    }
    const Flow& hung_up_by() {
        s.machine().hang_up(session, {}, s.now());
        EXPECT_EQ(s.last().start(), "BYE");
        return s.last().flow;
    }
};

TEST_F(NextHop, IsTheContactHoweverTheInviteCame) {
    talk("sip:alice@203.0.113.9:5080");
    const Flow& way = hung_up_by();
    EXPECT_EQ(way, (Flow{Transport::udp, kUs, kGateway, 0})) << "from the listener that the call came in by";
}

TEST_F(NextHop, IsTheFirstRecordRouteBeforeTheContact) {
    talk("sip:alice@198.51.100.99", "Record-Route: <sip:203.0.113.9:5080;lr>, <sip:198.51.100.98;lr>\r\n");
    EXPECT_EQ(hung_up_by().remote, kGateway);
}

TEST_F(NextHop, MayBeANameThatIsKnown) {
    talk("sip:alice@gw.carrier.test");
    EXPECT_EQ(s.machine().next_hop(session), "sip:alice@gw.carrier.test");
    EXPECT_EQ(hung_up_by().remote, kGateway);
}

TEST_F(NextHop, IsWhereThePeerWasHeardWhileItsNameIsUnknown) {
    talk("sip:alice@other.carrier.test");
    EXPECT_EQ(hung_up_by().remote, kPeer);
}

TEST_F(NextHop, IsWhereThePeerWasHeardIfItsContactIsBehindANat) {
    talk("sip:alice@10.1.2.3:5080");
    EXPECT_EQ(hung_up_by().remote, kPeer);
}

TEST_F(NextHop, IsTheOpenConnectionToThatHostWhateverItsPort) {
    talk("sip:alice@198.51.100.7:5060;transport=tcp", {}, tcp_flow(7));
    EXPECT_EQ(hung_up_by(), tcp_flow(7));
}

TEST_F(NextHop, IsTheOpenConnectionAlsoWhereTheContactForgetsTheTransport) {
    talk("sip:alice@198.51.100.7", {}, tcp_flow(7));
    EXPECT_EQ(hung_up_by(), tcp_flow(7));
}

TEST_F(NextHop, IsNotInTheClearForACallThatCameEncrypted) {
    const Flow tls{Transport::tls, kUs, kPeer, 7};
    talk("sip:alice@203.0.113.9:5080", {}, tls);
    EXPECT_EQ(hung_up_by(), tls);
}

TEST_F(NextHop, KeepsTheDomainThatItsCertificateIsFor) {
    const Flow tls{Transport::tls, kUs, kPeer, 7, "carrier.test"};
    talk("sip:alice@203.0.113.9:5080;transport=tls", {}, tls);
    EXPECT_EQ(hung_up_by(), (Flow{Transport::tls, kUs, kGateway, 0, "carrier.test"}));
}

TEST_F(NextHop, ChangesWithTheTarget) {
    talk("sip:alice@198.51.100.7:5070");
    to_tag = tag_of(field(s.last("200"), "To"));
    Text t;
    t.contact = "<sip:alice@203.0.113.9:5080>";
    s.receive(within("INVITE", 2, "v=0\r\n", t));
    s.machine().accept_reoffer(session, "v=0\r\n", s.now());
    EXPECT_EQ(hung_up_by().remote, kGateway);
}

TEST_F(NextHop, TakesTheAckAndItsRepetitionToTheCalleesContact) {
    call();
    s.machine().follow_route(session);
    const std::string ok = reply(s.last("INVITE"), 200, "bob", "Contact: <sip:bob@203.0.113.9:5080>\r\n", "v=1\r\n");
    s.receive(ok);
    EXPECT_EQ(s.last().start(), "ACK");
    EXPECT_EQ(s.last().flow.remote, kGateway);
    s.receive(ok);
    EXPECT_EQ(s.last().start(), "ACK");
    EXPECT_EQ(s.last().flow.remote, kGateway);
    EXPECT_EQ(hung_up_by().remote, kGateway);
}

TEST_F(NextHop, IsWherePhonesWereHeardUnlessAskedFor) {
    Text t;
    t.contact = "<sip:alice@203.0.113.9:5080>";
    answered(true, t);
    EXPECT_EQ(s.machine().next_hop(session), "");
    EXPECT_EQ(hung_up_by().remote, kPeer);
}

}  // namespace
}  // namespace centrala::sip
