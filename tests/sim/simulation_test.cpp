// The whole stack below the sockets under random callers, agents and networks. A failing seed prints itself; run it
// alone with CENTRALA_SEED=n; CENTRALA_SEEDS=n runs more of them.
#include <cstdlib>
#include <iostream>
#include <map>

#include <gtest/gtest.h>

#include "journal/schema_check.hpp"
#include "sim/checkers.hpp"
#include "sim/world.hpp"

namespace centrala::sim {
namespace {

/// Drawn from the seed and printed when it fails.
struct Options {
    std::uint32_t drop = 0, duplicate = 0, delay_ms = 1, agents = 3, callers = 20;
    std::uint32_t nasty = 0;  ///< permille of agents' reactions that aren't an answer
    SmallCentre centre;

    explicit Options(RandomSource& random) {
        drop = random.below(3) == 0 ? 0 : static_cast<std::uint32_t>(random.below(250));
        duplicate = random.below(3) == 0 ? 0 : static_cast<std::uint32_t>(random.below(200));
        delay_ms = 1 + static_cast<std::uint32_t>(random.below(random.below(2) ? 900 : 20));
        agents = 1 + static_cast<std::uint32_t>(random.below(6));
        callers = 5 + static_cast<std::uint32_t>(random.below(40));
        nasty = static_cast<std::uint32_t>(random.below(700));
        centre.agents = agents;
        centre.strategy = static_cast<routing::Strategy>(random.below(4));
        centre.ring_timeout = Duration(1s) * static_cast<int>(2 + random.below(20));
        centre.wrap_up = Duration(1s) * static_cast<int>(random.below(10));
        centre.max_wait = random.below(3) == 0 ? Duration(1s) * static_cast<int>(5 + random.below(60)) : Duration(0);
        centre.early_media = random.below(2) == 0;
        centre.capacity = random.below(4) == 0 ? 3 : 1000;
        centre.misses_max = static_cast<std::uint32_t>(random.below(4));
    }
    [[nodiscard]] std::string to_string() const {
        return "drop " + std::to_string(drop) + "‰, duplicate " + std::to_string(duplicate) + "‰, delay " +
               std::to_string(delay_ms) + " ms, agents " + std::to_string(agents) + ", callers " +
               std::to_string(callers) + ", nasty " + std::to_string(nasty) + "‰, early media " +
               std::to_string(centre.early_media) + ", max wait " + std::to_string(centre.max_wait / 1s) + " s";
    }
};

class Simulation {
public:
    explicit Simulation(std::uint64_t seed)
        : random_(make_seeded_random(seed)),
          options(*random_),
          world_(small_centre(options.centre), seed),
          checkers(world_) {
        world_.network.faults = {options.drop, options.duplicate, 1ms,
                                 Duration(1ms) * static_cast<int>(options.delay_ms)};
        world_.after_each_step = [this] { checkers.after_step(); };
    }

    /// What the log said that its schema doesn't allow.
    [[nodiscard]] std::string undocumented() const {
        std::string errors;
        std::string_view lines = world_.log.lines;
        while (!lines.empty() && errors.empty()) {
            const auto end = lines.find('\n') + 1;
            errors = journal::schema_errors(lines.substr(0, end));
            lines.remove_prefix(end);
        }
        return errors;
    }

    /// Adds what happened to `seen`, so that a simulation in which nothing happens is noticed.
    void count(std::map<std::string, int>& seen) const {
        for (const auto& event : world_.log.events) {
            ++seen[std::string(routing::type_name(event.body))];
            if (const auto* e = std::get_if<routing::event::OfferEnded>(&event.body))
                ++seen["offer " + std::string(routing::to_string(e->outcome))];
            if (const auto* e = std::get_if<routing::event::ContactEnded>(&event.body))
                ++seen["ended " + std::string(routing::to_string(e->cause))];
            if (const auto* e = std::get_if<routing::event::ContactRefused>(&event.body))
                ++seen["refused " + std::string(routing::to_string(e->cause))];
        }
        for (const auto& note : world_.log.notes) ++seen[note];
    }

