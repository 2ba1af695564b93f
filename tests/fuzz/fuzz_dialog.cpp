// Plays sequences of messages in and around dialogs to a user agent whose user answers by the bytes too; in the end
// everything must be gone. Two bytes a step: what happens, and with which variation.
#include <cstdint>
#include <cstdlib>
#include <span>
#include <string>
#include <vector>

#include "centrala/sip/user_agent.hpp"

using namespace centrala;
using namespace centrala::sip;

namespace {

struct Player {
    std::unique_ptr<RandomSource> random = make_seeded_random(1);
    Outbox outbox;
    UserAgent ua{options(), *random, outbox};
    Timestamp now{};
    SessionId last{};
    ServerTx pending{};
    std::string to_tag = "none", rseq = "1", sent;
    int cseq = 1;
    Credentials who{"ann", "secret"};
    std::vector<Flow> others{flow(Transport::udp, "192.0.2.10:5060"), flow(Transport::tcp, "192.0.2.11:5060")};

    static Flow flow(Transport transport, const char* remote) {
        return {transport, *Endpoint::parse("192.0.2.1:5060"), *Endpoint::parse(remote), 0};
    }
    static UserAgentOptions options() {
        UserAgentOptions o;
        o.product = "fuzz";
        o.contact_user = "acd";
        o.limits = {64, 64, 1 << 20};
        o.sessions = 16;
        o.reliable = Reliable::when_supported;
        o.session_expires = std::chrono::seconds(100);
        o.locals = {flow(Transport::tcp, "0.0.0.0:0")};
        return o;
    }

