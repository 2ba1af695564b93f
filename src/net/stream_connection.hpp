// One SIP connection: framing in, a bounded queue out, and the time that each step may take.
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <string>

#include <asio/ip/tcp.hpp>

#include "net/socket_events.hpp"
#include "net/stream.hpp"
#include "net/stream_framing.hpp"
#include "net/websocket_door.hpp"

namespace centrala::net {

using SteadyTime = std::chrono::steady_clock::time_point;

class StreamConnection;

/// What the connections share; implemented by StreamPool.
struct StreamShared {
    SocketEvents& events;
    const SocketLimits& limits;
    SocketStats& stats;
    std::size_t& handshakes;         ///< that are under way
    std::size_t& source_handshakes;  ///< of those that its address has begun
    std::span<char> scratch;  ///< one read of any connection; only what is left of a message is kept by the connection
};

class StreamConnection : public std::enable_shared_from_this<StreamConnection> {
public:
    /// `gone` is called exactly once, when the connection has ended for whatever reason but close(). The flow is what
    /// messages from here are said to come from.
    using Gone = std::function<void(StreamConnection&)>;
    StreamConnection(asio::ip::tcp::socket socket, const sip::Flow& flow, StreamShared shared, Gone gone);

    /// Before start() or connect().
    void secure(SslHandle ssl) { stream_->secure(std::move(ssl)), tls_ = true; }
    /// Before start().
    void through(WebSocketDoor& door) { door_ = &door; }

    void start();    ///< accepted
    void connect();  ///< to flow().remote; messages queue meanwhile
    /// Copies the message into the queue; false if the connection is (now) gone.
    bool queue(std::string_view bytes);
    void flush();
    /// Without `gone`.
    void close();
    /// Enforces the time limits.
    void sweep(SteadyTime now);

    [[nodiscard]] const sip::Flow& flow() const { return flow_; }
    [[nodiscard]] bool outgoing() const { return outgoing_; }

private:
    /// half_closed: the peer won't send any more but may still read our answers.
    enum class State : std::uint8_t { idle, connecting, tls_handshake, websocket_handshake, open, half_closed, closed };
    void on_connected(const asio::error_code& error);
    void shake_hands();
    void continue_tls();
    void on_tls_done();
    void on_websocket_answer(const WebSocketDoor::Answer& answer);
    void end_handshake();
    void on_open();
    void fail_handshake(std::string_view reason);
    void wait_readable();
    void on_readable();
    bool read_once();
    bool take_messages(std::span<char> bytes, std::size_t& consumed);
    void answer(std::string_view reply);
    void keep_rest(std::span<char> bytes, std::size_t consumed, bool in_partial);
    void note_begun();
    void on_peer_finished();
    void wait_writable();
    void fail();
    void fail_broken();

    std::shared_ptr<Stream> stream_;
    sip::Flow flow_;
    StreamShared shared_;
    Gone gone_;
    State state_ = State::idle;
    bool outgoing_ = false;
    bool waiting_to_write_ = false;
    bool tls_ = false;
    WebSocketDoor* door_ = nullptr;  ///< the listener's; WebSocket only
    std::unique_ptr<StreamFraming> framing_;
    std::string partial_;  ///< the beginning of a message
    SteadyTime last_activity_, handshake_begun_{}, message_begun_{}, peer_finished_{};
    bool message_pending_ = false;  ///< message_begun_ holds
    std::string out_;
    std::size_t out_sent_ = 0;  ///< of out_
};

}  // namespace centrala::net
