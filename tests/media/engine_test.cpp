// The engine as the signalling thread sees it, on real sockets over the loopback.
#include <filesystem>
#include <fstream>
#include <set>
#include <string>

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

TEST(EngineOpen, FailsWhenPortsRunOutAndServesThemAgainAfterARest) {
    auto o = options(8);
    const auto engine = make_engine(o);
    std::vector<SessionId> open;
    std::set<std::uint16_t> ports;
    for (int i = 0; i < 4; ++i) {
        const auto opened = engine->open(loopback());
        if (!opened.ok()) break;  // another process may hold one of them
        EXPECT_TRUE(ports.insert(opened->rtp.port).second);
        open.push_back(opened->session);
    }
    ASSERT_FALSE(open.empty());
    const auto none = engine->open(loopback());
    ASSERT_FALSE(none.ok());
    EXPECT_NE(none.error().message.find("no RTP port"), std::string::npos);
    engine->close(open.front());
    EXPECT_TRUE(eventually([&] { return engine->open(loopback()).ok(); }));
}

TEST(EngineOpen, RefusesAnAddressThatIsNotOurs) {
    const auto engine = make_engine(options());
    EXPECT_FALSE(engine->open(*IpAddress::parse("192.0.2.1")).ok());
    auto o = options();
    o.port_min = o.port_max = 40'000;
    EXPECT_FALSE(make_engine(o)->open(loopback()).ok()) << "a range without a pair";
}

TEST(EngineOpen, DoesNotShareItsPorts) {
    const auto engine = make_engine(options());
    const auto opened = engine->open(loopback());
    ASSERT_TRUE(opened.ok());
    EXPECT_FALSE(bind_udp(opened->rtp, 0).ok());
}

TEST(EngineOpen, StepsOverAPairWhoseRtcpPortSomebodyElseHas) {
    const auto o = options(2);
    const auto other = bind_udp({loopback(), static_cast<std::uint16_t>(o.port_min + 1)}, 0);
    if (!other) GTEST_SKIP() << "the one pair is taken";
    EXPECT_FALSE(make_engine(o)->open(loopback()).ok());
}

TEST(EngineOpen, WorksOnIPv6) {
    const IpAddress v6 = *IpAddress::parse("::1");
    if (!bind_udp({v6, 0}, 0).ok()) GTEST_SKIP() << "no IPv6 loopback";
    TempDir dir;
    const auto engine = make_engine(options());
    const auto music = engine->load(dir.write_tone("a.wav", 8000, 1, 1600, 440));
    Leg leg(*engine, v6);
    leg.connect();
    engine->play(leg.id, std::vector<PlayItem>{{*music, true}});
    auto d = leg.peer.receive();
    ASSERT_TRUE(d);
    EXPECT_EQ(d->from, leg.ours);
}

