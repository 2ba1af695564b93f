// Character classes of RFC 3261 §25.1 as one table, shared by the parsers.
#pragma once

#include <array>
#include <cstdint>
#include <cstring>
#include <string_view>

namespace centrala::sip::chars {

inline constexpr auto npos = std::string_view::npos;

enum Class : std::uint16_t {
    kToken = 1 << 0,
    kDigit = 1 << 1,
    kHex = 1 << 2,
    kUser = 1 << 3,  ///< user part, unescaped; '#' too, because phones send feature codes like *21# as they are
    kPassword = 1 << 4,
    kHost = 1 << 5,       ///< hostname and IPv4; '_' too, because it occurs in private names
    kUriParam = 1 << 6,   ///< paramchar, with ';' and '='
    kUriHeader = 1 << 7,  ///< hnv-unreserved and unreserved, with '&' and '='
    kScheme = 1 << 8,
    kUriOpaque = 1 << 9,  ///< what may stand in a URI of another scheme
    kWord = 1 << 10,      ///< Call-ID: anything visible
    kValue = 1 << 11,     ///< an unquoted parameter value: token, host, and what tags hold in the wild (= / @ …)
    kDisplay = 1 << 12,   ///< unquoted display-name: tokens and LWS; UTF-8 too
    kIpv6 = 1 << 13,
};

consteval std::array<std::uint16_t, 256> make_table() {
    std::array<std::uint16_t, 256> t{};
    const auto add = [&t](std::string_view set, unsigned bits) {
        for (char c : set)
            t[static_cast<unsigned char>(c)] = static_cast<std::uint16_t>(t[static_cast<unsigned char>(c)] | bits);
    };
    constexpr std::string_view alnum = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
    add(alnum, kToken | kUser | kPassword | kHost | kUriParam | kUriHeader | kScheme | kDisplay);
    add("0123456789", kDigit | kIpv6);
    add("0123456789abcdefABCDEF", kHex | kIpv6);
    add(":.", kIpv6);
    add("-.!%*_+`'~", kToken | kDisplay);
    add("-_.!~*'()", kUser | kPassword | kUriParam | kUriHeader);
    add("&=+$,;?/#", kUser);
    add("&=+$,", kPassword);
    add("-._", kHost);
    add("[]/:&+$;=", kUriParam);
    add("[]/?:+$&=", kUriHeader);
    add("+-.", kScheme);
    add(" \t", kDisplay);
    for (unsigned c = 0x21; c < 0x7f; ++c) {
        t[c] |= kWord;
        if (c == '<' || c == '>' || c == '"') continue;
        t[c] |= kUriOpaque;
        if (c != ';' && c != ',' && c != '\\') t[c] |= kValue;
    }
    for (unsigned c = 0x80; c < 0x100; ++c) t[c] |= kDisplay | kValue;
    return t;
}
inline constexpr std::array<std::uint16_t, 256> kTable = make_table();

[[nodiscard]] constexpr bool is(char c, unsigned wanted) {
    return (kTable[static_cast<unsigned char>(c)] & wanted) != 0;
}
[[nodiscard]] constexpr bool all(std::string_view text, unsigned wanted) {
    for (char c : text)
        if (!is(c, wanted)) return false;
    return true;
}
[[nodiscard]] constexpr bool is_token(std::string_view text) {
    return !text.empty() && all(text, kToken);
}
[[nodiscard]] constexpr bool is_space(char c) {
    return c == ' ' || c == '\t';
}
[[nodiscard]] constexpr char lower(char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c | 0x20) : c;
}

[[nodiscard]] constexpr std::string_view trim_left(std::string_view text) {
    while (!text.empty() && is_space(text.front())) text.remove_prefix(1);
    return text;
}
[[nodiscard]] constexpr std::string_view trim(std::string_view text) {
    while (!text.empty() && is_space(text.back())) text.remove_suffix(1);
    return trim_left(text);
}

/// Every character in `wanted`, or a %HH escape.
[[nodiscard]] constexpr bool all_or_escaped(std::string_view text, unsigned wanted) {
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (is(text[i], wanted)) continue;
        if (text[i] != '%' || text.size() - i < 3 || !is(text[i + 1], kHex) || !is(text[i + 2], kHex)) return false;
        i += 2;
    }
    return true;
}

/// Where the quoted string that begins at text[0] == '"' ends: past its closing quote; npos if it doesn't.
[[nodiscard]] constexpr std::size_t quoted_end(std::string_view text) {
    for (std::size_t i = 1; i < text.size(); ++i) {
        if (text[i] == '\\')
            ++i;
        else if (text[i] == '"')
            return i + 1;
    }
    return std::string_view::npos;
}

/// 1*DIGIT up to `max`, leading zeros allowed; false if it is anything else or more.
[[nodiscard]] constexpr bool read_decimal(std::string_view text, std::uint64_t max, std::uint64_t& value) {
    if (text.empty()) return false;
    value = 0;
    for (char c : text) {
        if (!is(c, kDigit)) return false;
        value = value * 10 + static_cast<std::uint64_t>(c - '0');
        if (value > max) return false;
    }
    return true;
}

/// generic-param *( SEMI generic-param ), not empty (RFC 3261 §25.1).
[[nodiscard]] bool valid_parameters(std::string_view list);
/// hostname, IPv4address, or IPv6reference with its [ ]; `host` is given back without them.
[[nodiscard]] bool read_host(std::string_view text, std::string_view& host);

}  // namespace centrala::sip::chars
