// Calls that were forwarded to us: whom they were for, and why they came here.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "centrala/sip/message.hpp"

namespace centrala::calls {

/// Who sent the call on to us last.
struct Diversion {
    std::string number;
    std::string reason;  ///< a word of RFC 5806 §3 such as "no-answer", or as the peer wrote it; "" if none
};
/// From Diversion, else from History-Info; nullopt if the call wasn't diverted.
[[nodiscard]] std::optional<Diversion> last_diversion(const sip::Message& invite);

/// The numbers that a header names, the one that brought the call to us first: topmost Diversion (RFC 5806 §4), highest
/// index of History-Info (RFC 7044 §10.3), otherwise as they stand. `name` in any case.
[[nodiscard]] std::vector<std::string> numbers_of(const sip::Message& invite, std::string_view name);

}  // namespace centrala::calls
