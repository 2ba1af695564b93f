// Entry points that open and close by their hours and by command, on a virtual clock.
#include "calls/fixture.hpp"

namespace centrala::calls {
namespace {

using routing::Door;
using routing::DoorCause;
using routing::DoorState;
using routing::Rejection;
using routing::event::EntryPointChanged;

class EntryPointHours : public CallTest {
protected:
    static constexpr routing::EntryPointId kEntry{0};

    /// Open from ten to eleven every day; agents answer at once.
    void build_with_hours(std::function<void(config::Config&)> change = {}) {
        config::Config config = small_centre({});
        schedule::Schedule hours{"h", "UTC", {}, {}};
        for (auto& day : hours.week) day = {{10h, 11h}};
        config.schedules.push_back(hours);
        config.entry_points[0].hours = 0;
        if (change) change(config);
        build(std::move(config));
        for (const char* name : {"a1", "a2"}) {
            Softphone& phone = add_phone(name);
            phone.on_offer = [&phone] { phone.answer(); };
        }
    }
    [[nodiscard]] const Door& door() const { return world->core.state().doors[0]; }
    Rejection set(Door to, bool ends_waiting = false) {
        return command(routing::input::EntryPointSet{kEntry, std::move(to), ends_waiting, routing::Actor::supervisor});
    }
    Rejection back_to_hours() {
        const auto rejection = world->server.follow_hours(kEntry, world->now);
        world->flush();
        return rejection;
    }
    const std::string number = "100";
};

TEST_F(EntryPointHours, OpenAndCloseAtTheirTimes) {
    build_with_hours();
    run_to(9h + 59min + 59s);
    EXPECT_EQ(call(number).refused, 480);
    run_to(10h + 1s);
    EXPECT_EQ(last<EntryPointChanged>().door, (Door{DoorState::open, DoorCause::hours, "", next(11h)}));
    EXPECT_TRUE(call(number).answered);
    run_to(11h + 1s);
    EXPECT_EQ(last<EntryPointChanged>().door, (Door{DoorState::closed, DoorCause::hours, "", next(10h)}));
    EXPECT_EQ(call(number).refused, 480);
    EXPECT_EQ(last<routing::event::ContactRefused>().cause, routing::Refusal::closed);
}

TEST_F(EntryPointHours, LetWhoWaitsAtClosingBeServed) {
    build_with_hours();
    run_to(10h + 59min);
    Caller& caller = call(number);
    run_to(11h + 1s);
    EXPECT_EQ(door().state, DoorState::closed);
    put_to_work(*phones[0]);
    world->run_for(5s);
    EXPECT_EQ(sound(caller), "the other side");
}

TEST_F(EntryPointHours, SendAwayWhoWaitsAtClosingIfTheyAreToldTo) {
    build_with_hours([](config::Config& c) { c.entry_points[0].ends_waiting = true; });
    run_to(10h + 59min);
    call(number);
    run_to(11h + 1s);
    EXPECT_EQ(only<routing::event::ContactEnded>().cause, routing::EndCause::closed);
    expect_nothing_left();
}

TEST_F(EntryPointHours, LetNobodyNewInShortlyBefore) {
    build_with_hours([](config::Config& c) {
        c.entry_points[0].last_call = 10min;
        c.entry_points[0].ends_waiting = true;
    });
    run_to(10h + 49min);
    call(number);
    run_to(10h + 50min + 1s);
    EXPECT_EQ(door(), (Door{DoorState::closing, DoorCause::hours, "", next(11h)}));
    EXPECT_EQ(call(number).refused, 480);
    EXPECT_TRUE(world->log.all<routing::event::ContactEnded>().empty()) << "who waits is served until it closes";
    run_to(11h + 1s);
    EXPECT_EQ(door().state, DoorState::closed);
    EXPECT_EQ(only<routing::event::ContactEnded>().cause, routing::EndCause::closed);
}

TEST_F(EntryPointHours, AreNamedHolidayOnSuchDays) {
    build_with_hours([](config::Config& c) {
        const std::chrono::year_month_day first{std::chrono::year(2000) / 1 / 1},
            last{std::chrono::year(2000) / 12 / 31};
        c.schedules[0].holidays.push_back({first, last, true, {{12h, 13h}}});
    });
    EXPECT_EQ(door().cause, DoorCause::holiday);
    run_to(10h + 1s);
    EXPECT_EQ(door().state, DoorState::closed);
    run_to(12h + 1s);
    EXPECT_EQ(door(), (Door{DoorState::open, DoorCause::holiday, "", next(13h)}));
}

TEST_F(EntryPointHours, GiveWayToACommandUntilItIsTakenBack) {
    build_with_hours();
    run_to(10h + 1min);
    EXPECT_EQ(set({DoorState::closed, DoorCause::command, "fire alarm", std::nullopt}), Rejection::none);
    run_to(10h + 30min);
    EXPECT_EQ(call(number).refused, 480);
    EXPECT_EQ(door().reason, "fire alarm");
    run_to(10h);
    world->run_for(1min);
    EXPECT_EQ(door().state, DoorState::closed) << "the next day, too";
    EXPECT_EQ(back_to_hours(), Rejection::none);
    EXPECT_EQ(door(), (Door{DoorState::open, DoorCause::hours, "", next(11h)}));
    EXPECT_EQ(last<EntryPointChanged>().actor, routing::Actor::supervisor);
    EXPECT_EQ(back_to_hours(), Rejection::already_so);
    run_to(11h + 1s);
    EXPECT_EQ(door().state, DoorState::closed);
}

TEST_F(EntryPointHours, CountAgainWhenACommandsTimeIsOver) {
    build_with_hours();
    run_to(12h);
    EXPECT_EQ(set({DoorState::open, DoorCause::command, "", world->now + 30min}), Rejection::none);
    EXPECT_TRUE(call(number).answered);
    world->run_for(30min + 1s);
    EXPECT_EQ(door(), (Door{DoorState::closed, DoorCause::hours, "", next(10h)}));
}

TEST_F(EntryPointHours, ClosingByCommandLosesNobody) {
    build_with_hours();
    run_to(10h + 1min);
    put_to_work(*phones[0]);
    Caller& talking = call(number);
    world->run_for(5s);
    Caller& waiting = call(number);
    EXPECT_EQ(sound(talking), "the other side");
    EXPECT_EQ(set({DoorState::closed, DoorCause::command, "", std::nullopt}), Rejection::none);
    EXPECT_EQ(sound(talking), "the other side");
    talking.hang_up();
    world->run_for(20s);
    EXPECT_EQ(sound(waiting), "the other side");
    EXPECT_TRUE(world->log.all<routing::event::ContactAbandoned>().empty());
}

}  // namespace
}  // namespace centrala::calls
