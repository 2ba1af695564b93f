// One outgoing RTP stream of ours, whatever feeds it: one SSRC, unbroken sequence numbers, timestamps that keep time.
#pragma once

#include <cstdint>
#include <optional>

#include "centrala/base/time.hpp"
#include "media/rtp_packet.hpp"

namespace centrala::media {

class StreamRewriter {
public:
    /// Start values are random (RFC 3550 §5.1).
    StreamRewriter(std::uint32_t ssrc, std::uint16_t sequence, std::uint32_t timestamp)
        : ssrc_(ssrc), sequence_(sequence), timestamp_(timestamp) {}

    /// Another source feeds the stream from the next packet on; that packet carries the marker (RFC 3551 §4.1).
    void restart() { fresh_ = true, relaying_.reset(); }

    /// Header of the next packet of our own making; `at` is when it's due.
    RtpHeader generated(Timestamp at, std::uint8_t payload_type);

    /// Header for a packet that is passed on. Order and gaps of the source stay visible. Nothing for a packet from
    /// before the source was taken over: its number is given away.
    std::optional<RtpHeader> relayed(const RtpHeader& in, Timestamp now, std::uint8_t payload_type);

    [[nodiscard]] std::uint32_t ssrc() const { return ssrc_; }
    /// The RTP time that corresponds to `now` (RFC 3550 §6.4.1).
    [[nodiscard]] std::uint32_t timestamp_at(Timestamp now) const;

private:
    struct Relay {
        std::uint32_t ssrc;
        std::uint16_t sequence_offset;
        std::uint32_t timestamp_offset;
        std::uint16_t floor;  // our numbers below this one belong to others
    };
    void take_over(const RtpHeader& in, Timestamp now);

    std::uint32_t ssrc_;
    std::uint16_t sequence_;   // last one sent
    std::uint32_t timestamp_;  // highest one sent
    Timestamp sent_at_{};      // when timestamp_ was sent
    bool sent_ = false;
    bool fresh_ = true;
    std::optional<Relay> relaying_;
};

}  // namespace centrala::media
