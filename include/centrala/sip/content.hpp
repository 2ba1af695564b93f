// Bodies of several parts (RFC 5621, RFC 2046 §5.1), as far as calls need them: the one with the session description.
#pragma once

#include <string_view>

#include "centrala/sip/message.hpp"

namespace centrala::sip {

/// What a body is to a session.
struct SessionContent {
    enum class Kind : unsigned char {
        usable,      ///< `sdp` is all that has to be understood; it may be empty
        unreadable,  ///< no boundary, broken, or too many parts
        unsupported  ///< of another type, or with a part that must be understood and isn't
    } kind = Kind::usable;
    std::string_view sdp;  ///< a view into the body
};

/// Looks at the body, or the first application/sdp among its parts; parts of other types may be ignored (ISUP of trunks
/// that speak SIP-I), unless their Content-Disposition says handling=required. Parts within parts aren't looked at.
[[nodiscard]] SessionContent session_content(const Message& message);

/// The description alone; "" if there is none, or none that can be used.
[[nodiscard]] std::string_view sdp_of(const Message& message);

}  // namespace centrala::sip
