#include "app/study_text.hpp"

#include <algorithm>
#include <cmath>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

namespace centrala::app {
namespace {

using simulator::Estimate;
using simulator::Figure;
using simulator::Outcomes;
using simulator::Subject;
using simulator::Unit;

constexpr Figure kOfCalls[] = {Figure::offered,  Figure::service_level, Figure::abandonment,     Figure::blocking,
                               Figure::refused,  Figure::wait_answered, Figure::wait_offered,    Figure::wait_virtual,
                               Figure::wait_p95, Figure::wait_squared,  Figure::first_preference};
constexpr Figure kOfCentre[] = {Figure::worst_class, Figure::occupancy, Figure::occupancy_sd, Figure::occupancy_least,
                                Figure::occupancy_most};
constexpr Figure kCompared[] = {
    Figure::service_level, Figure::worst_class, Figure::abandonment,  Figure::blocking,         Figure::refused,
    Figure::wait_answered, Figure::wait_p95,    Figure::wait_squared, Figure::first_preference, Figure::occupancy_sd};

/// "69.05 ± 0.48": shares in percent.
std::string shown(const Estimate& e, Unit unit, bool with_sign = false) {
    if (std::isnan(e.mean)) return "-";
    const double scale = unit == Unit::share ? 100 : 1;
    const int digits = unit == Unit::share || unit == Unit::seconds ? 2 : unit == Unit::calls ? 0 : 1;
    const std::string mean =
        with_sign ? fmt::format("{:+.{}f}", e.mean * scale, digits) : fmt::format("{:.{}f}", e.mean * scale, digits);
    return std::isnan(e.half_width) ? mean : mean + fmt::format(" ± {:.{}f}", e.half_width * scale, digits);
}

std::string heading(Figure figure) {
    const auto& about = simulator::info(figure);
    switch (about.unit) {
        case Unit::share: return fmt::format("{} %", about.title);
        case Unit::seconds: return fmt::format("{} s", about.title);
        case Unit::square_seconds: return fmt::format("{} s²", about.title);
        case Unit::calls: break;
    }
    return std::string(about.title);
}

/// Blocked and refused callers are left out of the tables where there are none.
bool worth_showing(const Study& study, Figure figure) {
    if (figure != Figure::blocking && figure != Figure::refused) return true;
    return std::any_of(study.outcomes.begin(), study.outcomes.end(),
                       [&](const Outcomes& o) { return simulator::estimate(o, figure).mean > 0; });
}

std::vector<Table::Column> columns(const Study& study, std::string first, std::span<const Figure> figures) {
    std::vector<Table::Column> result{{std::move(first)}};
    for (const Figure f : figures)
        if (worth_showing(study, f)) result.push_back({heading(f), true});
    return result;
}

std::string classes_table(const Study& study, std::size_t alternative, const Style& style) {
    const config::Scenario& scenario = study.scenarios[alternative];
    Table table(columns(study, "class", kOfCalls));
    const auto add = [&](const std::string& name, Subject subject) {
        std::vector<Table::Cell> row{name};
        for (const Figure f : kOfCalls)
            if (worth_showing(study, f))
                row.emplace_back(
                    shown(simulator::estimate(study.outcomes[alternative], f, subject), simulator::info(f).unit));
        table.add(std::move(row));
    };
    for (std::size_t c = 0; c < scenario.classes.size(); ++c) add(scenario.classes[c].name, {c});
    if (scenario.classes.size() > 1) add("all", {});
    return table.render(style);
}

std::string centre_lines(const Outcomes& outcomes) {
    std::string out;
    for (const Figure f : kOfCentre)
        out += fmt::format("{}{} {}", out.empty() ? "" : ", ", heading(f),
                           shown(simulator::estimate(outcomes, f), simulator::info(f).unit));
    return out + "\n";
}

std::string comparison_table(const Study& study, const Style& style) {
    Table table(columns(study, "minus " + study.scenarios[study.reference].name, kCompared));
    for (std::size_t i = study.reference + 1; i < study.scenarios.size(); ++i) {
        std::vector<Table::Cell> row{study.scenarios[i].name};
        for (const Figure f : kCompared)
            if (worth_showing(study, f))
                row.emplace_back(shown(simulator::difference(study.outcomes[i], study.outcomes[study.reference], f),
                                       simulator::info(f).unit, true));
        table.add(std::move(row));
    }
    return table.render(style);
}

nlohmann::ordered_json json_of(const Estimate& e) {
    nlohmann::ordered_json out{{"mean", e.mean}};
    if (!std::isnan(e.half_width)) out["ci95"] = e.half_width;
    return out;
}

template <class Estimated>
nlohmann::ordered_json json_of(std::span<const Figure> figures, const Estimated& estimated) {
    nlohmann::ordered_json out = nlohmann::ordered_json::object();
    for (const Figure f : figures)
        if (const Estimate e = estimated(f); !std::isnan(e.mean))
            out[std::string(simulator::info(f).name)] = json_of(e);
    return out;
}

}  // namespace

std::string study_text(const Study& study, const Style& style) {
    const config::Scenario& first = study.scenarios.front();
    const auto human = [](Duration d) { return human_duration(static_cast<double>(to_ms(d))); };
    std::string out = fmt::format("seed {}, {} replication{} of {}", first.seed, first.replications,
                                  first.replications == 1 ? "" : "s", human(first.horizon));
    if (first.warm_up > Duration::zero()) out += fmt::format(" without the first {}", human(first.warm_up));
    out += "\n";
    for (std::size_t i = 0; i < study.scenarios.size(); ++i) {
        out += "\n";
        if (!study.scenarios[i].name.empty()) out += style.paint(Colour::bold, study.scenarios[i].name) + "\n";
        out += classes_table(study, i, style) + centre_lines(study.outcomes[i]);
    }
    if (study.scenarios.size() > 1) out += "\n" + comparison_table(study, style);
    return out;
}

nlohmann::ordered_json study_json(const Study& study) {
    const config::Scenario& first = study.scenarios.front();
    nlohmann::ordered_json out{{"seed", first.seed},
                               {"replications", first.replications},
                               {"horizon_s", seconds(first.horizon)},
                               {"warm_up_s", seconds(first.warm_up)}};
    std::vector<Figure> all(std::begin(kOfCalls), std::end(kOfCalls));
    all.insert(all.end(), std::begin(kOfCentre), std::end(kOfCentre));
    for (std::size_t i = 0; i < study.scenarios.size(); ++i) {
        const Outcomes& outcomes = study.outcomes[i];
        nlohmann::ordered_json one{{"name", study.scenarios[i].name}};
        one["all"] = json_of(all, [&](Figure f) { return simulator::estimate(outcomes, f); });
        for (std::size_t c = 0; c < study.scenarios[i].classes.size(); ++c)
            one["classes"][study.scenarios[i].classes[c].name] =
                json_of(kOfCalls, [&](Figure f) { return simulator::estimate(outcomes, f, {c}); });
        if (i > study.reference)
            one["difference"] = json_of(
                all, [&](Figure f) { return simulator::difference(outcomes, study.outcomes[study.reference], f); });
        out["alternatives"].push_back(std::move(one));
    }
    return out;
}

}  // namespace centrala::app
