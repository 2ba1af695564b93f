// The way from the signalling thread to a media thread: one writer, one reader, no locks.
#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <utility>

namespace centrala::media {

/// First in, first out, in segments that are used again: steady traffic allocates nothing. It takes whatever comes; who
/// writes bounds it by size(). T: default-constructible, movable.
///
/// Both ends are sequentially consistent, so that the usual handshake holds: the reader says that it goes to sleep,
/// then looks here once more; the writer writes, then asks whether the reader sleeps. One of them sees the other.
template <class T>
class CommandQueue {
public:
    CommandQueue() : tail_(new Segment), head_(tail_) {}
    ~CommandQueue() {
        while (head_) delete std::exchange(head_, head_->next.load());
        delete spare_.load();
    }
    CommandQueue(const CommandQueue&) = delete;
    CommandQueue& operator=(const CommandQueue&) = delete;

    /// The writer's.
    void push(T value) {
        if (at_ == kSegment) {
            Segment* fresh = spare_.exchange(nullptr, std::memory_order_acquire);
            if (!fresh) fresh = new Segment;
            tail_->next.store(fresh);
            tail_ = fresh;
            at_ = 0;
        }
        tail_->values[at_] = std::move(value);
        tail_->written.store(++at_);
        ++pushed_;
    }
    /// The writer's: how many wait to be read.
    [[nodiscard]] std::size_t size() const { return pushed_ - popped_.load(std::memory_order_relaxed); }

    /// The reader's: the oldest, null if there is none.
    [[nodiscard]] T* front() {
        if (read_ == kSegment) {
            Segment* next = head_->next.load();
            if (!next) return nullptr;
            recycle(std::exchange(head_, next));
            read_ = 0;
        }
        return read_ < head_->written.load() ? &head_->values[read_] : nullptr;
    }
    /// The reader's, after front().
    void pop() {
        head_->values[read_++] = T{};
        popped_.store(popped_.load(std::memory_order_relaxed) + 1, std::memory_order_relaxed);
    }

private:
    static constexpr std::uint32_t kSegment = 128;
    struct Segment {
        std::array<T, kSegment> values;
        std::atomic<std::uint32_t> written{0};
        std::atomic<Segment*> next{nullptr};
    };

    void recycle(Segment* used) {
        used->written.store(0, std::memory_order_relaxed);
        used->next.store(nullptr, std::memory_order_relaxed);
        Segment* none = nullptr;
        if (!spare_.compare_exchange_strong(none, used, std::memory_order_release, std::memory_order_relaxed))
            delete used;
    }

    // Each side's own on a cache line of its own.
    alignas(64) Segment* tail_;
    std::uint32_t at_ = 0;
    std::size_t pushed_ = 0;
    alignas(64) Segment* head_;
    std::uint32_t read_ = 0;
    std::atomic<std::size_t> popped_{0};
    alignas(64) std::atomic<Segment*> spare_{nullptr};
};

}  // namespace centrala::media
