// Who is let in: strangers learn nothing, floods cost nothing, who guesses or scans is banned; nobody else suffers.
#include "calls/fixture.hpp"

namespace centrala::calls {
namespace {

const Endpoint kMallory{IpAddress::v4({192, 0, 2, 66}), 5060};

struct Ask {
    std::string method = "INVITE", from = "mallory", user_agent = {}, lines = {}, to_tag = {};
};

class GateTest : public CallTest {
protected:
    void build(config::Config config = small_centre({})) { CallTest::build(std::move(config)); }

    /// What the server says to that message.
    std::vector<std::string> hear(std::string bytes, const Endpoint& source = kMallory) {
        world->server.receive(bytes, {sip::Transport::udp, World::kServer, source, 0}, world->now);
        std::vector<std::string> said;
        for (std::size_t i = 0; i < world->server.outbox().size(); ++i)
            if (world->server.outbox()[i].flow.remote == source) said.emplace_back(world->server.outbox()[i].bytes);
        world->flush();
        return said;
    }
    std::vector<std::string> ask(const Ask& ask, const Endpoint& source = kMallory) {
        const std::string id = std::to_string(++asked_);
        return hear(ask.method + " sip:100@10.0.0.1 SIP/2.0\r\nVia: SIP/2.0/UDP " + source.to_string() +
                        ";rport;branch=z9hG4bK" + id + "\r\nFrom: <sip:" + ask.from + "@10.0.0.1>;tag=f" + id +
                        "\r\nTo: <sip:" + ask.from + "@10.0.0.1>" + ask.to_tag + "\r\nCall-ID: " + id +
                        "\r\nMax-Forwards: 70\r\nCSeq: 1 " + ask.method +
                        "\r\nContact: <sip:x@192.0.2.66>\r\nContent-Length: 0\r\n" +
                        (ask.user_agent.empty() ? "" : "User-Agent: " + ask.user_agent + "\r\n") + ask.lines + "\r\n",
                    source);
    }
    /// The status of the last thing said to it; 0: nothing.
    int status(const Ask& what, const Endpoint& source = kMallory) {
        const auto said = ask(what, source);
        return said.empty() ? 0 : std::stoi(said.back().substr(8, 3));
    }
    std::ptrdiff_t noted(std::string_view type) const {
        return std::count(world->log.notes.begin(), world->log.notes.end(), type);
    }
    std::ptrdiff_t noted_reason(std::string_view reason) const {
        const std::string wanted = "\"reason\":\"" + std::string(reason) + "\"";
        std::ptrdiff_t count = 0;
        for (std::size_t at = world->log.lines.find(wanted); at != std::string::npos;
             at = world->log.lines.find(wanted, at + 1))
            ++count;
        return count;
    }
    Ask guess(const std::string& user) {
        return {.method = "REGISTER",
                .from = user,
                .lines = "Authorization: Digest username=\"" + user +
                         "\", realm=\"centrala\", nonce=\"n\", uri=\"sip:100@10.0.0.1\", response=\"0\", qop=auth, "
                         "nc=00000001, cnonce=\"c\", algorithm=MD5\r\n"};
    }
    int asked_ = 0;
};

const char* const kMethods[] = {"INVITE", "OPTIONS", "MESSAGE", "REFER",  "NOTIFY", "BYE",
                                "INFO",   "UPDATE",  "PRACK",   "CANCEL", "FROBATE"};

TEST_F(GateTest, StrangersHearTheSameWhateverTheyAskAndWhoeverTheyClaimToBe) {
    auto config = small_centre({});
    config.security.ban_after = 0;
    build(std::move(config));
    for (const char* method : kMethods)
        for (const char* from : {"a1", "mallory"})
            for (const char* tag : {"", ";tag=made-up"}) {
                const auto said = ask({.method = method, .from = from, .to_tag = tag});
                ASSERT_EQ(said.size(), 1u) << method << ' ' << from << tag;
                EXPECT_TRUE(said[0].starts_with("SIP/2.0 403 ")) << method << ' ' << from << tag << '\n' << said[0];
                EXPECT_EQ(said[0].find("Server:"), std::string::npos);
                EXPECT_EQ(said[0].find("entrala"), std::string::npos);
            }
    for (const char* lines : {"Require: magic\r\n", "Content-Encoding: x\r\n", "Max-Forwards: 0\r\n", "CSeq: x\r\n"})
        EXPECT_EQ(status({.lines = lines}), 403) << lines;
    for (const char* method : {"REGISTER", "SUBSCRIBE", "PUBLISH"})
        for (const char* from : {"a1", "mallory"}) {
            const auto said = ask({.method = method, .from = from, .lines = "Event: presence\r\n"});
            ASSERT_EQ(said.size(), 1u) << method;
            EXPECT_TRUE(said[0].starts_with("SIP/2.0 401 ")) << method << ' ' << from << '\n' << said[0];
            EXPECT_EQ(said[0].find("Server:"), std::string::npos);
        }
    EXPECT_EQ(noted("security.refused"), 1);
    EXPECT_EQ(world->server.stats().sip.server, 6u) << "only challenges have transactions";
    EXPECT_EQ(world->server.stats().sip_sessions, 0u);
}

TEST_F(GateTest, StrangersHearNothingWhereThatIsConfigured) {
    auto config = small_centre({});
    config.security.ban_after = 0;
    config.sip.strangers_get_answer = false;
    config.registration.sources = {*Subnet::parse("10.2.0.0/16")};
    build(std::move(config));
    for (const char* method : kMethods)
        for (const char* from : {"a1", "mallory"})
            EXPECT_EQ(status({.method = method, .from = from}), 0) << method << ' ' << from;
    for (const char* method : {"REGISTER", "SUBSCRIBE", "PUBLISH"}) {
        EXPECT_EQ(status({.method = method, .from = "a1"}), 0) << method;
        EXPECT_EQ(status({.method = method, .from = "a1", .to_tag = ";tag=x"}), 0) << method;
    }
    EXPECT_EQ(status({.lines = "CSeq: x\r\n"}), 0);
    EXPECT_EQ(noted("security.refused"), 1);
    EXPECT_EQ(status({.method = "REGISTER", .from = "a1"}, phone_address(9)), 401) << "from where phones may register";
}

TEST_F(GateTest, NamesAreChallengedAlikeWherePhonesAreRegistered) {
    CallTest::build(SmallCentre{.agents = 1});
    put_to_work(*phones[0]);
    const Endpoint neighbour{phones[0]->address.address, 6060};
    EXPECT_EQ(status({.from = "a1"}, neighbour), 401);
    EXPECT_EQ(status({.from = "nobody"}, neighbour), 401);
    EXPECT_EQ(status({.from = "a1"}), 403) << "elsewhere it is a stranger";
}

TEST_F(GateTest, AStrangersFloodTakesNothingFromTrunks) {
    auto config = small_centre({});
    config.sip.invites_per_second = 5;
    config.sip.strangers_per_second = 20;
    config.sip.source_requests_per_second = 30;
    config.security.ban_after = 0;
    build(std::move(config));
    int forbidden = 0, later = 0;
    for (int i = 0; i < 100; ++i) {
        const auto said = ask({});
        ASSERT_EQ(said.size(), 1u);
        forbidden += said[0].starts_with("SIP/2.0 403 ");
        later += said[0].starts_with("SIP/2.0 503 ") && said[0].find("\r\nRetry-After: ") != std::string::npos;
    }
    EXPECT_EQ(forbidden, 20);
    EXPECT_EQ(later, 80);
    EXPECT_EQ(noted_reason("strangers_per_second"), 1);
    EXPECT_EQ(world->server.stats().sip.server, 0u);
    EXPECT_TRUE(call("100").session);
    EXPECT_EQ(callers.back()->refused, 0);
}

TEST_F(GateTest, AFloodOfRegistersIsTurnedAwayBeforeAnythingIsKeptOfIt) {
    auto config = small_centre({.agents = 1});
    config.sip.registers_per_second = 10;
    CallTest::build(std::move(config));
    add_phone("a1");
    phones[0]->register_phone();
    world->run_for(2s);
    ASSERT_EQ(phones[0]->register_status, 200);
    const auto before = world->server.stats().sip.server;
    int challenged = 0, later = 0;
    for (int i = 0; i < 60; ++i) {
        const auto said = ask({.method = "REGISTER", .from = "a1"}, {IpAddress::v4({192, 0, 3, 1}), 5060});
        ASSERT_EQ(said.size(), 1u);
        challenged += said[0].starts_with("SIP/2.0 401 ");
        later += said[0].starts_with("SIP/2.0 503 ") && said[0].find("\r\nRetry-After: ") != std::string::npos;
    }
    EXPECT_EQ(challenged, 10);
    EXPECT_EQ(later, 50);
    EXPECT_EQ(noted_reason("registers_per_second"), 1);
    EXPECT_EQ(world->server.stats().sip.server, before + 10);
    phones[0]->register_phone();
    world->run_for(1s);
    EXPECT_EQ(phones[0]->register_status, 200) << "phones that are registered have a rate of their own";
}

TEST_F(GateTest, AFloodOfOptionsIsTurnedAwayToo) {
    auto config = small_centre({});
    config.sip.other_requests_per_second = 10;
    build(std::move(config));
    int later = 0;
    for (int i = 0; i < 30; ++i) later += status({.method = "OPTIONS"}, caller_address(1)) == 503;
    EXPECT_EQ(later, 20);
    EXPECT_EQ(noted_reason("other_requests_per_second"), 1);
}

TEST_F(GateTest, OneSourceGetsNoMoreThanItsRate) {
    auto config = small_centre({});
    config.sip.source_requests_per_second = 8;
    build(std::move(config));
    int later = 0;
    for (int i = 0; i < 20; ++i) later += status({.method = "REGISTER", .from = "a1"}) == 503;
    EXPECT_EQ(later, 12);
    EXPECT_EQ(noted_reason("source_requests_per_second"), 1);
    EXPECT_EQ(status({.method = "REGISTER", .from = "a1"}, phone_address(3)), 401);
    for (int i = 0; i < 20; ++i) EXPECT_EQ(status({.method = "OPTIONS"}, caller_address(1)), 200) << "a trunk's";
}

TEST_F(GateTest, WhoGuessesPasswordsIsNotHeardForAWhile) {
    build();
    for (int i = 1; i <= 9; ++i) EXPECT_EQ(status(guess(i % 2 ? "a1" : "nobody")), 401);
    EXPECT_EQ(noted("security.banned"), 0);
    EXPECT_EQ(status(guess("a1")), 401);
    EXPECT_EQ(noted("security.banned"), 1);
    EXPECT_EQ(status(guess("a1")), 0);
    EXPECT_EQ(status({.method = "OPTIONS"}), 0);
    EXPECT_TRUE(hear("what is this?\r\n\r\n").empty());
    EXPECT_EQ(world->server.welcome(kMallory.address), Welcome::none);
    ASSERT_EQ(world->server.bans(world->now).size(), 1u);
    EXPECT_EQ(world->server.bans(world->now)[0].reason, "failed_authentication");
    world->run_for(10min);
    EXPECT_EQ(noted("security.unbanned"), 1);
    EXPECT_EQ(status(guess("a1")), 401);
    EXPECT_EQ(world->server.welcome(kMallory.address), Welcome::limited);
}

TEST_F(GateTest, ABanCanBeLifted) {
    build();
    for (int i = 0; i < 10; ++i) ask({});
    EXPECT_EQ(status({}), 0);
    EXPECT_TRUE(world->server.unban(kMallory.address, world->now));
    EXPECT_FALSE(world->server.unban(kMallory.address, world->now));
    EXPECT_EQ(status({}), 403);
    EXPECT_EQ(noted_reason("operator"), 1);
}

TEST_F(GateTest, AScannerThatSaysSoGetsNoAnswerAtAll) {
    auto config = small_centre({});
    config.security.scanners = {"friendly-scanner"};
    build(std::move(config));
    EXPECT_EQ(status({.method = "OPTIONS", .user_agent = "Friendly-Scanner/1.0"}), 0);
    EXPECT_EQ(noted_reason("scanner"), 2) << "refused, banned";
    EXPECT_EQ(status({.method = "REGISTER", .from = "a1"}), 0);
    EXPECT_EQ(status({.method = "OPTIONS", .user_agent = "friendly-scanner"}, caller_address(1)), 200)
        << "a trunk may call itself what it likes";
}

TEST_F(GateTest, WhoListsExtensionsByRegisterIsBannedThoughEachAnswerIsTheSame) {
    build();
    int answered = 0;
    for (int i = 0; i < 100; ++i) {
        answered += status({.method = "REGISTER", .from = std::to_string(100 + i)}) != 0;
        world->run_for(100ms);
    }
    EXPECT_GE(answered, 50);
    EXPECT_LE(answered, 62);
    EXPECT_EQ(noted_reason("unanswered"), 1);
    EXPECT_EQ(noted_reason("unanswered_challenge"), 1);
}

TEST_F(GateTest, GarbageFromStrangersIsCountedAgainstThem) {
    build();
    for (int i = 0; i < 9; ++i) EXPECT_TRUE(hear("what is this?\r\n\r\n").empty());
    EXPECT_EQ(status({}), 0) << "the tenth offence";
    EXPECT_EQ(noted("security.banned"), 1);
}

TEST_F(GateTest, ABanDoesNotCutOffARegisteredPhoneAtTheSameAddress) {
    CallTest::build(SmallCentre{.agents = 1});
    Softphone& phone = *phones[0];
    put_to_work(phone);
    Caller& caller = call("100");
    phone.answer();
    world->run_for(1s);
    const Endpoint forger{phone.address.address, 6060};
    for (int i = 0; i < 10; ++i) ask(guess("a1"), forger);
    ASSERT_EQ(noted("security.banned"), 1);
    EXPECT_EQ(status({.method = "REGISTER", .from = "a1"}, forger), 0);
    phone.register_phone();
    world->run_for(1s);
    EXPECT_EQ(phone.register_status, 200);
    phone.hang_up();
    world->run_for(1s);
    EXPECT_TRUE(caller.ended);
    expect_nothing_left();
}

TEST_F(GateTest, WhoIsOnTheAllowListIsNeverBanned) {
    auto config = small_centre({});
    config.security.allow = {*Subnet::parse("192.0.2.0/24")};
    config.sip.source_requests_per_second = 5;
    build(std::move(config));
    for (int i = 0; i < 50; ++i) EXPECT_EQ(status(guess("a1")), 401);
    EXPECT_EQ(noted("security.banned"), 0);
    EXPECT_EQ(status({}), 403) << "still a stranger";
    EXPECT_EQ(world->server.welcome(kMallory.address), Welcome::unlimited);
}

TEST_F(GateTest, ConnectionsPastALimitAreNoted) {
    build();
    for (int i = 0; i < 50; ++i)
        world->server.connection_refused({sip::Transport::tcp, World::kServer, kMallory, 0}, "connections", world->now);
    EXPECT_EQ(noted("security.flood"), 1);
    EXPECT_EQ(noted_reason("connections"), 1);
    EXPECT_EQ(world->server.stats().floods, 50u);
}

TEST_F(GateTest, HandshakesThatFailAgainAndAgainGetTheirSourceBanned) {
    auto config = small_centre({});
    config.security.ban_after = 3;
    build(std::move(config));
    const sip::Flow flow{sip::Transport::tls, World::kServer, kMallory, 7};
    for (int i = 0; i < 3; ++i) world->server.handshake_failed(flow, true, "no certificate was shown", world->now);
    EXPECT_EQ(noted("security.banned"), 1);
    EXPECT_EQ(noted_reason("failed_handshake"), 1);
    EXPECT_EQ(world->server.welcome(kMallory.address), Welcome::none);
}

TEST_F(GateTest, APhonesAddressIsNotBannedForHandshakes) {
    auto config = small_centre({.agents = 1});
    config.security.ban_after = 3;
    build(std::move(config));
    Softphone& phone = add_phone("a1");
    phone.register_phone();
    world->run_for(100ms);
    const sip::Flow flow{sip::Transport::tls, World::kServer, {phone.address.address, 4711}, 7};
    for (int i = 0; i < 5; ++i) world->server.handshake_failed(flow, true, "certificate has expired", world->now);
    EXPECT_EQ(noted("security.banned"), 0);
}

}  // namespace
}  // namespace centrala::calls
