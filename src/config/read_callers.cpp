// Section callers: lists of numbers, and what becomes of who calls from them; and the files that such lists may be in.
#include <algorithm>

#include "draft.hpp"

namespace centrala::config {
namespace {

constexpr std::size_t kListsMax = 100;
constexpr std::size_t kNumbersMax = 100'000;  ///< of a list's file, and as many in the configuration
constexpr std::size_t kDigitsMax = 64;
constexpr std::string_view kNumber = "a number such as +49301234, or +4930* for all that begin so";

/// Without what only makes it easier to read (RFC 3966 §5.1.1), as callers' numbers are compared; nullopt: no number.
std::optional<std::string> pattern_of(std::string_view text) {
    std::string number(text);
    std::erase_if(number, [](char c) { return std::string_view(" -.()").find(c) != std::string_view::npos; });
    std::string_view digits = number;
    const bool beginning = digits.ends_with('*');
    if (beginning) digits.remove_suffix(1);
    if (digits.starts_with('+')) digits.remove_prefix(1);
    const bool all = std::all_of(digits.begin(), digits.end(), [](char c) { return c >= '0' && c <= '9'; });
    if (!all || digits.size() > kDigitsMax || (digits.empty() && number != "*")) return std::nullopt;
    return number;
}

void read_listed(Context& context, const Item& item, std::vector<std::string>& into) {
    for (const Item& one : context.list(item, "numbers")) {
        std::string text;
        if (context.read_text(one, text, kNumber, [](std::string_view t) { return pattern_of(t).has_value(); }))
            into.push_back(*pattern_of(text));
    }
    if (into.size() > kNumbersMax)
        context.problem(
            item, "expected at most " + std::to_string(kNumbersMax) + " numbers, got " + std::to_string(into.size()));
}

void read_filed(Draft& draft, const Item& item, CallerList& list) {
    Context& context = draft.context;
    std::string path;
    if (!context.read_text(item, path, "the path of a file with a number a line", is_path_or_none) || path.empty())
        return;
    list.file = resolved(path, draft.folder);
    auto numbers = read_numbers(list.file);
    if (const auto* problems = std::get_if<std::vector<Problem>>(&numbers))
        for (const Problem& problem : *problems) context.problem(item, problem.to_string());
    else
        list.numbers_of_file = std::get<std::vector<std::string>>(std::move(numbers));
}

void read_list(Draft& draft, std::string_view name, const Item& item) {
    Context& context = draft.context;
    Section s(context, item, "callers.<name>");
    CallerList list;
    routing::CallerList planned;
    planned.name = name;
    list.id = static_cast<routing::CallerListId>(draft.plan.caller_lists.size());
    if (const auto numbers = s.take("numbers")) read_listed(context, *numbers, list.numbers);
    if (const auto file = s.take("file")) read_filed(draft, *file, list);
    s.integer("refuse", list.refuse, 400, 699);
    planned.blocked = s.has("refuse");
    s.integer("priority", planned.priority, -1'000, 1'000);
    if (const auto queue = s.take("queue")) planned.queue = read_queue_name(draft, *queue);
    read_wanted(draft, s, [id = routing::index(list.id)](routing::Plan& plan, routing::Wanted wanted) {
        plan.caller_lists[id].wanted = wanted;
    });
    s.finish();
    if (!s.has("numbers") && !s.has("file")) context.problem(item, "expected numbers or file: who calls");
    const bool served = s.has("priority") || s.has("queue") || s.has("agent");
    if (planned.blocked && served) context.problem(item, "expected nothing else with refuse: they are turned away");
    if (!planned.blocked && !served)
        context.problem(item, "expected refuse, priority, queue or agent: what becomes of these callers");
    draft.plan.caller_lists.push_back(std::move(planned));
    draft.config.caller_lists.push_back(std::move(list));
}

}  // namespace

std::variant<std::vector<std::string>, std::vector<Problem>> read_numbers(const std::string& path) {
    const auto text = file_text(path);
    if (const auto* problem = std::get_if<Problem>(&text)) return std::vector{*problem};
    std::string_view rest = std::get<std::string>(text);
    if (rest.starts_with("\xEF\xBB\xBF")) rest.remove_prefix(3);  // spreadsheets begin their exports so
    std::vector<std::string> numbers;
    std::vector<Problem> problems;
    for (int line = 1; !rest.empty() && problems.size() < kListProblemsMax; ++line) {
        const std::string_view whole = rest.substr(0, rest.find('\n'));
        rest.remove_prefix(std::min(whole.size() + 1, rest.size()));
        const std::string_view words = whole.substr(0, whole.find('#'));
        const auto first = words.find_first_not_of(" \t\r");
        if (first == std::string_view::npos) continue;
        const auto number = words.substr(first, words.find_last_not_of(" \t\r") - first + 1);
        if (auto pattern = pattern_of(number))
            numbers.push_back(*std::move(pattern));
        else
            problems.push_back({path, line, {}, "expected " + std::string(kNumber) + ", got " + in_quotes(number)});
        if (numbers.size() <= kNumbersMax) continue;
        problems.push_back({path, line, {}, "expected at most " + std::to_string(kNumbersMax) + " numbers"});
        break;
    }
    if (!problems.empty()) return problems;
    return numbers;
}

void read_wanted(Draft& draft, Section& s, const std::function<void(routing::Plan&, routing::Wanted)>& set) {
    routing::Wanted wanted;
    const auto patience = s.take("patience");
    if (patience) draft.context.read(*patience, wanted.patience, 0s, 1h);
    const auto agent = s.take("agent");
    if (patience && !agent) draft.context.problem(*patience, "expected agent with it: who is waited for");
    std::string name;
    if (!agent || !draft.context.read_text(*agent, name, "the name of an agent", is_name)) return;
    draft.after_agents.emplace_back([&draft, item = *agent, name, wanted, set]() mutable {
        const auto id = resolve(draft.context, item, name, "agent", draft.agents, draft.agent_names);
        if (!id) return;
        wanted.agent = static_cast<routing::AgentId>(*id);
        set(draft.plan, wanted);
    });
}

void read_callers(Draft& draft, Section& root) {
    const auto item = root.take("callers");
    if (!item) return;
    const auto entries = draft.context.entries(*item, "list");
    if (entries.size() > kListsMax)
        draft.context.problem(
            *item, "expected at most " + std::to_string(kListsMax) + " lists, got " + std::to_string(entries.size()));
    for (const auto& [name, value] : entries) {
        draft.callers.emplace(name, draft.caller_names.size());
        draft.caller_names.push_back(name);
        read_list(draft, name, value);
    }
}

}  // namespace centrala::config
