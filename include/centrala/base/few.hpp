// A list that as a rule has no more than a few items, which it holds without another piece of memory.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <vector>

namespace centrala {

/// T: default constructible, cheap to copy. Items stand one after another; what changes the list moves them. As many as
/// kOwn are held in place.
template <class T, std::size_t kOwn = 1>
class Few {
public:
    Few() = default;
    Few(std::initializer_list<T> items) {
        for (const T& item : items) push_back(item);
    }

    [[nodiscard]] std::size_t size() const { return size_; }
    [[nodiscard]] bool empty() const { return size_ == 0; }
    [[nodiscard]] const T* begin() const { return size_ <= kOwn ? own_.data() : many_.data(); }
    [[nodiscard]] const T* end() const { return begin() + size_; }
    [[nodiscard]] T* begin() { return size_ <= kOwn ? own_.data() : many_.data(); }
    [[nodiscard]] T* end() { return begin() + size_; }
    [[nodiscard]] const T& operator[](std::size_t i) const { return begin()[i]; }
    // There is one.
    [[nodiscard]] const T& front() const { return *begin(); }
    [[nodiscard]] T& front() { return *begin(); }
    [[nodiscard]] const T& back() const { return *(end() - 1); }
    [[nodiscard]] T& back() { return *(end() - 1); }

    void push_back(const T& item) {
        if (size_ < kOwn) {
            own_[size_++] = item;
            return;
        }
        if (size_ == kOwn) many_.assign(own_.begin(), own_.end());
        many_.push_back(item);
        ++size_;
    }
    void clear() { *this = {}; }
    /// How many that were.
    template <class Predicate>
    std::size_t erase_if(Predicate predicate) {
        const std::size_t had = size_;
        size_ = static_cast<std::uint32_t>(std::remove_if(begin(), end(), predicate) - begin());
        if (had > kOwn && size_ <= kOwn) std::copy_n(many_.begin(), size_, own_.begin());
        many_.resize(size_ > kOwn ? size_ : 0);
        return had - size_;
    }
    bool operator==(const Few& other) const { return std::equal(begin(), end(), other.begin(), other.end()); }

private:
    std::uint32_t size_ = 0;
    std::array<T, kOwn> own_{};  ///< all, where there are so few
    std::vector<T> many_;        ///< all, where there are more
};

}  // namespace centrala
