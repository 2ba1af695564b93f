#include "app/study_svg.hpp"

#include <algorithm>
#include <array>
#include <cmath>

#include <fmt/format.h>

namespace centrala::app {
namespace {

using simulator::Estimate;
using simulator::Figure;
using simulator::Subject;

constexpr double kLeft = 70, kWidth = 760, kHeight = 200, kGap = 90, kTop = 60;
// Okabe and Ito's colours, which colour-blind people can tell apart.
constexpr std::array<const char*, 7> kColours{"#0072b2", "#d55e00", "#009e73", "#cc79a7",
                                              "#e69f00", "#56b4e9", "#000000"};

const char* colour(std::size_t i) {
    return kColours[i % kColours.size()];
}

/// The least of 1, 2, 5, 10, 20 … that is not below `value`.
double round_up(double value) {
    double scale = 1;
    while (scale < value) scale *= 10;
    while (scale / 10 >= value && scale > 1e-6) scale /= 10;
    for (const double part : {0.2, 0.5})
        if (scale * part >= value) return scale * part;
    return scale;
}

class Picture {
public:
    void text(double x, double y, std::string_view words, std::string_view more = {}) {
        body_ += fmt::format("<text x=\"{:.1f}\" y=\"{:.1f}\"{}>{}</text>\n", x, y, more, words);
    }
    void line(double x1, double y1, double x2, double y2, std::string_view stroke, double width = 1) {
        body_ += fmt::format(
            "<line x1=\"{:.1f}\" y1=\"{:.1f}\" x2=\"{:.1f}\" y2=\"{:.1f}\" stroke=\"{}\" stroke-width=\"{}\"/>\n", x1,
            y1, x2, y2, stroke, width);
    }
    void dot(double x, double y, std::string_view fill) {
        body_ += fmt::format("<circle cx=\"{:.1f}\" cy=\"{:.1f}\" r=\"4\" fill=\"{}\"/>\n", x, y, fill);
    }
    [[nodiscard]] std::string finish(double height) const {
        return fmt::format(
            "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{0:.0f}\" height=\"{1:.0f}\" viewBox=\"0 0 {0:.0f} "
            "{1:.0f}\" font-family=\"sans-serif\" font-size=\"12\">\n<rect width=\"100%\" height=\"100%\" "
            "fill=\"white\"/>\n{2}</svg>\n",
            kLeft + kWidth + 40, height, body_);
    }

private:
    std::string body_;
};

/// One system of axes from 0 to `most`, below the ones before it.
class Panel {
public:
    Panel(Picture& picture, std::size_t number, std::string_view title, double most)
        : picture_(picture), top_(kTop + static_cast<double>(number) * (kHeight + kGap)), most_(most) {
        picture_.text(kLeft, top_ - 12, title, " font-weight=\"bold\"");
        for (int i = 0; i <= 4; ++i) {
            const double value = most * i / 4;
            picture_.line(kLeft, y(value), kLeft + kWidth, y(value), "#dddddd");
            picture_.text(kLeft - 8, y(value) + 4, fmt::format("{:g}", value), " text-anchor=\"end\"");
        }
    }
    [[nodiscard]] double y(double value) const { return top_ + kHeight * (1 - std::clamp(value / most_, 0.0, 1.0)); }
    [[nodiscard]] double bottom() const { return top_ + kHeight; }

    void mark(double x, const Estimate& e, double scale, std::string_view fill) {
        if (std::isnan(e.mean)) return;
        if (!std::isnan(e.half_width))
            picture_.line(x, y((e.mean - e.half_width) * scale), x, y((e.mean + e.half_width) * scale), fill, 2);
        picture_.dot(x, y(e.mean * scale), fill);
    }

private:
    Picture& picture_;
    double top_, most_;
};

struct Shown {
    Figure figure;
    std::string_view title;
    double scale;
};

/// The top of an axis on which all of these have room.
double top_of(const Study& study, const Shown& shown, bool parts) {
    if (shown.scale == 100) return 100;
    double most = 0;
    for (const auto& outcomes : study.outcomes)
        for (std::size_t p = 0; p < (parts ? simulator::kParts : 1); ++p) {
            const Estimate e = simulator::estimate(outcomes, shown.figure, {Subject::kAll, parts ? p : Subject::kAll});
            if (!std::isnan(e.mean)) most = std::max(most, e.mean + (std::isnan(e.half_width) ? 0 : e.half_width));
        }
    return round_up(std::max(most * shown.scale, 1.0));
}

std::string name_of(const Study& study, std::size_t i) {
    return study.scenarios[i].name.empty() ? "all calls" : study.scenarios[i].name;
}

void alternatives(Picture& picture, std::size_t number, const Study& study, const Shown& shown) {
    Panel panel(picture, number, shown.title, top_of(study, shown, false));
    const double step = kWidth / static_cast<double>(study.scenarios.size());
    for (std::size_t i = 0; i < study.scenarios.size(); ++i) {
        const double x = kLeft + step * (static_cast<double>(i) + 0.5);
        panel.mark(x, simulator::estimate(study.outcomes[i], shown.figure), shown.scale, colour(i));
        picture.text(x, panel.bottom() + 20, name_of(study, i),
                     fmt::format(" text-anchor=\"middle\" fill=\"{}\"", colour(i)));
    }
}

void course(Picture& picture, std::size_t number, const Study& study, const Shown& shown) {
    Panel panel(picture, number, shown.title, top_of(study, shown, true));
    const double step = kWidth / static_cast<double>(simulator::kParts);
    for (std::size_t i = 0; i < study.scenarios.size(); ++i) {
        double last_x = 0, last_y = 0;
        bool joined = false;
        for (std::size_t p = 0; p < simulator::kParts; ++p) {
            const Estimate e = simulator::estimate(study.outcomes[i], shown.figure, {Subject::kAll, p});
            // Side by side, so that intervals of alternatives don't hide each other.
            const double x = kLeft + step * (static_cast<double>(p) + 0.5) + 2.0 * static_cast<double>(i);
            if (joined && !std::isnan(e.mean))
                picture.line(last_x, last_y, x, panel.y(e.mean * shown.scale), colour(i));
            joined = !std::isnan(e.mean);
            if (!joined) continue;
            panel.mark(x, e, shown.scale, colour(i));
            last_x = x;
            last_y = panel.y(e.mean * shown.scale);
        }
    }
    const config::Scenario& s = study.scenarios.front();
    for (int i = 0; i <= 6; ++i) {
        const double hours = static_cast<double>((s.warm_up + (s.horizon - s.warm_up) * i / 6).count()) / 3.6e9;
        picture.text(kLeft + kWidth * i / 6, panel.bottom() + 20, fmt::format("{:.3g} h", hours),
                     " text-anchor=\"middle\"");
    }
}

}  // namespace

std::string study_svg(const Study& study) {
    Picture picture;
    const config::Scenario& first = study.scenarios.front();
    picture.text(
        kLeft, 20,
        fmt::format("{} replications, seed {}; bars are 95 % confidence intervals", first.replications, first.seed));
    alternatives(picture, 0, study, {Figure::service_level, "service level, %", 100});
    alternatives(picture, 1, study, {Figure::worst_class, "service level of the worst class, %", 100});
    alternatives(picture, 2, study, {Figure::wait_answered, "mean wait of the answered, s", 1});
    course(picture, 3, study, {Figure::service_level, "service level as time went on, %", 100});
    course(picture, 4, study, {Figure::wait_answered, "mean wait of the answered as time went on, s", 1});
    return picture.finish(kTop + 5 * (kHeight + kGap));
}

}  // namespace centrala::app
