// The legs that calls are made of, as plain data.
#pragma once

#include <cstdint>
#include <string>

#include "centrala/base/timer_queue.hpp"
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

/// How a phone tells of keys: some tell each one twice, and then only one way may count.
enum class KeysBy : std::uint8_t { unknown, rtp, info };

/// Keys pressed on an agent's leg, as far as they may be a code.
struct Keys {
    std::string pressed;
    TimerId timer{};
    KeysBy by = KeysBy::unknown;  ///< the way in which the first one came
};

/// What the next process would find of a call.
struct Keeping {
    bool touched = false;  ///< since it was last saved something has happened to it
    std::size_t hash = 0;  ///< of what was kept then; 0: nothing
};

/// A REFER that was accepted over a leg, and whose sender is told how it goes (RFC 3515 §2.4.4).
struct Refer {
    sip::SessionId session{};
    std::uint32_t cseq = 0;
    bool silent = false;  ///< it asked not to be told (RFC 4488)
    bool told = false;    ///< something, by now
};

}  // namespace centrala::calls
