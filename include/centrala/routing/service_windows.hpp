// How a queue does of late: contacts whose wait there ended, by how it ended, counted by the minute
// and by the quarter of an hour.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "centrala/base/time.hpp"

namespace centrala::routing {

struct ServiceCounts {
    std::uint32_t within = 0;     ///< answered within Queue::service_level
    std::uint32_t answered = 0;   ///< these and those answered later
    std::uint32_t abandoned = 0;  ///< the caller hung up, however soon
    std::uint32_t sent_away = 0;  ///< overflowed to another queue, or ended by the system
    /// Of these `within` is the service level.
    [[nodiscard]] std::uint64_t offered() const { return std::uint64_t{answered} + abandoned + sent_away; }
    ServiceCounts& operator+=(const ServiceCounts& other);
    bool operator==(const ServiceCounts&) const = default;
};

/// Counts of a row of spans of equal length, the latest kSpans of them.
template <std::size_t kSpans, std::int64_t kMinutesEach>
class CountRing {
public:
    static constexpr std::size_t kSize = kSpans;

    void add(Timestamp at, const ServiceCounts& more);
    /// From the span of `from` on. What is older than the ring isn't counted.
    [[nodiscard]] ServiceCounts since(Timestamp from) const;

    std::int64_t latest = 0;                    ///< span of the last add(), counted since 1970
    std::array<ServiceCounts, kSpans> spans{};  ///< by their numbers modulo kSpans, those up to that one
    bool operator==(const CountRing&) const = default;
};

/// Value type of fixed size. Times before 1970 count as its beginning.
struct ServiceWindows {
    CountRing<60, 1> minutes;
    CountRing<104, 15> quarters;  ///< the longest day that clocks have, and an hour

    void add(Timestamp at, const ServiceCounts& more);
    /// In the minute of `now` and those before it, `count` in all, at most 60.
    [[nodiscard]] ServiceCounts last(std::int64_t count, Timestamp now) const;
    /// Since a time on a quarter of an hour, such as midnight anywhere, at most 25 h ago.
    [[nodiscard]] ServiceCounts since(Timestamp from) const { return quarters.since(from); }
    bool operator==(const ServiceWindows&) const = default;
};

extern template class CountRing<60, 1>;
extern template class CountRing<104, 15>;

}  // namespace centrala::routing
