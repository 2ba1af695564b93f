// Keys in the bodies of INFO, as phones of several makers write them.
#include "calls/info_key.hpp"

#include <gtest/gtest.h>

namespace centrala::calls {
namespace {

char relay(std::string_view body) {
    const InfoKey read = read_info_key("application/dtmf-relay", body);
    EXPECT_EQ(read.status, 200) << body;
    return read.key;
}

TEST(InfoKey, IsTheSignalLine) {
    EXPECT_EQ(relay("Signal=5\r\nDuration=160\r\n"), '5');
    EXPECT_EQ(relay("Signal= *\r\nDuration= 250\r\n"), '*');
    EXPECT_EQ(relay("Duration=100\nsignal=#"), '#');
    EXPECT_EQ(relay("Signal=b\r\n"), 'B');
}

TEST(InfoKey, MayBeTheNumberOfItsEvent) {
    EXPECT_EQ(relay("Signal=10\r\n"), '*');
    EXPECT_EQ(relay("Signal=11\r\n"), '#');
    EXPECT_EQ(relay("Signal=15\r\n"), 'D');
}

TEST(InfoKey, IsNoneForAHookFlash) {
    EXPECT_EQ(relay("Signal=16\r\n"), 0);
    EXPECT_EQ(relay("Signal=hf\r\n"), 0);
}

TEST(InfoKey, StandsAloneInApplicationDtmf) {
    const InfoKey read = read_info_key("Application/DTMF", " 7\r\n");
    EXPECT_EQ(read.status, 200);
    EXPECT_EQ(read.key, '7');
}

TEST(InfoKey, IsRefusedWhereItCannotBeRead) {
    for (const std::string_view body :
         {"", "Signal=\r\n", "Signal=55\r\n", "Signal=x", "Signal=1\nSignal=2\n", "5\r\n"})
        EXPECT_EQ(read_info_key("application/dtmf-relay", body).status, 400) << body;
    for (const std::string_view body : {"", "55", "Signal=5", "\xff"})
        EXPECT_EQ(read_info_key("application/dtmf", body).status, 400) << body;
}

TEST(InfoKey, IsLookedForInNothingElse) {
    EXPECT_EQ(read_info_key("application/media_control+xml", "<media_control/>").status, 415);
    EXPECT_EQ(read_info_key("", "5").status, 415);
}

}  // namespace
}  // namespace centrala::calls
