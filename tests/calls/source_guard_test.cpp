// What is held against a source, and for how long.
#include "calls/source_guard.hpp"

#include <gtest/gtest.h>

namespace centrala::calls {
namespace {

constexpr Timestamp kStart{Duration(1'700'000'000'000'000)};

Endpoint source(std::uint32_t host, std::uint16_t port = 5060) {
    return {IpAddress::v4({10, static_cast<std::uint8_t>(host >> 16), static_cast<std::uint8_t>(host >> 8),
                           static_cast<std::uint8_t>(host)}),
            port};
}

struct Guard : testing::Test {
    SourceGuard guard{{.requests_per_second = 10, .ban_after = 3, .ban_within = 1min, .ban_time = 5min}};

    /// How many of them it took to be banned; 0: it isn't.
    int offend(int times, Timestamp at, Offence offence = Offence::failed_authentication) {
        for (int i = 1; i <= times; ++i)
            if (guard.offend(source(1), offence, at)) return i;
        return 0;
    }
};

TEST_F(Guard, LimitsEachSourceByItself) {
    int taken = 0;
    for (int i = 0; i < 50; ++i) taken += guard.take(source(1).address, kStart);
    EXPECT_EQ(taken, 10);
    EXPECT_TRUE(guard.take(source(2).address, kStart));
    EXPECT_TRUE(guard.take(source(1).address, kStart + 1s));
}

TEST_F(Guard, BansAfterSoManyOffencesWithinTheTime) {
    EXPECT_EQ(offend(2, kStart), 0);
    EXPECT_EQ(offend(2, kStart + 61s), 0) << "the first two are forgotten";
    EXPECT_FALSE(guard.is_banned(source(1).address));
    EXPECT_EQ(offend(1, kStart + 90s), 1);
    EXPECT_TRUE(guard.is_banned(source(1).address));
    EXPECT_FALSE(guard.is_banned(source(2).address));
}

TEST_F(Guard, BansAScannerAtOnce) {
    EXPECT_EQ(offend(1, kStart, Offence::scanner), 1);
}

TEST_F(Guard, LetsGoWhenTheTimeIsOverAndBeginsANewAccount) {
    ASSERT_EQ(offend(3, kStart), 3);
    EXPECT_EQ(guard.deadline(), kStart + 5min);
    EXPECT_TRUE(guard.expire(kStart + 5min - 1us).empty());
    const auto over = guard.expire(kStart + 5min);
    ASSERT_EQ(over.size(), 1u);
    EXPECT_EQ(over[0].source, source(1));
    EXPECT_EQ(over[0].why, Offence::failed_authentication);
    EXPECT_FALSE(guard.is_banned(source(1).address));
    EXPECT_FALSE(guard.deadline());
    EXPECT_EQ(offend(2, kStart + 5min), 0);
}

TEST_F(Guard, LetsGoWhenToldTo) {
    EXPECT_FALSE(guard.lift(source(1).address));
    ASSERT_EQ(offend(3, kStart), 3);
    ASSERT_EQ(guard.bans().size(), 1u);
    EXPECT_TRUE(guard.lift(source(1).address));
    EXPECT_FALSE(guard.is_banned(source(1).address));
    EXPECT_TRUE(guard.expire(kStart + 24h).empty());
}

TEST_F(Guard, BansNobodyIfSoConfigured) {
    SourceGuard lenient({.requests_per_second = 0, .ban_after = 0});
    for (int i = 0; i < 100; ++i) {
        ASSERT_FALSE(lenient.offend(source(1), Offence::scanner, kStart));
        ASSERT_FALSE(lenient.challenged(source(1).address, kStart + i * 1s));
        ASSERT_TRUE(lenient.take(source(1).address, kStart));
    }
}

TEST_F(Guard, AnOfficeWhosePhonesAllAskAtOnceOffendsNobody) {
    for (int i = 0; i < 500; ++i) ASSERT_FALSE(guard.challenged(source(1).address, kStart + i * 9ms));
    guard.proved(source(1).address);
    EXPECT_FALSE(guard.challenged(source(1).address, kStart + 6s));
}

TEST_F(Guard, ChallengesThatAreNeverAnsweredAreAnOffenceAfterAWhile) {
    int offences = 0;
    for (int i = 0; i < 20; ++i) offences += guard.challenged(source(1).address, kStart + i * 1s);
    EXPECT_EQ(offences, 15);
}

TEST_F(Guard, ForgetsTheQuietestSourceRatherThanGrow) {
    EXPECT_EQ(offend(2, kStart), 0);
    ASSERT_FALSE(guard.offend(source(2), Offence::stranger, kStart));
    ASSERT_FALSE(guard.offend(source(2), Offence::stranger, kStart));
    for (std::uint32_t host = 3; host <= SourceGuard::kSourcesMax + 1; ++host) guard.take(source(host).address, kStart);
    EXPECT_TRUE(guard.offend(source(2), Offence::stranger, kStart)) << "still remembered";
    EXPECT_EQ(offend(1, kStart), 0) << "the quietest was forgotten";
}

TEST_F(Guard, BansNoMoreThanItCanRemember) {
    for (std::uint32_t host = 1; host <= SourceGuard::kBansMax; ++host)
        ASSERT_TRUE(guard.offend(source(host), Offence::scanner, kStart));
    EXPECT_FALSE(guard.offend(source(60'000), Offence::scanner, kStart));
    EXPECT_EQ(guard.ban_count(), SourceGuard::kBansMax);
    EXPECT_EQ(guard.expire(kStart + 1h).size(), SourceGuard::kBansMax);
    EXPECT_TRUE(guard.offend(source(60'000), Offence::scanner, kStart + 1h));
}

}  // namespace
}  // namespace centrala::calls
