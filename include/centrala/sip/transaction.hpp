// Client and server transactions (RFC 3261 §17, with the Accepted states of RFC 6026), sans-I/O.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "centrala/base/random.hpp"
#include "centrala/base/time.hpp"
#include "centrala/sip/flow.hpp"
#include "centrala/sip/gate.hpp"
#include "centrala/sip/message.hpp"

namespace centrala::sip {

enum class ClientTx : std::uint64_t {};
enum class ServerTx : std::uint64_t {};

/// RFC 3261 table 4.
struct TransactionTimers {
    Duration t1 = 500ms;
    Duration t2 = 4s;
    Duration t4 = 5s;
};
struct TransactionLimits {
    std::size_t client = 200'000;
    std::size_t server = 200'000;                       ///< past it new requests get 503 with Retry-After
    std::size_t server_bytes = std::size_t{512} << 20;  ///< what is kept of requests and responses, about; likewise
};

/// What the transaction layer tells its user. Messages are views: valid until the next call into the layer.
namespace indication {
struct Request {
    ServerTx tx;
    const Message* message;
    Flow flow;
};  ///< a new server transaction, never ACK or CANCEL
struct Ack {
    const Message* message;
    Flow flow;
};  ///< for a 2xx: outside any transaction (§17.1.1.3)
struct Cancel {
    ServerTx invite;
    const Message* message;
};  ///< 200 to the CANCEL is sent already; the user answers the INVITE
struct Response {
    ClientTx tx;
    const Message* message;
};  ///< each 1xx; each 2xx to INVITE, repeats too; first other final
struct Timeout {
    ClientTx tx;
};  ///< Timer B or F: like a 408 (§8.1.3.1); tx is gone
struct Unreachable {
    ClientTx tx;
};  ///< transport error: like a 503; tx is gone
struct NoAck {
    ServerTx tx;
};  ///< Timer H, or a transport error; tx is gone
}  // namespace indication
using Indication = std::variant<std::monostate, indication::Request, indication::Ack, indication::Cancel,
                                indication::Response, indication::Timeout, indication::Unreachable, indication::NoAck>;

/// Bytes to send. Valid until clear().
struct Outgoing {
    std::string_view bytes;
    Flow flow;
};

/// The turn's datagrams, in one buffer: filled while machines decide, sent in one batch, cleared.
class Outbox {
public:
    /// Appends what `write(std::string&)` appends.
    template <class F>
    void write(const Flow& flow, F&& write) {
        const std::size_t begin = buffer_.size();
        write(buffer_);
        entries_.push_back({begin, buffer_.size() - begin, flow});
    }
    void add(const Flow& flow, std::string_view bytes) {
        write(flow, [&](std::string& b) { b.append(bytes); });
    }
    [[nodiscard]] std::size_t size() const { return entries_.size(); }
    [[nodiscard]] Outgoing operator[](std::size_t i) const {
        return {std::string_view(buffer_).substr(entries_[i].begin, entries_[i].length), entries_[i].flow};
    }
    void clear() {
        buffer_.clear();
        entries_.clear();
    }

private:
    struct Entry {
        std::size_t begin, length;
        Flow flow;
    };
    std::string buffer_;
    std::vector<Entry> entries_;
};

/// What a request is made of besides what the layer adds (request line, Via with branch and rport, Content-Length).
struct RequestParts {
    Method method;
    std::string_view uri;
    std::string_view
        header_lines;  ///< complete lines with CR LF: Max-Forwards, From, To, Call-ID, CSeq, Route, Contact …
    std::string_view content_type;
    std::string_view body;
};
/// What a response is made of besides Via, From, To (with tag), Call-ID, CSeq and Content-Length.
struct ResponseParts {
    int status;
    std::string_view reason;  ///< {}: the RFC's
    std::string_view to_tag;  ///< {}: TransactionLayer::to_tag(); ignored when the request had one
    std::string_view header_lines;
    std::string_view content_type;
    std::string_view body;
};
/// One without a body.
[[nodiscard]] inline ResponseParts plain_response(int status, std::string_view header_lines = {}) {
    return {status, {}, {}, header_lines, {}, {}};
}

struct TransactionStats {
    std::uint64_t received = 0, sent = 0, retransmitted = 0, absorbed = 0;
    std::uint64_t dropped = 0, refused = 0,
                  overloaded = 0;  ///< malformed and dropped; malformed and answered; 503 at the limit
    std::uint64_t gate_refused = 0, gate_dropped = 0;  ///< requests that the gate turned away, answered or not
    std::size_t client = 0, server = 0;                ///< alive now
};

/// Answers by itself: malformed requests (400, 505 …), CANCEL (200 or 481), 100 Trying to INVITE at once,
/// merged requests (482, §8.2.2.2), too many transactions (503), and whatever the gate refuses, statelessly. Everything
/// else goes to its user.
class TransactionLayer {
public:
    TransactionLayer(TransactionTimers timers, TransactionLimits limits, RandomSource& random, Outbox& outbox);
    ~TransactionLayer();
    TransactionLayer(const TransactionLayer&) = delete;
    TransactionLayer& operator=(const TransactionLayer&) = delete;

