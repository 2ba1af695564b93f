// What callers and the carrier do.
#include "sim/simulation.hpp"

namespace centrala::sim {

void Simulation::open_gateways() {
    for (const int n : {1, 2}) {
        PeerOptions peer = some_peer();
        peer.transport = sip::Transport::udp;  // as the configuration says
        gateways_.push_back(std::make_unique<Gateway>(
            world_, Endpoint{IpAddress::v4({10, 3, 0, static_cast<std::uint8_t>(n)}), 5060}, "carrier", peer));
        Gateway* gateway = gateways_.back().get();
        gateway->on_call = [this, gateway](sip::SessionId call) { take_call(*gateway, call); };
        if (one_in(3)) vanish_for_a_while(*gateway);
        if (one_in(6)) gateway->status = 503;
    }
}

void Simulation::take_call(Gateway& gateway, sip::SessionId call) {
    Gateway* g = &gateway;
    const auto later = [this, g, call](Duration most, auto&& act) {
        world_.after(up_to(most), [g, call, act] { act(*g, call); });
    };
    if (one_in(4)) {
        static constexpr int kStatuses[] = {486, 404, 503, 603, 480};
        const int status = kStatuses[random_->below(std::size(kStatuses))];
        return later(3s, [status](Gateway& at, sip::SessionId id) { at.refuse(id, status); });
    }
    const bool early = one_in(2);
    later(2s, [early](Gateway& at, sip::SessionId id) { at.ring(id, early); });
    if (one_in(6)) return;  // it rings on
    later(8s, [this](Gateway& at, sip::SessionId id) {
        at.answer(id);
        if (at.calls.contains(id) && one_in(3)) hold_for_a_while(at, id);
    });
    if (one_in(2)) later(60s, [](Gateway& at, sip::SessionId id) { at.hang_up(id); });
}

void Simulation::send_caller(int n) {
    callers_.push_back(std::make_unique<Caller>(world_,
                                                Endpoint{IpAddress::v4({10, 1, 0, static_cast<std::uint8_t>(n)}), 5060},
                                                "447" + std::to_string(n), some_peer()));
    Caller* caller = callers_.back().get();
    static constexpr const char* kNumbers[] = {"100", "100", "100", "200", "200", "200", "300", "400", "500", "999"};
    const char* number = kNumbers[random_->below(std::size(kNumbers))];
    caller->late = one_in(5);
    if (one_in(5)) caller->lines = "Require: 100rel\r\n";
    caller->on_answer = [this, caller] {
        if (one_in(5)) hold_for_a_while(*caller, *caller->session);
        if (one_in(5)) cross_the_refresh(*caller, *caller->session);
    };
    const Duration when = up_to(120s);
    world_.after(when, [caller, number] { caller->dial(number); });
    if (!one_in(3)) world_.after(when + up_to(90s), [caller] { caller->hang_up(); });
    if (one_in(8)) world_.after(when + up_to(one_in(3) ? 500ms : 40s), [this, caller] { die(*caller); });
    if (one_in(3)) break_connections_of(*caller);
}

/// Soon, late or never; sometimes nonsense.
void Simulation::answer_about(const calls::LookupQuery& query) {
    static constexpr const char* kAnswers[] = {
        "{}", R"({"priority": 3, "queue": "vip"})", R"({"queue": "support", "agent": "a1", "patience": 20})",
        R"({"queue": "night", "agent": "nobody", "name": "J. de Vries"})", "<html>"};
    if (one_in(8)) return;
    const calls::LookupReply reply = one_in(5)
                                         ? calls::LookupReply{one_in(2) ? 503 : 404, "", {}}
                                         : calls::LookupReply{200, kAnswers[random_->below(std::size(kAnswers))], {}};
    world_.after(up_to(one_in(4) ? 2s : 200ms),
                 world_.if_alive([this, id = query.id, reply] { world_.server.looked_up(id, reply, world_.now); }));
}

/// The line is cut: no BYE, and the media plane hears no more from it.
void Simulation::die(Caller& caller) {
    caller.vanished = true;
    fall_silent_after(60s, caller.rtp());
}

}  // namespace centrala::sim
