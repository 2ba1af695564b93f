// Prefixes stripped and added, as carriers want them.
#include "calls/number_rules.hpp"

#include <gtest/gtest.h>

namespace centrala::calls {
namespace {

using config::NumberRule;
using Of = config::NumberRule::Of;

TEST(NumberRules, APatternIsAPrefixWithXForAnyDigit) {
    EXPECT_TRUE(matches("", "anything"));
    EXPECT_TRUE(matches("00", "0049301234"));
    EXPECT_TRUE(matches("00", "00"));
    EXPECT_FALSE(matches("00", "0"));
    EXPECT_FALSE(matches("00", "030"));
    EXPECT_TRUE(matches("0X", "030"));
    EXPECT_FALSE(matches("0X", "0*1"));
    EXPECT_FALSE(matches("0X", "0X1"));
    EXPECT_TRUE(matches("+", "+49"));
    EXPECT_FALSE(matches("1", ""));
}

TEST(NumberRules, ADollarAnchorsTheEnd) {
    EXPECT_TRUE(matches("11X$", "112"));
    EXPECT_FALSE(matches("11X$", "1125"));
    EXPECT_FALSE(matches("11X$", "11"));
    EXPECT_TRUE(matches("$", ""));
    EXPECT_FALSE(matches("$", "1"));
}

TEST(NumberRules, TheFirstThatMatchesCountsAndNoOther) {
    const std::vector<NumberRule> rules{
        {Of::both, "00", 2, "+"}, {Of::both, "0", 1, "+49"}, {Of::both, "", 0, "+4930"}};
    EXPECT_EQ(apply_rules(rules, Of::dialled, "0044201234"), "+44201234");
    EXPECT_EQ(apply_rules(rules, Of::dialled, "0301234"), "+49301234");
    EXPECT_EQ(apply_rules(rules, Of::caller, "1234"), "+49301234");
    EXPECT_EQ(apply_rules({}, Of::caller, "1234"), "1234");
}

TEST(NumberRules, NationalAndE164AreEachOthersReverse) {
    const std::vector<NumberRule> in{{Of::both, "00", 2, "+"}, {Of::both, "0", 1, "+49"}};
    const std::vector<NumberRule> out{{Of::both, "+49", 3, "0"}, {Of::both, "+", 1, "00"}};
    for (const char* number : {"+49301234", "+442071234567", "+1212555", "110"})
        EXPECT_EQ(apply_rules(in, Of::dialled, apply_rules(out, Of::dialled, number)), number);
    EXPECT_EQ(apply_rules(out, Of::dialled, "+49301234"), "0301234");
    EXPECT_EQ(apply_rules(out, Of::dialled, "+442071234567"), "00442071234567");
}

TEST(NumberRules, ARuleMayBeForDialledOrCallersNumbersOnly) {
    const std::vector<NumberRule> rules{{Of::caller, "0", 1, "+49"}, {Of::dialled, "0", 1, ""}};
    EXPECT_EQ(apply_rules(rules, Of::caller, "0301"), "+49301");
    EXPECT_EQ(apply_rules(rules, Of::dialled, "0301"), "301");
}

TEST(NumberRules, StrippingMoreThanThereIsLeavesWhatIsAdded) {
    EXPECT_EQ(rewritten("12", 5, "+"), "+");
    EXPECT_EQ(rewritten("", 1, ""), "");
}

TEST(OutsideRules, LeadToTrunksByTheFirstMatchAndNowhereWithoutOne) {
    const std::vector<config::OutsideRule> rules{{"0900", 0, "", {}}, {"0", 1, "", {1, 0}}, {"+", 0, "", {0}}};
    const auto line = outside_number(rules, "0030123");
    ASSERT_TRUE(line);
    EXPECT_EQ(line->number, "030123");
    EXPECT_EQ(std::vector(line->trunks.begin(), line->trunks.end()), (std::vector<std::size_t>{1, 0}));
    EXPECT_EQ(outside_number(rules, "+49301")->number, "+49301");
    EXPECT_TRUE(outside_number(rules, "0900123")->trunks.empty());
    EXPECT_FALSE(outside_number(rules, "201"));
    EXPECT_FALSE(outside_number({}, "030123"));
}

}  // namespace
}  // namespace centrala::calls
