// Why a call was ended, told to peers and read from them (RFC 3326).
#pragma once

#include <string>
#include <string_view>

#include "centrala/routing/event.hpp"
#include "centrala/sip/message.hpp"

namespace centrala::calls {

/// A complete Reason line for the BYE to who is still there; "" where hanging up says enough.
[[nodiscard]] std::string_view reason_line(routing::EndCause cause);

/// What the peer's BYE or CANCEL gives as its reason, as it wrote it, cut at 128 bytes; "" if it gives none.
[[nodiscard]] std::string reason_of(const sip::Message* request);

}  // namespace centrala::calls
