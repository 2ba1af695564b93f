// The short-lived subcommands: ask, print, end.
#include "app/commands.hpp"

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cmath>
#include <cstdio>
#include <iostream>
#include <thread>

#include <nlohmann/json.hpp>
#include <termios.h>
#include <unistd.h>

#include "app/control_client.hpp"
#include "app/event_text.hpp"
#include "app/exit_code.hpp"
#include "app/log_follower.hpp"
#include "app/views.hpp"
#include "centrala/config/load.hpp"
#include "centrala/net/clock.hpp"
#include "centrala/net/tls.hpp"
#include "centrala/sip/digest.hpp"

namespace centrala::app {
namespace {

const char* request_name(Command command) {
    switch (command) {
        case Command::status: return "status";
        case Command::agents: return "agents";
        case Command::queues: return "queues";
        case Command::skills: return "skills";
        case Command::calls: return "calls";
        case Command::entry_points: return "entry_points";
        case Command::trunks: return "trunks";
        case Command::bans: return "bans";
        case Command::unban: return "unban";
        case Command::login: return "login";
        case Command::logout: return "logout";
        case Command::ready: return "ready";
        case Command::not_ready: return "not-ready";
        case Command::end_wrap_up: return "end-wrap-up";
        case Command::extend_wrap_up: return "extend-wrap-up";
        case Command::skill: return "skill";
        case Command::close_entry_point: return "close";
        case Command::open_entry_point: return "open";
        case Command::serve:
        case Command::check:
        case Command::reload:
        case Command::tail:
        case Command::trace:
        case Command::hash_password:
        case Command::simulate:
        case Command::replay:
        case Command::staff:
        case Command::why: break;
    }
    return "";
}

/// What the server's word for a refusal means to a supervisor.
std::string explain(const std::string& rejection, const CommandLine& line) {
    const std::string who = "'" + line.agent + "'";
    if (rejection == "not_logged_in") return who + " is not logged in";
    if (rejection == "already_logged_in") return who + " is logged in already";
    if (rejection == "already_so") return who + " is in that state already";
    if (rejection == "no_device") return who + " has no registered phone";
    if (rejection == "on_a_call") return who + " is on a call";
    if (rejection == "not_wrapping") return who + " is not in wrap-up";
    if (rejection == "unknown_reason") return "'" + line.reason + "' is none of the configured reasons";
    return rejection;
}

/// One line without echo when a person types it.
std::string read_password() {
    const bool person = ::isatty(STDIN_FILENO) != 0;
    termios before{};
    if (person) {
        std::cerr << "Password: " << std::flush;
        ::tcgetattr(STDIN_FILENO, &before);
        termios silent = before;
        silent.c_lflag &= ~static_cast<tcflag_t>(ECHO);
        ::tcsetattr(STDIN_FILENO, TCSAFLUSH, &silent);
    }
    std::string password;
    std::getline(std::cin, password);
    if (person) {
        ::tcsetattr(STDIN_FILENO, TCSAFLUSH, &before);
        std::cerr << '\n';
    }
    return password;
}

}  // namespace

void complain(const std::vector<config::Problem>& problems) {
    for (const config::Problem& p : problems) std::cerr << printable(p.to_string()) << '\n';
    std::cerr << problems.size() << (problems.size() == 1 ? " problem\n" : " problems\n");
}

std::optional<config::Config> load_or_complain(const std::string& path) {
    auto loaded = config::load(path);
    if (auto* config = std::get_if<config::Config>(&loaded)) return std::move(*config);
    complain(std::get<std::vector<config::Problem>>(loaded));
    return std::nullopt;
}

std::string control_socket(const CommandLine& line) {
    if (!line.socket.empty()) return line.socket;
    const auto config = load_or_complain(line.config);
    return config ? config->control.socket : std::string();
}

int fail(const std::string& why) {
    std::cerr << "centrala: " << printable(why) << '\n';
    return kUnavailable;
}

namespace {

/// What only shows when the certificates are loaded; `warnings`: what is no mistake but will be trouble.
std::vector<config::Problem> check_certificates(const std::string& file, const config::Config& config,
                                                std::vector<std::string>& warnings) {
    std::vector<config::Problem> problems;
    for (std::size_t i = 0; i < config.sip.listeners.size(); ++i) {
        const config::Listener& listener = config.sip.listeners[i];
        if (!sip::is_secure(listener.transport)) continue;
        const std::string key = "sip.listen[" + std::to_string(i + 1) + "]";
        const auto checked = net::check_tls(listener.tls);
        if (!checked)
            problems.push_back({file, listener.line, key, "expected a usable certificate: " + checked.error().message});
        else
            for (const auto& warning : *checked)
                if (std::find(warnings.begin(), warnings.end(), warning) == warnings.end()) warnings.push_back(warning);
    }
    return problems;
}

/// Also what is odd only today.
std::vector<std::string> odd_in(const std::string& file, const config::Config& config) {
    std::vector<std::string> warnings;
    for (const config::Problem& p : config.warnings) warnings.push_back(p.to_string());
    for (const schedule::Schedule& s : config.schedules)
        if (const auto now = schedule::Hours(s).at(net::Clock().now()); !now.open && !now.until && ever_opens(s))
            warnings.push_back(
                config::Problem{file, s.line, "schedules." + s.name, "will not open any more"}.to_string());
    return warnings;
}

}  // namespace

int check(const CommandLine& line) {
    auto loaded = config::load(line.config);
    std::vector<std::string> warnings;
    if (const auto* config = std::get_if<config::Config>(&loaded)) warnings = odd_in(line.config, *config);
    if (const auto* config = std::get_if<config::Config>(&loaded))
        if (auto found = check_certificates(line.config, *config, warnings); !found.empty()) loaded = std::move(found);
    const auto* problems = std::get_if<std::vector<config::Problem>>(&loaded);
    if (line.json) {
        Reply json{
            {"ok", problems == nullptr}, {"file", line.config}, {"problems", Reply::array()}, {"warnings", warnings}};
        if (problems)
            for (const auto& p : *problems)
                json["problems"].push_back(
                    {{"file", p.file}, {"line", p.line}, {"key", p.key}, {"expected", p.expected}});
        std::cout << json.dump(2, ' ', false, Reply::error_handler_t::replace) << '\n';
    }
    if (problems) {
        if (!line.json) complain(*problems);
        return kConfig;
    }
    if (!line.json) {
        for (const auto& warning : warnings) std::cerr << "centrala: warning: " << printable(warning) << '\n';
        const auto& config = std::get<config::Config>(loaded);
        std::cout << line.config << " is fine: " << config.entry_points.size() << " entry points, "
                  << config.queues.size() << " queues, " << config.agents.size() << " agents, " << config.trunks.size()
                  << " trunks, " << config.sip.listeners.size() << " listeners.\n";
    }
    return kOk;
}

int show(const CommandLine& line) {
    const std::string socket = control_socket(line);
    if (socket.empty()) return kConfig;
    const std::string cmd = request_name(line.command);
    const auto reply = line.command == Command::status ? ask(socket, {{"cmd", cmd}}) : ask_list(socket, cmd);
    if (!reply) return fail(reply.error().message);
    if (!reply->value("ok", false)) return fail(reply->value("error", "the server refused"));
    if (line.json) {
        const Reply& shown = line.command == Command::status ? *reply : (*reply)[cmd];
        std::cout << shown.dump(2, ' ', false, Reply::error_handler_t::replace) << '\n';
        return kOk;
    }
    const Style style = Style::of(STDOUT_FILENO);
    switch (line.command) {
        case Command::status: std::cout << status_text(*reply, style); break;
        case Command::agents: std::cout << agents_text(*reply, style); break;
        case Command::queues: std::cout << queues_text(*reply, style); break;
        case Command::skills: std::cout << skills_text(*reply, style); break;
        case Command::entry_points: std::cout << entry_points_text(*reply, style); break;
        case Command::trunks: std::cout << trunks_text(*reply, style); break;
        case Command::bans: std::cout << bans_text(*reply, style); break;
        default: std::cout << calls_text(*reply, style); break;
    }
    return kOk;
}

int supervise(const CommandLine& line) {
    const std::string socket = control_socket(line);
    if (socket.empty()) return kConfig;
    Reply request{{"cmd", request_name(line.command)}};
    if (line.command == Command::unban)
        request["source"] = line.source;
    else
        request["agent"] = line.agent;
    if (line.command == Command::not_ready) request["reason"] = line.reason;
    if (line.command == Command::extend_wrap_up) request["by_ms"] = std::llround(line.seconds * 1'000);
    if (line.command == Command::skill) {
        request["skill"] = line.skill;
        request["level"] = line.level;
    }
    const auto reply = ask(socket, request);
    if (!reply) return fail(reply.error().message);
    if (line.json) std::cout << reply->dump() << '\n';
    if (reply->value("ok", false)) return kOk;
    return line.json ? kUnavailable : fail(explain(reply->value("error", "the server refused"), line));
}

int supervise_entry_point(const CommandLine& line) {
    const std::string socket = control_socket(line);
    if (socket.empty()) return kConfig;
    const bool close = line.command == Command::close_entry_point;
    Reply request{{"cmd", request_name(line.command)}, {"entry_point", line.entry_point}, {"reason", line.reason}};
    if (line.seconds != 0) request["for_ms"] = std::llround(line.seconds * 1'000);
    if (line.end_waiting) request["end_waiting"] = true;
    const auto reply = ask(socket, request);
    if (!reply) return fail(reply.error().message);
    const bool ok = reply->value("ok", false);
    if (line.json) {
        std::cout << reply->dump() << '\n';
        return ok ? kOk : kUnavailable;
    }
    if (!ok) {
        const std::string why = reply->value("error", "the server refused");
        return fail(why != "already_so"
                        ? why
                        : "'" + line.entry_point + (close ? "' is closed already" : "' follows its hours already"));
    }
    std::cout << door_text(*reply) << '\n';
    return kOk;
}

int tail(const CommandLine& line) {
    std::string path = line.log;
    if (path.empty()) {
        const auto config = load_or_complain(line.config);
        if (!config) return kConfig;
        path = config->log.events;
    }
    const Style style = Style::of(STDOUT_FILENO);
    LogFollower follower(path, [&](std::string_view record) {
        const std::string text = line.json ? std::string(record) : event_text(record, style, line.utc);
        if (!text.empty()) std::cout << text << '\n';
    });
    if (!follower.start(line.lines)) {
        if (!line.follow) {
            std::cerr << "centrala: " << path << ": no event log there\n";
            return kNoInput;
        }
        std::cerr << "centrala: waiting for " << path << '\n';
    }
    std::cout.flush();
    while (line.follow && std::cout.good()) {
        std::this_thread::sleep_for(std::chrono::milliseconds(100));
        follower.poll();
        std::cout.flush();
    }
    return kOk;
}

int hash_password(const CommandLine& line) {
    const std::string password = read_password();
    if (password.empty()) {
        std::cerr << "centrala: no password given\n";
        return kUsage;
    }
    std::cout << "# for " << line.user << ", realm " << line.realm << "\n";
    std::cout << "ha1_md5: " << sip::digest_ha1(sip::DigestAlgorithm::md5, line.user, line.realm, password) << "\n";
    std::cout << "ha1_sha256: " << sip::digest_ha1(sip::DigestAlgorithm::sha256, line.user, line.realm, password)
              << "\n";
    return kOk;
}

}  // namespace centrala::app
