// Replications side by side.
#pragma once

#include <algorithm>
#include <atomic>
#include <cstdint>
#include <thread>
#include <vector>

namespace centrala::simulator {

/// Calls work(r) for r from 0 to below `replications`, each once, on up to `threads` threads.
template <class Work>
void for_each_replication(std::uint32_t replications, unsigned threads, const Work& work) {
    std::atomic<std::uint32_t> next{0};
    const auto take_turns = [&] {
        for (std::uint32_t r = next++; r < replications; r = next++) work(r);
    };
    std::vector<std::jthread> helpers;
    for (unsigned i = 1; i < std::min(threads, replications); ++i) helpers.emplace_back(take_turns);
    take_turns();
    helpers.clear();  // joins
}

}  // namespace centrala::simulator
