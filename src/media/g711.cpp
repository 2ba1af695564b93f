// ITU-T G.711 by its segment formula; law-to-law by two 256-byte tables made from it.
#include "media/g711.hpp"

#include <array>

namespace centrala::media {
namespace {

constexpr int kBias = 132;  // 33 in G.711's 14-bit terms, ×4

constexpr std::int16_t ulaw_to_linear(std::uint8_t code) {
    const int u = ~code & 0xff;
    const int magnitude = ((((u & 0x0f) << 3) + kBias) << (u >> 4 & 7)) - kBias;
    return static_cast<std::int16_t>(u & 0x80 ? -magnitude : magnitude);
}

constexpr std::int16_t alaw_to_linear(std::uint8_t code) {
    const int a = code ^ 0x55;
    const int segment = a >> 4 & 7;
    int magnitude = ((a & 0x0f) << 4) + 8;
    if (segment > 0) magnitude = (magnitude + 0x100) << (segment - 1);
    return static_cast<std::int16_t>(a & 0x80 ? magnitude : -magnitude);
}

constexpr std::uint8_t linear_to_ulaw(std::int16_t sample) {
    int magnitude = sample;
    const int sign = magnitude < 0 ? 0x80 : 0;
    if (sign) magnitude = -magnitude;
    if (magnitude > 32635) magnitude = 32635;
    magnitude += kBias;
    int segment = 7;
    for (int top = 0x4000; segment > 0 && !(magnitude & top); top >>= 1) --segment;
    return static_cast<std::uint8_t>(~(sign | segment << 4 | (magnitude >> (segment + 3) & 0x0f)));
}

constexpr std::uint8_t linear_to_alaw(std::int16_t sample) {
    // Negative values mirror around -1/2, so that 0 and -1 fall on the two smallest codes.
    const int sign = sample < 0 ? 0 : 0x80;
    const int magnitude = sample < 0 ? ~sample : sample;
    int segment = 7;
    for (int top = 0x4000; segment > 0 && !(magnitude & top); top >>= 1) --segment;
    const int shift = segment > 1 ? segment + 3 : 4;
    return static_cast<std::uint8_t>((sign | segment << 4 | (magnitude >> shift & 0x0f)) ^ 0x55);
}

using Table = std::array<std::uint8_t, 256>;

constexpr Table kUlawToAlaw = [] {
    Table t{};
    for (int i = 0; i < 256; ++i)
        t[static_cast<std::size_t>(i)] = linear_to_alaw(ulaw_to_linear(static_cast<std::uint8_t>(i)));
    return t;
}();
constexpr Table kAlawToUlaw = [] {
    Table t{};
    for (int i = 0; i < 256; ++i)
        t[static_cast<std::size_t>(i)] = linear_to_ulaw(alaw_to_linear(static_cast<std::uint8_t>(i)));
    return t;
}();

}  // namespace

std::int16_t decode_pcmu(std::uint8_t code) {
    return ulaw_to_linear(code);
}
std::int16_t decode_pcma(std::uint8_t code) {
    return alaw_to_linear(code);
}
std::uint8_t encode_pcmu(std::int16_t sample) {
    return linear_to_ulaw(sample);
}
std::uint8_t encode_pcma(std::int16_t sample) {
    return linear_to_alaw(sample);
}

std::uint8_t encode(sdp::Codec codec, std::int16_t sample) {
    return codec == sdp::Codec::pcmu ? linear_to_ulaw(sample) : linear_to_alaw(sample);
}

void transcode(std::span<std::uint8_t> samples, sdp::Codec from, sdp::Codec to) {
    if (from == to) return;
    const Table& table = from == sdp::Codec::pcmu ? kUlawToAlaw : kAlawToUlaw;
    for (std::uint8_t& s : samples) s = table[s];
}

}  // namespace centrala::media
