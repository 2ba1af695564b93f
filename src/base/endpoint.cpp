// IP addresses, endpoints and subnets: text in, values out. IPv6 text is RFC 4291 §2.2 in, RFC 5952 out.
#include "centrala/base/endpoint.hpp"

#include <algorithm>
#include <cstring>

#include <arpa/inet.h>

namespace centrala {
namespace {

constexpr std::array<std::uint8_t, 12> kMappedPrefix{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};

/// Decimal without sign and, so that nobody can mean octal, without leading zeros.
std::optional<unsigned> parse_decimal(std::string_view text, unsigned max) {
    if (text.empty() || text.size() > 5 || (text.size() > 1 && text[0] == '0')) return std::nullopt;
    unsigned value = 0;
    for (char c : text) {
        if (c < '0' || c > '9') return std::nullopt;
        value = value * 10 + static_cast<unsigned>(c - '0');
    }
    if (value > max) return std::nullopt;
    return value;
}

std::optional<IpAddress> parse_v4(std::string_view text) {
    std::array<std::uint8_t, 4> bytes{};
    for (std::size_t i = 0; i < 4; ++i) {
        const std::size_t dot = i < 3 ? text.find('.') : text.size();
        if (dot == std::string_view::npos) return std::nullopt;
        const auto octet = parse_decimal(text.substr(0, dot), 255);
        if (!octet) return std::nullopt;
        bytes[i] = static_cast<std::uint8_t>(*octet);
        text.remove_prefix(i < 3 ? dot + 1 : dot);
    }
    return IpAddress::v4(bytes);
}

std::optional<IpAddress> parse_v6(std::string_view text) {
    char copy[INET6_ADDRSTRLEN];
    if (text.size() >= sizeof copy || text.find('\0') != std::string_view::npos) return std::nullopt;
    std::memcpy(copy, text.data(), text.size());
    copy[text.size()] = '\0';
    std::array<std::uint8_t, 16> bytes;
    if (inet_pton(AF_INET6, copy, bytes.data()) != 1) return std::nullopt;
    return IpAddress::v6(bytes);
}

std::uint64_t load64(const std::uint8_t* p) {
    std::uint64_t v;
    std::memcpy(&v, p, sizeof v);
    return v;
}

std::uint64_t mix(std::uint64_t x) {
    x ^= x >> 33;
    x *= 0xff51afd7ed558ccdULL;
    x ^= x >> 33;
    x *= 0xc4ceb9fe1a85ec53ULL;
    return x ^ (x >> 33);
}

}  // namespace

IpAddress IpAddress::v4(std::array<std::uint8_t, 4> bytes) {
    IpAddress a;
    std::copy(bytes.begin(), bytes.end(), a.bytes_.begin());
    return a;
}

IpAddress IpAddress::v6(const std::array<std::uint8_t, 16>& bytes) {
    // One host must not count as two because a dual-stack socket reports it as ::ffff:a.b.c.d.
    if (std::equal(kMappedPrefix.begin(), kMappedPrefix.end(), bytes.begin()))
        return v4({bytes[12], bytes[13], bytes[14], bytes[15]});
    IpAddress a;
    a.bytes_ = bytes;
    a.v4_ = false;
    return a;
}

std::optional<IpAddress> IpAddress::parse(std::string_view text) {
    if (text.size() >= 2 && text.front() == '[') {
        if (text.back() != ']') return std::nullopt;
        return parse_v6(text.substr(1, text.size() - 2));
    }
    return text.find(':') == std::string_view::npos ? parse_v4(text) : parse_v6(text);
}

bool IpAddress::is_loopback() const {
    if (v4_) return bytes_[0] == 127;
    return bytes_[15] == 1 && std::all_of(bytes_.begin(), bytes_.end() - 1, [](auto b) { return b == 0; });
}

bool IpAddress::is_unspecified() const {
    return std::all_of(bytes_.begin(), bytes_.end(), [](auto b) { return b == 0; });
}

bool IpAddress::is_private() const {
    static const std::array kPrivate{*Subnet::parse("10.0.0.0/8"),     *Subnet::parse("172.16.0.0/12"),
                                     *Subnet::parse("192.168.0.0/16"), *Subnet::parse("100.64.0.0/10"),
                                     *Subnet::parse("169.254.0.0/16"), *Subnet::parse("fc00::/7"),
                                     *Subnet::parse("fe80::/10")};
    return is_loopback() ||
           std::any_of(kPrivate.begin(), kPrivate.end(), [&](const Subnet& subnet) { return subnet.contains(*this); });
}

void IpAddress::append_to(std::string& out) const {
    if (!v4_) {
        char text[INET6_ADDRSTRLEN];
        if (inet_ntop(AF_INET6, bytes_.data(), text, sizeof text)) out.append(text);
        return;
    }
    for (std::size_t i = 0; i < 4; ++i) {
        if (i > 0) out.push_back('.');
        const unsigned octet = bytes_[i];
        if (octet >= 100) out.push_back(static_cast<char>('0' + octet / 100));
        if (octet >= 10) out.push_back(static_cast<char>('0' + octet / 10 % 10));
        out.push_back(static_cast<char>('0' + octet % 10));
    }
}

void IpAddress::append_as_host(std::string& out) const {
    if (!v4_) out.push_back('[');
    append_to(out);
    if (!v4_) out.push_back(']');
}

std::string IpAddress::to_string() const {
    std::string out;
    append_to(out);
    return out;
}

std::optional<Endpoint> Endpoint::parse(std::string_view text) {
    const std::size_t colon = text.rfind(':');
    if (colon == std::string_view::npos) return std::nullopt;
    const std::string_view host = text.substr(0, colon);
    // IPv6 needs its brackets here: without them nobody can tell where the port begins (RFC 5118 §4.3).
    if (host.find(':') != std::string_view::npos && host.front() != '[') return std::nullopt;
    const auto address = IpAddress::parse(host);
    const auto port = parse_decimal(text.substr(colon + 1), 65'535);
    if (!address || !port) return std::nullopt;
    return Endpoint{*address, static_cast<std::uint16_t>(*port)};
}

std::string Endpoint::to_string() const {
    std::string out;
    address.append_as_host(out);
    out.push_back(':');
    out.append(std::to_string(port));
    return out;
}

std::optional<Subnet> Subnet::parse(std::string_view text) {
    const std::size_t slash = text.find('/');
    const std::string_view host = text.substr(0, slash);
    const auto address = IpAddress::parse(host);
    if (!address) return std::nullopt;
    const bool written_as_v6 = host.find(':') != std::string_view::npos;
    unsigned prefix = written_as_v6 ? 128 : 32;
    if (slash != std::string_view::npos) {
        const auto given = parse_decimal(text.substr(slash + 1), prefix);
        if (!given) return std::nullopt;
        prefix = *given;
    }
    if (written_as_v6 && address->is_v4()) {  // ::ffff:192.0.2.0/120 is 192.0.2.0/24
        if (prefix < 96) return std::nullopt;
        prefix -= 96;
    }
    // Host bits are cleared, so that equal blocks compare equal.
    std::array<std::uint8_t, 16> bytes = address->bytes();
    for (unsigned bit = prefix; bit < (address->is_v4() ? 32U : 128U); ++bit)
        bytes[bit / 8] = static_cast<std::uint8_t>(bytes[bit / 8] & ~(0x80U >> (bit % 8)));
    Subnet s;
    s.address = address->is_v4() ? IpAddress::v4({bytes[0], bytes[1], bytes[2], bytes[3]}) : IpAddress::v6(bytes);
    s.prefix = static_cast<std::uint8_t>(prefix);
    return s;
}

bool Subnet::contains(const IpAddress& other) const {
    if (address.is_v4() != other.is_v4()) return false;
    const std::size_t whole = prefix / 8;
    if (!std::equal(address.bytes().begin(), address.bytes().begin() + static_cast<std::ptrdiff_t>(whole),
                    other.bytes().begin()))
        return false;
    const unsigned rest = prefix % 8;
    if (rest == 0) return true;
    const unsigned mask = 0xffU << (8 - rest) & 0xffU;
    return (address.bytes()[whole] & mask) == (other.bytes()[whole] & mask);
}

std::string Subnet::to_string() const {
    return address.to_string() + "/" + std::to_string(prefix);
}

std::size_t EndpointHash::operator()(const IpAddress& a) const noexcept {
    return mix(load64(a.bytes().data()) ^ mix(load64(a.bytes().data() + 8) + (a.is_v4() ? 4 : 6)));
}

std::size_t EndpointHash::operator()(const Endpoint& e) const noexcept {
    return mix((*this)(e.address) + 0x9e3779b97f4a7c15ULL * (e.port + 1ULL));
}

}  // namespace centrala
