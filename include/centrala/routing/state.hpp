// All that routing knows. A value: copy it for a what-if, compare it, take its digest. Only apply(), advance()
// and Core::replan() change it.
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "centrala/base/few.hpp"
#include "centrala/base/id_table.hpp"
#include "centrala/base/ordered.hpp"
#include "centrala/base/time.hpp"
#include "centrala/routing/agent.hpp"
#include "centrala/routing/deadlines.hpp"
#include "centrala/routing/demand.hpp"
#include "centrala/routing/door.hpp"
#include "centrala/routing/event.hpp"
#include "centrala/routing/ids.hpp"
#include "centrala/routing/index.hpp"
#include "centrala/routing/last_agents.hpp"
#include "centrala/routing/plan.hpp"
#include "centrala/routing/service_windows.hpp"
#include "centrala/routing/wait_model.hpp"

namespace centrala::routing {

inline constexpr std::size_t kAgentStates = 8;  ///< values of AgentState

struct AgentRecord {
    // What strategies look at of each agent whom they compare comes first.
    Timestamp idle_since{};   ///< the idle clock; Core says when it begins anew
    Timestamp state_since{};  ///< when the displayed state began
    std::array<Duration, kAgentStates>
        time_in{};  ///< by AgentState, in this session, the current stretch not included; logged_out stays 0
    AgentFacts facts;
    std::vector<SkillLevel> skills;            ///< current, in order of SkillId
    Timestamp session_since{};                 ///< when it logged in; meaningless when logged out
    std::optional<ContactId> last_contact;     ///< that it talked to
    std::optional<Timestamp> busy_until;       ///< other_use assumed after a 486: when the assumption lapses
    std::optional<Timestamp> device_until;     ///< suspect, unreachable: end of rest; unregistered: end of grace
    std::optional<Timestamp> not_ready_until;  ///< sys.rest: end of the pause; other reasons: when it will have lasted
                                               ///< longer than it is meant to, none from then on
    std::optional<Timestamp> worked_until;     ///< end of the last conversation and its wrap-up
    std::vector<Timestamp> run;       ///< when the calls since the last pause began; kept where the plan has a Rest
    std::vector<ContactId> refusing;  ///< contacts it rejected or missed and may not have again yet
                                      ///< (ContactRecord::refusals has the times)
    std::set<ContactId> wanted_by;    ///< waiting contacts that are kept for it
    // Counters over all sessions.
    std::uint64_t offered = 0, accepted = 0, rejected = 0, no_answer = 0, busy = 0, unreachable = 0, withdrawn = 0;
    std::uint64_t handled = 0;        ///< conversations ended or handed on (not rescued)
    std::uint32_t session_calls = 0;  ///< offers accepted in this session

    bool operator==(const AgentRecord&) const = default;
};

/// AgentFacts::reason of an agent in a pause (Plan's Rest).
inline constexpr std::string_view kRestReason = "sys.rest";
/// … of who has missed or rejected too many calls in a row.
inline constexpr std::string_view kNoAnswerReason = "sys.no_answer";

/// This session's time in a state at `now`, the current stretch included.
[[nodiscard]] Duration time_in(const AgentRecord& agent, AgentState state, Timestamp now);
/// 0 when logged out. Equals the sum of time_in over all states.
[[nodiscard]] Duration logged_in_for(const AgentRecord& agent, Timestamp now);
/// Share of (ready + reserved + talking + wrap_up) time spent in talking and wrap_up this session, parts per million.
[[nodiscard]] std::uint32_t occupancy_ppm(const AgentRecord& agent, Timestamp now);

enum class ContactPhase : std::uint8_t { arrived, waiting, offered, talking, outside };
[[nodiscard]] std::string_view to_string(ContactPhase);

struct RefusalMemory {
    AgentId agent{};
    Timestamp until{};
    bool operator==(const RefusalMemory&) const = default;
};

struct State;

struct ContactRecord {
    // What every decision looks at comes first: it shares its memory's line with the key by which it is found.
    ContactId id{};
    ContactPhase phase = ContactPhase::arrived;
    bool withheld = false;
    bool internal = false;          ///< an agent calls
    QueueId queue{};                ///< that holds it (waiting, offered) or last held it (talking, outside)
    std::optional<AgentId> agent;   ///< talking to
    int priority = 0;               ///< of its queue, at its step, and what it has above that
    std::uint32_t step = 0;         ///< of its queue's relaxation
    Timestamp enqueued{};           ///< first time in a queue: its age counts from here, over overflow and rescue
    Timestamp talking_since{};      ///< to this agent, or since it is outside
    Timestamp waiting_since{};      ///< as enqueued, but begins anew after a rescue
    Duration waited_before{};       ///< what it had waited before it was rescued
    std::optional<AgentId> wanted;  ///< waiting, offered: nobody else may have it
    std::optional<Timestamp> wanted_until;  ///< … until then
    std::optional<Timestamp> leave_at;      ///< max_wait is over
    std::optional<Timestamp> relax_at;      ///< when the next step begins
    std::uint32_t attempts = 0;             ///< offers made
    Few<OfferId> offers;                    ///< offered: those that are live, in order
    std::vector<RefusalMemory> refusals;    ///< at most one per agent
    Few<QueueId> been_in;                   ///< queues, in order, the present one last
    Timestamp arrived{};
    std::optional<EntryPointId> entry_point;
    std::optional<CallerListId> callers;  ///< the list that has the caller's number
    Advice advice;                        ///< of another system that was asked about the caller
    std::optional<Foreseen> foreseen;     ///< while in the queue that it came to, if it had to stand in line there
    std::optional<Timestamp> held_by_agent, held_by_caller;  ///< talking: since when that side holds the other
    std::optional<Timestamp> held_since;                     ///< since when at least one does
    Duration held_before{};                                  ///< on hold before that
    std::string dialled, caller, caller_name, source, call_id;
    std::string diverted_from, diversion_reason;
    std::string outside;  ///< the number it was transferred to (outside)

