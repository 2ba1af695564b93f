// The configuration changes while callers wait and agents talk.
#include "fixture.hpp"

namespace centrala::calls {
namespace {

class ReloadTest : public CallTest {
protected:
    ReloadTest() { build(); }
    /// The centre as it was built, `edited`.
    void edit(const std::function<void(config::Config&, routing::Plan&)>& edited) {
        config::Config config = small_centre({});
        auto plan = std::make_shared<routing::Plan>(*config.plan);
        edited(config, *plan);
        for (std::size_t i = 0; i < config.agents.size(); ++i) config.agents[i].id = static_cast<routing::AgentId>(i);
        config.plan = plan;
        world->reload(std::move(config));
        world->run_for(50ms);
    }
    static void remove_first_agent(config::Config& config, routing::Plan& plan) {
        plan.agents.erase(plan.agents.begin());
        config.agents.erase(config.agents.begin());
    }
    static void add_agent(config::Config& config, routing::Plan& plan, const char* name) {
        routing::Agent agent = plan.agents[1];
        agent.name = name;
        plan.agents.insert(plan.agents.begin(), agent);
        config::Agent phone;
        phone.secret = {name, std::string("secret-") + name, {}, {}};
        config.agents.insert(config.agents.begin(), phone);
    }
};

TEST_F(ReloadTest, ANewAgentRegistersAndGetsTheCallThatWaits) {
    Caller& caller = call("200");
    Softphone& phone = add_phone("new");
    edit([](auto& config, auto& plan) { add_agent(config, plan, "new"); });
    put_to_work(phone);
    world->run_for(100ms);
    ASSERT_TRUE(phone.session);
    phone.answer();
    world->run_for(100ms);
    EXPECT_TRUE(world->media.bridged(caller.rtp(), phone.rtp()));
    caller.hang_up();
    expect_nothing_left();
}

TEST_F(ReloadTest, WhoeverTalksTalksOnWhateverIsRemoved) {
    Softphone& phone = *phones[0];
    put_to_work(phone);
    Caller& caller = call("100");
    world->run_for(100ms);
    phone.answer();
    world->run_for(100ms);
    edit([](auto& config, auto& plan) {
        remove_first_agent(config, plan);
        plan.queues.erase(plan.queues.begin());
        plan.queues[0].required.skills.clear();
        plan.entry_points = {{"support", routing::QueueId{0}, false}};
        config.queues.erase(config.queues.begin());
        config.queues[0].id = routing::QueueId{0};
        config.entry_points = {{routing::EntryPointId{0}, {"200"}, 480, 486}};
    });
    EXPECT_TRUE(world->media.bridged(caller.rtp(), phone.rtp()));
    EXPECT_EQ(call("100").refused, 404) << "its number is gone";
    caller.hang_up();
    world->run_for(10s);
    EXPECT_EQ(last<routing::event::AgentChanged>().to, routing::AgentState::logged_out);
    phone.register_phone();
    world->run_for(100ms);
    EXPECT_NE(phone.register_status, 200) << "nobody by that name any more";
    expect_nothing_left();
}

TEST_F(ReloadTest, AQueuesNewNumberAndSoundCountFromTheNextCallOn) {
    edit([](auto& config, auto&) {
        config.entry_points[0].numbers = {"101"};
        config.queues[0].greeting = "hello.wav";
    });
    EXPECT_EQ(call("100").refused, 404);
    Caller& caller = call("101");
    EXPECT_TRUE(caller.answered);
    EXPECT_EQ(sound(caller), "hello.wav");
    caller.hang_up();
    expect_nothing_left();
}

TEST_F(ReloadTest, AnEntryPointFollowsTheHoursThatItHasNow) {
    Caller& waits = call("100");
    const auto open_until = [&](std::chrono::minutes end) {
        return [end](config::Config& config, routing::Plan&) {
            schedule::Schedule hours{"day", "UTC", {}, {}};
            for (auto& day : hours.week) day = {{0min, end}};
            config.schedules = {hours};
            config.entry_points[0].hours = 0;
        };
    };
    edit(open_until(1min));  // the world begins at 22:13:20
    EXPECT_EQ(call("100").refused, 480);
    EXPECT_FALSE(waits.ended) << "who waits is served";
    edit(open_until(22h + 30min));
    EXPECT_TRUE(call("100").answered);
    run_to(22h + 30min + 1s);
    EXPECT_EQ(call("100").refused, 480);
    edit([](auto&, auto&) {});
    EXPECT_TRUE(call("100").answered) << "without hours it is open";
}

TEST_F(ReloadTest, AShiftThatEndsEarlierNowLogsItsAgentOut) {
    put_to_work(*phones[0]);
    const auto until = [](std::chrono::minutes end) {
        return [end](config::Config& config, routing::Plan&) {
            schedule::Schedule hours{"day", "UTC", {}, {}};
            for (auto& day : hours.week) day = {{0min, end}};
            config.schedules = {hours};
            config.agents[0].shift = 0;
        };
    };
    edit(until(23h));
    EXPECT_EQ(state_of("a1"), routing::AgentState::ready);
    edit(until(22h + 30min));
    run_to(22h + 30min + 1s);
    EXPECT_EQ(state_of("a1"), routing::AgentState::logged_out);
}

TEST_F(ReloadTest, ADeskPhoneComesAndGoesWithItsAgent) {
    const auto desk = [](config::Config& config, routing::Plan& plan) {
        add_agent(config, plan, "desk");
        plan.agents[0].always_logged_in = true;
        config.agents[0].secret = {};
        config.agents[0].contact = "sip:desk@10.2.0.3:5060";
    };
    Softphone& phone = add_phone("desk");
    Caller& caller = call("200");
    edit(desk);
    ASSERT_TRUE(phone.session) << "it is rung at once";
    phone.answer();
    world->run_for(100ms);
    EXPECT_TRUE(world->media.bridged(caller.rtp(), phone.rtp()));
    edit([](auto&, auto&) {});
    EXPECT_TRUE(world->media.bridged(caller.rtp(), phone.rtp()));
    caller.hang_up();
    world->run_for(10s);
    Caller& next = call("200");
    world->run_for(1s);
    EXPECT_FALSE(phone.session);
    edit(desk);
    EXPECT_TRUE(phone.session) << "there again";
    next.hang_up();
    expect_nothing_left();
}

TEST_F(ReloadTest, AnAgentIsWhoItWasWhenOthersComeBeforeIt) {
    edit([](auto& config, auto& plan) { add_agent(config, plan, "new"); });
    put_to_work(*phones[0]);
    Caller& caller = call("100");
    world->run_for(100ms);
    ASSERT_TRUE(phones[0]->session);
    caller.hang_up();
    expect_nothing_left();
}

}  // namespace
}  // namespace centrala::calls
