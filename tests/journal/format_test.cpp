// What lines look like, whatever is put into them.
#include <gtest/gtest.h>
#include <rapidcheck.h>

#include "centrala/journal/journal.hpp"
#include "journal/line.hpp"
#include "journal/parse.hpp"
#include "journal/random_events.hpp"
#include "journal/schema_check.hpp"
#include "journal/support.hpp"

namespace centrala::journal {
namespace {

using namespace test;

std::string line_of(const routing::Event& event, std::uint64_t seq = 7) {
    std::string out;
    format(out, seq, event, *plan());
    return out;
}
std::string escaped(std::string_view text, std::size_t room = kTextMax) {
    std::string out;
    append_escaped(out, text, room);
    return out;
}

TEST(Format, WritesKeysInTheDocumentedOrder) {
    using namespace routing;
    EXPECT_EQ(
        line_of({kStart, event::ContactConnected{ContactId{17}, QueueId{0}, AgentId{0}, OfferId{23}, 1234567us, 20s}}),
        R"({"seq":7,"ts":"2023-11-14T22:13:20.123456Z","type":"contact.connected","v":1,"contact":"c17","offer":"o23","agent":"ann",)"
        R"("queue":"orders","from":"queue:orders","to":"agent:ann","waited_ms":1234.567,"rang_ms":20000})"
        "\n");
}

TEST(Format, AppendsToWhatIsThere) {
    std::string out = "before\n";
    format(out, 1, kStart, "server.started",
           {{"version", std::string_view("0.1.0")}, {"pid", std::int64_t{-4}}, {"dry", true}});
    EXPECT_EQ(out,
              "before\n{\"seq\":1,\"ts\":\"2023-11-14T22:13:20.123456Z\",\"type\":\"server.started\",\"v\":1,"
              "\"version\":\"0.1.0\",\"pid\":-4,\"dry\":true}\n");
}

TEST(Format, EveryEventComesBackExactlyAndObeysTheSchema) {
    const auto p = plan();
    const Names names(*p);
    std::uint64_t seq = 0;
    EXPECT_TRUE(rc::check([&](std::uint64_t seed) {
        Dice dice(seed);
        for (std::size_t type = 0; type < std::variant_size_v<routing::EventBody>; ++type) {
            const routing::Event event{dice.time(), random_body(dice, type)};
            const std::string line = line_of(event, ++seq);
            const Record record = parse(std::string_view(line).substr(0, line.size() - 1), names);
            if (record.kind != Parsed::event || record.seq != seq || !equal(record.event, event)) RC_FAIL(line);
            if (const auto errors = schema_errors(line); !errors.empty()) RC_FAIL(errors);
        }
    }));
}

TEST(Format, DurationsAreExactToTheMicrosecond) {
    const auto millis = [](Duration value) {
        std::string out;
        append_millis(out, value);
        return out;
    };
    EXPECT_EQ(millis(0us), "0");
    EXPECT_EQ(millis(1us), "0.001");
    EXPECT_EQ(millis(1500us), "1.5");
    EXPECT_EQ(millis(15s), "15000");
    EXPECT_EQ(millis(-1us), "-0.001");
    EXPECT_EQ(millis(Duration::min()), "-9223372036854775.808");
}

TEST(Format, TimesComeBackAndHoldAtTheEndsOfTheCalendar) {
    const auto text = [](Timestamp at) {
        std::string out;
        append_time(out, at);
        return out;
    };
    EXPECT_EQ(text(Timestamp{}), "1970-01-01T00:00:00.000000Z");
    EXPECT_EQ(text(Timestamp{Duration{-1}}), "1969-12-31T23:59:59.999999Z");
    EXPECT_EQ(text(Timestamp{Duration{951'782'400'000'000}}), "2000-02-29T00:00:00.000000Z");
    EXPECT_EQ(text(Timestamp::max()), "9999-12-31T23:59:59.999999Z");
    EXPECT_EQ(text(Timestamp::min()), "0001-01-01T00:00:00.000000Z");
    EXPECT_TRUE(rc::check([&](std::int32_t seconds, std::uint32_t fraction) {
        const Timestamp at{std::chrono::seconds{seconds} * 20 + Duration{fraction % 1'000'000}};
        RC_ASSERT(read_time(text(at)) == at);
    }));
    for (const char* bad :
         {"", "2023-02-29T00:00:00.000000Z", "2023-01-01T24:00:00.000000Z", "2023-01-01 00:00:00.000000Z",
          "2023-01-01T00:00:00.00000Z", "2023-13-01T00:00:00.000000Z", "2023-01-01T00:00:60.000000Z"}) {
        EXPECT_FALSE(read_time(bad)) << bad;
    }
}

TEST(Escape, KeepsGoodTextAndEscapesWhatJsonAndTerminalsMind) {
    EXPECT_EQ(escaped("plain größe \U0001F600"), "plain größe \U0001F600");
    EXPECT_EQ(escaped("\"\\\n\r\t"), R"(\"\\\n\r\t)");
    EXPECT_EQ(escaped(std::string_view("\0\x1b[31m\x7f", 7)), R"(\u0000\u001b[31m\u007f)");
    EXPECT_EQ(escaped("\u009b31m"), R"(\u009b31m)");
}

TEST(Escape, ReplacesEachByteThatIsNotUtf8) {
    EXPECT_EQ(escaped("a\xff\xfe"
                      "b"),
              "a\uFFFD\uFFFDb");
    EXPECT_EQ(escaped("\xc0\xaf"), "\uFFFD\uFFFD");                      // overlong
    EXPECT_EQ(escaped("\xed\xa0\x80"), "\uFFFD\uFFFD\uFFFD");            // surrogate
    EXPECT_EQ(escaped("\xf4\x90\x80\x80"), "\uFFFD\uFFFD\uFFFD\uFFFD");  // beyond U+10FFFF
    EXPECT_EQ(escaped("\xe2\x82"), "\uFFFD\uFFFD");                      // cut
    EXPECT_EQ(escaped("\xe2\x82x"), "\uFFFD\uFFFDx");
}

TEST(Escape, CutsWithoutBreakingACharacter) {
    EXPECT_EQ(escaped("abcdefgh", 8), "abcdefgh");
    EXPECT_EQ(escaped("abcdefghi", 8), "abcde\u2026");
    EXPECT_EQ(escaped("abcdéfgh", 8), "abcd\u2026");
    EXPECT_EQ(escaped("ab\n\n\n\n", 8), "ab\\n\u2026");
    EXPECT_EQ(escaped("abc", 2), "");
    EXPECT_TRUE(rc::check([](std::uint64_t seed, std::uint8_t room) {
        Dice dice(seed);
        const std::string text = dice.text() + dice.text();
        std::string out;
        const bool whole = append_escaped(out, text, room);
        RC_ASSERT(out.size() <= room);
        const auto json = nlohmann::json::parse("\"" + out + "\"", nullptr, false);
        RC_ASSERT(json.is_string());
        RC_ASSERT(!whole || json.get<std::string>() == text);
    }));
}

TEST(Escape, AnyBytesAtAllMakeValidJson) {
    EXPECT_TRUE(rc::check([](const std::vector<std::uint8_t>& bytes) {
        const std::string text(bytes.begin(), bytes.end());
        RC_ASSERT(nlohmann::json::parse("\"" + escaped(text) + "\"", nullptr, false).is_string());
    }));
}

TEST(Format, NoLineIsOverSixteenKibWhateverTheStrings) {
    for (const std::string& piece :
         {std::string("x"), std::string("\x01"), std::string("\xff"), std::string("\U0001F600"), std::string("\"")}) {
        std::string huge;
        while (huge.size() < 64 * 1024) huge += piece;
        auto p = plan();
        p->agents[0].name = p->queues[0].name = p->entry_points[0].name = huge;
        for (std::size_t type = 0; type < std::variant_size_v<routing::EventBody>; ++type) {
            Dice dice(type);
            routing::Event event{kStart, random_body(dice, type)};
            if (auto* arrived = std::get_if<routing::event::ContactArrived>(&event.body)) {
                *arrived = {ContactId{1}, routing::EntryPointId{0}, huge, huge, huge, huge, huge};
            }
            std::string line;
            format(line, ~0ULL, event, *p);
            EXPECT_LE(line.size(), kLineMax);
            EXPECT_EQ(schema_errors(line), "");
        }
        std::string line;
        const std::string_view v = huge;
        format(line, 1, kStart, "security.refused",
               {{"a", v}, {"b", v}, {"c", v}, {"d", v}, {"e", v}, {"f", v}, {"g", v}, {"h", v}, {"i", v}, {"j", true}});
        EXPECT_LE(line.size(), kLineMax);
        const auto json = nlohmann::json::parse(line, nullptr, false);
        ASSERT_TRUE(json.is_object());
        EXPECT_EQ(json["truncated"], true);
    }
}

TEST(Parse, RefusesWhatIsNotARecord) {
    const auto p = plan();
    const Names names(*p);
    for (const char* bad : {"", "{", "[]", "null", "7", R"({"seq":1})",
                            R"({"seq":0,"ts":"2023-11-14T22:13:20.123456Z","type":"x.y","v":1})",
                            R"({"seq":-1,"ts":"2023-11-14T22:13:20.123456Z","type":"x.y","v":1})",
                            R"({"seq":1.5,"ts":"2023-11-14T22:13:20.123456Z","type":"x.y"})",
                            R"({"seq":"1","ts":"2023-11-14T22:13:20.123456Z","type":"x.y"})",
                            R"({"seq":1,"ts":"yesterday","type":"x.y"})"}) {
        EXPECT_EQ(parse(bad, names).kind, Parsed::malformed) << bad;
    }
}

TEST(Parse, TellsUnknownTypesAndNamesApart) {
    const auto p = plan();
    const Names names(*p);
    constexpr std::string_view kHead = R"({"seq":4,"ts":"2023-11-14T22:13:20.123456Z","v":1,"type":)";
    const auto kind = [&](const std::string& rest) { return parse(std::string(kHead) + rest, names).kind; };
    EXPECT_EQ(kind(R"("moon.rose"})"), Parsed::other);
    EXPECT_EQ(kind(R"("offer.ringing","contact":"c1","offer":"o1","agent":"ann","new":[1]})"), Parsed::event);
    EXPECT_EQ(kind(R"("offer.ringing","contact":"c1","offer":"o1","agent":"gone"})"), Parsed::unknown_name);
    for (const char* bad : {R"("offer.ringing","contact":"c1","offer":"o1"})",
                            R"("offer.ringing","contact":"1","offer":"o1","agent":"ann"})",
                            R"("offer.ringing","contact":"c1x","offer":"o1","agent":"ann"})",
                            R"("offer.ringing","contact":1,"offer":"o1","agent":"ann"})",
                            R"("offer.ringing","contact":"c99999999999999999999","offer":"o1","agent":"ann"})"}) {
        EXPECT_EQ(kind(bad), Parsed::malformed) << bad;
    }
}

TEST(Parse, RefusesAgentsWhoHaveInHandWhatNobodyCanHave) {
    const auto p = plan();
    const Names names(*p);
    const auto kind = [&](const std::string& in_hand) {
        return parse(R"({"seq":4,"ts":"2023-11-14T22:13:20.123456Z","v":1,"type":"agent.state_changed","agent":"ann",)"
                     R"("from":"ready","to":"talking","actor":"agent","cause":"offer.accepted","lasted_ms":1,)"
                     R"("session":"logged_in","intent":"ready","device":"registered",)" +
                         in_hand + "}",
                     names)
            .kind;
    };
    const std::string chat = R"("work":"connected","contact":"c1","channel":"chat")";
    EXPECT_EQ(kind(R"("work":"connected","contact":"c1")"), Parsed::event);
    EXPECT_EQ(kind(chat + R"(,"beside":[{"contact":"c2","work":"reserved"}])"), Parsed::event);
    std::string many;
    for (int n = 2; n <= 26; ++n) many += R"(,{"contact":"c)" + std::to_string(n) + R"(","work":"connected"})";
    for (const std::string& bad :
         {std::string(R"("work":"connected")"), std::string(R"("work":"wrapping","contact":"c1")"),
          std::string(R"("work":"connected","contact":"c1","until":"2023-11-14T22:13:20.123456Z")"),
          std::string(R"("work":"connected","contact":"c1","beside":[{"contact":"c2","work":"connected"}])"),
          chat + R"(,"beside":[{"contact":"c1","work":"connected"}])",
          chat + R"(,"beside":[{"contact":"c2","work":"idle"}])",
          chat + R"(,"beside":[{"contact":"c2","work":"reserved"},{"contact":"c3","work":"reserved"}])",
          chat + R"(,"beside":[{"contact":"c2","work":"reserved"},{"contact":"c3","work":"connected"}])",
          chat + R"(,"beside":[7])", chat + R"(,"beside":{})", chat + R"(,"beside":[)" + many.substr(1) + "]"})
        EXPECT_EQ(kind(bad), Parsed::malformed) << bad;
}

TEST(Parse, TakesAnOfferWhoseOtherAgentsTheConfigurationNoLongerHas) {
    const auto p = plan();
    const Names names(*p);
    const auto record = parse(
        R"({"seq":4,"ts":"2023-11-14T22:13:20.123456Z","v":1,"type":"offer.made","contact":"c1","offer":"o1",)"
        R"("agent":"ann","queue":"orders","strategy":"longest_idle","candidates":2,"idle_ms":1,"level":0,"waited_ms":1,)"
        R"("attempt":1,"ring_until":"2023-11-14T22:13:20.123456Z","next":"gone","passed_over":"gone"})",
        names);
    ASSERT_EQ(record.kind, Parsed::event);
    const auto& made = std::get<routing::event::OfferMade>(record.event.body);
    EXPECT_FALSE(made.next);
    EXPECT_FALSE(made.passed_over);
}

/// A damaged disk: nothing that is read may crash the reader, or come back as something that wasn't there.
TEST(Parse, SurvivesFlippedBytes) {
    const auto p = plan();
    const Names names(*p);
    EXPECT_TRUE(rc::check([&](std::uint64_t seed) {
        Dice dice(seed);
        std::string line =
            line_of({dice.time(), random_body(dice, dice.below(std::variant_size_v<routing::EventBody>))});
        for (int i = 0; i < 3; ++i) line[dice.below(line.size())] = static_cast<char>(dice.u32());
        const Record record = parse(line, names);
        if (record.kind == Parsed::event) {
            std::string again;
            format(again, record.seq, record.event, *p);
        }
    }));
}

}  // namespace
}  // namespace centrala::journal