    bool operator==(const ContactRecord&) const = default;

    /// Lately, so that it may not be offered to it again yet.
    [[nodiscard]] bool refused_by(AgentId agent) const {
        return std::any_of(refusals.begin(), refusals.end(), [&](const auto& r) { return r.agent == agent; });
    }
};
/// How long it has waited (waiting, offered), or waited before it was connected (talking).
[[nodiscard]] Duration waited(const ContactRecord& contact, Timestamp now);
/// From when on no agent is kept back from it for others; none: nobody is anyway, or it is past.
[[nodiscard]] std::optional<Timestamp> release_of(const ContactRecord& contact, const Plan& plan, Timestamp now);
/// Offered to agents whom its queue chose, and to fewer than may be rung at once.
[[nodiscard]] bool joinable(const State& state, const Plan& plan, const ContactRecord& contact);
/// What it has above any queue's priority: for the number that was dialled, and for who calls, by the list and by
/// advice.
[[nodiscard]] int raise_of(const ContactRecord& contact, const Plan& plan);
/// Whether that agent may be offered it for being the one it is kept for: who serves its queue at its step, or whose
/// own number was dialled.
[[nodiscard]] bool may_be_given(const State& state, const Plan& plan, const ContactRecord& contact, AgentId agent);
/// How long it has been on hold in all.
[[nodiscard]] Duration held(const ContactRecord& contact, Timestamp now);

struct OfferRecord {
    OfferId id{};
    ContactId contact{};
    QueueId queue{};
    AgentId agent{};
    Timestamp made{};
    Timestamp ring_until{};
    bool ringing = false;  ///< the phone said so
    bool direct = false;   ///< to nobody else beside it
    bool operator==(const OfferRecord&) const = default;
};

/// The one total order of waiting contacts: higher priority, then longer age, then the lower id (which is arrival
/// order).
struct WaitKey {
    int unimportance = 0;  ///< -priority
    Timestamp enqueued{};
    ContactId contact{};
    auto operator<=>(const WaitKey&) const = default;
};
[[nodiscard]] WaitKey wait_key(const ContactRecord& contact);

/// See src/routing/reservation.hpp.
struct Reservation {
    static constexpr std::int64_t kAgent = 1 << 16;  ///< one agent
    std::int64_t level = 0;
    Timestamp lent{};  ///< when one of the queue's agents last went to a much larger queue
    /// How many are kept back.
    [[nodiscard]] std::uint32_t agents() const { return static_cast<std::uint32_t>((level + kAgent / 2) / kAgent); }
    bool operator==(const Reservation&) const = default;
};

/// At every moment: entered + overflowed_in + transferred_in + rescued = answered + abandoned + overflowed_out + ended
/// + line().
struct QueueRecord {
    QueueRecord() = default;
    explicit QueueRecord(std::size_t steps) : lines(steps), joinable(steps) {}

