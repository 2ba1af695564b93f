// What goes with a 503 (RFC 3261 §21.5.4).
#pragma once

#include <string_view>

namespace centrala::sip {

/// For what is too much just now.
inline constexpr std::string_view kRetryAfter = "Retry-After: 5\r\n";

}  // namespace centrala::sip