    static std::string field(const std::string& m, const char* name) {
        const auto at = m.find(name);
        return at == std::string::npos ? "" : m.substr(at, m.find("\r\n", at) - at + 2);
    }
    void collect() {
        for (std::size_t i = 0; i < outbox.size(); ++i) {
            sent = outbox[i].bytes;
            const std::string to = field(sent, "To: "), number = field(sent, "RSeq: ");
            if (!number.empty()) rseq = number.substr(6, number.size() - 8);
            if (const auto at = to.find(";tag="); sent.starts_with("SIP/2.0 ") && at != std::string::npos)
                to_tag = to.substr(at + 5, to.size() - at - 7);
        }
        outbox.clear();
    }
    void on(const UaEvent& e) {
        if (const auto* x = std::get_if<ua::Invited>(&e)) last = x->session;
        if (const auto* x = std::get_if<ua::Requested>(&e)) pending = x->tx;
        collect();
    }
    void receive(std::string text) {
        on(ua.receive(std::span(text.data(), text.size()),
                      {Transport::udp, *Endpoint::parse("192.0.2.1:5060"), *Endpoint::parse("192.0.2.9:5060"), 0},
                      now));
    }
    /// Header lines that the machines for sessions look at; the peer's wildest guesses among them.
    std::string extras(std::uint8_t v) const {
        switch (v) {
            case 1: return "Require: 100rel\r\n";
            case 2: return "Supported: timer, 100rel\r\n";
            case 3: return "Supported: timer\r\nSession-Expires: 90;refresher=uas\r\nMin-SE: 100\r\n";
            case 4: return "Session-Expires: 4294967295\r\nAllow: UPDATE\r\n";
            case 5: return "Supported: timer\r\nSession-Expires: 1\r\n";
            case 6: return "RAck: " + rseq + " " + std::to_string(cseq) + " INVITE\r\n";
            case 7: return "RAck: " + rseq + " 7 INVITE\r\nSupported: 100rel\r\n";
            case 8: return "Require: 100rel\r\nRSeq: " + std::to_string(rseq.size()) + "\r\n";
            case 9: return "Require: 100rel\r\nRSeq: 2\r\nSession-Expires: 90;refresher=uac\r\nAllow: UPDATE\r\n";
            case 10: return "WWW-Authenticate: Digest realm=\"r\", nonce=\"n\", qop=\"auth\"\r\nMin-SE: 120\r\n";
            case 11: return "Proxy-Authenticate: Digest realm=\"p\", nonce=\"n\", stale=true\r\n";
            default: return {};
        }
    }
    void request(const char* method, std::uint8_t v, std::uint8_t extra) {
        const std::string body = v & 1 ? "v=0\r\n" : "";
        receive(std::string(method) + " sip:a@192.0.2.1 SIP/2.0\r\nVia: SIP/2.0/UDP 192.0.2.9;branch=z9hG4bK" +
                std::to_string(v >> 3) + "\r\nFrom: <sip:b@h>;tag=b\r\nTo: <sip:a@h>" +
                (v & 2 ? ";tag=" + to_tag : "") + "\r\nCall-ID: c\r\nCSeq: " + std::to_string(cseq + (v & 4 ? 1 : 0)) +
                " " + method + "\r\nContact: <sip:b@192.0.2.9>\r\n" + extras(extra) +
                "Content-Type: application/sdp\r\nContent-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body);
    }
    void reply(int status, std::uint8_t v, std::uint8_t extra) {
        if (sent.starts_with("SIP/2.0")) return;
        const std::string body = v & 2 ? "v=0\r\n" : "";
        std::string to = field(sent, "To: ");
        if (to.find(";tag=") == std::string::npos && to.size() > 2)
            to.insert(to.size() - 2, v & 1 ? ";tag=x" : ";tag=y");
        receive("SIP/2.0 " + std::to_string(status) + " X\r\n" + field(sent, "Via: ") + field(sent, "From: ") + to +
                field(sent, "Call-ID: ") + field(sent, "CSeq: ") + extras(extra) +
                "Content-Type: application/sdp\r\nContent-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body);
    }
    void wait(Duration d) {
        const Timestamp end = now + d;
        for (auto next = ua.deadline(); next && *next <= end; next = ua.deadline()) {
            now = std::max(now, *next);
            for (UaEvent e = ua.advance(now); e.index() != 0; e = ua.advance(now)) on(e);
            collect();
        }
        now = end;
    }
    void invite(std::uint8_t v) {
        static const std::string large(1400, 'x');
        Invitation in;
        in.request_uri = "sip:x@192.0.2.9";
        in.from = "<sip:a@h>";
        in.to = "<sip:x@h>";
        in.sdp = v & 1 ? "v=0\r\n" : v & 2 ? std::string_view(large) : std::string_view();
        if (v & 4) in.credentials = &who;
        if (v & 8) in.alternatives = others;
        if (const auto id = ua.invite(in, flow(Transport::udp, "192.0.2.9:5060"), now)) last = *id;
    }
    void act(std::uint8_t what, std::uint8_t v) {
        switch (what) {
            case 0: return ua.ring(last, v & 2 ? 183 : 180, v & 1 ? "v=0\r\n" : "", now);
            case 1: return ua.accept(last, "v=0\r\n", now);
            case 2: return ua.hang_up(last, "", now);
            case 3: return v & 1 ? ua.accept_reoffer(last, "v=0\r\n", now) : ua.refuse_reoffer(last, 488, now);
            case 4: return ua.respond(pending, {200, {}, {}, {}, {}, {}}, now);
            case 5: return (void)ua.reoffer(last, v & 1 ? "v=0\r\n" : "", now);
            case 6: return ua.confirm(last, "v=0\r\n", now);
            case 7: return ua.refuse(last, 486, {}, now);
            case 8:
                return (void)ua.send_within(last, v & 1 ? Method::notify : Method::info,
                                            v & 2 ? "Subscription-State: terminated\r\n" : "", {}, {}, now);
            default:
                return ua.transport_failed(v & 1 ? Transport::tcp : Transport::udp,
                                           *Endpoint::parse(v & 2 ? "192.0.2.9:5060" : "192.0.2.10:5060"), 0, now);
        }
    }
    void step(std::uint8_t what, std::uint8_t v) {
        static constexpr const char* kMethods[] = {"INVITE", "ACK",   "BYE",     "CANCEL", "UPDATE",    "INFO",
                                                   "PRACK",  "REFER", "OPTIONS", "NOTIFY", "SUBSCRIBE", "REGISTER"};
        static constexpr int kStatuses[] = {100, 180, 183, 200, 200, 302, 401, 407,
                                            408, 422, 481, 486, 487, 491, 501, 503};
        const auto extra = static_cast<std::uint8_t>(what >> 4);
        switch (what % 16) {
            case 0:
            case 1:
            case 2:
            case 3:
            case 4:
            case 5: request(kMethods[v % 12], static_cast<std::uint8_t>(v / 12 * 3 + what % 16), extra); break;
            case 6:
            case 7:
            case 8: act(v % 10, static_cast<std::uint8_t>(v / 10)); break;
            case 9: invite(v); break;
            case 10:
            case 11:
            case 12:
            case 13: reply(kStatuses[v % 16], static_cast<std::uint8_t>(v / 16), extra); break;
            case 14: wait(std::chrono::milliseconds(v) * (v & 1 ? 1 : 200)); break;
            case 15: v& 1 ? ++cseq : cseq += v; break;
        }
        collect();
    }
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    Player p;
    std::vector<SessionId> seen;
    for (std::size_t i = 0; i + 1 < size && i < 400; i += 2) {
        p.step(data[i], data[i + 1]);
        if (p.last != SessionId{} && (seen.empty() || seen.back() != p.last)) seen.push_back(p.last);
    }
    for (const SessionId s : seen) p.ua.hang_up(s, {}, p.now);
    p.collect();
    p.wait(std::chrono::minutes(10));
    const TransactionStats stats = p.ua.stats();
    if (p.ua.sessions() + p.ua.lingering() + stats.client + stats.server != 0) std::abort();
    return 0;
}
