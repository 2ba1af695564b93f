// RTP data packets as plain values (RFC 3550 §5.1).
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

namespace centrala::media {

inline constexpr std::size_t kRtpHeaderSize = 12;

struct RtpHeader {
    bool marker = false;
    std::uint8_t payload_type = 0;  ///< 0–127
    std::uint16_t sequence = 0;
    std::uint32_t timestamp = 0;
    std::uint32_t ssrc = 0;
    bool operator==(const RtpHeader&) const = default;
};

struct RtpPacket {
    RtpHeader header;
    std::span<std::uint8_t> payload;  ///< inside the datagram, at least kRtpHeaderSize bytes from its start
};

/// CSRCs, extension and padding are stepped over. Nothing if it isn't RTP version 2, is cut short, or is RTCP.
[[nodiscard]] std::optional<RtpPacket> parse_rtp(std::span<std::uint8_t> datagram);

/// Version 2, no padding, extension or CSRCs; writes kRtpHeaderSize bytes.
void write_rtp_header(const RtpHeader& header, std::uint8_t* out);

}  // namespace centrala::media
