#include "centrala/routing/wait_model.hpp"

#include <algorithm>
#include <bit>

namespace centrala::routing {
namespace {

using Wide = __int128;
using Table = std::array<std::array<Wide, WaitModel::kSigns + 1>, WaitModel::kSigns>;

constexpr int kBits = 16;  ///< fraction of signs, sums and roots
constexpr std::int64_t kUnit = 1 << kBits;
constexpr std::int64_t kSignMost = kUnit << 16;  ///< gaps
constexpr std::int64_t kRidge = 32 * kUnit;      ///< so many gaps of evidence for "the line as it is" to begin with
constexpr std::int64_t kStep = kUnit / 32;       ///< by which `spread` is moved
constexpr std::int64_t kSpreadMost = 64 * kUnit;
constexpr std::int64_t kWeightMost = 8 * WaitModel::kWeightOne;
constexpr std::int64_t kSampleMost = std::int64_t{1} << 48;  ///< microseconds of agents at a time
constexpr std::int64_t kAgentTimeMost = std::int64_t{1} << 61;
constexpr std::int64_t kRingMemory = 64;
constexpr Duration kHandlingUnknown = 3min;  ///< until a call has ended
constexpr std::int64_t kPaceKnown = 8;       ///< calls that the first guess at the pace counts as
constexpr Duration kPatienceKnown = 10min;   ///< of waiting without a hang-up, before anything is known

std::int64_t scaled(std::int64_t value, Wide times, Wide over) {
    return static_cast<std::int64_t>(value * times / over);
}

void fade(std::int64_t& sum) {
    sum -= sum / WaitModel::kMemory;
}

void mean(Duration& mean, std::uint32_t& of, std::int64_t most, Duration value) {
    if (of < most) ++of;
    mean += (value - mean) / static_cast<std::int64_t>(of);
}

std::uint64_t square_root(std::uint64_t v) {
    std::uint64_t root = 0;
    for (std::uint64_t bit = std::uint64_t{1} << 62; bit > 0; bit >>= 2) {
        const bool fits = v >= root + bit;
        if (fits) v -= root + bit;
        root = (root >> 1) + (fits ? bit : 0);
    }
    return root;
}

/// √(a·b), both below 2^47.
std::int64_t geometric_mean(Duration a, Duration b) {
    const auto root = [](Duration d) { return square_root(static_cast<std::uint64_t>(d.count()) << kBits); };
    return static_cast<std::int64_t>((root(a) * static_cast<unsigned __int128>(root(b))) >> kBits);
}

/// Logarithm to the base 2 with 32 bits of fraction, a bit with each squaring. `v` isn't 0.
std::int64_t binary_log(std::uint64_t v) {
    const int whole = std::bit_width(v) - 1;
    std::uint64_t mantissa = v << (63 - whole);  // 1 to 2, 63 bits of fraction
    std::int64_t log = std::int64_t{whole} << 32;
    for (std::int64_t bit = std::int64_t{1} << 31; bit > 0; bit >>= 1) {
        auto square = static_cast<unsigned __int128>(mantissa) * mantissa >> 63;
        if (square >> 64) {
            log |= bit;
            square >>= 1;
        }
        mantissa = static_cast<std::uint64_t>(square);
    }
    return log;
}

Duration bounded(Wide microseconds) {
    return Duration(static_cast<std::int64_t>(std::clamp<Wide>(microseconds, 0, kWaitMax.count())));
}

/// In gaps.
std::int64_t in_gaps(Duration d, Duration gap) {
    return static_cast<std::int64_t>(std::clamp<Wide>(Wide{d.count()} * kUnit / gap.count(), -kSignMost, kSignMost));
}

/// Gauss's elimination; symmetric and, by the ridge, positive definite.
std::array<std::int64_t, WaitModel::kSigns> solved(Table t) {
    constexpr std::size_t n = WaitModel::kSigns;
    constexpr int kFactorBits = 32;
    for (std::size_t i = 0; i < n; ++i) {
        if (t[i][i] < 1) return {};
        for (std::size_t r = i + 1; r < n; ++r) {
            const Wide factor = t[r][i] * (Wide{1} << kFactorBits) / t[i][i];
            for (std::size_t c = i; c <= n; ++c) t[r][c] -= factor * t[i][c] / (Wide{1} << kFactorBits);
        }
    }
    std::array<std::int64_t, n> x{};
    for (std::size_t i = n; i-- > 0;) {
        Wide rest = t[i][n];
        for (std::size_t c = i + 1; c < n; ++c) rest -= t[i][c] * x[c] / WaitModel::kWeightOne;
        x[i] = static_cast<std::int64_t>(
            std::clamp<Wide>(rest * WaitModel::kWeightOne / t[i][i], -kWeightMost, kWeightMost));
    }
    return x;
}

}  // namespace

void WaitErrors::add(const WaitEstimate& told, Duration waited) {
    ++calls;
    const auto of = static_cast<std::int64_t>(std::min<std::uint64_t>(calls, kOf));
    const Duration error = std::clamp<Duration>(told.expected - waited, -kWaitMax, kWaitMax);
    const std::int64_t ms = error.count() / 1000;
    bias += (error - bias) / of;
    absolute += (std::max(error, -error) - absolute) / of;
    square += (ms * ms - square) / of;
    covered += ((waited <= told.p80 ? kAll : 0) - covered) / of;
}

Duration WaitErrors::root() const {
    return Duration(static_cast<std::int64_t>(square_root(static_cast<std::uint64_t>(square)) * 1000));
}

void WaitModel::backlog_lasts(Timestamp now, std::uint32_t staffed) {
    if (!since) return;
    const auto more = std::min<Wide>(Wide{(now - *since).count()} * staffed, kSampleMost);
    agent_time = std::min(agent_time + static_cast<std::int64_t>(more), kAgentTimeMost);
    since = now;
}

void WaitModel::answered() {
    fade(served);
    fade(agent_time);
    served += kOne;
}

void WaitModel::waited(Duration wait, bool gave_up) {
    fade(gone);
    fade(wait_time);
    wait_time += std::clamp<Duration>(wait, Duration::zero(), kWaitMax).count();
    if (gave_up) gone += kOne;
}

void WaitModel::handled(Duration took) {
    mean(handling, handling_of, kMemory, took);
}

void WaitModel::rang(Duration rang) {
    mean(ringing, ringing_of, kRingMemory, rang);
}

WaitSigns WaitModel::signs(std::size_t ahead, std::uint32_t staffed, std::size_t all_ahead,
                           std::uint32_t all_staffed) const {
    const Duration work = std::max<Duration>(handling_of == 0 ? kHandlingUnknown : handling, 1ms);
    const std::int64_t turn = scaled(kOne, Wide{agent_time} + kPaceKnown * work.count(), served + kPaceKnown * kOne);
    const std::uint32_t agents = std::max<std::uint32_t>(staffed, 1);
    std::optional<Duration> patience;
    if (gone > 0) patience = Duration(scaled(kOne, Wide{wait_time} + kPatienceKnown.count(), gone));
    WaitSigns s;
    s.gap = std::clamp<Duration>(Duration(turn) / agents, 1us, kWaitMax);
    s.line = drained_after(ahead, s.gap, patience);
    s.all = bounded(Wide{work.count()} * (all_ahead + 1) / std::max<std::uint32_t>(all_staffed, agents));
    return s;
}

WaitEstimate WaitModel::in_line(const WaitSigns& s) const {
    const Wide correction =
        Wide{weights[0]} * s.line.count() + Wide{weights[1]} * s.gap.count() + Wide{weights[2]} * s.all.count();
    const Duration line = bounded(s.line.count() + correction / kWeightOne);
    const Wide more = Wide{spread} * geometric_mean(line, s.gap) / kSpreadOne;
    return {bounded(Wide{(line + ringing).count()}), bounded(Wide{(line + ringing).count()} + more)};
}

void WaitModel::learn(const Foreseen& foreseen, Duration waited, Duration rang) {
    errors.add(foreseen.estimate, waited);
    const bool longer = foreseen.estimate.p80 && waited > *foreseen.estimate.p80;
    spread = std::clamp(spread + (longer ? 4 * kStep : -kStep), -kSpreadMost, kSpreadMost);
    // Signs in gaps; what a long line tells is the sum of many gaps, and as uncertain.
    const WaitSigns& s = foreseen.signs;
    const std::array<std::int64_t, kSigns> x{in_gaps(s.line, s.gap), kUnit, in_gaps(s.all, s.gap)};
    const std::int64_t off = in_gaps(waited - rang - s.line, s.gap);
    const std::int64_t certainty = kUnit * kUnit / std::max(x[0], kUnit);
    const auto weighed = [&](std::int64_t a, std::int64_t b) {
        return static_cast<std::int64_t>(Wide{a} * b / kUnit * certainty / kUnit);
    };
    auto square = squares.begin();
    for (std::size_t i = 0; i < kSigns; ++i) {
        for (std::size_t j = i; j < kSigns; ++j, ++square) {
            fade(*square);
            *square += weighed(x[i], x[j]);
        }
        fade(products[i]);
        products[i] += weighed(x[i], off);
    }
    solve();
}

void WaitModel::solve() {
    Table t{};
    auto square = squares.begin();
    for (std::size_t i = 0; i < kSigns; ++i) {
        for (std::size_t j = i; j < kSigns; ++j, ++square) t[i][j] = t[j][i] = *square;
        t[i][i] += kRidge;
        t[i][kSigns] = products[i];
    }
    weights = solved(t);
}

Duration drained_after(std::size_t ahead, Duration gap, std::optional<Duration> patience) {
    constexpr std::size_t kAheadMost = std::size_t{1} << 20, kOneByOne = 8;
    constexpr std::int64_t kFine = std::int64_t{1} << 32;  // unit of shares and of binary_log()
    const auto calls = static_cast<std::int64_t>(std::min(ahead, kAheadMost));
    if (!patience) return bounded(Wide{gap.count()} * (calls + 1));
    // The share of one caller who hangs up within a gap.
    const auto share = static_cast<std::int64_t>(
        std::min<Wide>(Wide{gap.count()} * kFine / std::max(patience->count(), std::int64_t{1}), kFine << 10));
    if (Wide{share} * calls < kFine / 64)  // nearly nobody: the series' beginning
        return bounded(Wide{gap.count()} * (calls + 1) * (2 * kFine - share * calls) / (2 * kFine));
    Wide sum = 0;
    std::int64_t i = 0;
    for (; i <= calls && i < static_cast<std::int64_t>(kOneByOne); ++i)
        sum += Wide{gap.count()} * kFine / (kFine + i * share);
    if (i > calls) return bounded(sum);
    // The others by the integral, from halfway before the first to halfway after the last.
    const auto at = [&](std::int64_t twice) { return static_cast<std::uint64_t>(kFine + share / 2 * twice); };
    constexpr Wide kLn2 = 2'977'044'472;  // ln 2 · 2^32
    const Wide logs = binary_log(at(2 * calls + 1)) - binary_log(at(2 * i - 1));
    return bounded(sum + ((Wide{patience->count()} * (logs * kLn2 / kFine)) / kFine));
}

}  // namespace centrala::routing
