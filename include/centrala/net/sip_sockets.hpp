// Sockets of every transport for SIP on the signalling thread's io_context: batched in, batched out.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "centrala/base/result.hpp"
#include "centrala/sip/tls_options.hpp"
#include "centrala/sip/transaction.hpp"

namespace asio {
class io_context;
}

namespace centrala::net {

struct ListenOptions {
    sip::Transport transport = sip::Transport::udp;
    Endpoint address;                            ///< port 0: the system's choice
    Endpoint advertised;                         ///< what Flow::local shall say; port 0: as bound
    sip::TlsOptions tls{};                       ///< for tls and wss
    std::vector<std::string> allowed_origins{};  ///< for ws and wss: of pages that may connect; empty: any
};

/// tcp_*: of connections whatever is spoken on them: SIP, TLS, WebSocket.
struct SocketLimits {
    std::size_t message_bytes = 65'535;
    std::size_t tcp_connections = 10'000;
    std::size_t handshakes = 1'000;          ///< of TLS and WebSocket that may be under way at once
    std::size_t source_connections = 0;      ///< that one address may have opened; 0: no limit
    std::size_t source_handshakes = 0;       ///< likewise
    Duration handshake_timeout{10'000'000};  ///< from the connection to the first SIP message that could be
    Duration tcp_idle_timeout{300'000'000};
    Duration tcp_message_timeout{10'000'000};       ///< slow-drip: from a message's first byte to its last
    std::size_t tcp_write_queue_bytes = 1'048'576;  ///< a peer that doesn't read is cut off past this
    Duration tcp_connect_timeout{5'000'000};
    Duration tcp_linger{1'000'000};  ///< after the peer has said its last: so long may answers still go out; a phone
                                     ///< that died looks the same
};

struct SocketStats {
    std::uint64_t datagrams_in = 0, datagrams_out = 0, receive_calls = 0, send_calls = 0, send_dropped = 0,
                  oversized = 0;
    std::uint64_t stun_answered = 0, stun_dropped = 0;  ///< dropped: malformed or no request
    std::uint64_t tcp_accepted = 0, tcp_connected = 0;  ///< by the peer; by us
    std::uint64_t tcp_refused = 0;                      ///< past a limit, out of descriptors, or banned
    std::uint64_t tcp_broken = 0;       ///< framing lost, message too long or too slow, or a peer that doesn't read
    std::uint64_t tcp_idle = 0;         ///< closed for being idle
    std::uint64_t tcp_half_closed = 0;  ///< closed because the peer had said its last and stayed
    std::size_t tcp_open = 0;
    std::uint64_t tls_handshakes = 0, tls_failed = 0;      ///< failed: timeouts included
    std::uint64_t websockets = 0, websockets_refused = 0;  ///< opened; refused: origin, subprotocol, no HTTP, timeout
};

/// A reload of one listener's certificate.
struct Reloaded {
    std::string what;                   ///< the listener
    std::string error;                  ///< "": the new certificate is in use. Else the old one stays.
    std::vector<std::string> warnings;  ///< as check_tls()
};

/// What an address that connects may do.
enum class Admission : std::uint8_t {
    refused,
    limited,   ///< as many connections and handshakes as one source may have
    unlimited  ///< as many as there may be in all
};

enum class HandshakeKind : std::uint8_t { tls, websocket };

/// Not thread-safe: lives on the signalling thread.
class SipSockets {
public:
    /// Called by the sockets; `bytes` may be changed in place and are gone after the call.
    struct Handlers {
        std::function<void(std::span<char> bytes, const sip::Flow& from)> message;
        /// A send failed, ICMP said port unreachable (connection 0), or a TCP connection is gone.
        std::function<void(sip::Transport transport, const Endpoint& remote, std::uint64_t connection)> failed;
        /// A batch of messages is through: time to commit the journal and send().
        std::function<void()> turn_over;
        /// Asked when a connection's idle time is up: does it still carry a binding or a dialog? Then it stays (and
        /// TCP's own keep-alive finds out whether the peer is there). Not set: no.
        std::function<bool(const sip::Flow& flow)> in_use = {};
        /// A TLS or WebSocket handshake came to nothing (`from.transport` says which of them the peer wanted).
        std::function<void(const sip::Flow& from, HandshakeKind kind, std::string_view reason)> handshake_failed = {};
        /// Asked for each connection that comes in. Not set: all are limited.
        std::function<Admission(const IpAddress& source)> admission = {};
        /// A connection was closed at once, for that limit: "connections", "handshakes", "source_connections",
        /// "source_handshakes".
        std::function<void(const sip::Flow& from, std::string_view limit)> connection_refused = {};
    };
    SipSockets(asio::io_context& io, SocketLimits limits, Handlers handlers);
    ~SipSockets();

    /// The bound address. Error: address in use and the like, in words.
    Result<Endpoint> listen(const ListenOptions& options);
    /// What we show to servers, and demand of them, when we open a TLS connection; without it none is opened. Error: a
    /// file can't be read.
    Result<bool> use_for_outgoing_tls(const sip::TlsOptions& options);
    /// Reads all certificates again; connections that stand aren't touched.
    std::vector<Reloaded> reload_certificates();
    void start();
    /// Sends the batch: sendmmsg a UDP socket; else by connection, or a new one to `remote` when there is none (but for
    /// WebSocket, which only the client can open).
    void send(const sip::Outbox& outbox);
    void close();
    [[nodiscard]] SocketStats stats() const;

private:
    struct Impl;
    std::shared_ptr<Impl> impl_;
};

}  // namespace centrala::net
