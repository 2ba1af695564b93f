#include "sample.hpp"

#include <algorithm>
#include <cmath>

#include "real.hpp"

namespace centrala::simulator {
namespace {

using Kind = config::Distribution::Kind;

/// When the accumulated hazard reaches `left`.
double sample_hazard(const config::Distribution& d, double left) {
    double begin = 0;
    for (std::size_t i = 0; i < d.rates.size(); ++i) {
        const bool last = i >= d.values.size();
        const double rate = d.rates[i];
        if (rate > 0 && (last || left < rate * (d.values[i] - begin))) return begin + left / rate;
        if (last) break;
        left -= rate * (d.values[i] - begin);
        begin = d.values[i];
    }
    return kForEverSeconds;  // the last rate is 0: who has stayed so long stays
}

/// What has accumulated by then.
double hazard_until(const config::Distribution& d, double seconds) {
    double sum = 0, begin = 0;
    for (std::size_t i = 0; i < d.rates.size() && begin < seconds; ++i) {
        const double end = i < d.values.size() ? std::min(d.values[i], seconds) : seconds;
        sum += d.rates[i] * (end - begin);
        begin = end;
    }
    return sum;
}

double draw(const config::Distribution& d, double u) {
    switch (d.kind) {
        case Kind::infinite: return kForEverSeconds;
        case Kind::constant: return d.a;
        case Kind::exponential: return -d.a * real::log(1 - u);
        case Kind::lognormal: return real::exp(d.a + d.b * real::normal_quantile(u));
        case Kind::weibull: return d.a * real::exp(real::log(-real::log(1 - u)) / d.b);
        case Kind::empirical: {
            const auto n = d.values.size();
            return d.values[std::min(n - 1, static_cast<std::size_t>(u * static_cast<double>(n)))];
        }
        case Kind::hazard: return sample_hazard(d, -real::log(1 - u));
        case Kind::lognormal_of_mean:
        case Kind::weibull_of_mean: break;
    }
    return 0;
}

}  // namespace

Sampler::Sampler(config::Distribution distribution) : d_(std::move(distribution)) {
    if (d_.kind == Kind::lognormal_of_mean) {
        const double variance = real::log(1 + d_.b * d_.b);
        d_.kind = Kind::lognormal;
        d_.a = real::log(d_.a) - variance / 2;
        d_.b = std::sqrt(variance);
    } else if (d_.kind == Kind::weibull_of_mean) {
        d_.kind = Kind::weibull;
        d_.a /= real::gamma(1 + 1 / d_.b);
    }
}

double Sampler::seconds(double u) const {
    return std::min(draw(d_, u), kForEverSeconds);
}

double Sampler::seconds_beyond(double least, double u) const {
    if (d_.kind != Kind::hazard) return kForEverSeconds;
    // Never before, whatever rounding does.
    return std::clamp(sample_hazard(d_, hazard_until(d_, least) - real::log(1 - u)), least, kForEverSeconds);
}

Duration to_duration(double seconds) {
    if (seconds >= kForEverSeconds) return kForEver;
    return Duration(static_cast<std::int64_t>(seconds * 1e6 + 0.5));
}

double to_seconds(Duration duration) {
    return static_cast<double>(duration.count()) * 1e-6;
}

}  // namespace centrala::simulator
