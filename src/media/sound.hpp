// A sound file as the wire wants it: encoded once for each codec, shared by everyone who hears it.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "centrala/base/result.hpp"
#include "centrala/sdp/sdp.hpp"

namespace centrala::media {

inline constexpr std::size_t kFrameSamples = 160;  ///< 20 ms at 8 kHz; one byte each in G.711

/// Immutable; frames point into it.
class Sound {
public:
    /// 8 kHz, mono, at least one sample.
    explicit Sound(std::span<const std::int16_t> samples);

    [[nodiscard]] std::size_t samples() const { return samples_; }
    /// Frames when played once; the last one is filled up with silence.
    [[nodiscard]] std::size_t frames() const { return (samples_ + kFrameSamples - 1) / kFrameSamples; }
    /// kFrameSamples bytes; index < frames().
    [[nodiscard]] const std::uint8_t* frame(sdp::Codec codec, std::size_t index) const;
    /// The frame at `tick` (≥ 0) of an endless loop without a gap where it starts over.
    [[nodiscard]] const std::uint8_t* loop_frame(sdp::Codec codec, std::int64_t tick) const;

private:
    struct Encoded {
        std::vector<std::uint8_t> looped;  // the sound and the first frame's worth of its next round
        std::array<std::uint8_t, kFrameSamples> last{};
    };
    [[nodiscard]] const Encoded& encoded(sdp::Codec codec) const { return encoded_[static_cast<std::size_t>(codec)]; }

    std::size_t samples_;
    std::array<Encoded, 2> encoded_;
};

/// WAV, mono or stereo, 1–192 kHz, up to 30 minutes; brought to 8 kHz mono. The error names the file and the reason.
[[nodiscard]] Result<Sound> load_sound(const std::string& path);

/// Band-limited, by a windowed sinc for each phase; for loading, not for the packet path.
[[nodiscard]] std::vector<std::int16_t> resample(std::span<const float> samples, std::uint32_t from_hz,
                                                 std::uint32_t to_hz);

}  // namespace centrala::media
