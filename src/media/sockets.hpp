// UDP sockets and their addresses.
#pragma once

#include <cstdint>
#include <optional>
#include <utility>

#include <sys/socket.h>

#include "centrala/base/endpoint.hpp"
#include "centrala/base/result.hpp"

namespace centrala::media {

/// Owns a file descriptor.
class Fd {
public:
    Fd() = default;
    explicit Fd(int fd) : fd_(fd) {}
    Fd(Fd&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
    Fd& operator=(Fd&& other) noexcept {
        std::swap(fd_, other.fd_);
        return *this;
    }
    ~Fd();
    [[nodiscard]] int get() const { return fd_; }
    explicit operator bool() const { return fd_ >= 0; }

private:
    int fd_ = -1;
};

struct SocketAddress {
    sockaddr_storage storage{};
    socklen_t size = 0;
};
[[nodiscard]] SocketAddress to_socket_address(const Endpoint& endpoint);
/// Nothing if it's neither IPv4 nor IPv6.
[[nodiscard]] std::optional<Endpoint> to_endpoint(const sockaddr_storage& storage);

/// The error holds an errno.
struct BindError {
    int code = 0;
};
/// Non-blocking, address not shared with anyone, marked with `dscp`.
[[nodiscard]] Result<Fd, BindError> bind_udp(const Endpoint& local, int dscp);

/// Throws away what waits in the socket, up to `limit` datagrams.
void drain(int fd, int limit);

}  // namespace centrala::media
