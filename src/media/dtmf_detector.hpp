// Key presses out of RFC 4733 telephone-event packets.
#pragma once

#include <cstdint>
#include <optional>
#include <span>

#include "media/rtp_packet.hpp"

namespace centrala::media {

/// Reports a press when its first packet comes, whichever of its packets that is; the others, repeated, reordered or
/// lost, change nothing.
class DtmfDetector {
public:
    /// 0–9 * # A–D once for each press.
    std::optional<char> receive(const RtpHeader& header, std::span<const std::uint8_t> payload);

private:
    [[nodiscard]] bool same_press(const RtpHeader& header, std::uint8_t event) const;

    struct Press {
        std::uint32_t ssrc;
        std::uint32_t timestamp;  // of its latest packet
        std::uint16_t duration;   // RTP units, as last told
        std::uint8_t event;
        bool ended;
    };
    std::optional<Press> last_;
};

}  // namespace centrala::media
