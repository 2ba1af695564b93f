// The inside of UserAgent, shared by its files: user_agent (doors, dispatch, timers), uas_session, uac_session.
#pragma once

#include <array>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "centrala/base/slot_map.hpp"
#include "centrala/base/timer_queue.hpp"
#include "centrala/sip/dialog.hpp"
#include "centrala/sip/user_agent.hpp"

namespace centrala::sip {

/// Values beside a SlotMap that belongs to somebody else: found by id, void once the slot has another tenant.
template <class Id, class T>
class SideTable {
public:
    void set(Id id, T value) {
        const auto slot = static_cast<std::uint32_t>(static_cast<std::uint64_t>(id));
        if (slot >= entries_.size()) entries_.resize(slot + 1);
        entries_[slot] = {id, std::move(value)};
    }
    [[nodiscard]] T get(Id id) const {
        const auto slot = static_cast<std::uint32_t>(static_cast<std::uint64_t>(id));
        return slot < entries_.size() && entries_[slot].first == id ? entries_[slot].second : T{};
    }

private:
    std::vector<std::pair<Id, T>> entries_;
};

/// Where a session stands. The last three are silent: their user has been told the end, or told us.
enum class Stage : std::uint8_t {
    invited,    ///< their INVITE, no final response yet
    accepting,  ///< our 2xx is out, ACK not in
    calling,    ///< our INVITE, no final response yet
    established,
    cancelling,  ///< our INVITE, hung up: waiting for its final response
    leaving,     ///< our 2xx is out, hung up: BYE may go only after the ACK or 64·T1 (RFC 3261 §15)
    lingering,   ///< over; answers a crossing BYE and 2xx responses of other forks (RFC 5407: Mortal)
};
[[nodiscard]] constexpr bool silent(Stage stage) {
    return stage >= Stage::cancelling;
}

/// A 2xx of ours whose ACK is still out (RFC 3261 §13.3.1.4).
struct AckWait {
    ServerTx tx{};
    std::uint32_t cseq = 0;
    bool first = false;       ///< of the INVITE that opened the dialog
    bool late_offer = false;  ///< the 2xx held the offer: the ACK holds the answer
    Duration interval{};
    TimerId repeat{}, give_up{};

    [[nodiscard]] bool active() const { return tx != ServerTx{}; }
};

/// A re-INVITE, UPDATE or PRACK that our user has yet to answer.
struct Reoffer {
    enum class Kind : std::uint8_t { invite, update, prack };
    ServerTx tx{};
    Kind kind = Kind::invite;
    bool offered = false;  ///< it held an offer
    std::uint32_t cseq = 0;
};

/// An offer of ours in a re-INVITE.
struct OwnOffer {
    enum class State : std::uint8_t { ready, sent, glared } state = State::ready;
    std::string sdp;         ///< "": the peer is asked for an offer
    ClientTx tx{};           ///< when sent
    int glares = 0;          ///< how often 491 came
    std::uint32_t rseq = 0;  ///< of the last reliable provisional response to it
    bool refresh = false;    ///< the session timer's, not our user's
    bool overtaken = false;  ///< the peer's offer was accepted since
    TimerId timer{};         ///< when to send it (again); when sent, to cancel it
};

/// A dialog that a provisional response to our INVITE has opened: one for each fork (RFC 3261 §12.1).
struct EarlyDialog {
    std::string tag;
    std::optional<std::uint32_t> remote_cseq;
    std::uint32_t rseq = 0;  ///< of the last reliable response; 0: none yet
    bool agreed = false;     ///< a reliable response held the answer
    std::string sdp;         ///< that answer
};
constexpr std::size_t kEarlyMax = 16;  ///< further forks are heard, not remembered

/// Provisional responses of ours that the peer acknowledges by PRACK (RFC 3262 §3): one at a time.
struct ReliableResponses {
    struct Response {
        int status = 0;
        std::string sdp;
    };
    std::uint32_t rseq = 0;
    bool open = false;    ///< `out` isn't acknowledged yet
    bool agreed = false;  ///< they have exchanged an offer and its answer
    Response out;
    std::vector<Response> waiting;
    std::optional<std::string> accepted;  ///< the 2xx waits for the PRACK, with this description
    Duration interval{};
    TimerId repeat{}, give_up{};
};

enum class Refresher : std::uint8_t { unsaid, uac, uas };

/// RFC 4028. Times are seconds, as on the wire.
struct SessionTimer {
    std::uint32_t interval = 0;  ///< agreed; 0: none
    std::uint32_t min_se = 0;    ///< the largest heard in this dialog
    std::uint32_t asked = 0;     ///< by the peer's last request; 0: it didn't
    Refresher wish = Refresher::unsaid;
    bool peer = false;  ///< it supports them
    bool ours = false;  ///< we refresh
    Timestamp expires{};
    TimerId due{};
};

struct SentAck {
    std::uint32_t cseq;
    std::string remote_tag, bytes;
    Flow flow;
};

/// An offer in a 2xx of the peer whose answer our user has yet to give: the ACK waits for it.
struct HeldAck {
    std::uint32_t cseq = 0;
    ClientTx tx{};
    TimerId give_up{};

