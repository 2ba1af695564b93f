// Inject/expect scripts for the transaction layer and the user agent: virtual time, texts in, texts out.
#pragma once

#include <array>
#include <memory>
#include <string>
#include <string_view>
#include <type_traits>
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
    [[nodiscard]] std::string start() const {
        const std::string_view line = std::string_view(bytes).substr(0, bytes.find("\r\n"));
        return std::string(line.starts_with("SIP/2.0 ") ? line.substr(8, 3) : line.substr(0, line.find(' ')));
    }
};

/// The value of the first header with that name, exactly as written; "" if none.
inline std::string field(std::string_view message, std::string_view name) {
    const std::string key = "\r\n" + std::string(name) + ": ";
    const std::size_t at = message.find(key);
    const std::size_t end = message.find("\r\n\r\n");
    if (at == std::string_view::npos || at > end) return {};
    const std::string_view rest = message.substr(at + key.size());
    return std::string(rest.substr(0, rest.find("\r\n")));
}
inline std::string body_of(std::string_view message) {
    return std::string(message.substr(message.find("\r\n\r\n") + 4));
}
inline std::string tag_of(std::string_view value) {
    const std::size_t at = value.find(";tag=");
    return at == std::string_view::npos ? std::string() : std::string(value.substr(at + 5));
}

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

inline std::string request(const Text& t) {
    std::string s = t.method + " " + t.uri + " SIP/2.0\r\nVia: SIP/2.0/" + t.transport + " " + t.sent_by;
    if (!t.branch.empty()) s += ";branch=" + t.branch;
    s += t.via_tail + "\r\nMax-Forwards: 70\r\nFrom: <sip:alice@example.org>;tag=" + t.from_tag +
         "\r\nTo: <sip:1000@example.com>";
    if (!t.to_tag.empty()) s += ";tag=" + t.to_tag;
    s += "\r\nCall-ID: " + t.call_id + "\r\nCSeq: " + std::to_string(t.cseq) + " " +
         (t.cseq_method.empty() ? t.method : t.cseq_method) + "\r\n";
    if (!t.contact.empty()) s += "Contact: " + t.contact + "\r\n";
    s += t.lines;
    if (!t.body.empty()) s += "Content-Type: " + t.type + "\r\n";
    return s + "Content-Length: " + std::to_string(t.body.size()) + "\r\n\r\n" + t.body;
}

/// The answer to a request that was sent.
inline std::string reply(std::string_view to, int status, std::string_view to_tag = "bob", std::string_view lines = {},
                         std::string_view body = {}) {
    std::string s = "SIP/2.0 " + std::to_string(status) + " Whatever\r\nVia: " + field(to, "Via") +
                    "\r\nFrom: " + field(to, "From") + "\r\nTo: " + field(to, "To");
    if (status > 100 && tag_of(field(to, "To")).empty() && !to_tag.empty()) s.append(";tag=").append(to_tag);
    s += "\r\nCall-ID: " + field(to, "Call-ID") + "\r\nCSeq: " + field(to, "CSeq") + "\r\n" + std::string(lines);
    if (!body.empty()) s += "Content-Type: application/sdp\r\n";
    return s + "Content-Length: " + std::to_string(body.size()) + "\r\n\r\n" + std::string(body);
}

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

inline void note(Told& t, const Message* m) {
    if (!m) return;
    t.body = m->body();
    if (m->is_request())
        t.method = m->method_name();
    else
        t.status = m->status();
}

inline Told describe(const Indication& i) {
    Told t;
    std::visit(
        [&](const auto& x) {
            using X = std::decay_t<decltype(x)>;
            if constexpr (std::is_same_v<X, indication::Request>) {
                t.what = "request";
                t.server = x.tx;
                note(t, x.message);
            } else if constexpr (std::is_same_v<X, indication::Ack>) {
                t.what = "ack";
                note(t, x.message);
            } else if constexpr (std::is_same_v<X, indication::Cancel>) {
                t.what = "cancel";
                t.server = x.invite;
                note(t, x.message);
            } else if constexpr (std::is_same_v<X, indication::Response>) {
                t.what = "response";
                t.client = x.tx;
                note(t, x.message);
            } else if constexpr (std::is_same_v<X, indication::Timeout>) {
                t.what = "timeout";
                t.client = x.tx;
            } else if constexpr (std::is_same_v<X, indication::Unreachable>) {
                t.what = "unreachable";
                t.client = x.tx;
            } else if constexpr (std::is_same_v<X, indication::NoAck>) {
                t.what = "no_ack";
                t.server = x.tx;
            }
        },
        i);
    return t;
}

