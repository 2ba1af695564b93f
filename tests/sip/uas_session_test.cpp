// INVITE sessions of callers, by inject/expect scripts (RFC 3261 §12–§15, RFC 5407).
#include "ua_script.hpp"

namespace centrala::sip {
namespace {

using namespace script;
using UserAgentServer = UaTest;

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
    struct Row {
        Transport transport;
        const char *theirs, *ours;
    };
    int n = 0;
    for (const Row& row : {Row{Transport::udp, "sip:alice@198.51.100.7", "<sip:acd@192.0.2.1:5060>"},
                           Row{Transport::tcp, "sip:alice@198.51.100.7", "<sip:acd@192.0.2.1:5060;transport=tcp>"},
                           Row{Transport::tls, "sip:alice@198.51.100.7", "<sip:acd@192.0.2.1:5060;transport=tls>"},
                           Row{Transport::ws, "sip:a@d.invalid;transport=ws", "<sip:acd@192.0.2.1:5060;transport=ws>"},
                           Row{Transport::wss, "sip:a@d.invalid;transport=ws", "<sip:acd@192.0.2.1:5060;transport=ws>"},
                           // RFC 3261 §12.1.1: sips for sips, RFC 7118 §5.1
                           Row{Transport::tls, "sips:alice@198.51.100.7", "<sips:acd@192.0.2.1:5060>"},
                           Row{Transport::wss, "sips:a@d.invalid", "<sips:acd@192.0.2.1:5060;transport=ws>"},
                           Row{Transport::tcp, "sips:alice@198.51.100.7", "<sip:acd@192.0.2.1:5060;transport=tcp>"}}) {
        Text t;
        t.transport = via_name(row.transport);
        t.contact = "<" + std::string(row.theirs) + ">";
        t.call_id = "call-" + std::to_string(++n);
        t.branch = "z9hG4bK" + t.call_id;
        const std::uint64_t connection = is_reliable(row.transport) ? 7 : 0;
        session = s.receive(request(t), Flow{row.transport, kUs, kPeer, connection}).session;
        s.machine().accept(session, {}, s.now());
        EXPECT_EQ(field(s.last("200"), "Contact"), row.ours) << t.transport << " " << row.theirs;
    }
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

}  // namespace
}  // namespace centrala::sip
