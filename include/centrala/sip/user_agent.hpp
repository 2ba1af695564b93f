// INVITE sessions: dialogs (RFC 3261 §12), offer/answer carriage, 2xx and ACK, CANCEL, BYE, re-INVITE; sans-I/O.
// One object for all sessions. What a session means (caller, agent, queue) is its user's matter.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "centrala/sip/dialog.hpp"
#include "centrala/sip/digest.hpp"
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
/// ACK to our first 2xx; its body is the answer to a late offer. Again for a re-INVITE that had no offer. And the PRACK
/// that holds the answer to an offer in a reliable provisional response of ours: the session isn't accepted yet then.
struct Confirmed {
    SessionId session;
    const Message* ack;
};
struct Progress {
    SessionId session;
    const Message* response;
};  ///< 101–199 to our INVITE
/// First 2xx to our INVITE. ACK is sent, unless we had made no offer (`offer`): then the body is one, and confirm()
/// sends the ACK with our answer. `sdp`: the body, or the answer that a reliable provisional response of this dialog
/// had held, after which the 2xx need not repeat it (RFC 3262 §5).
struct Accepted {
    SessionId session;
    const Message* response;
    bool offer;
    std::string_view sdp;
};
/// 3xx–6xx to our INVITE (message), or Timer B (408, null), transport error (503, null). The session is gone.
struct Refused {
    SessionId session;
    int status;
    const Message* response;
    bool transport_error;
};
/// The dialog is over: BYE received and answered (message); or no ACK or PRACK within 64·T1; or an in-dialog request
/// failed with 408/481 or by transport; or nobody refreshed it in time (RFC 4028): null, and our BYE is sent. The
/// session is gone.
struct Ended {
    SessionId session;
    const Message* bye;
    enum class Why : std::uint8_t { bye, no_ack, lost, expired } why;
};
/// re-INVITE, or UPDATE or PRACK with an offer: answer with accept_reoffer/refuse_reoffer before anything else.
struct Reoffered {
    SessionId session;
    const Message* request;
};
/// The answer to our reoffer(). 2xx: ACK is sent, the body is the answer; if we had asked for an offer (`offer`) the
/// body is one, and confirm() sends the ACK. Any other status: the session goes on as it was. 491 without a response:
/// the peer's own offer was accepted while ours waited; offer again from what is agreed now, if still wanted.
struct Reanswered {
    SessionId session;
    int status;
    const Message* response;
    bool offer;
    bool refresh;  ///< not asked for: the session timer's, with the last description unchanged
};
/// UPDATE without an offer, of either side, was accepted: what save() says may have changed.
struct Refreshed {
    SessionId session;
};
/// Any other request: outside dialogs (REGISTER, OPTIONS, REFER, SUBSCRIBE, NOTIFY, PUBLISH, MESSAGE) session is 0;
/// inside (INFO, REFER …) it is that dialog's. SUBSCRIBE and NOTIFY with a To tag that is no session's come with
/// session 0 too, for subscriptions are dialogs of their user's (RFC 6665 §4.4.1); others got 481.
/// Answer by respond(). Unknown methods were answered 501 before.
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
using UaEvent =
    std::variant<std::monostate, ua::Invited, ua::Cancelled, ua::Confirmed, ua::Progress, ua::Accepted, ua::Refused,
                 ua::Ended, ua::Reoffered, ua::Reanswered, ua::Refreshed, ua::Requested, ua::Answered>;

/// A new INVITE. All text is copied.
struct Invitation {
    std::string_view request_uri;
    std::string_view from;          ///< name-addr without tag: "\"Ann\" <sip:+44…@host>"
    std::string_view to;            ///< name-addr
    std::string_view header_lines;  ///< further complete lines; Max-Forwards is 70 unless it is among them
    std::string_view sdp;           ///< "": the peer shall offer
    std::span<const std::string> route_set = {};  ///< Route values in order
    const Credentials* credentials = nullptr;     ///< to answer 401 and 407 with, in this dialog
    /// Further targets in order, for when one can't be reached, doesn't answer, or says 503 (RFC 3263 §4.3).
    std::span<const Flow> alternatives = {};
};

