// SIGHUP, SIGUSR1 and `centrala reload`: files are opened or read again while calls go on.
#include <nlohmann/json.hpp>
#include <spdlog/spdlog.h>

#include "app/daemon.hpp"
#include "app/exit_code.hpp"
#include "centrala/config/load.hpp"
#include "centrala/config/reload.hpp"

namespace centrala::app {
namespace {

using Json = nlohmann::ordered_json;

constexpr std::size_t kToldMax = 20;  ///< changes that the log on stderr and the event log name

std::string joined(const std::vector<std::string>& words) {
    std::string text;
    for (std::size_t i = 0; i < words.size() && i < kToldMax; ++i) text += (i > 0 ? "; " : "") + words[i];
    if (words.size() > kToldMax) text += "; and " + std::to_string(words.size() - kToldMax) + " more";
    return text;
}

}  // namespace

void Daemon::hang_up() {
    reload_certificates();
    reopen_log("SIGHUP");
    ask_for_reload(nullptr);
}

/// By itself for logrotate, which comes at night, when a file that somebody is about to change had better not count.
void Daemon::reopen_log(std::string_view asked_by) {
    const auto reopened = journal_->reopen(core_.state(), clock_.now());
    if (reopened)
        log_->info("{}: {} is opened anew", asked_by, config_.log.events);
    else
        log_->error("{}: {}", asked_by, reopened.error().message);
    end_turn();
}

void Daemon::reload_certificates() {
    for (const net::Reloaded& one : sockets_->reload_certificates()) {
        if (!one.error.empty())
            log_->error("SIGHUP: {}: {}; the certificate that was loaded before stays in use", one.what, one.error);
        else
            log_->info("SIGHUP: {}: the certificate is loaded anew", one.what);
        for (const auto& warning : one.warnings) log_->warn("SIGHUP: {}: {}", one.what, warning);
    }
}

/// Whoever asks while the file is being read may have changed it since: it is read again for them.
void Daemon::ask_for_reload(std::shared_ptr<ControlClient> client) {
    reload_askers_.push_back(std::move(client));
    if (!reload_answers_.empty()) return;
    reload_answers_.swap(reload_askers_);
    config_reader_.read(config_path_, [this](ConfigReader::Read read) {
        if (phase_ == Phase::over) return;
        std::string answer = R"({"ok":false,"error":"a fault of the server; its log says more"})";
        guard_.run("reload", clock_.now(), [&] {
            if (const auto* problems = std::get_if<std::vector<config::Problem>>(&read))
                answer = refuse_reload(*problems);
            else
                answer = reload(std::move(std::get<config::Config>(read)));
        });
        end_turn();
        for (const auto& client : reload_answers_)
            if (client) client->push(answer);
        reload_answers_.clear();
        if (reload_askers_.empty()) return;
        auto next = std::move(reload_askers_.back());
        reload_askers_.pop_back();
        ask_for_reload(std::move(next));
    });
}

void Daemon::reload_lookup() {
    former_lookup_ = std::move(lookup_);
    if (open_lookup() != kOk) lookup_ = std::move(former_lookup_);  // it has said why
}

std::string Daemon::refuse_reload(const std::vector<config::Problem>& problems) {
    for (const config::Problem& problem : problems) log_->error("{}", problem.to_string());
    log_->error("{} has mistakes: the server goes on with what it read before", config_path_);
    journal_->append(clock_.now(), "config.refused",
                     {{"config", config_path_},
                      {"problems", static_cast<std::int64_t>(problems.size())},
                      {"first", problems.front().to_string()}});
    Json json{{"ok", false}, {"error", "mistakes in the configuration"}, {"problems", Json::array()}};
    for (const config::Problem& problem : problems) json["problems"].push_back(problem.to_string());
    return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

std::string Daemon::reload(config::Config read) {
    const auto reloaded = config::reload(config_, std::move(read));
    if (!reloaded) return refuse_reload({{config_path_, 0, {}, reloaded.error().message}});
    const Timestamp now = clock_.now();
    const std::string changes = joined(reloaded->changes), waiting = joined(reloaded->waiting);
    journal_->append(now, "config.reloaded",
                     {{"config", config_path_},
                      {"changes", static_cast<std::int64_t>(reloaded->changes.size())},
                      journal::unless_empty("changed", changes),
                      journal::unless_empty("at_next_start", waiting)});
    if (!reloaded->changes.empty()) {
        core_.replan(config_.plan);
        journal_->set_plan(*config_.plan);
        // The state is another one without an event that says so.
        if (const auto told = journal_->reopen(core_.state(), now); !told)
            log_->error("event log: {}", told.error().message);
        if (reloaded->caller_lookup) reload_lookup();
        server_->reload(reloaded->added, now);
    }
    for (const config::Problem& odd : config_.warnings) log_->warn("{}", odd.to_string());
    log_->info("{} is read anew: {}", config_path_, changes.empty() ? "nothing has changed" : changes);
    if (!waiting.empty()) log_->warn("these have changed, too, and count at the next start: {}", waiting);
    Json json{{"ok", true},
              {"changes", reloaded->changes},
              {"at_next_start", reloaded->waiting},
              {"warnings", Json::array()}};
    for (const config::Problem& odd : config_.warnings) json["warnings"].push_back(odd.to_string());
    return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

}  // namespace centrala::app
