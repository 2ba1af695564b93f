// Status and supervisors' commands for the control socket (docs/operations.md, "Control socket").
#include "app/control_commands.hpp"

#include <algorithm>
#include <array>
#include <map>

#include <nlohmann/json.hpp>
#include <unistd.h>

#include "app/control_lists.hpp"
#include "app/control_server.hpp"
#include "app/version.hpp"
#include "centrala/journal/journal.hpp"

namespace centrala::app {
namespace {

std::string holder_word(routing::ContactPhase phase) {
    return std::string(to_string(phase));
}

Json count_calls(const routing::State& state) {
    std::map<std::string, std::uint64_t> by_phase;
    for (const auto& contact : state.contacts) ++by_phase[holder_word(contact.phase)];
    Json json{{"total", state.contacts.size()}};
    for (const auto phase : {routing::ContactPhase::waiting, routing::ContactPhase::offered,
                             routing::ContactPhase::talking, routing::ContactPhase::outside})
        json[holder_word(phase)] = by_phase[holder_word(phase)];
    return json;
}

Json count_agents(const routing::Core& core) {
    const routing::State& state = core.state();
    std::array<std::uint64_t, routing::kAgentStates> by_state{};
    std::uint64_t total = 0;
    for (std::size_t i = 0; i < state.agents.size(); ++i) {
        if (is_gone(core, static_cast<routing::AgentId>(i))) continue;
        ++total;
        ++by_state[static_cast<std::size_t>(displayed(state.agents[i].facts))];
    }
    Json json{{"total", total}};
    for (std::size_t i = 0; i < by_state.size(); ++i)
        json[std::string(to_string(static_cast<routing::AgentState>(i)))] = by_state[i];
    return json;
}

std::uint64_t count_queues(const routing::Core& core) {
    std::uint64_t total = 0;
    for (std::size_t i = 0; i < core.plan().queues.size(); ++i)
        total += is_gone(core, static_cast<routing::QueueId>(i)) ? 0 : 1;
    return total;
}

Json count_entry_points(const routing::Core& core) {
    std::array<std::uint64_t, 3> by_state{};
    std::uint64_t by_command = 0;
    const auto& planned = core.plan().entry_points;
    std::uint64_t total = 0;
    for (std::size_t i = 0; i < planned.size(); ++i) {
        if (planned[i].retired) continue;
        ++total;
        const routing::Door& door = core.state().doors[i];
        ++by_state[static_cast<std::size_t>(state_of(planned[i], door))];
        by_command += door.cause == routing::DoorCause::command;
    }
    Json json{{"total", total}};
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

/// null: nobody is asked about callers.
Json lookup(const ControlContext& c) {
    using State = calls::LookupView::State;
    const auto view = c.server.lookup(c.now);
    if (!view) return nullptr;
    Json json{{"state", view->state == State::answering   ? "answering"
                        : view->state == State::suspended ? "suspended"
                                                          : "on_trial"},
              {"under_way", view->under_way},
              {"waiting", view->waiting},
              {"asked", view->asked},
              {"failed", view->failed},
              {"unasked", view->unasked}};
    if (view->state == State::suspended) json["trial_in_ms"] = millis(view->left);
    return json;
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
        {"agents", count_agents(c.server.core())},
        {"queues", count_queues(c.server.core())},
        {"entry_points", count_entry_points(c.server.core())},
        {"registrations", stats.bindings},
        {"subscriptions", stats.subscriptions},
        {"trunks", count_trunks(c.server.trunks(c.now))},
        {"caller_lookup", lookup(c)},
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

Json extend_wrap_up(const Json& request, routing::AgentId agent, const ControlContext& c) {
    constexpr std::int64_t kLongest = to_ms(24h);
    const auto by = request.find("by_ms");
    if (by == request.end() || !by->is_number_integer() || by->get<std::int64_t>() < 1 ||
        by->get<std::int64_t>() > kLongest)
        return refuse("by_ms must be 1 to " + std::to_string(kLongest));
    return obey(routing::input::AgentExtendsWrapUp{agent, std::chrono::milliseconds(by->get<std::int64_t>()),
                                                   routing::Actor::supervisor},
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
    if (cmd == "extend-wrap-up") return extend_wrap_up(request, *agent, c);
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
    reply.update(entry_point_json(routing::index(*id), c));
    return reply;
}

Json unban(const Json& request, const ControlContext& c) {
    const std::string source = text(request, "source");
    const auto address = IpAddress::parse(source);
    if (!address) return refuse("expected as source an address such as 192.0.2.7");
    if (!c.server.unban(*address, c.now)) return refuse("'" + source + "' is not banned");
    return {{"ok", true}};
}

/// The outcome follows the reply.
Json begin_reload(const ControlContext& c) {
    c.client.subscribe();
    c.reload(c.client);
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
    if (auto list = control_list(cmd, request, c)) return *std::move(list);
    if (cmd == "close" || cmd == "open") return door_command(cmd, request, c);
    if (cmd == "reload") return begin_reload(c);
    if (cmd == "trace") return begin_trace(request, c);
    if (cmd == "unban") return unban(request, c);
    for (const std::string_view known :
         {"login", "logout", "ready", "not-ready", "end-wrap-up", "extend-wrap-up", "skill"})
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
