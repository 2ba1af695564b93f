// Sessions over the end of the process: what one user agent saves another goes on with (RFC 3261 §12).
#include "ua_script.hpp"

namespace centrala::sip {
namespace {

using namespace script;

struct UserAgentRestart : UaTest {
    SessionState saved() {
        SessionState state;
        EXPECT_TRUE(s.machine().save(session, state));
        return state;
    }
    UaScript next{ua_options()};
};

TEST_F(UserAgentRestart, TheCallersDialogGoesOn) {
    answered();
    s.receive(within("INVITE", 2, "v=0\r\n", {}));
    s.machine().accept_reoffer(session, "v=1\r\n", s.now());
    const SessionState state = saved();
    EXPECT_EQ(next.machine().restore(state, nullptr), session) << "the id stands in the tag";
    EXPECT_EQ(next.machine().sessions(), 1u);
    ASSERT_TRUE(next.machine().reoffer(session, "v=2\r\n", next.now()));
    next.collect();
    const std::string invite = next.last("INVITE");
    EXPECT_EQ(tag_of(field(invite, "From")), to_tag);
    EXPECT_EQ(next.receive(reply(invite, 200, tag_of(field(invite, "To")), {}, "v=3\r\n")).what, "reanswered");
    EXPECT_EQ(next.receive(within("BYE", 3)).what, "ended");
    next.wait(100s);
    EXPECT_EQ(next.machine().sessions() + next.machine().lingering(), 0u);
}

TEST_F(UserAgentRestart, OurRequestsComeAfterAllThatWentBefore) {
    connected();
    const SessionState state = saved();
    for (int i = 0; i < 9; ++i) {  // after it was saved
        s.machine().send_within(session, Method::options, {}, {}, {}, s.now());
        s.collect();
    }
    ASSERT_TRUE(next.machine().restore(state, nullptr));
    next.machine().hang_up(session, {}, next.now());
    next.collect();
    EXPECT_GT(std::stoi(field(next.last("BYE"), "CSeq")), std::stoi(field(s.last("OPTIONS"), "CSeq")));
    EXPECT_TRUE(next.last("BYE").starts_with("BYE sip:bob@198.51.100.7:5070 SIP/2.0\r\n"));
}

TEST_F(UserAgentRestart, ThePeersRequestsFindTheSession) {
    connected();
    const std::string bye = from_callee("BYE", 7);
    ASSERT_TRUE(next.machine().restore(saved(), nullptr));
    EXPECT_EQ(next.receive(bye).what, "ended");
    EXPECT_EQ(next.sent(), Words{"200"});
}

TEST_F(UserAgentRestart, AnInviteOfOursIsTakenBack) {
    call();
    const std::string invite = s.last("INVITE");
    s.receive(reply(invite, 180));
    const SessionState state = saved();
    EXPECT_NE(state.branch, "");
    ASSERT_EQ(next.machine().restore(state, nullptr), session);
    next.machine().hang_up(session, {}, next.now());
    next.collect();
    const std::string cancel = next.last("CANCEL");
    EXPECT_TRUE(cancel.starts_with("CANCEL sip:bob@198.51.100.7:5070 SIP/2.0\r\n"));
    for (const char* name : {"Via", "From", "To", "Call-ID"}) EXPECT_EQ(field(cancel, name), field(invite, name));
    EXPECT_EQ(field(cancel, "CSeq"), "1 CANCEL");
    EXPECT_EQ(next.receive(reply(cancel, 200)).what, "");
    EXPECT_EQ(next.receive(reply(invite, 487)).what, "");
    EXPECT_EQ(field(next.last("ACK"), "Via"), field(invite, "Via"));
    next.wait(100s);
    EXPECT_EQ(next.machine().sessions() + next.machine().lingering(), 0u);
    EXPECT_EQ(next.machine().stats().client, 0u);
}

TEST_F(UserAgentRestart, WhoAnsweredMeanwhileIsLetGo) {
    call();
    const std::string invite = s.last("INVITE");
    ASSERT_TRUE(next.machine().restore(saved(), nullptr));
    next.machine().hang_up(session, {}, next.now());
    next.collect();
    EXPECT_EQ(next.receive(reply(invite, 200, "bob", "Contact: <sip:bob@198.51.100.8>\r\n", "v=1\r\n")).what, "");
    EXPECT_EQ(field(next.last("ACK"), "CSeq"), "1 ACK");
    EXPECT_TRUE(next.last("BYE").starts_with("BYE sip:bob@198.51.100.8 SIP/2.0\r\n"));
}

TEST_F(UserAgentRestart, AnUnansweredInviteIsReceivedAgain) {
    invited();
    s.machine().ring(session, 183, "v=1\r\n", s.now());
    SessionState state = saved();
    EXPECT_FALSE(next.machine().restore(state, nullptr));
    Text other;
    other.call_id = "another";
    other.branch = "z9hG4bKother";
    next.receive(request(other));
    ASSERT_EQ(next.receive(state.invite, state.flow).what, "invited");
    const SessionId again = next.last_told().session;
    next.machine().accept(again, "v=2\r\n", next.now());
    next.collect();
    const std::string ok = next.last("200");
    EXPECT_EQ(field(ok, "Via"), field(s.last("183"), "Via"));
    EXPECT_NE(tag_of(field(ok, "To")), tag_of(field(s.last("183"), "To"))) << "another fork";
    EXPECT_EQ(next.receive(ack(ok)).what, "confirmed");
}

TEST_F(UserAgentRestart, AVeryLongInviteIsNotKept) {
    Text t;
    t.lines = "X-Long: " + std::string(4'000, 'x') + "\r\n";
    invited(t);
    SessionState state;
    EXPECT_FALSE(s.machine().save(session, state));
}

TEST_F(UserAgentRestart, NothingIsKeptOfWhatIsOver) {
    answered();
    s.receive(within("BYE", 2));
    SessionState state;
    EXPECT_FALSE(s.machine().save(session, state));
}

TEST_F(UserAgentRestart, NothingComesOfWhatNoSessionCanHaveSaid) {
    connected();
    const SessionState good = saved();
    const auto bad = [&](auto change) {
        SessionState state = good;
        change(state);
        return !next.machine().restore(state, nullptr);
    };
    EXPECT_TRUE(bad([](SessionState& x) { x.dialog.local_tag = "short"; }));
    EXPECT_TRUE(bad([](SessionState& x) { x.dialog.local_tag = std::string(32, 'f'); }));
    EXPECT_TRUE(bad([](SessionState& x) { x.dialog.local_tag = std::string(32, '0'); }));
    EXPECT_TRUE(bad([](SessionState& x) { x.dialog.local_cseq = 0xffff'ffff; }));
    EXPECT_EQ(next.machine().sessions(), 0u);
    EXPECT_TRUE(next.machine().restore(good, nullptr));
    EXPECT_FALSE(next.machine().restore(good, nullptr)) << "once";
    next.machine().hang_up(session, {}, next.now());
    EXPECT_TRUE(bad([](SessionState& x) { x.branch = "none of ours"; }));
}

TEST_F(UserAgentRestart, OverTcpItGoesToTheContactForTheConnectionIsGone) {
    connected();
    SessionState state = saved();
    state.flow.transport = Transport::tcp;
    state.flow.remote.port = 40'000;  // whence the peer had connected
    ASSERT_TRUE(next.machine().restore(state, nullptr));
    next.machine().hang_up(session, {}, next.now());
    next.collect();
    EXPECT_EQ(next.last().flow.remote.port, 5070);
    EXPECT_EQ(next.last().flow.transport, Transport::tcp);
}

}  // namespace
}  // namespace centrala::sip
