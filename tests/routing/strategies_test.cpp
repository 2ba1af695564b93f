// Strategies: which of the agents who could take a call gets it.
#include "routing/strategies.hpp"

#include <array>

#include "routing/draw.hpp"
#include "scenario.hpp"

namespace centrala::routing::testing {
namespace {

/// Four agents who all sell, at levels 3, 9, 9 and 5; one queue, no wrap-up.
Plan sellers(Strategy strategy) {
    Plan p;
    p.skills = {{"selling"}};
    Queue q;
    q.name = "sales";
    q.required.skills = {{SkillId{0}, 1}};
    q.strategy = strategy;
    q.wrap_up = 0s;
    p.queues = {q};
    p.entry_points = {{"sales", sales, false}};
    for (const auto& [name, level] : {std::pair("a", 3), {"b", 9}, {"c", 9}, {"d", 5}}) {
        Agent agent;
        agent.name = name;
        agent.skills = {{SkillId{0}, static_cast<std::uint8_t>(level)}};
        p.agents.push_back(agent);
    }
    return p;
}
constexpr AgentId a{0}, b{1}, c{2}, d{3};

/// Calls one by one: offered to whom, answered at once and ended after `talk`.
class Floor : public Scenario {
public:
    explicit Floor(Strategy strategy) : Floor(sellers(strategy)) {}
    explicit Floor(Plan plan) : Scenario(std::move(plan)) {}
    std::string serve(Duration when, Duration talk = 1s) {
        const std::string n = std::to_string(++calls_);
        at(when, calls(sales))
            .expect("c" + n + " arrives at sales", "c" + n + " waits in sales #1",
                    "o" + n + ": c" + n + " to " + next(), next() + " ready>reserved offer.made");
        const std::string who = plan()->agents[index(last<event::OfferMade>().agent)].name;
        at(when, accepts(calls_))
            .expect("o" + n + " accepted", "c" + n + " talks to " + who + " after 0s",
                    who + " reserved>talking offer.accepted");
        at(when + talk, ends(calls_))
            .expect("c" + n + " ended agent_hangup", who + " talking>ready conversation.ended");
        return who;
    }

private:
    /// The offer's agent, whoever it is: serve() returns it for the test to judge.
    std::string next() const { return plan()->agents[index(last<event::OfferMade>().agent)].name; }
    std::uint64_t calls_ = 0;
};

TEST(LongestIdle, TakesTurnsByIdleTime) {
    Floor f(Strategy::longest_idle);
    f.staff({c, a, d, b});
    EXPECT_EQ(f.serve(1s), "c");
    EXPECT_EQ(f.serve(3s), "a");
    EXPECT_EQ(f.serve(5s), "d");
    EXPECT_EQ(f.serve(7s), "b");
    EXPECT_EQ(f.serve(9s), "c");
}

TEST(LongestIdle, TiesGoToTheLowerId) {
    Plan p = sellers(Strategy::longest_idle);
    p.ready_on_login = true;
    Scenario s(p);
    for (const AgentId who : {d, b, c}) {
        const std::string n = p.agents[index(who)].name;
        s.at(0s, phone(who, Device::registered)).expect(n + " logged_out>logged_out device.registered");
        s.at(0s, logs_in(who)).expect(n + " logged_out>ready login");
    }
    s.at(1s, calls(sales))
        .expect("c1 arrives at sales", "c1 waits in sales #1", "o1: c1 to b", "b ready>reserved offer.made");
}

TEST(MostSkilled, TakesTheHighestLevelThenTheLongestIdle) {
    Floor f(Strategy::most_skilled);
    f.staff({a, c, d, b});
    EXPECT_EQ(f.serve(1s), "c");
    EXPECT_EQ(f.serve(3s), "b");
    EXPECT_EQ(f.serve(5s), "c");
    f.at(7s, goes_not_ready(b)).expect("b ready>not_ready not_ready");
    f.at(7s, goes_not_ready(c)).expect("c ready>not_ready not_ready");
    EXPECT_EQ(f.serve(8s), "d");
    f.at(10s, learns(a, 0, 10)).expect("a selling 3>10");
    EXPECT_EQ(f.serve(11s), "a");
    EXPECT_EQ(f.last<event::OfferMade>().level, 10u);
}

TEST(RoundRobin, GoesByThePlansOrderAfterTheLastOne) {
    Floor f(Strategy::round_robin);
    f.staff({d, c, b, a});
    EXPECT_EQ(f.serve(1s), "a");
    EXPECT_EQ(f.serve(3s), "b");
    EXPECT_EQ(f.serve(5s), "c");
    EXPECT_EQ(f.serve(7s), "d");
    EXPECT_EQ(f.serve(9s), "a");
    f.at(10s, goes_not_ready(b)).expect("b ready>not_ready not_ready");
    EXPECT_EQ(f.serve(11s), "c");
    EXPECT_EQ(f.serve(13s), "d");
    EXPECT_EQ(f.serve(15s), "a");
}

TEST(LeastOccupied, EvensOutTheShareOfTimeNotTheNumberOfCalls) {
    Floor f(Strategy::least_occupied);
    f.staff({a, b});
    EXPECT_EQ(f.serve(1s, 100s), "a");
    EXPECT_EQ(f.serve(102s, 10s), "b");
    EXPECT_EQ(f.serve(113s, 10s), "b") << "10 s of 113 s against 100 s";
    EXPECT_EQ(f.serve(124s, 100s), "b");
    EXPECT_EQ(f.serve(225s, 1s), "a") << "100 s of 225 s against 120 s";
}

TEST(LeastOccupied, KnowsThatAShareFallsWhileItsAgentIdles) {
    Floor f(Strategy::least_occupied);
    f.staff({a});
    EXPECT_EQ(f.serve(1s, 99s), "a");  // 99 % of 100 s, then idle: 9.9 % of 1,000 s
    f.staff({b}, 900s);
    EXPECT_EQ(f.serve(905s, 15s), "b");  // 15 s of 20 s: 75 %, fresher and lower than the 99 % that a came with
    EXPECT_EQ(f.serve(1000s), "a");
}

TEST(OfferMade, NamesWhomTheStrategyWouldHaveChosenNext) {
    Floor f(Strategy::most_skilled);
    f.staff({a, c, d, b});
    EXPECT_EQ(f.serve(1s), "c");
    EXPECT_EQ(f.last<event::OfferMade>().next, b);
    EXPECT_FALSE(f.last<event::OfferMade>().passed_over);
}

TEST(OfferMade, NamesNobodyNextWhereOneCouldTakeIt) {
    Floor f(Strategy::round_robin);
    f.staff({a});
    EXPECT_EQ(f.serve(1s), "a");
    EXPECT_EQ(f.last<event::OfferMade>().next, std::nullopt);
}

TEST(OfferMade, NamesTheBetterAgentWhoRefusedTheCall) {
    Scenario s(sellers(Strategy::most_skilled));
    s.staff({a, b, d});
    s.at(0s, calls(sales))
        .expect("c1 arrives at sales", "c1 waits in sales #1", "o1: c1 to b", "b ready>reserved offer.made");
    s.at(1s, fails(1, Outcome::rejected))
        .expect("o1 rejected", "b reserved>ready offer.rejected", "o2: c1 to d", "d ready>reserved offer.made");
    EXPECT_EQ(s.last<event::OfferMade>().passed_over, event::PassedOver{b});
    EXPECT_EQ(s.last<event::OfferMade>().next, a);
}

TEST(OfferMade, NamesNobodyPassedOverWhoWouldComeLaterAnyway) {
    Scenario s(sellers(Strategy::longest_idle));
    s.staff({a, b});
    s.at(0s, calls(sales))
        .expect("c1 arrives at sales", "c1 waits in sales #1", "o1: c1 to a", "a ready>reserved offer.made");
    s.at(1s, fails(1, Outcome::rejected))
        .expect("o1 rejected", "a reserved>ready offer.rejected", "o2: c1 to b", "b ready>reserved offer.made");
    EXPECT_FALSE(s.last<event::OfferMade>().passed_over) << "a's idle clock began anew, so that b is first";
}

TEST(Candidates, AreCountedWithoutThoseWhoRefused) {
    Scenario s(sellers(Strategy::round_robin));
    s.staff({a, b, c, d});
    s.at(0s, calls(sales))
        .expect("c1 arrives at sales", "c1 waits in sales #1", "o1: c1 to a", "a ready>reserved offer.made");
    EXPECT_EQ(s.last<event::OfferMade>().candidates, 4u);
    s.at(1s, fails(1, Outcome::rejected))
        .expect("o1 rejected", "a reserved>ready offer.rejected", "o2: c1 to b", "b ready>reserved offer.made");
    EXPECT_EQ(s.last<event::OfferMade>().candidates, 3u);
    s.at(2s, fails(2, Outcome::rejected))
        .expect("o2 rejected", "b reserved>ready offer.rejected", "o3: c1 to c", "c ready>reserved offer.made");
    EXPECT_EQ(s.last<event::OfferMade>().candidates, 2u);
}

/// a and b are one group, c and d another (they serve a second queue). Group one's longest idle is a, who refused: its
/// second, b, must not win over c, who is idle longer than b.
TEST(LongestIdle, HoldsAcrossGroupsWhenAGroupsFirstRefused) {
    Plan p = sellers(Strategy::longest_idle);
    p.skills.push_back({"fixing"});
    p.queues.push_back(p.queues[0]);
    p.queues[1].name = "repairs";
    p.queues[1].required.skills = {{SkillId{1}, 1}};
    for (const AgentId who : {c, d}) p.agents[index(who)].skills.push_back({SkillId{1}, 1});
    Scenario s(p);
    s.staff({a, d});
    s.at(0s, calls(sales))
        .expect("c1 arrives at sales", "c1 waits in sales #1", "o1: c1 to a", "a ready>reserved offer.made");
    s.at(1s, fails(1, Outcome::rejected))
        .expect("o1 rejected", "a reserved>ready offer.rejected", "o2: c1 to d", "d ready>reserved offer.made");
    s.staff({c}, 2s);
    s.staff({b}, 3s);
    s.at(4s, fails(2, Outcome::rejected))
        .expect("o2 rejected", "d reserved>ready offer.rejected", "o3: c1 to c", "c ready>reserved offer.made");
}

/// With refusals the best group's best agent may be excluded: the next is found across groups.
TEST(MostSkilled, PassesOverWhoRefused) {
    Scenario s(sellers(Strategy::most_skilled));
    s.staff({a, b, c, d});
    s.at(0s, calls(sales))
        .expect("c1 arrives at sales", "c1 waits in sales #1", "o1: c1 to b", "b ready>reserved offer.made");
    s.at(1s, fails(1, Outcome::rejected))
        .expect("o1 rejected", "b reserved>ready offer.rejected", "o2: c1 to c", "c ready>reserved offer.made");
    s.at(2s, fails(2, Outcome::rejected))
        .expect("o2 rejected", "c reserved>ready offer.rejected", "o3: c1 to d", "d ready>reserved offer.made");
    s.at(3s, fails(3, Outcome::rejected))
        .expect("o3 rejected", "d reserved>ready offer.rejected", "o4: c1 to a", "a ready>reserved offer.made");
    s.at(4s, fails(4, Outcome::rejected)).expect("o4 rejected", "a reserved>ready offer.rejected");
}

TEST(LeastFlexible, KeepsTheVersatileFree) {
    Plan p = shop();
    p.queues[0].strategy = Strategy::least_flexible;
    Scenario s(p);
    s.staff({bob, ann});
    s.at(0s, calls(sales))
        .expect("c1 arrives at sales", "c1 waits in sales #1", "o1: c1 to ann", "ann ready>reserved offer.made");
    s.at(1s, calls(sales))
        .expect("c2 arrives at sales", "c2 waits in sales #2", "o2: c2 to bob", "bob ready>reserved offer.made");
}

TEST(FewestCalls, CountsThoseTakenSinceLogin) {
    Floor f(Strategy::fewest_calls);
    f.staff({a, b});
    EXPECT_EQ(f.serve(1s, 1s), "a");
    EXPECT_EQ(f.serve(3s, 50s), "b");
    EXPECT_EQ(f.serve(60s, 1s), "a");
    EXPECT_EQ(f.serve(62s, 1s), "b") << "one call each has had a's two";
    f.at(70s, logs_out(a)).expect("a ready>logged_out logout");
    f.staff({a}, 80s);
    EXPECT_EQ(f.serve(81s, 1s), "a") << "a new session begins with none";
}

TEST(InOrder, TakesTheFirstOfThePlanWhoIsFree) {
    Floor f(Strategy::in_order);
    f.staff({d, c, b, a});
    EXPECT_EQ(f.serve(1s), "a");
    EXPECT_EQ(f.serve(3s), "a");
    f.at(4s, goes_not_ready(a)).expect("a ready>not_ready not_ready");
    EXPECT_EQ(f.serve(5s), "b");
}

/// bob also fixes: as soon as somebody has asked for that, selling is left to ann, who was idle for a shorter time.
TEST(Coverage, SpendsWhomOtherQueuesMissLeast) {
    Plan p = shop();
    for (Queue& q : p.queues) q.strategy = Strategy::coverage;
    Scenario s(p);
    s.staff({bob, ann, cid});
    s.at(0s, calls(sales))
        .expect("c1 arrives at sales", "c1 waits in sales #1", "o1: c1 to bob", "bob ready>reserved offer.made");
    s.at(1s, hangs_up(1))
        .expect("o1 caller_gone", "c1 abandons sales after 1s", "bob reserved>ready offer.caller_gone");
    s.at(2s, calls(support))
        .expect("c2 arrives at support", "c2 waits in support #1", "o2: c2 to cid", "cid ready>reserved offer.made");
    s.at(3s, calls(sales))
        .expect("c3 arrives at sales", "c3 waits in sales #1", "o3: c3 to ann", "ann ready>reserved offer.made");
}

TEST(Coverage, PrefersWhoIsQuickAtTheQueuesCalls) {
    Plan p = sellers(Strategy::coverage);
    p.agents[index(a)].paces = {{sales, 1200}};
    p.agents[index(c)].paces = {{sales, 800}};
    Floor f(std::move(p));
    f.staff({a, b, c, d});
    EXPECT_EQ(f.serve(1s), "c");
    EXPECT_EQ(f.serve(3s), "c");
    f.at(5s, goes_not_ready(c)).expect("c ready>not_ready not_ready");
    EXPECT_EQ(f.serve(6s), "b");
}

/// Whom the calls 1 to 20,000 are offered to while all four are free, but for those who refused.
std::array<int, 4> drawn(const Scenario& s, std::initializer_list<AgentId> refused = {}) {
    std::array<int, 4> taken{};
    for (std::uint64_t id = 1; id <= 20'000; ++id) {
        ContactRecord contact;
        contact.id = static_cast<ContactId>(id);
        for (const AgentId who : refused) contact.refusals.push_back({who, Timestamp::max()});
        const Opening opening(s.state(), *s.plan(), contact, Timestamp{});
        ++taken[index(policy_of(Strategy::weighted_random).pick(opening).first.value())];
    }
    return taken;
}

/// Pearson's statistic against shares in proportion to the weights.
double chi_square(const std::array<int, 4>& taken, const std::array<int, 4>& weights) {
    double sum = 0, calls = 0, total = 0;
    for (std::size_t i = 0; i < 4; ++i) calls += taken[i], total += weights[i];
    for (std::size_t i = 0; i < 4; ++i) {
        const double expected = calls * weights[i] / total;
        if (weights[i] > 0) sum += (taken[i] - expected) * (taken[i] - expected) / expected;
    }
    return sum;
}
constexpr double kChiSquare3 = 16.27, kChiSquare2 = 13.82;  // three and two degrees of freedom, 0.1 %

TEST(WeightedRandom, SharesCallsInProportionToWeights) {
    Plan p = sellers(Strategy::weighted_random);
    {
        Scenario even(p);
        even.staff({a, b, c, d});
        EXPECT_LT(chi_square(drawn(even), {1, 1, 1, 1}), kChiSquare3);
    }
    const std::array<int, 4> weights{1, 2, 3, 14};
    for (const AgentId who : {a, b, c, d})
        p.agents[index(who)].weight = static_cast<std::uint32_t>(weights[index(who)]);
    Scenario s(p);
    s.staff({d, c, b, a});
    EXPECT_LT(chi_square(drawn(s), weights), kChiSquare3);
    const auto rest = drawn(s, {d});
    EXPECT_EQ(rest[index(d)], 0);
    EXPECT_LT(chi_square(rest, {1, 2, 3, 0}), kChiSquare2) << "the others as if d weren't there";
}

TEST(WeightedRandom, TakesTheQueuesOwnWeight) {
    Plan p = sellers(Strategy::weighted_random);
    p.agents[index(a)].weight = 100;
    p.agents[index(a)].weights = {{sales, 2}};
    Scenario s(p);
    s.staff({a, b, c, d});
    EXPECT_LT(chi_square(drawn(s), {2, 1, 1, 1}), kChiSquare3);
}

/// Equal parts of a tail show a bad hash: neighbouring calls and neighbouring agents are drawn independently.
TEST(WeightedRandom, DrawsForSuccessiveCallsAreIndependent) {
    Scenario s(sellers(Strategy::weighted_random));
    s.staff({a, b, c, d});
    std::array<std::array<int, 4>, 4> followed{};
    std::size_t last = 0;
    for (std::uint64_t id = 1; id <= 20'000; ++id) {
        ContactRecord contact;
        contact.id = static_cast<ContactId>(id);
        const Opening opening(s.state(), *s.plan(), contact, Timestamp{});
        const auto next = index(*policy_of(Strategy::weighted_random).pick(opening).first);
        if (id > 1) ++followed[last][next];
        last = next;
    }
    for (const auto& after : followed) EXPECT_LT(chi_square(after, {1, 1, 1, 1}), kChiSquare3);
}

TEST(WeightedRandom, IsTheSameOnEveryMachine) {
    EXPECT_EQ(draw_of(ContactId{1}, AgentId{0}, 1), 103869548159041536U);
    EXPECT_EQ(draw_of(ContactId{1}, AgentId{1}, 1), 9345759967182848U);
    EXPECT_EQ(draw_of(ContactId{2}, AgentId{0}, 3), 32432594757528234U);
}

TEST(WeightedRandom, OffersWhatItDrewAndGoesOnWithoutWhoRefused) {
    Scenario s(sellers(Strategy::weighted_random));
    s.staff({a, b, c, d});
    std::vector<std::pair<std::uint64_t, std::string>> order;
    for (const AgentId who : {a, b, c, d})
        order.emplace_back(draw_of(ContactId{1}, who, 1), s.plan()->agents[index(who)].name);
    std::sort(order.begin(), order.end());
    const std::string first = order[0].second, second = order[1].second;
    s.at(0s, calls(sales))
        .expect("c1 arrives at sales", "c1 waits in sales #1", "o1: c1 to " + first,
                first + " ready>reserved offer.made");
    s.at(1s, fails(1, Outcome::rejected))
        .expect("o1 rejected", first + " reserved>ready offer.rejected", "o2: c1 to " + second,
                second + " ready>reserved offer.made");
}

TEST(IdlenessRatio, TakesFromTheGroupWithMostIdleBeyondItsShare) {
    Plan p = shop();
    p.queues[index(sales)].strategy = Strategy::idleness_ratio;
    Agent dan = p.agents[index(ann)];
    dan.name = "dan";
    p.agents.push_back(dan);
    Scenario s(p);
    s.staff({AgentId{3}, ann, bob});
    s.happens(0s, calls(sales));
    EXPECT_EQ(s.last<event::OfferMade>().agent, AgentId{3}) << "all idle: a tie, which ends in longest idle";
    s.happens(1s, calls(sales));
    EXPECT_EQ(s.last<event::OfferMade>().agent, bob) << "one of two idles there, one of one here";
    s.happens(2s, calls(sales));
    EXPECT_EQ(s.last<event::OfferMade>().agent, ann);
}

}  // namespace
}  // namespace centrala::routing::testing
