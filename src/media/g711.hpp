// G.711 µ-law and A-law.
#pragma once

#include <cstdint>
#include <span>

#include "centrala/sdp/sdp.hpp"

namespace centrala::media {

[[nodiscard]] std::int16_t decode_pcmu(std::uint8_t code);
[[nodiscard]] std::int16_t decode_pcma(std::uint8_t code);
[[nodiscard]] std::uint8_t encode_pcmu(std::int16_t sample);
[[nodiscard]] std::uint8_t encode_pcma(std::int16_t sample);

[[nodiscard]] std::uint8_t encode(sdp::Codec codec, std::int16_t sample);

/// From one law to the other, in place; by table.
void transcode(std::span<std::uint8_t> samples, sdp::Codec from, sdp::Codec to);

}  // namespace centrala::media
