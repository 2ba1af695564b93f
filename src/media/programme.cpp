// Walks a programme of prompts and looped music.
#include "media/programme.hpp"

namespace centrala::media {

void Programme::add(ProgrammeItem item) {
    if (size_ < kFew)
        few_[size_] = item;
    else
        more_.push_back(item);
    ++size_;
}

const std::uint8_t* Programme::next(sdp::Codec codec, std::int64_t shared_tick) {
    for (; item_ < size_; ++item_, frame_ = 0) {
        const ProgrammeItem& item = this->item(item_);
        if (!item.sound) continue;
        if (item.loop) return item.sound->loop_frame(codec, shared_tick);
        if (frame_ < item.sound->frames()) return item.sound->frame(codec, frame_++);
    }
    return nullptr;
}

}  // namespace centrala::media
