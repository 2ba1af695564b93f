// What happened outside, told to routing.
#pragma once

#include <optional>
#include <string>
#include <variant>

#include "centrala/routing/event.hpp"

namespace centrala::routing {

namespace input {

/// A call came for a number. The id is in the ContactArrived that answers. No entry point: unknown number.
struct ContactArrives {
    std::optional<EntryPointId> entry_point;
    std::string dialled, caller, caller_name, source, call_id;
    std::optional<Refusal>
        refused{};  ///< `calls` can't take it, whatever routing thinks: draining, limit, not_acceptable
    bool withheld = false;
    std::string diverted_from{}, diversion_reason{};
    std::optional<CallerListId> callers{};  ///< the list that has the caller's number
    bool internal = false;                  ///< an agent calls: whom it talked to last says nothing
    Advice advice{};                        ///< of another system that was asked about the caller
};
/// The caller's leg is gone (or is about to be ended by us): from a queue it is abandoned if caller_hangup, else ended.
struct CallerLeaves {
    ContactId contact{};
    EndCause cause = EndCause::caller_hangup;
    std::string reason{};  ///< as in ContactAbandoned
};
/// While talking: who hung up. The agent goes to wrap-up.
struct ConversationEnds {
    ContactId contact{};
    EndCause cause{};
    std::string reason{};  ///< as in ContactEnded
};
/// While talking: one side holds the other, or no longer. `by` is agent or caller.
struct ContactHolds {
    ContactId contact{};
    Actor by{};
};
struct ContactResumes {
    ContactId contact{};
    Actor by{};
};
/// While talking: the agent's leg broke but the caller's lives: the caller goes back to the head.
struct AgentLegLost {
    ContactId contact{};
};

/// The agent who talks hands the contact on to a queue. Rejected while the queue wouldn't let it in: the call stays.
struct TransferToQueue {
    ContactId contact{};
    QueueId queue{};
    Actor by = Actor::agent;
};
/// … to another agent, unannounced. Rejected unless that agent is logged in and free, ready or not.
struct TransferToAgent {
    ContactId contact{};
    AgentId target{};
    Actor by = Actor::agent;
};
/// … to a number outside, whether it has answered already (attended) or is called now.
struct TransferOutside {
    ContactId contact{};
    std::string number;
    TransferKind kind = TransferKind::blind;
    Actor by = Actor::agent;
};
/// … to another agent, with whom it was talked over in a call of their own, which becomes the contact's.
struct TransferJoins {
    ContactId contact{};
    AgentId target{};
    Actor by = Actor::agent;
};
/// … to whomever or wherever the agent's own call to a queue (`consultation`) has got.
struct TransferMerges {
    ContactId contact{};
    ContactId consultation{};
    Actor by = Actor::agent;
};
/// The outside party that has the contact can't be reached, or its leg broke: the caller goes back to the queue.
struct OutsideFails {
    ContactId contact{};
    Outcome cause = Outcome::unreachable;
    int sip_code = 0;
};

struct OfferRings {
    OfferId offer{};
};
struct OfferAccepted {
    OfferId offer{};
};
/// rejected, busy or unreachable, as `calls` made out; no_answer comes from the deadline inside.
struct OfferFailed {
    OfferId offer{};
    Outcome outcome{};
    int sip_code = 0;
};

struct AgentLogsIn {
    AgentId agent{};
    Actor actor = Actor::agent;
};
struct AgentLogsOut {
    AgentId agent{};
    Actor actor = Actor::agent;
    bool shift_ended = false;
};
struct AgentGoesReady {
    AgentId agent{};
    Actor actor = Actor::agent;
};
/// By an agent and for one of Breaks::reasons: the agent asks to.
struct AgentGoesNotReady {
    AgentId agent{};
    std::string reason;
    Actor actor = Actor::agent;
};
struct AgentEndsWrapUp {
    AgentId agent{};
    Actor actor = Actor::agent;
    std::optional<ContactId> contact{};  ///< none: of whatever it wraps up
};
/// At most kWrapUpMax from now.
struct AgentExtendsWrapUp {
    AgentId agent{};
    Duration by{};
    Actor actor = Actor::agent;
};
/// About the contact the agent works on, or the last one.
struct AgentDisposes {
    AgentId agent{};
    std::string code;
    Actor actor = Actor::agent;
    std::optional<ContactId> contact{};  ///< none: that of which it has to say so, or what it has in hand, or had last
};
struct AgentSkillSet {
    AgentId agent{};
    SkillId skill{};
    std::uint8_t level = 0;
    Actor actor = Actor::supervisor;
};  ///< 0 removes

/// The registrar's word: a binding is there, or the last is gone; a probe's word: suspect, unreachable, registered
/// again.
struct DeviceChanges {
    AgentId agent{};
    Device device{};
};
/// A call of the agent's own that did not come from a queue.
struct OtherUseChanges {
    AgentId agent{};
    OtherUse other_use{};
};

/// An entry point is to be so from now on: by its hours, which routing doesn't know, or by command.
struct EntryPointSet {
    EntryPointId entry_point{};
    Door door;
    bool ends_waiting = false;  ///< who came through it and waits, or rings, is sent away; who talks, talks on
    Actor actor = Actor::system;
};

/// Core::replan() was called. Who is retired is logged out, once the call in hand is over; whoever waits may have
/// agents now, or have lost the last.
struct PlanChanged {
    std::vector<AgentId> added;  ///< to the plan: of these, those always logged in log in
};

/// Nothing but time.
struct TimePasses {};

}  // namespace input

using Input = std::variant<input::ContactArrives, input::CallerLeaves, input::ConversationEnds, input::AgentLegLost,
                           input::TransferToQueue, input::TransferToAgent, input::TransferOutside, input::TransferJoins,
                           input::TransferMerges, input::OutsideFails, input::OfferRings, input::OfferAccepted,
                           input::ContactHolds, input::ContactResumes, input::OfferFailed, input::AgentLogsIn,
                           input::AgentLogsOut, input::AgentGoesReady, input::AgentGoesNotReady, input::AgentEndsWrapUp,
                           input::AgentExtendsWrapUp, input::AgentDisposes, input::AgentSkillSet, input::DeviceChanges,
                           input::OtherUseChanges, input::EntryPointSet, input::PlanChanged, input::TimePasses>;

}  // namespace centrala::routing
