// INVITE client transaction: RFC 3261 figure 5 with RFC 6026, row by row.
#include "sip/invite_client.hpp"

#include "script.hpp"

namespace centrala::sip {
namespace {

using namespace script;

constexpr std::string_view kLines =
    "Max-Forwards: 70\r\nRoute: <sip:proxy.example.com;lr>\r\nFrom: <sip:acd@192.0.2.1>;tag=us\r\n"
    "To: <sip:bob@example.com>\r\nCall-ID: out-1\r\nCSeq: 7 INVITE\r\nContact: <sip:acd@192.0.2.1>\r\n";

struct InviteClient : testing::Test {
    LayerScript s{TransactionTimers{}, TransactionLimits{}};
    ClientTx tx{};

    void start(const Flow& flow = udp_flow()) {
        tx = *s.machine().request({Method::invite, "sip:bob@198.51.100.7", kLines, "application/sdp", "v=0\r\n"}, flow,
                                  s.now());
        ASSERT_EQ(s.sent(), Words{"INVITE"});
    }
    std::size_t alive() { return s.machine().stats().client; }
};

TEST_F(InviteClient, CarriesViaWithCookieAndRport) {
    start();
    const std::string invite = s.last("INVITE");
    EXPECT_TRUE(
        invite.starts_with("INVITE sip:bob@198.51.100.7 SIP/2.0\r\nVia: SIP/2.0/UDP 192.0.2.1:5060;branch=z9hG4bK"))
        << invite;
    EXPECT_TRUE(field(invite, "Via").ends_with(";rport"));
    EXPECT_EQ(field(invite, "Content-Length"), "5");
    EXPECT_EQ(body_of(invite), "v=0\r\n");
    EXPECT_EQ(s.last().flow, udp_flow());
}

TEST_F(InviteClient, RepeatsWithDoublingIntervalAndTimesOutAfter64T1) {
    start();
    s.wait(40s);
    EXPECT_EQ(s.times("INVITE"), (Times{0, 500, 1500, 3500, 7500, 15500, 31500}));
    EXPECT_EQ(s.told(), Words{"timeout"});
    EXPECT_EQ(s.last_told().at, 32s);
    EXPECT_EQ(alive(), 0u);
    EXPECT_EQ(s.machine().stats().retransmitted, 6u);
}

TEST_F(InviteClient, DoesNotRepeatOverTcpButStillTimesOut) {
    start(tcp_flow());
    s.wait(40s);
    EXPECT_EQ(s.times("INVITE"), Times{0});
    EXPECT_EQ(s.told(), Words{"timeout"});
    EXPECT_EQ(alive(), 0u);
}

TEST_F(InviteClient, ProvisionalStopsRepetitionAndTimeout) {
    start();
    EXPECT_EQ(s.receive(reply(s.last("INVITE"), 180)).status, 180);
    s.wait(170s);
    EXPECT_EQ(s.times("INVITE"), Times{0});
    EXPECT_EQ(s.told(), Words{"response"});
    EXPECT_EQ(alive(), 1u);
    EXPECT_EQ(s.receive(reply(s.last("INVITE"), 183)).status, 183);
}

TEST_F(InviteClient, AcknowledgesRefusalItselfAndRepeatsTheAck) {
    start();
    EXPECT_EQ(s.receive(reply(s.last("INVITE"), 486)).status, 486);
    const std::string invite = s.last("INVITE"), ack = s.last("ACK");
    EXPECT_TRUE(ack.starts_with("ACK sip:bob@198.51.100.7 SIP/2.0\r\n"));
    EXPECT_EQ(field(ack, "Via"), field(invite, "Via"));
    EXPECT_EQ(field(ack, "From"), field(invite, "From"));
    EXPECT_EQ(field(ack, "To"), "<sip:bob@example.com>;tag=bob");
    EXPECT_EQ(field(ack, "CSeq"), "7 ACK");
    EXPECT_EQ(field(ack, "Route"), "<sip:proxy.example.com;lr>");
    EXPECT_EQ(field(ack, "Contact"), "");
    EXPECT_EQ(field(ack, "Content-Length"), "0");
    s.wait(1s);
    EXPECT_EQ(s.receive(reply(invite, 486)).what, "");
    EXPECT_EQ(s.sent(), (Words{"ACK", "ACK"}));
    EXPECT_EQ(s.all().back().bytes, ack);
    s.wait(30s);
    EXPECT_EQ(alive(), 1u);
    s.wait(1s);  // timer D: 32 s
    EXPECT_EQ(alive(), 0u);
    EXPECT_EQ(s.receive(reply(invite, 486)).what, "");  // a stray now
    EXPECT_EQ(s.machine().stats().dropped, 1u);
}

TEST_F(InviteClient, TimerDIsZeroOverTcp) {
    start(tcp_flow());
    s.receive(reply(s.last("INVITE"), 486), tcp_flow());
    s.pump();
    EXPECT_EQ(alive(), 0u);
}

TEST_F(InviteClient, PassesEvery2xxUpFor64T1AndNeverAcknowledgesIt) {
    start();
    const std::string invite = s.last("INVITE");
    s.receive(reply(invite, 200));
    s.wait(31s);
    s.receive(reply(invite, 200));
    s.receive(reply(invite, 200, "fork"));
    EXPECT_EQ(s.told(), (Words{"response", "response", "response"}));
    s.wait(1s);
    EXPECT_EQ(s.sent(), Words{});
    EXPECT_EQ(alive(), 0u);
    EXPECT_EQ(s.receive(reply(invite, 200)).what, "");
}

TEST_F(InviteClient, AfterThe2xxARefusalIsAbsorbed) {
    start();
    const std::string invite = s.last("INVITE");
    s.receive(reply(invite, 200));
    EXPECT_EQ(s.receive(reply(invite, 486)).what, "");
    EXPECT_EQ(s.receive(reply(invite, 180)).what, "");
    EXPECT_EQ(s.machine().stats().absorbed, 2u);
}

TEST_F(InviteClient, TransportErrorEndsIt) {
    start();
    s.machine().transport_failed(Transport::udp, kPeer, 0, s.now());
    s.wait(0s);
    EXPECT_EQ(s.told(), Words{"unreachable"});
    EXPECT_EQ(alive(), 0u);
}

TEST_F(InviteClient, ErrorOfAnotherConnectionDoesNotConcernIt) {
    start(tcp_flow(7));
    s.machine().transport_failed(Transport::tcp, kPeer, 8, s.now());
    s.wait(1s);
    EXPECT_EQ(s.told(), Words{});
    s.machine().transport_failed(Transport::tcp, kPeer, 7, s.now());
    s.wait(0s);
    EXPECT_EQ(s.told(), Words{"unreachable"});
}

TEST_F(InviteClient, CancelWaitsForProvisional) {
    start();
    s.machine().cancel(tx, "Reason: SIP;cause=200\r\n", s.now());
    s.wait(400ms);
    EXPECT_EQ(s.sent(), Words{});
    const std::string invite = s.last("INVITE");
    s.receive(reply(invite, 100));
    EXPECT_EQ(s.sent(), Words{"CANCEL"});
    const std::string cancel = s.last("CANCEL");
    EXPECT_EQ(field(cancel, "Via"), field(invite, "Via"));
    EXPECT_EQ(field(cancel, "To"), "<sip:bob@example.com>");
    EXPECT_EQ(field(cancel, "CSeq"), "7 CANCEL");
    EXPECT_EQ(field(cancel, "Route"), field(invite, "Route"));
    EXPECT_EQ(field(cancel, "Reason"), "SIP;cause=200");
    s.receive(reply(cancel, 200));
    s.receive(reply(invite, 487));
    EXPECT_EQ(s.sent(), Words{"ACK"});
    EXPECT_EQ(s.told(), (Words{"response", "response"}));  // 100, 487: the CANCEL's 200 is nobody's business
    s.wait(40s);
    EXPECT_EQ(alive(), 0u);
}

TEST_F(InviteClient, CancelIsRepeatedAndWithoutAnyFinalResponseItTimesOut) {
    start();
    s.receive(reply(s.last("INVITE"), 180));
    s.machine().cancel(tx, {}, s.now());
    s.wait(40s);
    EXPECT_EQ(s.times("CANCEL"), (Times{0, 500, 1500, 3500, 7500, 11500, 15500, 19500, 23500, 27500, 31500}));
    EXPECT_EQ(s.told(), (Words{"response", "timeout"}));
    EXPECT_EQ(alive(), 0u);
}

TEST_F(InviteClient, NothingToCancelAfterFinalResponse) {
    start();
    s.receive(reply(s.last("INVITE"), 200));
    s.machine().cancel(tx, {}, s.now());
    s.wait(1s);
    EXPECT_EQ(s.sent(), Words{});
}

TEST_F(InviteClient, AbandonedIsSilentButRunsToItsEnd) {
    start();
    s.machine().abandon(tx);
    s.receive(reply(s.last("INVITE"), 486));
    EXPECT_EQ(s.told(), Words{});
    EXPECT_EQ(s.sent(), Words{"ACK"});
    s.wait(33s);
    EXPECT_EQ(alive(), 0u);
}

TEST_F(InviteClient, ResponsesThatAreNotOursAreDropped) {
    start();
    const std::string invite = s.last("INVITE");
    const auto change = [&](std::string_view what, std::string_view by) {
        std::string r = reply(invite, 200);
        r.replace(r.find(what), what.size(), by);
        return s.receive(r).what;
    };
    const std::string via = field(invite, "Via");
    EXPECT_EQ(change("7 INVITE", "7 BYE"), "");                              // another method
    EXPECT_EQ(change("192.0.2.1:5060;", "192.0.2.2:5060;"), "");             // another's sent-by
    EXPECT_EQ(change("Via: ", "Via: SIP/2.0/UDP h;branch=z9hG4bKx, "), "");  // two Via
    const std::string branch = via.substr(via.find("branch="), 7 + 7 + 32);
    std::string other = branch;
    other.back() = other.back() == '0' ? '1' : '0';
    EXPECT_EQ(change(branch, other), "");  // a guessed branch
    EXPECT_EQ(change(branch, "branch=z9hG4bK"), "");
    EXPECT_EQ(s.machine().stats().dropped, 5u);
    EXPECT_EQ(alive(), 1u);
}

TEST(InviteClientTable, FollowsTheFigure) {
    using fsm::Event;
    using fsm::State;
    const auto to = [](State in, Event on) {
        const fsm::Rule* r = fsm::kInviteClient.find(in, on);
        return r ? r->to : State::terminated;
    };
    int rules = 0;
    for (std::size_t s = 0; s < fsm::kStates; ++s)
        for (std::size_t e = 0; e < fsm::kEvents; ++e) {
            const fsm::Rule* r = fsm::kInviteClient.find(State(s), Event(e));
            if (!r) continue;
            ++rules;
            EXPECT_EQ(r->in, State(s));
            EXPECT_EQ(r->on, Event(e));
        }
    EXPECT_EQ(rules, 15);
    EXPECT_EQ(to(State::calling, Event::status_1xx), State::proceeding);
    EXPECT_EQ(to(State::calling, Event::status_2xx), State::accepted);
    EXPECT_EQ(to(State::proceeding, Event::status_3xx_6xx), State::completed);
    EXPECT_EQ(fsm::kInviteClient.find(State::accepted, Event::status_3xx_6xx), nullptr);
}

TEST(InviteClientLimit, SaysNoPastItButLetsByeAndCancelThrough) {
    auto s = layer_script({2, 2});
    const RequestParts invite{Method::invite, "sip:bob@198.51.100.7", kLines, {}, {}};
    EXPECT_TRUE(s.machine().request(invite, udp_flow(), s.now()));
    EXPECT_TRUE(s.machine().request(invite, udp_flow(), s.now()));
    EXPECT_FALSE(s.machine().request(invite, udp_flow(), s.now()));
    auto wide = layer_script({4, 4});
    for (int i = 0; i < 4; ++i) EXPECT_TRUE(wide.machine().request(invite, udp_flow(), wide.now()));
    EXPECT_TRUE(wide.machine().request({Method::bye, "sip:b@h", kLines, {}, {}}, udp_flow(), wide.now()));
}

}  // namespace
}  // namespace centrala::sip
