// Retry-After (RFC 3261 §20.33), which goes with a 503 (§21.5.4) and others.
#pragma once

#include <chrono>
#include <optional>
#include <string_view>

#include "centrala/sip/message.hpp"

namespace centrala::sip {

/// For what is too much just now.
inline constexpr std::string_view kRetryAfter = "Retry-After: 5\r\n";

/// How long it tells us to wait, whatever comment and parameters follow; nullopt: it doesn't, or not in a form that
/// anybody could read. Up to 2^32 - 1 seconds: bound it.
[[nodiscard]] std::optional<std::chrono::seconds> retry_after(const Message& message);

}  // namespace centrala::sip
