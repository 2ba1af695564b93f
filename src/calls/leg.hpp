// The legs that calls are made of, as plain data.
#pragma once

#include <cstdint>
#include <string>

#include "centrala/media/engine.hpp"
#include "centrala/sdp/sdp.hpp"
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

}  // namespace centrala::calls
