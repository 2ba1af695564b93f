// Detects key presses: RFC 4733 §2.3 (fields), §2.5.1.3 (long events in segments), §2.5.1.4 (repeated ends).
#include "media/dtmf_detector.hpp"

#include <algorithm>

#include "media/bytes.hpp"

namespace centrala::media {
namespace {

constexpr char kKeys[] = "0123456789*#ABCD";
constexpr std::int32_t kReorderUnits = 8000 * 5;  // older than this isn't a late packet but a sender that began anew
constexpr std::int32_t kSlackUnits = 8000 * 2 / 5;

}  // namespace

bool DtmfDetector::same_press(const RtpHeader& header, std::uint8_t event) const {
    if (!last_ || last_->ssrc != header.ssrc) return false;
    const auto ahead = static_cast<std::int32_t>(header.timestamp - last_->timestamp);
    if (ahead == 0) return true;
    if (ahead < 0) return ahead > -kReorderUnits;  // a straggler of an earlier press, reported then
    // A press that is held on goes into another segment, which starts where the last one stopped and has no marker.
    // Some phones move the timestamp with every packet; they look the same.
    return event == last_->event && !last_->ended && !header.marker && ahead <= last_->duration + kSlackUnits;
}

std::optional<char> DtmfDetector::receive(const RtpHeader& header, std::span<const std::uint8_t> payload) {
    if (payload.size() < 4 || payload[0] >= sizeof kKeys - 1) return std::nullopt;
    const std::uint8_t event = payload[0];
    const bool end = payload[1] & 0x80;
    const std::uint16_t duration = read_u16(payload.data() + 2);
    if (same_press(header, event)) {
        if (static_cast<std::int32_t>(header.timestamp - last_->timestamp) < 0) return std::nullopt;
        const bool next_segment = header.timestamp != last_->timestamp;
        last_->timestamp = header.timestamp;
        last_->duration = next_segment ? duration : std::max(last_->duration, duration);
        last_->ended = last_->ended || end;
        return std::nullopt;
    }
    last_ = Press{header.ssrc, header.timestamp, duration, event, end};
    return kKeys[event];
}

}  // namespace centrala::media
