// A call that an agent placed to a colleague or outside: no queue, no contact, but in the log and counted as other use.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "centrala/base/time.hpp"
#include "centrala/base/timer_queue.hpp"
#include "centrala/routing/ids.hpp"
#include "leg.hpp"
#include "trunk.hpp"

namespace centrala::calls {

enum class DirectId : std::uint64_t {};  ///< counts up from 1

/// One of the two in a call, on the way to another.
struct Party {
    AgentLeg leg;
    std::optional<routing::AgentId> agent;  ///< counted as in other use; none: outside
    std::string name;                       ///< the agent's, or the number as dialled
    std::optional<std::size_t> trunk;       ///< outside: index in the configuration of the one that carries the leg
};

/// One party is being handed on by the other: it hears music while a call of its own rings for it.
struct HandingOn {
    DirectId onward{};
    bool caller = false;         ///< it is the caller, not the callee
    std::optional<Refer> refer;  ///< by which it was asked for; none: by keys
};

struct DirectCall {
    DirectId id{};
    routing::AgentId by{};  ///< who placed it, or handed the caller on
    CallerLeg caller;       ///< no session: a consultation, over the agent's leg of `consults_for`; or handed on yet
    std::optional<routing::AgentId> calling;  ///< whose `caller` is: counted as in other use
    std::string handed_on;                    ///< name or number of a caller that was handed on by `by`; "": it is `by`
    std::optional<std::size_t> caller_trunk;  ///< handed on from outside: the trunk that carries its leg
    std::optional<DirectId> handed_on_from;   ///< the call in which the caller waits for this one to be answered
    std::optional<HandingOn> handing_on;
    std::optional<routing::ContactId> consults_for;
    std::optional<routing::AgentId> callee;  ///< none: outside
    std::string to;                          ///< the callee's name, or the number as dialled
    std::optional<std::size_t> trunk;        ///< index in the configuration, while it carries the call
    std::optional<OutboundRoute> route;      ///< outside: the way taken, and those that are left
    std::vector<AgentLeg> ringing;           ///< in parallel
    std::optional<AgentLeg> answered;        ///< by the callee
    Timestamp answered_at{};
    std::optional<Timestamp> held_by_caller, held_by_callee;  ///< since when that side holds the other
    std::optional<std::pair<bool, bool>> heard;               ///< who held when what they hear was set up; none: anew
    bool rang = false;                                        ///< the caller's phone was told
    int worst_status = 0;                                     ///< of those that refused; 0: none could even be asked
    bool callee_counted = false;                              ///< as in other use
    TimerId guard{};                                          ///< nobody answers for ever
    Keys caller_keys, callee_keys;
    bool prompting = false;  ///< one of them hears a tone, then what it heard before
    Keeping keeping;

    [[nodiscard]] bool is_consultation() const { return consults_for.has_value(); }
};

}  // namespace centrala::calls
