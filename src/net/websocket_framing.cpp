// WebSocket frames of a SIP connection: reading (RFC 6455 §5.2–§5.5, §8.1), writing (§5.1), closing (§7.4.1);
// keep-alives inside a message (RFC 7118 §6, RFC 5626 §3.5.1).
#include "net/websocket_framing.hpp"

#include <cstdint>

namespace centrala::net {
namespace {

enum Opcode : std::uint8_t { continuation = 0, text = 1, binary = 2, close = 8, ping = 9, pong = 10 };
enum CloseCode : std::uint16_t { normal = 1000, protocol_error = 1002, not_utf8 = 1007, too_big = 1009 };

constexpr std::uint8_t kFinal = 0x80, kReserved = 0x70, kOpcode = 0x0f, kMasked = 0x80, kLength = 0x7f;
constexpr std::uint8_t kLength16 = 126, kLength64 = 127;
constexpr std::size_t kControlPayloadMax = 125, kMaskSize = 4;

struct Header {
    bool final, masked;
    bool overlong;  ///< the length could have been said in fewer octets
    std::uint8_t opcode, reserved;
    std::uint64_t payload;
    std::size_t size;  ///< of the header, mask included; 0: incomplete

    [[nodiscard]] bool is_control() const { return opcode >= Opcode::close; }
};

std::uint8_t octet(std::span<const char> bytes, std::size_t i) {
    return static_cast<std::uint8_t>(bytes[i]);
}

std::uint64_t big_endian(std::span<const char> bytes) {
    std::uint64_t value = 0;
    for (std::size_t i = 0; i < bytes.size(); ++i) value = value << 8 | octet(bytes, i);
    return value;
}

/// §5.2
Header read_header(std::span<const char> bytes) {
    Header h{};
    if (bytes.size() < 2) return h;
    h.final = (octet(bytes, 0) & kFinal) != 0;
    h.reserved = octet(bytes, 0) & kReserved;
    h.opcode = octet(bytes, 0) & kOpcode;
    h.masked = (octet(bytes, 1) & kMasked) != 0;
    h.payload = octet(bytes, 1) & kLength;
    const std::size_t extended = h.payload == kLength64 ? 8 : h.payload == kLength16 ? 2 : 0;
    const std::size_t size = 2 + extended + (h.masked ? kMaskSize : 0);
    // What can be refused by the first two octets doesn't wait for more.
    if (bytes.size() < 2 + extended) return h;
    if (extended != 0) h.payload = big_endian(bytes.subspan(2, extended));
    h.overlong = (extended == 2 && h.payload < kLength16) || (extended == 8 && h.payload <= 0xffff);
    if (bytes.size() >= size) h.size = size;
    return h;
}

void unmask(std::span<char> payload, std::span<const char> mask) {
    for (std::size_t i = 0; i < payload.size(); ++i) payload[i] = static_cast<char>(payload[i] ^ mask[i % kMaskSize]);
}

/// RFC 3629 §4: no overlong forms, no surrogates, nothing past U+10FFFF.
bool is_utf8(std::string_view s) {
    for (std::size_t i = 0; i < s.size();) {
        const auto at = [&](std::size_t k) { return static_cast<std::uint8_t>(s[k]); };
        const std::uint8_t lead = at(i);
        if (lead < 0x80) {
            ++i;
            continue;
        }
        const std::size_t more = lead >= 0xf0 ? 3 : lead >= 0xe0 ? 2 : 1;
        if (lead < 0xc2 || lead > 0xf4 || s.size() - i <= more) return false;
        const std::uint8_t second = at(i + 1);
        if ((lead == 0xe0 && second < 0xa0) || (lead == 0xed && second > 0x9f) || (lead == 0xf0 && second < 0x90) ||
            (lead == 0xf4 && second > 0x8f))
            return false;
        for (std::size_t k = 1; k <= more; ++k)
            if ((at(i + k) & 0xc0) != 0x80) return false;
        i += more + 1;
    }
    return true;
}

void append_frame(std::string& out, std::uint8_t opcode, std::string_view payload) {
    out.push_back(static_cast<char>(kFinal | opcode));
    std::size_t extended = 0;
    if (payload.size() <= kControlPayloadMax) {
        out.push_back(static_cast<char>(payload.size()));
    } else {
        extended = payload.size() <= 0xffff ? 2 : 8;
        out.push_back(static_cast<char>(extended == 2 ? kLength16 : kLength64));
    }
    for (std::size_t i = extended; i-- > 0;) out.push_back(static_cast<char>(payload.size() >> (8 * i) & 0xff));
    out.append(payload);
}

StreamFrame farewell(StreamFrame::Kind kind, std::uint16_t code) {
    StreamFrame frame{kind};
    append_frame(frame.reply, Opcode::close, std::string{static_cast<char>(code >> 8), static_cast<char>(code & 0xff)});
    return frame;
}
StreamFrame broken(std::uint16_t code) {
    return farewell(StreamFrame::Kind::broken, code);
}

class WebSocketFraming final : public StreamFraming {
public:
    explicit WebSocketFraming(std::size_t message_bytes_max) : message_bytes_max_(message_bytes_max) {}

