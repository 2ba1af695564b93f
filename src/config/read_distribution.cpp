// Random times of a scenario: {exponential: 180s}, {lognormal: {mean: 240s, cv: 1.2}} …
#include "read_distribution.hpp"

#include <array>

namespace centrala::config {
namespace {

constexpr Duration kLongest = 365 * 24h;

double seconds(Duration d) {
    return static_cast<double>(d.count()) * 1e-6;
}

void read_mean(Context& context, const Item& item, double& into) {
    Duration mean = 1s;
    context.read(item, mean, 1ms, kLongest);
    into = seconds(mean);
}

/// {mean: 240s, cv: 1.2} or {mu: 5.2, sigma: 0.9}
void read_lognormal(Context& context, const Item& item, std::string_view schema, Distribution& into) {
    Section s(context, item, schema);
    if (const auto mean = s.take("mean")) {
        if (!s.has("cv")) context.problem(*mean, "expected cv with it: the standard deviation in means");
        into.kind = Distribution::Kind::lognormal_of_mean;
        read_mean(context, *mean, into.a);
        s.number("cv", into.b, 0, 100);
    } else {
        if (!s.has("mu") || !s.has("sigma")) context.problem(item, "expected mean and cv, or mu and sigma");
        s.number("mu", into.a, -20, 20);
        s.number("sigma", into.b, 0, 10);
    }
    s.finish();
}

/// {mean: 180s, shape: 0.7} or {scale: 142s, shape: 0.7}
void read_weibull(Context& context, const Item& item, std::string_view schema, Distribution& into) {
    Section s(context, item, schema);
    into.b = 1;
    s.number("shape", into.b, 0.1, 100);
    const auto mean = s.take("mean"), scale = s.take("scale");
    if (!s.has("shape") || (mean && scale) || (!mean && !scale))
        context.problem(item, "expected shape, and either mean or scale");
    if (mean) into.kind = Distribution::Kind::weibull_of_mean;
    if (mean) read_mean(context, *mean, into.a);
    if (scale) read_mean(context, *scale, into.a);
    s.finish();
}

void read_empirical(Context& context, const Item& item, Distribution& into) {
    for (const Item& one : context.list(item, "durations")) {
        Duration value{};
        context.read(one, value, 0s, kLongest);
        into.values.push_back(seconds(value));
    }
    if (into.values.empty()) context.problem(item, "expected at least one duration");
}

/// [{until: 10s, per_second: 0.0036}, …, {per_second: 0.0017}]
void read_hazard(Context& context, const Item& item, std::string_view schema, Distribution& into) {
    const auto pieces = context.list(item, "pieces");
    for (std::size_t i = 0; i < pieces.size(); ++i) {
        Section s(context, pieces[i], schema);
        double rate = 0;
        if (!s.has("per_second")) context.problem(pieces[i], "expected per_second");
        s.number("per_second", rate, 0, 1'000);
        into.rates.push_back(rate);
        const auto until = s.take("until");
        if (until) {
            Duration end{};
            context.read(*until, end, 1ms, kLongest);
            if (!into.values.empty() && seconds(end) <= into.values.back())
                context.problem(*until, "expected a later time than the piece before has");
            into.values.push_back(seconds(end));
        }
        if (until.has_value() == (i + 1 == pieces.size()))
            context.problem(pieces[i], until ? "expected no until in the last piece: it holds for ever"
                                             : "expected until: the time at which the next piece begins");
        s.finish();
    }
    if (pieces.empty()) context.problem(item, "expected at least one piece");
}

}  // namespace

void read_distribution(Context& context, const Item& item, std::string_view schema, Distribution& into) {
    using Kind = Distribution::Kind;
    static constexpr std::array<std::string_view, 7> kKinds{"constant",  "exponential", "lognormal", "weibull",
                                                            "empirical", "hazard",      "infinite"};
    into = {};
    if (item.is_scalar()) {
        if (item.text() == "infinite") {
            into.kind = Kind::infinite;
            return;
        }
        Duration value{};
        context.read(item, value, 0s, kLongest);
        into.a = seconds(value);
        return;
    }
    Section s(context, item, schema);
    const std::string within = std::string(schema) + ".";
    const auto of = [&](std::string_view key, Kind kind) {
        auto value = s.take(key);
        if (value) into.kind = kind;
        return value;
    };
    if (const auto value = of("constant", Kind::constant)) {
        Duration constant{};
        context.read(*value, constant, 0s, kLongest);
        into.a = seconds(constant);
    }
    if (const auto value = of("exponential", Kind::exponential)) read_mean(context, *value, into.a);
    if (const auto value = of("lognormal", Kind::lognormal))
        read_lognormal(context, *value, within + "lognormal", into);
    if (const auto value = of("weibull", Kind::weibull)) read_weibull(context, *value, within + "weibull", into);
    if (const auto value = of("empirical", Kind::empirical)) read_empirical(context, *value, into);
    if (const auto value = of("hazard", Kind::hazard)) read_hazard(context, *value, within + "hazard", into);
    const bool clean = s.finish();
    if (clean && (item.node->kind != Node::Kind::map || item.node->items.size() != 2))
        context.problem(item, "expected a duration, or one of " + join(kKinds));
}

}  // namespace centrala::config
