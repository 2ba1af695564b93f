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
    EXPECT_EQ(via_name(Transport::udp), "UDP");
    EXPECT_EQ(param_name(Transport::tcp), "tcp");
    EXPECT_TRUE(is_reliable(Transport::tcp));
    EXPECT_FALSE(is_reliable(Transport::udp));
}

}  // namespace
}  // namespace centrala::sip
