// STUN Binding requests on SIP's UDP ports: phones keep NAT bindings alive by them and learn when their address
// changes (RFC 5626 §3.5.2, §4.4.2). Sans I/O, no state, no authentication.
#pragma once

#include <array>
#include <cstddef>
#include <span>
#include <string_view>

#include "centrala/base/endpoint.hpp"

namespace centrala::sip {

/// The first octet tells: STUN's two highest bits are zero and its method is small (RFC 5389 §6, RFC 7983 §7), SIP
/// begins with a letter or with CR LF.
[[nodiscard]] constexpr bool is_stun(std::span<const char> datagram) {
    return !datagram.empty() && static_cast<unsigned char>(datagram.front()) < 4;
}

struct StunAnswer {
    std::array<char, 64> buffer{};
    std::size_t size = 0;  ///< 0: the datagram is to be dropped (malformed, or nothing that wants an answer)

    [[nodiscard]] std::string_view bytes() const { return {buffer.data(), size}; }
};

/// The answer to a Binding request that came from there: XOR-MAPPED-ADDRESS, or error 420 that names the attributes we
/// don't know. At most 24 octets longer than the request.
[[nodiscard]] StunAnswer answer_stun(std::span<const char> datagram, const Endpoint& from);

}  // namespace centrala::sip
