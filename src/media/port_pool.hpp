// Bound RTP/RTCP port pairs, ready before a call wants them.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <mutex>
#include <stop_token>
#include <thread>
#include <vector>

#include "centrala/base/random.hpp"
#include "centrala/base/time.hpp"
#include "media/sockets.hpp"

namespace centrala::media {

/// An even port and the odd one above it (RFC 3550 §11), both bound.
struct PortPair {
    Endpoint rtp;
    Fd rtp_fd, rtcp_fd;
};

struct PortPoolOptions {
    std::uint16_t port_min = 20'000, port_max = 39'999;  ///< inclusive
    std::size_t ready = 64;                              ///< pairs kept bound in reserve, for each local address
    Duration quarantine = 1s;  ///< a pair that was given back rests so long: the old peer may still be sending
    int dscp = 46;
};

/// Thread-safe. One pool for each local address, made when first asked for. Ports are taken in turn from a random
/// start, so that one is reused as late as possible. A thread of its own binds what is missing and drains what comes
/// back.
class PortPool {
public:
    explicit PortPool(const PortPoolOptions& options);
    ~PortPool();
    PortPool(const PortPool&) = delete;
    PortPool& operator=(const PortPool&) = delete;

    /// Usually from the reserve; binds by itself if that is empty, after a bounded number of tries.
    Result<PortPair> take(const IpAddress& local);
    void give_back(PortPair pair);

private:
    enum class Slot : std::uint8_t { free, ours };
    struct Resting {
        std::chrono::steady_clock::time_point until;
        PortPair pair;
    };
    struct Address {
        std::vector<Slot> slots;  // one a pair of the range
        std::size_t cursor = 0;
        std::deque<PortPair> ready;
        std::deque<Resting> resting;
        bool starved = false;  // the last attempt to bind in advance found nothing
    };
    Result<Address*> find_address(const IpAddress& local);
    /// Binds the next free pair; `lock` is open meanwhile. Error: none could be bound.
    Result<PortPair> bind_next(const IpAddress& local, Address& address, std::unique_lock<std::mutex>& lock);
    void maintain(const std::stop_token& stop);
    std::chrono::steady_clock::time_point maintain_address(const IpAddress& local, Address& address,
                                                           std::unique_lock<std::mutex>& lock);
    [[nodiscard]] std::size_t slot_of(std::uint16_t port) const { return (port - first_) / 2u; }
    void release_slot(Address& address, std::uint16_t port);

    const PortPoolOptions options_;
    std::uint16_t first_ = 0;  // the lowest even port
    std::size_t pairs_ = 0;
    std::mutex mutex_;
    std::condition_variable_any wake_;
    std::unique_ptr<RandomSource> random_;
    std::map<IpAddress, Address> addresses_;
    std::jthread thread_;  // last: it uses all of the above
};

}  // namespace centrala::media
