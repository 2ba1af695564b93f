// Which numbers a list has.
#include "centrala/config/caller_lists.hpp"

#include <gtest/gtest.h>

namespace centrala::config {
namespace {

TEST(NumberSet, HasWholeNumbersAndBeginnings) {
    NumberSet set;
    EXPECT_FALSE(set.contains("4711"));
    for (const char* pattern : {"4711", "+49*", "+4930123*", "0900*"}) set.add(pattern);
    for (const char* number : {"4711", "+49", "+491", "+49301234", "09001", "0900"}) EXPECT_TRUE(set.contains(number));
    for (const char* number : {"", "471", "47112", "+4", "090", "10900", "+*"}) EXPECT_FALSE(set.contains(number));
    set.add("*");
    EXPECT_TRUE(set.contains("1"));
}

}  // namespace
}  // namespace centrala::config
