// When to send: 20 ms ticks on an absolute schedule, cut into phases so that listeners don't all come at once.
#pragma once

#include <cstdint>
#include <optional>

#include "centrala/base/time.hpp"

namespace centrala::media {

inline constexpr Duration kTick = 20ms;
inline constexpr std::int64_t kPhases = 10;
inline constexpr Duration kStep = kTick / kPhases;

/// Step n is due at epoch + n·kStep; it serves phase n mod kPhases of tick n div kPhases.
class TickScheduler {
public:
    /// How late a step may be and still be made up for; older ones are left out, so that a stall isn't followed by a
    /// storm.
    static constexpr Duration kLateMax = 100ms;

    explicit TickScheduler(Timestamp epoch) : epoch_(epoch) {}

    /// The next step if it's due; call until there is none.
    std::optional<std::int64_t> take_due(Timestamp now) {
        if (now < due_at(next_)) return std::nullopt;
        if (now - due_at(next_) > kLateMax) {
            const std::int64_t current = (now - epoch_) / kStep;
            skipped_ += static_cast<std::uint64_t>(current - next_);
            next_ = current;
        }
        return next_++;
    }
    [[nodiscard]] Timestamp due_at(std::int64_t step) const { return epoch_ + step * kStep; }
    [[nodiscard]] std::int64_t next_step() const { return next_; }
    [[nodiscard]] std::uint64_t skipped() const { return skipped_; }
    /// After a time without work: what was missed doesn't count.
    void resume(Timestamp now) {
        if (now > due_at(next_)) next_ = (now - epoch_) / kStep;
    }

private:
    Timestamp epoch_;
    std::int64_t next_ = 0;
    std::uint64_t skipped_ = 0;
};

}  // namespace centrala::media