    [[nodiscard]] bool active() const { return cseq != 0; }
};

struct Session {
    SessionId id{};
    Stage stage = Stage::invited;
    bool offered = false;  ///< the opening INVITE held an offer
    Dialog dialog;
    Flow flow;  ///< whence the peer was last heard; way_of() says where requests go
    bool follows_route = false;
    bool began = false;    ///< by our INVITE
    ServerTx server_tx{};  ///< their INVITE
    std::string invite;    ///< its text, unless it is long, until it is answered
    ClientTx client_tx{};  ///< our INVITE
    std::uint32_t invite_cseq = 0;
    std::vector<EarlyDialog> early;
    std::unique_ptr<ReliableResponses> reliable;
    SessionTimer timer;
    bool reliable_required = false, reliable_supported = false;  ///< what the peer says of 100rel
    bool peer_updates = false;                                   ///< it knows UPDATE
    std::string local_sdp;                                       ///< our last description, if refreshing may need it
    std::array<AckWait, 2> ack_waits;
    Reoffer reoffer;
    std::unique_ptr<OwnOffer> own_offer;
    HeldAck held_ack;
    std::unique_ptr<DigestClient> auth;  ///< if the user gave credentials
    std::vector<Flow> alternatives;      ///< last first
    bool subscribed = false;             ///< a REFER or SUBSCRIBE of the peer's: the dialog outlives the BYE
    std::vector<SentAck> acks;           ///< for each fork that answered 2xx
    Timestamp forks_until{};             ///< other 2xx, or one to a re-INVITE of ours, may come until then
    std::string hang_up_lines;
    TimerId stage_timer{};  ///< what its stage needs: ring, guard, failover, linger
};

struct UserAgent::Impl {
    Impl(UserAgentOptions options, RandomSource& random, Outbox& outbox);

    // Dispatch and timers.
    UaEvent handle(const Indication& indication, Timestamp now);
    UaEvent advance(Timestamp now);
    UaEvent on_request(const indication::Request& request, Timestamp now);
    UaEvent on_request_within(const indication::Request& request, Timestamp now);
    void note_subscription(ServerTx tx, const ResponseParts& parts);
    UaEvent on_client_final(ClientTx tx, int status, const Message* response, bool transport_error, Timestamp now);

    // As server of INVITE.
    UaEvent on_invite(const indication::Request& request, Timestamp now);
    UaEvent on_reinvite(Session& s, const indication::Request& request, Timestamp now);
    UaEvent on_update(Session& s, const indication::Request& request, Timestamp now);
    UaEvent on_bye(Session& s, const indication::Request& request, Timestamp now);
    UaEvent on_ack(const indication::Ack& ack, Timestamp now);
    UaEvent on_cancel(const indication::Cancel& cancel, Timestamp now);
    UaEvent on_no_ack(Session& s, Timestamp now);
    void await_ack(Session& s, ServerTx tx, std::uint32_t cseq, bool first, bool late_offer, Timestamp now);
    void stop_waiting(Session& s);
    void release_reoffer(Session& s, Timestamp now);  ///< 487 to what nobody will answer any more (§15.1.2)
    void transport_failed(Transport transport, const Endpoint& remote, std::uint64_t connection, Timestamp now);
    void ring(Session& s, int status, std::string_view sdp, Timestamp now);
    void accept(Session& s, std::string_view sdp, Timestamp now);
    void refuse(Session& s, int status, std::string_view lines, Timestamp now);
    void end_unanswered(Session& s, Timestamp now);
    void accept_reoffer(Session& s, std::string_view sdp, Timestamp now);
    void refuse_reoffer(Session& s, int status, Timestamp now);

