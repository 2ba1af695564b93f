// One SIP connection over TCP: framing in, a bounded queue out.
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <string>

#include <asio/ip/tcp.hpp>

#include "net/socket_events.hpp"

namespace centrala::net {

using SteadyTime = std::chrono::steady_clock::time_point;

class TcpConnection;

/// What the connections share; implemented by TcpPool.
struct TcpShared {
    SocketEvents& events;
    const SocketLimits& limits;
    SocketStats& stats;
    std::span<char> scratch;  ///< one read of any connection; only what is left of a message is kept by the connection
};

class TcpConnection : public std::enable_shared_from_this<TcpConnection> {
public:
    /// `gone` is called exactly once, when the connection has ended for whatever reason but close(). The flow is what
    /// messages from here are said to come from.
    using Gone = std::function<void(TcpConnection&)>;
    TcpConnection(asio::ip::tcp::socket socket, const sip::Flow& flow, TcpShared shared, Gone gone);

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
    enum class State : std::uint8_t { idle, connecting, open, half_closed, closed };
    void on_connected(const asio::error_code& error);
    void set_options();
    void wait_readable();
    void on_readable();
    bool read_once();
    bool take_messages(std::span<char> stream, std::size_t& consumed);
    std::size_t take_keepalives(std::string_view stream);
    void keep_rest(std::span<char> stream, std::size_t consumed, bool in_partial);
    void note_begun();
    void on_peer_finished();
    void wait_writable();
    void fail();
    void fail_broken();

    asio::ip::tcp::socket socket_;
    sip::Flow flow_;
    TcpShared shared_;
    Gone gone_;
    State state_ = State::idle;
    bool outgoing_ = false;
    bool waiting_to_write_ = false;
    std::string partial_;           ///< the beginning of a message
    bool header_complete_ = false;  ///< of partial_: an empty line is in it
    SteadyTime last_activity_, message_begun_{}, peer_finished_{};
    bool message_pending_ = false;  ///< message_begun_ holds
    std::string out_;
    std::size_t out_sent_ = 0;  ///< of out_
};

}  // namespace centrala::net
