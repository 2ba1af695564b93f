// Two sessions talking to each other, and whose packets count.
#include <gtest/gtest.h>

#include "media/engine_leg.hpp"
#include "media/g711.hpp"

namespace centrala::media {
namespace {

using namespace test;
using std::chrono::milliseconds;

/// Sooner or later `to` hears what `from` says, or hears it no longer.
bool hears(Leg& to, Leg& from, std::uint8_t payload_type = 0) {
    return eventually([&] {
        from.speak(payload_type, 0x10);
        return to.peer.receive(milliseconds(20)).has_value();
    });
}
bool is_deaf(Leg& to, Leg& from) {
    return eventually([&] {
        from.speak(0, 0x10);
        return !to.peer.receive(milliseconds(30)).has_value();
    });
}

class EngineBridge : public ::testing::Test {
protected:
    void connect(sdp::Codec of_b = sdp::Codec::pcmu) {
        a.connect();
        b.connect(of_b);
    }
    std::vector<PlayItem> music() { return {{*engine->load(dir.write_tone("a.wav", 8000, 1, 8000, 333)), true}}; }

    TempDir dir;
    const std::unique_ptr<Engine> engine = make_engine(options());
    Leg a{*engine}, b{*engine};
};

TEST_F(EngineBridge, RelaysBothWaysAndTranscodes) {
    connect(sdp::Codec::pcma);
    engine->bridge(a.id, b.id);
    ASSERT_TRUE(hears(b, a));
    a.speak(0, 0x35);
    std::optional<RtpPacket> heard;
    std::optional<Datagram> d;
    while ((d = b.peer.receive(milliseconds(200)))) {
        heard = d->rtp();
        ASSERT_TRUE(heard);
        if (heard->payload[0] != 0xd5 && decode_pcma(heard->payload[0]) == decode_pcma(encode_pcma(decode_pcmu(0x35))))
            break;
    }
    ASSERT_TRUE(heard);
    EXPECT_EQ(heard->header.payload_type, 8);
    EXPECT_EQ(heard->payload[0], encode_pcma(decode_pcmu(0x35)));
    EXPECT_NE(heard->header.ssrc, 7u);

    b.speak(8, 0x77);
    auto back = a.peer.receive();
    ASSERT_TRUE(back);
    const auto packet = back->rtp();
    ASSERT_TRUE(packet);
    EXPECT_EQ(packet->header.payload_type, 0);
    EXPECT_EQ(packet->payload[0], encode_pcmu(decode_pcma(0x77)));
}

TEST_F(EngineBridge, EndsOnBothSidesWhenOneIsSilencedPlayedToOrClosed) {
    connect();
    const auto bridged = [&] {
        engine->bridge(a.id, b.id);
        return hears(a, b);
    };
    ASSERT_TRUE(bridged());
    engine->silence(a.id);
    EXPECT_TRUE(is_deaf(a, b));
    ASSERT_TRUE(bridged());
    engine->play(b.id, music());
    EXPECT_TRUE(is_deaf(a, b));
    EXPECT_TRUE(b.peer.receive());
    ASSERT_TRUE(bridged());
    engine->close(b.id);
    EXPECT_TRUE(is_deaf(a, b));
}

TEST_F(EngineBridge, RespectsEachSidesDirection) {
    connect();
    engine->bridge(a.id, b.id);
    ASSERT_TRUE(hears(b, a));
    auto deaf = b.audio();
    deaf.direction = sdp::Direction::recvonly;
    engine->connect(b.id, deaf);
    EXPECT_TRUE(is_deaf(b, a));
    b.speak(0, 0x20);
    EXPECT_TRUE(a.peer.receive());
}

TEST_F(EngineBridge, KeepsOneStreamFromMusicToTalk) {
    connect();
    engine->play(a.id, music());
    auto d = a.peer.receive();
    ASSERT_TRUE(d);
    RtpHeader last = d->rtp()->header;
    engine->bridge(a.id, b.id);
    bool marker = false;
    for (int i = 0; i < 20; ++i) {
        b.speak(0, 0x42);
        while ((d = a.peer.receive(milliseconds(20)))) {
            const auto h = d->rtp()->header;
            EXPECT_EQ(h.ssrc, last.ssrc);
            EXPECT_EQ(h.sequence, static_cast<std::uint16_t>(last.sequence + 1));
            EXPECT_LT(h.timestamp - last.timestamp, 8000u * 5);
            EXPECT_GT(static_cast<std::int32_t>(h.timestamp - last.timestamp), 0);
            marker = marker || h.marker;
            last = h;
        }
    }
    EXPECT_TRUE(marker) << "the talk begins with one";
}

TEST(EngineThreads, BridgeTheirSessionsWithOneAnother) {
    auto o = options(400);
    o.threads = 3;
    const auto engine = make_engine(o);
    std::vector<std::unique_ptr<Leg>> legs;
    for (int i = 0; i < 12; ++i) {
        legs.push_back(std::make_unique<Leg>(*engine));
        legs.back()->connect(i % 2 ? sdp::Codec::pcma : sdp::Codec::pcmu);
    }
    // Pairs change thread again and again, in either direction, before anyone can have come to rest.
    for (int round = 0; round < 40; ++round)
        for (std::size_t i = 0; i < 12; ++i)
            engine->bridge(legs[i]->id, legs[(i + static_cast<std::size_t>(round) % 11 + 1) % 12]->id);
    for (std::size_t i = 0; i < 6; ++i) engine->bridge(legs[2 * i]->id, legs[2 * i + 1]->id);
    for (std::size_t i = 0; i < 6; ++i) {
        Leg &a = *legs[2 * i], &b = *legs[2 * i + 1];
        EXPECT_TRUE(hears(b, a));
        EXPECT_TRUE(hears(a, b, 8));
    }
    for (auto& leg : legs) engine->close(leg->id);
    EXPECT_EQ(engine->sessions(), 0u);
}

TEST(EngineSources, FollowANatAndIgnoreAnIntruder) {
    TempDir dir;
    const auto engine = make_engine(options());
    const auto music = engine->load(dir.write_tone("a.wav", 8000, 1, 8000, 333));
    Leg leg(*engine);
    Peer nat, intruder;
    leg.connect();
    engine->play(leg.id, std::vector<PlayItem>{{*music, true}});
    ASSERT_TRUE(leg.peer.receive());
    std::uint16_t sequence = 0;
    ASSERT_TRUE(eventually([&] {
        nat.send_rtp(leg.ours, {false, 0, ++sequence, 160u * sequence, 7}, std::vector<std::uint8_t>(160));
        return nat.receive(milliseconds(30)).has_value();
    })) << "music goes where the phone's packets come from";
    const auto ignored = engine->stats(leg.id).ignored;
    intruder.send_rtp(leg.ours, {false, 0, 1, 1, 66}, std::vector<std::uint8_t>(160));
    EXPECT_TRUE(eventually([&] { return engine->stats(leg.id).ignored == ignored + 1; }));
    EXPECT_FALSE(intruder.receive(milliseconds(60)));
}

}  // namespace
}  // namespace centrala::media
