// The whole server in the virtual world, and phones, callers and a carrier that do what the bytes say, in whatever
// order; besides them somebody who writes requests and responses that belong to their dialogs but not there or then.
// Two bytes a step: what happens, and with which variation. After each step the simulation's checkers; in the end
// nothing is left.
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <string>
#include <vector>

#include "sim/checkers.hpp"
#include "sim/gateway.hpp"
#include "sim/small_centre.hpp"
#include "sim/watching_phone.hpp"

using namespace centrala;
using namespace centrala::sim;

namespace {

config::Config centre() {
    config::Config config = small_centre({.agents = 2, .ring_timeout = 5s, .wrap_up = 2s, .max_wait = 60s});
    config.sip.listeners.push_back({sip::Transport::tcp, World::kServer, std::nullopt});
    config.trunks[0].gateways = {{"sip:10.3.0.1:5060", 1, 0}};
    config.trunks[0].health.interval = 0s;
    config.outside = {{"0", 1, "", {0}}};
    config.agent_groups[0].call_outside = config.agent_groups[0].transfer_outside = true;
    return config;
}

Endpoint at(std::uint8_t net, std::uint8_t host) {
    return {IpAddress::v4({10, net, 0, host}), 5060};
}

class Player {
public:
    Player() : world_(centre(), 1), checkers_(world_) {
        world_.sound_length = 2s;
        world_.after_each_step = [this] { checkers_.after_step(); };
        world_.overhear = [this](const sip::Flow& to, std::string_view bytes) {
            heard_ = std::string(bytes);
            heard_to_ = to;
        };
        PeerOptions peer;
        peer.session_expires = 90s;
        gateway_ = std::make_unique<Gateway>(world_, at(3, 1), "carrier", peer);
        for (std::uint8_t n : {1, 2}) {
            peer.knows_update = n == 1;
            peer.transport = n == 1 ? sip::Transport::udp : sip::Transport::tcp;
            callers_.push_back(std::make_unique<Caller>(world_, at(1, n), "447" + std::to_string(n), peer));
            const std::string name = "a" + std::to_string(n);
            phones_.push_back(std::make_unique<WatchingPhone>(world_, at(2, n), name, "secret-" + name, peer));
            phones_.back()->register_phone(60);
            world_.run_for(100ms);
            (void)world_.server.command(routing::input::AgentLogsIn{agent(n - 1)}, world_.now);
            (void)world_.server.command(routing::input::AgentGoesReady{agent(n - 1)}, world_.now);
            world_.flush();
        }
    }

    void step(std::uint8_t what, std::uint8_t v) {
        WatchingPhone& phone = *phones_[v % 2];
        Caller& caller = *callers_[v % 2];
        const std::uint8_t w = v / 2;
        switch (what % 16) {
            case 0: return dial(caller, w);
            case 1: return caller.hang_up();
            case 2: return answer(phone, w);
            case 3: return phone.hang_up();
            case 4: return reoffer(phone.session, phone, w);
            case 5: return reoffer(caller.session, caller, w);
            case 6: return phone.refer(target(w), w % 3 == 0 ? "Refer-Sub: false\r\n" : "", w % 5 == 0);
            case 7: return w % 5 == 0 ? phone.hang_up_own_call() : phone.place_call(number(w), more(w / 8));
            case 8: return press(phone, w);
            case 9: return command(agent(v % 2), w);
            case 10: return within(v);
            case 11: return forge_request(v);
            case 12: return forge_response(v);
            case 13: return world_.run_for(std::chrono::milliseconds(w) * (v % 2 ? 1 : 400));
            case 14: return disturb(v);
            case 15: return subscribe(phone, w);
        }
    }

