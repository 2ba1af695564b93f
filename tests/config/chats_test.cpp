// Queues of chats and agents who take them: what is read, and what can't be meant.
#include "centrala/config/reload.hpp"
#include "support.hpp"

namespace centrala::config {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

const std::string kStaysEmpty = "stays empty: chats are simulated so far, none come in";

/// Lines 2 to 5: ann takes `chats`, an entry point leads to c; `queues` begins on line 5.
std::string desk(const std::string& chats, const std::string& queues) {
    return kListen + "agents: {ann: {password: x" + chats +
           "}}\nentry_points: {e: {numbers: [1], queue: c}}\nqueues:\n  c: {}\n" + queues;
}

TEST(ChatConfiguration, IsReadFromQueuesAndAgents) {
    const Config c = loaded(desk(", chats: 3", "  w: {channel: chat}\n  v: {channel: voice}\n"));
    EXPECT_EQ(c.plan->agents[0].chats, 3U);
    EXPECT_EQ(c.plan->queues[0].channel, routing::Channel::voice);
    EXPECT_EQ(c.plan->queues[1].channel, routing::Channel::chat);
    EXPECT_EQ(c.plan->queues[2].channel, routing::Channel::voice);
    EXPECT_EQ(loaded(desk("", "")).plan->agents[0].chats, 0U);
}

TEST(ChatConfiguration, HasItsLimits) {
    EXPECT_THAT(problems(desk(", chats: 26", "")),
                ElementsAre("2: agents.ann.chats: expected a whole number from 0 to 25, got '26'"));
    EXPECT_THAT(problems(desk("", "  w: {channel: fax}\n")),
                ElementsAre("6: queues.w.channel: expected one of voice, chat, got 'fax'"));
}

TEST(QueuesOfChats, GetNoCalls) {
    const std::string web = "  w: {channel: chat}\n";
    const std::string mistake = "expected a queue of calls: w is for chats";
    EXPECT_THAT(problems(desk(", chats: 1", web) + "callers: {gold: {numbers: [1], queue: w}}\n"),
                ElementsAre("7: callers.gold.queue: " + mistake));
    const auto entry = [&](const std::string& keys) {
        return kListen + "agents: {ann: {password: x, chats: 1}}\nqueues: {c: {}, w: {channel: chat}}\n" +
               "entry_points: {e: {numbers: [1], " + keys + "}}\n";
    };
    EXPECT_THAT(problems(entry("queue: w")), ElementsAre("4: entry_points.e.queue: " + mistake));
    EXPECT_THAT(problems(entry("queue: c, closed_queue: w")),
                ElementsAre("4: entry_points.e.closed_queue: " + mistake));
}

TEST(QueuesOfChats, AndQueuesOfCallsDontMix) {
    EXPECT_THAT(problems(desk(", chats: 1", "  w: {channel: chat, max_wait: 1m, overflow: c}\n")),
                ElementsAre("6: queues.w.overflow: expected a queue of chats like this one: c is for calls"));
    EXPECT_THAT(problems(desk(", chats: 1", "  w: {channel: chat}\n  d: {also: [w]}\n")),
                ElementsAre("7: queues.d: expected a queue of calls like this one: w is for chats"));
    EXPECT_THAT(problems(desk(", chats: 1", "  w: {channel: chat, relax: [{after: 9s, also: [c]}]}\n")),
                ElementsAre("6: queues.w: expected a queue of chats like this one: c is for calls"));
}

TEST(QueuesOfChats, StayEmptySoFar) {
    EXPECT_THAT(warnings(desk(", chats: 1", "  w: {channel: chat}\n")), ElementsAre("6: queues.w: " + kStaysEmpty));
}

TEST(QueuesOfChats, NeedAgentsWhoTakeSome) {
    EXPECT_THAT(
        warnings(desk("", "  w: {channel: chat, max_wait: 1m}\n")),
        ElementsAre("6: queues.w: " + kStaysEmpty, "6: queues.w: no agent takes chats: all its calls end after 1m"));
}

TEST(QueuesOfChats, AreOthersThanQueuesOfCallsThatBoreTheirNames) {
    Config running = loaded(desk(", chats: 1", "  w: {channel: chat}\n"));
    const auto done = reload(running, loaded(desk(", chats: 1", "  w: {}\n")));
    ASSERT_TRUE(done);
    EXPECT_THAT(done->changes, ElementsAre("queue w is removed", "queue w is added"));
    ASSERT_EQ(running.plan->queues.size(), 3U);
    EXPECT_TRUE(running.plan->queues[1].retired);
    EXPECT_EQ(running.plan->queues[2].channel, routing::Channel::voice);
    EXPECT_EQ(running.plan->find_queue("w"), routing::QueueId{2});
    const auto back = reload(running, loaded(desk(", chats: 1", "  w: {channel: chat}\n")));
    ASSERT_TRUE(back);
    EXPECT_EQ(running.plan->queues.size(), 3U) << "it has its old id again";
    EXPECT_EQ(running.plan->find_queue("w"), routing::QueueId{1});
}

}  // namespace
}  // namespace centrala::config
