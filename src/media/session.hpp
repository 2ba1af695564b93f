// One RTP endpoint of ours and its peer, on the media thread that owns it.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <variant>

#include "centrala/base/random.hpp"
#include "centrala/media/engine.hpp"
#include "media/dtmf_detector.hpp"
#include "media/event_sink.hpp"
#include "media/port_pool.hpp"
#include "media/programme.hpp"
#include "media/reception_stats.hpp"
#include "media/shared_stats.hpp"
#include "media/source_latch.hpp"
#include "media/stream_rewriter.hpp"

namespace centrala::media {

/// Where its media thread keeps it.
struct Seating {
    static constexpr std::size_t kNone = ~std::size_t{0};
    std::size_t seat = kNone;    ///< of all sessions
    std::size_t phase = 0;       ///< of the 20 ms …
    std::size_t player = kNone;  ///< … and its number there, while a programme runs
};

class Session {
public:
    Session(SessionId id, Port& port, Duration rtp_timeout, RandomSource& random);

    [[nodiscard]] SessionId id() const { return id_; }
    [[nodiscard]] Port& port() const { return port_; }
    Seating seating;

    void connect(const sdp::Audio& audio, Timestamp now, RandomSource& random);
    void play(Programme programme);
    /// Both ends at once; whoever they were bridged to hears nothing more.
    static void bridge(Session& a, Session& b);
    void silence();

    /// `datagram` may be rewritten.
    void receive_rtp(std::span<std::uint8_t> datagram, const Endpoint& from, Timestamp now, EventSink& events);
    void receive_rtcp(std::span<const std::uint8_t> datagram, const Endpoint& from, Timestamp now);
    /// Once every 20 ms; `due` is the scheduled time.
    void tick(std::int64_t tick, Timestamp due, EventSink& events);
    /// Does it want tick()?
    [[nodiscard]] bool plays() const { return audio_ && std::holds_alternative<Programme>(hears_); }
    /// Reports and time-outs, when house_at() has come.
    void keep_house(Timestamp now, RandomSource& random, EventSink& events);
    [[nodiscard]] Timestamp house_at() const { return house_at_; }
    /// Is it in a conversation, whose quality the peer's reports tell?
    [[nodiscard]] bool talks() const { return std::holds_alternative<Bridged>(hears_); }
    /// To a peer that we heard of and that knows us by a report: BYE, RFC 3550 §6.3.7.
    void say_bye(Timestamp now) {
        if (reported_ && (heard_ || rtcp_from_)) send_report(now, true);
    }

private:
    struct Silent {};
    struct Bridged {
        Session* peer;
    };
    using Hears = std::variant<Silent, Programme, Bridged>;

    [[nodiscard]] bool sends() const;
    [[nodiscard]] bool receives() const;
    [[nodiscard]] bool expects_rtp() const;
    [[nodiscard]] std::optional<sdp::Codec> codec_of(std::uint8_t payload_type) const;
    [[nodiscard]] bool is_telephone_event(std::uint8_t payload_type) const;
    void hear(Hears what);
    void leave_bridge();
    void relay_audio(const RtpPacket& packet, sdp::Codec codec, Timestamp now);
    void relay_event(const RtpPacket& packet, Timestamp now);
    /// `payload` has room for a header in front of it.
    void send_in_place(const RtpHeader& header, std::span<std::uint8_t> payload);
    void send_frame(const RtpHeader& header, const std::uint8_t* frame);
    void count_sent(bool sent, std::size_t payload);
    void refresh_destination();
    void schedule_house(Timestamp now);
    void send_report(Timestamp now, bool bye);

    const SessionId id_;
    Port& port_;
    SharedStats& stats_;
    const Duration rtp_timeout_;
    std::string cname_;

    std::optional<sdp::Audio> audio_;  // nothing goes out or comes in before connect()
    Hears hears_;
    SourceLatch latch_;
    SocketAddress destination_;  // of latch_.destination()
    bool has_destination_ = false;
    StreamRewriter out_;
    ReceptionStats in_;
    DtmfDetector dtmf_;

    Timestamp house_at_{};
    Timestamp report_at_{};
    Timestamp heard_at_{};  // last RTP, or when it began to be expected
    bool heard_ = false;
    bool timed_out_ = false;
    bool reported_ = false;
    std::uint32_t sent_packets_ = 0, sent_octets_ = 0, reported_packets_ = 0;  // as in RFC 3550 §6.4.1
    std::uint32_t last_sr_ = 0;
    Timestamp last_sr_at_{};
    std::optional<Endpoint> rtcp_from_;
};

}  // namespace centrala::media
