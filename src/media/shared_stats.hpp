// A session's counters on their way from its media thread to the signalling thread.
#pragma once

#include <atomic>
#include <cstdint>

#include "centrala/media/engine.hpp"

namespace centrala::media {

/// Written by the media thread, read by the signalling thread; each number by itself is true as of a moment ago. They
/// live with the port, so that a call allocates none; begin() tells whose they are from now on.
class SharedStats {
public:
    std::atomic<std::uint64_t> packets_received{0}, packets_sent{0}, bytes_received{0}, bytes_sent{0};
    std::atomic<std::uint64_t> packets_lost{0}, ignored{0}, send_errors{0}, peer_packets_lost{0};
    std::atomic<std::uint32_t> jitter_us{0}, peer_jitter_us{0}, round_trip_us{0};

    void begin(SessionId session);
    /// Zeros unless they are the session's.
    [[nodiscard]] SessionStats snapshot(SessionId session) const;

private:
    std::atomic<SessionId> session_{};
};

/// There is one writer, so no locked instruction is needed.
inline void bump(std::atomic<std::uint64_t>& counter, std::uint64_t by = 1) {
    counter.store(counter.load(std::memory_order_relaxed) + by, std::memory_order_relaxed);
}

}  // namespace centrala::media
