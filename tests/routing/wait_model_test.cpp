// What a queue learns about its waits, and what it makes of it; held to exact sums. How good the estimates are is
// tested on simulated queues: tests/simulator/estimates_test.cpp.
#include "centrala/routing/wait_model.hpp"

#include <cmath>
#include <random>

#include <gtest/gtest.h>

#include "centrala/routing/expected_wait.hpp"
#include "scenario.hpp"

namespace centrala::routing::testing {
namespace {

double exact(std::size_t ahead, Duration gap, Duration patience) {
    double sum = 0;
    const auto g = static_cast<double>(gap.count()), p = static_cast<double>(patience.count());
    for (std::size_t i = 0; i <= ahead; ++i) sum += g / (1 + static_cast<double>(i) * g / p);
    return sum;
}

TEST(DrainedAfter, IsTheSumOverAllCallsAhead) {
    for (const std::size_t ahead : {0, 1, 5, 7, 8, 9, 100, 100'000})
        for (const Duration gap : {1ms, 1800ms, 60000ms})
            for (const Duration patience : {2s, 180s, 36000s}) {
                const double want = std::min(exact(ahead, gap, patience), 24.0 * 3600e6);
                EXPECT_NEAR(static_cast<double>(drained_after(ahead, gap, patience).count()), want, want * 1e-3 + 2)
                    << ahead << " calls, " << gap.count() << " us, " << patience.count() << " us";
            }
}

TEST(DrainedAfter, IsGapsWhereNobodyHangsUp) {
    EXPECT_EQ(drained_after(0, 10s, std::nullopt), 10s);
    EXPECT_EQ(drained_after(9, 10s, std::nullopt), 100s);
    EXPECT_EQ(drained_after(9, 10s, Duration(1LL << 62)), 100s);
}

TEST(DrainedAfter, EndsAtADay) {
    EXPECT_EQ(drained_after(~std::size_t{0}, kWaitMax, std::nullopt), kWaitMax);
    EXPECT_EQ(drained_after(~std::size_t{0}, kWaitMax, 1us), kWaitMax);
}

TEST(WaitModel, LearnsThePaceFromAgentsTimeWhileSomebodyWaits) {
    WaitModel model;
    Timestamp now{1'000'000s};
    for (int i = 0; i < 4000; ++i) {  // ten agents, a call every 6 s
        model.backlog_begins(now);
        now += 6s;
        model.backlog_lasts(now, 10);
        model.backlog_ends();
        model.answered();
        now += 100s;  // nobody waits
    }
    EXPECT_NEAR(static_cast<double>(model.signs(0, 10, 0, 10).gap.count()), 6e6, 0.1e6);
    EXPECT_NEAR(static_cast<double>(model.signs(0, 20, 0, 20).gap.count()), 3e6, 0.1e6);
}

TEST(WaitModel, LearnsWhatIsAlwaysWrong) {
    WaitModel model;
    const WaitSigns signs{10s, 100s, 50s};
    for (int i = 0; i < 2000; ++i) model.learn({model.in_line(signs), signs}, 150s, 0s);
    EXPECT_NEAR(static_cast<double>(model.in_line(signs).expected.count()), 150e6, 2e6);
    EXPECT_LT(model.errors.root(), 10s);
}

TEST(WaitModel, TellsAWaitThatFourInFiveDoNotExceed) {
    WaitModel model;
    const WaitSigns signs{10s, 100s, 100s};
    std::mt19937_64 dice(1);
    int within = 0;
    constexpr int kCalls = 20'000;
    for (int i = 0; i < kCalls; ++i) {
        const WaitEstimate told = model.in_line(signs);
        const Duration wait = 50s + Duration(static_cast<std::int64_t>(dice() % 100'000'000));
        within += wait <= *told.p80;
        model.learn({told, signs}, wait, 0s);
    }
    EXPECT_NEAR(within, kCalls * 0.8, kCalls * 0.01);
    EXPECT_NEAR(static_cast<double>(model.errors.covered), WaitErrors::kAll * 0.8, WaitErrors::kAll * 0.04);
}

TEST(WaitErrors, AreMeansOfWhatWasTold) {
    WaitErrors errors;
    errors.add({10s, 12s}, 11s);
    errors.add({10s, 12s}, 13s);
    errors.add({10s, 12s}, 6s);
    EXPECT_EQ(errors.calls, 3U);
    EXPECT_EQ(errors.bias, 0s);
    EXPECT_NEAR(static_cast<double>(errors.absolute.count()), 8e6 / 3, 2);
    EXPECT_NEAR(static_cast<double>(errors.root().count()), std::sqrt(26 / 3.0) * 1e6, 1000);
    EXPECT_NEAR(static_cast<double>(errors.covered) / WaitErrors::kAll, 2 / 3.0, 1e-3);
}

TEST(WaitModel, BearsAnythingThatALogMayTell) {
    WaitModel model;
    constexpr Duration kLong{1LL << 53};
    for (int i = 0; i < 10'000; ++i) {
        model.backlog_begins(Timestamp{});
        model.backlog_lasts(Timestamp{kLong}, ~0U);
        model.waited(kLong, i % 2 == 0);
        model.handled(kLong);
        model.rang(kLong);
        const WaitSigns signs = model.signs(~std::size_t{0} >> 1, ~0U, ~std::size_t{0} >> 1, ~0U);
        model.learn({model.in_line(signs), signs}, i % 3 == 0 ? kLong : -kLong, 0s);
        ASSERT_GE(model.in_line(signs).expected, 0s);
        ASSERT_LE(model.in_line(signs).expected, kWaitMax);
    }
}

std::optional<WaitEstimate> sales_wait(Scenario& s) {
    return expected_wait(s.state(), *s.plan(), sales, s.queue(sales).waiting(), Scenario::kStart);
}

TEST(ExpectedWait, IsNoneWithoutAgentsAndOnlyThePhoneWithAFreeOne) {
    Scenario s;
    EXPECT_FALSE(sales_wait(s));
    s.staff({ann});
    const auto told = sales_wait(s);
    ASSERT_TRUE(told);
    EXPECT_EQ(told->expected, 0s);
    EXPECT_FALSE(told->p80);
}

TEST(ExpectedWait, GrowsWithTheLineAndShrinksWithTheAgents) {
    Scenario s;
    s.staff({ann});
    s.at(0s, calls(sales))
        .expect("c1 arrives at sales", "c1 waits in sales #1", "o1: c1 to ann", "ann ready>reserved offer.made");
    const auto first = sales_wait(s);
    ASSERT_TRUE(first && first->p80);
    EXPECT_EQ(first->expected, 3min) << "nothing is known: a call is taken to last three minutes";
    s.at(1s, calls(sales)).expect("c2 arrives at sales", "c2 waits in sales #2");
    EXPECT_EQ(s.last<event::ContactEnqueued>().estimate, first);
    const auto second = sales_wait(s);
    EXPECT_EQ(second->expected, 6min);
    EXPECT_EQ(expected_wait_behind(s.state(), sales, 0)->expected, 3min) << "of the one who waits";
    s.at(2s, goes_not_ready(ann)).expect("o1 rescinded", "ann reserved>not_ready not_ready");
    EXPECT_FALSE(sales_wait(s)) << "nobody is at work";
}

TEST(ExpectedWait, SendsOnWhoWouldWaitTooLong) {
    Plan p = shop();
    p.queues[0].overflow = support;
    p.queues[0].overflow_when.expected_wait = 5min;
    Scenario s(p);
    s.staff({ann});
    s.at(0s, calls(sales))
        .expect("c1 arrives at sales", "c1 waits in sales #1", "o1: c1 to ann", "ann ready>reserved offer.made");
    s.at(1s, calls(sales)).expect("c2 arrives at sales", "c2 waits in sales #2");
    s.at(2s, calls(sales))
        .expect("c3 arrives at sales", "c3 waits in sales #3",
                "c3 overflows sales>support after 0s because of expected_wait");
    s.at(3s, goes_not_ready(ann)).expect("o1 rescinded", "ann reserved>not_ready not_ready");
    s.at(4s, calls(sales)).expect("c4 arrives at sales", "c4 waits in sales #3");  // who knows when somebody comes
}

}  // namespace
}  // namespace centrala::routing::testing
