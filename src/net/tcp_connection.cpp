// One SIP connection over TCP: framing by Content-Length (RFC 3261 §18.3), keep-alives (RFC 5626 §4.4.1), limits.
#include "net/tcp_connection.hpp"

#include <cerrno>
#include <cstring>

#include <netinet/tcp.h>
#include <sys/socket.h>

#include "centrala/sip/message.hpp"
#include "net/socket_address.hpp"

namespace centrala::net {
namespace {

constexpr std::size_t kReadsAWake = 4;
constexpr std::string_view kPing = "\r\n\r\n", kPong = "\r\n";

asio::ip::tcp::endpoint to_asio(const Endpoint& e) {
    const auto& b = e.address.bytes();
    if (e.address.is_v4())
        return {asio::ip::make_address_v4(asio::ip::address_v4::bytes_type{b[0], b[1], b[2], b[3]}), e.port};
    asio::ip::address_v6::bytes_type bytes;
    std::copy(b.begin(), b.end(), bytes.begin());
    return {asio::ip::make_address_v6(bytes), e.port};
}

bool has_empty_line(std::string_view text) {
    return text.find("\r\n\r\n") != std::string_view::npos || text.find("\n\n") != std::string_view::npos;
}

}  // namespace

TcpConnection::TcpConnection(asio::ip::tcp::socket socket, const sip::Flow& flow, TcpShared shared, Gone gone)
    : socket_(std::move(socket)),
      flow_(flow),
      shared_(shared),
      gone_(std::move(gone)),
      last_activity_(std::chrono::steady_clock::now()) {}

void TcpConnection::start() {
    state_ = State::open;
    set_options();
    wait_readable();
}

void TcpConnection::connect() {
    outgoing_ = true;
    state_ = State::connecting;
    const auto remote = to_asio(flow_.remote);
    asio::error_code error;
    socket_.open(remote.protocol(), error);
    if (error) {  // out of descriptors; the caller must not find itself called back
        asio::post(socket_.get_executor(), [self = shared_from_this()] { self->fail(); });
        return;
    }
    socket_.async_connect(remote, [self = shared_from_this()](const asio::error_code& e) { self->on_connected(e); });
}

void TcpConnection::on_connected(const asio::error_code& error) {
    if (state_ != State::connecting) return;
    if (error) return fail();
    state_ = State::open;
    ++shared_.stats.tcp_connected;
    last_activity_ = std::chrono::steady_clock::now();
    set_options();
    flush();
    if (state_ == State::open) wait_readable();
}

void TcpConnection::set_options() {
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

// ---- in

void TcpConnection::wait_readable() {
    socket_.async_wait(asio::ip::tcp::socket::wait_read, [self = shared_from_this()](const asio::error_code& error) {
        if (self->state_ != State::open || error) return;
        self->on_readable();
        if (self->state_ == State::open) self->wait_readable();
    });
}

void TcpConnection::on_readable() {
    for (std::size_t i = 0; i < kReadsAWake && state_ == State::open; ++i)
        if (!read_once()) return;
}

/// One read and the messages in it; false when there is nothing more to read now.
bool TcpConnection::read_once() {
    const ssize_t got = ::recv(socket_.native_handle(), shared_.scratch.data(), shared_.scratch.size(), MSG_DONTWAIT);
    if (got == 0) {
        on_peer_finished();
        return false;
    }
    if (got < 0) {
        if (errno == EINTR) return true;
        if (errno != EAGAIN && errno != EWOULDBLOCK) fail();
        return false;
    }
    last_activity_ = std::chrono::steady_clock::now();
    std::span<char> stream = shared_.scratch.first(static_cast<std::size_t>(got));
    const bool in_partial = !partial_.empty();
    if (in_partial) {
        const std::size_t before = partial_.size();
        partial_.append(stream.data(), stream.size());
        // Nothing can be complete before a line ends: bytes that drip don't cost a look at all of them each time.
        if (!header_complete_ && std::memchr(stream.data(), '\n', stream.size()) == nullptr &&
            partial_.size() <= shared_.limits.message_bytes) {
            note_begun();
            return true;
        }
        const std::size_t look_from = before > 3 ? before - 3 : 0;
        header_complete_ = header_complete_ || has_empty_line(std::string_view(partial_).substr(look_from));
        stream = std::span<char>(partial_.data(), partial_.size());
    }
    std::size_t consumed = 0;
    if (!take_messages(stream, consumed)) return false;
    keep_rest(stream, consumed, in_partial);
    return true;
}

/// False if the connection has ended over it.
bool TcpConnection::take_messages(std::span<char> stream, std::size_t& consumed) {
    bool any = false;
    const sip::ParseLimits limits{.message_bytes = shared_.limits.message_bytes};
    for (;;) {
        const std::string_view rest(stream.data() + consumed, stream.size() - consumed);
        if (rest.empty()) break;
        if (rest.front() == '\r' || rest.front() == '\n') {
            const std::size_t used = take_keepalives(rest);
            if (state_ != State::open) return false;
            consumed += used;
            if (used == 0) break;  // half a ping: wait for the rest
            continue;
        }
        const sip::Framed framed = sip::frame(rest, limits);
        const std::size_t end = framed.skip + framed.length;
        if (framed.status == sip::Framed::Status::message && end <= rest.size() &&
            framed.length <= shared_.limits.message_bytes) {
            shared_.events.received(stream.subspan(consumed + framed.skip, framed.length), flow_);
            if (state_ != State::open) return false;
            consumed += end;
            any = true;
            message_pending_ = false;
            continue;
        }
        if (framed.status == sip::Framed::Status::need_more && rest.size() <= shared_.limits.message_bytes) break;
        if (any) shared_.events.turn_over();
        fail_broken();
        return false;
    }
    flush();
    if (any) shared_.events.turn_over();
    return state_ == State::open;
}

/// RFC 5626 §4.4.1: CR LF CR LF is a ping, answered by CR LF; a single CR LF before a message is to be ignored
/// (RFC 3261 §7.5). 0: undecided until more has come.
std::size_t TcpConnection::take_keepalives(std::string_view stream) {
    if (stream.starts_with(kPing)) {
        if (out_.size() - out_sent_ < 4'096) queue(kPong);  // who pings but doesn't read gets no more
        return kPing.size();
    }
    if (kPing.starts_with(stream)) return 0;
    return stream.starts_with(kPong) ? kPong.size() : 1;
}

void TcpConnection::keep_rest(std::span<char> stream, std::size_t consumed, bool in_partial) {
    if (in_partial && consumed == 0) {
        // nothing moved
    } else if (in_partial) {
        partial_.erase(0, consumed);
        header_complete_ = false;
    } else {
        partial_.assign(stream.data() + consumed, stream.size() - consumed);
    }
    if (partial_.empty()) {
        message_pending_ = header_complete_ = false;
        if (partial_.capacity() > 4'096) partial_ = {};  // ten thousand idle connections hold nothing
        return;
    }
    if (consumed > 0 || !in_partial) header_complete_ = has_empty_line(partial_);
    note_begun();
}

void TcpConnection::note_begun() {
    if (message_pending_ || kPing.starts_with(partial_)) return;
    message_pending_ = true;
    message_begun_ = last_activity_;
}

void TcpConnection::on_peer_finished() {
    state_ = State::half_closed;
    peer_finished_ = std::chrono::steady_clock::now();
    // A reset while we still send shows as an error condition.
    socket_.async_wait(asio::ip::tcp::socket::wait_error, [self = shared_from_this()](const asio::error_code& error) {
        if (self->state_ == State::half_closed && !error) self->fail();
    });
}

// ---- out

bool TcpConnection::queue(std::string_view bytes) {
    if (state_ == State::closed) return false;
    if (out_.size() - out_sent_ + bytes.size() > shared_.limits.tcp_write_queue_bytes) {
        fail_broken();
        return false;
    }
    if (out_sent_ > 65'536 && out_sent_ * 2 > out_.size()) {
        out_.erase(0, out_sent_);
        out_sent_ = 0;
    }
    out_.append(bytes);
    return true;
}

void TcpConnection::flush() {
    if (state_ != State::open && state_ != State::half_closed) return;
    while (out_sent_ < out_.size()) {
        const ssize_t sent = ::send(socket_.native_handle(), out_.data() + out_sent_, out_.size() - out_sent_,
                                    MSG_DONTWAIT | MSG_NOSIGNAL);
        if (sent >= 0) {
            out_sent_ += static_cast<std::size_t>(sent);
            continue;
        }
        if (errno == EINTR) continue;
        if (errno == EAGAIN || errno == EWOULDBLOCK) return wait_writable();
        return fail();
    }
    if (!out_.empty()) last_activity_ = std::chrono::steady_clock::now();
    out_sent_ = 0;
    out_.clear();
    if (out_.capacity() > 16'384) out_ = {};
}

void TcpConnection::wait_writable() {
    if (waiting_to_write_) return;
    waiting_to_write_ = true;
    socket_.async_wait(asio::ip::tcp::socket::wait_write, [self = shared_from_this()](const asio::error_code& error) {
        self->waiting_to_write_ = false;
        if (!error) self->flush();
    });
}

// ---- the end

void TcpConnection::sweep(SteadyTime now) {
    const SocketLimits& limits = shared_.limits;
    switch (state_) {
        case State::connecting:
            if (now - last_activity_ >= limits.tcp_connect_timeout) fail();
            return;
        case State::open:
            if (message_pending_ && now - message_begun_ >= limits.tcp_message_timeout) return fail_broken();
            if (now - last_activity_ < limits.tcp_idle_timeout) return;
            if (shared_.events.in_use(flow_.connection)) {
                last_activity_ = now;
                return;
            }
            ++shared_.stats.tcp_idle;
            return fail();
        case State::half_closed:
            if (now - peer_finished_ >= limits.tcp_linger) fail();
            return;
        case State::idle:
        case State::closed: return;
    }
}

void TcpConnection::close() {
    if (state_ == State::closed) return;
    state_ = State::closed;
    asio::error_code ignored;
    socket_.close(ignored);
}

void TcpConnection::fail() {
    if (state_ == State::closed) return;
    close();
    gone_(*this);
}

void TcpConnection::fail_broken() {
    if (state_ == State::closed) return;
    ++shared_.stats.tcp_broken;
    fail();
}

}  // namespace centrala::net
