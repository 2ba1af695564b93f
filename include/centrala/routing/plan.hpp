// What the configuration says about routing: skills, queues, agents, entry points. Immutable once made.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "centrala/base/time.hpp"
#include "centrala/routing/ids.hpp"

namespace centrala::routing {

struct Skill {
    std::string name;
    bool retired = false;  ///< see Plan
    bool operator==(const Skill&) const = default;
};

struct SkillLevel {
    SkillId skill{};
    std::uint8_t level = 1;  ///< 1–10
    auto operator<=>(const SkillLevel&) const = default;
};

/// How a contact comes. An agent has one call in hand and nothing else, or up to Agent::chats chats.
enum class Channel : std::uint8_t { voice, chat };
inline constexpr std::size_t kChannels = 2;  ///< values of Channel
inline constexpr Channel kEveryChannel[] = {Channel::voice, Channel::chat};
inline constexpr std::uint32_t kChatsMax = 25;
[[nodiscard]] std::string_view to_string(Channel channel);

/// How a queue picks among idle agents. Ties always end in longest idle, then the lower AgentId.
enum class Strategy : std::uint8_t {
    longest_idle,    ///< who has been idle longest
    most_skilled,    ///< highest sum of levels in what the queue requires of this call
    least_occupied,  ///< lowest share of this session's ready time (ready, reserved, talking, wrap-up) spent talking
                     ///< and in wrap-up, in ppm, now; looked for among the 16 lowest as of becoming available and the
                     ///< 16 longest idle
    round_robin,     ///< the one after the last in the plan's order (Agent::place)
    coverage,  ///< the quickest at this queue's calls (Agent::paces), then whose other queues will miss them least:
               ///< lowest sum, over the other queues they serve, of what the queue asks for (Demand::load) by
               ///< its available agents; looked for among the 32 groups whose first is idle longest
    least_flexible,   ///< who serves the fewest queues without relaxation
    fewest_calls,     ///< who took the fewest calls in this session
    in_order,         ///< the first in the plan's order
    weighted_random,  ///< drawn, in proportion to the agents' weights for this queue
    idleness_ratio,   ///< of the groups of agents who serve the same queues equally well, who has most available beyond
                      ///< its share of all that are, by its agents at work; looked for as coverage does
};
inline constexpr std::size_t kStrategies = 10;  ///< values of Strategy
[[nodiscard]] std::string_view to_string(Strategy strategy);
/// Queue::preferred comes before the strategy, rather than meaning nothing.
[[nodiscard]] bool heeds_preferences(Strategy strategy);

/// Which of the waiting calls an agent gets who may take several. Ties end in longest wait, then the lower ContactId.
enum class CallOrder : std::uint8_t {
    longest_wait,      ///< highest priority, then who has waited longest
    ageing,            ///< who has waited longest, each point of priority counting as Plan::ageing of waiting
    most_overdue,      ///< highest priority, then who is nearest to the target of their queue's service level, or
                       ///< furthest past it
    rescuable_first,   ///< highest priority; then who has waited kStarving times their target; then, of those who can
                       ///< still be answered within it, who is nearest to it; then who has waited longest
    rescuable_heads,   ///< the same among the first of each queue: within a queue nobody is passed over
    queue_ratio,       ///< highest priority; then the queue that has most waiting beyond its share of all that wait, by
                       ///< arrivals lately times its target (Gurvich and Whitt); then who has waited longest
    generalised_c_mu,  ///< highest priority; then who costs most by waiting on, per time that it takes an agent:
                       ///< Queue::delay_cost times the wait in targets, by the queue's mean time of a call
};
inline constexpr std::size_t kCallOrders = 7;  ///< values of CallOrder
inline constexpr int kStarving = 4;
[[nodiscard]] std::string_view to_string(CallOrder order);

/// What it takes to be offered a queue's calls.
struct Requirement {
    std::vector<SkillLevel> skills;    ///< all of these at these levels or higher
    std::vector<AgentGroupId> groups;  ///< and to be in one of these; empty: in any
    std::vector<QueueId> also;         ///< or to meet what one of these asks for at first
    bool operator==(const Requirement&) const = default;
};

/// From some wait on, a queue asks for something else.
struct Relaxation {
    Duration after{};  ///< of waiting in the queue; above 0, and above the one before
    Requirement required;
    int priority = 0;  ///< a call's from here on
    bool operator==(const Relaxation&) const = default;
};

/// A skill that is liked, but not asked for: agents come in the order of their levels in these, times the weights.
struct Preference {
    SkillId skill{};
    std::uint8_t weight = 1;  ///< 1–10
    bool operator==(const Preference&) const = default;
};

/// A call goes to the overflow at once while one of these holds.
struct OverflowWhen {
    std::size_t line = 0;         ///< so many or more wait; 0: however many
    bool without_agents = false;  ///< nobody logged in could ever take it; what waits goes when the last leaves
    Duration expected_wait{};  ///< it would wait longer (expected_wait.hpp); asked once, as it comes; 0: however long
    bool operator==(const OverflowWhen&) const = default;
};

/// Somebody for whom a call is kept while that agent is at work but not free, for so long at most.
struct Wanted {
    AgentId agent{};
    Duration patience = 60s;  ///< 0: only if the agent is free at once
    bool operator==(const Wanted&) const = default;
};

/// Callers get the agent again to whom they talked last, if that is no longer ago than `memory`.
struct Sticky {
    Duration memory = 24h;
    Duration patience = 60s;  ///< as Wanted::patience
    bool operator==(const Sticky&) const = default;
};

inline constexpr std::uint32_t kRingAtOnceMax = 50;

struct Queue {
    std::string name;
    Channel channel = Channel::voice;  ///< of all its contacts. Queues that the plan lets them go on to have the same
    Requirement required;
    std::vector<Preference> preferred;    ///< for strategies that rank groups (strategies.hpp)
    std::vector<Relaxation> relaxations;  ///< in order of `after`
    int priority = 0;                     ///< higher is served first, over all queues an agent serves
    std::size_t capacity = 1'000;         ///< waiting calls; past it: refused, queue_full
    Duration max_wait = 0s;               ///< 0: for ever. Then overflow, or the call is ended
    std::optional<QueueId> overflow;      ///< nullopt: ended with cause max_wait
    OverflowWhen overflow_when;           ///< with an overflow
    Strategy strategy = Strategy::longest_idle;
    std::uint32_t ring_at_once =
        1;  ///< a call rings at so many agents, who need not be anybody else's; 1–kRingAtOnceMax
    Duration ring_timeout = 20s;
    Duration wrap_up = 30s;            ///< 0: none
    Duration disposition_within = 0s;  ///< the agent must say how the call ended, and stays in wrap-up until then, but
                                       ///< no longer than this; 0: need not
    Duration refusal_memory = 30s;  ///< a call isn't offered again to an agent who rejected or missed it, for so long
    std::uint32_t misses_max = 2;   ///< so many no_answer or rejected in a row make the agent not ready; 0: never
    bool closed = false;            ///< refused, closed
    bool refuse_without_agents = false;  ///< refused, no_agent, when nobody logged in could ever take it
    Duration service_level = 20s;        ///< the target T of the service level
    std::uint32_t delay_cost = 1;        ///< CallOrder::generalised_c_mu; 1–1000
    std::optional<Sticky> sticky;        ///< none: whom a caller talked to last says nothing
    bool retired = false;                ///< see Plan

