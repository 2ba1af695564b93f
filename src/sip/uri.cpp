// SIP and SIPS URIs: parsing (RFC 3261 §25.1, RFC 5118 for IPv6), escapes (§19.1.2) and comparison (§19.1.4).
#include "centrala/sip/uri.hpp"

#include <algorithm>
#include <array>

#include "centrala/base/endpoint.hpp"
#include "centrala/sip/message.hpp"
#include "sip/chars.hpp"
#include "sip/hex.hpp"

namespace centrala::sip {
namespace chars {

bool valid_parameters(std::string_view list) {
    std::size_t i = 0;
    const auto skip_space = [&] {
        while (i < list.size() && is_space(list[i])) ++i;
    };
    for (;;) {
        skip_space();
        const std::size_t name = i;
        while (i < list.size() && is(list[i], kToken)) ++i;
        if (i == name) return false;
        skip_space();
        if (i < list.size() && list[i] == '=') {
            ++i;
            skip_space();
            const std::size_t value = i;
            if (i < list.size() && list[i] == '"') {
                const std::size_t end = quoted_end(list.substr(i));
                if (end == std::string_view::npos) return false;
                i += end;
            } else {
                while (i < list.size() && is(list[i], kValue)) ++i;
            }
            if (i == value) return false;
            skip_space();
        }
        if (i == list.size()) return true;
        if (list[i++] != ';') return false;
    }
}

/// RFC 5118 §4.10: the grammar of RFC 3261 allowed ":::" before an embedded IPv4 address, so it is taken for "::".
static bool is_ipv6(std::string_view text) {
    if (text.size() < 2 || text.size() > 48 || text.find(':') == std::string_view::npos || !all(text, kIpv6))
        return false;
    if (IpAddress::parse(text)) return true;
    const std::size_t bug = text.find(":::");
    if (bug == std::string_view::npos) return false;
    std::array<char, 48> mended{};
    text.copy(mended.data(), bug);
    const std::size_t rest = text.copy(mended.data() + bug, text.size() - bug - 1, bug + 1);
    return IpAddress::parse(std::string_view(mended.data(), bug + rest)).has_value();
}

bool read_host(std::string_view text, std::string_view& host) {
    if (text.empty()) return false;
    if (text.front() == '[') {
        if (text.back() != ']') return false;
        host = text.substr(1, text.size() - 2);
        return is_ipv6(host);
    }
    host = text;
    return text.front() != '.' && text.front() != '-' && all(text, kHost);
}

}  // namespace chars

using namespace chars;

namespace {

bool read_userinfo(std::string_view text, Uri& uri) {
    std::size_t i = 0;
    while (i < text.size() && text[i] != ':') ++i;
    uri.user = text.substr(0, i);
    if (i < text.size()) uri.password = text.substr(i + 1);
    return !uri.user.empty() && all_or_escaped(uri.user, kUser) && all_or_escaped(uri.password, kPassword);
}

/// host [":" port], then whatever begins with ';' or '?'.
bool read_hostport(std::string_view& rest, Uri& uri) {
    std::size_t end = 0;
    if (!rest.empty() && rest.front() == '[') {
        end = rest.find(']');
        if (end == npos) return false;
        ++end;
    } else {
        while (end < rest.size() && is(rest[end], kHost)) ++end;
    }
    if (!read_host(rest.substr(0, end), uri.host)) return false;
    rest.remove_prefix(end);
    if (rest.empty() || rest.front() != ':') return true;
    std::size_t digits = 1;
    while (digits < rest.size() && is(rest[digits], kDigit)) ++digits;
    std::uint64_t port = 0;
    if (!read_decimal(rest.substr(1, digits - 1), 65'535, port) || port == 0) return false;
    uri.port = static_cast<std::uint16_t>(port);
    rest.remove_prefix(digits);
    return true;
}

/// Comparing two URIs looks at every pair of parameters, so their number must have a limit.
constexpr std::size_t kMaxParameters = 64;

/// uri-parameters: no empty one, each with a name.
bool valid_uri_parameters(std::string_view text) {
    if (!all_or_escaped(text, kUriParam)) return false;
    for (std::size_t count = 1; count <= kMaxParameters; ++count) {
        const std::size_t end = text.find(';');
        const std::string_view item = text.substr(0, end);
        if (item.empty() || item.front() == '=') return false;
        if (end == npos) return true;
        text.remove_prefix(end + 1);
    }
    return false;
}

bool valid_uri_headers(std::string_view text) {
    return !text.empty() && all_or_escaped(text, kUriHeader) &&
           static_cast<std::size_t>(std::count(text.begin(), text.end(), '&')) < kMaxParameters;
}

bool read_sip(std::string_view rest, Uri& uri) {
    if (const std::size_t at = rest.find('@'); at != npos) {
        if (!read_userinfo(rest.substr(0, at), uri)) return false;
        rest.remove_prefix(at + 1);
    }
    if (!read_hostport(rest, uri)) return false;
    if (rest.empty()) return true;
    if (rest.front() == ';') {
        const std::size_t end = rest.find('?');
        uri.parameters = rest.substr(1, end == npos ? npos : end - 1);
        if (!valid_uri_parameters(uri.parameters)) return false;
        rest.remove_prefix(end == npos ? rest.size() : end);
    }
    if (rest.empty()) return true;
    if (rest.front() != '?') return false;
    uri.headers = rest.substr(1);
    return valid_uri_headers(uri.headers);
}

bool read_tel(std::string_view rest, Uri& uri) {
    const std::size_t end = rest.find(';');
    uri.user = rest.substr(0, end);
    if (end != npos) uri.parameters = rest.substr(end + 1);
    return !uri.user.empty();
}

/// One character off the front, its escape undone.
unsigned char take_char(std::string_view& text, bool& escaped) {
    escaped = text.size() >= 3 && text[0] == '%' && is(text[1], kHex) && is(text[2], kHex);
    if (!escaped) {
        const char c = text.front();
        text.remove_prefix(1);
        return static_cast<unsigned char>(c);
    }
    const int value = hex_value(text[1]) * 16 + hex_value(text[2]);
    text.remove_prefix(3);
    return static_cast<unsigned char>(value);
}

/// §19.1.4: characters outside "reserved" equal their escapes; a reserved one doesn't.
bool same_unescaped(std::string_view a, std::string_view b, bool any_case) {
    constexpr std::string_view reserved = ";/?:@&=+$,";
    while (!a.empty() && !b.empty()) {
        bool a_escaped = false, b_escaped = false;
        char ca = static_cast<char>(take_char(a, a_escaped));
        char cb = static_cast<char>(take_char(b, b_escaped));
        if (a_escaped != b_escaped && reserved.find(ca) != npos) return false;
        if (any_case) ca = lower(ca), cb = lower(cb);
        if (ca != cb) return false;
    }
    return a.empty() && b.empty();
}

struct NameValue {
    std::string_view name, value;
    bool has_value = false;
};
std::optional<NameValue> next_pair(std::string_view& list, char separator) {
    if (list.empty()) return std::nullopt;
    const std::size_t end = list.find(separator);
    const std::string_view item = list.substr(0, end);
    list.remove_prefix(end == npos ? list.size() : end + 1);
    const std::size_t equals = item.find('=');
    if (equals == npos) return NameValue{item, {}, false};
    return NameValue{item.substr(0, equals), item.substr(equals + 1), true};
}

enum class Held : std::uint8_t { no, other_value, same };
Held holds(std::string_view list, char separator, const NameValue& wanted, bool any_case) {
    Held held = Held::no;
    while (auto pair = next_pair(list, separator)) {
        if (!same_unescaped(pair->name, wanted.name, true)) continue;
        if (same_unescaped(pair->value, wanted.value, any_case)) return Held::same;
        held = Held::other_value;
    }
    return held;
}

bool same_hosts(std::string_view a, std::string_view b) {
    if (iequals(a, b)) return true;
    const auto left = IpAddress::parse(a), right = IpAddress::parse(b);
    return left && right && *left == *right;  // RFC 5118 §4.5 ff: the same IPv6 address has many spellings
}

/// A parameter in both must match; of those in one only, these five count (§19.1.4).
bool parameters_match(std::string_view a, std::string_view b) {
    constexpr std::array<std::string_view, 5> must_be_in_both{"user", "ttl", "method", "maddr", "transport"};
    for (std::string_view list = a; auto pair = next_pair(list, ';');) {
        const Held held = holds(b, ';', *pair, true);
        if (held == Held::other_value) return false;
        for (std::string_view name : must_be_in_both)
            if (held == Held::no && same_unescaped(pair->name, name, true)) return false;
    }
    return true;
}

/// Headers are never ignored: each in one must be in the other.
bool headers_included(std::string_view a, std::string_view b) {
    for (std::string_view list = a; auto pair = next_pair(list, '&');)
        if (holds(b, '&', *pair, false) != Held::same) return false;
    return true;
}

}  // namespace

std::optional<Transport> transport_of(const Uri& uri) {
    if (!uri.is_sip()) return std::nullopt;
    const bool secure = iequals(uri.scheme, "sips");
    const auto parameter = uri.parameter("transport");
    const auto asked = parameter ? parse_transport(*parameter) : secure ? Transport::tls : Transport::udp;
    if (!asked || !secure) return asked;
    switch (*asked) {
        case Transport::udp: return std::nullopt;
        case Transport::tcp: return Transport::tls;
        case Transport::ws: return Transport::wss;
        default: return asked;
    }
}

bool Uri::is_sip() const {
    return iequals(scheme, "sip") || iequals(scheme, "sips");
}

std::optional<std::string_view> Uri::parameter(std::string_view name) const {
    for (std::string_view list = parameters; auto pair = next_pair(list, ';');)
        if (iequals(pair->name, name)) return pair->value;
    return std::nullopt;
}

std::optional<Uri> parse_uri(std::string_view text) {
    std::size_t colon = 0;
    while (colon < text.size() && is(text[colon], kScheme)) ++colon;
    if (colon == 0 || colon == text.size() || text[colon] != ':' || is(text[0], kDigit) || text[0] == '+' ||
        text[0] == '-' || text[0] == '.')
        return std::nullopt;
    Uri uri;
    uri.scheme = text.substr(0, colon);
    const std::string_view rest = text.substr(colon + 1);
    bool good = false;
    if (uri.is_sip())
        good = read_sip(rest, uri);
    else if (!rest.empty() && all(rest, kUriOpaque))
        good = !iequals(uri.scheme, "tel") || read_tel(rest, uri);
    return good ? std::optional(uri) : std::nullopt;
}

std::string unescape(std::string_view text) {
    std::string out;
    out.reserve(text.size());
    for (bool escaped = false; !text.empty();) out.push_back(static_cast<char>(take_char(text, escaped)));
    return out;
}

std::string escape_user(std::string_view text) {
    static constexpr char kHexDigits[] = "0123456789ABCDEF";
    std::string out;
    out.reserve(text.size());
    for (char c : text) {
        if (is(c, kUser) && c != '#') {  // '#' is only tolerated in what others send
            out.push_back(c);
            continue;
        }
        const auto byte = static_cast<unsigned char>(c);
        out.push_back('%');
        out.push_back(kHexDigits[byte >> 4]);
        out.push_back(kHexDigits[byte & 15]);
    }
    return out;
}

bool equivalent(const Uri& a, const Uri& b) {
    if (!iequals(a.scheme, b.scheme)) return false;
    if (!same_unescaped(a.user, b.user, false) || !same_unescaped(a.password, b.password, false)) return false;
    // "sip:carol@chicago.com" and "sip:carol@chicago.com:5060" differ: an absent port is not the default one.
    if (!same_hosts(a.host, b.host) || a.port != b.port) return false;
    if (!parameters_match(a.parameters, b.parameters) || !parameters_match(b.parameters, a.parameters)) return false;
    return headers_included(a.headers, b.headers) && headers_included(b.headers, a.headers);
}

}  // namespace centrala::sip
