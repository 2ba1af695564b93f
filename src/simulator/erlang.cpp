#include "erlang.hpp"

#include <algorithm>

#include "real.hpp"

namespace centrala::simulator {
namespace {

constexpr int kPoints = 1'200;
constexpr double kWidening = 1.01;

/// Share of values above `x`, by bisection: a sampler inverts the distribution.
double share_above(const Sampler& sampler, double x) {
    double low = 0, high = 1;
    for (int i = 0; i < 40; ++i) {
        const double middle = (low + high) / 2;
        (sampler.seconds(middle) <= x ? low : high) = middle;
    }
    return 1 - low;
}

}  // namespace

Willingness::Willingness(const config::Distribution& patience, double target_s)
    : endless_(patience.kind == config::Distribution::Kind::infinite) {
    if (endless_) return;
    const Sampler sampler(patience);
    double step = std::max(target_s, 1.0) / 200;
    points_.push_back({0, share_above(sampler, 0), 0});
    for (int i = 1; i < kPoints; ++i) {
        const Point& before = points_.back();
        Point p{before.at + step, 0, 0};
        // The target itself is one of the points.
        if (before.at < target_s && target_s < p.at) p.at = target_s;
        p.share = share_above(sampler, p.at);
        p.sum = before.sum + (before.share + p.share) / 2 * (p.at - before.at);
        points_.push_back(p);
        if (p.at >= target_s) step *= kWidening;
    }
}

double share_within(double calls_per_s, double service_s, std::uint32_t agents, const Willingness& willingness,
                    double target_s) {
    const double load = calls_per_s * service_s;
    if (load <= 0) return 1;
    if (agents == 0) return 0;
    double at_once = 1;  // chances of fewer than all busy, by that of one less than all
    for (std::uint32_t j = 1; j < agents; ++j) at_once = 1 + at_once * j / load;
    if (at_once > 1e15) return 1;
    const double drain = agents / service_s;
    if (willingness.endless()) {
        const double rate = drain - calls_per_s;
        if (rate <= 0) return 0;
        return (at_once + calls_per_s * (1 - real::exp(-rate * target_s)) / rate) / (at_once + calls_per_s / rate);
    }
    double all = 0, in_time = 0, before = 1, before_at = 0, before_share = willingness.points().front().share;
    for (const Willingness::Point& p : willingness.points()) {
        const double exponent = calls_per_s * p.sum - drain * p.at;
        if (exponent > 600) return 0;
        const double density = real::exp(exponent);
        const double width = p.at - before_at;
        all += (before + density) / 2 * width;
        if (p.at <= target_s) in_time += (before * before_share + density * p.share) / 2 * width;
        before = density;
        before_at = p.at;
        before_share = p.share;
    }
    return (at_once + calls_per_s * in_time) / (at_once + calls_per_s * all);
}

std::uint32_t least_agents(double calls_per_s, double service_s, const Willingness& willingness, double target_s,
                           double goal, std::uint32_t most) {
    std::uint32_t low = 0, high = 1;  // low is too few
    if (calls_per_s * service_s <= 0) return 0;
    const auto enough = [&](std::uint32_t n) {
        return share_within(calls_per_s, service_s, n, willingness, target_s) >= goal;
    };
    while (high < most && !enough(high)) {
        low = high;
        high *= 2;
    }
    high = std::min(high, most);
    while (high - low > 1) {
        const std::uint32_t middle = low + (high - low) / 2;
        (enough(middle) ? high : low) = middle;
    }
    return high;
}

}  // namespace centrala::simulator
