// Writes offers, answers offers and reads answers for one audio stream: RFC 3264 §5–§8, RFC 4733 §2.4.1 for
// telephone-event, the old hold by 0.0.0.0 of RFC 2543 (RFC 3264 §8.4).
#include <algorithm>
#include <charconv>

#include "centrala/sdp/sdp.hpp"

namespace centrala::sdp {
namespace {

constexpr std::uint16_t kPtimeMs = 20;

bool sends(Direction d) {
    return d == Direction::sendrecv || d == Direction::sendonly;
}
bool receives(Direction d) {
    return d == Direction::sendrecv || d == Direction::recvonly;
}
Direction make_direction(bool send, bool receive) {
    return send ? (receive ? Direction::sendrecv : Direction::sendonly)
                : (receive ? Direction::recvonly : Direction::inactive);
}

std::uint8_t static_type(Codec codec) {
    return codec == Codec::pcmu ? 0 : 8;
}

std::optional<Codec> codec_of(const Format& f) {
    if (f.clock_rate != 8000) return std::nullopt;
    if (f.encoding == "PCMU") return Codec::pcmu;
    if (f.encoding == "PCMA") return Codec::pcma;
    return std::nullopt;
}

bool usable(const Media& m) {
    return m.type == "audio" && m.port != 0 && (m.protocol == "RTP/AVP" || m.protocol == "RTP/AVPF");
}

const Format* first_common(const Media& m, const Local& local) {
    for (const Format& f : m.formats) {
        const auto codec = codec_of(f);
        if (codec && std::find(local.codecs.begin(), local.codecs.end(), *codec) != local.codecs.end()) return &f;
    }
    return nullptr;
}

const Format* telephone_event(const Media& m) {
    for (const Format& f : m.formats)
        if (f.encoding == "TELEPHONE-EVENT" && f.clock_rate == 8000) return &f;
    return nullptr;
}

/// What the peer's stream and our wish come to. Error: no address at all.
Result<Audio> agree(const Description& peer, const Media& m, const Format& format, Direction ours) {
    const std::string& host = m.connection ? *m.connection : peer.connection;
    if (host.empty()) return Error{"SDP: no c= line for the audio stream"};
    Audio audio;
    const auto address = IpAddress::parse(host);
    const bool blackhole = address && address->is_unspecified();
    if (address && !blackhole) {
        audio.remote = {*address, m.port};
        const auto next = static_cast<std::uint16_t>(m.port == 65535 ? 0 : m.port + 1);
        audio.remote_rtcp = {*address, m.rtcp_port.value_or(next)};
    }
    audio.codec = *codec_of(format);
    audio.payload_type = format.payload_type;
    if (const Format* events = telephone_event(m)) audio.telephone_event = events->payload_type;
    audio.direction =
        make_direction(sends(ours) && receives(m.direction) && !blackhole, receives(ours) && sends(m.direction));
    audio.ptime_ms = m.ptime_ms ? static_cast<std::uint16_t>(m.ptime_ms) : kPtimeMs;
    audio.held = blackhole || !receives(m.direction);
    return audio;
}

void append_number(std::string& out, std::uint64_t value) {
    char text[20];
    const auto end = std::to_chars(text, text + sizeof text, value).ptr;
    out.append(text, end);
}

void append_session(std::string& out, const Local& local, std::string_view timing) {
    const std::string_view family = local.address.is_v4() ? " IN IP4 " : " IN IP6 ";
    out.append("v=0\r\no=- ");
    append_number(out, local.session_id);
    out.push_back(' ');
    append_number(out, local.session_version);
    out.append(family);
    local.address.append_to(out);
    out.append("\r\ns=-\r\nc=").append(family.substr(1));
    local.address.append_to(out);
    out.append("\r\nt=").append(timing).append("\r\n");
}

void append_rtpmap(std::string& out, std::uint8_t payload_type, std::string_view encoding) {
    out.append("a=rtpmap:");
    append_number(out, payload_type);
    out.push_back(' ');
    out.append(encoding).append("/8000\r\n");
}

void append_events(std::string& out, std::uint8_t payload_type) {
    append_rtpmap(out, payload_type, "telephone-event");
    out.append("a=fmtp:");
    append_number(out, payload_type);
    out.append(" 0-15\r\n");
}

void append_tail(std::string& out, Direction direction) {
    out.append("a=ptime:20\r\na=").append(to_string(direction)).append("\r\n");
}

void append_accepted(std::string& out, const Local& local, const Media& m, const Audio& audio) {
    out.append("m=audio ");
    append_number(out, local.port);
    out.push_back(' ');
    out.append(m.protocol).push_back(' ');
    append_number(out, audio.payload_type);
    if (audio.telephone_event) {
        out.push_back(' ');
        append_number(out, *audio.telephone_event);
    }
    out.append("\r\n");
    append_rtpmap(out, audio.payload_type, to_string(audio.codec));
    if (audio.telephone_event) append_events(out, *audio.telephone_event);
    append_tail(out, audio.direction);
}

std::string refused(const Media& m) {
    std::string out = m.type + " 0 " + m.protocol;
    for (const std::string& f : m.raw_formats) out.append(" ").append(f);
    return out;
}

void append_refused(std::string& out, const Media& m) {
    out.append("m=").append(refused(m)).append("\r\n");
}

/// What is remembered of somebody else's line: enough to write it with port 0, and bounded.
std::string kept(const Media& m) {
    constexpr std::size_t kWordMax = 32;
    return m.type.substr(0, kWordMax) + " 0 " + m.protocol.substr(0, kWordMax) + " " +
           m.raw_formats.front().substr(0, kWordMax);
}

}  // namespace

Direction reverse(Direction direction) {
    return make_direction(receives(direction), sends(direction));
}

std::string_view to_string(Direction direction) {
    switch (direction) {
        case Direction::sendrecv: return "sendrecv";
        case Direction::sendonly: return "sendonly";
        case Direction::recvonly: return "recvonly";
        case Direction::inactive: break;
    }
    return "inactive";
}

std::string_view to_string(Codec codec) {
    return codec == Codec::pcmu ? "PCMU" : "PCMA";
}

std::string write_offer(const Local& local, Direction direction) {
    std::string out;
    out.reserve(384);
    append_session(out, local, "0 0");
    const auto append_other = [&](const std::string& line) { out.append("m=").append(line).append("\r\n"); };
    const std::size_t before = std::min(local.audio_at, local.others.size());
    std::for_each_n(local.others.begin(), before, append_other);
    out.append("m=audio ");
    append_number(out, local.port);
    out.append(" ").append(local.protocol);
    for (const Codec c : local.codecs) out.append(c == Codec::pcmu ? " 0" : " 8");
    out.push_back(' ');
    append_number(out, local.telephone_event);
    out.append("\r\n");
    for (const Codec c : local.codecs) append_rtpmap(out, static_type(c), to_string(c));
    append_events(out, local.telephone_event);
    append_tail(out, direction);
    std::for_each(local.others.begin() + static_cast<std::ptrdiff_t>(before), local.others.end(), append_other);
    return out;
}

Result<Answer> answer(const Description& offer, const Local& local, Direction ours) {
    const Media* chosen = nullptr;
    const Format* format = nullptr;
    for (const Media& m : offer.media) {
        if (!usable(m) || !(format = first_common(m, local))) continue;
        chosen = &m;
        break;
    }
    if (!chosen) return Error{"SDP: no audio stream with a codec that we speak"};
    auto audio = agree(offer, *chosen, *format, ours);
    if (!audio) return audio.error();

    Answer result{{}, std::move(*audio), static_cast<std::size_t>(chosen - offer.media.data())};
    result.sdp.reserve(384);
    append_session(result.sdp, local, offer.timing);
    for (const Media& m : offer.media) {
        if (&m == chosen)
            append_accepted(result.sdp, local, m, result.audio);
        else
            append_refused(result.sdp, m);
    }
    return result;
}

Result<Answer> answer_again(const Description& offer, const Local& local, Direction ours) {
    const bool off = !offer.media.empty() && std::all_of(offer.media.begin(), offer.media.end(), [](const Media& m) {
        return m.port == 0 || m.type != "audio";
    });
    if (!off) return answer(offer, local, ours);
    Answer result;
    result.audio.direction = Direction::inactive;
    result.audio.held = true;
    result.stream = local.audio_at;
    append_session(result.sdp, local, offer.timing);
    for (const Media& m : offer.media) append_refused(result.sdp, m);
    return result;
}

void keep_to(Local& local, const Description& peer, std::size_t stream, const Audio& audio) {
    // The stream was switched off: its line stays, and is ours when it comes back.
    const bool off = stream >= peer.media.size() || peer.media[stream].port == 0;
    if (!off) {
        local.protocol = peer.media[stream].protocol;
        local.audio_at = stream;
    }
    // In our answer we took the peer's number; to our offer the peer may have answered with another (RFC 3264 §6.1),
    // but what ours means to it stays ours.
    if (audio.telephone_event && !audio.telephone_event_in) local.telephone_event = *audio.telephone_event;
    if (peer.media.size() <= 1 && local.others.empty()) return;
    std::vector<std::string> others;
    for (std::size_t i = 0; i < peer.media.size(); ++i)
        if (i != local.audio_at) others.push_back(kept(peer.media[i]));
    // A peer that forgot lines mustn't make us forget them, too.
    for (std::size_t i = others.size(); i < local.others.size(); ++i) others.push_back(std::move(local.others[i]));
    local.others = std::move(others);
}

Result<Audio> accept(const Description& answer, const Local& local, Direction ours) {
    if (answer.media.size() <= local.audio_at) return Error{"SDP: the answer lacks the m= line of the audio stream"};
    const Media& m = answer.media[local.audio_at];  // line by line as in our offer (RFC 3264 §6)
    if (m.type == "audio" && m.port == 0) return Error{"SDP: the answer refuses the audio stream"};
    if (!usable(m)) return Error{"SDP: the answer's first stream isn't RTP/AVP audio"};
    const Format* format = first_common(m, local);
    if (!format) return Error{"SDP: the answer has no codec of our offer"};
    auto audio = agree(answer, m, *format, ours);
    // A peer that can't hear because we hold it doesn't hold us.
    if (audio && !sends(ours) && audio->remote.port) audio->held = false;
    // The peer sends events with the number of our offer and wants them with the number of its answer.
    if (audio && audio->telephone_event && *audio->telephone_event != local.telephone_event)
        audio->telephone_event_in = local.telephone_event;
    return audio;
}

}  // namespace centrala::sdp
