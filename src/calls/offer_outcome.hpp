// What a phone's answers to an offer, and to the question whether it is there, mean for the agent.
#pragma once

#include "centrala/routing/event.hpp"

namespace centrala::calls {

/// What is known of the phone when it refused.
struct PhoneFacts {
    bool rang = false;          ///< it had answered 180 or 183: somebody was alerted
    bool in_other_use = false;  ///< our own call table has the agent on another call
};

/// Pressing reject and being busy both come as 486 on many phones (commercial practice: 603 means reject, but few
/// phones send it unless told to). A phone that rang was free, so its 486 is a person's decision; one that says 486
/// at once, or that we know to be in a call, is busy.
[[nodiscard]] routing::Outcome outcome_of(int status, const PhoneFacts& phone);

/// Of several phones of one agent: the answer that tells most about the person wins.
[[nodiscard]] routing::Outcome worse(routing::Outcome a, routing::Outcome b);

/// Whether an answer to OPTIONS is a sign of life of the phone: it answers as it would an INVITE (RFC 3261 §11.2), and
/// a proxy may have answered for it.
[[nodiscard]] bool is_there(int status);

}  // namespace centrala::calls
