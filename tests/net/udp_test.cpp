// UDP on loopback: batches, choice of the socket, errors.
#include <gmock/gmock.h>

#include "centrala/sip/stun.hpp"
#include "net/loopback.hpp"

namespace centrala::net::test {
namespace {

using sip::Transport;
using testing::HasSubstr;

TEST(Udp, EchoesABatchInOrderWithFewSystemCalls) {
    Host host;
    const Endpoint at = host.listen(Transport::udp);
    Client client(SOCK_DGRAM);
    for (int i = 0; i < 100; ++i) client.send_to(at, options_request(std::to_string(i)));
    host.sockets.start();
    ASSERT_TRUE(host.until([&] { return host.messages.size() == 100; }));
    for (int i = 0; i < 100; ++i) {
        const auto got = client.receive();
        ASSERT_TRUE(got) << i;
        EXPECT_EQ(got->bytes, options_request(std::to_string(i)));
        EXPECT_EQ(got->from, at);
    }
    const SocketStats stats = host.sockets.stats();
    EXPECT_EQ(stats.datagrams_in, 100u);
    EXPECT_EQ(stats.datagrams_out, 100u);
    EXPECT_LE(stats.receive_calls, 4u);
    EXPECT_EQ(stats.send_calls, 2u);
}

TEST(Udp, SaysWhereAMessageCameFromAndWhichListenerGotIt) {
    Host host;
    const Endpoint advertised{IpAddress::v4({192, 0, 2, 7}), 5060};
    const Endpoint at = host.listen(Transport::udp, kLoopback, advertised);
    host.sockets.start();
    Client client(SOCK_DGRAM);
    client.send_to(at, "hello");
    ASSERT_TRUE(host.until([&] { return host.messages.size() == 1; }));
    EXPECT_EQ(host.flows[0], (sip::Flow{Transport::udp, advertised, client.local(), 0}));
}

TEST(Udp, AdvertisesTheBoundPortWhenOnlyAnAddressIsGiven) {
    Host host;
    const IpAddress outside = IpAddress::v4({192, 0, 2, 7});
    const Endpoint at = host.listen(Transport::udp, kLoopback, {outside, 0});
    host.sockets.start();
    Client client(SOCK_DGRAM);
    client.send_to(at, "hello");
    ASSERT_TRUE(host.until([&] { return host.messages.size() == 1; }));
    EXPECT_EQ(host.flows[0].local, (Endpoint{outside, at.port}));
}

TEST(Udp, SendsFromTheListenerThatTheFlowNames) {
    Host host;
    const Endpoint first = host.listen(Transport::udp), second = host.listen(Transport::udp);
    host.sockets.start();
    Client client(SOCK_DGRAM);
    for (const Endpoint& local : {second, first}) {
        host.send({Transport::udp, local, client.local(), 0}, "x");
        const auto got = client.receive();
        ASSERT_TRUE(got);
        EXPECT_EQ(got->from, local);
    }
    host.send({Transport::udp, Endpoint{kLoopback, 1}, client.local(), 0}, "x");  // no such listener: any of the family
    EXPECT_TRUE(client.receive());
}

TEST(Udp, TalksIpv6) {
    const IpAddress loopback6 = *IpAddress::parse("::1");
    if (!open_bound(SOCK_DGRAM, {loopback6, 0}).ok()) GTEST_SKIP() << "no IPv6 here";
    Host host;
    host.listen(Transport::udp);
    const Endpoint at = host.listen(Transport::udp, loopback6);
    host.sockets.start();
    Client client(SOCK_DGRAM, loopback6);
    client.send_to(at, "six");
    ASSERT_TRUE(host.until([&] { return host.messages.size() == 1; }));
    const auto got = client.receive();
    ASSERT_TRUE(got);
    EXPECT_EQ(got->from, at);
}

TEST(Udp, DropsAndCountsWhatIsTooLong) {
    SocketLimits limits;
    limits.message_bytes = 1'000;
    Host host(limits);
    const Endpoint at = host.listen(Transport::udp);
    host.sockets.start();
    Client client(SOCK_DGRAM);
    client.send_to(at, std::string(1'001, 'a'));
    client.send_to(at, std::string(1'000, 'b'));
    ASSERT_TRUE(host.until([&] { return host.messages.size() == 1; }));
    EXPECT_EQ(host.messages[0], std::string(1'000, 'b'));
    EXPECT_EQ(host.sockets.stats().oversized, 1u);
}

TEST(Udp, IgnoresEmptyDatagrams) {
    Host host;
    const Endpoint at = host.listen(Transport::udp);
    host.sockets.start();
    Client client(SOCK_DGRAM);
    client.send_to(at, "");
    client.send_to(at, "x");
    ASSERT_TRUE(host.until([&] { return !host.messages.empty(); }));
    EXPECT_EQ(host.messages, std::vector<std::string>{"x"});
}

TEST(Udp, AnswersStunWithoutAskingAnybody) {
    Host host;
    const Endpoint at = host.listen(Transport::udp);
    host.sockets.start();
    Client client(SOCK_DGRAM);
    const std::string request(
        "\x00\x01\x00\x00\x21\x12\xa4\x42"
        "abcdefghijkl",
        20);
    client.send_to(at, request);
    std::optional<Client::Datagram> got;
    ASSERT_TRUE(host.until([&] { return (got = client.receive()).has_value(); }));
    EXPECT_EQ(got->from, at);
    EXPECT_EQ(got->bytes, sip::answer_stun(request, client.local()).bytes());
    client.send_to(at, std::string("\x00\x01\x00\x40", 4));
    ASSERT_TRUE(host.until([&] { return host.sockets.stats().stun_dropped == 1; }));
    EXPECT_EQ(host.sockets.stats().stun_answered, 1u);
    EXPECT_TRUE(host.messages.empty());
}

TEST(Udp, ReportsAnUnreachablePort) {
    Host host;
    const Endpoint at = host.listen(Transport::udp);
    host.sockets.start();
    const Endpoint nobody = closed_port(SOCK_DGRAM);
    host.send({Transport::udp, at, nobody, 0}, "anybody there?");
    ASSERT_TRUE(host.until([&] { return !host.failures.empty(); }));
    EXPECT_EQ(host.failures[0].transport, Transport::udp);
    EXPECT_EQ(host.failures[0].remote, nobody);
    EXPECT_EQ(host.failures[0].connection, 0u);
}

TEST(Udp, LosesNothingForOthersWhenSomeAreUnreachable) {
    Host host;
    const Endpoint at = host.listen(Transport::udp);
    host.sockets.start();
    Client client(SOCK_DGRAM);
    const Endpoint nobody = closed_port(SOCK_DGRAM);
    for (int i = 0; i < 50; ++i) {
        host.outbox.add({Transport::udp, at, nobody, 0}, "lost");
        host.outbox.add({Transport::udp, at, client.local(), 0}, std::to_string(i));
    }
    host.sockets.send(host.outbox);
    host.outbox.clear();
    int next = 0;
    ASSERT_TRUE(host.until([&] {
        while (auto got = client.receive()) EXPECT_EQ(got->bytes, std::to_string(next++));
        return next == 50;
    }));
    ASSERT_TRUE(host.until([&] { return !host.failures.empty(); }));
    for (const Told& f : host.failures) EXPECT_EQ(f.remote, nobody);
    // and receiving goes on
    client.send_to(at, "still here");
    EXPECT_TRUE(host.until([&] { return host.messages.size() == 1; }));
}

TEST(Udp, ReportsWhatCanNotBeSent) {
    Host host;
    const Endpoint at = host.listen(Transport::udp);
    host.sockets.start();
    Client client(SOCK_DGRAM);
    host.outbox.add({Transport::udp, at, client.local(), 0}, std::string(70'000, 'x'));  // past what IPv4 carries
    host.outbox.add({Transport::udp, at, client.local(), 0}, "small");
    host.sockets.send(host.outbox);
    host.outbox.clear();
    EXPECT_TRUE(host.failures.empty()) << "told from the loop, not from send()";
    ASSERT_TRUE(host.until([&] { return host.failures.size() == 1; }));
    const auto got = client.receive();
    ASSERT_TRUE(got);
    EXPECT_EQ(got->bytes, "small");
    EXPECT_EQ(host.sockets.stats().send_dropped, 1u);
}

TEST(Udp, HasNoSocketForAFamilyItDoesNotListenOn) {
    Host host;
    const Endpoint at = host.listen(Transport::udp);
    host.sockets.start();
    host.send({Transport::udp, at, *Endpoint::parse("[2001:db8::1]:5060"), 0}, "x");
    ASSERT_TRUE(host.until([&] { return host.failures.size() == 1; }));
}

TEST(Udp, SaysInWordsThatAnAddressIsTaken) {
    Host host, other;
    const Endpoint at = host.listen(Transport::udp);
    const auto result = other.sockets.listen({Transport::udp, at, {}});
    ASSERT_FALSE(result.ok());
    EXPECT_THAT(result.error().message, HasSubstr("udp " + at.to_string()));
    EXPECT_THAT(result.error().message, HasSubstr("in use"));
}

TEST(Udp, StopsAtOnceWhenClosedFromWithinAMessage) {
    Host host;
    const Endpoint at = host.listen(Transport::udp);
    Client client(SOCK_DGRAM);
    for (int i = 0; i < 10; ++i) client.send_to(at, "x");
    host.on_message = [&] { host.sockets.close(); };
    host.sockets.start();
    ASSERT_TRUE(host.until([&] { return !host.messages.empty(); }));
    host.io.restart();
    host.io.run_for(std::chrono::milliseconds(1));
    EXPECT_EQ(host.messages.size(), 1u);
    EXPECT_EQ(host.turns, 0);
}

}  // namespace
}  // namespace centrala::net::test
