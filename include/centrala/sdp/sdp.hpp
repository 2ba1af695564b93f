// Session descriptions (RFC 8866) and the one-audio-stream offer/answer that an ACD needs (RFC 3264).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "centrala/base/endpoint.hpp"
#include "centrala/base/result.hpp"

namespace centrala::sdp {

enum class Direction : std::uint8_t { sendrecv, sendonly, recvonly, inactive };
[[nodiscard]] Direction reverse(Direction direction);  ///< sendonly ↔ recvonly
[[nodiscard]] std::string_view to_string(Direction direction);

struct Format {
    std::uint8_t payload_type = 0;
    std::string encoding;  ///< upper case: "PCMU"; static types are filled in (RFC 3551 §6)
    std::uint32_t clock_rate = 0;
    std::string fmtp;
};

struct Media {
    std::string type;                        ///< "audio", "video", …
    std::uint16_t port = 0;                  ///< 0: rejected or switched off
    std::string protocol;                    ///< "RTP/AVP", …
    std::vector<Format> formats;             ///< in order of preference
    std::vector<std::string> raw_formats;    ///< as written on the m= line; for rejecting what isn't RTP
    std::optional<std::string> connection;   ///< address text of its own c= line
    std::optional<std::uint16_t> rtcp_port;  ///< a=rtcp (RFC 3605)
    Direction direction = Direction::sendrecv;
    std::uint32_t ptime_ms = 0;  ///< 0: not given
    bool rtcp_mux = false;
};

struct Description {
    std::string origin_user = "-";
    std::uint64_t session_id = 0, session_version = 0;
    std::string connection;      ///< session-level address text; "" if none
    std::string timing = "0 0";  ///< the t= line; an answer repeats it (RFC 3264 §6)
    Direction direction = Direction::sendrecv;
    std::vector<Media> media;
};

/// Bounded: 64 KiB, 32 media, 64 formats each. Errors name the line.
[[nodiscard]] Result<Description> parse(std::string_view text);

enum class Codec : std::uint8_t { pcmu, pcma };
[[nodiscard]] std::string_view to_string(Codec codec);

/// What is agreed about the audio stream.
struct Audio {
    Endpoint remote;  ///< where to send RTP; port 0: nowhere yet (the peer gave a name, or 0.0.0.0)
    Endpoint remote_rtcp;
    Codec codec = Codec::pcmu;
    std::uint8_t payload_type = 0;
    std::optional<std::uint8_t> telephone_event;     ///< payload type of RFC 4733 events at 8 kHz, both ways …
    std::optional<std::uint8_t> telephone_event_in;  ///< … unless the peer sends with another (RFC 3264 §5.1)
    Direction direction = Direction::sendrecv;       ///< from our side, after the peer's wish
    std::uint16_t ptime_ms = 20;
    bool held = false;  ///< the peer holds us: sendonly, inactive or c=0.0.0.0
};

/// Our side, for writing an offer or an answer.
struct Local {
    IpAddress address;
    std::uint16_t port = 0;
    std::uint64_t session_id = 0, session_version = 0;
    std::vector<Codec> codecs = {Codec::pcma, Codec::pcmu};  ///< in order of preference
    // What was agreed before binds later offers (RFC 3264 §8); keep_to() sets it.
    std::uint8_t telephone_event = 101;  ///< the payload type that we offer: numbers keep their meaning
    std::string protocol = "RTP/AVP";
    std::size_t audio_at = 0;         ///< which m= line is ours …
    std::vector<std::string> others;  ///< … among these, "video 0 RTP/AVP 31": none may vanish or move

    bool operator==(const Local&) const = default;
};

[[nodiscard]] std::string write_offer(const Local& local, Direction direction = Direction::sendrecv);

struct Answer {
    std::string sdp;
    Audio audio;
    std::size_t stream = 0;  ///< the m= line of the audio stream
};
/// After an exchange: `peer` is its offer or answer, `stream` the m= line of the audio stream.
void keep_to(Local& local, const Description& peer, std::size_t stream, const Audio& audio);

/// `ours` is what we want at most, e.g. sendonly to hold the peer. Takes the first usable audio stream (RTP/AVP or
/// AVPF), the first common codec in the *offerer's* order (RFC 3264 §6.1), refuses the other streams with port 0. An
/// error means 488.
[[nodiscard]] Result<Answer> answer(const Description& offer, const Local& local, Direction ours = Direction::sendrecv);
/// As answer(), inside a session: an offer that switches the audio off (port 0, RFC 3264 §8.2) is agreed to as well;
/// the stream is then inactive, held, and has no address.
[[nodiscard]] Result<Answer> answer_again(const Description& offer, const Local& local,
                                          Direction ours = Direction::sendrecv);
/// Reads the answer to write_offer(local, ours). An error means that the peer refused audio or broke RFC 3264.
[[nodiscard]] Result<Audio> accept(const Description& answer, const Local& local, Direction ours = Direction::sendrecv);

}  // namespace centrala::sdp
