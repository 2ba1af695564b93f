// SIP over TCP and TLS: framing by Content-Length (RFC 3261 §18.3), keep-alives (RFC 5626 §4.4.1).
#include "net/stream_framing.hpp"

#include <cstring>

#include "centrala/sip/message.hpp"

namespace centrala::net {
namespace {

constexpr std::string_view kPing = "\r\n\r\n", kPong = "\r\n";

bool has_empty_line(std::string_view text) {
    return text.find("\n\r\n") != std::string_view::npos || text.find("\n\n") != std::string_view::npos;
}

class SipFraming final : public StreamFraming {
public:
    explicit SipFraming(std::size_t message_bytes_max) : limits_{.message_bytes = message_bytes_max} {}

    StreamFrame next(std::span<char> bytes) override {
        const std::string_view text(bytes.data(), bytes.size());
        if (text.front() == '\r' || text.front() == '\n') return keepalive(text);
        const sip::Framed framed = sip::frame(text, limits_);
        const std::size_t end = framed.skip + framed.length;
        if (framed.status == sip::Framed::Status::message && end <= text.size() &&
            framed.length <= limits_.message_bytes) {
            looked_ = header_complete_ = false;
            return {StreamFrame::Kind::message, end, bytes.subspan(framed.skip, framed.length)};
        }
        if (framed.status != sip::Framed::Status::need_more || text.size() > limits_.message_bytes)
            return {StreamFrame::Kind::broken};
        if (!looked_) header_complete_ = has_empty_line(text);
        looked_ = true;
        return {};
    }

    bool worth_a_look(std::string_view bytes, std::size_t known) override {
        if (header_complete_ || bytes.size() > limits_.message_bytes) return true;
        if (std::memchr(bytes.data() + known, '\n', bytes.size() - known) == nullptr) return false;
        header_complete_ = has_empty_line(bytes.substr(known > 3 ? known - 3 : 0));
        return true;
    }

    bool in_message(std::string_view bytes) const override { return !kPing.starts_with(bytes); }

    void append(std::string& out, std::string_view message) const override { out.append(message); }

private:
    /// CR LF CR LF is a ping, answered by CR LF; a single CR LF before a message is to be ignored (RFC 3261 §7.5).
    static StreamFrame keepalive(std::string_view text) {
        if (text.starts_with(kPing)) return {StreamFrame::Kind::other, kPing.size(), {}, std::string(kPong)};
        if (kPing.starts_with(text)) return {};
        return {StreamFrame::Kind::other, text.starts_with(kPong) ? kPong.size() : 1};
    }

    sip::ParseLimits limits_;
    bool looked_ = false;           ///< at the message that has begun
    bool header_complete_ = false;  ///< an empty line is in it
};

}  // namespace

std::unique_ptr<StreamFraming> make_sip_framing(std::size_t message_bytes_max) {
    return std::make_unique<SipFraming>(message_bytes_max);
}

}  // namespace centrala::net
