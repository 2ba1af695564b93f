// HEPv3 over UDP.
#include "app/hep_sender.hpp"

#include <cerrno>
#include <cstring>
#include <utility>

#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

namespace centrala::app {
namespace {

socklen_t fill(sockaddr_storage& storage, const Endpoint& endpoint) {
    const auto& bytes = endpoint.address.bytes();
    if (endpoint.address.is_v4()) {
        sockaddr_in v4{};
        v4.sin_family = AF_INET;
        v4.sin_port = htons(endpoint.port);
        std::memcpy(&v4.sin_addr, bytes.data(), 4);
        std::memcpy(&storage, &v4, sizeof v4);
        return sizeof v4;
    }
    sockaddr_in6 v6{};
    v6.sin6_family = AF_INET6;
    v6.sin6_port = htons(endpoint.port);
    std::memcpy(&v6.sin6_addr, bytes.data(), 16);
    std::memcpy(&storage, &v6, sizeof v6);
    return sizeof v6;
}

}  // namespace

Result<HepSender> HepSender::open(const Endpoint& collector, trace::HepOptions options) {
    sockaddr_storage address{};
    const socklen_t length = fill(address, collector);
    const int fd = ::socket(address.ss_family, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd >= 0 && ::connect(fd, reinterpret_cast<const sockaddr*>(&address), length) == 0)
        return HepSender(fd, std::move(options));
    Error error{collector.to_string() + ": " + std::strerror(errno)};
    if (fd >= 0) ::close(fd);
    return error;
}

HepSender::HepSender(HepSender&& other) noexcept
    : fd_(std::exchange(other.fd_, -1)), options_(std::move(other.options_)) {}

HepSender::~HepSender() {
    if (fd_ >= 0) ::close(fd_);
}

void HepSender::send(const trace::Captured& captured, std::string_view call_id) {
    packet_.clear();
    trace::append_hep(packet_, captured, call_id, options_);
    // A refused datagram (nobody listens there now) shows as an error of the next send, which is then lost; so once
    // more.
    if (::send(fd_, packet_.data(), packet_.size(), MSG_NOSIGNAL) < 0 && errno == ECONNREFUSED)
        (void)!::send(fd_, packet_.data(), packet_.size(), MSG_NOSIGNAL);
}

}  // namespace centrala::app
