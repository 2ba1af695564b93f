// Which list of callers a number is on.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_set>
#include <vector>

#include "centrala/base/by_text.hpp"
#include "centrala/config/config.hpp"

namespace centrala::config {

/// Numbers and beginnings of numbers. A look-up takes as long as the number is, however many there are.
class NumberSet {
public:
    /// A number, or with a final * all that begin so.
    void add(std::string_view pattern);
    [[nodiscard]] bool contains(std::string_view number) const;

private:
    using Texts = std::unordered_set<std::string, TextHash, std::equal_to<>>;
    Texts whole_;
    std::vector<Texts> beginnings_;  ///< by their length
};

class CallerLists {
public:
    explicit CallerLists(const Config& config);
    /// The first of the entry point's lists that has the number. Nobody is known by a number that isn't to be shown:
    /// whoever asks leaves those out.
    [[nodiscard]] std::optional<routing::CallerListId> find(const EntryPoint& entry, std::string_view number) const;

private:
    std::vector<NumberSet> sets_;  ///< by CallerListId
};

}  // namespace centrala::config
