// RTCP compound packets: what we send and what we read of what we get (RFC 3550 §6).
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

namespace centrala::media {

struct SenderInfo {
    std::uint64_t ntp = 0;  ///< 32.32 fixed point seconds since 1900
    std::uint32_t rtp_timestamp = 0, packets = 0, octets = 0;
    bool operator==(const SenderInfo&) const = default;
};

struct ReportBlock {
    std::uint32_t ssrc = 0;                 ///< whose packets this is about
    std::uint8_t fraction_lost = 0;         ///< of 256, since the last report
    std::int32_t cumulative_lost = 0;       ///< 24 bits, signed
    std::uint32_t highest_sequence = 0;     ///< cycles in the upper half
    std::uint32_t jitter = 0;               ///< RTP units
    std::uint32_t last_sr = 0;              ///< middle 32 bits of the NTP time of the last SR, 0 if none
    std::uint32_t delay_since_last_sr = 0;  ///< 1/65536 s
    bool operator==(const ReportBlock&) const = default;
};

/// One sender's SR (with `sender`) or RR, about at most one source.
struct RtcpReport {
    std::uint32_t ssrc = 0;
    std::optional<SenderInfo> sender;
    std::optional<ReportBlock> block;
    bool bye = false;
    bool operator==(const RtcpReport&) const = default;
};

inline constexpr std::size_t kCnameMax = 64;
/// SR with one block, SDES with one CNAME, BYE.
inline constexpr std::size_t kRtcpSizeMax = 52 + 8 + 4 + kCnameMax + 8;
using RtcpBuffer = std::array<std::uint8_t, kRtcpSizeMax>;

/// A compound packet (RFC 3550 §6.1): report, SDES CNAME, BYE if asked. Returns its size. A longer cname is cut.
std::size_t write_rtcp(const RtcpReport& report, std::string_view cname, RtcpBuffer& out);

/// The first report of a compound packet, with the block about `our_ssrc` if there is one. Nothing unless the whole
/// datagram passes the checks of RFC 3550 A.2.
[[nodiscard]] std::optional<RtcpReport> parse_rtcp(std::span<const std::uint8_t> datagram, std::uint32_t our_ssrc);

}  // namespace centrala::media
