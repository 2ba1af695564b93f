// The lists of who is available, which are brought up to date when somebody looks.
#include "centrala/routing/index.hpp"

#include <gtest/gtest.h>

namespace centrala::routing {
namespace {

constexpr QueueId sales{0}, support{1}, web{2};
constexpr AgentId ann{0}, bob{1}, eve{2};

/// Ann serves both queues of calls, Bob sales, and Eve sales and the chats.
Plan plan_of(Strategy strategy) {
    Plan plan;
    plan.skills.resize(3);
    for (std::uint16_t skill = 0; skill < 3; ++skill) {
        Queue queue;
        queue.required.skills = {{SkillId{skill}, 1}};
        queue.strategy = strategy;
        plan.queues.push_back(queue);
    }
    plan.queues[2].channel = Channel::chat;
    plan.agents.resize(3);
    plan.agents[0].skills = {{SkillId{0}, 1}, {SkillId{1}, 1}};
    plan.agents[1].skills = {{SkillId{0}, 1}};
    plan.agents[2].skills = {{SkillId{0}, 1}, {SkillId{2}, 1}};
    plan.agents[2].chats = 2;
    return plan;
}

class IndexOf : public ::testing::TestWithParam<Strategy> {
protected:
    IndexOf() : plan(plan_of(GetParam())), index(plan) {
        for (const AgentId agent : {ann, bob, eve})
            index.set_skills(plan, agent, plan.agents[routing::index(agent)].skills, true);
    }
    void available(AgentId agent, Channel channel, Duration since) {
        index.set_available(channel, index.idle_key(agent, channel, Timestamp{since}, 0), 0, 0);
    }
    /// In whatever list the strategy looks at.
    [[nodiscard]] std::size_t listed(QueueId queue) const {
        const BenchLists& lists = index.lists(queue, 0);
        return std::max({lists.heads.size(), lists.in_turn.size(), lists.by_idle.size(), lists.by_calls.size()});
    }
    Plan plan;
    Index index;
};

TEST_P(IndexOf, ListsWhoeverIsAvailableWhenSomebodyLooks) {
    available(ann, Channel::voice, 1s);
    EXPECT_EQ(index.bench(sales).available, 1u);
    EXPECT_EQ(listed(sales), 1u);
    EXPECT_EQ(listed(support), 1u);
    available(bob, Channel::voice, 2s);
    available(eve, Channel::voice, 3s);
    EXPECT_EQ(index.bench(sales).available, 3u);
    EXPECT_EQ(listed(sales), 3u);
    index.set_unavailable(bob);
    EXPECT_EQ(listed(sales), 2u);
    EXPECT_EQ(listed(support), 1u);
}

TEST_P(IndexOf, ForgetsWhoeverGoesBeforeAnybodyLooks) {
    available(bob, Channel::voice, 1s);
    available(ann, Channel::voice, 2s);
    index.set_unavailable(ann);
    EXPECT_EQ(index.bench(support).available, 0u);
    EXPECT_EQ(listed(support), 0u);
    EXPECT_EQ(listed(sales), 1u);
}

TEST_P(IndexOf, KnowsTheOnlyOneWhoIsAvailable) {
    EXPECT_EQ(index.only_available(sales, 0), std::nullopt);
    available(ann, Channel::voice, 1s);
    EXPECT_EQ(index.only_available(sales, 0), ann);
    EXPECT_EQ(index.only_available(support, 0), ann);
    available(bob, Channel::voice, 2s);
    EXPECT_EQ(index.only_available(sales, 0), std::nullopt) << "there are two";
    EXPECT_EQ(index.only_available(support, 0), std::nullopt) << "Bob doesn't serve it";
}

TEST_P(IndexOf, KnowsTheOnlyOneForChatsFromTheOnlyOneForCalls) {
    available(eve, Channel::voice, 1s);
    EXPECT_EQ(index.only_available(web, 0), std::nullopt);
    EXPECT_EQ(index.only_available(sales, 0), eve);
    available(eve, Channel::chat, 1s);
    EXPECT_EQ(index.only_available(web, 0), eve);
    EXPECT_EQ(index.only_available(sales, 0), std::nullopt) << "that would take a look at the lists";
}

TEST_P(IndexOf, IsTheSameWhetherSomebodyLookedOrNot) {
    available(ann, Channel::voice, 1s);
    const Index unseen = index;
    Index other = index;
    EXPECT_EQ(other.lists(sales, 0), index.lists(sales, 0));
    EXPECT_EQ(other, unseen);
    other.set_unavailable(ann);
    EXPECT_NE(other, unseen);
}

INSTANTIATE_TEST_SUITE_P(Strategies, IndexOf,
                         ::testing::Values(Strategy::longest_idle, Strategy::least_occupied, Strategy::round_robin,
                                           Strategy::fewest_calls));

}  // namespace
}  // namespace centrala::routing