    // reoffer.cpp: ours.
    bool reoffer(Session& s, std::string_view sdp, Timestamp now);
    void send_offer(Session& s, Timestamp now);
    void schedule_offer(Session& s, Timestamp at);
    UaEvent on_offer_due(Session& s, Timestamp now);
    UaEvent on_reoffer_1xx(Session& s, ClientTx tx, const Message& response, Timestamp now);
    UaEvent on_reoffer_2xx(Session& s, ClientTx tx, const Message& response, Timestamp now);
    UaEvent on_reoffer_failed(Session& s, ClientTx tx, int status, const Message* response, Timestamp now);
    void hold_ack(Session& s, ClientTx invite, std::uint32_t cseq, Timestamp now);
    void confirm(Session& s, std::string_view sdp, Timestamp now);
    void expect_late_2xx(Session& s, Timestamp now);
    void drop_own_offer(Session& s);
    UaEvent on_unconfirmed(Session& s, Timestamp now);

    // reliable_provisional.cpp
    [[nodiscard]] bool to_be_reliable(const Session& s, std::string_view sdp) const;
    void ring_reliably(Session& s, int status, std::string_view sdp, Timestamp now);
    void next_reliable(Session& s, Timestamp now);
    void send_reliable(Session& s, Timestamp now);
    void on_reliable_repeat(Session& s, Timestamp now);
    UaEvent on_reliable_give_up(Session& s, Timestamp now);
    void stop_reliable(Session& s);
    UaEvent on_prack(Session& s, const indication::Request& r, Timestamp now);
    void go_on_after_prack(Session& s, Timestamp now);
    static EarlyDialog* early_dialog(Session& s, std::string_view tag);
    bool take_reliable(Session& s, std::uint32_t& last, const Message& response, Timestamp now);

    // session_timer.cpp
    [[nodiscard]] bool timers_on() const { return options_.session_expires > Duration::zero(); }
    void note_peer(Session& s, const Message& message);  ///< also what else it can do
    bool interval_too_small(const Message& request, ServerTx tx, Timestamp now);
    void append_timer_request(const Session& s, std::string& lines) const;
    void append_timer_answer(Session& s, std::string& lines, Timestamp now);
    void take_timer_answer(Session& s, const Message& response, Timestamp now);
    void start_timer(Session& s, std::uint32_t interval, bool ours, Timestamp now);
    void stop_timer(Session& s);
    UaEvent on_session_due(Session& s, Timestamp now);
    bool refresh(Session& s, Timestamp now);
    UaEvent on_refreshed(Session& s, int status, const Message* response, Timestamp now);
    void refresh_refused(Session& s, int status, Timestamp now);
    bool raise_interval(Session& s, const Message& response);
    void keep_sdp(Session& s, std::string_view sdp);

    // As client of INVITE.
    std::optional<SessionId> invite(const Invitation& invitation, const Flow& to, Timestamp now);
    UaEvent on_invite_response(Session& s, ClientTx tx, const Message& response, Timestamp now);
    UaEvent on_2xx(Session& s, ClientTx tx, const Message& response, Timestamp now);
    void acknowledge(Session& s, const Dialog& dialog, ClientTx invite, std::uint32_t cseq, std::string_view sdp);
    void release_fork(Session& s, ClientTx tx, const Message& response, Timestamp now);

    // session_state.cpp: over the end of the process.
    [[nodiscard]] bool save(const Session& s, SessionState& into) const;
    std::optional<SessionId> restore(SessionState state, const Credentials* credentials);
    bool resume_invite(Session& s, std::string_view branch);

