// What queues tell waiting callers: the sounds, the numbers, and when.
#include "centrala/config/reload.hpp"
#include "support.hpp"

namespace centrala::config {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

class AnnouncementsTest : public ::testing::Test {
protected:
    AnnouncementsTest() { folder.add_announcements(); }
    [[nodiscard]] std::string file(const std::string& announcements, const std::string& rest) const {
        return kListen + "media: {sounds: " + folder.path() + ", announcements: {" + announcements + "}}\n" + rest;
    }
    [[nodiscard]] std::string path(const std::string& name) const { return folder.path(name); }
    SoundFolder folder;
};

TEST_F(AnnouncementsTest, BeginWithTheDefaultsAndAQueueChangesWhatItNames) {
    const Config c =
        loaded(file("",
                    "queue_defaults: {announce: {after: 20s, position: false}}\n"
                    "queues: {a: {}, b: {announce: {every: 2m, position: true}}, c: {announce: {after: 0}}}\n"));
    ASSERT_EQ(c.queues.size(), 3u);
    EXPECT_EQ(c.queues[0].announce, (Announce{20s, 1min, false, true}));
    EXPECT_EQ(c.queues[1].announce, (Announce{20s, 2min, true, true}));
    EXPECT_EQ(c.queues[2].announce.after, 0s);
}

TEST_F(AnnouncementsTest, NeedNoSoundsWhereNoneIsMade) {
    std::filesystem::remove(path("queue-holdtime.wav"));
    const Config c = loaded(file("", "queues: {a: {announce: {after: 0}}}\n"));
    EXPECT_THAT(c.media.announcements.spoken, IsEmpty());
}

TEST_F(AnnouncementsTest, AreMadeOfTheSoundsNamedThere) {
    const Config c =
        loaded(file("next: good.wav, position: [number, good.wav]", "queues: {q: {announce: {after: 9s}}}\n"));
    const Announcements& a = c.media.announcements;
    EXPECT_THAT(a.next, ElementsAre(path("good.wav")));
    EXPECT_THAT(a.position, ElementsAre("number", path("good.wav")));
    EXPECT_THAT(a.one_minute, ElementsAre(path("queue-holdtime.wav"), path("queue-less-than.wav"), "number",
                                          path("queue-minute.wav")));
}

TEST_F(AnnouncementsTest, SayTensAndThenUnitsUnlessANumberHasASoundOfItsOwn) {
    const std::string yaml = file("", "queues: {q: {announce: {after: 9s}}}\n");
    const auto spoken = [&](std::size_t n) { return loaded(yaml).media.announcements.spoken.at(n); };
    EXPECT_THAT(spoken(7), ElementsAre(path("digits/7.wav")));
    EXPECT_THAT(spoken(19), ElementsAre(path("digits/19.wav")));
    EXPECT_THAT(spoken(90), ElementsAre(path("digits/90.wav")));
    EXPECT_THAT(spoken(21), ElementsAre(path("digits/20.wav"), path("digits/1.wav")));
    std::filesystem::copy_file(path("good.wav"), path("digits/21.wav"));
    EXPECT_THAT(spoken(21), ElementsAre(path("digits/21.wav")));
    EXPECT_EQ(loaded(yaml).media.announcements.spoken.size(), 100u);
}

TEST_F(AnnouncementsTest, NeedTheirSoundsWhereverTheseAreNamed) {
    std::filesystem::remove(path("digits/8.wav"));
    EXPECT_THAT(problems(file("", "queues:\n  p: {announce: {after: 9s}}\n  q: {announce: {after: 9s}}\n")),
                ElementsAre("4: queues.p.announce: expected the sounds of media.announcements; no such file: " +
                            path("digits/8.wav")));
}

TEST_F(AnnouncementsTest, WithMistakesAreToldWhereTheyAre) {
    const std::string at = "2: media.announcements.";
    EXPECT_THAT(problems(file("next: none.wav", "")),
                ElementsAre(at + "next: expected a WAV file; no such file: " + path("none.wav")));
    EXPECT_THAT(problems(file("position: [good.wav]", "")),
                ElementsAre(at + "position: expected the word number among the sounds"));
    EXPECT_THAT(problems(file("expected_wait: good.wav", "")),
                ElementsAre(at + "expected_wait: expected the word number among the sounds"));
    EXPECT_THAT(problems(file("one_minute: []", "")), ElementsAre(at + "one_minute: expected 1 to 16 sounds"));
    EXPECT_THAT(problems(file("numbers: nowhere", "")),
                ElementsAre(at + "numbers: expected a folder; no such folder: " + path("nowhere")));
    EXPECT_THAT(
        problems(file("", "queues: {q: {announce: {after: 9s, position: no, expected_wait: no}}}\n")),
        ElementsAre("3: queues.q.announce: expected position, expected_wait or both: else there is nothing to tell"));
    EXPECT_THAT(problems(file("", "queues: {q: {announce: {after: 2h}}}\n")),
                ElementsAre("3: queues.q.announce.after: expected a duration from 0 to 1h, got '2h'"));
    EXPECT_THAT(problems(file("", "queues: {q: {announce: {every: 1s}}}\n")),
                ElementsAre("3: queues.q.announce.every: expected a duration from 10s to 1h, got '1s'"));
}

TEST_F(AnnouncementsTest, BeginWhenTheConfigurationIsReadAgain) {
    const auto again = [&](Config& running, const std::string& yaml) {
        const auto done = reload(running, loaded(yaml));
        EXPECT_TRUE(done);
        return done ? *done : Reload{};
    };
    Config running = loaded(file("", "queues: {q: {}}\n"));
    const Reload begun = again(running, file("", "queues: {q: {announce: {after: 9s}}}\n"));
    EXPECT_THAT(begun.waiting, IsEmpty());
    EXPECT_THAT(begun.changes, ElementsAre("queue q is changed"));
    EXPECT_EQ(running.media.announcements.spoken.size(), 100u);
    const Reload other = again(running, file("next: good.wav", "queues: {q: {announce: {after: 9s}}}\n"));
    EXPECT_THAT(other.waiting, IsEmpty());
    EXPECT_THAT(other.changes, ElementsAre("media.announcements is changed"));
    EXPECT_THAT(running.media.announcements.next, ElementsAre(path("good.wav")));
}

TEST_F(AnnouncementsTest, KnowHowLongTheGreetingIs) {
    std::ofstream(path("long.wav"), std::ios::binary) << wav(1, 2, 16'000, 16, 16'000 * 4 * 3);
    EXPECT_EQ(loaded(file("", "queues: {q: {greeting: long.wav}}\n")).queues.at(0).greeting_length, 3s);
    EXPECT_EQ(loaded(file("", "queues: {q: {}}\n")).queues.at(0).greeting_length, 0s);
}

}  // namespace
}  // namespace centrala::config
