// The whole daemon in this process, on ports of the system's choice: start, answer, obey, rotate, stop.
#include "app/daemon.hpp"

#include <csignal>
#include <thread>

#include <arpa/inet.h>
#include <gmock/gmock.h>
#include <nlohmann/json.hpp>
#include <spdlog/sinks/null_sink.h>
#include <sys/socket.h>
#include <unistd.h>

#include "app/control_client.hpp"
#include "app/exit_code.hpp"
#include "app/temporary_folder.hpp"
#include "app/views.hpp"
#include "centrala/config/load.hpp"

namespace centrala::app::test {
namespace {

using testing::HasSubstr;

struct DaemonTest : testing::Test {
    TemporaryFolder folder;
    std::string socket = folder.path("state/c.sock"), log = folder.path("state/events.ndjson");
    std::unique_ptr<Daemon> daemon;
    std::thread thread;
    int exit_code = -1;

    std::unique_ptr<Daemon> make(const std::string& listen = "127.0.0.1:0") {
        const std::string yaml = "sip: {listen: [{udp: \"" + listen + "\"}, {tcp: \"" + listen +
                                 "\"}]}\n"
                                 "trunks: {here: {sources: [127.0.0.0/8]}}\n"
                                 "skills: [talk, german]\n"
                                 "queues: {orders: {requires: {talk: 1}}}\n"
                                 "entry_points: {main: {numbers: [100], queue: orders}}\n"
                                 "agents:\n"
                                 "  ann: {display_name: Ann, password: a-good-one, skills: {talk: 5}}\n"
                                 "  ben: {display_name: Ben, password: another-one, skills: {talk: 3}}\n"
                                 "not_ready_reasons: [lunch]\n"
                                 "log: {events: \"" +
                                 log +
                                 "\"}\n"
                                 "control: {socket: \"" +
                                 socket +
                                 "\"}\n"
                                 "state_dir: \"" +
                                 folder.path("state") + "\"\n";
        folder.write("t.yaml", yaml);
        auto loaded = config::load(folder.path("t.yaml"));
        if (const auto* problems = std::get_if<std::vector<config::Problem>>(&loaded)) {
            for (const auto& p : *problems) ADD_FAILURE() << p.to_string();
            return nullptr;
        }
        return std::make_unique<Daemon>(
            std::move(std::get<config::Config>(loaded)), folder.path("t.yaml"),
            std::make_shared<spdlog::logger>("test", std::make_shared<spdlog::sinks::null_sink_mt>()));
    }
    void begin() {
        daemon = make();
        ASSERT_TRUE(daemon);
        ASSERT_EQ(daemon->open(), kOk);
        thread = std::thread([this] { exit_code = daemon->run(); });
    }
    /// SIGTERM as an operator sends it; the daemon's signal_set has it before the process would die of it.
    void end() {
        if (!thread.joinable()) return;
        ::kill(::getpid(), SIGTERM);
        thread.join();
    }
    ~DaemonTest() override { end(); }