    /// From now on requests pass by it; it must outlive the layer and not call it. Without one all are let in.
    void set_gate(Gate& gate);

    /// One datagram or framed message; unfolded in place.
    [[nodiscard]] Indication receive(std::span<char> bytes, const Flow& from, Timestamp now);
    /// Fires what is due, in order of time; at most one indication a call: repeat until monostate.
    [[nodiscard]] Indication advance(Timestamp now);
    [[nodiscard]] std::optional<Timestamp> deadline();
    /// ICMP port unreachable, refused or reset connection: fails the client transactions that go there. Their
    /// indications come from advance(). With `connection` != 0 only those on that connection.
    void transport_failed(Transport transport, const Endpoint& remote, std::uint64_t connection, Timestamp now);

    /// ACK is not sent by this; see send_ack. nullopt at the limit.
    std::optional<ClientTx> request(const RequestParts& parts, const Flow& to, Timestamp now);
    /// An ACK for a 2xx, outside transactions; returns its bytes for repetition (§13.2.2.4).
    std::string send_ack(const RequestParts& parts, const Flow& to);
    void resend(std::string_view bytes, const Flow& to);
    /// CANCEL of an INVITE; remembered until a 1xx has come (§9.1); nothing after a final response.
    void cancel(ClientTx invite, std::string_view extra_header_lines, Timestamp now);
    /// An INVITE of the process before this one, sent with that branch: so that it can be cancelled. Of the parts only
    /// what ACK and CANCEL take from it matters. nullopt: no branch of ours, or at the limit.
    std::optional<ClientTx> resume_invite(const RequestParts& parts, const Flow& to, std::string_view branch);
    /// The branch of a client transaction's request and where it goes; "" and null once it is gone.
    [[nodiscard]] std::string_view branch(ClientTx tx) const;
    [[nodiscard]] const Flow* flow(ClientTx tx) const;
    /// The user has lost interest: no more indications of it; the machine runs to its end alone.
    void abandon(ClientTx tx);

    /// The request as it was sent; also right after the Timeout or Unreachable that ended it. "" if it is gone.
    [[nodiscard]] std::string_view request_text(ClientTx tx) const;

    /// The tag that all responses of this transaction carry in To: the request's own or one made at its arrival;
    /// "" if the transaction is gone. Valid until the transaction ends.
    [[nodiscard]] std::string_view to_tag(ServerTx tx) const;
    /// Another tag for responses from now on; nothing if the request had one.
    void set_to_tag(ServerTx tx, std::string_view tag);
    /// False if that transaction is gone.
    bool respond(ServerTx tx, const ResponseParts& parts, Timestamp now);
    /// Sends the last 2xx of an INVITE again (§13.3.1.4; Accepted state). False if it is gone.
    bool repeat_2xx(ServerTx tx);
    /// Sends the last provisional response again (§13.3.1.1). False if it is gone or has a final response.
    bool repeat_1xx(ServerTx tx);

    [[nodiscard]] TransactionStats stats() const;

private:
    struct Impl;
    std::unique_ptr<Impl> impl_;
};

}  // namespace centrala::sip
