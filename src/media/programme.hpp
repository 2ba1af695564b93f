// What one listener hears, frame by frame.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <vector>

#include "media/sound.hpp"

namespace centrala::media {

/// A sound that outlives the programme; null: unknown, skipped.
struct ProgrammeItem {
    const Sound* sound = nullptr;
    bool loop = false;
};

/// Usually a greeting and music: so few items are kept in place.
class Programme {
public:
    Programme() = default;
    Programme(std::initializer_list<ProgrammeItem> items) {
        for (const ProgrammeItem& item : items) add(item);
    }
    void add(ProgrammeItem item);

    /// The frame for this tick, kFrameSamples bytes; null when the programme is over. A loop stands where `shared_tick`
    /// says, so that all its listeners hear the same tune; everything else starts from its beginning.
    const std::uint8_t* next(sdp::Codec codec, std::int64_t shared_tick);

private:
    static constexpr std::size_t kFew = 2;
    [[nodiscard]] const ProgrammeItem& item(std::size_t i) const { return i < kFew ? few_[i] : more_[i - kFew]; }

    std::array<ProgrammeItem, kFew> few_;
    std::vector<ProgrammeItem> more_;
    std::size_t size_ = 0;
    std::size_t item_ = 0;
    std::size_t frame_ = 0;
};

}  // namespace centrala::media
