// Keeps RTP/RTCP port pairs bound in reserve and gives used ones a rest before they serve again (RFC 3550 §11).
#include "media/port_pool.hpp"

#include <cerrno>
#include <cstring>

namespace centrala::media {
namespace {

using Clock = std::chrono::steady_clock;

constexpr std::size_t kAddressesMax = 16;
constexpr int kBindTriesMax = 256;
constexpr int kDrainMax = 256;
constexpr std::size_t kReadyExtra = 4096;  // what comes back beyond the reserve is kept so far, then closed

}  // namespace

PortPool::PortPool(const PortPoolOptions& options) : options_(options), random_(make_system_random()) {
    first_ = static_cast<std::uint16_t>(options.port_min + (options.port_min & 1));
    if (options.port_max > first_ && first_ != 0) pairs_ = (options.port_max - first_ + 1u) / 2u;
    thread_ = std::jthread([this](const std::stop_token& stop) { maintain(stop); });
}

PortPool::~PortPool() {
    thread_.request_stop();
    thread_.join();
}

Result<PortPool::Address*> PortPool::find_address(const IpAddress& local) {
    const auto found = addresses_.find(local);
    if (found != addresses_.end()) return &found->second;
    if (addresses_.size() == kAddressesMax) return Error{"media: more than 16 local addresses"};
    if (pairs_ == 0) return Error{"media: the port range holds no even and odd pair"};
    Address& address = addresses_[local];
    address.slots.resize(pairs_, Slot::free);
    address.cursor = random_->below(pairs_);
    return &address;
}

Result<PortPair> PortPool::bind_next(const IpAddress& local, Address& address, std::unique_lock<std::mutex>& lock) {
    int code = EADDRINUSE;
    std::size_t looked_at = 0;
    for (int tries = 0; tries < kBindTriesMax && looked_at < pairs_; ++looked_at) {
        const std::size_t slot = address.cursor;
        address.cursor = (slot + 1) % pairs_;
        if (address.slots[slot] != Slot::free) continue;
        ++tries;
        address.slots[slot] = Slot::ours;
        const auto port = static_cast<std::uint16_t>(first_ + 2 * slot);
        lock.unlock();
        auto rtp = bind_udp({local, port}, options_.dscp);
        auto rtcp = rtp ? bind_udp({local, static_cast<std::uint16_t>(port + 1)}, options_.dscp)
                        : Result<Fd, BindError>(rtp.error());
        lock.lock();
        if (rtcp) return PortPair{{local, port}, std::move(*rtp), std::move(*rtcp)};
        address.slots[slot] = Slot::free;
        code = rtcp.error().code;
        if (code != EADDRINUSE && code != EACCES) break;  // the next port won't do better
    }
    return Error{"media: no RTP port on " + local.to_string() + ": " + std::strerror(code)};
}

Result<PortPair> PortPool::take(const IpAddress& local) {
    std::unique_lock lock(mutex_);
    const auto found = find_address(local);
    if (!found) return found.error();
    Address& address = **found;
    if (address.ready.empty()) {
        auto bound = bind_next(local, address, lock);
        wake_.notify_one();
        return bound;
    }
    PortPair pair = std::move(address.ready.front());
    address.ready.pop_front();
    if (address.ready.size() < options_.ready / 2 && !address.starved) wake_.notify_one();
    lock.unlock();
    drain(pair.rtp_fd.get(), kDrainMax);
    drain(pair.rtcp_fd.get(), kDrainMax);
    return pair;
}

void PortPool::release_slot(Address& address, std::uint16_t port) {
    address.slots[slot_of(port)] = Slot::free;
}

void PortPool::give_back(PortPair pair) {
    const std::lock_guard lock(mutex_);
    Address& address = addresses_[pair.rtp.address];
    address.resting.push_back({Clock::now() + options_.quarantine, std::move(pair)});
    if (address.resting.size() == 1) wake_.notify_one();
}

Clock::time_point PortPool::maintain_address(const IpAddress& local, Address& address,
                                             std::unique_lock<std::mutex>& lock) {
    const auto now = Clock::now();
    while (!address.resting.empty() && address.resting.front().until <= now) {
        PortPair pair = std::move(address.resting.front().pair);
        address.resting.pop_front();
        address.starved = false;
        if (address.ready.size() >= options_.ready + kReadyExtra) {
            release_slot(address, pair.rtp.port);
            continue;
        }
        lock.unlock();
        drain(pair.rtp_fd.get(), kDrainMax);
        drain(pair.rtcp_fd.get(), kDrainMax);
        lock.lock();
        address.ready.push_back(std::move(pair));
    }
    while (!address.starved && address.ready.size() < options_.ready) {
        auto bound = bind_next(local, address, lock);
        if (bound)
            address.ready.push_back(std::move(*bound));
        else
            address.starved = true;
    }
    return address.resting.empty() ? now + 10s : address.resting.front().until;
}

void PortPool::maintain(const std::stop_token& stop) {
    std::unique_lock lock(mutex_);
    while (!stop.stop_requested()) {
        auto next = Clock::now() + 10s;
        // Addresses are never erased, so the iterator survives the lock's being open.
        for (auto& [local, address] : addresses_) next = std::min(next, maintain_address(local, address, lock));
        wake_.wait_until(lock, stop, next, [&] {
            for (const auto& [local, address] : addresses_) {
                if (!address.resting.empty() && address.resting.front().until < next) return true;
                if (!address.starved && address.ready.size() < options_.ready / 2) return true;
            }
            return false;
        });
        // Ports that others held may be free by now.
        for (auto& [local, address] : addresses_) {
            if (address.starved && address.ready.empty() && address.resting.empty() && Clock::now() >= next)
                address.starved = false;
        }
    }
}

}  // namespace centrala::media
