// What else names or uses a session's dialog: Replaces (RFC 3891 §3), subscriptions within it (RFC 5057 §4.1).
#include "ua_script.hpp"

namespace centrala::sip {
namespace {

using namespace script;
using UserAgentUsages = UaTest;

// ---- Replaces (RFC 3891 §3) ----------------------------------------------------------------------------------------

TEST_F(UserAgentUsages, ReplacesFindsWhatMayBeReplaced) {
    invited();
    s.machine().ring(session, 180, {}, s.now());
    const std::string ours = tag_of(field(s.last("180"), "To"));
    const auto find = [&](std::string_view tag, std::string_view id = "call-1") {
        return s.machine().find(id, ours, tag);
    };
    EXPECT_FALSE(find("alice"));  // early, and not begun by us
    s.machine().accept(session, "v=0\r\n", s.now());
    ASSERT_TRUE(find("alice"));
    EXPECT_TRUE(find("alice")->confirmed);
    EXPECT_EQ(find("alice")->session, session);
    EXPECT_FALSE(find("alic"));
    EXPECT_FALSE(find("0"));
    EXPECT_FALSE(find("alice", "call-2"));
    EXPECT_FALSE(s.machine().find("call-1", "alice", ours));
    s.machine().hang_up(session, {}, s.now());
    EXPECT_FALSE(find("alice"));
}

TEST_F(UserAgentUsages, ReplacesFindsAnEarlyDialogOfOurs) {
    call();
    const std::string invite = s.last("INVITE"), id = field(invite, "Call-ID"), ours = tag_of(field(invite, "From"));
    EXPECT_FALSE(s.machine().find(id, ours, "bob"));
    s.receive(reply(invite, 180));
    ASSERT_TRUE(s.machine().find(id, ours, "bob"));
    EXPECT_FALSE(s.machine().find(id, ours, "bob")->confirmed);
    s.receive(reply(invite, 200));
    EXPECT_TRUE(s.machine().find(id, ours, "bob")->confirmed);
}

// ---- subscriptions within a session (RFC 5057 §4.1) ----------------------------------------------------------------

TEST_F(UserAgentUsages, NotifyGoesOutAfterTheByeUntilTheLast) {
    answered();
    const Told refer = s.receive(within("REFER", 2));
    s.machine().respond(refer.server, {202, {}, {}, {}, {}, {}}, s.now());
    EXPECT_EQ(s.receive(within("BYE", 3)).what, "ended");
    s.wait(100s);
    const auto notify = [&](const char* state) {
        const auto tx = s.machine().send_within(session, Method::notify,
                                                "Event: refer\r\nSubscription-State: " + std::string(state) + "\r\n",
                                                "message/sipfrag", "SIP/2.0 180 Ringing\r\n", s.now());
        s.collect();
        return tx;
    };
    ASSERT_TRUE(notify("active;expires=60"));
    EXPECT_EQ(field(s.last("NOTIFY"), "Contact"), "<sip:acd@192.0.2.1:5060>");
    EXPECT_EQ(s.receive(reply(s.last("NOTIFY"), 200)).what, "answered");
    EXPECT_FALSE(s.machine().send_within(session, Method::info, {}, {}, {}, s.now()));
    ASSERT_TRUE(notify("terminated;reason=noresource"));
    s.receive(reply(s.last("NOTIFY"), 200));
    EXPECT_FALSE(notify("active"));
    s.wait(40s);
    expect_nothing_left();
}

TEST_F(UserAgentUsages, ADialogThatOnlyASubscriptionKeepsIsBounded) {
    answered();
    const Told refer = s.receive(within("REFER", 2));
    s.machine().respond(refer.server, {202, {}, {}, {}, {}, {}}, s.now());
    s.machine().hang_up(session, {}, s.now());
    s.receive(reply(s.last("BYE"), 200));
    s.wait(299s);
    EXPECT_EQ(s.machine().lingering(), 1u);
    s.wait(2s);
    expect_nothing_left();
}

struct UserAgentUnsubscribed : UaTest {
    /// Nothing outlives the BYE of a call in which that was answered so.
    void expect_nothing_kept(const char* method, int status, const char* lines = "") {
        answered();
        const Told told = s.receive(within(method, 2));
        s.machine().respond(told.server, {status, {}, {}, lines, {}, {}}, s.now());
        s.machine().hang_up(session, {}, s.now());
        s.receive(reply(s.last("BYE"), 200));
        s.wait(40s);
        expect_nothing_left();
    }
};

TEST_F(UserAgentUnsubscribed, ARefusedReferKeepsNoDialog) {
    expect_nothing_kept("REFER", 403);
}
TEST_F(UserAgentUnsubscribed, ARefusedSubscribeKeepsNoDialog) {
    expect_nothing_kept("SUBSCRIBE", 489);
}
TEST_F(UserAgentUnsubscribed, AReferThatWantsNoSubscriptionKeepsNoDialog) {  // RFC 4488
    expect_nothing_kept("REFER", 202, "Refer-Sub: false\r\n");
}

}  // namespace
}  // namespace centrala::sip
