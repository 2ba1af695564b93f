#include "sip/script.hpp"

#include <array>
#include <type_traits>

namespace centrala::sip::script {
namespace {

void note(Told& t, const Message* m) {
    if (!m) return;
    t.body = m->body();
    if (m->is_request())
        t.method = m->method_name();
    else
        t.status = m->status();
}

Told describe(const Indication& i) {
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

Told describe(const UaEvent& e) {
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
            } else if constexpr (std::is_same_v<X, ua::Refreshed>) {
                t.what = "refreshed";
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

}  // namespace

std::string Sent::start() const {
    const std::string_view line = std::string_view(bytes).substr(0, bytes.find("\r\n"));
    return std::string(line.starts_with("SIP/2.0 ") ? line.substr(8, 3) : line.substr(0, line.find(' ')));
}

std::string field(std::string_view message, std::string_view name) {
    const std::string key = "\r\n" + std::string(name) + ": ";
    const std::size_t at = message.find(key);
    const std::size_t end = message.find("\r\n\r\n");
    if (at == std::string_view::npos || at > end) return {};
    const std::string_view rest = message.substr(at + key.size());
    return std::string(rest.substr(0, rest.find("\r\n")));
}

std::string body_of(std::string_view message) {
    return std::string(message.substr(message.find("\r\n\r\n") + 4));
}

std::string tag_of(std::string_view value) {
    const std::size_t at = value.find(";tag=");
    return at == std::string_view::npos ? std::string() : std::string(value.substr(at + 5));
}

std::string request(const Text& t) {
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

std::string reply(std::string_view to, int status, std::string_view to_tag, std::string_view lines,
                  std::string_view body) {
    std::string s = "SIP/2.0 " + std::to_string(status) + " Whatever\r\nVia: " + field(to, "Via") +
                    "\r\nFrom: " + field(to, "From") + "\r\nTo: " + field(to, "To");
    if (status > 100 && tag_of(field(to, "To")).empty() && !to_tag.empty()) s.append(";tag=").append(to_tag);
    s += "\r\nCall-ID: " + field(to, "Call-ID") + "\r\nCSeq: " + field(to, "CSeq") + "\r\n" + std::string(lines);
    if (!body.empty()) s += "Content-Type: application/sdp\r\n";
    return s + "Content-Length: " + std::to_string(body.size()) + "\r\n\r\n" + std::string(body);
}

LayerScript layer_script(TransactionLimits limits) {
    return LayerScript(TransactionTimers{}, limits);
}

UserAgentOptions ua_options() {
    UserAgentOptions o;
    o.product = "Centrala/test";
    o.contact_user = "acd";
    return o;
}

template <class Machine>
Told Script<Machine>::receive(std::string text, const Flow& flow) {
    const auto told = machine_.receive(std::span(text.data(), text.size()), flow, now_);
    keep(told);
    collect();
    return told.index() == 0 ? Told{} : told_.back();
}

template <class Machine>
void Script<Machine>::wait(Duration d) {
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

template <class Machine>
void Script<Machine>::pump() {
    for (;;) {
        const auto told = machine_.advance(now_);
        collect();
        if (told.index() == 0) break;
        keep(told);
    }
}

template <class Machine>
void Script<Machine>::collect() {
    for (std::size_t i = 0; i < outbox_.size(); ++i)
        sent_.push_back({elapsed(), outbox_[i].flow, std::string(outbox_[i].bytes)});
    outbox_.clear();
}

template <class Machine>
std::vector<std::string> Script<Machine>::sent() {
    collect();
    std::vector<std::string> out;
    for (; seen_ < sent_.size(); ++seen_) out.push_back(sent_[seen_].start());
    return out;
}

template <class Machine>
std::vector<std::string> Script<Machine>::told() {
    std::vector<std::string> out;
    for (; told_seen_ < told_.size(); ++told_seen_) out.push_back(told_[told_seen_].what);
    return out;
}

template <class Machine>
const Sent& Script<Machine>::last() {
    collect();
    return sent_.back();
}

template <class Machine>
std::string Script<Machine>::last(std::string_view start) {
    collect();
    for (auto it = sent_.rbegin(); it != sent_.rend(); ++it)
        if (it->start() == start) return it->bytes;
    ADD_FAILURE() << "never sent: " << start;
    return {};
}

template <class Machine>
const std::vector<Sent>& Script<Machine>::all() {
    collect();
    return sent_;
}

template <class Machine>
std::vector<std::int64_t> Script<Machine>::times(std::string_view start) {
    collect();
    std::vector<std::int64_t> out;
    for (const Sent& s : sent_)
        if (s.start() == start) out.push_back(to_ms(s.at));
    return out;
}

template <class Machine>
template <class T>
void Script<Machine>::keep(const T& told) {
    if (told.index() == 0) return;
    told_.push_back(describe(told));
    told_.back().at = elapsed();
}

template class Script<TransactionLayer>;
template class Script<UserAgent>;

}  // namespace centrala::sip::script
