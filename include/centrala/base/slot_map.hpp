// Dense storage addressed by ids that a stale holder can't confuse with a later tenant.
#pragma once

#include <cstdint>
#include <deque>
#include <optional>
#include <utility>
#include <vector>

namespace centrala {

/// Id is an `enum class : std::uint64_t`; low 32 bits are the slot, high 32 the generation (never 0, so Id{} is
/// nobody). References stay valid until their own erase.
template <class Id, class T>
class SlotMap {
public:
    template <class... Args>
    Id emplace(Args&&... args) {
        std::uint32_t slot;
        while (!free_.empty() && slots_[free_.back()].value) free_.pop_back();  // emplace_at() took it
        if (free_.empty()) {
            slot = static_cast<std::uint32_t>(slots_.size());
            slots_.emplace_back();
        } else {
            slot = free_.back();
            free_.pop_back();
        }
        slots_[slot].value.emplace(std::forward<Args>(args)...);
        ++size_;
        return make_id(slot, slots_[slot].generation);
    }

    /// Under an id that a map before this one gave. False, and nothing is done, if the id can't be given any more here,
    /// or its slot is not below `slots_max`.
    template <class... Args>
    bool emplace_at(Id id, std::size_t slots_max, Args&&... args) {
        const auto raw = static_cast<std::uint64_t>(id);
        const auto slot = static_cast<std::uint32_t>(raw);
        const auto generation = static_cast<std::uint32_t>(raw >> 32);
        if (slot >= slots_max) return false;
        while (slots_.size() <= slot) {
            free_.push_back(static_cast<std::uint32_t>(slots_.size()));
            slots_.emplace_back();
        }
        Slot& s = slots_[slot];
        if (s.value || generation < s.generation) return false;
        s.generation = generation;
        s.value.emplace(std::forward<Args>(args)...);
        ++size_;
        return true;
    }

    [[nodiscard]] T* find(Id id) {
        const auto raw = static_cast<std::uint64_t>(id);
        const auto slot = static_cast<std::uint32_t>(raw);
        if (slot >= slots_.size()) return nullptr;
        Slot& s = slots_[slot];
        return s.value && s.generation == static_cast<std::uint32_t>(raw >> 32) ? &*s.value : nullptr;
    }
    [[nodiscard]] const T* find(Id id) const { return const_cast<SlotMap*>(this)->find(id); }

    void erase(Id id) {
        if (!find(id)) return;
        const auto slot = static_cast<std::uint32_t>(static_cast<std::uint64_t>(id));
        // The id is void before the destructor runs, and the slot free only after: either may come back here.
        if (++slots_[slot].generation == 0) slots_[slot].generation = 1;
        --size_;
        slots_[slot].value.reset();
        free_.push_back(slot);
    }

    [[nodiscard]] std::size_t size() const { return size_; }
    [[nodiscard]] bool empty() const { return size_ == 0; }

    /// Visits in slot order; `f` must not insert or erase.
    template <class F>
    void for_each(F&& f) {
        for (std::uint32_t i = 0; i < slots_.size(); ++i)
            if (slots_[i].value) f(make_id(i, slots_[i].generation), *slots_[i].value);
    }
    template <class F>
    void for_each(F&& f) const {
        for (std::uint32_t i = 0; i < slots_.size(); ++i)
            if (slots_[i].value) f(make_id(i, slots_[i].generation), *slots_[i].value);
    }

private:
    struct Slot {
        std::optional<T> value;
        std::uint32_t generation = 1;
    };
    static Id make_id(std::uint32_t slot, std::uint32_t generation) {
        return static_cast<Id>((static_cast<std::uint64_t>(generation) << 32) | slot);
    }
    std::deque<Slot> slots_;
    std::vector<std::uint32_t> free_;  ///< also ones that emplace_at() has taken since
    std::size_t size_ = 0;
};

}  // namespace centrala
