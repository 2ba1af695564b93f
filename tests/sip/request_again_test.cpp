// Requests that go once more or another way: with credentials (RFC 3261 §22.2), to the next target (RFC 3263 §4.3), by
// TCP because they are large (RFC 3261 §18.1.1); and the INVITE without an offer (§13.2.1).
#include "ua_script.hpp"

namespace centrala::sip {
namespace {

using namespace script;

// ---- credentials ---------------------------------------------------------------------------------------------------

constexpr std::string_view k401 = "WWW-Authenticate: Digest realm=\"r\", nonce=\"n1\", algorithm=MD5, qop=\"auth\"\r\n";
constexpr std::string_view k407 = "Proxy-Authenticate: Digest realm=\"p\", nonce=\"n2\", algorithm=SHA-256\r\n";

struct UserAgentCredentials : UaTest {
    void call_with_credentials() {
        Invitation in = invitation();
        in.credentials = &who;
        invite(in);
    }
    Credentials who{"ann", "secret"};
};

TEST_F(UserAgentCredentials, ChallengedInviteGoesAgainWithTheAnswer) {
    call_with_credentials();
    const std::string first = s.last("INVITE");
    EXPECT_EQ(field(first, "Authorization"), "");
    EXPECT_EQ(s.receive(reply(first, 401, "x", k401)).what, "");
    EXPECT_EQ(s.sent(), (Words{"INVITE", "ACK", "INVITE"}));
    const std::string second = s.last("INVITE");
    EXPECT_TRUE(field(second, "Authorization").starts_with("Digest username=\"ann\", realm=\"r\", nonce=\"n1\""));
    EXPECT_EQ(field(second, "CSeq"), "2 INVITE");
    EXPECT_EQ(field(second, "Call-ID"), field(first, "Call-ID"));
    EXPECT_EQ(field(second, "From"), field(first, "From"));
    EXPECT_EQ(field(second, "To"), field(first, "To"));
    EXPECT_NE(field(second, "Via"), field(first, "Via"));
    EXPECT_EQ(field(second, "X-Queue"), "sales");
    EXPECT_EQ(body_of(second), "v=0\r\n");
    EXPECT_EQ(s.receive(reply(second, 407, "y", k407)).what, "");
    const std::string third = s.last("INVITE");
    EXPECT_NE(field(third, "Authorization"), "");
    EXPECT_NE(field(third, "Proxy-Authorization"), "");
    EXPECT_EQ(s.receive(reply(third, 180)).what, "progress");
    EXPECT_EQ(s.receive(reply(third, 200, "bob", {}, "v=1\r\n")).what, "accepted");
    const std::string ack = s.last("ACK");
    EXPECT_EQ(field(ack, "CSeq"), "3 ACK");
    EXPECT_EQ(field(ack, "Authorization"), field(third, "Authorization"));  // §13.2.2.4
    EXPECT_EQ(field(ack, "Proxy-Authorization"), field(third, "Proxy-Authorization"));
    s.machine().hang_up(session, {}, s.now());
    EXPECT_NE(field(s.last("BYE"), "Proxy-Authorization").find("nc="), 0u);
    EXPECT_EQ(field(s.last("BYE"), "CSeq"), "4 BYE");
    s.receive(reply(s.last("BYE"), 200));
    s.wait(100s);
    expect_nothing_left();
}

TEST_F(UserAgentCredentials, WrongOnesAreTriedOnce) {
    call_with_credentials();
    s.receive(reply(s.last("INVITE"), 401, "x", k401));
    EXPECT_EQ(s.receive(reply(s.last("INVITE"), 401, "x", k401)).what, "refused");
    EXPECT_EQ(s.last_told().status, 401);
    EXPECT_EQ(s.times("INVITE").size(), 2u);
    s.wait(100s);
    expect_nothing_left();
}

TEST_F(UserAgentCredentials, WithoutAnyAChallengeIsARefusal) {
    call();
    EXPECT_EQ(s.receive(reply(s.last("INVITE"), 407, "x", k407)).status, 407);
}

TEST_F(UserAgentCredentials, ChallengedWithinTheSession) {
    call_with_credentials();
    s.receive(reply(s.last("INVITE"), 200, "bob", {}, "v=1\r\n"));
    const auto tx = s.machine().send_within(session, Method::info, "X-Test: y\r\n", "text/plain", "hi", s.now());
    ASSERT_TRUE(tx);
    EXPECT_EQ(s.receive(reply(s.last("INFO"), 407, {}, k407)).what, "");
    const std::string info = s.last("INFO");
    EXPECT_NE(field(info, "Proxy-Authorization"), "");
    EXPECT_EQ(field(info, "CSeq"), "3 INFO");
    EXPECT_EQ(field(info, "X-Test"), "y");
    EXPECT_EQ(body_of(info), "hi");
    EXPECT_EQ(s.receive(reply(info, 200)).client, *tx);
    ASSERT_TRUE(s.machine().reoffer(session, "v=7\r\n", s.now()));
    s.receive(reply(s.last("INVITE"), 407, {}, "Proxy-Authenticate: Digest realm=\"p\", nonce=\"n3\", stale=true\r\n"));
    EXPECT_NE(field(s.last("INVITE"), "Proxy-Authorization").find("n3"), std::string::npos);
    EXPECT_EQ(s.receive(reply(s.last("INVITE"), 200)).what, "reanswered");
    EXPECT_EQ(field(s.last("ACK"), "CSeq"), "5 ACK");
    EXPECT_EQ(field(s.last("ACK"), "Proxy-Authorization"), field(s.last("INVITE"), "Proxy-Authorization"));
}

TEST_F(UserAgentCredentials, ChallengedByeGoesAgain) {
    call_with_credentials();
    s.receive(reply(s.last("INVITE"), 200, "bob", {}, "v=1\r\n"));
    s.machine().hang_up(session, "Reason: SIP;cause=200\r\n", s.now());
    s.sent();
    s.receive(reply(s.last("BYE"), 407, {}, k407));
    EXPECT_EQ(s.sent(), Words{"BYE"});
    EXPECT_NE(field(s.last("BYE"), "Proxy-Authorization"), "");
    EXPECT_EQ(field(s.last("BYE"), "Reason"), "SIP;cause=200");
    s.receive(reply(s.last("BYE"), 200));
    s.wait(100s);
    expect_nothing_left();
}

TEST_F(UserAgentCredentials, HungUpBeforeTheChallengeIsNotTriedAgain) {
    call_with_credentials();
    s.machine().hang_up(session, {}, s.now());
    s.receive(reply(s.last("INVITE"), 401, "x", k401));
    EXPECT_EQ(s.times("INVITE").size(), 1u);
    s.wait(100s);
    expect_nothing_left();
}

// ---- targets -------------------------------------------------------------------------------------------------------

struct UserAgentTargets : UaTest {
    explicit UserAgentTargets(UserAgentOptions options = ua_options()) : UaTest(std::move(options)) {}
    void call_three() {
        Invitation in = invitation();
        in.alternatives = others;
        invite(in);
    }
    std::string target() { return s.all().back().flow.remote.to_string(); }
    std::vector<Flow> others{
        {Transport::udp, kUs, *Endpoint::parse("198.51.100.8:5060"), 0},
        {Transport::tcp, *Endpoint::parse("192.0.2.1:5062"), *Endpoint::parse("198.51.100.9:5060"), 0}};
};

TEST_F(UserAgentTargets, UnavailableGoesToTheNext) {
    call_three();
    const std::string first = s.last("INVITE");
    EXPECT_EQ(s.receive(reply(first, 503)).what, "");
    EXPECT_EQ(target(), "198.51.100.8:5060");
    const std::string second = s.last("INVITE");
    EXPECT_NE(field(second, "Via"), field(first, "Via"));
    EXPECT_EQ(field(second, "CSeq"), field(first, "CSeq"));
    EXPECT_EQ(field(second, "Call-ID"), field(first, "Call-ID"));
    EXPECT_EQ(body_of(second), "v=0\r\n");
    s.receive(reply(second, 503));
    EXPECT_EQ(target(), "198.51.100.9:5060");
    const std::string third = s.last("INVITE");
    EXPECT_TRUE(field(third, "Via").starts_with("SIP/2.0/TCP 192.0.2.1:5062;branch="));
    EXPECT_EQ(field(third, "Contact"), "<sip:acd@192.0.2.1:5062;transport=tcp>");
    EXPECT_EQ(s.receive(reply(third, 200, "bob", {}, "v=1\r\n")).what, "accepted");
    EXPECT_EQ(s.all().back().flow.transport, Transport::tcp);  // the ACK
    s.machine().hang_up(session, {}, s.now());
    EXPECT_EQ(target(), "198.51.100.9:5060");
}

struct UserAgentRests : UserAgentTargets {
    UserAgentRests()
        : UserAgentTargets([this] {
              UserAgentOptions options = ua_options();
              options.told_to_wait = [this](const Flow& flow, Duration wait, Timestamp) {
                  waits.push_back(flow.remote.to_string() + " " + std::to_string(wait / 1s));
              };
              return options;
          }()) {}
    Words waits;
};

TEST_F(UserAgentRests, AreToldOfEachTargetThatSaysWhenToComeBack) {
    call_three();
    s.receive(reply(s.last("INVITE"), 503, "x", "Retry-After: 120\r\n"));
    s.receive(reply(s.last("INVITE"), 503));
    s.receive(reply(s.last("INVITE"), 503, "x", "Retry-After: 5\r\n"));
    EXPECT_EQ(waits, (Words{"198.51.100.7:5070 120", "198.51.100.9:5060 5"}));
}

TEST_F(UserAgentTargets, AllUnavailableIsARefusal) {
    call_three();
    for (int i = 0; i < 2; ++i) EXPECT_EQ(s.receive(reply(s.last("INVITE"), 503)).what, "");
    EXPECT_EQ(s.receive(reply(s.last("INVITE"), 503)).status, 503);
    s.wait(100s);
    expect_nothing_left();
}

TEST_F(UserAgentTargets, AnUnreachableOneIsSkipped) {
    call_three();
    s.machine().transport_failed(Transport::udp, kPeer, 0, s.now());
    s.wait(0s);
    EXPECT_EQ(target(), "198.51.100.8:5060");
    EXPECT_EQ(s.told(), Words{});
}

TEST_F(UserAgentTargets, ASilentOneIsLeftSoonButForTheLast) {
    call_three();
    s.wait(3999ms);
    EXPECT_EQ(target(), "198.51.100.7:5070");
    s.wait(1ms);
    EXPECT_EQ(target(), "198.51.100.8:5060");
    s.wait(4s);
    EXPECT_EQ(target(), "198.51.100.9:5060");
    s.wait(31999ms);
    EXPECT_EQ(s.told(), Words{});
    s.wait(1ms);
    EXPECT_EQ(s.last_told().status, 408);
    s.wait(100s);
    expect_nothing_left();
}

TEST_F(UserAgentTargets, OneThatSpeaksIsNotLeft) {
    call_three();
    s.receive(reply(s.last("INVITE"), 100));
    s.wait(60s);
    EXPECT_EQ(target(), "198.51.100.7:5070");
}

TEST_F(UserAgentTargets, OneThatWakesUpLateIsCancelledOrReleased) {
    call_three();
    const std::string first = s.last("INVITE");
    s.wait(4s);
    const std::string second = s.last("INVITE");
    s.sent();
    EXPECT_EQ(s.receive(reply(first, 180, "late")).what, "");
    EXPECT_EQ(s.sent(), Words{"CANCEL"});
    EXPECT_EQ(s.receive(reply(first, 200, "late", "Contact: <sip:late@198.51.100.7>\r\n")).what, "");
    EXPECT_EQ(s.sent(), (Words{"ACK", "BYE"}));
    EXPECT_EQ(tag_of(field(s.last("BYE"), "To")), "late");
    EXPECT_EQ(s.receive(reply(second, 200, "bob", {}, "v=1\r\n")).what, "accepted");
    s.machine().hang_up(session, {}, s.now());
    EXPECT_EQ(tag_of(field(s.last("BYE"), "To")), "bob");
}

TEST_F(UserAgentTargets, HangUpEndsTheSearch) {
    call_three();
    s.machine().hang_up(session, {}, s.now());
    s.wait(40s);
    EXPECT_EQ(target(), "198.51.100.7:5070");
    s.wait(100s);
    expect_nothing_left();
}

TEST_F(UserAgentTargets, OtherRefusalsAreFinal) {
    call_three();
    EXPECT_EQ(s.receive(reply(s.last("INVITE"), 500)).status, 500);
}

// ---- size ----------------------------------------------------------------------------------------------------------

UserAgentOptions with_tcp() {
    UserAgentOptions o = ua_options();
    o.locals = {{Transport::tcp, *Endpoint::parse("192.0.2.1:5066"), {}, 0}};
    return o;
}
struct UserAgentLarge : UaTest {
    UserAgentLarge() : UaTest(with_tcp()) {}
    void call_large(std::size_t sdp = 1300) {
        const std::string body(sdp, 'x');
        Invitation in = invitation();
        in.sdp = body;
        invite(in);
    }
};

TEST_F(UserAgentLarge, GoesByTcp) {
    call_large();
    EXPECT_EQ(s.all().back().flow, (Flow{Transport::tcp, *Endpoint::parse("192.0.2.1:5066"), kPeer, 0}));
    const std::string invite = s.last("INVITE");
    EXPECT_TRUE(field(invite, "Via").starts_with("SIP/2.0/TCP 192.0.2.1:5066"));
    EXPECT_EQ(field(invite, "Contact"), "<sip:acd@192.0.2.1:5066;transport=tcp>");
    EXPECT_EQ(s.receive(reply(invite, 200), tcp_flow()).what, "accepted");
}

TEST_F(UserAgentLarge, GoesByUdpAfterAllWhenTcpIsRefused) {
    call_large();
    const std::string first = s.last("INVITE");
    s.machine().transport_failed(Transport::tcp, kPeer, 0, s.now());
    s.wait(0s);
    EXPECT_EQ(s.told(), Words{});
    EXPECT_EQ(s.all().back().flow, udp_flow());
    const std::string invite = s.last("INVITE");
    EXPECT_TRUE(field(invite, "Via").starts_with("SIP/2.0/UDP 192.0.2.1:5060"));
    EXPECT_EQ(field(invite, "Contact"), "<sip:acd@192.0.2.1:5060>");
    EXPECT_EQ(field(invite, "CSeq"), field(first, "CSeq"));
    EXPECT_EQ(s.receive(reply(invite, 200)).what, "accepted");
    s.machine().send_within(session, Method::info, {}, "text/plain", std::string(1400, 'x'), s.now());
    EXPECT_EQ(s.all().back().flow.transport, Transport::tcp);
    s.machine().transport_failed(Transport::tcp, kPeer, 0, s.now());
    s.wait(0s);
    EXPECT_EQ(s.all().back().flow.transport, Transport::udp);
    EXPECT_EQ(s.receive(reply(s.last("INFO"), 200)).what, "answered");
}

TEST_F(UserAgentLarge, SmallOnesAndThoseOfTheOtherFamilyStay) {
    call_large(300);
    EXPECT_EQ(s.all().back().flow, udp_flow());
    const Flow v6{Transport::udp, *Endpoint::parse("[2001:db8::1]:5060"), *Endpoint::parse("[2001:db8::2]:5060"), 0};
    const std::string body(1300, 'x');
    Invitation in = invitation();
    in.sdp = body;
    ASSERT_TRUE(s.machine().invite(in, v6, s.now()));
    EXPECT_EQ(s.last().flow, v6);
}

TEST_F(UserAgentLarge, RequestsOfTheUserToo) {
    const std::string body(1400, 'x');
    const RequestParts notify{Method::notify, "sip:bob@198.51.100.7",
                              "From: <sip:a@h>;tag=1\r\nTo: <sip:b@h>;tag=2\r\nCall-ID: o\r\nCSeq: 1 NOTIFY\r\n"
                              "Contact: <sip:acd@192.0.2.1:5060>\r\n",
                              "text/plain", body};
    const auto tx = s.machine().send_request(notify, udp_flow(), s.now());
    EXPECT_EQ(s.last().flow.transport, Transport::tcp);
    s.machine().transport_failed(Transport::tcp, kPeer, 0, s.now());
    s.wait(0s);
    EXPECT_EQ(s.last().flow, udp_flow());
    EXPECT_EQ(field(s.last("NOTIFY"), "Contact"), "<sip:acd@192.0.2.1:5060>");
    EXPECT_EQ(s.receive(reply(s.last("NOTIFY"), 200)).client, *tx);
}

// ---- no offer ------------------------------------------------------------------------------------------------------

struct UserAgentLateOffer : UaTest {
    std::string accepted() {
        Invitation in = invitation();
        in.sdp = {};
        invite(in);
        const std::string ok = reply(s.last("INVITE"), 200, "bob", {}, "v=offer\r\n");
        s.sent();
        const Told told = s.receive(ok);
        EXPECT_EQ(told.what, "accepted");
        EXPECT_TRUE(told.offer);
        EXPECT_EQ(told.body, "v=offer\r\n");
        EXPECT_EQ(s.sent(), Words{});
        return ok;
    }
};

TEST_F(UserAgentLateOffer, IsAnsweredInTheAck) {
    const std::string ok = accepted();
    EXPECT_EQ(field(s.last("INVITE"), "Content-Type"), "");
    s.receive(ok);
    EXPECT_EQ(s.sent(), Words{});
    s.machine().confirm(session, "v=answer\r\n", s.now());
    EXPECT_EQ(s.sent(), Words{"ACK"});
    EXPECT_EQ(body_of(s.last("ACK")), "v=answer\r\n");
    s.receive(ok);
    EXPECT_EQ(s.sent(), Words{"ACK"});
    s.machine().confirm(session, "v=again\r\n", s.now());
    EXPECT_EQ(s.sent(), Words{});
    s.wait(100s);
    EXPECT_EQ(s.machine().sessions(), 1u);
}

TEST_F(UserAgentLateOffer, NeverAnsweredEndsTheSession) {
    accepted();
    s.wait(16s);
    EXPECT_EQ(s.last_told().why, "no_ack");
    EXPECT_EQ(s.sent(), (Words{"ACK", "BYE"}));
}

TEST_F(UserAgentLateOffer, HangUpAcknowledgesFirst) {
    accepted();
    s.machine().hang_up(session, {}, s.now());
    EXPECT_EQ(s.sent(), (Words{"ACK", "BYE"}));
    s.receive(reply(s.last("BYE"), 200));
    s.wait(100s);
    expect_nothing_left();
}

TEST_F(UserAgentLateOffer, ForkIsReleasedWhileTheAckIsHeld) {
    accepted();
    s.receive(reply(s.last("INVITE"), 200, "fork", {}, "v=other\r\n"));
    EXPECT_EQ(s.sent(), (Words{"ACK", "BYE"}));
    EXPECT_EQ(tag_of(field(s.last("BYE"), "To")), "fork");
    s.machine().confirm(session, "v=answer\r\n", s.now());
    EXPECT_EQ(tag_of(field(s.last("ACK"), "To")), "bob");
}

TEST_F(UserAgentLateOffer, ByeOfTheCalleeMeanwhileEndsIt) {
    accepted();
    EXPECT_EQ(s.receive(from_callee("BYE", 1)).what, "ended");
    s.wait(100s);
    expect_nothing_left();
}

}  // namespace
}  // namespace centrala::sip
