// Drives the reflector: keeps a window of datagrams on their way and counts what comes back.
//   udp_load <port> [datagrams] [bytes] [window] [per second]      (1000000 500 64, as fast as it goes)
#include <algorithm>
#include <array>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <thread>
#include <vector>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>

namespace {

using Steady = std::chrono::steady_clock;
constexpr unsigned kBatch = 64;

unsigned long long argument(int argc, char** argv, int i, unsigned long long otherwise) {
    return argc > i ? std::strtoull(argv[i], nullptr, 10) : otherwise;
}

/// Datagrams received now; waits up to 200 ms for the first.
unsigned receive(int fd, std::vector<mmsghdr>& headers) {
    pollfd p{fd, POLLIN, 0};
    if (::poll(&p, 1, 200) <= 0) return 0;
    const int got = ::recvmmsg(fd, headers.data(), kBatch, MSG_DONTWAIT, nullptr);
    return got > 0 ? static_cast<unsigned>(got) : 0;
}

}  // namespace

int main(int argc, char** argv) {
    if (argc < 2) {
        std::fprintf(stderr, "usage: udp_load PORT [DATAGRAMS [BYTES [WINDOW [PER_SECOND]]]]\n");
        return 64;
    }
    const auto total = argument(argc, argv, 2, 1'000'000), window = argument(argc, argv, 4, 64);
    const double rate = static_cast<double>(argument(argc, argv, 5, 0));
    std::string payload(argument(argc, argv, 3, 500), 'x'), sink(kBatch * 65'536, '\0');
    sockaddr_in to{};
    to.sin_family = AF_INET;
    to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    to.sin_port = htons(static_cast<std::uint16_t>(argument(argc, argv, 1, 0)));
    const int fd = ::socket(AF_INET, SOCK_DGRAM, 0);
    if (::connect(fd, reinterpret_cast<sockaddr*>(&to), sizeof to) != 0) {
        std::perror("udp_load: connect");
        return 71;
    }
    iovec out{payload.data(), payload.size()};
    std::array<iovec, kBatch> in{};
    std::vector<mmsghdr> send(kBatch), receive_into(kBatch);
    for (unsigned i = 0; i < kBatch; ++i) {
        in[i] = {sink.data() + i * 65'536, 65'536};
        send[i].msg_hdr.msg_iov = &out;
        receive_into[i].msg_hdr.msg_iov = &in[i];
        send[i].msg_hdr.msg_iovlen = receive_into[i].msg_hdr.msg_iovlen = 1;
    }
    unsigned long long sent = 0, back = 0, lost = 0;
    const auto begin = Steady::now();
    while (back + lost < total) {
        const std::chrono::duration<double> so_far = Steady::now() - begin;
        const auto due = rate > 0 ? static_cast<unsigned long long>(rate * so_far.count()) + 1 : total;
        const auto room = std::min({window - std::min(window, sent - back - lost), total - sent,
                                    due - std::min(due, sent), static_cast<unsigned long long>(kBatch)});
        if (room > 0) {
            const int n = ::sendmmsg(fd, send.data(), static_cast<unsigned>(room), 0);
            if (n > 0) sent += static_cast<unsigned>(n);
        } else if (sent == back + lost) {
            std::this_thread::sleep_for(std::chrono::microseconds(200));  // ahead of the rate
            continue;
        }
        if (sent == back + lost) continue;
        const unsigned got = receive(fd, receive_into);
        back += got;
        if (got == 0) lost = sent - back;
    }
    const double seconds = std::chrono::duration<double>(Steady::now() - begin).count();
    std::printf("sent %llu\nback %llu\nlost %llu\nseconds %.3f\nround_trips_per_second %.0f\n", sent, back, lost,
                seconds, static_cast<double>(back) / seconds);
    return lost == 0 ? 0 : 1;
}
