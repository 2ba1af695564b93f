// One SIP connection: a stream's bytes become messages and the other way round, within limits of size and time.
#include "net/stream_connection.hpp"

#include <asio/post.hpp>

#include "net/socket_address.hpp"
#include "net/websocket_framing.hpp"

namespace centrala::net {
namespace {

constexpr std::size_t kReadsAWake = 4;
constexpr std::size_t kRepliesMax = 4'096;  ///< who pings but doesn't read gets no more

asio::ip::tcp::endpoint to_asio(const Endpoint& e) {
    const auto& b = e.address.bytes();
    if (e.address.is_v4())
        return {asio::ip::make_address_v4(asio::ip::address_v4::bytes_type{b[0], b[1], b[2], b[3]}), e.port};
    asio::ip::address_v6::bytes_type bytes;
    std::copy(b.begin(), b.end(), bytes.begin());
    return {asio::ip::make_address_v6(bytes), e.port};
}

}  // namespace

StreamConnection::StreamConnection(asio::ip::tcp::socket socket, const sip::Flow& flow, StreamShared shared, Gone gone)
    : stream_(std::make_shared<Stream>(std::move(socket))),
      flow_(flow),
      shared_(shared),
      gone_(std::move(gone)),
      framing_(make_sip_framing(shared.limits.message_bytes)),
      last_activity_(std::chrono::steady_clock::now()) {}

void StreamConnection::start() {
    stream_->set_options();
    if (tls_ || door_) return shake_hands();
    on_open();
}

void StreamConnection::connect() {
    outgoing_ = true;
    state_ = State::connecting;
    const auto remote = to_asio(flow_.remote);
    asio::error_code error;
    stream_->socket().open(remote.protocol(), error);
    if (error) {  // out of descriptors; the caller must not find itself called back
        asio::post(stream_->socket().get_executor(), [self = shared_from_this()] { self->fail(); });
        return;
    }
    stream_->socket().async_connect(remote,
                                    [self = shared_from_this()](const asio::error_code& e) { self->on_connected(e); });
}

void StreamConnection::on_connected(const asio::error_code& error) {
    if (state_ != State::connecting) return;
    if (error) return fail();
    ++shared_.stats.tcp_connected;
    last_activity_ = std::chrono::steady_clock::now();
    stream_->set_options();
    if (tls_) return shake_hands();
    on_open();
}

void StreamConnection::on_open() {
    state_ = State::open;
    last_activity_ = std::chrono::steady_clock::now();
    flush();
    if (state_ == State::open && stream_->has_unread()) on_readable();
    if (state_ == State::open) wait_readable();
}

// ---- handshakes

void StreamConnection::shake_hands() {
    ++shared_.handshakes;
    ++shared_.source_handshakes;
    handshake_begun_ = std::chrono::steady_clock::now();
    if (tls_) {
        state_ = State::tls_handshake;
        continue_tls();
    } else {
        on_tls_done();
    }
}

void StreamConnection::continue_tls() {
    const auto again = [self = shared_from_this()](const asio::error_code& error) {
        if (self->state_ == State::tls_handshake && !error) self->continue_tls();
    };
    switch (stream_->handshake()) {
        case Stream::Status::done: ++shared_.stats.tls_handshakes; return on_tls_done();
        case Stream::Status::blocked: return stream_->when_readable(again);
        case Stream::Status::ended:
        case Stream::Status::failed: return fail_handshake(stream_->failure());
    }
}

void StreamConnection::on_tls_done() {
    if (door_) {
        state_ = State::websocket_handshake;
        framing_ = make_websocket_framing(shared_.limits.message_bytes);
        return door_->admit(stream_, [weak = weak_from_this()](const WebSocketDoor::Answer& answer) {
            const auto self = weak.lock();
            if (self && self->state_ == State::websocket_handshake) self->on_websocket_answer(answer);
        });
    }
    end_handshake();
    on_open();
}

void StreamConnection::end_handshake() {
    --shared_.handshakes;
    --shared_.source_handshakes;
}

void StreamConnection::on_websocket_answer(const WebSocketDoor::Answer& answer) {
    out_.append(answer.response);
    if (!answer.refusal.empty()) {
        while (out_sent_ < out_.size()) {  // a few octets, the first on this connection: there is room for them
            const Stream::Progress sent = stream_->write(std::string_view(out_).substr(out_sent_));
            if (sent.status != Stream::Status::done) break;
            out_sent_ += sent.bytes;
        }
        return fail_handshake(answer.refusal);
    }
    end_handshake();
    ++shared_.stats.websockets;
    on_open();
}

void StreamConnection::fail_handshake(std::string_view reason) {
    const bool tls = state_ == State::tls_handshake;
    ++(tls ? shared_.stats.tls_failed : shared_.stats.websockets_refused);
    const std::string why(reason);  // may be the stream's
    fail();
    shared_.events.handshake_failed(flow_, tls ? HandshakeKind::tls : HandshakeKind::websocket, why);
}

// ---- in

void StreamConnection::wait_readable() {
    stream_->when_readable([self = shared_from_this()](const asio::error_code& error) {
        if (self->state_ != State::open || error) return;
        self->on_readable();
        if (self->state_ == State::open) self->wait_readable();
    });
}

void StreamConnection::on_readable() {
    for (std::size_t i = 0; i < kReadsAWake && state_ == State::open; ++i)
        if (!read_once()) return;
}

/// One read and the messages in it; false when there is nothing more to read now.
bool StreamConnection::read_once() {
    const Stream::Progress got = stream_->read(shared_.scratch);
    switch (got.status) {
        case Stream::Status::done: break;
        case Stream::Status::blocked: return false;
        case Stream::Status::ended: on_peer_finished(); return false;
        case Stream::Status::failed: fail(); return false;
    }
    last_activity_ = std::chrono::steady_clock::now();
    std::span<char> bytes = shared_.scratch.first(got.bytes);
    const bool in_partial = !partial_.empty();
    if (in_partial) {
        const std::size_t known = partial_.size();
        partial_.append(bytes.data(), bytes.size());
        if (!framing_->worth_a_look(partial_, known)) {
            note_begun();
            return true;
        }
        bytes = std::span<char>(partial_.data(), partial_.size());
    }
    std::size_t consumed = 0;
    if (!take_messages(bytes, consumed)) return false;
    keep_rest(bytes, consumed, in_partial);
    return true;
}

/// False if the connection has ended over it.
bool StreamConnection::take_messages(std::span<char> bytes, std::size_t& consumed) {
    bool any = false;
    while (consumed < bytes.size()) {
        const StreamFrame frame = framing_->next(bytes.subspan(consumed));
        if (frame.kind == StreamFrame::Kind::need_more) break;
        answer(frame.reply);
        if (state_ != State::open) return false;
        consumed += frame.used;
        if (frame.kind == StreamFrame::Kind::message) {
            shared_.events.received(frame.message, flow_);
            if (state_ != State::open) return false;
            any = true;
            message_pending_ = false;
        } else if (frame.kind != StreamFrame::Kind::other) {
            flush();
            if (any) shared_.events.turn_over();
            frame.kind == StreamFrame::Kind::last ? fail() : fail_broken();
            return false;
        }
    }
    flush();
    if (any) shared_.events.turn_over();
    return state_ == State::open;
}

void StreamConnection::answer(std::string_view reply) {
    if (!reply.empty() && out_.size() - out_sent_ < kRepliesMax) out_.append(reply);
}

void StreamConnection::keep_rest(std::span<char> bytes, std::size_t consumed, bool in_partial) {
    if (!in_partial)
        partial_.assign(bytes.data() + consumed, bytes.size() - consumed);
    else if (consumed > 0)
        partial_.erase(0, consumed);
    if (partial_.empty() && partial_.capacity() > 4'096) partial_ = {};  // ten thousand idle connections hold nothing
    note_begun();
}

void StreamConnection::note_begun() {
    const bool pending = framing_->in_message(partial_);
    if (pending && !message_pending_) message_begun_ = last_activity_;
    message_pending_ = pending;
}

void StreamConnection::on_peer_finished() {
    state_ = State::half_closed;
    peer_finished_ = std::chrono::steady_clock::now();
    // A reset while we still send shows as an error condition.
    stream_->when_broken([self = shared_from_this()](const asio::error_code& error) {
        if (self->state_ == State::half_closed && !error) self->fail();
    });
}

// ---- out

bool StreamConnection::queue(std::string_view bytes) {
    if (state_ == State::closed) return false;
    if (out_.size() - out_sent_ + bytes.size() > shared_.limits.tcp_write_queue_bytes) {
        fail_broken();
        return false;
    }
    if (out_sent_ > 65'536 && out_sent_ * 2 > out_.size()) {
        out_.erase(0, out_sent_);
        out_sent_ = 0;
    }
    framing_->append(out_, bytes);
    return true;
}

void StreamConnection::flush() {
    if (state_ != State::open && state_ != State::half_closed) return;
    while (out_sent_ < out_.size()) {
        const Stream::Progress sent = stream_->write(std::string_view(out_).substr(out_sent_));
        if (sent.status == Stream::Status::blocked) return wait_writable();
        if (sent.status != Stream::Status::done) return fail();
        out_sent_ += sent.bytes;
    }
    if (!out_.empty()) last_activity_ = std::chrono::steady_clock::now();
    out_sent_ = 0;
    out_.clear();
    if (out_.capacity() > 16'384) out_ = {};
}

void StreamConnection::wait_writable() {
    if (waiting_to_write_) return;
    waiting_to_write_ = true;
    stream_->when_writable([self = shared_from_this()](const asio::error_code& error) {
        self->waiting_to_write_ = false;
        if (!error) self->flush();
    });
}

// ---- the end

void StreamConnection::sweep(SteadyTime now) {
    const SocketLimits& limits = shared_.limits;
    switch (state_) {
        case State::connecting:
            if (now - last_activity_ >= limits.tcp_connect_timeout) fail();
            return;
        case State::tls_handshake:
        case State::websocket_handshake:
            if (now - handshake_begun_ >= limits.handshake_timeout) fail_handshake("timeout");
            return;
        case State::open:
            if (message_pending_ && now - message_begun_ >= limits.tcp_message_timeout) return fail_broken();
            if (now - last_activity_ < limits.tcp_idle_timeout) return;
            if (shared_.events.in_use(flow_)) {
                last_activity_ = now;
                return;
            }
            ++shared_.stats.tcp_idle;
            return fail();
        case State::half_closed:
            if (now - peer_finished_ < limits.tcp_linger) return;
            ++shared_.stats.tcp_half_closed;
            return fail();
        case State::idle:
        case State::closed: return;
    }
}

void StreamConnection::close() {
    if (state_ == State::closed) return;
    if (state_ == State::tls_handshake || state_ == State::websocket_handshake) end_handshake();
    state_ = State::closed;
    stream_->close();
}

void StreamConnection::fail() {
    if (state_ == State::closed) return;
    close();
    gone_(*this);
}

void StreamConnection::fail_broken() {
    if (state_ == State::closed) return;
    ++shared_.stats.tcp_broken;
    fail();
}

}  // namespace centrala::net
