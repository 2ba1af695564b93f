// A list that as a rule has one item or none, which it holds without another piece of memory.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <vector>

namespace centrala {

/// T: default constructible, cheap to copy. Items stand one after another; what changes the list moves them.
template <class T>
class Few {
public:
    Few() = default;
    Few(std::initializer_list<T> items) {
        for (const T& item : items) push_back(item);
    }

    [[nodiscard]] std::size_t size() const { return size_; }
    [[nodiscard]] bool empty() const { return size_ == 0; }
    [[nodiscard]] const T* begin() const { return size_ <= 1 ? &one_ : many_.data(); }
    [[nodiscard]] const T* end() const { return begin() + size_; }
    [[nodiscard]] T* begin() { return size_ <= 1 ? &one_ : many_.data(); }
    [[nodiscard]] T* end() { return begin() + size_; }
    [[nodiscard]] const T& operator[](std::size_t i) const { return begin()[i]; }
    // There is one.
    [[nodiscard]] const T& front() const { return *begin(); }
    [[nodiscard]] T& front() { return *begin(); }
    [[nodiscard]] const T& back() const { return *(end() - 1); }
    [[nodiscard]] T& back() { return *(end() - 1); }

    void push_back(const T& item) {
        if (size_ == 1) many_.push_back(one_);
        if (++size_ == 1)
            one_ = item;
        else
            many_.push_back(item);
    }
    void clear() { *this = {}; }
    /// How many that were.
    template <class Predicate>
    std::size_t erase_if(Predicate predicate) {
        const std::size_t had = size_;
        size_ = static_cast<std::uint32_t>(std::remove_if(begin(), end(), predicate) - begin());
        if (size_ == 1 && !many_.empty()) one_ = many_.front();
        many_.resize(size_ > 1 ? size_ : 0);
        return had - size_;
    }
    bool operator==(const Few& other) const { return std::equal(begin(), end(), other.begin(), other.end()); }

private:
    std::uint32_t size_ = 0;
    T one_{};              ///< the only one
    std::vector<T> many_;  ///< all, where there are at least two
};

}  // namespace centrala
