// Pauses after many calls, limits of not-ready reasons, wrap-ups that last longer, the end of a shift.
#include <gtest/gtest.h>

#include "scenario.hpp"

namespace centrala::routing::testing {
namespace {

/// Ann rests for two minutes after two calls within an hour; her wrap-up takes ten seconds.
Plan tiring() {
    Plan p = shop();
    p.agents[0].rest = {2, 1h, 2min};
    p.agents[0].wrap_up = 10s;
    p.reasons = {"lunch", "training"};
    p.reason_limits = {30min};
    return p;
}

class WorkingLife : public ::testing::Test {
protected:
    WorkingLife() : s(tiring()) { s.staff({ann}); }

    /// A call of one minute, and its wrap-up.
    void one_call(Duration when) {
        s.happens(when, calls(sales));
        s.happens(when, accepts(index(s.last<event::OfferMade>().offer)));
        s.happens(when + 1min, ends(index(s.last<event::ContactConnected>().contact)));
        s.happens(when + 1min + 10s, time_passes());
    }
    [[nodiscard]] const AgentFacts& facts() const { return s.state().agents[index(ann)].facts; }
    Scenario s;
};

TEST_F(WorkingLife, APauseComesAfterManyCallsAndEndsByItself) {
    one_call(0s);
    EXPECT_EQ(facts().intent, Intent::ready);
    one_call(2min);
    EXPECT_EQ(facts().reason, "sys.rest");
    const Timestamp idle_since = s.state().agents[index(ann)].idle_since;
    s.at(4min, calls(sales)).expect("c3 arrives at sales", "c3 waits in sales #1");
    s.at(5min + 10s, time_passes())
        .expect("ann not_ready>ready rest.ended", "o3: c3 to ann", "ann ready>reserved offer.made");
    EXPECT_EQ(s.state().agents[index(ann)].idle_since, idle_since) << "it wasn't her doing";
}

TEST_F(WorkingLife, WhoHadAPauseAnywayBeginsToCountAnew) {
    one_call(0s);
    one_call(10min);
    EXPECT_EQ(facts().intent, Intent::ready);
    one_call(12min);
    EXPECT_EQ(facts().reason, "sys.rest");
}

TEST_F(WorkingLife, ReadyEndsThePause) {
    one_call(0s);
    one_call(2min);
    s.at(3min + 20s, goes_ready(ann)).expect("ann not_ready>ready ready");
    one_call(4min);
    EXPECT_EQ(facts().intent, Intent::ready) << "and counts anew";
}

TEST_F(WorkingLife, WhoWantedAnythingElseGetsThat) {
    one_call(0s);
    s.happens(2min, calls(sales));
    s.happens(2min, accepts(2));
    s.happens(2min + 1s, goes_not_ready(ann, "lunch"));
    s.happens(3min, ends(2));
    s.at(3min + 10s, time_passes()).expect("ann wrap_up>not_ready(lunch) wrap_up.expired");
}

TEST_F(WorkingLife, AReasonThatLastsTooLongIsSaidOnce) {
    s.happens(0s, goes_not_ready(ann, "lunch"));
    s.at(29min, time_passes()).expect();
    s.at(30min, time_passes()).expect("ann not_ready>not_ready(lunch) not_ready.overdue");
    s.at(10h, time_passes()).expect();
    s.happens(10h, goes_not_ready(ann, "training"));
    s.at(20h, time_passes()).expect();  // that has no limit
}

TEST_F(WorkingLife, AWrapUpLastsAsMuchLongerAsIsAskedFor) {
    s.happens(0s, calls(sales));
    s.happens(0s, accepts(1));
    s.at(1min, ends(1)).expect("c1 ended agent_hangup", "ann talking>wrap_up conversation.ended");
    s.at(1min + 5s, input::AgentExtendsWrapUp{ann, 30s, Actor::supervisor})
        .expect("ann wrap_up>wrap_up wrap_up.extended");
    s.at(1min + 39s, time_passes()).expect();
    s.at(1min + 40s, time_passes()).expect("ann wrap_up>ready wrap_up.expired");
    s.at(2min, input::AgentExtendsWrapUp{ann, 30s, Actor::agent}).rejected(Rejection::not_wrapping);
}

TEST_F(WorkingLife, AtTheEndOfTheShiftTheCallInHandIsFinished) {
    s.happens(0s, calls(sales));
    s.happens(0s, accepts(1));
    s.at(1min, input::AgentLogsOut{ann, Actor::system, true}).expect("ann talking>talking pending.set");
    s.happens(2min, ends(1));
    s.at(2min + 10s, time_passes()).expect("ann wrap_up>logged_out wrap_up.expired");
    s.happens(4min, logs_in(ann));
    s.at(5min, input::AgentLogsOut{ann, Actor::system, true}).expect("ann not_ready>logged_out shift.ended");
}

}  // namespace
}  // namespace centrala::routing::testing
