// INVITE sessions of the user agent: both roles, by inject/expect scripts (RFC 3261 §12–§15, RFC 3311, RFC 5407).
#include "ua_script.hpp"

namespace centrala::sip {
namespace {

using namespace script;
using UserAgentServer = UaTest;
using UserAgentClient = UaTest;
using UserAgentChecks = UaTest;

// ---- server side -------------------------------------------------------------------------------------------------

TEST_F(UserAgentServer, AnswersRingsAndConfirms) {
    invited();
    s.machine().ring(session, 180, {}, s.now());
    s.machine().accept(session, "v=0\r\n", s.now());
    EXPECT_EQ(s.sent(), (Words{"180", "200"}));
    const std::string ok = s.last("200");
    EXPECT_EQ(field(ok, "Contact"), "<sip:acd@192.0.2.1:5060>");
    EXPECT_NE(field(ok, "Allow"), "");
    EXPECT_EQ(field(ok, "Server"), "Centrala/test");
    EXPECT_EQ(field(ok, "Content-Type"), "application/sdp");
    EXPECT_EQ(body_of(ok), "v=0\r\n");
    EXPECT_EQ(field(ok, "To"), field(s.last("180"), "To"));
    const Told told = s.receive(ack(ok));
    EXPECT_EQ(told.what, "confirmed");
    EXPECT_EQ(told.session, session);
    s.wait(40s);
    EXPECT_EQ(s.sent(), Words{});
    EXPECT_EQ(s.machine().sessions(), 1u);
    EXPECT_EQ(s.machine().stats().server, 0u);
    EXPECT_EQ(s.machine().call_id(session), "call-1");
}

TEST_F(UserAgentServer, ContactNamesTheTransport) {
    Text t;
    t.transport = "TCP";
    session = s.receive(request(t), tcp_flow()).session;
    s.machine().accept(session, {}, s.now());
    EXPECT_EQ(field(s.last("200"), "Contact"), "<sip:acd@192.0.2.1:5060;transport=tcp>");
}

TEST_F(UserAgentServer, Repeats200UntilAckWhateverTheTransport) {
    for (const bool tcp : {false, true}) {
        Text t;
        t.call_id = tcp ? "tcp" : "udp";
        t.branch = "z9hG4bK" + t.call_id;
        if (tcp) t.transport = "TCP";
        const auto begin = to_ms(s.elapsed());
        const std::size_t before = s.times("200").size();
        session = s.receive(request(t), tcp ? tcp_flow() : udp_flow()).session;
        s.machine().accept(session, {}, s.now());
        s.collect();
        s.wait(8s);
        Times times = s.times("200");
        times.erase(times.begin(), times.begin() + static_cast<std::ptrdiff_t>(before));
        for (auto& ms : times) ms -= begin;
        EXPECT_EQ(times, (Times{0, 500, 1500, 3500, 7500}));
        EXPECT_EQ(s.receive(ack(s.last("200"), 1, t), tcp ? tcp_flow() : udp_flow()).what, "confirmed");
        s.sent();
        s.wait(30s);
        EXPECT_EQ(s.sent(), Words{});
    }
}

TEST_F(UserAgentServer, WithoutAckTheSessionEndsByByeAfter64T1) {
    answered(false);
    s.wait(32s);
    EXPECT_EQ(s.last_told().what, "ended");
    EXPECT_EQ(s.last_told().why, "no_ack");
    EXPECT_EQ(s.last_told().at, 32s);
    const std::string bye = s.last("BYE");
    EXPECT_EQ(field(bye, "CSeq"), "1 BYE");
    EXPECT_EQ(s.machine().sessions(), 0u);
    s.wait(100s);
    expect_nothing_left();
}

TEST_F(UserAgentServer, EarlyAckOfAnotherNumberDoesNotConfirm) {
    answered(false);
    EXPECT_EQ(s.receive(ack(s.last("200"), 2)).what, "");
    Text other;
    other.from_tag = "mallory";
    EXPECT_EQ(s.receive(ack(s.last("200"), 1, other)).what, "");
    EXPECT_EQ(s.receive(ack(s.last("200"))).what, "confirmed");
    EXPECT_EQ(s.receive(ack(s.last("200"))).what, "");  // again
}

TEST_F(UserAgentServer, ByeOfTheCallerEndsIt) {
    answered();
    EXPECT_EQ(s.receive(within("BYE", 2)).what, "ended");
    EXPECT_EQ(s.last_told().why, "bye");
    EXPECT_EQ(s.sent(), Words{"200"});
    EXPECT_EQ(s.machine().sessions(), 0u);
    EXPECT_EQ(s.receive(within("BYE", 2)).what, "");  // a repetition
    EXPECT_EQ(s.sent(), Words{"200"});
    EXPECT_EQ(s.receive(within("BYE", 3)).what, "");  // another
    EXPECT_EQ(s.sent(), Words{"481"});
    s.wait(40s);
    expect_nothing_left();
}

TEST_F(UserAgentServer, ByeBeforeOurAnswerEndsTheInviteWith487) {
    invited();
    s.machine().ring(session, 180, {}, s.now());
    to_tag = tag_of(field(s.last("180"), "To"));
    s.sent();
    EXPECT_EQ(s.receive(within("BYE", 2)).what, "ended");
    EXPECT_EQ(s.sent(), (Words{"200", "487"}));
    s.wait(70s);
    expect_nothing_left();
}

TEST_F(UserAgentServer, ByeCrossingThe200EndsIt) {  // RFC 5407 §3.1.3, §3.1.6
    answered(false);
    EXPECT_EQ(s.receive(within("BYE", 2)).what, "ended");
    EXPECT_EQ(s.sent(), Words{"200"});
    s.wait(40s);
    EXPECT_EQ(s.sent(), Words{});  // no 200 to INVITE, no BYE of ours
    expect_nothing_left();
}

TEST_F(UserAgentServer, CancelGets200And487) {
    invited();
    s.machine().ring(session, 180, {}, s.now());
    s.sent();
    Text t;
    t.method = "CANCEL";
    EXPECT_EQ(s.receive(request(t)).what, "cancelled");
    EXPECT_EQ(s.sent(), (Words{"200", "487"}));
    EXPECT_EQ(s.machine().sessions(), 0u);
    s.machine().accept(session, {}, s.now());  // too late: nothing
    EXPECT_EQ(s.sent(), Words{});
    s.wait(70s);
    expect_nothing_left();
}

TEST_F(UserAgentServer, CancelCrossingThe200HasNoEffect) {  // RFC 5407 §3.1.2
    answered(false);
    Text t;
    t.method = "CANCEL";
    EXPECT_EQ(s.receive(request(t)).what, "");
    EXPECT_EQ(s.sent(), Words{"200"});
    EXPECT_EQ(field(s.last("200"), "CSeq"), "1 CANCEL");
    EXPECT_EQ(s.machine().sessions(), 1u);
}

TEST_F(UserAgentServer, InviteRepeatedAfterThe200IsAbsorbed) {  // RFC 5407 §3.1.1
    answered(false);
    EXPECT_EQ(s.receive(request(Text{})).what, "");
    EXPECT_EQ(s.sent(), Words{});
}

TEST_F(UserAgentServer, RefusalCarriesItsLines) {
    invited();
    s.machine().refuse(session, 503, "Retry-After: 9\r\n", s.now());
    EXPECT_EQ(s.sent(), Words{"503"});
    EXPECT_EQ(field(s.last("503"), "Retry-After"), "9");
    EXPECT_EQ(s.machine().sessions(), 0u);
    s.wait(70s);
    expect_nothing_left();
}

TEST_F(UserAgentServer, HangUpUnansweredIs480) {
    invited();
    s.machine().hang_up(session, "Reason: Q.850;cause=16\r\n", s.now());
    EXPECT_EQ(s.sent(), Words{"480"});
    EXPECT_EQ(field(s.last("480"), "Reason"), "Q.850;cause=16");
}

TEST_F(UserAgentServer, HangUpBeforeTheAckWaitsForIt) {  // RFC 3261 §15
    answered(false);
    s.machine().hang_up(session, "Reason: Q.850;cause=16\r\n", s.now());
    EXPECT_EQ(s.machine().sessions(), 0u);
    EXPECT_EQ(s.sent(), Words{});
    s.wait(600ms);
    EXPECT_EQ(s.sent(), Words{"200"});
    EXPECT_EQ(s.receive(ack(s.last("200"))).what, "");
    EXPECT_EQ(s.sent(), Words{"BYE"});
    const std::string bye = s.last("BYE");
    EXPECT_EQ(field(bye, "Reason"), "Q.850;cause=16");
    s.receive(reply(bye, 200));
    EXPECT_EQ(s.machine().lingering(), 0u);
    s.wait(40s);
    expect_nothing_left();
}

TEST_F(UserAgentServer, HangUpBeforeAnAckThatNeverComes) {
    answered(false);
    s.machine().hang_up(session, {}, s.now());
    s.wait(31999ms);
    EXPECT_EQ(s.times("BYE"), Times{});
    s.wait(1s);
    EXPECT_EQ(s.times("BYE"), (Times{32000, 32500}));
    EXPECT_EQ(s.told(), Words{"invited"});
    s.wait(100s);
    expect_nothing_left();
}

TEST_F(UserAgentServer, HangUpSendsByeAlongTheRouteToWhereThePeerIs) {
    Text t;
    t.lines = "Record-Route: <sip:p2.example.com;lr>, <sip:p1.example.com;lr>\r\n";
    answered(true, t);
    s.machine().hang_up(session, {}, s.now());
    const std::string bye = s.last("BYE");
    EXPECT_TRUE(bye.starts_with("BYE sip:alice@198.51.100.7:5070 SIP/2.0\r\n"));
    EXPECT_NE(bye.find("Route: <sip:p2.example.com;lr>\r\nRoute: <sip:p1.example.com;lr>\r\n"), std::string::npos);
    EXPECT_EQ(field(bye, "From"), "<sip:1000@example.com>;tag=" + to_tag);
    EXPECT_EQ(field(bye, "To"), "<sip:alice@example.org>;tag=alice");
    EXPECT_EQ(field(bye, "Call-ID"), "call-1");
    EXPECT_EQ(field(bye, "Max-Forwards"), "70");
    EXPECT_EQ(s.last().flow, udp_flow());
}

TEST_F(UserAgentServer, CrossingByesAreBothAnswered) {  // RFC 5407 §3.2.1
    answered();
    s.machine().hang_up(session, {}, s.now());
    s.sent();
    EXPECT_EQ(s.receive(within("BYE", 2)).what, "");
    EXPECT_EQ(s.sent(), Words{"200"});
    s.receive(reply(s.last("BYE"), 200));
    s.wait(40s);
    expect_nothing_left();
}

TEST_F(UserAgentServer, ReinviteMeetingOurByeGets481) {  // RFC 5407 §3.2.2
    answered();
    s.machine().hang_up(session, {}, s.now());
    s.sent();
    EXPECT_EQ(s.receive(within("INVITE", 2, "v=0\r\n")).what, "");
    EXPECT_EQ(s.sent(), (Words{"100", "481"}));
}

TEST_F(UserAgentServer, AckMeetingOurByeIsIgnored) {  // RFC 5407 §3.2.4
    answered(false);
    s.wait(32s);
    s.sent();
    EXPECT_EQ(s.receive(ack(s.last("200"))).what, "");
    EXPECT_EQ(s.sent(), Words{});
}

TEST_F(UserAgentServer, ByeThatIsNeverAnsweredLeavesNothingBehind) {
    answered();
    s.machine().hang_up(session, {}, s.now());
    s.wait(100s);
    expect_nothing_left();
}

TEST_F(UserAgentServer, RingingIsRepeatedEachMinute) {  // RFC 3261 §13.3.1.1
    invited();
    s.machine().ring(session, 183, "v=0\r\n", s.now());
    s.wait(130s);
    EXPECT_EQ(s.times("183"), (Times{0, 60000, 120000}));
}

TEST_F(UserAgentServer, LateOfferIsAnsweredInTheAck) {
    answered(false);
    Text t;
    t.body = "v=0\r\n";
    EXPECT_EQ(s.receive(ack(s.last("200"), 1, t)).body, "v=0\r\n");
}

TEST_F(UserAgentServer, ANewConnectionOfThePeerTakesTheDialogWithIt) {
    answered();
    Flow flow = tcp_flow(9);
    const Told told = s.receive(within("INFO", 2), flow);
    EXPECT_EQ(told.what, "requested");
    EXPECT_EQ(told.session, session);
    s.machine().respond(told.server, {200, {}, {}, {}, {}, {}}, s.now());
    s.machine().hang_up(session, {}, s.now());
    s.collect();
    EXPECT_EQ(s.last().flow, flow);
    EXPECT_EQ(s.last().start(), "BYE");
}

TEST_F(UserAgentServer, WhenTheConnectionIsLostItsDialogsTurnToTheContact) {
    Text t;
    t.transport = "TCP";
    Flow flow = tcp_flow(5);
    flow.remote.port = 40'000;
    session = s.receive(request(t), flow).session;
    s.machine().accept(session, {}, s.now());
    s.receive(ack(s.last("200"), 1, t), flow);
    s.machine().transport_failed(Transport::tcp, flow.remote, 5, s.now());
    s.machine().hang_up(session, {}, s.now());
    s.last("BYE");
    EXPECT_EQ(s.last().flow, (Flow{Transport::tcp, kUs, kPeer, 0}));
}

TEST_F(UserAgentServer, DialogStateBeyondMeasureGets513) {
    Text t;
    for (int i = 0; i < 3; ++i) t.lines += "Record-Route: <sip:p;lr;x=" + std::string(8000, 'y') + ">\r\n";
    EXPECT_EQ(outside("INVITE", t), 513);
}

TEST_F(UserAgentServer, LowerCSeqGets500) {  // RFC 3261 §12.2.2
    answered();
    EXPECT_EQ(s.receive(within("INFO", 5)).what, "requested");
    EXPECT_EQ(s.receive(within("INFO", 4)).what, "");
    EXPECT_EQ(s.sent(), Words{"500"});
    EXPECT_EQ(s.receive(within("INFO", 4000000000u)).what, "requested");
}

TEST_F(UserAgentServer, StrangeDialogGets481) {
    answered();
    for (const char* method : {"BYE", "INFO", "UPDATE", "INVITE", "OPTIONS"}) {
        Text t;
        t.method = method;
        t.cseq = 2;
        t.branch = std::string("z9hG4bKstrange") + method;
        t.to_tag = "nobody";
        EXPECT_EQ(s.receive(request(t)).what, "");
        EXPECT_EQ(s.all().back().start(), "481") << method;
        t.branch += "2";
        t.to_tag = to_tag;
        t.call_id = "another";
        EXPECT_EQ(s.receive(request(t)).what, "");
        EXPECT_EQ(s.all().back().start(), "481") << method;
    }
    EXPECT_EQ(s.machine().sessions(), 1u);
}

// ---- re-INVITE and UPDATE ------------------------------------------------------------------------------------------

TEST_F(UserAgentServer, ReinviteIsAcceptedAndWaitsForItsAck) {
    answered();
    EXPECT_EQ(s.receive(within("INVITE", 2, "v=0\r\n")).what, "reoffered");
    EXPECT_EQ(s.last_told().body, "v=0\r\n");
    s.machine().accept_reoffer(session, "v=1\r\n", s.now());
    EXPECT_EQ(s.sent(), (Words{"100", "200"}));
    s.wait(500ms);
    EXPECT_EQ(s.sent(), Words{"200"});
    EXPECT_EQ(s.receive(ack(s.last("200"), 2)).what, "");
    s.wait(40s);
    EXPECT_EQ(s.sent(), Words{});
    EXPECT_EQ(s.machine().sessions(), 1u);
}

TEST_F(UserAgentServer, ReinviteWithoutOfferGetsItsAnswerInTheAck) {
    answered();
    EXPECT_EQ(s.receive(within("INVITE", 2)).what, "reoffered");
    s.machine().accept_reoffer(session, "v=1\r\n", s.now());
    Text t;
    t.body = "v=2\r\n";
    EXPECT_EQ(s.receive(ack(s.last("200"), 2, t)).what, "confirmed");
    EXPECT_EQ(s.last_told().body, "v=2\r\n");
}

TEST_F(UserAgentServer, ReinviteRefusedLeavesTheSession) {
    answered();
    s.receive(within("INVITE", 2, "v=0\r\n"));
    s.machine().refuse_reoffer(session, 488, s.now());
    EXPECT_EQ(s.sent(), (Words{"100", "488"}));
    s.wait(40s);
    EXPECT_EQ(s.machine().sessions(), 1u);
    EXPECT_EQ(s.told(), (Words{"invited", "confirmed", "reoffered"}));
}

TEST_F(UserAgentServer, ReinviteNeverAcknowledgedEndsTheSession) {
    answered();
    s.receive(within("INVITE", 2, "v=0\r\n"));
    s.machine().accept_reoffer(session, "v=1\r\n", s.now());
    s.wait(32s);
    EXPECT_EQ(s.last_told().why, "no_ack");
    EXPECT_FALSE(s.times("BYE").empty());
}

TEST_F(UserAgentServer, SecondReinviteWhileTheFirstIsOpenGets500WithRetryAfter) {
    answered();
    s.receive(within("INVITE", 2, "v=0\r\n"));
    EXPECT_EQ(s.receive(within("INVITE", 3, "v=0\r\n")).what, "");
    EXPECT_EQ(s.sent(), (Words{"100", "100", "500"}));
    const int after = std::stoi(field(s.last("500"), "Retry-After"));
    EXPECT_TRUE(after >= 0 && after <= 10);
    EXPECT_EQ(s.receive(within("UPDATE", 4, "v=0\r\n")).what, "");
    EXPECT_EQ(s.sent(), Words{"500"});
}

TEST_F(UserAgentServer, ReinviteBeforeOurFirstAnswerGets500) {
    invited();
    s.machine().ring(session, 180, {}, s.now());
    to_tag = tag_of(field(s.last("180"), "To"));
    s.sent();
    s.receive(within("INVITE", 2, "v=0\r\n"));
    EXPECT_EQ(s.sent(), (Words{"100", "500"}));
    EXPECT_NE(field(s.last("500"), "Retry-After"), "");
}

TEST_F(UserAgentServer, ReinviteOvertakingTheAckIsAccepted) {  // RFC 5407 §3.1.4
    Text t;
    t.body = "v=0\r\n";
    answered(false, t);
    EXPECT_EQ(s.receive(within("INVITE", 2, "v=0\r\n")).what, "reoffered");
    s.machine().accept_reoffer(session, "v=1\r\n", s.now());
    EXPECT_EQ(s.receive(ack(s.last("200"), 1)).what, "confirmed");
    EXPECT_EQ(s.receive(ack(s.last("200"), 2)).what, "");
    s.sent();
    s.wait(40s);
    EXPECT_EQ(s.sent(), Words{});
    EXPECT_EQ(s.machine().sessions(), 1u);
}

TEST_F(UserAgentServer, ReinviteOvertakingTheAckThatHoldsTheAnswerGets491) {  // RFC 5407 §3.1.5
    answered(false);
    EXPECT_EQ(s.receive(within("INVITE", 2, "v=0\r\n")).what, "");
    EXPECT_EQ(s.sent(), (Words{"100", "491"}));
    EXPECT_EQ(s.receive(within("UPDATE", 3, "v=0\r\n")).what, "");
    EXPECT_EQ(s.sent(), Words{"491"});
}

TEST_F(UserAgentServer, CancelOfAReinviteLeavesTheSession) {
    answered();
    s.receive(within("INVITE", 2, "v=0\r\n"));
    s.sent();
    Text t;
    t.method = "CANCEL";
    t.cseq = 2;
    t.to_tag = to_tag;
    t.branch = "z9hG4bKw2INVITE";
    EXPECT_EQ(s.receive(request(t)).what, "");
    EXPECT_EQ(s.sent(), (Words{"200", "487"}));
    s.machine().accept_reoffer(session, "v=1\r\n", s.now());
    EXPECT_EQ(s.sent(), Words{});
    EXPECT_EQ(s.machine().sessions(), 1u);
}

TEST_F(UserAgentServer, ByeWinsOverAnOpenReinvite) {
    answered();
    s.receive(within("INVITE", 2, "v=0\r\n"));
    s.sent();
    EXPECT_EQ(s.receive(within("BYE", 3)).what, "ended");
    EXPECT_EQ(s.sent(), (Words{"200", "487"}));
}

TEST_F(UserAgentServer, HangUpDuringAReinviteAnswersItToo) {
    answered();
    s.receive(within("INVITE", 2, "v=0\r\n"));
    s.sent();
    s.machine().hang_up(session, {}, s.now());
    EXPECT_EQ(s.sent(), (Words{"487", "BYE"}));
}

TEST_F(UserAgentServer, TargetRefreshMovesOurRequests) {
    answered();
    Text t;
    t.contact = "<sip:alice@203.0.113.9>";
    s.receive(within("UPDATE", 2, {}, t));
    EXPECT_EQ(s.sent(), Words{"200"});
    s.machine().hang_up(session, {}, s.now());
    EXPECT_TRUE(s.last("BYE").starts_with("BYE sip:alice@203.0.113.9 SIP/2.0\r\n"));
}

TEST_F(UserAgentServer, UpdateWithAnOfferIsAReoffer) {
    answered();
    EXPECT_EQ(s.receive(within("UPDATE", 2, "v=0\r\n")).what, "reoffered");
    s.machine().accept_reoffer(session, "v=1\r\n", s.now());
    EXPECT_EQ(s.sent(), Words{"200"});
    EXPECT_EQ(body_of(s.last("200")), "v=1\r\n");
    EXPECT_NE(field(s.last("200"), "Contact"), "");
    s.wait(40s);
    EXPECT_EQ(s.sent(), Words{});
    EXPECT_EQ(s.machine().sessions(), 1u);
}

TEST_F(UserAgentServer, SessionTimersOfThePeerBreakNothing) {
    Text t;
    t.lines = "Session-Expires: 90;refresher=uac\r\nMin-SE: 90\r\nSupported: timer, 100rel, replaces\r\n";
    answered(true, t);
    EXPECT_EQ(field(s.last("200"), "Session-Expires"), "");
    EXPECT_EQ(field(s.last("200"), "Require"), "");
}

// ---- client side -------------------------------------------------------------------------------------------------

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
    EXPECT_EQ(field(invite, "Supported"), "");
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

// ---- what the user agent refuses itself
// ------------------------------------------------------------------------------

TEST_F(UserAgentChecks, MethodsThatAreKnownButNotServedGet405) {
    for (const char* method : {"PRACK", "SUBSCRIBE", "NOTIFY", "PUBLISH", "REFER", "MESSAGE"}) {
        EXPECT_EQ(outside(method), 405) << method;
        EXPECT_EQ(field(s.last("405"), "Allow"), "INVITE, ACK, CANCEL, BYE, OPTIONS, UPDATE, INFO, REGISTER");
    }
    EXPECT_EQ(outside("DANCE"), 501);
    EXPECT_EQ(outside("invite"), 501);
}

TEST_F(UserAgentChecks, RequestsOfDialogsWithoutTagGet481) {
    for (const char* method : {"BYE", "UPDATE", "INFO"}) EXPECT_EQ(outside(method), 481) << method;
}

TEST_F(UserAgentChecks, RequiredExtensionsGet420) {
    Text t;
    t.lines = "Require: 100rel, foo\r\nRequire: bar\r\n";
    EXPECT_EQ(outside("INVITE", t), 420);
    EXPECT_EQ(field(s.last("420"), "Unsupported"), "100rel, foo, bar");
    EXPECT_EQ(outside("OPTIONS", t), 420);
    t.method = "CANCEL";
    s.receive(request(t));
    EXPECT_EQ(s.last().start(), "481");  // not on CANCEL
}

TEST_F(UserAgentChecks, BodiesThatAreNotSdpGet415) {
    Text t;
    t.body = "x";
    t.type = "text/plain";
    EXPECT_EQ(outside("INVITE", t), 415);
    EXPECT_EQ(field(s.last("415"), "Accept"), "application/sdp");
    t.type = "application/sdp";
    t.lines = "Content-Encoding: gzip\r\n";
    EXPECT_EQ(outside("INVITE", t), 415);
    EXPECT_EQ(field(s.last("415"), "Accept-Encoding"), "identity");
    t.type = "APPLICATION/SDP;charset=utf-8";
    t.lines.clear();
    EXPECT_EQ(outside("INVITE", t), 0);
}

TEST_F(UserAgentChecks, AcceptWithoutSdpGets406) {
    Text t;
    t.lines = "Accept: text/plain, application/xml;q=0.5\r\n";
    EXPECT_EQ(outside("INVITE", t), 406);
    for (const char* good :
         {"Accept: text/plain, application/sdp;q=0.5\r\n", "Accept: */*\r\n", "Accept: application/*\r\n"}) {
        t.lines = good;
        EXPECT_EQ(outside("INVITE", t), 0) << good;
    }
}

TEST_F(UserAgentChecks, SchemesOtherThanSipSipsTelGet416) {
    Text t;
    t.uri = "mailto:a@b";
    EXPECT_EQ(outside("INVITE", t), 416);
    t.uri = "tel:+4412345";
    EXPECT_EQ(outside("INVITE", t), 0);
    t.uri = "SIPS:a@b";
    EXPECT_EQ(outside("INVITE", t), 0);
}

TEST_F(UserAgentChecks, LoopsAndExhaustedHops) {
    Text t;
    t.via_tail = "\r\nVia: SIP/2.0/UDP 192.0.2.1:5060;branch=z9hG4bKours";
    EXPECT_EQ(outside("INVITE", t), 482);
    t.via_tail = "\r\nVia: SIP/2.0/UDP 192.0.2.11:5060;branch=z9hG4bKours";
    EXPECT_EQ(outside("INVITE", t), 0);
    std::string zero = request([] {
        Text x;
        x.branch = "z9hG4bKmf";
        x.call_id = "mf";
        return x;
    }());
    zero.replace(zero.find("Max-Forwards: 70"), 16, "Max-Forwards: 0");
    EXPECT_EQ(s.receive(zero).what, "");
    EXPECT_EQ(s.last().start(), "483");
}

TEST_F(UserAgentChecks, SessionLimitGets503) {
    UserAgentOptions o = ua_options();
    o.sessions = 1;
    UaScript full(o);
    Text t;
    const SessionId first = full.receive(request(t)).session;
    t.branch += "2";
    t.call_id = "2";
    EXPECT_EQ(full.receive(request(t)).what, "");
    EXPECT_EQ(full.last().start(), "503");
    EXPECT_NE(field(full.last("503"), "Retry-After"), "");
    EXPECT_FALSE(full.machine().invite({"sip:b@h", "<sip:a@h>", "<sip:b@h>", {}, {}, {}}, udp_flow(), full.now()));
    full.machine().refuse(first, 486, {}, full.now());
    t.branch += "3";
    t.call_id = "3";
    EXPECT_EQ(full.receive(request(t)).what, "invited");
}

TEST_F(UserAgentChecks, RequestsOutsideDialogsGoToTheUser) {
    Text t;
    t.method = "REGISTER";
    Told told = s.receive(request(t));
    EXPECT_EQ(told.what, "requested");
    EXPECT_EQ(told.session, SessionId{});
    s.machine().respond(told.server, {200, {}, {}, "Contact: <sip:a@h>;expires=60\r\n", {}, {}}, s.now());
    EXPECT_EQ(field(s.last("200"), "Contact"), "<sip:a@h>;expires=60");
    EXPECT_EQ(field(s.last("200"), "Server"), "Centrala/test");
}

TEST_F(UserAgentChecks, AnswersToRequestsOfTheUser) {
    const RequestParts options{Method::options,
                               "sip:bob@198.51.100.7",
                               "From: <sip:a@h>;tag=1\r\nTo: <sip:b@h>\r\nCall-ID: o\r\nCSeq: 1 OPTIONS\r\n",
                               {},
                               {}};
    const ClientTx first = *s.machine().send_request(options, udp_flow(), s.now());
    EXPECT_EQ(s.receive(reply(s.last("OPTIONS"), 100)).what, "");
    const Told told = s.receive(reply(s.last("OPTIONS"), 200));
    EXPECT_EQ(told.what, "answered");
    EXPECT_EQ(told.client, first);
    EXPECT_EQ(told.status, 200);
    const ClientTx second = *s.machine().send_request(options, udp_flow(), s.now());
    s.wait(32s);
    EXPECT_EQ(s.last_told().client, second);
    EXPECT_EQ(s.last_told().status, 0);
}

TEST_F(UserAgentChecks, StaleIdsDoNothing) {
    answered();
    s.receive(within("BYE", 2));
    s.sent();
    auto& m = s.machine();
    m.ring(session, 180, {}, s.now());
    m.accept(session, {}, s.now());
    m.refuse(session, 486, {}, s.now());
    m.accept_reoffer(session, {}, s.now());
    m.refuse_reoffer(session, 488, s.now());
    m.hang_up(session, {}, s.now());
    m.respond(ServerTx{77}, {200, {}, {}, {}, {}, {}}, s.now());
    EXPECT_EQ(s.sent(), Words{});
    EXPECT_EQ(m.call_id(session), "");
}

}  // namespace
}  // namespace centrala::sip
