// The command line: values, help, mistakes.
#include "app/command_line.hpp"

#include <gmock/gmock.h>

namespace centrala::app {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

CommandLine parsed(std::vector<std::string> arguments) {
    const ParsedCommandLine result = parse_command_line(std::move(arguments));
    EXPECT_TRUE(result.command_line) << result.errors;
    return result.command_line.value_or(CommandLine{});
}

TEST(ParseCommandLine, ServesTheUsualFileUnlessToldOtherwise) {
    EXPECT_EQ(parsed({"serve"}).command, Command::serve);
    EXPECT_EQ(parsed({"serve"}).config, "config/centrala.yaml");
    EXPECT_EQ(parsed({"serve", "-c", "x.yaml"}).config, "x.yaml");
    EXPECT_EQ(parsed({"--config", "x.yaml", "serve"}).config, "x.yaml");
}

TEST(ParseCommandLine, KnowsEachCommand) {
    const std::pair<const char*, Command> table[] = {
        {"check", Command::check},   {"status", Command::status}, {"agents", Command::agents},
        {"queues", Command::queues}, {"calls", Command::calls},   {"skills", Command::skills},
        {"tail", Command::tail},     {"bans", Command::bans},     {"entry-points", Command::entry_points}};
    for (const auto& [name, command] : table) {
        EXPECT_EQ(parsed({name}).command, command);
        EXPECT_FALSE(parsed({name}).json);
        EXPECT_TRUE(parsed({name, "--json"}).json) << name;
    }
    const std::pair<const char*, Command> supervising[] = {{"login", Command::login},
                                                           {"logout", Command::logout},
                                                           {"ready", Command::ready},
                                                           {"not-ready", Command::not_ready},
                                                           {"end-wrap-up", Command::end_wrap_up}};
    const CommandLine more = parsed({"extend-wrap-up", "ann", "--for", "90s"});
    EXPECT_EQ(more.command, Command::extend_wrap_up);
    EXPECT_EQ(more.seconds, 90);
    EXPECT_EQ(parse_command_line({"extend-wrap-up", "ann"}).exit_code, 64) << "by how much?";
    for (const auto& [name, command] : supervising) {
        EXPECT_EQ(parsed({name, "ann"}).command, command);
        EXPECT_EQ(parsed({name, "ann"}).agent, "ann");
    }
}

TEST(ParseCommandLine, ClosesAndOpensAnEntryPointForAWhileOrUntilToldOtherwise) {
    const CommandLine close = parsed({"close", "sales", "--reason", "fire alarm", "--for", "30m", "--end-waiting"});
    EXPECT_EQ(close.command, Command::close_entry_point);
    EXPECT_EQ(close.entry_point, "sales");
    EXPECT_EQ(close.reason, "fire alarm");
    EXPECT_EQ(close.seconds, 1'800);
    EXPECT_TRUE(close.end_waiting);
    const CommandLine open = parsed({"open", "sales"});
    EXPECT_EQ(open.command, Command::open_entry_point);
    EXPECT_EQ(open.seconds, 0);
    EXPECT_EQ(parse_command_line({"open", "sales", "--end-waiting"}).exit_code, 64) << "there is nobody to end";
    EXPECT_EQ(parse_command_line({"close"}).exit_code, 64);
}

TEST(ParseCommandLine, TakesTheAddressThatIsToBeHeardAgain) {
    EXPECT_EQ(parsed({"unban", "192.0.2.7"}).command, Command::unban);
    EXPECT_EQ(parsed({"unban", "192.0.2.7"}).source, "192.0.2.7");
}

TEST(ParseCommandLine, SimulatesAScenarioAsItIsUnlessToldOtherwise) {
    const CommandLine plain = parsed({"simulate", "s.yaml"});
    EXPECT_EQ(plain.command, Command::simulate);
    EXPECT_EQ(plain.scenario, "s.yaml");
    EXPECT_FALSE(plain.seed || plain.replications);
    const CommandLine other = parsed({"simulate", "s.yaml", "--seed", "7", "--reps", "3", "--only", "a", "--calls",
                                      "c.csv", "--decisions", "d.csv", "--svg", "p.svg"});
    EXPECT_EQ(other.seed, 7U);
    EXPECT_EQ(other.replications, 3U);
    EXPECT_EQ(other.only + other.calls + other.decisions + other.svg, "ac.csvd.csvp.svg");
    EXPECT_EQ(parse_command_line({"simulate"}).exit_code, 64);
    EXPECT_EQ(parse_command_line({"simulate", "s.yaml", "--reps", "0"}).exit_code, 64);
}

TEST(ParseCommandLine, ReplaysALogUnderAConfiguration) {
    const CommandLine line =
        parsed({"replay", "day.ndjson", "--config", "new.yaml", "--was", "old.yaml", "--reps", "3"});
    EXPECT_EQ(line.command, Command::replay);
    EXPECT_EQ(line.config + " " + line.was, "new.yaml old.yaml");
    EXPECT_THAT(line.logs, ElementsAre("day.ndjson"));
    EXPECT_EQ(line.replications, 3U);
    EXPECT_THAT(parsed({"replay", "a.1.gz", "a", "-c", "new.yaml"}).logs, ElementsAre("a.1.gz", "a"));
    EXPECT_EQ(parse_command_line({"replay"}).exit_code, 64);
}

TEST(ParseCommandLine, StaffsAScenario) {
    const CommandLine line = parsed({"staff", "s.yaml", "--simulations", "50", "--only", "a", "--json"});
    EXPECT_EQ(line.command, Command::staff);
    EXPECT_EQ(line.scenario + " " + line.only, "s.yaml a");
    EXPECT_EQ(line.simulations, 50U);
    EXPECT_EQ(parse_command_line({"staff", "s.yaml", "--simulations", "0"}).exit_code, 64);
}

TEST(ParseCommandLine, FollowsWithTailUnlessToldNotTo) {
    EXPECT_TRUE(parsed({"tail"}).follow);
    EXPECT_TRUE(parsed({"tail", "-f"}).follow);
    EXPECT_FALSE(parsed({"tail", "--no-follow"}).follow);
    EXPECT_EQ(parsed({"tail"}).lines, 10u);
    EXPECT_EQ(parsed({"tail", "-n", "0"}).lines, 0u);
    EXPECT_EQ(parsed({"tail", "--log", "/x"}).log, "/x");
}

TEST(ParseCommandLine, ExplainsFromSeveralLogs) {
    EXPECT_TRUE(parsed({"why", "c12"}).logs.empty());
    const CommandLine line = parsed({"why", "--log", "a.1.gz", "c12", "--log", "a"});
    EXPECT_EQ(line.about, "c12");
    EXPECT_THAT(line.logs, ElementsAre("a.1.gz", "a"));
}

TEST(ParseCommandLine, TakesWhatSupervisorsSay) {
    EXPECT_EQ(parsed({"not-ready", "ann", "--reason", "lunch"}).reason, "lunch");
    const CommandLine skill = parsed({"skill", "ann", "german", "7", "--socket", "/s"});
    EXPECT_EQ(skill.command, Command::skill);
    EXPECT_EQ(skill.skill, "german");
    EXPECT_EQ(skill.level, 7);
    EXPECT_EQ(skill.socket, "/s");
    const CommandLine hash = parsed({"hash-password", "ann", "centrala"});
    EXPECT_EQ(hash.user, "ann");
    EXPECT_EQ(hash.realm, "centrala");
}

TEST(ParseCommandLine, HelpsOnStandardOutput) {
    for (const std::vector<std::string>& arguments :
         {std::vector<std::string>{"--help"}, {"serve", "--help"}, {"--version"}}) {
        const ParsedCommandLine result = parse_command_line(arguments);
        EXPECT_FALSE(result.command_line);
        EXPECT_EQ(result.exit_code, 0);
        EXPECT_NE(result.output, "");
        EXPECT_EQ(result.errors, "");
    }
    const std::string help = parse_command_line({"--help"}).output;
    for (const char* command :
         {"serve", "check", "status", "tail", "not-ready", "hash-password", "Examples", "sysexits"})
        EXPECT_THAT(help, HasSubstr(command));
    EXPECT_THAT(parse_command_line({"--version"}).output, HasSubstr("centrala 0."));
}

TEST(ParseCommandLine, RefusesMistakesWithUsage) {
    const std::vector<std::vector<std::string>> mistakes = {{},
                                                            {"bogus"},
                                                            {"serve", "--nope"},
                                                            {"login"},
                                                            {"skill", "ann", "german"},
                                                            {"skill", "ann", "german", "11"},
                                                            {"skill", "ann", "german", "x"},
                                                            {"tail", "-n", "-1"},
                                                            {"tail", "-n"},
                                                            {"login", "ann", "ben"},
                                                            {"hash-password", "ann"}};
    for (const auto& arguments : mistakes) {
        const ParsedCommandLine result = parse_command_line(arguments);
        EXPECT_FALSE(result.command_line) << testing::PrintToString(arguments);
        EXPECT_EQ(result.exit_code, 64);
        EXPECT_NE(result.errors, "");
        EXPECT_EQ(result.output, "");
    }
}

}  // namespace
}  // namespace centrala::app
