// What arrived of a peer's stream, as RTCP reports it.
#pragma once

#include <cstdint>
#include <optional>

#include "centrala/base/time.hpp"
#include "media/rtcp_packet.hpp"
#include "media/rtp_packet.hpp"

namespace centrala::media {

class ReceptionStats {
public:
    /// `timed`: the timestamp tells when it was spoken (not so for telephone-event). A new SSRC starts a new stream.
    void receive(const RtpHeader& header, Timestamp arrival, bool timed);

    [[nodiscard]] std::uint64_t lost() const;       ///< over all streams; never below 0
    [[nodiscard]] std::uint32_t jitter_us() const;  ///< at 8 kHz
    /// For our next report, which ends the interval of `fraction_lost`; LSR and DLSR are left to the caller.
    std::optional<ReportBlock> report();

private:
    void begin(const RtpHeader& header);
    [[nodiscard]] std::uint64_t expected() const;
    [[nodiscard]] std::int64_t stream_lost() const;

    bool started_ = false;
    std::uint32_t ssrc_ = 0;
    std::uint16_t base_ = 0, highest_ = 0;
    std::uint64_t cycles_ = 0;  // of 65536
    std::uint64_t received_ = 0;
    std::uint64_t expected_prior_ = 0, received_prior_ = 0;
    std::uint64_t lost_before_ = 0;     // in earlier streams
    std::optional<std::uint16_t> bad_;  // the number that would confirm a restart
    std::optional<std::uint32_t> transit_;
    std::uint32_t jitter_ = 0;  // RTP units × 16
};

}  // namespace centrala::media
