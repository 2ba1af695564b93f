// One UDP listener: recvmmsg in, sendmmsg out, ICMP errors from the error queue.
#pragma once

#include <array>
#include <cstddef>
#include <memory>
#include <string>
#include <vector>

#include <asio/posix/stream_descriptor.hpp>

#include "net/socket_address.hpp"
#include "net/socket_events.hpp"

namespace centrala::net {

/// Room for one batch of datagrams, shared by all UDP sockets of a thread. Pages are touched when a datagram needs
/// them; the stride isn't a power of two, so that the heads of a batch don't fight for the same cache sets.
class DatagramArena {
public:
    static constexpr std::size_t kBatch = 64;
    explicit DatagramArena(std::size_t message_bytes);

    /// Ready for recvmmsg.
    [[nodiscard]] mmsghdr* headers();
    [[nodiscard]] std::span<char> bytes(std::size_t i) { return {buffer_.get() + i * stride_, headers_[i].msg_len}; }
    [[nodiscard]] const SocketAddress& source(std::size_t i) const { return sources_[i]; }
    [[nodiscard]] bool truncated(std::size_t i) const { return (headers_[i].msg_hdr.msg_flags & MSG_TRUNC) != 0; }

private:
    std::size_t message_bytes_, stride_;
    std::unique_ptr<char[]> buffer_;
    std::array<mmsghdr, kBatch> headers_{};
    std::array<iovec, kBatch> parts_{};
    std::array<SocketAddress, kBatch> sources_{};
};

class UdpSocket {
public:
    /// Takes over `fd`. `owner` keeps `events`, `arena` and this object alive; handlers do nothing once it has expired.
    UdpSocket(asio::io_context& io, int fd, const Endpoint& advertised, DatagramArena& arena, SocketEvents& events,
              SocketStats& stats, std::weak_ptr<void> owner);

    /// Sets what a SIP socket wants: buffers, ICMP errors, fragments instead of DF.
    static void prepare(int fd, bool v4);

    void start();
    /// Puts a datagram into the batch; `bytes` must live until flush().
    void add(std::string_view bytes, const Endpoint& to);
    void flush();
    void close();
    [[nodiscard]] const Endpoint& advertised() const { return advertised_; }
    [[nodiscard]] bool is_v4() const { return v4_; }

private:
    void wait_readable();
    void on_readable();
    std::size_t receive_batch();
    void answer_stun(std::span<const char> datagram, const Endpoint& from);
    void read_errors();
    std::size_t send_batch(std::size_t first);
    void keep_for_later(std::size_t first);
    void wait_writable();
    void send_backlog();

    struct Late {
        std::string bytes;
        Endpoint to;
    };
    asio::posix::stream_descriptor descriptor_;
    Endpoint advertised_;
    bool v4_;
    DatagramArena& arena_;
    SocketEvents& events_;
    SocketStats& stats_;
    std::weak_ptr<void> owner_;
    // The batch being filled; addresses are pointed to only when it is complete, as the vectors grow.
    std::vector<mmsghdr> out_headers_;
    std::vector<iovec> out_parts_;
    std::vector<SocketAddress> out_addresses_;
    std::vector<Endpoint> out_endpoints_;
    // What didn't fit into the kernel's buffer, oldest first.
    std::vector<Late> backlog_;
    std::size_t backlog_bytes_ = 0;
    bool sending_backlog_ = false;
};

}  // namespace centrala::net
