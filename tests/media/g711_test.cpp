// The two laws of G.711, against each other and the reference tables.
#include "media/g711.hpp"

#include <cmath>
#include <fstream>
#include <numeric>
#include <set>

#include <gtest/gtest.h>

#include "media/support.hpp"

namespace centrala::media {
namespace {

using sdp::Codec;
using Bytes = std::vector<std::uint8_t>;

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

}  // namespace
}  // namespace centrala::media
