// The slot map: ids that don't outlive their tenants.
#include "centrala/base/slot_map.hpp"

#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include <gtest/gtest.h>
#include <rapidcheck.h>

namespace centrala {
namespace {

enum class Id : std::uint64_t {};

TEST(SlotMap, FindsWhatWasPutIn) {
    SlotMap<Id, std::string> map;
    const Id a = map.emplace("a"), b = map.emplace(3, 'b');
    EXPECT_EQ(*map.find(a), "a");
    EXPECT_EQ(*map.find(b), "bbb");
    EXPECT_EQ(map.size(), 2U);
    EXPECT_EQ(map.find(Id{}), nullptr) << "Id{} is nobody";
    EXPECT_EQ(map.find(static_cast<Id>(~0ULL)), nullptr);
}

TEST(SlotMap, AStaleIdDoesntFindTheNextTenant) {
    SlotMap<Id, int> map;
    const Id old = map.emplace(1);
    map.erase(old);
    const Id young = map.emplace(2);
    EXPECT_EQ(static_cast<std::uint32_t>(static_cast<std::uint64_t>(old)),
              static_cast<std::uint32_t>(static_cast<std::uint64_t>(young)));
    EXPECT_EQ(map.find(old), nullptr);
    map.erase(old);
    EXPECT_EQ(*map.find(young), 2);
}

TEST(SlotMap, KeepsReferencesWhileOthersComeAndGo) {
    SlotMap<Id, int> map;
    int& kept = *map.find(map.emplace(7));
    std::vector<Id> others;
    for (int i = 0; i < 10'000; ++i) others.push_back(map.emplace(i));
    for (Id id : others) map.erase(id);
    EXPECT_EQ(kept, 7);
    EXPECT_EQ(map.size(), 1U);
}

struct Suicidal {
    SlotMap<Id, Suicidal>* map = nullptr;
    Id self{};
    ~Suicidal() {
        if (map) map->erase(self);
    }
};

TEST(SlotMap, ATenantMayTouchItsOwnIdWhileItGoes) {
    SlotMap<Id, Suicidal> map;
    const Id id = map.emplace();
    map.find(id)->map = &map;
    map.find(id)->self = id;
    map.erase(id);
    EXPECT_TRUE(map.empty());
    const Id next = map.emplace(), after = map.emplace();
    EXPECT_NE(next, after);
}

TEST(SlotMap, AgreesWithAMap) {
    EXPECT_TRUE(rc::check([](const std::vector<std::pair<bool, std::uint8_t>>& steps) {
        SlotMap<Id, int> map;
        std::map<Id, int> model;
        std::vector<Id> all;
        int serial = 0;
        for (const auto& [insert, which] : steps) {
            if (insert || all.empty()) {
                const Id id = map.emplace(serial);
                RC_ASSERT(model.emplace(id, serial++).second);
                all.push_back(id);
            } else {
                map.erase(all[which % all.size()]);
                model.erase(all[which % all.size()]);
            }
            RC_ASSERT(map.size() == model.size());
            for (Id id : all) {
                const int* found = map.find(id);
                RC_ASSERT((found != nullptr) == (model.count(id) == 1));
                if (found) RC_ASSERT(*found == model[id]);
            }
        }
        std::size_t visited = 0;
        map.for_each([&](Id id, int value) {
            RC_ASSERT(model.at(id) == value);
            ++visited;
        });
        RC_ASSERT(visited == model.size());
    }));
}

TEST(SlotMap, TakesTheIdsOfAMapBeforeIt) {
    SlotMap<Id, int> before;
    std::vector<Id> ids;
    for (int i = 0; i < 6; ++i) ids.push_back(before.emplace(i));
    before.erase(ids[2]);
    ids[2] = before.emplace(2);
    SlotMap<Id, int> after;
    for (const int i : {4, 2, 1}) EXPECT_TRUE(after.emplace_at(ids[static_cast<std::size_t>(i)], 100, i));
    for (const int i : {4, 2, 1}) EXPECT_EQ(*after.find(ids[static_cast<std::size_t>(i)]), i);
    EXPECT_FALSE(after.emplace_at(ids[4], 100, 9)) << "somebody has it";
    EXPECT_EQ(after.size(), 3U);
    std::set<Id> given(ids.begin(), ids.end());
    for (int i = 0; i < 5; ++i) {
        const Id id = after.emplace(100 + i);
        EXPECT_EQ(*after.find(id), 100 + i);
        EXPECT_NE(id, ids[4]);
        EXPECT_NE(id, ids[2]);
        EXPECT_NE(id, ids[1]);
    }
    EXPECT_EQ(after.size(), 8U);
    after.erase(ids[2]);
    EXPECT_FALSE(after.emplace_at(ids[2], 100, 2)) << "an id is given once";
}

TEST(SlotMap, TakesNoIdThatWouldMakeItHuge) {
    SlotMap<Id, int> map;
    EXPECT_FALSE(map.emplace_at(static_cast<Id>(1ULL << 32 | 100), 100, 1));
    EXPECT_FALSE(map.emplace_at(Id{}, 100, 1)) << "Id{} is nobody";
    EXPECT_TRUE(map.emplace_at(static_cast<Id>(1ULL << 32 | 99), 100, 1));
    EXPECT_EQ(map.size(), 1U);
}

}  // namespace
}  // namespace centrala
