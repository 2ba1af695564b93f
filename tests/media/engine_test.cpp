// The engine as the signalling thread sees it, on real sockets over the loopback.
#include <set>

#include <gtest/gtest.h>
#include <sys/eventfd.h>

#include "media/bytes.hpp"
#include "media/g711.hpp"
#include "media/rtcp_packet.hpp"
#include "media/support.hpp"

namespace centrala::media {
namespace {

using namespace test;
using std::chrono::milliseconds;

/// A session and the phone at its other end.
struct Leg {
    Engine& engine;
    Peer peer, rtcp;
    SessionId id{};
    Endpoint ours;
    std::uint16_t sequence = 100;
    std::uint32_t timestamp = 5000;

    explicit Leg(Engine& e, const IpAddress& address = loopback()) : engine(e), peer(address), rtcp(address) {
        auto opened = engine.open(address);
        EXPECT_TRUE(opened.ok());
        id = opened->session;
        ours = opened->rtp;
    }
    sdp::Audio audio(sdp::Codec codec = sdp::Codec::pcmu) const {
        sdp::Audio a;
        a.remote = peer.endpoint();
        a.remote_rtcp = rtcp.endpoint();
        a.codec = codec;
        a.payload_type = codec == sdp::Codec::pcmu ? 0 : 8;
        a.telephone_event = 101;
        return a;
    }
    void connect(sdp::Codec codec = sdp::Codec::pcmu) { engine.connect(id, audio(codec)); }
    void speak(std::uint8_t payload_type, std::uint8_t value, std::uint32_t ssrc = 7) {
        peer.send_rtp(ours, {false, payload_type, ++sequence, timestamp += 160, ssrc},
                      std::vector<std::uint8_t>(160, value));
    }
    void event_packet(std::uint8_t payload_type, std::uint8_t event, bool end, std::uint16_t duration) {
        peer.send_rtp(ours, {false, payload_type, ++sequence, timestamp, 7},
                      {event, static_cast<std::uint8_t>(end ? 0x8a : 0x0a), static_cast<std::uint8_t>(duration >> 8),
                       static_cast<std::uint8_t>(duration)});
    }
};

std::vector<Event> wait_events(Engine& engine, std::size_t count) {
    std::vector<Event> events;
    eventually([&] {
        engine.take_events(events);
        return events.size() >= count;
    });
    return events;
}

TEST(EngineOpen, GivesAnEvenPortOfTheRange) {
    const auto o = options();
    const auto engine = make_engine(o);
    const auto opened = engine->open(loopback());
    ASSERT_TRUE(opened.ok());
    EXPECT_EQ(opened->rtp.port % 2, 0);
    EXPECT_GE(opened->rtp.port, o.port_min);
    EXPECT_LE(opened->rtp.port, o.port_max);
    EXPECT_EQ(engine->sessions(), 1u);
    engine->close(opened->session);
    EXPECT_EQ(engine->sessions(), 0u);
}

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

TEST(EngineBridge, RelaysBothWaysAndTranscodes) {
    const auto engine = make_engine(options());
    Leg a(*engine), b(*engine);
    a.connect(sdp::Codec::pcmu);
    b.connect(sdp::Codec::pcma);
    engine->bridge(a.id, b.id);
    ASSERT_TRUE(eventually([&] {
        a.speak(0, 0x10);
        return b.peer.receive(milliseconds(20)).has_value();
    }));
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

}  // namespace
}  // namespace centrala::media
