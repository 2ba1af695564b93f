// Opening hours: what they mean, every mistake in them, and what is only odd.
#include "support.hpp"

namespace centrala::config {
namespace {

using std::chrono::minutes;
using std::chrono::year;
using testing::ElementsAre;
using testing::IsEmpty;
using Spans = std::vector<schedule::Span>;

constexpr Spans::value_type kWorkday{8 * 60min, 18 * 60min};

/// A schedule called s, on line 3, in which `text` stands from line 4 on.
std::string with_schedule(const std::string& text) {
    return kListen + "schedules:\n  s:\n" + text;
}
/// A mistake in a line that stands on line 5, below time_zone.
std::string below(const std::string& text) {
    return with_schedule("    time_zone: Europe/Warsaw\n" + text);
}

std::string with_entry(const std::string& keys, const std::string& hours = "mon-fri: 08:00-18:00") {
    return kListen + "queues: {q: {}, night: {}}\nschedules: {s: {time_zone: UTC, hours: {" + hours +
           "}}}\nentry_points:\n  e:\n    numbers: [1]\n    queue: q\n" + keys + "agents: {ann: {password: x}}\n";
}

TEST(Schedules, HaveHoursForDaysOfTheWeek) {
    const Config c =
        loaded(below("    hours:\n"
                     "      mon-thu: 08:00-18:00\n"
                     "      fri: [13:00-15:30, 08:00-12:00]\n"
                     "      sat-sun: closed\n"));
    ASSERT_EQ(c.schedules.size(), 1u);
    const schedule::Schedule& s = c.schedules[0];
    EXPECT_EQ(s.name, "s");
    EXPECT_EQ(s.zone, "Europe/Warsaw");
    EXPECT_THAT(s.week,
                ElementsAre(Spans{kWorkday}, Spans{kWorkday}, Spans{kWorkday}, Spans{kWorkday},
                            Spans{{8 * 60min, 12 * 60min}, {13 * 60min, 15 * 60min + 30min}}, Spans{}, Spans{}));
}

TEST(Schedules, HaveSpansPastMidnightAndRoundTheClock) {
    const auto c = loaded(below("    hours: {fri-mon: 22:00-06:00, tue: 00:00-24:00}\n"));
    const schedule::Schedule& s = c.schedules[0];
    const Spans night{{22 * 60min, 30 * 60min}};
    EXPECT_THAT(s.week, ElementsAre(night, Spans{{0min, 24 * 60min}}, Spans{}, Spans{}, night, night, night));
}

TEST(Schedules, HaveHolidaysOfOneYearOrEveryYear) {
    const auto c =
        loaded(below("    holidays:\n"
                     "      2026-12-24: 08:00-18:00\n"
                     "      2026-12-27..2027-01-06: closed\n"
                     "      12-25..12-26: closed\n"
                     "      02-29: closed\n"));
    const auto& holidays = c.schedules[0].holidays;
    ASSERT_EQ(holidays.size(), 4u);
    EXPECT_EQ(holidays[0].first, year(2026) / 12 / 24);
    EXPECT_EQ(holidays[0].last, year(2026) / 12 / 24);
    EXPECT_EQ(holidays[0].hours, Spans{kWorkday});
    EXPECT_EQ(holidays[1].last, year(2027) / 1 / 6);
    EXPECT_THAT(holidays[1].hours, IsEmpty());
    EXPECT_FALSE(holidays[1].yearly);
    EXPECT_TRUE(holidays[2].yearly);
    EXPECT_EQ(holidays[2].last.day(), std::chrono::day(26));
    EXPECT_TRUE(holidays[3].yearly);
}

TEST(Schedules, AreNamedByEntryPoints) {
    const auto c =
        loaded(with_entry("    hours: s\n    last_call: 10m\n    at_closing: end\n    closed_queue: night\n"));
    EXPECT_EQ(c.entry_points[0].hours, 0u);
    EXPECT_EQ(c.entry_points[0].last_call, 10min);
    EXPECT_TRUE(c.entry_points[0].ends_waiting);
    EXPECT_EQ(c.plan->entry_points[0].closed_queue, c.plan->find_queue("night"));
    EXPECT_THAT(c.warnings, IsEmpty());
}

TEST(Schedules, NearZonesAreNamed) {
    const auto zone = [](const std::string& name) { return problems(with_schedule("    time_zone: " + name + "\n")); };
    EXPECT_THAT(zone("Warsaw"), ElementsAre("4: schedules.s.time_zone: expected a time zone such as Europe/Warsaw, got "
                                            "'Warsaw'; did you mean Europe/Warsaw?"));
    EXPECT_THAT(zone("america/new_york"),
                ElementsAre("4: schedules.s.time_zone: expected a time zone such as Europe/Warsaw, got "
                            "'america/new_york'; did you mean America/New_York?"));
    EXPECT_THAT(zone("Europe/Berlim"), ElementsAre("4: schedules.s.time_zone: expected a time zone such as "
                                                   "Europe/Warsaw, got 'Europe/Berlim'; did you mean Europe/Berlin?"));
    EXPECT_THAT(zone("[UTC]"),
                ElementsAre("4: schedules.s.time_zone: expected a time zone such as Europe/Warsaw, got a list"));
    EXPECT_THAT(problems(with_schedule("    hours: {mon: closed}\n")),
                ElementsAre("3: schedules.s: expected time_zone: whose clocks the hours are meant by, such as "
                            "Europe/Warsaw"));
}

TEST(Schedules, MistakesInHoursAreNamed) {
    const auto span = [](const std::string& text) { return problems(below("    hours: {mon: " + text + "}\n")); };
    for (const char* wrong : {"08:00", "8-18", "08:00-18:60", "08:00-24:01", "24:00-08:00", "08:00-08:00", "open",
                              "08:00-12:00-18:00", "08:00 - 18:00", "-08:00-18:00"})
        EXPECT_THAT(span(wrong),
                    ElementsAre("5: schedules.s.hours.mon: expected closed, or spans such as 08:00-18:00, 22:00-06:00 "
                                "(past midnight) and 00:00-24:00, got '" +
                                std::string(wrong) + "'"));
    EXPECT_THAT(span("[08:00-12:00, soon]"),
                ElementsAre("5: schedules.s.hours.mon[2]: expected closed, or spans such as 08:00-18:00, 22:00-06:00 "
                            "(past midnight) and 00:00-24:00, got 'soon'"));
    EXPECT_THAT(problems(below("    hours: {monday: closed}\n")),
                ElementsAre("5: schedules.s.hours.monday: expected a day such as mon, or days such as mon-fri, got "
                            "'monday'"));
    EXPECT_THAT(problems(below("    hours:\n      mon-fri: 08:00-18:00\n      fri: 08:00-15:00\n")),
                ElementsAre("7: schedules.s.hours.fri: fri is given twice; the first is on line 6"));
}

TEST(Schedules, MistakesInHolidaysAreNamed) {
    for (const char* wrong : {"2026-02-29", "02-30", "13-01", "2026-12-24..12-26", "2026-12-26..2026-12-24", "24.12.",
                              "2026-1-1", "christmas"})
        EXPECT_THAT(problems(below("    holidays: {" + std::string(wrong) + ": closed}\n")),
                    ElementsAre("5: schedules.s.holidays." + std::string(wrong) +
                                ": expected a date such as 2026-12-24, 12-24 (every year) or 2026-12-24..2027-01-01, "
                                "got '" +
                                wrong + "'"));
}

TEST(Schedules, OverlappingSpansAreOdd) {
    EXPECT_THAT(warnings(below("    hours: {mon: [08:00-12:00, 11:00-18:00]}\n")),
                ElementsAre("5: schedules.s.hours.mon: 08:00-12:00 and 11:00-18:00 overlap"));
    EXPECT_THAT(warnings(below("    hours:\n      sun: 22:00-06:00\n      mon: 05:00-18:00\n")),
                ElementsAre("6: schedules.s.hours.sun: 22:00-06:00 and the next day's 05:00-18:00 overlap"));
    EXPECT_THAT(warnings(below("    hours: {mon-sun: [00:00-12:00, 12:00-24:00]}\n")), IsEmpty()) << "they only touch";
}

TEST(Schedules, ThatNeverOpenAreAMistakeWhereAnEntryPointNeedsThem) {
    const std::string never = "mon-sun: closed";
    EXPECT_THAT(problems(with_entry("    hours: s\n", never)),
                ElementsAre("8: entry_points.e.hours: schedule s never opens: nobody who calls here could ever be "
                            "answered"));
    EXPECT_THAT(warnings(with_entry("    hours: s\n    closed_queue: night\n", never)),
                ElementsAre("8: entry_points.e.hours: schedule s never opens"));
    EXPECT_THAT(problems(with_entry("", never)), IsEmpty()) << "nobody uses it";
    const std::string holidays = "mon-sun: 08:00-18:00}, holidays: {01-01..12-31: closed";
    EXPECT_THAT(warnings(with_entry("    hours: s\n    closed_queue: night\n", holidays)),
                ElementsAre("8: entry_points.e.hours: schedule s never opens"));
}

TEST(Schedules, LetNobodyInWhereLastCallIsAsLongAsTheyAreOpen) {
    const std::string never = "schedule s is never open for longer than last_call";
    const auto last_call = [](const std::string& time, const std::string& hours) {
        return warnings(with_entry("    hours: s\n    closed_queue: night\n    last_call: " + time + "\n", hours));
    };
    EXPECT_THAT(problems(with_entry("    hours: s\n    last_call: 1h\n", "mon: 09:00-10:00")),
                ElementsAre("8: entry_points.e.hours: " + never + ": nobody who calls here could ever be answered"));
    EXPECT_THAT(last_call("1h", "mon: [09:00-10:00, 11:00-12:00]"), ElementsAre("8: entry_points.e.hours: " + never));
    EXPECT_THAT(last_call("59m", "mon: 09:00-10:00"), IsEmpty());
    EXPECT_THAT(last_call("1h", "mon: [09:00-10:00, 10:00-11:00]"), IsEmpty()) << "they touch";
    EXPECT_THAT(last_call("1h", "mon: 23:00-24:00, tue: 00:00-01:00"), IsEmpty()) << "so do these";
    EXPECT_THAT(last_call("1h", "mon: 09:00-10:00}, holidays: {12-24: 09:00-12:00"), IsEmpty());
}

TEST(Schedules, AreNeededForWhatDependsOnThem) {
    EXPECT_THAT(problems(with_entry("    last_call: 10m\n")),
                ElementsAre("5: entry_points.e: expected hours with last_call"));
    EXPECT_THAT(problems(with_entry("    at_closing: end\n")),
                ElementsAre("5: entry_points.e: expected hours with at_closing"));
    EXPECT_THAT(problems(with_entry("    hours: t\n")),
                ElementsAre("8: entry_points.e.hours: no schedule is named 't'; did you mean s?"));
}

}  // namespace
}  // namespace centrala::config
