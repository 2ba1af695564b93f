// The transaction layer around its machines: matching, routing of responses, CANCEL, limits, what it answers itself.
#include "script.hpp"

namespace centrala::sip {
namespace {

using namespace script;

struct Layer : testing::Test {
    LayerScript s{TransactionTimers{}, TransactionLimits{}};

    bool respond(ServerTx tx, int status) {
        const bool ok = s.machine().respond(tx, {status, {}, {}, {}, {}, {}}, s.now());
        s.collect();
        return ok;
    }
};

Text options(std::string branch = "z9hG4bKo") {
    Text t;
    t.method = "OPTIONS";
    t.branch = std::move(branch);
    return t;
}

// ---- the gate ------------------------------------------------------------------------------------------------------

struct ScriptedGate : Gate {
    Verdict judge(const Message& request, const Flow&, Timestamp) override {
        asked += std::string(request.method_name()) + " ";
        return verdict;
    }
    Verdict judge_malformed(int status, const Flow&, Timestamp) override {
        asked += std::to_string(status) + " ";
        return verdict;
    }
    Verdict verdict{Verdict::Kind::refuse, 503, "Retry-After: 7\r\n"};
    std::string asked;
};

TEST_F(Layer, WhatTheGateRefusesLeavesNothingBehind) {
    ScriptedGate gate;
    s.machine().set_gate(gate);
    s.receive(request(Text{}));
    EXPECT_EQ(s.sent(), std::vector<std::string>{"503"});
    EXPECT_EQ(field(s.last("503"), "Retry-After"), "7");
    EXPECT_FALSE(tag_of(field(s.last("503"), "To")).empty());
    EXPECT_EQ(s.machine().stats().server, 0U);
    EXPECT_EQ(s.machine().stats().gate_refused, 1U);
    const std::string first(s.last("503"));
    s.receive(request(Text{}));
    EXPECT_EQ(s.last("503"), first) << "the same for each repetition (RFC 3261 §8.2.7)";
    gate.verdict = {Gate::Verdict::Kind::drop};
    s.receive(request(options()));
    EXPECT_EQ(s.machine().stats().gate_dropped, 1U);
    EXPECT_EQ(gate.asked, "INVITE INVITE OPTIONS ");
}

TEST_F(Layer, TheGateIsNotAskedAboutWhatBelongsToATransaction) {
    ScriptedGate gate;
    gate.verdict = {};
    s.machine().set_gate(gate);
    s.receive(request(Text{}));
    s.receive(request(Text{}));
    Text cancel;
    cancel.method = "CANCEL";
    s.receive(request(cancel));
    Text ack;
    ack.method = "ACK";
    s.receive(request(ack));
    EXPECT_EQ(gate.asked, "INVITE ");
    cancel.branch = "z9hG4bKother";
    s.receive(request(cancel));
    EXPECT_EQ(gate.asked, "INVITE CANCEL ");
    s.receive("nonsense\r\n\r\n");
    EXPECT_EQ(gate.asked, "INVITE CANCEL 0 ");
}

// ---- where responses go (RFC 3261 §18.2, RFC 3581) -----------------------------------------------------------------

TEST_F(Layer, WithRportTheResponseGoesToTheSourcePort) {
    Text t = options();
    t.sent_by = "10.0.0.9:5060";
    respond(s.receive(request(t)).server, 200);
    EXPECT_EQ(s.last().flow, udp_flow());
    EXPECT_EQ(field(s.last("200"), "Via"),
              "SIP/2.0/UDP 10.0.0.9:5060;branch=z9hG4bKo;received=198.51.100.7;rport=5070");
}

TEST_F(Layer, WithoutRportTheResponseGoesToTheSourceAddressAndTheViaPort) {
    Text t = options();
    t.via_tail = ";maddr=203.0.113.1";
    t.sent_by = "phone.example.org:5090";
    respond(s.receive(request(t)).server, 200);
    EXPECT_EQ(s.last().flow.remote, *Endpoint::parse("198.51.100.7:5090"));
    EXPECT_EQ(field(s.last("200"), "Via"),
              "SIP/2.0/UDP phone.example.org:5090;branch=z9hG4bKo;maddr=203.0.113.1;received=198.51.100.7");
    t.branch = "z9hG4bKp";
    t.call_id = "other";
    t.sent_by = "198.51.100.7";
    respond(s.receive(request(t)).server, 200);
    EXPECT_EQ(s.last().flow.remote, *Endpoint::parse("198.51.100.7:5060"));
    EXPECT_EQ(field(s.last("200"), "Via"), "SIP/2.0/UDP 198.51.100.7;branch=z9hG4bKp;maddr=203.0.113.1");
}

TEST_F(Layer, ForgedReceivedAndRportAreReplaced) {
    Text t = options();
    t.via_tail = ";received=203.0.113.66;rport=1";
    respond(s.receive(request(t)).server, 200);
    EXPECT_EQ(s.last().flow, udp_flow());
    EXPECT_EQ(field(s.last("200"), "Via"),
              "SIP/2.0/UDP 198.51.100.7:5070;branch=z9hG4bKo;received=198.51.100.7;rport=5070");
}

TEST_F(Layer, OverTcpTheResponseTakesTheConnectionAndANewOneWhenThatIsGone) {
    Text t = options();
    t.transport = "TCP";
    t.via_tail = "";
    Flow flow = tcp_flow(3);
    flow.remote.port = 40'000;
    const ServerTx first = s.receive(request(t), flow).server;
    respond(first, 100);
    EXPECT_EQ(s.last().flow, flow);
    s.machine().transport_failed(Transport::tcp, flow.remote, 3, s.now());
    respond(first, 200);
    EXPECT_EQ(s.last().flow.connection, 0u);
    EXPECT_EQ(s.last().flow.remote, kPeer);  // the Via's port at the address it came from
}

TEST_F(Layer, AllViasAreCopiedInOrder) {
    Text t = options();
    t.via_tail = ", SIP/2.0/UDP p1.example.com;branch=z9hG4bK1\r\nVia: SIP/2.0/TCP p0.example.com ;branch=z9hG4bK0";
    respond(s.receive(request(t)).server, 200);
    const std::string r = s.last("200");
    const auto a = r.find("Via: SIP/2.0/UDP 198.51.100.7:5070;branch=z9hG4bKo"),
               b = r.find("Via: SIP/2.0/UDP p1.example.com;branch=z9hG4bK1\r\n"),
               c = r.find("Via: SIP/2.0/TCP p0.example.com ;branch=z9hG4bK0\r\n");
    ASSERT_NE(a, std::string::npos);
    ASSERT_NE(b, std::string::npos) << r;
    ASSERT_NE(c, std::string::npos);
    EXPECT_TRUE(a < b && b < c);
}

TEST_F(Layer, NothingIsSentToBroadcastMulticastOrPortZero) {
    for (const char* bad : {"255.255.255.255:5060", "224.0.1.75:5060", "[ff02::1]:5060", "0.0.0.0:5060"}) {
        Flow flow = udp_flow();
        flow.remote = *Endpoint::parse(bad);
        EXPECT_EQ(s.receive(request(options()), flow).what, "");
        std::string broken = request(options());
        broken.replace(broken.find("CSeq: 1 OPTIONS"), 15, "CSeq: 1 INVITE.");
        EXPECT_EQ(s.receive(broken, flow).what, "");
    }
    Flow flow = udp_flow();
    flow.remote.port = 0;
    EXPECT_EQ(s.receive(request(options()), flow).what, "");
    EXPECT_EQ(s.sent(), Words{});
    EXPECT_EQ(s.machine().stats().dropped, 9u);
}

// ---- matching (RFC 3261 §17.2.3) -----------------------------------------------------------------------------------

TEST_F(Layer, SameBranchButOtherSentByOrMethodIsAnotherTransaction) {
    EXPECT_EQ(s.receive(request(options())).what, "request");
    Text t = options();
    t.sent_by = "198.51.100.7:5071";
    t.call_id = "b";
    EXPECT_EQ(s.receive(request(t)).what, "request");
    t.sent_by = "198.51.100.8:5070";
    t.call_id = "c";
    EXPECT_EQ(s.receive(request(t)).what, "request");
    t = options();
    t.method = "INFO";
    EXPECT_EQ(s.receive(request(t)).what, "request");
    t.method = "STRANGE";
    EXPECT_EQ(s.receive(request(t)).what, "request");
    t.method = "STRANGER";
    EXPECT_EQ(s.receive(request(t)).what, "request");
    EXPECT_EQ(s.receive(request(t)).what, "");
    EXPECT_EQ(s.machine().stats().server, 6u);
}

TEST_F(Layer, HostsCompareWithoutCase) {
    Text t = options();
    t.sent_by = "Phone.Example.org";
    EXPECT_EQ(s.receive(request(t)).what, "request");
    t.sent_by = "phone.example.ORG:5060";
    EXPECT_EQ(s.receive(request(t)).what, "");
}

TEST_F(Layer, OldStyleRequestsMatchByTheirFields) {
    Text t;
    t.branch = "1";
    const Told invite = s.receive(request(t));
    EXPECT_EQ(invite.what, "request");
    EXPECT_EQ(s.receive(request(t)).what, "");  // a repetition
    Text other = t;
    other.cseq = 2;
    EXPECT_EQ(s.receive(request(other)).what, "request");
    respond(invite.server, 486);
    Text ack = t;
    ack.method = "ACK";
    ack.to_tag = "wrong";
    EXPECT_EQ(s.receive(request(ack)).what, "ack");  // none of this transaction's
    ack.to_tag = tag_of(field(s.last("486"), "To"));
    EXPECT_EQ(s.receive(request(ack)).what, "");
    s.sent();
    s.wait(4s);
    EXPECT_EQ(s.sent(), Words{});  // the 486 isn't repeated any more
}

TEST_F(Layer, OldStyleCancelFindsItsInvite) {
    Text t;
    t.branch = "";
    const ServerTx invite = s.receive(request(t)).server;
    t.method = "CANCEL";
    const Told told = s.receive(request(t));
    EXPECT_EQ(told.what, "cancel");
    EXPECT_EQ(told.server, invite);
}

TEST_F(Layer, MergedRequestGets482) {
    EXPECT_EQ(s.receive(request(options("z9hG4bKa"))).what, "request");
    EXPECT_EQ(s.receive(request(options("z9hG4bKb"))).what, "");
    EXPECT_EQ(s.sent(), Words{"482"});
    EXPECT_EQ(s.receive(request(options("z9hG4bKb"))).what, "");
    EXPECT_EQ(s.sent(), Words{"482"});
    Text next = options("z9hG4bKc");
    next.cseq = 2;
    EXPECT_EQ(s.receive(request(next)).what, "request");
    Text within = options("z9hG4bKd");
    within.to_tag = "us";
    EXPECT_EQ(s.receive(request(within)).what, "request");  // only outside dialogs
}

TEST_F(Layer, MergingEndsWithTheFirstTransaction) {
    respond(s.receive(request(options("z9hG4bKa"))).server, 200);
    s.wait(33s);
    EXPECT_EQ(s.receive(request(options("z9hG4bKb"))).what, "request");
}

// ---- CANCEL (§9.2) -------------------------------------------------------------------------------------------------

TEST_F(Layer, CancelOfNothingGets481) {
    Text t;
    t.method = "CANCEL";
    EXPECT_EQ(s.receive(request(t)).what, "");
    EXPECT_EQ(s.sent(), Words{"481"});
    s.receive(request(t));
    EXPECT_EQ(s.sent(), Words{"481"});
}

TEST_F(Layer, CancelIsAnsweredOnceAndToldOnce) {
    Text t;
    const ServerTx invite = s.receive(request(t)).server;
    respond(invite, 180);
    s.sent();
    t.method = "CANCEL";
    Told told = s.receive(request(t));
    EXPECT_EQ(told.what, "cancel");
    EXPECT_EQ(told.server, invite);
    EXPECT_EQ(s.sent(), Words{"200"});
    EXPECT_EQ(field(s.last("200"), "CSeq"), "1 CANCEL");
    EXPECT_EQ(field(s.last("200"), "To"), field(s.last("180"), "To"));
    EXPECT_EQ(s.receive(request(t)).what, "");
    EXPECT_EQ(s.sent(), Words{"200"});
}

TEST_F(Layer, CancelAfterTheFinalResponseHasNoEffect) {
    Text t;
    respond(s.receive(request(t)).server, 200);
    s.sent();
    t.method = "CANCEL";
    EXPECT_EQ(s.receive(request(t)).what, "");
    EXPECT_EQ(s.sent(), Words{"200"});
}

TEST_F(Layer, CancelOfAnotherMethodGets481) {
    s.receive(request(options()));
    Text t = options();
    t.method = "CANCEL";
    EXPECT_EQ(s.receive(request(t)).what, "");
    EXPECT_EQ(s.sent(), Words{"481"});
}

// ---- what it refuses -----------------------------------------------------------------------------------------------

TEST_F(Layer, MalformedRequestIsAnsweredWithTheSameTagEachTime) {
    std::string bad = request(options());
    bad.replace(bad.find("CSeq: 1 OPTIONS"), 15, "CSeq: 1 INVITE.");
    EXPECT_EQ(s.receive(bad).what, "");
    EXPECT_EQ(s.receive(bad).what, "");
    EXPECT_EQ(s.sent(), (Words{"400", "400"}));
    EXPECT_EQ(s.all()[0].bytes, s.all()[1].bytes);
    EXPECT_NE(tag_of(field(s.last("400"), "To")), "");
    EXPECT_EQ(s.machine().stats().refused, 2u);
    EXPECT_EQ(s.machine().stats().server, 0u);
}

TEST_F(Layer, MalformedAckAndResponsesAreDropped) {
    Text t;
    t.method = "ACK";
    t.cseq_method = "INVITE";
    EXPECT_EQ(s.receive(request(t)).what, "");
    EXPECT_EQ(s.receive("SIP/2.0 200 OK\r\n\r\n").what, "");
    EXPECT_EQ(s.receive("nonsense").what, "");
    EXPECT_EQ(s.receive("\r\n\r\n").what, "");
    EXPECT_EQ(s.sent(), Words{});
}

TEST_F(Layer, UnknownVersionGets505) {
    std::string t = request(options());
    t.replace(t.find("SIP/2.0\r\n"), 7, "SIP/7.0");
    EXPECT_EQ(s.receive(t).what, "");
    EXPECT_EQ(s.sent(), Words{"505"});
}

TEST_F(Layer, AtTheLimitNewRequestsGet503ButCallsThatExistGoOn) {
    LayerScript full(TransactionTimers{}, TransactionLimits{4, 4});
    Text t;
    for (int i = 0; i < 4; ++i) {
        t.branch = "z9hG4bK" + std::to_string(i);
        t.call_id = std::to_string(i);
        EXPECT_EQ(full.receive(request(t)).what, "request");
    }
    full.sent();
    Text more = t;
    more.branch = "z9hG4bKmore";
    more.call_id = "more";
    EXPECT_EQ(full.receive(request(more)).what, "");
    EXPECT_EQ(full.sent(), Words{"503"});
    EXPECT_EQ(field(full.last("503"), "Retry-After"), "5");
    EXPECT_EQ(full.machine().stats().overloaded, 1u);
    more.method = "ACK";
    EXPECT_EQ(full.receive(request(more)).what, "ack");
    Text bye = more;
    bye.method = "BYE";
    bye.to_tag = "us";
    EXPECT_EQ(full.receive(request(bye)).what, "request");  // a fifth for what belongs to dialogs
    Text cancel = t;
    cancel.method = "CANCEL";
    EXPECT_EQ(full.receive(request(cancel)).what, "cancel");  // and this without a transaction
    EXPECT_EQ(full.sent(), Words{"200"});
    EXPECT_EQ(full.machine().stats().server, 5u);
}

TEST_F(Layer, WhatRequestsMakeItKeepIsBounded) {
    TransactionLimits limits;
    limits.server_bytes = 8000;
    LayerScript small(TransactionTimers{}, limits);
    Text t = options();
    t.via_tail = ";rport;x=" + std::string(2000, 'y');
    for (int i = 0; i < 2; ++i) {
        t.branch = "z9hG4bKbig" + std::to_string(i);
        t.call_id = std::to_string(i);
        EXPECT_EQ(small.receive(request(t)).what, "request");
    }
    t.branch = "z9hG4bKbig2";
    t.call_id = "2";
    EXPECT_EQ(small.receive(request(t)).what, "");
    EXPECT_EQ(small.sent(), Words{"503"});
    small.wait(33s);
    EXPECT_EQ(small.receive(request(t)).what, "request");  // given back
}

TEST_F(Layer, AckNeverGetsAnAnswer) {
    Text t;
    t.method = "ACK";
    EXPECT_EQ(s.receive(request(t)).what, "ack");
    s.wait(1s);
    EXPECT_EQ(s.sent(), Words{});
    EXPECT_EQ(s.machine().stats().server, 0u);
}

TEST_F(Layer, HeadersOfTheUserCannotForgeLines) {
    std::string out;
    MessageWriter(out).header("Reason", "a\r\nEvil: yes").end();
    EXPECT_EQ(out.find("\r\nEvil"), std::string::npos);
}

TEST(TransactionLayerAlias, OffersItsOwnTlsConnectionsForRequestsInTheOtherDirection) {  // RFC 5923 §8.1
    LayerScript s = layer_script();
    const RequestParts options{Method::options,
                               "sip:b@h",
                               "From: <sip:a@h>;tag=1\r\nTo: <sip:b@h>\r\nCall-ID: o\r\nCSeq: 1 OPTIONS\r\n",
                               {},
                               {}};
    const auto via = [&](const Flow& to) {
        (void)s.machine().request(options, to, s.now());
        return field(s.last().bytes, "Via");
    };
    EXPECT_TRUE(via({Transport::tls, kUs, kPeer, 0}).ends_with(";rport;alias"));
    EXPECT_TRUE(via({Transport::tls, kUs, kPeer, 7}).ends_with(";rport")) << "the peer's";
    EXPECT_TRUE(via({Transport::tcp, kUs, kPeer, 0}).ends_with(";rport")) << "nobody has proved anything";
}

}  // namespace
}  // namespace centrala::sip
