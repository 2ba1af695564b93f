#include "sim/virtual_connections.hpp"

#include <algorithm>

namespace centrala::sim {

std::uint64_t VirtualConnections::open(const Endpoint& peer, const Endpoint& remote) {
    open_[++last_id_] = {peer, remote};
    return last_id_;
}

std::uint64_t VirtualConnections::open_by_peer(const Endpoint& peer) {
    return open(peer, {peer.address, static_cast<std::uint16_t>(40'000 + last_id_ % 20'000)});
}

std::uint64_t VirtualConnections::open_by_server(const Endpoint& peer) {
    return open(peer, peer);
}

void VirtualConnections::put(std::uint64_t id, Connection& connection, Segment::Kind kind, bool to_server,
                             std::string bytes, Timestamp now) {
    const auto spread = static_cast<std::uint64_t>((faults.delay_max - faults.delay_min).count()) + 1;
    Timestamp& last = connection.last[to_server];
    last = std::max(last, now + faults.delay_min + Duration(static_cast<std::int64_t>(random_.below(spread))));
    under_way_.emplace(std::pair(last, ++order_),
                       Segment{kind, id, to_server, connection.peer, connection.remote, std::move(bytes)});
}

bool VirtualConnections::send(std::uint64_t id, bool to_server, std::string bytes, Timestamp now) {
    const auto found = open_.find(id);
    if (found == open_.end() || (to_server && found->second.finished)) return false;
    put(id, found->second, Segment::Kind::message, to_server, std::move(bytes), now);
    return true;
}

void VirtualConnections::finish(std::uint64_t id, Timestamp now) {
    const auto found = open_.find(id);
    if (found == open_.end() || found->second.finished) return;
    found->second.finished = true;
    put(id, found->second, Segment::Kind::finished, true, {}, now);
}

void VirtualConnections::reset(std::uint64_t id, Timestamp now) {
    const auto found = open_.find(id);
    if (found == open_.end()) return;
    std::erase_if(under_way_, [&](const auto& entry) { return entry.second.connection == id; });
    for (const bool to_server : {false, true}) put(id, found->second, Segment::Kind::broken, to_server, {}, now);
    open_.erase(found);
}

void VirtualConnections::reset_all(Timestamp now) {
    while (!open_.empty()) reset(open_.begin()->first, now);
}

std::optional<std::uint64_t> VirtualConnections::leading_to(const Endpoint& remote) const {
    for (auto it = open_.rbegin(); it != open_.rend(); ++it)
        if (it->second.remote == remote) return it->first;
    return std::nullopt;
}

std::optional<std::uint64_t> VirtualConnections::of(const Endpoint& peer) const {
    for (auto it = open_.rbegin(); it != open_.rend(); ++it)
        if (it->second.peer == peer && !it->second.finished) return it->first;
    return std::nullopt;
}

const Endpoint* VirtualConnections::remote(std::uint64_t id) const {
    const auto found = open_.find(id);
    return found == open_.end() ? nullptr : &found->second.remote;
}

std::optional<Timestamp> VirtualConnections::next() const {
    return under_way_.empty() ? std::nullopt : std::optional(under_way_.begin()->first.first);
}

std::optional<Segment> VirtualConnections::receive(Timestamp now) {
    if (under_way_.empty() || under_way_.begin()->first.first > now) return std::nullopt;
    Segment segment = std::move(under_way_.begin()->second);
    under_way_.erase(under_way_.begin());
    return segment;
}

}  // namespace centrala::sim
