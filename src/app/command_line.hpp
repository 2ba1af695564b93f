// The command line as a value.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace centrala::app {

enum class Command : unsigned char {
    serve,
    check,
    reload,
    status,
    agents,
    queues,
    skills,
    calls,
    entry_points,
    trunks,
    bans,
    unban,
    tail,
    trace,
    login,
    logout,
    ready,
    not_ready,
    end_wrap_up,
    extend_wrap_up,
    skill,
    close_entry_point,
    open_entry_point,
    hash_password,
    simulate,
    replay,
    staff,
    why,
};

struct CommandLine {
    Command command = Command::serve;
    std::string config = "config/centrala.yaml";
    std::string socket;             ///< "": as configured
    std::string log;                ///< tail: "": as configured; simulate: "": none
    std::vector<std::string> logs;  ///< replay; why: none: as configured
    bool json = false;
    bool follow = true;
    bool utc = false;
    std::size_t lines = 10;
    std::string source;  ///< unban
    std::string about;   ///< why: a contact, or an agent's name
    std::string agent, reason, skill, user, realm;
    int level = 0;
    std::string entry_point;  ///< close, open
    bool end_waiting = false;
    std::string call, peer;  ///< trace: which messages
    std::string pcap, hep;   ///< trace: "": to the terminal
    bool secrets = false, full = false;
    double seconds = 0;          ///< trace, close, open: for so long; 0: until told otherwise; extend-wrap-up: by
    std::uint64_t messages = 0;  ///< trace: so many; 0: any number
    std::string scenario;        ///< simulate; what follows too: "" is none
    std::string only, calls, decisions, svg;
    std::string was;  ///< replay: the configuration that the log was written under; "": none
    std::optional<std::uint64_t> seed;
    std::optional<std::uint32_t> replications;
    std::optional<std::size_t> simulations;  ///< staff: at most
};

struct ParsedCommandLine {
    std::optional<CommandLine> command_line;
    int exit_code = 0;           ///< when there is nothing to do: help, version, mistakes
    std::string output, errors;  ///< what to print then
};

/// `arguments` without the program's name.
[[nodiscard]] ParsedCommandLine parse_command_line(std::vector<std::string> arguments);

}  // namespace centrala::app
