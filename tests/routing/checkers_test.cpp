// The checkers themselves are tested: one that never complains proves nothing.
#include "routing/checkers.hpp"

#include <gtest/gtest.h>

namespace centrala::routing::testing {
namespace {

std::shared_ptr<const Plan> two_agents() {
    auto plan = std::make_shared<Plan>();
    plan->queues.resize(1);
    plan->agents.resize(2);
    plan->entry_points.push_back({"", QueueId{0}, false});
    plan->ready_on_login = true;
    return plan;
}

/// Both agents ready (agent 0 idle for longer), one call: the events of its arrival.
std::vector<Event> arrival(Core& core, Checker& checker) {
    const auto turn = [&](const Input& in, Duration at) {
        const auto step = core.step(in, Timestamp(at));
        return std::vector<Event>(step.events.begin(), step.events.end());
    };
    for (const Event& e : turn(input::DeviceChanges{AgentId{0}, Device::registered}, 1s)) checker.events({&e, 1});
    for (const Event& e : turn(input::DeviceChanges{AgentId{1}, Device::registered}, 1s)) checker.events({&e, 1});
    for (const Event& e : turn(input::AgentLogsIn{AgentId{0}}, 2s)) checker.events({&e, 1});
    for (const Event& e : turn(input::AgentLogsIn{AgentId{1}}, 3s)) checker.events({&e, 1});
    return turn(input::ContactArrives{EntryPointId{0}, "", "", "", "", ""}, 4s);
}

class Checkers : public ::testing::Test {
protected:
    std::shared_ptr<const Plan> plan = two_agents();
    Core core{plan};
    Checker checker{plan};
    std::vector<Event> log = arrival(core, checker);
};

TEST_F(Checkers, AcceptWhatIsRight) {
    EXPECT_EQ(checker.events(log), "");
    EXPECT_EQ(checker.state(core.state()), "");
    EXPECT_EQ(checker.fold(core.state()), "");
}

TEST_F(Checkers, NoticeAnOfferToTheWrongAgent) {
    for (Event& e : log)
        if (auto* x = std::get_if<event::OfferMade>(&e.body)) x->agent = AgentId{1};
    EXPECT_EQ(checker.events(log), "offer.made: offered to agent 1, not to agent 0");
}

TEST_F(Checkers, NoticeAMuteAgentThatIsBlamed) {
    ASSERT_EQ(checker.events(log), "");
    const OfferRecord& o = *core.state().offers.begin();
    const std::vector<Event> blamed{
        {o.ring_until, event::OfferEnded{o.id, o.contact, o.queue, o.agent, Outcome::no_answer, 0, 20s, 1, {}}}};
    EXPECT_EQ(checker.events(blamed), "offer.ended: a phone that never rang wasn't answered");
}

TEST_F(Checkers, NoticeABrokenChainOfHolders) {
    std::get<event::ContactEnqueued>(log.at(1).body).entry_point = EntryPointId{7};
    EXPECT_EQ(checker.events(log), "contact.enqueued: contact 1 is held by entry 0, not by entry 7");
}

TEST_F(Checkers, NoticeAnIdleClockThatRestartsWithoutReason) {
    auto& changed = std::get<event::AgentChanged>(log.back().body);
    changed.idle_since = log.back().at;
    EXPECT_EQ(checker.events(log), "agent.state_changed: the idle clock began anew because of offer.made");
}

TEST_F(Checkers, NoticeAMissingEvent) {
    log.pop_back();
    EXPECT_EQ(checker.events(log), "");
    EXPECT_NE(checker.fold(core.state()), "");
}

TEST_F(Checkers, NoticeALeftOverDeadline) {
    ASSERT_EQ(checker.events(log), "");
    State state = core.state();
    state.deadlines.put({state.clock + 1s, DeadlineKind::wrap_up, 0, {}});
    EXPECT_EQ(checker.state(state), "deadlines aren't those of the records");
}

/// Agent 0 asks for lunch and gets it, agent 1 is ready: the two events, and the state before them.
class BreakCheckers : public ::testing::Test {
protected:
    BreakCheckers() {
        Plan p = *two_agents();
        p.reasons = {"lunch"};
        p.breaks = {{"lunch"}, 15min, 1};
        plan = std::make_shared<const Plan>(p);
        Core core(plan);
        for (const std::uint32_t a : {0U, 1U})
            for (const Input& in :
                 {Input(input::DeviceChanges{AgentId{a}, Device::registered}), Input(input::AgentLogsIn{AgentId{a}})})
                core.step(in, Timestamp{1s});
        before = core.state();
        for (const Event& e : core.step(input::AgentGoesNotReady{AgentId{0}, "lunch"}, Timestamp{2s}).events)
            log.push_back(e);
    }
    [[nodiscard]] event::AgentChanged& changed(std::size_t n) { return std::get<event::AgentChanged>(log[n].body); }
    [[nodiscard]] std::string check(std::size_t n) const {
        State shadow = before;
        for (std::size_t i = 0; i < n; ++i) apply(shadow, *plan, log[i]);
        return BreakChecker(*plan).event(log[n], shadow);
    }

    std::shared_ptr<const Plan> plan;
    State before;
    std::vector<Event> log;
};

TEST_F(BreakCheckers, AcceptWhatIsRight) {
    ASSERT_EQ(log.size(), 2U);
    EXPECT_EQ(check(0), "");
    EXPECT_EQ(check(1), "");
}

TEST_F(BreakCheckers, NoticeABreakThatIsTakenRatherThanAskedFor) {
    log[0] = log[1];
    changed(0).cause = "not_ready";
    changed(0).actor = Actor::agent;
    EXPECT_EQ(check(0), "agent 0 takes a break without asking");
}

TEST_F(BreakCheckers, NoticeABreakForSomebodyElse) {
    changed(1).agent = AgentId{1};
    EXPECT_EQ(check(1), "agent 1 gets a break that it didn't ask for");
}

TEST_F(BreakCheckers, NoticeABreakForWhoCannotBeSpared) {
    before.index.set_unavailable(AgentId{1});
    before.agents[1].facts.intent = Intent::not_ready;
    EXPECT_EQ(check(1), "agent 0 can't be spared");
}

TEST_F(BreakCheckers, NoticeAWishThatIsForgotten) {
    apply(before, *plan, log[0]);
    EXPECT_EQ(BreakChecker(*plan).state(before), "agent 0 waits for a break in vain");
    advance(before, Timestamp{2s} + 15min);
    EXPECT_EQ(BreakChecker(*plan).state(before), "agent 0 waits too long for a break");
}

}  // namespace
}  // namespace centrala::routing::testing
