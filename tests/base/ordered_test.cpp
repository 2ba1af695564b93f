#include "centrala/base/ordered.hpp"

#include <set>
#include <vector>

#include <gtest/gtest.h>
#include <rapidcheck.h>

namespace centrala {
namespace {

std::vector<int> all(const Ordered<int>& set) {
    return {set.begin(), set.end()};
}

TEST(Ordered, HoldsEachKeyOnceInOrder) {
    Ordered<int> set;
    EXPECT_TRUE(set.empty());
    EXPECT_EQ(set.begin(), set.end());
    for (const int key : {5, 1, 9, 5, 3}) set.insert(key);
    EXPECT_EQ(all(set), (std::vector{1, 3, 5, 9}));
    EXPECT_FALSE(set.insert(9));
    EXPECT_EQ(set.erase(2), 0u);
    EXPECT_EQ(set.erase(1), 1u);
    EXPECT_EQ(all(set), (std::vector{3, 5, 9}));
    EXPECT_TRUE(set.contains(5));
    EXPECT_FALSE(set.contains(1));
}

TEST(Ordered, FindsWhatComesBeforeAndAfterAKey) {
    Ordered<int> set;
    for (int key = 0; key < 1'000; ++key) set.insert(2 * key);
    EXPECT_EQ(*set.lower_bound(500), 500);
    EXPECT_EQ(*set.lower_bound(501), 502);
    EXPECT_EQ(*set.upper_bound(500), 502);
    EXPECT_EQ(set.upper_bound(1'998), set.end());
    EXPECT_EQ(set.count_before(500), 250u);
    EXPECT_EQ(set.count_before(501), 251u);
    EXPECT_EQ(set.count_before(-1), 0u);
    EXPECT_EQ(set.count_before(5'000), 1'000u);
}

TEST(Ordered, IsAQueueOfAnyLength) {
    Ordered<int> set;
    int first = 0;
    for (int key = 0; key < 100'000; ++key) {
        set.insert(key);
        if (key % 3 == 0) {
            ASSERT_EQ(*set.begin(), first);
            set.erase(first++);
        }
    }
    EXPECT_EQ(set.size(), 66'666u);
    while (!set.empty()) {
        ASSERT_EQ(*set.begin(), first);
        set.erase(first++);
    }
}

TEST(Ordered, IsAValue) {
    Ordered<int> set;
    for (int key = 0; key < 200; ++key) set.insert(key);
    Ordered<int> copy = set;
    EXPECT_EQ(copy, set);
    copy.erase(100);
    EXPECT_NE(copy, set);
    set = copy;
    EXPECT_EQ(copy, set);
    const Ordered<int> moved = std::move(copy);
    EXPECT_EQ(moved, set);
    set.clear();
    EXPECT_TRUE(set.empty());
}

TEST(Ordered, DoesWhatASetDoes) {
    EXPECT_TRUE(rc::check([](const std::vector<std::pair<std::uint32_t, std::uint8_t>>& steps) {
        Ordered<int> ordered;
        std::set<int> set;
        int last = 0;
        for (const auto& [dice, kind] : steps) {
            const int key = static_cast<int>(dice % 100);
            if (kind < 60) {
                ordered.insert(last);  // many at the end, so that there are several blocks
                set.insert(last++);
            } else if (kind < 170) {
                RC_ASSERT(ordered.insert(key) == set.insert(key).second);
            } else if (kind < 200 && !set.empty()) {
                RC_ASSERT(ordered.erase(*set.begin()) == 1);
                set.erase(set.begin());
            } else {
                RC_ASSERT(ordered.erase(key) == set.erase(key));
            }
            RC_ASSERT(ordered.size() == set.size());
            const auto lower = set.lower_bound(key);
            const auto found = ordered.lower_bound(key);
            RC_ASSERT((found == ordered.end()) == (lower == set.end()));
            if (lower != set.end()) RC_ASSERT(*found == *lower);
            RC_ASSERT(ordered.count_before(key) == static_cast<std::size_t>(std::distance(set.begin(), lower)));
        }
        RC_ASSERT(all(ordered) == std::vector<int>(set.begin(), set.end()));
        const Ordered<int> copy = ordered;
        RC_ASSERT(copy == ordered);
    }));
}

TEST(Ordered, DoesWhatASetDoesWithManyBlocks) {
    Ordered<int> ordered;
    std::set<int> set;
    std::uint32_t dice = 1;
    const auto draw = [&](std::uint32_t below) {
        dice = dice * 1'664'525 + 1'013'904'223;
        return static_cast<int>((dice >> 8) % below);
    };
    // Grows to some 30,000 keys, then shrinks to none.
    for (int step = 0; step < 200'000; ++step) {
        const int key = draw(60'000);
        if (draw(100) < (step < 100'000 ? 60 : 20))
            ASSERT_EQ(ordered.insert(key), set.insert(key).second);
        else
            ASSERT_EQ(ordered.erase(key), set.erase(key));
        ASSERT_EQ(ordered.size(), set.size());
        if (step % 1'000 == 0) {
            ASSERT_EQ(all(ordered), std::vector<int>(set.begin(), set.end())) << step;
            ASSERT_EQ(ordered.count_before(key),
                      static_cast<std::size_t>(std::distance(set.begin(), set.lower_bound(key))));
        }
    }
}

}  // namespace
}  // namespace centrala