    /// Whoever is there hangs up, the server stops, and every timer runs out.
    bool end() {
        for (auto& caller : callers_) caller->vanished = false, caller->hang_up();
        for (auto& phone : phones_) {
            phone->vanished = false;
            phone->on_offer = [p = phone.get()] { p->refuse(603); };
            phone->hang_up();
            phone->hang_up_own_call();
        }
        world_.run_for(10s);
        world_.server.shut_down(world_.now);
        world_.flush();
        world_.run_for(700s);  // a ban that came of it at the very end lasts 600 s
        auto wrong = checkers_.wrong;
        if (const auto left = nothing_is_left_in_the_server(world_); !left.empty()) wrong.push_back(left);
        for (const auto& what : wrong) std::fprintf(stderr, "%s\n", what.c_str());
        return wrong.empty();
    }

private:
    static routing::AgentId agent(int n) { return static_cast<routing::AgentId>(n); }
    static std::string number(std::uint8_t v) {
        static constexpr const char* kNumbers[] = {"100", "200", "a1", "a2", "0301", "999", "*13", "*14"};
        return kNumbers[v % std::size(kNumbers)];
    }
    static std::string escaped(const std::string& text) {
        std::string out;
        for (const char c : text) out += c == ';' ? "%3B" : c == '=' ? "%3D" : std::string(1, c);
        return out;
    }
    std::string target(std::uint8_t v) const {
        const WatchingPhone& phone = *phones_[v % 2];
        const std::string& dialog = v & 2 ? phone.own_call_replaces : phone.session_replaces;
        const std::string replaces = v & 4 && !dialog.empty() ? "?Replaces=" + escaped(dialog) : std::string();
        return "<sip:" + number(v / 8) + "@10.0.0.1" + replaces + ">";
    }
    /// Header lines that mean something to one machine or another, there or not.
    std::string more(std::uint8_t v) const {
        const WatchingPhone& phone = *phones_[v & 1];
        switch (v / 2 % 16) {
            case 1: return "Replaces: " + phone.session_replaces + "\r\n";
            case 2: return "Replaces: " + phone.own_call_replaces + ";early-only\r\n";
            case 3: return "Require: 100rel\r\n";
            case 4: return "Supported: timer, 100rel\r\nSession-Expires: 90;refresher=uas\r\n";
            case 5: return "Refer-To: " + target(v) + "\r\nReferred-By: <sip:a1@10.0.0.1>\r\n";
            case 6: return "Event: dialog\r\nExpires: 60\r\n";
            case 7: return "Event: refer\r\nSubscription-State: terminated;reason=noresource\r\n";
            case 8: return "RAck: 1 1 INVITE\r\n";
            case 9: return "RSeq: 1\r\nRequire: 100rel\r\n";
            case 10: return "Reason: SIP;cause=200;text=\"elsewhere\"\r\n";
            case 11: return "Session-Expires: 1\r\nMin-SE: 4294967295\r\n";
            case 12: return "Require: replaces\r\n";
            case 13: return "Expires: 0\r\n";
            default: return {};
        }
    }
    std::string body(std::uint8_t v) const {
        static constexpr sdp::Direction kDirections[] = {sdp::Direction::sendrecv, sdp::Direction::sendonly,
                                                         sdp::Direction::inactive, sdp::Direction::recvonly};
        if (v % 8 == 0) return {};
        if (v % 8 == 7) return "v=0\r\n";
        return sdp::write_offer(callers_[0]->local_media(), kDirections[v % 4]);
    }

