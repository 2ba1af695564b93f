#include "centrala/base/id_table.hpp"

#include <map>
#include <memory>
#include <string>
#include <vector>

#include <gtest/gtest.h>
#include <rapidcheck.h>

namespace centrala {
namespace {

enum class Number : std::uint64_t {};
struct Named {
    Number id{};
    std::string name;
    bool operator==(const Named&) const = default;
};
using Table = IdTable<Named>;

Named named(std::uint64_t id, std::string name = "a name that is too long to be held in place") {
    return {Number{id}, std::move(name)};
}

TEST(IdTable, FindsWhatWasPut) {
    Table table;
    EXPECT_TRUE(table.empty());
    EXPECT_EQ(table.find(Number{7}), nullptr);
    table.put(named(7, "seven"));
    ASSERT_TRUE(table.find(Number{7}));
    EXPECT_EQ(table.find(Number{7})->name, "seven");
    EXPECT_EQ(table.find(Number{8}), nullptr);
    EXPECT_EQ(table.find(Number{7'000'000'000}), nullptr);
}

TEST(IdTable, PutsARecordInThePlaceOfAnother) {
    Table table;
    table.put(named(7, "seven"));
    EXPECT_EQ(table.put(named(7, "sept")).name, "sept");
    EXPECT_EQ(table.size(), 1u);
}

TEST(IdTable, LeavesRecordsWhereTheyAre) {
    Table table;
    const Named* first = &table.put(named(5));
    for (std::uint64_t id = 6; id < 100'000; ++id) table.put(named(id));
    for (std::uint64_t id = 6; id < 100'000; ++id) table.erase(Number{id});
    EXPECT_EQ(table.find(Number{5}), first);
    EXPECT_EQ(table.size(), 1u);
}

TEST(IdTable, HoldsIdsThatAreFarApart) {
    Table table;
    const std::vector<std::uint64_t> ids{0, 1, 15, 16, 1'000'000, ~std::uint64_t{0} - 1, ~std::uint64_t{0}};
    for (auto id = ids.rbegin(); id != ids.rend(); ++id) table.put(named(*id));
    std::vector<std::uint64_t> found;
    for (const Named& one : table) found.push_back(static_cast<std::uint64_t>(one.id));
    EXPECT_EQ(found, ids);
}

TEST(IdTable, IsAValue) {
    Table table;
    for (const std::uint64_t id : {3, 17, 4'000}) table.put(named(id));
    Table copy = table;
    EXPECT_EQ(copy, table);
    copy.find(Number{17})->name = "another";
    EXPECT_NE(copy, table);
    Table moved = std::move(copy);
    EXPECT_EQ(moved.find(Number{17})->name, "another");
    copy = moved;
    moved.erase(Number{3});
    EXPECT_NE(copy, moved);
    EXPECT_EQ(copy.size(), 3u);
}

TEST(IdTable, DoesWhatAMapDoes) {
    EXPECT_TRUE(rc::check([](const std::vector<std::pair<std::uint16_t, bool>>& steps) {
        Table table;
        std::map<std::uint64_t, std::string> map;
        std::uint64_t next = 1;
        for (const auto& [dice, comes] : steps) {
            if (comes) {
                // One after another, with a leap now and then, and sometimes one that was there before.
                const std::uint64_t id = dice % 10 == 0 ? dice % (next + 1) : next += dice % 20 == 1 ? dice : 1;
                table.put(named(id, std::to_string(dice)));
                map[id] = std::to_string(dice);
            } else if (dice % 50 == 0) {
                table.erase_if([](const Named& one) { return static_cast<std::uint64_t>(one.id) % 2 == 0; });
                std::erase_if(map, [](const auto& one) { return one.first % 2 == 0; });
            } else {
                table.erase(Number{dice % (next + 1)});
                map.erase(dice % (next + 1));
            }
            RC_ASSERT(table.size() == map.size());
        }
        auto expected = map.begin();
        for (const Named& one : table) {
            RC_ASSERT(expected != map.end());
            RC_ASSERT(static_cast<std::uint64_t>(one.id) == expected->first);
            RC_ASSERT(one.name == expected->second);
            RC_ASSERT(table.find(one.id) == &one);
            ++expected;
        }
        RC_ASSERT(expected == map.end());
    }));
}

}  // namespace
}  // namespace centrala
