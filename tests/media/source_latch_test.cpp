// Whom a session believes: symmetric RTP against injection.
#include "media/source_latch.hpp"

#include <gtest/gtest.h>

#include "media/support.hpp"

namespace centrala::media {
namespace {

using test::at;

Endpoint ep(const char* text) {
    return *Endpoint::parse(text);
}

struct Latch {
    SourceLatch latch;
    std::uint16_t sequence = 0;
    bool hears(const char* from, Duration when, std::uint32_t ssrc = 1) {
        return latch.admit(ep(from), ssrc, ++sequence, at(when));
    }
};

TEST(SourceLatch, HearsNobodyBeforeConnect) {
    Latch l;
    EXPECT_FALSE(l.hears("203.0.113.1:4000", 0ms));
}

TEST(SourceLatch, BelievesWhatSdpNamesAtOnceAndAlways) {
    Latch l;
    l.latch.arm(ep("203.0.113.1:4000"), at(0ms));
    EXPECT_TRUE(l.hears("203.0.113.1:9999", 0ms)) << "same address, a NAT moved the port";
    EXPECT_EQ(l.latch.destination(), ep("203.0.113.1:9999"));
    EXPECT_TRUE(l.hears("203.0.113.1:4000", 10ms));
    EXPECT_EQ(l.latch.destination(), ep("203.0.113.1:4000"));
    EXPECT_FALSE(l.hears("203.0.113.1:9999", 20ms));
}

TEST(SourceLatch, LearnsANatOnceAndThenLocks) {
    Latch l;
    l.latch.arm(ep("192.168.1.5:4000"), at(0ms));
    EXPECT_EQ(l.latch.destination(), ep("192.168.1.5:4000"));
    EXPECT_TRUE(l.hears("203.0.113.9:61000", 60s));
    EXPECT_EQ(l.latch.destination(), ep("203.0.113.9:61000"));
    EXPECT_FALSE(l.hears("198.51.100.66:666", 60s + 10ms)) << "injected";
    EXPECT_TRUE(l.hears("203.0.113.9:61000", 61s));
    EXPECT_FALSE(l.hears("198.51.100.66:666", 62s + 999ms));
    EXPECT_TRUE(l.hears("203.0.113.9:61044", 63s + 1ms)) << "two seconds of silence: the mapping changed";
}

TEST(SourceLatch, StrangersMustPersuadeAndSoon) {
    Latch l;
    l.latch.arm(ep("203.0.113.1:4000"), at(0ms));
    for (int i = 0; i < 4; ++i) EXPECT_FALSE(l.hears("198.51.100.7:5000", 20ms * i));
    EXPECT_TRUE(l.hears("198.51.100.7:5000", 100ms));
    Latch torn;
    torn.latch.arm(ep("203.0.113.1:4000"), at(0ms));
    for (int i = 0; i < 20; ++i) EXPECT_FALSE(torn.hears(i % 2 ? "198.51.100.7:5000" : "198.51.100.8:5000", 20ms * i));
    Latch late;
    late.latch.arm(ep("203.0.113.1:4000"), at(0ms));
    for (int i = 0; i < 20; ++i) EXPECT_FALSE(late.hears("198.51.100.7:5000", 10s + 20ms * (i + 1)));
    Latch known;
    known.latch.arm(ep("203.0.113.1:4000"), at(0ms));
    EXPECT_TRUE(known.hears("203.0.113.1:4000", 0ms));
    for (int i = 0; i < 20; ++i)
        EXPECT_FALSE(known.hears("198.51.100.7:5000", 5s + 20ms * i)) << "the real one was heard";
}

TEST(SourceLatch, APeerThatNamesItsOtherFamilysAddressIsFoundWhereItSendsFrom) {
    Latch l;
    l.latch.arm(ep("[fd00::2]:4000"), at(0ms));
    EXPECT_TRUE(l.hears("192.168.1.5:4000", 0ms));
    EXPECT_EQ(l.latch.destination(), ep("192.168.1.5:4000"));
    Latch open;
    open.latch.arm(ep("[2001:db8::2]:4000"), at(0ms));
    for (int i = 0; i < 4; ++i) EXPECT_FALSE(open.hears("203.0.113.9:4000", 20ms * i)) << "a stranger has to persuade";
    EXPECT_TRUE(open.hears("203.0.113.9:4000", 80ms));
}

TEST(SourceLatch, ARefreshUnlearnsNothing) {
    Latch l;
    l.latch.arm(ep("10.0.0.5:4000"), at(0ms));
    EXPECT_TRUE(l.hears("203.0.113.9:61000", 0ms));
    l.latch.arm(ep("10.0.0.5:4000"), at(10s));
    EXPECT_EQ(l.latch.destination(), ep("203.0.113.9:61000"));
}

TEST(SourceLatch, StragglersOfTheOldSourceDontLatchAgain) {
    Latch l;
    l.latch.arm(ep("10.0.0.5:4000"), at(0ms));
    EXPECT_TRUE(l.hears("203.0.113.9:61000", 0ms));
    l.latch.arm(ep("10.0.0.5:4002"), at(1s));
    EXPECT_FALSE(l.hears("203.0.113.9:61000", 1s + 100ms));
    EXPECT_TRUE(l.hears("203.0.113.9:61002", 1s + 120ms));
    EXPECT_EQ(l.latch.destination(), ep("203.0.113.9:61002"));
}

TEST(SourceLatch, KnowsAddressesThatNobodyOutsideReaches) {
    for (const char* a : {"10.1.2.3", "172.16.0.1", "172.31.255.1", "192.168.0.1", "100.64.0.1", "169.254.1.1",
                          "127.0.0.1", "0.0.0.0", "fc00::1", "fd12::1", "fe80::1", "::1"})
        EXPECT_TRUE(is_unreachable_from_outside(*IpAddress::parse(a))) << a;
    for (const char* a : {"11.0.0.1", "172.32.0.1", "192.169.0.1", "100.128.0.1", "8.8.8.8", "2001:db8::1"})
        EXPECT_FALSE(is_unreachable_from_outside(*IpAddress::parse(a))) << a;
}

}  // namespace
}  // namespace centrala::media
