// Commands reach the media threads at once and in order.
#include <filesystem>
#include <fstream>
#include <string>

#include <gtest/gtest.h>

#include "media/engine_leg.hpp"

namespace centrala::media {
namespace {

using namespace test;
using std::chrono::milliseconds;

TEST(EngineCommands, AreInForceForTheVeryNextPacket) {
    const auto engine = make_engine(options());
    Leg a(*engine), b(*engine);
    a.connect();
    b.connect();
    for (int i = 0; i < 50; ++i) {
        engine->bridge(a.id, b.id);
        a.speak(0, 0x10);
        ASSERT_TRUE(b.peer.receive(milliseconds(2000))) << "at " << i;
        ASSERT_TRUE(eventually([&] { return engine->stats(b.id).packets_sent == 2u * static_cast<unsigned>(i) + 1; }));
        engine->silence(a.id);
        const auto received = engine->stats(a.id).packets_received;
        a.speak(0, 0x20);  // were it passed on, it would come before the next one
        ASSERT_TRUE(eventually([&] { return engine->stats(a.id).packets_received == received + 1; }));
        engine->bridge(a.id, b.id);
        a.speak(0, 0x30);
        auto next = b.peer.receive(milliseconds(2000));
        ASSERT_TRUE(next);
        EXPECT_EQ(next->rtp()->payload[0], 0x30) << "at " << i;
    }
}

/// Of the only engine there is.
bool media_thread_sleeps() {
    for (const auto& task : std::filesystem::directory_iterator("/proc/self/task")) {
        std::ifstream file(task.path() / "stat");
        std::string stat;
        std::getline(file, stat);
        if (stat.find("(media-0) S") != std::string::npos) return true;
    }
    return false;
}

TEST(EngineCommands, WakeAThreadThatSleeps) {
    TempDir dir;
    const auto engine = make_engine(options());
    const auto music = engine->load(dir.write_tone("a.wav", 8000, 1, 8000, 333));
    const std::vector<PlayItem> loop{{*music, true}};
    for (int i = 0; i < 30; ++i) {
        Leg leg(*engine);
        leg.connect();
        if (i % 2) {  // in either state, awake and asleep
            EXPECT_TRUE(eventually(media_thread_sleeps));
        }
        engine->play(leg.id, loop);
        EXPECT_TRUE(leg.peer.receive(milliseconds(2000))) << "at " << i;
        engine->close(leg.id);
        if (i % 3) {
            EXPECT_TRUE(eventually(media_thread_sleeps));
        }
    }
}

TEST(EngineCommands, ThousandsAtOnceKeepTheirOrder) {
    TempDir dir;
    const auto engine = make_engine(options());
    const auto music = engine->load(dir.write_tone("a.wav", 8000, 1, 8000, 333));
    const std::vector<PlayItem> many(10, PlayItem{*music, true});
    Leg a(*engine), b(*engine);
    a.connect();
    b.connect();
    for (int i = 0; i < 3000; ++i) {
        engine->play(a.id, many);
        engine->bridge(a.id, b.id);
    }
    b.speak(0, 0x55);
    std::optional<Datagram> d;
    ASSERT_TRUE(eventually([&] {
        d = a.peer.receive(milliseconds(500));
        return d && d->rtp()->payload[0] == 0x55;
    })) << "the last command is the one that counts";
    EXPECT_FALSE(a.peer.receive(milliseconds(60)));
}

}  // namespace
}  // namespace centrala::media
