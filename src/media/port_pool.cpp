// Keeps RTP/RTCP port pairs bound in reserve and gives used ones a rest before they serve again (RFC 3550 §11).
#include "media/port_pool.hpp"

#include <algorithm>
#include <cerrno>
#include <cstring>

#include <pthread.h>

namespace centrala::media {
namespace {

constexpr std::size_t kAddressesMax = 16;
constexpr int kBindTriesMax = 256;
constexpr std::size_t kBatchMax = 4;  // in reserves
constexpr Duration kPatience = 1s;    // then ports that others held may be free

constexpr int kDrainMax = 256;

}  // namespace

void clean(Port& port) {
    if (!port.dirty.load(std::memory_order_relaxed) || !port.dirty.exchange(false)) return;
    drain(port.rtp_fd.get(), kDrainMax);
}

Result<Fd, BindError> Port::bind_rtcp() const {
    return bind_udp({rtp.address, static_cast<std::uint16_t>(rtp.port + 1)}, dscp);
}

PortPool::PortPool(const PortPoolOptions& options) : options_(options), random_(make_system_random()) {
    first_ = static_cast<std::uint16_t>(options.port_min + (options.port_min & 1));
    if (options.port_max > first_ && first_ != 0) pairs_ = (options.port_max - first_ + 1u) / 2u;
    thread_ = std::jthread([this](const std::stop_token& stop) { work(stop); });
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
    const std::lock_guard lock(mutex_);
    Address& address = addresses_[local];
    address.local = local;
    address.used.resize(options_.homes);
    address.slots.resize(pairs_, Slot::free);
    address.cursor = random_->below(pairs_);
    return &address;
}

/// Under mutex_, both ports of the pair or none.
Result<Port*, BindError> PortPool::bind_slot(Address& address, std::size_t slot) {
    auto port = std::make_unique<Port>();
    port->rtp = {address.local, static_cast<std::uint16_t>(first_ + 2 * slot)};
    port->dscp = options_.dscp;
    auto rtp = bind_udp(port->rtp, port->dscp);
    const auto rtcp = rtp ? port->bind_rtcp() : Result<Fd, BindError>(rtp.error());  // is it free, too?
    if (!rtcp) return rtcp.error();
    address.slots[slot] = Slot::ours;
    port->rtp_fd = std::move(*rtp);
    return address.ports.emplace_back(std::move(port)).get();
}

Result<Port*> PortPool::bind_next(Address& address) {
    int code = EADDRINUSE;
    std::size_t looked_at = 0;
    for (int tries = 0; tries < kBindTriesMax && looked_at < pairs_; ++looked_at) {
        const std::size_t slot = address.cursor;
        address.cursor = (slot + 1) % pairs_;
        if (address.slots[slot] != Slot::free) continue;
        ++tries;
        const auto bound = bind_slot(address, slot);
        if (bound) return *bound;
        code = bound.error().code;
        if (code != EADDRINUSE && code != EACCES) break;  // the next port won't do better
    }
    return Error{"media: no RTP port on " + address.local.to_string() + ": " + std::strerror(code)};
}

Port* PortPool::take_rested(Address& address, std::size_t home, Timestamp now) {
    auto& used = address.used[home];
    if (used.empty() || used.front().until > now) return nullptr;
    Port* port = used.front().port;
    used.pop_front();
    return port;
}

Result<PortPool::Taken> PortPool::pick(const IpAddress& local, std::size_t home, Timestamp now) {
    const auto found = find_address(local);
    if (!found) return found.error();
    Address& address = **found;
    if (Port* port = take_rested(address, home, now)) return Taken{port, home};
    if (address.news.load(std::memory_order_acquire)) {
        const std::lock_guard lock(mutex_);
        collect(address, now);
    }
    if (address.fresh.size() <= options_.ready / 2 && !address.asked && now >= address.ask_again) ask(address);
    if (address.fresh.empty()) {
        for (std::size_t other = 0; other < options_.homes; ++other)
            if (Port* port = take_rested(address, other, now)) return Taken{port, other};
        const std::lock_guard lock(mutex_);
        collect(address, now);
        if (address.fresh.empty()) {
            auto bound = bind_next(address);
            if (!bound) return bound.error();
            return Taken{*bound, home, true};
        }
    }
    Port* port = address.fresh.front();
    address.fresh.pop_front();
    return Taken{port, home, true};
}

/// With that number; null: it isn't to be had, or somebody had it before.
Port* PortPool::pick_fresh(const IpAddress& local, std::uint16_t number, Timestamp now) {
    const std::size_t slot = (number - first_) / 2u;
    const auto found =
        number < first_ || number % 2 != 0 || slot >= pairs_ ? Result<Address*>(nullptr) : find_address(local);
    if (!found || !*found) return nullptr;
    Address& address = **found;
    const std::lock_guard lock(mutex_);
    collect(address, now);
    const auto ready = std::find_if(address.fresh.begin(), address.fresh.end(),
                                    [&](const Port* port) { return port->rtp.port == number; });
    if (ready != address.fresh.end()) {
        Port* const port = *ready;
        address.fresh.erase(ready);
        return port;
    }
    if (address.slots[slot] != Slot::free) return nullptr;
    const auto bound = bind_slot(address, slot);
    return bound ? *bound : nullptr;
}

Result<PortPool::Taken> PortPool::take(const IpAddress& local, std::size_t home, Timestamp now, std::uint16_t number) {
    Port* const wanted = number != 0 ? pick_fresh(local, number, now) : nullptr;
    auto taken = wanted ? Result<Taken>(Taken{wanted, home, true}) : pick(local, home, now);
    if (taken) clean(*taken->port);
    return taken;
}

void PortPool::give_back(Port& port, std::size_t home, Timestamp now) {
    const auto found = addresses_.find(port.rtp.address);
    if (found != addresses_.end()) found->second.used[home].push_back({now + options_.quarantine, &port});
}

void PortPool::ask(Address& address) {
    {
        const std::lock_guard lock(mutex_);
        address.wanted = std::clamp(address.ports.size() / 4, options_.ready, kBatchMax * options_.ready);
        address.failed = false;
    }
    address.asked = true;
    wake_.notify_one();
}

/// Under mutex_.
void PortPool::collect(Address& address, Timestamp now) {
    address.fresh.insert(address.fresh.end(), address.made.begin(), address.made.end());
    address.made.clear();
    address.news.store(false, std::memory_order_relaxed);
    if (address.wanted != 0) return;
    address.asked = false;
    if (address.failed) address.ask_again = now + kPatience;
}

/// One pair at a time, so that the signalling thread, if it must wait for the lock, waits for one. False: nothing to
/// do.
bool PortPool::make_one() {
    const std::lock_guard lock(mutex_);
    const auto found =
        std::find_if(addresses_.begin(), addresses_.end(), [](const auto& a) { return a.second.wanted != 0; });
    if (found == addresses_.end()) return false;
    Address& address = found->second;
    if (auto bound = bind_next(address)) {
        address.made.push_back(*bound);
        --address.wanted;
    } else {
        address.wanted = 0;
        address.failed = true;
    }
    if (address.wanted == 0 || address.made.size() >= 16) address.news.store(true, std::memory_order_release);
    return true;
}

void PortPool::work(const std::stop_token& stop) {
    ::pthread_setname_np(::pthread_self(), "media-ports");
    while (!stop.stop_requested()) {
        if (make_one()) {
            std::this_thread::yield();
            continue;
        }
        std::unique_lock lock(mutex_);
        wake_.wait(lock, stop, [this] {
            return std::any_of(addresses_.begin(), addresses_.end(),
                               [](const auto& a) { return a.second.wanted != 0; });
        });
    }
}

}  // namespace centrala::media
