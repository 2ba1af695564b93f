// From the command line to the subcommand.
#include "centrala/app/app.hpp"

#include <csignal>
#include <exception>
#include <iostream>

#include "app/commands.hpp"
#include "app/exit_code.hpp"

namespace centrala::app {
namespace {

int dispatch(const CommandLine& line) {
    switch (line.command) {
        case Command::serve: return serve(line);
        case Command::check: return check(line);
        case Command::reload: return reload(line);
        case Command::status:
        case Command::agents:
        case Command::queues:
        case Command::skills:
        case Command::calls:
        case Command::entry_points:
        case Command::trunks:
        case Command::bans: return show(line);
        case Command::unban:
        case Command::login:
        case Command::logout:
        case Command::ready:
        case Command::not_ready:
        case Command::end_wrap_up:
        case Command::extend_wrap_up:
        case Command::skill: return supervise(line);
        case Command::close_entry_point:
        case Command::open_entry_point: return supervise_entry_point(line);
        case Command::tail: return tail(line);
        case Command::trace: return trace(line);
        case Command::hash_password: return hash_password(line);
        case Command::simulate: return simulate(line);
        case Command::replay: return replay(line);
        case Command::staff: return staff(line);
        case Command::why: return why(line);
    }
    return kSoftware;
}

}  // namespace

int run(int argc, const char* const* argv) {
    std::signal(SIGPIPE, SIG_IGN);  // `centrala tail | head` ends by a failed write
    const ParsedCommandLine parsed = parse_command_line({argv + 1, argv + argc});
    if (!parsed.command_line) {
        std::cout << parsed.output;
        std::cerr << parsed.errors;
        return parsed.exit_code;
    }
    try {
        return dispatch(*parsed.command_line);
    } catch (const std::exception& error) {
        std::cerr << "centrala: " << error.what() << '\n';
        return kSoftware;
    }
}

}  // namespace centrala::app
