#include "arrivals.hpp"

#include "real.hpp"
#include "sample.hpp"

namespace centrala::simulator {

Arrivals::Arrivals(const config::CallClass& call_class, const Draws& draws, double factor, Duration horizon)
    : class_(call_class), draws_(draws), factor_(factor), horizon_(horizon) {}

std::optional<Duration> Arrivals::next(std::uint32_t call) {
    if (class_.calls_per_hour.empty()) return std::nullopt;
    const double length = static_cast<double>(class_.interval.count()) * 1e-6;
    // The process on its own clock, which runs at the rate's speed, has gaps of mean 1.
    double gap = -real::log(draws_.uniform(call, Purpose::arrival));
    while (interval_begin_ < horizon_) {
        const double rate = class_.calls_per_hour[interval_] * factor_ / 3600;
        const double left = (length - within_) * rate;
        if (gap < left) {
            within_ += gap / rate;
            const Duration at = interval_begin_ + to_duration(within_);
            return at < horizon_ ? std::optional(at) : std::nullopt;
        }
        gap -= left;
        within_ = 0;
        interval_begin_ += class_.interval;
        interval_ = (interval_ + 1) % class_.calls_per_hour.size();
    }
    return std::nullopt;
}

double day_factor(double cv, const Draws& draws) {
    if (cv <= 0) return 1;
    const Sampler factors({config::Distribution::Kind::lognormal_of_mean, 1, cv, {}, {}});
    return factors.seconds(draws.uniform(0, Purpose::day));
}

}  // namespace centrala::simulator
