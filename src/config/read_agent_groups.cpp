// Section agent_groups: what agents may do with numbers, calls outside refused unless a group says otherwise.
#include <algorithm>

#include "draft.hpp"

namespace centrala::config {
namespace {

void read_prefixes(Context& context, const std::optional<Item>& item, std::vector<std::string>& into) {
    if (!item) return;
    for (const Item& one : context.list(*item, "prefixes")) {
        std::string prefix;
        if (context.read_text(one, prefix, "the beginning of a number, such as +49 or 0900", [](std::string_view t) {
                return !t.empty() && t.size() <= 32 &&
                       t.find_first_not_of("0123456789*#", t.front() == '+' ? 1 : 0) == std::string_view::npos;
            }))
            into.push_back(std::move(prefix));
    }
    if (into.size() > 1'000) context.problem(*item, "expected at most 1000, got " + std::to_string(into.size()));
}

void read_group(Draft& draft, const Item& item, AgentGroup& group) {
    Section s(draft.context, item, "agent_groups.<name>");
    Section may(draft.context, s.take("may"), "agent_groups.<name>.may");
    may.boolean("call_agents", group.call_agents);
    may.boolean("call_outside", group.call_outside);
    may.boolean("transfer_agents", group.transfer_agents);
    may.boolean("transfer_queues", group.transfer_queues);
    may.boolean("transfer_outside", group.transfer_outside);
    may.finish();
    if ((group.call_outside || group.transfer_outside) && draft.config.outside.empty())
        draft.context.warning(may.line_of(group.call_outside ? "call_outside" : "transfer_outside"), may.path(),
                              "nothing outside can be reached: the file has no rules under outside");
    read_prefixes(draft.context, s.take("outside_allowed"), group.outside_allowed);
    read_prefixes(draft.context, s.take("outside_denied"), group.outside_denied);
    const auto pause = s.take("rest");
    Section rest(draft.context, pause, "agent_groups.<name>.rest");
    rest.integer("calls", group.rest.calls, 1, 1'000);
    rest.duration("within", group.rest.within, 1min, 24h);
    rest.duration("pause", group.rest.pause, 1s, 1h);
    rest.finish();
    if (pause && group.rest.calls == 0)
        draft.context.problem(*pause, "expected calls: after how many in a row an agent gets a pause");
    s.finish();
}

}  // namespace

void read_agent_groups(Draft& draft, Section& root) {
    auto& groups = draft.config.agent_groups;
    draft.groups.emplace("default", 0);
    draft.group_names.push_back("default");
    draft.group_items.emplace_back();
    draft.plan.agent_groups.push_back("default");
    const auto item = root.take("agent_groups");
    if (!item) return;
    for (const auto& [name, value] : draft.context.entries(*item, "agent group")) {
        if (name == "default") {
            read_group(draft, value, groups.front());
            continue;
        }
        draft.groups.emplace(name, groups.size());
        draft.group_names.push_back(name);
        draft.group_items.push_back(value);
        draft.plan.agent_groups.emplace_back(name);
        AgentGroup group;
        group.name = name;
        read_group(draft, value, group);
        groups.push_back(std::move(group));
    }
}

}  // namespace centrala::config
