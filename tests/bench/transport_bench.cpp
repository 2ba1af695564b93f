// What a message and a handshake cost the server on each transport: the CPU time of the thread that runs SipSockets and
// sends every message back, on loopback. The clients have a thread of their own, which isn't counted.
#include <atomic>
#include <ctime>
#include <thread>

#include <asio/io_context.hpp>
#include <asio/post.hpp>
#include <benchmark/benchmark.h>
#include <poll.h>
#include <pthread.h>

#include "net/tls_client.hpp"
#include "net/websocket_frames.hpp"

namespace {

using namespace centrala;
using namespace centrala::net;
using namespace centrala::net::test;
using sip::Transport;

constexpr std::size_t kBatch = 64;  ///< messages on their way at once
constexpr std::size_t kBytes = 500;

class EchoServer {
public:
    explicit EchoServer(Transport transport) : ours_(certificates_.make("server", {"centrala.test"})) {
        SipSockets::Handlers handlers;
        handlers.message = [this](std::span<char> bytes, const sip::Flow& from) {
            outbox_.add(from, std::string_view(bytes.data(), bytes.size()));
        };
        handlers.failed = [](Transport, const Endpoint&, std::uint64_t) {};
        handlers.turn_over = [this] {
            sockets_->send(outbox_);
            outbox_.clear();
        };
        sockets_ = std::make_unique<SipSockets>(io_, SocketLimits{}, std::move(handlers));
        sip::TlsOptions tls;
        tls.certificate = ours_.certificate;
        tls.private_key = ours_.private_key;
        at = *sockets_->listen({transport, {kLoopback, 0}, {}, tls, {}});
        sockets_->start();
        thread_ = std::thread([this] { io_.run(); });
        ::pthread_getcpuclockid(thread_.native_handle(), &clock_);
    }
    ~EchoServer() {
        asio::post(io_, [this] {
            sockets_->close();
            io_.stop();
        });
        thread_.join();
    }
    [[nodiscard]] double cpu_s() const {
        timespec t{};
        ::clock_gettime(clock_, &t);
        return static_cast<double>(t.tv_sec) + static_cast<double>(t.tv_nsec) * 1e-9;
    }
    Endpoint at;

private:
    Certificates certificates_;
    Certificates::Pair ours_;
    asio::io_context io_{1};
    sip::Outbox outbox_;
    std::unique_ptr<SipSockets> sockets_;
    std::thread thread_;
    clockid_t clock_{};
};

void wait_readable(int fd) {
    pollfd p{fd, POLLIN, 0};
    ::poll(&p, 1, 1'000);
}

/// One phone, whatever the transport.
class Phone {
public:
    Phone(Transport transport, const Endpoint& at)
        : transport_(transport),
          at_(at),
          plain_(transport == Transport::udp ? Client(SOCK_DGRAM) : Client::connected(at)) {
        if (sip::is_secure(transport)) {
            tls_ = std::make_unique<TlsClient>(std::move(plain_), TlsClient::Options{});
            while (tls_->shake_hands() == TlsClient::Shaken::not_yet) wait_readable(tls_->socket().fd());
        }
        if (!sip::is_websocket(transport)) return;
        write(WebSocketRequest{}.text());
        for (std::string answer; answer.find("\r\n\r\n") == answer.npos; read(answer)) {}
    }
    void write(std::string_view bytes) {
        if (transport_ == Transport::udp)
            plain_.send_to(at_, bytes);
        else if (tls_)
            tls_->write(bytes);
        else
            plain_.write(bytes);
    }
    void read(std::string& into) {
        wait_readable(tls_ ? tls_->socket().fd() : plain_.fd());
        if (tls_)
            tls_->read_into(into);
        else if (transport_ == Transport::udp)
            while (auto datagram = plain_.receive()) into += datagram->bytes;
        else
            plain_.read_into(into);
    }

private:
    Transport transport_;
    Endpoint at_;
    Client plain_;
    std::unique_ptr<TlsClient> tls_;
};

void message_there_and_back(benchmark::State& state, Transport transport) {
    EchoServer server(transport);
    Phone phone(transport, server.at);
    std::string message = options_request("x", "");
    message = options_request("x", std::string(kBytes - message.size() - 2, 'x'));
    const std::string one = sip::is_websocket(transport) ? frame_of(1, message) : message;
    const std::size_t back = message.size() + (sip::is_websocket(transport) ? 4 : 0);
    std::string batch, got;
    for (std::size_t i = 0; i < kBatch; ++i) batch += one;
    for (auto _ : state) {
        got.clear();
        const double before = server.cpu_s();
        if (transport == Transport::udp)
            for (std::size_t i = 0; i < kBatch; ++i) phone.write(one);
        else
            phone.write(batch);
        while (got.size() < kBatch * back) phone.read(got);
        state.SetIterationTime((server.cpu_s() - before) / kBatch);
    }
    state.counters["cpu_limited_per_s"] = benchmark::Counter(1, benchmark::Counter::kIsIterationInvariantRate);
}

void handshake(benchmark::State& state, Transport transport) {
    EchoServer server(transport);
    for (auto _ : state) {
        const double before = server.cpu_s();
        const Phone phone(transport, server.at);
        state.SetIterationTime(server.cpu_s() - before);
    }
    state.counters["cpu_limited_per_s"] = benchmark::Counter(1, benchmark::Counter::kIsIterationInvariantRate);
}

#define FOR(what, transport) \
    BENCHMARK_CAPTURE(what, transport, Transport::transport)->UseManualTime()->Unit(benchmark::kMicrosecond)
FOR(message_there_and_back, udp);
FOR(message_there_and_back, tcp);
FOR(message_there_and_back, tls);
FOR(message_there_and_back, ws);
FOR(message_there_and_back, wss);
FOR(handshake, tcp);
FOR(handshake, tls);
FOR(handshake, ws);
FOR(handshake, wss);

}  // namespace
