// The bytes of one connection, non-blocking: what lies below framing.
#pragma once

#include <functional>
#include <span>
#include <string_view>

#include <asio/ip/tcp.hpp>

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
    /// Once connected: no delay, keep-alives, dead peers known early.
    void set_options();

    [[nodiscard]] Progress read(std::span<char> into);
    [[nodiscard]] Progress write(std::string_view bytes);

    using Ready = std::function<void(const asio::error_code&)>;
    void when_readable(Ready ready);
    void when_writable(Ready ready);
    /// The peer has reset the connection.
    void when_broken(Ready ready);
    void close();

private:
    asio::ip::tcp::socket socket_;
};

}  // namespace centrala::net
