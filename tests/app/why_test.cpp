// Explanations as people read them.
#include <gmock/gmock.h>
#include <nlohmann/json.hpp>

#include "app/why_text.hpp"

namespace centrala::app {
namespace {

using namespace routing;
using testing::HasSubstr;

constexpr Timestamp kAt{Duration(1'700'000'000'123'456)};  // 2023-11-14T22:13:20.123456Z

Plan plan() {
    Plan p;
    p.skills = {{"german"}};
    p.queues.resize(2);
    p.queues[0].name = "orders";
    p.queues[0].strategy = Strategy::coverage;
    p.queues[0].relaxations = {{30s, {}, 0}};
    p.queues[1].name = "french";
    for (const char* name : {"ann", "bob", "cid", "dan", "eve", "fay", "gus"}) p.agents.emplace_back().name = name;
    return p;
}

TEST(WhyText, ShowsWhoCouldHaveTakenAnOfferAndByWhatTheyWereRanked) {
    Decision d;
    d.at = kAt;
    d.offer = OfferId{5};
    d.chosen = AgentId{0};
    d.why.contact = ContactId{17};
    d.why.position = 1;
    d.why.waited = 12s;
    d.why.available = 2;
    d.why.candidates.resize(2);
    d.why.candidates[0] = {AgentId{0}, 40s, 5, 0, 1000, 30, 1, 0, 0};
    d.why.candidates[1] = {AgentId{1}, 70s, 5, 0, 1300, 120, 2, 0, 0};
    d.why.barred = {{AgentId{2}, {Bar::lacks_skill, {SkillId{0}, 5}, 3, {}, {}}},
                    {AgentId{3}, {Bar::talking, {}, 0, {}, {}}},
                    {AgentId{4}, {Bar::kept_for_others, {}, 0, {}, QueueId{1}}}};
    EXPECT_EQ(why_text(d, plan(), Style{}, true),
              "22:13:20.123  c17 offered to ann in orders, place 1, after 12.0 s, step 0 of 1\n"
              "  2 could take it; coverage ranks them:\n"
              "     1  ann                            missed elsewhere 25 %, idle 40.0 s\n"
              "     2  bob                            pace 130 %, missed elsewhere 100 %, idle 1:10\n"
              "  the others couldn't:\n"
              "    without german at level 5          cid\n"
              "    talking                            dan\n"
              "    kept for french                    eve\n");
    const auto json = why_json(d, plan());
    EXPECT_EQ(json["agent"], "ann");
    EXPECT_EQ(json["candidates"][1]["pace_permille"], 1300);
    EXPECT_EQ(json["barred"][0]["needs_level"], 5);
    EXPECT_EQ(json["barred"][2]["kept_for"], "french");
}

TEST(WhyText, TellsForWhomACallIsKept) {
    Decision d;
    d.at = kAt;
    d.why.contact = ContactId{17};
    d.why.position = 1;
    d.why.waited = 12s;
    d.why.wanted = AgentId{1};
    d.why.wanted_until = kAt + 48s;
    d.why.barred = {{AgentId{1}, {Bar::talking, {}, 0, {}, {}}},
                    {AgentId{0}, {Bar::not_wanted, {}, 0, kAt + 48s, {}, AgentId{1}}}};
    EXPECT_EQ(why_text(d, plan(), Style{}, true),
              "22:13:20.123  c17 waits in orders, place 1, after 12.0 s, step 0 of 1\n"
              "  kept for bob for another 48.0 s\n"
              "    talking                            bob\n"
              "    kept for bob                       ann\n");
    EXPECT_EQ(why_json(d, plan())["wanted_agent"], "bob");
    EXPECT_EQ(why_json(d, plan())["barred"][1]["wanted_agent"], "bob");
    d.offer = OfferId{5};
    d.chosen = AgentId{1};
    EXPECT_EQ(why_text(d, plan(), Style{}, true),
              "22:13:20.123  c17 offered to bob in orders, place 1, after 12.0 s, step 0 of 1\n"
              "  kept for bob, whom the queue didn't choose\n");
}

TEST(WhyText, CountsWhomItDoesNotName) {
    Decision d;
    d.at = kAt;
    d.why.contact = ContactId{17};
    for (std::uint32_t a = 0; a < 7; ++a) d.why.barred.push_back({AgentId{a}, {Bar::talking, {}, 0, {}, {}}});
    const std::string text = why_text(d, plan(), Style{}, true);
    EXPECT_THAT(text, HasSubstr("c17 waits in orders"));
    EXPECT_THAT(text, HasSubstr("nobody could take it"));
    EXPECT_THAT(text, HasSubstr("ann, bob, cid, dan, eve and 2 more"));
}

TEST(WhyText, SaysWhatKeepsAnIdleAgentFromTheCallsThatWait) {
    const Plan p = plan();
    State state(p);
    state.agents[1].facts.session = Session::logged_in;
    state.agents[1].facts.intent = Intent::ready;
    state.agents[1].facts.device = Device::registered;
    state.agents[1].state_since = kAt - 40s;
    AgentExplanation about{AgentId{1}, AgentState::ready, {}};
    EXPECT_EQ(why_text(about, state, p, Style{}, kAt), "bob is ready for 40.0 s\n  nobody waits in any queue\n");
    about.queues = {{QueueId{0}, 3, ContactId{12}, {Bar::lacks_skill, {SkillId{0}, 5}, 3, {}, {}}, 1}};
    EXPECT_EQ(
        why_text(about, state, p, Style{}, kAt),
        "bob is ready for 40.0 s\n"
        "  orders                   3 waiting; c12: without german at level 5 (has 3); could take it from step 1 of "
        "its relaxation on\n");
    EXPECT_EQ(why_json(about, p)["queues"][0]["has_level"], 3);
}

TEST(WhyText, SaysWhatKeepsAnAgentFromABreak) {
    Plan p = plan();
    p.breaks.keep = 2;
    const State state(p);
    AgentExplanation about{AgentId{1}, AgentState::ready, {}};
    about.asks = {{"lunch", kAt - 3min}, kAt + 12min, {BreakBar::too_few, QueueId{1}, 1}};
    EXPECT_EQ(why_text(about, state, p, Style{}, kAt),
              "bob is ready\n"
              "  asked for lunch 3:00 ago: 1 of 2 others available in french; gets it in 12:00 anyway\n"
              "  nobody waits in any queue\n");
    EXPECT_EQ(why_json(about, p)["asks"]["bar"], "too_few");
    EXPECT_EQ(why_json(about, p)["asks"]["queue"], "french");
    EXPECT_EQ(why_json(about, p)["asks"]["others_available"], 1);
    about.asks->obstacle = {BreakBar::waiting, QueueId{0}, 4};
    EXPECT_THAT(why_text(about, state, p, Style{}, kAt), HasSubstr("3:00 ago: 4 waiting in orders; gets"));
    EXPECT_EQ(why_json(about, p)["asks"]["waiting"], 4);
    about.asks->obstacle = {BreakBar::works};
    EXPECT_THAT(why_text(about, state, p, Style{}, kAt), HasSubstr("3:00 ago: has work in hand; gets"));
}

}  // namespace
}  // namespace centrala::app
