// Any bytes on a connection, SIP's own framing and WebSocket's: messages come out the same however the stream is cut,
// within their limit, and a framing that has refused is not asked again.
#include <cstdint>
#include <cstdlib>
#include <string>
#include <vector>

#include "net/stream_framing.hpp"
#include "net/websocket_framing.hpp"

namespace {

using namespace centrala::net;

constexpr std::size_t kMessageMax = 2'048;

void check(bool good) {
    if (!good) std::abort();
}

struct Heard {
    std::vector<std::string> messages;
    std::string replies;
    bool over = false, broken = false;
    bool operator==(const Heard&) const = default;
};

/// As StreamConnection does it.
Heard hear(StreamFraming& framing, std::string_view stream, std::size_t piece) {
    Heard heard;
    std::string unread;
    for (std::size_t i = 0; i < stream.size() && !heard.over; i += piece) {
        const std::size_t known = unread.size();
        unread.append(stream.substr(i, piece));
        if (known > 0 && !framing.worth_a_look(unread, known)) continue;
        while (!unread.empty() && !heard.over) {
            const StreamFrame frame = framing.next(unread);
            if (frame.kind == StreamFrame::Kind::need_more) break;
            check(frame.used <= unread.size());
            heard.replies += frame.reply;
            heard.broken = frame.kind == StreamFrame::Kind::broken;
            heard.over = heard.broken || frame.kind == StreamFrame::Kind::last;
            check(frame.used > 0 || heard.over);
            if (frame.kind == StreamFrame::Kind::message) {
                check(!frame.message.empty() && frame.message.size() <= kMessageMax);
                heard.messages.emplace_back(frame.message.data(), frame.message.size());
            }
            unread.erase(0, frame.used);
        }
        static_cast<void>(framing.in_message(unread));
        // What waits is bounded by a message, its frame and what came with the last read.
        check(heard.over || unread.size() <= kMessageMax + 14 + piece);
    }
    return heard;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    if (size < 2) return 0;
    const std::string_view stream(reinterpret_cast<const char*>(data) + 2, size - 2);
    const std::size_t piece = data[1] % 64 + 1U;
    const auto make = [&] { return data[0] % 2 ? make_websocket_framing(kMessageMax) : make_sip_framing(kMessageMax); };
    const Heard whole = hear(*make(), stream, size), cut = hear(*make(), stream, piece);
    // Cut small, what is bad may be seen later, for only the next line's end is worth a look; never the other way.
    check(whole == cut || (whole.broken && whole.messages == cut.messages));
    std::string out;
    make()->append(out, stream);
    check(out.size() >= stream.size());
    return 0;
}
