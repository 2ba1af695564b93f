// Random numbers that are addressed instead of drawn in turn: the patience of the 17th caller of a class is the same
// number whatever else happened before, so that two ways of routing meet the same callers (common random numbers).
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

namespace centrala::simulator {

/// What a number is for. The values are part of what a seed means: never change them.
enum class Purpose : std::uint8_t {
    arrival = 1,
    work = 2,
    patience = 3,
    ring = 4,
    day = 5,
    wrap_up = 6,
    caller = 7,
    answer = 8,  ///< or miss, or reject
    back = 9     ///< ready again
};

/// Philox4x32-10: Salmon, Moraes, Dror, Shaw, "Parallel random numbers: as easy as 1, 2, 3", SC11 (2011).
[[nodiscard]] std::array<std::uint32_t, 4> philox(std::array<std::uint32_t, 4> counter,
                                                  std::array<std::uint32_t, 2> key);

/// The numbers of one class of calls in one replication.
class Draws {
public:
    /// `name`: of the class. Equal names have equal numbers, whatever other classes there are.
    Draws(std::uint64_t seed, std::uint32_t replication, std::string_view name);

    /// In (0, 1): one of 2^52 values, 2^-53 away from both ends.
    [[nodiscard]] double uniform(std::uint32_t call, Purpose purpose, std::uint32_t attempt = 0) const;

private:
    std::array<std::uint32_t, 2> key_;
    std::uint32_t replication_, stream_;
};

}  // namespace centrala::simulator