    /// Step 0 is what it asks for at first, step n the n-th relaxation. The last holds from there on.
    [[nodiscard]] std::size_t steps() const { return relaxations.size() + 1; }
    [[nodiscard]] const Requirement& required_at(std::size_t step) const {
        return step == 0 ? required : relaxations[step - 1].required;
    }
    bool operator==(const Queue&) const = default;
};

/// How long an agent takes for a queue's calls, as others would take 1000.
struct Pace {
    QueueId queue{};
    std::uint32_t permille = 1000;  ///< 1–100,000
    auto operator<=>(const Pace&) const = default;
};

/// How large a part of a queue's calls an agent gets by Strategy::weighted_random, next to others.
struct Weight {
    QueueId queue{};
    std::uint32_t weight = 1;  ///< 1–1000
    auto operator<=>(const Weight&) const = default;
};

/// An agent who has taken so many calls within an hour or so gets a pause. Who has had as long a one between two calls
/// begins to count anew.
struct Rest {
    std::uint32_t calls = 0;  ///< 0: never; at most 1000
    Duration within = 1h;     ///< calls that began longer ago don't count
    Duration pause = 2min;    ///< not ready so long, then ready again
    bool operator==(const Rest&) const = default;
};

/// Breaks that agents ask for, and get when the queues allow it (breaks.hpp).
struct Breaks {
    std::vector<std::string> reasons;  ///< of Plan::reasons; none: every break is taken rather than asked for
    Duration within = 15min;           ///< granted so long after it was asked for, however the queues stand
    std::uint32_t keep = 1;            ///< agents who must remain available in each queue that the agent serves
    bool operator==(const Breaks&) const = default;
};

struct Agent {
    // What is looked at for every call comes first.
    std::optional<Duration> wrap_up;  ///< instead of the queue's
    Rest rest;
    std::uint32_t chats = 0;  ///< at once, up to kChatsMax; 0: serves no queue of chats, whatever its skills
    AgentGroupId group{};
    std::vector<QueueId> queues;     ///< takes no other queue's calls, whatever its skills; empty: any
    std::vector<SkillLevel> skills;  ///< at first; supervisors may change them
    std::vector<Pace> paces;         ///< where it is known to differ
    std::uint32_t place = 0;         ///< in the order of round_robin and in_order; equal ones by id
    std::uint32_t weight = 1;        ///< 1–1000, for all queues but
    std::vector<Weight> weights;     ///< these
    bool always_logged_in = false;   ///< a fixed contact with no login of its own: logged in and ready at start
    bool retired = false;            ///< see Plan
    std::string name;                ///< what the agent registers as
    std::string display_name;
    bool operator==(const Agent&) const = default;
};

struct EntryPoint {
    std::string name;
    QueueId queue{};
    bool closed = false;                    ///< for good; while it isn't, State::doors says whether it is open
    std::optional<QueueId> closed_queue{};  ///< where calls go while it is closed; none: refused
    int priority = 0;                       ///< of its calls, above that of whatever queue they are in
    std::optional<Wanted> wanted{};         ///< whose number it is: needn't have the queue's skills
    bool retired = false;                   ///< see Plan
    bool operator==(const EntryPoint&) const = default;
};

/// What becomes of callers whose numbers are on a list. The numbers aren't routing's: whoever tells it of a call says
/// which list has its caller.
struct CallerList {
    std::string name;
    bool blocked = false;            ///< refused, blocked
    int priority = 0;                ///< as EntryPoint::priority, on top of that
    std::optional<QueueId> queue{};  ///< where they wait instead of the entry point's queue, if that lets them in
    std::optional<Wanted> wanted{};  ///< who cares for them, if that agent may take the queue's calls
    bool retired = false;            ///< see Plan
    bool operator==(const CallerList&) const = default;
};

/// Ids are places in its vectors, and keep their meaning as long as a server runs: what is removed from a configuration
/// that is reloaded stays, retired, for who still waits, talks or is at work by it. Nothing new gets there, nobody
/// finds it by its name.
struct Plan {
    std::vector<Skill> skills;
    std::vector<Queue> queues;
    std::vector<std::string> agent_groups;  ///< names
    std::vector<Agent> agents;
    std::vector<EntryPoint> entry_points;
    std::vector<CallerList> caller_lists;
    std::vector<std::string> reasons;     ///< not-ready reasons; any of the list is allowed, "" too
    std::vector<Duration> reason_limits;  ///< by reason, how long it is meant to last; 0, or no entry: any time
    Breaks breaks;
    std::vector<std::string> dispositions;  ///< codes; empty list: any code
    Duration probe_interval =
        30s;  ///< how long a suspect or unreachable phone rests before it is offered anything, unless a probe succeeds
    Duration busy_memory = 20s;  ///< how long a phone that said busy, for a reason we can't see, counts as in use
    bool ready_on_login = false;
    CallOrder call_order = CallOrder::longest_wait;
    Duration ageing = 10s;                    ///< CallOrder::ageing
    std::size_t callers_remembered = 10'000;  ///< with whom they talked last, as long as any Queue::sticky asks for
    bool reserve_scarce = false;              ///< keeps agents back for queues that fall behind (reservation.hpp)

    [[nodiscard]] std::optional<QueueId> find_queue(std::string_view name) const;
    [[nodiscard]] std::optional<AgentId> find_agent(std::string_view name) const;
    [[nodiscard]] std::optional<EntryPointId> find_entry_point(std::string_view name) const;
    [[nodiscard]] std::optional<SkillId> find_skill(std::string_view name) const;
    /// How long that is meant to last; 0: any time.
    [[nodiscard]] Duration limit_of_reason(std::string_view reason) const;
};

}  // namespace centrala::routing
