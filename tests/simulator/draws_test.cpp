#include "simulator/draws.hpp"

#include <gtest/gtest.h>

namespace centrala::simulator {
namespace {

using Block = std::array<std::uint32_t, 4>;

// The known answers of Random123 1.14 (kat_vectors).
TEST(Draws, PhiloxGivesItsKnownAnswers) {
    EXPECT_EQ(philox({0, 0, 0, 0}, {0, 0}), (Block{0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8}));
    EXPECT_EQ(philox({0xffffffff, 0xffffffff, 0xffffffff, 0xffffffff}, {0xffffffff, 0xffffffff}),
              (Block{0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd}));
    EXPECT_EQ(philox({0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344}, {0xa4093822, 0x299f31d0}),
              (Block{0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1}));
}

TEST(Draws, ANumberDependsOnNothingButItsAddress) {
    const Draws one(7, 3, "sales"), again(7, 3, "sales");
    const double late = one.uniform(1'000, Purpose::patience);
    EXPECT_EQ(one.uniform(0, Purpose::work), again.uniform(0, Purpose::work));
    EXPECT_EQ(again.uniform(1'000, Purpose::patience), late);
}

TEST(Draws, EveryPartOfTheAddressCounts) {
    const double u = Draws(7, 3, "sales").uniform(5, Purpose::work);
    EXPECT_NE(Draws(8, 3, "sales").uniform(5, Purpose::work), u);
    EXPECT_NE(Draws(7 + (std::uint64_t{1} << 32), 3, "sales").uniform(5, Purpose::work), u);
    EXPECT_NE(Draws(7, 4, "sales").uniform(5, Purpose::work), u);
    EXPECT_NE(Draws(7, 3, "support").uniform(5, Purpose::work), u);
    EXPECT_NE(Draws(7, 3, "sales").uniform(6, Purpose::work), u);
    EXPECT_NE(Draws(7, 3, "sales").uniform(5, Purpose::patience), u);
    EXPECT_NE(Draws(7, 3, "sales").uniform(5, Purpose::work, 1), u);
}

TEST(Draws, NumbersFillTheIntervalEvenly) {
    const Draws draws(1, 0, "a");
    constexpr int kCells = 20, kEach = 1'000;
    std::array<int, kCells> cells{};
    for (std::uint32_t i = 0; i < kCells * kEach; ++i) {
        const double u = draws.uniform(i, Purpose::arrival);
        ASSERT_GT(u, 0);
        ASSERT_LT(u, 1);
        ++cells[static_cast<std::size_t>(u * kCells)];
    }
    double chi_square = 0;
    for (const int n : cells) chi_square += (n - kEach) * (n - kEach) / static_cast<double>(kEach);
    EXPECT_LT(chi_square, 43.8);  // 99.9 % of a chi-square with 19 degrees of freedom
}

}  // namespace
}  // namespace centrala::simulator
