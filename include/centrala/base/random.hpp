// Randomness is passed in, so that tests replay and tags can't be guessed in production.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>

namespace centrala {

class RandomSource {
public:
    virtual ~RandomSource() = default;
    virtual void fill(std::span<std::uint8_t> bytes) = 0;

    std::uint64_t next_u64();
    /// Uniform in [0, bound); bound > 0.
    std::uint64_t below(std::uint64_t bound);
    /// `bytes` random bytes as lower-case hexadecimal, appended.
    void append_token(std::string& out, std::size_t bytes);
    std::string token(std::size_t bytes);
};

/// The system's generator, buffered; for tags, branches, nonces (RFC 3261 §19.3 wants 32 bits, we use 64 and more).
std::unique_ptr<RandomSource> make_system_random();

/// Same seed, same sequence on any machine; for tests and the simulator only.
std::unique_ptr<RandomSource> make_seeded_random(std::uint64_t seed);

}  // namespace centrala
