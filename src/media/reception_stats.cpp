// Counts losses and jitter: RFC 3550 A.1 (sequence), A.3 (loss), A.8 (jitter). There is no probation: who may send is
// SourceLatch's business.
#include "media/reception_stats.hpp"

#include <algorithm>

namespace centrala::media {
namespace {

constexpr std::uint16_t kDropoutMax = 3000, kMisorderMax = 100;

}  // namespace

void ReceptionStats::begin(const RtpHeader& header) {
    lost_before_ += static_cast<std::uint64_t>(std::max<std::int64_t>(0, stream_lost()));
    started_ = true;
    ssrc_ = header.ssrc;
    base_ = highest_ = header.sequence;
    cycles_ = received_ = expected_prior_ = received_prior_ = 0;
    bad_.reset();
    transit_.reset();
}

void ReceptionStats::receive(const RtpHeader& header, Timestamp arrival, bool timed) {
    if (!started_ || header.ssrc != ssrc_) begin(header);
    const auto ahead = static_cast<std::uint16_t>(header.sequence - highest_);
    if (ahead < kDropoutMax) {
        if (header.sequence < highest_) ++cycles_;
        highest_ = header.sequence;
    } else if (ahead <= 65535 - kMisorderMax) {
        if (bad_ != header.sequence) {
            bad_ = static_cast<std::uint16_t>(header.sequence + 1);
            return;
        }
        begin(header);  // two in a row: the sender restarted
    }
    ++received_;
    if (!timed) return;
    const auto arrived = static_cast<std::uint32_t>(arrival.time_since_epoch().count() * 8 / 1000);
    const std::uint32_t transit = arrived - header.timestamp;
    if (transit_) {
        const auto moved = static_cast<std::int32_t>(transit - *transit_);
        const auto d = static_cast<std::uint32_t>(moved < 0 ? -static_cast<std::int64_t>(moved) : moved);
        // A jump of more than a second is a new spurt's clock, not jitter.
        if (d < 8000) jitter_ += d - ((jitter_ + 8) >> 4);
    }
    transit_ = transit;
}

std::uint64_t ReceptionStats::expected() const {
    return started_ ? cycles_ * 65536 + highest_ - base_ + 1 : 0;
}

std::int64_t ReceptionStats::stream_lost() const {
    return static_cast<std::int64_t>(expected()) - static_cast<std::int64_t>(received_);
}

std::uint64_t ReceptionStats::lost() const {
    return lost_before_ + static_cast<std::uint64_t>(std::max<std::int64_t>(0, stream_lost()));
}

std::uint32_t ReceptionStats::jitter_us() const {
    return (jitter_ >> 4) * 125;
}

std::optional<ReportBlock> ReceptionStats::report() {
    if (!started_) return std::nullopt;
    ReportBlock block;
    block.ssrc = ssrc_;
    const std::uint64_t expected_now = expected();
    const auto expected_interval = static_cast<std::int64_t>(expected_now - expected_prior_);
    const std::int64_t lost_interval = expected_interval - static_cast<std::int64_t>(received_ - received_prior_);
    expected_prior_ = expected_now;
    received_prior_ = received_;
    if (expected_interval > 0 && lost_interval > 0)
        block.fraction_lost =
            static_cast<std::uint8_t>(std::min<std::int64_t>(255, lost_interval * 256 / expected_interval));
    block.cumulative_lost = static_cast<std::int32_t>(std::clamp<std::int64_t>(stream_lost(), -0x800000, 0x7fffff));
    block.highest_sequence = static_cast<std::uint32_t>(cycles_ << 16 | highest_);
    block.jitter = jitter_ >> 4;
    return block;
}

}  // namespace centrala::media
