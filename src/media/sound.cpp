// Loads sound files with libsndfile, brings them to 8 kHz mono and encodes them for every codec.
#include "media/sound.hpp"

#include <algorithm>
#include <cmath>
#include <memory>
#include <numbers>
#include <numeric>

#include <sndfile.h>

#include "media/g711.hpp"

namespace centrala::media {
namespace {

constexpr std::uint32_t kRate = 8000;
constexpr sf_count_t kFramesMax = 64'000'000;  // 256 MB while loading
constexpr int kSecondsMax = 30 * 60;

struct CloseFile {
    void operator()(SNDFILE* file) const { sf_close(file); }
};
using File = std::unique_ptr<SNDFILE, CloseFile>;

bool is_pcm_wav(int format) {
    const int major = format & SF_FORMAT_TYPEMASK;
    if (major != SF_FORMAT_WAV && major != SF_FORMAT_WAVEX) return false;
    switch (format & SF_FORMAT_SUBMASK) {
        case SF_FORMAT_PCM_U8:
        case SF_FORMAT_PCM_16:
        case SF_FORMAT_PCM_24:
        case SF_FORMAT_PCM_32:
        case SF_FORMAT_FLOAT:
        case SF_FORMAT_ULAW:
        case SF_FORMAT_ALAW: return true;
        default: return false;
    }
}

std::vector<float> read_mono(SNDFILE* file, int channels) {
    std::vector<float> mono;
    std::vector<float> block(4096 * static_cast<std::size_t>(channels));
    for (sf_count_t n; (n = sf_readf_float(file, block.data(), 4096)) > 0;) {
        if (mono.size() + static_cast<std::size_t>(n) > static_cast<std::size_t>(kFramesMax)) break;
        for (sf_count_t i = 0; i < n; ++i) {
            float sum = 0;
            for (int c = 0; c < channels; ++c) sum += block[static_cast<std::size_t>(i * channels + c)];
            mono.push_back(sum / static_cast<float>(channels));
        }
    }
    return mono;
}

std::int16_t to_pcm(float value) {
    if (!(value > -1.0f)) return -32768;  // also what isn't a number
    return static_cast<std::int16_t>(std::min(std::lround(value * 32768.0f), 32767L));
}

/// One set of taps for each of the `phases` fractional positions between two input samples.
std::vector<float> make_taps(std::size_t phases, std::size_t half, double cutoff) {
    const std::size_t width = 2 * half;
    std::vector<float> taps(phases * width);
    for (std::size_t p = 0; p < phases; ++p) {
        const double fraction = static_cast<double>(p) / static_cast<double>(phases);
        double sum = 0;
        for (std::size_t k = 0; k < width; ++k) {
            const double x = static_cast<double>(k) - static_cast<double>(half) + 1 - fraction;
            const double t = std::numbers::pi * x * cutoff;
            const double window = 0.5 + 0.5 * std::cos(std::numbers::pi * x / static_cast<double>(half));
            const double tap = (std::abs(t) < 1e-9 ? 1.0 : std::sin(t) / t) * window;
            taps[p * width + k] = static_cast<float>(tap);
            sum += tap;
        }
        for (std::size_t k = 0; k < width; ++k) taps[p * width + k] /= static_cast<float>(sum);  // DC stays DC
    }
    return taps;
}

}  // namespace

std::vector<std::int16_t> resample(std::span<const float> samples, std::uint32_t from_hz, std::uint32_t to_hz) {
    std::vector<std::int16_t> out;
    if (from_hz == to_hz) {
        out.reserve(samples.size());
        for (const float s : samples) out.push_back(to_pcm(s));
        return out;
    }
    const std::uint64_t common = std::gcd(from_hz, to_hz);
    const std::uint64_t phases = to_hz / common, step = from_hz / common;
    const double cutoff = 0.95 * std::min(1.0, static_cast<double>(to_hz) / from_hz);
    const auto half = static_cast<std::size_t>(std::ceil(16.0 / cutoff));
    const auto taps = make_taps(phases, half, cutoff);
    const auto count = static_cast<std::uint64_t>(samples.size()) * phases / step;
    const auto size = static_cast<std::int64_t>(samples.size());
    out.reserve(count);
    for (std::uint64_t i = 0; i < count; ++i) {
        const std::uint64_t at = i * step;
        const float* row = taps.data() + at % phases * 2 * half;
        const std::int64_t start = static_cast<std::int64_t>(at / phases) - static_cast<std::int64_t>(half) + 1;
        const std::int64_t first = std::max<std::int64_t>(0, -start);
        const std::int64_t last = std::min<std::int64_t>(static_cast<std::int64_t>(2 * half), size - start);
        float sum = 0;
        for (std::int64_t k = first; k < last; ++k) sum += row[k] * samples[static_cast<std::size_t>(start + k)];
        out.push_back(to_pcm(sum));
    }
    return out;
}

Sound::Sound(std::span<const std::int16_t> samples) : samples_(samples.size()) {
    for (const auto codec : {sdp::Codec::pcmu, sdp::Codec::pcma}) {
        Encoded& e = encoded_[static_cast<std::size_t>(codec)];
        e.looped.resize(samples_ + kFrameSamples);
        for (std::size_t i = 0; i < samples_; ++i) e.looped[i] = encode(codec, samples[i]);
        for (std::size_t i = samples_; i < e.looped.size(); ++i) e.looped[i] = e.looped[i - samples_];
        e.last.fill(encode(codec, 0));
        const std::size_t start = (frames() - 1) * kFrameSamples;
        std::copy_n(e.looped.begin() + static_cast<std::ptrdiff_t>(start), samples_ - start, e.last.begin());
    }
}

const std::uint8_t* Sound::frame(sdp::Codec codec, std::size_t index) const {
    const Encoded& e = encoded(codec);
    return index + 1 < frames() ? e.looped.data() + index * kFrameSamples : e.last.data();
}

const std::uint8_t* Sound::loop_frame(sdp::Codec codec, std::int64_t tick) const {
    return encoded(codec).looped.data() + static_cast<std::uint64_t>(tick) * kFrameSamples % samples_;
}

Result<Sound> load_sound(const std::string& path) {
    const auto fail = [&](const std::string& why) { return Error{"sound " + path + ": " + why}; };
    SF_INFO info{};
    const File file(sf_open(path.c_str(), SFM_READ, &info));
    if (!file) return fail(sf_strerror(nullptr));
    if (!is_pcm_wav(info.format)) return fail("not a PCM WAV file");
    if (info.channels != 1 && info.channels != 2) return fail("neither mono nor stereo");
    if (info.samplerate < 1000 || info.samplerate > 192'000) return fail("sample rate outside 1–192 kHz");
    if (info.frames > kFramesMax || info.frames / info.samplerate > kSecondsMax) return fail("longer than 30 minutes");
    const auto mono = read_mono(file.get(), info.channels);
    const auto pcm = resample(mono, static_cast<std::uint32_t>(info.samplerate), kRate);
    if (pcm.empty()) return fail("holds no sound");
    return Sound(pcm);
}

}  // namespace centrala::media
