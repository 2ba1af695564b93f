// Reliable provisional responses and PRACK, both roles (RFC 3262), and what they allow before the final response.
#include "ua_script.hpp"

namespace centrala::sip {
namespace {

using namespace script;

UserAgentOptions reliable_options(Reliable reliable) {
    UserAgentOptions o = ua_options();
    o.reliable = reliable;
    return o;
}

// ---- as callee (§3) ------------------------------------------------------------------------------------------------

struct UserAgentReliable : UaTest {
    explicit UserAgentReliable(Reliable reliable = Reliable::when_required) : UaTest(reliable_options(reliable)) {}

    void required(std::string body = "v=0\r\n", std::string lines = "Require: 100rel\r\n") {
        Text t;
        t.lines = std::move(lines);
        t.body = std::move(body);
        invited(t);
    }
    void ring(int status, std::string_view sdp = {}) {
        s.machine().ring(session, status, sdp, s.now());
        s.collect();
        if (to_tag.empty()) to_tag = tag_of(field(s.last().bytes, "To"));
    }
    std::string prack(const std::string& rack, std::uint32_t cseq = 2, std::string body = {}) {
        Text t;
        t.lines = "RAck: " + rack + "\r\n";
        return within("PRACK", cseq, std::move(body), t);
    }
    std::string rack(int more = 0) {
        for (auto it = s.all().rbegin(); it != s.all().rend(); ++it)
            if (const std::string rseq = field(it->bytes, "RSeq"); !rseq.empty())
                return std::to_string(std::stoll(rseq) + more) + " 1 INVITE";
        return {};
    }
    void expect_over() {
        s.wait(100s);
        expect_nothing_left();
    }
};

TEST_F(UserAgentReliable, IsRepeatedAtDoubledIntervalsUntilThePrack) {
    required();
    ring(183, "v=1\r\n");
    const std::string ringing = s.last("183");
    EXPECT_EQ(field(ringing, "Require"), "100rel");
    const long rseq = std::stol(field(ringing, "RSeq"));
    EXPECT_TRUE(rseq >= 1 && rseq <= 0x7fffffff);
    EXPECT_NE(field(ringing, "Contact"), "");
    s.wait(16s);
    EXPECT_EQ(s.times("183"), (Times{0, 500, 1500, 3500, 7500, 15500}));  // not capped at T2
    EXPECT_EQ(s.last("183"), ringing);
    EXPECT_EQ(s.receive(prack(rack())).what, "");
    EXPECT_EQ(s.all().back().start(), "200");
    EXPECT_EQ(field(s.all().back().bytes, "CSeq"), "2 PRACK");
    EXPECT_EQ(field(s.all().back().bytes, "Session-Expires"), "");
    s.sent();
    s.wait(59500ms);
    EXPECT_EQ(s.sent(), Words{"183"});  // a minute later, for proxies (RFC 3261 §13.3.1.1)
    s.machine().accept(session, "v=1\r\n", s.now());
    EXPECT_EQ(s.sent(), Words{"200"});
}

TEST_F(UserAgentReliable, NeverAcknowledgedIsRefused) {
    required();
    ring(180);
    s.wait(32s);
    EXPECT_EQ(s.last_told().what, "ended");
    EXPECT_EQ(s.last_told().why, "no_ack");
    EXPECT_EQ(s.all().back().start(), "504");
    expect_over();
}

TEST_F(UserAgentReliable, APrackOfAnythingElseGets481) {
    required();
    ring(180);
    const std::string good = rack();
    const std::string rseq = good.substr(0, good.find(' '));
    s.sent();
    std::uint32_t cseq = 2;
    for (const std::string& bad : {rack(1), rseq + " 2 INVITE", rseq + " 1 UPDATE"}) {
        s.receive(prack(bad, cseq++));
        EXPECT_EQ(s.sent(), Words{"481"}) << bad;
    }
    for (const char* malformed : {"", "1", "x 1 INVITE", "1 1", "1 1 IN VITE", "99999999999 1 INVITE"}) {
        s.receive(prack(malformed, cseq++));
        EXPECT_EQ(s.sent(), Words{"400"}) << malformed;
    }
    s.receive(prack(good, cseq++));
    EXPECT_EQ(s.sent(), Words{"200"});
    s.receive(prack(good, cseq++));  // once acknowledged it is on no list
    EXPECT_EQ(s.sent(), Words{"481"});
}

TEST_F(UserAgentReliable, TheSecondWaitsForThePrackOfTheFirst) {
    required();
    ring(180);
    ring(183, "v=1\r\n");
    EXPECT_EQ(s.sent(), Words{"180"});
    const std::string next = rack(1);
    s.receive(prack(rack()));
    EXPECT_EQ(s.sent(), (Words{"200", "183"}));
    EXPECT_EQ(rack(), next);  // greater by exactly one
    EXPECT_EQ(body_of(s.last("183")), "v=1\r\n");
}

TEST_F(UserAgentReliable, The2xxWaitsForThePrackOfADescription) {
    required();
    ring(183, "v=1\r\n");
    s.sent();
    s.machine().accept(session, "v=1\r\n", s.now());
    EXPECT_EQ(s.sent(), Words{});
    s.receive(prack(rack()));
    EXPECT_EQ(s.sent(), (Words{"200", "200"}));
    EXPECT_EQ(body_of(s.all().back().bytes), "v=1\r\n");
    EXPECT_EQ(s.receive(ack(s.all().back().bytes)).what, "confirmed");
    s.wait(40s);
    EXPECT_EQ(s.machine().sessions(), 1u);
    EXPECT_EQ(s.sent(), Words{});
}

TEST_F(UserAgentReliable, The2xxDoesNotWaitForTheMere180) {
    required();
    ring(180);
    const std::string first = rack();
    s.sent();
    s.machine().accept(session, "v=1\r\n", s.now());
    EXPECT_EQ(s.sent(), Words{"200"});
    const std::string ok = s.last("200");
    s.receive(prack(first));  // must be answered all the same
    EXPECT_EQ(s.sent(), Words{"200"});
    s.receive(ack(ok));
    s.wait(40s);
    EXPECT_EQ(s.sent(), Words{});  // and the 180 isn't repeated
}

TEST_F(UserAgentReliable, ALatePrackAfterARefusalOrCancelIsStillAnswered) {
    for (const bool cancel : {false, true}) {
        Text t;
        t.lines = "Require: 100rel\r\n";
        t.branch += cancel ? "c" : "r";
        t.call_id = cancel ? "c" : "r";
        t.body = "v=0\r\n";
        invited(t);
        to_tag.clear();
        ring(180);
        if (cancel) {
            t.method = "CANCEL";
            EXPECT_EQ(s.receive(request(t)).what, "cancelled");
        } else {
            s.machine().refuse(session, 486, {}, s.now());
        }
        s.sent();
        t.method = "PRACK";
        t.branch += "p";
        t.cseq = 2;
        t.to_tag = to_tag;
        t.lines = "RAck: " + rack() + "\r\n";
        t.body = {};
        EXPECT_EQ(s.receive(request(t)).what, "");
        EXPECT_EQ(s.sent(), Words{"200"});
    }
    s.wait(40s);
    EXPECT_EQ(s.machine().sessions(), 0u);
    expect_over();
}

TEST_F(UserAgentReliable, HangUpWhileTheAcceptanceWaitsRefuses) {
    required();
    ring(183, "v=1\r\n");
    s.machine().accept(session, "v=1\r\n", s.now());
    s.sent();
    s.machine().hang_up(session, {}, s.now());
    EXPECT_EQ(s.sent(), Words{"480"});
    expect_over();
}

TEST_F(UserAgentReliable, CancelWhileTheAcceptanceWaitsCancels) {
    required();
    ring(183, "v=1\r\n");
    s.machine().accept(session, "v=1\r\n", s.now());
    Text t;
    t.method = "CANCEL";
    EXPECT_EQ(s.receive(request(t)).what, "cancelled");
    s.receive(prack(rack()));
    EXPECT_EQ(s.all().back().start(), "200");
    expect_over();
}

TEST_F(UserAgentReliable, OurOfferIsAnsweredInThePrack) {  // §5
    required({});
    ring(180);
    EXPECT_EQ(s.sent(), Words{});  // the first reliable response would have to make the offer
    ring(183, "v=offer\r\n");
    EXPECT_EQ(s.sent(), Words{"183"});
    const Told told = s.receive(prack(rack(), 2, "v=answer\r\n"));
    EXPECT_EQ(told.what, "confirmed");
    EXPECT_EQ(told.body, "v=answer\r\n");
    EXPECT_EQ(s.sent(), Words{"200"});
    s.machine().accept(session, "v=offer\r\n", s.now());
    EXPECT_EQ(s.sent(), Words{"200"});
    EXPECT_EQ(body_of(s.last("200")), "");  // it would be a new offer
    EXPECT_EQ(s.receive(ack(s.last("200"))).what, "confirmed");
    EXPECT_EQ(s.receive(within("INVITE", 3, "v=2\r\n")).what, "reoffered");  // nothing is open
}

TEST_F(UserAgentReliable, AnOfferInThePrackIsAnsweredInIts2xx) {  // §5
    required();
    ring(183, "v=1\r\n");
    s.sent();
    EXPECT_EQ(s.receive(prack(rack(), 2, "v=2\r\n")).what, "reoffered");
    s.machine().accept(session, "v=1\r\n", s.now());
    EXPECT_EQ(s.sent(), Words{});
    s.machine().accept_reoffer(session, "v=3\r\n", s.now());
    EXPECT_EQ(s.sent(), (Words{"200", "200"}));
    EXPECT_EQ(field(s.all()[s.all().size() - 2].bytes, "CSeq"), "2 PRACK");
    EXPECT_EQ(body_of(s.all()[s.all().size() - 2].bytes), "v=3\r\n");
}

TEST_F(UserAgentReliable, UpdateIsAcceptedAfterTheFirstExchange) {  // RFC 3311 §5.1
    required();
    ring(183, "v=1\r\n");
    s.sent();
    s.receive(within("UPDATE", 2, "v=2\r\n"));
    EXPECT_EQ(s.sent(), Words{"500"});
    s.receive(prack(rack(), 3));
    EXPECT_EQ(s.sent(), Words{"200"});
    EXPECT_EQ(s.receive(within("UPDATE", 4, "v=2\r\n")).what, "reoffered");
    s.machine().accept_reoffer(session, "v=3\r\n", s.now());
    EXPECT_EQ(s.sent(), Words{"200"});
    EXPECT_EQ(body_of(s.last("200")), "v=3\r\n");
}

TEST_F(UserAgentReliable, MerelySupportedIsNotUsedByDefault) {
    required("v=0\r\n", "Supported: 100rel\r\n");
    ring(183, "v=1\r\n");
    EXPECT_EQ(field(s.last("183"), "RSeq"), "");
    EXPECT_EQ(field(s.last("183"), "Require"), "");
}

struct UserAgentReliableIfSupported : UserAgentReliable {
    UserAgentReliableIfSupported() : UserAgentReliable(Reliable::when_supported) {}
};
TEST_F(UserAgentReliableIfSupported, OnlyDescriptionsAre) {
    required("v=0\r\n", "Supported: 100rel\r\n");
    ring(180);
    EXPECT_EQ(field(s.last("180"), "RSeq"), "");
    ring(183, "v=1\r\n");
    EXPECT_NE(field(s.last("183"), "RSeq"), "");
    s.receive(prack(rack()));
    s.wait(30s);
    EXPECT_EQ(s.times("183").size(), 1u);
}

struct UserAgentUnreliable : UserAgentReliable {
    UserAgentUnreliable() : UserAgentReliable(Reliable::off) {}
};
TEST_F(UserAgentUnreliable, RequiredIsRefusedAndNeverOffered) {
    Text t;
    t.lines = "Require: 100rel\r\n";
    EXPECT_EQ(outside("INVITE", t), 420);
    EXPECT_EQ(field(s.last("420"), "Unsupported"), "100rel");
    call();
    EXPECT_EQ(field(s.last("INVITE"), "Supported"), "replaces, timer");
}

// ---- as caller (§4) ------------------------------------------------------------------------------------------------

struct UserAgentPracks : UaTest {
    std::string ringing(std::uint32_t rseq, std::string_view tag = "bob", std::string_view body = {},
                        int status = 183) {
        return reply(s.last("INVITE"), status, tag,
                     "Require: 100rel\r\nRSeq: " + std::to_string(rseq) + "\r\nContact: <sip:" + std::string(tag) +
                         "@203.0.113.7>\r\nRecord-Route: <sip:p;lr>\r\n",
                     body);
    }
};

TEST_F(UserAgentPracks, EachInOrderIsAcknowledgedOnce) {
    call();
    s.sent();
    EXPECT_EQ(s.receive(ringing(7, "bob", "v=1\r\n")).what, "progress");
    EXPECT_EQ(s.sent(), Words{"PRACK"});
    const std::string prack = s.last("PRACK");
    EXPECT_TRUE(prack.starts_with("PRACK sip:bob@203.0.113.7 SIP/2.0\r\n"));
    EXPECT_EQ(field(prack, "RAck"), "7 1 INVITE");
    EXPECT_EQ(field(prack, "CSeq"), "2 PRACK");
    EXPECT_EQ(field(prack, "Route"), "<sip:p;lr>");
    EXPECT_EQ(tag_of(field(prack, "To")), "bob");
    EXPECT_EQ(s.receive(ringing(7)).what, "");  // repeated
    EXPECT_EQ(s.receive(ringing(9)).what, "");  // after a gap
    EXPECT_EQ(s.receive(ringing(6)).what, "");
    EXPECT_EQ(s.sent(), Words{});
    EXPECT_EQ(s.receive(ringing(8)).what, "progress");
    EXPECT_EQ(s.receive(ringing(9)).what, "progress");
    EXPECT_EQ(s.sent(), (Words{"PRACK", "PRACK"}));
    EXPECT_EQ(field(s.last("PRACK"), "RAck"), "9 1 INVITE");
    s.receive(reply(s.last("PRACK"), 200));
    EXPECT_EQ(s.receive(reply(s.last("INVITE"), 200, "bob")).what, "accepted");
    EXPECT_EQ(s.last_told().body, "v=1\r\n");  // the answer came before
    EXPECT_EQ(field(s.last("ACK"), "CSeq"), "1 ACK");
    s.machine().hang_up(session, {}, s.now());
    EXPECT_EQ(field(s.last("BYE"), "CSeq"), "5 BYE");
}

TEST_F(UserAgentPracks, EachForkByItself) {
    call();
    s.receive(ringing(7, "bob", "v=b\r\n"));
    s.receive(ringing(100, "carol", "v=c\r\n"));
    EXPECT_EQ(tag_of(field(s.last("PRACK"), "To")), "carol");
    s.receive(ringing(8, "bob"));
    EXPECT_EQ(tag_of(field(s.last("PRACK"), "To")), "bob");
    EXPECT_EQ(s.told(), (Words{"progress", "progress", "progress"}));
    s.receive(reply(s.last("INVITE"), 200, "carol"));
    EXPECT_EQ(s.last_told().body, "v=c\r\n");
    s.sent();
    s.receive(reply(s.last("INVITE"), 200, "bob", "Contact: <sip:bob@203.0.113.7>\r\n"));
    EXPECT_EQ(s.sent(), (Words{"ACK", "BYE"}));
    EXPECT_EQ(tag_of(field(s.last("BYE"), "To")), "bob");
}

TEST_F(UserAgentPracks, RequestsOfEachEarlyDialogAreInOrderByThemselves) {
    call();
    s.receive(ringing(7, "bob", "v=b\r\n"));
    s.receive(ringing(9, "carol", "v=c\r\n"));
    EXPECT_EQ(s.receive(from_callee("UPDATE", 50, "v=2\r\n")).what, "reoffered");  // bob
    s.machine().accept_reoffer(session, "v=3\r\n", s.now());
    std::string update = from_callee("UPDATE", 1, "v=2\r\n");
    update.replace(update.find("tag=bob"), 7, "tag=carol");
    EXPECT_EQ(s.receive(update).what, "reoffered");
    s.machine().accept_reoffer(session, "v=3\r\n", s.now());
    s.sent();
    s.receive(from_callee("UPDATE", 49));
    EXPECT_EQ(s.sent(), Words{"500"});
}

TEST_F(UserAgentPracks, UpdateBeforeTheAnswerGets491) {
    call();
    s.receive(ringing(7));
    s.sent();
    s.receive(from_callee("UPDATE", 1, "v=2\r\n"));
    EXPECT_EQ(s.sent(), Words{"491"});
}

TEST_F(UserAgentPracks, WithoutRseqItIsIgnored) {
    call();
    s.sent();
    EXPECT_EQ(s.receive(reply(s.last("INVITE"), 183, "bob", "Require: 100rel\r\n")).what, "");
    EXPECT_EQ(s.receive(reply(s.last("INVITE"), 183, "bob", "Require: 100rel\r\nRSeq: x\r\n")).what, "");
    EXPECT_EQ(s.receive(reply(s.last("INVITE"), 100, {}, "Require: 100rel\r\nRSeq: 1\r\n")).what, "");
    EXPECT_EQ(s.sent(), Words{});
}

TEST_F(UserAgentPracks, AnswersChallengesToo) {
    Credentials who{"ann", "secret"};
    Invitation in = invitation();
    in.credentials = &who;
    invite(in);
    s.receive(ringing(7));
    s.receive(reply(s.last("PRACK"), 407, {}, "Proxy-Authenticate: Digest realm=\"p\", nonce=\"n\"\r\n"));
    EXPECT_EQ(field(s.last("PRACK"), "CSeq"), "3 PRACK");
    EXPECT_EQ(field(s.last("PRACK"), "RAck"), "7 1 INVITE");
    EXPECT_NE(field(s.last("PRACK"), "Proxy-Authorization"), "");
}

TEST_F(UserAgentPracks, InAReinviteToo) {
    connected();
    ASSERT_TRUE(s.machine().reoffer(session, "v=7\r\n", s.now()));
    s.collect();
    s.sent();
    EXPECT_EQ(s.receive(ringing(7)).what, "");
    s.receive(ringing(7));
    EXPECT_EQ(s.sent(), Words{"PRACK"});
    EXPECT_EQ(field(s.last("PRACK"), "RAck"), "7 2 INVITE");
    EXPECT_TRUE(s.last("PRACK").starts_with("PRACK sip:bob@198.51.100.7:5070 "));
}

TEST_F(UserAgentPracks, WithoutAnOfferOfOursItIsNotSupported) {  // the answer would have to stand in the PRACK
    Invitation in = invitation();
    in.sdp = {};
    invite(in);
    EXPECT_EQ(field(s.last("INVITE"), "Supported"), "replaces, timer");
}

TEST_F(UserAgentPracks, HungUpItStillAcknowledges) {
    call();
    s.receive(reply(s.last("INVITE"), 180));
    s.machine().hang_up(session, {}, s.now());
    s.sent();
    s.receive(ringing(7, "bob"));
    EXPECT_EQ(s.sent(), Words{"PRACK"});
    s.receive(reply(s.last("INVITE"), 487));
    s.receive(reply(s.last("PRACK"), 481));
    s.wait(100s);
    expect_nothing_left();
}

}  // namespace
}  // namespace centrala::sip
