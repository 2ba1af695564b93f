#include "centrala/base/few.hpp"

#include <vector>

#include <gtest/gtest.h>
#include <rapidcheck.h>

namespace centrala {
namespace {

template <class T, std::size_t kOwn>
std::vector<T> all(const Few<T, kOwn>& few) {
    return {few.begin(), few.end()};
}

TEST(Few, IsAListOfAnyLength) {
    Few<int> few;
    EXPECT_TRUE(few.empty());
    EXPECT_EQ(all(few), std::vector<int>{});
    few.push_back(7);
    EXPECT_EQ(few.front(), 7);
    EXPECT_EQ(few.back(), 7);
    few.push_back(8);
    few.push_back(9);
    EXPECT_EQ(all(few), (std::vector{7, 8, 9}));
    EXPECT_EQ(few[1], 8);
    EXPECT_EQ(few, (Few<int>{7, 8, 9}));
    EXPECT_NE(few, (Few<int>{7, 8}));
}

template <class List>
void compare_with_vector() {
    EXPECT_TRUE(rc::check([](const std::vector<std::uint8_t>& steps) {
        List few;
        std::vector<int> vector;
        int next = 0;
        for (const std::uint8_t step : steps) {
            if (step < 150) {
                few.push_back(next);
                vector.push_back(next++);
            } else if (step < 250) {
                const auto goes = [&](int item) { return (item + step) % 3 == 0; };
                RC_ASSERT(few.erase_if(goes) == std::erase_if(vector, goes));
            } else {
                few.clear();
                vector.clear();
            }
            RC_ASSERT(all(few) == vector);
            const List copy = few;
            RC_ASSERT(copy == few);
        }
    }));
}

TEST(Few, DoesWhatAVectorDoes) {
    compare_with_vector<Few<int>>();
}

TEST(Few, DoesWhatAVectorDoesWithSeveralInPlace) {
    compare_with_vector<Few<int, 3>>();
}

}  // namespace
}  // namespace centrala
