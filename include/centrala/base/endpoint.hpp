// IP addresses, transport endpoints and subnets as plain values.
#pragma once

#include <array>
#include <compare>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

namespace centrala {

/// An IPv4 or IPv6 address. IPv4-mapped IPv6 (::ffff:a.b.c.d) is normalised to IPv4.
class IpAddress {
public:
    IpAddress() = default;  ///< 0.0.0.0
    static IpAddress v4(std::array<std::uint8_t, 4> bytes);
    static IpAddress v6(const std::array<std::uint8_t, 16>& bytes);
    /// Dotted quad, or RFC 4291 text with or without [ ]; nothing else (no names, no zone ids).
    static std::optional<IpAddress> parse(std::string_view text);

    [[nodiscard]] bool is_v4() const { return v4_; }
    [[nodiscard]] bool is_loopback() const;
    [[nodiscard]] bool is_unspecified() const;
    /// Not for the open internet: RFC 1918, RFC 6598, RFC 4193, link-local, loopback.
    [[nodiscard]] bool is_private() const;
    /// 4 bytes used when is_v4(), else 16; network order.
    [[nodiscard]] const std::array<std::uint8_t, 16>& bytes() const { return bytes_; }
    [[nodiscard]] std::string to_string() const;  ///< no [ ]
    void append_to(std::string& out) const;       ///< no [ ]
    void append_as_host(std::string& out) const;  ///< with [ ] around IPv6, as SIP wants it

    auto operator<=>(const IpAddress&) const = default;

private:
    std::array<std::uint8_t, 16> bytes_{};
    bool v4_ = true;
};

struct Endpoint {
    IpAddress address;
    std::uint16_t port = 0;

    /// "192.0.2.1:5060", "[2001:db8::1]:5060"; the port is required.
    static std::optional<Endpoint> parse(std::string_view text);
    [[nodiscard]] std::string to_string() const;
    auto operator<=>(const Endpoint&) const = default;
};

/// A CIDR block; "192.0.2.7" alone means /32 (or /128).
struct Subnet {
    IpAddress address;
    std::uint8_t prefix = 32;

    static std::optional<Subnet> parse(std::string_view text);
    [[nodiscard]] bool contains(const IpAddress& other) const;
    [[nodiscard]] std::string to_string() const;
    auto operator<=>(const Subnet&) const = default;
};

struct EndpointHash {
    std::size_t operator()(const IpAddress& a) const noexcept;
    std::size_t operator()(const Endpoint& e) const noexcept;
};

}  // namespace centrala
