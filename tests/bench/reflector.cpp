// The least that a UDP server can do: recvmmsg, sendmmsg back to the source. What it costs is the floor under any
// SIP server's cost a message on this machine.   reflector [port]   Ends on SIGINT or SIGTERM with its figures.
#include <array>
#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <memory>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

namespace {

constexpr unsigned kBatch = 64;
constexpr std::size_t kBytes = 65'536;
volatile std::sig_atomic_t g_stop = 0;  // a signal handler can reach nothing else

double cpu_us() {
    rusage usage{};
    ::getrusage(RUSAGE_SELF, &usage);
    const auto us = [](const timeval& t) {
        return static_cast<double>(t.tv_sec) * 1e6 + static_cast<double>(t.tv_usec);
    };
    return us(usage.ru_utime) + us(usage.ru_stime);
}

int open_socket(int port) {
    const int fd = ::socket(AF_INET, SOCK_DGRAM, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    address.sin_port = htons(static_cast<std::uint16_t>(port));
    const int buffer = 8 * 1024 * 1024;
    ::setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &buffer, sizeof buffer);
    ::setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &buffer, sizeof buffer);
    if (::bind(fd, reinterpret_cast<sockaddr*>(&address), sizeof address) != 0) {
        std::perror("reflector: bind");
        std::exit(71);
    }
    socklen_t length = sizeof address;
    ::getsockname(fd, reinterpret_cast<sockaddr*>(&address), &length);
    std::printf("listening on 127.0.0.1:%u\n", ntohs(address.sin_port));
    std::fflush(stdout);
    return fd;
}

struct Batch {
    std::array<mmsghdr, kBatch> headers{};
    std::array<iovec, kBatch> parts{};
    std::array<sockaddr_in, kBatch> sources{};
    std::unique_ptr<char[]> bytes{new char[kBatch * kBytes]};

    void prepare() {
        for (unsigned i = 0; i < kBatch; ++i) {
            parts[i] = {bytes.get() + i * kBytes, kBytes};
            msghdr& h = headers[i].msg_hdr;
            h.msg_iov = &parts[i];
            h.msg_iovlen = 1;
            h.msg_name = &sources[i];
            h.msg_namelen = sizeof sources[i];
        }
    }
    void turn_round(unsigned count) {
        for (unsigned i = 0; i < count; ++i) parts[i].iov_len = headers[i].msg_len;
    }
};

}  // namespace

int main(int argc, char** argv) {
    const int fd = open_socket(argc > 1 ? std::atoi(argv[1]) : 0);
    struct sigaction action {};
    action.sa_handler = [](int) { g_stop = 1; };
    ::sigaction(SIGINT, &action, nullptr);
    ::sigaction(SIGTERM, &action, nullptr);
    Batch batch;
    unsigned long long in = 0, out = 0, receives = 0, sends = 0;
    const double before = cpu_us();
    while (!g_stop) {
        batch.prepare();
        const int got = ::recvmmsg(fd, batch.headers.data(), kBatch, MSG_WAITFORONE, nullptr);
        if (got <= 0) continue;
        ++receives;
        in += static_cast<unsigned>(got);
        batch.turn_round(static_cast<unsigned>(got));
        for (int sent = 0; sent < got;) {
            const int n =
                ::sendmmsg(fd, &batch.headers[static_cast<unsigned>(sent)], static_cast<unsigned>(got - sent), 0);
            ++sends;
            if (n <= 0) break;
            sent += n;
            out += static_cast<unsigned>(n);
        }
    }
    const double used = cpu_us() - before;
    std::printf(
        "datagrams_in %llu\ndatagrams_out %llu\nreceive_calls %llu\nsend_calls %llu\ncpu_us %.0f\ncpu_us_per_datagram "
        "%.3f\n",
        in, out, receives, sends, used, in ? used / static_cast<double>(in) : 0.0);
    return 0;
}
