// centrala replay: a log's callers and agents under another configuration, beside what really happened.
#include <algorithm>
#include <iostream>
#include <thread>

#include <fmt/format.h>
#include <nlohmann/json.hpp>
#include <unistd.h>

#include "app/commands.hpp"
#include "app/exit_code.hpp"
#include "app/study_text.hpp"
#include "app/terminal.hpp"
#include "centrala/config/caller_lists.hpp"
#include "centrala/journal/history.hpp"
#include "centrala/simulator/replay.hpp"

namespace centrala::app {
namespace {

constexpr std::uint32_t kReplications = 10;

/// Adds an alternative; false after a complaint.
bool add(const std::string& path, const char* name, const journal::History& history, const CommandLine& line,
         Study& study, simulator::LeftOut& left_out) {
    const auto config = load_or_complain(path);
    if (!config) return false;
    left_out = {};
    const config::CallerLists lists(*config);
    const auto list_of = [&](const std::string& entry_point, const std::string& caller) {
        const auto id = config->plan->find_entry_point(entry_point);
        return id ? lists.find(config->entry_points[index(*id)], caller) : std::nullopt;
    };
    config::Scenario scenario = simulator::replay_scenario(history, *config->plan, list_of, name, left_out);
    scenario.seed = line.seed.value_or(scenario.seed);
    scenario.replications = line.replications.value_or(kReplications);
    study.scenarios.push_back(std::move(scenario));
    return true;
}

std::string remarks(const journal::History& history, const simulator::LeftOut& left_out) {
    std::string out;
    const auto remark = [&](std::uint64_t n, const char* what) {
        if (n > 0) out += fmt::format("{}: {}\n", what, n);
    };
    remark(left_out.calls, "calls left out, for entry points and queues that the configuration doesn't have");
    remark(left_out.agents, "agents left out, whom the configuration doesn't have");
    remark(left_out.unknown_agents, "agents whom the log doesn't have, taken to be there as long as anybody was");
    remark(history.skipped, "lines of the log passed over, damaged or of another version");
    return out;
}

nlohmann::ordered_json json_of(const journal::History& history, const simulator::LeftOut& left_out) {
    return {{"calls_left_out", left_out.calls},
            {"agents_left_out", left_out.agents},
            {"agents_not_in_log", left_out.unknown_agents},
            {"lines_skipped", history.skipped}};
}

}  // namespace

int replay(const CommandLine& line) {
    const auto read = journal::read_history(line.logs);
    if (!read) {
        std::cerr << "centrala: " << printable(read.error().message) << '\n';
        return kNoInput;
    }
    const journal::History& history = *read;
    if (history.end - history.begin >= config::kHorizonMax) {
        std::cerr << "centrala: " << printable(line.logs.front()) << ": expected a log of less than a year\n";
        return kNoInput;
    }
    Study study;
    simulator::LeftOut left_out;
    if (!line.was.empty() && !add(line.was, "was", history, line, study, left_out)) return kConfig;
    if (!add(line.config, "new", history, line, study, left_out)) return kConfig;
    const unsigned threads = std::max(1U, std::thread::hardware_concurrency());
    for (const config::Scenario& s : study.scenarios) study.outcomes.push_back(simulator::simulate(s, threads));
    // What happened comes first. It happened once, but is what every replication is compared with.
    config::Scenario log = study.scenarios.back();
    log.name = "log";
    const simulator::Outcome once = simulator::happened(history, log);
    study.outcomes.insert(study.outcomes.begin(), simulator::Outcomes(log.replications, once));
    study.scenarios.insert(study.scenarios.begin(), std::move(log));
    study.reference = study.scenarios.size() - 2;
    if (line.json) {
        auto json = study_json(study);
        json["log"] = json_of(history, left_out);
        std::cout << json.dump(2) << '\n';
    } else {
        std::cout << study_text(study, Style::of(STDOUT_FILENO)) << remarks(history, left_out);
    }
    return kOk;
}

}  // namespace centrala::app
