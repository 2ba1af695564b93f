// Waiting callers are told their place and how long it will take: when, what, and what of it is logged.
#include "centrala/routing/expected_wait.hpp"
#include "fixture.hpp"

namespace centrala::calls {
namespace {

class AnnouncementsTest : public CallTest {
protected:
    /// Sales has one agent, who talks to the first caller.
    void busy(const std::function<void(config::Announce&)>& edit = {}) {
        config = small_centre({.agents = 1, .announce_after = 10s});
        config.queues[0].announce.every = 30s;
        if (edit) edit(config.queues[0].announce);
        build(config);
        put_to_work(add_phone("a1"));
        call("100");
        phones[0]->answer();
        world->run_for(50ms);
    }
    /// "music.wav*": for ever.
    [[nodiscard]] std::string programme(const Peer& peer) const {
        std::string names;
        if (const auto* session = world->media.towards(peer.rtp()))
            for (const media::PlayItem& item : session->programme)
                names += (names.empty() ? "" : " ") + world->media.name_of(item.sound) + (item.loop ? "*" : "");
        return names;
    }
    /// What the log says was announced: "c2 sales #1 4m, c3 sales #2".
    [[nodiscard]] std::string announced() const {
        std::string all;
        for (const auto& record : records("media.announced")) {
            all += (all.empty() ? "" : ", ") + record["contact"].get<std::string>() + " " +
                   record["queue"].get<std::string>();
            if (record.contains("position")) all += " #" + std::to_string(record["position"].get<int>());
            if (record.contains("wait_minutes")) all += " " + std::to_string(record["wait_minutes"].get<int>()) + "m";
        }
        return all;
    }
    /// What four in five in that place wait at most, in minutes begun.
    [[nodiscard]] std::int64_t minutes(std::size_t ahead) const {
        const auto wait = expected_wait_behind(world->core.state(), static_cast<routing::QueueId>(0), ahead);
        return wait && wait->p80 ? (*wait->p80 + 1min - 1us) / 1min : 0;
    }
    /// As the file would be read, which has no sounds where nothing is announced.
    void reload(Duration after) {
        EXPECT_THAT(world->reload(small_centre({.agents = 1, .announce_after = after})).waiting, testing::IsEmpty());
    }
    config::Config config;
};

TEST_F(AnnouncementsTest, TellWhoIsNextAndWhoIsNotAndHowLongFourInFiveWaitAtMost) {
    busy();
    Caller& second = call("100");
    Caller& third = call("100");
    world->run_for(9s);
    EXPECT_EQ(programme(second), "greeting.wav music.wav*");
    world->run_for(1s);
    const std::string next = std::to_string(minutes(0)), behind = std::to_string(minutes(1));
    EXPECT_EQ(programme(second), "next.wav minutes.wav " + next + ".wav music.wav*");
    EXPECT_EQ(programme(third), "place.wav 2.wav minutes.wav " + behind + ".wav music.wav*");
    EXPECT_EQ(announced(), "c2 sales #1 " + next + "m, c3 sales #2 " + behind + "m");
}

TEST_F(AnnouncementsTest, ComeAgainUntilAnAgentAnswers) {
    busy();
    Caller& second = call("100");
    world->run_for(11s);
    callers[0]->hang_up();
    world->run_for(6s);
    phones[0]->answer();
    world->run_for(50ms);
    EXPECT_TRUE(world->media.bridged(second.rtp(), phones[0]->rtp()));
    world->run_for(2min);
    EXPECT_EQ(world->log.notes.back(), "leg.invited") << "told once, after ten seconds";
    Caller& third = call("100");
    world->run_for(71s);
    EXPECT_EQ(std::count(world->log.notes.begin(), world->log.notes.end(), "media.announced"), 1 + 3);
    third.hang_up();
    second.hang_up();
    expect_nothing_left();
}

TEST_F(AnnouncementsTest, LetTheGreetingEnd) {
    config = small_centre({.agents = 0, .announce_after = 10s});
    config.queues[0].greeting_length = 25s;
    build(config);
    Caller& caller = call("100");
    world->run_for(24s);
    EXPECT_EQ(programme(caller), "greeting.wav music.wav*");
    world->run_for(1s);
    EXPECT_EQ(programme(caller), "next.wav music.wav*");
}

TEST_F(AnnouncementsTest, DontInterruptWhileAPhoneRings) {
    config = small_centre({.agents = 1, .announce_after = 10s});
    build(config);
    put_to_work(add_phone("a1"));
    call("100");
    world->run_for(15s);
    EXPECT_EQ(announced(), "");
    phones[0]->refuse(603);
    world->run_for(1s);
    command(routing::input::AgentGoesNotReady{static_cast<routing::AgentId>(0), "lunch"});
    world->run_for(1min);
    EXPECT_EQ(announced(), "c1 sales #1") << "nobody is at work: no wait can be told";
}

TEST_F(AnnouncementsTest, TellOnlyWhatTheQueueWantsToldAndCanBeSaid) {
    busy([](config::Announce& announce) { announce.position = false; });
    call("100");
    world->run_for(11s);
    EXPECT_EQ(announced(), "c2 sales " + std::to_string(minutes(0)) + "m");
    for (int i = 0; i < 120; ++i) call("100");
    const std::size_t before = announced().size();
    world->run_for(11s);
    const auto last = world->core.state().queues[0].waiting();
    ASSERT_EQ(last, 121u);
    ASSERT_GT(minutes(last - 1), 60);
    EXPECT_EQ(announced().substr(before).find("c" + std::to_string(last + 1) + " "), std::string::npos);
}

TEST_F(AnnouncementsTest, SayNumbersAsTheirFilesDoUpToTheLastThatHasSome) {
    busy([](config::Announce& announce) { announce.expected_wait = false; });
    for (int i = 0; i < 100; ++i) call("100");
    world->run_for(11s);
    EXPECT_EQ(programme(*callers[40]), "place.wav 40.wav music.wav*");
    EXPECT_EQ(programme(*callers[57]), "place.wav 50.wav 7.wav music.wav*");
    EXPECT_EQ(programme(*callers[99]), "place.wav 90.wav 9.wav music.wav*");
    EXPECT_EQ(programme(*callers[100]), "greeting.wav music.wav*");
}

TEST_F(AnnouncementsTest, ArentMadeToWhoHoldsTheLine) {
    busy();
    Caller& second = call("100");
    hold(second, *second.session);
    world->run_for(35s);
    EXPECT_EQ(announced(), "");
    hold(second, *second.session, false);
    world->run_for(10s);
    EXPECT_EQ(announced(), "c2 sales #1 " + std::to_string(minutes(0)) + "m");
}

TEST_F(AnnouncementsTest, ArentMadeToWhoIsKeptForOneAgent) {
    config = small_centre({.agents = 1, .announce_after = 10s});
    auto plan = std::make_shared<routing::Plan>(*config.plan);
    plan->entry_points[0].wanted = routing::Wanted{static_cast<routing::AgentId>(0), 1min};
    config.plan = plan;
    build(config);
    put_to_work(add_phone("a1"));
    call("100");
    phones[0]->answer();
    world->run_for(50ms);
    call("100");
    world->run_for(55s);
    EXPECT_EQ(announced(), "");
    world->run_for(1min);
    EXPECT_NE(announced().find("c2 sales #1"), std::string::npos) << "the line's from the moment that it waits for all";
}

TEST_F(AnnouncementsTest, BeginAndEndWithTheConfigurationForThoseWhoWaitToo) {
    build(small_centre({.agents = 1}));
    put_to_work(add_phone("a1"));
    call("100");
    phones[0]->answer();
    world->run_for(50ms);
    call("100");
    world->run_for(1min);
    EXPECT_EQ(announced(), "");
    reload(5s);
    world->run_for(6s);
    EXPECT_EQ(announced(), "c2 sales #1 " + std::to_string(minutes(0)) + "m");
    const std::string told = announced();
    reload(0s);
    world->run_for(5min);
    EXPECT_EQ(announced(), told);
}

}  // namespace
}  // namespace centrala::calls
