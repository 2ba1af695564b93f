// The circuit breaker before the system that knows callers, its deadlines and its limit.
#include "calls/lookups.hpp"

#include <gtest/gtest.h>

namespace centrala::calls {
namespace {

using Change = Lookups::Change;
using State = Lookups::State;

constexpr Timestamp kBegin{Duration(1'700'000'000'000'000)};

class LookupsTest : public ::testing::Test {
protected:
    LookupsTest() {
        options.timeout = 800ms;
        options.failures_max = 3;
        options.rest = 30s;
        options.at_once_max = 4;
    }
    LookupId ask() {
        const auto question = lookups.ask(now);
        EXPECT_TRUE(question.id);
        return question.id.value_or(LookupId{});
    }
    Change answer(bool good) { return lookups.ended(ask(), good, now); }
    void suspend() {
        EXPECT_EQ(answer(false), Change::none);
        EXPECT_EQ(answer(false), Change::none);
        EXPECT_EQ(answer(false), Change::suspended);
    }
    [[nodiscard]] State state() const { return lookups.view(now).state; }

    config::CallerLookup options;
    Lookups lookups{options};
    Timestamp now = kBegin;
};

TEST_F(LookupsTest, AQuestionIsOpenUntilItsDeadline) {
    const LookupId id = ask();
    EXPECT_TRUE(lookups.is_open(id));
    EXPECT_EQ(lookups.deadline(), kBegin + 800ms);
    EXPECT_FALSE(lookups.pop_due(kBegin + 799ms));
    EXPECT_EQ(lookups.pop_due(kBegin + 800ms), id);
    EXPECT_EQ(lookups.ended(id, false, kBegin + 800ms), Change::none);
    EXPECT_FALSE(lookups.is_open(id));
    EXPECT_FALSE(lookups.deadline());
}

TEST_F(LookupsTest, AnAnswerInTimeTakesTheDeadlineAway) {
    const LookupId id = ask();
    lookups.ended(id, true, now);
    EXPECT_FALSE(lookups.deadline());
    EXPECT_EQ(lookups.ended(id, true, now), Change::none) << "only once";
}

TEST_F(LookupsTest, NoMoreAreUnderWayThanAllowed) {
    const LookupId first = ask();
    for (int i = 0; i < 3; ++i) ask();
    const auto refused = lookups.ask(now);
    EXPECT_FALSE(refused.id);
    EXPECT_FALSE(refused.suspended);
    lookups.ended(first, true, now);
    ask();
    const LookupView view = lookups.view(now);
    EXPECT_EQ(view.under_way, 4u);
    EXPECT_EQ(view.asked, 5u);
    EXPECT_EQ(view.unasked, 1u);
}

TEST_F(LookupsTest, FailuresInARowSuspendItAndAGoodAnswerBeginsTheCountAnew) {
    answer(false);
    answer(false);
    answer(true);
    suspend();
    EXPECT_EQ(state(), State::suspended);
    EXPECT_TRUE(lookups.ask(now).suspended);
    EXPECT_EQ(lookups.view(now + 10s).left, 20s);
}

TEST_F(LookupsTest, AfterTheRestOneQuestionDecidesForTheOthers) {
    suspend();
    now += 30s;
    const LookupId trial = ask();
    EXPECT_EQ(state(), State::on_trial);
    EXPECT_TRUE(lookups.ask(now).suspended) << "the others wait for nobody";
    EXPECT_EQ(lookups.ended(trial, true, now), Change::resumed);
    EXPECT_EQ(state(), State::answering);
    EXPECT_EQ(answer(false), Change::none) << "and has all its chances again";
}

TEST_F(LookupsTest, ATrialThatFailsBeginsAnotherRest) {
    suspend();
    now += 30s;
    EXPECT_EQ(answer(false), Change::none) << "it was suspended before";
    EXPECT_EQ(state(), State::suspended);
    now += 29s;
    EXPECT_TRUE(lookups.ask(now).suspended);
    now += 1s;
    ask();
}

TEST_F(LookupsTest, WhatWasAskedBeforeDecidesNothingAfterwards) {
    const LookupId old = ask();
    const LookupId older_still = ask();
    EXPECT_EQ(answer(false), Change::none);
    EXPECT_EQ(answer(false), Change::none);
    EXPECT_EQ(lookups.ended(old, false, now), Change::suspended);
    now += 30s;
    const LookupId trial = ask();
    EXPECT_EQ(lookups.ended(older_still, true, now), Change::none);
    EXPECT_EQ(state(), State::on_trial);
    EXPECT_EQ(lookups.ended(trial, true, now), Change::resumed);
}

TEST_F(LookupsTest, ATrialDoesNotBreakTheLimit) {
    for (int i = 0; i < 4; ++i) ask();
    for (int i = 0; i < 3; ++i) lookups.ended(*lookups.pop_due(now + 1s), false, now);
    EXPECT_EQ(state(), State::suspended);
    now += 30s;
    ask();
    EXPECT_EQ(lookups.view(now).under_way, 2u);
}

}  // namespace
}  // namespace centrala::calls
