#include "lookup_answer.hpp"

#include <algorithm>
#include <utility>

#include <nlohmann/json.hpp>

#include "call.hpp"

namespace centrala::calls {
namespace {

using nlohmann::json;

constexpr std::int64_t kPriorityMax = 1'000;  // as of entry points and lists of callers
constexpr std::int64_t kPatienceMax = 3'600;  // seconds
constexpr std::size_t kShownMax = 100;

class Reader {
public:
    Reader(const json& object, LookupAnswer& answer) : object_(object), answer_(answer) {}

    /// What `read` makes of the value, if it is there and makes sense. null is as good as nothing.
    template <class Read>
    void take(const char* key, const Read& read) {
        const auto found = object_.find(key);
        if (found == object_.end() || found->is_null() || read(*found)) return;
        answer_.ignored.push_back({key, shown(*found)});
    }
    template <class Find, class Id>
    void name(const char* key, const Find& find, std::optional<Id>& into) {
        take(key, [&](const json& value) {
            if (value.is_string()) into = find(value.get_ref<const std::string&>());
            return into.has_value();
        });
    }
    void integer(const char* key, std::int64_t min, std::int64_t max, std::int64_t& into) {
        take(key, [&](const json& value) {
            if (!value.is_number_integer()) return false;
            // A large unsigned number would turn negative.
            if (value.is_number_unsigned() && std::cmp_greater(value.get<std::uint64_t>(), max)) return false;
            if (value.get<std::int64_t>() > max || value.get<std::int64_t>() < min) return false;
            into = value.get<std::int64_t>();
            return true;
        });
    }

private:
    /// What is nested isn't: writing it takes as much stack as it is deep.
    static std::string shown(const json& value) {
        if (value.is_structured()) return value.is_array() ? "[…]" : "{…}";
        return value.dump(-1, ' ', true, json::error_handler_t::replace).substr(0, kShownMax);
    }

    const json& object_;
    LookupAnswer& answer_;
};

std::optional<routing::CallerListId> find_list(const routing::Plan& plan, std::string_view name) {
    const auto& lists = plan.caller_lists;
    const auto found = std::find_if(lists.begin(), lists.end(), [&](const auto& list) { return list.name == name; });
    if (found == lists.end()) return std::nullopt;
    return static_cast<routing::CallerListId>(found - lists.begin());
}

}  // namespace

std::optional<LookupAnswer> read_lookup_answer(std::string_view body, const routing::Plan& plan) {
    const json object = json::parse(body, nullptr, false);
    if (!object.is_object()) return std::nullopt;
    LookupAnswer answer;
    Reader r(object, answer);
    std::int64_t priority = 0, patience = to_ms(routing::Wanted{}.patience) / 1'000;
    std::optional<routing::AgentId> agent;
    r.integer("priority", -kPriorityMax, kPriorityMax, priority);
    r.name(
        "queue", [&](const auto& name) { return plan.find_queue(name); }, answer.advice.queue);
    r.name(
        "agent", [&](const auto& name) { return plan.find_agent(name); }, agent);
    r.integer("patience", 0, kPatienceMax, patience);
    r.name(
        "list", [&](const auto& name) { return find_list(plan, name); }, answer.list);
    r.take("name", [&](const json& value) {
        if (!value.is_string() || value.get_ref<const std::string&>().size() > kCallerNameMax) return false;
        answer.name = value.get<std::string>();
        return true;
    });
    answer.advice.priority = static_cast<int>(priority);
    if (agent) answer.advice.wanted = routing::Wanted{*agent, std::chrono::seconds(patience)};
    return answer;
}

}  // namespace centrala::calls
