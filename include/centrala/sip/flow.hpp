// Where a message came from, or shall go.
#pragma once

#include <array>
#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "centrala/base/endpoint.hpp"

namespace centrala::sip {

enum class Transport : std::uint8_t { udp, tcp, tls, ws, wss };
inline constexpr std::array kTransports{Transport::udp, Transport::tcp, Transport::tls, Transport::ws, Transport::wss};

[[nodiscard]] std::string_view via_name(Transport transport);    ///< "UDP", "WSS", …: for Via (RFC 3261 §20.42)
[[nodiscard]] std::string_view param_name(Transport transport);  ///< for the URI's transport parameter: "ws" for wss
                                                                 ///< too, the scheme sips tells them apart (RFC 7118)
[[nodiscard]] std::string_view transport_name(Transport transport);  ///< "udp", "wss", …: for people and files
[[nodiscard]] std::optional<Transport> parse_transport(std::string_view text);  ///< the inverse, whatever the case

/// Connection-oriented; RFC 3261 calls it reliable.
[[nodiscard]] constexpr bool is_reliable(Transport transport) {
    return transport != Transport::udp;
}
[[nodiscard]] constexpr bool is_secure(Transport transport) {
    return transport == Transport::tls || transport == Transport::wss;
}
/// Only the client can open such a connection: without it the peer can't be reached (RFC 7118 §5).
[[nodiscard]] constexpr bool is_websocket(Transport transport) {
    return transport == Transport::ws || transport == Transport::wss;
}
/// RFC 3261 §18.2.1, RFC 3263 §4.2, RFC 7118 §4.1 (HTTP's).
[[nodiscard]] constexpr std::uint16_t default_port(Transport transport) {
    switch (transport) {
        case Transport::udp:
        case Transport::tcp: return 5060;
        case Transport::tls: return 5061;
        case Transport::ws: return 80;
        case Transport::wss: return 443;
    }
    return 5060;
}

/// A path for messages. `local` is the address to advertise (Via, Contact), a listener's, not an ephemeral port.
/// `connection`: which connection; 0 for UDP, and 0 otherwise means "whichever leads to `remote`, or a new one".
/// `domain`: TLS only: of the URI that led to `remote`, not what SRV made of it. It is asked for (SNI) and the server's
/// certificate must be for it (RFC 5922 §4); "": the certificate must be for the address. Peers found under different
/// names are different peers.
struct Flow {
    Transport transport = Transport::udp;
    Endpoint local;
    Endpoint remote;
    std::uint64_t connection = 0;
    std::string domain{};

    auto operator<=>(const Flow&) const = default;
};

}  // namespace centrala::sip
