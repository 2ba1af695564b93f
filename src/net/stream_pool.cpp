// Listeners and connections of TCP, TLS and WebSocket. A message goes back over its connection, or over any that leads
// to the same place, or over a new one (RFC 3261 §18.1.1, §18.2.2; RFC 5923 §5: the address that a connection leads to
// is its alias).
#include "net/stream_pool.hpp"

#include <algorithm>
#include <cerrno>
#include <cstring>

#include <unistd.h>

#include "net/socket_address.hpp"

namespace centrala::net {
namespace {

constexpr int kBacklog = 1'024;
constexpr std::size_t kAcceptsAWake = 64;
constexpr auto kAcceptPause = std::chrono::milliseconds(100);
constexpr std::size_t kScratch = 65'536;

/// Often enough for the shortest limit to mean something.
std::chrono::steady_clock::duration sweep_interval(const SocketLimits& limits) {
    const Duration shortest = std::min({limits.tcp_idle_timeout, limits.tcp_message_timeout, limits.tcp_connect_timeout,
                                        limits.tcp_linger, limits.handshake_timeout});
    return std::clamp<Duration>(shortest / 4, 5ms, 1s);
}

}  // namespace

StreamPool::StreamPool(asio::io_context& io, const SocketLimits& limits, SocketEvents& events, SocketStats& stats)
    : io_(io),
      limits_(limits),
      events_(events),
      stats_(stats),
      sweep_timer_(io),
      sweep_every_(sweep_interval(limits)) {}

StreamPool::~StreamPool() {
    close();
}

Result<Endpoint> StreamPool::listen(const ListenOptions& options) {
    std::shared_ptr<TlsContext> tls;
    if (sip::is_secure(options.transport)) {
        auto loaded = TlsContext::server(options.tls);
        if (!loaded) return loaded.error();
        tls = std::move(*loaded);
    }
    Result<int> fd = open_bound(SOCK_STREAM, options.address);
    if (!fd) return fd.error();
    if (::listen(*fd, kBacklog) != 0) {
        const int error = errno;
        ::close(*fd);
        return Error{std::strerror(error)};
    }
    const Endpoint bound = bound_endpoint(*fd);
    auto listener = std::make_unique<Listener>(Listener{asio::ip::tcp::acceptor(io_), options.transport, bound,
                                                        options.advertised, options.tls, std::move(tls), nullptr});
    if (sip::is_websocket(options.transport)) listener->door = std::make_unique<WebSocketDoor>(options.allowed_origins);
    asio::error_code error;
    listener->acceptor.assign(bound.address.is_v4() ? asio::ip::tcp::v4() : asio::ip::tcp::v6(), *fd, error);
    if (error) {
        ::close(*fd);
        return Error{error.message()};
    }
    listener->acceptor.non_blocking(true, error);
    if (listener->advertised.address.is_unspecified()) listener->advertised.address = bound.address;
    if (listener->advertised.port == 0) listener->advertised.port = bound.port;
    listeners_.push_back(std::move(listener));
    return bound;
}

void StreamPool::start(std::weak_ptr<void> owner) {
    owner_ = std::move(owner);
    scratch_.resize(kScratch);
    for (const auto& l : listeners_) wait_acceptable(*l);
    wait_sweep();
}

void StreamPool::close() {
    for (const auto& l : listeners_) {
        asio::error_code ignored;
        l->acceptor.close(ignored);
    }
    sweep_timer_.cancel();
    for (const auto& [id, connection] : by_id_) connection->close();
    by_id_.clear();
    by_remote_.clear();
    to_flush_.clear();
}

// ---- certificates

Result<bool> StreamPool::use_for_outgoing_tls(const sip::TlsOptions& options) {
    auto loaded = TlsContext::client(options);
    if (!loaded) return loaded.error();
    client_options_ = options;
    client_tls_ = std::move(*loaded);
    return true;
}

std::vector<Reloaded> StreamPool::reload_certificates() {
    std::vector<Reloaded> all;
    for (const auto& l : listeners_) {
        if (!l->tls) continue;
        auto& told = all.emplace_back();
        told.what = std::string(sip::transport_name(l->transport)) + " " + l->address.to_string();
        if (auto loaded = TlsContext::server(l->tls_options); loaded) {
            l->tls = std::move(*loaded);
            told.warnings = l->tls->warnings();
        } else {
            told.error = loaded.error().message;
        }
    }
    if (!client_tls_) return all;
    auto loaded = TlsContext::client(client_options_);
    if (loaded)
        client_tls_ = std::move(*loaded);
    else
        all.push_back({"outgoing tls", loaded.error().message, {}});
    return all;
}

// ---- in

void StreamPool::wait_acceptable(Listener& listener) {
    listener.acceptor.async_wait(asio::ip::tcp::acceptor::wait_read,
                                 [this, &listener, owner = owner_](const asio::error_code& error) {
                                     const auto alive = owner.lock();
                                     if (!alive || error || events_.closed()) return;
                                     if (accept_some(listener))
                                         wait_acceptable(listener);
                                     else
                                         pause_accepting(listener);
                                 });
}

/// False if accepting makes no sense for a while.
bool StreamPool::accept_some(Listener& listener) {
    for (std::size_t i = 0; i < kAcceptsAWake; ++i) {
        SocketAddress source{};
        socklen_t length = sizeof source;
        const int fd = ::accept4(listener.acceptor.native_handle(), &source.any, &length, SOCK_NONBLOCK | SOCK_CLOEXEC);
        if (fd < 0) {
            if (errno == EAGAIN || errno == EWOULDBLOCK) return true;
            if (errno == EMFILE || errno == ENFILE || errno == ENOBUFS || errno == ENOMEM) {
                ++stats_.tcp_refused;
                return false;
            }
            continue;  // the peer has gone again (ECONNABORTED) and the like
        }
        admit(listener, fd, to_endpoint(source));
    }
    return true;
}

/// Whether one more connection may be opened to us that way.
bool StreamPool::admissible(const sip::Flow& flow) {
    const Admission admission = events_.admission(flow.remote.address);
    if (admission == Admission::refused) return false;
    Source source;
    if (const auto found = sources_.find(flow.remote.address); found != sources_.end()) source = found->second;
    const bool limited = admission == Admission::limited;
    const bool shakes_hands = sip::is_secure(flow.transport) || sip::is_websocket(flow.transport);
    const auto full = [](std::size_t count, std::size_t limit) { return limit != 0 && count >= limit; };
    std::string_view limit;
    if (by_id_.size() >= limits_.tcp_connections)
        limit = "connections";
    else if (shakes_hands && handshakes_ >= limits_.handshakes)
        limit = "handshakes";
    else if (limited && full(source.connections, limits_.source_connections))
        limit = "source_connections";
    else if (limited && shakes_hands && full(source.handshakes, limits_.source_handshakes))
        limit = "source_handshakes";
    if (limit.empty()) return true;
    events_.connection_refused(flow, limit);
    return false;
}

void StreamPool::admit(Listener& listener, int fd, const Endpoint& remote) {
    const sip::Flow flow{listener.transport, listener.advertised, remote, 0};
    if (!admissible(flow)) {
        ++stats_.tcp_refused;
        ::close(fd);
        return;
    }
    asio::ip::tcp::socket socket(io_);
    asio::error_code error;
    socket.assign(remote.address.is_v4() ? asio::ip::tcp::v4() : asio::ip::tcp::v6(), fd, error);
    if (error) {
        ::close(fd);
        return;
    }
    SslHandle ssl = listener.tls ? listener.tls->accept() : nullptr;
    if (listener.tls && !ssl) {  // out of memory
        ++stats_.tcp_refused;
        return;
    }
    ++stats_.tcp_accepted;
    Source& source = sources_[remote.address];
    ++source.connections;
    const auto connection = insert(std::move(socket), flow, source.handshakes);
    if (ssl) connection->secure(std::move(ssl));
    if (listener.door) connection->through(*listener.door);
    connection->start();
}

void StreamPool::pause_accepting(Listener& listener) {
    auto timer = std::make_shared<asio::steady_timer>(io_, kAcceptPause);
    timer->async_wait([this, &listener, timer, owner = owner_](const asio::error_code& error) {
        const auto alive = owner.lock();
        if (alive && !error && !events_.closed()) wait_acceptable(listener);
    });
}

std::shared_ptr<StreamConnection> StreamPool::insert(asio::ip::tcp::socket socket, sip::Flow flow,
                                                     std::size_t& source_handshakes) {
    flow.connection = ++last_id_;
    auto connection = std::make_shared<StreamConnection>(
        std::move(socket), flow, StreamShared{events_, limits_, stats_, handshakes_, source_handshakes, scratch_},
        [this](StreamConnection& c) { gone(c); });
    by_id_.emplace(flow.connection, connection);
    by_remote_.insert_or_assign({flow.transport, flow.remote, flow.domain}, flow.connection);
    return connection;
}

void StreamPool::gone(StreamConnection& connection) {
    const sip::Flow flow = connection.flow();
    if (const auto it = by_remote_.find({flow.transport, flow.remote, flow.domain});
        it != by_remote_.end() && it->second == flow.connection)
        by_remote_.erase(it);
    by_id_.erase(flow.connection);
    if (!connection.outgoing())
        if (const auto it = sources_.find(flow.remote.address); it != sources_.end() && --it->second.connections == 0)
            sources_.erase(it);
    events_.failed(flow.transport, flow.remote, flow.connection);
    // Requests that were given no connection (Flow::connection 0) went over this one, too.
    events_.failed(flow.transport, flow.remote, 0);
}

// ---- out

std::shared_ptr<StreamConnection> StreamPool::find(const sip::Flow& flow) {
    if (const auto it = by_id_.find(flow.connection); it != by_id_.end()) return it->second;
    if (const auto it = by_remote_.find({flow.transport, flow.remote, flow.domain}); it != by_remote_.end())
        if (const auto c = by_id_.find(it->second); c != by_id_.end()) return c->second;
    return nullptr;
}

void StreamPool::add(std::string_view bytes, const sip::Flow& flow) {
    auto connection = find(flow);
    if (!connection) connection = connect(flow);
    if (!connection) {
        ++stats_.send_dropped;
        events_.failed(flow.transport, flow.remote, 0);
        return;
    }
    if (!connection->queue(bytes)) {
        ++stats_.send_dropped;
        return;
    }
    if (to_flush_.empty() || to_flush_.back() != connection) to_flush_.push_back(std::move(connection));
}

/// nullptr: there can be none.
std::shared_ptr<StreamConnection> StreamPool::connect(const sip::Flow& flow) {
    if (sip::is_websocket(flow.transport)) return nullptr;  // RFC 7118 §5: only the client opens them
    if (by_id_.size() >= limits_.tcp_connections) {
        ++stats_.tcp_refused;
        return nullptr;
    }
    SslHandle ssl;
    if (flow.transport == sip::Transport::tls) {
        if (client_tls_) ssl = client_tls_->connect(flow.domain, flow.remote.address);
        if (!ssl) return nullptr;
    }
    const auto connection = insert(asio::ip::tcp::socket(io_), flow, outgoing_handshakes_);
    if (ssl) connection->secure(std::move(ssl));
    connection->connect();
    return connection;
}

void StreamPool::flush() {
    for (const auto& connection : to_flush_) connection->flush();
    to_flush_.clear();
}

// ---- time

void StreamPool::wait_sweep() {
    sweep_timer_.expires_after(sweep_every_);
    sweep_timer_.async_wait([this, owner = owner_](const asio::error_code& error) {
        const auto alive = owner.lock();
        if (!alive || error || events_.closed()) return;
        const auto now = std::chrono::steady_clock::now();
        std::vector<std::shared_ptr<StreamConnection>> all;  // a sweep may end connections
        all.reserve(by_id_.size());
        for (const auto& [id, connection] : by_id_) all.push_back(connection);
        for (const auto& connection : all) connection->sweep(now);
        wait_sweep();
    });
}

}  // namespace centrala::net
