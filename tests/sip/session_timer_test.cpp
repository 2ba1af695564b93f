// Session timers, as refresher and as refreshee, in both directions (RFC 4028).
#include "ua_script.hpp"

namespace centrala::sip {
namespace {

using namespace script;

struct UserAgentTimer : UaTest {
    explicit UserAgentTimer(UserAgentOptions options = ua_options()) : UaTest(std::move(options)) {}

    /// As callee; the INVITE has these lines.
    std::string called(const std::string& lines) {
        Text t;
        t.lines = lines;
        t.body = "v=0\r\n";
        answered(true, t);
        return s.last("200");
    }
    /// As caller; the 2xx has these lines.
    void calling(const std::string& lines) {
        call();
        s.receive(reply(s.last("INVITE"), 200, "bob", "Contact: <sip:bob@198.51.100.7:5070>\r\n" + lines, "v=1\r\n"));
        s.sent();
    }
};

// ---- what is agreed ------------------------------------------------------------------------------------------------

struct Agreement {
    const char* name;
    const char* request;  ///< lines of the peer's INVITE
    const char* expires;  ///< what our 2xx says
    const char* requires_;
};
class UserAgentTimerAgreement : public UserAgentTimer, public testing::WithParamInterface<Agreement> {};

TEST_P(UserAgentTimerAgreement, FollowsTable2) {  // §9
    const std::string ok = called(GetParam().request);
    EXPECT_EQ(field(ok, "Session-Expires"), GetParam().expires);
    EXPECT_EQ(field(ok, "Require"), GetParam().requires_);
    EXPECT_EQ(field(ok, "Supported"), "replaces, timer, 100rel");
}
INSTANTIATE_TEST_SUITE_P(
    Cases, UserAgentTimerAgreement,
    testing::Values(Agreement{"Nothing", "", "", ""},
                    Agreement{"Supported", "Supported: timer\r\n", "1800;refresher=uac", "timer"},
                    Agreement{"AskedByAProxy", "Session-Expires: 600\r\n", "600;refresher=uas", ""},
                    Agreement{"Asked", "Supported: timer\r\nSession-Expires: 600\r\n", "600;refresher=uac", "timer"},
                    Agreement{"CompactForm", "k: timer\r\nx: 600;refresher=uas\r\n", "600;refresher=uas", ""},
                    Agreement{"AskedToRefresh", "Supported: timer\r\nSession-Expires: 600 ; refresher=uas\r\n",
                              "600;refresher=uas", ""},
                    Agreement{"Long", "Supported: timer\r\nSession-Expires: 7200\r\n", "1800;refresher=uac", "timer"},
                    Agreement{"LongByMinSe", "Supported: timer\r\nSession-Expires: 7200\r\nMin-SE: 3600\r\n",
                              "3600;refresher=uac", "timer"},
                    Agreement{"ShortWithoutSupport", "Session-Expires: 30\r\n", "90;refresher=uas", ""},
                    Agreement{"Malformed", "Supported: timer\r\nSession-Expires: soon\r\n", "1800;refresher=uac",
                              "timer"}),
    [](const auto& info) { return info.param.name; });

TEST_F(UserAgentTimer, TooShortAnIntervalGets422) {
    Text t;
    t.lines = "Supported: timer\r\nSession-Expires: 89\r\n";
    EXPECT_EQ(outside("INVITE", t), 422);
    EXPECT_EQ(field(s.last("422"), "Min-SE"), "90");
    s.sent();
    called("Supported: timer\r\nSession-Expires: 90\r\n");
    s.receive(within("UPDATE", 2, {}, t));
    EXPECT_EQ(s.sent(), Words{"422"});
    s.receive(within("INVITE", 3, "v=0\r\n", t));
    EXPECT_EQ(s.sent(), (Words{"100", "422"}));
}

// ---- refreshee -----------------------------------------------------------------------------------------------------

TEST_F(UserAgentTimer, EndsWhenThePeerDoesNotRefresh) {  // §10
    called("Supported: timer\r\nSession-Expires: 90\r\n");
    s.wait(59999ms);
    EXPECT_EQ(s.sent(), Words{});
    s.wait(1ms);  // 90 s less a third
    EXPECT_EQ(s.last_told().what, "ended");
    EXPECT_EQ(s.last_told().why, "expired");
    EXPECT_EQ(s.sent(), Words{"BYE"});
    s.receive(reply(s.last("BYE"), 200));
    s.wait(100s);
    expect_nothing_left();
}

TEST_F(UserAgentTimer, LivesOnWhileThePeerRefreshes) {
    called("Supported: timer\r\nSession-Expires: 300\r\n");
    Text t;
    t.lines = "Supported: timer\r\nSession-Expires: 300;refresher=uac\r\n";
    for (std::uint32_t i = 0; i < 5; ++i) {
        s.wait(150s);
        EXPECT_EQ(s.receive(within("UPDATE", 2 + i, {}, t)).what, "refreshed");
        EXPECT_EQ(field(s.last("200"), "Session-Expires"), "300;refresher=uac");
        EXPECT_EQ(field(s.last("200"), "Require"), "timer");
    }
    s.wait(150s);
    EXPECT_EQ(s.receive(within("INVITE", 20, "v=0\r\n", t)).what, "reoffered");
    s.machine().accept_reoffer(session, "v=1\r\n", s.now());
    EXPECT_EQ(field(s.last("200"), "Session-Expires"), "300;refresher=uac");
    s.receive(ack(s.last("200"), 20));
    s.wait(267s);
    EXPECT_EQ(s.machine().sessions(), 1u);
    s.wait(1s);  // 32 s before the end
    EXPECT_EQ(s.last_told().why, "expired");
}

TEST_F(UserAgentTimer, ARefreshWithoutTimerTurnsItOff) {
    called("Supported: timer\r\nSession-Expires: 300\r\n");
    s.receive(within("UPDATE", 2));
    EXPECT_EQ(field(s.last("200"), "Session-Expires"), "");
    s.wait(3600s);
    EXPECT_EQ(s.machine().sessions(), 1u);
}

TEST_F(UserAgentTimer, ThePeerMayHandOverTheRefreshing) {
    called("Supported: timer\r\nSession-Expires: 300\r\n");
    Text t;
    t.lines = "Supported: timer\r\nSession-Expires: 300;refresher=uas\r\n";
    s.receive(within("UPDATE", 2, {}, t));
    EXPECT_EQ(field(s.last("200"), "Session-Expires"), "300;refresher=uas");
    s.sent();
    s.wait(150s);
    EXPECT_EQ(s.sent(), Words{"UPDATE"});
}

// ---- refresher -----------------------------------------------------------------------------------------------------

TEST_F(UserAgentTimer, RefreshesByUpdateAtHalfTime) {
    calling("Allow: INVITE, UPDATE\r\nSupported: timer\r\nSession-Expires: 600;refresher=uac\r\n");
    for (int i = 0; i < 3; ++i) {
        s.wait(299999ms);
        EXPECT_EQ(s.sent(), Words{});
        s.wait(1ms);
        EXPECT_EQ(s.sent(), Words{"UPDATE"});
        const std::string update = s.last("UPDATE");
        EXPECT_EQ(field(update, "Session-Expires"), "600;refresher=uac");
        EXPECT_EQ(field(update, "Supported"), "replaces, timer");
        EXPECT_EQ(field(update, "Contact"), "<sip:acd@192.0.2.1:5060>");
        EXPECT_EQ(body_of(update), "");
        EXPECT_EQ(s.receive(reply(update, 200, {}, "Session-Expires: 600;refresher=uac\r\n")).what, "refreshed");
    }
    EXPECT_EQ(s.told(), (Words{"accepted", "refreshed", "refreshed", "refreshed"}));
}

TEST_F(UserAgentTimer, RefreshesByReinviteWhereUpdateIsUnknown) {
    calling("Supported: timer\r\nSession-Expires: 600;refresher=uac\r\n");
    s.wait(300s);
    EXPECT_EQ(s.sent(), Words{"INVITE"});
    EXPECT_EQ(body_of(s.last("INVITE")), "v=0\r\n");  // unchanged (§7.4)
    EXPECT_EQ(field(s.last("INVITE"), "Session-Expires"), "600;refresher=uac");
    const Told told = s.receive(reply(s.last("INVITE"), 200, {}, "Session-Expires: 600;refresher=uac\r\n", "v=1\r\n"));
    EXPECT_EQ(told.what, "reanswered");
    EXPECT_TRUE(told.refresh);
    EXPECT_EQ(s.sent(), Words{"ACK"});
    s.wait(300s);
    EXPECT_EQ(s.sent(), Words{"INVITE"});
}

TEST_F(UserAgentTimer, RefreshesAsCalleeWithItsAnswer) {
    called("Session-Expires: 600\r\n");
    s.sent();
    s.wait(300s);
    EXPECT_EQ(s.sent(), Words{"INVITE"});
    EXPECT_EQ(body_of(s.last("INVITE")), "v=0\r\n");
}

TEST_F(UserAgentTimer, APeerWhoseUpdateFailsGetsReinvites) {
    calling("Allow: UPDATE\r\nSession-Expires: 600;refresher=uac\r\n");
    s.wait(300s);
    s.receive(reply(s.last("UPDATE"), 501));
    s.sent();
    s.wait(10s);
    EXPECT_EQ(s.sent(), Words{"INVITE"});
}

TEST_F(UserAgentTimer, ARefusedRefreshIsTriedAgainUntilTheEnd) {  // §10
    calling("Allow: UPDATE\r\nSession-Expires: 120;refresher=uac\r\n");
    s.wait(60s);
    s.receive(reply(s.last("UPDATE"), 500));
    s.sent();
    s.wait(10s);
    EXPECT_EQ(s.sent(), Words{"UPDATE"});
    s.receive(reply(s.last("UPDATE"), 491));
    s.wait(9s);
    EXPECT_EQ(s.machine().sessions(), 1u);
    EXPECT_EQ(s.sent(), Words{});
    s.wait(1s);  // 88 s would be the end, were it not 80 s: a third of 120 s is more than 32 s
    EXPECT_EQ(s.sent(), Words{"UPDATE"});
    s.receive(reply(s.last("UPDATE"), 500));
    s.wait(8s);
    EXPECT_EQ(s.last_told().why, "expired");
    EXPECT_EQ(s.sent(), Words{"BYE"});
}

TEST_F(UserAgentTimer, ALostOrUnansweredRefreshEndsTheSession) {  // §10
    for (const int status : {481, 408, 0}) {
        calling("Allow: UPDATE\r\nSession-Expires: 600;refresher=uac\r\n");
        s.wait(300s);
        if (status != 0)
            s.receive(reply(s.last("UPDATE"), status));
        else
            s.wait(32s);
        EXPECT_EQ(s.last_told().why, "lost") << status;
    }
    s.wait(100s);
    expect_nothing_left();
}

TEST_F(UserAgentTimer, TheRefreshOfThePeerMovesOurs) {
    calling("Allow: UPDATE\r\nSession-Expires: 600;refresher=uac\r\n");
    s.wait(200s);
    s.receive(from_callee("UPDATE", 1));
    s.sent();
    s.wait(3600s);  // it turned the timer off
    EXPECT_EQ(s.sent(), Words{});
}

TEST_F(UserAgentTimer, NothingAfterTheEnd) {
    calling("Allow: UPDATE\r\nSession-Expires: 600;refresher=uac\r\n");
    s.machine().hang_up(session, {}, s.now());
    s.receive(reply(s.last("BYE"), 200));
    s.wait(700s);
    EXPECT_EQ(s.times("UPDATE"), Times{});
    expect_nothing_left();
}

TEST_F(UserAgentTimer, ThePeersRefresherIsWatched) {
    calling("Session-Expires: 600;refresher=uas\r\n");
    s.wait(568s);
    EXPECT_EQ(s.last_told().why, "expired");
}

TEST_F(UserAgentTimer, AbsurdlyShortAnswersAreStretched) {
    calling("Allow: UPDATE\r\nSession-Expires: 1;refresher=uac\r\n");
    s.wait(44s);
    EXPECT_EQ(s.sent(), Words{});
    s.wait(1s);
    EXPECT_EQ(s.sent(), Words{"UPDATE"});
}

// ---- 422 -----------------------------------------------------------------------------------------------------------

TEST_F(UserAgentTimer, InviteRefusedAsTooShortGoesAgain) {  // §7.3
    call();
    EXPECT_EQ(s.receive(reply(s.last("INVITE"), 422, "x", "Min-SE: 3600\r\n")).what, "");
    const std::string second = s.last("INVITE");
    EXPECT_EQ(field(second, "CSeq"), "2 INVITE");
    EXPECT_EQ(field(second, "Session-Expires"), "3600");
    EXPECT_EQ(field(second, "Min-SE"), "3600");
    EXPECT_EQ(s.receive(reply(second, 422, "x", "Min-SE: 3600\r\n")).status, 422);  // asks for nothing new
    s.wait(40s);
    expect_nothing_left();
}

TEST_F(UserAgentTimer, RefreshRefusedAsTooShortGoesAgain) {
    calling("Allow: UPDATE\r\nSession-Expires: 600;refresher=uac\r\n");
    s.wait(300s);
    s.receive(reply(s.last("UPDATE"), 422, {}, "Min-SE: 900\r\n"));
    EXPECT_EQ(s.sent(), (Words{"UPDATE", "UPDATE"}));
    EXPECT_EQ(field(s.last("UPDATE"), "Session-Expires"), "900;refresher=uac");
    EXPECT_EQ(field(s.last("UPDATE"), "Min-SE"), "900");
    s.receive(reply(s.last("UPDATE"), 200, {}, "Session-Expires: 900;refresher=uac\r\n"));
    s.wait(450s);
    EXPECT_EQ(s.sent(), Words{"UPDATE"});
}

TEST_F(UserAgentTimer, MinSeOfThePeerIsKept) {  // §7.4
    called("Supported: timer\r\nSession-Expires: 600;refresher=uas\r\nMin-SE: 300\r\nAllow: UPDATE\r\n");
    s.wait(300s);
    EXPECT_EQ(field(s.last("UPDATE"), "Min-SE"), "300");
}

// ---- off -----------------------------------------------------------------------------------------------------------

UserAgentOptions without_timers() {
    UserAgentOptions o = ua_options();
    o.session_expires = Duration::zero();
    return o;
}
struct UserAgentWithoutTimer : UserAgentTimer {
    UserAgentWithoutTimer() : UserAgentTimer(without_timers()) {}
};

TEST_F(UserAgentWithoutTimer, NothingIsSaidOfIt) {
    const std::string ok = called("Supported: timer\r\nSession-Expires: 30;refresher=uas\r\n");
    EXPECT_EQ(field(ok, "Session-Expires"), "");
    EXPECT_EQ(field(ok, "Supported"), "replaces, 100rel");
    s.sent();
    s.wait(3600s);
    EXPECT_EQ(s.sent(), Words{});
    calling("Session-Expires: 90;refresher=uac\r\n");
    EXPECT_EQ(field(s.last("INVITE"), "Session-Expires"), "");
    s.wait(3600s);
    EXPECT_EQ(s.machine().sessions(), 2u);
    Text t;
    t.lines = "Require: timer\r\n";
    EXPECT_EQ(outside("INVITE", t), 420);
}

}  // namespace
}  // namespace centrala::sip