    void dial(Caller& caller, std::uint8_t v) {
        if (caller.session) return;
        caller.late = v & 8;
        caller.lines = more(v / 8);
        caller.dial(number(v));
    }
    void answer(WatchingPhone& phone, std::uint8_t v) {
        switch (v % 8) {
            case 0: return phone.ring();
            case 1: return phone.refuse(486);
            case 2: return phone.refuse(302);
            case 3: return phone.refuse(500);
            case 4:
                for (const auto call : std::set(gateway_->calls)) gateway_->ring(call, v & 8);
                return;
            case 5:
                for (const auto call : std::set(gateway_->calls)) gateway_->answer(call);
                return;
            case 6:
                for (const auto call : std::set(gateway_->calls))
                    v & 8 ? gateway_->hang_up(call) : gateway_->refuse(call, 503);
                return;
            default: return phone.answer();
        }
    }
    void reoffer(std::optional<sip::SessionId> session, Peer& peer, std::uint8_t v) {
        if (!session) return;
        static constexpr sdp::Direction kDirections[] = {sdp::Direction::sendrecv, sdp::Direction::sendonly,
                                                         sdp::Direction::inactive};
        const auto direction = kDirections[v % 3];
        if (v & 32)
            peer.update(*session, sdp::write_offer(peer.local_media(), direction));
        else
            peer.reoffer(*session, direction, v & 16);
    }
    void press(WatchingPhone& phone, std::uint8_t v) {
        static constexpr const char* kKeys[] = {"*2", "*3", "*4", "*5", "200#", "0301#", "2", "#", "a1#", "*2200#"};
        for (const char key : std::string_view(kKeys[v % std::size(kKeys)]))
            world_.media.tell({media::Event::Kind::digit, world_.media.id_towards(phone.rtp()), key});
        world_.run_for(1ms);
    }
    void command(routing::AgentId who, std::uint8_t v) {
        using namespace routing::input;
        const routing::Input inputs[] = {
            AgentLogsIn{who},
            AgentLogsOut{who},
            AgentGoesReady{who},
            AgentEndsWrapUp{who},
            AgentExtendsWrapUp{who, 30s},
            AgentDisposes{who, "sold"},
            AgentGoesNotReady{who, "lunch"},
            AgentSkillSet{who, static_cast<routing::SkillId>(v & 1), static_cast<std::uint8_t>(v / 8)}};
        (void)world_.server.command(inputs[v % std::size(inputs)], world_.now);
        world_.flush();
    }
    /// By a peer within its own dialog, properly but for its sense.
    void within(std::uint8_t v) {
        static constexpr sip::Method kMethods[] = {sip::Method::info,   sip::Method::options,   sip::Method::refer,
                                                   sip::Method::notify, sip::Method::subscribe, sip::Method::update};
        Peer& peer = v & 1 ? static_cast<Peer&>(*phones_[v / 2 % 2]) : static_cast<Peer&>(*callers_[v / 2 % 2]);
        const auto session =
            v & 1 ? v & 4 ? phones_[v / 2 % 2]->own_call : phones_[v / 2 % 2]->session : callers_[v / 2 % 2]->session;
        if (!session) return;
        (void)peer.ua.send_within(*session, kMethods[v / 8 % std::size(kMethods)], more(v ^ 0x55), {}, {}, world_.now);
        world_.flush(peer);
    }

