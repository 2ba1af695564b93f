// The control socket between its real server and the command line's client.
#include <future>
#include <thread>

#include <asio/executor_work_guard.hpp>
#include <asio/io_context.hpp>
#include <asio/post.hpp>
#include <asio/steady_timer.hpp>
#include <gmock/gmock.h>
#include <nlohmann/json.hpp>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "app/control_client.hpp"
#include "app/control_server.hpp"
#include "app/temporary_folder.hpp"

namespace centrala::app::test {
namespace {

using testing::HasSubstr;

struct ControlSocket : testing::Test {
    TemporaryFolder folder;
    std::string path = folder.path("c.sock");
    asio::io_context io;
    asio::executor_work_guard<asio::io_context::executor_type> work{io.get_executor()};
    ControlLimits limits;
    std::unique_ptr<ControlServer> server;
    std::thread thread;

    std::string open(std::function<std::string(std::string_view)> answer, std::uint32_t mode = 0600) {
        return open_for_clients(
            [answer = std::move(answer)](std::string_view request, ControlClient&) { return answer(request); }, mode);
    }
    std::string open_for_clients(ControlServer::Answer answer, std::uint32_t mode = 0600) {
        auto opened = ControlServer::open(io, path, mode, limits, std::move(answer));
        if (!opened) return opened.error().message;
        server = std::move(opened).value();
        thread = std::thread([this] { io.run(); });
        return {};
    }
    void close() {
        if (!thread.joinable()) return;
        asio::post(io, [this] {
            server.reset();
            io.stop();
        });
        thread.join();
    }
    ~ControlSocket() override { close(); }

