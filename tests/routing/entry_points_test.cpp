// Doors: who is let in, who waits on, who is sent away.
#include "scenario.hpp"

namespace centrala::routing::testing {
namespace {

const Door kOpen{};
const Door kClosed{DoorState::closed, DoorCause::hours, "", Scenario::kStart + 1h};
const Door kClosing{DoorState::closing, DoorCause::hours, "", Scenario::kStart + 10min};
const Door kEmergency{DoorState::closed, DoorCause::command, "fire alarm", std::nullopt};

TEST(EntryPoints, LetCallersInWhileTheyAreOpen) {
    Scenario s;
    s.at(1s, door(sales, kClosed)).expect("sales open>closed hours");
    s.at(2s, calls(sales)).expect("c1 arrives at sales", "c1 refused closed");
    s.at(3s, calls(support)).expect("c2 arrives at support", "c2 waits in support #1");
    s.at(4s, door(sales, kOpen)).expect("sales closed>open hours");
    s.at(5s, calls(sales)).expect("c3 arrives at sales", "c3 waits in sales #1");
}

TEST(EntryPoints, LetNobodyNewInAsTheyAreClosingAndServeWhoWaits) {
    Scenario s;
    s.at(1s, calls(sales)).expect("c1 arrives at sales", "c1 waits in sales #1");
    s.at(2s, door(sales, kClosing)).expect("sales open>closing hours");
    s.at(3s, calls(sales)).expect("c2 arrives at sales", "c2 refused closed");
    s.at(4s, door(sales, kClosed)).expect("sales closing>closed hours");
    s.staff({ann}, 5s);
    EXPECT_EQ(s.last<event::OfferMade>().contact, contact(1));
}

TEST(EntryPoints, SendAwayWhoWaitsAndRingsButNotWhoTalks) {
    Scenario s;
    s.staff({ann, bob});
    s.at(1s, calls(sales))
        .expect("c1 arrives at sales", "c1 waits in sales #1", "o1: c1 to ann", "ann ready>reserved offer.made");
    s.at(2s, accepts(1)).expect("o1 accepted", "c1 talks to ann after 1s", "ann reserved>talking offer.accepted");
    s.at(3s, calls(sales))
        .expect("c2 arrives at sales", "c2 waits in sales #1", "o2: c2 to bob", "bob ready>reserved offer.made");
    s.at(4s, calls(sales)).expect("c3 arrives at sales", "c3 waits in sales #2");
    s.at(5s, calls(support)).expect("c4 arrives at support", "c4 waits in support #1");
    s.at(6s, door(sales, kClosed, true))
        .expect("sales open>closed hours", "o2 caller_gone", "c2 ended closed", "bob reserved>ready offer.caller_gone",
                "c3 ended closed", "o3: c4 to bob", "bob ready>reserved offer.made");
    s.at(7s, ends(1)).expect("c1 ended agent_hangup", "ann talking>wrap_up conversation.ended");
}

TEST(EntryPoints, SendAwayWhoWaitsAlsoWhenTheyWereClosedBefore) {
    Scenario s;
    s.at(1s, calls(sales)).expect("c1 arrives at sales", "c1 waits in sales #1");
    s.at(2s, door(sales, kEmergency)).expect("sales open>closed command");
    s.at(3s, door(sales, kEmergency, true)).expect("c1 ended closed");
    s.at(4s, door(sales, kEmergency, true)).rejected(Rejection::already_so);
}

TEST(EntryPoints, MayHaveAnotherQueueForWhenTheyAreClosed) {
    Plan plan = shop();
    plan.entry_points[0].closed_queue = support;
    Scenario s(plan);
    s.at(1s, door(sales, kClosed)).expect("sales open>closed hours");
    s.at(2s, calls(sales)).expect("c1 arrives at sales", "c1 waits in support #1");
}

TEST(EntryPoints, ClosedByTheConfigurationStayClosed) {
    Plan plan = shop();
    plan.entry_points[0].closed = true;
    Scenario s(plan);
    s.at(1s, door(sales, kEmergency)).expect("sales open>closed command");
    s.at(2s, door(sales, kOpen)).expect("sales closed>open hours");
    s.at(3s, calls(sales)).expect("c1 arrives at sales", "c1 refused closed");
}

TEST(EntryPoints, SayNothingWhereNothingChanges) {
    Scenario s;
    s.at(1s, door(sales, kOpen)).rejected(Rejection::already_so);
    s.at(2s, door(sales, kClosed)).expect("sales open>closed hours");
    s.at(3s, door(sales, kClosed)).rejected(Rejection::already_so);
    s.at(4s, door(sales, kEmergency)).expect("sales closed>closed command");
    EXPECT_EQ(s.last<event::EntryPointChanged>().door, kEmergency);
}

TEST(EntryPoints, ThatDoNotExistAndReasonsWithoutEndAreRejected) {
    Scenario s;
    s.at(1s, door(QueueId{7}, kClosed)).rejected(Rejection::unknown_id);
    Door door_of_a_talker = kEmergency;
    door_of_a_talker.reason = std::string(kDoorReasonMax + 1, 'x');
    s.at(2s, door(sales, door_of_a_talker)).rejected(Rejection::unknown_reason);
}

TEST(EntryPoints, StayAsTheyWereOverARestart) {
    Scenario s;
    s.at(1s, door(sales, kEmergency)).expect("sales open>closed command");
    s.recovered(2s);
    EXPECT_EQ(s.state().doors[0], kEmergency);
    s.at(3s, calls(sales)).expect("c1 arrives at sales", "c1 refused closed");
}

}  // namespace
}  // namespace centrala::routing::testing
