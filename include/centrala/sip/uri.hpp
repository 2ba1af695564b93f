// SIP and SIPS URIs (RFC 3261 §19.1, §25.1) as views into the text they were parsed from.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "centrala/sip/flow.hpp"

namespace centrala::sip {

/// Views; valid as long as the text parsed.
struct Uri {
    std::string_view scheme;      ///< "sip", "sips", "tel", … as written
    std::string_view user;        ///< still escaped; empty if none. For tel: the number.
    std::string_view password;    ///< still escaped
    std::string_view host;        ///< without [ ]; empty for schemes that have none
    std::uint16_t port = 0;       ///< 0: not given
    std::string_view parameters;  ///< after the first ';', without it
    std::string_view headers;     ///< after '?', without it

    [[nodiscard]] bool is_sip() const;  ///< sip or sips, any case
    /// A URI parameter's value ("" when the parameter has none); names compare without regard to case.
    [[nodiscard]] std::optional<std::string_view> parameter(std::string_view name) const;
};

/// Strict for sip/sips (an IPv6 host must stand in [ ]; no LWS); other schemes are taken as scheme + opaque rest.
[[nodiscard]] std::optional<Uri> parse_uri(std::string_view text);

/// What the URI asks for: its transport parameter, made secure by the scheme sips (RFC 3261 §26.2.2: sips means TLS on
/// every hop). Without a parameter UDP, or TLS for sips. None: no SIP URI or a transport that is unknown here.
[[nodiscard]] std::optional<Transport> transport_of(const Uri& uri);

/// %HH undone (RFC 3261 §19.1.2); a malformed escape stays as it is. NUL stays a character like any other.
[[nodiscard]] std::string unescape(std::string_view text);
/// What the user part doesn't allow becomes %HH.
[[nodiscard]] std::string escape_user(std::string_view text);

/// RFC 3261 §19.1.4, the comparison of URIs.
[[nodiscard]] bool equivalent(const Uri& a, const Uri& b);

}  // namespace centrala::sip
