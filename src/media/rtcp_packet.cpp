// Reads and writes RTCP compound packets: RFC 3550 §6.4–§6.6, validity checks of A.2.
#include "media/rtcp_packet.hpp"

#include <algorithm>
#include <cstring>

#include "media/bytes.hpp"

namespace centrala::media {
namespace {

enum Type : std::uint8_t { kSr = 200, kRr = 201, kSdes = 202, kBye = 203 };
constexpr std::size_t kBlockSize = 24;

void write_head(std::uint8_t* p, std::size_t count, Type type, std::size_t size) {
    p[0] = static_cast<std::uint8_t>(0x80 | count);
    p[1] = type;
    write_u16(p + 2, static_cast<std::uint16_t>(size / 4 - 1));
}

std::size_t write_report(const RtcpReport& report, std::uint8_t* p) {
    const std::size_t size = 8 + (report.sender ? 20 : 0) + (report.block ? kBlockSize : 0);
    write_head(p, report.block ? 1 : 0, report.sender ? kSr : kRr, size);
    write_u32(p + 4, report.ssrc);
    std::uint8_t* q = p + 8;
    if (report.sender) {
        write_u32(q, static_cast<std::uint32_t>(report.sender->ntp >> 32));
        write_u32(q + 4, static_cast<std::uint32_t>(report.sender->ntp));
        write_u32(q + 8, report.sender->rtp_timestamp);
        write_u32(q + 12, report.sender->packets);
        write_u32(q + 16, report.sender->octets);
        q += 20;
    }
    if (report.block) {
        const ReportBlock& b = *report.block;
        write_u32(q, b.ssrc);
        write_u32(q + 4, static_cast<std::uint32_t>(b.cumulative_lost) & 0xffffff);
        q[4] = b.fraction_lost;
        write_u32(q + 8, b.highest_sequence);
        write_u32(q + 12, b.jitter);
        write_u32(q + 16, b.last_sr);
        write_u32(q + 20, b.delay_since_last_sr);
    }
    return size;
}

std::size_t write_sdes(std::uint32_t ssrc, std::string_view cname, std::uint8_t* p) {
    cname = cname.substr(0, kCnameMax);
    // The chunk ends with at least one zero byte and fills whole words.
    const std::size_t size = (4 + 4 + 2 + cname.size() + 1 + 3) / 4 * 4;
    std::memset(p, 0, size);
    write_head(p, 1, kSdes, size);
    write_u32(p + 4, ssrc);
    p[8] = 1;  // CNAME
    p[9] = static_cast<std::uint8_t>(cname.size());
    std::copy(cname.begin(), cname.end(), p + 10);
    return size;
}

ReportBlock read_block(const std::uint8_t* p) {
    ReportBlock b;
    b.ssrc = read_u32(p);
    b.fraction_lost = p[4];
    const std::uint32_t lost = read_u32(p + 4) & 0xffffff;
    b.cumulative_lost = lost & 0x800000 ? static_cast<std::int32_t>(lost) - 0x1000000 : static_cast<std::int32_t>(lost);
    b.highest_sequence = read_u32(p + 8);
    b.jitter = read_u32(p + 12);
    b.last_sr = read_u32(p + 16);
    b.delay_since_last_sr = read_u32(p + 20);
    return b;
}

/// `p` is one SR or RR of `size` bytes.
bool read_report(const std::uint8_t* p, std::size_t size, std::uint32_t our_ssrc, RtcpReport& into) {
    const bool sr = p[1] == kSr;
    std::size_t at = sr ? 28 : 8;
    const std::size_t count = p[0] & 0x1f;
    if (size < at + count * kBlockSize) return false;
    into.ssrc = read_u32(p + 4);
    if (sr) {
        into.sender = SenderInfo{static_cast<std::uint64_t>(read_u32(p + 8)) << 32 | read_u32(p + 12), read_u32(p + 16),
                                 read_u32(p + 20), read_u32(p + 24)};
    }
    for (std::size_t i = 0; i < count; ++i, at += kBlockSize)
        if (!into.block && read_u32(p + at) == our_ssrc) into.block = read_block(p + at);
    return true;
}

}  // namespace

std::size_t write_rtcp(const RtcpReport& report, std::string_view cname, RtcpBuffer& out) {
    std::size_t size = write_report(report, out.data());
    size += write_sdes(report.ssrc, cname, out.data() + size);
    if (report.bye) {
        write_head(out.data() + size, 1, kBye, 8);
        write_u32(out.data() + size + 4, report.ssrc);
        size += 8;
    }
    return size;
}

std::optional<RtcpReport> parse_rtcp(std::span<const std::uint8_t> datagram, std::uint32_t our_ssrc) {
    RtcpReport report;
    bool first = true;
    while (!datagram.empty()) {
        if (datagram.size() < 4 || datagram[0] >> 6 != 2) return std::nullopt;
        const std::size_t size = 4u * (read_u16(datagram.data() + 2) + 1u);
        const std::uint8_t type = datagram[1];
        const bool padding = datagram[0] & 0x20;
        // The first is a report; only the last is padded.
        if (size > datagram.size() || (padding && (first || size != datagram.size()))) return std::nullopt;
        if (first && type != kSr && type != kRr) return std::nullopt;
        if (first && !read_report(datagram.data(), size, our_ssrc, report)) return std::nullopt;
        if (type == kBye) report.bye = true;
        first = false;
        datagram = datagram.subspan(size);
    }
    if (first) return std::nullopt;
    return report;
}

}  // namespace centrala::media
