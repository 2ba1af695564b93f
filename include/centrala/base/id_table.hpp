// Records that are found by their ids, which are given one after another.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <iterator>
#include <memory>
#include <new>
#include <utility>
#include <vector>

namespace centrala {

/// A value. Record: has an `id`, an enumeration or integer. Records stay where they are while others come and go.
/// Neighbours by id are neighbours in memory, and finding one needs to look at nothing that isn't its own but a short
/// list of pages. Ids that are far apart cost memory, at most a page for each, and a search in that list.
/// What was moved from can be assigned to or destroyed, nothing else.
template <class Record>
class IdTable {
    using Id = decltype(Record::id);
    static constexpr unsigned kPageBits = 4;
    static constexpr std::size_t kPage = std::size_t{1} << kPageBits;
    static constexpr std::size_t kEmptyMost = 1'000;  ///< pages that stay in the list, as half of it may in any case
    /// Room for records with ids that differ in the last bits only.
    class Page {
    public:
        explicit Page(std::uint64_t number) : number_(number) {}
        Page(Page&& other) noexcept
            : number_(other.number_), used_(std::exchange(other.used_, 0)), room_(std::move(other.room_)) {}
        Page& operator=(Page&& other) noexcept {
            std::swap(number_, other.number_);
            std::swap(used_, other.used_);
            std::swap(room_, other.room_);
            return *this;
        }
        Page(const Page& other) : Page(other.number_) {
            for (std::size_t slot = 0; slot < kPage; ++slot)
                if (other.has(slot)) put(slot, Record(other[slot]));
        }
        Page& operator=(const Page& other) { return *this = Page(other); }
        ~Page() {
            for (std::size_t slot = 0; slot < kPage; ++slot)
                if (has(slot)) erase(slot);
        }
        [[nodiscard]] std::uint64_t number() const { return number_; }
        [[nodiscard]] bool empty() const { return used_ == 0; }
        [[nodiscard]] bool has(std::size_t slot) const { return (used_ >> slot & 1U) != 0; }
        [[nodiscard]] Record& operator[](std::size_t slot) const { return *std::launder(&(*room_)[slot].record); }
        Record& put(std::size_t slot, Record&& record) {
            if (!room_) room_ = std::make_unique_for_overwrite<Room>();
            Record& in_place = *std::construct_at(&(*room_)[slot].record, std::move(record));
            used_ |= 1U << slot;
            return in_place;
        }
        void erase(std::size_t slot) {
            used_ &= ~(1U << slot);
            std::destroy_at(&(*this)[slot]);
            if (empty()) room_.reset();
        }

    private:
        union Slot {
            Slot() {}
            ~Slot() {}
            Record record;
        };
        using Room = std::array<Slot, kPage>;
        std::uint64_t number_;        ///< of its ids, the bits before the last ones
        std::uint32_t used_ = 0;      ///< a bit for each slot
        std::unique_ptr<Room> room_;  ///< none: all of them are free
    };

    template <class Table, class Value>
    class Iterator {
    public:
        using value_type = Record;
        using reference = Value&;
        using pointer = Value*;
        using difference_type = std::ptrdiff_t;
        using iterator_category = std::forward_iterator_tag;
        Iterator() = default;
        Iterator(Table& table, std::size_t page) : table_(&table), page_(page) { skip(); }
        Value& operator*() const { return table_->pages_[page_][at_]; }
        Value* operator->() const { return &**this; }
        Iterator& operator++() {
            ++at_;
            skip();
            return *this;
        }
        Iterator operator++(int) {
            Iterator before = *this;
            ++*this;
            return before;
        }
        bool operator==(const Iterator&) const = default;

    private:
        void skip() {
            for (; page_ < table_->pages_.size(); ++page_, at_ = 0)
                for (; at_ < kPage; ++at_)
                    if (table_->pages_[page_].has(at_)) return;
        }
        Table* table_ = nullptr;
        std::size_t page_ = 0, at_ = 0;
    };

public:
    using iterator = Iterator<IdTable, Record>;
    using const_iterator = Iterator<const IdTable, const Record>;

    [[nodiscard]] std::size_t size() const { return size_; }
    [[nodiscard]] bool empty() const { return size_ == 0; }
    // In order of id.
    [[nodiscard]] iterator begin() { return {*this, 0}; }
    [[nodiscard]] iterator end() { return {*this, pages_.size()}; }
    [[nodiscard]] const_iterator begin() const { return {*this, 0}; }
    [[nodiscard]] const_iterator end() const { return {*this, pages_.size()}; }

    /// nullptr: there is none.
    [[nodiscard]] const Record* find(Id id) const {
        const std::size_t at = place_of(number_of(id));
        return holds(at, id) ? &pages_[at][slot_of(id)] : nullptr;
    }
    [[nodiscard]] Record* find(Id id) { return const_cast<Record*>(std::as_const(*this).find(id)); }

    /// In the place of another of the same id.
    Record& put(Record&& record) {
        const std::uint64_t number = number_of(record.id);
        const std::size_t at = place_of(number);
        if (!is_at(at, number)) {
            pages_.emplace(pages_.begin() + static_cast<std::ptrdiff_t>(at), number);
            ++empty_;
        }
        const std::size_t slot = slot_of(record.id);
        if (pages_[at].has(slot)) return pages_[at][slot] = std::move(record);
        if (pages_[at].empty()) --empty_;
        ++size_;
        return pages_[at].put(slot, std::move(record));
    }
    /// If it is there.
    void erase(Id id) {
        const std::size_t at = place_of(number_of(id));
        if (!holds(at, id)) return;
        pages_[at].erase(slot_of(id));
        --size_;
        if (!pages_[at].empty() || ++empty_ <= kEmptyMost + pages_.size() / 2) return;
        std::erase_if(pages_, [](const Page& page) { return page.empty(); });
        empty_ = 0;
    }
    template <class Predicate>
    void erase_if(Predicate predicate) {
        std::vector<Id> out;
        for (const Record& record : *this)
            if (predicate(record)) out.push_back(record.id);
        for (const Id id : out) erase(id);
    }

    bool operator==(const IdTable& other) const {
        return size_ == other.size_ && std::equal(begin(), end(), other.begin(), other.end());
    }

private:
    static std::uint64_t number_of(Id id) { return static_cast<std::uint64_t>(id) >> kPageBits; }
    static std::size_t slot_of(Id id) { return static_cast<std::size_t>(id) % kPage; }
    [[nodiscard]] bool is_at(std::size_t at, std::uint64_t number) const {
        return at < pages_.size() && pages_[at].number() == number;
    }
    [[nodiscard]] bool holds(std::size_t at, Id id) const {
        return is_at(at, number_of(id)) && pages_[at].has(slot_of(id));
    }
    /// Of the page with that number, or where it would stand.
    [[nodiscard]] std::size_t place_of(std::uint64_t number) const {
        if (pages_.empty() || number <= pages_.front().number()) return 0;
        // As a rule no page is missing among the last ones.
        const std::uint64_t last = pages_.back().number();
        if (number > last) return pages_.size();
        const std::uint64_t behind = last - number;
        if (behind < pages_.size() && pages_[pages_.size() - 1 - behind].number() == number)
            return pages_.size() - 1 - behind;
        const auto found = std::lower_bound(pages_.begin(), pages_.end(), number,
                                            [](const Page& p, std::uint64_t n) { return p.number() < n; });
        return static_cast<std::size_t>(found - pages_.begin());
    }

    std::vector<Page> pages_;  ///< in order of number: all that have records, and others
    std::size_t empty_ = 0;    ///< how many others
    std::size_t size_ = 0;
};

}  // namespace centrala
