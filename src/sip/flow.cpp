// Names of transports: in Via (RFC 3261 §20.42) and in the URI's transport parameter (§19.1.1).
#include "centrala/sip/flow.hpp"

namespace centrala::sip {

std::string_view via_name(Transport transport) {
    return transport == Transport::tcp ? "TCP" : "UDP";
}

std::string_view param_name(Transport transport) {
    return transport == Transport::tcp ? "tcp" : "udp";
}

}  // namespace centrala::sip
