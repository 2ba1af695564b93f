// One connection's bytes by system calls on a non-blocking socket; Asio only says when it is ready.
#include "net/stream.hpp"

#include <cerrno>

#include <netinet/tcp.h>
#include <sys/socket.h>

namespace centrala::net {

void Stream::set_options() {
    asio::error_code ignored;
    socket_.non_blocking(true, ignored);
    const int fd = socket_.native_handle();
    const int on = 1, idle_s = 60, interval_s = 15, probes = 4, unacknowledged_ms = 20'000;
    ::setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    ::setsockopt(fd, SOL_SOCKET, SO_KEEPALIVE, &on, sizeof on);
    ::setsockopt(fd, IPPROTO_TCP, TCP_KEEPIDLE, &idle_s, sizeof idle_s);
    ::setsockopt(fd, IPPROTO_TCP, TCP_KEEPINTVL, &interval_s, sizeof interval_s);
    ::setsockopt(fd, IPPROTO_TCP, TCP_KEEPCNT, &probes, sizeof probes);
    // A dead peer must be known before Timer B or F (32 s) says so less clearly.
    ::setsockopt(fd, IPPROTO_TCP, TCP_USER_TIMEOUT, &unacknowledged_ms, sizeof unacknowledged_ms);
}

Stream::Progress Stream::read(std::span<char> into) {
    for (;;) {
        const ssize_t got = ::recv(socket_.native_handle(), into.data(), into.size(), MSG_DONTWAIT);
        if (got > 0) return {Status::done, static_cast<std::size_t>(got)};
        if (got == 0) return {Status::ended};
        if (errno != EINTR) return {errno == EAGAIN || errno == EWOULDBLOCK ? Status::blocked : Status::failed};
    }
}

Stream::Progress Stream::write(std::string_view bytes) {
    for (;;) {
        const ssize_t sent = ::send(socket_.native_handle(), bytes.data(), bytes.size(), MSG_DONTWAIT | MSG_NOSIGNAL);
        if (sent >= 0) return {Status::done, static_cast<std::size_t>(sent)};
        if (errno != EINTR) return {errno == EAGAIN || errno == EWOULDBLOCK ? Status::blocked : Status::failed};
    }
}

void Stream::when_readable(Ready ready) {
    socket_.async_wait(asio::ip::tcp::socket::wait_read, std::move(ready));
}

void Stream::when_writable(Ready ready) {
    socket_.async_wait(asio::ip::tcp::socket::wait_write, std::move(ready));
}

void Stream::when_broken(Ready ready) {
    socket_.async_wait(asio::ip::tcp::socket::wait_error, std::move(ready));
}

void Stream::close() {
    asio::error_code ignored;
    socket_.close(ignored);
}

}  // namespace centrala::net
