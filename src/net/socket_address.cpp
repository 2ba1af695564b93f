// Endpoint to and from sockaddr_in and sockaddr_in6; opening and binding sockets.
#include "net/socket_address.hpp"

#include <cerrno>
#include <cstring>

#include <unistd.h>

namespace centrala::net {

socklen_t to_socket_address(const Endpoint& endpoint, SocketAddress& into) {
    const auto& bytes = endpoint.address.bytes();
    if (endpoint.address.is_v4()) {
        into.v4 = {};
        into.v4.sin_family = AF_INET;
        into.v4.sin_port = htons(endpoint.port);
        std::memcpy(&into.v4.sin_addr, bytes.data(), 4);
        return sizeof into.v4;
    }
    into.v6 = {};
    into.v6.sin6_family = AF_INET6;
    into.v6.sin6_port = htons(endpoint.port);
    std::memcpy(&into.v6.sin6_addr, bytes.data(), 16);
    return sizeof into.v6;
}

Endpoint to_endpoint(const SocketAddress& address) {
    if (address.any.sa_family == AF_INET6) {
        std::array<std::uint8_t, 16> bytes;
        std::memcpy(bytes.data(), &address.v6.sin6_addr, bytes.size());
        return {IpAddress::v6(bytes), ntohs(address.v6.sin6_port)};
    }
    std::array<std::uint8_t, 4> bytes{};
    if (address.any.sa_family == AF_INET) std::memcpy(bytes.data(), &address.v4.sin_addr, bytes.size());
    return {IpAddress::v4(bytes), address.any.sa_family == AF_INET ? ntohs(address.v4.sin_port) : std::uint16_t{0}};
}

Endpoint bound_endpoint(int fd) {
    SocketAddress address{};
    socklen_t length = sizeof address;
    if (::getsockname(fd, &address.any, &length) != 0) return {};
    return to_endpoint(address);
}

Result<int> open_bound(int type, const Endpoint& endpoint) {
    SocketAddress address;
    const socklen_t length = to_socket_address(endpoint, address);
    const int fd = ::socket(address.any.sa_family, type | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (fd < 0) return Error{std::strerror(errno)};
    const int on = 1;
    if (address.any.sa_family == AF_INET6) ::setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof on);
    // Streams only: a second UDP socket on the same port would silently steal datagrams.
    if (type == SOCK_STREAM) ::setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    if (::bind(fd, &address.any, length) != 0) {
        const int error = errno;
        ::close(fd);
        return Error{std::strerror(error)};
    }
    return fd;
}

void set_kernel_buffers(int fd, int bytes) {
    if (::setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &bytes, sizeof bytes) != 0)
        ::setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &bytes, sizeof bytes);
    if (::setsockopt(fd, SOL_SOCKET, SO_SNDBUFFORCE, &bytes, sizeof bytes) != 0)
        ::setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &bytes, sizeof bytes);
}

}  // namespace centrala::net
