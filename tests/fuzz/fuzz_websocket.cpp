// Any bytes on a WebSocket port, the opening handshake first, in pieces: it is opened or refused, once; only after it
// are there messages, within their limit; and in the end the connection is gone and nothing counted any more.
#include <cstdint>
#include <cstdlib>
#include <string_view>
#include <vector>

#include <asio/io_context.hpp>
#include <sys/socket.h>
#include <unistd.h>

#include "net/stream_connection.hpp"

using namespace centrala;
using namespace centrala::net;

namespace {

constexpr std::size_t kMessageMax = 2'048;

void check(bool good) {
    if (!good) std::abort();
}

struct Listener final : SocketEvents {
    void received(std::span<char> bytes, const sip::Flow&) override {
        check(!bytes.empty() && bytes.size() <= kMessageMax && stats.websockets == 1);
    }
    void turn_over() override {}
    void failed(sip::Transport, const Endpoint&, std::uint64_t) override {}
    bool in_use(const sip::Flow&) override { return false; }
    void handshake_failed(const sip::Flow&, HandshakeKind, std::string_view reason) override {
        check(!reason.empty() && ++refusals == 1);
    }
    Admission admission(const IpAddress&) override { return Admission::unlimited; }
    void connection_refused(const sip::Flow&, std::string_view) override { check(false); }
    [[nodiscard]] bool closed() const override { return false; }

    SocketStats stats;
    int refusals = 0;
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    if (size < 1) return 0;
    const std::size_t piece = data[0] % 2 ? size : 1U + data[0];
    std::string_view stream(reinterpret_cast<const char*>(data) + 1, size - 1);
    int ends[2];
    if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, ends) != 0) return 0;
    asio::io_context io;
    asio::ip::tcp::socket socket(io);
    socket.assign(asio::ip::tcp::v4(), ends[0]);
    static WebSocketDoor door({"https://acd.example"});
    Listener listener;
    SocketLimits limits;
    limits.message_bytes = kMessageMax;
    std::size_t handshakes = 0, source_handshakes = 0;
    std::vector<char> scratch(4'096);
    int gone = 0;
    const auto connection = std::make_shared<StreamConnection>(
        std::move(socket),
        sip::Flow{sip::Transport::ws, *Endpoint::parse("192.0.2.1:80"), *Endpoint::parse("192.0.2.9:4000"), 1},
        StreamShared{listener, limits, listener.stats, handshakes, source_handshakes, scratch},
        [&](StreamConnection&) { ++gone; });
    connection->through(door);
    connection->start();
    const auto read_answers = [&] {
        char answer[4'096];
        while (::read(ends[1], answer, sizeof answer) > 0) {}
    };
    while (!stream.empty() && gone == 0) {
        const auto sent = ::send(ends[1], stream.data(), std::min(piece, stream.size()), MSG_NOSIGNAL);
        if (sent <= 0) break;
        stream.remove_prefix(static_cast<std::size_t>(sent));
        io.restart();
        io.poll();
        read_answers();
    }
    ::shutdown(ends[1], SHUT_WR);
    io.restart();
    io.poll();
    connection->sweep(std::chrono::steady_clock::now() + std::chrono::hours(1));
    io.restart();
    io.poll();
    ::close(ends[1]);
    check(gone == 1 && handshakes == 0 && source_handshakes == 0);
    check(listener.stats.websockets + listener.stats.websockets_refused == 1);
    check(listener.stats.websockets_refused == static_cast<std::uint64_t>(listener.refusals));
    return 0;
}