    // Both.
    void hang_up(Session& s, std::string_view lines, Timestamp now);
    bool send_bye(Session& s, const Dialog& dialog, std::uint32_t cseq, std::string_view lines, bool watched,
                  Timestamp now);
    void leave(Session& s, std::string_view lines, Timestamp now);  ///< BYE, then linger
    void linger(Session& s, Timestamp now);
    void finish(Session& s, Timestamp now);  ///< over without a BYE of ours
    void erase(Session& s);
    void enter(Session& s, Stage stage);
    [[nodiscard]] bool is_full() const;
    Session* create_session(const Flow& flow);
    void move(Session& s, const Flow& flow);
    void lose_connection(Session& s);
    [[nodiscard]] Flow way_of(const Session& s, const Dialog& dialog) const;
    std::optional<ClientTx> send_within(Session& s, Method method, std::string_view lines,
                                        std::string_view content_type, std::string_view body, Timestamp now);
    std::string_view request_lines(Session& s, const Dialog& dialog, std::uint32_t cseq, Method method,
                                   std::string_view lines, std::string& into);
    std::string retry_after_line();  ///< §14.2: a line with 0 to 10 seconds
    /// RFC 3261 §20.35 warns of telling attackers what runs here: who isn't let in isn't told.
    [[nodiscard]] std::string_view server_line(int status) const {
        return status == 401 || status == 403 ? std::string_view() : server_line_;
    }
    void answer(ServerTx tx, int status, std::string_view lines, Timestamp now);
    void answer_session(Session& s, ServerTx tx, int status, std::string_view lines, std::string_view sdp,
                        Timestamp now);
    void append_supported(std::string& lines, bool reliable) const;
    void append_contact(std::string& out, const Flow& flow, std::string_view peer_uri) const;
    Session* find_live(SessionId id);
    Session* find_by_tags(const Message& request);
    [[nodiscard]] std::optional<ReplacesTarget> find(std::string_view call_id, std::string_view local_tag,
                                                     std::string_view remote_tag) const;

    enum class Timer : std::uint8_t {
        repeat_0,
        repeat_1,
        give_up_0,
        give_up_1,
        ring,
        guard,
        linger,
        failover,
        offer,
        held_ack,
        session,
        reliable_repeat,
        reliable_give_up
    };
    struct Due {
        SessionId session;
        Timer timer;
    };
    UaEvent on_timer(const Due& due, Timestamp now);
    void set_timer(Session& s, Timer timer, Timestamp at);

    struct Owner {
        enum class Kind : std::uint8_t {
            nobody,
            user,
            invite,
            reoffer,
            within,
            refresh,
            prack,
            bye
        } kind = Kind::nobody;
        SessionId session{};
        ClientTx asked{};  ///< what the user knows it by, if it was sent again
    };

    // request_again.cpp: another way, or once more.
    std::optional<ClientTx> submit(const RequestParts& parts, const Flow& to, const Owner& owner, Timestamp now);
    [[nodiscard]] std::optional<Flow> by_tcp(const Flow& flow) const;
    void move_contact(std::string& lines, const Flow& from, const Flow& to) const;
    void hand_over(Session* s, Owner owner, ClientTx old, ClientTx tx);
    bool fall_back_to_udp(Session* s, const Owner& owner, ClientTx tx, Timestamp now);
    std::optional<ClientTx> send_again(Session& s, const Owner& owner, ClientTx old, const Flow& to, std::uint32_t cseq,
                                       Timestamp now);
    bool try_next_target(Session& s, const Owner& owner, ClientTx old, Timestamp now);
    bool sent_again(Session* s, const Owner& owner, ClientTx tx, int status, const Message* response,
                    bool transport_error, Timestamp now);

    UserAgentOptions options_;
    RandomSource& random_;
    TransactionLayer layer_;
    std::string server_line_, agent_line_;
    SlotMap<SessionId, Session> sessions_;
    std::unordered_map<std::uint64_t, std::unordered_set<SessionId>> by_connection_;  ///< TCP only
    std::size_t silent_ = 0;                                                          ///< how many of them
    SideTable<ClientTx, Owner> client_owners_;
    std::unordered_map<ClientTx, Flow> switched_;   ///< sent by TCP for their size alone: where else to
    SideTable<ServerTx, SessionId> server_owners_;  ///< of INVITE, and of what may make a subscription
    TimerQueue<Due> queue_;
    std::string scratch_;
    std::string early_answer_;  ///< what Accepted::sdp views
};

}  // namespace centrala::sip
