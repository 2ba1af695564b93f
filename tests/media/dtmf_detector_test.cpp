// Key presses out of telephone-events (RFC 4733).
#include "media/dtmf_detector.hpp"

#include <gtest/gtest.h>

#include "media/support.hpp"

namespace centrala::media {
namespace {

using Bytes = std::vector<std::uint8_t>;

class Keys {
public:
    std::string pressed;
    void packet(std::uint32_t timestamp, std::uint8_t event, std::uint16_t duration, bool end = false,
                bool marker = false, std::uint32_t ssrc = 1) {
        Bytes b{event, static_cast<std::uint8_t>(end ? 0x80 : 0), static_cast<std::uint8_t>(duration >> 8),
                static_cast<std::uint8_t>(duration)};
        if (const auto key = detector_.receive({marker, 101, 0, timestamp, ssrc}, b)) pressed += *key;
    }
    void press(std::uint32_t timestamp, std::uint8_t event) {
        for (int i = 0; i < 5; ++i) packet(timestamp, event, static_cast<std::uint16_t>(160 * (i + 1)), false, i == 0);
        for (int i = 0; i < 3; ++i) packet(timestamp, event, 960, true);
    }
    DtmfDetector detector_;
};

TEST(DtmfDetector, ReportsEachPressOnce) {
    Keys k;
    std::uint32_t t = 1000;
    for (std::uint8_t e = 0; e < 16; ++e) k.press(t += 2000, e);
    k.press(t += 2000, 5);
    k.press(t += 2000, 5);
    EXPECT_EQ(k.pressed, "0123456789*#ABCD55");
}

TEST(DtmfDetector, SurvivesLostBeginningsAndLostEnds) {
    Keys k;
    k.packet(1000, 1, 800, true);         // nothing but an end
    k.packet(3000, 1, 160, false, true);  // no end
    k.packet(5000, 1, 160, false, true);  // the same key anew, told by its marker
    k.packet(9000, 2, 320);               // another key: begins in the middle
    k.packet(60000, 2, 320);              // the same key much later, no marker
    EXPECT_EQ(k.pressed, "11122");
}

TEST(DtmfDetector, IgnoresRepeatsAndStragglers) {
    Keys k;
    k.press(1000, 7);
    k.press(3000, 8);
    k.packet(1000, 7, 960, true);
    k.packet(3000, 8, 960, true);
    EXPECT_EQ(k.pressed, "78");
}

TEST(DtmfDetector, TakesALongPressInSegmentsForOne) {
    Keys k;
    k.packet(1000, 9, 160, false, true);
    k.packet(1000, 9, 65520);
    k.packet(1000 + 65535, 9, 160);
    k.packet(1000 + 65535, 9, 320, true);
    EXPECT_EQ(k.pressed, "9");
}

TEST(DtmfDetector, TakesAPhoneThatMovesTheTimestampForOnePress) {
    Keys k;
    for (std::uint16_t i = 0; i < 6; ++i)
        k.packet(1000 + 160u * i, 4, static_cast<std::uint16_t>(160 * (i + 1)), i == 5, i == 0);
    EXPECT_EQ(k.pressed, "4");
}

TEST(DtmfDetector, BeginsAnewWithANewStreamOrAClockThatFellBack) {
    Keys k;
    k.press(1'000'000, 3);
    k.packet(1'000'000, 3, 160, false, true, 2);
    k.packet(900, 3, 160, false, true, 2);
    EXPECT_EQ(k.pressed, "333");
}

TEST(DtmfDetector, IgnoresOtherEventsAndShortPackets) {
    Keys k;
    k.packet(1000, 16, 160, false, true);  // hook flash
    k.packet(2000, 255, 160, false, true);
    EXPECT_FALSE(k.detector_.receive({}, Bytes{1, 2, 3}));
    EXPECT_EQ(k.pressed, "");
}

}  // namespace
}  // namespace centrala::media
