// User agents against each other over a network that loses, doubles, delays and reorders: whatever the users do and
// whenever they do it (ring reliably, offer anew, answer late, hang up), no call stays up on one side only once the
// network has healed, and in the end nothing is left over.
#include <algorithm>
#include <functional>
#include <map>
#include <optional>
#include <set>

#include "script.hpp"

namespace centrala::sip {
namespace {

using namespace script;

struct Odds {  // in percent
    unsigned loss = 0, twice = 0;
    Duration delay_max = 0ms;
};

UserAgentOptions lossy_options() {
    UserAgentOptions o = ua_options();
    o.reliable = Reliable::when_supported;
    o.session_expires = 90s;
    return o;
}

struct Side {
    explicit Side(const char* address, std::uint64_t seed)
        : random(make_seeded_random(seed)), local(*Endpoint::parse(address)), ua(lossy_options(), *random, outbox) {}
    /// Calls that this side believes to be up.
    std::set<std::string> up() const {
        std::set<std::string> calls;
        for (const auto& [id, call] : open)
            if (talked.contains(call)) calls.insert(call);
        return calls;
    }
    std::unique_ptr<RandomSource> random;
    Endpoint local;
    Outbox outbox;
    UserAgent ua;
    std::map<SessionId, std::string> open;  ///< sessions the user knows, by Call-ID
    std::map<std::string, int> ends;        ///< how often each call ended here
    std::map<std::string, bool> talked;
};

/// Two user agents, a wire between them, and users who act at random.
class World {
public:
    World(std::uint64_t seed, Odds odds)
        : dice_(make_seeded_random(seed)),
          odds_(odds),
          caller_("192.0.2.1:5060", seed * 2 + 1),
          callee_("192.0.2.2:5060", seed * 2 + 2) {}

    void run(int calls) {
        for (int i = 0; i < calls; ++i) at(Duration(dice_->below(20'000'000)), [this] { place_call(); });
        drain(Timestamp{} + 300s);  // some ring for ever: settle() hangs them up
    }
    /// The network heals. Once each side has refreshed, or missed a refresh (RFC 4028), they agree on what is up.
    void heal() {
        odds_ = {};
        drain(now_ + 200s);
        EXPECT_EQ(caller_.up(), callee_.up());
    }
    /// Everybody hangs up, and everything must come to rest.
    void settle() {
        for (Side* side : {&caller_, &callee_}) {
            std::vector<SessionId> ids;
            for (const auto& [id, call] : side->open) ids.push_back(id);
            for (const SessionId id : ids) hang_up(*side, id);
        }
        drain(Timestamp::max());
    }
    void check() {
        for (Side* side : {&caller_, &callee_}) {
            EXPECT_EQ(side->ua.sessions(), 0u);
            EXPECT_EQ(side->ua.lingering(), 0u);
            EXPECT_EQ(side->ua.stats().client, 0u);
            EXPECT_EQ(side->ua.stats().server, 0u);
            EXPECT_FALSE(side->ua.deadline());
            EXPECT_TRUE(side->open.empty());
            for (const auto& [call, times] : side->ends) EXPECT_EQ(times, 1) << call;
        }
        for (const auto& [call, talked] : callee_.talked) EXPECT_EQ(caller_.ends.count(call), 1u) << call;
    }
    int reanswered() const { return reanswered_; }
    int talked() const { return static_cast<int>(callee_.talked.size()); }

private:
    void at(Duration in, std::function<void()> what) { todo_.emplace(now_ + in, std::move(what)); }