    [[nodiscard]] int connect() const {
        sockaddr_un address{};
        address.sun_family = AF_UNIX;
        path.copy(address.sun_path, sizeof address.sun_path - 1);
        const int fd = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
        EXPECT_EQ(::connect(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address), 0);
        const timeval patience{10, 0};
        ::setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
        return fd;
    }
    /// Up to the end of a line, or of the connection.
    static std::string read_line(int fd) {
        std::string line;
        for (char c; ::recv(fd, &c, 1, 0) == 1;) {
            if (c == '\n') return line;
            line.push_back(c);
        }
        return line + "<closed>";
    }
    static void write(int fd, std::string_view text) {
        while (!text.empty()) {
            const ssize_t n = ::send(fd, text.data(), text.size(), MSG_NOSIGNAL);
            if (n <= 0) return;
            text.remove_prefix(static_cast<std::size_t>(n));
        }
    }
};

TEST_F(ControlSocket, AnswersALineByALine) {
    ASSERT_EQ(open([](std::string_view request) { return R"({"ok":true,"you":)" + std::string(request) + "}"; }), "");
    const auto reply = ask(path, {{"cmd", "status"}});
    ASSERT_TRUE(reply.ok());
    EXPECT_EQ((*reply)["you"]["cmd"], "status");
}

TEST_F(ControlSocket, AnswersRequestsThatCameTogetherInOrder) {
    ASSERT_EQ(open([](std::string_view request) { return std::string(request) + "!"; }), "");
    const int fd = connect();
    write(fd, "a\nb\nc");
    EXPECT_EQ(read_line(fd), "a!");
    EXPECT_EQ(read_line(fd), "b!");
    write(fd, "c\n");
    EXPECT_EQ(read_line(fd), "cc!");
    ::close(fd);
}

TEST_F(ControlSocket, CollectsAListPageByPage) {
    ASSERT_EQ(open([](std::string_view request) {
                  const auto from = nlohmann::json::parse(request)["from"].get<int>();
                  nlohmann::json reply{{"ok", true}, {"agents", {from, from + 1}}};
                  if (from < 6) reply["next"] = from + 2;
                  return reply.dump();
              }),
              "");
    const auto reply = ask_list(path, "agents");
    ASSERT_TRUE(reply.ok());
    EXPECT_EQ((*reply)["agents"].dump(), "[0,1,2,3,4,5,6,7]");
}

TEST_F(ControlSocket, PassesOnARefusal) {
    ASSERT_EQ(open([](std::string_view) { return control_error("no \"such\" thing"); }), "");
    const auto reply = ask_list(path, "agents");
    ASSERT_TRUE(reply.ok());
    EXPECT_EQ((*reply)["ok"], false);
    EXPECT_EQ((*reply)["error"], "no \"such\" thing");
}

TEST_F(ControlSocket, CarriesALongReply) {
    const std::string filling(8'000'000, 'x');
    ASSERT_EQ(open([&](std::string_view) { return nlohmann::json{{"ok", true}, {"x", filling}}.dump(); }), "");
    const auto reply = ask(path, {{"cmd", "x"}});
    ASSERT_TRUE(reply.ok());
    EXPECT_EQ((*reply)["x"].get<std::string>().size(), filling.size());
}

TEST_F(ControlSocket, RefusesALineWithoutEnd) {
    ASSERT_EQ(open([](std::string_view) { return std::string("?"); }), "");
    const int fd = connect();
    write(fd, std::string(limits.line_bytes + 5'000, 'x'));
    EXPECT_THAT(read_line(fd), HasSubstr("too long"));
    ::close(fd);
}

TEST_F(ControlSocket, RefusesTooManyClients) {
    limits.clients = 2;
    ASSERT_EQ(open([](std::string_view) { return std::string("fine"); }), "");
    const int a = connect(), b = connect();
    for (const int fd : {a, b}) {
        write(fd, "x\n");
        EXPECT_EQ(read_line(fd), "fine");
    }
    const int c = connect();
    EXPECT_THAT(read_line(c), HasSubstr("too many clients"));
    EXPECT_EQ(read_line(c), "<closed>");
    for (const int fd : {a, b, c}) ::close(fd);
}

TEST_F(ControlSocket, LosesPatienceWithASilentClient) {
    limits.patience = 30ms;
    ASSERT_EQ(open([](std::string_view) { return std::string("fine"); }), "");
    const int fd = connect();
    EXPECT_EQ(read_line(fd), "<closed>");
    ::close(fd);
}

TEST_F(ControlSocket, PushesLinesToASubscriberBehindTheReplyAndHasMorePatienceWithIt) {
    limits.patience = 30ms;
    std::shared_ptr<ControlClient> subscriber;
    ASSERT_EQ(open_for_clients([&](std::string_view, ControlClient& client) {
                  client.subscribe();
                  subscriber = client.shared_from_this();
                  EXPECT_TRUE(client.push("first"));
                  return std::string("reply");
              }),
              "");
    const int fd = connect();
    write(fd, "go\n");
    EXPECT_EQ(read_line(fd), "reply");
    EXPECT_EQ(read_line(fd), "first");
    // Longer than a client's patience, on the server's own clock: then it still listens.
    asio::steady_timer later(io, std::chrono::milliseconds(100));
    asio::post(io, [&] {
        later.async_wait([&](const asio::error_code&) {
            EXPECT_TRUE(subscriber->push("second"));
            EXPECT_TRUE(subscriber->push("third"));
        });
    });
    EXPECT_EQ(read_line(fd), "second");
    EXPECT_EQ(read_line(fd), "third");
    ::close(fd);
    std::promise<void> noticed;
    std::function<void()> look = [&] {
        if (subscriber->gone()) return noticed.set_value();
        later.expires_after(std::chrono::milliseconds(1));
        later.async_wait([&](const asio::error_code&) { look(); });
    };
    asio::post(io, look);
    noticed.get_future().wait();
    close();
    subscriber.reset();
}

TEST_F(ControlSocket, KeepsOnlySoMuchForASubscriberThatDoesNotRead) {
    limits.stream_bytes = 100'000;
    std::shared_ptr<ControlClient> subscriber;
    int kept = 0, dropped = 0;
    ASSERT_EQ(open_for_clients([&](std::string_view, ControlClient& client) {
                  client.subscribe();
                  subscriber = client.shared_from_this();
                  const std::string line(999, 'x');
                  for (int i = 0; i < 5'000; ++i) ++(client.push(line) ? kept : dropped);
                  return std::to_string(kept);
              }),
              "");
    const int fd = connect();
    write(fd, "go\n");
    const int told = std::stoi(read_line(fd));
    EXPECT_EQ(told, 100);
    for (int i = 0; i < told; ++i) ASSERT_EQ(read_line(fd).size(), 999U);
    std::promise<bool> again;
    asio::post(io, [&] { again.set_value(subscriber->push("last")); });
    EXPECT_TRUE(again.get_future().get());
    EXPECT_EQ(read_line(fd), "last");
    EXPECT_EQ(dropped, 5'000 - told);
    ::close(fd);
    close();
    subscriber.reset();
}

TEST_F(ControlSocket, HasTheModeThatWasAskedFor) {
    ASSERT_EQ(open([](std::string_view) { return std::string(); }, 0640), "");
    struct stat file {};
    ASSERT_EQ(::stat(path.c_str(), &file), 0);
    EXPECT_EQ(file.st_mode & 0777, 0640u);
    EXPECT_TRUE(S_ISSOCK(file.st_mode));
    close();
    EXPECT_NE(::stat(path.c_str(), &file), 0) << "the file goes with the server";
}

TEST_F(ControlSocket, ReplacesWhatADeadServerLeft) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    path.copy(address.sun_path, sizeof address.sun_path - 1);
    const int dead = ::socket(AF_UNIX, SOCK_STREAM, 0);
    ASSERT_EQ(::bind(dead, reinterpret_cast<const sockaddr*>(&address), sizeof address), 0);
    ::close(dead);
    EXPECT_EQ(open([](std::string_view) { return std::string("{}"); }), "");
    EXPECT_TRUE(ask(path, {{"cmd", "x"}}).ok());
}

TEST_F(ControlSocket, LeavesALiveServersSocketAndOtherFilesAlone) {
    ASSERT_EQ(open([](std::string_view) { return std::string("{}"); }), "");
    asio::io_context other;
    const auto second =
        ControlServer::open(other, path, 0600, {}, [](std::string_view, ControlClient&) { return std::string(); });
    ASSERT_FALSE(second.ok());
    EXPECT_THAT(second.error().message, HasSubstr("another server"));
    folder.write("file", "precious");
    const auto third = ControlServer::open(other, folder.path("file"), 0600, {},
                                           [](std::string_view, ControlClient&) { return std::string(); });
    ASSERT_FALSE(third.ok());
    EXPECT_EQ(folder.read("file"), "precious");
    EXPECT_FALSE(
        ControlServer::open(other, "/" + std::string(200, 'x'), 0600, {}, [](std::string_view, ControlClient&) {
            return std::string();
        }).ok());
}

TEST_F(ControlSocket, TellsWhatToDoWhenNobodyIsThere) {
    const auto reply = ask(path, {{"cmd", "status"}});
    ASSERT_FALSE(reply.ok());
    EXPECT_THAT(reply.error().message, HasSubstr("centrala serve"));
}

TEST_F(ControlSocket, TellsWhenTheAnswerMakesNoSense) {
    ASSERT_EQ(open([](std::string_view) { return std::string("[1]"); }), "");
    const auto reply = ask(path, {{"cmd", "status"}});
    ASSERT_FALSE(reply.ok());
    EXPECT_THAT(reply.error().message, HasSubstr("no sense"));
}

}  // namespace
}  // namespace centrala::app::test