/// What of a session outlives the process: enough to go on with its dialog, to take back an INVITE of ours that nobody
/// has answered yet, or to receive one of the peer's again that we haven't.
struct SessionState {
    Dialog dialog;  ///< local_cseq: of the INVITE, if `branch` says that it is open
    Flow flow;      ///< whence the peer was last heard; without its connection, which dies with the process
    bool follows_route = false;  ///< UserAgent::follow_route()
    bool began = false;          ///< by our INVITE
    std::string branch;          ///< of that INVITE, until it has its final response
    std::string invite;  ///< the peer's, whole, until we have answered it: then there is nothing else but the flow

    bool operator==(const SessionState&) const = default;
};

/// What a Replaces header names (RFC 3891 §3): a dialog that is confirmed, or an early one that we began.
struct ReplacesTarget {
    SessionId session;
    bool confirmed;
};

/// The methods that are understood, for 405 and 501.
inline constexpr std::string_view kAllow =
    "Allow: INVITE, ACK, CANCEL, BYE, OPTIONS, UPDATE, INFO, PRACK, REFER, SUBSCRIBE, NOTIFY, PUBLISH, REGISTER\r\n";

/// Which provisional responses of ours are reliable (RFC 3262).
enum class Reliable : std::uint8_t {
    off,            ///< none: 100rel is neither supported nor accepted in Require
    when_required,  ///< where the peer requires it
    when_supported  ///< those with SDP also where the peer only supports it
};

struct UserAgentOptions {
    std::string product;       ///< Server and User-Agent, e.g. "Centrala/0.1"
    std::string contact_user;  ///< user part of our Contact
    TransactionTimers timers;
    TransactionLimits limits;
    std::size_t sessions = 50'000;     ///< past it an INVITE gets 503 with Retry-After
    Duration subscription_max = 5min;  ///< a dialog that only a subscription keeps lasts this long after its BYE
    Duration failover_after = 4s;      ///< a target that says nothing for so long, while there are alternatives
    Duration answer_max = 3min;        ///< our INVITE without a final response: CANCEL this long after its last 1xx
    Reliable reliable = Reliable::when_required;
    Duration session_expires = 30min;  ///< RFC 4028: what we ask for; 0: no session timers at all
    Duration min_se = 90s;             ///< shorter ones get 422; at least 90 s
    /// Where we listen for TCP, one for each address family: requests too large for UDP go out by it (RFC 3261 §18.1.1)
    /// and, if the peer refuses the connection, by UDP after all. Empty: all go by UDP.
    std::vector<Flow> locals = {};
    /// Where a URI leads, as far as it is known now: for sessions that follow_route().
    std::function<std::optional<Flow>(const Uri&)> locate = {};
    /// Told of each 503 to an INVITE of ours that says when to come back (RFC 3261 §21.5.4), also where another target
    /// was tried and nobody need know. Not to be called back from within.
    std::function<void(const Flow&, Duration retry_after, Timestamp now)> told_to_wait = {};
};

class UserAgent {
public:
    UserAgent(UserAgentOptions options, RandomSource& random, Outbox& outbox);
    ~UserAgent();
    UserAgent(const UserAgent&) = delete;
    UserAgent& operator=(const UserAgent&) = delete;

    /// From now on requests pass by it; it must outlive this, and may ask has_dialog() but nothing else.
    void set_gate(Gate& gate);

    // In: what the world did. receive() answers at most one event; advance() likewise: repeat until monostate.
    [[nodiscard]] UaEvent receive(std::span<char> bytes, const Flow& from, Timestamp now);
    [[nodiscard]] UaEvent advance(Timestamp now);
    [[nodiscard]] std::optional<Timestamp> deadline();
    void transport_failed(Transport transport, const Endpoint& remote, std::uint64_t connection, Timestamp now);

    // Server side of a session.
    void ring(SessionId session, int status, std::string_view sdp, Timestamp now);  ///< 180 or 183; sdp may be empty
    /// 200, repeated until ACK; only after the PRACK to a reliable provisional response with SDP.
    void accept(SessionId session, std::string_view sdp, Timestamp now);
    void refuse(SessionId session, int status, std::string_view header_lines,
                Timestamp now);  ///< 3xx–6xx; the session is gone
    void accept_reoffer(SessionId session, std::string_view sdp, Timestamp now);
    void refuse_reoffer(SessionId session, int status, Timestamp now);  ///< 488 …; the session goes on as it was

