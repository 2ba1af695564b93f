// Non-INVITE server transaction: RFC 3261 figure 8, row by row.
#include "sip/non_invite_server.hpp"

#include "script.hpp"

namespace centrala::sip {
namespace {

using namespace script;

struct NonInviteServer : testing::Test {
    LayerScript s{TransactionTimers{}, TransactionLimits{}};
    Text options = [] {
        Text t;
        t.method = "OPTIONS";
        return t;
    }();
    ServerTx tx{};

    void start(const Flow& flow = udp_flow()) {
        const Told told = s.receive(request(options), flow);
        ASSERT_EQ(told.what, "request");
        tx = told.server;
        ASSERT_EQ(s.sent(), Words{});
    }
    bool respond(int status) {
        const bool ok = s.machine().respond(tx, {status, {}, {}, {}, {}, {}}, s.now());
        s.collect();
        return ok;
    }
    std::size_t alive() { return s.machine().stats().server; }
};

TEST_F(NonInviteServer, TryingAbsorbsRepetitions) {
    start();
    EXPECT_EQ(s.receive(request(options)).what, "");
    EXPECT_EQ(s.sent(), Words{});
    EXPECT_EQ(s.machine().stats().absorbed, 1u);
}

TEST_F(NonInviteServer, ProceedingRepeatsTheProvisional) {
    start();
    EXPECT_TRUE(respond(100));
    s.receive(request(options));
    EXPECT_EQ(s.sent(), (Words{"100", "100"}));
    EXPECT_TRUE(respond(200));
    s.receive(request(options));
    EXPECT_EQ(s.sent(), (Words{"200", "200"}));
}

TEST_F(NonInviteServer, CompletedRepeatsTheFinalResponseFor64T1) {
    start();
    EXPECT_TRUE(respond(404));
    EXPECT_FALSE(respond(200));
    s.wait(31900ms);
    s.receive(request(options));
    EXPECT_EQ(s.sent(), (Words{"404", "404"}));
    s.wait(100ms);
    EXPECT_EQ(alive(), 0u);
    EXPECT_EQ(s.told(), Words{"request"});
    EXPECT_EQ(s.receive(request(options)).what, "request");  // a new one now
}

TEST_F(NonInviteServer, TimerJIsZeroOverTcp) {
    start(tcp_flow());
    EXPECT_TRUE(respond(200));
    s.pump();
    EXPECT_EQ(alive(), 0u);
}

TEST_F(NonInviteServer, ForgetsWhatItsUserNeverAnswers) {
    start();
    s.wait(32s);
    EXPECT_EQ(alive(), 0u);
    start();
    EXPECT_TRUE(respond(100));
    s.wait(32s);
    EXPECT_EQ(alive(), 0u);
    EXPECT_FALSE(respond(200));
}

TEST(NonInviteServerTable, FollowsTheFigure) {
    int rules = 0;
    for (std::size_t s = 0; s < fsm::kStates; ++s)
        for (std::size_t e = 0; e < fsm::kEvents; ++e)
            if (const fsm::Rule* r = fsm::kNonInviteServer.find(fsm::State(s), fsm::Event(e))) {
                ++rules;
                EXPECT_TRUE(r->in == fsm::State(s) && r->on == fsm::Event(e));
            }
    EXPECT_EQ(rules, 11);
}

}  // namespace
}  // namespace centrala::sip
