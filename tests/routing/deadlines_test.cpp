#include "centrala/routing/deadlines.hpp"

#include <set>
#include <vector>

#include <gtest/gtest.h>
#include <rapidcheck.h>

namespace centrala::routing {
namespace {

constexpr QueueId sales{0}, support{1};

Deadline leave_at(Duration at, std::uint64_t contact) {
    return {Timestamp{at}, DeadlineKind::max_wait, contact, {}};
}

TEST(Deadlines, AreInOrderWhateverTheyAreAbout) {
    Deadlines deadlines(2);
    EXPECT_TRUE(deadlines.empty());
    deadlines.put(leave_at(9s, 1), sales);
    EXPECT_EQ(deadlines.first(), leave_at(9s, 1));
    const Deadline rings{Timestamp{5s}, DeadlineKind::ring_timeout, 7, {}};
    deadlines.put(rings);
    deadlines.put(leave_at(7s, 2), support);
    EXPECT_EQ(deadlines.first(), rings);
    EXPECT_EQ(deadlines.due(Timestamp{7s}), (std::vector{rings, leave_at(7s, 2)}));
    deadlines.take(rings);
    deadlines.take(leave_at(7s, 2), support);
    EXPECT_EQ(deadlines.first(), leave_at(9s, 1));
    deadlines.take(leave_at(9s, 1), sales);
    EXPECT_TRUE(deadlines.empty());
}

TEST(Deadlines, OfOneMomentComeByKind) {
    Deadlines deadlines(2);
    const Deadline rings{Timestamp{5s}, DeadlineKind::ring_timeout, 9, {}};
    const Deadline relaxes{Timestamp{5s}, DeadlineKind::relax, 3, {}};
    deadlines.put(leave_at(5s, 1), sales);
    deadlines.put(relaxes, support);
    EXPECT_EQ(deadlines.first(), relaxes);
    deadlines.put(rings);
    EXPECT_EQ(deadlines.first(), rings);
    EXPECT_EQ(deadlines.due(Timestamp{5s}), (std::vector{rings, relaxes, leave_at(5s, 1)}));
}

TEST(Deadlines, AreEqualHoweverTheyCameToBe) {
    Deadlines one(5), other(5);
    one.put(leave_at(1s, 1), sales);
    one.put(leave_at(2s, 2), support);
    other.put(leave_at(2s, 2), support);
    other.put(leave_at(3s, 3), sales);
    EXPECT_NE(one, other);
    other.take(leave_at(3s, 3), sales);
    other.put(leave_at(1s, 1), sales);
    EXPECT_EQ(one, other);
}

TEST(Deadlines, AreAsInOneSetOfAll) {
    EXPECT_TRUE(
        rc::check([](std::uint8_t queues, const std::vector<std::tuple<bool, std::uint8_t, std::uint8_t>>& steps) {
            queues %= 12;
            Deadlines deadlines(queues);
            std::set<Deadline> all;
            for (const auto& [comes, when, id] : steps) {
                // A contact is always of the same queue; now and then it is something else.
                const Deadline deadline = leave_at(Duration{when % 16}, id);
                const auto n = static_cast<std::uint32_t>(id % (queues + 1));
                const auto queue = n == 0 ? std::nullopt : std::optional(QueueId{n - 1});
                if (comes) {
                    deadlines.put(deadline, queue);
                    all.insert(deadline);
                } else {
                    // What is there as a rule, and sometimes what isn't.
                    const Deadline goes = all.empty() || when % 4 == 0 ? deadline : *all.begin();
                    const auto of = static_cast<std::uint32_t>(goes.id % (queues + 1));
                    deadlines.take(goes, of == 0 ? std::nullopt : std::optional(QueueId{of - 1}));
                    all.erase(goes);
                }
                RC_ASSERT(deadlines.empty() == all.empty());
                if (!all.empty()) RC_ASSERT(deadlines.first() == *all.begin());
            }
            const Timestamp now{Duration{8}};
            std::vector<Deadline> due;
            for (const Deadline& d : all)
                if (d.at <= now) due.push_back(d);
            RC_ASSERT(deadlines.due(now) == due);
            RC_ASSERT(deadlines.due(Timestamp::max()) == std::vector<Deadline>(all.begin(), all.end()));
        }));
}

}  // namespace
}  // namespace centrala::routing
