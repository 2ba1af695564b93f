// What simulations have found, as a picture for a browser or a report.
#pragma once

#include <string>

#include "app/study_text.hpp"

namespace centrala::app {

/// Service level and mean wait: of each alternative, and as time went on. Bars are 95 % confidence intervals.
[[nodiscard]] std::string study_svg(const Study& study);

}  // namespace centrala::app
