#include "journal/random_events.hpp"

#include <tuple>

namespace centrala::journal::test {

using routing::AgentId;
using routing::ContactId;
using routing::OfferId;
using routing::QueueId;

namespace {

// A field that is added to an event doesn't compile here until it is compared, and so must be written and read.
auto fields(const routing::event::ContactArrived& e) {
    const auto& [a, b, c, d, f, g, h, i, j, k, l, m, n] = e;
    return std::tie(a, b, c, d, f, g, h, i, j, k, l, m, n);
}
auto fields(const routing::event::ContactRefused& e) {
    const auto& [a, b, c, d] = e;
    return std::tie(a, b, c, d);
}
auto fields(const routing::event::ContactEnqueued& e) {
    const auto& [a, b, c, d, f, g, h, i] = e;
    return std::tie(a, b, c, d, f, g, h, i);
}
auto fields(const routing::event::ContactOverflowed& e) {
    const auto& [a, b, c, d, f, g] = e;
    return std::tie(a, b, c, d, f, g);
}
auto fields(const routing::event::ContactRelaxed& e) {
    const auto& [a, b, c, d, f] = e;
    return std::tie(a, b, c, d, f);
}
auto fields(const routing::event::ContactReleased& e) {
    const auto& [a, b, c, d, f] = e;
    return std::tie(a, b, c, d, f);
}
auto fields(const routing::event::ContactConnected& e) {
    const auto& [a, b, c, d, f, g, h] = e;
    return std::tie(a, b, c, d, f, g, h);
}
auto fields(const routing::event::ContactRescued& e) {
    const auto& [a, b, c, d] = e;
    return std::tie(a, b, c, d);
}
auto fields(const routing::event::ContactTransferred& e) {
    const auto& [a, b, c, d, f, g, h, i, j, k, l, m] = e;
    return std::tie(a, b, c, d, f, g, h, i, j, k, l, m);
}
auto fields(const routing::event::ContactReturned& e) {
    const auto& [a, b, c, d, f] = e;
    return std::tie(a, b, c, d, f);
}
auto fields(const routing::event::ContactHeld& e) {
    const auto& [a, b, c] = e;
    return std::tie(a, b, c);
}
auto fields(const routing::event::ContactResumed& e) {
    const auto& [a, b, c, d] = e;
    return std::tie(a, b, c, d);
}
auto fields(const routing::event::ContactAbandoned& e) {
    const auto& [a, b, c, d, f] = e;
    return std::tie(a, b, c, d, f);
}
auto fields(const routing::event::ContactEnded& e) {
    const auto& [a, b, c, d, f, g, h, i, j, k] = e;
    return std::tie(a, b, c, d, f, g, h, i, j, k);
}
auto fields(const routing::event::ContactDispositioned& e) {
    const auto& [a, b, c] = e;
    return std::tie(a, b, c);
}
auto fields(const routing::event::OfferMade& e) {
    const auto& [a, b, c, d, f, g, h, i, j, k, l, m, n, o, p, q] = e;
    return std::tie(a, b, c, d, f, g, h, i, j, k, l, m, n, o, p, q);
}
auto fields(const routing::event::OfferRinging& e) {
    const auto& [a, b, c] = e;
    return std::tie(a, b, c);
}
auto fields(const routing::event::OfferEnded& e) {
    const auto& [a, b, c, d, f, g, h, i, j] = e;
    return std::tie(a, b, c, d, f, g, h, i, j);
}
auto fields(const routing::event::AgentChanged& e) {
    const auto& [a, b, c, d, f, g, h, i, j, k, l] = e;
    return std::tie(a, b, c, d, f, g, h, i, j, k, l);
}
auto fields(const routing::event::AgentSkillChanged& e) {
    const auto& [a, b, c, d, f] = e;
    return std::tie(a, b, c, d, f);
}

auto fields(const routing::event::EntryPointChanged& e) {
    const auto& [a, b, c, d] = e;
    return std::tie(a, b, c, d);
}

}  // namespace

std::shared_ptr<routing::Plan> plan() {
    using namespace routing;
    auto p = std::make_shared<Plan>();
    p->skills = {{"english"}, {"sales"}, {"billing \"A\""}};
    Queue orders;
    orders.name = "orders";
    orders.required.skills = {{SkillId{0}, 3}};
    orders.max_wait = 60s;
    orders.overflow = QueueId{1};
    orders.wrap_up = 5s;
    Queue help;
    help.name = "hilfe:größe";
    help.strategy = Strategy::least_occupied;
    help.priority = 2;
    help.capacity = 4;
    Queue skilled;
    skilled.name = "vip";
    skilled.required.skills = {{SkillId{0}, 1}, {SkillId{1}, 1}};
    skilled.strategy = Strategy::most_skilled;
    skilled.wrap_up = 0s;
    Queue turn;
    turn.name = "turn";
    turn.strategy = Strategy::round_robin;
    Queue web;
    web.name = "web";
    web.channel = Channel::chat;
    web.required.skills = {{SkillId{0}, 1}};
    web.wrap_up = 20s;
    web.disposition_within = 40s;
    p->queues = {orders, help, skilled, turn, web};
    for (const char* name : {"ann", "bob", "zoë", "d\"e\\f"}) {
        Agent agent;
        agent.name = name;
        agent.skills = {{SkillId{0}, 5}, {SkillId{1}, static_cast<std::uint8_t>(1 + p->agents.size())}};
        agent.chats = static_cast<std::uint32_t>(p->agents.size());
        p->agents.push_back(agent);
    }
    p->entry_points = {{"main", QueueId{0}, false},
                       {"help", QueueId{1}, false},
                       {"vip", QueueId{2}, false},
                       {"turn", QueueId{3}, false},
                       {"web", QueueId{4}, false}};
    p->caller_lists = {{"gold", false, 3, QueueId{2}, Wanted{AgentId{1}, 20s}}};
    p->queues[0].sticky = p->queues[1].sticky = {1h, 30s};
    p->callers_remembered = 5;
    p->reasons = {"lunch", "training"};
    p->breaks = {{"lunch"}, 20s, 2};
    return p;
}

std::string Dice::text() {
    static const char* const kPieces[] = {"a",
                                          "Z",
                                          "0",
                                          " ",
                                          "\"",
                                          "\\",
                                          "/",
                                          "\n",
                                          "\r",
                                          "\t",
                                          "\x01",
                                          "\x1f",
                                          "\x7f",
                                          "\u00e9",
                                          "\u0085",
                                          "\u009b",
                                          "\u2028",
                                          "\uFFFD",
                                          "\U0001F600",
                                          "<b>",
                                          "%s",
                                          "{}",
                                          "\xF4\x8F\xBF\xBF"};
    std::string text;
    for (auto n = below(20); n > 0; --n) text += kPieces[below(std::size(kPieces))];
    if (below(10) == 0) text += std::string(1, '\0') + "after NUL";
    return text;
}

routing::EventBody random_body(Dice& d, std::size_t type) {
    namespace event = routing::event;
    using namespace routing;
    const auto contact = ContactId{d.below(1ULL << 62)};
    const auto offer = OfferId{d.below(1ULL << 62)};
    const auto agent = [&] { return AgentId{static_cast<std::uint32_t>(d.below(4))}; };
    const auto queue = [&] { return QueueId{static_cast<std::uint32_t>(d.below(4))}; };
    const auto entry = [&] { return EntryPointId{static_cast<std::uint32_t>(d.below(4))}; };
    // A call, or some chats, the one that rings at the end.
    const auto tasks = [&](std::uint64_t some) {
        Tasks all;
        const std::uint64_t count = d.coin() ? d.below(2) : d.below(6);
        for (std::uint64_t n = 0; n < count; ++n) {
            const bool last = n + 1 == count;
            Task task{ContactId{some + n}, count > 1 || d.coin() ? Channel::chat : Channel::voice};
            task.work = n == 0 && !last ? d.word(Work::held) : Work::wrapping;
            if (last) task.work = d.coin() || count > 1 ? Work::reserved : d.word(Work::wrapping);
            if (task.work == Work::idle || (task.work == Work::reserved && !last)) task.work = Work::connected;
            if (task.work == Work::wrapping) task.wrap_until = d.time();
            if (task.work == Work::wrapping) task.dispose_until = d.maybe(d.time());
            task.disposed = d.coin();
            all.push_back(task);
        }
        return all;
    };
    switch (type) {
        case 0:
            return event::ContactArrived{
                contact,
                d.maybe(entry()),
                d.text(),
                d.text(),
                d.text(),
                d.text(),
                d.text(),
                d.coin(),
                d.text(),
                d.text(),
                d.maybe(CallerListId{0}),
                d.coin(),
                {static_cast<int>(d.u32()), d.maybe(queue()), d.maybe(Wanted{agent(), d.duration()})}};
        case 1: return event::ContactRefused{contact, d.word(Refusal::caller_gone), d.maybe(queue()), d.maybe(entry())};
        case 2: {
            event::ContactEnqueued e{contact, entry(), queue(), static_cast<int>(d.u32()), d.u32()};
            if (d.coin()) e.estimate = routing::WaitEstimate{d.duration(), d.maybe(d.duration())};
            if (d.coin()) e.wanted = agent(), e.wanted_until = d.time();
            return e;
        }
        case 3:
            return event::ContactOverflowed{contact,
                                            queue(),
                                            queue(),
                                            d.duration(),
                                            static_cast<int>(d.u32()),
                                            d.word(OverflowCause::expected_wait)};
        case 4:
            return event::ContactConnected{
                contact, queue(), agent(), offer, d.duration(), d.duration(), d.maybe(d.duration())};
        case 5: return event::ContactRescued{contact, agent(), queue(), d.duration()};
        case 6: {
            event::ContactTransferred e;
            e.contact = contact;
            e.agent = agent();
            e.queue = queue();
            e.kind = d.word(TransferKind::attended);
            e.target = d.word(TransferTarget::outside);
            if (e.target == TransferTarget::agent) e.target_agent = agent();
            if (e.target == TransferTarget::outside) e.number = "+" + d.text();
            e.merged = d.maybe(contact);
            e.priority = static_cast<int>(d.u32());
            e.talked = d.duration();
            e.by = d.word(Actor::caller);
            e.not_again_before = d.maybe(d.time());
            return e;
        }
        case 7:
            return event::ContactReturned{contact, queue(), "+" + d.text(), d.word(Outcome::rescinded),
                                          d.coin() ? 0 : 100 + static_cast<int>(d.below(600))};
        case 8: return event::ContactHeld{contact, agent(), d.coin() ? Actor::agent : Actor::caller};
        case 9: return event::ContactResumed{contact, agent(), d.coin() ? Actor::agent : Actor::caller, d.duration()};
        case 10: return event::ContactAbandoned{contact, queue(), d.duration(), d.maybe(offer), d.text()};
        case 11:
            return event::ContactEnded{contact,      d.maybe(queue()), d.maybe(agent()), d.word(EndCause::closed),
                                       d.duration(), d.duration(),     d.duration(),     d.coin() ? "" : "+" + d.text(),
                                       d.duration(), d.text()};
        case 12: return event::ContactDispositioned{contact, agent(), d.text()};
        case 13:
            return event::OfferMade{offer,
                                    contact,
                                    queue(),
                                    agent(),
                                    d.word(Strategy::idleness_ratio),
                                    d.u32(),
                                    d.duration(),
                                    d.u32(),
                                    d.duration(),
                                    1 + d.u32() / 2,
                                    d.time(),
                                    d.coin(),
                                    d.coin(),
                                    d.coin() ? 0 : d.u32(),
                                    d.maybe(agent()),
                                    d.maybe(event::PassedOver{agent(), d.maybe(queue())})};
        case 14: return event::OfferRinging{offer, contact, agent()};
        case 15:
            return event::OfferEnded{offer,
                                     contact,
                                     queue(),
                                     agent(),
                                     d.word(Outcome::rescinded),
                                     d.coin() ? 0 : 100 + static_cast<int>(d.below(600)),
                                     d.duration(),
                                     d.u32(),
                                     d.maybe(d.time())};
        case 16: {
            AgentFacts facts{d.word(Session::logged_in),
                             d.word(Intent::ready),
                             d.word(Device::unreachable),
                             d.word(OtherUse::non_acd_call),
                             d.u32(),
                             tasks(index(contact)),
                             d.text(),
                             std::nullopt,
                             std::nullopt};
            if (d.coin()) facts.asks = BreakWish{d.text(), d.time()};
            if (d.coin()) facts.pending = PendingIntent{d.word(Intent::ready), d.text(), d.coin()};
            return event::AgentChanged{agent(),
                                       d.word(AgentState::ready),
                                       d.word(AgentState::ready),
                                       facts,
                                       d.word(Actor::caller),
                                       kAgentCauses[d.below(std::size(kAgentCauses))].word,
                                       d.duration(),
                                       d.maybe(d.time()),
                                       d.maybe(d.time()),
                                       d.maybe(d.time()),
                                       d.maybe(d.time())};
        }
        case 18: return event::ContactRelaxed{contact, queue(), d.u32(), d.duration(), static_cast<int>(d.u32())};
        case 19:
            return event::EntryPointChanged{
                entry(), d.word(DoorState::closed),
                Door{d.word(DoorState::closed), d.word(DoorCause::command), d.text(), d.maybe(d.time())},
                d.word(Actor::caller)};
        case 20: return event::ContactReleased{contact, queue(), agent(), d.word(ReleaseCause::refused), d.duration()};
        default:
            return event::AgentSkillChanged{agent(), SkillId{static_cast<std::uint16_t>(d.below(3))},
                                            static_cast<std::uint8_t>(d.below(11)),
                                            static_cast<std::uint8_t>(d.below(11)), d.word(Actor::caller)};
    }
}

bool equal(const routing::Event& a, const routing::Event& b) {
    if (a.at != b.at || a.body.index() != b.body.index()) return false;
    return std::visit(
        [&](const auto& body) { return fields(body) == fields(std::get<std::decay_t<decltype(body)>>(b.body)); },
        a.body);
}

}  // namespace centrala::journal::test
