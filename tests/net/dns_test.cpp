// DNS against a real server (dnsmasq, on a port of its own), and against one that means harm.
#include "centrala/net/dns.hpp"

#include <csignal>
#include <map>

#include <asio/io_context.hpp>
#include <asio/ip/udp.hpp>
#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

namespace centrala::net {
namespace {

using sip::DnsAnswer;
using sip::DnsType;
using Udp = asio::ip::udp;
using Status = DnsAnswer::Status;

/// Asks and runs the loop until the answer is there.
class Client {
public:
    Client(asio::io_context& io, std::uint16_t port, Duration timeout = 2s, std::size_t queries_max = 100) : io_(io) {
        DnsOptions options;
        options.servers = {{IpAddress::v4({127, 0, 0, 1}), port}};
        options.timeout = timeout;
        options.queries_max = queries_max;
        auto opened = Dns::open(io, options, [this](sip::DnsQueryId id, DnsAnswer answer) {
            answers[static_cast<std::uint64_t>(id)] = std::move(answer);
        });
        EXPECT_TRUE(opened.ok());
        dns = std::move(opened).value();
    }
    DnsAnswer ask(DnsType type, const std::string& name) {
        const std::uint64_t id = ++last;
        dns->ask({static_cast<sip::DnsQueryId>(id), {type, name}});
        EXPECT_FALSE(answers.contains(id)) << "never from within ask()";
        return wait(id);
    }
    DnsAnswer wait(std::uint64_t id) {
        const auto until = std::chrono::steady_clock::now() + std::chrono::seconds(30);
        while (!answers.contains(id) && std::chrono::steady_clock::now() < until) {
            io_.restart();
            io_.run_one_for(std::chrono::milliseconds(100));
        }
        EXPECT_TRUE(answers.contains(id));
        return answers[id];
    }

