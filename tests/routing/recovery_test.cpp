// Recovery: folding a log, coming up after a crash, logs that lack a beginning or fit another plan; the words of the
// log.
#include <random>
#include <set>

#include "scenario.hpp"

namespace centrala::routing::testing {
namespace {

/// c1 talks to ann, c2 rings at bob, c3 waits; cid is logged in and not ready.
struct Busy : Scenario {
    explicit Busy(Plan p = shop()) : Scenario(std::move(p)) {
        staff({ann, bob, cid});
        at(0s, calls(sales))
            .expect("c1 arrives at sales", "c1 waits in sales #1", "o1: c1 to ann", "ann ready>reserved offer.made");
        at(1s, accepts(1)).expect("o1 accepted", "c1 talks to ann after 1s", "ann reserved>talking offer.accepted");
        at(2s, calls(sales))
            .expect("c2 arrives at sales", "c2 waits in sales #1", "o2: c2 to bob", "bob ready>reserved offer.made");
        at(3s, calls(sales)).expect("c3 arrives at sales", "c3 waits in sales #2");
        at(4s, goes_not_ready(cid, "lunch")).expect("cid ready>not_ready(lunch) not_ready");
        at(4s, goes_not_ready(ann, "lunch")).expect("ann talking>talking pending.set");
        at(4s, learns(cid, 0, 2)).expect("cid selling 0>2");
    }
};

Core folded(const std::shared_ptr<const Plan>& plan, const std::vector<Event>& log) {
    Core core(plan);
    for (const Event& e : log) core.restore(e);
    return core;
}

TEST(Fold, GivesTheStateThatWroteTheLog) {
    Busy s;
    const Core other = folded(s.plan(), s.log());
    EXPECT_TRUE(other.state() == s.state());
    EXPECT_EQ(digest(other.state()), digest(s.state()));
    EXPECT_EQ(other.deadline(), s.core().deadline());
}

TEST(Fold, IsTrueAfterEveryEventNotOnlyAtTheEnd) {
    Busy s;
    State stepwise(*s.plan());
    for (std::size_t n = 0; n < s.log().size(); ++n) {
        apply(stepwise, *s.plan(), s.log()[n]);
        State again(*s.plan());
        for (std::size_t i = 0; i <= n; ++i) apply(again, *s.plan(), s.log()[i]);
        ASSERT_TRUE(again == stepwise) << n;
    }
}

TEST(Recovery, EndsCallsFreesAgentsAndKeepsTheirIntents) {
    Busy s;
    s.recovered(60s).expect("o2 rescinded", "c1 ended restart", "c2 ended restart", "c3 ended restart",
                            "ann talking>unreachable restart", "bob reserved>unreachable restart",
                            "cid not_ready>unreachable restart");
    EXPECT_EQ(s.agent(ann).facts.reason, "lunch");
    EXPECT_EQ(s.agent(bob).facts.intent, Intent::ready);
    EXPECT_EQ(s.core().deadline(), std::nullopt) << "no grace runs out before the phones can have registered again";
    s.at(3600s, phone(bob, Device::registered)).expect("bob unreachable>ready device.registered");
    s.at(3601s, calls(sales))
        .expect("c4 arrives at sales", "c4 waits in sales #1", "o3: c4 to bob", "bob ready>reserved offer.made");
    EXPECT_EQ(s.agent(cid).skills.size(), 2u) << "skills set by supervisors stay";
}

TEST(Recovery, DoesWhatWasToHappenAfterTheCall) {
    Busy s;
    s.at(5s, logs_out(ann)).expect("ann talking>talking pending.set");
    s.recovered(60s).expect("o2 rescinded", "c1 ended restart", "c2 ended restart", "c3 ended restart",
                            "ann talking>logged_out restart", "bob reserved>unreachable restart",
                            "cid not_ready>unreachable restart");
}

TEST(Recovery, KeepsThoseWhoseLegsAreStillThere) {
    Busy s;
    s.recovered(60s, {1, 2, 3})
        .expect("o2 rescinded", "ann talking>talking restart", "bob reserved>unreachable restart",
                "cid not_ready>unreachable restart");
    s.at(61s, phone(bob, Device::registered))
        .expect("bob unreachable>ready device.registered", "o3: c2 to bob", "bob ready>reserved offer.made");
    EXPECT_EQ(s.state().find(contact(3))->enqueued, Scenario::kStart + 3s) << "who waits has its age";
    s.at(62s, phone(ann, Device::registered)).expect("ann talking>talking device.registered");
    s.at(63s, ends(1)).expect("c1 ended agent_hangup", "ann talking>wrap_up conversation.ended");
}

TEST(Recovery, EndsThoseWhoAreNotKept) {
    Busy s;
    s.recovered(60s, {3}).expect("o2 rescinded", "c1 ended restart", "c2 ended restart",
                                 "ann talking>unreachable restart", "bob reserved>unreachable restart",
                                 "cid not_ready>unreachable restart");
    EXPECT_EQ(s.state().contacts.size(), 1u);
}

TEST(Recovery, EndsAWaitThatWasOverMeanwhile) {
    Plan p = shop();
    p.queues[index(sales)].max_wait = 30s;
    p.queues[index(sales)].overflow.reset();
    Scenario s(p);
    s.at(0s, calls(sales)).expect("c1 arrives at sales", "c1 waits in sales #1");
    s.recovered(60s, {1}).expect("@30s c1 ended max_wait");
}

TEST(Recovery, AgainChangesNothing) {
    Busy s;
    s.recovered(60s).expect("o2 rescinded", "c1 ended restart", "c2 ended restart", "c3 ended restart",
                            "ann talking>unreachable restart", "bob reserved>unreachable restart",
                            "cid not_ready>unreachable restart");
    s.recovered(61s);
}

TEST(Recovery, LogsFixedContactsIn) {
    Plan p = shop();
    p.agents[2].always_logged_in = true;
    Scenario s(p);
    s.recovered(0s).expect("cid logged_out>unreachable login");
    s.at(0s, calls(support)).expect("c1 arrives at support", "c1 waits in support #1");
    s.at(1s, phone(cid, Device::registered))
        .expect("cid unreachable>ready device.registered", "o1: c1 to cid", "cid ready>reserved offer.made");
}

TEST(Recovery, OfALogThatEndsBeforeTheAgentsPartLetsThemTalkOn) {
    Busy s;
    std::size_t connected = 0;
    while (!std::holds_alternative<event::ContactConnected>(s.log()[connected].body)) ++connected;
    Core core(s.plan());
    for (std::size_t i = 0; i <= connected; ++i) core.restore(s.log()[i]);
    const ContactId kept[] = {contact(1)};
    core.recovered(Scenario::kStart + 60s, kept);
    const AgentFacts& facts = core.state().agents[index(ann)].facts;
    ASSERT_EQ(facts.work(), Work::connected);
    EXPECT_EQ(facts.tasks.front().contact, contact(1));
    core.step(ends(1), Scenario::kStart + 61s);
    EXPECT_EQ(facts.work(), Work::wrapping);
}

TEST(Recovery, OfALogCutAnywhereLetsWhoTalksTalkToTheEnd) {
    Busy s;
    for (std::size_t n = 0; n <= s.log().size(); ++n) {
        for (std::size_t skip = 0; skip <= n; ++skip) {
            Core core(s.plan());
            for (std::size_t i = skip; i < n; ++i) core.restore(s.log()[i]);
            std::vector<ContactId> kept;
            for (const ContactRecord& c : core.state().contacts) kept.push_back(c.id);
            core.recovered(Scenario::kStart + 60s, kept);
            for (const ContactId id : kept)
                core.step(input::ConversationEnds{id, EndCause::agent_hangup}, Scenario::kStart + 61s);
            EXPECT_TRUE(core.state().contacts.empty()) << skip << " to " << n;
            for (const AgentRecord& a : core.state().agents)
                EXPECT_TRUE(a.facts.work() == Work::idle || a.facts.work() == Work::wrapping) << skip << " to " << n;
        }
    }
}

TEST(Recovery, OfALogCutAnywhereLeavesACoreThatWorks) {
    Busy s;
    for (std::size_t n = 0; n <= s.log().size(); ++n) {
        for (const std::size_t skip : {std::size_t{0}, n / 2}) {  // the end is missing, or the beginning too
            Core core(s.plan());
            for (std::size_t i = skip; i < n; ++i) core.restore(s.log()[i]);
            const Timestamp now = Scenario::kStart + 100s;
            core.recovered(now);
            EXPECT_TRUE(core.state().contacts.empty());
            EXPECT_TRUE(core.state().offers.empty());
            EXPECT_TRUE(core.state().deadlines.empty()) << n;
            for (const AgentRecord& a : core.state().agents) EXPECT_EQ(a.facts.work(), Work::idle);
            core.step(phone(bob, Device::registered), now);
            core.step(logs_in(bob), now);
            core.step(goes_not_ready(bob), now);
            core.step(goes_ready(bob), now);
            const auto step = core.step(calls(sales), now);
            EXPECT_EQ(step.events.size(), 4u) << n << " " << skip;
        }
    }
}

TEST(Recovery, SurvivesALogInAnyOrder) {
    Busy s;
    std::mt19937_64 dice(7);
    for (int round = 0; round < 300; ++round) {
        Core core(s.plan());
        for (int i = 0; i < 60; ++i) core.restore(s.log()[dice() % s.log().size()]);
        core.recovered(Scenario::kStart + 100s);
        EXPECT_TRUE(core.state().contacts.empty());
        EXPECT_TRUE(core.state().deadlines.empty());
    }
}

TEST(Recovery, PassesOverWhatThePlanNoLongerHas) {
    Busy s;
    auto smaller = std::make_shared<Plan>();
    smaller->queues = {s.plan()->queues[1]};
    smaller->agents = {s.plan()->agents[2]};
    Core core(smaller);
    for (const Event& e : s.log()) core.restore(e);
    core.recovered(Scenario::kStart + 100s);
    EXPECT_TRUE(core.state().contacts.empty());
}

TEST(Recovery, NeverUsesAnIdAgain) {
    Scenario first;
    Core core(first.plan());
    core.restore_ids(500, 700);
    core.restore_ids(5, 7);
    EXPECT_EQ(core.state().next_contact, 500u);
    EXPECT_EQ(core.state().next_offer, 700u);
}

TEST(WhatIf, IsACopyThatLeavesTheOriginalAlone) {
    Busy s;
    const std::uint64_t before = digest(s.state());
    Core copy = s.core();
    copy.step(hangs_up(2), Scenario::kStart + 5s);
    EXPECT_NE(digest(copy.state()), before);
    EXPECT_EQ(digest(s.state()), before);
}

TEST(Digest, DependsOnEveryFactThatIsChanged) {
    Busy s;
    std::set<std::uint64_t> digests{digest(s.state())};
    const auto differs = [&](auto change) {
        State state = s.state();
        change(state);
        return digests.insert(digest(state)).second;
    };
    EXPECT_TRUE(differs([](State& x) { x.clock += 1us; }));
    EXPECT_TRUE(differs([](State& x) { x.next_offer += 1; }));
    EXPECT_TRUE(differs([](State& x) { x.agents[0].facts.pending.reset(); }));
    EXPECT_TRUE(differs([](State& x) { x.agents[0].facts.misses = 1; }));
    EXPECT_TRUE(differs([](State& x) { x.agents[1].idle_since += 1us; }));
    EXPECT_TRUE(differs([](State& x) { x.agents[1].time_in[3] += 1us; }));
    EXPECT_TRUE(differs([](State& x) { x.agents[2].skills[0].level += 1; }));
    EXPECT_TRUE(differs([](State& x) { x.queues[0].entered += 1; }));
    EXPECT_TRUE(differs([](State& x) { x.queues[0].last_offered.reset(); }));
    EXPECT_TRUE(differs([](State& x) { x.contacts.find(contact(3))->caller += "1"; }));
    EXPECT_TRUE(differs([](State& x) { x.contacts.find(contact(2))->refusals.push_back({ann, {}}); }));
    EXPECT_TRUE(differs([](State& x) { x.offers.find(offer(2))->ringing = true; }));
    EXPECT_TRUE(differs([](State& x) { x.deadlines = Deadlines(x.queues.size()); }));
}

TEST(Words, AreThereForEveryValue) {
    const auto all = [](auto last) {
        std::set<std::string_view> words;
        for (int i = 0; i <= static_cast<int>(last); ++i) words.insert(to_string(static_cast<decltype(last)>(i)));
        return words.size() == static_cast<std::size_t>(last) + 1 && !words.contains("?") && !words.contains("");
    };
    EXPECT_TRUE(all(Session::logged_in));
    EXPECT_TRUE(all(Intent::ready));
    EXPECT_TRUE(all(Device::unreachable));
    EXPECT_TRUE(all(Work::wrapping));
    EXPECT_TRUE(all(Channel::chat));
    EXPECT_TRUE(all(OtherUse::non_acd_call));
    EXPECT_TRUE(all(AgentState::ready));
    EXPECT_TRUE(all(Outcome::rescinded));
    EXPECT_TRUE(all(Refusal::not_acceptable));
    EXPECT_TRUE(all(EndCause::closed));
    EXPECT_TRUE(all(Actor::caller));
    EXPECT_TRUE(all(TransferKind::attended));
    EXPECT_TRUE(all(TransferTarget::outside));
    EXPECT_TRUE(all(Strategy::round_robin));
    EXPECT_TRUE(all(ContactPhase::outside));
    EXPECT_TRUE(all(Rejection::no_agent));
    EXPECT_EQ(to_string(static_cast<Outcome>(200)), "?");
    EXPECT_EQ(find_cause("wrap_up.expired"), "wrap_up.expired");
    EXPECT_EQ(find_cause("because"), "");
    EXPECT_EQ(type_name(event::OfferMade{}), "offer.made");
}

TEST(PlanLookUp, FindsByName) {
    const Plan p = shop();
    EXPECT_EQ(p.find_queue("support"), support);
    EXPECT_EQ(p.find_agent("cid"), cid);
    EXPECT_EQ(p.find_skill("fixing"), SkillId{1});
    EXPECT_EQ(p.find_agent("zoe"), std::nullopt);
}

}  // namespace
}  // namespace centrala::routing::testing
