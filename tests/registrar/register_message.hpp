// REGISTER requests for tests: written as text and parsed as they would be from the wire.
#pragma once

#include <fstream>
#include <iterator>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "centrala/registrar/registrar.hpp"

namespace centrala::registrar {

inline Timestamp at(Duration since_start) {
    return Timestamp{1'800'000'000s} + since_start;
}  // Fri, 15 Jan 2027 08:00:00 GMT

inline sip::Flow udp_flow(const char* remote = "192.0.2.20:5060") {
    return {sip::Transport::udp, *Endpoint::parse("192.0.2.1:5060"), *Endpoint::parse(remote), 0};
}
inline sip::Flow tcp_flow(std::uint64_t connection, const char* remote = "192.0.2.20:40000") {
    return {sip::Transport::tcp, *Endpoint::parse("192.0.2.1:5060"), *Endpoint::parse(remote), connection};
}

/// `headers`: complete lines with \r\n, besides the mandatory ones.
struct Register {
    std::string headers;
    std::string call_id = "boot-1";
    std::uint32_t cseq = 1;
    int vias = 1;

    [[nodiscard]] std::string text() const {
        std::string out = "REGISTER sip:centrala.local SIP/2.0\r\n";
        for (int i = 0; i < vias; ++i)
            out += "Via: SIP/2.0/UDP 192.0.2.20:5060;branch=z9hG4bKtest" + std::to_string(i) + "\r\n";
        out += "Max-Forwards: 70\r\nFrom: <sip:ann@centrala.local>;tag=a1\r\nTo: <sip:ann@centrala.local>\r\n";
        out += "Call-ID: " + call_id + "\r\nCSeq: " + std::to_string(cseq) + " REGISTER\r\n";
        return out + headers + "Content-Length: 0\r\n\r\n";
    }
};

inline std::string contact(const std::string& value) {
    return "Contact: " + value + "\r\n";
}

/// Parses `text`, which must be well formed, and gives it to the registrar.
inline Outcome process_text(Registrar& registrar, std::string text, const sip::Flow& flow, Timestamp now,
                            const char* aor = "ann") {
    sip::Message message;
    const auto parsed = sip::parse(text, message);
    EXPECT_EQ(parsed.verdict, sip::Verdict::complete) << parsed.why << "\n" << text;
    return registrar.process(aor, message, flow, now);
}
inline Outcome process(Registrar& registrar, const Register& request, Duration when = 0s,
                       const sip::Flow& flow = udp_flow(), const char* aor = "ann") {
    return process_text(registrar, request.text(), flow, at(when), aor);
}

/// The Contact lines of an answer, without "Contact: ".
inline std::vector<std::string> contacts_of(const Outcome& outcome) {
    std::vector<std::string> result;
    for (std::size_t from = 0; from < outcome.header_lines.size();) {
        const std::size_t end = outcome.header_lines.find("\r\n", from);
        const std::string line = outcome.header_lines.substr(from, end - from);
        if (line.starts_with("Contact: ")) result.push_back(line.substr(9));
        from = end == std::string::npos ? end : end + 2;
    }
    return result;
}

inline std::string read_shared(const std::string& path) {
    std::ifstream file(std::string(CENTRALA_SHARED_DIR) + "/" + path, std::ios::binary);
    return {std::istreambuf_iterator<char>(file), {}};
}

}  // namespace centrala::registrar
