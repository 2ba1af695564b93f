// Many deadlines, one timer: a heap with true cancellation, ordered by (time, order of setting).
#pragma once

#include <cstdint>
#include <optional>
#include <utility>
#include <vector>

#include "centrala/base/time.hpp"

namespace centrala {

/// Low 32 bits: the slot; high 32: its generation, never 0. So a stale id can't cancel a later timer.
enum class TimerId : std::uint64_t { none = 0 };

/// Deadlines with a payload each. Not thread-safe. Setting, cancelling and taking cost O(log n) and, once the queue
/// has been as large before, no allocation; a cancelled payload is destroyed at once.
template <class Payload>
class TimerQueue {
public:
    TimerId schedule(Timestamp at, Payload payload) {
        std::uint32_t slot = free_;
        if (slot == kNone) {
            slot = static_cast<std::uint32_t>(slots_.size());
            slots_.emplace_back();
        } else {
            free_ = slots_[slot].position;
        }
        Slot& s = slots_[slot];
        s.payload.emplace(std::move(payload));
        heap_.push_back({at, ++order_, slot});
        sift_up(heap_.size() - 1);
        return static_cast<TimerId>(static_cast<std::uint64_t>(s.generation) << 32 | slot);
    }
    /// Forgetting an id that fired or was cancelled already does nothing.
    void cancel(TimerId& id) {
        const auto raw = static_cast<std::uint64_t>(std::exchange(id, TimerId::none));
        const auto slot = static_cast<std::uint32_t>(raw);
        if (slot >= slots_.size() || !slots_[slot].payload || slots_[slot].generation != raw >> 32) return;
        remove(slots_[slot].position);
        [[maybe_unused]] const Payload dropped = release(slot);
    }
    [[nodiscard]] std::optional<Timestamp> next() const {
        return heap_.empty() ? std::nullopt : std::optional(heap_.front().at);
    }
    /// The earliest payload that is due at `now`, with the moment it was due.
    std::optional<std::pair<Timestamp, Payload>> pop_due(Timestamp now) {
        if (heap_.empty() || heap_.front().at > now) return std::nullopt;
        const Entry first = heap_.front();
        remove(0);
        return std::pair<Timestamp, Payload>(first.at, release(first.slot));
    }
    [[nodiscard]] std::size_t size() const { return heap_.size(); }

private:
    static constexpr std::uint32_t kNone = 0xffff'ffff;
    static constexpr std::size_t kArity = 4;  // flatter than a binary heap, and four siblings share cache lines

    struct Entry {
        Timestamp at;
        std::uint64_t order;
        std::uint32_t slot;
    };
    struct Slot {
        std::optional<Payload> payload;
        std::uint32_t generation = 1;
        std::uint32_t position = 0;  ///< in the heap; when free: the next free slot
    };

    static bool earlier(const Entry& a, const Entry& b) { return a.at != b.at ? a.at < b.at : a.order < b.order; }

    void place(std::size_t i, const Entry& e) {
        heap_[i] = e;
        slots_[e.slot].position = static_cast<std::uint32_t>(i);
    }
    void sift_up(std::size_t i) {
        const Entry e = heap_[i];
        while (i > 0) {
            const std::size_t parent = (i - 1) / kArity;
            if (!earlier(e, heap_[parent])) break;
            place(i, heap_[parent]);
            i = parent;
        }
        place(i, e);
    }
    void sift_down(std::size_t i) {
        const Entry e = heap_[i];
        for (;;) {
            const std::size_t first = kArity * i + 1;
            if (first >= heap_.size()) break;
            const std::size_t end = first + kArity < heap_.size() ? first + kArity : heap_.size();
            std::size_t least = first;
            for (std::size_t child = first + 1; child < end; ++child)
                if (earlier(heap_[child], heap_[least])) least = child;
            if (!earlier(heap_[least], e)) break;
            place(i, heap_[least]);
            i = least;
        }
        place(i, e);
    }
    void remove(std::size_t i) {
        const Entry last = heap_.back();
        heap_.pop_back();
        if (i == heap_.size()) return;
        const bool up = earlier(last, heap_[i]);
        heap_[i] = last;
        up ? sift_up(i) : sift_down(i);
    }
    /// The slot is free before the payload is destroyed, whose destructor may use this queue.
    Payload release(std::uint32_t slot) {
        Slot& s = slots_[slot];
        Payload payload = std::move(*s.payload);
        s.payload.reset();
        if (++s.generation == 0) s.generation = 1;
        s.position = free_;
        free_ = slot;
        return payload;
    }

    std::vector<Entry> heap_;
    std::vector<Slot> slots_;
    std::uint32_t free_ = kNone;
    std::uint64_t order_ = 0;
};

}  // namespace centrala
