// Sessions of the engine come and go: ports, addresses, what a closed one leaves behind.
#include <set>
#include <string>

#include <gtest/gtest.h>

#include "media/engine_leg.hpp"

namespace centrala::media {
namespace {

using namespace test;
using std::chrono::milliseconds;

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

/// With the one port that there is, as soon as that is free.
std::optional<Engine::Opened> opened_again(Engine& engine) {
    std::optional<Engine::Opened> again;
    eventually([&] {
        auto opened = engine.open(loopback());
        if (opened.ok()) again = *opened;
        return opened.ok();
    });
    return again;
}

TEST(EngineClose, APortComesBackClean) {
    auto o = options(2);
    const auto engine = make_engine(o);
    auto first = engine->open(loopback());
    if (!first.ok()) GTEST_SKIP() << "the one port is taken: " << first.error().message;
    engine->close(first->session);
    Peer late;
    late.send_rtp(first->rtp, {false, 0, 1, 1, 1}, {1, 2, 3});  // the old peer hasn't noticed yet
    const auto again = opened_again(*engine);
    ASSERT_TRUE(again);
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
        const auto again = opened_again(*engine);
        ASSERT_TRUE(again);
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

}  // namespace
}  // namespace centrala::media
