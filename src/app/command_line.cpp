// Subcommands and their options (CLI11); mistakes exit with EX_USAGE.
#include "app/command_line.hpp"

#include <algorithm>
#include <map>
#include <sstream>

#include <CLI/CLI.hpp>

#include "app/exit_code.hpp"
#include "app/version.hpp"
#include "centrala/config/scenario.hpp"

namespace centrala::app {
namespace {

constexpr const char* kAbout = R"(Centrala - inbound call distribution (ACD) over SIP

Callers wait in skill-based queues and are handed to the best free agent, whose
ordinary SIP phone registers here. Every hand-off stands in one event log.)";

constexpr const char* kFooter = R"(Examples:
  centrala check                        is the configuration sound?
  centrala serve                        run the server in the foreground
  centrala reload                       let it take over a changed configuration
  centrala tail                         watch calls being handed on
  centrala status                       how is it doing?
  centrala why c12                      why did that call go where it went?
  centrala trace --call 100 --full      the SIP of the calls to 100, from now on
  centrala agents --json | jq .         the same for programs
  centrala not-ready ann --reason lunch take an agent out, as a supervisor
  centrala close sales --reason "alarm" let nobody in any more, until 'open'
  centrala hash-password ann centrala   what to put into the file instead of a password
  centrala replay day.log -c new.yaml   yesterday under another configuration
  centrala staff scenario.yaml          how many agents it takes

'centrala COMMAND --help' tells more of a command. Exit codes are those of
sysexits.h: 0 fine, 64 wrong usage, 69 no server answers or it refuses,
71 cannot bind, 73 cannot create a file, 75 another server is at work, 78 mistakes
in the configuration.)";

class Parser {
public:
    Parser() : app_(kAbout, "centrala") {
        app_.set_version_flag("--version", "centrala " + std::string(kVersion));
        app_.set_help_flag("-h,--help", "Print this help");
        app_.footer(kFooter);
        app_.require_subcommand(1);
        app_.fallthrough();
        app_.get_formatter()->column_width(30);
        app_.add_option("-c,--config", line_.config, "Configuration file (config/centrala.yaml)")->type_name("FILE");
        add_server_commands();
        add_lists();
        add_tail();
        add_trace();
        add_why();
        add_supervisor_commands();
        add_door_commands();
        add_hash_password();
        add_simulate();
        add_replay();
        add_staff();
    }

    ParsedCommandLine parse(std::vector<std::string> arguments) {
        std::reverse(arguments.begin(), arguments.end());  // as CLI11 wants them
        ParsedCommandLine result;
        try {
            app_.parse(std::move(arguments));
            result.command_line = line_;
        } catch (const CLI::ParseError& error) {
            std::ostringstream out, errors;
            const bool asked = app_.exit(error, out, errors) == 0;  // --help, --version
            result.exit_code = asked ? kOk : kUsage;
            result.output = out.str();
            result.errors = errors.str();
        }
        return result;
    }

private:
    CLI::App* add(const char* name, const char* about, Command command, const char* group) {
        CLI::App* const sub = app_.add_subcommand(name, about);
        sub->group(group);
        sub->callback([this, command] { line_.command = command; });
        return sub;
    }
    void add_json(CLI::App* sub) { sub->add_flag("--json", line_.json, "JSON instead of text for people"); }
    void add_socket(CLI::App* sub) {
        sub->add_option("--socket", line_.socket, "Control socket (as configured)")->type_name("PATH");
        add_json(sub);
    }

