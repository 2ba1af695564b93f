// What is asked, and what is made of what comes back: bytes of another system, which may be wrong or mean harm.
#include "calls/lookup_answer.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "calls/lookup_question.hpp"

namespace centrala::calls {
namespace {

using routing::Advice;
using routing::Wanted;

routing::Plan plan() {
    routing::Plan p;
    p.queues.resize(2);
    p.queues[1].name = "vip";
    p.agents.resize(2);
    p.agents[1].name = "ann";
    p.caller_lists = {{"nuisance", true}, {"gold", false, 20}};
    return p;
}

/// `key value` of what is ignored; of what isn't an object: "no object".
std::vector<std::string> ignored(std::string_view body) {
    const auto answer = read_lookup_answer(body, plan());
    if (!answer) return {"no object"};
    std::vector<std::string> words;
    for (const auto& one : answer->ignored) words.push_back(std::string(one.key) + " " + one.value);
    return words;
}

TEST(LookupQuestion, PutsValuesInThePlacesOfThePattern) {
    EXPECT_EQ(lookup_url("http://crm/a/{entry_point}?c={caller}&d={dialled}&c={caller}", {"+49301", "100", "main"}),
              "http://crm/a/main?c=%2B49301&d=100&c=%2B49301");
    EXPECT_EQ(lookup_url("http://crm/{caller}", {"1", "2", "3"}), "http://crm/1");
}

TEST(LookupQuestion, NothingButAValueComesOfWhatACallerSends) {
    EXPECT_EQ(lookup_url("http://crm/{caller}", {"a/../b?x=1&y#z {dialled}\r\n%\xC3\xA4", "", ""}),
              "http://crm/a%2F..%2Fb%3Fx%3D1%26y%23z%20%7Bdialled%7D%0D%0A%25%C3%A4");
}

TEST(LookupAnswer, SaysWhatIsKnownOfACaller) {
    const auto answer = read_lookup_answer(
        R"({"priority": 50, "queue": "vip", "agent": "ann", "patience": 20, "list": "gold", "name": "J. de Vries"})",
        plan());
    ASSERT_TRUE(answer);
    EXPECT_EQ(answer->advice, (Advice{50, routing::QueueId{1}, Wanted{routing::AgentId{1}, 20s}}));
    EXPECT_EQ(answer->list, routing::CallerListId{1});
    EXPECT_EQ(answer->name, "J. de Vries");
    EXPECT_TRUE(answer->ignored.empty());
    EXPECT_FALSE(answer->empty());
}

TEST(LookupAnswer, MaySayNothing) {
    for (const char* body : {"{}", R"({"queue": null, "priority": 0, "name": ""})", R"({"patience": 5})",
                             R"({"colour": "red", "more": {"priority": 3}})"}) {
        const auto answer = read_lookup_answer(body, plan());
        ASSERT_TRUE(answer) << body;
        EXPECT_TRUE(answer->empty()) << body;
        EXPECT_TRUE(answer->ignored.empty()) << body;
    }
}

TEST(LookupAnswer, AnAgentIsWaitedForAsLongAsForThoseOfLists) {
    EXPECT_EQ(read_lookup_answer(R"({"agent": "ann"})", plan())->advice.wanted,
              (Wanted{routing::AgentId{1}, Wanted{}.patience}));
}

TEST(LookupAnswer, WhatMakesNoSenseIsLeftOutAndTheRestHolds) {
    EXPECT_THAT(ignored(R"({"queue": "vipp", "agent": "bob", "list": "golden"})"),
                testing::ElementsAre("queue \"vipp\"", "agent \"bob\"", "list \"golden\""));
    EXPECT_THAT(ignored(R"({"priority": 1001})"), testing::ElementsAre("priority 1001"));
    EXPECT_THAT(ignored(R"({"priority": -1001})"), testing::ElementsAre("priority -1001"));
    EXPECT_THAT(ignored(R"({"priority": 18446744073709551615})"),
                testing::ElementsAre("priority 18446744073709551615"));
    EXPECT_THAT(ignored(R"({"priority": 1.5})"), testing::ElementsAre("priority 1.5"));
    EXPECT_THAT(ignored(R"({"priority": "high", "queue": 7, "name": [1]})"),
                testing::ElementsAre("priority \"high\"", "queue 7", "name […]"));
    EXPECT_THAT(ignored(R"({"agent": "ann", "patience": 3601})"), testing::ElementsAre("patience 3601"));
    EXPECT_THAT(ignored(R"({"name": ")" + std::string(257, 'x') + "\"}"), testing::SizeIs(1));
    const auto answer = read_lookup_answer(R"({"queue": "vipp", "priority": 7})", plan());
    EXPECT_EQ(answer->advice, Advice{7});
}

TEST(LookupAnswer, WhatIsIgnoredIsShownInShort) {
    const auto answer = read_lookup_answer(R"({"queue": ")" + std::string(5'000, 'q') + "\"}", plan());
    EXPECT_EQ(answer->ignored.at(0).value.size(), 100u);
    EXPECT_THAT(ignored("{\"queue\": " + std::string(8'000, '[') + std::string(8'000, ']') + "}"),
                testing::ElementsAre("queue […]"));
}

TEST(LookupAnswer, IsAnObjectOrNothing) {
    for (const std::string& body :
         {std::string(), std::string("null"), std::string("[]"), std::string("\"x\""),
          std::string("{\"queue\": \"vip\""), std::string("<html>"), std::string("{\"name\": \"\xff\"}"),
          std::string(16'384, '['), "{\"a\":" + std::string(16'000, '[')})
        EXPECT_FALSE(read_lookup_answer(body, plan())) << body.substr(0, 20);
    EXPECT_TRUE(read_lookup_answer("{\"a\":" + std::string(8'000, '[') + std::string(8'000, ']') + "}", plan()));
}

}  // namespace
}  // namespace centrala::calls
