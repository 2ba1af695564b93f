// The inverse of format: lines of the log back into routing's events.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>

#include <nlohmann/json.hpp>

#include "centrala/routing/event.hpp"
#include "centrala/routing/plan.hpp"

namespace centrala::journal {

/// The plan's names as a directory; refers to the plan, which must outlive it.
class Names {
public:
    explicit Names(const routing::Plan& plan);
    [[nodiscard]] std::optional<routing::AgentId> agent(std::string_view name) const { return find(agents_, name); }
    [[nodiscard]] std::optional<routing::QueueId> queue(std::string_view name) const { return find(queues_, name); }
    [[nodiscard]] std::optional<routing::SkillId> skill(std::string_view name) const { return find(skills_, name); }
    [[nodiscard]] std::optional<routing::EntryPointId> entry_point(std::string_view name) const {
        return find(entry_points_, name);
    }
    [[nodiscard]] std::optional<routing::CallerListId> caller_list(std::string_view name) const {
        return find(caller_lists_, name);
    }

private:
    template <class Id>
    using Directory = std::map<std::string_view, Id>;
    template <class Id>
    static std::optional<Id> find(const Directory<Id>& directory, std::string_view name) {
        const auto found = directory.find(name);
        if (found == directory.end()) return std::nullopt;
        return found->second;
    }

    Directory<routing::AgentId> agents_;
    Directory<routing::QueueId> queues_;
    Directory<routing::SkillId> skills_;
    Directory<routing::EntryPointId> entry_points_;
    Directory<routing::CallerListId> caller_lists_;
};

enum class Parsed : std::uint8_t {
    event,         ///< one of routing's
    other,         ///< a record of another type, known or not
    unknown_name,  ///< one of routing's, about something that is no longer in the plan
    malformed,     ///< not a record, or one of routing's with a field missing or wrong
};

/// A line of the log, taken apart. Of other types `json` and `type` are all there is.
struct Record {
    Parsed kind = Parsed::malformed;
    std::uint64_t seq = 0;
    std::string type;
    nlohmann::json json;
    routing::Event event{};  ///< if kind is event
};
/// line: without its LF.
[[nodiscard]] Record parse(std::string_view line, const Names& names);

}  // namespace centrala::journal
