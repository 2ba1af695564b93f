// The hash index against a plain map, by random insertion and removal.
#include "sip/key_index.hpp"

#include <map>
#include <string>

#include <gtest/gtest.h>

#include "centrala/base/random.hpp"

namespace centrala::sip {
namespace {

enum class Id : std::uint64_t {};

TEST(KeyIndex, AgreesWithAMapWhateverCollides) {
    for (std::uint64_t seed = 1; seed <= 20; ++seed) {
        auto dice = make_seeded_random(seed);
        KeyIndex<Id> index;
        std::map<std::uint64_t, std::uint64_t> model;  // id -> hash
        std::uint64_t next = 1;
        for (int step = 0; step < 3000; ++step) {
            if (model.empty() || dice->below(5) < 3) {
                const std::uint64_t hash = dice->below(40) << (dice->below(2) * 58);  // crowded, at both ends
                index.insert(hash, Id{next});
                model[next++] = hash;
            } else {
                auto it = model.begin();
                std::advance(it, static_cast<std::ptrdiff_t>(dice->below(model.size())));
                index.erase(it->second, Id{it->first});
                model.erase(it);
            }
            ASSERT_EQ(index.size(), model.size());
        }
        for (const auto& [id, hash] : model)
            EXPECT_EQ(index.find(hash, [&, wanted = id](Id x) { return x == Id{wanted}; }), Id{id});
        EXPECT_EQ(index.find(1, [](Id) { return false; }), Id{});
        while (!model.empty()) {
            index.erase(model.begin()->second, Id{model.begin()->first});
            model.erase(model.begin());
        }
        EXPECT_EQ(index.size(), 0u);
        EXPECT_EQ(index.find(0, [](Id) { return true; }), Id{});
    }
}

TEST(KeyedHash, DependsOnKeyAndEveryByte) {
    const std::string text = "z9hG4bK776asdhds\nexample.org";
    const std::uint64_t h = keyed_hash(1, 2, text);
    EXPECT_EQ(h, keyed_hash(1, 2, text));
    EXPECT_NE(h, keyed_hash(1, 3, text));
    EXPECT_NE(h, keyed_hash(2, 2, text));
    for (std::size_t i = 0; i < text.size(); ++i) {
        std::string other = text;
        other[i] ^= 1;
        EXPECT_NE(h, keyed_hash(1, 2, other)) << i;
        EXPECT_NE(h, keyed_hash(1, 2, std::string_view(text).substr(0, i))) << i;
    }
}

}  // namespace
}  // namespace centrala::sip