    StreamFrame next(std::span<char> bytes) override {
        const Header header = read_header(bytes);
        if (const auto code = objection(header, bytes.size()); code != 0) return broken(code);
        if (header.size == 0 || bytes.size() - header.size < header.payload) return {};
        const auto length = static_cast<std::size_t>(header.payload);
        const std::span<char> payload = bytes.subspan(header.size, length);
        unmask(payload, bytes.subspan(header.size - kMaskSize, kMaskSize));
        StreamFrame frame = header.is_control() ? control(header.opcode, payload) : data(header, payload);
        frame.used = header.size + length;
        return frame;
    }

    bool worth_a_look(std::string_view, std::size_t) override { return true; }  // a look costs a few octets

    bool in_message(std::string_view bytes) const override { return !bytes.empty() || fragmented_; }

    /// Text is what clients written in JavaScript find easiest, but text must be UTF-8 (§5.6).
    void append(std::string& out, std::string_view message) const override {
        append_frame(out, is_utf8(message) ? Opcode::text : Opcode::binary, message);
    }

private:
    /// Why the frame can't be taken, as a close code; 0: nothing against it as far as it is there.
    [[nodiscard]] std::uint16_t objection(const Header& h, std::size_t available) const {
        if (available < 2) return 0;
        const bool known = h.opcode <= Opcode::binary || (h.opcode >= Opcode::close && h.opcode <= Opcode::pong);
        if (!known || h.reserved != 0 || !h.masked || h.overlong) return CloseCode::protocol_error;  // §5.1, §5.2
        if (h.is_control()) return h.final && h.payload <= kControlPayloadMax ? 0 : CloseCode::protocol_error;  // §5.5
        if ((h.opcode == Opcode::continuation) != fragmented_) return CloseCode::protocol_error;                // §5.4
        return h.payload > message_bytes_max_ - fragments_.size() ? CloseCode::too_big : 0;
    }

    StreamFrame control(std::uint8_t opcode, std::span<char> payload) {
        const std::string_view content(payload.data(), payload.size());
        StreamFrame frame{StreamFrame::Kind::other};
        if (opcode == Opcode::ping) append_frame(frame.reply, Opcode::pong, content);
        if (opcode != Opcode::close) return frame;
        if (content.size() == 1 || (content.size() > 2 && !is_utf8(content.substr(2))))
            return broken(CloseCode::protocol_error);
        const auto code = content.empty() ? std::uint64_t{CloseCode::normal} : big_endian(payload.first(2));
        const bool good = (code >= 1000 && code <= 1014 && code != 1004 && code != 1005 && code != 1006) ||
                          (code >= 3000 && code <= 4999);  // §7.4.1, §7.4.2
        if (!good) return broken(CloseCode::protocol_error);
        return farewell(StreamFrame::Kind::last, static_cast<std::uint16_t>(code));
    }

    StreamFrame data(const Header& header, std::span<char> payload) {
        if (header.opcode != Opcode::continuation) text_ = header.opcode == Opcode::text;
        if (header.final && !fragmented_) return message(payload);
        fragments_.append(payload.data(), payload.size());
        fragmented_ = !header.final;
        if (fragmented_) return {StreamFrame::Kind::other};
        whole_ = std::move(fragments_);
        fragments_ = {};
        return message(whole_);
    }

    StreamFrame message(std::span<char> payload) {
        const std::string_view content(payload.data(), payload.size());
        if (text_ && !is_utf8(content)) return broken(CloseCode::not_utf8);  // §8.1
        StreamFrame frame{StreamFrame::Kind::other};
        if (content == "\r\n\r\n")
            append_frame(frame.reply, Opcode::text, "\r\n");
        else if (!content.empty() && content != "\r\n")
            frame.kind = StreamFrame::Kind::message;
        frame.message = payload;
        return frame;
    }

    std::size_t message_bytes_max_;
    bool fragmented_ = false;  ///< a message has begun, its last frame isn't here
    bool text_ = false;        ///< the message is
    std::string fragments_;    ///< of it so far
    std::string whole_;        ///< what message() spoke of last
};

}  // namespace

std::unique_ptr<StreamFraming> make_websocket_framing(std::size_t message_bytes_max) {
    return std::make_unique<WebSocketFraming>(message_bytes_max);
}

}  // namespace centrala::net
