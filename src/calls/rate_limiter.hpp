// A token bucket on the caller's clock: `per_second` on average, one second's worth at once.
#pragma once

#include <algorithm>
#include <cstdint>

#include "centrala/base/time.hpp"

namespace centrala::calls {

class RateLimiter {
public:
    explicit RateLimiter(std::uint32_t per_second) : per_second_(per_second), micro_tokens_(capacity()) {}

    /// Takes a token; false when there is none. A rate of 0 means no limit.
    bool take(Timestamp now) {
        if (per_second_ == 0) return true;
        if (now > last_) {
            // A second fills the bucket, so a longer gap counts as one; this also keeps the product in range.
            const auto gap = std::min<Duration>(now - last_, 1s);
            micro_tokens_ = std::min(capacity(), micro_tokens_ + static_cast<std::uint64_t>(gap.count()) * per_second_);
            last_ = now;
        }
        if (micro_tokens_ < kToken) return false;
        micro_tokens_ -= kToken;
        return true;
    }

private:
    static constexpr std::uint64_t kToken = 1'000'000;
    [[nodiscard]] std::uint64_t capacity() const { return kToken * per_second_; }
    std::uint32_t per_second_;
    std::uint64_t micro_tokens_;
    Timestamp last_{};
};

}  // namespace centrala::calls
