// Status, lists and supervisors' commands for the control socket (docs/operations.md, "Control socket").
#include "app/control_commands.hpp"

#include <algorithm>
#include <array>
#include <map>

#include <nlohmann/json.hpp>
#include <unistd.h>

#include "app/control_server.hpp"
#include "app/version.hpp"
#include "centrala/journal/journal.hpp"

namespace centrala::app {
namespace {

using Json = nlohmann::ordered_json;

double millis(Duration d) {
    return static_cast<double>(d.count()) / 1'000;
}

std::string holder_word(routing::ContactPhase phase) {
    return std::string(to_string(phase));
}

Json count_calls(const routing::State& state) {
    std::map<std::string, std::uint64_t> by_phase;
    for (const auto& [id, contact] : state.contacts) ++by_phase[holder_word(contact.phase)];
    Json json{{"total", state.contacts.size()}};
    for (const auto phase : {routing::ContactPhase::waiting, routing::ContactPhase::offered,
                             routing::ContactPhase::talking, routing::ContactPhase::outside})
        json[holder_word(phase)] = by_phase[holder_word(phase)];
    return json;
}

Json count_agents(const routing::State& state) {
    std::array<std::uint64_t, routing::kAgentStates> by_state{};
    for (const auto& agent : state.agents) ++by_state[static_cast<std::size_t>(displayed(agent.facts))];
    Json json{{"total", state.agents.size()}};
    for (std::size_t i = 0; i < by_state.size(); ++i)
        json[std::string(to_string(static_cast<routing::AgentState>(i)))] = by_state[i];
    return json;
}

/// As callers find it: what the configuration closes for good is closed whatever happens to its door.
routing::DoorState state_of(const routing::EntryPoint& planned, const routing::Door& door) {
    return planned.closed ? routing::DoorState::closed : door.state;
}

Json count_entry_points(const routing::Core& core) {
    std::array<std::uint64_t, 3> by_state{};
    std::uint64_t by_command = 0;
    const auto& planned = core.plan().entry_points;
    for (std::size_t i = 0; i < planned.size(); ++i) {
        const routing::Door& door = core.state().doors[i];
        ++by_state[static_cast<std::size_t>(state_of(planned[i], door))];
        by_command += door.cause == routing::DoorCause::command;
    }
    Json json{{"total", planned.size()}};
    for (std::size_t i = 0; i < by_state.size(); ++i)
        json[std::string(to_string(static_cast<routing::DoorState>(i)))] = by_state[i];
    json["by_command"] = by_command;
    return json;
}

Json listeners(const config::Config& config) {
    Json list = Json::array();
    for (const config::Listener& l : config.sip.listeners)
        list.push_back({{"transport", sip::transport_name(l.transport)},
                        {"address", l.address.to_string()},
                        {"advertised", l.advertised ? Json(l.advertised->to_string()) : Json(nullptr)}});
    return list;
}

Json count_trunks(const std::vector<calls::TrunkView>& all) {
    std::uint64_t in = 0, out = 0, gateways = 0, down = 0, registering = 0, registered = 0;
    for (const calls::TrunkView& v : all) {
        in += v.calls_in;
        out += v.calls_out;
        gateways += v.gateways.size();
        for (const calls::GatewayView& g : v.gateways) down += g.up ? 0 : 1;
        registering += v.registration.empty() ? 0 : 1;
        registered += v.registration == "registered" ? 1 : 0;
    }
    return {{"total", all.size()},     {"calls_in", in},        {"calls_out", out},
            {"gateways", gateways},    {"gateways_down", down}, {"registering", registering},
            {"registered", registered}};
}

Json status(const ControlContext& c) {
    const routing::State& state = c.server.core().state();
    const calls::ServerStats stats = c.server.stats();
    std::uint64_t waiting = 0;
    std::optional<Timestamp> longest;
    for (const auto& queue : state.queues) {
        waiting += queue.line();
        const auto since = queue.longest_since();
        if (since && (!longest || *since < *longest)) longest = since;
    }
    Json calls = count_calls(state);
    calls["admitted"] = stats.calls_admitted;
    calls["refused"] = stats.calls_refused;
    return {
        {"ok", true},
        {"version", kVersion},
        {"pid", ::getpid()},
        {"state", c.draining ? "draining" : "serving"},
        {"uptime_ms", millis(c.now - c.started)},
        {"listeners", listeners(c.config)},
        {"calls", std::move(calls)},
        {"waiting", {{"calls", waiting}, {"longest_ms", longest ? millis(c.now - *longest) : 0}}},
        {"agents", count_agents(state)},
        {"queues", state.queues.size()},
        {"entry_points", count_entry_points(c.server.core())},
        {"registrations", stats.bindings},
        {"subscriptions", stats.subscriptions},
        {"trunks", count_trunks(c.server.trunks(c.now))},
        {"media", {{"sessions", stats.media_sessions}}},
        {"rates",
         {{"messages_per_second", c.rates.messages_per_second()}, {"calls_last_minute", c.rates.calls_last_minute()}}},
        {"sip",
         {{"received", stats.sip.received},
          {"sent", stats.sip.sent},
          {"retransmitted", stats.sip.retransmitted},
          {"absorbed", stats.sip.absorbed},
          {"dropped", stats.sip.dropped},
          {"refused", stats.sip.refused},
          {"overloaded", stats.sip.overloaded},
          {"client_transactions", stats.sip.client},
          {"server_transactions", stats.sip.server},
          {"gate_refused", stats.sip.gate_refused},
          {"gate_dropped", stats.sip.gate_dropped},
          {"strangers", stats.strangers},
          {"floods", stats.floods}}},
        {"security", {{"bans", stats.bans}, {"unlogged", stats.security_unlogged}}},
        {"traces", c.tracer.watchers()},
        {"sockets",
         {{"datagrams_in", c.sockets.datagrams_in},
          {"datagrams_out", c.sockets.datagrams_out},
          {"receive_calls", c.sockets.receive_calls},
          {"send_calls", c.sockets.send_calls},
          {"send_dropped", c.sockets.send_dropped},
          {"oversized", c.sockets.oversized},
          {"tcp_open", c.sockets.tcp_open},
          {"tcp_accepted", c.sockets.tcp_accepted},
          {"tcp_connected", c.sockets.tcp_connected},
          {"tcp_refused", c.sockets.tcp_refused},
          {"tcp_broken", c.sockets.tcp_broken},
          {"tcp_idle", c.sockets.tcp_idle},
          {"tcp_half_closed", c.sockets.tcp_half_closed},
          {"tls_handshakes", c.sockets.tls_handshakes},
          {"tls_failed", c.sockets.tls_failed},
          {"websockets", c.sockets.websockets},
          {"websockets_refused", c.sockets.websockets_refused},
          {"stun_answered", c.sockets.stun_answered},
          {"stun_dropped", c.sockets.stun_dropped}}},
        {"journal",
         {{"path", c.config.log.events},
          {"failing", c.journal.failing},
          {"next_seq", c.journal.next_seq},
          {"lines", c.journal.lines},
          {"bytes", c.journal.bytes},
          {"writes", c.journal.writes},
          {"failures", c.journal.failures},
          {"lost", c.journal.lost}}}};
}

/// {"ok":true,"<name>":[…],"next":…}: `make(i)` for a page of 0 … size.
template <class Make>
Json page(const Json& request, const char* name, std::size_t size, Make make) {
    std::size_t from = 0;
    if (const auto it = request.find("from"); it != request.end() && it->is_number_unsigned())
        from = it->get<std::size_t>();
    from = std::min(from, size);
    const std::size_t to = std::min(size, from + kPage);
    Json list = Json::array();
    for (std::size_t i = from; i < to; ++i) list.push_back(make(i));
    Json reply{{"ok", true}, {name, std::move(list)}};
    if (to < size) reply["next"] = to;
    return reply;
}

Json agents(const Json& request, const ControlContext& c) {
    const routing::State& state = c.server.core().state();
    const routing::Plan& plan = c.server.core().plan();
    return page(request, "agents", state.agents.size(), [&](std::size_t i) {
        const routing::AgentRecord& a = state.agents[i];
        Json skills = Json::object();
        for (const auto& s : a.skills) skills[plan.skills[routing::index(s.skill)].name] = s.level;
        Json json{{"agent", plan.agents[i].name},
                  {"name", plan.agents[i].display_name},
                  {"state", to_string(displayed(a.facts))},
                  {"since_ms", millis(c.now - a.state_since)},
                  {"reason", a.facts.reason},
                  {"device", to_string(a.facts.device)},
                  {"contact", a.contact ? Json(journal::to_text(*a.contact)) : Json(nullptr)},
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
        return json;
    });
}

Json queues(const Json& request, const ControlContext& c) {
    const routing::State& state = c.server.core().state();
    const routing::Plan& plan = c.server.core().plan();
    return page(request, "queues", state.queues.size(), [&](std::size_t i) {
        const routing::QueueRecord& q = state.queues[i];
        const routing::Bench& bench = state.index.bench(static_cast<routing::QueueId>(i));
        const auto longest = q.longest_since();
        return Json{{"queue", plan.queues[i].name},
                    {"waiting", q.waiting()},
                    {"ringing", q.ringing.size()},
                    {"longest_ms", longest ? millis(c.now - *longest) : 0},
                    {"agents_logged_in", bench.logged_in},
                    {"agents_available", bench.available},
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

Json calls(const Json& request, const ControlContext& c) {
    const std::vector<calls::CallView> all = c.server.calls(c.now);
    return page(request, "calls", all.size(), [&](std::size_t i) {
        const calls::CallView& v = all[i];
        return Json{{"contact", journal::to_text(v.contact)},
                    {"call_id", v.call_id},
                    {"state", v.state},
                    {"caller", v.caller},
                    {"caller_name", v.caller_name},
                    {"dialled", v.dialled},
                    {"queue", v.queue},
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

Json entry_point(std::size_t i, const ControlContext& c) {
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

Json entry_points(const Json& request, const ControlContext& c) {
    return page(request, "entry_points", c.config.entry_points.size(),
                [&](std::size_t i) { return entry_point(i, c); });
}

Json refuse(std::string_view why) {
    return {{"ok", false}, {"error", why}};
}

std::string text(const Json& request, const char* key) {
    const auto it = request.find(key);
    return it != request.end() && it->is_string() ? it->get<std::string>() : std::string();
}

Json obey(const routing::Input& input, const ControlContext& c) {
    const routing::Rejection rejection = c.server.command(input, c.now);
    if (rejection != routing::Rejection::none) return refuse(to_string(rejection));
    return {{"ok", true}};
}

Json set_skill(const Json& request, routing::AgentId agent, const ControlContext& c) {
    const std::string name = text(request, "skill");
    const auto skill = c.server.core().plan().find_skill(name);
    if (!skill) return refuse("there is no skill '" + name + "'");
    const auto level = request.find("level");
    if (level == request.end() || !level->is_number_integer() || level->get<std::int64_t>() < 0 ||
        level->get<std::int64_t>() > 10)
        return refuse("level must be 0 to 10 (0 takes the skill away)");
    return obey(routing::input::AgentSkillSet{agent, *skill, level->get<std::uint8_t>(), routing::Actor::supervisor},
                c);
}

/// What is done to one agent.
Json agent_command(const std::string& cmd, const Json& request, const ControlContext& c) {
    namespace input = routing::input;
    constexpr auto kActor = routing::Actor::supervisor;
    const std::string name = text(request, "agent");
    const auto agent = c.server.core().plan().find_agent(name);
    if (!agent) return refuse("there is no agent '" + name + "'");
    if (cmd == "login") return obey(input::AgentLogsIn{*agent, kActor}, c);
    if (cmd == "logout") return obey(input::AgentLogsOut{*agent, kActor}, c);
    if (cmd == "ready") return obey(input::AgentGoesReady{*agent, kActor}, c);
    if (cmd == "not-ready") return obey(input::AgentGoesNotReady{*agent, text(request, "reason"), kActor}, c);
    if (cmd == "end-wrap-up") return obey(input::AgentEndsWrapUp{*agent, kActor}, c);
    return set_skill(request, *agent, c);
}

/// close and open: for good, or with for_ms for so long.
Json door_command(const std::string& cmd, const Json& request, const ControlContext& c) {
    constexpr Duration kLongest = 366 * 24h;
    const std::string name = text(request, "entry_point");
    const auto id = c.server.core().plan().find_entry_point(name);
    if (!id) return refuse("there is no entry point '" + name + "'");
    if (c.server.core().plan().entry_points[routing::index(*id)].closed)
        return refuse("'" + name + "' is closed in the configuration");
    routing::Door door{cmd == "close" ? routing::DoorState::closed : routing::DoorState::open,
                       routing::DoorCause::command, text(request, "reason"), std::nullopt};
    if (door.reason.size() > routing::kDoorReasonMax) return refuse("reason must have at most 256 bytes");
    if (const auto it = request.find("for_ms"); it != request.end()) {
        if (!it->is_number_integer() || it->get<std::int64_t>() < 1 || it->get<std::int64_t>() > to_ms(kLongest))
            return refuse("for_ms must be 1 to " + std::to_string(to_ms(kLongest)));
        door.until = c.now + std::chrono::milliseconds(it->get<std::int64_t>());
    }
    const auto end_waiting = request.find("end_waiting");
    const bool ends = cmd == "close" && end_waiting != request.end() && *end_waiting == true;
    const bool back_to_hours = cmd == "open" && !door.until;
    const auto rejection =
        back_to_hours
            ? c.server.follow_hours(*id, c.now)
            : c.server.command(routing::input::EntryPointSet{*id, std::move(door), ends, routing::Actor::supervisor},
                               c.now);
    if (rejection != routing::Rejection::none) return refuse(to_string(rejection));
    Json reply{{"ok", true}};
    reply.update(entry_point(routing::index(*id), c));
    return reply;
}

Json unban(const Json& request, const ControlContext& c) {
    const std::string source = text(request, "source");
    const auto address = IpAddress::parse(source);
    if (!address) return refuse("expected as source an address such as 192.0.2.7");
    if (!c.server.unban(*address, c.now)) return refuse("'" + source + "' is not banned");
    return {{"ok", true}};
}

/// The messages follow the reply.
Json begin_trace(const Json& request, const ControlContext& c) {
    trace::Wanted wanted;
    wanted.call = text(request, "call");
    wanted.agent = text(request, "agent");
    if (const std::string peer = text(request, "peer"); !peer.empty()) {
        wanted.peer = Subnet::parse(peer);
        if (!wanted.peer) return refuse("expected as peer an address or block such as 192.0.2.7 or 192.0.2.0/24");
    }
    const auto secrets = request.find("secrets");
    const bool unmasked = secrets != request.end() && secrets->is_boolean() && secrets->get<bool>();
    if (!c.tracer.begin(std::move(wanted), unmasked, c.client)) return refuse("too many traces at a time");
    return {{"ok", true}};
}

Json dispatch(const Json& request, const ControlContext& c) {
    if (!request.is_object()) return refuse("expected one JSON object a line, such as {\"cmd\":\"status\"}");
    const std::string cmd = text(request, "cmd");
    if (cmd == "status") return status(c);
    if (cmd == "agents") return agents(request, c);
    if (cmd == "queues") return queues(request, c);
    if (cmd == "calls") return calls(request, c);
    if (cmd == "entry_points") return entry_points(request, c);
    if (cmd == "close" || cmd == "open") return door_command(cmd, request, c);
    if (cmd == "trace") return begin_trace(request, c);
    if (cmd == "trunks") return trunks(request, c);
    if (cmd == "bans") return bans(request, c);
    if (cmd == "unban") return unban(request, c);
    for (const std::string_view known : {"login", "logout", "ready", "not-ready", "end-wrap-up", "skill"})
        if (cmd == known) return agent_command(cmd, request, c);
    return refuse("unknown command '" + cmd + "'");
}

}  // namespace

void Rates::add(Sample total) {
    samples_[count_++ % kSeconds] = total;
}

const Rates::Sample& Rates::ago(std::size_t seconds) const {
    static constexpr Sample kNothing{};
    if (count_ == 0) return kNothing;
    return samples_[(count_ - 1 - std::min({seconds, count_ - 1, kSeconds - 1})) % kSeconds];
}

double Rates::messages_per_second() const {
    const std::size_t seconds = std::min<std::size_t>(10, count_ > 0 ? count_ - 1 : 0);
    return seconds == 0 ? 0
                        : static_cast<double>(ago(0).messages - ago(seconds).messages) / static_cast<double>(seconds);
}

std::uint64_t Rates::calls_last_minute() const {
    return ago(0).calls - ago(60).calls;
}

std::string answer_control(std::string_view request, const ControlContext& context) {
    const Json json = Json::parse(request, nullptr, false);
    if (json.is_discarded()) return control_error("not JSON; expected an object such as {\"cmd\":\"status\"}");
    return dispatch(json, context).dump(-1, ' ', false, Json::error_handler_t::replace);
}

}  // namespace centrala::app
