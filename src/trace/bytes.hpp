// Integers in network order appended to a string, and numbers that several formats have in them.
#pragma once

#include <cstdint>
#include <string>

namespace centrala::trace {

/// In IP headers: IANA, Protocol Numbers.
inline constexpr std::uint8_t kIpTcp = 6, kIpUdp = 17;

inline void append_u8(std::string& out, std::uint8_t value) {
    out.push_back(static_cast<char>(value));
}
inline void append_u16(std::string& out, std::uint16_t value) {
    append_u8(out, static_cast<std::uint8_t>(value >> 8));
    append_u8(out, static_cast<std::uint8_t>(value));
}
inline void append_u32(std::string& out, std::uint32_t value) {
    append_u16(out, static_cast<std::uint16_t>(value >> 16));
    append_u16(out, static_cast<std::uint16_t>(value));
}

}  // namespace centrala::trace
