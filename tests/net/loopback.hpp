// SipSockets on loopback with a record of what they told, and plain blocking clients to talk to them.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <vector>

#include <arpa/inet.h>
#include <asio/io_context.hpp>
#include <gtest/gtest.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "centrala/net/sip_sockets.hpp"
#include "net/socket_address.hpp"

namespace centrala::net::test {

inline const IpAddress kLoopback = IpAddress::v4({127, 0, 0, 1});

inline std::string options_request(std::string_view name, std::string_view body = {}) {
    std::string m = "OPTIONS sip:a@example.com SIP/2.0\r\nX-Name: ";
    m.append(name).append("\r\nContent-Length: ").append(std::to_string(body.size())).append("\r\n\r\n").append(body);
    return m;
}

struct Told {
    sip::Transport transport;
    Endpoint remote;
    std::uint64_t connection;
};

/// Sockets under test. Every message is recorded and, if `echo`, sent back at the turn's end.
struct Host {
    explicit Host(SocketLimits limits = {}) : sockets(io, limits, handlers()) {}

    SipSockets::Handlers handlers() {
        SipSockets::Handlers h;
        h.message = [this](std::span<char> bytes, const sip::Flow& from) {
            messages.emplace_back(bytes.data(), bytes.size());
            flows.push_back(from);
            if (echo) outbox.add(from, messages.back());
            if (on_message) on_message();
        };
        h.failed = [this](sip::Transport t, const Endpoint& r, std::uint64_t c) { failures.push_back({t, r, c}); };
        h.turn_over = [this] {
            ++turns;
            sockets.send(outbox);
            outbox.clear();
        };
        h.in_use = [this](const sip::Flow&) { return in_use; };
        h.handshake_failed = [this](const sip::Flow&, HandshakeKind, std::string_view reason) {
            refusals.emplace_back(reason);
        };
        h.admission = [this](const IpAddress&) { return admission; };
        h.connection_refused = [this](const sip::Flow&, std::string_view limit) { refusals.emplace_back(limit); };
        return h;
    }
    Endpoint listen(sip::Transport transport, IpAddress address = kLoopback, Endpoint advertised = {}) {
        auto bound = sockets.listen({transport, {address, 0}, advertised, {}, {}});
        EXPECT_TRUE(bound.ok()) << (bound.ok() ? "" : bound.error().message);
        return bound.ok() ? *bound : Endpoint{};
    }
    void send(const sip::Flow& flow, std::string_view bytes) {
        outbox.add(flow, bytes);
        sockets.send(outbox);
        outbox.clear();
    }
    /// Runs the loop until it holds; the limit only bounds a failing test.
    template <class Condition>
    [[nodiscard]] bool until(Condition condition) {
        const auto limit = std::chrono::steady_clock::now() + std::chrono::seconds(30);
        while (!condition()) {
            if (std::chrono::steady_clock::now() > limit) return false;
            if (io.stopped()) io.restart();
            io.run_one_for(std::chrono::milliseconds(5));
        }
        return true;
    }

    asio::io_context io;
    std::vector<std::string> messages;
    std::vector<sip::Flow> flows;
    std::vector<Told> failures;
    std::vector<std::string> refusals;  ///< of connections and handshakes: why
    Admission admission = Admission::limited;
    sip::Outbox outbox;
    int turns = 0;
    bool echo = true, in_use = false;
    std::function<void()> on_message;
    SipSockets sockets;
};

class Client {
public:
    explicit Client(int type, IpAddress address = kLoopback) : fd_(*open_bound(type, {address, 0})) {}
    explicit Client(int adopted_fd, std::nullptr_t) : fd_(adopted_fd) {}
    ~Client() { close(); }
    Client(Client&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
    Client& operator=(Client&& other) noexcept {
        std::swap(fd_, other.fd_);
        return *this;
    }

    static Client connected(const Endpoint& to) {
        Client c(SOCK_STREAM, to.address);
        SocketAddress a;
        const socklen_t length = to_socket_address(to, a);
        if (::connect(c.fd_, &a.any, length) != 0 && errno != EINPROGRESS) ADD_FAILURE() << strerror(errno);
        pollfd p{c.fd_, POLLOUT, 0};
        ::poll(&p, 1, 5'000);
        return c;
    }
    void send_to(const Endpoint& to, std::string_view bytes) const {
        SocketAddress a;
        const socklen_t length = to_socket_address(to, a);
        EXPECT_EQ(::sendto(fd_, bytes.data(), bytes.size(), 0, &a.any, length), static_cast<ssize_t>(bytes.size()));
    }
    void write(std::string_view bytes) const {
        EXPECT_EQ(::send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL), static_cast<ssize_t>(bytes.size()));
    }
    struct Datagram {
        std::string bytes;
        Endpoint from;
    };
    /// What is there now.
    std::optional<Datagram> receive() const {
        std::string buffer(65'536, '\0');
        SocketAddress a{};
        socklen_t length = sizeof a;
        const ssize_t n = ::recvfrom(fd_, buffer.data(), buffer.size(), MSG_DONTWAIT, &a.any, &length);
        if (n < 0) return std::nullopt;
        buffer.resize(static_cast<std::size_t>(n));
        return Datagram{std::move(buffer), to_endpoint(a)};
    }
    /// Adds what is there now; true once the peer has closed or reset.
    bool read_into(std::string& into) const {
        char buffer[65'536];
        for (;;) {
            const ssize_t n = ::recv(fd_, buffer, sizeof buffer, MSG_DONTWAIT);
            if (n == 0) return true;
            if (n < 0) return errno != EAGAIN;
            into.append(buffer, static_cast<std::size_t>(n));
        }
    }
    void finish_sending() const { ::shutdown(fd_, SHUT_WR); }
    void close() {
        if (fd_ >= 0) ::close(fd_);
        fd_ = -1;
    }
    [[nodiscard]] Endpoint local() const { return bound_endpoint(fd_); }
    [[nodiscard]] int fd() const { return fd_; }

private:
    int fd_;
};

/// A TCP server of the test's own.
class Server {
public:
    explicit Server(Endpoint at = {kLoopback, 0}) : fd_(*open_bound(SOCK_STREAM, at)) {
        EXPECT_EQ(::listen(fd_, 8), 0);
    }
    ~Server() { ::close(fd_); }
    std::optional<Client> accept() const {
        const int fd = ::accept4(fd_, nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC);
        if (fd < 0) return std::nullopt;
        return Client(fd, nullptr);
    }
    [[nodiscard]] Endpoint at() const { return bound_endpoint(fd_); }

private:
    int fd_;
};

/// A port on which nobody listens.
inline Endpoint closed_port(int type) {
    return Client(type).local();
}

}  // namespace centrala::net::test
