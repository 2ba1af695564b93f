// Agents who must say how a call ended, and what their wrap-up does until they have.
#include <gtest/gtest.h>

#include "scenario.hpp"

namespace centrala::routing::testing {
namespace {

/// Sales' wrap-up takes ten seconds, support has none; both want a disposition within a minute.
Plan demanding() {
    Plan p = shop();
    p.queues[0].wrap_up = 10s;
    p.queues[1].wrap_up = 0s;
    for (Queue& queue : p.queues) queue.disposition_within = 1min;
    p.dispositions = {"resolved", "call back"};
    return p;
}

class OwedDispositions : public ::testing::Test {
protected:
    OwedDispositions() : s(demanding()) { s.staff({ann, cid}); }

    /// One that ended at `when`, and the agent in wrap-up.
    void call_ended(QueueId queue, Duration when) {
        s.happens(when - 30s, calls(queue));
        s.happens(when - 30s, accepts(index(s.last<event::OfferMade>().offer)));
        s.happens(when, ends(index(s.last<event::ContactConnected>().contact)));
    }
    Scenario s;
};

TEST_F(OwedDispositions, SaidInTimeChangeNothing) {
    call_ended(sales, 1min);
    s.at(1min + 5s, disposes(ann, "resolved")).expect("c1 is resolved says ann");
    s.at(1min + 10s, time_passes()).expect("ann wrap_up>ready wrap_up.expired");
}

TEST_F(OwedDispositions, SaidWhileTalkingChangeNothing) {
    s.happens(0s, calls(support));
    s.happens(0s, accepts(1));
    s.at(5s, disposes(cid, "resolved")).expect("c1 is resolved says cid");
    s.at(10s, ends(1)).expect("c1 ended agent_hangup", "cid talking>ready conversation.ended");
}

TEST_F(OwedDispositions, KeepTheAgentInWrapUpUntilTheyAreSaid) {
    call_ended(sales, 1min);
    s.at(1min + 10s, time_passes()).expect("ann wrap_up>wrap_up wrap_up.undisposed");
    EXPECT_TRUE(s.agent(ann).facts.tasks.front().owes_disposition());
    s.at(1min + 30s, disposes(ann, "call back"))
        .expect("c1 is call back says ann", "ann wrap_up>ready wrap_up.disposed");
    EXPECT_TRUE(s.agent(ann).facts.tasks.empty());
}

TEST_F(OwedDispositions, AreWaitedForWhereThereIsNoWrapUpBesides) {
    call_ended(support, 1min);
    EXPECT_EQ(displayed(s.agent(cid).facts), AgentState::wrap_up);
    s.at(1min + 4s, disposes(cid, "resolved")).expect("c1 is resolved says cid", "cid wrap_up>ready wrap_up.disposed");
}

TEST_F(OwedDispositions, AreNotWaitedForForEver) {
    call_ended(sales, 1min);
    s.happens(1min + 10s, time_passes());
    s.at(2min, time_passes()).expect("ann wrap_up>ready disposition.missing");
}

TEST_F(OwedDispositions, AnAgentCannotPassThemOverButASupervisorCan) {
    call_ended(sales, 1min);
    s.at(1min + 1s, ends_wrap_up(ann)).rejected(Rejection::undisposed);
    s.at(1min + 2s, goes_ready(ann)).rejected(Rejection::undisposed);
    s.at(1min + 3s, input::AgentEndsWrapUp{ann, Actor::supervisor}).expect("ann wrap_up>ready wrap_up.ended");
    call_ended(sales, 3min);
    s.happens(3min + 1s, disposes(ann, "resolved"));
    s.at(3min + 2s, ends_wrap_up(ann)).expect("ann wrap_up>ready wrap_up.ended");
}

TEST_F(OwedDispositions, DoNotKeepAnAgentFromTakingAWishBack) {
    call_ended(sales, 1min);
    s.at(1min + 1s, goes_not_ready(ann, "lunch")).expect("ann wrap_up>wrap_up pending.set");
    s.at(1min + 2s, goes_ready(ann)).expect("ann wrap_up>wrap_up pending.cleared");
    s.at(1min + 3s, goes_ready(ann)).rejected(Rejection::undisposed);
}

TEST_F(OwedDispositions, OfTheNextCallAreOwedAnew) {
    call_ended(sales, 1min);
    s.happens(1min + 1s, disposes(ann, "resolved"));
    s.happens(1min + 10s, time_passes());
    call_ended(sales, 3min);
    s.at(3min + 1s, ends_wrap_up(ann)).rejected(Rejection::undisposed);
}

TEST_F(OwedDispositions, LeaveTheTimeThatWasAskedFor) {
    call_ended(sales, 1min);
    s.happens(1min + 10s, time_passes());
    s.happens(1min + 50s, input::AgentExtendsWrapUp{ann, 30s, Actor::agent});
    s.at(2min, time_passes()).expect();
    s.at(2min + 30s, time_passes()).expect("ann wrap_up>ready disposition.missing");
}

TEST_F(OwedDispositions, AreOwedByWhoHandsTheCallOn) {
    s.happens(0s, calls(sales));
    s.happens(0s, accepts(1));
    s.happens(10s, to_queue(1, support));
    s.at(11s, ends_wrap_up(ann)).rejected(Rejection::undisposed);
    s.at(12s, disposes(ann, "resolved")).expect("c1 is resolved says ann");
}

}  // namespace
}  // namespace centrala::routing::testing
