// What simulations have found, in words, in JSON and as a picture.
#include <gmock/gmock.h>
#include <nlohmann/json.hpp>

#include "app/study_svg.hpp"
#include "app/study_text.hpp"

namespace centrala::app {
namespace {

using testing::HasSubstr;
using testing::Not;

Study study(const std::string& more) {
    auto loaded = config::load_scenario_text(
        "horizon: 2h\nreplications: 3\nskills: [a]\nqueues: {a: {requires: {a: 1}}}\nagents: {ann: {skills: [a]}}\n"
        "classes:\n  A: {queue: a, arrivals: {per_hour: 20}, service: {exponential: 2m}, patience: {exponential: "
        "60s}}\n" +
            more,
        "s.yaml");
    Study result;
    result.scenarios = std::get<std::vector<config::Scenario>>(std::move(loaded));
    for (const auto& s : result.scenarios) result.outcomes.push_back(simulator::simulate(s));
    return result;
}

const std::string kTwo = "compare: {one: {}, longer: {queue_defaults: {wrap_up: 60s}}}\n";

TEST(StudyText, ShowsClassesAndTheDifferencesBetweenAlternatives) {
    const std::string text = study_text(study(kTwo), Style{});
    EXPECT_THAT(text, HasSubstr("seed 1, 3 replications"));
    EXPECT_THAT(text, HasSubstr("service level %"));
    EXPECT_THAT(text, HasSubstr("minus one"));
    EXPECT_THAT(text, Not(HasSubstr("blocked"))) << "nobody is";
}

TEST(StudyText, BlockedCallersShowWhereThereAreAny) {
    EXPECT_THAT(study_text(study("trunk_lines: 1\n"), Style{}), HasSubstr("blocked %"));
}

TEST(StudyJson, HasEveryFigureWithItsInterval) {
    const auto json = study_json(study(kTwo));
    EXPECT_EQ(json["replications"], 3);
    ASSERT_EQ(json["alternatives"].size(), 2U);
    const auto& longer = json["alternatives"][1];
    EXPECT_EQ(longer["name"], "longer");
    EXPECT_GT(longer["classes"]["A"]["abandonment"]["mean"].get<double>(), 0);
    EXPECT_TRUE(longer["all"]["occupancy"].contains("ci95"));
    EXPECT_EQ(longer["difference"]["offered"]["mean"], 0) << "the same callers";
    EXPECT_FALSE(json["alternatives"][0].contains("difference"));
}

TEST(StudyText, ComparesWhatComesAfterTheReference) {
    Study s = study("compare: {one: {}, two: {}, three: {queue_defaults: {wrap_up: 60s}}}\n");
    s.reference = 1;
    const std::string text = study_text(s, Style{});
    EXPECT_THAT(text, HasSubstr("minus two"));
    const auto json = study_json(s);
    EXPECT_FALSE(json["alternatives"][1].contains("difference"));
    EXPECT_NE(json["alternatives"][2]["difference"]["occupancy"]["mean"], 0);
}

TEST(StudySvg, IsOnePictureWithEveryAlternative) {
    const std::string svg = study_svg(study(kTwo));
    EXPECT_TRUE(svg.starts_with("<svg xmlns=\"http://www.w3.org/2000/svg\""));
    EXPECT_TRUE(svg.ends_with("</svg>\n"));
    EXPECT_THAT(svg, HasSubstr(">longer</text>"));
    EXPECT_THAT(svg, Not(HasSubstr("nan")));
}

}  // namespace
}  // namespace centrala::app
