#include "draws.hpp"

namespace centrala::simulator {
namespace {

constexpr std::uint64_t kMultiplier0 = 0xD251'1F53, kMultiplier1 = 0xCD9E'8D57;
constexpr std::uint32_t kWeyl0 = 0x9E37'79B9, kWeyl1 = 0xBB67'AE85;
constexpr int kRounds = 10;

/// FNV-1a.
std::uint32_t hash(std::string_view text) {
    std::uint32_t h = 2'166'136'261U;
    for (const char c : text) h = (h ^ static_cast<unsigned char>(c)) * 16'777'619U;
    return h;
}

}  // namespace

std::array<std::uint32_t, 4> philox(std::array<std::uint32_t, 4> c, std::array<std::uint32_t, 2> key) {
    for (int round = 0; round < kRounds; ++round) {
        const std::uint64_t p0 = kMultiplier0 * c[0], p1 = kMultiplier1 * c[2];
        c = {static_cast<std::uint32_t>(p1 >> 32) ^ c[1] ^ key[0], static_cast<std::uint32_t>(p1),
             static_cast<std::uint32_t>(p0 >> 32) ^ c[3] ^ key[1], static_cast<std::uint32_t>(p0)};
        key[0] += kWeyl0;
        key[1] += kWeyl1;
    }
    return c;
}

Draws::Draws(std::uint64_t seed, std::uint32_t replication, std::string_view name)
    : key_{static_cast<std::uint32_t>(seed), static_cast<std::uint32_t>(seed >> 32)},
      replication_(replication),
      stream_(hash(name)) {}

double Draws::uniform(std::uint32_t call, Purpose purpose, std::uint32_t attempt) const {
    const auto block = philox(
        {call, stream_, replication_, (static_cast<std::uint32_t>(purpose) << 24) | (attempt & 0xFF'FFFF)}, key_);
    const std::uint64_t bits = (static_cast<std::uint64_t>(block[0]) << 20) | (block[1] >> 12);  // 52
    return (static_cast<double>(bits) + 0.5) * 0x1p-52;
}

}  // namespace centrala::simulator
