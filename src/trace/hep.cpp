// HEPv3: "HEP3", a total length, then chunks of vendor, type, length and value ("The HEP/EEP protocol", §3).
#include "centrala/trace/hep.hpp"

#include <algorithm>

#include "bytes.hpp"

namespace centrala::trace {
namespace {

/// Generic chunk types (vendor 0).
enum Chunk : std::uint16_t {
    kIpFamily = 1,
    kIpProtocol = 2,
    kSource4 = 3,
    kDestination4 = 4,
    kSource6 = 5,
    kDestination6 = 6,
    kSourcePort = 7,
    kDestinationPort = 8,
    kSeconds = 9,
    kMicroseconds = 10,
    kProtocolType = 11,
    kAgentId = 12,
    kKey = 14,
    kPayload = 15,
    kCorrelationId = 17,
};
constexpr std::uint8_t kFamily4 = 2, kFamily6 = 10, kSip = 1;
constexpr std::size_t kChunkHeader = 6;
constexpr std::size_t kTextMax = 1'024;  // of key and correlation id, so that there is room for the message

void append_chunk(std::string& out, Chunk type, std::string_view value) {
    append_u16(out, 0);
    append_u16(out, type);
    append_u16(out, static_cast<std::uint16_t>(kChunkHeader + value.size()));
    out.append(value);
}
void append_chunk_u8(std::string& out, Chunk type, std::uint8_t value) {
    append_chunk(out, type, std::string(1, static_cast<char>(value)));
}
void append_chunk_u16(std::string& out, Chunk type, std::uint16_t value) {
    std::string bytes;
    append_u16(bytes, value);
    append_chunk(out, type, bytes);
}
void append_chunk_u32(std::string& out, Chunk type, std::uint32_t value) {
    std::string bytes;
    append_u32(bytes, value);
    append_chunk(out, type, bytes);
}

void append_address(std::string& out, const IpAddress& address, Chunk v4, Chunk v6) {
    append_chunk(
        out, address.is_v4() ? v4 : v6,
        {reinterpret_cast<const char*>(address.bytes().data()), address.is_v4() ? std::size_t{4} : std::size_t{16}});
}

}  // namespace

void append_hep(std::string& out, const Captured& c, std::string_view call_id, const HepOptions& options) {
    const std::size_t begin = out.size();
    out.append("HEP3");
    append_u16(out, 0);
    append_chunk_u8(out, kIpFamily, c.flow.remote.address.is_v4() ? kFamily4 : kFamily6);
    append_chunk_u8(out, kIpProtocol, sip::is_reliable(c.flow.transport) ? kIpTcp : kIpUdp);
    append_address(out, c.source().address, kSource4, kSource6);
    append_address(out, c.destination().address, kDestination4, kDestination6);
    append_chunk_u16(out, kSourcePort, c.source().port);
    append_chunk_u16(out, kDestinationPort, c.destination().port);
    const std::int64_t us = c.at.time_since_epoch().count();
    append_chunk_u32(out, kSeconds, static_cast<std::uint32_t>(us / 1'000'000));
    append_chunk_u32(out, kMicroseconds, static_cast<std::uint32_t>(us % 1'000'000));
    append_chunk_u8(out, kProtocolType, kSip);
    append_chunk_u32(out, kAgentId, options.agent_id);
    if (!options.key.empty()) append_chunk(out, kKey, std::string_view(options.key).substr(0, kTextMax));
    if (!call_id.empty()) append_chunk(out, kCorrelationId, call_id.substr(0, kTextMax));
    const std::size_t room = kHepPacketMax - (out.size() - begin) - kChunkHeader;
    append_chunk(out, kPayload, c.bytes.substr(0, room));
    const std::size_t length = out.size() - begin;
    out[begin + 4] = static_cast<char>(length >> 8);
    out[begin + 5] = static_cast<char>(length);
}

}  // namespace centrala::trace
