// Tokens that carry one of our ids and 64 random bits: a tag or branch that comes back leads to its owner without a
// table; the owner compares the whole token, so a guessed id is worth nothing.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "centrala/base/random.hpp"

namespace centrala::sip {

inline constexpr std::size_t kIdTokenLength = 32;

inline void append_hex64(std::string& out, std::uint64_t value) {
    char text[16];
    for (int i = 15; i >= 0; --i, value >>= 4) text[i] = "0123456789abcdef"[value & 15];
    out.append(text, 16);
}

inline void append_id_token(std::string& out, std::uint64_t id, RandomSource& random) {
    append_hex64(out, id);
    append_hex64(out, random.next_u64());
}

[[nodiscard]] inline std::optional<std::uint64_t> token_id(std::string_view token) {
    if (token.size() != kIdTokenLength) return std::nullopt;
    std::uint64_t id = 0;
    for (const char c : token.substr(0, 16)) {
        if (c >= '0' && c <= '9')
            id = id << 4 | static_cast<std::uint64_t>(c - '0');
        else if (c >= 'a' && c <= 'f')
            id = id << 4 | static_cast<std::uint64_t>(c - 'a' + 10);
        else
            return std::nullopt;
    }
    return id;
}

}  // namespace centrala::sip
