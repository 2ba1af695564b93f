// One run: a small centre, its phones, callers and carrier, who do what a seed says while the network and the peers
// fail. simulation.cpp: what is where, the course of a run; simulated_desk.cpp and simulated_line.cpp: who does what.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "sim/checkers.hpp"
#include "sim/gateway.hpp"
#include "sim/small_centre.hpp"
#include "sim/watching_phone.hpp"
#include "sim/world.hpp"

namespace centrala::sim {

/// Drawn from the seed and printed when it fails.
struct SimulationOptions {
    std::uint32_t drop = 0, duplicate = 0, delay_ms = 1, agents = 3, callers = 20;
    std::uint32_t nasty = 0;  ///< permille of agents' reactions that aren't an answer
    bool health = false, registers = false, overflow = false;
    bool hours = false;     ///< support closes for a minute
    bool breaks = false;    ///< lunch is asked for
    bool commands = false;  ///< supervisors close sales now and then
    bool lookup = false;    ///< another system is asked about callers; it is slow, wrong or down now and then
    bool reloads = false;   ///< the configuration is changed now and then
    bool kills = false;     ///< the server is killed now and then, and starts again
    int sales_priority = 0;
    SmallCentre centre;

    explicit SimulationOptions(RandomSource& random);
    [[nodiscard]] std::string to_string() const;
};

class Simulation {
public:
    explicit Simulation(std::uint64_t seed);

    void run();
    void trace(std::ostream& to) { world_.trace = &to; }
    /// What the log said that its schema doesn't allow.
    [[nodiscard]] std::string undocumented() const;
    /// Adds what happened to `seen`, so that a simulation in which nothing happens is noticed.
    void count(std::map<std::string, int>& seen) const;

private:
    std::unique_ptr<RandomSource> random_;

public:
    const SimulationOptions options;

private:
    World world_;

public:
    Checkers checkers;

private:
    // simulation.cpp
    [[nodiscard]] bool one_in(std::uint64_t n) { return random_->below(n) == 0; }
    Duration up_to(Duration most);
    PeerOptions some_peer();
    void vanish_for_a_while(Peer& peer);
    void fall_silent_after(Duration delay, const Endpoint& rtp);
    void break_connections_of(Peer& peer);
    void hold_for_a_while(Peer& peer, sip::SessionId session);
    void cross_the_refresh(Peer& peer, sip::SessionId session);
    void close_for_a_while();
    void reload_now_and_then();
    void kill_now_and_then();
    config::Config changed_centre();
    void calm_down();
    void command(const routing::Input& input);

    // simulated_desk.cpp: agents.
    void hire(int n);
    void register_now_and_then(WatchingPhone& phone);
    void watch_colleagues(WatchingPhone& phone);
    void react(WatchingPhone& phone);
    void talk(WatchingPhone& phone);
    std::string somebody();
    void hand_on(Softphone& phone);
    void call_somebody(Softphone& phone);
    void press_keys(Softphone& phone);

    // simulated_line.cpp: callers and the carrier.
    void open_gateways();
    void take_call(Gateway& gateway, sip::SessionId call);
    void send_caller(int n);
    void answer_about(const calls::LookupQuery& query);
    void die(Caller& caller);

    std::vector<std::unique_ptr<WatchingPhone>> phones_;
    std::vector<std::unique_ptr<Caller>> callers_;
    std::vector<std::unique_ptr<Gateway>> gateways_;
    std::map<std::string, int> happened_;  ///< what neither log nor wire tells
};

}  // namespace centrala::sim
