// RTP and RTCP packets as bytes (RFC 3550).
#include "media/rtp_packet.hpp"

#include <gtest/gtest.h>
#include <rapidcheck.h>

#include "media/rtcp_packet.hpp"
#include "media/support.hpp"

namespace centrala::media {
namespace {

using Bytes = std::vector<std::uint8_t>;

Bytes rtp(const RtpHeader& header, std::size_t payload = 160) {
    Bytes b(kRtpHeaderSize + payload, 0x55);
    write_rtp_header(header, b.data());
    return b;
}

TEST(RtpPacket, ReadsWhatItWrites) {
    EXPECT_TRUE(rc::check([] {
        RtpHeader h;
        h.marker = *rc::gen::arbitrary<bool>();
        h.payload_type = *rc::gen::inRange<std::uint8_t>(0, 72);
        h.sequence = *rc::gen::arbitrary<std::uint16_t>();
        h.timestamp = *rc::gen::arbitrary<std::uint32_t>();
        h.ssrc = *rc::gen::arbitrary<std::uint32_t>();
        const auto size = *rc::gen::inRange<std::size_t>(0, 400);
        auto bytes = rtp(h, size);
        const auto p = parse_rtp(bytes);
        RC_ASSERT(p.has_value());
        RC_ASSERT(p->header == h);
        RC_ASSERT(p->payload.size() == size);
    }));
}

TEST(RtpPacket, StepsOverContributorsExtensionAndPadding) {
    Bytes b = rtp({false, 8, 1, 2, 3}, 0);
    b[0] = 0x80 | 0x20 | 0x10 | 2;
    b.insert(b.end(), 8, 0);                            // two CSRCs
    b.insert(b.end(), {0xbe, 0xde, 0, 1, 1, 2, 3, 4});  // one word of extension
    b.insert(b.end(), {0xaa, 0xbb, 0, 0, 3});           // two bytes of payload, three of padding
    const auto p = parse_rtp(b);
    ASSERT_TRUE(p);
    EXPECT_EQ(Bytes(p->payload.begin(), p->payload.end()), (Bytes{0xaa, 0xbb}));
}

TEST(RtpPacket, RefusesWhatIsCutShortOrSomethingElse) {
    Bytes whole = rtp({false, 0, 1, 2, 3}, 0);
    EXPECT_TRUE(parse_rtp(whole));
    EXPECT_FALSE(parse_rtp(std::span(whole).first(11)));
    auto changed = [&](std::size_t i, std::uint8_t v) {
        Bytes b = whole;
        b[i] = v;
        return parse_rtp(b).has_value();
    };
    EXPECT_FALSE(changed(0, 0x40)) << "version 1";
    EXPECT_FALSE(changed(0, 0x81)) << "a CSRC that isn't there";
    EXPECT_FALSE(changed(0, 0x90)) << "an extension that isn't there";
    EXPECT_FALSE(changed(0, 0xa0)) << "padding beyond the packet";
    EXPECT_FALSE(changed(1, 200)) << "RTCP SR";
    EXPECT_FALSE(parse_rtp({}));
}

TEST(RtcpPacket, ReadsWhatItWrites) {
    EXPECT_TRUE(rc::check([] {
        RtcpReport r;
        r.ssrc = *rc::gen::arbitrary<std::uint32_t>();
        if (*rc::gen::arbitrary<bool>())
            r.sender = SenderInfo{*rc::gen::arbitrary<std::uint64_t>(), *rc::gen::arbitrary<std::uint32_t>(),
                                  *rc::gen::arbitrary<std::uint32_t>(), *rc::gen::arbitrary<std::uint32_t>()};
        if (*rc::gen::arbitrary<bool>())
            r.block = ReportBlock{77,
                                  *rc::gen::arbitrary<std::uint8_t>(),
                                  *rc::gen::inRange<std::int32_t>(-0x800000, 0x800000),
                                  *rc::gen::arbitrary<std::uint32_t>(),
                                  *rc::gen::arbitrary<std::uint32_t>(),
                                  *rc::gen::arbitrary<std::uint32_t>(),
                                  *rc::gen::arbitrary<std::uint32_t>()};
        r.bye = *rc::gen::arbitrary<bool>();
        const auto cname = *rc::gen::string<std::string>();
        RtcpBuffer buffer;
        const auto size = write_rtcp(r, cname, buffer);
        RC_ASSERT(size % 4 == 0u);
        const auto back = parse_rtcp(std::span(buffer).first(size), 77);
        RC_ASSERT(back.has_value());
        RC_ASSERT(*back == r);
        for (std::size_t cut = 1; cut < size; cut += 3)
            if (const auto p = parse_rtcp(std::span(buffer).first(cut), 77)) RC_ASSERT(!p->bye || cut == size);
    }));
}

TEST(RtcpPacket, TakesOnlyTheBlockAboutUs) {
    RtcpReport r;
    r.block = ReportBlock{};
    r.block->ssrc = 5;
    RtcpBuffer buffer;
    const auto size = write_rtcp(r, "x", buffer);
    EXPECT_TRUE(parse_rtcp(std::span(buffer).first(size), 5)->block);
    EXPECT_FALSE(parse_rtcp(std::span(buffer).first(size), 6)->block);
}

TEST(RtcpPacket, RefusesWhatIsNoCompoundPacket) {
    RtcpBuffer buffer;
    const auto size = write_rtcp({}, "cname", buffer);
    Bytes whole(buffer.begin(), buffer.begin() + static_cast<std::ptrdiff_t>(size));
    ASSERT_TRUE(parse_rtcp(whole, 0));
    auto changed = [&](std::size_t i, std::uint8_t v) {
        Bytes b = whole;
        b[i] = v;
        return parse_rtcp(b, 0).has_value();
    };
    EXPECT_FALSE(changed(0, 0x40)) << "version 1";
    EXPECT_FALSE(changed(0, 0xa0)) << "padding in the first";
    EXPECT_FALSE(changed(0, 0x9f)) << "31 blocks in 8 bytes";
    EXPECT_FALSE(changed(1, 202)) << "no report first";
    EXPECT_FALSE(changed(3, 200)) << "longer than the datagram";
    EXPECT_FALSE(parse_rtcp(std::span(whole).first(size - 4), 0)) << "lengths that don't add up";
    EXPECT_FALSE(parse_rtcp({}, 0));
    EXPECT_FALSE(parse_rtcp(Bytes{0x80, 201, 0, 0}, 0)) << "a report without its sender";
}

}  // namespace
}  // namespace centrala::media
