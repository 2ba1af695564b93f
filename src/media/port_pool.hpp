// RTP/RTCP port pairs: bound ahead of need; RTP sockets are then kept for good.
#pragma once

#include <atomic>
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
#include "media/shared_stats.hpp"
#include "media/sockets.hpp"

namespace centrala::media {

class Session;
struct Port;

/// Throws away what came to the port, up to some limit, if anything did.
void clean(Port& port);

/// An even port and the odd one above it (RFC 3550 §11). It lives as long as its pool, and serves one session after
/// another.
struct Port {
    Endpoint rtp;
    int dscp = 0;
    Fd rtp_fd;
    SharedStats stats;

    std::atomic<bool> dirty{true};  ///< something may have come while nobody sat here

    // Of the media thread that has it; handed over with the command that opens a session.
    Session* session = nullptr;  ///< who sits here
    bool watched = false;        ///< its sockets are in that thread's epoll
    Fd rtcp_fd;                  ///< only while a conversation's reports are awaited: see MediaThread

    [[nodiscard]] Result<Fd, BindError> bind_rtcp() const;
};

struct PortPoolOptions {
    std::uint16_t port_min = 20'000, port_max = 39'999;  ///< inclusive
    std::size_t ready = 64;                              ///< fresh pairs kept bound in reserve, for each local address
    Duration quarantine = 1s;  ///< a pair that was given back rests so long: the old peer may still be sending
    int dscp = 46;
    std::size_t homes = 1;  ///< media threads
};

/// For the signalling thread. One pool for each local address, made when first asked for. What was given back is served
/// again in turn, without a system call; fresh pairs, in turn from a random start, come only where that isn't enough: a
/// thread of the pool's own binds them in batches that grow with the number in use. No socket is closed before the
/// end, so the port range bounds them.
class PortPool {
public:
    explicit PortPool(const PortPoolOptions& options);
    ~PortPool();
    PortPool(const PortPool&) = delete;
    PortPool& operator=(const PortPool&) = delete;

    struct Taken {
        Port* port;
        std::size_t home;    ///< the media thread that watches it …
        bool fresh = false;  ///< … or is to begin now
    };
    /// One at home at the thread `home`, or fresh, or else another thread's; binds by itself if there is none, after a
    /// bounded number of tries. What came before is thrown away. `number`: that one, if nobody has had it yet; 0: any.
    Result<Taken> take(const IpAddress& local, std::size_t home, Timestamp now, std::uint16_t number = 0);
    void give_back(Port& port, std::size_t home, Timestamp now);

private:
    enum class Slot : std::uint8_t { free, ours };
    struct Resting {
        Timestamp until;
        Port* port;
    };
    struct Address {
        IpAddress local;
        std::vector<std::deque<Resting>> used;  // by home, in the order they came back
        std::deque<Port*> fresh;
        bool asked = false;             // the pool's thread is to make some
        Timestamp ask_again{};          // after it failed
        std::atomic<bool> news{false};  // written under mutex_: it is done, or has made many
        // Under mutex_:
        std::vector<Slot> slots;  // one a pair of the range
        std::size_t cursor = 0;
        std::vector<std::unique_ptr<Port>> ports;  // all of them
        std::vector<Port*> made;                   // not in `fresh` yet
        std::size_t wanted = 0;
        bool failed = false;
    };
    Result<Taken> pick(const IpAddress& local, std::size_t home, Timestamp now);
    Port* pick_fresh(const IpAddress& local, std::uint16_t number, Timestamp now);
    Result<Address*> find_address(const IpAddress& local);
    void ask(Address& address);
    void collect(Address& address, Timestamp now);
    static Port* take_rested(Address& address, std::size_t home, Timestamp now);
    /// Binds the next free pair, under mutex_.
    Result<Port*> bind_next(Address& address);
    Result<Port*, BindError> bind_slot(Address& address, std::size_t slot);
    void work(const std::stop_token& stop);
    bool make_one();

    const PortPoolOptions options_;
    std::uint16_t first_ = 0;  // the lowest even port
    std::size_t pairs_ = 0;
    std::unique_ptr<RandomSource> random_;
    std::map<IpAddress, Address> addresses_;  // changed under mutex_, by the signalling thread
    std::mutex mutex_;
    std::condition_variable_any wake_;
    std::jthread thread_;  // last: it uses all of the above
};

}  // namespace centrala::media