    void run() {
        for (std::uint32_t i = 0; i < options.agents; ++i) hire(static_cast<int>(i + 1));
        for (std::uint32_t i = 0; i < options.callers; ++i) send_caller(static_cast<int>(i + 1));
        world_.run_for(180s);
        calm_down();
        checkers.at_rest();
    }

private:
    Duration up_to(Duration most) {
        return Duration(static_cast<std::int64_t>(random_->below(static_cast<std::uint64_t>(most.count()))));
    }

    void hire(int n) {
        const std::string name = "a" + std::to_string(n);
        phones_.push_back(std::make_unique<Softphone>(
            world_, Endpoint{IpAddress::v4({10, 2, 0, static_cast<std::uint8_t>(n)}), 5060}, name, "secret-" + name));
        Softphone* phone = phones_.back().get();
        const auto agent = static_cast<routing::AgentId>(n - 1);
        phone->on_offer = [this, phone] { react(*phone); };
        world_.after(up_to(2s), [phone] { phone->register_phone(60); });
        for (int again = 1; again < 6; ++again)
            world_.after(Duration(30s) * again + up_to(5s), [phone] { phone->register_phone(60); });
        // By commands, so that they get to work whatever the network does; feature codes come from the phone below.
        world_.after(5s, [this, agent] { command(routing::input::AgentLogsIn{agent}); });
        for (int i = 0; i < 6; ++i) {
            world_.after(6s + Duration(25s) * i, [this, agent] { command(routing::input::AgentGoesReady{agent}); });
            if (random_->below(3) == 0)
                world_.after(up_to(170s), [this, agent] {
                    command(routing::input::AgentGoesNotReady{agent, "lunch"});
                });
            if (random_->below(3) == 0)
                world_.after(up_to(170s), [phone] {
                    if (!phone->session) phone->dial_code("*13");
                });
        }
        if (random_->below(2) == 0) world_.after(up_to(150s), [this, phone] { call_colleague(*phone); });
        if (random_->below(2) == 0) world_.after(up_to(170s), [this, phone] { press_keys(*phone); });
        if (random_->below(4) == 0) world_.after(up_to(170s), [phone] { phone->register_phone(0); });
        if (random_->below(3) == 0) vanish_for_a_while(*phone);
    }

    void vanish_for_a_while(Peer& peer) {
        Peer* p = &peer;
        const Duration when = up_to(120s);
        world_.after(when, [p] { p->vanished = true; });
        fall_silent_after(when + 30s, peer.rtp());
        world_.after(when + up_to(60s), [p] { p->vanished = false; });
    }

