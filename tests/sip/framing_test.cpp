// Framing of streams: RFC 3261 §18.3.
#include <gtest/gtest.h>
#include <rapidcheck.h>

#include "centrala/sip/message.hpp"

namespace centrala::sip {
namespace {

using Status = Framed::Status;

std::string request(std::string_view body, std::string_view length_line) {
    return "BYE sip:a SIP/2.0\r\nVia: SIP/2.0/TCP a\r\n" + std::string(length_line) + "\r\nCall-ID: x\r\n\r\n" +
           std::string(body);
}
std::string with_length(std::string_view body) {
    return request(body, "Content-Length: " + std::to_string(body.size()));
}

TEST(Framing, FindsTheEndByContentLength) {
    const std::string one = with_length("hello");
    const Framed f = frame(one + "SIP/2.0 200");
    EXPECT_EQ(f.status, Status::message);
    EXPECT_EQ(f.skip, 0U);
    EXPECT_EQ(f.length, one.size());
}

TEST(Framing, WaitsAtEveryCutOfAMessage) {
    const std::string one = with_length("hello");
    for (std::size_t n = 0; n < one.size(); ++n)
        EXPECT_EQ(frame(std::string_view(one).substr(0, n)).status, Status::need_more) << n;
}

TEST(Framing, KnowsContentLengthInAnyDress) {
    for (const char* line :
         {"Content-Length: 5", "l:5", "L :\t5", "CONTENT-LENGTH:\r\n 5", "l: 0005  ", "l:\r\n\t\r\n 5"}) {
        const std::string m = request("hello", line);
        EXPECT_EQ(frame(m).status, Status::message) << line;
        EXPECT_EQ(frame(m).length, m.size()) << line;
    }
}

TEST(Framing, IsBrokenWithoutOneValidContentLength) {
    for (const char* line :
         {"X: 5", "l: 5\r\nl: 5", "l: -1", "l: five", "l:", "l: 5 5", "l: 99999999999999999999", "Xl: 5", "l 5"})
        EXPECT_EQ(frame(request("hello", line)).status, Status::broken) << line;
}

TEST(Framing, LetsStrangersGoAtTheFirstLine) {
    EXPECT_EQ(frame("GET / HTTP/1.1\r\n").status, Status::broken);
    EXPECT_EQ(frame("\x16\x03\x01\x02\n").status, Status::broken);
    EXPECT_EQ(frame("INVITE sip:a\r\n").status, Status::broken);
    EXPECT_EQ(frame(std::string(20'000, 'x')).status, Status::broken);
    EXPECT_EQ(frame("GET / HT").status, Status::need_more);
}

TEST(Framing, LimitsWhatItWaitsFor) {
    const ParseLimits limits{.message_bytes = 300, .headers = 10, .header_bytes = 100};
    EXPECT_EQ(frame(request("", "l: 300"), limits).status, Status::broken);
    EXPECT_EQ(frame(request("", "l: 200"), limits).status, Status::need_more);
    EXPECT_EQ(frame("BYE sip:a SIP/2.0\r\nX: " + std::string(100, 'x'), limits).status, Status::broken);
    std::string many = "BYE sip:a SIP/2.0\r\n";
    for (int i = 0; i < 60; ++i) many += "X: y\r\n";
    EXPECT_EQ(frame(many, limits).status, Status::broken);
    std::string folds = "BYE sip:a SIP/2.0\r\nX: y\r\n";
    for (int i = 0; i < 40; ++i) folds += " z\r\n";
    EXPECT_EQ(frame(folds, limits).status, Status::broken);
}

TEST(Framing, TellsPingsFromIdleLineEnds) {
    EXPECT_EQ(frame("").status, Status::need_more);
    EXPECT_EQ(frame("\r\n").status, Status::need_more);
    const Framed ping = frame("\r\n\r\nBYE");
    EXPECT_EQ(ping.status, Status::keepalive);
    EXPECT_EQ(ping.skip, 4U);
    const Framed f = frame("\r\n" + with_length(""));
    EXPECT_EQ(f.status, Status::message);
    EXPECT_EQ(f.skip, 2U);
}

TEST(Framing, TakesASequenceApart) {
    EXPECT_TRUE(rc::check([](const std::vector<std::string>& bodies) {
        std::string stream;
        for (const std::string& b : bodies) stream += with_length(b);
        std::string_view rest = stream;
        for (const std::string& b : bodies) {
            const Framed f = frame(rest);
            RC_ASSERT(f.status == Status::message);
            RC_ASSERT(rest.substr(f.skip, f.length) == with_length(b));
            rest.remove_prefix(f.skip + f.length);
        }
        RC_ASSERT(rest.empty());
    }));
}

}  // namespace
}  // namespace centrala::sip
