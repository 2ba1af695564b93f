// Ten thousand phones that say nothing, as many as the process may have descriptors for: held, bounded, let go.
#include <gtest/gtest.h>
#include <sys/resource.h>

#include "net/tls_client.hpp"

namespace centrala::net::test {
namespace {

using namespace std::chrono_literals;
using sip::Transport;

/// Both ends of a connection are ours here.
std::size_t affordable(std::size_t wanted) {
    rlimit limit{};
    ::getrlimit(RLIMIT_NOFILE, &limit);
    limit.rlim_cur = limit.rlim_max;
    ::setrlimit(RLIMIT_NOFILE, &limit);
    return std::min(wanted, (static_cast<std::size_t>(limit.rlim_cur) - 200) / 2);
}

std::size_t resident_KiB() {
    std::FILE* f = std::fopen("/proc/self/statm", "r");
    std::size_t pages = 0;
    EXPECT_EQ(std::fscanf(f, "%*s %zu", &pages), 1);
    std::fclose(f);
    return pages * static_cast<std::size_t>(::sysconf(_SC_PAGESIZE)) / 1'024;
}

struct Many : testing::Test {
    SocketLimits limits;
    std::optional<Host> host;
    std::vector<Client> clients;

    /// Without a bind() of its own: the search for a free port would cost more than all the rest.
    void connect(const Endpoint& at, std::size_t count) {
        SocketAddress address;
        const socklen_t length = to_socket_address(at, address);
        for (std::size_t i = 0; i < count; ++i) {
            const int fd = ::socket(address.any.sa_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
            ASSERT_GE(fd, 0);
            clients.emplace_back(fd, nullptr);
            ASSERT_TRUE(::connect(fd, &address.any, length) == 0 || errno == EINPROGRESS);
            if (i % 100 == 0) host->io.poll();  // the kernel's queue of those that wait to be accepted is short
        }
    }
};

TEST_F(Many, IdleConnectionsAreHeldBoundedAndLetGo) {
    const std::size_t count = affordable(10'000);
    limits.tcp_connections = count - 10;
    limits.tcp_idle_timeout = 3s;
    host.emplace(limits);
    const Endpoint at = host->listen(Transport::tcp);
    host->sockets.start();
    host->io.poll();
    const std::size_t before = resident_KiB();
    connect(at, count);
    ASSERT_TRUE(host->until([&] {
        const auto stats = host->sockets.stats();
        return stats.tcp_accepted + stats.tcp_refused == count;
    }));
    const auto stats = host->sockets.stats();
    EXPECT_LE(stats.tcp_open, count - 10);
    if (stats.tcp_idle == 0) {  // on a busy machine the first may have been let go already, making room for the last
        EXPECT_EQ(stats.tcp_refused, 10u);
    }
    const std::size_t each = (resident_KiB() - before) * 1'024 / count;
    RecordProperty("bytes_each", static_cast<int>(each));
    std::printf("%zu idle connections, %zu bytes each (both ends)\n", count, each);
    ASSERT_TRUE(host->until([&] { return host->sockets.stats().tcp_open == 0; }));
    EXPECT_EQ(host->sockets.stats().tcp_idle, host->sockets.stats().tcp_accepted);
}

TEST_F(Many, IdleTlsConnectionsAreHeldWithoutBuffers) {
    const std::size_t count = affordable(300);
    Certificates certificates;
    const auto ours = certificates.make("server", {"centrala.test"});
    sip::TlsOptions tls;
    tls.certificate = ours.certificate;
    tls.private_key = ours.private_key;
    host.emplace(limits);
    const auto at = host->sockets.listen({Transport::tls, {kLoopback, 0}, {}, tls, {}});
    ASSERT_TRUE(at.ok());
    host->sockets.start();
    std::vector<std::unique_ptr<TlsClient>> phones;
    for (std::size_t i = 0; i < count; ++i) {
        phones.push_back(std::make_unique<TlsClient>(Client::connected(*at), TlsClient::Options{}));
        ASSERT_TRUE(host->until([&] { return phones.back()->shake_hands() == TlsClient::Shaken::done; }));
    }
    ASSERT_TRUE(host->until([&] { return host->sockets.stats().tls_handshakes == count; }));
    EXPECT_EQ(host->sockets.stats().tcp_open, count);
    for (auto& phone : phones) phone->write(options_request("all at once"));
    ASSERT_TRUE(host->until([&] { return host->messages.size() == count; }));
}

}  // namespace
}  // namespace centrala::net::test
