// INVITE sessions of ours, by inject/expect scripts (RFC 3261 §12–§15, RFC 5057, RFC 5407).
#include "ua_script.hpp"

namespace centrala::sip {
namespace {

using namespace script;
using UserAgentClient = UaTest;

TEST_F(UserAgentClient, InviteIsWhole) {
    call({"<sip:proxy.example.com;lr>"});
    const std::string invite = s.last("INVITE");
    EXPECT_TRUE(invite.starts_with("INVITE sip:bob@198.51.100.7:5070 SIP/2.0\r\nVia: "));
    EXPECT_EQ(field(invite, "Route"), "<sip:proxy.example.com;lr>");
    EXPECT_EQ(field(invite, "Max-Forwards"), "70");
    EXPECT_TRUE(field(invite, "From").starts_with("\"Ann\" <sip:ann@example.org>;tag="));
    EXPECT_EQ(field(invite, "To"), "<sip:bob@example.com>");
    EXPECT_EQ(field(invite, "CSeq"), "1 INVITE");
    EXPECT_EQ(field(invite, "Contact"), "<sip:acd@192.0.2.1:5060>");
    EXPECT_EQ(field(invite, "X-Queue"), "sales");
    EXPECT_EQ(field(invite, "User-Agent"), "Centrala/test");
    EXPECT_EQ(field(invite, "Supported"), "replaces, timer, 100rel");
    EXPECT_EQ(field(invite, "Session-Expires"), "1800");
    EXPECT_EQ(field(invite, "Min-SE"), "");
    EXPECT_EQ(body_of(invite), "v=0\r\n");
    EXPECT_EQ(s.machine().call_id(session), field(invite, "Call-ID"));
}

TEST_F(UserAgentClient, RingsIsAcceptedAndAcknowledges) {
    call();
    const std::string invite = s.last("INVITE");
    EXPECT_EQ(s.receive(reply(invite, 100)).what, "");
    EXPECT_EQ(s.receive(reply(invite, 180)).what, "progress");
    EXPECT_EQ(s.receive(reply(invite, 183, "bob", {}, "v=e\r\n")).body, "v=e\r\n");
    const Told told =
        s.receive(reply(invite, 200, "bob",
                        "Contact: <sip:bob@198.51.100.7:6000>\r\nRecord-Route: <sip:b;lr>, <sip:a;lr>\r\n", "v=1\r\n"));
    EXPECT_EQ(told.what, "accepted");
    EXPECT_EQ(told.body, "v=1\r\n");
    const std::string ack = s.last("ACK");
    EXPECT_TRUE(ack.starts_with("ACK sip:bob@198.51.100.7:6000 SIP/2.0\r\n"));
    EXPECT_NE(ack.find("Route: <sip:a;lr>\r\nRoute: <sip:b;lr>\r\n"), std::string::npos);
    EXPECT_EQ(field(ack, "CSeq"), "1 ACK");
    EXPECT_NE(field(ack, "Via"), field(invite, "Via"));
    EXPECT_EQ(field(ack, "To"), "<sip:bob@example.com>;tag=bob");
    s.machine().hang_up(session, {}, s.now());
    EXPECT_EQ(field(s.last("BYE"), "CSeq"), "2 BYE");
    s.receive(reply(s.last("BYE"), 200));
    s.wait(40s);
    expect_nothing_left();
}

TEST_F(UserAgentClient, EachRepeated2xxIsAcknowledgedAgain) {
    const std::string ok = connected();
    const std::string first = s.last("ACK");
    s.sent();
    s.wait(500ms);
    EXPECT_EQ(s.receive(ok).what, "");
    EXPECT_EQ(s.sent(), Words{"ACK"});
    EXPECT_EQ(s.last("ACK"), first);
    s.wait(32s);
    EXPECT_EQ(s.receive(ok).what, "");
    EXPECT_EQ(s.sent(), Words{});  // the transaction is gone: a stray
    EXPECT_EQ(s.machine().sessions(), 1u);
}

TEST_F(UserAgentClient, Repeated2xxAfterTheEndIsStillAcknowledged) {  // RFC 5407 §3.1.6 from the caller's side
    const std::string ok = connected();
    s.machine().hang_up(session, {}, s.now());
    s.receive(reply(s.last("BYE"), 200));
    s.sent();
    EXPECT_EQ(s.receive(ok).what, "");
    EXPECT_EQ(s.sent(), Words{"ACK"});
    s.wait(40s);
    expect_nothing_left();
}

TEST_F(UserAgentClient, SecondForkIsAcknowledgedAndReleased) {  // RFC 3261 §13.2.2.4
    connected();
    const std::string invite = s.last("INVITE");
    s.sent();
    EXPECT_EQ(s.receive(reply(invite, 200, "fork", "Contact: <sip:other@203.0.113.5>\r\n")).what, "");
    EXPECT_EQ(s.sent(), (Words{"ACK", "BYE"}));
    EXPECT_TRUE(s.last("BYE").starts_with("BYE sip:other@203.0.113.5 SIP/2.0\r\n"));
    EXPECT_EQ(tag_of(field(s.last("BYE"), "To")), "fork");
    EXPECT_EQ(s.receive(reply(invite, 200, "fork")).what, "");
    EXPECT_EQ(s.sent(), Words{"ACK"});
    s.receive(reply(s.last("BYE"), 200));
    EXPECT_EQ(s.machine().sessions(), 1u);
    s.machine().hang_up(session, {}, s.now());
    EXPECT_EQ(tag_of(field(s.last("BYE"), "To")), "bob");
    s.receive(reply(invite, 200, "third"));
    EXPECT_EQ(tag_of(field(s.last("BYE"), "To")), "third");
    s.wait(100s);
    expect_nothing_left();
}

TEST_F(UserAgentClient, RefusalEndsIt) {
    call();
    const Told told = s.receive(reply(s.last("INVITE"), 486));
    EXPECT_EQ(told.what, "refused");
    EXPECT_EQ(told.status, 486);
    EXPECT_EQ(s.sent(), (Words{"INVITE", "ACK"}));
    EXPECT_EQ(s.machine().sessions(), 0u);
    s.wait(40s);
    expect_nothing_left();
}

TEST_F(UserAgentClient, NoResponseAtAllIs408) {
    call();
    s.wait(32s);
    EXPECT_EQ(s.last_told().what, "refused");
    EXPECT_EQ(s.last_told().status, 408);
    EXPECT_FALSE(s.last_told().transport_error);
    expect_nothing_left();
}

TEST_F(UserAgentClient, TransportErrorIs503) {
    call();
    s.machine().transport_failed(Transport::udp, kPeer, 0, s.now());
    s.wait(0s);
    EXPECT_EQ(s.last_told().what, "refused");
    EXPECT_EQ(s.last_told().status, 503);
    EXPECT_TRUE(s.last_told().transport_error);
    expect_nothing_left();
}

TEST_F(UserAgentClient, HangUpWaitsForProvisionalThenCancels) {
    call();
    s.machine().hang_up(session, "Reason: SIP;cause=200\r\n", s.now());
    EXPECT_EQ(s.machine().sessions(), 0u);
    EXPECT_EQ(s.sent(), Words{"INVITE"});
    const std::string invite = s.last("INVITE");
    EXPECT_EQ(s.receive(reply(invite, 180)).what, "");
    EXPECT_EQ(s.sent(), Words{"CANCEL"});
    EXPECT_EQ(field(s.last("CANCEL"), "Reason"), "SIP;cause=200");
    s.receive(reply(s.last("CANCEL"), 200));
    EXPECT_EQ(s.receive(reply(invite, 487)).what, "");
    EXPECT_EQ(s.sent(), Words{"ACK"});
    s.wait(40s);
    expect_nothing_left();
}

TEST_F(UserAgentClient, A2xxCrossingOurCancelIsAcknowledgedAndReleased) {
    call();
    const std::string invite = s.last("INVITE");
    s.receive(reply(invite, 180));
    s.machine().hang_up(session, "Reason: SIP;cause=200\r\n", s.now());
    s.sent();
    EXPECT_EQ(s.receive(reply(invite, 200)).what, "");
    EXPECT_EQ(s.sent(), (Words{"ACK", "BYE"}));
    EXPECT_EQ(field(s.last("BYE"), "Reason"), "SIP;cause=200");
    s.receive(reply(invite, 200));
    EXPECT_EQ(s.sent(), Words{"ACK"});
    s.receive(reply(s.last("BYE"), 200));
    s.receive(reply(s.last("CANCEL"), 481));
    s.wait(40s);
    expect_nothing_left();
}

TEST_F(UserAgentClient, HangUpOfAnInviteThatNobodyAnswersEnds) {
    call();
    s.machine().hang_up(session, {}, s.now());
    s.wait(33s);
    EXPECT_EQ(s.told(), Words{});
    expect_nothing_left();
    call();
    s.receive(reply(s.last("INVITE"), 180));
    s.told();
    s.machine().hang_up(session, {}, s.now());
    s.wait(70s);
    EXPECT_EQ(s.told(), Words{});
    expect_nothing_left();
}

TEST_F(UserAgentClient, EndlessRingingIsCancelled) {
    call();
    const std::string invite = s.last("INVITE");
    s.receive(reply(invite, 180));
    s.wait(100s);
    s.receive(reply(invite, 180));
    s.wait(179s);
    EXPECT_EQ(s.times("CANCEL"), Times{});
    s.wait(1s);
    EXPECT_EQ(s.times("CANCEL"), Times{280000});
    EXPECT_EQ(s.receive(reply(invite, 487)).status, 487);
    EXPECT_EQ(s.last_told().what, "refused");
    s.wait(40s);
    expect_nothing_left();
}

TEST_F(UserAgentClient, EndlessRingingWithoutEvenA487IsA408) {
    call();
    s.receive(reply(s.last("INVITE"), 180));
    s.wait(180s + 32s);
    EXPECT_EQ(s.last_told().what, "refused");
    EXPECT_EQ(s.last_told().status, 408);
    s.wait(40s);
    expect_nothing_left();
}

TEST_F(UserAgentClient, ByeOfTheCalleeEndsIt) {
    connected();
    EXPECT_EQ(s.receive(from_callee("BYE", 1)).what, "ended");
    EXPECT_EQ(s.all().back().start(), "200");
    s.wait(40s);
    expect_nothing_left();
}

TEST_F(UserAgentClient, ByeOvertakingThe200CancelsAndEnds) {
    call();
    s.receive(reply(s.last("INVITE"), 180));
    EXPECT_EQ(s.receive(from_callee("BYE", 1)).what, "ended");
    EXPECT_EQ(s.all().back().start(), "CANCEL");
    EXPECT_EQ(s.machine().sessions(), 0u);
    EXPECT_EQ(s.receive(reply(s.last("INVITE"), 200)).what, "");
    EXPECT_EQ(s.all().back().start(), "BYE");
    s.wait(100s);
    expect_nothing_left();
}

TEST_F(UserAgentClient, ReinviteWhileOurInviteIsOpenGets491) {  // RFC 3261 §14.2
    call();
    s.receive(reply(s.last("INVITE"), 180));
    s.sent();
    EXPECT_EQ(s.receive(from_callee("INVITE", 1, "v=0\r\n")).what, "");
    EXPECT_EQ(s.sent(), (Words{"100", "491"}));
    EXPECT_EQ(s.receive(from_callee("UPDATE", 2, "v=0\r\n")).what, "");
    EXPECT_EQ(s.sent(), Words{"491"});
}

TEST_F(UserAgentClient, ReinviteOfTheCalleeIsAReoffer) {
    connected();
    s.sent();
    EXPECT_EQ(s.receive(from_callee("INVITE", 1, "v=0\r\n")).what, "reoffered");
    s.machine().accept_reoffer(session, "v=1\r\n", s.now());
    EXPECT_EQ(s.sent(), (Words{"100", "200"}));
}

TEST_F(UserAgentClient, RequestWithinIsAnsweredOr481EndsTheSession) {  // RFC 5057
    connected();
    EXPECT_TRUE(s.machine().send_within(session, Method::options, {}, {}, {}, s.now()));
    EXPECT_EQ(field(s.last("OPTIONS"), "CSeq"), "2 OPTIONS");
    EXPECT_EQ(s.receive(reply(s.last("OPTIONS"), 405)).what, "answered");
    EXPECT_TRUE(s.machine().send_within(session, Method::options, {}, {}, {}, s.now()));
    EXPECT_EQ(s.receive(reply(s.last("OPTIONS"), 481)).what, "ended");
    EXPECT_EQ(s.last_told().why, "lost");
    EXPECT_EQ(field(s.last("BYE"), "CSeq"), "4 BYE");
    EXPECT_FALSE(s.machine().send_within(session, Method::options, {}, {}, {}, s.now()));
    s.wait(100s);
    expect_nothing_left();
}

TEST_F(UserAgentClient, RequestWithinThatTimesOutOrFailsEndsTheSession) {
    connected();
    s.machine().send_within(session, Method::info, {}, "text/plain", "x", s.now());
    s.wait(32s);
    EXPECT_EQ(s.last_told().why, "lost");
    connected();
    s.machine().send_within(session, Method::info, {}, "text/plain", "x", s.now());
    s.machine().transport_failed(Transport::udp, kPeer, 0, s.now());
    s.wait(0s);
    EXPECT_EQ(s.last_told().why, "lost");
    s.wait(100s);
    expect_nothing_left();
}

TEST_F(UserAgentClient, SessionLostDuringAReinviteLeavesNoOpenTransaction) {
    connected();
    EXPECT_EQ(s.receive(from_callee("INVITE", 1, "v=0\r\n")).what, "reoffered");
    s.machine().send_within(session, Method::options, {}, {}, {}, s.now());
    EXPECT_EQ(s.receive(reply(s.last("OPTIONS"), 481)).what, "ended");
    s.last("487");
    s.wait(100s);
    expect_nothing_left();
}

TEST_F(UserAgentClient, StrictRouterGetsItsOldForm) {  // RFC 3261 §12.2.1.1
    call();
    s.receive(reply(s.last("INVITE"), 200, "bob", "Contact: <sip:bob@h1>\r\nRecord-Route: <sip:p2>, <sip:p1>\r\n"));
    const std::string ack = s.last("ACK");
    EXPECT_TRUE(ack.starts_with("ACK sip:p1 SIP/2.0\r\n")) << ack;
    EXPECT_NE(ack.find("Route: <sip:p2>\r\nRoute: <sip:bob@h1>\r\n"), std::string::npos);
}

}  // namespace
}  // namespace centrala::sip
