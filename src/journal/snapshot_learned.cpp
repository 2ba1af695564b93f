#include "journal/snapshot_learned.hpp"

#include <algorithm>
#include <array>
#include <cstdint>
#include <utility>

namespace centrala::journal {
namespace {

using routing::Foreseen;
using routing::ServiceCounts;
using routing::ServiceWindows;
using routing::WaitModel;

constexpr std::int64_t kSumMost = std::int64_t{1} << 61;  ///< what routing's own arithmetic never exceeds
constexpr std::int64_t kTimeMost = std::int64_t{1} << 53;
constexpr std::int64_t kDayUs = routing::kWaitMax.count();

/// Calls visit(name, value, least, most) for every number.
template <class Model, class Visit>
void each_number(Model& m, Visit visit) {
    constexpr std::int64_t kCalls = WaitModel::kMemory;
    visit("served", m.served, 0, 2 * kCalls * WaitModel::kOne);
    visit("agent_time_us", m.agent_time, 0, kSumMost);
    visit("gone", m.gone, 0, 2 * kCalls * WaitModel::kOne);
    visit("wait_time_us", m.wait_time, 0, 2 * kCalls * kDayUs);
    visit("handling_us", m.handling, 0, kTimeMost);
    visit("handling_of", m.handling_of, 0, kCalls);
    visit("ringing_us", m.ringing, 0, kTimeMost);
    visit("ringing_of", m.ringing_of, 0, kCalls);
    visit("spread", m.spread, -kSumMost, kSumMost);
    visit("estimates", m.errors.calls, 0, kSumMost);
    visit("bias_us", m.errors.bias, -kDayUs, kDayUs);
    visit("absolute_us", m.errors.absolute, 0, kDayUs);
    visit("square", m.errors.square, 0, kSumMost);
    visit("covered", m.errors.covered, 0, routing::WaitErrors::kAll);
}

template <class Told, class Visit>
void each_time(Told& f, Visit visit) {
    visit("expected_us", f.estimate.expected, 0, kDayUs);
    visit("p80_us", *f.estimate.p80, 0, kDayUs);
    visit("gap_us", f.signs.gap, 1, kDayUs);
    visit("line_us", f.signs.line, 0, kDayUs);
    visit("all_us", f.signs.all, 0, kDayUs);
}

std::int64_t raw(Duration d) {
    return d.count();
}
template <class Integer>
std::int64_t raw(Integer value) {
    return static_cast<std::int64_t>(value);
}

std::optional<std::int64_t> within(const nlohmann::json& value, std::int64_t least, std::int64_t most) {
    if (!value.is_number_integer()) return std::nullopt;
    if (value.is_number_unsigned() && !std::in_range<std::int64_t>(value.get<std::uint64_t>())) return std::nullopt;
    const auto number = value.get<std::int64_t>();
    return number >= least && number <= most ? std::optional(number) : std::nullopt;
}

template <std::size_t n>
bool read_list(const nlohmann::json& list, std::array<std::int64_t, n>& values) {
    if (!list.is_array() || list.size() != n) return false;
    for (std::size_t i = 0; i < n; ++i) {
        const auto number = within(list[i], -kSumMost, kSumMost);
        if (!number) return false;
        values[i] = *number;
    }
    return true;
}

constexpr std::size_t kCounts = 4;
using CountRow = std::array<std::int64_t, kCounts + 1>;  ///< slot of the minute, then its counts

CountRow row_of(std::size_t slot, const ServiceCounts& c) {
    return {static_cast<std::int64_t>(slot), c.within, c.answered, c.abandoned, c.sent_away};
}

ServiceCounts counts_of(const CountRow& row) {
    const auto count = [&](std::size_t i) {
        return static_cast<std::uint32_t>(std::clamp<std::int64_t>(row[i], 0, ~std::uint32_t{0}));
    };
    return {count(1), count(2), count(3), count(4)};
}

/// Reads numbers into where each_…() says; `good` until one is missing or out of its range.
struct Fill {
    const nlohmann::json& object;
    bool good = true;

    template <class Value>
    void operator()(const char* name, Value& value, std::int64_t least, std::int64_t most) {
        const auto found = object.find(name);
        const auto number = found == object.end() ? std::nullopt : within(*found, least, most);
        good = good && number;
        if (number) value = Value(*number);
    }
    template <std::size_t n>
    void list(const char* name, std::array<std::int64_t, n>& values) {
        const auto found = object.find(name);
        good = good && found != object.end() && read_list(*found, values);
    }
};

template <class Ring>
bool read_ring(const nlohmann::json& object, const char* name, Ring& ring) {
    const auto found = object.find(name);
    if (found == object.end() || !found->is_object()) return false;
    Fill fill{*found};
    fill("latest", ring.latest, 0, kTimeMost);
    const auto counts = found->find("counts");
    if (!fill.good || counts == found->end() || !counts->is_array()) return false;
    for (const auto& one : *counts) {
        CountRow row{};
        if (!read_list(one, row) || row[0] < 0 || row[0] >= static_cast<std::int64_t>(ring.spans.size())) return false;
        ring.spans[static_cast<std::size_t>(row[0])] = counts_of(row);
    }
    return true;
}

}  // namespace

std::string to_json(const WaitModel& model) {
    nlohmann::ordered_json object;
    each_number(model, [&](const char* name, const auto& value, auto, auto) { object[name] = raw(value); });
    object["squares"] = model.squares;
    object["products"] = model.products;
    return object.dump();
}

std::optional<WaitModel> wait_model(const nlohmann::json& object) {
    if (!object.is_object()) return std::nullopt;
    WaitModel model;
    Fill fill{object};
    each_number(model, [&](const char* name, auto& value, auto least, auto most) { fill(name, value, least, most); });
    fill.list("squares", model.squares);
    fill.list("products", model.products);
    if (!fill.good) return std::nullopt;
    model.solve();
    return model;
}

std::string to_json(const Foreseen& foreseen) {
    nlohmann::ordered_json object;
    each_time(foreseen, [&](const char* name, const auto& value, auto, auto) { object[name] = raw(value); });
    return object.dump();
}

std::optional<Foreseen> foreseen(const nlohmann::json& object) {
    if (!object.is_object()) return std::nullopt;
    Foreseen f;
    f.estimate.p80.emplace();
    Fill fill{object};
    each_time(f, [&](const char* name, auto& value, auto least, auto most) { fill(name, value, least, most); });
    return fill.good ? std::optional(f) : std::nullopt;
}

std::string to_json(const ServiceWindows& windows) {
    const auto ring = [](const auto& r) {
        auto counts = nlohmann::ordered_json::array();
        for (std::size_t i = 0; i < r.spans.size(); ++i)
            if (r.spans[i] != ServiceCounts{}) counts.push_back(row_of(i, r.spans[i]));
        return nlohmann::ordered_json{{"latest", r.latest}, {"counts", std::move(counts)}};
    };
    return nlohmann::ordered_json{{"minutes", ring(windows.minutes)}, {"quarters", ring(windows.quarters)}}.dump();
}

std::optional<ServiceWindows> service_windows(const nlohmann::json& object) {
    if (!object.is_object()) return std::nullopt;
    ServiceWindows windows;
    if (!read_ring(object, "minutes", windows.minutes) || !read_ring(object, "quarters", windows.quarters))
        return std::nullopt;
    return windows;
}

}  // namespace centrala::journal
