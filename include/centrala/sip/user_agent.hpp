// INVITE sessions: dialogs (RFC 3261 §12), offer/answer carriage, 2xx and ACK, CANCEL, BYE, re-INVITE; sans-I/O.
// One object for all sessions. What a session means (caller, agent, queue) is its user's matter.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <variant>

#include "centrala/sip/transaction.hpp"

namespace centrala::sip {

enum class SessionId : std::uint64_t {};

/// What happened. Messages are views: valid until the next call into the user agent.
namespace ua {
/// An INVITE that opens a dialog; 100 is sent. Answer with ring/accept/refuse. Bodies other than SDP, unknown
/// Require and bad Content-Encoding were refused before (415, 420).
struct Invited {
    SessionId session;
    const Message* invite;
    Flow flow;
};
struct Cancelled {
    SessionId session;
    const Message* cancel;
};  ///< 487 is sent; the session is gone
/// ACK to our first 2xx; its body is the answer to a late offer. Again for a re-INVITE that had no offer.
struct Confirmed {
    SessionId session;
    const Message* ack;
};
struct Progress {
    SessionId session;
    const Message* response;
};  ///< 101–199 to our INVITE
struct Accepted {
    SessionId session;
    const Message* response;
};  ///< first 2xx to our INVITE; ACK is sent
/// 3xx–6xx to our INVITE (message), or Timer B (408, null), transport error (503, null). The session is gone.
struct Refused {
    SessionId session;
    int status;
    const Message* response;
    bool transport_error;
};
/// The dialog is over: BYE received and answered (message), or no ACK within 64·T1, or an in-dialog request
/// failed with 408/481 or by transport (null; our BYE is sent). The session is gone.
struct Ended {
    SessionId session;
    const Message* bye;
    enum class Why : std::uint8_t { bye, no_ack, lost } why;
};
/// re-INVITE or UPDATE with (or without) an offer: answer with accept_reoffer/refuse_reoffer before anything else.
struct Reoffered {
    SessionId session;
    const Message* request;
};
/// Any other request: outside dialogs (REGISTER, OPTIONS …) session is 0; inside (INFO …) it is that dialog's.
/// Answer by respond(). Unknown methods were answered 405/501 before, strange dialogs 481.
struct Requested {
    ServerTx tx;
    SessionId session;
    const Message* request;
    Flow flow;
};
/// The answer to a request sent by send_request(); null after a timeout or transport error.
struct Answered {
    ClientTx tx;
    const Message* response;
};
}  // namespace ua
using UaEvent = std::variant<std::monostate, ua::Invited, ua::Cancelled, ua::Confirmed, ua::Progress, ua::Accepted,
                             ua::Refused, ua::Ended, ua::Reoffered, ua::Requested, ua::Answered>;

/// A new INVITE. All text is copied.
struct Invitation {
    std::string_view request_uri;
    std::string_view from;          ///< name-addr without tag: "\"Ann\" <sip:+44…@host>"
    std::string_view to;            ///< name-addr
    std::string_view header_lines;  ///< further complete lines; Max-Forwards is 70 unless it is among them
    std::string_view sdp;
    std::span<const std::string> route_set;  ///< Route values in order
};

struct UserAgentOptions {
    std::string product;       ///< Server and User-Agent, e.g. "Centrala/0.1"
    std::string contact_user;  ///< user part of our Contact
    TransactionTimers timers;
    TransactionLimits limits;
    std::size_t sessions = 50'000;  ///< past it an INVITE gets 503 with Retry-After
    Duration answer_max = 3min;     ///< our INVITE without a final response: CANCEL this long after its last 1xx
};

class UserAgent {
public:
    UserAgent(UserAgentOptions options, RandomSource& random, Outbox& outbox);
    ~UserAgent();
    UserAgent(const UserAgent&) = delete;
    UserAgent& operator=(const UserAgent&) = delete;

    // In: what the world did. receive() answers at most one event; advance() likewise: repeat until monostate.
    [[nodiscard]] UaEvent receive(std::span<char> bytes, const Flow& from, Timestamp now);
    [[nodiscard]] UaEvent advance(Timestamp now);
    [[nodiscard]] std::optional<Timestamp> deadline();
    void transport_failed(Transport transport, const Endpoint& remote, std::uint64_t connection, Timestamp now);

    // Server side of a session.
    void ring(SessionId session, int status, std::string_view sdp, Timestamp now);  ///< 180 or 183; sdp may be empty
    void accept(SessionId session, std::string_view sdp, Timestamp now);            ///< 200, repeated until ACK
    void refuse(SessionId session, int status, std::string_view header_lines,
                Timestamp now);  ///< 3xx–6xx; the session is gone
    void accept_reoffer(SessionId session, std::string_view sdp, Timestamp now);
    void refuse_reoffer(SessionId session, int status, Timestamp now);  ///< 488 …; the session goes on as it was

    // Client side of a session.
    std::optional<SessionId> invite(const Invitation& invitation, const Flow& to, Timestamp now);

    /// Ends a session whatever its state: CANCEL (or BYE, should the 2xx cross it) for our INVITE, 480 for theirs
    /// unanswered, BYE else. No more events of it. `header_lines`: Reason and the like.
    void hang_up(SessionId session, std::string_view header_lines, Timestamp now);

    // Outside INVITE sessions.
    void respond(ServerTx tx, const ResponseParts& parts, Timestamp now);
    /// e.g. OPTIONS to a phone. The user gives all header lines but Via and Content-Length.
    std::optional<ClientTx> send_request(const RequestParts& parts, const Flow& to, Timestamp now);

    /// A request inside an established session (OPTIONS to see whether the peer still knows the call, INFO …); the user
    /// agent adds all dialog headers. The answer comes as Answered; 408, 481, a timeout or a transport error end the
    /// session: Ended(lost) instead (RFC 5057). nullopt when the session isn't established, or at the limit.
    std::optional<ClientTx> send_within(SessionId session, Method method, std::string_view header_lines,
                                        std::string_view content_type, std::string_view body, Timestamp now);

    /// The dialog's Call-ID, for logs; empty if the session is gone.
    [[nodiscard]] std::string_view call_id(SessionId session) const;
    /// Whether a session's requests go over that TCP connection.
    [[nodiscard]] bool uses(std::uint64_t connection) const;
    [[nodiscard]] std::size_t sessions() const;
    /// Sessions that are over for the user but still answer late messages (at most about 64·T1 each).
    [[nodiscard]] std::size_t lingering() const;
    [[nodiscard]] TransactionStats stats() const;

private:
    struct Impl;
    std::unique_ptr<Impl> impl_;
};

}  // namespace centrala::sip
