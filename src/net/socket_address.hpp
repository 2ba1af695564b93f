// Endpoint to and from what the system calls take, and the options that all our sockets share.
#pragma once

#include <string>

#include <netinet/in.h>
#include <sys/socket.h>

#include "centrala/base/endpoint.hpp"
#include "centrala/base/result.hpp"

namespace centrala::net {

/// 28 bytes where sockaddr_storage has 128: a batch of them stays in the cache.
union SocketAddress {
    sockaddr any;
    sockaddr_in v4;
    sockaddr_in6 v6;
};

/// Returns the length in use.
socklen_t to_socket_address(const Endpoint& endpoint, SocketAddress& into);
[[nodiscard]] Endpoint to_endpoint(const SocketAddress& address);

/// The address a socket is bound to.
[[nodiscard]] Endpoint bound_endpoint(int fd);

/// A non-blocking, close-on-exec, bound socket of SOCK_DGRAM or SOCK_STREAM; IPv6 sockets take IPv6 only, so that an
/// IPv4 peer never shows up twice. Error: in words, without the address.
Result<int> open_bound(int type, const Endpoint& address);

/// As much kernel buffer as we may have: with CAP_NET_ADMIN past net.core.*mem_max.
void set_kernel_buffers(int fd, int bytes);

}  // namespace centrala::net
