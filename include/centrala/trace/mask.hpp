// Secrets in SIP messages made unreadable.
#pragma once

#include <string>

namespace centrala::trace {

/// Overwrites in place, byte for byte: the message keeps its length and stays well formed. Gone are
/// - from Authorization and Proxy-Authorization of the Digest scheme the values of response and cnonce, without which
///   no password can be tried against the rest; of other schemes everything after the scheme,
/// - keys of `a=crypto` (RFC 4568) in SDP,
/// - bodies of MESSAGE (people's words) and INFO (digits that callers dial, such as PINs), but for their line ends.
void mask_secrets(std::string& message);

}  // namespace centrala::trace
