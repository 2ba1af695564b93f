// Explanations: who could take a call, in whose order, and what kept everybody else from it.
#include "centrala/routing/explain.hpp"

#include "scenario.hpp"

namespace centrala::routing::testing {
namespace {

std::vector<std::string> bars(const ContactExplanation& why, const Plan& plan) {
    std::vector<std::string> list;
    for (const Barred& b : why.barred)
        list.push_back(plan.agents[index(b.agent)].name + " " + std::string(to_string(b.obstacle.bar)));
    return list;
}

ContactExplanation why(const Scenario& s, std::uint64_t n, Duration at) {
    return explain(s.state(), *s.plan(), *s.state().find(contact(n)), Scenario::kStart + at, 10);
}

TEST(ExplainContact, SaysWhatKeepsEachAgentFromIt) {
    Plan p = shop();
    p.queues[0].required.groups = {AgentGroupId{0}};
    p.agents.resize(7, p.agents[0]);
    p.agents[3].name = "dan";
    p.agents[3].group = AgentGroupId{1};
    p.agents[4].name = "eve";
    p.agents[4].queues = {support};
    p.agents[5].name = "fay";
    p.agents[6].name = "gus";
    const AgentId fay{5}, gus{6};
    Scenario s(p);
    s.staff({ann, fay});
    s.at(0s, goes_not_ready(fay, "lunch")).expect("fay ready>not_ready(lunch) not_ready");
    s.at(0s, calls(sales))
        .expect("c1 arrives at sales", "c1 waits in sales #1", "o1: c1 to ann", "ann ready>reserved offer.made");
    s.staff({bob}, 1s);
    s.at(1s, phone(bob, Device::unregistered)).expect("bob ready>unreachable device.unregistered");
    s.staff({gus}, 2s);
    s.at(2s, own_call(gus, OtherUse::non_acd_call)).expect("gus ready>busy other_use.began");
    s.at(3s, calls(sales)).expect("c2 arrives at sales", "c2 waits in sales #2");
    EXPECT_EQ(bars(why(s, 2, 4s), p),
              (std::vector<std::string>{"eve other_queues", "dan other_group", "cid lacks_skill", "ann reserved",
                                        "bob unreachable", "gus busy", "fay not_ready"}));
    const auto about = why(s, 2, 4s);
    EXPECT_EQ(about.available, 0u);
    EXPECT_EQ(about.position, 2u);
    EXPECT_EQ(about.waited, 1s);
    const Obstacle cids = about.barred[2].obstacle;
    EXPECT_EQ(cids.need.level, 1);
    EXPECT_EQ(cids.have, 0);
}

TEST(ExplainContact, RanksWhoCouldTakeItAsTheStrategyDoes) {
    Plan p = shop();
    p.queues[0].strategy = Strategy::most_skilled;
    p.queues[0].ring_timeout = 5s;
    Scenario s(p);
    s.staff({ann});
    s.at(0s, calls(sales))
        .expect("c1 arrives at sales", "c1 waits in sales #1", "o1: c1 to ann", "ann ready>reserved offer.made");
    s.staff({bob, cid}, 1s);
    s.at(1s, calls(sales))
        .expect("c2 arrives at sales", "c2 waits in sales #2", "o2: c2 to bob", "bob ready>reserved offer.made");
    State as_if = s.state();
    event::OfferEnded taken_back;
    taken_back.offer = offer(1);
    taken_back.contact = contact(1);
    taken_back.agent = ann;
    taken_back.outcome = Outcome::rescinded;
    apply(as_if, p, {Scenario::kStart + 2s, taken_back});
    for (const AgentId a : {ann, bob}) {
        event::AgentChanged free;
        free.agent = a;
        free.facts = as_if.agents[index(a)].facts;
        free.facts.tasks.clear();
        apply(as_if, p, {Scenario::kStart + 2s, free});
    }
    const auto about = explain(as_if, p, *as_if.find(contact(1)), Scenario::kStart + 2s, 10);
    ASSERT_EQ(about.candidates.size(), 2u);
    EXPECT_EQ(about.candidates[0].agent, ann);
    EXPECT_EQ(about.candidates[0].level, 5u);
    EXPECT_EQ(about.candidates[1].agent, bob);
    EXPECT_EQ(about.candidates[1].level, 3u);
}

TEST(ExplainContact, RemembersWhoRefusedIt) {
    Scenario s;
    s.staff({ann});
    s.at(0s, calls(sales))
        .expect("c1 arrives at sales", "c1 waits in sales #1", "o1: c1 to ann", "ann ready>reserved offer.made");
    s.at(1s, fails(1, Outcome::rejected)).expect("o1 rejected", "ann reserved>ready offer.rejected");
    const auto about = why(s, 1, 2s);
    ASSERT_EQ(about.barred[2].agent, ann);
    EXPECT_EQ(about.barred[2].obstacle.bar, Bar::refused);
    EXPECT_EQ(about.barred[2].obstacle.until, Scenario::kStart + 31s);
}

TEST(ExplainAgent, SaysWhenRelaxationWouldOpenAQueue) {
    Plan p = shop();
    p.queues[0].required.skills = {{SkillId{0}, 5}};
    p.queues[0].relaxations = {{30s, {{{SkillId{0}, 4}}, {}, {}}, 0}, {60s, {{{SkillId{0}, 3}}, {}, {}}, 0}};
    Scenario s(p);
    s.staff({bob});
    s.at(0s, calls(sales)).expect("c1 arrives at sales", "c1 waits in sales #1");
    const auto about = explain(s.state(), p, bob, Scenario::kStart + 1s);
    EXPECT_EQ(about.state, AgentState::ready);
    ASSERT_EQ(about.queues.size(), 1u) << "nobody waits for support";
    EXPECT_EQ(about.queues[0].contact, contact(1));
    EXPECT_EQ(about.queues[0].obstacle.bar, Bar::lacks_skill);
    EXPECT_EQ(about.queues[0].obstacle.have, 3);
    EXPECT_EQ(about.queues[0].opens_at_step, 2u);
}

}  // namespace
}  // namespace centrala::routing::testing
