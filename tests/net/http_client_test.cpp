// HTTP against a server that others wrote: Python's http.server, in a process of its own.
#include "centrala/net/http_client.hpp"

#include <csignal>
#include <cstdio>
#include <map>

#include <asio/io_context.hpp>
#include <asio/ip/tcp.hpp>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include "certificates.hpp"

namespace centrala::net {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

/// Says its port, then answers by path. With a certificate and its key as arguments it speaks TLS.
constexpr const char* kServer = R"(
import http.server, ssl, sys, time
connections = set()
class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    def do_GET(self):
        connections.add(self.client_address)
        status, body, headers = 200, b"", {}
        if self.path.startswith("/hang"):
            time.sleep(30)
        elif self.path.startswith("/status/"):
            status = int(self.path[8:])
        elif self.path.startswith("/redirect"):
            status, headers = 302, {"Location": "/echo"}
        elif self.path.startswith("/size/"):
            body = b"x" * int(self.path[6:])
        elif self.path.startswith("/connections"):
            body = str(len(connections)).encode()
        else:
            body = (self.path + "\n" + str(self.headers)).encode()
        self.send_response(status)
        for key, value in headers.items():
            self.send_header(key, value)
        if self.path.startswith("/size/"):
            self.send_header("Connection", "close")  # its length isn't said beforehand
        elif status != 204:
            self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        try:
            self.wfile.write(body)
        except OSError:
            pass
    def log_message(self, *arguments):
        pass
server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
server.daemon_threads = True
if len(sys.argv) > 1:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(sys.argv[1], sys.argv[2])
    server.socket = context.wrap_socket(server.socket, server_side=True)
print(server.server_address[1], flush=True)
server.serve_forever()
)";

class PythonServer {
public:
    explicit PythonServer(const test::Certificates::Pair& certificate = {}) : tls_(!certificate.certificate.empty()) {
        int out[2];
        if (::pipe(out) != 0) return;
        pid_ = ::fork();
        if (pid_ == 0) {
            ::dup2(out[1], STDOUT_FILENO);
            ::close(out[0]);
            const char* const certified = tls_ ? certificate.certificate.c_str() : nullptr;
            ::execlp("python3", "python3", "-c", kServer, certified, certificate.private_key.c_str(), nullptr);
            ::_exit(127);
        }
        ::close(out[1]);
        FILE* const from = ::fdopen(out[0], "r");
        if (std::fscanf(from, "%d", &port_) != 1) port_ = 0;
        std::fclose(from);
    }
    ~PythonServer() {
        if (pid_ <= 0) return;
        ::kill(pid_, SIGKILL);
        ::waitpid(pid_, nullptr, 0);
    }
    PythonServer(const PythonServer&) = delete;
    [[nodiscard]] bool runs() const { return port_ != 0; }
    [[nodiscard]] std::string url(const std::string& path, const std::string& host = "127.0.0.1") const {
        return (tls_ ? "https://" : "http://") + host + ":" + std::to_string(port_) + path;
    }

private:
    bool tls_;
    pid_t pid_ = 0;
    int port_ = 0;
};

/// Until that is so, or for too long.
template <class Done>
void run(asio::io_context& io, const Done& done) {
    const auto until = std::chrono::steady_clock::now() + std::chrono::seconds(30);
    while (!done() && std::chrono::steady_clock::now() < until) {
        io.restart();
        io.run_one_for(std::chrono::milliseconds(100));
    }
}

class HttpClientTest : public ::testing::Test {
protected:
    void SetUp() override {
        if (!server.runs()) GTEST_SKIP() << "python3 isn't installed";
    }
    void open(HttpOptions options = {}) {
        auto opened = HttpClient::open(io, std::move(options), [this](std::uint64_t id, HttpAnswer answer) {
            EXPECT_TRUE(answers.emplace(id, std::move(answer)).second) << "answered twice";
        });
        ASSERT_TRUE(opened.ok());
        client = std::move(opened).value();
    }
    HttpAnswer get(const std::string& url) {
        const std::uint64_t id = ++last;
        client->get(id, url);
        EXPECT_FALSE(answers.contains(id)) << "never from within get()";
        return wait(id);
    }
    HttpAnswer wait(std::uint64_t id) {
        run(io, [&] { return answers.contains(id); });
        EXPECT_TRUE(answers.contains(id));
        return answers[id];
    }

    PythonServer server;
    asio::io_context io;
    std::map<std::uint64_t, HttpAnswer> answers;
    std::uint64_t last = 0;
    std::unique_ptr<HttpClient> client;
};

TEST_F(HttpClientTest, GetsWhatTheServerSays) {
    open({.user_agent = "Centrala/1"});
    const HttpAnswer answer = get(server.url("/a/..%2F/../b?caller=%2B49"));
    EXPECT_EQ(answer.status, 200);
    EXPECT_THAT(answer.body, HasSubstr("/a/..%2F/../b?caller=%2B49\n")) << "the path as it is";
    EXPECT_THAT(answer.body, HasSubstr("User-Agent: Centrala/1"));
    EXPECT_THAT(answer.body, HasSubstr("Accept: application/json"));
    EXPECT_THAT(answer.body, Not(HasSubstr("Authorization")));
    EXPECT_THAT(answer.error, IsEmpty());
}

