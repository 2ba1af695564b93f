// Tables, durations and harmless text.
#include "app/terminal.hpp"

#include <gtest/gtest.h>

namespace centrala::app {
namespace {

TEST(Printable, TakesTheTeethOutOfControls) {
    EXPECT_EQ(printable("a\x1b[2Jb"), "a�[2Jb");
    EXPECT_EQ(printable("line\r\nnext"), "line��next");
    EXPECT_EQ(printable("\xC2\x9B"
                        "31m"),
              "�31m")
        << "C1 controls start sequences, too";
    EXPECT_EQ(printable("ab\u202Ecd"), "ab�cd") << "nothing turns the direction of writing";
}

TEST(Printable, KeepsPeoplesNames) {
    EXPECT_EQ(printable("Zoë Müller 山田"), "Zoë Müller 山田");
    EXPECT_EQ(printable(""), "");
}

TEST(Printable, ReplacesWhatIsNotUtf8) {
    EXPECT_EQ(printable("\xFF"), "�");
    EXPECT_EQ(printable("a\xC3"), "a�");
    EXPECT_EQ(printable("\xED\xA0\x80"), "���") << "a surrogate";
    EXPECT_EQ(printable("\xC0\xAF"), "��") << "an overlong slash";
}

TEST(Fit, CutsByCharactersNotBytes) {
    EXPECT_EQ(fit("Müller", 6), "Müller");
    EXPECT_EQ(fit("Müller", 4), "Mül…");
    EXPECT_EQ(fit("Müller", 1), "…");
    EXPECT_EQ(fit("Müller", 0), "");
}

TEST(HumanDuration, IsAsExactAsPeopleWant) {
    EXPECT_EQ(human_duration(0), "0 ms");
    EXPECT_EQ(human_duration(999.4), "999 ms");
    EXPECT_EQ(human_duration(999.6), "1.0 s");
    EXPECT_EQ(human_duration(12'340), "12.3 s");
    EXPECT_EQ(human_duration(59'949), "59.9 s");
    EXPECT_EQ(human_duration(59'960), "1:00");
    EXPECT_EQ(human_duration(247'000), "4:07");
    EXPECT_EQ(human_duration(7'985'000), "2:13:05");
    EXPECT_EQ(human_duration(3 * 86'400'000.0 + 4 * 3'600'000.0 + 600'000), "3 d 04:10");
    EXPECT_EQ(human_duration(-5), "0 ms");
}

TEST(Table, LinesUpWithoutTrailingSpaces) {
    Table table({{"NAME"}, {"N", true}, {"WHY"}});
    table.add({"Zoë", "7", "x"});
    table.add({"Bartholomew", "123", ""});
    EXPECT_EQ(table.render({}),
              "NAME           N  WHY\n"
              "Zoë            7  x\n"
              "Bartholomew  123  \n");
}

TEST(Table, NeverWrapsOnATerminal) {
    Table table({{"NAME"}, {"DETAIL"}});
    table.add({"ann", std::string(200, 'x')});
    const std::string text = table.render({.colours = false, .width = 40});
    for (std::size_t at = 0, end; (end = text.find('\n', at)) != std::string::npos; at = end + 1)
        EXPECT_LE(columns(text.substr(at, end - at)), 40u);
    EXPECT_NE(text.find("…"), std::string::npos);
}

TEST(Table, ColoursDoNotDisturbTheColumns) {
    Table table({{"A"}, {"B"}});
    table.add({{"x", Colour::red}, "y"});
    EXPECT_EQ(table.render({.colours = true, .width = 0}), "\x1b[1mA\x1b[0m  \x1b[1mB\x1b[0m\n\x1b[31mx\x1b[0m  y\n");
}

}  // namespace
}  // namespace centrala::app
