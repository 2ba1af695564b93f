// Sources of randomness: OpenSSL's generator for production, xoshiro256** for runs that must repeat.
#include "centrala/base/random.hpp"

#include <algorithm>
#include <array>
#include <cstdio>
#include <cstdlib>
#include <cstring>

#include <openssl/crypto.h>
#include <openssl/rand.h>

namespace centrala {
namespace {

class SystemRandom final : public RandomSource {
public:
    ~SystemRandom() override { OPENSSL_cleanse(pool_.data(), pool_.size()); }

    void fill(std::span<std::uint8_t> bytes) override {
        while (!bytes.empty()) {
            if (used_ == pool_.size()) refill();
            const std::size_t n = std::min(bytes.size(), pool_.size() - used_);
            std::memcpy(bytes.data(), pool_.data() + used_, n);
            // Given out once: what a memory dump shows later must not reveal earlier keys.
            OPENSSL_cleanse(pool_.data() + used_, n);
            used_ += n;
            bytes = bytes.subspan(n);
        }
    }

private:
    void refill() {
        if (RAND_bytes(pool_.data(), static_cast<int>(pool_.size())) != 1) {
            // Guessable tags and nonces would be worse than no service.
            std::fputs("centrala: the system's random generator failed\n", stderr);
            std::abort();
        }
        used_ = 0;
    }
    std::array<std::uint8_t, 4096> pool_{};
    std::size_t used_ = pool_.size();
};

/// xoshiro256** 1.0 (Blackman, Vigna), its state filled by splitmix64.
class SeededRandom final : public RandomSource {
public:
    explicit SeededRandom(std::uint64_t seed) {
        for (auto& word : state_) {
            seed += 0x9e3779b97f4a7c15ULL;
            std::uint64_t z = seed;
            z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ULL;
            z = (z ^ (z >> 27)) * 0x94d049bb133111ebULL;
            word = z ^ (z >> 31);
        }
    }

    void fill(std::span<std::uint8_t> bytes) override {
        std::uint64_t word = 0;
        for (std::size_t i = 0; i < bytes.size(); ++i) {
            if (i % 8 == 0) word = draw();
            bytes[i] = static_cast<std::uint8_t>(word);  // low byte first, whatever the machine's order
            word >>= 8;
        }
    }

private:
    static std::uint64_t rotl(std::uint64_t x, int k) { return (x << k) | (x >> (64 - k)); }
    std::uint64_t draw() {
        const std::uint64_t result = rotl(state_[1] * 5, 7) * 9;
        const std::uint64_t t = state_[1] << 17;
        state_[2] ^= state_[0];
        state_[3] ^= state_[1];
        state_[1] ^= state_[2];
        state_[0] ^= state_[3];
        state_[2] ^= t;
        state_[3] = rotl(state_[3], 45);
        return result;
    }
    std::array<std::uint64_t, 4> state_{};
};

}  // namespace

std::uint64_t RandomSource::next_u64() {
    std::array<std::uint8_t, 8> bytes;
    fill(bytes);
    std::uint64_t value = 0;
    for (std::size_t i = 8; i-- > 0;) value = value << 8 | bytes[i];
    return value;
}

std::uint64_t RandomSource::below(std::uint64_t bound) {
    if (bound <= 1) return 0;
    // The lowest 2^64 mod bound values are thrown away: without that small results would be a little more likely.
    const std::uint64_t reject_below = (0 - bound) % bound;
    std::uint64_t value;
    do value = next_u64();
    while (value < reject_below);
    return value % bound;
}

void RandomSource::append_token(std::string& out, std::size_t bytes) {
    static constexpr char kHex[] = "0123456789abcdef";
    std::array<std::uint8_t, 64> chunk;
    while (bytes > 0) {
        const std::size_t n = std::min(bytes, chunk.size());
        fill(std::span(chunk).first(n));
        for (std::size_t i = 0; i < n; ++i) {
            out.push_back(kHex[chunk[i] >> 4]);
            out.push_back(kHex[chunk[i] & 15]);
        }
        bytes -= n;
    }
}

std::string RandomSource::token(std::size_t bytes) {
    std::string out;
    out.reserve(2 * bytes);
    append_token(out, bytes);
    return out;
}

std::unique_ptr<RandomSource> make_system_random() {
    return std::make_unique<SystemRandom>();
}

std::unique_ptr<RandomSource> make_seeded_random(std::uint64_t seed) {
    return std::make_unique<SeededRandom>(seed);
}

}  // namespace centrala
