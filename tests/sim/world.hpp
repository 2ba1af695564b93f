// One Centrala and its callers and agents on a virtual clock and a virtual network. All of the real code but sockets.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <ostream>
#include <string>
#include <vector>

#include "centrala/calls/server.hpp"
#include "centrala/config/reload.hpp"
#include "sim/fake_media.hpp"
#include "sim/virtual_connections.hpp"
#include "sim/virtual_network.hpp"

namespace centrala::sim {

/// Keeps what the server says, as facts and as the lines of the log.
class Recorder : public journal::Sink {
public:
    explicit Recorder(std::shared_ptr<const routing::Plan> plan) : plan_(std::move(plan)) {}
    void append(const routing::Event& event) override {
        events.push_back(event);
        journal::format(lines, ++seq_, event, *plan_);
    }
    void set_plan(std::shared_ptr<const routing::Plan> plan) { plan_ = std::move(plan); }
    void append(Timestamp at, std::string_view type, std::initializer_list<journal::Field> fields) override {
        notes.emplace_back(type);
        journal::format(lines, ++seq_, at, type, fields);
    }
    template <class T>
    [[nodiscard]] std::vector<T> all() const {
        std::vector<T> found;
        for (const auto& event : events)
            if (const auto* body = std::get_if<T>(&event.body)) found.push_back(*body);
        return found;
    }

    std::vector<routing::Event> events;
    std::vector<std::string> notes;  ///< types of the other records
    std::string lines;

private:
    std::shared_ptr<const routing::Plan> plan_;
    std::uint64_t seq_ = 0;
};

class Peer;

class World {
public:
    World(config::Config config, std::uint64_t seed);
    ~World();

    /// Everything that happens up to then, in order.
    void run_until(Timestamp until);
    void run_for(Duration time) { run_until(now + time); }
    void at(Timestamp when, std::function<void()> action);
    void after(Duration delay, std::function<void()> action) { at(now + delay, std::move(action)); }
    void attach(Peer& peer);
    void detach(Peer& peer);
    /// The server's process ends in this moment, with everything that it has only in memory.
    void kill();
    /// Another process begins with the log, the registrations and what was kept of calls.
    void start_again();
    [[nodiscard]] bool is_down() const { return down_; }
    /// Nothing happens unless the process is still the one of now.
    [[nodiscard]] std::function<void()> if_alive(std::function<void()> action) const;
    /// What the configuration is from now on.
    config::Reload reload(config::Config read);
    /// Of the network and of everything on TCP.
    void set_faults(const Faults& faults);
    /// No message is under way, and the server has no transaction open.
    [[nodiscard]] bool quiet() const;
    [[nodiscard]] const std::map<Endpoint, Peer*>& peers() const { return peers_; }
    /// Sends what the server has to send; the world calls it after each step, tests after calling the server
    /// themselves.
    void flush();
    void flush(Peer& peer);

    static inline const Endpoint kServer{IpAddress::v4({10, 0, 0, 1}), 5060};
    Timestamp now{Duration(1'700'000'000'000'000)};
    config::Config config;
    std::unique_ptr<RandomSource> random, network_random;
    VirtualNetwork network;
    VirtualConnections connections;
    std::map<sip::DnsQuestion, sip::DnsAnswer> zone;  ///< what DNS knows; of anything else: nothing
    bool dns_fails = false;
    std::function<void(const calls::LookupQuery&)> on_lookup;  ///< what the system that knows callers does when asked
    FakeMedia media;
    Duration sound_length{};  ///< how long programmes last that end; 0: until a test says that they have
    routing::Core core;
    Recorder log;
    calls::Server server;
    std::function<void()> after_each_step;
    std::function<void()> replanned;  ///< the core has another plan, and hasn't acted on it
    std::function<void(const sip::Flow& to, std::string_view bytes)> overhear;  ///< what the server sends
    std::uint64_t steps = 0;
    std::ostream* trace = nullptr;              ///< told of every message sent
    std::map<calls::KeptId, std::string> kept;  ///< of live calls, for the next process
    std::map<std::string, int> wire;  ///< what was sent how often: "server INVITE", "peer 200 BYE", "peer again INVITE"

private:
    void deliver(const Datagram& datagram);
    void deliver(const Segment& segment);
    void send_from_server(const sip::Flow& flow, std::string_view bytes);
    void lose(std::uint64_t connection);
    void tell_failed(const Endpoint& remote, std::uint64_t connection);
    void tally(bool by_server, const Endpoint& peer, std::string_view bytes);
    std::optional<Timestamp> next() const;
    void save_calls();
    std::map<Endpoint, Peer*> peers_;
    bool down_ = false;
    int lives_ = 1;
    std::multimap<Timestamp, std::function<void()>> actions_;
};

}  // namespace centrala::sim
