// Nonces that carry their own proof, and the memory of which nc values came with them (RFC 7616 §3.3, §5.4).
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <utility>

#include "centrala/base/random.hpp"
#include "centrala/base/time.hpp"

namespace centrala::sip {

class Nonces {
public:
    Nonces(Duration lifetime, std::size_t max, RandomSource& random);
    ~Nonces();
    Nonces(const Nonces&) = delete;
    Nonces& operator=(const Nonces&) = delete;

    [[nodiscard]] std::string issue(Timestamp now);
    /// Whether this nonce is ours, young, and `count` is new with it; remembers the count if so.
    [[nodiscard]] bool spend(std::string_view nonce, std::uint32_t count, Timestamp now);
    [[nodiscard]] std::size_t size() const { return used_.size(); }

private:
    using Key = std::pair<std::int64_t, std::uint64_t>;  ///< microseconds of issue, salt
    /// The highest count and which of the 64 up to it came: requests of one phone may overtake each other on UDP.
    struct Window {
        std::uint32_t highest = 0;
        std::uint64_t seen = 0;
        bool take(std::uint32_t count);
    };
    static constexpr std::size_t kPlainBytes = 16, kMacBytes = 16;
    using Bytes = std::array<std::uint8_t, kPlainBytes + kMacBytes>;

    [[nodiscard]] bool seal(Bytes& bytes) const;
    void forget_expired(Timestamp now);

    Duration lifetime_;
    std::size_t max_;
    RandomSource& random_;
    std::array<std::uint8_t, 32> key_{};
    std::map<Key, Window> used_;  ///< oldest first
    /// Of nonces up to this one all memory has been dropped for want of room: unless in `used_` they are spent.
    Key floor_{INT64_MIN, 0};
};

}  // namespace centrala::sip