    void place_call() {
        Invitation in;
        in.request_uri = "sip:x@192.0.2.2";
        in.from = "<sip:a@192.0.2.1>";
        in.to = "<sip:x@192.0.2.2>";
        if (dice_->below(4) != 0) in.sdp = "v=0\r\n";
        if (!in.sdp.empty() && dice_->below(2) == 0) in.header_lines = "Require: 100rel\r\n";
        const auto id = caller_.ua.invite(in, {Transport::udp, caller_.local, callee_.local, 0}, now_);
        ASSERT_TRUE(id);
        caller_.open[*id] = caller_.ua.call_id(*id);
        if (dice_->below(2) == 0) at(Duration(dice_->below(40'000'000)), [this, s = *id] { hang_up(caller_, s); });
        flush(caller_);
    }
    void hang_up(Side& side, SessionId id) {
        const auto it = side.open.find(id);
        if (it == side.open.end()) return;
        ++side.ends[it->second];
        side.open.erase(it);
        side.ua.hang_up(id, {}, now_);
        flush(side);
    }
    void ended(Side& side, SessionId id) {
        const auto it = side.open.find(id);
        ASSERT_NE(it, side.open.end()) << "an event of a session that is over";
        ++side.ends[it->second];
        side.open.erase(it);
    }
    void on(Side& side, const UaEvent& event) {
        if (const auto* e = std::get_if<ua::Invited>(&event)) {
            const SessionId id = e->session;
            side.open[id] = std::string(e->invite->call_id());
            const auto answer = Duration(dice_->below(10'000'000));
            if (dice_->below(2) == 0) {
                side.ua.ring(id, 180, {}, now_);
                if (dice_->below(2) == 0) side.ua.ring(id, 183, "v=0\r\n", now_);
            }
            const std::uint64_t mood = dice_->below(10);
            if (mood < 6)
                at(answer, [this, &side, id] { accept(side, id); });
            else if (mood < 8)
                at(answer, [this, &side, id] { refuse(side, id); });
            if (dice_->below(2) == 0) at(Duration(dice_->below(40'000'000)), [this, &side, id] { hang_up(side, id); });
        } else if (const auto* c = std::get_if<ua::Cancelled>(&event))
            ended(side, c->session);
        else if (const auto* r = std::get_if<ua::Refused>(&event))
            ended(side, r->session);
        else if (const auto* b = std::get_if<ua::Ended>(&event))
            ended(side, b->session);
        else if (const auto* k = std::get_if<ua::Confirmed>(&event)) {
            if (k->ack->method() == Method::ack) talk(side, k->session);
        } else if (const auto* a = std::get_if<ua::Accepted>(&event)) {
            if (a->offer) side.ua.confirm(a->session, "v=0\r\n", now_);
            talk(side, a->session);
        } else if (const auto* o = std::get_if<ua::Reoffered>(&event)) {
            if (dice_->below(5) != 0)
                side.ua.accept_reoffer(o->session, "v=0\r\n", now_);
            else
                side.ua.refuse_reoffer(o->session, 488, now_);
        } else if (const auto* r2 = std::get_if<ua::Reanswered>(&event)) {
            if (r2->offer) side.ua.confirm(r2->session, "v=0\r\n", now_);
            reanswered_ += r2->status == 200;
        }
        flush(side);
    }
    void talk(Side& side, SessionId id) {
        side.talked[side.open.at(id)] = true;
        for (std::uint64_t times = dice_->below(3); times > 0; --times)
            at(Duration(dice_->below(40'000'000)), [this, &side, id] {
                side.ua.reoffer(id, dice_->below(3) == 0 ? "" : "v=9\r\n", now_);
                flush(side);
            });
    }
    void accept(Side& side, SessionId id) {
        side.ua.accept(id, "v=0\r\n", now_);
        flush(side);
    }
    void refuse(Side& side, SessionId id) {
        const auto it = side.open.find(id);
        if (it == side.open.end()) return;
        ++side.ends[it->second];
        side.open.erase(it);
        side.ua.refuse(id, 486, {}, now_);
        flush(side);
    }
    void flush(Side& side) {
        std::vector<std::pair<Flow, std::string>> out;
        for (std::size_t i = 0; i < side.outbox.size(); ++i)
            out.emplace_back(side.outbox[i].flow, side.outbox[i].bytes);
        side.outbox.clear();
        Side& other = &side == &caller_ ? callee_ : caller_;
        for (auto& [flow, bytes] : out) {
            ASSERT_EQ(flow.remote, other.local);
            const int copies = dice_->below(100) < odds_.twice ? 2 : 1;
            for (int i = 0; i < copies; ++i) {
                if (dice_->below(100) < odds_.loss) continue;
                const auto delay = odds_.delay_max.count() > 0
                                       ? Duration(dice_->below(static_cast<std::uint64_t>(odds_.delay_max.count())))
                                       : Duration(1000);
                at(delay, [this, &side, &other, text = bytes]() mutable {
                    const Flow from{Transport::udp, other.local, side.local, 0};
                    on(other, other.ua.receive(std::span(text.data(), text.size()), from, now_));
                });
            }
        }
    }
    void drain(Timestamp until) {
        for (int steps = 0; steps < 2'000'000; ++steps) {
            std::optional<Timestamp> next;
            if (!todo_.empty()) next = todo_.begin()->first;
            for (Side* side : {&caller_, &callee_})
                if (const auto d = side->ua.deadline(); d && (!next || *d < *next)) next = d;
            if (!next || *next > until) return;
            now_ = std::max(now_, *next);
            for (Side* side : {&caller_, &callee_}) {
                for (;;) {
                    const UaEvent e = side->ua.advance(now_);
                    if (e.index() == 0) break;
                    on(*side, e);
                }
                flush(*side);
            }
            if (!todo_.empty() && todo_.begin()->first <= now_) {
                auto node = todo_.extract(todo_.begin());
                node.mapped()();
            }
        }
        FAIL() << "never comes to rest";
    }

    std::unique_ptr<RandomSource> dice_;
    Odds odds_;
    Timestamp now_{};
    int reanswered_ = 0;
    Side caller_, callee_;
    std::multimap<Timestamp, std::function<void()>> todo_;
};

class LossyNetwork : public ::testing::TestWithParam<std::uint64_t> {};

TEST_P(LossyNetwork, LeavesNothingBehindAndBothSidesAgree) {
    const std::uint64_t seed = GetParam();
    auto dice = make_seeded_random(seed ^ 0x5eed);
    const Odds odds{static_cast<unsigned>(dice->below(50)), static_cast<unsigned>(dice->below(30)),
                    Duration(dice->below(3'000'000))};
    SCOPED_TRACE(::testing::Message() << "seed " << seed << " loss " << odds.loss << "% twice " << odds.twice
                                      << "% delay < " << to_ms(odds.delay_max) << " ms");
    World world(seed, odds);
    world.run(40);
    world.heal();
    world.settle();
    world.check();
}
INSTANTIATE_TEST_SUITE_P(Seeds, LossyNetwork, ::testing::Range<std::uint64_t>(1, 41));

TEST(LossyNetworkCalm, WithoutFaultsCallsAreTalked) {
    World world(7, {});
    world.run(200);
    world.heal();
    world.settle();
    world.check();
    EXPECT_GT(world.talked(), 50);
    EXPECT_GT(world.reanswered(), 20);
}

}  // namespace
}  // namespace centrala::sip
