// The subcommands that are not the server itself; each returns its exit code.
#pragma once

#include "app/command_line.hpp"
#include "centrala/config/load.hpp"

namespace centrala::app {

/// On stderr, one a line.
void complain(const std::vector<config::Problem>& problems);
/// nullopt: the problems stand on stderr, exit with kConfig.
[[nodiscard]] std::optional<config::Config> load_or_complain(const std::string& path);
/// "" after a complaint.
[[nodiscard]] std::string control_socket(const CommandLine& line);
/// Says why; kUnavailable.
int fail(const std::string& why);

int check(const CommandLine& line);
int reload(const CommandLine& line);                 ///< reload_command.cpp
int show(const CommandLine& line);                   ///< status, agents, queues, calls, entry-points, trunks, bans
int supervise(const CommandLine& line);              ///< login, logout, ready, not-ready, end-wrap-up, skill
int supervise_entry_point(const CommandLine& line);  ///< close, open
int tail(const CommandLine& line);
int trace(const CommandLine& line);  ///< trace_command.cpp
int hash_password(const CommandLine& line);
int simulate(const CommandLine& line);  ///< simulate_command.cpp
int replay(const CommandLine& line);    ///< replay_command.cpp
int staff(const CommandLine& line);     ///< staff_command.cpp
int why(const CommandLine& line);       ///< why_command.cpp
int serve(const CommandLine& line);

}  // namespace centrala::app
