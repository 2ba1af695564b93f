#include "centrala/routing/demand.hpp"

#include <algorithm>
#include <array>

namespace centrala::routing {
namespace {

constexpr int kSteps = 64;
constexpr std::uint32_t kMeanOf = 32;

/// 2^(i/64) as 1.31 fixed point, by repeated multiplication with 2^(1/64).
constexpr std::array<std::uint64_t, kSteps + 1> powers_of_two() {
    constexpr std::uint64_t kRatio = 2'170'868'212;  // 2^(1/64) * 2^31
    std::array<std::uint64_t, kSteps + 1> table{};
    table[0] = std::uint64_t{1} << 31;
    for (int i = 1; i <= kSteps; ++i) table[i] = (table[i - 1] * kRatio + (std::uint64_t{1} << 30)) >> 31;
    return table;
}
constexpr auto kPowers = powers_of_two();
static_assert(kPowers[kSteps] - (std::uint64_t{1} << 32) + 256 < 512, "2^1 comes out");

}  // namespace

int DemandClock::roll(Timestamp now) {
    const auto lives = (now - epoch) / kDemandHalfLife;
    if (lives < kHalfLives) return 0;
    epoch += lives * kDemandHalfLife;
    return static_cast<int>(std::min<std::int64_t>(lives, 64));
}

std::uint64_t DemandClock::weight(Timestamp now) const {
    const auto since = std::max(now - epoch, Duration::zero());
    const auto lives = since / kDemandHalfLife;
    const std::int64_t rest = (since % kDemandHalfLife).count() * kSteps;
    const auto step = static_cast<std::size_t>(rest / kDemandHalfLife.count());
    const std::uint64_t into = static_cast<std::uint64_t>(rest % kDemandHalfLife.count()) >> 10;
    const std::uint64_t between = (kPowers[step + 1] - kPowers[step]) * into / (kDemandHalfLife.count() >> 10);
    return ((kPowers[step] + between) >> 15) << lives;
}

void Demand::handled(Duration took) {
    if (seen < kMeanOf) ++seen;
    handling += (took - handling) / seen;
}

std::int64_t Demand::handling_ms() const {
    constexpr std::int64_t kUnknown = 180'000;  // until a call has ended
    return seen == 0 ? kUnknown : std::max<std::int64_t>(handling.count() / 1000, 1);
}

std::uint64_t Demand::times(std::int64_t ms) const {
    return static_cast<std::uint64_t>((static_cast<unsigned __int128>(arrivals) * static_cast<std::uint64_t>(ms)) >>
                                      22);
}

}  // namespace centrala::routing
