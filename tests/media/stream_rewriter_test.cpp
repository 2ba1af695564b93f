// One outgoing stream out of many sources.
#include "media/stream_rewriter.hpp"

#include <gtest/gtest.h>
#include <rapidcheck.h>

#include "media/rtp_packet.hpp"
#include "media/support.hpp"

namespace centrala::media {
namespace {

using test::at;

TEST(StreamRewriter, KeepsTimeAcrossWhatFeedsIt) {
    StreamRewriter out(42, 100, 1000);
    const auto first = out.generated(at(0ms), 0);
    EXPECT_EQ(first, (RtpHeader{true, 0, 101, 1000, 42}));
    EXPECT_EQ(out.generated(at(20ms), 0), (RtpHeader{false, 0, 102, 1160, 42}));
    EXPECT_EQ(out.generated(at(60ms), 0), (RtpHeader{false, 0, 103, 1480, 42})) << "a tick left out is a pause";
    out.restart();
    const auto relayed = out.relayed({false, 8, 60000, 7777, 9}, at(100ms), 8);
    EXPECT_EQ(relayed, (RtpHeader{true, 8, 104, 1800, 42}));
    EXPECT_EQ(out.relayed({false, 8, 60001, 7937, 9}, at(121ms), 8), (RtpHeader{false, 8, 105, 1960, 42}));
    out.restart();
    EXPECT_EQ(out.generated(at(141ms), 0), (RtpHeader{true, 0, 106, 2120, 42}));
}

TEST(StreamRewriter, LeavesOrderAndGapsOfTheSourceVisible) {
    StreamRewriter out(42, 100, 1000);
    EXPECT_EQ(out.relayed({false, 0, 10, 160, 9}, at(0ms), 0)->sequence, 101);
    EXPECT_EQ(out.relayed({false, 0, 13, 640, 9}, at(60ms), 0)->sequence, 104);
    const auto late = out.relayed({false, 0, 12, 480, 9}, at(61ms), 0);
    EXPECT_EQ(late->sequence, 103);
    EXPECT_EQ(late->timestamp, 1320u);
    EXPECT_FALSE(out.relayed({false, 0, 9, 0, 9}, at(62ms), 0)) << "from before: its number was another's";
}

TEST(StreamRewriter, StartsAfreshWhenTheSourceJumpsOrChanges) {
    StreamRewriter out(42, 65534, 0xffffff00);
    EXPECT_EQ(out.relayed({false, 0, 10, 160, 9}, at(0ms), 0)->sequence, 65535);
    const auto jumped = out.relayed({false, 0, 40000, 99'999'999, 9}, at(20ms), 0);
    EXPECT_EQ(jumped->sequence, 0);
    EXPECT_TRUE(jumped->marker);
    EXPECT_EQ(jumped->timestamp, 0xffffff00 + 160);
    const auto other = out.relayed({false, 0, 5, 5, 10}, at(40ms), 0);
    EXPECT_EQ(other->sequence, 1);
    EXPECT_TRUE(other->marker);
}

TEST(StreamRewriter, NeverRepeatsANumberWhileSourcesTakeTurns) {
    EXPECT_TRUE(rc::check([] {
        StreamRewriter out(1, *rc::gen::arbitrary<std::uint16_t>(), *rc::gen::arbitrary<std::uint32_t>());
        std::optional<RtpHeader> last;
        auto now = at(0ms);
        std::uint16_t in_sequence = *rc::gen::arbitrary<std::uint16_t>();
        std::uint32_t in_time = *rc::gen::arbitrary<std::uint32_t>();
        for (const int turn : *rc::gen::container<std::vector<int>>(rc::gen::inRange(0, 4))) {
            now += 20ms;
            ++in_sequence;
            in_time += 160;
            if (turn == 3) {
                out.restart();
                continue;
            }
            const auto h =
                turn == 0 ? std::optional(out.generated(now, 0))
                          : out.relayed({false, 0, in_sequence, in_time, static_cast<std::uint32_t>(turn)}, now, 0);
            if (turn == 0) out.restart();
            RC_ASSERT(h.has_value());
            if (last) {
                RC_ASSERT(static_cast<std::int16_t>(h->sequence - last->sequence) > 0);
                RC_ASSERT(static_cast<std::int32_t>(h->timestamp - last->timestamp) > 0);
            }
            last = h;
        }
    }));
}

}  // namespace
}  // namespace centrala::media
