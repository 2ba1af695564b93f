// A queued call with its two legs, and a feature-code call, as plain data.
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

namespace centrala::calls {

/// One leg's media: our port and what was agreed.
struct LegMedia {
    media::SessionId session{};  ///< 0: none
    sdp::Local local;
    bool agreed = false;  ///< an offer and its answer have been exchanged
    bool held = false;    ///< the peer holds us, as it said last (RFC 3264 §8.4)
};

struct CallerLeg {
    sip::SessionId sip{};
    LegMedia media;
    std::string answer;       ///< SDP for the 183 and the 200: the same in both (RFC 3261 §13.2.1)
    bool answered = false;    ///< our 200 is sent
    bool late_offer = false;  ///< the INVITE had no SDP; the ACK will have the answer
};

/// One of the agent's phones that rings for an offer, or has answered it.
struct AgentLeg {
    sip::SessionId sip{};
    LegMedia media;
    std::uint64_t connection = 0;  ///< that the phone registered over; 0 over UDP
    bool rang = false;
    std::string instance;  ///< outbound: the phone, by whichever of its flows; "" if it has but one
};

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

enum class CallPhase : std::uint8_t { waiting, offering, talking };

/// What the two sides of a call hear.
enum class Hearing : std::uint8_t {
    queue,        ///< the caller hears the queue's programme; there is no agent yet
    each_other,   ///< bridged; who is held and by whom decides what of it gets through
    hold_music,   ///< the agent holds: the caller hears music
    agent_music,  ///< the caller holds, and the queue has music for the agent
};

struct Call {
    routing::ContactId contact{};
    routing::QueueId queue{};
    CallPhase phase = CallPhase::waiting;
    Hearing hearing = Hearing::queue;
    bool parked = false;  ///< held on the agent's behalf, whatever its phone says (hold(), resume())
    CallerLeg caller;
    std::optional<Offer> offer;     ///< in phase offering
    std::optional<AgentLeg> agent;  ///< in phase talking
    routing::AgentId talking_to{};
    std::string caller_number, caller_name, dialled;
    bool withheld = false;                          ///< the caller is not to be shown
    std::optional<std::size_t> trunk;               ///< index in the configuration
    std::optional<routing::AgentId> calling_agent;  ///< the caller is an agent of ours
};

/// An agent dials a feature code: we answer, play the confirmation and hang up.
struct FeatureCall {
    sip::SessionId sip{};
    LegMedia media;
    routing::AgentId agent{};
    TimerId guard{};
};

}  // namespace centrala::calls
