// How SIP messages lie in a connection's bytes.
#pragma once

#include <cstddef>
#include <memory>
#include <span>
#include <string>
#include <string_view>

namespace centrala::net {

/// What stands first in the bytes that have come.
struct StreamFrame {
    enum class Kind : std::uint8_t {
        need_more,
        message,  ///< `message`; gone with the bytes
        other,    ///< a keep-alive or a part of a message: to be thrown away
        last,     ///< the peer takes its leave: send `reply`, then close
        broken,   ///< no way to go on: send `reply`, then close
    } kind = Kind::need_more;
    std::size_t used = 0;  ///< bytes that are done with, the message's included
    std::span<char> message{};
    std::string reply{};  ///< as it goes over the wire; "" none
};

/// One a connection. Sans I/O.
class StreamFraming {
public:
    virtual ~StreamFraming() = default;
    /// `bytes` isn't empty; may be changed in place.
    [[nodiscard]] virtual StreamFrame next(std::span<char> bytes) = 0;
    /// Whether next() could find anything in `bytes`, the first `known` of which it has seen already: bytes that drip
    /// mustn't cost a look at all of them each time.
    [[nodiscard]] virtual bool worth_a_look(std::string_view bytes, std::size_t known) = 0;
    /// Whether a message has begun, `bytes` being those that next() left.
    [[nodiscard]] virtual bool in_message(std::string_view bytes) const = 0;
    virtual void append(std::string& out, std::string_view message) const = 0;
};

/// TCP and TLS: Content-Length says where a message ends (RFC 3261 §18.3); keep-alives (RFC 5626 §4.4.1).
[[nodiscard]] std::unique_ptr<StreamFraming> make_sip_framing(std::size_t message_bytes_max);

}  // namespace centrala::net
