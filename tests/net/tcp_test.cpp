// TCP on loopback: framing, keep-alives, limits, connections in both directions.
#include <gmock/gmock.h>
#include <sys/resource.h>

#include "base/sanitizers.hpp"
#include "net/loopback.hpp"

namespace centrala::net::test {
namespace {

using namespace std::chrono_literals;
using sip::Transport;

struct Tcp : testing::Test {
    SocketLimits limits;
    std::optional<Host> host;
    Endpoint at;
    void begin() {
        host.emplace(limits);
        at = host->listen(Transport::tcp);
        host->sockets.start();
    }
    bool closed_by_host(const Client& client) {
        std::string ignored;
        return host->until([&] { return client.read_into(ignored); });
    }
};

TEST_F(Tcp, EchoesAMessageOverItsConnection) {
    begin();
    const Client client = Client::connected(at);
    client.write(options_request("1", "body"));
    std::string answer;
    ASSERT_TRUE(host->until([&] {
        client.read_into(answer);
        return !answer.empty();
    }));
    EXPECT_EQ(answer, options_request("1", "body"));
    EXPECT_EQ(host->flows[0].remote, client.local());
    EXPECT_EQ(host->flows[0].local, at);
    EXPECT_NE(host->flows[0].connection, 0u);
    EXPECT_EQ(host->sockets.stats().tcp_open, 1u);
}

TEST_F(Tcp, FindsMessagesHoweverTheStreamIsCut) {
    begin();
    const std::string a = options_request("a", "first body\r\n\r\n"), b = options_request("b"),
                      c = options_request("c", std::string(3'000, 'c'));
    const std::string all = a + "\r\n" + b + c;
    for (const std::size_t piece : {std::size_t{1}, std::size_t{7}, std::size_t{100}, all.size()}) {
        host->messages.clear();
        const Client client = Client::connected(at);
        for (std::size_t i = 0; i < all.size(); i += piece) {
            client.write(std::string_view(all).substr(i, piece));
            host->io.poll();
        }
        ASSERT_TRUE(host->until([&] { return host->messages.size() == 3; })) << piece;
        EXPECT_EQ(host->messages, (std::vector<std::string>{a, b, c})) << piece;
    }
}

TEST_F(Tcp, TakesAMessageAsLongAsTheLimit) {
    limits.message_bytes = 4'000;
    begin();
    std::string m = options_request("long", std::string(3'000, 'x'));
    m = options_request("long", std::string(3'000 + 4'000 - m.size(), 'x'));
    ASSERT_EQ(m.size(), 4'000u);
    const Client client = Client::connected(at);
    client.write(m);
    ASSERT_TRUE(host->until([&] { return host->messages.size() == 1; }));
    client.write(options_request("longer", std::string(4'000, 'x')));
    EXPECT_TRUE(closed_by_host(client));
    EXPECT_EQ(host->messages.size(), 1u);
    EXPECT_EQ(host->sockets.stats().tcp_broken, 1u);
}

TEST_F(Tcp, AnswersPings) {
    begin();
    const Client client = Client::connected(at);
    std::string answer;
    client.write("\r\n\r\n");
    ASSERT_TRUE(host->until([&] {
        client.read_into(answer);
        return answer == "\r\n";
    }));
    client.write("\r\n");  // one that comes in halves
    host->io.poll();
    client.write("\r\n");
    ASSERT_TRUE(host->until([&] {
        client.read_into(answer);
        return answer == "\r\n\r\n";
    }));
    client.write("\r\n");  // a single one before a message is no ping
    client.write(options_request("after"));
    ASSERT_TRUE(host->until([&] { return host->messages.size() == 1; }));
    EXPECT_EQ(host->messages[0], options_request("after"));
}

TEST_F(Tcp, ClosesWhatIsNotSipButDeliversWhatCameBefore) {
    begin();
    const Client client = Client::connected(at);
    client.write(options_request("good") + "GET / HTTP/1.1\r\nHost: x\r\n\r\n");
    EXPECT_TRUE(closed_by_host(client));
    EXPECT_EQ(host->messages, std::vector<std::string>{options_request("good")});
    EXPECT_EQ(host->sockets.stats().tcp_broken, 1u);
    EXPECT_EQ(host->sockets.stats().tcp_open, 0u);
    ASSERT_TRUE(host->until([&] { return host->failures.size() == 2; }));
    EXPECT_EQ(host->failures[0].remote, client.local());
    EXPECT_EQ(host->failures[0].connection, host->flows[0].connection);
}

TEST_F(Tcp, ClosesAnEndlessLine) {
    limits.message_bytes = 2'000;
    begin();
    const Client client = Client::connected(at);
    for (int i = 0; i < 3; ++i) {
        client.write(std::string(800, 'x'));
        host->io.poll();
    }
    EXPECT_TRUE(closed_by_host(client));
    EXPECT_EQ(host->sockets.stats().tcp_broken, 1u);
}

TEST_F(Tcp, CutsOffASlowDrip) {
    limits.tcp_message_timeout = 40ms;
    begin();
    const Client dripping = Client::connected(at), honest = Client::connected(at);
    dripping.write("\rOPTIONS sip:a@example.com SIP");
    honest.write("\r\n");
    EXPECT_TRUE(closed_by_host(dripping));
    EXPECT_EQ(host->sockets.stats().tcp_broken, 1u);
    EXPECT_EQ(host->sockets.stats().tcp_open, 1u) << "who has not begun a message may rest";
}

TEST_F(Tcp, ClosesIdleConnectionsUnlessTheyAreInUse) {
    limits.tcp_idle_timeout = 40ms;
    begin();
    host->in_use = true;
    const Client client = Client::connected(at);
    ASSERT_TRUE(host->until([&] { return host->sockets.stats().tcp_open == 1; }));
    host->io.run_for(120ms);
    EXPECT_EQ(host->sockets.stats().tcp_open, 1u);
    host->in_use = false;
    EXPECT_TRUE(closed_by_host(client));
    EXPECT_EQ(host->sockets.stats().tcp_idle, 1u);
}

TEST_F(Tcp, RefusesConnectionsPastTheLimitAndAcceptsAgainLater) {
    limits.tcp_connections = 2;
    begin();
    std::optional<Client> a = Client::connected(at);
    const Client b = Client::connected(at), c = Client::connected(at);
    EXPECT_TRUE(closed_by_host(c));
    EXPECT_EQ(host->sockets.stats().tcp_refused, 1u);
    EXPECT_EQ(host->refusals, std::vector<std::string>{"connections"});
    EXPECT_EQ(host->sockets.stats().tcp_open, 2u);
    linger hard{1, 0};
    ::setsockopt(a->fd(), SOL_SOCKET, SO_LINGER, &hard, sizeof hard);
    a.reset();
    ASSERT_TRUE(host->until([&] { return host->sockets.stats().tcp_open == 1; }));
    const Client d = Client::connected(at);
    d.write(options_request("d"));
    EXPECT_TRUE(host->until([&] { return host->messages.size() == 1; }));
}

TEST_F(Tcp, RefusesConnectionsPastTheLimitOfOneSourceUnlessItIsExempt) {
    limits.source_connections = 2;
    limits.tcp_linger = 30ms;
    begin();
    std::optional<Client> a = Client::connected(at);
    const Client b = Client::connected(at), c = Client::connected(at);
    EXPECT_TRUE(closed_by_host(c));
    EXPECT_EQ(host->refusals, std::vector<std::string>{"source_connections"});
    host->admission = Admission::unlimited;
    const Client d = Client::connected(at);
    ASSERT_TRUE(host->until([&] { return host->sockets.stats().tcp_open == 3; }));
    host->admission = Admission::limited;
    a.reset();
    ASSERT_TRUE(host->until([&] { return host->sockets.stats().tcp_open == 2; }));
    const Client still_too_many = Client::connected(at);
    EXPECT_TRUE(closed_by_host(still_too_many));
}

TEST_F(Tcp, RefusesConnectionsFromWhomItIsToldTo) {
    begin();
    host->admission = Admission::refused;
    const Client a = Client::connected(at);
    EXPECT_TRUE(closed_by_host(a));
    EXPECT_EQ(host->sockets.stats().tcp_refused, 1u);
    EXPECT_TRUE(host->refusals.empty());
    EXPECT_EQ(host->sockets.stats().tcp_open, 0u);
}

TEST_F(Tcp, SurvivesRunningOutOfDescriptors) {
    // UndefinedBehaviorSanitizer looks at memory through a pipe, and takes its absence for an invalid object.
    if (kSanitized) GTEST_SKIP() << "sanitizers need descriptors of their own";
    begin();
    const Client client = Client::connected(at);
    rlimit before{};
    ASSERT_EQ(::getrlimit(RLIMIT_NOFILE, &before), 0);
    const int next_fd = ::dup(0);
    ASSERT_GE(next_fd, 0);
    ::close(next_fd);
    const rlimit none{static_cast<rlim_t>(next_fd), before.rlim_max};
    ASSERT_EQ(::setrlimit(RLIMIT_NOFILE, &none), 0);
    const bool refused = host->until([&] { return host->sockets.stats().tcp_refused == 1; });
    ::setrlimit(RLIMIT_NOFILE, &before);
    ASSERT_TRUE(refused);
    client.write(options_request("late"));
    EXPECT_TRUE(host->until([&] { return host->messages.size() == 1; }));
}

TEST_F(Tcp, AnswersAPeerThatHasFinishedSending) {
    begin();
    const Client client = Client::connected(at);
    client.write(options_request("last words"));
    client.finish_sending();
    std::string answer;
    ASSERT_TRUE(host->until([&] {
        client.read_into(answer);
        return !answer.empty();
    }));
    EXPECT_EQ(answer, options_request("last words"));
    // later than in the same turn, too
    host->send(host->flows[0], "and one more");
    ASSERT_TRUE(host->until([&] {
        client.read_into(answer);
        return answer.ends_with("one more");
    }));
}

TEST_F(Tcp, LetsGoOfAPeerThatHasFinishedSending) {
    limits.tcp_linger = 30ms;
    begin();
    Client client = Client::connected(at);
    client.finish_sending();
    EXPECT_TRUE(closed_by_host(client));
    EXPECT_TRUE(host->until([&] { return !host->failures.empty(); }));
    EXPECT_EQ(host->sockets.stats().tcp_half_closed, 1u);
}

TEST_F(Tcp, CutsOffAPeerThatDoesNotRead) {
    limits.tcp_write_queue_bytes = 100'000;
    begin();
    const Client client = Client::connected(at);
    client.write(options_request("hello"));
    ASSERT_TRUE(host->until([&] { return host->messages.size() == 1; }));
    for (int i = 0; i < 2'000 && host->sockets.stats().tcp_broken == 0; ++i)
        host->send(host->flows[0], std::string(50'000, 'x'));
    EXPECT_EQ(host->sockets.stats().tcp_broken, 1u);
    EXPECT_GE(host->sockets.stats().send_dropped, 1u);
    ASSERT_TRUE(host->until([&] { return !host->failures.empty(); }));
}

TEST_F(Tcp, DeliversMuchToASlowReader) {
    begin();
    const Client client = Client::connected(at);
    client.write(options_request("hello"));
    ASSERT_TRUE(host->until([&] { return host->messages.size() == 1; }));
    std::string answer;
    ASSERT_TRUE(host->until([&] {
        client.read_into(answer);
        return !answer.empty();
    }));
    answer.clear();
    std::string expected;
    for (int round = 0; round < 40; ++round) {
        for (int i = 0; i < 10; ++i) expected += std::string(60'000, static_cast<char>('a' + (round + i) % 26));
        for (int i = 0; i < 10; ++i)
            host->outbox.add(host->flows[0], std::string_view(expected).substr(
                                                 expected.size() - static_cast<std::size_t>(10 - i) * 60'000, 60'000));
        host->sockets.send(host->outbox);
        host->outbox.clear();
        ASSERT_TRUE(host->until([&] {
            client.read_into(answer);
            return answer.size() >= expected.size();
        }));
    }
    EXPECT_EQ(answer, expected);
    EXPECT_EQ(host->sockets.stats().tcp_open, 1u);
}

TEST_F(Tcp, ConnectsToWhomItHasNoConnectionAndKeepsOrder) {
    begin();
    const Server server;
    for (const char* m : {"1", "2"}) host->send({Transport::tcp, at, server.at(), 0}, options_request(m));
    std::optional<Client> peer;
    std::string got;
    ASSERT_TRUE(host->until([&] {
        if (!peer) peer = server.accept();
        if (peer) peer->read_into(got);
        return got.size() == 2 * options_request("1").size();
    }));
    EXPECT_EQ(got, options_request("1") + options_request("2"));
    EXPECT_EQ(host->sockets.stats().tcp_connected, 1u);
    peer->write(options_request("back"));
    ASSERT_TRUE(host->until([&] { return host->messages.size() == 1; }));
    EXPECT_EQ(host->flows[0].remote, server.at());
    EXPECT_EQ(host->flows[0].local, at);
}

TEST_F(Tcp, ReportsARefusedConnectionFromTheLoop) {
    begin();
    const Endpoint nobody = closed_port(SOCK_STREAM);
    host->send({Transport::tcp, at, nobody, 0}, options_request("x"));
    EXPECT_TRUE(host->failures.empty());
    ASSERT_TRUE(host->until([&] { return host->failures.size() == 2; }));
    EXPECT_EQ(host->failures[1].remote, nobody);
    EXPECT_EQ(host->failures[1].connection, 0u);
    EXPECT_EQ(host->sockets.stats().tcp_open, 0u);
}

TEST_F(Tcp, ConnectsAnewAfterALoss) {
    begin();
    const Server server;
    const sip::Flow flow{Transport::tcp, at, server.at(), 0};
    for (int round = 1; round <= 2; ++round) {
        host->send(flow, options_request("x"));
        std::optional<Client> peer;
        std::string got;
        ASSERT_TRUE(host->until([&] {
            if (!peer) peer = server.accept();
            if (peer) peer->read_into(got);
            return !got.empty();
        }));
        linger hard{1, 0};
        ::setsockopt(peer->fd(), SOL_SOCKET, SO_LINGER, &hard, sizeof hard);
        peer->close();
        ASSERT_TRUE(host->until([&] { return host->sockets.stats().tcp_open == 0; })) << round;
    }
    EXPECT_EQ(host->sockets.stats().tcp_connected, 2u);
}

TEST_F(Tcp, UsesAnAcceptedConnectionForItsPeerWhateverTheFlowsConnection) {
    begin();
    const Client client = Client::connected(at);
    ASSERT_TRUE(host->until([&] { return host->sockets.stats().tcp_open == 1; }));
    host->send({Transport::tcp, at, client.local(), 0}, "by address");
    std::string got;
    ASSERT_TRUE(host->until([&] {
        client.read_into(got);
        return got == "by address";
    }));
}

TEST_F(Tcp, StopsAtOnceWhenClosedFromWithinAMessage) {
    begin();
    const Client client = Client::connected(at);
    host->on_message = [&] { host->sockets.close(); };
    client.write(options_request("1") + options_request("2"));
    EXPECT_TRUE(closed_by_host(client));
    EXPECT_EQ(host->messages.size(), 1u);
    EXPECT_TRUE(host->failures.empty());
}

}  // namespace
}  // namespace centrala::net::test