inline Told describe(const UaEvent& e) {
    Told t;
    std::visit(
        [&](const auto& x) {
            using X = std::decay_t<decltype(x)>;
            if constexpr (!std::is_same_v<X, std::monostate> && !std::is_same_v<X, ua::Answered>) t.session = x.session;
            if constexpr (std::is_same_v<X, ua::Invited>) {
                t.what = "invited";
                note(t, x.invite);
            } else if constexpr (std::is_same_v<X, ua::Cancelled>) {
                t.what = "cancelled";
                note(t, x.cancel);
            } else if constexpr (std::is_same_v<X, ua::Confirmed>) {
                t.what = "confirmed";
                note(t, x.ack);
            } else if constexpr (std::is_same_v<X, ua::Progress>) {
                t.what = "progress";
                note(t, x.response);
            } else if constexpr (std::is_same_v<X, ua::Accepted>) {
                t.what = "accepted";
                note(t, x.response);
                t.offer = x.offer;
                t.body = x.sdp;
            } else if constexpr (std::is_same_v<X, ua::Refused>) {
                t.what = "refused";
                note(t, x.response);
                t.status = x.status;
                t.transport_error = x.transport_error;
            } else if constexpr (std::is_same_v<X, ua::Ended>) {
                t.what = "ended";
                note(t, x.bye);
                t.why = std::array{"bye", "no_ack", "lost", "expired"}[static_cast<std::size_t>(x.why)];
            } else if constexpr (std::is_same_v<X, ua::Reoffered>) {
                t.what = "reoffered";
                note(t, x.request);
            } else if constexpr (std::is_same_v<X, ua::Reanswered>) {
                t.what = "reanswered";
                note(t, x.response);
                t.status = x.status;
                t.offer = x.offer;
                t.refresh = x.refresh;
            } else if constexpr (std::is_same_v<X, ua::Requested>) {
                t.what = "requested";
                t.server = x.tx;
                note(t, x.request);
            } else if constexpr (std::is_same_v<X, ua::Answered>) {
                t.what = "answered";
                t.client = x.tx;
                note(t, x.response);
            }
        },
        e);
    return t;
}

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
    Told receive(std::string text, const Flow& flow = udp_flow()) {
        const auto told = machine_.receive(std::span(text.data(), text.size()), flow, now_);
        keep(told);
        collect();
        return told.index() == 0 ? Told{} : told_.back();
    }
    /// Lets time pass, deadline by deadline.
    void wait(Duration d) {
        collect();
        const Timestamp end = now_ + d;
        for (int turns = 0;; ++turns) {
            ASSERT_LT(turns, 100'000) << "deadlines don't move";
            const auto next = machine_.deadline();
            if (!next || *next > end) break;
            now_ = std::max(now_, *next);
            pump();
        }
        now_ = end;
    }
    /// Without time passing.
    void pump() {
        for (;;) {
            const auto told = machine_.advance(now_);
            collect();
            if (told.index() == 0) break;
            keep(told);
        }
    }
    /// After calls into the machine: takes over what it wants to send.
    void collect() {
        for (std::size_t i = 0; i < outbox_.size(); ++i)
            sent_.push_back({elapsed(), outbox_[i].flow, std::string(outbox_[i].bytes)});
        outbox_.clear();
    }

    /// What was sent since the last call, as "INVITE", "180" …
    std::vector<std::string> sent() {
        collect();
        std::vector<std::string> out;
        for (; seen_ < sent_.size(); ++seen_) out.push_back(sent_[seen_].start());
        return out;
    }
    /// What the user was told since the last call.
    std::vector<std::string> told() {
        std::vector<std::string> out;
        for (; told_seen_ < told_.size(); ++told_seen_) out.push_back(told_[told_seen_].what);
        return out;
    }
    const Told& last_told() const { return told_.back(); }
    const Sent& last() {
        collect();
        return sent_.back();
    }
    /// The last one that starts so.
    std::string last(std::string_view start) {
        collect();
        for (auto it = sent_.rbegin(); it != sent_.rend(); ++it)
            if (it->start() == start) return it->bytes;
        ADD_FAILURE() << "never sent: " << start;
        return {};
    }
    const std::vector<Sent>& all() {
        collect();
        return sent_;
    }
    /// When messages that start so were sent, in ms since the start.
    std::vector<std::int64_t> times(std::string_view start) {
        collect();
        std::vector<std::int64_t> out;
        for (const Sent& s : sent_)
            if (s.start() == start) out.push_back(to_ms(s.at));
        return out;
    }

private:
    template <class T>
    void keep(const T& told) {
        if (told.index() == 0) return;
        told_.push_back(describe(told));
        told_.back().at = elapsed();
    }

    std::unique_ptr<RandomSource> random_ = make_seeded_random(42);
    Outbox outbox_;
    Machine machine_;
    Timestamp now_{};
    std::vector<Sent> sent_;
    std::vector<Told> told_;
    std::size_t seen_ = 0, told_seen_ = 0;
};

using LayerScript = Script<TransactionLayer>;
using UaScript = Script<UserAgent>;

inline LayerScript layer_script(TransactionLimits limits = {}) {
    return LayerScript(TransactionTimers{}, limits);
}
inline UserAgentOptions ua_options() {
    UserAgentOptions o;
    o.product = "Centrala/test";
    o.contact_user = "acd";
    return o;
}

using Words = std::vector<std::string>;
using Times = std::vector<std::int64_t>;

}  // namespace centrala::sip::script