    void add_server_commands() {
        add("serve", "Run the server in the foreground", Command::serve, "Server")
            ->footer(
                "SIGTERM or Ctrl-C takes no new calls and ends when the last is over, at the latest after "
                "drain_limit;\n"
                "once more: ends them now. SIGUSR2: ends at once and leaves the calls to the next start.\n"
                "SIGUSR1: opens the event log anew, for logrotate. SIGHUP: that, certificates, and 'centrala reload'.");
        add_json(
            add("check", "Check the configuration; every mistake with file, line and key", Command::check, "Server"));
        CLI::App* const reload = add("reload", "Make the server read its configuration again, with calls going on",
                                     Command::reload, "Server");
        add_socket(reload);
        reload->footer(
            "Skills, queues, schedules, lists of callers, caller_lookup, entry points, agents and their groups,\n"
            "routing, feature codes and reasons change at once, everything else at the next start, and is named.\n"
            "With a mistake in the file nothing changes.");
    }
    CLI::Option* add_time(CLI::App* sub, const char* about) {
        return sub->add_option("--for", line_.seconds, about)
            ->type_name("TIME")
            ->transform(CLI::AsNumberWithUnit(
                std::map<std::string, double>{{"ms", 0.001}, {"s", 1}, {"m", 60}, {"h", 3'600}, {"d", 86'400}},
                CLI::AsNumberWithUnit::CASE_SENSITIVE));
    }
    void add_lists() {
        add_socket(add("status", "How the server is doing: calls, agents, traffic, log", Command::status, "Watching"));
        add_socket(add("agents", "Agents: state, since when, call, phone, skills", Command::agents, "Watching"));
        add_socket(add("queues", "Queues: who waits and for how long, who could help, service level", Command::queues,
                       "Watching"));
        add_socket(add("skills", "Skills: who has them, who needs them, service level", Command::skills, "Watching"));
        add_socket(add("calls", "Calls: caller, queue, position, agent, age", Command::calls, "Watching"));
        add_socket(add("entry-points", "Entry points: open or closed, why, and until when", Command::entry_points,
                       "Watching"));
        add_socket(add("trunks", "Trunks: gateways, registration, calls", Command::trunks, "Watching"));
        add_socket(add("bans", "Addresses that are not heard, why, and for how long", Command::bans, "Watching"));
    }
    void add_tail() {
        CLI::App* const tail = add("tail", "Watch the event log; needs no server", Command::tail, "Watching");
        add_json(tail);
        tail->add_option("-n,--lines", line_.lines, "Begin with the last N lines (10)")
            ->type_name("N")
            ->check(CLI::Range(0UL, 10'000'000UL));
        tail->add_flag("-f,--follow,!--no-follow", line_.follow,
                       "Go on as the log grows (default), or don't: --no-follow");
        tail->add_flag("--utc", line_.utc, "Times in UTC, as logged");
        tail->add_option("--log", line_.log, "Event log (as configured)")->type_name("PATH");
    }
    void add_trace() {
        CLI::App* const trace =
            add("trace", "Watch SIP messages, or record them for Wireshark or Homer", Command::trace, "Watching");
        add_socket(trace);
        trace
            ->add_option("--call", line_.call,
                         "One call, both legs: its contact (c12), Call-ID, or a number before it arrives")
            ->type_name("CALL");
        trace->add_option("--peer", line_.peer, "One address, or a block such as 192.0.2.0/24")->type_name("ADDRESS");
        trace->add_option("--agent", line_.agent, "What an agent's phones say and hear")->type_name("AGENT");
        trace->add_option("--pcap", line_.pcap, "Write a pcap file for Wireshark, tshark, sngrep; - is standard output")
            ->type_name("FILE");
        trace->add_option("--hep", line_.hep, "Send HEPv3 to a Homer collector, from here")->type_name("ADDRESS:PORT");
        trace->add_flag("--full", line_.full, "Whole messages instead of a line each");
        trace->add_flag("--secrets", line_.secrets,
                        "Don't mask digest responses, keys, and bodies of MESSAGE and INFO");
        add_time(trace, "Stop after that time, such as 60s or 5m");
        trace->add_option("--max", line_.messages, "Stop after N messages")->type_name("N");
        trace->footer(
            "All that is given must hold; nothing given: every message. Ctrl-C ends it. Live in Wireshark:\n"
            "  centrala trace --pcap - | wireshark -k -i -");
    }
    CLI::App* add_agent_command(const char* name, const char* about, Command command) {
        CLI::App* const sub = add(name, about, command, "Supervising");
        sub->add_option("agent", line_.agent, "The agent's name")->required()->type_name("AGENT");
        add_socket(sub);
        return sub;
    }
    void add_supervisor_commands() {
        CLI::App* const unban = add("unban", "Hear a banned address again", Command::unban, "Supervising");
        unban->add_option("address", line_.source, "The banned address")->required()->type_name("ADDRESS");
        add_socket(unban);
        add_agent_command("login", "Log an agent in", Command::login);
        add_agent_command("logout", "Log an agent out, after the present call", Command::logout);
        add_agent_command("ready", "Make an agent ready for calls", Command::ready);
        add_agent_command("not-ready", "Make an agent not ready, after the present call", Command::not_ready)
            ->add_option("--reason", line_.reason, "One of the configured reasons")
            ->type_name("REASON");
        add_agent_command("end-wrap-up", "End an agent's wrap-up", Command::end_wrap_up);
        add_time(
            add_agent_command("extend-wrap-up", "Give an agent more time for the wrap-up", Command::extend_wrap_up),
            "So much more: 30s, 2m")
            ->required();
        CLI::App* const skill = add_agent_command(
            "skill", "Set an agent's level in a skill, until the configuration says another", Command::skill);
        skill->add_option("skill", line_.skill, "The skill's name")->required()->type_name("SKILL");
        skill->add_option("level", line_.level, "1 to 10; 0 takes the skill away")
            ->required()
            ->type_name("LEVEL")
            ->check(CLI::Range(0, 10));
    }
    CLI::App* add_door_command(const char* name, const char* about, Command command) {
        CLI::App* const sub = add(name, about, command, "Supervising");
        sub->add_option("entry_point", line_.entry_point, "The entry point's name")
            ->required()
            ->type_name("ENTRY_POINT");
        sub->add_option("--reason", line_.reason, "Why, for the log and for who asks")->type_name("TEXT");
        add_socket(sub);
        return sub;
    }
    void add_door_commands() {
        CLI::App* const close =
            add_door_command("close", "Close an entry point: callers are refused", Command::close_entry_point);
        add_time(close, "Back to its hours after that time, such as 30m or 2h; else it is closed until 'open'");
        close->add_flag("--end-waiting", line_.end_waiting, "End the calls that wait, too; else they are served");
        CLI::App* const open =
            add_door_command("open", "Take back 'close': its hours count again; with --for open it whatever they say",
                             Command::open_entry_point);
        add_time(open, "Open it for that time, such as 30m or 2h, then back to its hours");
    }
    void add_hash_password() {
        CLI::App* const hash = add(
            "hash-password", "Hash a SIP password for the configuration; reads it from the terminal or standard input",
            Command::hash_password, "Server");
        hash->add_option("user", line_.user, "The name to register with")->required()->type_name("USER");
        hash->add_option("realm", line_.realm, "registration.realm of the configuration")
            ->required()
            ->type_name("REALM");
    }

