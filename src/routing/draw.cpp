#include "draw.hpp"

#include <algorithm>
#include <bit>

namespace centrala::routing {
namespace {

constexpr int kFractionBits = 32;

/// The finaliser of SplitMix64 (Steele, Lea and Flood 2014): neighbouring numbers become unrelated ones.
std::uint64_t scattered(std::uint64_t x) {
    x += 0x9e3779b97f4a7c15ULL;
    x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9ULL;
    x = (x ^ (x >> 27)) * 0x94d049bb133111ebULL;
    return x ^ (x >> 31);
}

/// The logarithm to base 2, in units of 2^-32. Squaring a mantissa of 1 to 2 shifts the next bit of its logarithm out.
std::uint64_t log2(std::uint64_t x) {
    const int whole = std::bit_width(x) - 1;
    std::uint64_t mantissa = x << (63 - whole);
    auto result = static_cast<std::uint64_t>(whole);
    for (int i = 0; i < kFractionBits; ++i) {
        const auto square = static_cast<std::uint64_t>(static_cast<unsigned __int128>(mantissa) * mantissa >> 64);
        const std::uint64_t bit = square >> 63;
        mantissa = square << (1 - bit);
        result = result << 1 | bit;
    }
    return result;
}

}  // namespace

/// Minus the logarithm of a uniform number, divided by the weight: exponential with that rate, and the smallest of
/// exponentials is each of them in proportion to its rate. At most 2^38 · 2^24.
std::uint64_t draw_of(ContactId contact, AgentId agent, std::uint32_t weight) {
    const std::uint64_t uniform = scattered(scattered(index(contact)) ^ index(agent));
    const std::uint64_t surprise = (std::uint64_t{64} << kFractionBits) - log2(std::max<std::uint64_t>(uniform, 1));
    return (surprise << 24) / weight;
}

}  // namespace centrala::routing
