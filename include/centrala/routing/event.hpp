// The facts that routing emits. State changes only by applying them; the journal stores them; `calls` acts on them.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>

#include "centrala/base/time.hpp"
#include "centrala/routing/advice.hpp"
#include "centrala/routing/agent.hpp"
#include "centrala/routing/door.hpp"
#include "centrala/routing/ids.hpp"
#include "centrala/routing/wait_model.hpp"

namespace centrala::routing {

/// How an offer ended; exactly one of these.
enum class Outcome : std::uint8_t { accepted, rejected, busy, no_answer, unreachable, caller_gone, rescinded };
/// Why a contact was not let into a queue.
enum class Refusal : std::uint8_t {
    unknown_number,
    closed,
    queue_full,
    no_agent,
    draining,
    limit,           ///< as many calls as the server or the trunk may have, or no RTP port left
    not_acceptable,  ///< no usable session description or no common codec
    blocked,         ///< the caller is on a list of those who are turned away
    caller_gone,     ///< the caller left while another system was asked about the call
};
/// Why a contact ended.
enum class EndCause : std::uint8_t {
    caller_hangup,  ///< while waiting this is contact.abandoned
    agent_hangup,
    callee_hangup,  ///< the outside party that it was transferred to
    max_wait,       ///< waited as long as the queue allows, and there is no overflow
    media_timeout,  ///< RTP stopped
    caller_failed,  ///< the caller's leg broke: no ACK, transport error
    shutdown,       ///< the server was told to stop
    restart,        ///< was alive when the server died
    merged,         ///< a consultation whose place another contact took
    refused,        ///< with contact.refused
    closed,         ///< its entry point closed, and who waits isn't served after that
};
/// Why a contact was moved on to another queue.
enum class OverflowCause : std::uint8_t {
    max_wait,       ///< it waited as long as the queue allows
    line,           ///< too many wait
    no_agent,       ///< nobody logged in could ever take it
    expected_wait,  ///< it would wait too long
};
/// Why a contact is no longer kept for an agent.
enum class ReleaseCause : std::uint8_t {
    patience,   ///< it was kept as long as it may be
    left,       ///< the agent isn't at work any more: logged out, not ready, no phone
    unskilled,  ///< the agent may no longer take the queue's calls
    refused,    ///< the agent rejected or missed it
};
enum class Actor : std::uint8_t { system, agent, supervisor, caller };
/// blind: handed over unannounced; attended: after a consultation, in whose place it comes.
enum class TransferKind : std::uint8_t { blind, attended };
enum class TransferTarget : std::uint8_t { agent, queue, outside };

[[nodiscard]] std::string_view to_string(Outcome);
[[nodiscard]] std::string_view to_string(Refusal);
[[nodiscard]] std::string_view to_string(EndCause);
[[nodiscard]] std::string_view to_string(OverflowCause);
[[nodiscard]] std::string_view to_string(ReleaseCause);
[[nodiscard]] std::string_view to_string(Actor);
[[nodiscard]] std::string_view to_string(TransferKind);
[[nodiscard]] std::string_view to_string(TransferTarget);

/// Each type's name in the log is in brackets. Durations end what they measure.
/// Every cause that agent.state_changed can have, and what it says.
struct CauseWord {
    std::string_view word, meaning;
};
inline constexpr CauseWord kAgentCauses[] = {
    {"login", "logged in"},
    {"logout", "logged out"},
    {"ready", "asked for calls"},
    {"not_ready", "asked for no calls"},
    {"pending.set", "asked for another state, to take effect after the call and its wrap-up"},
    {"pending.cleared", "took that back, or a wish for a break"},
    {"break.asked", "asked for a break, to be granted when the queues allow it"},
    {"break.granted", "got the break that it asked for: not ready"},
    {"break.overdue", "has asked for so long that it gets the break now, or after the call or offer in hand"},
    {"offer.made", "a call was reserved for the agent"},
    {"offer.accepted", "the agent answered"},
    {"offer.rejected", "the agent declined; not ready if too often in a row"},
    {"offer.busy", "the phone is in use for something we can't see"},
    {"offer.no_answer", "the phone rang too long; not ready if too often in a row"},
    {"offer.unreachable", "the phone couldn't be reached"},
    {"offer.caller_gone", "the caller left while the phone rang"},
    {"offer.rescinded", "the offer was taken back"},
    {"conversation.ended", "the call is over"},
    {"transfer.made", "handed the call on"},
    {"transfer.received", "was handed a call by another agent who had consulted this one"},
    {"wrap_up.ended", "the agent or a supervisor ended the wrap-up"},
    {"wrap_up.expired", "the wrap-up's time was over"},
    {"wrap_up.extended", "the agent or a supervisor asked for more time"},
    {"wrap_up.undisposed", "the wrap-up's time was over, but the agent hasn't said yet how the call ended"},
    {"wrap_up.disposed", "the agent has said how the call ended, and the wrap-up's time was over"},
    {"disposition.missing", "the time to say how the call ended was over, too"},
    {"rest.ended", "has rested after many calls in a row"},
    {"not_ready.overdue", "has been not ready for longer than the reason is meant to last"},
    {"shift.ended", "the shift is over: logged out"},
    {"leg.lost", "the agent's side of the call broke, the caller went back to the queue"},
    {"hold.began", "the agent put the caller on hold"},
    {"hold.ended", "the agent took the caller back"},
    {"device.registered", "the phone registered, or answered a probe"},
    {"device.unregistered", "the phone's last registration is gone"},
    {"device.suspect", "the phone didn't answer a probe"},
    {"device.unreachable", "the phone didn't answer probes"},
    {"device.rested", "a suspect or unreachable phone has rested and is tried again"},
    {"device.expired", "the phone stayed away too long: not ready"},
    {"other_use.began", "a call of the agent's own began"},
    {"other_use.ended", "a call of the agent's own ended"},
    {"busy.lapsed", "a phone that said busy is taken for free again"},
    {"restart", "the server restarted"},
    {"snapshot", "nothing happened: the facts are repeated at the head of a log"},
};
/// The word itself, living as long as the program; empty if it isn't a cause.
[[nodiscard]] std::string_view find_cause(std::string_view word);

namespace event {

/// [contact.arrived] from: the caller; to: the entry point (none: unknown number).
struct ContactArrived {
    ContactId contact{};
    std::optional<EntryPointId> entry_point;
    std::string dialled;  ///< the number the caller dialled
    std::string caller;   ///< number
    std::string caller_name;
    std::string source;                               ///< trunk or agent the call came from
    std::string call_id;                              ///< SIP Call-ID of the caller's leg
    bool withheld = false;                            ///< the caller's number and name are not to be shown
    std::string diverted_from{}, diversion_reason{};  ///< the number that sent the call on to us, and why; "" if none
    std::optional<CallerListId> callers{};            ///< the list that has the caller's number
    bool internal = false;                            ///< an agent calls
    Advice advice{};                                  ///< of another system that was asked about the caller
};
/// [contact.refused] holder: entry point (or none) → ended.
struct ContactRefused {
    ContactId contact{};
    Refusal cause{};
    std::optional<QueueId> queue;
    std::optional<EntryPointId> entry_point{};
};
/// [contact.enqueued] from: entry point; to: queue.
struct ContactEnqueued {
    ContactId contact{};
    EntryPointId entry_point{};
    QueueId queue{};
    int priority = 0;
    std::uint32_t position = 0;
    std::optional<WaitEstimate> estimate{};  ///< none: nobody at work serves the queue, or it is kept
    std::optional<AgentId> wanted{};         ///< kept for this agent, until contact.released or that moment
    std::optional<Timestamp> wanted_until{};
};
/// [contact.overflowed] from: queue; to: queue. Its age goes on; the priority is the new queue's.
struct ContactOverflowed {
    ContactId contact{};
    QueueId from{};
    QueueId to{};
    Duration waited{};
    int priority = 0;
    OverflowCause cause = OverflowCause::max_wait;
};
/// [contact.relaxed] it has waited long enough for its queue to ask for less, or to serve it sooner.
struct ContactRelaxed {
    ContactId contact{};
    QueueId queue{};
    std::uint32_t step = 0;  ///< of the queue's relaxations, counted from 1
    Duration waited{};
    int priority = 0;  ///< from now on
};
/// [contact.connected] from: queue; to: agent. After offer.ended accepted.
struct ContactConnected {
    ContactId contact{};
    QueueId queue{};
    AgentId agent{};
    OfferId offer{};
    Duration waited{};
    Duration rang{};
    std::optional<Duration> expected_wait{};  ///< what had been expected when it entered this queue and stood in line
};
/// [contact.rescued] the agent's leg was lost, the caller is still there. from: agent; to: queue (in its old place).
struct ContactRescued {
    ContactId contact{};
    AgentId agent{};
    QueueId queue{};
    Duration talked{};
};
/// [contact.transferred] from: agent; to: the queue that holds it now, an agent (attended), or outside.
/// A blind transfer to an agent puts it back into the hands of its queue, with an offer to that agent alone: should
/// that offer fail, the contact waits there like any other, in its old place.
struct ContactTransferred {
    ContactId contact{};
    AgentId agent{};  ///< who handed it on
    QueueId queue{};  ///< that holds it now, or held it last
    TransferKind kind{};
    TransferTarget target{};
    std::optional<AgentId> target_agent;
    std::string number;               ///< outside
    std::optional<ContactId> merged;  ///< attended: the consultation that it takes the place of
    int priority = 0;                 ///< in `queue`
    Duration talked{};
    Actor by = Actor::agent;
    std::optional<Timestamp> not_again_before;  ///< this contact to `agent`
    /// Whether `queue` holds it after this.
    [[nodiscard]] bool to_queue() const {
        return target == TransferTarget::queue || (target == TransferTarget::agent && kind == TransferKind::blind);
    }
};
/// [contact.returned] the outside party couldn't be reached, or its leg broke. from: outside; to: queue (in its old
/// place).
struct ContactReturned {
    ContactId contact{};
    QueueId queue{};
    std::string number;
    Outcome cause{};
    int sip_code = 0;  ///< 0: none
};
/// [contact.held] while they talk, one side put the other on hold. Both may at once.
struct ContactHeld {
    ContactId contact{};
    AgentId agent{};
    Actor by{};  ///< agent or caller
};
/// [contact.resumed] that side is back. What still holds when the conversation ends has none.
struct ContactResumed {
    ContactId contact{};
    AgentId agent{};
    Actor by{};
    Duration held{};  ///< this once
};
/// [contact.abandoned] the caller left while waiting. from: queue; to: ended.
struct ContactAbandoned {
    ContactId contact{};
    QueueId queue{};
    Duration waited{};
    std::optional<OfferId> while_ringing;
    std::string reason{};  ///< what the caller's side gave as its reason (RFC 3326); "" if nothing
};
/// [contact.ended] from: queue, agent or outside; to: ended. Last word on every contact that was not refused or
/// abandoned.
struct ContactEnded {
    ContactId contact{};
    std::optional<QueueId> queue;
    std::optional<AgentId> agent;
    EndCause cause{};
    Duration waited{};
    Duration talked{};
    Duration lasted{};
    std::string outside{};  ///< the number it was transferred to, if it was outside
    Duration held{};        ///< of `talked` and of what was talked before a rescue; both holding at once counts once
    std::string reason{};   ///< what the side that hung up gave as its reason (RFC 3326); "" if nothing
};
/// [contact.dispositioned]
struct ContactDispositioned {
    ContactId contact{};
    AgentId agent{};
    std::string code;
};

/// An idle agent whom the queue's strategy would have chosen before.
struct PassedOver {
    AgentId agent{};
    std::optional<QueueId> kept_for{};  ///< is kept back for that queue; none: rejected or missed this very contact
    bool operator==(const PassedOver&) const = default;
};
/// [offer.made] the contact stays in its queue's hands until the offer is accepted.
struct OfferMade {
    OfferId offer{};
    ContactId contact{};
    QueueId queue{};
    AgentId agent{};
    Strategy strategy{};
    std::uint32_t candidates = 0;  ///< idle agents who could have taken it
    Duration idle{};
    std::uint32_t level = 0;  ///< this agent's idle time and sum of levels in required skills
    Duration waited{};
    std::uint32_t attempt = 1;  ///< how often this contact was offered, this one included
    Timestamp ring_until{};
    bool direct = false;                      ///< transferred to this agent by name; the queue didn't choose
    bool wanted = false;                      ///< it was kept for this agent; the queue didn't choose
    std::uint32_t beside = 0;                 ///< other agents at whom it rings already (Queue::ring_at_once)
    std::optional<AgentId> next{};            ///< whom the strategy would have chosen otherwise
    std::optional<PassedOver> passed_over{};  ///< whom it would have chosen before
};
/// [offer.ringing] the phone said 180 or 183.
struct OfferRinging {
    OfferId offer{};
    ContactId contact{};
    AgentId agent{};
};
/// [offer.ended]
struct OfferEnded {
    OfferId offer{};
    ContactId contact{};
    QueueId queue{};
    AgentId agent{};
    Outcome outcome{};
    int sip_code = 0;  ///< 0: none
    Duration rang{};
    std::uint32_t misses = 0;                   ///< the agent's misses in a row after this
    std::optional<Timestamp> not_again_before;  ///< this contact to this agent
};

/// [agent.state_changed] Something happened to an agent; `facts` are all of them after it, and the optional fields too:
/// one that is not set doesn't hold any more. Each of AgentFacts::tasks stands in it with its times. from/to are the
/// displayed states (which may be equal, e.g. when only a pending intent was set).
struct AgentChanged {
    AgentId agent{};
    AgentState from{}, to{};
    AgentFacts facts;
    Actor actor{};
    std::string_view cause;               ///< static word, one of kAgentCauses
    Duration lasted{};                    ///< time in `from`, if from != to, else so far
    std::optional<Timestamp> idle_since;  ///< the idle clock after it
    std::optional<Timestamp> busy_until;  ///< with other_use: when it stops to count as in use; none: when we are told
    std::optional<Timestamp>
        device_until;  ///< suspect, unreachable: until when it rests; unregistered: when ready becomes not ready
    std::optional<Timestamp> not_ready_until;  ///< AgentRecord::not_ready_until
};
/// [agent.skill_changed] level 0: skill removed.
struct AgentSkillChanged {
    AgentId agent{};
    SkillId skill{};
    std::uint8_t from = 0, to = 0;
    Actor actor{};
};

/// [entry_point.state_changed] `door` is all of it after this. from and to may be equal when only the rest changed.
struct EntryPointChanged {
    EntryPointId entry_point{};
    DoorState from{};
    Door door;
    Actor actor{};
};

/// [contact.released] it is no longer kept for an agent: whoever its queue chooses may have it.
struct ContactReleased {
    ContactId contact{};
    QueueId queue{};
    AgentId agent{};
    ReleaseCause cause{};
    Duration waited{};
};

}  // namespace event

using EventBody =
    std::variant<event::ContactArrived, event::ContactRefused, event::ContactEnqueued, event::ContactOverflowed,
                 event::ContactConnected, event::ContactRescued, event::ContactTransferred, event::ContactReturned,
                 event::ContactHeld, event::ContactResumed, event::ContactAbandoned, event::ContactEnded,
                 event::ContactDispositioned, event::OfferMade, event::OfferRinging, event::OfferEnded,
                 event::AgentChanged, event::AgentSkillChanged, event::ContactRelaxed, event::EntryPointChanged,
                 event::ContactReleased>;

struct Event {
    Event() = default;
    Event(Timestamp at, EventBody body) : at(at), body(std::move(body)) {}
    /// Made where it stays: some bodies are long.
    template <class Body>
    Event(Timestamp at, std::in_place_type_t<Body> type, Body&& body) : at(at), body(type, std::move(body)) {}

    Timestamp at{};
    EventBody body;
};
[[nodiscard]] std::string_view type_name(const EventBody& body);  ///< "contact.arrived" …

}  // namespace centrala::routing
