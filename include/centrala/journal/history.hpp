// What callers and agents did, as a log tells it: to be played again under other rules.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "centrala/base/result.hpp"
#include "centrala/base/time.hpp"
#include "centrala/routing/advice.hpp"
#include "centrala/routing/agent.hpp"
#include "centrala/routing/plan.hpp"

namespace centrala::journal {

/// One wait for an agent and what came of it: of a call that came, or of one that an agent transferred to a queue.
struct Visit {
    enum class Ending : std::uint8_t {
        answered,
        abandoned,  ///< hung up
        sent_away,  ///< max_wait
        refused,    ///< by the queue, the entry point or a list of callers
        cut_off,    ///< something broke, or the log ends
    };
    Timestamp came{};
    std::optional<routing::EntryPointId> entry_point;  ///< none: transferred
    std::optional<routing::QueueId> queue;             ///< the first that it waited in
    std::string caller;                                ///< "": not known, or not to be
    bool internal = false;                             ///< an agent calls
    routing::Advice advice{};                          ///< of another system that was asked about the caller
    Ending ending = Ending::cut_off;
    Duration waited{};                ///< until it was answered or it ended
    std::optional<Duration> talked;   ///< with the agents that the queue chose; none: not answered, or to no known end
    std::optional<Duration> wrapped;  ///< until the agent ended the wrap-up; none: its time ran out, or there was none
};

struct Stretch {
    Timestamp from{}, to{};
};

/// By a supervisor.
struct SkillSet {
    Timestamp at{};
    routing::SkillId skill{};
    std::uint8_t level = 0;  ///< 0: taken away
};

struct AgentHistory {
    std::vector<Stretch> logged_in;  ///< until the agent asked to log out, if that took effect after a call
    std::vector<Stretch> away;   ///< logged in but not to be had: not ready (from when it was asked for, and not by the
                                 ///< configuration's rules), phone lost or in use for something else, or with a call
                                 ///< that a colleague handed on or that came before the log begins
    Duration busy{}, free{};     ///< talking or in wrap-up; ready or ringing
    std::vector<Duration> rang;  ///< from the offer to the answer, of those that were answered
    std::uint64_t missed = 0, rejected = 0;  ///< other offers
    std::vector<Duration> back_after;        ///< not ready for those, until it asked for calls again
    std::vector<SkillSet> skills_set;
};

struct History {
    routing::Plan names;  ///< agents, skills, queues and entry points that the log speaks of: nothing but their names
    Timestamp begin{}, end{};
    std::vector<Visit> visits;         ///< by when they came
    std::vector<AgentHistory> agents;  ///< by AgentId
    std::uint64_t skipped = 0;         ///< lines that couldn't be read
};

/// Of one log, in any number of files. Error: unreadable, not an event log, not one log, or too many calls.
Result<History> read_history(const std::vector<std::string>& paths);

}  // namespace centrala::journal
