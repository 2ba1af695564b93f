// What sockets of all kinds report to; SipSockets::Impl is the one that listens.
#pragma once

#include <cstdint>
#include <span>

#include "centrala/net/sip_sockets.hpp"

namespace centrala::net {

class SocketEvents {
public:
    virtual void received(std::span<char> bytes, const sip::Flow& from) = 0;
    virtual void turn_over() = 0;
    /// Told to the user from the loop, never from within this call: it may come while an outbox is being sent.
    virtual void failed(sip::Transport transport, const Endpoint& remote, std::uint64_t connection) = 0;
    [[nodiscard]] virtual bool in_use(const sip::Flow& flow) = 0;
    /// May be told from within.
    virtual void handshake_failed(const sip::Flow& from, HandshakeKind kind, std::string_view reason) = 0;
    [[nodiscard]] virtual Admission admission(const IpAddress& source) = 0;
    /// May be told from within.
    virtual void connection_refused(const sip::Flow& from, std::string_view limit) = 0;
    [[nodiscard]] virtual bool closed() const = 0;

protected:
    ~SocketEvents() = default;
};

}  // namespace centrala::net
