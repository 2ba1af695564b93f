// Names of transports: in Via (RFC 3261 §20.42, RFC 7118 §5.2), in the URI's transport parameter (§19.1.1, RFC 7118
// §5.1) and, one for each, in the configuration and the logs.
#include "centrala/sip/flow.hpp"

#include "centrala/sip/message.hpp"

namespace centrala::sip {

std::string_view via_name(Transport transport) {
    switch (transport) {
        case Transport::udp: return "UDP";
        case Transport::tcp: return "TCP";
        case Transport::tls: return "TLS";
        case Transport::ws: return "WS";
        case Transport::wss: return "WSS";
    }
    return "UDP";
}

std::string_view param_name(Transport transport) {
    return transport == Transport::wss ? "ws" : transport_name(transport);
}

std::string_view transport_name(Transport transport) {
    switch (transport) {
        case Transport::udp: return "udp";
        case Transport::tcp: return "tcp";
        case Transport::tls: return "tls";
        case Transport::ws: return "ws";
        case Transport::wss: return "wss";
    }
    return "udp";
}

std::optional<Transport> parse_transport(std::string_view text) {
    for (const Transport transport : kTransports)
        if (iequals(text, transport_name(transport))) return transport;
    return std::nullopt;
}

}  // namespace centrala::sip
