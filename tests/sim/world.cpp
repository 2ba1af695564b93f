// The virtual world: earliest thing first, everything on one thread and one clock.
#include "sim/world.hpp"

#include <memory>

#include "sim/peer.hpp"

namespace centrala::sim {

World::World(config::Config c, std::uint64_t seed)
    : config(std::move(c)),
      random(make_seeded_random(seed)),
      network_random(make_seeded_random(seed ^ 0x9e3779b97f4a7c15)),
      network(*network_random),
      connections(*network_random),
      core(config.plan),
      log(config.plan),
      server(config, core, log, media, *random) {
    server.start({}, {}, now);
}
World::~World() = default;

void World::at(Timestamp when, std::function<void()> action) {
    actions_.emplace(std::max(when, now), std::move(action));
}
void World::attach(Peer& peer) {
    peers_[peer.address] = &peer;
}
void World::detach(Peer& peer) {
    peers_.erase(peer.address);
}

void World::kill() {
    down_ = true;
    connections.reset_all(now);
    server.outbox().clear();
}

/// The core is what a fold of the log would give, as tests/journal shows.
void World::start_again() {
    std::vector<std::pair<std::string, registrar::Binding>> bindings;
    for (const auto& agent : core.plan().agents)
        for (const auto& binding : server.registrar().bindings(agent.name))
            if (!sip::is_reliable(binding.flow.transport)) bindings.emplace_back(agent.name, binding);
    std::vector<calls::KeptCall> calls;
    for (const auto& [id, text] : kept) calls.push_back({id, text});
    std::destroy_at(&server);
    media.start_again();
    std::construct_at(&server, config, core, log, media, *random);
    ++lives_;
    down_ = false;
    server.start(std::move(bindings), std::move(calls), now);
    flush();
}

/// Of what that process asked for nothing reaches the next one.
std::function<void()> World::if_alive(std::function<void()> action) const {
    return [this, life = lives_, action = std::move(action)] {
        if (!down_ && life == lives_) action();
    };
}

void World::save_calls() {
    server.save_calls([this](calls::KeptId id, std::string_view text) {
        if (text.empty())
            kept.erase(id);
        else
            kept[id] = text;
    });
}

config::Reload World::reload(config::Config read) {
    config::Reload done = *config::reload(config, std::move(read));
    log.append(now, "config.reloaded",
               {{"config", "t.yaml"}, {"changes", static_cast<std::int64_t>(done.changes.size())}});
    if (done.changes.empty()) return done;
    core.replan(config.plan);
    log.set_plan(config.plan);
    if (replanned) replanned();
    server.reload(done.added, now);
    flush();
    return done;
}

void World::set_faults(const Faults& faults) {
    network.faults = connections.faults = faults;
}

bool World::quiet() const {
    const auto sip = server.stats().sip;
    return !network.next() && !connections.next() && sip.client == 0 && sip.server == 0;
}

/// By method, or by status and method; requests within a dialog are told from those that open one.
void World::tally(bool by_server, const Endpoint& peer, std::string_view bytes) {
    std::string what = by_server ? "server" : "peer";
    const auto after = [&](std::string_view name) {
        const auto at = bytes.find(name);
        return at == std::string_view::npos ? std::string_view() : bytes.substr(at + name.size());
    };
    const auto cseq = after("\r\nCSeq: ");
    const auto line = cseq.substr(0, cseq.find('\r'));
    const auto to = after("\r\nTo: ");
    if (bytes.starts_with("SIP/2.0 "))
        what.append(bytes.substr(7, 4));
    else if (to.substr(0, to.find('\r')).find(";tag=") != std::string_view::npos)
        what.append(" again");
    what.append(line.substr(std::min(line.size(), line.find(' '))));
    ++wire[what];
    if (!trace) return;
    const auto call_id = after("\r\nCall-ID: ");
    *trace << now.time_since_epoch() / 1ms % 10'000'000 << (by_server ? " > " : " < ") << peer.to_string() << ' '
           << what << ' ' << call_id.substr(0, call_id.find('\r')) << ' ' << line << '\n';
}

/// A message goes over its connection, or over any that leads to the same place, or over a new one, as net::StreamPool
/// does it.
void World::send_from_server(const sip::Flow& flow, std::string_view bytes) {
    tally(true, flow.remote, bytes);
    if (overhear) overhear(flow, bytes);
    if (flow.transport == sip::Transport::udp) return network.send({kServer, flow.remote, std::string(bytes)}, now);
    if (connections.send(flow.connection, false, std::string(bytes), now)) return;
    auto connection = connections.leading_to(flow.remote);
    if (!connection) {
        const auto peer = peers_.find(flow.remote);
        const bool listens = peer != peers_.end() && peer->second->listens_on_tcp();
        if (listens && !peer->second->vanished)
            connection = connections.open_by_server(flow.remote);
        else  // refused at once, or nobody says anything
            after(listens ? 5s : 1ms,
                  if_alive([this, flow] { server.transport_failed(flow.transport, flow.remote, 0, now); }));
    }
    if (connection) connections.send(*connection, false, std::string(bytes), now);
}

void World::flush() {
    if (down_) return;
    save_calls();
    auto& outbox = server.outbox();
    for (std::size_t i = 0; i < outbox.size(); ++i) send_from_server(outbox[i].flow, outbox[i].bytes);
    outbox.clear();
    for (const sip::DnsQuery& query : server.take_queries())
        after(1ms, if_alive([this, query] {
                  sip::DnsAnswer answer;
                  const auto known = zone.find(query.question);
                  if (!dns_fails && known != zone.end()) answer = known->second;
                  if (!dns_fails && known == zone.end()) answer.status = sip::DnsAnswer::Status::nothing;
                  server.resolved(query.id, std::move(answer), now);
              }));
    for (const calls::LookupQuery& query : server.take_lookups())
        if (on_lookup) on_lookup(query);
}

void World::flush(Peer& peer) {
    for (std::size_t i = 0; i < peer.outbox.size() && !peer.vanished; ++i) {
        const auto [bytes, flow] = peer.outbox[i];
        std::string sent = peer.as_sent(bytes);
        tally(false, peer.address, sent);
        if (flow.transport == sip::Transport::udp) {
            network.send({peer.address, flow.remote, std::move(sent)}, now);
            continue;
        }
        if (connections.send(flow.connection, true, sent, now)) continue;
        const auto open = connections.of(peer.address);
        connections.send(open ? *open : connections.open_by_peer(peer.address), true, std::move(sent), now);
    }
    peer.outbox.clear();
}

void World::deliver(const Datagram& datagram) {
    if (datagram.to == kServer) {
        if (down_) return;
        std::string bytes = datagram.bytes;
        server.receive(bytes, {sip::Transport::udp, kServer, datagram.from, 0}, now);
    } else if (const auto peer = peers_.find(datagram.to); peer != peers_.end()) {
        if (!peer->second->vanished)
            peer->second->receive(datagram.bytes, {sip::Transport::udp, peer->first, kServer, 0});
    } else if (!down_) {
        server.transport_failed(sip::Transport::udp, datagram.to, 0, now);  // nobody there: ICMP port unreachable
    }
}

/// As net::SipSockets does it: what was sent without naming a connection went over this one, too.
void World::tell_failed(const Endpoint& remote, std::uint64_t connection) {
    server.transport_failed(sip::Transport::tcp, remote, connection, now);
    server.transport_failed(sip::Transport::tcp, remote, 0, now);
}

/// Nobody acknowledges what goes over it: TCP gives up after a while.
void World::lose(std::uint64_t connection) {
    after(20s, [this, connection] { connections.reset(connection, now); });
}

void World::deliver(const Segment& segment) {
    if (segment.to_server) {
        if (down_) return;
        switch (segment.kind) {
            case Segment::Kind::message: {
                std::string bytes = segment.bytes;
                return server.receive(bytes, {sip::Transport::tcp, kServer, segment.remote, segment.connection}, now);
            }
            case Segment::Kind::broken: return tell_failed(segment.remote, segment.connection);
            case Segment::Kind::finished:  // answers may still go out, for a second
                return after(1s, if_alive([this, segment] {
                                 if (!connections.remote(segment.connection)) return;
                                 connections.forget(segment.connection);
                                 tell_failed(segment.remote, segment.connection);
                             }));
        }
    }
    const auto peer = peers_.find(segment.peer);
    if (peer == peers_.end() || peer->second->vanished) return lose(segment.connection);
    if (segment.kind == Segment::Kind::broken) return peer->second->connection_lost(segment.connection);
    peer->second->receive(segment.bytes, {sip::Transport::tcp, peer->first, kServer, segment.connection});
}

std::optional<Timestamp> World::next() const {
    std::optional<Timestamp> earliest = network.next();
    const auto consider = [&](std::optional<Timestamp> when) {
        if (when && (!earliest || *when < *earliest)) earliest = when;
    };
    consider(connections.next());
    if (!down_) consider(const_cast<calls::Server&>(server).deadline());
    if (!actions_.empty()) consider(actions_.begin()->first);
    for (const auto& [address, peer] : peers_) consider(peer->ua.deadline());
    return earliest;
}

void World::run_until(Timestamp until) {
    for (;;) {
        const auto due = next();
        if (!due || *due > until) break;
        now = std::max(now, *due);
        if (auto datagram = network.receive(now)) {
            deliver(*datagram);
        } else if (auto segment = connections.receive(now)) {
            deliver(*segment);
        } else if (!actions_.empty() && actions_.begin()->first <= now) {
            const auto action = std::move(actions_.begin()->second);
            actions_.erase(actions_.begin());
            action();
        } else {
            if (!down_) server.advance(now);
            for (const auto& [address, peer] : peers_) peer->advance();
        }
        if (!down_) server.media_events(now);
        flush();
        for (const auto& [address, peer] : peers_) flush(*peer);
        for (const auto& programme : media.take_ending())
            if (sound_length > Duration::zero())
                after(sound_length, [this, programme] { media.programme_ends(programme); });
        ++steps;
        if (after_each_step) after_each_step();
    }
    now = std::max(now, until);
}

}  // namespace centrala::sim
