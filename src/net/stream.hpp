// The bytes of one connection, non-blocking: what lies below framing.
#pragma once

#include <functional>
#include <span>
#include <string_view>

#include <asio/ip/tcp.hpp>

#include "net/tls_context.hpp"

namespace centrala::net {

class Stream {
public:
    enum class Status : std::uint8_t {
        done,     ///< `bytes` were moved, one at least
        blocked,  ///< wait, then try again
        ended,    ///< the peer won't send any more
        failed,
    };
    struct Progress {
        Status status;
        std::size_t bytes = 0;
    };
    /// A connected socket, or one to connect.
    explicit Stream(asio::ip::tcp::socket socket) : socket_(std::move(socket)) {}
    Stream(const Stream&) = delete;

    [[nodiscard]] asio::ip::tcp::socket& socket() { return socket_; }
    /// TLS from the first byte on.
    void secure(SslHandle ssl) { ssl_ = std::move(ssl); }
    /// To be repeated while it is blocked; done at once without TLS.
    [[nodiscard]] Status handshake();

    /// Once connected: no delay, keep-alives, dead peers known early.
    void set_options();

    [[nodiscard]] Progress read(std::span<char> into);
    [[nodiscard]] Progress write(std::string_view bytes);
    /// Bytes have been taken from the socket that read() hasn't handed out: don't wait for more.
    [[nodiscard]] bool has_unread() const;

    using Ready = std::function<void(const asio::error_code&)>;
    void when_readable(Ready ready);
    void when_writable(Ready ready);
    /// The peer has reset the connection.
    void when_broken(Ready ready);
    /// Why the handshake failed.
    [[nodiscard]] const std::string& failure() const { return failure_; }
    void close();

private:
    void begin_tls();
    /// What OpenSSL's last answer means for us; `other_way`: it has to write before it can read, or the reverse.
    Status judge(int answer, int natural_wait, bool& other_way);

    asio::ip::tcp::socket socket_;
    SslHandle ssl_;
    bool ready_ = false;                                        ///< the handshake is over
    bool read_wants_write_ = false, write_wants_read_ = false;  ///< TLS only
    std::string failure_;
};

}  // namespace centrala::net
