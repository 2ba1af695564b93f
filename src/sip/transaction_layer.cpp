// The transaction layer's doors: what comes in, which timer is due, what goes out (RFC 3261 §17, §18).
#include <algorithm>

#include "sip/transaction_impl.hpp"

namespace centrala::sip {

TransactionLayer::Impl::Impl(TransactionTimers timers, TransactionLimits limits, RandomSource& random, Outbox& outbox)
    : timers_(timers),
      limits_(limits),
      random_(random),
      outbox_(outbox),
      secret_{random.next_u64(), random.next_u64()} {}

void TransactionLayer::Impl::send(const Flow& flow, std::string_view bytes, bool again) {
    ++stats_.sent;
    if (again) ++stats_.retransmitted;
    outbox_.add(flow, bytes);
}

Indication TransactionLayer::Impl::drop() {
    ++stats_.dropped;
    return {};
}

Indication TransactionLayer::Impl::receive(std::span<char> bytes, const Flow& from, Timestamp now) {
    ++stats_.received;
    const Parsed parsed = parse(bytes, message_);
    switch (parsed.verdict) {
        case Verdict::keepalive: return {};
        case Verdict::dropped:
        case Verdict::refused: return on_malformed(from, parsed, now);
        case Verdict::complete: break;
    }
    if (!message_.is_request()) return on_response(from, now);
    if (!answerable(from.remote)) return drop();
    switch (message_.method()) {
        case Method::ack: return on_ack(from, now);
        case Method::cancel: return on_cancel(from, now);
        default: return on_request(from, now);
    }
}

Indication TransactionLayer::Impl::on_malformed(const Flow& from, const Parsed& parsed, Timestamp now) {
    const bool answered = parsed.verdict == Verdict::refused && answerable(from.remote);
    if (gate_ && !let_in(from, gate_->judge_malformed(answered ? parsed.status : 0, from, now))) return {};
    if (!answered) return drop();
    ++stats_.refused;
    answer_statelessly(from, parsed.status, parsed.why, {});
    return {};
}

std::optional<Duration> TransactionLayer::Impl::value(fsm::Act start, bool reliable) const {
    using fsm::Act;
    switch (start) {
        case Act::start_d: return reliable ? Duration::zero() : std::max<Duration>(64 * timers_.t1, 32s);
        case Act::start_g: return reliable ? std::nullopt : std::optional(timers_.t1);
        case Act::start_i:
        case Act::start_k: return reliable ? Duration::zero() : timers_.t4;
        case Act::start_j: return reliable ? Duration::zero() : 64 * timers_.t1;
        default: return 64 * timers_.t1;  // H, L, M
    }
}

Indication TransactionLayer::Impl::advance(Timestamp now) {
    while (!failed_.empty()) {
        const ClientTx id = failed_.back();
        failed_.pop_back();
        if (ClientTransaction* tx = clients_.find(id))
            if (Indication i = client_event(*tx, fsm::Event::transport_error, now); i.index() != 0) return i;
    }
    while (auto due = queue_.pop_due(now)) {
        const Due& d = due->second;
        Indication i;
        if (d.server) {
            if (ServerTransaction* tx = servers_.find(ServerTx{d.id})) i = server_event(*tx, d.event, now);
        } else if (ClientTransaction* tx = clients_.find(ClientTx{d.id})) {
            i = client_event(*tx, d.event, now);
        }
        if (i.index() != 0) return i;
    }
    return {};
}

std::optional<Timestamp> TransactionLayer::Impl::deadline() {
    if (!failed_.empty()) return failed_at_;
    return queue_.next();
}

void TransactionLayer::Impl::transport_failed(Transport transport, const Endpoint& remote, std::uint64_t connection,
                                              Timestamp now) {
    const auto hit = [&](const Flow& flow) {
        return flow.transport == transport && flow.remote == remote &&
               (connection == 0 || flow.connection == connection);
    };
    clients_.for_each([&](ClientTx id, ClientTransaction& tx) {
        if (hit(tx.flow)) failed_.push_back(id);
    });
    std::reverse(failed_.begin(), failed_.end());
    failed_at_ = now;
    if (!is_reliable(transport)) return;
    // RFC 3261 §18.2.2: a response whose connection is gone goes to where the Via points, on a new one.
    servers_.for_each([&](ServerTx, ServerTransaction& tx) {
        if (!hit(tx.prefix.flow) || tx.prefix.flow.connection == 0) return;
        tx.prefix.flow.connection = 0;
        tx.prefix.flow.remote = tx.prefix.fallback;
    });
}

TransactionLayer::TransactionLayer(TransactionTimers timers, TransactionLimits limits, RandomSource& random,
                                   Outbox& outbox)
    : impl_(std::make_unique<Impl>(timers, limits, random, outbox)) {}
TransactionLayer::~TransactionLayer() = default;

void TransactionLayer::set_gate(Gate& gate) {
    impl_->gate_ = &gate;
}
Indication TransactionLayer::receive(std::span<char> bytes, const Flow& from, Timestamp now) {
    return impl_->receive(bytes, from, now);
}
Indication TransactionLayer::advance(Timestamp now) {
    return impl_->advance(now);
}
std::optional<Timestamp> TransactionLayer::deadline() {
    return impl_->deadline();
}
void TransactionLayer::transport_failed(Transport transport, const Endpoint& remote, std::uint64_t connection,
                                        Timestamp now) {
    impl_->transport_failed(transport, remote, connection, now);
}

std::optional<ClientTx> TransactionLayer::request(const RequestParts& parts, const Flow& to, Timestamp now) {
    return impl_->request(parts, to, now);
}
std::string TransactionLayer::send_ack(const RequestParts& parts, const Flow& to) {
    return impl_->send_ack(parts, to);
}
void TransactionLayer::resend(std::string_view bytes, const Flow& to) {
    impl_->send(to, bytes, true);
}
void TransactionLayer::cancel(ClientTx invite, std::string_view extra_header_lines, Timestamp now) {
    impl_->cancel(invite, extra_header_lines, now);
}
std::optional<ClientTx> TransactionLayer::resume_invite(const RequestParts& parts, const Flow& to,
                                                        std::string_view branch) {
    return impl_->resume_invite(parts, to, branch);
}
std::string_view TransactionLayer::branch(ClientTx tx) const {
    const ClientTransaction* t = impl_->clients_.find(tx);
    return t ? impl_->branch(*t) : std::string_view();
}
const Flow* TransactionLayer::flow(ClientTx tx) const {
    const ClientTransaction* t = impl_->clients_.find(tx);
    return t ? &t->flow : nullptr;
}
void TransactionLayer::abandon(ClientTx tx) {
    if (ClientTransaction* t = impl_->clients_.find(tx)) t->abandoned = true;
}

std::string_view TransactionLayer::request_text(ClientTx tx) const {
    if (const ClientTransaction* t = impl_->clients_.find(tx)) return t->request;
    return tx == impl_->failed_last_ ? std::string_view(impl_->failed_request_) : std::string_view();
}
std::string_view TransactionLayer::to_tag(ServerTx tx) const {
    const ServerTransaction* t = impl_->servers_.find(tx);
    return t ? std::string_view(t->prefix.tag) : std::string_view();
}
void TransactionLayer::set_to_tag(ServerTx tx, std::string_view tag) {
    if (ServerTransaction* t = impl_->servers_.find(tx); t && !t->prefix.has_tag) t->prefix.tag = tag;
}
bool TransactionLayer::respond(ServerTx tx, const ResponseParts& parts, Timestamp now) {
    ServerTransaction* t = impl_->servers_.find(tx);
    return t && impl_->respond(*t, parts, now);
}
bool TransactionLayer::repeat_2xx(ServerTx tx) {
    const ServerTransaction* t = impl_->servers_.find(tx);
    if (!t || t->state != fsm::State::accepted) return false;
    impl_->send(t->prefix.flow, t->last, true);
    return true;
}
bool TransactionLayer::repeat_1xx(ServerTx tx) {
    const ServerTransaction* t = impl_->servers_.find(tx);
    if (!t || t->state != fsm::State::proceeding || t->last.empty()) return false;
    impl_->send(t->prefix.flow, t->last, true);
    return true;
}

TransactionStats TransactionLayer::stats() const {
    TransactionStats stats = impl_->stats_;
    stats.client = impl_->clients_.size();
    stats.server = impl_->servers_.size();
    return stats;
}

}  // namespace centrala::sip
