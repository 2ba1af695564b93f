// A queued call with its legs, and a feature-code call, as plain data.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "centrala/base/time.hpp"
#include "centrala/base/timer_queue.hpp"
#include "centrala/media/engine.hpp"
#include "centrala/routing/event.hpp"
#include "centrala/routing/ids.hpp"
#include "centrala/sdp/sdp.hpp"
#include "centrala/sip/flow.hpp"
#include "centrala/sip/user_agent.hpp"
#include "direct_call.hpp"
#include "leg.hpp"

namespace centrala::calls {

inline constexpr std::size_t kCallerNameMax = 256;  ///< bytes of what is said of who calls

struct Offer {
    routing::OfferId id{};
    routing::AgentId agent{};
    std::vector<AgentLeg> legs;                                ///< ringing in parallel
    std::vector<std::pair<std::string, std::uint32_t>> tried;  ///< outbound: instances and their flows (RFC 5626 §7)
    int last_q = 1001;          ///< bindings below this q are still to be tried (RFC 3261 §16.6: serially by q)
    sip::SessionId answered{};  ///< the leg that sent 200
    bool rang = false;          ///< routing was told
    std::optional<routing::Outcome> worst;  ///< of those that refused
    int worst_status = 0;
};

/// The leg of an agent who has handed the caller on and waits to hear how it went.
struct Departing {
    AgentLeg leg;
    routing::AgentId agent{};
    routing::ContactId contact{};
    Refer refer;
};

/// Where an agent's transfer to a number outside has got.
struct OutsideLeg {
    AgentLeg leg;
    std::string number;
    std::optional<std::size_t> trunk;
    std::optional<OutboundRoute> route;  ///< the way taken, and those that are left
    bool answered = false;
    std::optional<Timestamp> holds, held;  ///< since when it holds the caller, or the caller it
};

enum class CallPhase : std::uint8_t { waiting, offering, talking, outside };

/// What the two sides of a call hear.
enum class Hearing : std::uint8_t {
    queue,        ///< the caller hears the queue's programme; there is nobody to talk to yet
    each_other,   ///< bridged; who is held and by whom decides what of it gets through
    hold_music,   ///< the agent, or the party outside, holds: the caller hears music
    agent_music,  ///< the caller holds, and the queue has music for who is held
};

struct Call {
    routing::ContactId contact{};
    routing::QueueId queue{};
    CallPhase phase = CallPhase::waiting;
    Hearing hearing = Hearing::queue;
    CallerLeg caller;
    std::vector<Offer> offers;      ///< in phase offering; several: the first to answer gets the call
    std::optional<AgentLeg> agent;  ///< in phase talking
    routing::AgentId talking_to{};
    std::optional<OutsideLeg> outside;     ///< in phase outside
    sip::SessionId referrer{};             ///< the leg that waits to hear how its REFER went; 0: none
    std::optional<DirectId> consultation;  ///< begun by a code over the agent's leg; the caller hears music
    Keys keys;                             ///< pressed by the agent
    bool prompting = false;                ///< the agent hears a tone, then what it heard before
    std::string caller_number, caller_name, dialled;
    bool withheld = false;                          ///< the caller is not to be shown
    std::optional<std::size_t> trunk;               ///< index in the configuration
    std::optional<routing::AgentId> calling_agent;  ///< the caller is an agent of ours
    TimerId announcement{};                         ///< the next one
    Keeping keeping;
};

/// An agent dials a feature code: we answer, play the confirmation and hang up.
struct FeatureCall {
    sip::SessionId sip{};
    LegMedia media;
    routing::AgentId agent{};
    TimerId guard{};
};

}  // namespace centrala::calls
