// What one listener hears, frame by frame.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "media/sound.hpp"

namespace centrala::media {

/// A sound that outlives the programme; null: unknown, skipped.
struct ProgrammeItem {
    const Sound* sound = nullptr;
    bool loop = false;
};

class Programme {
public:
    Programme() = default;
    explicit Programme(std::vector<ProgrammeItem> items) : items_(std::move(items)) {}

    /// The frame for this tick, kFrameSamples bytes; null when the programme is over. A loop stands where `shared_tick`
    /// says, so that all its listeners hear the same tune; everything else starts from its beginning.
    const std::uint8_t* next(sdp::Codec codec, std::int64_t shared_tick);

private:
    std::vector<ProgrammeItem> items_;
    std::size_t item_ = 0;
    std::size_t frame_ = 0;
};

}  // namespace centrala::media
