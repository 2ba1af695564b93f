// Why a contact goes to one agent and not to another, and why an agent gets nothing. Reads a State as it is, or as it
// was when it decided: fold the log up to there. For people, not for the path of a call: it looks at every agent.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "centrala/routing/breaks.hpp"
#include "centrala/routing/state.hpp"

namespace centrala::routing {

/// What stands between an agent and a contact; the first that holds, in this order.
enum class Bar : std::uint8_t {
    none,           ///< could take it
    other_channel,  ///< takes no chats, and this is one
    other_queues,   ///< takes only certain queues' calls, not these (Agent::queues)
    other_group,    ///< the queue is for other groups of agents
    lacks_skill,
    logged_out,
    talking,
    wrap_up,
    reserved,  ///< a phone of the agent rings for another call
    full,      ///< has as many chats in hand as it takes at once
    unreachable,
    busy,
    not_ready,
    pending,  ///< ready, but asked for something else, which takes effect now
    refused,  ///< rejected or missed this very call, and may not have it again yet
    kept_for_others,
    not_wanted,  ///< it is kept for another agent
};
inline constexpr std::size_t kBars = 17;  ///< values of Bar
[[nodiscard]] std::string_view to_string(Bar bar);

struct Obstacle {
    Bar bar = Bar::none;
    SkillLevel need{};               ///< lacks_skill: what is asked for
    std::uint8_t have = 0;           ///< lacks_skill: the agent's level, 0 if none
    std::optional<Timestamp> until;  ///< refused, wrap_up, not_wanted: when it is over by itself
    std::optional<QueueId> kept_for;
    std::optional<AgentId> wanted{};  ///< not_wanted: who is
};
/// `contact` waits.
[[nodiscard]] Obstacle obstacle(const State& state, const Plan& plan, AgentId agent, const ContactRecord& contact,
                                Timestamp now);

/// One who could take the contact, with what strategies look at.
struct Candidate {
    AgentId agent{};
    Duration idle{};
    std::uint32_t level = 0;   ///< sum of levels in what is required
    std::uint32_t liked = 0;   ///< levels in preferred skills, times the weights
    std::uint32_t pace = 0;    ///< permille
    std::uint64_t missed = 0;  ///< what its other queues would miss, in a unit of their own
    std::uint32_t queues = 0;  ///< that it serves without relaxation
    std::uint32_t session_calls = 0;
    std::uint32_t weight = 0;                              ///< for this queue
    std::uint32_t group_available = 0, group_at_work = 0;  ///< agents who serve the same queues as well
    std::uint32_t occupancy_ppm = 0;
};
struct Barred {
    AgentId agent{};
    Obstacle obstacle;
};
struct ContactExplanation {
    ContactId contact{};
    QueueId queue{};
    std::uint32_t step = 0;
    std::size_t position = 0;  ///< in its queue, 1 is the oldest of the highest priority
    Duration waited{};
    std::vector<Candidate> candidates;  ///< in the order in which the strategy takes them; at most `most`
    std::size_t available = 0;          ///< all who could
    std::vector<Barred> barred;         ///< everybody else, by Bar, then AgentId
    std::optional<AgentId> wanted;      ///< it is kept for this agent,
    std::optional<Timestamp> wanted_until;
};
/// `contact` waits in a queue.
[[nodiscard]] ContactExplanation explain(const State& state, const Plan& plan, const ContactRecord& contact,
                                         Timestamp now, std::size_t most);

/// Of one queue in which contacts wait.
struct QueueExplanation {
    QueueId queue{};
    std::size_t waiting = 0;
    ContactId contact{};  ///< the one nearest to being taken by the agent, of the first 100 of each step
    Obstacle obstacle;    ///< to taking it
    std::optional<std::uint32_t> opens_at_step;  ///< of relaxation, if its obstacle is gone then
};
/// Why an agent hasn't got yet the break that it asks for.
struct BreakExplanation {
    BreakWish wish;
    Timestamp due{};  ///< when it gets it, however the queues stand
    BreakObstacle obstacle;
};
struct AgentExplanation {
    AgentId agent{};
    AgentState state{};
    std::vector<QueueExplanation> queues;  ///< in which contacts wait
    std::optional<BreakExplanation> asks{};
};
[[nodiscard]] AgentExplanation explain(const State& state, const Plan& plan, AgentId agent, Timestamp now);

}  // namespace centrala::routing