TEST(EngineLoad, DecodesAFileOnceAndNamesWhatFails) {
    TempDir dir;
    const auto engine = make_engine(options());
    const auto path = dir.write_tone("a.wav", 16000, 2, 1600, 440);
    const auto first = engine->load(path);
    ASSERT_TRUE(first.ok());
    EXPECT_EQ(*engine->load(path), *first);
    EXPECT_NE(*engine->load(dir.write_tone("b.wav", 8000, 1, 1600, 440)), *first);
    const auto none = engine->load("/nowhere/x.wav");
    ASSERT_FALSE(none.ok());
    EXPECT_NE(none.error().message.find("/nowhere/x.wav"), std::string::npos);
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

TEST(EngineEvents, ReportAKeyOnceAndPassItOnWithTheOthersNumber) {
    const Fd wake(::eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC));  // outlives the engine
    auto o = options();
    o.wake_fd = wake.get();
    const auto engine = make_engine(o);
    Leg a(*engine), b(*engine);
    a.connect();
    auto other = b.audio();
    other.telephone_event = 96;
    engine->connect(b.id, other);
    engine->bridge(a.id, b.id);
    ASSERT_TRUE(eventually([&] {
        a.speak(0, 0x10);
        return b.peer.receive(milliseconds(20)).has_value();
    }));
    a.timestamp += 160;
    for (std::uint16_t i = 1; i <= 4; ++i) a.event_packet(101, 11, i > 1, static_cast<std::uint16_t>(160 * i));
    pollfd p{wake.get(), POLLIN, 0};
    EXPECT_EQ(::poll(&p, 1, 5000), 1) << "the signalling thread is woken";
    const auto events = wait_events(*engine, 1);
    ASSERT_EQ(events.size(), 1u);
    EXPECT_EQ(events[0].kind, Event::Kind::digit);
    EXPECT_EQ(events[0].digit, '#');
    EXPECT_EQ(events[0].session, a.id);
    int passed_on = 0;
    std::set<std::uint32_t> stamps;
    while (passed_on < 4) {
        auto d = b.peer.receive(milliseconds(1000));
        ASSERT_TRUE(d);
        const auto packet = d->rtp();
        if (packet->header.payload_type != 96) continue;
        ++passed_on;
        stamps.insert(packet->header.timestamp);
        EXPECT_EQ(packet->payload[0], 11);
    }
    EXPECT_EQ(stamps.size(), 1u) << "one press keeps one timestamp";
}

TEST(EngineEvents, ReportSilenceOnceAndOnlyWhenRtpIsDue) {
    auto o = options();
    o.rtp_timeout = 100ms;
    const auto engine = make_engine(o);
    Leg mute(*engine), held(*engine), unanswered(*engine);
    mute.connect();
    auto on_hold = held.audio();
    on_hold.direction = sdp::Direction::recvonly;
    on_hold.held = true;
    engine->connect(held.id, on_hold);
    std::vector<Event> events = wait_events(*engine, 1);
    ASSERT_EQ(events.size(), 1u);
    EXPECT_EQ(events[0].kind, Event::Kind::timeout);
    EXPECT_EQ(events[0].session, mute.id);
    for (std::size_t more = 2; more < 5; ++more) {  // others fall silent after it: the first would be told of before
        Leg next(*engine);
        next.connect();
        auto told = wait_events(*engine, 1);
        ASSERT_EQ(told.size(), 1u);
        EXPECT_EQ(told[0].session, next.id);
        engine->close(next.id);
    }
}

TEST(EngineBridge, EndsOnBothSidesWhenOneIsSilencedPlayedToOrClosed) {
    TempDir dir;
    const auto engine = make_engine(options());
    const auto music = engine->load(dir.write_tone("a.wav", 8000, 1, 8000, 333));
    Leg a(*engine), b(*engine);
    a.connect();
    b.connect();
    auto bridged = [&] {
        engine->bridge(a.id, b.id);
        return eventually([&] {
            b.speak(0, 0x10);
            return a.peer.receive(milliseconds(20)).has_value();
        });
    };
    auto a_is_deaf = [&] {
        return eventually([&] {
            b.speak(0, 0x10);
            return !a.peer.receive(milliseconds(30)).has_value();
        });
    };
    ASSERT_TRUE(bridged());
    engine->silence(a.id);
    EXPECT_TRUE(a_is_deaf());
    ASSERT_TRUE(bridged());
    engine->play(b.id, std::vector<PlayItem>{{*music, true}});
    EXPECT_TRUE(a_is_deaf());
    EXPECT_TRUE(b.peer.receive());
    ASSERT_TRUE(bridged());
    engine->close(b.id);
    EXPECT_TRUE(a_is_deaf());
}

