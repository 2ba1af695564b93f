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

struct DirectCall {
    DirectId id{};
    routing::AgentId by{};  ///< who placed it
    CallerLeg caller;       ///< over which; no session: a consultation, over the agent's leg of `consults_for`
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
    bool rang = false;            ///< the caller's phone was told
    int worst_status = 0;         ///< of those that refused; 0: none could even be asked
    bool callee_counted = false;  ///< as in other use
    TimerId guard{};              ///< nobody answers for ever

    [[nodiscard]] bool is_consultation() const { return consults_for.has_value(); }
};

}  // namespace centrala::calls
