// What a phone's refusal says of the person.
#include "calls/offer_outcome.hpp"

#include <gtest/gtest.h>

namespace centrala::calls {
namespace {

using routing::Outcome;

TEST(OfferOutcome, A486AfterRingingIsAPersonsDecision) {
    EXPECT_EQ(outcome_of(486, {.rang = true}), Outcome::rejected);
    EXPECT_EQ(outcome_of(486, {.rang = false}), Outcome::busy);
    EXPECT_EQ(outcome_of(486, {.rang = true, .in_other_use = true}), Outcome::busy);
    EXPECT_EQ(outcome_of(600, {.rang = true}), Outcome::rejected);
}

TEST(OfferOutcome, A603IsAlwaysADecision) {
    EXPECT_EQ(outcome_of(603, {}), Outcome::rejected);
    EXPECT_EQ(outcome_of(607, {}), Outcome::rejected);
}

TEST(OfferOutcome, EverythingElseSpeaksOfThePhone) {
    for (const int status : {302, 401, 404, 408, 480, 487, 488, 500, 503, 606})
        EXPECT_EQ(outcome_of(status, {.rang = true}), Outcome::unreachable) << status;
}

TEST(OfferOutcome, WhoRefusesToSayWhatItCanDoIsThereAllTheSame) {
    for (const int status : {200, 404, 405, 486, 501}) EXPECT_TRUE(is_there(status)) << status;
    for (const int status : {408, 430, 480, 503, 504}) EXPECT_FALSE(is_there(status)) << status;
}

TEST(OfferOutcome, OfSeveralPhonesTheOneThatTellsMostOfThePersonCounts) {
    EXPECT_EQ(worse(Outcome::unreachable, Outcome::busy), Outcome::busy);
    EXPECT_EQ(worse(Outcome::rejected, Outcome::busy), Outcome::rejected);
    EXPECT_EQ(worse(Outcome::unreachable, Outcome::unreachable), Outcome::unreachable);
}

}  // namespace
}  // namespace centrala::calls
