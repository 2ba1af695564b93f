// What the signalling side asks of the media plane. The in-process engine runs on threads of its own; tests and the
// simulation put a fake in its place.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "centrala/base/endpoint.hpp"
#include "centrala/base/result.hpp"
#include "centrala/base/time.hpp"
#include "centrala/sdp/sdp.hpp"

namespace centrala::media {

/// One RTP endpoint of ours: a pair of ports and a peer. Never 0.
enum class SessionId : std::uint64_t {};

/// A sound file known to the engine: same path, same id. Never 0.
enum class SoundId : std::uint32_t { none = 0 };

/// One thing to play. A queue's programme is e.g. {greeting once, music for ever}.
struct PlayItem {
    SoundId sound = SoundId::none;
    bool loop = false;  ///< until replaced; `shared`: where the tune stands is the same for all its listeners
};

struct Event {
    enum class Kind : std::uint8_t {
        digit,          ///< a key was pressed (RFC 4733); `digit` is 0–9 * # A–D
        timeout,        ///< no RTP came for the configured time, though the peer was to send
        play_finished,  ///< the last item of a programme without loop ended
    } kind;
    SessionId session;
    char digit = 0;
};

struct SessionStats {
    std::uint64_t packets_received = 0, packets_sent = 0, bytes_received = 0, bytes_sent = 0;
    std::uint64_t packets_lost = 0;  ///< by sequence number, RFC 3550 §A.3
    std::uint32_t jitter_us = 0;     ///< interarrival jitter, RFC 3550 §A.8
    std::uint64_t ignored = 0;       ///< not RTP, wrong source, unknown payload type
    std::uint64_t send_errors = 0;   ///< packets the kernel wouldn't take
    // What the peer's RTCP says of our stream; 0 until it does, in a bridge.
    std::uint64_t peer_packets_lost = 0;
    std::uint32_t peer_jitter_us = 0, round_trip_us = 0;
};

/// Calls come from one thread (the signalling thread) and never block on the media threads.
class Engine {
public:
    virtual ~Engine() = default;

    /// Reserves an even RTP port and the odd RTCP port above it on `local` (RFC 3550 §11). Error: none free.
    struct Opened {
        SessionId session;
        Endpoint rtp;
    };
    /// `port`: the RTP port to have if it is free; 0: any.
    virtual Result<Opened> open(const IpAddress& local, std::uint16_t port = 0) = 0;
    /// What was agreed: where to send, which codec. Again after each re-negotiation.
    virtual void connect(SessionId session, const sdp::Audio& audio) = 0;
    /// Replaces what the session hears by a programme; replaces a bridge, too.
    virtual void play(SessionId session, std::span<const PlayItem> programme) = 0;
    /// Both hear each other, from the next packet on; replaces programmes. Transcodes PCMU/PCMA where needed.
    virtual void bridge(SessionId a, SessionId b) = 0;
    /// The session hears nothing more (a bridge ends on both sides).
    virtual void silence(SessionId session) = 0;
    virtual void close(SessionId session) = 0;

    /// A WAV file, decoded once. Error: unreadable or not mono/stereo PCM; names the file and the reason.
    virtual Result<SoundId> load(const std::string& path) = 0;

    /// What happened since the last call; appended.
    virtual void take_events(std::vector<Event>& into) = 0;
    [[nodiscard]] virtual std::size_t sessions() const = 0;
    /// As of a moment ago; zeros if unknown.
    [[nodiscard]] virtual SessionStats stats(SessionId session) const = 0;
};

struct EngineOptions {
    std::uint16_t port_min = 20'000, port_max = 39'999;  ///< inclusive; even ports for RTP, the odd one above for RTCP
    std::size_t ports_ready = 64;  ///< pairs kept open in reserve, so that a call doesn't wait for bind()
    Duration port_rest = 1s;       ///< before a port serves again: the old peer may still be sending
    Duration rtp_timeout = 60s;    ///< 0: never
    unsigned threads = 1;
    int dscp = 46;     ///< expedited forwarding
    int wake_fd = -1;  ///< an eventfd, written to when take_events() has news; outlives the engine
};

/// The engine in this process: RTP and RTCP over UDP. A session takes one file descriptor, in a bridge of more than a
/// few seconds two: RTCP gets its own only there, and peers' reports are only read there. A pair in reserve takes one.
/// RTP sockets are kept for the next session, so that the descriptors in use fall little, bounded by the port range.
/// Whose packets a session believes, and how it follows a NAT, is told in src/media/source_latch.hpp. A packet that
/// comes after a command was given is handled as the command says. A programme waits for the first connect(), then it
/// runs, heard or not (on hold), so that play_finished comes in time; one without a known sound is over at once.
std::unique_ptr<Engine> make_engine(const EngineOptions& options);

}  // namespace centrala::media