    std::vector<Ordered<WaitKey>> lines;     ///< to be matched, by step of relaxation
    Ordered<WaitKey> kept;                   ///< waiting, each for an agent of its own (AgentRecord::wanted_by)
    Ordered<WaitKey> ringing;                ///< offered to somebody; still in this queue's hands
    std::vector<Ordered<WaitKey>> joinable;  ///< those of `ringing` that may ring at more agents, by step
    std::optional<AgentId> last_offered;     ///< round_robin goes on after this one
    std::uint64_t entered = 0;               ///< from entry points
    std::uint64_t overflowed_in = 0;
    std::uint64_t transferred_in = 0;
    std::uint64_t rescued = 0;  ///< came back because the agent's leg broke or nobody was reached outside
    std::uint64_t answered = 0;
    std::uint64_t answered_within = 0;  ///< after waiting no longer than Queue::service_level
    std::uint64_t abandoned = 0;
    std::uint64_t overflowed_out = 0;
    std::uint64_t ended = 0;    ///< by the system: max_wait, shutdown, restart, caller_failed …
    std::uint64_t refused = 0;  ///< never entered
    Duration wait_total{};      ///< of the answered
    Demand demand;
    Reservation reservation;
    WaitModel waits;
    ServiceWindows service;
    bool operator==(const QueueRecord&) const = default;

    [[nodiscard]] std::size_t waiting() const;
    [[nodiscard]] std::size_t in_lines() const { return waiting() - kept.size(); }
    [[nodiscard]] std::size_t line() const { return waiting() + ringing.size(); }
    /// Since when the one who waits longest waits.
    [[nodiscard]] std::optional<Timestamp> longest_since() const;
    /// Those of waiting() who come before the key, by priority and then age. Cost: of those who don't, many at a time.
    [[nodiscard]] std::size_t waiting_before(const WaitKey& key) const;
    /// 1 for who is next, those whose phones ring counted. Cost as above.
    [[nodiscard]] std::size_t position(const WaitKey& key) const;
};

[[nodiscard]] Deadline wrap_up_deadline(AgentId agent, const Task& task);  ///< it is wrapping

/// How agents who ask for a break stand in line for it.
struct BreakKey {
    Timestamp asked_at{};
    AgentId agent{};
    auto operator<=>(const BreakKey&) const = default;
};

/// Of talks, by the queues' Sticky.
[[nodiscard]] Duration longest_memory(const Plan& plan);
/// An agent's planned ones, each once, in order of SkillId.
[[nodiscard]] std::vector<SkillLevel> planned_skills(const Agent& agent);

struct State {
    State() = default;
    /// Everybody logged out, nobody waiting, skills as planned, entry points open.
    explicit State(const Plan& plan);

    Timestamp clock{};                ///< the latest moment it knows of
    std::vector<AgentRecord> agents;  ///< by AgentId
    std::vector<QueueRecord> queues;  ///< by QueueId
    std::vector<Door> doors;          ///< by EntryPointId
    IdTable<ContactRecord> contacts;  ///< alive ones
    IdTable<OfferRecord> offers;      ///< live ones
    Deadlines deadlines;
    std::set<BreakKey> asking;  ///< agents who ask for a break and could begin it, or to see it coming (break_key())
    std::size_t waiting = 0;    ///< contacts in all queues' QueueRecord::waiting
    std::size_t joinable = 0;   ///< contacts in all queues' QueueRecord::joinable
    std::uint64_t next_contact = 1;
    std::uint64_t next_offer = 1;
    std::uint64_t refused_unqueued = 0;  ///< refusals without a queue: unknown numbers
    DemandClock demand_clock;
    LastAgents last_agents;
    Duration talks_count_for{};  ///< so long last_agents remembers talks: as long as any queue's Sticky asks for
    /// Share of contacts answered within their targets, over all queues, lately; in parts of Reservation::kAgent.
    std::int64_t attained = Reservation::kAgent * 4 / 5;
    Index index;

    bool operator==(const State&) const = default;

    [[nodiscard]] const ContactRecord* find(ContactId id) const { return contacts.find(id); }
    [[nodiscard]] const OfferRecord* find(OfferId id) const { return offers.find(id); }
    /// At this agent; nullptr: none rings.
    [[nodiscard]] const OfferRecord* offer_to(AgentId agent) const;
};

/// How a State changes by what happens; see also advance() and Core::replan(). Events about contacts or offers it
/// doesn't know change nothing (a log may begin in the middle); ids of agents and queues must be in the plan
/// (Core::restore checks).
void apply(State& state, const Plan& plan, const Event& event);

/// Time alone changes two things: memories of refusals lapse, and releases come due. All else that time does is an
/// event. The state at a moment is its events folded, then advanced to that moment.
void advance(State& state, Timestamp now);

/// Equal states have equal digests, on every machine.
[[nodiscard]] std::uint64_t digest(const State& state);

}  // namespace centrala::routing
