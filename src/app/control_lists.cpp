// Lists for the control socket (docs/operations.md, "Control socket").
#include "app/control_lists.hpp"

#include <algorithm>
#include <ctime>
#include <unordered_map>

#include "centrala/journal/journal.hpp"
#include "centrala/routing/expected_wait.hpp"

namespace centrala::app {
namespace {

/// {"ok":true,"<name>":[…],"next":…}: `make(i)` for a page of 0 … size, but for what makes null.
template <class Make>
Json page(const Json& request, const char* name, std::size_t size, Make make) {
    std::size_t from = 0;
    if (const auto it = request.find("from"); it != request.end() && it->is_number_unsigned())
        from = it->get<std::size_t>();
    from = std::min(from, size);
    const std::size_t to = std::min(size, from + kPage);
    Json list = Json::array();
    for (std::size_t i = from; i < to; ++i)
        if (Json one = make(i); !one.is_null()) list.push_back(std::move(one));
    Json reply{{"ok", true}, {name, std::move(list)}};
    if (to < size) reply["next"] = to;
    return reply;
}

/// Not ready for longer than the reason is meant to last.
bool is_overdue(const routing::AgentRecord& a, const routing::Plan& plan) {
    if (a.facts.session == routing::Session::logged_out || a.facts.intent == routing::Intent::ready) return false;
    return plan.limit_of_reason(a.facts.reason) > Duration::zero() && !a.not_ready_until;
}

Json agents(const Json& request, const ControlContext& c) {
    const routing::State& state = c.server.core().state();
    const routing::Plan& plan = c.server.core().plan();
    return page(request, "agents", state.agents.size(), [&](std::size_t i) -> Json {
        if (is_gone(c.server.core(), static_cast<routing::AgentId>(i))) return nullptr;
        const routing::AgentRecord& a = state.agents[i];
        Json skills = Json::object();
        for (const auto& s : a.skills) skills[plan.skills[routing::index(s.skill)].name] = s.level;
        Json json{
            {"agent", plan.agents[i].name},
            {"name", plan.agents[i].display_name},
            {"state", to_string(displayed(a.facts))},
            {"since_ms", millis(c.now - a.state_since)},
            {"reason", a.facts.reason},
            {"overdue", is_overdue(a, plan)},
            {"owes_disposition", std::ranges::any_of(a.facts.tasks, &routing::Task::owes_disposition)},
            {"device", to_string(a.facts.device)},
            {"contact", a.facts.tasks.empty() ? Json(nullptr) : Json(journal::to_text(a.facts.tasks.front().contact))},
            {"skills", std::move(skills)},
            {"logged_in_ms", millis(logged_in_for(a, c.now))},
            {"occupancy_percent", occupancy_ppm(a, c.now) / 10'000.0},
            {"offered", a.offered},
            {"accepted", a.accepted},
            {"missed", a.no_answer + a.rejected},
            {"handled", a.handled}};
        if (a.facts.pending)
            json["pending"] =
                a.facts.pending->logout ? std::string("logged_out") : std::string(to_string(a.facts.pending->intent));
        if (a.facts.asks) {
            json["asks_for"] = a.facts.asks->reason;
            json["asked_ms"] = millis(c.now - a.facts.asks->asked_at);
        }
        return json;
    });
}

Json or_null(std::optional<Duration> d) {
    return d ? Json(millis(*d)) : Json(nullptr);
}

/// Of the server's clocks.
Timestamp last_midnight(Timestamp now) {
    const std::time_t at = std::chrono::floor<std::chrono::seconds>(now.time_since_epoch()).count();
    std::tm local{};
    ::localtime_r(&at, &local);
    local.tm_hour = local.tm_min = local.tm_sec = 0;
    local.tm_isdst = -1;
    return Timestamp(std::chrono::seconds(std::mktime(&local)));
}

Json service_json(const routing::ServiceCounts& counts) {
    const auto offered = static_cast<double>(counts.offered());
    return {{"offered", counts.offered()},
            {"answered", counts.answered},
            {"answered_within", counts.within},
            {"abandoned", counts.abandoned},
            {"sent_away", counts.sent_away},
            {"service_level_percent", offered > 0 ? Json(100 * counts.within / offered) : Json(nullptr)}};
}

/// Of several queues together.
Json service_windows(const ControlContext& c, const std::vector<const routing::ServiceWindows*>& all) {
    const Timestamp midnight = last_midnight(c.now);
    Json json = Json::object();
    for (const std::int64_t minutes : {5, 15, 60}) {
        routing::ServiceCounts sum;
        for (const auto* w : all) sum += w->last(minutes, c.now);
        json["last_" + std::to_string(minutes) + "_min"] = service_json(sum);
    }
    routing::ServiceCounts today;
    for (const auto* w : all) today += w->since(midnight);
    json["today"] = service_json(today);
    return json;
}

Json queues(const Json& request, const ControlContext& c) {
    const routing::State& state = c.server.core().state();
    const routing::Plan& plan = c.server.core().plan();
    return page(request, "queues", state.queues.size(), [&](std::size_t i) -> Json {
        if (is_gone(c.server.core(), static_cast<routing::QueueId>(i))) return nullptr;
        const routing::QueueRecord& q = state.queues[i];
        const routing::Bench& bench = state.index.bench(static_cast<routing::QueueId>(i));
        const auto longest = q.longest_since();
        const routing::WaitKey comer{-plan.queues[i].priority, c.now, routing::ContactId{state.next_contact}};
        const auto told =
            routing::expected_wait(state, plan, static_cast<routing::QueueId>(i), q.waiting_before(comer), c.now);
        const routing::WaitErrors& errors = q.waits.errors;
        return Json{{"queue", plan.queues[i].name},
                    {"waiting", q.waiting()},
                    {"ringing", q.ringing.size()},
                    {"longest_ms", longest ? millis(c.now - *longest) : 0},
                    {"agents_logged_in", bench.logged_in},
                    {"agents_available", bench.available},
                    {"agents_at_work", bench.at_work},
                    {"expected_wait_ms", or_null(told ? std::optional(told->expected) : std::nullopt)},
                    {"expected_wait_p80_ms", or_null(told ? told->p80 : std::nullopt)},
                    {"service", service_windows(c, {&q.service})},
                    {"estimates",
                     {{"calls", errors.calls},
                      {"bias_ms", millis(errors.bias)},
                      {"mean_error_ms", millis(errors.absolute)},
                      {"root_mean_square_error_ms", millis(errors.root())},
                      {"p80_coverage", static_cast<double>(errors.covered) / routing::WaitErrors::kAll}}},
                    {"entered", q.entered},
                    {"answered", q.answered},
                    {"answered_within", q.answered_within},
                    {"service_level_ms", millis(plan.queues[i].service_level)},
                    {"abandoned", q.abandoned},
                    {"overflowed_in", q.overflowed_in},
                    {"overflowed_out", q.overflowed_out},
                    {"rescued", q.rescued},
                    {"ended", q.ended},
                    {"refused", q.refused},
                    {"average_wait_ms", q.answered ? millis(q.wait_total) / static_cast<double>(q.answered) : 0}};
    });
}

/// Calls whose queue requires it at first, and agents who have it at any level.
Json skills(const Json& request, const ControlContext& c) {
    const routing::State& state = c.server.core().state();
    const routing::Plan& plan = c.server.core().plan();
    struct Sum {
        std::size_t logged_in = 0, at_work = 0, available = 0, waiting = 0;
        std::optional<Timestamp> longest;
        Json queues = Json::array();
        std::vector<const routing::ServiceWindows*> windows;
    };
    std::vector<Sum> sums(plan.skills.size());
    for (std::size_t i = 0; i < state.agents.size(); ++i) {
        const routing::AgentRecord& a = state.agents[i];
        const auto agent = static_cast<routing::AgentId>(i);
        if (a.facts.session != routing::Session::logged_in) continue;
        for (const routing::SkillLevel& s : a.skills) {
            Sum& sum = sums[routing::index(s.skill)];
            ++sum.logged_in;
            sum.at_work += at_work(a.facts);
            sum.available += state.index.listed(agent);
        }
    }
    for (std::size_t i = 0; i < state.queues.size(); ++i) {
        if (is_gone(c.server.core(), static_cast<routing::QueueId>(i))) continue;
        for (const routing::SkillLevel& s : plan.queues[i].required.skills) {
            Sum& sum = sums[routing::index(s.skill)];
            sum.waiting += state.queues[i].waiting();
            const auto since = state.queues[i].longest_since();
            if (since && (!sum.longest || *since < *sum.longest)) sum.longest = since;
            sum.queues.push_back(plan.queues[i].name);
            sum.windows.push_back(&state.queues[i].service);
        }
    }
    return page(request, "skills", sums.size(), [&](std::size_t i) -> Json {
        if (plan.skills[i].retired) return nullptr;
        Sum& sum = sums[i];
        return Json{{"skill", plan.skills[i].name},    {"agents_logged_in", sum.logged_in},
                    {"agents_at_work", sum.at_work},   {"agents_available", sum.available},
                    {"waiting", sum.waiting},          {"longest_ms", sum.longest ? millis(c.now - *sum.longest) : 0},
                    {"queues", std::move(sum.queues)}, {"service", service_windows(c, sum.windows)}};
    });
}

/// Of all contacts that wait: how many of the same queue come before each.
std::unordered_map<routing::ContactId, std::size_t> contacts_ahead(const routing::State& state) {
    std::unordered_map<routing::ContactId, std::size_t> ahead;
    for (const routing::QueueRecord& q : state.queues) {
        std::vector<routing::WaitKey> keys;
        keys.assign(q.kept.begin(), q.kept.end());
        for (const auto& line : q.lines) keys.insert(keys.end(), line.begin(), line.end());
        std::sort(keys.begin(), keys.end());
        for (std::size_t i = 0; i < keys.size(); ++i) ahead.emplace(keys[i].contact, i);
    }
    return ahead;
}

Json calls(const Json& request, const ControlContext& c) {
    const std::vector<calls::CallView> all = c.server.calls(c.now);
    const routing::State& state = c.server.core().state();
    const auto ahead = contacts_ahead(state);
    return page(request, "calls", all.size(), [&](std::size_t i) {
        const calls::CallView& v = all[i];
        Json position(nullptr), expected(nullptr);
        if (const auto place = ahead.find(v.contact); place != ahead.end()) {
            position = place->second + 1;
            if (const auto told = expected_wait_behind(state, state.find(v.contact)->queue, place->second))
                expected = millis(told->expected);
        }
        return Json{{"contact", journal::to_text(v.contact)},
                    {"call_id", v.call_id},
                    {"state", v.state},
                    {"caller", v.caller},
                    {"caller_name", v.caller_name},
                    {"dialled", v.dialled},
                    {"queue", v.queue},
                    {"position", std::move(position)},
                    {"expected_wait_ms", std::move(expected)},
                    {"agent", v.agent},
                    {"age_ms", millis(v.age)},
                    {"talking_ms", millis(v.talking)}};
    });
}

Json trunks(const Json& request, const ControlContext& c) {
    const std::vector<calls::TrunkView> all = c.server.trunks(c.now);
    return page(request, "trunks", all.size(), [&](std::size_t i) {
        const calls::TrunkView& v = all[i];
        Json gateways = Json::array();
        for (const calls::GatewayView& g : v.gateways)
            gateways.push_back({{"gateway", g.uri},
                                {"state", !g.checked ? "unchecked"
                                          : g.up     ? "up"
                                                     : "down"},
                                {"addresses", g.addresses}});
        return Json{{"trunk", v.name},
                    {"calls_in", v.calls_in},
                    {"calls_out", v.calls_out},
                    {"registration", v.registration},
                    {"registered_ms", millis(v.registered_for)},
                    {"registration_sip_code", v.registration_status},
                    {"gateways", std::move(gateways)}};
    });
}

Json bans(const Json& request, const ControlContext& c) {
    const std::vector<calls::BanView> all = c.server.bans(c.now);
    return page(request, "bans", all.size(), [&](std::size_t i) {
        const calls::BanView& v = all[i];
        return Json{{"source", v.source.address.to_string()},
                    {"port", v.source.port},
                    {"reason", v.reason},
                    {"banned_ms", millis(v.since)},
                    {"left_ms", millis(v.left)}};
    });
}

Json entry_points(const Json& request, const ControlContext& c) {
    return page(request, "entry_points", c.config.entry_points.size(), [&](std::size_t i) -> Json {
        if (c.server.core().plan().entry_points[i].retired) return nullptr;
        return entry_point_json(i, c);
    });
}

}  // namespace

bool is_gone(const routing::Core& core, routing::AgentId agent) {
    return core.plan().agents[routing::index(agent)].retired &&
           core.state().agents[routing::index(agent)].facts.session == routing::Session::logged_out;
}

bool is_gone(const routing::Core& core, routing::QueueId queue) {
    return core.plan().queues[routing::index(queue)].retired && core.state().queues[routing::index(queue)].line() == 0;
}

double millis(Duration d) {
    return static_cast<double>(d.count()) / 1'000;
}

routing::DoorState state_of(const routing::EntryPoint& planned, const routing::Door& door) {
    return planned.closed ? routing::DoorState::closed : door.state;
}

Json entry_point_json(std::size_t i, const ControlContext& c) {
    const routing::EntryPoint& planned = c.server.core().plan().entry_points[i];
    const routing::Door& door = c.server.core().state().doors[i];
    const auto& queues = c.server.core().plan().queues;
    const auto hours = c.config.entry_points[i].hours;
    Json json{{"entry_point", planned.name},
              {"state", to_string(state_of(planned, door))},
              {"cause", planned.closed ? std::string_view("configuration") : to_string(door.cause)},
              {"reason", door.reason},
              {"changes_in_ms", door.until && !planned.closed ? Json(millis(*door.until - c.now)) : Json(nullptr)},
              {"hours", hours ? Json(c.config.schedules[*hours].name) : Json(nullptr)},
              {"queue", queues[routing::index(planned.queue)].name},
              {"numbers", c.config.entry_points[i].numbers}};
    if (planned.closed_queue) json["closed_queue"] = queues[routing::index(*planned.closed_queue)].name;
    return json;
}

std::optional<Json> control_list(std::string_view name, const Json& request, const ControlContext& context) {
    using List = Json (*)(const Json&, const ControlContext&);
    constexpr std::pair<std::string_view, List> kLists[] = {
        {"agents", agents}, {"queues", queues}, {"skills", skills}, {"calls", calls}, {"entry_points", entry_points},
        {"trunks", trunks}, {"bans", bans}};
    for (const auto& [known, list] : kLists)
        if (known == name) return list(request, context);
    return std::nullopt;
}

}  // namespace centrala::app
