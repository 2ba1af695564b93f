// WebSocket on loopback, with and without TLS: the opening handshake, messages, keep-alives, limits.
#include <gmock/gmock.h>

#include "net/tls_client.hpp"
#include "net/websocket_frames.hpp"

namespace centrala::net::test {
namespace {

using namespace std::chrono_literals;
using sip::Transport;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::StartsWith;

struct WebSocket : testing::Test {
    SocketLimits limits;
    std::vector<std::string> origins;
    std::optional<Host> host;
    Endpoint at;
    void begin() {
        host.emplace(limits);
        const auto bound = host->sockets.listen({Transport::ws, {kLoopback, 0}, {}, {}, origins});
        ASSERT_TRUE(bound.ok()) << bound.error().message;
        at = *bound;
        host->sockets.start();
    }
    /// The answer to a request that was sent.
    std::string answer(const Client& client) {
        std::string got;
        EXPECT_TRUE(host->until([&] { return client.read_into(got) || got.find("\r\n\r\n") != got.npos; }));
        return got;
    }
    std::string ask(const WebSocketRequest& request) {
        const Client client = Client::connected(at);
        client.write(request.text());
        return answer(client);
    }
    Client connected() {
        Client client = Client::connected(at);
        client.write(WebSocketRequest{}.text());
        EXPECT_THAT(answer(client), StartsWith("HTTP/1.1 101 "));
        return client;
    }
    std::string read_all_of(const Client& client, std::size_t size) {
        std::string got;
        EXPECT_TRUE(host->until([&] { return client.read_into(got) || got.size() >= size; })) << got.size();
        return got;
    }
    bool closed_by_host(const Client& client) {
        std::string ignored;
        return host->until([&] { return client.read_into(ignored); });
    }
};

TEST_F(WebSocket, OpensForTheSubprotocolSip) {
    begin();
    const std::string got = ask({.protocol = "chat, sip"});
    EXPECT_THAT(got, StartsWith("HTTP/1.1 101 Switching Protocols\r\n"));
    EXPECT_THAT(got, HasSubstr("\r\nSec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n")) << "RFC 6455 §1.3";
    EXPECT_THAT(got, HasSubstr("\r\nSec-WebSocket-Protocol: sip\r\n"));
    EXPECT_THAT(got, HasSubstr("\r\nUpgrade: websocket\r\n"));
    EXPECT_EQ(host->sockets.stats().websockets, 1u);
}

TEST_F(WebSocket, TellsWhoIsRefusedWhy) {
    begin();
    EXPECT_THAT(ask({.protocol = ""}), StartsWith("HTTP/1.1 400 "));
    EXPECT_THAT(ask({.protocol = "chat"}), HasSubstr("\r\n\r\nexpected Sec-WebSocket-Protocol: sip\n"));
    EXPECT_THAT(ask({.key = "short"}), StartsWith("HTTP/1.1 400 "));
    for (const char* key : {"dGhlIHNhbXBsZSBub25jZQ=", "dGhlIHNhbXBsZSBub25jZQ=== ", "dLGhlIHNhbXBsZSBub25jZQ==",
                            "dGhlIHNhbXBsZSBub25j!Q==", "===================="})
        EXPECT_THAT(ask({.key = key}), StartsWith("HTTP/1.1 400 ")) << key;
    EXPECT_THAT(ask({.method = "POST"}), StartsWith("HTTP/1.1 405 "));
    const std::string old = ask({.version = "8"});
    EXPECT_THAT(old, StartsWith("HTTP/1.1 426 "));
    EXPECT_THAT(old, HasSubstr("\r\nSec-WebSocket-Version: 13\r\n"));
    const std::string plain = ask({.upgrade = "", .connection = "", .key = "", .protocol = ""});
    EXPECT_THAT(plain, StartsWith("HTTP/1.1 426 "));
    EXPECT_THAT(plain, HasSubstr("\r\nUpgrade: websocket\r\n"));
    ASSERT_TRUE(host->until([&] { return host->sockets.stats().tcp_open == 0; }));
    EXPECT_EQ(host->sockets.stats().websockets_refused, 11u);
    EXPECT_EQ(host->refusals.size(), 11u);
    EXPECT_THAT(host->messages, IsEmpty());
}

TEST_F(WebSocket, KeepsPagesOfOtherOriginsOut) {
    origins = {"https://desk.example.com", "https://other.example.com:8443"};
    begin();
    EXPECT_THAT(ask({.origin = "https://evil.example"}), StartsWith("HTTP/1.1 403 "));
    EXPECT_THAT(ask({.origin = "null"}), StartsWith("HTTP/1.1 403 "));
    EXPECT_THAT(ask({.origin = "https://DESK.example.com"}), StartsWith("HTTP/1.1 101 "));
    EXPECT_THAT(ask({.origin = "https://other.example.com:8443"}), StartsWith("HTTP/1.1 101 "));
    EXPECT_THAT(ask({.origin = ""}), StartsWith("HTTP/1.1 101 ")) << "no browser";
}

TEST_F(WebSocket, CarriesOneMessageAFrame) {
    begin();
    const Client client = connected();
    client.write(frame_of(1, options_request("text")) + frame_of(2, options_request("binary")));
    ASSERT_TRUE(host->until([&] { return host->messages.size() == 2; }));
    EXPECT_THAT(host->messages, ElementsAre(options_request("text"), options_request("binary")));
    EXPECT_EQ(host->flows[0].transport, Transport::ws);
    EXPECT_EQ(host->flows[0].remote, client.local());
    const std::string echo = options_request("text");
    EXPECT_THAT(read_all_of(client, echo.size() + 2),
                StartsWith("\x81" + std::string(1, static_cast<char>(echo.size())) + echo));
}

TEST_F(WebSocket, AnswersPings) {
    begin();
    const Client client = connected();
    client.write(frame_of(9, "are you there?"));
    EXPECT_EQ(read_all_of(client, 16),
              "\x8a\x0e"
              "are you there?");
    client.write(frame_of(1, "\r\n\r\n"));
    EXPECT_EQ(read_all_of(client, 4), "\x81\x02\r\n");
}

TEST_F(WebSocket, SaysGoodbye) {
    begin();
    const Client client = connected();
    client.write(frame_of(8, "\x03\xe8"));
    EXPECT_EQ(read_all_of(client, 4), "\x88\x02\x03\xe8");
    EXPECT_TRUE(closed_by_host(client));
    ASSERT_TRUE(host->until([&] { return host->failures.size() == 2; }));
    EXPECT_EQ(host->failures[0].transport, Transport::ws);
    EXPECT_EQ(host->sockets.stats().tcp_broken, 0u);
}

TEST_F(WebSocket, RefusesAFrameThatClaimsTheWorld) {
    limits.message_bytes = 4'000;
    begin();
    const Client client = connected();
    client.write(std::string("\x82\xff\x7f\xff\xff\xff\xff\xff\xff\xff", 10));
    EXPECT_EQ(read_all_of(client, 4), "\x88\x02\x03\xf1");
    EXPECT_TRUE(closed_by_host(client));
    EXPECT_EQ(host->sockets.stats().tcp_broken, 1u);
}

TEST_F(WebSocket, EndsAMessageThatDrips) {
    limits.tcp_message_timeout = 100ms;
    begin();
    const Client client = connected();
    client.write(frame_of(1, "OPTIONS sip:", false));
    EXPECT_TRUE(closed_by_host(client));
    EXPECT_EQ(host->sockets.stats().tcp_broken, 1u);
}

TEST_F(WebSocket, EndsAHandshakeThatTakesTooLong) {
    limits.handshake_timeout = 100ms;
    begin();
    const Client client = Client::connected(at);
    client.write("GET / HTTP/1.1\r\nHost:");
    EXPECT_TRUE(closed_by_host(client));
    ASSERT_TRUE(host->until([&] { return !host->refusals.empty(); }));
    EXPECT_THAT(host->refusals, ElementsAre("timeout"));
}

TEST_F(WebSocket, EndsWhatIsNoHttp) {
    begin();
    for (const std::string& request : {options_request("sip"), std::string("\x16\x03\x01\x02"),
                                       "GET / HTTP/1.1\r\nX: " + std::string(10'000, 'x')}) {
        const Client client = Client::connected(at);
        client.write(request);
        EXPECT_TRUE(closed_by_host(client));
    }
    ASSERT_TRUE(host->until([&] { return host->refusals.size() == 3; }));
    EXPECT_THAT(host->refusals, testing::Each("no HTTP request"));
    EXPECT_THAT(host->messages, IsEmpty());
}

TEST_F(WebSocket, CountsAmongTheConnections) {
    limits.tcp_connections = 2;
    begin();
    const Client a = connected(), b = connected();
    const Client c = Client::connected(at);
    EXPECT_TRUE(closed_by_host(c));
    EXPECT_EQ(host->sockets.stats().tcp_refused, 1u);
}

TEST_F(WebSocket, OnlyTheClientCanOpenOne) {  // RFC 7118 §5
    begin();
    const Client client = connected();
    host->send({Transport::ws, at, client.local(), 0}, "by address");
    EXPECT_EQ(read_all_of(client, 12),
              "\x81\x0a"
              "by address");
    const Server server;
    host->send({Transport::ws, at, server.at(), 0}, "nobody");
    ASSERT_TRUE(host->until([&] { return !host->failures.empty(); }));
    EXPECT_EQ(host->failures[0].transport, Transport::ws);
    EXPECT_EQ(host->failures[0].remote, server.at());
    EXPECT_FALSE(server.accept().has_value());
}

TEST_F(WebSocket, ListensOnIpv6) {
    const IpAddress loopback6 = *IpAddress::parse("::1");
    host.emplace(limits);
    const auto bound = host->sockets.listen({Transport::ws, {loopback6, 0}, {}, {}, {}});
    if (!bound) GTEST_SKIP() << "no IPv6 here: " << bound.error().message;
    at = *bound;
    host->sockets.start();
    const Client client = connected();
    client.write(frame_of(1, options_request("six")));
    ASSERT_TRUE(host->until([&] { return host->messages.size() == 1; }));
    EXPECT_EQ(host->flows[0].remote, client.local());
}

TEST_F(WebSocket, SpeaksTls) {
    Certificates certificates;
    const auto ours = certificates.make("server", {"centrala.test"});
    host.emplace(limits);
    sip::TlsOptions tls;
    tls.certificate = ours.certificate;
    tls.private_key = ours.private_key;
    const auto bound = host->sockets.listen({Transport::wss, {kLoopback, 0}, {}, tls, {}});
    ASSERT_TRUE(bound.ok()) << bound.error().message;
    host->sockets.start();
    TlsClient client(Client::connected(*bound), {.authority = certificates.authority()});
    ASSERT_TRUE(host->until([&] { return client.shake_hands() == TlsClient::Shaken::done; }));
    client.write(WebSocketRequest{}.text());
    std::string got;
    ASSERT_TRUE(host->until([&] { return client.read_into(got) || got.find("\r\n\r\n") != got.npos; }));
    EXPECT_THAT(got, StartsWith("HTTP/1.1 101 "));
    client.write(frame_of(1, options_request("secure")));
    ASSERT_TRUE(host->until([&] { return host->messages.size() == 1; }));
    EXPECT_EQ(host->messages[0], options_request("secure"));
    EXPECT_EQ(host->flows[0].transport, Transport::wss);
    // The handshake and the first message in one record larger than what reads the request.
    TlsClient hasty(Client::connected(*bound), {});
    ASSERT_TRUE(host->until([&] { return hasty.shake_hands() == TlsClient::Shaken::done; }));
    WebSocketRequest padded;
    padded.origin += std::string(3'000, 'x');
    hasty.write(padded.text());
    got.clear();
    ASSERT_TRUE(host->until([&] { return hasty.read_into(got) || got.find("\r\n\r\n") != got.npos; }));
    EXPECT_THAT(got, StartsWith("HTTP/1.1 101 "));
}

}  // namespace
}  // namespace centrala::net::test
