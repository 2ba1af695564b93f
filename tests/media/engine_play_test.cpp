// What callers hear while nobody talks to them, and when it is over.
#include <set>

#include <gtest/gtest.h>

#include "media/engine_leg.hpp"
#include "media/g711.hpp"

namespace centrala::media {
namespace {

using namespace test;
using std::chrono::milliseconds;

TEST(EnginePlay, SendsFramesWithUnbrokenNumbersAndTimestamps) {
    TempDir dir;
    const auto engine = make_engine(options());
    const auto tone = engine->load(dir.write_tone("a.wav", 8000, 1, 1600, 440));
    ASSERT_TRUE(tone.ok());
    Leg leg(*engine);
    leg.connect();
    engine->play(leg.id, std::vector<PlayItem>{{*tone, false}});
    std::optional<RtpHeader> last;
    for (int i = 0; i < 10; ++i) {
        auto d = leg.peer.receive();
        ASSERT_TRUE(d);
        EXPECT_EQ(d->from, leg.ours);
        const auto p = d->rtp();
        ASSERT_TRUE(p);
        EXPECT_EQ(p->payload.size(), 160u);
        EXPECT_EQ(p->header.payload_type, 0);
        EXPECT_EQ(p->header.marker, i == 0);
        if (last) {
            EXPECT_EQ(p->header.sequence, static_cast<std::uint16_t>(last->sequence + 1));
            EXPECT_EQ((p->header.timestamp - last->timestamp) % 160, 0u);
            EXPECT_EQ(p->header.ssrc, last->ssrc);
        }
        last = p->header;
    }
    const auto events = wait_events(*engine, 1);
    ASSERT_EQ(events.size(), 1u);
    EXPECT_EQ(events[0].kind, Event::Kind::play_finished);
    EXPECT_EQ(events[0].session, leg.id);
    EXPECT_FALSE(leg.peer.receive(milliseconds(60))) << "a programme that is over sends nothing";
}

TEST(EnginePlay, AProgrammeOfUnknownSoundsIsOverAtOnce) {
    const auto engine = make_engine(options());
    Leg leg(*engine);
    leg.connect();
    engine->play(leg.id, std::vector<PlayItem>{{static_cast<SoundId>(99), true}});
    const auto events = wait_events(*engine, 1);
    ASSERT_EQ(events.size(), 1u);
    EXPECT_EQ(events[0].kind, Event::Kind::play_finished);
}

TEST(EnginePlay, GivesEveryListenerTheSameTuneInItsOwnLaw) {
    TempDir dir;
    const auto engine = make_engine(options());
    const auto music = engine->load(dir.write_tone("a.wav", 8000, 1, 8000, 333));
    Leg a(*engine), b(*engine);
    a.connect(sdp::Codec::pcmu);
    b.connect(sdp::Codec::pcma);
    const std::vector<PlayItem> loop{{*music, true}};
    engine->play(a.id, loop);
    engine->play(b.id, loop);
    std::set<std::vector<std::int16_t>> heard_by_a;
    for (int i = 0; i < 10; ++i) {
        auto d = a.peer.receive();
        ASSERT_TRUE(d);
        std::vector<std::int16_t> pcm;
        const auto packet = d->rtp();
        ASSERT_TRUE(packet);
        for (const auto c : packet->payload) pcm.push_back(static_cast<std::int16_t>(decode_pcmu(c) / 1024));
        heard_by_a.insert(pcm);
    }
    EXPECT_GT(heard_by_a.size(), 5u) << "a tune, not one frame";
    auto d = b.peer.receive();
    ASSERT_TRUE(d);
    EXPECT_EQ(d->rtp()->header.payload_type, 8);
}

TEST(EnginePlay, WaitsForConnectAndKeepsQuietWhileHeld) {
    TempDir dir;
    const auto engine = make_engine(options());
    const auto music = engine->load(dir.write_tone("a.wav", 8000, 1, 8000, 333));
    Leg leg(*engine);
    engine->play(leg.id, std::vector<PlayItem>{{*music, true}});
    EXPECT_FALSE(leg.peer.receive(milliseconds(60)));
    auto held = leg.audio();
    held.direction = sdp::Direction::inactive;
    held.held = true;
    engine->connect(leg.id, held);
    EXPECT_FALSE(leg.peer.receive(milliseconds(60)));
    leg.connect();
    EXPECT_TRUE(leg.peer.receive());
    engine->connect(leg.id, held);
    EXPECT_TRUE(eventually([&] { return !leg.peer.receive(milliseconds(50)); }));
}

TEST(EnginePlay, AHeldListenersPromptEndsInTime) {
    TempDir dir;
    const auto engine = make_engine(options());
    const auto prompt = engine->load(dir.write_tone("a.wav", 8000, 1, 800, 333));
    Leg leg(*engine);
    auto held = leg.audio();
    held.direction = sdp::Direction::recvonly;
    engine->connect(leg.id, held);
    engine->play(leg.id, std::vector<PlayItem>{{*prompt, false}});
    EXPECT_EQ(wait_events(*engine, 1).size(), 1u);
    EXPECT_EQ(engine->stats(leg.id).packets_sent, 0u);
}

}  // namespace
}  // namespace centrala::media
