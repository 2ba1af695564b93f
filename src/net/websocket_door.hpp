// The opening of a WebSocket (RFC 6455 §4.2) for SIP (RFC 7118 §4.1): an HTTP request in, an answer out.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "net/stream.hpp"

namespace centrala::net {

/// One a listener.
class WebSocketDoor {
public:
    struct Answer {
        std::string response;  ///< to be sent first, whatever follows; "": there is none to give
        std::string refusal;   ///< why this is no WebSocket now; "": it is
    };
    using Answered = std::function<void(const Answer&)>;

    /// `allowed_origins`: of pages whose scripts may connect; empty: any. Clients that are no browsers send no Origin
    /// and pass: it protects people from pages, not us from clients (RFC 6455 §10.2).
    explicit WebSocketDoor(std::vector<std::string> allowed_origins);
    ~WebSocketDoor();

    /// Reads the request from `stream` and judges it. `answered` is called at most once, from the loop, and not at all
    /// after the stream was closed.
    void admit(std::shared_ptr<Stream> stream, Answered answered);

private:
    struct Impl;
    std::shared_ptr<Impl> impl_;
};

}  // namespace centrala::net
