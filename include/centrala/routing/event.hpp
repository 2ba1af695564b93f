// The facts that routing emits. State changes only by applying them; the journal stores them; `calls` acts on them.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

#include "centrala/base/time.hpp"
#include "centrala/routing/agent.hpp"
#include "centrala/routing/ids.hpp"

namespace centrala::routing {

/// How an offer ended; exactly one of these.
enum class Outcome : std::uint8_t { accepted, rejected, busy, no_answer, unreachable, caller_gone, rescinded };
/// Why a contact was not let into a queue.
enum class Refusal : std::uint8_t { unknown_number, closed, queue_full, no_agent, draining };
/// Why a contact ended.
enum class EndCause : std::uint8_t {
    caller_hangup,   ///< while waiting this is contact.abandoned
    agent_hangup,
    max_wait,        ///< waited as long as the queue allows, and there is no overflow
    media_timeout,   ///< RTP stopped
    caller_failed,   ///< the caller's leg broke: no ACK, transport error
    shutdown,        ///< the server was told to stop
    restart,         ///< was alive when the server died
    refused,         ///< with contact.refused
};
enum class Actor : std::uint8_t { system, agent, supervisor, caller };

[[nodiscard]] std::string_view to_string(Outcome);
[[nodiscard]] std::string_view to_string(Refusal);
[[nodiscard]] std::string_view to_string(EndCause);
[[nodiscard]] std::string_view to_string(Actor);

/// Each type's name in the log is in brackets. Durations end what they measure.
namespace event {

/// [contact.arrived] from: the caller; to: the entry point (none: unknown number).
struct ContactArrived {
    ContactId contact{};
    std::optional<EntryPointId> entry_point;
    std::string dialled;      ///< the number the caller dialled
    std::string caller;       ///< number
    std::string caller_name;
    std::string source;       ///< trunk or agent the call came from
    std::string call_id;      ///< SIP Call-ID of the caller's leg
};
/// [contact.refused] holder: entry point (or none) → ended.
struct ContactRefused { ContactId contact{}; Refusal cause{}; std::optional<QueueId> queue; std::optional<EntryPointId> entry_point{}; };
/// [contact.enqueued] from: entry point; to: queue.
struct ContactEnqueued { ContactId contact{}; EntryPointId entry_point{}; QueueId queue{}; int priority = 0; std::uint32_t position = 0; };
/// [contact.overflowed] from: queue; to: queue. Its age goes on.
struct ContactOverflowed { ContactId contact{}; QueueId from{}; QueueId to{}; Duration waited{}; };
/// [contact.connected] from: queue; to: agent. After offer.ended accepted.
struct ContactConnected { ContactId contact{}; QueueId queue{}; AgentId agent{}; OfferId offer{}; Duration waited{}; Duration rang{}; };
/// [contact.rescued] the agent's leg was lost, the caller is still there. from: agent; to: queue (in its old place).
struct ContactRescued { ContactId contact{}; AgentId agent{}; QueueId queue{}; Duration talked{}; };
/// [contact.abandoned] the caller left while waiting. from: queue; to: ended.
struct ContactAbandoned { ContactId contact{}; QueueId queue{}; Duration waited{}; std::optional<OfferId> while_ringing; };
/// [contact.ended] from: queue or agent; to: ended. Last word on every contact that was not refused or abandoned.
struct ContactEnded { ContactId contact{}; std::optional<QueueId> queue; std::optional<AgentId> agent; EndCause cause{}; Duration waited{}; Duration talked{}; Duration lasted{}; };
/// [contact.dispositioned]
struct ContactDispositioned { ContactId contact{}; AgentId agent{}; std::string code; };

/// [offer.made] the contact stays in its queue's hands until the offer is accepted.
struct OfferMade {
    OfferId offer{}; ContactId contact{}; QueueId queue{}; AgentId agent{};
    Strategy strategy{}; std::uint32_t candidates = 0;  ///< idle agents who could have taken it
    Duration idle{}; std::uint32_t level = 0;           ///< this agent's idle time and sum of levels in required skills
    Duration waited{}; std::uint32_t attempt = 1;       ///< how often this contact was offered, this one included
    Timestamp ring_until{};
};
/// [offer.ringing] the phone said 180 or 183.
struct OfferRinging { OfferId offer{}; ContactId contact{}; AgentId agent{}; };
/// [offer.ended]
struct OfferEnded {
    OfferId offer{}; ContactId contact{}; QueueId queue{}; AgentId agent{};
    Outcome outcome{}; int sip_code = 0;                ///< 0: none
    Duration rang{}; std::uint32_t misses = 0;          ///< the agent's misses in a row after this
    std::optional<Timestamp> not_again_before;          ///< this contact to this agent
};

/// [agent.state_changed] One fact changed; `facts` are all of them after it. from/to are the displayed states
/// (which may be equal, e.g. when only a pending intent was set).
struct AgentChanged {
    AgentId agent{};
    AgentState from{}, to{};
    AgentFacts facts;
    Actor actor{};
    std::string_view cause;      ///< static word: "login", "offer.made", "wrap_up_ended", "device.expired", …
    Duration lasted{};           ///< time in `from`, if from != to, else so far
    std::optional<Timestamp> until;        ///< with wrap_up: when it ends by itself
    std::optional<ContactId> contact;      ///< that it works on
    std::optional<Timestamp> idle_since;   ///< the idle clock after it
};
/// [agent.skill_changed] level 0: skill removed.
struct AgentSkillChanged { AgentId agent{}; SkillId skill{}; std::uint8_t from = 0, to = 0; Actor actor{}; };

}  // namespace event

using EventBody = std::variant<event::ContactArrived, event::ContactRefused, event::ContactEnqueued, event::ContactOverflowed,
                               event::ContactConnected, event::ContactRescued, event::ContactAbandoned, event::ContactEnded,
                               event::ContactDispositioned, event::OfferMade, event::OfferRinging, event::OfferEnded,
                               event::AgentChanged, event::AgentSkillChanged>;

struct Event {
    Timestamp at;
    EventBody body;
};
[[nodiscard]] std::string_view type_name(const EventBody& body);  ///< "contact.arrived" …

}  // namespace centrala::routing
