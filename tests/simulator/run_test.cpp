// What happens to single calls, from lists of them: who answers when, and what counts.
#include <cmath>

#include "support.hpp"

namespace centrala::simulator {
namespace {

/// One queue a, one class A unless `more` has its own. `more`: agents and whatever else is different.
config::Scenario centre(const std::string& more, const std::string& calls) {
    const bool own = more.find("classes:") != std::string::npos;
    auto s = scenario("horizon: 1h\nreplications: 1\nskills: [a]\n" + more +
                      (own ? "" : "classes: {A: {queue: a, service: 1s}}\n"));
    auto loaded = config::load_calls_text("arrival_s,class,work_s,patience_s\n" + calls, "calls.csv", s);
    if (const auto* problems = std::get_if<std::vector<config::Problem>>(&loaded)) {
        for (const auto& p : *problems) ADD_FAILURE() << p.to_string();
        return s;
    }
    s.calls = std::make_shared<const std::vector<config::ListedCall>>(
        std::get<std::vector<config::ListedCall>>(std::move(loaded)));
    return s;
}

const std::string kQueue = "queues: {a: {requires: {a: 1}, wrap_up: 0s, service_level: 20s}}\n";
const std::string kOneAgent = "agents: {ann: {skills: {a: 5}}}\n";

/// "call@second after wait by agent …", in order.
std::string starts(const config::Scenario& s) {
    std::string out;
    for (const ServiceStart& x : service_starts(s))
        out += std::to_string(x.call) + "@" + std::to_string(to_ms(x.at)) + " after " + std::to_string(to_ms(x.wait)) +
               " by " + s.plan->agents[routing::index(x.agent)].name + "; ";
    return out;
}

double figure(const config::Scenario& s, Figure f) {
    return estimate(simulate(s), f).mean;
}

TEST(Run, CallsAreAnsweredInTheirOrderAsTheAgentBecomesFree) {
    const auto s = centre(kQueue + kOneAgent, "10,A,30,-1\n15,A,30,-1\n12,A,5,-1\n");
    EXPECT_EQ(starts(s), "1@10000 after 0 by ann; 3@40000 after 28000 by ann; 2@45000 after 30000 by ann; ");
    EXPECT_DOUBLE_EQ(figure(s, Figure::wait_answered), 58.0 / 3);
    EXPECT_DOUBLE_EQ(figure(s, Figure::service_level), 1.0 / 3);
    EXPECT_DOUBLE_EQ(figure(s, Figure::wait_p95), 30);
    EXPECT_DOUBLE_EQ(figure(s, Figure::wait_squared), (28.0 * 28 + 30 * 30) / 3);
    EXPECT_DOUBLE_EQ(figure(s, Figure::occupancy), 65.0 / 3600);
}

TEST(Run, WhoLosesPatienceHangsUpAndCountsAsAMiss) {
    const auto s = centre(kQueue + kOneAgent, "0,A,100,-1\n10,A,100,40\n20,A,100,-1\n");
    EXPECT_EQ(starts(s), "1@0 after 0 by ann; 3@100000 after 80000 by ann; ");
    EXPECT_DOUBLE_EQ(figure(s, Figure::abandonment), 1.0 / 3);
    EXPECT_DOUBLE_EQ(figure(s, Figure::wait_offered), 40);
    // Product-limit: one of three served at 0, one gone at 40, the last at 80.
    EXPECT_DOUBLE_EQ(figure(s, Figure::wait_virtual), 80.0 * 2 / 3);
}

TEST(Run, WhoFindsAllLinesBusyIsBlocked) {
    const auto s = centre(kQueue + kOneAgent + "trunk_lines: 2\n", "0,A,100,-1\n1,A,100,-1\n2,A,100,-1\n150,A,1,-1\n");
    EXPECT_EQ(starts(s), "1@0 after 0 by ann; 2@100000 after 99000 by ann; 4@200000 after 50000 by ann; ");
    EXPECT_DOUBLE_EQ(figure(s, Figure::blocking), 0.25);
}

TEST(Run, WhoIsNotLetInOrSentAwayIsRefused) {
    const auto s = centre("queues: {a: {requires: {a: 1}, wrap_up: 0s, capacity: 1, max_wait: 60s}}\n" + kOneAgent,
                          "0,A,100,-1\n1,A,100,-1\n2,A,100,-1\n");
    EXPECT_EQ(starts(s), "1@0 after 0 by ann; ");
    EXPECT_DOUBLE_EQ(figure(s, Figure::refused), 2.0 / 3);
}

TEST(Run, AnAgentAtTheEndOfTheShiftFinishesTheCallInHandAndTakesNoOther) {
    const auto s =
        centre(kQueue + "agents: {ann: {skills: {a: 5}, shifts: [{from: 10s, to: 60s}, {from: 10m, to: 20m}]}}\n",
               "0,A,100,-1\n30,A,5,-1\n");
    EXPECT_EQ(starts(s), "1@10000 after 10000 by ann; 2@600000 after 570000 by ann; ");
    // 10 s to 110 s busy, ten minutes with 5 s busy.
    EXPECT_DOUBLE_EQ(figure(s, Figure::occupancy), 105.0 / 700);
}

TEST(Run, RingTimeIsPartOfTheWaitAndLongRingsGoToTheNextAgent) {
    const std::string queue = "queues: {a: {requires: {a: 1}, wrap_up: 0s, ring_timeout: 20s}}\n";
    const auto quick = centre(queue + "agents: {ann: {skills: {a: 5}, ring_time: 4s}}\n", "0,A,10,-1\n");
    EXPECT_EQ(starts(quick), "1@4000 after 4000 by ann; ");
    const auto slow =
        centre(queue + "agents: {ann: {skills: {a: 5}, ring_time: 30s}, ben: {skills: {a: 5}}}\n", "0,A,10,-1\n");
    EXPECT_EQ(starts(slow), "1@20000 after 20000 by ben; ");
    const auto gone = centre(queue + "agents: {ann: {skills: {a: 5}, ring_time: 4s}}\n", "0,A,10,3\n5,A,10,-1\n");
    EXPECT_EQ(starts(gone), "2@9000 after 4000 by ann; ");
}

TEST(Run, AgentsMissAndRejectTheirShareOfOffers) {
    const std::string queue = "queues: {a: {requires: {a: 1}, wrap_up: 0s, ring_timeout: 20s, misses_max: 0}}\n";
    const auto with = [&](const std::string& ann) {
        return starts(centre(queue + "agents: {ann: {skills: {a: 5}, ring_time: 4s, " + ann +
                                 "}, ben: {skills: {a: 5}, ring_time: 1s}}\n",
                             "0,A,10,-1\n"));
    };
    EXPECT_EQ(with("misses: 1"), "1@21000 after 21000 by ben; ");
    EXPECT_EQ(with("rejects: 1"), "1@5000 after 5000 by ben; ");
    EXPECT_EQ(with("misses: 0, rejects: 0"), "1@4000 after 4000 by ann; ");
    const auto s = scenario(
        "seed: 5\nreplications: 1\nhorizon: 20h\nskills: [a]\nqueues: {a: {requires: {a: 1}, ring_timeout: 9s, "
        "misses_max: 0}}\nagents: {ann: {skills: [a], misses: 0.2, rejects: 0.3}}\n"
        "classes: {A: {queue: a, arrivals: {per_hour: 100}, service: 2s, wrap_up: 0s}}\n");
    std::map<routing::Outcome, double> outcomes;
    double offers = 0;
    Watcher watcher;
    watcher.event = [&](const routing::Event& event) {
        if (const auto* ended = std::get_if<routing::event::OfferEnded>(&event.body)) {
            ++outcomes[ended->outcome];
            ++offers;
        }
    };
    watch(s, 0, watcher);
    ASSERT_GT(offers, 2'000);
    EXPECT_NEAR(outcomes[routing::Outcome::no_answer] / offers, 0.2, 0.03);
    EXPECT_NEAR(outcomes[routing::Outcome::rejected] / offers, 0.3, 0.03);
    EXPECT_NEAR(outcomes[routing::Outcome::accepted] / offers, 0.5, 0.03);
}

TEST(Run, WhoIsNotReadyForMissingCallsComesBackAfterATime) {
    const std::string queue = "queues: {a: {requires: {a: 1}, wrap_up: 0s, ring_timeout: 20s, misses_max: 1}}\n";
    const auto with = [&](const std::string& ann) {
        const auto s = centre(queue + "agents: {ann: {skills: {a: 5}, misses: 1, " + ann + "}}\n", "0,A,10,-1\n");
        std::string missed;
        Watcher watcher;
        watcher.event = [&](const routing::Event& event) {
            if (const auto* ended = std::get_if<routing::event::OfferEnded>(&event.body))
                if (event.at < s.beginning + 10min && ended->outcome == routing::Outcome::no_answer)
                    missed += std::to_string((event.at - s.beginning) / 1s) + " ";
        };
        watch(s, 0, watcher);
        return missed;
    };
    EXPECT_EQ(with("back_after: 100s"), "20 140 260 380 500 ");
    EXPECT_EQ(with("back_after: infinite"), "20 ");
    EXPECT_EQ(with("back_after: 100s, breaks: {from: 50s, to: 300s}"), "20 320 440 560 ")
        << "on a break nobody comes back";
    EXPECT_EQ(with("back_after: infinite, breaks: {from: 50s, to: 300s}"), "20 320 ");
}

TEST(Run, WrapUpKeepsTheAgentBusy) {
    const auto s = centre("queues: {a: {requires: {a: 1}, wrap_up: 15s}}\n" + kOneAgent, "0,A,10,-1\n1,A,10,-1\n");
    EXPECT_EQ(starts(s), "1@0 after 0 by ann; 2@25000 after 24000 by ann; ");
    EXPECT_DOUBLE_EQ(figure(s, Figure::occupancy), 50.0 / 3600);
}

TEST(Run, AnAgentWhoTakesABreakFinishesTheCallInHandAndComesBack) {
    const auto s =
        centre(kQueue + "agents: {ann: {skills: {a: 5}, breaks: {from: 5s, to: 40s}}}\n", "0,A,10,-1\n12,A,10,-1\n");
    EXPECT_EQ(starts(s), "1@0 after 0 by ann; 2@40000 after 28000 by ann; ");
    EXPECT_DOUBLE_EQ(figure(s, Figure::occupancy), 20.0 / 3570) << "a break isn't ready time";
}

TEST(Run, WrapUpEndsByHandOrWhenItsTimeIsOver) {
    const auto wrap_up = [](const std::string& by_hand) {
        // Simulated agents say in time how calls ended.
        return starts(centre("queues: {a: {requires: {a: 1}, wrap_up: 15s, disposition_within: 1m}}\n" + kOneAgent +
                                 "classes: {A: {queue: a, service: 1s, wrap_up: " + by_hand + "}}\n",
                             "0,A,10,-1\n1,A,10,-1\n"));
    };
    EXPECT_EQ(wrap_up("4s"), "1@0 after 0 by ann; 2@14000 after 13000 by ann; ");
    EXPECT_EQ(wrap_up("40s"), "1@0 after 0 by ann; 2@25000 after 24000 by ann; ");
    EXPECT_EQ(wrap_up("0s"), "1@0 after 0 by ann; 2@10000 after 9000 by ann; ");
}

TEST(Run, AnAgentsFactorMakesTheSameWorkLonger) {
    const auto s =
        centre(kQueue + "agents: {ann: {skills: {a: 5}, service_factor: {a: 1.5}}}\n", "0,A,10,-1\n1,A,10,-1\n");
    EXPECT_EQ(starts(s), "1@0 after 0 by ann; 2@15000 after 14000 by ann; ");
}

TEST(Run, TheWarmUpDoesNotCount) {
    const auto s = centre(kQueue + kOneAgent + "warm_up: 100s\n", "0,A,50,-1\n10,A,100,-1\n120,A,10,-1\n");
    EXPECT_DOUBLE_EQ(figure(s, Figure::offered), 1);
    EXPECT_DOUBLE_EQ(figure(s, Figure::wait_answered), 30);
    EXPECT_DOUBLE_EQ(figure(s, Figure::occupancy), 60.0 / 3500);
}

TEST(Run, FirstPreferenceIsAnAgentWithTheHighestLevelOfAll) {
    const auto s =
        centre(kQueue + "agents: {ann: {skills: {a: 5}}, ben: {skills: {a: 9}}}\n", "0,A,10,-1\n1,A,10,-1\n");
    EXPECT_DOUBLE_EQ(figure(s, Figure::first_preference), 0.5);
}

TEST(Run, CallsStillWaitingWhenNobodyWillComeAreMisses) {
    const auto s = centre(kQueue + "agents: {ann: {skills: {a: 5}, shifts: {from: 0s, to: 5s}}}\n", "10,A,10,-1\n");
    EXPECT_EQ(starts(s), "");
    EXPECT_DOUBLE_EQ(figure(s, Figure::offered), 1);
    EXPECT_DOUBLE_EQ(figure(s, Figure::service_level), 0);
    EXPECT_TRUE(std::isnan(figure(s, Figure::wait_answered)));
    EXPECT_TRUE(std::isnan(figure(s, Figure::wait_virtual)));
}

TEST(Run, AnAgentWhoNeverAnswersDoesNotKeepItRunningForEver) {
    const auto s = centre(
        "queues: {a: {requires: {a: 1}, ring_timeout: 20s, misses_max: 0}}\n"
        "agents: {ann: {skills: {a: 5}, ring_time: 30s}}\n",
        "0,A,10,-1\n");
    EXPECT_EQ(starts(s), "");
}

TEST(Run, PartsOfTheTimeHoldTheCallsThatCameInThem) {
    const auto s = centre(kQueue + kOneAgent, "0,A,10,-1\n74,A,10,-1\n80,A,10,-1\n3599,A,1,-1\n");
    const Outcomes outcomes = simulate(s);
    ASSERT_EQ(outcomes[0].parts.size(), kParts);
    EXPECT_EQ(estimate(outcomes, Figure::offered, {Subject::kAll, 0}).mean, 2);
    EXPECT_EQ(estimate(outcomes, Figure::offered, {Subject::kAll, 1}).mean, 1);
    EXPECT_EQ(estimate(outcomes, Figure::offered, {Subject::kAll, kParts - 1}).mean, 1);
}

}  // namespace
}  // namespace centrala::simulator