    void react(Softphone& phone) {
        Softphone* p = &phone;
        if (random_->below(1000) >= options.nasty) {
            world_.after(up_to(3s), [p] { p->ring(); });
            world_.after(up_to(8s), [this, p] {
                p->answer();
                if (random_->below(3) == 0) world_.after(up_to(15s), [this, p] { hand_on(*p); });
                if (random_->below(8) == 0) world_.after(up_to(5s), [this, p] { call_colleague(*p); });
                if (random_->below(2) == 0)
                    world_.after(up_to(30s), [p] {
                        if (p->talking) p->hang_up();
                    });
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

    std::string somebody() { return "a" + std::to_string(1 + random_->below(options.agents)); }

    /// By REFER, to wherever; after a consultation if there is one.
    void hand_on(Softphone& phone) {
        if (!phone.talking) return;
        std::string to = random_->below(2) ? "200" : somebody();
        if (phone.own_call) {
            to += "@10.0.0.1?Replaces=";
            for (const char c : phone.own_call_replaces)
                to += c == ';' ? std::string("%3B") : c == '=' ? std::string("%3D") : std::string(1, c);
        } else {
            to += "@10.0.0.1";
        }
        phone.refer("<sip:" + to + ">");
    }

    void call_colleague(Softphone& phone) {
        phone.place_call(random_->below(3) == 0 ? "200" : somebody());
        Softphone* p = &phone;
        if (random_->below(2)) world_.after(up_to(20s), [this, p] { hand_on(*p); });
        world_.after(up_to(40s), [p] { p->hang_up_own_call(); });
    }

    /// Codes that mean something, and some that don't.
    void press_keys(Softphone& phone) {
        static constexpr const char* kKeys[] = {"*2200#", "*5", "*4", "*2", "*3999#", "77"};
        for (const char key : std::string_view(kKeys[random_->below(std::size(kKeys))]))
            world_.media.tell({media::Event::Kind::digit, world_.media.id_towards(phone.rtp()), key});
    }

    void send_caller(int n) {
        callers_.push_back(
            std::make_unique<Caller>(world_, Endpoint{IpAddress::v4({10, 1, 0, static_cast<std::uint8_t>(n)}), 5060},
                                     "447" + std::to_string(n)));
        Caller* caller = callers_.back().get();
        const char* number = random_->below(10) == 0 ? "999" : random_->below(2) ? "100" : "200";
        const Duration when = up_to(120s);
        world_.after(when, [caller, number] { caller->dial(number); });
        if (random_->below(3) != 0) world_.after(when + up_to(90s), [caller] { caller->hang_up(); });
        if (random_->below(8) == 0)
            world_.after(when + up_to(random_->below(3) == 0 ? 500ms : 40s), [this, caller] { die(*caller); });
    }

    /// The line is cut: no BYE, and the media plane hears no more from it.
    void die(Caller& caller) {
        caller.vanished = true;
        fall_silent_after(60s, caller.rtp());
    }

    void fall_silent_after(Duration delay, const Endpoint& rtp) {
        world_.after(delay, [this, rtp] {
            const auto session = world_.media.id_towards(rtp);
            if (session != media::SessionId{}) world_.media.tell({media::Event::Kind::timeout, session, 0});
        });
    }

    void calm_down() {
        world_.network.faults = {};
        for (auto& phone : phones_) phone->vanished = false;
        world_.run_for(40s);  // what was under way ends or is repeated in peace
        for (auto& caller : callers_)
            if (!caller->vanished && random_->below(2) == 0) caller->hang_up();
        for (auto& phone : phones_) phone->on_offer = [p = phone.get()] { p->refuse(603); };
        world_.run_for(20s);
        world_.server.shut_down(world_.now);
        world_.flush();
        world_.run_for(600s);
    }

    void command(const routing::Input& input) {
        (void)world_.server.command(input, world_.now);
        world_.flush();
    }

    std::unique_ptr<RandomSource> random_;

public:
    Options options;

private:
    World world_;

public:
    Checkers checkers;

private:
    std::vector<std::unique_ptr<Softphone>> phones_;
    std::vector<std::unique_ptr<Caller>> callers_;
};

std::uint64_t number_from(const char* variable, std::uint64_t otherwise) {
    const char* text = std::getenv(variable);
    return text ? std::strtoull(text, nullptr, 10) : otherwise;
}

TEST(Simulation, InvariantsHoldForManySeeds) {
    const std::uint64_t only = number_from("CENTRALA_SEED", 0);
    const std::uint64_t first = only ? only : 1;
    const std::uint64_t count = only ? 1 : number_from("CENTRALA_SEEDS", 100);
    std::map<std::string, int> seen;
    for (std::uint64_t seed = first; seed < first + count; ++seed) {
        Simulation simulation(seed);
        simulation.run();
        simulation.count(seen);
        std::string wrong = seed % 10 == 1 ? simulation.undocumented() : std::string();
        for (const auto& what : simulation.checkers.wrong) wrong += "\n  " + what;
        ASSERT_TRUE(wrong.empty()) << "CENTRALA_SEED=" << seed << " (" << simulation.options.to_string() << ")"
                                   << wrong;
    }
    if (count < 100) return;
    for (const char* what : {"offer accepted",      "offer rejected",
                             "offer busy",          "offer no_answer",
                             "offer unreachable",   "offer caller_gone",
                             "offer rescinded",     "ended caller_hangup",
                             "ended agent_hangup",  "ended max_wait",
                             "ended media_timeout", "ended caller_failed",
                             "ended shutdown",      "refused unknown_number",
                             "refused queue_full",  "contact.abandoned",
                             "contact.rescued",     "contact.transferred",
                             "feature.used",        "call.placed",
                             "call.answered",       "call.ended",
                             "transfer.asked"})
        EXPECT_GT(seen[what], 0) << "never happened: " << what;
    if (std::getenv("CENTRALA_VERBOSE"))
        for (const auto& [what, n] : seen) std::cout << what << ": " << n << "\n";
}

}  // namespace
}  // namespace centrala::sim
