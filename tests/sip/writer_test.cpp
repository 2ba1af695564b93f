// The writer: exact bytes, and no way to smuggle a header in.
#include <gtest/gtest.h>

#include "centrala/sip/flow.hpp"
#include "centrala/sip/message.hpp"

namespace centrala::sip {
namespace {

TEST(Writer, WritesTheExactBytes) {
    std::string out = "before";
    MessageWriter w(out);
    const std::string tag = "t";
    w.status_line(180)
        .header("From", "<sip:a>", ";tag=", tag)
        .header("CSeq", 7U, ' ', "BYE")
        .header("Expires", std::int64_t{-1})
        .lines("X: y\r\n")
        .end();
    EXPECT_EQ(out,
              "beforeSIP/2.0 180 Ringing\r\nFrom: <sip:a>;tag=t\r\nCSeq: 7 BYE\r\nExpires: -1\r\nX: "
              "y\r\nContent-Length: 0\r\n\r\n");
}

TEST(Writer, WritesBodies) {
    std::string out;
    MessageWriter(out).request_line("INFO", "sip:a").body("text/plain", "a\r\nb");
    EXPECT_EQ(out, "INFO sip:a SIP/2.0\r\nContent-Type: text/plain\r\nContent-Length: 4\r\n\r\na\r\nb");
    out.clear();
    MessageWriter(out).status_line(200, "Fine").body({}, {});
    EXPECT_EQ(out, "SIP/2.0 200 Fine\r\nContent-Length: 0\r\n\r\n");
}

TEST(Writer, LetsNobodyForgeALine) {
    std::string out;
    MessageWriter(out)
        .request_line("INVITE\r\nX: 1", "sip:a\nX: 2")
        .header("Subject", "x\r\nX: 3", std::string("\n"), '\r', "\r\r\n\n")
        .end();
    MessageWriter(out).status_line(200, "OK\r\nX: 4").body("a/b\r\nX: 5", "");
    std::size_t line_ends = 0;
    for (std::size_t i = 0; i < out.size(); ++i) {
        if (out[i] == '\r') {
            EXPECT_EQ(out[i + 1], '\n');
        }
        if (out[i] == '\n') {
            EXPECT_EQ(out[i - 1], '\r');
            ++line_ends;
        }
    }
    EXPECT_EQ(line_ends, 4U + 4U);
}

TEST(ReasonPhrase, IsTheRegistrys) {
    EXPECT_EQ(reason_phrase(100), "Trying");
    EXPECT_EQ(reason_phrase(481), "Call/Transaction Does Not Exist");
    EXPECT_EQ(reason_phrase(505), "Version Not Supported");
    EXPECT_EQ(reason_phrase(299), "");
}

TEST(Flow, NamesTransports) {
    struct Row {
        Transport transport;
        std::string_view via, parameter, name;
        bool reliable, secure;
        std::uint16_t port;
    };
    for (const Row& row : {Row{Transport::udp, "UDP", "udp", "udp", false, false, 5060},
                           Row{Transport::tcp, "TCP", "tcp", "tcp", true, false, 5060},
                           Row{Transport::tls, "TLS", "tls", "tls", true, true, 5061},
                           Row{Transport::ws, "WS", "ws", "ws", true, false, 80},
                           Row{Transport::wss, "WSS", "ws", "wss", true, true, 443}}) {
        EXPECT_EQ(via_name(row.transport), row.via);
        EXPECT_EQ(param_name(row.transport), row.parameter);
        EXPECT_EQ(transport_name(row.transport), row.name);
        EXPECT_EQ(parse_transport(row.via), row.transport) << "whatever the case";
        EXPECT_EQ(is_reliable(row.transport), row.reliable);
        EXPECT_EQ(is_secure(row.transport), row.secure);
        EXPECT_EQ(default_port(row.transport), row.port);
    }
    EXPECT_EQ(parse_transport("SCTP"), std::nullopt);
}

}  // namespace
}  // namespace centrala::sip