    std::unique_ptr<Dns> dns;
    std::map<std::uint64_t, DnsAnswer> answers;
    std::uint64_t last = 0;

private:
    asio::io_context& io_;
};

const char* dnsmasq() {
    for (const char* path : {"/usr/sbin/dnsmasq", "/sbin/dnsmasq"})
        if (::access(path, X_OK) == 0) return path;
    return nullptr;
}

std::uint16_t free_port() {
    asio::io_context io;
    return Udp::socket(io, Udp::endpoint(asio::ip::address_v4::loopback(), 0)).local_endpoint().port();
}

/// A server with a carrier's zone. Another may take the port between choosing and binding it: then the next is tried.
class Dnsmasq {
public:
    Dnsmasq() {
        for (int attempt = 0; attempt < 10 && pid_ <= 0; ++attempt) start();
    }
    ~Dnsmasq() {
        if (pid_ <= 0) return;
        ::kill(pid_, SIGTERM);
        ::waitpid(pid_, nullptr, 0);
    }
    [[nodiscard]] bool runs() const { return pid_ > 0; }
    [[nodiscard]] std::uint16_t port() const { return port_; }

private:
    void start() {
        port_ = free_port();
        std::vector<std::string> words{dnsmasq(),
                                       "--keep-in-foreground",
                                       "--conf-file=/dev/null",
                                       "--no-resolv",
                                       "--no-hosts",
                                       "--pid-file=",
                                       "--user=",
                                       "--listen-address=127.0.0.1",
                                       "--bind-interfaces",
                                       "--port=" + std::to_string(port_),
                                       "--local=/carrier.example/",
                                       "--local-ttl=120",
                                       "--log-facility=/dev/null",
                                       "--host-record=sip1.carrier.example,203.0.113.1,2001:db8::1,77",
                                       "--host-record=sip2.carrier.example,203.0.113.2",
                                       "--srv-host=_sip._udp.carrier.example,sip1.carrier.example,5060,10,30",
                                       "--srv-host=_sip._udp.carrier.example,sip2.carrier.example,5070,20,5",
                                       "--naptr-record=carrier.example,50,60,s,SIP+D2U,,_sip._udp.carrier.example",
                                       "--naptr-record=carrier.example,70,10,s,SIPS+D2T,,_sips._tcp.carrier.example",
                                       "--cname=alias.carrier.example,sip2.carrier.example"};
        std::vector<char*> arguments;
        for (auto& word : words) arguments.push_back(word.data());
        arguments.push_back(nullptr);
        posix_spawn_file_actions_t actions;
        posix_spawn_file_actions_init(&actions);
        posix_spawn_file_actions_addopen(&actions, STDERR_FILENO, "/dev/null", O_WRONLY, 0);
        pid_t pid = 0;
        const int failed = ::posix_spawn(&pid, dnsmasq(), &actions, nullptr, arguments.data(), environ);
        posix_spawn_file_actions_destroy(&actions);
        if (failed != 0) return;
        // Ready when it answers; over when it has ended, which a port in use makes it do.
        asio::io_context io;
        Client client(io, port_, 200ms);
        while (::waitpid(pid, nullptr, WNOHANG) == 0)
            if (client.ask(DnsType::a, "sip2.carrier.example").status == Status::found) {
                pid_ = pid;
                return;
            }
    }
    pid_t pid_ = 0;
    std::uint16_t port_ = 0;
};

class RealDns : public ::testing::Test {
protected:
    void SetUp() override {
        if (!dnsmasq()) GTEST_SKIP() << "dnsmasq-base is not installed";
        server = std::make_unique<Dnsmasq>();
        ASSERT_TRUE(server->runs());
    }
    std::unique_ptr<Dnsmasq> server;
    asio::io_context io;
};

TEST_F(RealDns, AnswersAddressesOfBothFamilies) {
    Client client(io, server->port());
    const auto a = client.ask(DnsType::a, "sip1.carrier.example");
    EXPECT_EQ(a.status, Status::found);
    EXPECT_THAT(a.addresses, testing::ElementsAre(*IpAddress::parse("203.0.113.1")));
    EXPECT_EQ(a.ttl, 77s);
    const auto aaaa = client.ask(DnsType::aaaa, "sip1.carrier.example");
    EXPECT_THAT(aaaa.addresses, testing::ElementsAre(*IpAddress::parse("2001:db8::1")));
    EXPECT_THAT(client.ask(DnsType::a, "alias.carrier.example").addresses,
                testing::ElementsAre(*IpAddress::parse("203.0.113.2")));
}

TEST_F(RealDns, AnswersSrvAndNaptrWithTheirTimeToLive) {
    Client client(io, server->port());
    auto srv = client.ask(DnsType::srv, "_sip._udp.carrier.example");
    EXPECT_EQ(srv.status, Status::found);
    EXPECT_EQ(srv.ttl, 120s);
    ASSERT_EQ(srv.services.size(), 2u);
    if (srv.services[0].port != 5060) std::swap(srv.services[0], srv.services[1]);
    EXPECT_EQ(srv.services[0].target, "sip1.carrier.example");
    EXPECT_EQ(srv.services[0].priority, 10);
    EXPECT_EQ(srv.services[0].weight, 30);
    EXPECT_EQ(srv.services[1].port, 5070);
    auto naptr = client.ask(DnsType::naptr, "carrier.example");
    EXPECT_EQ(naptr.status, Status::found);
    ASSERT_EQ(naptr.pointers.size(), 2u);
    if (naptr.pointers[0].order != 50) std::swap(naptr.pointers[0], naptr.pointers[1]);
    EXPECT_EQ(naptr.pointers[0].service, "SIP+D2U");
    EXPECT_EQ(naptr.pointers[0].flags, "s");
    EXPECT_EQ(naptr.pointers[0].preference, 60);
    EXPECT_EQ(naptr.pointers[0].replacement, "_sip._udp.carrier.example");
}

TEST_F(RealDns, SaysWhatDoesNotExist) {
    Client client(io, server->port());
    EXPECT_EQ(client.ask(DnsType::a, "nobody.carrier.example").status, Status::nothing);
    EXPECT_EQ(client.ask(DnsType::srv, "_sip._tcp.carrier.example").status, Status::nothing);
    EXPECT_EQ(client.ask(DnsType::aaaa, "sip2.carrier.example").status, Status::nothing);
    EXPECT_EQ(client.ask(DnsType::a, std::string(300, 'a') + ".example").status, Status::failed);
}

TEST_F(RealDns, TheLocatorFindsACarrierThroughIt) {
    Client client(io, server->port());
    sip::Locator locator({{sip::Transport::udp, true}, {sip::Transport::udp, false}});
    const Timestamp now{Duration(1'700'000'000'000'000)};
    locator.locate(*sip::parse_uri("sip:carrier.example"), now);
    std::optional<sip::Locator::Result> result;
    for (int turns = 0; turns < 20 && !(result = locator.take_result()); ++turns)
        for (const auto& query : locator.take_queries())
            locator.resolved(query.id, client.ask(query.question.type, query.question.name), now);
    ASSERT_TRUE(result);
    const auto random = make_seeded_random(1);
    std::vector<std::string> found;
    for (const auto& target : result->where.targets(*random)) found.push_back(target.remote.to_string());
    EXPECT_THAT(found, testing::ElementsAre("203.0.113.1:5060", "[2001:db8::1]:5060", "203.0.113.2:5070"));
    EXPECT_EQ(result->where.ttl(), 30s) << "sip2 has no IPv6 address: that is kept for less";
}

TEST_F(RealDns, ManyQuestionsAtOnceAreAllAnsweredAndTooManyFail) {
    Client client(io, server->port(), 2s, 50);
    for (std::uint64_t id = 1001; id <= 1060; ++id)
        client.dns->ask({static_cast<sip::DnsQueryId>(id), {DnsType::a, "sip1.carrier.example"}});
    int found = 0;
    for (std::uint64_t id = 1001; id <= 1060; ++id) found += client.wait(id).status == Status::found;
    EXPECT_EQ(found, 50);
    EXPECT_EQ(client.dns->open_queries(), 0u);
}

/// Answers every question with what `reply` makes of it.
class HostileServer {
public:
    using Reply = std::function<std::string(const std::string&)>;
    HostileServer(asio::io_context& io, Reply reply)
        : socket_(io, Udp::endpoint(asio::ip::address_v4::loopback(), 0)), reply_(std::move(reply)) {
        receive();
    }
    [[nodiscard]] std::uint16_t port() const { return socket_.local_endpoint().port(); }
    int asked = 0;

private:
    void receive() {
        socket_.async_receive_from(asio::buffer(buffer_), from_, [this](const asio::error_code& error, std::size_t n) {
            if (error) return;
            ++asked;
            const std::string answer = reply_(std::string(buffer_.data(), n));
            asio::error_code ignored;
            if (!answer.empty()) socket_.send_to(asio::buffer(answer), from_, 0, ignored);
            receive();
        });
    }
    Udp::socket socket_;
    Udp::endpoint from_;
    std::array<char, 2'048> buffer_{};
    Reply reply_;
};

class HostileDns : public ::testing::TestWithParam<std::pair<const char*, HostileServer::Reply>> {};

TEST_P(HostileDns, CostsNoMoreThanAFailedAnswer) {
    asio::io_context io;
    HostileServer server(io, GetParam().second);
    Client client(io, server.port(), 100ms);
    for (const auto type : {DnsType::a, DnsType::aaaa, DnsType::srv, DnsType::naptr}) {
        const auto answer = client.ask(type, "_sip._udp.carrier.example");
        EXPECT_NE(answer.status, Status::found) << GetParam().first;
        EXPECT_TRUE(answer.addresses.empty() && answer.services.empty() && answer.pointers.empty());
    }
    EXPECT_GT(server.asked, 0);
    EXPECT_EQ(client.dns->open_queries(), 0u);
}

std::string as_response(std::string question) {
    question[2] = static_cast<char>(question[2] | '\x80');
    return question;
}

INSTANTIATE_TEST_SUITE_P(
    Answers, HostileDns,
    testing::Values(std::pair("silence", [](const std::string&) { return std::string(); }),
                    std::pair("garbage", [](const std::string&) { return std::string(200, '\xff'); }),
                    std::pair("a single byte", [](const std::string&) { return std::string("x"); }),
                    std::pair("the wrong id",
                              [](std::string q) {
                                  q[0] = static_cast<char>(q[0] ^ 0x55);
                                  return as_response(q);
                              }),
                    std::pair("a header that promises answers which aren't there",
                              [](std::string q) {
                                  q[7] = 9;
                                  return as_response(q);
                              }),
                    std::pair("a name that points at itself",
                              [](std::string q) {
                                  q[7] = 1;
                                  const char here = static_cast<char>(q.size());
                                  return as_response(q) + std::string("\xc0", 1) + here +
                                         std::string("\0\x21\0\1\0\0\0\1\0\x08\0\0\0\0\0\0\xc0", 17) + here;
                              }),
                    std::pair("half of the question",
                              [](const std::string& q) { return as_response(q).substr(0, q.size() / 2); }),
                    std::pair("a refusal",
                              [](std::string q) {
                                  q[3] = 5;
                                  return as_response(q);
                              })),
    [](const auto& info) { return "Number" + std::to_string(info.index); });

TEST(Dns, WhatIsOpenAtTheEndIsDroppedInSilence) {
    asio::io_context io;
    HostileServer server(io, [](const std::string&) { return std::string(); });
    Client client(io, server.port());
    client.dns->ask({static_cast<sip::DnsQueryId>(7), {DnsType::srv, "_sip._udp.carrier.example"}});
    io.poll();
    client.dns.reset();
    io.restart();
    io.poll();
    EXPECT_TRUE(client.answers.empty());
}

}  // namespace
}  // namespace centrala::net
