// The shipped scenarios of the routing-quality benchmark against what others have computed for them.
#include <algorithm>
#include <cmath>

#include "support.hpp"

namespace centrala::simulator {
namespace {

/// An alternative of a shipped scenario.
config::Scenario shipped(const std::string& file, const std::string& alternative) {
    auto loaded = config::load_scenario(CENTRALA_SOURCE_DIR "/config/scenarios/" + file + ".yaml");
    auto* all = std::get_if<std::vector<config::Scenario>>(&loaded);
    if (all)
        for (config::Scenario& s : *all)
            if (s.name == alternative) return std::move(s);
    ADD_FAILURE() << file << " has no alternative " << alternative;
    return {};
}

const Row* find(const std::vector<Row>& rows, const Row& wanted) {
    const auto matches = [&](const Row& row) {
        return std::all_of(wanted.begin(), wanted.end(), [&](const auto& cell) {
            const auto found = row.find(cell.first);
            return found != row.end() && found->second == cell.second;
        });
    };
    const auto row = std::find_if(rows.begin(), rows.end(), matches);
    if (row == rows.end()) ADD_FAILURE() << "the row is not in the table";
    return row == rows.end() ? nullptr : &*row;
}

class Benchmark : public testing::Test {
protected:
    void SetUp() override {
        if (table("wallace_whitt.csv").empty()) GTEST_SKIP() << "the shared tables are not here";
    }
};

/// Shorter than the scenario says, with many replications: narrow intervals for little time.
Outcomes wallace_whitt(const std::string& skills) {
    auto s = shipped("wallace_whitt_" + skills, "plain");
    s.warm_up = 5h;
    s.horizon = 30h;
    s.replications = 20;
    return simulate(s, 2);
}

/// The table is a simulation, too: both intervals count.
void expect_as_in_table(const Outcomes& outcomes, const std::string& skills) {
    const auto rows = table("wallace_whitt.csv");
    const Row* row = find(rows, {{"alpha", "82.5"}, {"skills_per_agent", skills}, {"policy", "FCFS+LISF"}});
    if (!row) return;
    const auto expect = [&](Figure figure, double value, double half_width) {
        const Estimate e = estimate(outcomes, figure, {}, 0.999);
        EXPECT_NEAR(e.mean, value, e.half_width + half_width) << info(figure).name << ", skills: " << skills;
    };
    const double entered = 1 - number(*row, "blocking");
    expect(Figure::blocking, number(*row, "blocking"), number(*row, "blocking_ci"));
    expect(Figure::wait_answered, number(*row, "asa_entered_s"), number(*row, "asa_ci"));
    expect(Figure::service_level, number(*row, "sl_entered_30s") * entered, number(*row, "sl_ci"));
    expect(Figure::first_preference, number(*row, "primary_share"), 0.001);
}

TEST_F(Benchmark, TwoSkillsAnAgentAreNearlyAsGoodAsAllSixAsWallaceAndWhittFound) {
    const Outcomes one = wallace_whitt("1"), two = wallace_whitt("2"), six = wallace_whitt("6");
    expect_as_in_table(one, "1");
    expect_as_in_table(two, "2");
    expect_as_in_table(six, "6");
    const Estimate gained = difference(one, six, Figure::wait_answered);
    const Estimate missing = difference(two, six, Figure::wait_answered);
    EXPECT_LT(missing.mean + missing.half_width, 0.07 * gained.mean) << "of the way from one skill to six";
}

TEST_F(Benchmark, WithThePriorityOfTheRareQueueAsFewHangUpInTheNModelAsUnderTheBestOfAllPolicies) {
    const auto rows = table("nmodel_optimal.csv");
    const Row* optimum = find(rows, {{"cA", "1"}, {"cB", "1"}});
    if (!optimum) return;
    auto s = shipped("rq2", "rare_first");
    s.replications = 14;
    const Estimate e = estimate(simulate(s, 2), Figure::abandonment);
    EXPECT_NEAR(e.mean, number(*optimum, "ab_all"), e.half_width);
    EXPECT_LT(e.half_width, 0.0015);
}

}  // namespace
}  // namespace centrala::simulator
