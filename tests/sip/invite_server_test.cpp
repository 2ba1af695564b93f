// INVITE server transaction: RFC 3261 figure 7 with RFC 6026, row by row.
#include "sip/invite_server.hpp"

#include <functional>

#include "script.hpp"

namespace centrala::sip {
namespace {

using namespace script;

struct InviteServer : testing::Test {
    LayerScript s{TransactionTimers{}, TransactionLimits{}};
    Text invite;
    ServerTx tx{};

    void start(const Flow& flow = udp_flow()) {
        if (flow.transport == Transport::tcp) invite.transport = "TCP";
        const Told told = s.receive(request(invite), flow);
        ASSERT_EQ(told.what, "request");
        tx = told.server;
        ASSERT_EQ(s.sent(), Words{"100"});
    }
    bool respond(int status) {
        const bool ok = s.machine().respond(tx, {status, {}, {}, {}, {}, {}}, s.now());
        s.collect();
        return ok;
    }
    std::string ack(std::string_view to_tag, std::string branch = "z9hG4bKone") {
        Text t = invite;
        t.method = "ACK";
        t.to_tag = to_tag;
        t.branch = std::move(branch);
        t.contact.clear();
        return request(t);
    }
    std::size_t alive() { return s.machine().stats().server; }
};

TEST_F(InviteServer, SendsTryingAtOnceWithoutTagButWithTimestamp) {
    invite.lines = "Timestamp: 54\r\nRecord-Route: <sip:p.example.com;lr>\r\n";
    start();
    const std::string trying = s.last("100");
    EXPECT_EQ(field(trying, "To"), "<sip:1000@example.com>");
    EXPECT_EQ(field(trying, "Timestamp"), "54");
    EXPECT_EQ(field(trying, "Record-Route"), "");
    EXPECT_EQ(field(trying, "Via"), "SIP/2.0/UDP 198.51.100.7:5070;branch=z9hG4bKone;received=198.51.100.7;rport=5070");
}

TEST_F(InviteServer, RepeatsTheLastProvisional) {
    start();
    EXPECT_EQ(s.receive(request(invite)).what, "");
    EXPECT_EQ(s.sent(), Words{"100"});
    EXPECT_TRUE(respond(180));
    EXPECT_EQ(s.receive(request(invite)).what, "");
    EXPECT_EQ(s.sent(), (Words{"180", "180"}));
    EXPECT_EQ(s.machine().stats().absorbed, 2u);
}

TEST_F(InviteServer, RepeatsFinalResponseUntilAck) {
    start();
    EXPECT_TRUE(respond(486));
    s.wait(9s);
    EXPECT_EQ(s.times("486"), (Times{0, 500, 1500, 3500, 7500}));
    s.receive(request(invite));
    EXPECT_EQ(s.times("486").back(), 9000);
    EXPECT_EQ(s.receive(ack(tag_of(field(s.last("486"), "To")))).what, "");
    s.sent();
    s.wait(4900ms);
    EXPECT_EQ(alive(), 1u);
    s.receive(ack("x"));         // absorbed
    s.receive(request(invite));  // absorbed too: no answer in Confirmed
    EXPECT_EQ(s.sent(), Words{});
    s.wait(100ms);  // timer I
    EXPECT_EQ(alive(), 0u);
    EXPECT_EQ(s.told(), Words{"request"});
}

TEST_F(InviteServer, GivesUpWithoutAckAfter64T1) {
    start();
    EXPECT_TRUE(respond(603));
    s.wait(33s);
    EXPECT_EQ(s.times("603"), (Times{0, 500, 1500, 3500, 7500, 11500, 15500, 19500, 23500, 27500, 31500}));
    EXPECT_EQ(s.told(), (Words{"request", "no_ack"}));
    EXPECT_EQ(s.last_told().at, 32s);
    EXPECT_EQ(alive(), 0u);
    EXPECT_FALSE(respond(603));
}

TEST_F(InviteServer, OverTcpTheFinalResponseIsNotRepeatedAndTimerIIsZero) {
    start(tcp_flow());
    EXPECT_TRUE(respond(486));
    s.wait(10s);
    EXPECT_EQ(s.times("486"), Times{0});
    EXPECT_EQ(alive(), 1u);
    Text t = invite;
    t.method = "ACK";
    s.receive(request(t), tcp_flow());
    s.pump();
    EXPECT_EQ(alive(), 0u);
}

TEST_F(InviteServer, AcceptedAbsorbsInviteAndHandsAckUpAndLeavesRepetitionToItsUser) {
    start();
    EXPECT_TRUE(respond(200));
    s.sent();
    EXPECT_EQ(s.receive(request(invite)).what, "");
    s.wait(10s);
    EXPECT_EQ(s.sent(), Words{});
    EXPECT_TRUE(s.machine().repeat_2xx(tx));
    EXPECT_TRUE(respond(200));
    EXPECT_EQ(s.sent(), (Words{"200", "200"}));
    EXPECT_FALSE(respond(486));
    EXPECT_EQ(s.receive(ack("us", "z9hG4bKother")).what, "ack");
    EXPECT_EQ(s.receive(ack("us")).what, "ack");  // of a peer that keeps the branch
    s.wait(22s);
    EXPECT_EQ(alive(), 0u);
    EXPECT_FALSE(s.machine().repeat_2xx(tx));
}

TEST_F(InviteServer, RespondsWithOneTagAlways) {
    start();
    respond(180);
    respond(183);
    respond(200);
    const std::string tag = tag_of(field(s.last("180"), "To"));
    EXPECT_GE(tag.size(), 16u);
    EXPECT_EQ(tag, s.machine().to_tag(tx));
    EXPECT_EQ(tag_of(field(s.last("183"), "To")), tag);
    EXPECT_EQ(tag_of(field(s.last("200"), "To")), tag);
}

TEST_F(InviteServer, RecordRouteIsCopiedInto101To299Only) {
    invite.lines =
        "Record-Route: <sip:p2.example.com;lr>, <sip:p1.example.com;lr>\r\nRecord-Route: <sip:p0.example.com;lr>\r\n";
    start();
    respond(180);
    respond(200);
    for (const char* start : {"180", "200"}) {
        EXPECT_EQ(field(s.last(start), "Record-Route"), "<sip:p2.example.com;lr>, <sip:p1.example.com;lr>");
        EXPECT_NE(s.last(start).find("Record-Route: <sip:p0.example.com;lr>\r\n"), std::string::npos);
    }
    Text second = invite;
    second.branch = "z9hG4bKtwo";
    second.call_id = "call-2";
    tx = s.receive(request(second)).server;
    respond(404);
    EXPECT_EQ(field(s.last("404"), "Record-Route"), "");
}

TEST_F(InviteServer, ProvisionalCanBeRepeatedForTheProxiesOnTheWay) {
    start();
    respond(183);
    EXPECT_TRUE(s.machine().repeat_1xx(tx));
    respond(486);
    EXPECT_FALSE(s.machine().repeat_1xx(tx));
}

// Every (state, cause) pair by messages: nothing crashes, and what the figure doesn't have changes nothing.
TEST_F(InviteServer, WalksEveryStateWithEveryInput) {
    using Input = std::function<void(InviteServer&)>;
    const std::vector<Input> inputs = {
        [](InviteServer& t) { t.s.receive(request(t.invite)); },
        [](InviteServer& t) { t.s.receive(t.ack("x")); },
        [](InviteServer& t) { t.respond(180); },
        [](InviteServer& t) { t.respond(200); },
        [](InviteServer& t) { t.respond(486); },
        [](InviteServer& t) {
            t.s.machine().transport_failed(Transport::udp, kPeer, 0, t.s.now());
            t.s.pump();
        },
        [](InviteServer& t) { t.s.wait(1s); },
    };
    const std::vector<std::vector<int>> states = {{}, {2}, {3}, {4}, {4, 1}};
    int n = 0;
    for (const auto& path : states)
        for (const Input& input : inputs)
            for (const Input& second : inputs) {
                invite.branch = "z9hG4bKwalk" + std::to_string(++n);
                invite.call_id = "walk" + std::to_string(n);
                start();
                for (const int step : path) inputs[static_cast<std::size_t>(step)](*this);
                input(*this);
                second(*this);
                respond(500);  // ends what is still Proceeding
                s.sent();
            }
    s.wait(70s);
    EXPECT_EQ(alive(), 0u);
    EXPECT_FALSE(s.machine().deadline());
}

TEST(InviteServerTable, FollowsTheFigure) {
    int rules = 0;
    for (std::size_t s = 0; s < fsm::kStates; ++s)
        for (std::size_t e = 0; e < fsm::kEvents; ++e)
            if (const fsm::Rule* r = fsm::kInviteServer.find(fsm::State(s), fsm::Event(e))) {
                ++rules;
                EXPECT_TRUE(r->in == fsm::State(s) && r->on == fsm::Event(e));
            }
    EXPECT_EQ(rules, 12);
}

}  // namespace
}  // namespace centrala::sip
