// Whose RTP we believe, and where ours goes: symmetric RTP (RFC 4961) with a lock against injected streams.
#pragma once

#include <cstdint>
#include <optional>

#include "centrala/base/endpoint.hpp"
#include "centrala/base/time.hpp"

namespace centrala::media {

/// The rule:
/// - The endpoint that SDP names is believed at once, and wins over any other.
/// - Its address with another port is believed at once while nobody is latched (a NAT moved the port).
/// - Another address is believed at once while nobody is latched, if SDP's address can't be reached from outside
/// (private,
///   shared, link-local, loopback, or none because it gave a name): the peer sits behind a NAT.
/// - Another address, though SDP's is public, must send five packets in a row within ten seconds of arm(), with nothing
///   from SDP's endpoint: a media relay that SDP doesn't tell of. After that it's too late for strangers.
/// - Whoever is latched stays so until silent for two seconds; then the rules above hold again.
/// - SDP may name an address of the other family, as phones with both do: from here it can't be reached, and wherever
///   the peer sends from is another address like any other.
/// - After arm() with another endpoint, the old source is deaf-eared for half a second, so that its stragglers don't
///   latch again.
class SourceLatch {
public:
    /// Again with the same endpoint changes nothing: a session refresh mustn't unlearn a NAT's mapping.
    void arm(const Endpoint& described, Timestamp now);

    /// May this RTP packet come in? It latches if the rule says so.
    bool admit(const Endpoint& from, std::uint32_t ssrc, std::uint16_t sequence, Timestamp now);

    [[nodiscard]] const std::optional<Endpoint>& latched() const { return latched_; }
    /// The latched source, or what SDP named until there is one; port 0: nowhere.
    [[nodiscard]] const Endpoint& destination() const { return latched_ ? *latched_ : described_; }

private:
    struct Stranger {
        Endpoint from;
        std::uint32_t ssrc;
        std::uint16_t sequence;
        int in_a_row;
    };
    [[nodiscard]] bool persuades(const Endpoint& from, std::uint32_t ssrc, std::uint16_t sequence);
    void latch(const Endpoint& from, Timestamp now);

    Endpoint described_;
    std::optional<Endpoint> latched_;
    Timestamp heard_{};  // last packet of the latched source
    Timestamp armed_{};
    bool armed_once_ = false;
    bool described_heard_ = false;
    std::optional<Endpoint> previous_;
    std::optional<Stranger> stranger_;
};

/// RFC 1918, RFC 6598, RFC 3927, RFC 4193, link-local, loopback, unspecified.
[[nodiscard]] bool is_unreachable_from_outside(const IpAddress& address);

}  // namespace centrala::media
