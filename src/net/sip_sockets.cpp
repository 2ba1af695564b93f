// Ties UDP sockets and connections together behind SipSockets; failures are told from the loop, never from send().
#include "centrala/net/sip_sockets.hpp"

#include <asio/io_context.hpp>
#include <asio/post.hpp>
#include <unistd.h>

#include "net/socket_address.hpp"
#include "net/stream_pool.hpp"
#include "net/udp_socket.hpp"

namespace centrala::net {

struct SipSockets::Impl final : SocketEvents, std::enable_shared_from_this<SipSockets::Impl> {
    Impl(asio::io_context& io_context, SocketLimits socket_limits, Handlers user)
        : io(io_context), limits(socket_limits), handlers(std::move(user)), streams(io, limits, *this, stats) {}

    void received(std::span<char> bytes, const sip::Flow& from) override { handlers.message(bytes, from); }
    void turn_over() override {
        if (!closed_ && handlers.turn_over) handlers.turn_over();
    }
    void failed(sip::Transport transport, const Endpoint& remote, std::uint64_t connection) override {
        const Failure failure{transport, remote, connection};
        if (closed_ || (!failures.empty() && failures.back() == failure)) return;
        failures.push_back(failure);
        if (failures.size() > 1) return;
        asio::post(io, [weak = weak_from_this()] {
            if (const auto self = weak.lock()) self->tell_failures();
        });
    }
    bool in_use(const sip::Flow& flow) override { return handlers.in_use && handlers.in_use(flow); }
    void handshake_failed(const sip::Flow& from, HandshakeKind kind, std::string_view reason) override {
        if (closed_ || !handlers.handshake_failed) return;
        handlers.handshake_failed(from, kind, reason);
    }
    Admission admission(const IpAddress& source) override {
        return handlers.admission ? handlers.admission(source) : Admission::limited;
    }
    void connection_refused(const sip::Flow& from, std::string_view limit) override {
        if (!closed_ && handlers.connection_refused) handlers.connection_refused(from, limit);
    }
    [[nodiscard]] bool closed() const override { return closed_; }

    void tell_failures() {
        const std::vector<Failure> told = std::move(failures);
        failures.clear();
        for (const Failure& f : told) {
            if (closed_) return;
            handlers.failed(f.transport, f.remote, f.connection);
        }
        turn_over();
    }

    Result<Endpoint> listen_udp(const ListenOptions& options) {
        Result<int> fd = open_bound(SOCK_DGRAM, options.address);
        if (!fd) return fd.error();
        const Endpoint bound = bound_endpoint(*fd);
        Endpoint advertised = options.advertised;
        if (advertised.address.is_unspecified()) advertised.address = bound.address;
        if (advertised.port == 0) advertised.port = bound.port;
        UdpSocket::prepare(*fd, bound.address.is_v4());
        if (!arena) arena = std::make_unique<DatagramArena>(limits.message_bytes);
        udp.push_back(std::make_unique<UdpSocket>(io, *fd, advertised, *arena, *this, stats, weak_from_this()));
        return bound;
    }

    UdpSocket* socket_for(const sip::Flow& flow) {
        UdpSocket* by_family = nullptr;
        for (const auto& s : udp) {
            if (s->is_v4() != flow.remote.address.is_v4()) continue;
            if (s->advertised() == flow.local) return s.get();
            if (!by_family) by_family = s.get();
        }
        return by_family;
    }

    void send(const sip::Outbox& outbox) {
        for (std::size_t i = 0; i < outbox.size(); ++i) {
            const sip::Outgoing out = outbox[i];
            if (sip::is_reliable(out.flow.transport)) {
                streams.add(out.bytes, out.flow);
            } else if (UdpSocket* socket = socket_for(out.flow)) {
                socket->add(out.bytes, out.flow.remote);
            } else {
                ++stats.send_dropped;
                failed(sip::Transport::udp, out.flow.remote, 0);
            }
        }
        for (const auto& s : udp) s->flush();
        streams.flush();
    }

    void close() {
        if (closed_) return;
        closed_ = true;
        for (const auto& s : udp) s->close();
        streams.close();
        failures.clear();
    }

    struct Failure {
        sip::Transport transport;
        Endpoint remote;
        std::uint64_t connection;
        bool operator==(const Failure&) const = default;
    };
    asio::io_context& io;
    SocketLimits limits;
    Handlers handlers;
    SocketStats stats;
    std::unique_ptr<DatagramArena> arena;
    std::vector<std::unique_ptr<UdpSocket>> udp;
    StreamPool streams;
    std::vector<Failure> failures;
    bool closed_ = false;
};

SipSockets::SipSockets(asio::io_context& io, SocketLimits limits, Handlers handlers)
    : impl_(std::make_shared<Impl>(io, limits, std::move(handlers))) {}

SipSockets::~SipSockets() {
    impl_->close();
}

Result<Endpoint> SipSockets::listen(const ListenOptions& options) {
    Result<Endpoint> bound =
        options.transport == sip::Transport::udp ? impl_->listen_udp(options) : impl_->streams.listen(options);
    if (bound) return bound;
    return Error{std::string(sip::transport_name(options.transport)) + " " + options.address.to_string() + ": " +
                 bound.error().message};
}

Result<bool> SipSockets::use_for_outgoing_tls(const sip::TlsOptions& options) {
    return impl_->streams.use_for_outgoing_tls(options);
}

std::vector<Reloaded> SipSockets::reload_certificates() {
    return impl_->streams.reload_certificates();
}

void SipSockets::start() {
    for (const auto& s : impl_->udp) s->start();
    impl_->streams.start(impl_->weak_from_this());
}

void SipSockets::send(const sip::Outbox& outbox) {
    impl_->send(outbox);
}

void SipSockets::close() {
    impl_->close();
}

SocketStats SipSockets::stats() const {
    SocketStats stats = impl_->stats;
    stats.tcp_open = impl_->streams.open();
    return stats;
}

}  // namespace centrala::net
