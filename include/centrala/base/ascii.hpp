// Characters of protocols and files, whatever the locale says.
#pragma once

namespace centrala {

[[nodiscard]] constexpr bool is_digit(char c) {
    return c >= '0' && c <= '9';
}

}  // namespace centrala
