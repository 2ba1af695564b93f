// All listeners and connections of TCP, TLS and WebSocket: who is connected, to whom a message goes, how many there may
// be.
#pragma once

#include <memory>
#include <unordered_map>
#include <vector>

#include <asio/steady_timer.hpp>

#include "net/stream_connection.hpp"
#include "net/tls_context.hpp"
#include "net/websocket_door.hpp"

namespace centrala::net {

class StreamPool {
public:
    /// `owner` keeps `events` and this object alive; handlers do nothing once it has expired.
    StreamPool(asio::io_context& io, const SocketLimits& limits, SocketEvents& events, SocketStats& stats);
    ~StreamPool();

    Result<Endpoint> listen(const ListenOptions& options);
    Result<bool> use_for_outgoing_tls(const sip::TlsOptions& options);
    std::vector<Reloaded> reload_certificates();
    void start(std::weak_ptr<void> owner);
    /// Queues; flush() sends.
    void add(std::string_view bytes, const sip::Flow& flow);
    void flush();
    void close();
    [[nodiscard]] std::size_t open() const { return by_id_.size(); }

private:
    struct Listener {
        asio::ip::tcp::acceptor acceptor;
        sip::Transport transport;
        Endpoint address, advertised;
        sip::TlsOptions tls_options;
        std::shared_ptr<TlsContext> tls;      ///< nullptr: none
        std::unique_ptr<WebSocketDoor> door;  ///< nullptr: none
    };
    /// Connections of different transports aren't interchangeable, wherever they lead, nor those whose certificate was
    /// looked at for another name.
    struct Peer {
        sip::Transport transport;
        Endpoint remote;
        std::string domain;
        bool operator==(const Peer&) const = default;
    };
    struct PeerHash {
        std::size_t operator()(const Peer& p) const noexcept {
            return EndpointHash{}(p.remote) * 5 + static_cast<std::size_t>(p.transport);
        }
    };
    /// What one address has opened to us.
    struct Source {
        std::size_t connections = 0, handshakes = 0;
    };
    void wait_acceptable(Listener& listener);
    bool accept_some(Listener& listener);
    [[nodiscard]] bool admissible(const sip::Flow& flow);
    void admit(Listener& listener, int fd, const Endpoint& remote);
    std::shared_ptr<StreamConnection> connect(const sip::Flow& flow);
    void pause_accepting(Listener& listener);
    std::shared_ptr<StreamConnection> find(const sip::Flow& flow);
    std::shared_ptr<StreamConnection> insert(asio::ip::tcp::socket socket, sip::Flow flow,
                                             std::size_t& source_handshakes);
    void gone(StreamConnection& connection);
    void wait_sweep();

    asio::io_context& io_;
    const SocketLimits& limits_;
    SocketEvents& events_;
    SocketStats& stats_;
    std::weak_ptr<void> owner_;
    std::vector<std::unique_ptr<Listener>> listeners_;
    std::unordered_map<std::uint64_t, std::shared_ptr<StreamConnection>> by_id_;
    std::unordered_map<Peer, std::uint64_t, PeerHash> by_remote_;
    std::uint64_t last_id_ = 0;
    std::unordered_map<IpAddress, Source, EndpointHash> sources_;  ///< with a connection at least
    std::size_t handshakes_ = 0, outgoing_handshakes_ = 0;
    sip::TlsOptions client_options_;
    std::shared_ptr<TlsContext> client_tls_;
    std::vector<std::shared_ptr<StreamConnection>> to_flush_;
    std::vector<char> scratch_;
    asio::steady_timer sweep_timer_;
    std::chrono::steady_clock::duration sweep_every_;
};

}  // namespace centrala::net
