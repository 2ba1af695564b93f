// The questions about callers that are under way, how long they may take, and when nobody is asked: a circuit breaker.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <unordered_map>

#include "centrala/base/time.hpp"
#include "centrala/base/timer_queue.hpp"
#include "centrala/calls/lookup.hpp"
#include "centrala/config/config.hpp"

namespace centrala::calls {

/// A slow system costs each call `timeout` at most, and a few calls in all: after `failures_max` failures in a row
/// nobody is asked about for `rest`, then one call is, for trial, and its answer decides for the others.
class Lookups {
public:
    using State = LookupView::State;
    enum class Change : std::uint8_t { none, suspended, resumed };
    /// `id` is none if nobody is to be asked now.
    struct Question {
        std::optional<LookupId> id;
        bool suspended = false;  ///< without an id: why; else so many are asked about that one more is too many
    };

    explicit Lookups(const config::CallerLookup& options) : options_(options) {}

    [[nodiscard]] Question ask(Timestamp now);
    /// Whether the question's answer, or its deadline, is still to come.
    [[nodiscard]] bool is_open(LookupId id) const { return open_.contains(id); }
    /// An open question has its answer, good or not.
    Change ended(LookupId id, bool good, Timestamp now);
    /// The next open question whose time is over: it is to be ended() as not good.
    [[nodiscard]] std::optional<LookupId> pop_due(Timestamp now);
    [[nodiscard]] std::optional<Timestamp> deadline() const { return deadlines_.next(); }
    [[nodiscard]] LookupView view(Timestamp now) const;

private:
    Change suspend(Timestamp now);

    const config::CallerLookup& options_;
    std::unordered_map<LookupId, TimerId> open_;
    TimerQueue<LookupId> deadlines_;
    State state_ = State::answering;
    std::uint32_t failures_ = 0;     ///< in a row, while answering
    Timestamp rests_until_{};        ///< while suspended
    std::optional<LookupId> trial_;  ///< while on trial
    std::uint64_t last_id_ = 0, unasked_ = 0, failed_ = 0;
};

}  // namespace centrala::calls
