// SUBSCRIBE and PUBLISH requests for tests: written as text and parsed as they would be from the wire.
#pragma once

#include <memory>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "centrala/base/random.hpp"
#include "centrala/sip/flow.hpp"
#include "centrala/sip/message.hpp"

namespace centrala::presence {

inline Timestamp at(Duration since_start) {
    return Timestamp{1'800'000'000s} + since_start;
}
inline sip::Flow udp_flow(const char* remote = "192.0.2.20:5060") {
    return {sip::Transport::udp, *Endpoint::parse("192.0.2.1:5060"), *Endpoint::parse(remote), 0};
}
inline sip::Flow tcp_flow(std::uint64_t connection) {
    return {sip::Transport::tcp, *Endpoint::parse("192.0.2.1:5060"), *Endpoint::parse("192.0.2.20:40000"), connection};
}

/// A message and the bytes it borrows.
struct Parsed {
    std::string bytes;
    sip::Message message;
};
inline std::unique_ptr<Parsed> parse(std::string text) {
    auto parsed = std::make_unique<Parsed>();
    parsed->bytes = std::move(text);
    const auto verdict = sip::parse(parsed->bytes, parsed->message);
    EXPECT_EQ(verdict.verdict, sip::Verdict::complete) << verdict.why << "\n" << parsed->bytes;
    return parsed;
}

/// `headers`: complete lines with \r\n, besides the mandatory ones.
struct Request {
    std::string method = "SUBSCRIBE";
    std::string headers = "Event: dialog\r\nExpires: 600\r\n";
    std::string call_id = "c1";
    std::string to_tag{};
    std::string from_tag = "w1";
    std::uint32_t cseq = 1;
    std::string contact = "<sip:ben@192.0.2.20:5060>";
    std::string content_type{};
    std::string body{};

    [[nodiscard]] std::unique_ptr<Parsed> parsed() const {
        std::string out = method + " sip:ann@centrala.local SIP/2.0\r\n";
        out += "Via: SIP/2.0/UDP 192.0.2.20:5060;branch=z9hG4bKtest" + std::to_string(cseq) + "\r\n";
        out += "Max-Forwards: 70\r\nFrom: <sip:ben@centrala.local>;tag=" + from_tag + "\r\n";
        out += "To: <sip:ann@centrala.local>" + (to_tag.empty() ? "" : ";tag=" + to_tag) + "\r\n";
        out += "Call-ID: " + call_id + "\r\nCSeq: " + std::to_string(cseq) + " " + method + "\r\n";
        if (!contact.empty()) out += "Contact: " + contact + "\r\n";
        if (!content_type.empty()) out += "Content-Type: " + content_type + "\r\n";
        return parse(out + headers + "Content-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body);
    }
};

inline std::unique_ptr<Parsed> response(int status, const std::string& headers = {}) {
    return parse("SIP/2.0 " + std::to_string(status) +
                 " Whatever\r\nVia: SIP/2.0/UDP 192.0.2.1:5060;branch=z9hG4bKn\r\nFrom: <sip:a@b>;tag=1\r\n"
                 "To: <sip:c@d>;tag=2\r\nCall-ID: x\r\nCSeq: 1 NOTIFY\r\n" +
                 headers + "Content-Length: 0\r\n\r\n");
}

}  // namespace centrala::presence
