// WebSocket frames (RFC 6455 §5) that carry SIP messages (RFC 7118), the server's side. Sans I/O.
#pragma once

#include "net/stream_framing.hpp"

namespace centrala::net {

/// One SIP message a WebSocket message, text or binary, in one frame or in several. RESTinio has a reader of frames of
/// its own, but it makes room for whatever length a frame's header claims, so a peer could have all memory with ten
/// bytes; this one refuses by the header.
[[nodiscard]] std::unique_ptr<StreamFraming> make_websocket_framing(std::size_t message_bytes_max);

}  // namespace centrala::net
