// The race conditions of RFC 5407 §3, each from the side or sides on which a server like this one meets it.
#include "ua_script.hpp"

namespace centrala::sip {
namespace {

using namespace script;

struct Rfc5407 : UaTest {
    void with_offer(bool confirmed) {
        Text t;
        t.body = "v=0\r\n";
        answered(confirmed, t);
        s.sent();
    }
    void expect_over() {
        s.wait(100s);
        expect_nothing_left();
    }
};

TEST_F(Rfc5407, Section3_1_1_InviteRepeatedAfterThe200IsNoNewCall) {
    Text t;
    t.body = "v=0\r\n";
    with_offer(false);
    EXPECT_EQ(s.receive(request(t)).what, "");
    for (const std::string& word : s.sent()) EXPECT_EQ(word, "200");  // no 100, no other call
    EXPECT_EQ(s.machine().sessions(), 1u);
    s.wait(500ms);
    EXPECT_EQ(s.receive(ack(s.last("200"))).what, "confirmed");
}

TEST_F(Rfc5407, Section3_1_2_CancelAfterOur200IsAnsweredAndChangesNothing) {
    with_offer(false);
    Text t;
    t.method = "CANCEL";
    EXPECT_EQ(s.receive(request(t)).what, "");
    EXPECT_EQ(s.sent(), Words{"200"});
    EXPECT_EQ(s.receive(ack(s.last("200"))).what, "confirmed");
    EXPECT_EQ(s.receive(within("BYE", 2)).what, "ended");
    expect_over();
}

TEST_F(Rfc5407, Section3_1_2_The200CrossingOurCancelIsAcknowledgedAndEnded) {
    call();
    s.receive(reply(s.last("INVITE"), 180));
    s.machine().hang_up(session, {}, s.now());
    s.sent();
    EXPECT_EQ(s.receive(reply(s.last("INVITE"), 200)).what, "");
    EXPECT_EQ(s.sent(), (Words{"ACK", "BYE"}));
    s.receive(reply(s.last("CANCEL"), 200));
    s.receive(reply(s.last("BYE"), 200));
    expect_over();
}

TEST_F(Rfc5407, Section3_1_3_ByeOfTheEarlyStateEndsTheAnsweredCall) {
    with_offer(false);
    const std::string ok = s.last("200");
    EXPECT_EQ(s.receive(within("BYE", 2)).what, "ended");
    EXPECT_EQ(s.sent(), Words{"200"});
    EXPECT_EQ(s.receive(ack(ok)).what, "");
    s.wait(40s);
    EXPECT_EQ(s.sent(), Words{});  // the 200 of the INVITE isn't repeated any more
    expect_over();
}

TEST_F(Rfc5407, Section3_1_4_ReinviteOvertakingTheAckIsAccepted) {
    with_offer(false);
    const std::string ok = s.last("200");
    EXPECT_EQ(s.receive(within("INVITE", 2, "v=1\r\n")).what, "reoffered");
    s.machine().accept_reoffer(session, "v=2\r\n", s.now());
    s.sent();
    EXPECT_EQ(s.receive(ack(s.last("200"), 2)).what, "");
    s.wait(500ms);
    EXPECT_EQ(s.sent(), Words{"200"});  // the first one: it still lacks its ACK
    EXPECT_EQ(field(s.last("200"), "CSeq"), "1 INVITE");
    EXPECT_EQ(s.receive(ack(ok, 1)).what, "confirmed");
    s.wait(40s);
    EXPECT_EQ(s.sent(), Words{});
    EXPECT_EQ(s.machine().sessions(), 1u);
}

TEST_F(Rfc5407, Section3_1_5_ReinviteOvertakingTheAckWithTheAnswerGets491) {
    answered(false);  // the INVITE held no offer: ours is in the 200
    s.sent();
    EXPECT_EQ(s.receive(within("INVITE", 2, "v=1\r\n")).what, "");
    EXPECT_EQ(s.sent(), (Words{"100", "491"}));
    Text t;
    t.body = "v=answer\r\n";
    EXPECT_EQ(s.receive(ack(s.last("200"), 1, t)).body, "v=answer\r\n");
    EXPECT_EQ(s.receive(within("INVITE", 3, "v=1\r\n")).what, "reoffered");
}

TEST_F(Rfc5407, Section3_1_6_ByeOvertakingTheAckEndsTheCall) {
    with_offer(false);
    const std::string ok = s.last("200");
    s.wait(500ms);
    EXPECT_EQ(s.sent(), Words{"200"});
    EXPECT_EQ(s.receive(within("BYE", 2)).what, "ended");
    EXPECT_EQ(s.receive(ack(ok)).what, "");
    expect_over();
}

TEST_F(Rfc5407, Section3_1_6_The200RepeatedAfterOurByeIsAcknowledged) {
    const std::string ok = connected();
    s.machine().hang_up(session, {}, s.now());
    s.sent();
    EXPECT_EQ(s.receive(ok).what, "");
    EXPECT_EQ(s.sent(), Words{"ACK"});
    s.receive(reply(s.last("BYE"), 200));
    EXPECT_EQ(s.receive(ok).what, "");
    EXPECT_EQ(s.sent(), Words{"ACK"});
    expect_over();
}

TEST_F(Rfc5407, Section3_2_1_CrossingByesAreBothAnswered) {
    with_offer(true);
    s.machine().hang_up(session, {}, s.now());
    s.sent();
    EXPECT_EQ(s.receive(within("BYE", 2)).what, "");
    EXPECT_EQ(s.sent(), Words{"200"});
    s.receive(reply(s.last("BYE"), 200));
    expect_over();
}

TEST_F(Rfc5407, Section3_2_2_ReinviteCrossingOurByeGets481) {
    with_offer(true);
    s.machine().hang_up(session, {}, s.now());
    s.sent();
    EXPECT_EQ(s.receive(within("INVITE", 2, "v=1\r\n")).what, "");
    EXPECT_EQ(s.sent(), (Words{"100", "481"}));
    EXPECT_EQ(s.receive(within("UPDATE", 3, "v=1\r\n")).what, "");
    EXPECT_EQ(s.sent(), Words{"481"});
    s.receive(reply(s.last("BYE"), 200));
    expect_over();
}

TEST_F(Rfc5407, Section3_2_3_The200OfOurReinviteCrossingTheirByeIsAcknowledged) {
    with_offer(true);
    ASSERT_TRUE(s.machine().reoffer(session, "v=7\r\n", s.now()));
    const std::string invite = s.last("INVITE");
    EXPECT_EQ(s.receive(within("BYE", 2)).what, "ended");
    s.sent();
    EXPECT_EQ(s.receive(reply(invite, 200)).what, "");
    EXPECT_EQ(s.sent(), Words{"ACK"});
    EXPECT_EQ(s.receive(reply(invite, 200)).what, "");
    EXPECT_EQ(s.sent(), Words{"ACK"});
    expect_over();
}

TEST_F(Rfc5407, Section3_2_3_TheirByeEndsTheirReinvite) {
    with_offer(true);
    s.receive(within("INVITE", 2, "v=1\r\n"));
    s.machine().accept_reoffer(session, "v=2\r\n", s.now());
    const std::string ok = s.last("200");
    s.sent();
    EXPECT_EQ(s.receive(within("BYE", 3)).what, "ended");
    EXPECT_EQ(s.sent(), Words{"200"});
    EXPECT_EQ(s.receive(ack(ok, 2)).what, "");
    s.wait(40s);
    EXPECT_EQ(s.sent(), Words{});
    expect_over();
}

TEST_F(Rfc5407, Section3_2_4_AckBehindTheByeIsSwallowed) {
    with_offer(false);
    const std::string ok = s.last("200");
    EXPECT_EQ(s.receive(within("BYE", 2)).what, "ended");
    s.sent();
    EXPECT_EQ(s.receive(ack(ok)).what, "");
    EXPECT_EQ(s.sent(), Words{});
    expect_over();
}

TEST_F(Rfc5407, Section3_2_4_HungUpBeforeTheAckTheByeWaitsForIt) {  // RFC 3261 §15
    with_offer(false);
    s.machine().hang_up(session, {}, s.now());
    EXPECT_EQ(s.sent(), Words{});
    EXPECT_EQ(s.receive(ack(s.last("200"))).what, "");
    EXPECT_EQ(s.sent(), Words{"BYE"});
    s.receive(reply(s.last("BYE"), 200));
    expect_over();
}

TEST_F(Rfc5407, Section3_3_1_CrossingReinvitesGet491AndOursComesBackInTime) {
    connected();
    ASSERT_TRUE(s.machine().reoffer(session, "v=7\r\n", s.now()));
    const std::string ours = s.last("INVITE");
    s.sent();
    EXPECT_EQ(s.receive(from_callee("INVITE", 1, "v=1\r\n")).what, "");
    EXPECT_EQ(s.sent(), (Words{"100", "491"}));
    s.receive(reply(ours, 491));
    EXPECT_EQ(s.sent(), Words{"ACK"});
    s.wait(4s);  // we own the Call-ID: 2.1 to 4 s
    EXPECT_EQ(field(ours, "CSeq"), "2 INVITE");
    EXPECT_EQ(field(s.last("INVITE"), "CSeq"), "3 INVITE");
    EXPECT_EQ(s.receive(reply(s.last("INVITE"), 200)).what, "reanswered");
}

TEST_F(Rfc5407, Section3_3_2_UpdateWithAnOfferCrossingOurReinviteGets491) {
    connected();
    ASSERT_TRUE(s.machine().reoffer(session, "v=7\r\n", s.now()));
    s.collect();
    s.sent();
    EXPECT_EQ(s.receive(from_callee("UPDATE", 1, "v=1\r\n")).what, "");
    EXPECT_EQ(s.sent(), Words{"491"});
}

TEST_F(Rfc5407, Section3_3_2_UpdateWithoutAnOfferCrossingOurReinviteIsFine) {
    connected();
    ASSERT_TRUE(s.machine().reoffer(session, "v=7\r\n", s.now()));
    s.collect();
    s.sent();
    EXPECT_EQ(s.receive(from_callee("UPDATE", 1)).what, "refreshed");
    EXPECT_EQ(s.sent(), Words{"200"});
    EXPECT_EQ(s.receive(reply(s.last("INVITE"), 200)).what, "reanswered");
}

TEST_F(Rfc5407, Section3_3_3_ReferCrossingOurByeGets481) {
    with_offer(true);
    s.machine().hang_up(session, {}, s.now());
    s.sent();
    EXPECT_EQ(s.receive(within("REFER", 2)).what, "");
    EXPECT_EQ(s.sent(), Words{"481"});
    s.receive(reply(s.last("BYE"), 200));
    expect_over();
}

}  // namespace
}  // namespace centrala::sip
