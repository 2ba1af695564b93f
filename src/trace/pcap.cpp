// pcap records around made-up IP packets: draft-ietf-opsawg-pcap, RFC 791, RFC 8200, RFC 768, RFC 9293.
#include "centrala/trace/pcap.hpp"

#include <algorithm>
#include <array>

#include "bytes.hpp"

namespace centrala::trace {
namespace {

constexpr std::uint32_t kMagic = 0xa1b2c3d4;  // microseconds; written big-endian like everything else here
constexpr std::uint32_t kLinktypeRaw = 101;   // begins with the IP header
constexpr std::uint32_t kSnapLength = 262'144;
constexpr std::size_t kUdpHeader = 8, kTcpHeader = 20, kIp4Header = 20, kIp6Header = 40;
constexpr std::size_t kDatagramMax = 65'535 - kIp4Header - kUdpHeader;
constexpr std::size_t kSegmentMax = 32'768;

/// RFC 1071: sum of 16-bit words, carries added; an odd last byte counts as the upper half.
std::uint32_t add_words(std::string_view bytes, std::uint32_t sum) {
    for (std::size_t i = 0; i < bytes.size(); ++i)
        sum += static_cast<std::uint32_t>(static_cast<unsigned char>(bytes[i])) << (i % 2 == 0 ? 8 : 0);
    return sum;
}

std::uint16_t checksum(std::uint32_t sum) {
    while (sum >> 16) sum = (sum & 0xffff) + (sum >> 16);
    return static_cast<std::uint16_t>(~sum);
}

void put_u16(std::string& out, std::size_t at, std::uint16_t value) {
    out[at] = static_cast<char>(value >> 8);
    out[at + 1] = static_cast<char>(value);
}

std::string address_bytes(const IpAddress& address, bool v4) {
    if (v4 || !address.is_v4())
        return {reinterpret_cast<const char*>(address.bytes().data()), v4 ? std::size_t{4} : std::size_t{16}};
    std::string mapped("\0\0\0\0\0\0\0\0\0\0\xff\xff", 12);  // RFC 4291 §2.5.5.2
    return mapped.append(reinterpret_cast<const char*>(address.bytes().data()), 4);
}

struct Addresses {
    bool v4;
    std::string from, to;
};

void append_ip(std::string& out, const Addresses& a, std::uint8_t protocol, std::size_t length) {
    const std::size_t begin = out.size();
    if (a.v4) {
        append_u16(out, 0x4500);
        append_u16(out, static_cast<std::uint16_t>(kIp4Header + length));
        append_u32(out, 0x00004000);  // identification 0, don't fragment
        append_u8(out, 64);
        append_u8(out, protocol);
        append_u16(out, 0);
        out.append(a.from).append(a.to);
        put_u16(out, begin + 10, checksum(add_words(std::string_view(out).substr(begin), 0)));
    } else {
        append_u32(out, 0x60000000);
        append_u16(out, static_cast<std::uint16_t>(length));
        append_u8(out, protocol);
        append_u8(out, 64);
        out.append(a.from).append(a.to);
    }
}

/// Over the pseudo header (RFC 768, RFC 8200 §8.1) and what `out` holds from `begin` on.
std::uint16_t transport_checksum(const std::string& out, std::size_t begin, const Addresses& a, std::uint8_t protocol) {
    const std::string_view segment = std::string_view(out).substr(begin);
    const std::uint32_t pseudo =
        add_words(a.from, add_words(a.to, static_cast<std::uint32_t>(segment.size()))) + protocol;
    const std::uint16_t sum = checksum(add_words(segment, pseudo));
    return sum == 0 && protocol == kIpUdp ? 0xffff : sum;  // 0 would mean: not computed
}

void append_record_header(std::string& out, Timestamp at, std::size_t length) {
    const std::int64_t us = at.time_since_epoch().count();
    append_u32(out, static_cast<std::uint32_t>(us / 1'000'000));
    append_u32(out, static_cast<std::uint32_t>(us % 1'000'000));
    append_u32(out, static_cast<std::uint32_t>(length));
    append_u32(out, static_cast<std::uint32_t>(length));
}

void append_udp(std::string& out, const Captured& c, const Addresses& a) {
    const std::size_t length = kUdpHeader + c.bytes.size();
    append_record_header(out, c.at, (a.v4 ? kIp4Header : kIp6Header) + length);
    append_ip(out, a, kIpUdp, length);
    const std::size_t begin = out.size();
    append_u16(out, c.source().port);
    append_u16(out, c.destination().port);
    append_u16(out, static_cast<std::uint16_t>(length));
    append_u16(out, 0);
    out.append(c.bytes);
    put_u16(out, begin + 6, transport_checksum(out, begin, a, kIpUdp));
}

void append_tcp(std::string& out, const Captured& c, const Addresses& a, std::string_view bytes,
                std::uint32_t sequence) {
    const std::size_t length = kTcpHeader + bytes.size();
    append_record_header(out, c.at, (a.v4 ? kIp4Header : kIp6Header) + length);
    append_ip(out, a, kIpTcp, length);
    const std::size_t begin = out.size();
    append_u16(out, c.source().port);
    append_u16(out, c.destination().port);
    append_u32(out, sequence);
    append_u32(out, 1);
    append_u16(out, 0x5018);  // 5 words of header; PSH, ACK
    append_u16(out, 65'535);
    append_u32(out, 0);
    out.append(bytes);
    put_u16(out, begin + 16, transport_checksum(out, begin, a, kIpTcp));
}

}  // namespace

void PcapWriter::append_header(std::string& out) const {
    append_u32(out, kMagic);
    append_u16(out, 2);
    append_u16(out, 4);
    append_u32(out, 0);
    append_u32(out, 0);
    append_u32(out, kSnapLength);
    append_u32(out, kLinktypeRaw);
}

void PcapWriter::append(std::string& out, const Captured& c) {
    const bool v4 = c.flow.local.address.is_v4() && c.flow.remote.address.is_v4();
    const Addresses a{v4, address_bytes(c.source().address, v4), address_bytes(c.destination().address, v4)};
    if (c.bytes.size() <= kDatagramMax) return append_udp(out, c, a);
    for (std::string_view rest = c.bytes; !rest.empty();) {
        const std::string_view part = rest.substr(0, kSegmentMax);
        append_tcp(out, c, a, part, sequence_);
        sequence_ += static_cast<std::uint32_t>(part.size());
        rest.remove_prefix(part.size());
    }
}

}  // namespace centrala::trace
