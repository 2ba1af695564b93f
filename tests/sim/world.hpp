// One Centrala and its callers and agents on a virtual clock and a virtual network. All of the real code but sockets.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "centrala/calls/server.hpp"
#include "centrala/sip/user_agent.hpp"
#include "sim/fake_media.hpp"
#include "sim/virtual_network.hpp"

namespace centrala::sim {

/// Keeps what the server says, as facts and as the lines of the log.
class Recorder : public journal::Sink {
public:
    explicit Recorder(const routing::Plan& plan) : plan_(plan) {}
    void append(const routing::Event& event) override {
        events.push_back(event);
        journal::format(lines, ++seq_, event, plan_);
    }
    void append(Timestamp at, std::string_view type, std::initializer_list<journal::Field> fields) override {
        notes.emplace_back(type);
        journal::format(lines, ++seq_, at, type, fields);
    }
    /// Type names of routing's events since the last call.
    std::vector<std::string> take_types() {
        std::vector<std::string> types;
        for (; taken_ < events.size(); ++taken_) types.emplace_back(routing::type_name(events[taken_].body));
        return types;
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
    const routing::Plan& plan_;
    std::uint64_t seq_ = 0;
    std::size_t taken_ = 0;
};

class Peer;

class World {
public:
    World(config::Config config, std::uint64_t seed);
    ~World();

    /// Everything that happens up to then, in order. False if something broke an invariant (see `broken`).
    void run_until(Timestamp until);
    void run_for(Duration time) { run_until(now + time); }
    void at(Timestamp when, std::function<void()> action);
    void after(Duration delay, std::function<void()> action) { at(now + delay, std::move(action)); }
    void attach(Peer& peer);
    void detach(Peer& peer);
    /// Sends what the server has to send; the world calls it after each step, tests after calling the server
    /// themselves.
    void flush();
    void flush(Peer& peer);

    static inline const Endpoint kServer{IpAddress::v4({10, 0, 0, 1}), 5060};
    Timestamp now{Duration(1'700'000'000'000'000)};
    config::Config config;
    std::unique_ptr<RandomSource> random, network_random;
    VirtualNetwork network;
    std::map<sip::DnsQuestion, sip::DnsAnswer> zone;  ///< what DNS knows; of anything else: nothing
    bool dns_fails = false;
    FakeMedia media;
    routing::Core core;
    Recorder log;
    calls::Server server;
    std::function<void()> after_each_step;
    std::uint64_t steps = 0;

private:
    void deliver(const Datagram& datagram);
    std::optional<Timestamp> next() const;
    std::map<Endpoint, Peer*> peers_;
    std::multimap<Timestamp, std::function<void()>> actions_;
};

/// A SIP endpoint of its own on the network. Behaviour comes from subclasses.
class Peer {
public:
    Peer(World& world, Endpoint address, std::string name);
    virtual ~Peer();
    Peer(const Peer&) = delete;
    Peer& operator=(const Peer&) = delete;

    void receive(std::string bytes, const Endpoint& from);
    void advance();
    virtual void on(const sip::UaEvent& event) = 0;

    [[nodiscard]] sdp::Local local_media() const;
    /// UPDATE with this offer; what came back is in last_answer, last_status.
    void update(sip::SessionId session, const std::string& sdp);
    [[nodiscard]] Endpoint rtp() const { return {address.address, local_media().port}; }
    [[nodiscard]] sip::Flow to_server() const { return {sip::Transport::udp, address, World::kServer, 0}; }

    World& world;
    Endpoint address;
    std::string name;
    bool vanished = false;  ///< switched off: hears nothing, says nothing
    sip::Outbox outbox;
    std::unique_ptr<RandomSource> random;
    sip::UserAgent ua;
    std::string last_answer;
    int last_status = 0;

protected:
    void note_answer(const sip::ua::Answered& event);
    std::optional<sip::ClientTx> update_tx_;
};

/// A caller behind the trunk.
class Caller : public Peer {
public:
    using Peer::Peer;
    void dial(const std::string& number);
    void hang_up();  ///< CANCEL or BYE, whichever is due
    void on(const sip::UaEvent& event) override;

    std::string lines;  ///< further complete header lines of the INVITE
    std::string from;   ///< instead of the usual From
    std::optional<sip::SessionId> session;
    bool answered = false, early = false;
    int refused = 0;     ///< the final status, if it was refused
    bool ended = false;  ///< BYE came, or the call was lost
    std::function<void()> on_answer;
    std::string answer_sdp;  ///< of the 200
};

/// An agent's softphone, registered with digest.
class Softphone : public Peer {
public:
    Softphone(World& world, Endpoint address, std::string name, std::string password);
    void register_phone(std::uint32_t expires_s = 3600);
    void dial_code(const std::string& code);
    void answer();
    /// As it rings: 183 with the answer, acknowledged by PRACK. The 200 has none, then (RFC 3262 §5).
    void answer_early();
    void ring();
    void refuse(int status);
    void hang_up();
    /// On a line of its own, besides the offered or answered call.
    void place_call(const std::string& number, const std::string& more_lines = {});
    void hang_up_own_call();
    /// REFER in the answered call; `to` is the Refer-To value. With `over_own_call` in that one instead.
    void refer(const std::string& to, const std::string& more_lines = {}, bool over_own_call = false);
    void on(const sip::UaEvent& event) override;

    /// Called for each offered call; the default does nothing: it rings on.
    std::function<void()> on_offer;
    std::function<void()> on_stopped;       ///< an offered or answered call ended, by the other side
    std::optional<sip::SessionId> session;  ///< the offered or answered call
    bool talking = false;
    int register_status = 0;
    int offers = 0, stopped = 0;
    int codes_answered = 0;
    std::string last_offer_from, last_offer_name, last_offer_queue, last_offer_contact;
    std::string last_offer;                          ///< all header fields of its INVITE, a line each
    std::string register_lines, contact_parameters;  ///< of its REGISTERs
    std::uint32_t register_cseq = 0;
    std::optional<sip::SessionId> own_call;  ///< placed by it and answered
    int own_call_refused = 0;                ///< the final status of the last one that was refused
    bool own_call_rings = false;
    std::string session_replaces;   ///< the value of a Replaces that means the offered or answered call
    std::string own_call_replaces;  ///< the value of a Replaces that means it
    int refer_status = 0;
    std::vector<std::string> notified;  ///< bodies of the NOTIFYs, without the line's end
    std::vector<std::string> subscription_states;

protected:
    /// The Authorization line that answers a 401.
    std::string authorize(const sip::Message& challenge, std::string_view method, const std::string& uri);

private:
    void send_register(std::uint32_t expires_s, const std::string& authorization);
    void note_replaces();
    std::string password_;
    std::string register_call_id_;
    std::uint32_t nonce_count_ = 0;
    std::optional<sip::ClientTx> register_tx_, refer_tx_;
    std::uint32_t register_expires_ = 0;
    std::string call_lines_, offer_call_id_, offer_tag_;
    std::map<sip::SessionId, std::string> codes_;  ///< feature-code calls under way
};

/// Four queues' worth of a small company: two skills, strategy as given; agents named a1, a2 …
struct SmallCentre {
    std::size_t agents = 2;
    routing::Strategy strategy = routing::Strategy::longest_idle;
    Duration ring_timeout = 20s, wrap_up = 5s, max_wait = 0s;
    bool early_media = false;
    std::size_t capacity = 1000;
    std::uint32_t misses_max = 2;
};
[[nodiscard]] config::Config small_centre(const SmallCentre& options);

}  // namespace centrala::sim
