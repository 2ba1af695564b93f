// What agents and their phones do.
#include "sim/simulation.hpp"

namespace centrala::sim {

void Simulation::hire(int n) {
    const std::string name = "a" + std::to_string(n);
    phones_.push_back(
        std::make_unique<WatchingPhone>(world_, Endpoint{IpAddress::v4({10, 2, 0, static_cast<std::uint8_t>(n)}), 5060},
                                        name, "secret-" + name, some_peer()));
    WatchingPhone* phone = phones_.back().get();
    const auto agent = static_cast<routing::AgentId>(n - 1);
    phone->on_offer = [this, phone] { react(*phone); };
    register_now_and_then(*phone);
    // By commands, so that they get to work whatever the network does; feature codes come from the phone below.
    world_.after(5s, [this, agent] { command(routing::input::AgentLogsIn{agent}); });
    for (int i = 0; i < 6; ++i) {
        world_.after(6s + Duration(25s) * i, [this, agent] { command(routing::input::AgentGoesReady{agent}); });
        if (one_in(3))
            world_.after(up_to(170s), [this, agent] { command(routing::input::AgentGoesNotReady{agent, "lunch"}); });
        if (one_in(3))
            world_.after(up_to(170s), [phone] {
                if (!phone->session) phone->dial_code("*13");
            });
    }
    if (one_in(4)) world_.after(up_to(150s), [this, agent] { command(routing::input::AgentLogsOut{agent}); });
    if (one_in(2)) world_.after(up_to(150s), [this, phone] { call_somebody(*phone); });
    if (one_in(2)) world_.after(up_to(170s), [this, phone] { press_keys(*phone); });
    if (one_in(3)) watch_colleagues(*phone);
    if (one_in(3)) vanish_for_a_while(*phone);
    if (one_in(2)) break_connections_of(*phone);
}

/// Some sign off in between, some forget to refresh; whoever's connection breaks comes back.
void Simulation::register_now_and_then(WatchingPhone& phone) {
    WatchingPhone* p = &phone;
    const int refreshes = one_in(6) ? static_cast<int>(random_->below(3)) : 6;
    world_.after(up_to(2s), [p] { p->register_phone(60); });
    for (int again = 1; again < refreshes; ++again)
        world_.after(Duration(30s) * again + up_to(5s), [p] { p->register_phone(60); });
    if (one_in(4)) world_.after(up_to(170s), [p] { p->register_phone(0); });
    phone.on_connection_lost = [this, p] { world_.after(up_to(5s), [p] { p->register_phone(60); }); };
}

void Simulation::watch_colleagues(WatchingPhone& phone) {
    WatchingPhone* p = &phone;
    const WatchingPhone::Wish wish{somebody(), one_in(2) ? "dialog" : "presence", 60};
    const Duration when = 3s + up_to(60s);
    world_.after(when, [p, wish] { p->subscribe(wish); });
    if (one_in(2)) world_.after(when + 40s, [p, wish] { p->refresh(wish); });
    if (one_in(3))
        world_.after(when + up_to(100s), [p, wish] {
            auto end = wish;
            end.expires = 0;
            p->refresh(end);
        });
    if (one_in(4)) world_.after(when, [p] { p->notify_answer = 481; });
}

void Simulation::react(WatchingPhone& phone) {
    WatchingPhone* p = &phone;
    // Should nobody tell the phone to stop (RFC 3261 §13.3.1).
    world_.after(phone.last_offer_expires, [p, call = *phone.session] {
        if (p->session == call && !p->talking) p->refuse(487);
    });
    if (random_->below(1000) >= options.nasty) {
        if (one_in(4))
            world_.after(up_to(3s), [p] { p->answer_early(); });
        else
            world_.after(up_to(3s), [p] { p->ring(); });
        world_.after(up_to(8s), [this, p] {
            p->answer();
            if (p->talking) talk(*p);
        });
        return;
    }
    switch (random_->below(5)) {
        case 0: p->refuse(486); break;
        case 1:
            p->ring();
            world_.after(up_to(5s), [p] { p->refuse(486); });
            break;
        case 2: world_.after(up_to(2s), [p] { p->refuse(603); }); break;
        case 3: p->refuse(500); break;
        case 4: p->ring(); break;  // and nothing more
    }
}

void Simulation::talk(WatchingPhone& phone) {
    WatchingPhone* p = &phone;
    if (one_in(4)) return cross_the_refresh(phone, *phone.session);
    if (one_in(3)) hold_for_a_while(phone, *phone.session);
    if (one_in(3)) world_.after(up_to(15s), [this, p] { hand_on(*p); });
    if (one_in(6)) world_.after(up_to(15s), [this, p] { press_keys(*p); });
    if (one_in(8)) world_.after(up_to(5s), [this, p] { call_somebody(*p); });
    if (one_in(2))
        world_.after(up_to(30s), [p] {
            if (p->talking) p->hang_up();
        });
}

std::string Simulation::somebody() {
    return "a" + std::to_string(1 + random_->below(options.agents));
}

/// By REFER, to wherever; after a consultation if there is one.
void Simulation::hand_on(Softphone& phone) {
    if (!phone.talking) return;
    std::string to = one_in(3) ? "0301234" : one_in(2) ? "200" : somebody();
    if (phone.own_call) {
        to += "@10.0.0.1?Replaces=";
        for (const char c : phone.own_call_replaces)
            to += c == ';' ? std::string("%3B") : c == '=' ? std::string("%3D") : std::string(1, c);
    } else {
        to += "@10.0.0.1";
    }
    phone.refer("<sip:" + to + ">");
}

void Simulation::call_somebody(Softphone& phone) {
    phone.place_call(one_in(3) ? "0301234" : one_in(3) ? "200" : somebody());
    Softphone* p = &phone;
    if (one_in(2)) world_.after(up_to(20s), [this, p] { hand_on(*p); });
    world_.after(up_to(40s), [p] { p->hang_up_own_call(); });
}

/// Codes that mean something, and some that don't.
void Simulation::press_keys(Softphone& phone) {
    static constexpr const char* kKeys[] = {"*2200#", "*5", "*4", "*2", "*3200#", "*30301#", "*20301#", "*3999#", "77"};
    for (const char key : std::string_view(kKeys[random_->below(std::size(kKeys))]))
        world_.media.tell({media::Event::Kind::digit, world_.media.id_towards(phone.rtp()), key});
    if (one_in(2)) world_.after(up_to(20s), [this, p = &phone] { press_keys(*p); });
}

}  // namespace centrala::sim
