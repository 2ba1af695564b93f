// Who is on which list, and what SIP tells those who are turned away.
#include "fixture.hpp"

namespace centrala::calls {
namespace {

class CallerListsTest : public CallTest {
protected:
    /// Calls from 4470… to 100 are refused with 603, unless the number is 44702.
    void open() { build(lists()); }
    static config::Config lists() {
        config::Config config = small_centre({});
        auto plan = std::make_shared<routing::Plan>(*config.plan);
        plan->caller_lists = {{"gold", false, 5, std::nullopt}, {"nuisance", true, 0, std::nullopt}};
        config.plan = plan;
        config.caller_lists.resize(2);
        config.caller_lists[0] = {routing::CallerListId{0}, {"44702"}, "", {}, 603};
        config.caller_lists[1] = {routing::CallerListId{1}, {"4470*"}, "", {}, 603};
        config.entry_points[0].callers = {routing::CallerListId{0}, routing::CallerListId{1}};
        return config;
    }
};

TEST_F(CallerListsTest, TheFirstThatHasTheNumberCounts) {
    open();
    Caller& refused = call("100");
    EXPECT_EQ(refused.refused, 603);
    EXPECT_EQ(only<routing::event::ContactRefused>().cause, routing::Refusal::blocked);
    EXPECT_EQ(world->media.sessions(), 0u);
    Caller& gold = call("100");
    EXPECT_TRUE(gold.answered);
    EXPECT_EQ(last<routing::event::ContactArrived>().callers, routing::CallerListId{0});
    EXPECT_EQ(only<routing::event::ContactEnqueued>().priority, 5);
    gold.hang_up();
    expect_nothing_left();
}

TEST_F(CallerListsTest, OfAnotherEntryPointSayNothing) {
    open();
    EXPECT_TRUE(call("200").answered);
    EXPECT_FALSE(only<routing::event::ContactArrived>().callers);
}

TEST_F(CallerListsTest, HaveNobodyWhoWithholdsTheNumber) {
    open();
    callers.push_back(std::make_unique<Caller>(*world, caller_address(1), "44701"));
    callers.back()->lines = "Privacy: id\r\n";
    callers.back()->dial("100");
    world->run_for(50ms);
    EXPECT_TRUE(callers.back()->answered);
    EXPECT_FALSE(only<routing::event::ContactArrived>().callers);
}

TEST_F(CallerListsTest, DoNotHaveAgentsWhoCall) {
    open();
    Softphone& phone = add_phone("a1");
    put_to_work(phone);
    phone.place_call("100");
    world->run_for(50ms);
    const auto arrived = only<routing::event::ContactArrived>();
    EXPECT_TRUE(arrived.internal);
    EXPECT_FALSE(arrived.callers);
}

TEST_F(CallerListsTest, AreWhatTheirFileSaysNow) {
    open();
    config::Config changed = lists();
    changed.caller_lists[0].numbers_of_file = {"44701"};
    world->reload(changed);
    EXPECT_TRUE(call("100").answered);
    world->reload(lists());
    EXPECT_TRUE(call("100").answered) << "44702 stands in the configuration";
    EXPECT_EQ(call("100").refused, 603);
}

}  // namespace
}  // namespace centrala::calls
