// Sound files, resampling, and programmes of them.
#include <cmath>
#include <fstream>
#include <numbers>

#include <gtest/gtest.h>

#include "media/bytes.hpp"
#include "media/g711.hpp"
#include "media/programme.hpp"
#include "media/support.hpp"

namespace centrala::media {
namespace {

using sdp::Codec;

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

TEST(Programme, EveryListenerOfALoopHearsTheSameMoment) {
    const Sound greeting(ramp(160)), music(ramp(5000));
    Programme early({{&music, true}}), late({{&greeting, false}, {&music, true}});
    early.next(Codec::pcma, 10);
    late.next(Codec::pcma, 11);
    EXPECT_EQ(early.next(Codec::pcma, 12), late.next(Codec::pcma, 12));
}

}  // namespace
}  // namespace centrala::media
