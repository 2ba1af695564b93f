// A configuration for the virtual world.
#pragma once

#include "centrala/config/config.hpp"

namespace centrala::sim {

/// Two queues, one for each of two skills, strategy as given; agents named a1, a2 …
struct SmallCentre {
    std::size_t agents = 2;
    routing::Strategy strategy = routing::Strategy::longest_idle;
    Duration ring_timeout = 20s, wrap_up = 5s, max_wait = 0s;
    bool early_media = false;
    std::size_t capacity = 1000;
    std::uint32_t misses_max = 2, ring_at_once = 1;
    Duration announce_after = 0s;
};
[[nodiscard]] config::Config small_centre(const SmallCentre& options);

}  // namespace centrala::sim
