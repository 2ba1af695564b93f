// What the user agent refuses or answers by itself (RFC 3261 §8.2).
#include "ua_script.hpp"

namespace centrala::sip {
namespace {

using namespace script;
using UserAgentChecks = UaTest;

TEST_F(UserAgentChecks, MethodsThatNobodyKnowsGet501) {
    EXPECT_EQ(outside("DANCE"), 501);
    EXPECT_EQ(field(s.last("501"), "Allow"),
              "INVITE, ACK, CANCEL, BYE, OPTIONS, UPDATE, INFO, PRACK, REFER, SUBSCRIBE, NOTIFY, PUBLISH, REGISTER");
    EXPECT_EQ(outside("invite"), 501);
}

TEST_F(UserAgentChecks, EventsAndMessagesGoToTheUser) {
    for (const char* method : {"SUBSCRIBE", "NOTIFY", "PUBLISH", "REFER", "MESSAGE"}) EXPECT_EQ(outside(method), 0);
    answered();
    for (const char* method : {"SUBSCRIBE", "NOTIFY", "REFER", "MESSAGE"}) {
        const Told told = s.receive(within(method, static_cast<std::uint32_t>(10 + n++)));
        EXPECT_EQ(told.what, "requested") << method;
        EXPECT_EQ(told.session, session) << method;
    }
}

TEST_F(UserAgentChecks, SubscriptionsOfTheUserAreNoSessions) {
    Text t;
    t.to_tag = "subscription-7";
    for (const char* method : {"SUBSCRIBE", "NOTIFY"}) {
        EXPECT_EQ(outside(method, t), 0) << method;
        EXPECT_EQ(s.last_told().session, SessionId{});
    }
    EXPECT_EQ(outside("REFER", t), 481);
}

TEST_F(UserAgentChecks, RequestsOfDialogsWithoutTagGet481) {
    for (const char* method : {"BYE", "UPDATE", "INFO", "PRACK"}) EXPECT_EQ(outside(method), 481) << method;
}

TEST_F(UserAgentChecks, RequiredExtensionsGet420) {
    Text t;
    t.lines = "Require: precondition, foo\r\nRequire: timer, bar\r\n";
    EXPECT_EQ(outside("INVITE", t), 420);
    EXPECT_EQ(field(s.last("420"), "Unsupported"), "precondition, foo, bar");
    EXPECT_EQ(outside("OPTIONS", t), 420);
    EXPECT_EQ(field(s.last("420"), "Unsupported"), "precondition, foo, timer, bar");
    t.lines = "Require: timer, 100rel, replaces\r\n";
    EXPECT_EQ(outside("INVITE", t), 0);
    t.lines = "Require: path, outbound\r\n";
    EXPECT_EQ(outside("REGISTER", t), 0);
    EXPECT_EQ(outside("INVITE", t), 420);
    t.lines = "Require: norefersub\r\n";
    EXPECT_EQ(outside("REFER", t), 0);
    t.method = "CANCEL";
    s.receive(request(t));
    EXPECT_EQ(s.last().start(), "481");  // not on CANCEL
}

TEST_F(UserAgentChecks, BodiesThatAreNotSdpGet415) {
    Text t;
    t.body = "x";
    t.type = "text/plain";
    EXPECT_EQ(outside("INVITE", t), 415);
    EXPECT_EQ(field(s.last("415"), "Accept"), "application/sdp, multipart/mixed");
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