    // Either side, once established.
    /// Our re-INVITE with an offer, or, `sdp` empty, asking the peer for one (RFC 3261 §14.1). It waits for an ACK that
    /// is still out, and goes again after a 491 by that section's times. Ends in Reanswered, unless the session ends.
    /// False: not established, or an offer of either side is open.
    bool reoffer(SessionId session, std::string_view sdp, Timestamp now);
    /// Our answer to an offer that came in a 2xx: the ACK, held back for it up to 32·T1; after that, or by hang_up(),
    /// it goes without one, and BYE after it.
    void confirm(SessionId session, std::string_view sdp, Timestamp now);

    /// From now on requests in this dialog go to its next hop, by Route and Contact (RFC 3261 §12.2.1.1), where that
    /// can be located. Without it they go where the peer was last heard, which reaches phones behind NATs.
    void follow_route(SessionId session);
    /// The URI of that next hop; "" for a session that doesn't follow it.
    [[nodiscard]] std::string_view next_hop(SessionId session) const;

    // Client side of a session.
    std::optional<SessionId> invite(const Invitation& invitation, const Flow& to, Timestamp now);

    /// Ends a session whatever its state: CANCEL (or BYE, should the 2xx cross it) for our INVITE, 480 for theirs
    /// unanswered, BYE else. No more events of it. `header_lines`: Reason and the like.
    void hang_up(SessionId session, std::string_view header_lines, Timestamp now);

    // Over the end of the process.
    /// False: there is nothing to keep of that session, for it is over, or the peer's unanswered INVITE is very long.
    [[nodiscard]] bool save(SessionId session, SessionState& into) const;
    /// A session of the process before this one, under its id. Established, it goes on: reoffer() agrees on media anew
    /// and finds out whether the peer is still there. With `branch` only hang_up() is of use, for its media are gone.
    /// `credentials`: as in Invitation. nullopt: nothing that save() could have said, or at the limit, or an `invite`,
    /// which is for receive(): its sender finds that another fork rings (RFC 3261 §12.1.2).
    std::optional<SessionId> restore(SessionState state, const Credentials* credentials);
    /// Whence the peer was last heard; null: there is no such session.
    [[nodiscard]] const Flow* flow(SessionId session) const;
    /// The peer has come back that way: what is to be said in the dialog goes there.
    void redirect(SessionId session, const Flow& flow);

    // Outside INVITE sessions.
    void respond(ServerTx tx, const ResponseParts& parts, Timestamp now);
    /// e.g. OPTIONS to a phone. The user gives all header lines but Via and Content-Length.
    std::optional<ClientTx> send_request(const RequestParts& parts, const Flow& to, Timestamp now);

    /// A request inside an established session (OPTIONS to see whether the peer still knows the call, INFO …); the user
    /// agent adds all dialog headers. The answer comes as Answered; 408, 481, a timeout or a transport error end the
    /// session: Ended(lost) instead (RFC 5057). nullopt when the session isn't established, or at the limit.
    /// NOTIFY goes out after a BYE, too, while the peer's REFER or SUBSCRIBE within the session keeps the dialog: until
    /// a NOTIFY with `Subscription-State: terminated`, at most UserAgentOptions::subscription_max (RFC 5057 §4.1).
    std::optional<ClientTx> send_within(SessionId session, Method method, std::string_view header_lines,
                                        std::string_view content_type, std::string_view body, Timestamp now);

    /// Whether a request's tags and Call-ID are those of a session; only its peer knows them. Costs no search.
    [[nodiscard]] bool has_dialog(const Message& request) const;
    /// The session whose dialog these three name; "0" as a tag also means none (RFC 3891 §3). Costs no search.
    [[nodiscard]] std::optional<ReplacesTarget> find(std::string_view call_id, std::string_view local_tag,
                                                     std::string_view remote_tag) const;
    /// "Allow: …" and "Supported: …" with CR LF: what can be done here, for OPTIONS (RFC 3261 §11.2).
    [[nodiscard]] std::string capability_lines() const;
    /// "Contact: …" with CR LF, as requests and responses over that flow carry it: for dialogs that the user owns.
    [[nodiscard]] std::string contact_line(const Flow& flow) const;

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
