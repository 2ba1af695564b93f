// What every response to a request repeats of it (RFC 3261 §8.2.6.2), and where responses go (§18.2.2, RFC 3581).
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "centrala/sip/flow.hpp"
#include "centrala/sip/message.hpp"
#include "centrala/sip/transaction.hpp"

namespace centrala::sip {

/// Copied from the request, so that it outlives the buffer.
struct ResponsePrefix {
    std::string text;            ///< Via lines, From, To | Call-ID, CSeq | Record-Route lines
    std::uint32_t to_end = 0;    ///< the end of the To value in `text`: a tag goes there
    std::uint32_t route_at = 0;  ///< where the Record-Route lines begin
    bool has_tag = false;        ///< the request had a To tag
    bool dialog = false;         ///< INVITE: 101–299 carry Record-Route (§12.1.1)
    std::string tag;             ///< ours, or the request's
    Flow flow;                   ///< where responses go
    Endpoint fallback;           ///< reliable transports: where to connect should the connection be gone
};

/// `request` may be one that parse() refused: what is missing in it is missing in `into`.
void make_prefix(const Message& request, const Flow& from, ResponsePrefix& into);

/// Appends a whole response.
void write_response(std::string& out, const ResponsePrefix& prefix, const ResponseParts& parts);

/// Whether anything may be sent there: no broadcast, multicast or unspecified address, no port 0.
[[nodiscard]] bool answerable(const Endpoint& remote);

/// Appends "host:port" as Via and URIs want it.
void append_host_port(std::string& out, const Endpoint& endpoint);

}  // namespace centrala::sip
