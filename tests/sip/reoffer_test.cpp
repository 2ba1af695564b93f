// re-INVITE and UPDATE within a session (RFC 3261 §14, RFC 3311, RFC 5407 §3.1).
#include "ua_script.hpp"

namespace centrala::sip {
namespace {

using namespace script;
using UserAgentReoffer = UaTest;

TEST_F(UserAgentReoffer, ReinviteIsAcceptedAndWaitsForItsAck) {
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

TEST_F(UserAgentReoffer, ReinviteWithoutOfferGetsItsAnswerInTheAck) {
    answered();
    EXPECT_EQ(s.receive(within("INVITE", 2)).what, "reoffered");
    s.machine().accept_reoffer(session, "v=1\r\n", s.now());
    Text t;
    t.body = "v=2\r\n";
    EXPECT_EQ(s.receive(ack(s.last("200"), 2, t)).what, "confirmed");
    EXPECT_EQ(s.last_told().body, "v=2\r\n");
}

TEST_F(UserAgentReoffer, ReinviteRefusedLeavesTheSession) {
    answered();
    s.receive(within("INVITE", 2, "v=0\r\n"));
    s.machine().refuse_reoffer(session, 488, s.now());
    EXPECT_EQ(s.sent(), (Words{"100", "488"}));
    s.wait(40s);
    EXPECT_EQ(s.machine().sessions(), 1u);
    EXPECT_EQ(s.told(), (Words{"invited", "confirmed", "reoffered"}));
}

TEST_F(UserAgentReoffer, ReinviteNeverAcknowledgedEndsTheSession) {
    answered();
    s.receive(within("INVITE", 2, "v=0\r\n"));
    s.machine().accept_reoffer(session, "v=1\r\n", s.now());
    s.wait(32s);
    EXPECT_EQ(s.last_told().why, "no_ack");
    EXPECT_FALSE(s.times("BYE").empty());
}

TEST_F(UserAgentReoffer, SecondReinviteWhileTheFirstIsOpenGets500WithRetryAfter) {
    answered();
    s.receive(within("INVITE", 2, "v=0\r\n"));
    EXPECT_EQ(s.receive(within("INVITE", 3, "v=0\r\n")).what, "");
    EXPECT_EQ(s.sent(), (Words{"100", "100", "500"}));
    const int after = std::stoi(field(s.last("500"), "Retry-After"));
    EXPECT_TRUE(after >= 0 && after <= 10);
    EXPECT_EQ(s.receive(within("UPDATE", 4, "v=0\r\n")).what, "");
    EXPECT_EQ(s.sent(), Words{"500"});
}

TEST_F(UserAgentReoffer, ReinviteBeforeOurFirstAnswerGets500) {
    invited();
    s.machine().ring(session, 180, {}, s.now());
    to_tag = tag_of(field(s.last("180"), "To"));
    s.sent();
    s.receive(within("INVITE", 2, "v=0\r\n"));
    EXPECT_EQ(s.sent(), (Words{"100", "500"}));
    EXPECT_NE(field(s.last("500"), "Retry-After"), "");
}

TEST_F(UserAgentReoffer, ReinviteOvertakingTheAckIsAccepted) {  // RFC 5407 §3.1.4
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

TEST_F(UserAgentReoffer, ReinviteOvertakingTheAckThatHoldsTheAnswerGets491) {  // RFC 5407 §3.1.5
    answered(false);
    EXPECT_EQ(s.receive(within("INVITE", 2, "v=0\r\n")).what, "");
    EXPECT_EQ(s.sent(), (Words{"100", "491"}));
    EXPECT_EQ(s.receive(within("UPDATE", 3, "v=0\r\n")).what, "");
    EXPECT_EQ(s.sent(), Words{"491"});
}

TEST_F(UserAgentReoffer, CancelOfAReinviteLeavesTheSession) {
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

TEST_F(UserAgentReoffer, ByeWinsOverAnOpenReinvite) {
    answered();
    s.receive(within("INVITE", 2, "v=0\r\n"));
    s.sent();
    EXPECT_EQ(s.receive(within("BYE", 3)).what, "ended");
    EXPECT_EQ(s.sent(), (Words{"200", "487"}));
}

TEST_F(UserAgentReoffer, HangUpDuringAReinviteAnswersItToo) {
    answered();
    s.receive(within("INVITE", 2, "v=0\r\n"));
    s.sent();
    s.machine().hang_up(session, {}, s.now());
    EXPECT_EQ(s.sent(), (Words{"487", "BYE"}));
}

TEST_F(UserAgentReoffer, TargetRefreshMovesOurRequests) {
    answered();
    Text t;
    t.contact = "<sip:alice@203.0.113.9>";
    s.receive(within("UPDATE", 2, {}, t));
    EXPECT_EQ(s.sent(), Words{"200"});
    s.machine().hang_up(session, {}, s.now());
    EXPECT_TRUE(s.last("BYE").starts_with("BYE sip:alice@203.0.113.9 SIP/2.0\r\n"));
}

TEST_F(UserAgentReoffer, UpdateWithAnOfferIsAReoffer) {
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

}  // namespace
}  // namespace centrala::sip
