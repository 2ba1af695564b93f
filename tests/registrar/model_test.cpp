// Random REGISTERs, expiries and lost connections against a slow, obvious model of RFC 3261 §10.3; and the cost.
#include <algorithm>
#include <chrono>
#include <map>

#include <malloc.h>
#include <rapidcheck.h>

#include "base/sanitizers.hpp"
#include "register_message.hpp"

namespace centrala::registrar {
namespace {

struct Op {
    enum class Kind { add, remove, star, fetch, wait, close } kind;
    int agent;    ///< 0–1
    int contact;  ///< 0–4
    int boot;     ///< Call-ID, 0–2
    int cseq;     ///< 1–6
    int seconds;
    int connection;  ///< 0: UDP
};

std::ostream& operator<<(std::ostream& out, const Op& op) {
    return out << "{" << static_cast<int>(op.kind) << " agent " << op.agent << " contact " << op.contact << " boot "
               << op.boot << " cseq " << op.cseq << " seconds " << op.seconds << " connection " << op.connection << "}";
}

/// Contacts differ plainly and each has a flow of its own, so that only §10.3's own rules are at work.
std::string uri(const Op& op) {
    return "sip:c" + std::to_string(op.contact) + "@192.0.2." + std::to_string(op.contact + 1);
}
sip::Flow flow_of(const Op& op) {
    const std::string remote = "192.0.2." + std::to_string(op.contact + 1) + ":5060";
    return op.connection == 0 ? udp_flow(remote.c_str())
                              : tcp_flow(static_cast<std::uint64_t>(op.connection), remote.c_str());
}

struct Entry {
    int boot, cseq, connection;
    Duration expires;
    bool operator==(const Entry&) const = default;
};
using Model = std::map<std::string, std::map<std::string, Entry>>;  // agent → URI → binding

Model observed(const Registrar& r) {
    Model result;
    for (const auto& [aor, b] : r.all())
        result[aor][b.contact] = {b.call_id.back() - '0', static_cast<int>(b.cseq), static_cast<int>(b.flow.connection),
                                  b.expires - at(0s)};
    return result;
}

int expected_status(Model& model, const std::string& agent, const Op& op, Duration now) {
    auto& bindings = model[agent];
    const auto late = [&](const Entry& e) { return e.boot == op.boot && op.cseq <= e.cseq; };
    switch (op.kind) {
        case Op::Kind::star:
            for (const auto& [key, e] : bindings)
                if (late(e)) return 500;
            bindings.clear();
            return 200;
        case Op::Kind::add:
        case Op::Kind::remove: {
            if (op.kind == Op::Kind::add && op.seconds < 30) return 423;
            const auto found = bindings.find(uri(op));
            if (found != bindings.end() && late(found->second)) return 500;
            if (op.kind == Op::Kind::remove) {
                bindings.erase(uri(op));
                return 200;
            }
            if (found == bindings.end() && bindings.size() == 4) return 403;
            bindings[uri(op)] = {op.boot, op.cseq, op.connection,
                                 now + std::min<Duration>(std::chrono::seconds(op.seconds), 100s)};
            return 200;
        }
        default: return 200;
    }
}

std::string headers_of(const Op& op) {
    switch (op.kind) {
        case Op::Kind::add: return contact("<" + uri(op) + ">;expires=" + std::to_string(op.seconds));
        case Op::Kind::remove: return contact("<" + uri(op) + ">") + "Expires: 0\r\n";
        case Op::Kind::star: return "Contact: *\r\nExpires: 0\r\n";
        default: return "";
    }
}

void drop_from_model(Model& model, std::vector<std::string> reported, const std::function<bool(const Entry&)>& gone) {
    std::vector<std::string> lost;
    for (auto& [agent, bindings] : model) {
        const bool had = !bindings.empty();
        std::erase_if(bindings, [&](auto& b) { return gone(b.second); });
        if (had && bindings.empty()) lost.push_back(agent);
    }
    std::sort(reported.begin(), reported.end());
    RC_ASSERT(reported == lost);
}

TEST(RegistrarModel, AgreesOnEveryHistory) {
    const bool good = rc::check([] {
        const auto op =
            rc::gen::construct<Op>(rc::gen::weightedElement<Op::Kind>({{8, Op::Kind::add},
                                                                       {3, Op::Kind::remove},
                                                                       {1, Op::Kind::star},
                                                                       {1, Op::Kind::fetch},
                                                                       {3, Op::Kind::wait},
                                                                       {1, Op::Kind::close}}),
                                   rc::gen::inRange(0, 2), rc::gen::inRange(0, 5), rc::gen::inRange(0, 3),
                                   rc::gen::inRange(1, 7), rc::gen::inRange(20, 140), rc::gen::inRange(0, 3));
        const auto history = *rc::gen::container<std::vector<Op>>(op);
        Registrar r({.expires_default = 60s, .expires_min = 30s, .expires_max = 100s, .contacts_max = 4});
        Model model;
        Duration now = 0s;
        for (const Op& o : history) {
            const std::string agent = o.agent == 0 ? "ann" : "ben";
            if (o.kind == Op::Kind::wait) {
                now += std::chrono::seconds(o.seconds / 4);
                drop_from_model(model, r.expire(at(now)), [&](const Entry& e) { return e.expires <= now; });
            } else if (o.kind == Op::Kind::close) {
                drop_from_model(model, r.connection_closed(static_cast<std::uint64_t>(o.connection)),
                                [&](const Entry& e) { return o.connection != 0 && e.connection == o.connection; });
            } else {
                Register request;
                request.headers = headers_of(o);
                request.call_id = "boot-" + std::to_string(o.boot);
                request.cseq = static_cast<std::uint32_t>(o.cseq);
                const bool had = !model[agent].empty();
                const int status = expected_status(model, agent, o, now);
                const Outcome outcome = process(r, request, now, flow_of(o), agent.c_str());
                RC_ASSERT(outcome.status == status);
                if (status == 200) {
                    RC_ASSERT(contacts_of(outcome).size() == model[agent].size());
                    const bool has = !model[agent].empty(), fetch = o.kind == Op::Kind::fetch;
                    using Change = Outcome::Change;
                    RC_ASSERT(outcome.change == (fetch || (!had && !has) ? Change::none
                                                 : !had                  ? Change::registered
                                                 : has                   ? Change::refreshed
                                                                         : Change::unregistered));
                }
            }
            std::erase_if(model, [](auto& entry) { return entry.second.empty(); });
            RC_ASSERT(observed(r) == model);
            std::optional<Timestamp> earliest;
            std::size_t count = 0;
            for (const auto& [aor, bindings] : model)
                for (const auto& [key, e] : bindings) {
                    earliest = std::min(earliest.value_or(at(e.expires)), at(e.expires));
                    ++count;
                }
            RC_ASSERT(r.deadline() == earliest);
            RC_ASSERT(r.size() == count);
        }
    });
    EXPECT_TRUE(good);
}

TEST(RegistrarCost, StaysSmallForAnAgent) {
    if (kSanitized) GTEST_SKIP() << "sanitizers have an allocator of their own";
    constexpr int kAgents = 10'000;
    Registrar r({});
    const auto before = mallinfo2().uordblks;
    const auto start = std::chrono::steady_clock::now();
    for (int i = 0; i < kAgents; ++i) {
        const std::string name = "agent" + std::to_string(i);
        const std::string remote = "10." + std::to_string(i >> 8) + "." + std::to_string(i & 255) + ".7:5060";
        Register request{contact("<sip:" + name + "@" + remote + ";transport=udp>") + "User-Agent: SomePhone 1.2.3\r\n",
                         "3848276298220188511@" + remote};
        ASSERT_EQ(process(r, request, 0s, udp_flow(remote.c_str()), name.c_str()).status, 200);
    }
    const auto elapsed =
        std::chrono::duration_cast<std::chrono::microseconds>(std::chrono::steady_clock::now() - start);
    const auto bytes = (mallinfo2().uordblks - before) / kAgents;
    RecordProperty("bytes_per_agent", static_cast<int>(bytes));
    RecordProperty("microseconds_per_register", static_cast<int>(elapsed.count() / kAgents));
    std::printf("%zu bytes an agent, %.1f us a REGISTER with writing and parsing it\n", bytes,
                static_cast<double>(elapsed.count()) / kAgents);
    EXPECT_LT(bytes, 1'024U);
    EXPECT_EQ(r.expire(at(1h)).size(), static_cast<std::size_t>(kAgents));
    EXPECT_EQ(r.size(), 0U);
}

}  // namespace
}  // namespace centrala::registrar
