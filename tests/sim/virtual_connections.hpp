// TCP connections between peers and the server on virtual time: what is sent arrives complete and in order, or, once
// the connection is reset, not at all.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "sim/virtual_network.hpp"

namespace centrala::sim {

/// What arrives at one end of a connection.
struct Segment {
    enum class Kind : std::uint8_t { message, finished, broken } kind;
    std::uint64_t connection;
    bool to_server;
    Endpoint peer;    ///< whose connection it is
    Endpoint remote;  ///< the peer's end, as the server sees it
    std::string bytes;
};

class VirtualConnections {
public:
    explicit VirtualConnections(RandomSource& random) : random_(random) {}

    std::uint64_t open_by_peer(const Endpoint& peer);  ///< from a port of the system's choice
    std::uint64_t open_by_server(const Endpoint& peer);
    /// False: there is no such connection, or this side of it is closed.
    bool send(std::uint64_t id, bool to_server, std::string bytes, Timestamp now);
    /// The peer says its last; the server may still answer.
    void finish(std::uint64_t id, Timestamp now);
    /// Both ends are told; what is under way is lost.
    void reset(std::uint64_t id, Timestamp now);
    void reset_all(Timestamp now);
    void forget(std::uint64_t id) { open_.erase(id); }  ///< closed by the server, which knows

    /// The latest that leads to that end of a peer's, and the latest of a peer that it may still send over.
    [[nodiscard]] std::optional<std::uint64_t> leading_to(const Endpoint& remote) const;
    [[nodiscard]] std::optional<std::uint64_t> of(const Endpoint& peer) const;
    [[nodiscard]] const Endpoint* remote(std::uint64_t id) const;
    [[nodiscard]] std::size_t size() const { return open_.size(); }

    [[nodiscard]] std::optional<Timestamp> next() const;
    std::optional<Segment> receive(Timestamp now);

    Faults faults;  ///< only the delay: TCP repairs the rest

private:
    struct Connection {
        Endpoint peer, remote;
        bool finished = false;  ///< by the peer
        Timestamp last[2]{};    ///< when the last segment arrives: at the peer, at the server
    };
    std::uint64_t open(const Endpoint& peer, const Endpoint& remote);
    void put(std::uint64_t id, Connection& connection, Segment::Kind kind, bool to_server, std::string bytes,
             Timestamp now);

    RandomSource& random_;
    std::map<std::uint64_t, Connection> open_;
    std::map<std::pair<Timestamp, std::uint64_t>, Segment> under_way_;
    std::uint64_t last_id_ = 0, order_ = 0;
};

}  // namespace centrala::sim
