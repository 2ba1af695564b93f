// Plays sequences of messages in and around dialogs to a user agent whose user answers by the bytes too; in the end
// everything must be gone. Two bytes a step: what happens, and with which variation.
#include <cstdint>
#include <cstdlib>
#include <span>
#include <string>

#include "centrala/sip/user_agent.hpp"

using namespace centrala;
using namespace centrala::sip;

namespace {

struct Player {
    std::unique_ptr<RandomSource> random = make_seeded_random(1);
    Outbox outbox;
    UserAgent ua{{"fuzz", "acd", {}, {64, 64, 1 << 20}, 16}, *random, outbox};
    Timestamp now{};
    SessionId last{};
    ServerTx pending{};
    std::string to_tag = "none", sent;
    int cseq = 1;

    static std::string field(const std::string& m, const char* name) {
        const auto at = m.find(name);
        return at == std::string::npos ? "" : m.substr(at, m.find("\r\n", at) - at + 2);
    }
    void collect() {
        for (std::size_t i = 0; i < outbox.size(); ++i) {
            sent = outbox[i].bytes;
            const std::string to = field(sent, "To: ");
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
    void request(const char* method, std::uint8_t v) {
        const std::string body = v & 1 ? "v=0\r\n" : "";
        receive(std::string(method) + " sip:a@192.0.2.1 SIP/2.0\r\nVia: SIP/2.0/UDP 192.0.2.9;branch=z9hG4bK" +
                std::to_string(v >> 3) + "\r\nFrom: <sip:b@h>;tag=b\r\nTo: <sip:a@h>" +
                (v & 2 ? ";tag=" + to_tag : "") + "\r\nCall-ID: c\r\nCSeq: " + std::to_string(cseq + (v & 4 ? 1 : 0)) +
                " " + method + "\r\nContact: <sip:b@192.0.2.9>\r\nContent-Type: application/sdp\r\nContent-Length: " +
                std::to_string(body.size()) + "\r\n\r\n" + body);
    }
    void reply(int status, std::uint8_t v) {
        if (sent.starts_with("SIP/2.0")) return;
        std::string to = field(sent, "To: ");
        if (to.find(";tag=") == std::string::npos && to.size() > 2)
            to.insert(to.size() - 2, v & 1 ? ";tag=x" : ";tag=y");
        receive("SIP/2.0 " + std::to_string(status) + " X\r\n" + field(sent, "Via: ") + field(sent, "From: ") + to +
                field(sent, "Call-ID: ") + field(sent, "CSeq: ") + "Content-Length: 0\r\n\r\n");
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
    void step(std::uint8_t what, std::uint8_t v) {
        static constexpr const char* kMethods[] = {"INVITE", "ACK",  "BYE",     "CANCEL",
                                                   "UPDATE", "INFO", "OPTIONS", "REGISTER"};
        static constexpr int kStatuses[] = {100, 180, 200, 200, 302, 408, 481, 486, 487, 503};
        switch (what % 16) {
            case 0:
            case 1:
            case 2:
            case 3:
            case 4:
            case 5:
            case 6: request(kMethods[v % 8], v); break;
            case 7: ua.ring(last, 180, v & 1 ? "v=0\r\n" : "", now); break;
            case 8: ua.accept(last, "v=0\r\n", now); break;
            case 9: ua.hang_up(last, "", now); break;
            case 10: v & 1 ? ua.accept_reoffer(last, "v=0\r\n", now) : ua.refuse_reoffer(last, 488, now); break;
            case 11: ua.respond(pending, {200, {}, {}, {}, {}, {}}, now); break;
            case 12:
                if (const auto id = ua.invite(
                        {"sip:x@192.0.2.9", "<sip:a@h>", "<sip:x@h>", {}, "v=0\r\n", {}},
                        {Transport::udp, *Endpoint::parse("192.0.2.1:5060"), *Endpoint::parse("192.0.2.9:5060"), 0},
                        now))
                    last = *id;
                break;
            case 13:
            case 14: reply(kStatuses[v % 10], v); break;
            case 15: wait(std::chrono::milliseconds(v) * (v & 1 ? 1 : 200)); break;
        }
        if (v == 255) ++cseq;
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
