// A hash index from texts to ids: open addressing, no allocation per entry, hashes kept beside the ids. The hash is
// keyed (SipHash-1-3), because peers choose the texts (branches, Call-IDs) and must not be able to make them collide.
#pragma once

#include <bit>
#include <cstdint>
#include <cstring>
#include <string_view>
#include <vector>

namespace centrala::sip {

[[nodiscard]] inline std::uint64_t keyed_hash(std::uint64_t k0, std::uint64_t k1, std::string_view text) {
    std::uint64_t v0 = k0 ^ 0x736f6d6570736575u, v1 = k1 ^ 0x646f72616e646f6du, v2 = k0 ^ 0x6c7967656e657261u,
                  v3 = k1 ^ 0x7465646279746573u;
    const auto round = [&] {
        v0 += v1;
        v1 = std::rotl(v1, 13);
        v1 ^= v0;
        v0 = std::rotl(v0, 32);
        v2 += v3;
        v3 = std::rotl(v3, 16);
        v3 ^= v2;
        v0 += v3;
        v3 = std::rotl(v3, 21);
        v3 ^= v0;
        v2 += v1;
        v1 = std::rotl(v1, 17);
        v1 ^= v2;
        v2 = std::rotl(v2, 32);
    };
    const auto absorb = [&](std::uint64_t m) {
        v3 ^= m;
        round();
        v0 ^= m;
    };
    std::size_t i = 0;
    for (; i + 8 <= text.size(); i += 8) {
        std::uint64_t m;
        std::memcpy(&m, text.data() + i, 8);
        absorb(m);
    }
    std::uint64_t last = static_cast<std::uint64_t>(text.size()) << 56;
    for (std::size_t j = 0; i + j < text.size(); ++j)
        last |= static_cast<std::uint64_t>(static_cast<unsigned char>(text[i + j])) << (8 * j);
    absorb(last);
    v2 ^= 0xff;
    round();
    round();
    round();
    return v0 ^ v1 ^ v2 ^ v3;
}

/// Id{} means nobody. The caller keeps the texts and compares them.
template <class Id>
class KeyIndex {
public:
    /// The id with that hash for which same(id) holds, or Id{}.
    template <class Same>
    [[nodiscard]] Id find(std::uint64_t hash, Same&& same) const {
        if (entries_.empty()) return Id{};
        for (std::size_t i = hash & mask();; i = (i + 1) & mask()) {
            const Entry& e = entries_[i];
            if (e.id == Id{}) return Id{};
            if (e.hash == hash && same(e.id)) return e.id;
        }
    }
    void insert(std::uint64_t hash, Id id) {
        if (2 * (size_ + 1) > entries_.size()) grow();
        place(hash, id);
        ++size_;
    }
    void erase(std::uint64_t hash, Id id) {
        if (entries_.empty()) return;
        std::size_t i = hash & mask();
        while (entries_[i].id != id) {
            if (entries_[i].id == Id{}) return;
            i = (i + 1) & mask();
        }
        // Moves back what would be cut off from its home by the gap.
        for (std::size_t j = i;;) {
            j = (j + 1) & mask();
            if (entries_[j].id == Id{}) break;
            const std::size_t home = entries_[j].hash & mask();
            if (((j - home) & mask()) < ((j - i) & mask())) continue;
            entries_[i] = entries_[j];
            i = j;
        }
        entries_[i] = {};
        --size_;
    }
    [[nodiscard]] std::size_t size() const { return size_; }

private:
    struct Entry {
        std::uint64_t hash = 0;
        Id id{};
    };
    [[nodiscard]] std::size_t mask() const { return entries_.size() - 1; }
    void place(std::uint64_t hash, Id id) {
        std::size_t i = hash & mask();
        while (entries_[i].id != Id{}) i = (i + 1) & mask();
        entries_[i] = {hash, id};
    }
    void grow() {
        std::vector<Entry> old(entries_.empty() ? 64 : 2 * entries_.size());
        old.swap(entries_);
        for (const Entry& e : old)
            if (e.id != Id{}) place(e.hash, e.id);
    }
    std::vector<Entry> entries_;  ///< a power of two, at most half full
    std::size_t size_ = 0;
};

}  // namespace centrala::sip
