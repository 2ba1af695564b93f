// Words for routing's enumerations, as the event log, the tables and the configuration show them.
#include <algorithm>

#include "centrala/routing/agent.hpp"
#include "centrala/routing/core.hpp"
#include "centrala/routing/door.hpp"
#include "centrala/routing/event.hpp"
#include "centrala/routing/plan.hpp"
#include "centrala/routing/state.hpp"

namespace centrala::routing {
namespace {

template <class Enum, std::size_t N>
std::string_view word(const std::string_view (&words)[N], Enum value) {
    const auto i = static_cast<std::size_t>(value);
    return i < N ? words[i] : std::string_view("?");
}

template <class T, class Id>
std::optional<Id> find_named(const std::vector<T>& list, std::string_view name) {
    const auto it = std::find_if(list.begin(), list.end(), [&](const T& item) {
        if constexpr (requires { item.retired; })
            if (item.retired) return false;
        return item.name == name;
    });
    if (it == list.end()) return std::nullopt;
    return static_cast<Id>(it - list.begin());
}

constexpr std::string_view kChannel[] = {"voice", "chat"};
constexpr std::string_view kSession[] = {"logged_out", "logged_in"};
constexpr std::string_view kIntent[] = {"not_ready", "ready"};
constexpr std::string_view kDevice[] = {"unregistered", "registered", "suspect", "unreachable"};
constexpr std::string_view kWork[] = {"idle", "reserved", "connected", "held", "wrapping"};
constexpr std::string_view kOtherUse[] = {"none", "non_acd_call"};
constexpr std::string_view kAgentState[] = {"logged_out", "unreachable", "talking",   "wrap_up",
                                            "reserved",   "busy",        "not_ready", "ready"};
constexpr std::string_view kOutcome[] = {"accepted",    "rejected",    "busy",     "no_answer",
                                         "unreachable", "caller_gone", "rescinded"};
constexpr std::string_view kRefusal[] = {"unknown_number", "closed",         "queue_full", "no_agent",   "draining",
                                         "limit",          "not_acceptable", "blocked",    "caller_gone"};
constexpr std::string_view kEndCause[] = {"caller_hangup", "agent_hangup",  "callee_hangup", "max_wait",
                                          "media_timeout", "caller_failed", "shutdown",      "restart",
                                          "merged",        "refused",       "closed"};
constexpr std::string_view kOverflowCause[] = {"max_wait", "line", "no_agent", "expected_wait"};
constexpr std::string_view kReleaseCause[] = {"patience", "left", "unskilled", "refused"};
constexpr std::string_view kTransferKind[] = {"blind", "attended"};
constexpr std::string_view kTransferTarget[] = {"agent", "queue", "outside"};
constexpr std::string_view kActor[] = {"system", "agent", "supervisor", "caller"};
constexpr std::string_view kPhase[] = {"arrived", "waiting", "offered", "talking", "outside"};
constexpr std::string_view kDoorState[] = {"open", "closing", "closed"};
constexpr std::string_view kDoorCause[] = {"hours", "holiday", "command"};
constexpr std::string_view kRejection[] = {"none",         "not_logged_in", "already_logged_in", "already_so",
                                           "no_device",    "on_a_call",     "not_wrapping",      "unknown_reason",
                                           "unknown_code", "no_contact",    "unknown_id",        "queue_closed",
                                           "queue_full",   "no_agent",      "undisposed",        "other_channel"};

struct TypeName {
    std::string_view operator()(const event::ContactArrived&) const { return "contact.arrived"; }
    std::string_view operator()(const event::ContactRefused&) const { return "contact.refused"; }
    std::string_view operator()(const event::ContactEnqueued&) const { return "contact.enqueued"; }
    std::string_view operator()(const event::ContactOverflowed&) const { return "contact.overflowed"; }
    std::string_view operator()(const event::ContactRelaxed&) const { return "contact.relaxed"; }
    std::string_view operator()(const event::ContactReleased&) const { return "contact.released"; }
    std::string_view operator()(const event::ContactConnected&) const { return "contact.connected"; }
    std::string_view operator()(const event::ContactRescued&) const { return "contact.rescued"; }
    std::string_view operator()(const event::ContactTransferred&) const { return "contact.transferred"; }
    std::string_view operator()(const event::ContactReturned&) const { return "contact.returned"; }
    std::string_view operator()(const event::ContactHeld&) const { return "contact.held"; }
    std::string_view operator()(const event::ContactResumed&) const { return "contact.resumed"; }
    std::string_view operator()(const event::ContactAbandoned&) const { return "contact.abandoned"; }
    std::string_view operator()(const event::ContactEnded&) const { return "contact.ended"; }
    std::string_view operator()(const event::ContactDispositioned&) const { return "contact.dispositioned"; }
    std::string_view operator()(const event::OfferMade&) const { return "offer.made"; }
    std::string_view operator()(const event::OfferRinging&) const { return "offer.ringing"; }
    std::string_view operator()(const event::OfferEnded&) const { return "offer.ended"; }
    std::string_view operator()(const event::AgentChanged&) const { return "agent.state_changed"; }
    std::string_view operator()(const event::AgentSkillChanged&) const { return "agent.skill_changed"; }
    std::string_view operator()(const event::EntryPointChanged&) const { return "entry_point.state_changed"; }
};

}  // namespace

std::string_view to_string(Channel v) {
    return word(kChannel, v);
}
std::string_view to_string(Session v) {
    return word(kSession, v);
}
std::string_view to_string(Intent v) {
    return word(kIntent, v);
}
std::string_view to_string(Device v) {
    return word(kDevice, v);
}
std::string_view to_string(Work v) {
    return word(kWork, v);
}
std::string_view to_string(OtherUse v) {
    return word(kOtherUse, v);
}
std::string_view to_string(AgentState v) {
    return word(kAgentState, v);
}
std::string_view to_string(Outcome v) {
    return word(kOutcome, v);
}
std::string_view to_string(Refusal v) {
    return word(kRefusal, v);
}
std::string_view to_string(EndCause v) {
    return word(kEndCause, v);
}
std::string_view to_string(OverflowCause v) {
    return word(kOverflowCause, v);
}
std::string_view to_string(ReleaseCause v) {
    return word(kReleaseCause, v);
}
std::string_view to_string(Actor v) {
    return word(kActor, v);
}
std::string_view to_string(TransferKind v) {
    return word(kTransferKind, v);
}
std::string_view to_string(TransferTarget v) {
    return word(kTransferTarget, v);
}
std::string_view to_string(ContactPhase v) {
    return word(kPhase, v);
}
std::string_view to_string(DoorState v) {
    return word(kDoorState, v);
}
std::string_view to_string(DoorCause v) {
    return word(kDoorCause, v);
}
std::string_view to_string(Rejection v) {
    return word(kRejection, v);
}

std::string_view type_name(const EventBody& body) {
    return std::visit(TypeName{}, body);
}

std::string_view find_cause(std::string_view word) {
    for (const CauseWord& cause : kAgentCauses)
        if (cause.word == word) return cause.word;
    return {};
}

std::optional<QueueId> Plan::find_queue(std::string_view name) const {
    return find_named<Queue, QueueId>(queues, name);
}
std::optional<AgentId> Plan::find_agent(std::string_view name) const {
    return find_named<Agent, AgentId>(agents, name);
}
std::optional<EntryPointId> Plan::find_entry_point(std::string_view name) const {
    return find_named<EntryPoint, EntryPointId>(entry_points, name);
}
Duration Plan::limit_of_reason(std::string_view reason) const {
    const auto found = std::find(reasons.begin(), reasons.end(), reason);
    const auto number = static_cast<std::size_t>(found - reasons.begin());
    return number < reason_limits.size() ? reason_limits[number] : Duration::zero();
}

std::optional<SkillId> Plan::find_skill(std::string_view name) const {
    return find_named<Skill, SkillId>(skills, name);
}

}  // namespace centrala::routing
