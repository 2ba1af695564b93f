// Ordered sets that are queues as a rule: what is put in comes last, and what is taken out is the first.
#pragma once

#include <set>

namespace centrala::routing {

template <class Key>
void put(std::set<Key>& set, const Key& key) {
    set.insert(set.end(), key);
}
/// If it is there.
template <class Key>
void take(std::set<Key>& set, const Key& key) {
    const auto it = !set.empty() && *set.begin() == key ? set.begin() : set.find(key);
    if (it != set.end()) set.erase(it);
}

}  // namespace centrala::routing
