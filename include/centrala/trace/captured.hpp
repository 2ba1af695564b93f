// One SIP message as it was seen on the wire, and the little that a trace wants to know of it.
#pragma once

#include <string>
#include <string_view>

#include "centrala/base/time.hpp"
#include "centrala/sip/flow.hpp"

namespace centrala::trace {

/// Borrows the bytes.
struct Captured {
    Timestamp at;
    bool sent = false;  ///< by us; else received
    sip::Flow flow;
    std::string_view bytes;

    [[nodiscard]] const Endpoint& source() const { return sent ? flow.local : flow.remote; }
    [[nodiscard]] const Endpoint& destination() const { return sent ? flow.remote : flow.local; }
};

/// What can be read of a message; "" where it can't. Users are unescaped.
struct Headline {
    std::string first_line;  ///< without control characters
    std::string method;      ///< CSeq's, so that responses have one, too
    std::string call_id, from_user, to_user, uri_user;
    std::string dialled;       ///< X-Centrala-Dialled of our INVITEs to phones
    std::string contact;       ///< X-Centrala-Contact of our INVITEs to phones: "c12"
    bool begins_call = false;  ///< an INVITE without a tag in To
};

/// Works on a copy: parsing unfolds headers, and what is traced must stay as it was.
[[nodiscard]] Headline read_headline(std::string_view bytes);

}  // namespace centrala::trace
