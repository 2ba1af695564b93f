// Hexadecimal digits, as escapes in URIs and nonces have them.
#pragma once

#include "sip/chars.hpp"

namespace centrala::sip::chars {

/// -1: it is none.
[[nodiscard]] constexpr int hex_value(char c) {
    if (is(c, kDigit)) return c - '0';
    return is(c, kHex) ? lower(c) - 'a' + 10 : -1;
}

}  // namespace centrala::sip::chars