    [[nodiscard]] Reply status() const {
        auto reply = ask(socket, {{"cmd", "status"}});
        EXPECT_TRUE(reply.ok()) << reply.error().message;
        return reply.ok() ? std::move(reply).value() : Reply::object();
    }
    /// What becomes of it, with `from` in the file replaced.
    [[nodiscard]] Reply reload_with(const std::string& from, const std::string& to) const {
        std::string yaml = folder.read("t.yaml");
        yaml.replace(yaml.find(from), from.size(), to);
        folder.write("t.yaml", yaml);
        Reply outcome;
        const auto asked = ask_and_listen(socket, {{"cmd", "reload"}},
                                          {[&](std::string_view line) {
                                               outcome = Reply::parse(line);
                                               return false;
                                           },
                                           [] {},
                                           {}});
        EXPECT_TRUE(asked.ok() && (*asked)["ok"] == true);
        return outcome;
    }
    [[nodiscard]] std::uint16_t udp_port() const {
        return Endpoint::parse(status()["listeners"][0]["address"].get<std::string>())->port;
    }
    [[nodiscard]] std::string events() const { return folder.read("state/events.ndjson"); }
};

/// Sends an OPTIONS request and returns the answer.
std::string options(std::uint16_t port) {
    const int fd = ::socket(AF_INET, SOCK_DGRAM, 0);
    sockaddr_in to{};
    to.sin_family = AF_INET;
    to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    to.sin_port = htons(port);
    EXPECT_EQ(::connect(fd, reinterpret_cast<sockaddr*>(&to), sizeof to), 0);
    const timeval patience{10, 0};
    ::setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    const std::string request =
        "OPTIONS sip:100@127.0.0.1 SIP/2.0\r\nVia: SIP/2.0/UDP 127.0.0.1:9;rport;branch=z9hG4bKtest1\r\nFrom: "
        "<sip:x@127.0.0.1>;tag=1\r\n"
        "To: <sip:100@127.0.0.1>\r\nCall-ID: t1\r\nCSeq: 1 OPTIONS\r\nMax-Forwards: 70\r\nContent-Length: 0\r\n\r\n";
    ::send(fd, request.data(), request.size(), 0);
    std::string answer(65'536, '\0');
    const ssize_t n = ::recv(fd, answer.data(), answer.size(), 0);
    answer.resize(n > 0 ? static_cast<std::size_t>(n) : 0);
    ::close(fd);
    return answer;
}

TEST_F(DaemonTest, AnswersSipAndTheControlSocketAndStopsInOrder) {
    begin();
    EXPECT_THAT(options(udp_port()), HasSubstr("SIP/2.0 200"));
    const Reply s = status();
    EXPECT_EQ(s["state"], "serving");
    EXPECT_EQ(s["agents"]["logged_out"], 2);
    EXPECT_GE(s["sip"]["received"], 1);
    EXPECT_EQ(s["journal"]["failing"], false);
    EXPECT_THAT(status_text(s, {}), HasSubstr("healthy"));
    end();
    EXPECT_EQ(exit_code, kOk);
    EXPECT_THAT(events(), HasSubstr("server.started"));
    EXPECT_THAT(events(), HasSubstr("server.draining"));
    EXPECT_THAT(events(), HasSubstr("server.stopped"));
    EXPECT_FALSE(std::filesystem::exists(socket));
    EXPECT_TRUE(std::filesystem::exists(folder.path("state/registrations.json")));
}

TEST_F(DaemonTest, ObeysSupervisors) {
    begin();
    EXPECT_EQ((*ask(socket, {{"cmd", "login"}, {"agent", "ann"}}))["ok"], true);
    EXPECT_EQ((*ask(socket, {{"cmd", "login"}, {"agent", "ann"}}))["error"], "already_logged_in");
    EXPECT_EQ((*ask(socket, {{"cmd", "not-ready"}, {"agent", "ann"}, {"reason", "lunch"}}))["ok"], true);
    EXPECT_EQ((*ask(socket, {{"cmd", "not-ready"}, {"agent", "ann"}, {"reason", "fishing"}}))["error"],
              "unknown_reason");
    EXPECT_EQ((*ask(socket, {{"cmd", "skill"}, {"agent", "ben"}, {"skill", "german"}, {"level", 7}}))["ok"], true);
    const Reply agents = *ask_list(socket, "agents");
    ASSERT_EQ(agents["agents"].size(), 2u);
    EXPECT_EQ(agents["agents"][0]["reason"], "lunch");
    EXPECT_EQ(agents["agents"][1]["skills"]["german"], 7);
    EXPECT_THAT(agents_text(agents, {}), HasSubstr("talk:3 german:7"));
    const Reply queues = *ask_list(socket, "queues");
    EXPECT_EQ(queues["queues"][0]["agents_logged_in"], 1);
    EXPECT_THAT(queues_text(queues, {}), HasSubstr("orders"));
    EXPECT_EQ(calls_text(*ask_list(socket, "calls"), {}), "No calls.\n");
    EXPECT_EQ(bans_text(*ask_list(socket, "bans"), {}), "No bans.\n");
    EXPECT_THAT(events(), HasSubstr("\"skill\":\"german\"")) << "what a command did is in the log before its reply";
}

TEST_F(DaemonTest, ClosesAndOpensEntryPoints) {
    begin();
    const auto closed = *ask(socket, {{"cmd", "close"}, {"entry_point", "main"}, {"reason", "fire alarm"}});
    EXPECT_EQ(closed["ok"], true);
    EXPECT_EQ(closed["state"], "closed");
    EXPECT_EQ(door_text(closed), "main is closed by command: fire alarm");
    EXPECT_EQ(status()["entry_points"]["closed"], 1);
    EXPECT_THAT(status_text(status(), {}), HasSubstr("0 open, 1 closed (1 by command)"));
    EXPECT_THAT(entry_points_text(*ask_list(socket, "entry_points"), {}), HasSubstr("fire alarm"));
    EXPECT_EQ((*ask(socket, {{"cmd", "close"}, {"entry_point", "main"}, {"reason", "fire alarm"}}))["error"],
              "already_so");
    const auto opened = *ask(socket, {{"cmd", "open"}, {"entry_point", "main"}});
    EXPECT_EQ(door_text(opened), "main is open by its hours");
    EXPECT_EQ((*ask(socket, {{"cmd", "open"}, {"entry_point", "main"}}))["error"], "already_so");
    const auto for_a_while = *ask(socket, {{"cmd", "open"}, {"entry_point", "main"}, {"for_ms", 7'200'000}});
    EXPECT_THAT(door_text(for_a_while), HasSubstr("main is open by command until "));
    EXPECT_NEAR(for_a_while["changes_in_ms"].get<double>(), 7'200'000, 1);
    EXPECT_THAT(events(), HasSubstr("\"reason\":\"fire alarm\""))
        << "what a command did is in the log before its reply";
}

TEST_F(DaemonTest, RefusesNonsenseOnTheControlSocket) {
    begin();
    const std::pair<Reply, const char*> table[] = {
        {Reply{{"cmd", "explode"}}, "unknown command"},
        {Reply::object(), "unknown command"},
        {Reply{{"cmd", 7}}, "unknown command"},
        {Reply::array({1}), "expected one JSON object"},
        {Reply{{"cmd", "login"}}, "no agent"},
        {Reply{{"cmd", "login"}, {"agent", "zoe"}}, "no agent 'zoe'"},
        {Reply{{"cmd", "skill"}, {"agent", "ann"}, {"skill", "german"}, {"level", 11}}, "level must be"},
        {Reply{{"cmd", "skill"}, {"agent", "ann"}, {"skill", "german"}, {"level", "x"}}, "level must be"},
        {Reply{{"cmd", "close"}, {"entry_point", "side"}}, "no entry point 'side'"},
        {Reply{{"cmd", "close"}, {"entry_point", "main"}, {"for_ms", 0}}, "for_ms must be"},
        {Reply{{"cmd", "close"}, {"entry_point", "main"}, {"for_ms", "soon"}}, "for_ms must be"},
        {Reply{{"cmd", "close"}, {"entry_point", "main"}, {"reason", std::string(257, 'x')}}, "at most 256 bytes"},
        {Reply{{"cmd", "unban"}, {"source", "mallory"}}, "expected as source an address"},
        {Reply{{"cmd", "unban"}, {"source", "192.0.2.66"}}, "'192.0.2.66' is not banned"},
        {Reply{{"cmd", "skill"}, {"agent", "ann"}, {"skill", "greek"}, {"level", 1}}, "no skill 'greek'"},
    };
    for (const auto& [request, why] : table) {
        const auto reply = ask(socket, request);
        ASSERT_TRUE(reply.ok()) << reply.error().message;
        EXPECT_EQ((*reply)["ok"], false);
        EXPECT_THAT((*reply)["error"].get<std::string>(), HasSubstr(why));
    }
    EXPECT_EQ((*ask(socket, {{"cmd", "agents"}, {"from", 99}}))["agents"].size(), 0u);
}

struct LogRotationTest : DaemonTest, testing::WithParamInterface<int> {};
INSTANTIATE_TEST_SUITE_P(Signals, LogRotationTest, testing::Values(SIGUSR1, SIGHUP),
                         [](const auto& signal) { return std::string(signal.param == SIGHUP ? "SIGHUP" : "SIGUSR1"); });
TEST_P(LogRotationTest, OpensTheLogAnew) {
    begin();
    (void)status();
    std::filesystem::rename(log, log + ".1");
    ::kill(::getpid(), GetParam());
    const auto limit = std::chrono::steady_clock::now() + std::chrono::seconds(10);
    while (events().find("agent.snapshot") == std::string::npos && std::chrono::steady_clock::now() < limit)
        (void)status();
    EXPECT_THAT(events(), HasSubstr("log.opened"));
    EXPECT_THAT(folder.read("state/events.ndjson.1"), HasSubstr("server.started"));
    end();
    EXPECT_THAT(events(), HasSubstr("server.stopped"));
}

TEST_F(DaemonTest, TakesOverAChangedConfiguration) {
    begin();
    EXPECT_EQ((*ask(socket, {{"cmd", "login"}, {"agent", "zoe"}}))["ok"], false);
    const Reply outcome = reload_with("agents:\n", "agents:\n  zoe: {password: a-new-one, skills: {talk: 1}}\n");
    EXPECT_EQ(outcome["ok"], true) << outcome;
    EXPECT_THAT(outcome["changes"], testing::ElementsAre("agent zoe is added"));
    EXPECT_EQ((*ask(socket, {{"cmd", "login"}, {"agent", "zoe"}}))["ok"], true);
    EXPECT_EQ(status()["agents"]["total"], 3);
    EXPECT_EQ(reload_with("[talk, german]", "[german, talk]")["changes"], Reply::array()) << "order says nothing";
    EXPECT_THAT(events(), HasSubstr(R"("type":"config.reloaded")"));
}

TEST_F(DaemonTest, KeepsItsConfigurationWhenTheFileHasMistakes) {
    begin();
    const Reply outcome = reload_with("[lunch]", "[dinner, dinner]");
    EXPECT_EQ(outcome["ok"], false);
    EXPECT_THAT(outcome["problems"], testing::ElementsAre(HasSubstr("'dinner' is given twice")));
    EXPECT_THAT(events(), HasSubstr(R"("type":"config.refused")"));
    EXPECT_EQ((*ask(socket, {{"cmd", "login"}, {"agent", "ann"}}))["ok"], true);
    EXPECT_EQ((*ask(socket, {{"cmd", "not-ready"}, {"agent", "ann"}, {"reason", "lunch"}}))["ok"], true);
}

TEST_F(DaemonTest, RemembersAgentsOverARestart) {
    begin();
    EXPECT_EQ((*ask(socket, {{"cmd", "login"}, {"agent", "ann"}}))["ok"], true);
    end();
    daemon.reset();
    begin();
    EXPECT_EQ((*ask_list(socket, "agents"))["agents"][0]["state"], "unreachable")
        << "logged in, the phone not heard of";
    EXPECT_EQ((*ask_list(socket, "agents"))["agents"][1]["state"], "logged_out");
}

TEST_F(DaemonTest, KeepsASecondServerOut) {
    begin();
    const auto second = make();
    ASSERT_TRUE(second);
    EXPECT_EQ(second->open(), kTempFail);
    EXPECT_EQ(status()["state"], "serving");
}

TEST_F(DaemonTest, SaysByItsExitCodeThatAnAddressIsTaken) {
    const int fd = ::socket(AF_INET, SOCK_DGRAM, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    ASSERT_EQ(::bind(fd, reinterpret_cast<sockaddr*>(&address), sizeof address), 0);
    socklen_t length = sizeof address;
    ::getsockname(fd, reinterpret_cast<sockaddr*>(&address), &length);
    const auto taken = make("127.0.0.1:" + std::to_string(ntohs(address.sin_port)));
    ASSERT_TRUE(taken);
    EXPECT_EQ(taken->open(), kOsError);
    ::close(fd);
}

TEST_F(DaemonTest, SaysByItsExitCodeThatItsFilesCanNotBeMade) {
    folder.write("state", "a file where the folder should be");
    const auto daemon_without_folder = make();
    ASSERT_TRUE(daemon_without_folder);
    EXPECT_EQ(daemon_without_folder->open(), kCantCreate);
}

}  // namespace
}  // namespace centrala::app::test
