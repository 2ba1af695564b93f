// One message's exception, or one timer's, is told and forgotten, so that the other calls go on.
#pragma once

#include <cstdint>
#include <exception>
#include <functional>
#include <optional>
#include <string_view>
#include <utility>

#include "centrala/base/time.hpp"

namespace centrala::app {

class FaultGuard {
public:
    /// `during` what, the exception's own words, how many more went untold since the last that was told.
    using Tell = std::function<void(std::string_view during, std::string_view what, std::int64_t untold)>;
    explicit FaultGuard(Tell tell) : tell_(std::move(tell)) {}

    /// False: it threw. Told once a second at most, for whoever found a message that does it may send more.
    template <class Act>
    bool run(std::string_view during, Timestamp now, Act act) {
        try {
            act();
            return true;
        } catch (const std::exception& fault) {
            caught(during, fault.what(), now);
        } catch (...) {
            caught(during, "not a std::exception", now);
        }
        return false;
    }

    /// The same for what is due by the clock. A timer that throws before it's taken stays due, and a loop that does
    /// nothing else is worse than a restart: after kTimerFaultsMax in a row the exception goes on.
    template <class Act>
    void run_timers(Timestamp now, Act act) {
        if (timer_faults_ == kTimerFaultsMax) return act();
        timer_faults_ = run("timer", now, act) ? 0 : timer_faults_ + 1;
    }

    static constexpr unsigned kTimerFaultsMax = 20;

private:
    static constexpr Duration kTellInterval = 1s;
    void caught(std::string_view during, std::string_view what, Timestamp now) {
        if (told_at_ && now - *told_at_ < kTellInterval) return void(++untold_);
        told_at_ = now;
        tell_(during, what, std::exchange(untold_, 0));
    }

    Tell tell_;
    unsigned timer_faults_ = 0;
    std::optional<Timestamp> told_at_;
    std::int64_t untold_ = 0;
};

}  // namespace centrala::app
