// Reads and writes RTP data packets: RFC 3550 §5.1, with the header checks of its appendix A.1.
#include "media/rtp_packet.hpp"

#include "media/bytes.hpp"

namespace centrala::media {

std::optional<RtpPacket> parse_rtp(std::span<std::uint8_t> datagram) {
    if (datagram.size() < kRtpHeaderSize) return std::nullopt;
    const std::uint8_t* p = datagram.data();
    if (p[0] >> 6 != 2) return std::nullopt;
    const bool padding = p[0] & 0x20, extension = p[0] & 0x10;
    RtpPacket packet;
    packet.header.marker = p[1] & 0x80;
    packet.header.payload_type = p[1] & 0x7f;
    // RTCP types 200–207 read as marker and 72–79 here (RFC 5761 §4 keeps RTP off them).
    if (packet.header.payload_type >= 72 && packet.header.payload_type <= 79) return std::nullopt;
    packet.header.sequence = read_u16(p + 2);
    packet.header.timestamp = read_u32(p + 4);
    packet.header.ssrc = read_u32(p + 8);

    std::size_t start = kRtpHeaderSize + 4u * (p[0] & 0x0f);
    if (extension) {
        if (start + 4 > datagram.size()) return std::nullopt;
        start += 4 + 4u * read_u16(p + start + 2);
    }
    if (start > datagram.size()) return std::nullopt;
    std::size_t size = datagram.size() - start;
    if (padding) {
        const std::size_t pad = datagram.back();
        if (pad == 0 || pad > size) return std::nullopt;
        size -= pad;
    }
    packet.payload = datagram.subspan(start, size);
    return packet;
}

void write_rtp_header(const RtpHeader& header, std::uint8_t* out) {
    out[0] = 0x80;
    out[1] = static_cast<std::uint8_t>((header.marker ? 0x80 : 0) | (header.payload_type & 0x7f));
    write_u16(out + 2, header.sequence);
    write_u32(out + 4, header.timestamp);
    write_u32(out + 8, header.ssrc);
}

}  // namespace centrala::media
