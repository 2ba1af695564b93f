// Our own re-INVITE in a session (RFC 3261 §14.1), its glare, and the answer to an offer that it asked for.
#include "ua_script.hpp"

namespace centrala::sip {
namespace {

using namespace script;

struct UserAgentOwnReoffer : UaTest {
    bool offer(std::string_view sdp = "v=7\r\n") {
        s.sent();
        const bool taken = s.machine().reoffer(session, sdp, s.now());
        s.collect();
        return taken;
    }
};

TEST_F(UserAgentOwnReoffer, IsWholeAndItsAnswerIsAcknowledged) {
    connected();
    ASSERT_TRUE(offer());
    const std::string invite = s.last("INVITE");
    EXPECT_TRUE(invite.starts_with("INVITE sip:bob@198.51.100.7:5070 SIP/2.0\r\n"));
    EXPECT_EQ(field(invite, "CSeq"), "2 INVITE");
    EXPECT_EQ(tag_of(field(invite, "To")), "bob");
    EXPECT_EQ(field(invite, "Contact"), "<sip:acd@192.0.2.1:5060>");
    EXPECT_NE(field(invite, "Allow"), "");
    EXPECT_EQ(body_of(invite), "v=7\r\n");
    EXPECT_EQ(s.receive(reply(invite, 180)).what, "");
    const Told told = s.receive(reply(invite, 200, "bob", "Contact: <sip:bob@198.51.100.8>\r\n", "v=8\r\n"));
    EXPECT_EQ(told.what, "reanswered");
    EXPECT_EQ(told.status, 200);
    EXPECT_EQ(told.body, "v=8\r\n");
    EXPECT_FALSE(told.offer);
    EXPECT_EQ(field(s.last("ACK"), "CSeq"), "2 ACK");
    EXPECT_TRUE(s.last("ACK").starts_with("ACK sip:bob@198.51.100.8 SIP/2.0\r\n"));
    EXPECT_EQ(body_of(s.last("ACK")), "");
    s.sent();
    EXPECT_EQ(s.receive(reply(invite, 200, "bob")).what, "");
    EXPECT_EQ(s.sent(), Words{"ACK"});
    s.machine().hang_up(session, {}, s.now());
    EXPECT_EQ(field(s.last("BYE"), "CSeq"), "3 BYE");
    s.receive(reply(s.last("BYE"), 200));
    s.wait(100s);
    expect_nothing_left();
}

TEST_F(UserAgentOwnReoffer, GoesOutOnlyWhenNothingElseIsOpen) {
    answered(false);
    EXPECT_FALSE(offer());  // no ACK yet
    s.receive(ack(s.last("200")));
    s.receive(within("INVITE", 2, "v=0\r\n"));
    EXPECT_FALSE(offer());  // theirs is unanswered
    s.machine().accept_reoffer(session, "v=1\r\n", s.now());
    ASSERT_TRUE(offer());
    EXPECT_EQ(s.sent(), Words{});  // their ACK is still out (RFC 5407 §3.1.4)
    EXPECT_FALSE(offer());
    s.receive(ack(s.last("200"), 2));
    s.wait(0s);
    EXPECT_EQ(s.sent(), Words{"INVITE"});
    EXPECT_EQ(s.receive(reply(s.last("INVITE"), 200)).what, "reanswered");
    EXPECT_TRUE(offer());
}

TEST_F(UserAgentOwnReoffer, RefusalLeavesTheSession) {
    connected();
    ASSERT_TRUE(offer());
    EXPECT_EQ(s.receive(reply(s.last("INVITE"), 488)).status, 488);
    EXPECT_EQ(s.last_told().what, "reanswered");
    EXPECT_EQ(s.sent(), (Words{"INVITE", "ACK"}));
    EXPECT_EQ(s.machine().sessions(), 1u);
}

TEST_F(UserAgentOwnReoffer, AGoneDialogOrPeerEndsTheSession) {  // RFC 3261 §12.2.1.2
    for (const int status : {481, 408, 0}) {
        connected();
        ASSERT_TRUE(offer());
        if (status != 0)
            s.receive(reply(s.last("INVITE"), status));
        else
            s.wait(32s);
        EXPECT_EQ(s.last_told().what, "ended") << status;
        EXPECT_EQ(s.last_told().why, "lost");
        s.last("BYE");
    }
    s.wait(100s);
    expect_nothing_left();
}

TEST_F(UserAgentOwnReoffer, GlareIsTriedAgainAfterTwoToFourSecondsByTheCaller) {
    connected();
    ASSERT_TRUE(offer());
    const Duration before = s.elapsed();
    EXPECT_EQ(s.receive(reply(s.last("INVITE"), 491)).what, "");
    s.sent();
    s.wait(2099ms);
    EXPECT_EQ(s.sent(), Words{});
    s.wait(1901ms);
    EXPECT_EQ(s.sent()[0], "INVITE");
    EXPECT_EQ((s.times("INVITE").back() - to_ms(before)) % 10, 0);
    EXPECT_EQ(field(s.last("INVITE"), "CSeq"), "3 INVITE");
    EXPECT_EQ(s.receive(reply(s.last("INVITE"), 200)).what, "reanswered");
}

TEST_F(UserAgentOwnReoffer, GlareIsTriedAgainWithinTwoSecondsByTheCallee) {
    answered();
    ASSERT_TRUE(offer());
    s.receive(reply(s.last("INVITE"), 491));
    s.sent();
    s.wait(2s);
    EXPECT_EQ(s.sent()[0], "INVITE");
    EXPECT_EQ(body_of(s.last("INVITE")), "v=7\r\n");
}

TEST_F(UserAgentOwnReoffer, TheirsMeetingOursGets491AndWinsIfItComesBackFirst) {
    connected();
    ASSERT_TRUE(offer());
    EXPECT_EQ(s.receive(from_callee("INVITE", 1, "v=0\r\n")).what, "");
    EXPECT_EQ(s.sent(), (Words{"INVITE", "100", "491"}));
    s.receive(from_callee("UPDATE", 2, "v=0\r\n"));
    EXPECT_EQ(s.sent(), Words{"491"});
    s.receive(reply(s.last("INVITE"), 491));
    EXPECT_EQ(s.receive(from_callee("INVITE", 3, "v=1\r\n")).what, "reoffered");
    s.machine().accept_reoffer(session, "v=2\r\n", s.now());
    s.wait(4s);
    EXPECT_EQ(s.last_told().what, "reanswered");
    EXPECT_EQ(s.last_told().status, 491);
    EXPECT_EQ(s.times("INVITE").size(), 2u);  // the opening one and ours
}

TEST_F(UserAgentOwnReoffer, EndlessGlareIsReportedAtLast) {
    answered();
    ASSERT_TRUE(offer());
    for (int i = 0; i < 8; ++i) {
        s.receive(reply(s.last("INVITE"), 491));
        s.wait(2s);
    }
    EXPECT_EQ(s.last_told().what, "reanswered");
    EXPECT_EQ(s.last_told().status, 491);
    EXPECT_EQ(s.machine().sessions(), 1u);
}

TEST_F(UserAgentOwnReoffer, OfferOfThePeersIsAnsweredInTheAck) {
    connected();
    ASSERT_TRUE(offer({}));
    EXPECT_EQ(body_of(s.last("INVITE")), "");
    const std::string ok = reply(s.last("INVITE"), 200, "bob", {}, "v=offer\r\n");
    s.sent();
    EXPECT_TRUE(s.receive(ok).offer);
    EXPECT_EQ(s.sent(), Words{});
    EXPECT_EQ(s.receive(ok).what, "");  // repeated meanwhile
    EXPECT_EQ(s.receive(from_callee("INVITE", 1, "v=0\r\n")).what, "");
    EXPECT_EQ(s.sent(), (Words{"100", "491"}));
    s.machine().confirm(session, "v=answer\r\n", s.now());
    EXPECT_EQ(s.sent(), Words{"ACK"});
    EXPECT_EQ(body_of(s.last("ACK")), "v=answer\r\n");
    s.receive(ok);
    EXPECT_EQ(s.sent(), Words{"ACK"});
    EXPECT_EQ(body_of(s.last("ACK")), "v=answer\r\n");
    s.wait(40s);
    EXPECT_EQ(s.machine().sessions(), 1u);
}

TEST_F(UserAgentOwnReoffer, OfferNeverAnsweredByOurUserEndsTheSession) {
    connected();
    ASSERT_TRUE(offer({}));
    s.receive(reply(s.last("INVITE"), 200, "bob", {}, "v=offer\r\n"));
    s.wait(16s);
    EXPECT_EQ(s.last_told().what, "ended");
    EXPECT_EQ(s.sent(), (Words{"INVITE", "ACK", "BYE"}));
    s.receive(reply(s.last("BYE"), 200));
    s.wait(100s);
    expect_nothing_left();
}

TEST_F(UserAgentOwnReoffer, HangUpWhileTheAckIsHeldSendsItFirst) {
    connected();
    ASSERT_TRUE(offer({}));
    s.receive(reply(s.last("INVITE"), 200, "bob", {}, "v=offer\r\n"));
    s.machine().hang_up(session, {}, s.now());
    EXPECT_EQ(s.sent(), (Words{"INVITE", "ACK", "BYE"}));
}

TEST_F(UserAgentOwnReoffer, AnAnswerCrossingOurByeIsStillAcknowledged) {  // RFC 5407 §3.2
    connected();
    ASSERT_TRUE(offer());
    const std::string invite = s.last("INVITE");
    s.machine().hang_up(session, {}, s.now());
    s.receive(reply(s.last("BYE"), 200));
    s.sent();
    EXPECT_EQ(s.receive(reply(invite, 200)).what, "");
    EXPECT_EQ(s.sent(), Words{"ACK"});
    s.wait(100s);
    expect_nothing_left();
}

TEST_F(UserAgentOwnReoffer, ByeOfThePeerEndsItAndA2xxIsStillAcknowledged) {
    answered();
    ASSERT_TRUE(offer());
    const std::string invite = s.last("INVITE");
    EXPECT_EQ(s.receive(within("BYE", 2)).what, "ended");
    s.sent();
    EXPECT_EQ(s.receive(reply(invite, 200)).what, "");
    EXPECT_EQ(s.sent(), Words{"ACK"});
    s.wait(100s);
    expect_nothing_left();
}

TEST_F(UserAgentOwnReoffer, EndlessRingingIsCancelled) {
    connected();
    ASSERT_TRUE(offer());
    s.receive(reply(s.last("INVITE"), 180));
    s.sent();
    s.wait(180s);
    EXPECT_EQ(s.sent()[0], "CANCEL");
    EXPECT_EQ(s.receive(reply(s.last("INVITE"), 487)).status, 487);
    EXPECT_EQ(s.machine().sessions(), 1u);
}

}  // namespace
}  // namespace centrala::sip
