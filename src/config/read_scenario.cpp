// From a scenario to its alternatives, or all of its mistakes. Skills, queues and agents are read as the server's are.
#include <algorithm>
#include <filesystem>

#include "centrala/config/scenario.hpp"
#include "draft.hpp"
#include "overlay.hpp"
#include "read_distribution.hpp"

namespace centrala::config {
namespace {

constexpr std::size_t kAgentsMax = 100'000;
constexpr std::size_t kClassesMax = 1'000;
constexpr std::size_t kAlternativesMax = 50;
constexpr std::uint32_t kCallersMax = 1'000'000;

/// per_hour: 600, or one rate for each interval.
void read_arrivals(Context& context, const Item& item, CallClass& into) {
    Section s(context, item, "classes.<name>.arrivals");
    if (const auto rates = s.take("per_hour")) {
        for (const Item& one : context.list(*rates, "calls per hour")) {
            double rate = 0;
            context.read_number(one, rate, 0, 10e6);
            into.calls_per_hour.push_back(rate);
        }
        if (into.calls_per_hour.empty()) context.problem(*rates, "expected at least one number");
    } else {
        context.problem(item, "expected per_hour");
    }
    s.duration("interval", into.interval, 1min, kHorizonMax);
    s.number("day_factor_cv", into.day_factor_cv, 0, 10);
    s.finish();
}

void read_class(Draft& draft, std::string_view name, const Item& item, const Distribution& default_patience,
                Scenario& scenario) {
    Context& context = draft.context;
    Section s(context, item, "classes.<name>");
    CallClass c;
    c.name = name;
    c.patience = default_patience;
    if (const auto queue = s.take("queue")) {
        std::string target;
        if (context.read_text(*queue, target, "the name of a queue", is_name))
            if (const auto id = resolve(context, *queue, target, "queue", draft.queues, draft.queue_names))
                c.queue = static_cast<routing::QueueId>(*id);
    } else {
        context.problem(item, "expected queue: where these calls wait");
    }
    if (const auto arrivals = s.take("arrivals")) read_arrivals(context, *arrivals, c);
    if (const auto service = s.take("service"))
        read_distribution(context, *service, "classes.<name>.service", c.service);
    else if (!c.calls_per_hour.empty())
        context.problem(item, "expected service: how long these calls take");
    if (c.service.kind == Distribution::Kind::infinite) context.problem(item, "expected service to end some time");
    if (const auto patience = s.take("patience"))
        read_distribution(context, *patience, "classes.<name>.patience", c.patience);
    if (const auto wrap_up = s.take("wrap_up"))
        read_distribution(context, *wrap_up, "classes.<name>.wrap_up", c.wrap_up);
    if (routing::index(c.queue) < draft.plan.queues.size())
        c.target = draft.plan.queues[routing::index(c.queue)].service_level;
    s.duration("target", c.target, 0s, 24h);
    s.number("goal", c.goal, 0.01, 0.999);
    s.integer("callers", c.callers, 0, kCallersMax);
    routing::EntryPoint entry;
    entry.name = c.name;
    entry.queue = c.queue;
    s.integer("priority", entry.priority, -1'000, 1'000);
    s.finish();
    draft.plan.entry_points.push_back(std::move(entry));
    scenario.classes.push_back(std::move(c));
}

/// shifts or breaks: {from: 9h, to: 17h}, or a list of such.
void read_stretches(Context& context, const Item& item, const std::string& what, std::vector<Shift>& into) {
    const bool one = item.node->kind == Node::Kind::map;
    for (const Item& at : one ? std::vector{item} : context.list(item, what)) {
        Section s(context, at, "agents.<name>." + what);
        Shift shift;
        s.duration("from", shift.from, 0s, kHorizonMax);
        s.duration("to", shift.to, 0s, kHorizonMax);
        s.finish();
        if (shift.to <= shift.from) context.problem(at, "expected to, and that it is later than from");
        if (!into.empty() && shift.from < into.back().to)
            context.problem(at, "expected " + what + " in order, each beginning after the one before has ended");
        into.push_back(shift);
    }
}

/// service_factor: 1.2, or a map from queue to number.
void read_factors(Draft& draft, const Item& item, std::vector<double>& into) {
    Context& context = draft.context;
    into.assign(draft.plan.queues.size(), 1.0);
    if (item.is_scalar()) {
        double factor = 1;
        context.read_number(item, factor, 0.01, 100);
        std::fill(into.begin(), into.end(), factor);
        return;
    }
    for (const auto& [name, value] : context.entries(item, "number"))
        if (const auto id = resolve(context, value, name, "queue", draft.queues, draft.queue_names))
            context.read_number(value, into[*id], 0.01, 100);
}

/// `count` agents alike; more than one are called name.1, name.2 …
void read_simulated_agents(Draft& draft, std::string_view name, const Item& item, const Distribution& default_ring,
                           Scenario& scenario) {
    Context& context = draft.context;
    Section s(context, item, "agents.<name>");
    Agent phone;
    routing::Agent planned;
    SimulatedAgent simulated;
    simulated.ring_time = default_ring;
    read_agent_keys(draft, s, name, planned, phone);
    double cost = 1;
    s.number("cost", cost, 0.001, 1000);
    std::size_t count = 1;
    s.integer("count", count, 0, kAgentsMax);
    if (const auto shifts = s.take("shifts"))
        read_stretches(context, *shifts, "shifts", simulated.shifts);
    else
        simulated.shifts = {kAlwaysThere};
    if (const auto breaks = s.take("breaks")) read_stretches(context, *breaks, "breaks", simulated.breaks);
    if (const auto factor = s.take("service_factor")) read_factors(draft, *factor, simulated.service_factors);
    if (const auto ring = s.take("ring_time"))
        read_distribution(context, *ring, "agents.<name>.ring_time", simulated.ring_time);
    s.number("misses", simulated.misses, 0, 1);
    s.number("rejects", simulated.rejects, 0, 1);
    if (simulated.misses + simulated.rejects > 1)
        context.problem(s.line_of("rejects"), s.path() + ".rejects", "expected at most 1 together with misses");
    if (const auto back = s.take("back_after"))
        read_distribution(context, *back, "agents.<name>.back_after", simulated.back_after);
    s.finish();
    if (draft.plan.agents.size() + count > kAgentsMax) {
        context.problem(item, "expected at most " + std::to_string(kAgentsMax) + " agents in all");
        return;
    }
    scenario.kinds.push_back({planned, simulated, cost});
    for (std::size_t i = 1; i <= count; ++i) {
        routing::Agent agent = planned;
        if (count > 1) agent.name.append(".").append(std::to_string(i));
        draft.plan.agents.push_back(std::move(agent));
        scenario.agents.push_back(simulated);
    }
}

/// Every one is called in order of the file, and none doubles another.
void check_agent_names(Draft& draft, Section& root) {
    std::set<std::string_view> names;
    for (const routing::Agent& a : draft.plan.agents)
        if (!names.insert(a.name).second)
            draft.context.problem(root.line_of("agents"), "agents", "two agents are called " + a.name);
}

void check_size(Draft& draft, Section& root, const Scenario& scenario) {
    double calls = 0;
    for (const CallClass& c : scenario.classes) {
        double sum = 0;
        for (const double rate : c.calls_per_hour) sum += rate;
        const auto hours = static_cast<double>(scenario.horizon.count()) / 3.6e9;
        if (!c.calls_per_hour.empty()) calls += sum / static_cast<double>(c.calls_per_hour.size()) * hours;
    }
    if (calls > kCallsPerReplicationMax)
        draft.context.problem(root.line_of("horizon"), "horizon",
                              "expected at most " + format_number(kCallsPerReplicationMax) +
                                  " calls in a replication, got about " + format_number(calls));
    if (scenario.warm_up >= scenario.horizon)
        draft.context.problem(root.line_of("warm_up"), "warm_up", "expected less than horizon");
}

Scenario read_alternative(Context& context, std::string name, const Item& item) {
    Draft draft(context, ".");
    Scenario scenario;
    scenario.name = std::move(name);
    Section root(context, item, "");
    root.take("compare");
    root.duration("horizon", scenario.horizon, 1s, kHorizonMax);
    root.duration("warm_up", scenario.warm_up, 0s, kHorizonMax);
    root.integer("replications", scenario.replications, 1, kReplicationsMax);
    root.integer("seed", scenario.seed, 0, std::numeric_limits<std::int64_t>::max());
    root.number("day_factor_cv", scenario.day_factor_cv, 0, 10);
    root.text("calls", scenario.calls_file, "a file's path", [](std::string_view path) { return !path.empty(); });
    if (!scenario.calls_file.empty())
        scenario.calls_file = (std::filesystem::path(context.file()).parent_path() / scenario.calls_file).string();
    if (const auto lines = root.take("trunk_lines"))
        if (std::int64_t n = 0; context.read_integer(*lines, n, 1, 1'000'000))
            scenario.trunk_lines = static_cast<std::uint32_t>(n);
    Distribution ring_time, patience{Distribution::Kind::infinite, 0, 0, {}, {}};
    if (const auto ring = root.take("ring_time")) read_distribution(context, *ring, "ring_time", ring_time);
    if (const auto usual = root.take("patience")) read_distribution(context, *usual, "patience", patience);
    read_skills(draft, root);
    read_routing(draft, root);
    read_agent_groups(draft, root);
    read_queues(draft, root);
    if (const auto agents = root.take("agents"))
        for (const auto& [group, value] : context.entries(*agents, "agent"))
            read_simulated_agents(draft, group, value, ring_time, scenario);
    if (const auto classes = root.take("classes")) {
        const auto entries = context.entries(*classes, "class of calls");
        if (entries.size() > kClassesMax)
            context.problem(*classes, "expected at most " + std::to_string(kClassesMax) + " classes");
        for (const auto& [call_class, value] : entries) read_class(draft, call_class, value, patience, scenario);
    }
    root.finish();
    if (scenario.classes.empty())
        context.problem(root.line_of("classes"), "classes", "expected at least one class of calls");
    check_agent_names(draft, root);
    check_size(draft, root, scenario);
    scenario.plan = std::make_shared<const routing::Plan>(std::move(draft.plan));
    return scenario;
}

/// The names under `compare`, each with the whole scenario as it says. Before anybody points into the tree.
std::vector<std::pair<std::string, std::uint32_t>> lay_alternatives(Tree& tree) {
    std::vector<std::pair<std::string, std::uint32_t>> alternatives;
    const std::vector<std::uint32_t> sections = tree.at(tree.root).items;
    if (tree.at(tree.root).kind != Node::Kind::map) return alternatives;
    for (std::size_t i = 0; i + 1 < sections.size(); i += 2) {
        if (tree.at(sections[i]).text != "compare" || tree.at(sections[i + 1]).kind != Node::Kind::map) continue;
        const std::vector<std::uint32_t> entries = tree.at(sections[i + 1]).items;
        for (std::size_t j = 0; j + 1 < entries.size() && alternatives.size() < kAlternativesMax; j += 2)
            alternatives.emplace_back(tree.at(entries[j]).text, overlay(tree, tree.root, entries[j + 1]));
        break;
    }
    return alternatives;
}

/// What is wrong with what alternatives share is found in each of them.
std::vector<Problem> without_repetitions(std::vector<Problem> problems) {
    std::vector<Problem> once;
    for (Problem& p : problems) {
        const auto same = [&](const Problem& q) {
            return q.line == p.line && q.key == p.key && q.expected == p.expected;
        };
        if (std::none_of(once.begin(), once.end(), same)) once.push_back(std::move(p));
    }
    return once;
}

/// The lists that scenarios name under `calls`; neighbours who name the same share it.
std::vector<Problem> load_named_lists(std::span<Scenario> scenarios) {
    for (auto first = scenarios.begin(); first != scenarios.end();) {
        const auto last =
            std::find_if(first, scenarios.end(), [&](const Scenario& s) { return s.calls_file != first->calls_file; });
        if (!first->calls_file.empty())
            if (auto problems = load_calls(first->calls_file, {first, last}); !problems.empty()) return problems;
        first = last;
    }
    return {};
}

}  // namespace

std::variant<std::vector<Scenario>, std::vector<Problem>> load_scenario_text(const std::string& yaml,
                                                                             const std::string& name) {
    auto parsed = parse_yaml(yaml, name);
    if (auto* problem = std::get_if<Problem>(&parsed)) return std::vector{std::move(*problem)};
    Tree tree = std::get<Tree>(std::move(parsed));
    const auto alternatives = lay_alternatives(tree);
    Context context(name, std::move(tree));
    context.sounds_matter = false;
    Section root(context, context.root(), "");
    if (const auto compare = root.take("compare")) {
        const auto names =
            context.entries(*compare, "what is different");  // notes names that are none, or are there twice
        if (names.size() > kAlternativesMax)
            context.problem(*compare, "expected at most " + std::to_string(kAlternativesMax) + " alternatives");
    }
    std::vector<Scenario> scenarios;
    if (alternatives.empty()) scenarios.push_back(read_alternative(context, "", context.root()));
    for (const auto& [alternative, node] : alternatives)
        scenarios.push_back(read_alternative(context, alternative, {&context.tree().at(node), {}}));
    for (const Scenario& s : scenarios)
        if (s.replications != scenarios.front().replications || s.seed != scenarios.front().seed)
            context.problem(1, "compare." + s.name, "expected the seed and the replications of the other alternatives");
    if (!context.sound()) return without_repetitions(context.take_problems());
    if (auto problems = load_named_lists(scenarios); !problems.empty()) return problems;
    return scenarios;
}

std::variant<std::vector<Scenario>, std::vector<Problem>> load_scenario(const std::string& path) {
    const auto text = file_text(path);
    if (const auto* problem = std::get_if<Problem>(&text)) return std::vector{*problem};
    return load_scenario_text(std::get<std::string>(text), path);
}

}  // namespace centrala::config
