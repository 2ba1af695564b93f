// Losses and jitter as RFC 3550 §A.3 and §A.8 count them.
#include "media/reception_stats.hpp"

#include <gtest/gtest.h>

#include "media/rtp_packet.hpp"
#include "media/support.hpp"

namespace centrala::media {
namespace {

using test::at;

TEST(ReceptionStats, CountsLossesAcrossWrapAndReordering) {
    ReceptionStats s;
    EXPECT_FALSE(s.report());
    std::uint16_t sequence = 65530;
    for (int i = 0; i < 20; ++i, ++sequence) {
        if (i == 3 || i == 12) continue;
        s.receive({false, 0, sequence, 160u * static_cast<std::uint32_t>(i), 1}, at(20ms * i), true);
    }
    EXPECT_EQ(s.lost(), 2u);
    const auto r = s.report();
    ASSERT_TRUE(r);
    EXPECT_EQ(r->highest_sequence, 0x10000u + 13);
    EXPECT_EQ(r->cumulative_lost, 2);
    EXPECT_EQ(r->fraction_lost, 2 * 256 / 20);
    s.receive({false, 0, static_cast<std::uint16_t>(65533), 480, 1}, at(400ms), true);  // a late one
    EXPECT_EQ(s.lost(), 1u);
    EXPECT_EQ(s.report()->fraction_lost, 0);
}

TEST(ReceptionStats, MeasuresJitterAsTheRfcDoes) {
    ReceptionStats even, uneven;
    for (int i = 0; i < 500; ++i) {
        const RtpHeader h{false, 0, static_cast<std::uint16_t>(i), 160u * static_cast<std::uint32_t>(i), 1};
        even.receive(h, at(20ms * i), true);
        uneven.receive(h, at(20ms * i + (i % 2 ? 5ms : 0ms)), true);
    }
    EXPECT_EQ(even.jitter_us(), 0u);
    EXPECT_NEAR(uneven.jitter_us(), 5000, 200);  // |D| is 5 ms every time
}

TEST(ReceptionStats, ANewStreamStartsAnewButLossesRemain) {
    ReceptionStats s;
    s.receive({false, 0, 10, 0, 1}, at(0ms), true);
    s.receive({false, 0, 13, 480, 1}, at(60ms), true);
    EXPECT_EQ(s.lost(), 2u);
    s.receive({false, 0, 50000, 9, 2}, at(80ms), true);
    EXPECT_EQ(s.lost(), 2u);
    EXPECT_EQ(s.report()->ssrc, 2u);
    s.receive({false, 0, 20000, 0, 2}, at(90ms), true);  // a jump counts for nothing until confirmed
    EXPECT_EQ(s.lost(), 2u);
    s.receive({false, 0, 20001, 160, 2}, at(100ms), true);
    EXPECT_EQ(s.report()->highest_sequence, 20001u);
    EXPECT_EQ(s.lost(), 2u);
}

}  // namespace
}  // namespace centrala::media
