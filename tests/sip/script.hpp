// Inject/expect scripts for the transaction layer and the user agent: virtual time, texts in, texts out.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include <gtest/gtest.h>

#include "centrala/sip/transaction.hpp"
#include "centrala/sip/user_agent.hpp"

namespace centrala::sip::script {

inline const Endpoint kUs = *Endpoint::parse("192.0.2.1:5060");
inline const Endpoint kPeer = *Endpoint::parse("198.51.100.7:5070");

inline Flow udp_flow() {
    return {Transport::udp, kUs, kPeer, 0};
}
inline Flow tcp_flow(std::uint64_t connection = 7) {
    return {Transport::tcp, kUs, kPeer, connection};
}

struct Sent {
    Duration at;  ///< since the start
    Flow flow;
    std::string bytes;

    /// "INVITE", "180" …
    [[nodiscard]] std::string start() const;
};

/// The value of the first header with that name, exactly as written; "" if none.
[[nodiscard]] std::string field(std::string_view message, std::string_view name);
[[nodiscard]] std::string body_of(std::string_view message);
[[nodiscard]] std::string tag_of(std::string_view value);

struct Text {
    std::string method = "INVITE";
    std::string branch = "z9hG4bKone";
    std::string call_id = "call-1";
    std::string from_tag = "alice";
    std::string to_tag = {};
    std::int64_t cseq = 1;
    std::string cseq_method = {};
    std::string uri = "sip:1000@192.0.2.1";
    std::string via_tail = ";rport";
    std::string sent_by = "198.51.100.7:5070";
    std::string transport = "UDP";
    std::string lines = {};
    std::string contact = "<sip:alice@198.51.100.7:5070>";
    std::string type = "application/sdp";
    std::string body = {};
};

[[nodiscard]] std::string request(const Text& t);

/// The answer to a request that was sent.
[[nodiscard]] std::string reply(std::string_view to, int status, std::string_view to_tag = "bob",
                                std::string_view lines = {}, std::string_view body = {});

/// What a Machine (TransactionLayer or UserAgent) told its user, in words that outlive the messages.
struct Told {
    std::string what;
    Duration at{};
    ServerTx server{};
    ClientTx client{};
    SessionId session{};
    int status = 0;
    bool transport_error = false, offer = false, refresh = false;
    std::string method, body, why;
};

/// Time, wire and user of one machine.
template <class Machine>
class Script {
public:
    template <class... Args>
    explicit Script(Args&&... args) : machine_(std::forward<Args>(args)..., *random_, outbox_) {}

    Machine& machine() { return machine_; }
    [[nodiscard]] Timestamp now() const { return now_; }
    [[nodiscard]] Duration elapsed() const { return now_.time_since_epoch(); }

    /// One message from the peer; returns what the user was told ("" if nothing).
    Told receive(std::string text, const Flow& flow = udp_flow());
    /// Lets time pass, deadline by deadline.
    void wait(Duration d);
    /// Without time passing.
    void pump();
    /// After calls into the machine: takes over what it wants to send.
    void collect();

    /// What was sent since the last call, as "INVITE", "180" …
    std::vector<std::string> sent();
    /// What the user was told since the last call.
    std::vector<std::string> told();
    const Told& last_told() const { return told_.back(); }
    const Sent& last();
    /// The last one that starts so.
    std::string last(std::string_view start);
    const std::vector<Sent>& all();
    /// When messages that start so were sent, in ms since the start.
    std::vector<std::int64_t> times(std::string_view start);

private:
    template <class T>
    void keep(const T& told);

    std::unique_ptr<RandomSource> random_ = make_seeded_random(42);
    Outbox outbox_;
    Machine machine_;
    Timestamp now_{};
    std::vector<Sent> sent_;
    std::vector<Told> told_;
    std::size_t seen_ = 0, told_seen_ = 0;
};

extern template class Script<TransactionLayer>;
extern template class Script<UserAgent>;
using LayerScript = Script<TransactionLayer>;
using UaScript = Script<UserAgent>;

[[nodiscard]] LayerScript layer_script(TransactionLimits limits = {});
[[nodiscard]] UserAgentOptions ua_options();

using Words = std::vector<std::string>;
using Times = std::vector<std::int64_t>;

}  // namespace centrala::sip::script
