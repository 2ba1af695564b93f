// An ordered set for keys that as a rule come last and leave first, or are few.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <iterator>
#include <memory>
#include <utility>
#include <vector>

namespace centrala {

/// A value. Keys stand one after another in blocks, so that looking at the first ones, adding a last one and taking the
/// first need neither a search nor memory that hasn't been looked at lately, as in a tree. Anything else costs a search
/// and moving at most a block of keys, and sometimes a place in the list of blocks. What changes the set ends its
/// iterators. Key: cheap to copy, totally ordered. What was moved from can be assigned to or destroyed, nothing else.
template <class Key>
class Ordered {
    /// So many keys: moving half of them costs about as much as finding out where.
    static constexpr std::uint16_t kBlock = 64;

    class Block {
    public:
        Block() = default;
        Block(Block&& other) noexcept { *this = std::move(other); }
        Block& operator=(Block&& other) noexcept {
            many_ = std::move(other.many_);
            one_ = other.one_;
            first_ = std::exchange(other.first_, 0);
            end_ = std::exchange(other.end_, 0);
            room_ = std::exchange(other.room_, 1);
            return *this;
        }
        Block(const Block& other) : Block(other.begin(), other.end()) {}
        Block(const Key* from, const Key* to) : end_(static_cast<std::uint16_t>(to - from)) {
            if (end_ > room_) {
                room_ = end_;
                many_ = std::make_unique<Key[]>(room_);
            }
            std::copy(from, to, keys());
        }
        Block& operator=(const Block& other) { return *this = Block(other); }
        ~Block() = default;

        [[nodiscard]] std::size_t size() const { return end_ - first_; }
        [[nodiscard]] bool empty() const { return end_ == first_; }
        [[nodiscard]] bool full() const { return size() == kBlock; }
        [[nodiscard]] const Key* begin() const { return keys() + first_; }
        [[nodiscard]] const Key* end() const { return keys() + end_; }
        [[nodiscard]] const Key& back() const { return keys()[end_ - 1]; }
        [[nodiscard]] std::size_t place_of(const Key& key) const {
            return static_cast<std::size_t>(std::lower_bound(begin(), end(), key) - begin());
        }
        // Not full.
        void push_back(const Key& key) {
            if (end_ == room_) make_room();
            keys()[end_++] = key;
        }
        void insert(std::size_t place, const Key& key) {
            if (end_ == room_) make_room();
            Key* const at = keys() + first_ + place;
            std::move_backward(at, keys() + end_, keys() + end_ + 1);
            *at = key;
            ++end_;
        }
        void pop_front() {
            if (++first_ == end_) first_ = end_ = 0;
        }
        void erase(std::size_t place) {
            Key* const at = keys() + first_ + place;
            if (place < size() / 2) {
                std::move_backward(keys() + first_, at, at + 1);
                ++first_;
            } else {
                std::move(at + 1, keys() + end_, at);
                --end_;
            }
            if (empty()) first_ = end_ = 0;
        }
        /// All from that place on.
        [[nodiscard]] Block split(std::size_t place) {
            Block rest(begin() + place, end());
            end_ = static_cast<std::uint16_t>(first_ + place);
            return rest;
        }

    private:
        [[nodiscard]] Key* keys() { return many_ ? many_.get() : &one_; }
        [[nodiscard]] const Key* keys() const { return many_ ? many_.get() : &one_; }
        void make_room() {
            if (first_ == 0) {
                const auto room = static_cast<std::uint16_t>(std::min<std::size_t>(std::max(2 * room_, 4), kBlock));
                auto larger = std::make_unique<Key[]>(room);
                std::move(keys(), keys() + end_, larger.get());
                many_ = std::move(larger);
                room_ = room;
            } else {
                std::move(keys() + first_, keys() + end_, keys());
                end_ = static_cast<std::uint16_t>(end_ - first_);
                first_ = 0;
            }
        }

        std::unique_ptr<Key[]> many_;        ///< room for several; none: one_ is all
        std::uint16_t first_ = 0, end_ = 0;  ///< where the keys are; at 0 when there are none
        std::uint16_t room_ = 1;             ///< for so many
        Key one_{};                          ///< a set that holds one key now and then needs no memory beside its own
    };

public:
    class const_iterator {
    public:
        using value_type = Key;
        using reference = const Key&;
        using pointer = const Key*;
        using difference_type = std::ptrdiff_t;
        using iterator_category = std::forward_iterator_tag;
        const_iterator() = default;
        const Key& operator*() const { return *at_; }
        const Key* operator->() const { return at_; }
        const_iterator& operator++() {
            if (++at_ == set_->block(block_).end() && block_ < set_->more()) at_ = set_->block(++block_).begin();
            return *this;
        }
        const_iterator operator++(int) {
            const_iterator before = *this;
            ++*this;
            return before;
        }
        bool operator==(const const_iterator& other) const { return at_ == other.at_; }

    private:
        friend Ordered;
        const_iterator(const Ordered& set, std::size_t block, const Key* at) : set_(&set), block_(block), at_(at) {}
        const Ordered* set_ = nullptr;
        std::size_t block_ = 0;
        const Key* at_ = nullptr;
    };
    using iterator = const_iterator;
    using value_type = Key;

