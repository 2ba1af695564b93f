// One UDP listener (RFC 3261 §18): batches in and out; unreachable destinations are reported as §18.4 asks; STUN
// keep-alives are answered (RFC 5626 §4.4.2).
#include "net/udp_socket.hpp"

#include <algorithm>
#include <cerrno>
#include <cstring>

#include <asio/io_context.hpp>
#include <linux/errqueue.h>
#include <netinet/ip.h>

#include "centrala/sip/stun.hpp"

namespace centrala::net {
namespace {

constexpr int kKernelBuffer = 8 * 1024 * 1024;
constexpr std::size_t kBatchesAWake = 4;  // then other sockets and timers have their turn
constexpr std::size_t kErrorsAWake = 256;
constexpr std::size_t kBacklogBytes = 4 * 1024 * 1024;
constexpr std::size_t kStagger = 17 * 64;  // cache lines between the heads of neighbouring buffers
constexpr int kRetriesOnPendingError = 64;
constexpr int kSendAttempts = 3;

/// RFC 3261 §18.4: host, network, port or protocol unreachable are failures; the rest (source quench, TTL) is not.
bool is_unreachable(int error) {
    return error == ECONNREFUSED || error == EHOSTUNREACH || error == ENETUNREACH || error == ENOPROTOOPT ||
           error == EPROTO || error == EHOSTDOWN;
}

}  // namespace

DatagramArena::DatagramArena(std::size_t message_bytes)
    : message_bytes_(std::clamp<std::size_t>(message_bytes, 1, 65'535)),
      stride_((message_bytes_ + 63) / 64 * 64 + kStagger),
      buffer_(new char[stride_ * kBatch]) {
    for (std::size_t i = 0; i < kBatch; ++i) {
        parts_[i] = {buffer_.get() + i * stride_, message_bytes_};
        headers_[i].msg_hdr.msg_iov = &parts_[i];
        headers_[i].msg_hdr.msg_iovlen = 1;
        headers_[i].msg_hdr.msg_name = &sources_[i];
    }
}

mmsghdr* DatagramArena::headers() {
    for (mmsghdr& h : headers_) h.msg_hdr.msg_namelen = sizeof(SocketAddress);
    return headers_.data();
}

UdpSocket::UdpSocket(asio::io_context& io, int fd, const Endpoint& advertised, DatagramArena& arena,
                     SocketEvents& events, SocketStats& stats, std::weak_ptr<void> owner)
    : descriptor_(io, fd),
      advertised_(advertised),
      v4_(bound_endpoint(fd).address.is_v4()),
      arena_(arena),
      events_(events),
      stats_(stats),
      owner_(std::move(owner)) {}

void UdpSocket::prepare(int fd, bool v4) {
    const int on = 1;
    set_kernel_buffers(fd, kKernelBuffer);
    // Never DF: a long INVITE is better fragmented than lost (RFC 3261 §18.1.1 leaves the choice of TCP to the layer
    // above).
    if (v4) {
        const int fragment = IP_PMTUDISC_DONT;
        ::setsockopt(fd, IPPROTO_IP, IP_RECVERR, &on, sizeof on);
        ::setsockopt(fd, IPPROTO_IP, IP_MTU_DISCOVER, &fragment, sizeof fragment);
    } else {
        const int fragment = IPV6_PMTUDISC_DONT;
        ::setsockopt(fd, IPPROTO_IPV6, IPV6_RECVERR, &on, sizeof on);
        ::setsockopt(fd, IPPROTO_IPV6, IPV6_MTU_DISCOVER, &fragment, sizeof fragment);
    }
}

void UdpSocket::start() {
    wait_readable();
}

void UdpSocket::close() {
    asio::error_code ignored;
    descriptor_.close(ignored);
    backlog_.clear();
    backlog_bytes_ = 0;
}

// ---- in

void UdpSocket::wait_readable() {
    descriptor_.async_wait(asio::posix::stream_descriptor::wait_read,
                           [this, owner = owner_](const asio::error_code& error) {
                               const auto alive = owner.lock();
                               if (!alive || error || events_.closed()) return;
                               on_readable();
                               if (!events_.closed()) wait_readable();
                           });
}

void UdpSocket::on_readable() {
    for (std::size_t i = 0; i < kBatchesAWake && !events_.closed(); ++i) {
        const std::size_t received = receive_batch();
        // Awake and nothing there: it was the error queue. With datagrams there the pending error comes back from the
        // next call on the socket, so that the queue costs nothing while it is empty.
        if (i == 0 && received == 0) read_errors();
        if (received < DatagramArena::kBatch) return;
    }
}

std::size_t UdpSocket::receive_batch() {
    int count = -1;
    // A pending ICMP error is handed out once by whichever call comes next; the details are in the error queue.
    for (int attempt = 0; attempt < kRetriesOnPendingError; ++attempt) {
        count = ::recvmmsg(descriptor_.native_handle(), arena_.headers(), DatagramArena::kBatch, MSG_DONTWAIT, nullptr);
        ++stats_.receive_calls;
        if (count >= 0 || errno == EAGAIN || errno == EWOULDBLOCK) break;
        if (errno != EINTR) read_errors();
    }
    if (count <= 0) return 0;
    const auto received = static_cast<std::size_t>(count);
    sip::Flow flow{sip::Transport::udp, advertised_, {}, 0};
    for (std::size_t i = 0; i < received && !events_.closed(); ++i) {
        ++stats_.datagrams_in;
        if (arena_.truncated(i)) {
            ++stats_.oversized;
            continue;
        }
        if (arena_.bytes(i).empty()) continue;
        flow.remote = to_endpoint(arena_.source(i));
        if (sip::is_stun(arena_.bytes(i))) {
            answer_stun(arena_.bytes(i), flow.remote);
            continue;
        }
        events_.received(arena_.bytes(i), flow);
    }
    if (!events_.closed()) events_.turn_over();
    return received;
}

/// RFC 5626 §4.4.2. At once: a keep-alive that waits for a turn is no test of the way.
void UdpSocket::answer_stun(std::span<const char> datagram, const Endpoint& from) {
    const sip::StunAnswer answer = sip::answer_stun(datagram, from);
    SocketAddress to;
    const socklen_t length = to_socket_address(from, to);
    if (answer.size == 0 || ::sendto(descriptor_.native_handle(), answer.buffer.data(), answer.size,
                                     MSG_DONTWAIT | MSG_NOSIGNAL, &to.any, length) < 0)
        ++stats_.stun_dropped;
    else
        ++stats_.stun_answered;
}

void UdpSocket::read_errors() {
    for (std::size_t i = 0; i < kErrorsAWake; ++i) {
        SocketAddress destination{};
        alignas(cmsghdr) char control[512];
        char payload[1];
        iovec part{payload, sizeof payload};
        msghdr header{};
        header.msg_name = &destination;
        header.msg_namelen = sizeof destination;
        header.msg_iov = &part;
        header.msg_iovlen = 1;
        header.msg_control = control;
        header.msg_controllen = sizeof control;
        if (::recvmsg(descriptor_.native_handle(), &header, MSG_ERRQUEUE | MSG_DONTWAIT) < 0) return;
        for (cmsghdr* c = CMSG_FIRSTHDR(&header); c; c = CMSG_NXTHDR(&header, c)) {
            const bool v4 = c->cmsg_level == IPPROTO_IP && c->cmsg_type == IP_RECVERR;
            const bool v6 = c->cmsg_level == IPPROTO_IPV6 && c->cmsg_type == IPV6_RECVERR;
            if (!v4 && !v6) continue;
            sock_extended_err error;
            std::memcpy(&error, CMSG_DATA(c), sizeof error);
            if (header.msg_namelen > 0 && is_unreachable(static_cast<int>(error.ee_errno)))
                events_.failed(sip::Transport::udp, to_endpoint(destination), 0);
        }
    }
}

// ---- out

void UdpSocket::add(std::string_view bytes, const Endpoint& to) {
    out_parts_.push_back({const_cast<char*>(bytes.data()), bytes.size()});
    out_endpoints_.push_back(to);
}

void UdpSocket::flush() {
    const std::size_t count = out_parts_.size();
    if (count == 0) return;
    out_headers_.resize(count);
    out_addresses_.resize(count);
    for (std::size_t i = 0; i < count; ++i) {
        msghdr& h = out_headers_[i].msg_hdr;
        h = {};
        h.msg_namelen = to_socket_address(out_endpoints_[i], out_addresses_[i]);
        h.msg_name = &out_addresses_[i];
        h.msg_iov = &out_parts_[i];
        h.msg_iovlen = 1;
    }
    // What waits already goes first, or a destination would see its messages out of order.
    const std::size_t sent = backlog_.empty() ? send_batch(0) : 0;
    if (sent < count) keep_for_later(sent);
    out_parts_.clear();
    out_endpoints_.clear();
}

/// Sends from `first` on; the index of the first datagram that the kernel has no room for.
std::size_t UdpSocket::send_batch(std::size_t first) {
    int pending_errors = 0;
    while (first < out_headers_.size()) {
        const auto left = static_cast<unsigned>(std::min<std::size_t>(out_headers_.size() - first, UIO_MAXIOV));
        const int sent =
            ::sendmmsg(descriptor_.native_handle(), &out_headers_[first], left, MSG_DONTWAIT | MSG_NOSIGNAL);
        ++stats_.send_calls;
        if (sent > 0) {
            stats_.datagrams_out += static_cast<std::uint64_t>(sent);
            first += static_cast<std::size_t>(sent);
            pending_errors = 0;
            continue;
        }
        const int error = errno;
        if (error == EAGAIN || error == EWOULDBLOCK || error == ENOBUFS) return first;
        if (error == EINTR) continue;
        // Such an error may belong to an earlier datagram (see receive_batch): try this one again.
        if (is_unreachable(error) && ++pending_errors <= kSendAttempts) {
            read_errors();
            continue;
        }
        pending_errors = 0;
        ++stats_.send_dropped;
        events_.failed(sip::Transport::udp, out_endpoints_[first], 0);
        ++first;
    }
    return first;
}

void UdpSocket::keep_for_later(std::size_t first) {
    for (std::size_t i = first; i < out_parts_.size(); ++i) {
        const std::size_t size = out_parts_[i].iov_len;
        if (backlog_bytes_ + size > kBacklogBytes) {
            ++stats_.send_dropped;  // UDP may lose it; the transaction layer repeats (RFC 3261 §17)
            continue;
        }
        backlog_bytes_ += size;
        backlog_.push_back({std::string(static_cast<const char*>(out_parts_[i].iov_base), size), out_endpoints_[i]});
    }
    wait_writable();
}

void UdpSocket::wait_writable() {
    if (sending_backlog_ || backlog_.empty()) return;
    sending_backlog_ = true;
    descriptor_.async_wait(asio::posix::stream_descriptor::wait_write,
                           [this, owner = owner_](const asio::error_code& error) {
                               const auto alive = owner.lock();
                               if (!alive) return;
                               sending_backlog_ = false;
                               if (!error && !events_.closed()) send_backlog();
                           });
}

void UdpSocket::send_backlog() {
    std::vector<Late> late = std::move(backlog_);
    backlog_.clear();
    backlog_bytes_ = 0;
    for (const Late& l : late) add(l.bytes, l.to);
    flush();
    wait_writable();
}

}  // namespace centrala::net
