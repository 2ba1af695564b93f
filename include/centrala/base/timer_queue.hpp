// Many deadlines, one timer: a binary heap with cheap cancellation, ordered by (time, order of setting).
#pragma once

#include <algorithm>
#include <cstdint>
#include <optional>
#include <unordered_set>
#include <utility>
#include <vector>

#include "centrala/base/time.hpp"

namespace centrala {

enum class TimerId : std::uint64_t { none = 0 };

/// Deadlines with a payload each. Not thread-safe. Cancelled entries leave the heap when they surface or when they
/// outnumber the live ones.
template <class Payload>
class TimerQueue {
public:
    TimerId schedule(Timestamp at, Payload payload) {
        const auto id = static_cast<TimerId>(++last_);
        heap_.push_back({at, id, std::move(payload)});
        std::push_heap(heap_.begin(), heap_.end(), later);
        live_.insert(static_cast<std::uint64_t>(id));
        return id;
    }
    /// Forgetting an id that fired or was cancelled already does nothing.
    void cancel(TimerId& id) {
        if (id == TimerId::none) return;
        live_.erase(static_cast<std::uint64_t>(id));
        id = TimerId::none;
        if (heap_.size() > 64 && heap_.size() > 2 * live_.size()) compact();
    }
    [[nodiscard]] std::optional<Timestamp> next() {
        drop_dead();
        return heap_.empty() ? std::nullopt : std::optional(heap_.front().at);
    }
    /// The earliest payload that is due at `now`, with the moment it was due.
    std::optional<std::pair<Timestamp, Payload>> pop_due(Timestamp now) {
        drop_dead();
        if (heap_.empty() || heap_.front().at > now) return std::nullopt;
        std::pop_heap(heap_.begin(), heap_.end(), later);
        Entry e = std::move(heap_.back());
        heap_.pop_back();
        live_.erase(static_cast<std::uint64_t>(e.id));
        return std::pair(e.at, std::move(e.payload));
    }
    [[nodiscard]] std::size_t size() const { return live_.size(); }

private:
    struct Entry {
        Timestamp at;
        TimerId id;
        Payload payload;
    };
    static bool later(const Entry& a, const Entry& b) { return a.at != b.at ? a.at > b.at : a.id > b.id; }
    [[nodiscard]] bool dead(const Entry& e) const { return !live_.contains(static_cast<std::uint64_t>(e.id)); }
    void drop_dead() {
        while (!heap_.empty() && dead(heap_.front())) {
            std::pop_heap(heap_.begin(), heap_.end(), later);
            heap_.pop_back();
        }
    }
    void compact() {
        std::erase_if(heap_, [this](const Entry& e) { return dead(e); });
        std::make_heap(heap_.begin(), heap_.end(), later);
    }
    std::vector<Entry> heap_;
    std::unordered_set<std::uint64_t> live_;
    std::uint64_t last_ = 0;
};

}  // namespace centrala