    static std::string field(const std::string& message, const char* name) {
        const auto begin = message.find(name);
        return begin == std::string::npos ? "" : message.substr(begin, message.find("\r\n", begin) - begin + 2);
    }
    /// In the dialog of what the server sent last, from its other end.
    void forge_request(std::uint8_t v) {
        static constexpr const char* kMethods[] = {"INVITE", "ACK",   "BYE",    "CANCEL",    "UPDATE",  "INFO",
                                                   "PRACK",  "REFER", "NOTIFY", "SUBSCRIBE", "OPTIONS", "MESSAGE"};
        if (heard_.empty()) return;
        const bool response = heard_.starts_with("SIP/2.0");
        std::string from = field(heard_, response ? "From: " : "To: "),
                    to = field(heard_, response ? "To: " : "From: ");
        from.replace(0, from.find(':'), "From");
        to.replace(0, to.find(':'), "To");
        if (from.find(";tag=") == std::string::npos && from.size() > 2) from.insert(from.size() - 2, ";tag=forged");
        if (from.size() < 5 || to.size() < 3) return;
        const char* method = kMethods[v % std::size(kMethods)];
        const std::string cseq = field(heard_, "CSeq: ");
        const unsigned long number = std::strtoul(cseq.c_str() + std::min<std::size_t>(6, cseq.size()), nullptr, 10);
        const std::string via = v & 0x80 && response ? field(heard_, "Via: ")
                                                     : "Via: SIP/2.0/UDP " + heard_to_.remote.to_string() +
                                                           ";branch=z9hG4bK" + std::to_string(++branches_) + "\r\n";
        const std::string sdp = body(v / 12);
        receive(std::string(method) + " sip:acd@10.0.0.1 SIP/2.0\r\n" + via + from + to + field(heard_, "Call-ID: ") +
                "Max-Forwards: 70\r\nCSeq: " + std::to_string(number + v % 3) + " " + method + "\r\nContact: <sip:x@" +
                heard_to_.remote.to_string() + ">\r\n" + more(static_cast<std::uint8_t>(v * 7)) +
                "Content-Type: application/sdp\r\nContent-Length: " + std::to_string(sdp.size()) + "\r\n\r\n" + sdp);
    }
    /// To the server's last request.
    void forge_response(std::uint8_t v) {
        static constexpr int kStatuses[] = {100, 180, 183, 199, 200, 202, 302, 401,
                                            408, 422, 481, 486, 487, 491, 500, 503};
        if (heard_.empty() || heard_.starts_with("SIP/2.0")) return;
        std::string to = field(heard_, "To: ");
        if (to.find(";tag=") == std::string::npos && to.size() > 2)
            to.insert(to.size() - 2, v & 16 ? ";tag=x" : ";tag=y");
        const std::string sdp = body(v / 16);
        receive("SIP/2.0 " + std::to_string(kStatuses[v % 16]) + " X\r\n" + field(heard_, "Via: ") +
                field(heard_, "From: ") + to + field(heard_, "Call-ID: ") + field(heard_, "CSeq: ") +
                "Contact: <sip:x@" + heard_to_.remote.to_string() + ">\r\n" + more(static_cast<std::uint8_t>(v * 5)) +
                "Content-Type: application/sdp\r\nContent-Length: " + std::to_string(sdp.size()) + "\r\n\r\n" + sdp);
    }
    void receive(std::string bytes) {
        world_.server.receive(bytes, heard_to_, world_.now);
        world_.server.media_events(world_.now);
        world_.flush();
        checkers_.after_step();
    }

    void disturb(std::uint8_t v) {
        Peer& peer = v & 1 ? static_cast<Peer&>(*phones_[v / 2 % 2]) : static_cast<Peer&>(*callers_[v / 2 % 2]);
        const auto connection = world_.connections.of(peer.address);
        switch (v / 4 % 8) {
            case 0:
                if (connection) world_.connections.reset(*connection, world_.now);
                return;
            case 1:
                if (connection) world_.connections.finish(*connection, world_.now);
                return;
            case 2: peer.vanished = !peer.vanished; return;
            case 3: gateway_->vanished = !gateway_->vanished; return;
            case 4:
                world_.media.tell({media::Event::Kind::timeout, world_.media.id_towards(peer.rtp()), 0});
                return world_.run_for(1ms);
            case 5: world_.media.capacity = v & 32 ? 3 : 100'000; return;
            case 6:
                world_.kill();
                world_.run_for(v & 32 ? 3s : 10ms);
                world_.start_again();
                return checkers_.after_step();
            default: return world_.set_faults({v & 32 ? 300U : 0U, v & 64 ? 300U : 0U, 1ms, v & 128 ? 900ms : 1ms});
        }
    }
    void subscribe(WatchingPhone& phone, std::uint8_t v) {
        const int expires = v & 32 ? 60 : v & 64 ? 0 : 120;
        if (v % 4 == 0) return phone.register_phone(static_cast<std::uint32_t>(expires));
        const WatchingPhone::Wish wish{number(v / 4), v & 1 ? "dialog" : "presence", expires};
        v & 2 ? phone.refresh(wish) : phone.subscribe(wish);
    }

    World world_;
    Checkers checkers_;
    std::vector<std::unique_ptr<WatchingPhone>> phones_;
    std::vector<std::unique_ptr<Caller>> callers_;
    std::unique_ptr<Gateway> gateway_;
    std::string heard_;
    sip::Flow heard_to_;
    int branches_ = 0;
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    Player player;
    for (std::size_t i = 0; i + 1 < size && i < 300; i += 2) player.step(data[i], data[i + 1]);
    if (!player.end()) std::abort();
    return 0;
}
