// UDP sockets for RTP: bound without SO_REUSEADDR, so that no two sessions ever share a port.
#include "media/sockets.hpp"

#include <algorithm>
#include <cerrno>
#include <cstring>

#include <netinet/in.h>
#include <unistd.h>

namespace centrala::media {
namespace {

// About 60 packets of 20 ms: more would only be played too late, and idle ports shall not hoard what strangers send.
constexpr int kReceiveBuffer = 64 * 1024;

}  // namespace

Fd::~Fd() {
    if (fd_ >= 0) ::close(fd_);
}

SocketAddress to_socket_address(const Endpoint& endpoint) {
    SocketAddress out;
    const auto& bytes = endpoint.address.bytes();
    if (endpoint.address.is_v4()) {
        sockaddr_in a{};
        a.sin_family = AF_INET;
        a.sin_port = htons(endpoint.port);
        std::memcpy(&a.sin_addr, bytes.data(), 4);
        std::memcpy(&out.storage, &a, sizeof a);
        out.size = sizeof a;
    } else {
        sockaddr_in6 a{};
        a.sin6_family = AF_INET6;
        a.sin6_port = htons(endpoint.port);
        std::memcpy(&a.sin6_addr, bytes.data(), 16);
        std::memcpy(&out.storage, &a, sizeof a);
        out.size = sizeof a;
    }
    return out;
}

std::optional<Endpoint> to_endpoint(const sockaddr_storage& storage) {
    if (storage.ss_family == AF_INET) {
        sockaddr_in a;
        std::memcpy(&a, &storage, sizeof a);
        std::array<std::uint8_t, 4> bytes;
        std::memcpy(bytes.data(), &a.sin_addr, 4);
        return Endpoint{IpAddress::v4(bytes), ntohs(a.sin_port)};
    }
    if (storage.ss_family == AF_INET6) {
        sockaddr_in6 a;
        std::memcpy(&a, &storage, sizeof a);
        std::array<std::uint8_t, 16> bytes;
        std::memcpy(bytes.data(), &a.sin6_addr, 16);
        return Endpoint{IpAddress::v6(bytes), ntohs(a.sin6_port)};
    }
    return std::nullopt;
}

Result<Fd, BindError> bind_udp(const Endpoint& local, int dscp) {
    const bool v4 = local.address.is_v4();
    Fd fd(::socket(v4 ? AF_INET : AF_INET6, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
    if (!fd) return BindError{errno};
    const int on = 1, traffic_class = dscp << 2;
    if (!v4) ::setsockopt(fd.get(), IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof on);
    const SocketAddress address = to_socket_address(local);
    if (::bind(fd.get(), reinterpret_cast<const sockaddr*>(&address.storage), address.size) != 0)
        return BindError{errno};
    // A kernel that refuses the mark or the size still carries calls.
    ::setsockopt(fd.get(), v4 ? IPPROTO_IP : IPPROTO_IPV6, v4 ? IP_TOS : IPV6_TCLASS, &traffic_class,
                 sizeof traffic_class);
    ::setsockopt(fd.get(), SOL_SOCKET, SO_RCVBUF, &kReceiveBuffer, sizeof kReceiveBuffer);
    return fd;
}

void drain(int fd, int limit) {
    char byte;
    while (limit-- > 0 && ::recv(fd, &byte, 1, MSG_DONTWAIT | MSG_TRUNC) >= 0) continue;
}

}  // namespace centrala::media
