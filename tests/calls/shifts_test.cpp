// Agents whose shifts end by a schedule, on a virtual clock.
#include "calls/fixture.hpp"

namespace centrala::calls {
namespace {

class Shifts : public CallTest {
protected:
    /// The first agent works from ten to eleven every day, the second as long as it likes.
    void build_with_shift() {
        config::Config config = small_centre({});
        schedule::Schedule hours{"early", "UTC", {}, {}};
        for (auto& day : hours.week) day = {{10h, 11h}};
        config.schedules.push_back(hours);
        config.agents[0].shift = 0;
        build(std::move(config));
        for (const char* name : {"a1", "a2"}) add_phone(name);
    }
    [[nodiscard]] bool logged_in(std::size_t agent) const {
        return world->core.state().agents[agent].facts.session == routing::Session::logged_in;
    }
    void log_in() {
        for (const auto agent : {routing::AgentId{0}, routing::AgentId{1}})
            command(routing::input::AgentLogsIn{agent, routing::Actor::supervisor});
    }
};

TEST_F(Shifts, EndByTheClockAndEveryDay) {
    build_with_shift();
    run_to(9h);
    log_in();
    run_to(10h + 59min);
    EXPECT_TRUE(logged_in(0)) << "who comes early is welcome";
    run_to(11h + 1s);
    EXPECT_FALSE(logged_in(0));
    EXPECT_EQ(last<routing::event::AgentChanged>().cause, "shift.ended");
    EXPECT_TRUE(logged_in(1));
    command(routing::input::AgentLogsIn{routing::AgentId{0}, routing::Actor::agent});
    run_to(12h);
    EXPECT_TRUE(logged_in(0)) << "who stays on may";
    run_to(11h + 1s);
    EXPECT_FALSE(logged_in(0)) << "until the next day's";
}

TEST_F(Shifts, ThatEndedWhileTheServerWasDownEndAtItsStart) {
    build_with_shift();
    run_to(10h + 30min);
    log_in();
    world->now = next(11h + 5min);
    Server again(world->config, world->core, world->log, world->media, *world->random);
    again.start({}, {}, world->now);
    EXPECT_FALSE(logged_in(0));
    EXPECT_EQ(last<routing::event::AgentChanged>().cause, "shift.ended");
    EXPECT_TRUE(logged_in(1));
}

TEST_F(Shifts, OfThoseWhoStayedOnGoOnAfterAStart) {
    build_with_shift();
    run_to(11h + 5min);
    log_in();
    world->now = next(12h);
    Server again(world->config, world->core, world->log, world->media, *world->random);
    again.start({}, {}, world->now);
    EXPECT_TRUE(logged_in(0));
    world->now = next(11h + 1s);
    Server later(world->config, world->core, world->log, world->media, *world->random);
    later.start({}, {}, world->now);
    EXPECT_FALSE(logged_in(0)) << "until the next day's";
}

}  // namespace
}  // namespace centrala::calls
