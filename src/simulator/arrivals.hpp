// When the calls of a class come: a Poisson process whose rate changes from interval to interval.
#pragma once

#include <cstdint>
#include <optional>

#include "centrala/config/scenario.hpp"
#include "draws.hpp"

namespace centrala::simulator {

class Arrivals {
public:
    /// The class and its numbers live longer. `factor`: of the day, on all rates.
    Arrivals(const config::CallClass& call_class, const Draws& draws, double factor, Duration horizon);

    /// Since the scenario's beginning, of the call with this number, counting from 0; to be asked in order. None: not
    /// before the horizon.
    [[nodiscard]] std::optional<Duration> next(std::uint32_t call);

private:
    const config::CallClass& class_;
    const Draws& draws_;
    double factor_;
    Duration horizon_;
    Duration interval_begin_{};
    std::size_t interval_ = 0;
    double within_ = 0;  ///< seconds since interval_begin_
};

/// With mean 1 and this coefficient of variation: lognormal.
[[nodiscard]] double day_factor(double cv, const Draws& draws);

}  // namespace centrala::simulator
