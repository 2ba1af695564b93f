#include "centrala/simulator/figures.hpp"

#include <cmath>
#include <limits>

#include "real.hpp"

namespace centrala::simulator {

const FigureInfo& info(Figure figure) {
    static constexpr std::array<FigureInfo, kFigures> kInfos{{
        {"offered", "calls", Unit::calls},
        {"service_level", "service level", Unit::share},
        {"abandonment", "abandoned", Unit::share},
        {"blocking", "blocked", Unit::share},
        {"refused", "refused", Unit::share},
        {"wait_answered", "wait, answered", Unit::seconds},
        {"wait_offered", "wait, offered", Unit::seconds},
        {"wait_virtual", "wait, virtual", Unit::seconds},
        {"wait_p95", "wait, 95 %", Unit::seconds},
        {"wait_squared", "wait squared", Unit::square_seconds},
        {"first_preference", "first preference", Unit::share},
        {"worst_class", "worst class", Unit::share},
        {"occupancy", "occupancy", Unit::share},
        {"occupancy_sd", "occupancy, spread", Unit::share},
        {"occupancy_least", "occupancy, least", Unit::share},
        {"occupancy_most", "occupancy, most", Unit::share},
    }};
    return kInfos[static_cast<std::size_t>(figure)];
}

Estimate estimate(std::span<const double> values, double confidence) {
    constexpr double kNone = std::numeric_limits<double>::quiet_NaN();
    if (values.empty()) return {kNone, kNone};
    const auto n = static_cast<double>(values.size());
    double sum = 0;
    for (const double v : values) sum += v;
    const double mean = sum / n;
    if (values.size() == 1) return {mean, kNone};
    double squares = 0;
    for (const double v : values) squares += (v - mean) * (v - mean);
    const double t = real::student_quantile(static_cast<unsigned>(values.size() - 1), 0.5 + confidence / 2);
    return {mean, t * std::sqrt(squares / (n - 1) / n)};
}

}  // namespace centrala::simulator
