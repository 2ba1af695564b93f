// Events on their way from the media threads to the signalling thread.
#pragma once

#include <atomic>
#include <cstdint>
#include <mutex>
#include <vector>

#include <unistd.h>

#include "centrala/media/engine.hpp"

namespace centrala::media {

/// Thread-safe. Key presses beyond the limit are dropped (they come as fast as the peer likes); the others are few.
class EventSink {
public:
    static constexpr std::size_t kDigitsMax = 16'384;

    explicit EventSink(int wake_fd) : wake_fd_(wake_fd) {}

    void push(const Event& event) {
        {
            const std::lock_guard lock(mutex_);
            if (event.kind == Event::Kind::digit && events_.size() >= kDigitsMax) return;
            events_.push_back(event);
            any_.store(true, std::memory_order_relaxed);
            if (events_.size() > 1) return;  // whoever reads was woken already
        }
        const std::uint64_t one = 1;
        if (wake_fd_ >= 0 && ::write(wake_fd_, &one, sizeof one) < 0) return;  // full counter: awake anyway
    }

    void take(std::vector<Event>& into) {
        if (!any_.load(std::memory_order_relaxed)) return;  // whoever pushes wakes the reader after this is true
        const std::lock_guard lock(mutex_);
        into.insert(into.end(), events_.begin(), events_.end());
        events_.clear();
        any_.store(false, std::memory_order_relaxed);
    }

private:
    const int wake_fd_;
    std::mutex mutex_;
    std::vector<Event> events_;
    std::atomic<bool> any_{false};  // written under mutex_
};

}  // namespace centrala::media
