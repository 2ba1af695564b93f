// Soft reservation: when scarce agents are kept back, from whom, and for how long.
#include "routing/reservation.hpp"

#include <gtest/gtest.h>

#include "centrala/routing/core.hpp"

namespace centrala::routing {
namespace {

constexpr Timestamp kStart{1'000'000s};
constexpr QueueId common{0}, rare{1};

/// Six agents take common calls; the last two of them rare ones, too. Both queues are to be answered within 20 s.
std::shared_ptr<const Plan> plan_of_six() {
    auto plan = std::make_shared<Plan>();
    plan->skills = {{"common"}, {"rare"}};
    plan->queues.resize(2);
    plan->queues[0].required.skills = {{SkillId{0}, 1}};
    plan->queues[1].required.skills = {{SkillId{1}, 1}};
    plan->entry_points = {{"common", common, false}, {"rare", rare, false}};
    for (int i = 0; i < 6; ++i) {
        Agent agent;
        agent.skills = {{SkillId{0}, 1}};
        if (i >= 4) agent.skills.push_back({SkillId{1}, 1});
        plan->agents.push_back(agent);
    }
    plan->ready_on_login = true;
    plan->reserve_scarce = true;
    return plan;
}

class ReservationTest : public ::testing::Test {
protected:
    void SetUp() override {
        for (std::uint32_t i = 0; i < 6; ++i) {
            core.step(input::DeviceChanges{AgentId{i}, Device::registered}, kStart);
            core.step(input::AgentLogsIn{AgentId{i}}, kStart);
        }
    }
    void set_level(std::int64_t level) {
        State state = core.state();
        state.queues[index(rare)].reservation.level = level;
        core.restore_state(std::move(state));
    }
    void leave_only(std::initializer_list<std::uint32_t> ready) {
        for (std::uint32_t i = 0; i < 6; ++i)
            if (std::find(ready.begin(), ready.end(), i) == ready.end())
                core.step(input::AgentGoesNotReady{AgentId{i}, ""}, kStart);
    }
    /// The agent that is offered a call in this step.
    std::optional<AgentId> offered(const Input& in, Duration at) {
        std::optional<AgentId> agent;
        for (const Event& e : core.step(in, kStart + at).events)
            if (const auto* made = std::get_if<event::OfferMade>(&e.body)) {
                agent = made->agent;
                passed_over = made->passed_over;
            }
        return agent;
    }
    std::optional<AgentId> call(QueueId queue, Duration at) {
        return offered(input::ContactArrives{static_cast<EntryPointId>(index(queue)), "", "", "", "", ""}, at);
    }
    [[nodiscard]] std::int64_t level() const { return core.state().queues[index(rare)].reservation.level; }

    std::shared_ptr<const Plan> plan = plan_of_six();
    Core core{plan};
    std::optional<event::PassedOver> passed_over;  ///< in the last offer
};

TEST_F(ReservationTest, KeepsTheLastAgentFromALargerQueueUntilItHasNearlyWaitedItsTarget) {
    set_level(Reservation::kAgent);
    leave_only({5});
    EXPECT_EQ(call(common, 0s), std::nullopt);
    ASSERT_TRUE(core.deadline());
    EXPECT_EQ(*core.deadline(), kStart + 18s);
    EXPECT_EQ(offered(input::TimePasses{}, 17'999'999us), std::nullopt);
    EXPECT_EQ(offered(input::TimePasses{}, 18s), AgentId{5});
}

TEST_F(ReservationTest, GivesTheLastAgentToItsOwnQueueAtOnce) {
    set_level(Reservation::kAgent);
    leave_only({5});
    EXPECT_EQ(call(common, 0s), std::nullopt);
    EXPECT_EQ(call(rare, 1s), AgentId{5});
}

TEST_F(ReservationTest, IsNamedInTheOfferToSomebodyElse) {
    set_level(2 * Reservation::kAgent);
    leave_only({3, 4, 5});
    core.step(input::AgentGoesNotReady{AgentId{3}, ""}, kStart + 1s);
    core.step(input::AgentGoesReady{AgentId{3}}, kStart + 2s);
    EXPECT_EQ(call(common, 3s), AgentId{3}) << "4 and 5 have been idle longer";
    EXPECT_EQ(passed_over, (event::PassedOver{AgentId{4}, rare}));
}

TEST_F(ReservationTest, LeavesThoseAboveTheLevelToAll) {
    set_level(Reservation::kAgent);
    leave_only({4, 5});
    EXPECT_EQ(call(common, 0s), AgentId{4});
    EXPECT_EQ(call(common, 1s), std::nullopt);
}

TEST_F(ReservationTest, ReleasesAnAgentWhenAnotherBecomesFree) {
    set_level(Reservation::kAgent);
    leave_only({5});
    EXPECT_EQ(call(common, 0s), std::nullopt);
    EXPECT_EQ(offered(input::AgentGoesReady{AgentId{4}}, 1s), AgentId{5});
}

TEST_F(ReservationTest, KeepsNobodyBackBelowHalfAnAgent) {
    set_level(Reservation::kAgent / 2 - 1);
    leave_only({5});
    EXPECT_EQ(call(common, 0s), AgentId{5});
}

TEST_F(ReservationTest, RisesOnlyWhileAgentsAreLentToAMuchLargerQueue) {
    leave_only({});
    for (int i = 1; i <= 20; ++i) {
        call(rare, Duration(i));
        core.step(input::CallerLeaves{static_cast<ContactId>(i)}, kStart + Duration(i));
    }
    EXPECT_EQ(level(), 0);
    core.step(input::AgentGoesReady{AgentId{5}}, kStart + 1s);
    EXPECT_EQ(call(common, 1s), AgentId{5});
    for (int i = 22; i <= 61; ++i) {
        call(rare, 2s);
        core.step(input::CallerLeaves{static_cast<ContactId>(i)}, kStart + 2s);
    }
    EXPECT_GT(level(), Reservation::kAgent / 2);
    EXPECT_LE(level(), Reservation::kAgent) << "never more than half of the queue's agents";
}

TEST_F(ReservationTest, FallsAsTheQueueDoesWell) {
    set_level(Reservation::kAgent);
    for (int i = 1; i <= 200; ++i) {
        ASSERT_TRUE(call(rare, Duration(i)));
        const auto offer = static_cast<OfferId>(core.state().next_offer - 1);
        core.step(input::OfferAccepted{offer}, kStart + Duration(i));
        core.step(input::ConversationEnds{static_cast<ContactId>(i), EndCause::caller_hangup}, kStart + Duration(i));
        for (const std::uint32_t agent : {4u, 5u})
            core.step(input::AgentEndsWrapUp{AgentId{agent}}, kStart + Duration(i));
    }
    EXPECT_LT(level(), Reservation::kAgent / 2);
}

}  // namespace
}  // namespace centrala::routing
