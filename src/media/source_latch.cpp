// Decides whose RTP to believe: RFC 4961 symmetric RTP, hardened against injection; the rule is in the header.
#include "media/source_latch.hpp"

namespace centrala::media {
namespace {

constexpr Duration kSilence = 2s;
constexpr Duration kStrangerWindow = 10s;
constexpr Duration kOldSourceBarred = 500ms;
constexpr int kPersuasion = 5;

}  // namespace

bool is_unreachable_from_outside(const IpAddress& address) {
    if (address.is_unspecified() || address.is_loopback()) return true;
    const auto& b = address.bytes();
    if (!address.is_v4()) return (b[0] & 0xfe) == 0xfc || (b[0] == 0xfe && (b[1] & 0xc0) == 0x80);
    return b[0] == 10 || (b[0] == 172 && (b[1] & 0xf0) == 16) || (b[0] == 192 && b[1] == 168) ||
           (b[0] == 100 && (b[1] & 0xc0) == 64) || (b[0] == 169 && b[1] == 254);
}

void SourceLatch::arm(const Endpoint& described, Timestamp now) {
    if (armed_once_ && described == described_) return;
    if (latched_) previous_ = latched_;
    latched_.reset();
    stranger_.reset();
    described_ = described;
    described_heard_ = false;
    armed_ = now;
    armed_once_ = true;
}

void SourceLatch::latch(const Endpoint& from, Timestamp now) {
    latched_ = from;
    heard_ = now;
    stranger_.reset();
    previous_.reset();
}

bool SourceLatch::persuades(const Endpoint& from, std::uint32_t ssrc, std::uint16_t sequence) {
    if (stranger_ && stranger_->from == from && stranger_->ssrc == ssrc &&
        static_cast<std::uint16_t>(stranger_->sequence + 1) == sequence) {
        stranger_->sequence = sequence;
        return ++stranger_->in_a_row >= kPersuasion;
    }
    stranger_ = Stranger{from, ssrc, sequence, 1};
    return false;
}

bool SourceLatch::admit(const Endpoint& from, std::uint32_t ssrc, std::uint16_t sequence, Timestamp now) {
    if (latched_ && from == *latched_) {
        heard_ = now;
        return true;
    }
    if (!armed_once_) return false;
    if (from == described_) {
        described_heard_ = true;
        latch(from, now);
        return true;
    }
    if (latched_ && now - heard_ < kSilence) return false;
    if (previous_ && from == *previous_ && now - armed_ < kOldSourceBarred) return false;
    const bool believed = from.address == described_.address || is_unreachable_from_outside(described_.address);
    if (!believed) {
        if (described_heard_ || now - armed_ > kStrangerWindow) return false;
        if (!persuades(from, ssrc, sequence)) return false;
    }
    latch(from, now);
    return true;
}

}  // namespace centrala::media
