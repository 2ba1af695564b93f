// The media plane's logic without sockets or clocks: packets, laws, sounds, key presses, streams, sources, ticks.
#include <cmath>
#include <fstream>
#include <numbers>
#include <numeric>
#include <set>
#include <thread>

#include <gtest/gtest.h>
#include <rapidcheck.h>

#include "media/bytes.hpp"
#include "media/command_queue.hpp"
#include "media/dtmf_detector.hpp"
#include "media/g711.hpp"
#include "media/programme.hpp"
#include "media/reception_stats.hpp"
#include "media/rtcp_packet.hpp"
#include "media/rtp_packet.hpp"
#include "media/source_latch.hpp"
#include "media/stream_rewriter.hpp"
#include "media/support.hpp"
#include "media/tick_scheduler.hpp"

namespace centrala::media {
namespace {

using sdp::Codec;
using Bytes = std::vector<std::uint8_t>;

Timestamp at(Duration d) {
    return Timestamp(1h + d);
}

Bytes rtp(const RtpHeader& header, std::size_t payload = 160) {
    Bytes b(kRtpHeaderSize + payload, 0x55);
    write_rtp_header(header, b.data());
    return b;
}

// --- packets ---

TEST(RtpPacket, ReadsWhatItWrites) {
    EXPECT_TRUE(rc::check([] {
        RtpHeader h;
        h.marker = *rc::gen::arbitrary<bool>();
        h.payload_type = *rc::gen::inRange<std::uint8_t>(0, 72);
        h.sequence = *rc::gen::arbitrary<std::uint16_t>();
        h.timestamp = *rc::gen::arbitrary<std::uint32_t>();
        h.ssrc = *rc::gen::arbitrary<std::uint32_t>();
        const auto size = *rc::gen::inRange<std::size_t>(0, 400);
        auto bytes = rtp(h, size);
        const auto p = parse_rtp(bytes);
        RC_ASSERT(p.has_value());
        RC_ASSERT(p->header == h);
        RC_ASSERT(p->payload.size() == size);
    }));
}

TEST(RtpPacket, StepsOverContributorsExtensionAndPadding) {
    Bytes b = rtp({false, 8, 1, 2, 3}, 0);
    b[0] = 0x80 | 0x20 | 0x10 | 2;
    b.insert(b.end(), 8, 0);                            // two CSRCs
    b.insert(b.end(), {0xbe, 0xde, 0, 1, 1, 2, 3, 4});  // one word of extension
    b.insert(b.end(), {0xaa, 0xbb, 0, 0, 3});           // two bytes of payload, three of padding
    const auto p = parse_rtp(b);
    ASSERT_TRUE(p);
    EXPECT_EQ(Bytes(p->payload.begin(), p->payload.end()), (Bytes{0xaa, 0xbb}));
}

TEST(RtpPacket, RefusesWhatIsCutShortOrSomethingElse) {
    Bytes whole = rtp({false, 0, 1, 2, 3}, 0);
    EXPECT_TRUE(parse_rtp(whole));
    EXPECT_FALSE(parse_rtp(std::span(whole).first(11)));
    auto changed = [&](std::size_t i, std::uint8_t v) {
        Bytes b = whole;
        b[i] = v;
        return parse_rtp(b).has_value();
    };
    EXPECT_FALSE(changed(0, 0x40)) << "version 1";
    EXPECT_FALSE(changed(0, 0x81)) << "a CSRC that isn't there";
    EXPECT_FALSE(changed(0, 0x90)) << "an extension that isn't there";
    EXPECT_FALSE(changed(0, 0xa0)) << "padding beyond the packet";
    EXPECT_FALSE(changed(1, 200)) << "RTCP SR";
    EXPECT_FALSE(parse_rtp({}));
}

TEST(RtcpPacket, ReadsWhatItWrites) {
    EXPECT_TRUE(rc::check([] {
        RtcpReport r;
        r.ssrc = *rc::gen::arbitrary<std::uint32_t>();
        if (*rc::gen::arbitrary<bool>())
            r.sender = SenderInfo{*rc::gen::arbitrary<std::uint64_t>(), *rc::gen::arbitrary<std::uint32_t>(),
                                  *rc::gen::arbitrary<std::uint32_t>(), *rc::gen::arbitrary<std::uint32_t>()};
        if (*rc::gen::arbitrary<bool>())
            r.block = ReportBlock{77,
                                  *rc::gen::arbitrary<std::uint8_t>(),
                                  *rc::gen::inRange<std::int32_t>(-0x800000, 0x800000),
                                  *rc::gen::arbitrary<std::uint32_t>(),
                                  *rc::gen::arbitrary<std::uint32_t>(),
                                  *rc::gen::arbitrary<std::uint32_t>(),
                                  *rc::gen::arbitrary<std::uint32_t>()};
        r.bye = *rc::gen::arbitrary<bool>();
        const auto cname = *rc::gen::string<std::string>();
        RtcpBuffer buffer;
        const auto size = write_rtcp(r, cname, buffer);
        RC_ASSERT(size % 4 == 0u);
        const auto back = parse_rtcp(std::span(buffer).first(size), 77);
        RC_ASSERT(back.has_value());
        RC_ASSERT(*back == r);
        for (std::size_t cut = 1; cut < size; cut += 3)
            if (const auto p = parse_rtcp(std::span(buffer).first(cut), 77)) RC_ASSERT(!p->bye || cut == size);
    }));
}

TEST(RtcpPacket, TakesOnlyTheBlockAboutUs) {
    RtcpReport r;
    r.block = ReportBlock{};
    r.block->ssrc = 5;
    RtcpBuffer buffer;
    const auto size = write_rtcp(r, "x", buffer);
    EXPECT_TRUE(parse_rtcp(std::span(buffer).first(size), 5)->block);
    EXPECT_FALSE(parse_rtcp(std::span(buffer).first(size), 6)->block);
}

TEST(RtcpPacket, RefusesWhatIsNoCompoundPacket) {
    RtcpBuffer buffer;
    const auto size = write_rtcp({}, "cname", buffer);
    Bytes whole(buffer.begin(), buffer.begin() + static_cast<std::ptrdiff_t>(size));
    ASSERT_TRUE(parse_rtcp(whole, 0));
    auto changed = [&](std::size_t i, std::uint8_t v) {
        Bytes b = whole;
        b[i] = v;
        return parse_rtcp(b, 0).has_value();
    };
    EXPECT_FALSE(changed(0, 0x40)) << "version 1";
    EXPECT_FALSE(changed(0, 0xa0)) << "padding in the first";
    EXPECT_FALSE(changed(0, 0x9f)) << "31 blocks in 8 bytes";
    EXPECT_FALSE(changed(1, 202)) << "no report first";
    EXPECT_FALSE(changed(3, 200)) << "longer than the datagram";
    EXPECT_FALSE(parse_rtcp(std::span(whole).first(size - 4), 0)) << "lengths that don't add up";
    EXPECT_FALSE(parse_rtcp({}, 0));
    EXPECT_FALSE(parse_rtcp(Bytes{0x80, 201, 0, 0}, 0)) << "a report without its sender";
}

// --- G.711 ---

TEST(G711, EncodesToTheNearestCodeOrAtABorderOfSegmentsToItsNeighbour) {
    for (const auto codec : {Codec::pcmu, Codec::pcma}) {
        auto decode = codec == Codec::pcmu ? decode_pcmu : decode_pcma;
        std::set<int> values;
        for (int c = 0; c < 256; ++c) values.insert(decode(static_cast<std::uint8_t>(c)));
        for (int s = -32768; s <= 32767; ++s) {
            const int got = decode(encode(codec, static_cast<std::int16_t>(s)));
            const auto above = values.lower_bound(s);
            if (above == values.end() || above == values.begin()) {
                ASSERT_EQ(got, above == values.end() ? *values.rbegin() : *values.begin()) << s;
                continue;
            }
            const int below = *std::prev(above);
            ASSERT_TRUE(got == *above || got == below) << s;
            // The standard's decision values lie at a third between steps of different size, else in the middle.
            ASSERT_LE(3 * std::abs(got - s), 2 * (*above - below) + 3) << s;
        }
    }
}

TEST(G711, CodesSurviveTheRoundTrip) {
    for (int c = 0; c < 256; ++c) {
        const auto code = static_cast<std::uint8_t>(c);
        EXPECT_EQ(decode_pcmu(encode_pcmu(decode_pcmu(code))), decode_pcmu(code));
        EXPECT_EQ(encode_pcma(decode_pcma(code)), code);
    }
}

TEST(G711, DecodesAsTheReferenceTables) {
    const std::string folder = std::string(CENTRALA_SHARED_DIR) + "/corpus/sip/audio/g711/";
    for (const bool mu : {true, false}) {
        std::ifstream in(folder + (mu ? "ulaw_decode.tsv" : "alaw_decode.tsv"));
        if (!in) GTEST_SKIP() << "no tables in " << folder;
        std::string line;
        std::getline(in, line);
        int rows = 0;
        while (std::getline(in, line)) {
            const auto code = static_cast<std::uint8_t>(std::stoi(line.substr(0, 2), nullptr, 16));
            const int linear = std::stoi(line.substr(3));
            EXPECT_EQ(mu ? decode_pcmu(code) : decode_pcma(code), linear) << line;
            ++rows;
        }
        EXPECT_EQ(rows, 256);
    }
}

TEST(G711, TranscodesInPlaceAndLeavesTheSameLawAlone) {
    Bytes b(256);
    std::iota(b.begin(), b.end(), 0);
    const Bytes original = b;
    transcode(b, Codec::pcma, Codec::pcma);
    EXPECT_EQ(b, original);
    transcode(b, Codec::pcmu, Codec::pcma);
    for (std::size_t i = 0; i < 256; ++i) EXPECT_EQ(b[i], encode_pcma(decode_pcmu(original[i])));
}

// --- sounds and programmes ---

std::vector<std::int16_t> ramp(std::size_t n) {
    std::vector<std::int16_t> s(n);
    for (std::size_t i = 0; i < n; ++i) s[i] = static_cast<std::int16_t>(static_cast<int>(i * 37 % 60000) - 30000);
    return s;
}

TEST(Sound, FillsTheLastFrameWithSilenceWhenPlayedOnce) {
    const auto pcm = ramp(200);
    const Sound sound(pcm);
    ASSERT_EQ(sound.frames(), 2u);
    const auto* last = sound.frame(Codec::pcma, 1);
    EXPECT_EQ(last[39], encode_pcma(pcm[199]));
    for (std::size_t i = 40; i < kFrameSamples; ++i) EXPECT_EQ(last[i], encode_pcma(0));
}

TEST(Sound, LoopsWithoutAGap) {
    for (const std::size_t n : {1u, 7u, 159u, 160u, 161u, 1000u}) {
        const auto pcm = ramp(n);
        const Sound sound(pcm);
        for (std::int64_t tick = 0; tick < 30; ++tick) {
            const auto* frame = sound.loop_frame(Codec::pcmu, tick);
            for (std::size_t i = 0; i < kFrameSamples; ++i)
                ASSERT_EQ(frame[i], encode_pcmu(pcm[(static_cast<std::size_t>(tick) * kFrameSamples + i) % n]));
        }
    }
}

double level(const std::vector<std::int16_t>& pcm, double hertz) {  // Goertzel, of the middle
    double re = 0, im = 0;
    const std::size_t skip = 200, n = pcm.size() - 2 * skip;
    for (std::size_t i = 0; i < n; ++i) {
        const double phase = 2 * std::numbers::pi * hertz * static_cast<double>(i) / 8000;
        re += pcm[skip + i] * std::cos(phase);
        im += pcm[skip + i] * std::sin(phase);
    }
    return 2 * std::hypot(re, im) / static_cast<double>(n) / 32768;
}

std::vector<float> tone(double hertz, std::uint32_t rate) {
    std::vector<float> s(rate);
    for (std::size_t i = 0; i < s.size(); ++i)
        s[i] = static_cast<float>(0.5 * std::sin(2 * std::numbers::pi * hertz * static_cast<double>(i) / rate));
    return s;
}

TEST(Resample, KeepsSpeechAndCutsWhatWouldFold) {
    for (const std::uint32_t rate : {16'000u, 22'050u, 44'100u, 48'000u}) {
        const auto kept = resample(tone(1000, rate), rate, 8000);
        EXPECT_NEAR(static_cast<double>(kept.size()), 8000, 2) << rate;
        EXPECT_NEAR(level(kept, 1000), 0.5, 0.01) << rate;
        const auto folded = resample(tone(5000, rate), rate, 8000);  // would be heard at 3 kHz
        EXPECT_LT(level(folded, 3000), 0.005) << rate;
    }
    const auto up = resample(tone(500, 4000), 4000, 8000);
    EXPECT_NEAR(level(up, 500), 0.5, 0.01);
    EXPECT_LT(level(up, 3500), 0.005);
}

TEST(LoadSound, TakesMonoAndStereoOfAnyUsualKind) {
    test::TempDir dir;
    for (const int rate : {8000, 16000, 44100, 48000})
        for (const int channels : {1, 2})
            for (const int kind : {SF_FORMAT_PCM_16, SF_FORMAT_PCM_24, SF_FORMAT_FLOAT, SF_FORMAT_ALAW}) {
                const auto sound = load_sound(dir.write_tone("t.wav", rate, channels, rate, 440, SF_FORMAT_WAV | kind));
                ASSERT_TRUE(sound.ok()) << sound.error().message;
                EXPECT_NEAR(static_cast<double>(sound->samples()), 8000, 2);
            }
}

TEST(LoadSound, NamesTheFileAndTheReason) {
    test::TempDir dir;
    const auto missing = load_sound((dir.path() / "none.wav").string());
    ASSERT_FALSE(missing.ok());
    EXPECT_NE(missing.error().message.find("none.wav"), std::string::npos);
    EXPECT_FALSE(load_sound(dir.write_tone("three.wav", 8000, 3, 100, 440)).ok());
    EXPECT_FALSE(load_sound(dir.write_tone("empty.wav", 8000, 1, 0, 440)).ok());
    EXPECT_FALSE(load_sound(dir.write_tone("a.flac", 8000, 1, 100, 440, SF_FORMAT_FLAC | SF_FORMAT_PCM_16)).ok());
    std::ofstream((dir.path() / "junk.wav").string()) << "RIFFxxxxWAVEjunk";
    const auto junk = load_sound((dir.path() / "junk.wav").string());
    ASSERT_FALSE(junk.ok());
    EXPECT_NE(junk.error().message.find("junk.wav"), std::string::npos);
}

TEST(Programme, PlaysItemsInTurnAndSkipsUnknownOnes) {
    const Sound a(ramp(300)), b(ramp(160));
    Programme p({{&a, false}, {nullptr, true}, {&b, false}});
    EXPECT_EQ(p.next(Codec::pcmu, 50), a.frame(Codec::pcmu, 0));
    EXPECT_EQ(p.next(Codec::pcmu, 51), a.frame(Codec::pcmu, 1));
    EXPECT_EQ(p.next(Codec::pcmu, 52), b.frame(Codec::pcmu, 0));
    EXPECT_EQ(p.next(Codec::pcmu, 53), nullptr);
    EXPECT_EQ(p.next(Codec::pcmu, 54), nullptr);
}

TEST(Programme, MayHaveMoreItemsThanAreKeptInPlace) {
    std::vector<Sound> sounds;
    for (int i = 0; i < 7; ++i) sounds.emplace_back(ramp(160));
    Programme p;
    for (const Sound& sound : sounds) p.add({&sound, false});
    for (int i = 0; i < 7; ++i)
        EXPECT_EQ(p.next(Codec::pcma, i), sounds[static_cast<std::size_t>(i)].frame(Codec::pcma, 0));
    EXPECT_EQ(p.next(Codec::pcma, 7), nullptr);
}

TEST(CommandQueue, KeepsOrderAcrossSegmentsBetweenTwoThreads) {
    CommandQueue<std::unique_ptr<int>> queue;
    constexpr int kCount = 100'000;
    std::thread reader([&] {
        for (int expected = 0; expected < kCount;) {
            auto* front = queue.front();
            if (!front) {
                std::this_thread::yield();
                continue;
            }
            ASSERT_EQ(**front, expected);
            queue.pop();
            ++expected;
        }
    });
    for (int i = 0; i < kCount; ++i) queue.push(std::make_unique<int>(i));
    reader.join();
    EXPECT_EQ(queue.size(), 0u);
    EXPECT_EQ(queue.front(), nullptr);
    for (int i = 0; i < 300; ++i) queue.push(std::make_unique<int>(i));  // left over: freed with the queue
    EXPECT_EQ(queue.size(), 300u);
}

TEST(Programme, EveryListenerOfALoopHearsTheSameMoment) {
    const Sound greeting(ramp(160)), music(ramp(5000));
    Programme early({{&music, true}}), late({{&greeting, false}, {&music, true}});
    early.next(Codec::pcma, 10);
    late.next(Codec::pcma, 11);
    EXPECT_EQ(early.next(Codec::pcma, 12), late.next(Codec::pcma, 12));
}

// --- key presses ---

class Keys {
public:
    std::string pressed;
    void packet(std::uint32_t timestamp, std::uint8_t event, std::uint16_t duration, bool end = false,
                bool marker = false, std::uint32_t ssrc = 1) {
        Bytes b{event, static_cast<std::uint8_t>(end ? 0x80 : 0), static_cast<std::uint8_t>(duration >> 8),
                static_cast<std::uint8_t>(duration)};
        if (const auto key = detector_.receive({marker, 101, 0, timestamp, ssrc}, b)) pressed += *key;
    }
    void press(std::uint32_t timestamp, std::uint8_t event) {
        for (int i = 0; i < 5; ++i) packet(timestamp, event, static_cast<std::uint16_t>(160 * (i + 1)), false, i == 0);
        for (int i = 0; i < 3; ++i) packet(timestamp, event, 960, true);
    }
    DtmfDetector detector_;
};

TEST(DtmfDetector, ReportsEachPressOnce) {
    Keys k;
    std::uint32_t t = 1000;
    for (std::uint8_t e = 0; e < 16; ++e) k.press(t += 2000, e);
    k.press(t += 2000, 5);
    k.press(t += 2000, 5);
    EXPECT_EQ(k.pressed, "0123456789*#ABCD55");
}

TEST(DtmfDetector, SurvivesLostBeginningsAndLostEnds) {
    Keys k;
    k.packet(1000, 1, 800, true);         // nothing but an end
    k.packet(3000, 1, 160, false, true);  // no end
    k.packet(5000, 1, 160, false, true);  // the same key anew, told by its marker
    k.packet(9000, 2, 320);               // another key: begins in the middle
    k.packet(60000, 2, 320);              // the same key much later, no marker
    EXPECT_EQ(k.pressed, "11122");
}

TEST(DtmfDetector, IgnoresRepeatsAndStragglers) {
    Keys k;
    k.press(1000, 7);
    k.press(3000, 8);
    k.packet(1000, 7, 960, true);
    k.packet(3000, 8, 960, true);
    EXPECT_EQ(k.pressed, "78");
}

TEST(DtmfDetector, TakesALongPressInSegmentsForOne) {
    Keys k;
    k.packet(1000, 9, 160, false, true);
    k.packet(1000, 9, 65520);
    k.packet(1000 + 65535, 9, 160);
    k.packet(1000 + 65535, 9, 320, true);
    EXPECT_EQ(k.pressed, "9");
}

TEST(DtmfDetector, TakesAPhoneThatMovesTheTimestampForOnePress) {
    Keys k;
    for (std::uint16_t i = 0; i < 6; ++i)
        k.packet(1000 + 160u * i, 4, static_cast<std::uint16_t>(160 * (i + 1)), i == 5, i == 0);
    EXPECT_EQ(k.pressed, "4");
}

TEST(DtmfDetector, BeginsAnewWithANewStreamOrAClockThatFellBack) {
    Keys k;
    k.press(1'000'000, 3);
    k.packet(1'000'000, 3, 160, false, true, 2);
    k.packet(900, 3, 160, false, true, 2);
    EXPECT_EQ(k.pressed, "333");
}

TEST(DtmfDetector, IgnoresOtherEventsAndShortPackets) {
    Keys k;
    k.packet(1000, 16, 160, false, true);  // hook flash
    k.packet(2000, 255, 160, false, true);
    EXPECT_FALSE(k.detector_.receive({}, Bytes{1, 2, 3}));
    EXPECT_EQ(k.pressed, "");
}

// --- outgoing streams ---

TEST(StreamRewriter, KeepsTimeAcrossWhatFeedsIt) {
    StreamRewriter out(42, 100, 1000);
    const auto first = out.generated(at(0ms), 0);
    EXPECT_EQ(first, (RtpHeader{true, 0, 101, 1000, 42}));
    EXPECT_EQ(out.generated(at(20ms), 0), (RtpHeader{false, 0, 102, 1160, 42}));
    EXPECT_EQ(out.generated(at(60ms), 0), (RtpHeader{false, 0, 103, 1480, 42})) << "a tick left out is a pause";
    out.restart();
    const auto relayed = out.relayed({false, 8, 60000, 7777, 9}, at(100ms), 8);
    EXPECT_EQ(relayed, (RtpHeader{true, 8, 104, 1800, 42}));
    EXPECT_EQ(out.relayed({false, 8, 60001, 7937, 9}, at(121ms), 8), (RtpHeader{false, 8, 105, 1960, 42}));
    out.restart();
    EXPECT_EQ(out.generated(at(141ms), 0), (RtpHeader{true, 0, 106, 2120, 42}));
}

TEST(StreamRewriter, LeavesOrderAndGapsOfTheSourceVisible) {
    StreamRewriter out(42, 100, 1000);
    EXPECT_EQ(out.relayed({false, 0, 10, 160, 9}, at(0ms), 0)->sequence, 101);
    EXPECT_EQ(out.relayed({false, 0, 13, 640, 9}, at(60ms), 0)->sequence, 104);
    const auto late = out.relayed({false, 0, 12, 480, 9}, at(61ms), 0);
    EXPECT_EQ(late->sequence, 103);
    EXPECT_EQ(late->timestamp, 1320u);
    EXPECT_FALSE(out.relayed({false, 0, 9, 0, 9}, at(62ms), 0)) << "from before: its number was another's";
}

TEST(StreamRewriter, StartsAfreshWhenTheSourceJumpsOrChanges) {
    StreamRewriter out(42, 65534, 0xffffff00);
    EXPECT_EQ(out.relayed({false, 0, 10, 160, 9}, at(0ms), 0)->sequence, 65535);
    const auto jumped = out.relayed({false, 0, 40000, 99'999'999, 9}, at(20ms), 0);
    EXPECT_EQ(jumped->sequence, 0);
    EXPECT_TRUE(jumped->marker);
    EXPECT_EQ(jumped->timestamp, 0xffffff00 + 160);
    const auto other = out.relayed({false, 0, 5, 5, 10}, at(40ms), 0);
    EXPECT_EQ(other->sequence, 1);
    EXPECT_TRUE(other->marker);
}

TEST(StreamRewriter, NeverRepeatsANumberWhileSourcesTakeTurns) {
    EXPECT_TRUE(rc::check([] {
        StreamRewriter out(1, *rc::gen::arbitrary<std::uint16_t>(), *rc::gen::arbitrary<std::uint32_t>());
        std::optional<RtpHeader> last;
        auto now = at(0ms);
        std::uint16_t in_sequence = *rc::gen::arbitrary<std::uint16_t>();
        std::uint32_t in_time = *rc::gen::arbitrary<std::uint32_t>();
        for (const int turn : *rc::gen::container<std::vector<int>>(rc::gen::inRange(0, 4))) {
            now += 20ms;
            ++in_sequence;
            in_time += 160;
            if (turn == 3) {
                out.restart();
                continue;
            }
            const auto h =
                turn == 0 ? std::optional(out.generated(now, 0))
                          : out.relayed({false, 0, in_sequence, in_time, static_cast<std::uint32_t>(turn)}, now, 0);
            if (turn == 0) out.restart();
            RC_ASSERT(h.has_value());
            if (last) {
                RC_ASSERT(static_cast<std::int16_t>(h->sequence - last->sequence) > 0);
                RC_ASSERT(static_cast<std::int32_t>(h->timestamp - last->timestamp) > 0);
            }
            last = h;
        }
    }));
}

// --- sources ---

Endpoint ep(const char* text) {
    return *Endpoint::parse(text);
}

struct Latch {
    SourceLatch latch;
    std::uint16_t sequence = 0;
    bool hears(const char* from, Duration when, std::uint32_t ssrc = 1) {
        return latch.admit(ep(from), ssrc, ++sequence, at(when));
    }
};

TEST(SourceLatch, HearsNobodyBeforeConnect) {
    Latch l;
    EXPECT_FALSE(l.hears("203.0.113.1:4000", 0ms));
}

TEST(SourceLatch, BelievesWhatSdpNamesAtOnceAndAlways) {
    Latch l;
    l.latch.arm(ep("203.0.113.1:4000"), at(0ms));
    EXPECT_TRUE(l.hears("203.0.113.1:9999", 0ms)) << "same address, a NAT moved the port";
    EXPECT_EQ(l.latch.destination(), ep("203.0.113.1:9999"));
    EXPECT_TRUE(l.hears("203.0.113.1:4000", 10ms));
    EXPECT_EQ(l.latch.destination(), ep("203.0.113.1:4000"));
    EXPECT_FALSE(l.hears("203.0.113.1:9999", 20ms));
}

TEST(SourceLatch, LearnsANatOnceAndThenLocks) {
    Latch l;
    l.latch.arm(ep("192.168.1.5:4000"), at(0ms));
    EXPECT_EQ(l.latch.destination(), ep("192.168.1.5:4000"));
    EXPECT_TRUE(l.hears("203.0.113.9:61000", 60s));
    EXPECT_EQ(l.latch.destination(), ep("203.0.113.9:61000"));
    EXPECT_FALSE(l.hears("198.51.100.66:666", 60s + 10ms)) << "injected";
    EXPECT_TRUE(l.hears("203.0.113.9:61000", 61s));
    EXPECT_FALSE(l.hears("198.51.100.66:666", 62s + 999ms));
    EXPECT_TRUE(l.hears("203.0.113.9:61044", 63s + 1ms)) << "two seconds of silence: the mapping changed";
}

TEST(SourceLatch, StrangersMustPersuadeAndSoon) {
    Latch l;
    l.latch.arm(ep("203.0.113.1:4000"), at(0ms));
    for (int i = 0; i < 4; ++i) EXPECT_FALSE(l.hears("198.51.100.7:5000", 20ms * i));
    EXPECT_TRUE(l.hears("198.51.100.7:5000", 100ms));
    Latch torn;
    torn.latch.arm(ep("203.0.113.1:4000"), at(0ms));
    for (int i = 0; i < 20; ++i) EXPECT_FALSE(torn.hears(i % 2 ? "198.51.100.7:5000" : "198.51.100.8:5000", 20ms * i));
    Latch late;
    late.latch.arm(ep("203.0.113.1:4000"), at(0ms));
    for (int i = 0; i < 20; ++i) EXPECT_FALSE(late.hears("198.51.100.7:5000", 10s + 20ms * (i + 1)));
    Latch known;
    known.latch.arm(ep("203.0.113.1:4000"), at(0ms));
    EXPECT_TRUE(known.hears("203.0.113.1:4000", 0ms));
    for (int i = 0; i < 20; ++i)
        EXPECT_FALSE(known.hears("198.51.100.7:5000", 5s + 20ms * i)) << "the real one was heard";
}

TEST(SourceLatch, NeverCrossesAddressFamilies) {
    Latch l;
    l.latch.arm(ep("192.168.1.5:4000"), at(0ms));
    EXPECT_FALSE(l.hears("[2001:db8::1]:4000", 0ms));
}

TEST(SourceLatch, ARefreshUnlearnsNothing) {
    Latch l;
    l.latch.arm(ep("10.0.0.5:4000"), at(0ms));
    EXPECT_TRUE(l.hears("203.0.113.9:61000", 0ms));
    l.latch.arm(ep("10.0.0.5:4000"), at(10s));
    EXPECT_EQ(l.latch.destination(), ep("203.0.113.9:61000"));
}

TEST(SourceLatch, StragglersOfTheOldSourceDontLatchAgain) {
    Latch l;
    l.latch.arm(ep("10.0.0.5:4000"), at(0ms));
    EXPECT_TRUE(l.hears("203.0.113.9:61000", 0ms));
    l.latch.arm(ep("10.0.0.5:4002"), at(1s));
    EXPECT_FALSE(l.hears("203.0.113.9:61000", 1s + 100ms));
    EXPECT_TRUE(l.hears("203.0.113.9:61002", 1s + 120ms));
    EXPECT_EQ(l.latch.destination(), ep("203.0.113.9:61002"));
}

TEST(SourceLatch, KnowsAddressesThatNobodyOutsideReaches) {
    for (const char* a : {"10.1.2.3", "172.16.0.1", "172.31.255.1", "192.168.0.1", "100.64.0.1", "169.254.1.1",
                          "127.0.0.1", "0.0.0.0", "fc00::1", "fd12::1", "fe80::1", "::1"})
        EXPECT_TRUE(is_unreachable_from_outside(*IpAddress::parse(a))) << a;
    for (const char* a : {"11.0.0.1", "172.32.0.1", "192.169.0.1", "100.128.0.1", "8.8.8.8", "2001:db8::1"})
        EXPECT_FALSE(is_unreachable_from_outside(*IpAddress::parse(a))) << a;
}

// --- reception ---

TEST(ReceptionStats, CountsLossesAcrossWrapAndReordering) {
    ReceptionStats s;
    EXPECT_FALSE(s.report());
    std::uint16_t sequence = 65530;
    for (int i = 0; i < 20; ++i, ++sequence) {
        if (i == 3 || i == 12) continue;
        s.receive({false, 0, sequence, 160u * static_cast<std::uint32_t>(i), 1}, at(20ms * i), true);
    }
    EXPECT_EQ(s.lost(), 2u);
    const auto r = s.report();
    ASSERT_TRUE(r);
    EXPECT_EQ(r->highest_sequence, 0x10000u + 13);
    EXPECT_EQ(r->cumulative_lost, 2);
    EXPECT_EQ(r->fraction_lost, 2 * 256 / 20);
    s.receive({false, 0, static_cast<std::uint16_t>(65533), 480, 1}, at(400ms), true);  // a late one
    EXPECT_EQ(s.lost(), 1u);
    EXPECT_EQ(s.report()->fraction_lost, 0);
}

TEST(ReceptionStats, MeasuresJitterAsTheRfcDoes) {
    ReceptionStats even, uneven;
    for (int i = 0; i < 500; ++i) {
        const RtpHeader h{false, 0, static_cast<std::uint16_t>(i), 160u * static_cast<std::uint32_t>(i), 1};
        even.receive(h, at(20ms * i), true);
        uneven.receive(h, at(20ms * i + (i % 2 ? 5ms : 0ms)), true);
    }
    EXPECT_EQ(even.jitter_us(), 0u);
    EXPECT_NEAR(uneven.jitter_us(), 5000, 200);  // |D| is 5 ms every time
}

TEST(ReceptionStats, ANewStreamStartsAnewButLossesRemain) {
    ReceptionStats s;
    s.receive({false, 0, 10, 0, 1}, at(0ms), true);
    s.receive({false, 0, 13, 480, 1}, at(60ms), true);
    EXPECT_EQ(s.lost(), 2u);
    s.receive({false, 0, 50000, 9, 2}, at(80ms), true);
    EXPECT_EQ(s.lost(), 2u);
    EXPECT_EQ(s.report()->ssrc, 2u);
    s.receive({false, 0, 20000, 0, 2}, at(90ms), true);  // a jump counts for nothing until confirmed
    EXPECT_EQ(s.lost(), 2u);
    s.receive({false, 0, 20001, 160, 2}, at(100ms), true);
    EXPECT_EQ(s.report()->highest_sequence, 20001u);
    EXPECT_EQ(s.lost(), 2u);
}

// --- ticks ---

TEST(TickScheduler, StaysOnItsAbsoluteSchedule) {
    TickScheduler t(at(0ms));
    EXPECT_EQ(t.take_due(at(0ms)), 0);
    EXPECT_FALSE(t.take_due(at(1999us)));
    EXPECT_EQ(t.take_due(at(7ms)), 1);
    EXPECT_EQ(t.take_due(at(7ms)), 2);
    EXPECT_EQ(t.take_due(at(7ms)), 3);
    EXPECT_FALSE(t.take_due(at(7ms)));
    EXPECT_EQ(t.due_at(4), at(8ms));
    EXPECT_EQ(t.skipped(), 0u);
}

TEST(TickScheduler, CatchesUpOnlySoFar) {
    TickScheduler t(at(0ms));
    int steps = 0;
    while (t.take_due(at(100ms))) ++steps;
    EXPECT_EQ(steps, 51);
    EXPECT_EQ(t.take_due(at(10s)), 5000) << "a stall of ten seconds isn't followed by a storm";
    EXPECT_FALSE(t.take_due(at(10s)));
    EXPECT_EQ(t.skipped(), 5000u - 51);
    t.resume(at(20s));
    EXPECT_EQ(t.take_due(at(20s)), 10'000);
}

}  // namespace
}  // namespace centrala::media