    [[nodiscard]] std::size_t size() const { return size_; }
    [[nodiscard]] bool empty() const { return size_ == 0; }
    [[nodiscard]] const_iterator begin() const { return {*this, 0, front_.begin()}; }
    [[nodiscard]] const_iterator end() const { return {*this, more(), last().end()}; }

    /// False: it is there already.
    bool insert(const Key& key) {
        if (size_ == 0 || last().back() < key) {
            if (last().full()) rest_.emplace_back();
            last().push_back(key);
            ++size_;
            return true;
        }
        std::size_t b = block_of(key);
        std::size_t place = block(b).place_of(key);
        if (block(b).begin()[place] == key) return false;
        if (block(b).full()) {
            constexpr std::size_t kHalf = kBlock / 2;
            rest_.insert(place_in_rest(b + 1), block(b).split(kHalf));
            if (place > kHalf) {
                ++b;
                place -= kHalf;
            }
        }
        block(b).insert(place, key);
        ++size_;
        return true;
    }
    /// How many that were.
    std::size_t erase(const Key& key) {
        if (size_ == 0) return 0;
        std::size_t b = 0;
        if (*front_.begin() == key) {
            front_.pop_front();
        } else {
            b = block_of(key);
            if (b > more()) return 0;
            const std::size_t place = block(b).place_of(key);
            if (!(block(b).begin()[place] == key)) return 0;
            block(b).erase(place);
        }
        --size_;
        tidy(b);
        return 1;
    }
    void clear() { *this = {}; }

    /// The first that is no less than the key.
    [[nodiscard]] const_iterator lower_bound(const Key& key) const {
        if (size_ == 0) return end();
        const std::size_t b = block_of(key);
        return b > more() ? end() : const_iterator{*this, b, block(b).begin() + block(b).place_of(key)};
    }
    /// The first that comes after the key.
    [[nodiscard]] const_iterator upper_bound(const Key& key) const {
        const auto at = lower_bound(key);
        return at != end() && *at == key ? std::next(at) : at;
    }
    [[nodiscard]] bool contains(const Key& key) const {
        const auto at = lower_bound(key);
        return at != end() && *at == key;
    }
    /// How many are less than the key. Cost: of those who aren't, a block at a time.
    [[nodiscard]] std::size_t count_before(const Key& key) const {
        std::size_t count = size_;
        for (std::size_t b = more() + 1; b-- > 0;) {
            const Block& keys = block(b);
            count -= keys.size();
            if (!keys.empty() && *keys.begin() < key) return count + keys.place_of(key);
        }
        return count;
    }

    bool operator==(const Ordered& other) const {
        return size_ == other.size_ && std::equal(begin(), end(), other.begin());
    }

private:
    /// Blocks behind front_.
    [[nodiscard]] std::size_t more() const { return rest_.size() - gone_; }
    [[nodiscard]] auto place_in_rest(std::size_t b) {
        return rest_.begin() + static_cast<std::ptrdiff_t>(gone_ + b - 1);
    }
    [[nodiscard]] const Block& block(std::size_t b) const { return b == 0 ? front_ : rest_[gone_ + b - 1]; }
    [[nodiscard]] Block& block(std::size_t b) { return b == 0 ? front_ : rest_[gone_ + b - 1]; }
    [[nodiscard]] const Block& last() const { return more() == 0 ? front_ : rest_.back(); }
    [[nodiscard]] Block& last() { return more() == 0 ? front_ : rest_.back(); }
    /// Where it is or would be: the first with a key that is no less; one behind the last if there is none. Not empty.
    [[nodiscard]] std::size_t block_of(const Key& key) const {
        if (!(front_.back() < key)) return 0;
        const auto from = rest_.begin() + static_cast<std::ptrdiff_t>(gone_);
        const auto at =
            std::lower_bound(from, rest_.end(), key, [](const Block& b, const Key& k) { return b.back() < k; });
        return 1 + static_cast<std::size_t>(at - from);
    }
    /// Something has left this block: none but the first may be empty, and not many hold a few.
    void tidy(std::size_t b) {
        if (more() == 0 || block(b).size() >= kBlock / 4) return;
        if (block(b).empty()) {
            if (b == 0)
                next_is_front();
            else
                rest_.erase(place_in_rest(b));
        } else if (b < more() && block(b).size() + block(b + 1).size() <= kBlock / 2) {
            for (const Key& key : block(b + 1)) block(b).push_back(key);
            rest_.erase(place_in_rest(b + 1));
        }
    }
    void next_is_front() {
        front_ = std::move(rest_[gone_++]);
        if (gone_ <= rest_.size() / 2) return;
        rest_.erase(rest_.begin(), rest_.begin() + static_cast<std::ptrdiff_t>(gone_));
        gone_ = 0;
    }

    Block front_;
    std::vector<Block> rest_;  ///< but for those that are gone, none of them is empty, nor is front_ then
    std::size_t gone_ = 0;     ///< so many at its beginning have been front_
    std::size_t size_ = 0;
};

}  // namespace centrala