TEST_F(HttpClientTest, ShowsItsToken) {
    open({.token = "s3cr3t"});
    EXPECT_THAT(get(server.url("/")).body, HasSubstr("Authorization: Bearer s3cr3t"));
}

TEST_F(HttpClientTest, TellsEveryStatusAndFollowsNoRedirect) {
    open();
    for (const int status : {204, 404, 500, 503})
        EXPECT_EQ(get(server.url("/status/" + std::to_string(status))).status, status);
    const HttpAnswer elsewhere = get(server.url("/redirect"));
    EXPECT_EQ(elsewhere.status, 302);
    EXPECT_THAT(elsewhere.body, IsEmpty());
}

TEST_F(HttpClientTest, ReusesItsConnections) {
    open();
    for (int i = 0; i < 5; ++i) get(server.url("/"));
    EXPECT_EQ(get(server.url("/connections")).body, "1");
}

TEST_F(HttpClientTest, TakesNoLongerThanItMay) {
    open({.timeout = 200ms});
    const auto before = std::chrono::steady_clock::now();
    const HttpAnswer answer = get(server.url("/hang"));
    EXPECT_LT(std::chrono::steady_clock::now() - before, std::chrono::seconds(20));
    EXPECT_EQ(answer.status, 0);
    EXPECT_THAT(answer.error, HasSubstr("timed out"));
}

TEST_F(HttpClientTest, TakesNoMoreThanItMay) {
    open({.body_max = 1'000});
    EXPECT_EQ(get(server.url("/size/1000")).body.size(), 1'000u);
    const HttpAnswer answer = get(server.url("/size/5000000"));
    EXPECT_EQ(answer.status, 0);
    EXPECT_THAT(answer.error, HasSubstr("longer than 1000 bytes"));
}

TEST_F(HttpClientTest, HasNoMoreConnectionsThanItMay) {
    open({.timeout = 20s, .connections_max = 2});
    for (int i = 0; i < 20; ++i) client->get(++last, server.url("/"));
    for (std::uint64_t id = 1; id <= 20; ++id) EXPECT_EQ(wait(id).status, 200);
    EXPECT_LE(std::stoi(get(server.url("/connections")).body), 2);
}

TEST_F(HttpClientTest, PastItsLimitRequestsFailAtOnce) {
    open({.requests_max = 1});
    client->get(1, server.url("/hang"));
    client->get(2, server.url("/"));
    EXPECT_EQ(wait(2).error, "too many requests under way");
}

TEST_F(HttpClientTest, SpeaksHttpOnly) {
    open();
    for (const char* url : {"file:///etc/hostname", "ftp://127.0.0.1/", "nonsense://x", "http://"}) {
        const HttpAnswer answer = get(url);
        EXPECT_EQ(answer.status, 0) << url;
        EXPECT_THAT(answer.error, Not(IsEmpty())) << url;
    }
}

TEST_F(HttpClientTest, SaysThatNobodyListens) {
    open();
    asio::ip::tcp::acceptor taken(io, {asio::ip::address_v4::loopback(), 0});
    const auto port = taken.local_endpoint().port();
    taken.close();
    EXPECT_THAT(get("http://127.0.0.1:" + std::to_string(port) + "/").error, HasSubstr("connect"));
}

TEST_F(HttpClientTest, MayEndWhileRequestsAreUnderWay) {
    open();
    client->get(98, server.url("/hang"));
    get(server.url("/"));
    client->get(99, server.url("/"));
    client.reset();
    io.restart();
    io.run_for(std::chrono::milliseconds(50));
    EXPECT_FALSE(answers.contains(98) || answers.contains(99));
}

TEST(HttpClientTls, TrustsWhoProvesItsName) {
    test::Certificates certificates;
    const PythonServer server(certificates.make("server", {"server"}));
    if (!server.runs()) GTEST_SKIP() << "python3 isn't installed";
    const auto get = [&](const std::string& host, const std::string& ca) {
        asio::io_context io;
        std::optional<HttpAnswer> got;
        auto client =
            HttpClient::open(io, {.ca = ca}, [&](std::uint64_t, HttpAnswer answer) { got = std::move(answer); });
        client.value()->get(1, server.url("/", host));
        run(io, [&] { return got.has_value(); });
        return got.value_or(HttpAnswer{});
    };
    EXPECT_EQ(get("localhost", certificates.authority()).status, 200);
    EXPECT_EQ(get("127.0.0.1", certificates.authority()).status, 200);
    EXPECT_THAT(get("127.0.0.2", certificates.authority()).error, Not(IsEmpty())) << "another name";
    EXPECT_THAT(get("localhost", "").error, HasSubstr("certificate")) << "an authority that the system doesn't know";
}

}  // namespace
}  // namespace centrala::net
