// Keeps an outgoing RTP stream continuous across prompts, music and bridges: RFC 3550 §5.1, RFC 3551 §4.1.
#include "media/stream_rewriter.hpp"

#include <algorithm>

namespace centrala::media {
namespace {

constexpr std::int64_t kFrame = 160;
constexpr int kJumpMax = 3000;  // RFC 3550 A.1, MAX_DROPOUT
constexpr int kLateMax = 1000;

std::int64_t samples_in(Duration d) {
    return d.count() * 8 / 1000;
}

}  // namespace

std::uint32_t StreamRewriter::timestamp_at(Timestamp now) const {
    return sent_ ? timestamp_ + static_cast<std::uint32_t>(samples_in(now - sent_at_)) : timestamp_;
}

RtpHeader StreamRewriter::generated(Timestamp at, std::uint8_t payload_type) {
    if (sent_) timestamp_ += static_cast<std::uint32_t>(std::max(kFrame, samples_in(at - sent_at_)));
    sent_at_ = at;
    sent_ = true;
    const RtpHeader header{fresh_, payload_type, ++sequence_, timestamp_, ssrc_};
    fresh_ = false;
    return header;
}

void StreamRewriter::take_over(const RtpHeader& in, Timestamp now) {
    if (sent_) timestamp_ += static_cast<std::uint32_t>(std::max(kFrame, samples_in(now - sent_at_)));
    const auto next = static_cast<std::uint16_t>(sequence_ + 1);
    relaying_ = Relay{in.ssrc, static_cast<std::uint16_t>(next - in.sequence), timestamp_ - in.timestamp, next};
    fresh_ = true;
}

std::optional<RtpHeader> StreamRewriter::relayed(const RtpHeader& in, Timestamp now, std::uint8_t payload_type) {
    if (relaying_ && relaying_->ssrc == in.ssrc) {
        const auto out = static_cast<std::uint16_t>(in.sequence + relaying_->sequence_offset);
        const auto step = static_cast<std::int16_t>(out - sequence_);
        const auto time = static_cast<std::int32_t>(in.timestamp + relaying_->timestamp_offset - timestamp_);
        // A source that jumps has begun anew under its old name.
        if (step > kJumpMax || step < -kJumpMax || time > 8000 * 60 || time < -8000 * 60) relaying_.reset();
    }
    if (!relaying_ || relaying_->ssrc != in.ssrc) take_over(in, now);

    const auto out = static_cast<std::uint16_t>(in.sequence + relaying_->sequence_offset);
    const std::uint32_t timestamp = in.timestamp + relaying_->timestamp_offset;
    if (static_cast<std::int16_t>(out - relaying_->floor) < 0) return std::nullopt;
    const bool newest = static_cast<std::int16_t>(out - sequence_) > 0;
    if (newest) {
        sequence_ = out;
        if (static_cast<std::int16_t>(out - relaying_->floor) > kLateMax)
            relaying_->floor = static_cast<std::uint16_t>(out - kLateMax);
    }
    if (!sent_ || static_cast<std::int32_t>(timestamp - timestamp_) >= 0) {
        timestamp_ = timestamp;
        sent_at_ = now;
        sent_ = true;
    }
    const RtpHeader header{in.marker || fresh_, payload_type, out, timestamp, ssrc_};
    fresh_ = false;
    return header;
}

}  // namespace centrala::media
