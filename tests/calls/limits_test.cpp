// The token bucket and the rate-limited security events.
#include <gtest/gtest.h>

#include "calls/rate_limiter.hpp"
#include "calls/security_log.hpp"

namespace centrala::calls {
namespace {

constexpr Timestamp kStart{Duration(1'700'000'000'000'000)};

TEST(RateLimiter, AllowsOneSecondsWorthAtOnceAndThenTheRate) {
    RateLimiter limiter(10);
    int taken = 0;
    for (int i = 0; i < 100; ++i) taken += limiter.take(kStart);
    EXPECT_EQ(taken, 10);
    for (int ms = 1; ms <= 1000; ++ms) taken += limiter.take(kStart + Duration(1ms) * ms);
    EXPECT_EQ(taken, 20);
}

TEST(RateLimiter, DoesNotSaveUpMoreThanASecond) {
    RateLimiter limiter(5);
    for (int i = 0; i < 5; ++i) EXPECT_TRUE(limiter.take(kStart));
    int taken = 0;
    for (int i = 0; i < 100; ++i) taken += limiter.take(kStart + 24h);
    EXPECT_EQ(taken, 5);
}

TEST(RateLimiter, ZeroMeansNoLimit) {
    RateLimiter limiter(0);
    for (int i = 0; i < 1000; ++i) ASSERT_TRUE(limiter.take(kStart));
}

struct CountingSink : journal::Sink {
    void append(const routing::Event&) override {}
    void append(Timestamp, std::string_view, std::initializer_list<journal::Field> fields) override {
        ++events;
        for (const auto& field : fields)
            if (field.key == "suppressed") suppressed = std::get<std::int64_t>(field.value);
    }
    int events = 0;
    std::int64_t suppressed = 0;
};

sip::Flow from(std::uint32_t host) {
    sip::Flow flow;
    flow.remote = {IpAddress::v4({10, static_cast<std::uint8_t>(host >> 16), static_cast<std::uint8_t>(host >> 8),
                                  static_cast<std::uint8_t>(host)}),
                   5060};
    return flow;
}

TEST(SecurityLog, ReportsASourceOnceAnIntervalAndSaysHowManyItSuppressed) {
    CountingSink sink;
    SecurityLog log(sink, 10s);
    for (int i = 0; i < 50; ++i) log.report("security.refused", from(1), "INVITE", "x", "stranger", kStart);
    EXPECT_EQ(sink.events, 1);
    log.report("security.refused", from(2), "INVITE", "x", "stranger", kStart);
    EXPECT_EQ(sink.events, 2);
    log.report("security.refused", from(1), "INVITE", "x", "stranger", kStart + 10s);
    EXPECT_EQ(sink.events, 3);
    EXPECT_EQ(sink.suppressed, 49);
}

TEST(SecurityLog, OneTypeHidesNoOther) {
    CountingSink sink;
    SecurityLog log(sink, 10s);
    for (int i = 0; i < 3; ++i) log.report("security.refused", from(1), "INVITE", "x", "stranger", kStart);
    for (int i = 0; i < 5; ++i) log.report("security.auth_failed", from(1), "INVITE", "x", "wrong", kStart);
    EXPECT_EQ(sink.events, 2);
    log.report("security.refused", from(1), "INVITE", "x", "stranger", kStart + 10s);
    EXPECT_EQ(sink.suppressed, 2);
    log.report("security.auth_failed", from(1), "INVITE", "x", "wrong", kStart + 10s);
    EXPECT_EQ(sink.suppressed, 4);
}

TEST(SecurityLog, ForgedSourcesFillNeitherTheLogNorMemory) {
    CountingSink sink;
    SecurityLog log(sink, 10s);
    const auto flood = [&](Timestamp at) {
        for (std::uint32_t host = 0; host < 50'000; ++host)
            log.report("security.refused", from(host), "OPTIONS", "x", "stranger", at);
    };
    flood(kStart);
    EXPECT_EQ(sink.events, 100);
    EXPECT_EQ(log.unlogged(), 49'900u);
    flood(kStart + 1s);
    EXPECT_EQ(sink.events, 200);
}

}  // namespace
}  // namespace centrala::calls
