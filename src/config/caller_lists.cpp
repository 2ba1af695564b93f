#include "centrala/config/caller_lists.hpp"

#include <algorithm>

namespace centrala::config {

void NumberSet::add(std::string_view pattern) {
    if (!pattern.ends_with('*')) {
        whole_.emplace(pattern);
        return;
    }
    pattern.remove_suffix(1);
    if (beginnings_.size() <= pattern.size()) beginnings_.resize(pattern.size() + 1);
    beginnings_[pattern.size()].emplace(pattern);
}

bool NumberSet::contains(std::string_view number) const {
    if (whole_.contains(number)) return true;
    const std::size_t lengths = std::min(beginnings_.size(), number.size() + 1);
    for (std::size_t length = 0; length < lengths; ++length)
        if (!beginnings_[length].empty() && beginnings_[length].contains(number.substr(0, length))) return true;
    return false;
}

CallerLists::CallerLists(const Config& config) : sets_(config.caller_lists.size()) {
    for (const CallerList& list : config.caller_lists)
        for (const auto* numbers : {&list.numbers, &list.numbers_of_file})
            for (const std::string& number : *numbers) sets_[index(list.id)].add(number);
}

std::optional<routing::CallerListId> CallerLists::find(const EntryPoint& entry, std::string_view number) const {
    const auto found = std::find_if(entry.callers.begin(), entry.callers.end(),
                                    [&](routing::CallerListId id) { return sets_[index(id)].contains(number); });
    return found == entry.callers.end() ? std::nullopt : std::optional(*found);
}

}  // namespace centrala::config