TEST(EngineBridge, RespectsEachSidesDirection) {
    const auto engine = make_engine(options());
    Leg a(*engine), b(*engine);
    a.connect();
    b.connect();
    engine->bridge(a.id, b.id);
    ASSERT_TRUE(eventually([&] {
        a.speak(0, 0x10);
        return b.peer.receive(milliseconds(20)).has_value();
    }));
    auto deaf = b.audio();
    deaf.direction = sdp::Direction::recvonly;
    engine->connect(b.id, deaf);
    EXPECT_TRUE(eventually([&] {
        a.speak(0, 0x10);
        return !b.peer.receive(milliseconds(30)).has_value();
    }));
    b.speak(0, 0x20);
    EXPECT_TRUE(a.peer.receive());
}

TEST(EngineBridge, KeepsOneStreamFromMusicToTalk) {
    TempDir dir;
    const auto engine = make_engine(options());
    const auto music = engine->load(dir.write_tone("a.wav", 8000, 1, 8000, 333));
    Leg a(*engine), b(*engine);
    a.connect();
    b.connect();
    engine->play(a.id, std::vector<PlayItem>{{*music, true}});
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

TEST(EngineBridge, WorksAcrossMediaThreads) {
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
        EXPECT_TRUE(eventually([&] {
            a.speak(0, 0x10);
            return b.peer.receive(milliseconds(20)).has_value();
        }));
        EXPECT_TRUE(eventually([&] {
            b.speak(8, 0x10);
            return a.peer.receive(milliseconds(20)).has_value();
        }));
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

TEST(EngineStats, CountWhatCameAndWhatWasWorthless) {
    const auto engine = make_engine(options());
    Leg leg(*engine);
    EXPECT_EQ(engine->stats(static_cast<SessionId>(12345)).packets_received, 0u);
    leg.speak(0, 1);  // before connect
    EXPECT_TRUE(eventually([&] { return engine->stats(leg.id).ignored == 1; }));
    leg.connect();
    leg.speak(0, 1);
    leg.speak(0, 1);
    ++leg.sequence;  // one lost
    leg.speak(0, 1);
    leg.speak(13, 1);                    // comfort noise
    leg.peer.send(leg.ours, {1, 2, 3});  // not RTP
    leg.peer.send(leg.ours, std::vector<std::uint8_t>(4000, 0x80));
    EXPECT_TRUE(eventually([&] {
        const auto s = engine->stats(leg.id);
        return s.packets_received == 3 && s.ignored == 4;
    }));
    const auto s = engine->stats(leg.id);
    EXPECT_EQ(s.bytes_received, 480u);
    EXPECT_EQ(s.packets_lost, 1u);
}

/// Among the RTCP that has come by now.
bool got_bye(Leg& leg) {
    while (const auto d = leg.rtcp.receive(milliseconds(0)))
        if (const auto report = parse_rtcp(d->bytes, 0); report && report->bye) return true;
    return false;
}

TEST(EngineRtcp, ReportsToWhoMerelyListensAndKeepsNoSocketForIt) {
    TempDir dir;
    const auto engine = make_engine(options());
    const auto music = engine->load(dir.write_tone("a.wav", 8000, 1, 8000, 333));
    Leg leg(*engine);
    leg.connect();
    engine->play(leg.id, std::vector<PlayItem>{{*music, true}});
    const auto report = leg.rtcp.receive(milliseconds(5000));
    ASSERT_TRUE(report);
    EXPECT_EQ(report->from.port, leg.ours.port + 1);
    const auto sr = parse_rtcp(report->bytes, 0);
    ASSERT_TRUE(sr);
    EXPECT_TRUE(sr->sender);
    EXPECT_TRUE(eventually([&] { return bind_udp(report->from, 0).ok(); })) << "the port is let go";
}

TEST(EngineRtcp, TellsWhatThePeersOfAConversationReportAndSaysBye) {
    const auto engine = make_engine(options());
    Leg leg(*engine), other(*engine);
    leg.connect();
    other.connect();
    engine->bridge(leg.id, other.id);
    other.speak(0, 1);
    auto rtp = leg.peer.receive();
    ASSERT_TRUE(rtp);
    const std::uint32_t ours = rtp->rtp()->header.ssrc;
    leg.speak(0, 1, 4711);
    const auto report = leg.rtcp.receive(milliseconds(5000));
    ASSERT_TRUE(report);
    EXPECT_EQ(report->from.port, leg.ours.port + 1);
    const auto sr = parse_rtcp(report->bytes, 4711);
    ASSERT_TRUE(sr);
    EXPECT_EQ(sr->ssrc, ours);
    ASSERT_TRUE(sr->sender);
    EXPECT_GT(sr->sender->packets, 0u);
    ASSERT_TRUE(sr->block);
    EXPECT_EQ(sr->block->highest_sequence, leg.sequence);
    EXPECT_FALSE(sr->bye);

    RtcpReport theirs;
    theirs.ssrc = 4711;
    theirs.block = ReportBlock{};
    theirs.block->ssrc = ours;
    theirs.block->cumulative_lost = 12;
    theirs.block->jitter = 80;
    theirs.block->last_sr = static_cast<std::uint32_t>(sr->sender->ntp >> 16);
    RtcpBuffer buffer;
    const auto size = write_rtcp(theirs, "phone", buffer);
    leg.rtcp.send(report->from, {buffer.begin(), buffer.begin() + static_cast<std::ptrdiff_t>(size)});
    EXPECT_TRUE(eventually([&] { return engine->stats(leg.id).peer_packets_lost == 12; }));
    EXPECT_TRUE(eventually([&] { return engine->stats(leg.id).round_trip_us > 0; }, milliseconds(500)));
    EXPECT_EQ(engine->stats(leg.id).peer_jitter_us, 10'000u);
    EXPECT_LT(engine->stats(leg.id).round_trip_us, 10'000'000u);

    engine->close(leg.id);
    EXPECT_TRUE(eventually([&] { return got_bye(leg); }));
}

TEST(EngineClose, StaleIdsAndSecondClosesAreHarmless) {
    const auto engine = make_engine(options());
    Leg leg(*engine), other(*engine);
    engine->close(leg.id);
    engine->close(leg.id);
    engine->connect(leg.id, leg.audio());
    engine->play(leg.id, {});
    engine->bridge(leg.id, other.id);
    engine->bridge(other.id, other.id);
    engine->silence(leg.id);
    EXPECT_EQ(engine->sessions(), 1u);
    EXPECT_EQ(engine->stats(leg.id).packets_sent, 0u);
}

TEST(EngineClose, APortComesBackClean) {
    auto o = options(2);
    const auto engine = make_engine(o);
    auto first = engine->open(loopback());
    if (!first.ok()) GTEST_SKIP() << "the one port is taken: " << first.error().message;
    engine->close(first->session);
    Peer late;
    late.send_rtp(first->rtp, {false, 0, 1, 1, 1}, {1, 2, 3});  // the old peer hasn't noticed yet
    std::optional<Engine::Opened> again;
    ASSERT_TRUE(eventually([&] {
        auto opened = engine->open(loopback());
        if (opened.ok()) again = *opened;
        return opened.ok();
    }));
    EXPECT_EQ(again->rtp, first->rtp);
    sdp::Audio audio;
    audio.remote = {loopback(), 9};
    engine->connect(again->session, audio);
    late.send_rtp(again->rtp, {false, 0, 2, 160, 1}, {1, 2, 3});
    EXPECT_TRUE(eventually([&] { return engine->stats(again->session).packets_received == 1; }));
    EXPECT_EQ(engine->stats(again->session).ignored, 0u);
}

TEST(EngineClose, WhatComesToAnEmptyPortIsNotHeardByTheNextSession) {
    auto o = options(2);  // one port, which every session gets
    const auto engine = make_engine(o);
    auto first = engine->open(loopback());
    if (!first.ok()) GTEST_SKIP() << "the one port is taken: " << first.error().message;
    engine->close(first->session);
    Peer late;
    for (std::uint16_t round = 0; round < 2; ++round) {  // the second time the port is no news to the thread
        // More than the socket holds: they stop coming in, and mustn't stop the port from working.
        for (std::uint16_t i = 0; i < 500; ++i)
            late.send_rtp(first->rtp, {false, 0, i, 160u * i, 1}, std::vector<std::uint8_t>(160));
        late.send({first->rtp.address, static_cast<std::uint16_t>(first->rtp.port + 1)}, {0x80, 201, 0, 1, 0, 0, 0, 1});
        std::optional<Engine::Opened> again;
        ASSERT_TRUE(eventually([&] {
            auto opened = engine->open(loopback());
            if (opened.ok()) again = *opened;
            return opened.ok();
        }));
        EXPECT_EQ(again->rtp, first->rtp);
        EXPECT_EQ(engine->stats(again->session).packets_received, 0u) << "the last session's are not this one's";
        sdp::Audio audio;
        audio.remote = late.endpoint();
        engine->connect(again->session, audio);
        const auto sequence = static_cast<std::uint16_t>(1000 + round);
        late.send_rtp(again->rtp, {false, 0, sequence, 160, 2}, std::vector<std::uint8_t>(160));
        EXPECT_TRUE(eventually([&] { return engine->stats(again->session).packets_received == 1; }));
        EXPECT_EQ(engine->stats(again->session).ignored, 0u);
        engine->close(again->session);
    }
}

TEST(EngineClose, ManyQuickSessionsComeAndGo) {
    auto o = options(60);
    o.threads = 2;
    o.port_rest = 0s;  // the same few ports again and again
    const auto engine = make_engine(o);
    std::set<SessionId> seen;
    std::vector<std::unique_ptr<Leg>> open;
    for (int i = 0; i < 1500; ++i) {
        open.push_back(std::make_unique<Leg>(*engine));
        EXPECT_TRUE(seen.insert(open.back()->id).second);
        if (i % 3) open.back()->connect();
        if (i % 2) engine->bridge(open.back()->id, open.front()->id);
        if (open.size() < 7) continue;
        const auto which = open.begin() + i % 7;
        engine->close((*which)->id);
        open.erase(which);
    }
    EXPECT_EQ(engine->sessions(), open.size());
    std::set<std::uint16_t> ports;
    for (auto& leg : open) EXPECT_TRUE(ports.insert(leg->ours.port).second) << "two sessions on one port";
    // Whoever is left works.
    for (std::size_t i = 0; i + 1 < open.size(); i += 2) {
        Leg &a = *open[i], &b = *open[i + 1];
        a.connect();
        b.connect();
        engine->bridge(a.id, b.id);
        EXPECT_TRUE(eventually([&] {
            a.speak(0, 0x10);
            return b.peer.receive(milliseconds(20)).has_value();
        }));
    }
}

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

TEST(EngineRtcp, SaysByeOnlyToPeersThatSpokeAndWereReportedTo) {
    const auto engine = make_engine(options());
    Leg mute(*engine), brief(*engine), talker(*engine);
    mute.connect();
    talker.connect();
    talker.speak(0, 1);
    ASSERT_TRUE(mute.rtcp.receive(milliseconds(5000)));
    ASSERT_TRUE(talker.rtcp.receive(milliseconds(5000)));
    brief.connect();
    brief.speak(0, 1);
    ASSERT_TRUE(eventually([&] { return engine->stats(brief.id).packets_received == 1; }));
    for (const Leg* leg : {&mute, &brief, &talker}) engine->close(leg->id);
    EXPECT_TRUE(eventually([&] { return got_bye(talker); }));  // the last of the three to be closed
    EXPECT_FALSE(got_bye(mute));
    EXPECT_FALSE(got_bye(brief));
}

}  // namespace
}  // namespace centrala::media
