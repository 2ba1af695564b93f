// Where a message came from, or shall go.
#pragma once

#include <compare>
#include <cstdint>
#include <string_view>

#include "centrala/base/endpoint.hpp"

namespace centrala::sip {

enum class Transport : std::uint8_t { udp, tcp };

[[nodiscard]] std::string_view via_name(Transport transport);    ///< "UDP", "TCP": for Via (RFC 3261 §20.42)
[[nodiscard]] std::string_view param_name(Transport transport);  ///< "udp", "tcp": for the URI's transport parameter
[[nodiscard]] constexpr bool is_reliable(Transport transport) {
    return transport != Transport::udp;
}

/// A path for messages. `local` is the address to advertise (Via, Contact), a listener's, not an ephemeral port.
/// `connection`: which TCP connection; 0 for UDP, and 0 with TCP means "whichever leads to `remote`, or a new one".
struct Flow {
    Transport transport = Transport::udp;
    Endpoint local;
    Endpoint remote;
    std::uint64_t connection = 0;

    auto operator<=>(const Flow&) const = default;
};

}  // namespace centrala::sip
