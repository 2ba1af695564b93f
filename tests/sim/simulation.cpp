#include "sim/simulation.hpp"

#include "journal/schema_check.hpp"

namespace centrala::sim {
namespace {

/// Sales and support of small_centre(), and queues with what those don't have: a higher priority, closed, without
/// anybody who could ever serve it. And a way out through the trunk.
config::Config centre_of(const SimulationOptions& options) {
    config::Config config = small_centre(options.centre);
    auto plan = std::make_shared<routing::Plan>(*config.plan);
    plan->queues[0].priority = options.sales_priority;
    if (options.overflow) plan->queues[0].overflow = static_cast<routing::QueueId>(1);
    if (options.breaks) plan->breaks = {{"lunch"}, 30s, 1};
    const auto add = [&](const char* name, routing::Queue queue, const char* number) {
        const auto id = static_cast<std::uint16_t>(plan->queues.size());
        queue.name = name;
        plan->queues.push_back(queue);
        plan->entry_points.push_back({name, static_cast<routing::QueueId>(id), false});
        config.queues.push_back({static_cast<routing::QueueId>(id), false, "", "", "", "", ""});
        config.entry_points.push_back({static_cast<routing::EntryPointId>(id), {number}, 480, 486});
    };
    routing::Queue queue = plan->queues[0];
    queue.priority = 5;
    queue.overflow.reset();
    add("vip", queue, "300");
    queue.closed = true;
    add("night", queue, "400");
    queue.closed = false;
    queue.refuse_without_agents = true;
    queue.required.skills = {{static_cast<routing::SkillId>(1), 10}};
    add("experts", queue, "500");
    config.plan = plan;

    if (options.hours) {  // the world begins at 22:13:20
        schedule::Schedule shifts{"shifts", "UTC", {}, {}};
        for (auto& day : shifts.week) day = {{0min, 22h + 15min}, {22h + 16min, 24h}};
        config.schedules.push_back(shifts);
        config.entry_points[1].hours = 0;
        config.entry_points[1].last_call = 20s;
        config.entry_points[1].ends_waiting = options.health;
    }

    if (options.lookup) {
        config::CallerLookup lookup;
        lookup.url = "http://crm/{caller}";
        lookup.failures_max = 3;
        lookup.rest = 5s;
        lookup.at_once_max = 4;
        config.caller_lookup = lookup;
    }

    config.sip.listeners.push_back({sip::Transport::tcp, World::kServer, std::nullopt});
    config::Trunk& trunk = config.trunks[0];
    trunk.gateways = {{"sip:10.3.0.1:5060", 1, 0}, {"sip:10.3.0.2:5060", 2, 0}};
    trunk.health.interval = options.health ? 15s : 0s;
    trunk.calls_max = 12;
    if (options.registers) trunk.registration = {"sip:10.3.0.1:5060", "sip:acd@carrier.example", "acd", 60s, 5s, 20s};
    config.outside = {{"0", 1, "", {0}}};
    config.agent_groups[0].call_outside = config.agent_groups[0].transfer_outside = true;
    return config;
}

}  // namespace

SimulationOptions::SimulationOptions(RandomSource& random) {
    drop = random.below(3) == 0 ? 0 : static_cast<std::uint32_t>(random.below(250));
    duplicate = random.below(3) == 0 ? 0 : static_cast<std::uint32_t>(random.below(200));
    delay_ms = 1 + static_cast<std::uint32_t>(random.below(random.below(2) ? 900 : 20));
    agents = 1 + static_cast<std::uint32_t>(random.below(6));
    callers = 5 + static_cast<std::uint32_t>(random.below(40));
    nasty = static_cast<std::uint32_t>(random.below(700));
    health = random.below(2) == 0;
    registers = random.below(3) == 0;
    overflow = random.below(2) == 0;
    sales_priority = static_cast<int>(random.below(3)) - 1;
    hours = callers % 3 == 0;
    commands = callers % 4 == 0;
    breaks = callers % 2 == 0;
    lookup = callers % 5 < 2;
    reloads = callers % 7 < 2;
    kills = callers % 4 == 3;
    centre.agents = agents;
    centre.strategy = static_cast<routing::Strategy>(random.below(4));
    centre.ring_timeout = Duration(1s) * static_cast<int>(2 + random.below(20));
    centre.wrap_up = Duration(1s) * static_cast<int>(random.below(10));
    centre.max_wait = random.below(3) == 0 ? Duration(1s) * static_cast<int>(5 + random.below(60)) : Duration(0);
    centre.early_media = random.below(2) == 0;
    centre.capacity = random.below(4) == 0 ? 3 : 1000;
    centre.announce_after = overflow ? 10s : 0s;
    centre.misses_max = static_cast<std::uint32_t>(random.below(4));
    centre.ring_at_once = random.below(3) == 0 ? 2 + static_cast<std::uint32_t>(random.below(4)) : 1;
}

std::string SimulationOptions::to_string() const {
    return "drop " + std::to_string(drop) + "‰, duplicate " + std::to_string(duplicate) + "‰, delay " +
           std::to_string(delay_ms) + " ms, agents " + std::to_string(agents) + ", callers " + std::to_string(callers) +
           ", nasty " + std::to_string(nasty) + "‰, early media " + std::to_string(centre.early_media) + ", rings at " +
           std::to_string(centre.ring_at_once) + ", max wait " + std::to_string(centre.max_wait / 1s) +
           " s, gateways are checked " + std::to_string(health) + ", trunk registers " + std::to_string(registers) +
           ", opening hours " + std::to_string(hours) + ", closed by command " + std::to_string(commands) +
           ", breaks are asked for " + std::to_string(breaks) + ", lookup " + std::to_string(lookup) + ", reloads " +
           std::to_string(reloads) + ", kills " + std::to_string(kills);
}

Simulation::Simulation(std::uint64_t seed)
    : random_(make_seeded_random(seed)), options(*random_), world_(centre_of(options), seed), checkers(world_) {
    world_.set_faults({options.drop, options.duplicate, 1ms, Duration(1ms) * static_cast<int>(options.delay_ms)});
    world_.sound_length = 2s;
    world_.after_each_step = [this] { checkers.after_step(); };
    world_.replanned = [this] { checkers.replanned(); };
    world_.on_lookup = [this](const calls::LookupQuery& query) { answer_about(query); };
}

std::string Simulation::undocumented() const {
    std::string errors;
    std::string_view lines = world_.log.lines;
    while (!lines.empty() && errors.empty()) {
        const auto end = lines.find('\n') + 1;
        errors = journal::schema_errors(lines.substr(0, end));
        lines.remove_prefix(end);
    }
    return errors;
}

void Simulation::count(std::map<std::string, int>& seen) const {
    for (const auto& event : world_.log.events) {
        ++seen[std::string(routing::type_name(event.body))];
        if (const auto* e = std::get_if<routing::event::OfferEnded>(&event.body))
            ++seen["offer " + std::string(routing::to_string(e->outcome))];
        if (const auto* e = std::get_if<routing::event::ContactEnded>(&event.body))
            ++seen["ended " + std::string(routing::to_string(e->cause))];
        if (const auto* e = std::get_if<routing::event::EntryPointChanged>(&event.body))
            ++seen["entry point " + std::string(routing::to_string(e->door.state)) + " by " +
                   std::string(routing::to_string(e->door.cause))];
        if (const auto* e = std::get_if<routing::event::ContactRefused>(&event.body))
            ++seen["refused " + std::string(routing::to_string(e->cause))];
        if (const auto* e = std::get_if<routing::event::ContactHeld>(&event.body))
            ++seen["held by " + std::string(routing::to_string(e->by))];
        if (const auto* e = std::get_if<routing::event::ContactTransferred>(&event.body))
            ++seen["transferred to " + std::string(routing::to_string(e->target)) + " " +
                   std::string(routing::to_string(e->kind))];
    }
    for (const auto& note : world_.log.notes) ++seen[note];
    for (const auto& [what, n] : world_.wire) seen[what] += n;
    for (const auto& [what, n] : happened_) seen[what] += n;
}

void Simulation::run() {
    open_gateways();
    for (std::uint32_t i = 0; i < options.agents; ++i) hire(static_cast<int>(i + 1));
    for (std::uint32_t i = 0; i < options.callers; ++i) send_caller(static_cast<int>(i + 1));
    if (options.commands) close_for_a_while();
    if (options.reloads) reload_now_and_then();
    if (options.kills) kill_now_and_then();
    world_.run_for(180s);
    calm_down();
    checkers.at_rest();
}

/// Sales, once so that who waits is served, once so that they are sent away; then its hours count again.
void Simulation::close_for_a_while() {
    for (const bool ends_waiting : {false, true})
        world_.after(ends_waiting ? 100s : 40s, [this, ends_waiting] {
            const routing::Door closed{routing::DoorState::closed, routing::DoorCause::command, "drill",
                                       world_.now + 15s};
            command(routing::input::EntryPointSet{static_cast<routing::EntryPointId>(0), closed, ends_waiting,
                                                  routing::Actor::supervisor});
        });
}

/// As somebody edits the file: each time it is the first one with other changes, so that what has gone comes back.
void Simulation::reload_now_and_then() {
    for (const Duration when : {30s, 60s, 90s, 130s})
        world_.after(when + up_to(20s), [this] {
            if (!world_.is_down()) world_.reload(changed_centre());
        });
}

/// In the middle of whatever is going on, and for a while nobody is there.
void Simulation::kill_now_and_then() {
    for (const Duration when : {20s, 70s, 120s}) {
        const Duration killed = when + up_to(20s);
        world_.after(killed, [this] {
            for (const auto& contact : world_.core.state().contacts)
                ++happened_["killed while a contact is " + std::string(routing::to_string(contact.phase))];
            world_.kill();
        });
        world_.after(killed + up_to(one_in(2) ? 300ms : 10s), [this] { world_.start_again(); });
    }
}

config::Config Simulation::changed_centre() {
    config::Config config = centre_of(options);
    auto plan = std::make_shared<routing::Plan>(*config.plan);
    routing::Queue& sales = plan->queues[0];
    if (one_in(2)) sales.max_wait = Duration(1s) * static_cast<int>(1 + random_->below(40));
    if (one_in(2)) sales.relaxations = {{up_to(10s) + 1s, {}, 2}, {30s, {}, 3}};
    if (one_in(2)) sales.strategy = static_cast<routing::Strategy>(random_->below(routing::kStrategies));
    if (one_in(2)) sales.ring_at_once = 1 + static_cast<std::uint32_t>(random_->below(3));
    if (one_in(2)) sales.priority = static_cast<int>(random_->below(4));
    if (one_in(3)) plan->call_order = static_cast<routing::CallOrder>(random_->below(routing::kCallOrders));
    if (one_in(3)) plan->queues[1].required.skills.clear();
    if (one_in(3)) {
        plan->queues.pop_back();
        plan->entry_points.pop_back();
        config.queues.pop_back();
        config.entry_points.pop_back();
    }
    if (one_in(2)) {
        plan->agents.erase(plan->agents.begin());
        config.agents.erase(config.agents.begin());
    }
    for (routing::Agent& agent : plan->agents)
        if (one_in(3)) agent.skills = {{routing::SkillId{1}, 5}, {routing::SkillId{0}, 3}};
    if (one_in(2)) {  // at a desk phone that rings for ever
        routing::Agent agent;
        agent.name = "desk";
        agent.skills = {{routing::SkillId{0}, 9}};
        agent.always_logged_in = true;
        plan->agents.insert(plan->agents.begin(), agent);
        config::Agent phone;
        phone.contact = "sip:desk@10.2.0.250:5060";
        config.agents.insert(config.agents.begin(), phone);
    }
    for (std::size_t i = 0; i < config.agents.size(); ++i) config.agents[i].id = static_cast<routing::AgentId>(i);
    config.plan = plan;
    return config;
}

Duration Simulation::up_to(Duration most) {
    return Duration(static_cast<std::int64_t>(random_->below(static_cast<std::uint64_t>(most.count()))));
}

PeerOptions Simulation::some_peer() {
    PeerOptions peer;
    if (one_in(3)) peer.transport = sip::Transport::tcp;
    peer.listens_on_tcp = peer.transport == sip::Transport::tcp || one_in(2);
    peer.knows_update = !one_in(3);
    peer.reliable = one_in(2) ? sip::Reliable::when_supported : sip::Reliable::when_required;
    peer.session_expires = 90s;
    return peer;
}

void Simulation::vanish_for_a_while(Peer& peer) {
    Peer* p = &peer;
    const Duration when = up_to(120s);
    world_.after(when, [p] { p->vanished = true; });
    fall_silent_after(when + 30s, peer.rtp());
    world_.after(when + up_to(60s), [p] { p->vanished = false; });
}

void Simulation::fall_silent_after(Duration delay, const Endpoint& rtp) {
    world_.after(delay, [this, rtp] {
        const auto session = world_.media.id_towards(rtp);
        if (session != media::SessionId{}) world_.media.tell({media::Event::Kind::timeout, session, 0});
    });
}

/// By a reset, or in order as far as it is concerned.
void Simulation::break_connections_of(Peer& peer) {
    const bool reset = !one_in(3);
    world_.after(up_to(150s), [this, reset, p = &peer] {
        const auto connection = world_.connections.of(p->address);
        if (!connection) return;
        ++happened_[reset ? "connection reset" : "connection half-closed"];
        reset ? world_.connections.reset(*connection, world_.now) : world_.connections.finish(*connection, world_.now);
    });
}

/// By re-INVITE, with or without an offer of its own, or by UPDATE. Some never come back.
void Simulation::hold_for_a_while(Peer& peer, sip::SessionId session) {
    Peer* p = &peer;
    const bool update = one_in(3), late = one_in(4);
    const auto direction = one_in(3) ? sdp::Direction::inactive : sdp::Direction::sendonly;
    const auto offer = [this, p, session, update, late](sdp::Direction way) {
        if (update)
            p->update(session, sdp::write_offer(p->local_media(), way));
        else if (p->reoffer(session, way, late))
            ++happened_[late ? "late re-offer" : "re-offer"];
    };
    const Duration when = up_to(10s);
    world_.after(when, [offer, direction] { offer(direction); });
    if (!one_in(4)) world_.after(when + up_to(15s), [offer] { offer(sdp::Direction::sendrecv); });
}

/// Just when the other side refreshes the session, half its interval after it was agreed (RFC 4028 §10).
void Simulation::cross_the_refresh(Peer& peer, sip::SessionId session) {
    world_.after(45s + up_to(Duration(1ms) * static_cast<int>(options.delay_ms)),
                 [p = &peer, session] { p->reoffer(session, sdp::Direction::sendrecv); });
}

/// What was under way ends, or is repeated in peace; then whoever is on the line is there; then all ends.
void Simulation::calm_down() {
    world_.set_faults({});
    for (auto& phone : phones_) phone->vanished = false;
    for (auto& gateway : gateways_) gateway->vanished = false;
    world_.run_for(40s);
    for (auto& caller : callers_)
        if (!caller->vanished && one_in(2)) caller->hang_up();
    for (auto& phone : phones_) phone->on_offer = [p = phone.get()] { p->refuse(603); };
    for (std::uint32_t i = 0; i < options.agents; ++i)
        command(routing::input::AgentGoesNotReady{static_cast<routing::AgentId>(i), "lunch"});
    world_.run_for(100s);  // past the session timers of whoever missed a BYE
    for (int i = 0; i < 60; ++i) {
        if (checkers.between_calls()) {
            ++happened_["calm between calls"];
            if (world_.server.stats().legs > 0) ++happened_["calm with calls going on"];
            break;
        }
        world_.run_for(1s);
    }
    world_.server.shut_down(world_.now);
    world_.flush();
    world_.run_for(600s);
}

void Simulation::command(const routing::Input& input) {
    if (world_.is_down()) return;
    (void)world_.server.command(input, world_.now);
    world_.flush();
}

}  // namespace centrala::sim
