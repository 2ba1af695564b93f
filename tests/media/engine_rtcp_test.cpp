// What is counted, reported to peers and heard from them.
#include <gtest/gtest.h>

#include "media/engine_leg.hpp"
#include "media/rtcp_packet.hpp"

namespace centrala::media {
namespace {

using namespace test;
using std::chrono::milliseconds;

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
