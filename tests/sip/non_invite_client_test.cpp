// Non-INVITE client transaction: RFC 3261 figure 6, row by row.
#include "sip/non_invite_client.hpp"

#include "script.hpp"

namespace centrala::sip {
namespace {

using namespace script;

constexpr std::string_view kLines =
    "Max-Forwards: 70\r\nFrom: <sip:acd@192.0.2.1>;tag=us\r\nTo: <sip:bob@example.com>\r\nCall-ID: out-2\r\nCSeq: 9 "
    "OPTIONS\r\n";

struct NonInviteClient : testing::Test {
    LayerScript s{TransactionTimers{}, TransactionLimits{}};
    ClientTx tx{};

    void start(const Flow& flow = udp_flow()) {
        tx = *s.machine().request({Method::options, "sip:bob@198.51.100.7", kLines, {}, {}}, flow, s.now());
    }
    std::size_t alive() { return s.machine().stats().client; }
};

TEST_F(NonInviteClient, RepeatsUpToT2AndTimesOut) {
    start();
    s.wait(40s);
    EXPECT_EQ(s.times("OPTIONS"), (Times{0, 500, 1500, 3500, 7500, 11500, 15500, 19500, 23500, 27500, 31500}));
    EXPECT_EQ(s.told(), Words{"timeout"});
    EXPECT_EQ(s.last_told().at, 32s);
    EXPECT_EQ(alive(), 0u);
}

TEST_F(NonInviteClient, DoesNotRepeatOverTcp) {
    start(tcp_flow());
    s.wait(40s);
    EXPECT_EQ(s.times("OPTIONS"), Times{0});
    EXPECT_EQ(s.told(), Words{"timeout"});
}

TEST_F(NonInviteClient, RepeatsEveryT2AfterProvisionalAndStillTimesOut) {
    start();
    s.wait(100ms);
    EXPECT_EQ(s.receive(reply(s.last("OPTIONS"), 100)).status, 100);
    s.wait(40s);
    EXPECT_EQ(s.times("OPTIONS"), (Times{0, 500, 4500, 8500, 12500, 16500, 20500, 24500, 28500}));
    EXPECT_EQ(s.told(), (Words{"response", "timeout"}));
    EXPECT_EQ(alive(), 0u);
}

TEST_F(NonInviteClient, FinalResponseIsToldOnceAndTimerKAbsorbsRepeats) {
    start();
    const std::string options = s.last("OPTIONS");
    EXPECT_EQ(s.receive(reply(options, 200)).status, 200);
    EXPECT_EQ(s.receive(reply(options, 200)).what, "");
    EXPECT_EQ(s.receive(reply(options, 404)).what, "");
    EXPECT_EQ(s.machine().stats().absorbed, 2u);
    s.wait(4900ms);
    EXPECT_EQ(alive(), 1u);
    s.wait(100ms);
    EXPECT_EQ(alive(), 0u);
    EXPECT_EQ(s.times("OPTIONS"), Times{0});
}

TEST_F(NonInviteClient, FinalResponseAfterProvisional) {
    start();
    s.receive(reply(s.last("OPTIONS"), 100));
    EXPECT_EQ(s.receive(reply(s.last("OPTIONS"), 503)).status, 503);
    s.wait(5s);
    EXPECT_EQ(alive(), 0u);
}

TEST_F(NonInviteClient, TimerKIsZeroOverTcp) {
    start(tcp_flow());
    s.receive(reply(s.last("OPTIONS"), 200), tcp_flow());
    s.pump();
    EXPECT_EQ(alive(), 0u);
}

TEST_F(NonInviteClient, TransportErrorBeforeAndAfterProvisional) {
    for (const bool provisional : {false, true}) {
        start();
        if (provisional) s.receive(reply(s.last("OPTIONS"), 100));
        s.told();
        s.machine().transport_failed(Transport::udp, kPeer, 0, s.now());
        s.pump();
        EXPECT_EQ(s.told(), Words{"unreachable"});
        EXPECT_EQ(alive(), 0u);
    }
}

TEST_F(NonInviteClient, TransportErrorAfterFinalResponseIsNoNews) {
    start();
    s.receive(reply(s.last("OPTIONS"), 200));
    s.told();
    s.machine().transport_failed(Transport::udp, kPeer, 0, s.now());
    s.pump();
    EXPECT_EQ(s.told(), Words{});
}

TEST(NonInviteClientTable, FollowsTheFigure) {
    int rules = 0;
    for (std::size_t s = 0; s < fsm::kStates; ++s)
        for (std::size_t e = 0; e < fsm::kEvents; ++e)
            if (const fsm::Rule* r = fsm::kNonInviteClient.find(fsm::State(s), fsm::Event(e))) {
                ++rules;
                EXPECT_TRUE(r->in == fsm::State(s) && r->on == fsm::Event(e));
            }
    EXPECT_EQ(rules, 13);
}

}  // namespace
}  // namespace centrala::sip
