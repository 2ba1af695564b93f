// Lists of calls for the simulator: arrival_s,class,work_s,patience_s.
#include <algorithm>
#include <array>
#include <unordered_map>

#include "centrala/config/scenario.hpp"
#include "text.hpp"
#include "yaml_tree.hpp"

namespace centrala::config {
namespace {

constexpr std::string_view kHeading = "arrival_s,class,work_s,patience_s";
constexpr double kLongestSeconds = 366.0 * 24 * 3600;

std::string_view take_line(std::string_view& text) {
    const std::size_t end = text.find('\n');
    std::string_view line = text.substr(0, end);
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
    if (line.ends_with('\r')) line.remove_suffix(1);
    return line;
}

class ListReader {
public:
    ListReader(const std::string& name, const Scenario& scenario) : name_(name), scenario_(scenario) {
        for (std::size_t i = 0; i < scenario.classes.size(); ++i)
            classes_.emplace(scenario.classes[i].name, static_cast<std::uint32_t>(i));
    }

    void read(std::string_view csv) {
        if (const auto heading = take_line(csv); heading != kHeading)
            problem({}, "expected the heading " + std::string(kHeading) + ", got " + in_quotes(heading));
        while (!csv.empty() && problems_.size() < kListProblemsMax) {
            ++line_;
            const auto line = take_line(csv);
            if (line.empty()) continue;
            if (static_cast<double>(calls.size()) >= kCallsPerReplicationMax)
                return problem({}, "expected at most " + format_number(kCallsPerReplicationMax) + " calls");
            read_call(line);
        }
    }
    std::vector<ListedCall> calls;
    std::vector<Problem> take_problems() { return std::move(problems_); }

private:
    void read_call(std::string_view line) {
        std::array<std::string_view, 4> fields;
        std::size_t n = 0;
        for (std::string_view rest = line;; ++n) {
            const std::size_t comma = rest.find(',');
            if (n < fields.size()) fields[n] = rest.substr(0, comma);
            if (comma == std::string_view::npos) break;
            rest.remove_prefix(comma + 1);
        }
        if (n + 1 != fields.size())
            return problem({}, "expected " + std::to_string(fields.size()) + " fields, got " + std::to_string(n + 1));
        const auto known = classes_.find(fields[1]);
        if (known == classes_.end())
            return problem("class", "no class of the scenario is named " + in_quotes(fields[1]));
        const auto arrival_s = number("arrival_s", fields[0], 0, kLongestSeconds);
        const auto work = number("work_s", fields[2], 0, kLongestSeconds);
        const bool infinite = parse_number(fields[3]) == -1.0;
        const auto patience = infinite ? -1.0 : number("patience_s", fields[3], 0, kLongestSeconds);
        if (!arrival_s || !work || !patience) return;
        const Duration arrival(static_cast<std::int64_t>(*arrival_s * 1e6 + 0.5));
        if (arrival >= scenario_.horizon)
            return problem("arrival_s", "expected a call before the scenario's horizon, " +
                                            format_number(static_cast<double>(scenario_.horizon.count()) * 1e-6) +
                                            ", got " + in_quotes(fields[0]));
        ListedCall call;
        call.arrival = arrival;
        call.call_class = known->second;
        call.row = line_ - 1;
        call.work = *work;
        call.patience = *patience;
        calls.push_back(call);
    }
    std::optional<double> number(std::string_view field, std::string_view text, double min, double max) {
        const auto value = parse_number(text);
        if (value && *value >= min && *value <= max) return value;
        problem(field, "expected a number from " + format_number(min) + " to " + format_number(max) + ", got " +
                           in_quotes(text));
        return std::nullopt;
    }
    void problem(std::string_view field, std::string words) {
        problems_.push_back({name_, static_cast<int>(line_), std::string(field), std::move(words)});
    }

    const std::string& name_;
    const Scenario& scenario_;
    std::unordered_map<std::string_view, std::uint32_t> classes_;
    std::uint32_t line_ = 1;
    std::vector<Problem> problems_;
};

/// Whether a list means the same to both.
bool same_for_lists(const Scenario& a, const Scenario& b) {
    const auto same_name = [](const CallClass& x, const CallClass& y) { return x.name == y.name; };
    return a.horizon == b.horizon &&
           std::equal(a.classes.begin(), a.classes.end(), b.classes.begin(), b.classes.end(), same_name);
}

}  // namespace

std::variant<std::vector<ListedCall>, std::vector<Problem>> load_calls_text(std::string_view csv,
                                                                            const std::string& name,
                                                                            const Scenario& scenario) {
    ListReader reader(name, scenario);
    reader.read(csv);
    if (auto problems = reader.take_problems(); !problems.empty()) return problems;
    std::stable_sort(reader.calls.begin(), reader.calls.end(),
                     [](const ListedCall& a, const ListedCall& b) { return a.arrival < b.arrival; });
    return std::move(reader.calls);
}

std::vector<Problem> load_calls(const std::string& path, std::span<Scenario> scenarios) {
    const auto text = file_text(path, kListBytesMax);
    if (const auto* problem = std::get_if<Problem>(&text)) return {*problem};
    const Scenario* before = nullptr;
    for (Scenario& s : scenarios) {
        if (before && same_for_lists(*before, s)) {
            s.calls = before->calls;
        } else {
            auto loaded = load_calls_text(std::get<std::string>(text), path, s);
            if (auto* problems = std::get_if<std::vector<Problem>>(&loaded)) return std::move(*problems);
            s.calls =
                std::make_shared<const std::vector<ListedCall>>(std::get<std::vector<ListedCall>>(std::move(loaded)));
        }
        before = &s;
    }
    return {};
}

}  // namespace centrala::config
