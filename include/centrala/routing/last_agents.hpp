// Which agent a caller talked to last.
#pragma once

#include <cstddef>
#include <functional>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <utility>

#include "centrala/base/time.hpp"
#include "centrala/routing/ids.hpp"

namespace centrala::routing {

inline constexpr std::size_t kCallerMax = 64;  ///< bytes of a caller's number that is remembered

struct LastTalk {
    AgentId agent{};
    Timestamp ended{};
    bool operator==(const LastTalk&) const = default;
};

/// Value type. Every operation costs O(log) of the callers remembered.
class LastAgents {
public:
    /// Of more than `most` callers those are forgotten whose talk ended longest ago, and in any case whose ended before
    /// `oldest`.
    void note(const std::string& caller, LastTalk talk, std::size_t most, Timestamp oldest);
    [[nodiscard]] const LastTalk* find(std::string_view caller) const;
    /// By when their talk ended, then by number.
    [[nodiscard]] const std::set<std::pair<Timestamp, std::string>>& by_age() const { return by_age_; }
    bool operator==(const LastAgents&) const = default;

private:
    std::map<std::string, LastTalk, std::less<>> talks_;
    std::set<std::pair<Timestamp, std::string>> by_age_;
};

}  // namespace centrala::routing