    void add_simulate() {
        CLI::App* const simulate =
            add("simulate", "Try routing and staffing on callers that are made up", Command::simulate, "Planning");
        add_scenario(simulate);
        simulate
            ->add_option("--decisions", line_.decisions,
                         "Write who answered whom when in the first replication of the first alternative: CSV")
            ->type_name("FILE");
        simulate
            ->add_option("--log", line_.log, "Write the first replication's event log, as a server would; for replay")
            ->type_name("FILE");
        simulate->add_option("--svg", line_.svg, "Draw service level and waits")->type_name("FILE");
        add_json(simulate);
    }

    void add_why() {
        CLI::App* const why =
            add("why", "Why a call went to that agent or waits, why an agent gets no call", Command::why, "Watching");
        why->add_option("about", line_.about, "A call (c12) or an agent")->required()->type_name("CALL|AGENT");
        add_json(why);
        why->add_option("--log", line_.logs, "Event log (as configured), .gz too; once for each of its files")
            ->type_name("PATH")
            ->allow_extra_args(false);
        why->add_flag("--utc", line_.utc, "Times in UTC, as logged");
        why->footer(
            "Reads the event log and thinks each decision through again; needs no server. For a call that\n"
            "arrived before the configured log begins it goes back through the rotated files beside it: their\n"
            "first lines tell which, and these are read from the call's arrival to its end.");
    }

    void add_replay() {
        CLI::App* const replay =
            add("replay", "Play an event log again under another configuration: what would have happened",
                Command::replay, "Planning");
        replay
            ->add_option("log", line_.logs,
                         "Event log, all of its files if it was rotated, .gz too; docs/simulation.md says what is "
                         "taken from it")
            ->required()
            ->type_name("LOG");
        replay
            ->add_option("--was", line_.was,
                         "The configuration that the log was written under, to be played, too: tells how far a replay "
                         "is to be believed")
            ->type_name("FILE");
        add_chance(replay, "10");
        add_json(replay);
    }
    void add_staff() {
        CLI::App* const staff =
            add("staff", "Find the fewest agents that meet the goals of a scenario's classes, by interval and kind",
                Command::staff, "Planning");
        add_scenario(staff);
        staff
            ->add_option("--simulations", line_.simulations,
                         "Stop after N simulations, each of all replications (1000)")
            ->type_name("N")
            ->check(CLI::Range(1UL, 1'000'000UL));
        add_json(staff);
    }
    void add_scenario(CLI::App* sub) {
        sub->add_option("scenario", line_.scenario, "What to simulate; docs/simulation.md has the language")
            ->required()
            ->type_name("FILE");
        add_chance(sub, "as in the scenario");
        sub->add_option("--only", line_.only, "One of the alternatives under compare")->type_name("NAME");
        sub->add_option("--calls", line_.calls, "Calls from a CSV file: arrival_s,class,work_s,patience_s")
            ->type_name("FILE");
    }
    /// What is drawn, and how often. `otherwise`: how many replications if it isn't said.
    void add_chance(CLI::App* sub, const std::string& otherwise) {
        sub->add_option("--seed", line_.seed, "Other callers: any number")->type_name("N");
        sub->add_option("--reps", line_.replications, "Replications (" + otherwise + ")")
            ->type_name("N")
            ->check(CLI::Range(1U, config::kReplicationsMax));
    }

    CLI::App app_;
    CommandLine line_;
};

}  // namespace

ParsedCommandLine parse_command_line(std::vector<std::string> arguments) {
    return Parser().parse(std::move(arguments));
}

}  // namespace centrala::app
