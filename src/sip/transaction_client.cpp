// Client transactions: requests out, responses in (RFC 3261 §17.1, §9.1, §18.1).
#include <algorithm>

#include "sip/id_token.hpp"
#include "sip/invite_client.hpp"
#include "sip/non_invite_client.hpp"
#include "sip/sent_request.hpp"
#include "sip/transaction_impl.hpp"

namespace centrala::sip {
namespace {

using fsm::Act;
using fsm::Event;
using fsm::State;

constexpr std::string_view kCookie = "z9hG4bK";
constexpr std::size_t kBranchLength = kCookie.size() + kIdTokenLength;

/// Request line and Via, up to its branch.
void begin_head(std::string& out, Method method, std::string_view uri, const Flow& to) {
    MessageWriter(out).request_line(to_string(method), uri);
    out.append("Via: SIP/2.0/").append(via_name(to.transport)).append(" ");
    append_host_port(out, to.local);
    out.append(";branch=");
}

/// The rest of the Via.
void end_head(std::string& out, const Flow& to) {
    out.append(";rport");
    // Over a TLS connection of our own, whose server has been authenticated, it may send us its requests (RFC 5923
    // §8.1).
    if (to.transport == Transport::tls && to.connection == 0) out.append(";alias");
    out.append("\r\n");
}

/// Request line and Via; returns where the branch begins.
std::size_t append_head(std::string& out, Method method, std::string_view uri, const Flow& to, std::uint64_t id,
                        RandomSource& random) {
    begin_head(out, method, uri, to);
    const std::size_t at = out.size();
    out.append(kCookie);
    append_id_token(out, id, random);
    end_head(out, to);
    return at;
}

/// Whose branch that is; Id{} if nobody's of ours.
ClientTx owner_of(std::string_view branch) {
    if (branch.size() != kBranchLength || !branch.starts_with(kCookie)) return {};
    return ClientTx{token_id(branch.substr(kCookie.size())).value_or(0)};
}

void append_rest(std::string& out, const RequestParts& parts) {
    MessageWriter writer(out);
    writer.lines(parts.header_lines);
    if (parts.body.empty())
        writer.end();
    else
        writer.body(parts.content_type, parts.body);
}

std::string_view cseq_number(std::string_view cseq_line) {
    const std::size_t begin = cseq_line.find_first_of("0123456789");
    if (begin == std::string_view::npos) return "0";
    return cseq_line.substr(begin, cseq_line.find_first_not_of("0123456789", begin) - begin);
}

/// ACK (RFC 3261 §17.1.1.3) or CANCEL (§9.1): the INVITE's Request-URI, Via, From, Call-ID, CSeq number and Route.
std::string derive(const ClientTransaction& invite, std::string_view method, std::string_view to_value,
                   std::string_view extra_lines) {
    const std::string_view request = invite.request;
    const std::size_t line_end = request.find("\r\n") + 2;
    std::string out;
    out.reserve(512);
    out.append(method).append(request.substr(request.find(' '), line_end - request.find(' ')));
    out.append(request.substr(line_end, invite.via_end - line_end)).append("Max-Forwards: 70\r\n");
    const std::size_t head_end = request.find("\r\n\r\n") + 2;
    each_line(request.substr(invite.via_end, head_end - invite.via_end), [&](HeaderId id, std::string_view line) {
        if (id == HeaderId::from || id == HeaderId::call_id || id == HeaderId::route)
            out.append(line);
        else if (id == HeaderId::to && to_value.empty())
            out.append(line);
        else if (id == HeaderId::to)
            out.append("To: ").append(to_value).append("\r\n");
        else if (id == HeaderId::cseq)
            out.append("CSeq: ").append(cseq_number(line)).append(" ").append(method).append("\r\n");
    });
    MessageWriter(out).lines(extra_lines).end();
    return out;
}

}  // namespace

ClientTransaction* TransactionLayer::Impl::create_client(const RequestParts& parts, const Flow& to, bool urgent) {
    // What ends calls may still go out when new ones no longer may.
    if (clients_.size() >= limits_.client + (urgent ? limits_.client / 4 : 0)) return nullptr;
    const ClientTx id = clients_.emplace();
    ClientTransaction& tx = *clients_.find(id);
    prepare_client(tx, id, parts.method, to);
    return &tx;
}

void TransactionLayer::Impl::prepare_client(ClientTransaction& tx, ClientTx id, Method method, const Flow& to) {
    tx.id = id;
    tx.invite = method == Method::invite;
    tx.reliable = is_reliable(to.transport);
    tx.machine = tx.invite ? &fsm::kInviteClient : &fsm::kNonInviteClient;
    tx.state = tx.invite ? State::calling : State::trying;
    tx.flow = to;
}

/// Whether it had a provisional response nobody knows any more. If its datagram was lost nobody sends it again, so that
/// a CANCEL can't overtake it (RFC 3261 §9.1): it counts as proceeding.
std::optional<ClientTx> TransactionLayer::Impl::resume_invite(const RequestParts& parts, const Flow& to,
                                                              std::string_view branch) {
    const ClientTx id = owner_of(branch);
    if (id == ClientTx{} || !clients_.emplace_at(id, limits_.client)) return std::nullopt;
    ClientTransaction& tx = *clients_.find(id);
    prepare_client(tx, id, Method::invite, to);
    tx.state = State::proceeding;
    begin_head(tx.request, Method::invite, parts.uri, to);
    tx.branch_at = static_cast<std::uint32_t>(tx.request.size());
    tx.request.append(branch);
    end_head(tx.request, to);
    tx.via_end = static_cast<std::uint32_t>(tx.request.size());
    append_rest(tx.request, parts);
    return id;
}

std::string_view TransactionLayer::Impl::branch(const ClientTransaction& tx) {
    return std::string_view(tx.request).substr(tx.branch_at, kBranchLength);
}

void TransactionLayer::Impl::start_client(ClientTransaction& tx, Timestamp now) {
    const auto id = static_cast<std::uint64_t>(tx.id);
    if (!tx.reliable) {
        tx.interval = timers_.t1;
        tx.retransmit = queue_.schedule(now + tx.interval, {id, tx.invite ? Event::timer_a : Event::timer_e, false});
    }
    tx.lifetime = queue_.schedule(now + 64 * timers_.t1, {id, tx.invite ? Event::timer_b : Event::timer_f, false});
    send(tx.flow, tx.request, false);
}

std::optional<ClientTx> TransactionLayer::Impl::request(const RequestParts& parts, const Flow& to, Timestamp now) {
    ClientTransaction* tx = create_client(parts, to, parts.method == Method::bye);
    if (!tx) return std::nullopt;
    std::string& out = tx->request;
    out.reserve(parts.uri.size() + parts.header_lines.size() + parts.body.size() + 256);
    tx->branch_at = static_cast<std::uint32_t>(
        append_head(out, parts.method, parts.uri, to, static_cast<std::uint64_t>(tx->id), random_));
    tx->via_end = static_cast<std::uint32_t>(out.size());
    append_rest(out, parts);
    start_client(*tx, now);
    return tx->id;
}

std::string TransactionLayer::Impl::send_ack(const RequestParts& parts, const Flow& to) {
    std::string out;
    append_head(out, Method::ack, parts.uri, to, 0, random_);
    append_rest(out, parts);
    send(to, out, false);
    return out;
}

void TransactionLayer::Impl::cancel(ClientTx invite, std::string_view lines, Timestamp now) {
    ClientTransaction* tx = clients_.find(invite);
    if (!tx || !tx->invite || tx->cancel != ClientTransaction::Cancel::none) return;
    if (tx->state != State::calling && tx->state != State::proceeding) return;
    tx->cancel = ClientTransaction::Cancel::wanted;
    tx->cancel_lines = lines;
    if (tx->state == State::proceeding) send_cancel(*tx, now);
}

void TransactionLayer::Impl::send_cancel(ClientTransaction& invite, Timestamp now) {
    invite.cancel = ClientTransaction::Cancel::sent;
    const auto invite_id = static_cast<std::uint64_t>(invite.id);
    // RFC 3261 §9.1: without a final response 64·T1 after it the INVITE counts as cancelled.
    queue_.cancel(invite.lifetime);
    invite.lifetime = queue_.schedule(now + 64 * timers_.t1, {invite_id, Event::cancel_expired, false});
    ClientTransaction* tx = create_client({Method::cancel, {}, {}, {}, {}}, invite.flow, true);
    if (!tx) return;
    tx->request = derive(invite, "CANCEL", {}, invite.cancel_lines);
    invite.cancel_lines.clear();
    tx->branch_at = static_cast<std::uint32_t>(tx->request.find(";branch=") + 8);
    tx->via_end = static_cast<std::uint32_t>(tx->request.find("\r\n", tx->branch_at) + 2);
    tx->abandoned = true;  // its answer means nothing: the INVITE's own final response counts
    tx->cancels = invite_id;
    cancels_[invite_id] = tx->id;
    start_client(*tx, now);
}

ClientTransaction* TransactionLayer::Impl::find_client(const Message& response) {
    const std::string_view branch = response.via().branch;
    const ClientTx id = owner_of(branch);
    if (id == ClientTx{}) return nullptr;
    ClientTransaction* tx = nullptr;
    if (response.cseq().method == Method::cancel) {
        const auto it = cancels_.find(static_cast<std::uint64_t>(id));
        if (it != cancels_.end()) tx = clients_.find(it->second);
    } else {
        tx = clients_.find(id);
    }
    if (!tx || TransactionLayer::Impl::branch(*tx) != branch) return nullptr;
    // RFC 3261 §17.1.3: the method in CSeq must be the request's.
    const std::string_view method = response.cseq().method_name;
    if (!tx->request.starts_with(method) || tx->request[method.size()] != ' ') return nullptr;
    // §18.1.2: sent-by must be ours.
    const std::uint16_t port = response.via().port != 0 ? response.via().port : default_port(tx->flow.transport);
    const auto host = IpAddress::parse(response.via().host);
    return host && *host == tx->flow.local.address && port == tx->flow.local.port ? tx : nullptr;
}

Indication TransactionLayer::Impl::on_response(const Flow&, Timestamp now) {
    // §8.1.3.3: more than one Via: not for us.
    std::size_t vias = 0;
    message_.each(HeaderId::via, [&](std::string_view) { ++vias; });
    ClientTransaction* tx = vias == 1 ? find_client(message_) : nullptr;
    if (!tx) return drop();
    if (!tx->machine->find(tx->state, fsm::event_of_status(message_.status()))) {
        ++stats_.absorbed;
        return {};
    }
    return client_event(*tx, fsm::event_of_status(message_.status()), now);
}

void TransactionLayer::Impl::make_ack(ClientTransaction& tx) {
    if (tx.ack.empty()) {
        tx.ack = derive(tx, "ACK", message_.find(HeaderId::to).value_or(""), {});
        send(tx.flow, tx.ack, false);
    } else {
        send(tx.flow, tx.ack, true);
    }
}

Indication TransactionLayer::Impl::client_event(ClientTransaction& tx, Event event, Timestamp now) {
    const fsm::Rule* rule = tx.machine->find(tx.state, event);
    if (!rule) return {};
    tx.state = rule->to;
    Indication out;
    const auto id = static_cast<std::uint64_t>(tx.id);
    const auto again = [&](Duration interval, Event timer) {
        tx.interval = interval;
        tx.retransmit = queue_.schedule(now + interval, {id, timer, false});
    };
    const auto live = [&](Act act, Event timer) {
        queue_.cancel(tx.lifetime);
        tx.lifetime = queue_.schedule(now + *value(act, tx.reliable), {id, timer, false});
    };
    for (const Act act : rule->acts) {
        switch (act) {
            case Act::resend: send(tx.flow, tx.request, true); break;
            case Act::send_ack: make_ack(tx); break;
            case Act::pass_up: out = indication::Response{tx.id, &message_}; break;
            case Act::inform_timeout: out = indication::Timeout{tx.id}; break;
            case Act::inform_transport: out = indication::Unreachable{tx.id}; break;
            case Act::again_a: again(tx.interval * 2, Event::timer_a); break;
            case Act::again_e: again(std::min(tx.interval * 2, timers_.t2), Event::timer_e); break;
            case Act::again_e2: again(timers_.t2, Event::timer_e); break;
            case Act::start_d: live(act, Event::timer_d); break;
            case Act::start_k: live(act, Event::timer_k); break;
            case Act::start_m: live(act, Event::timer_m); break;
            case Act::stop_retransmit: queue_.cancel(tx.retransmit); break;
            case Act::stop_lifetime: queue_.cancel(tx.lifetime); break;
            default: break;
        }
    }
    // §9.1: a CANCEL asked for early goes out with the first provisional response.
    if (tx.invite && tx.state == State::proceeding && tx.cancel == ClientTransaction::Cancel::wanted)
        send_cancel(tx, now);
    if (tx.abandoned) out = {};
    if (tx.state == State::terminated) {
        if (out.index() != 0) {
            failed_last_ = tx.id;
            failed_request_ = std::move(tx.request);
        }
        erase_client(tx);
    }
    return out;
}

void TransactionLayer::Impl::erase_client(ClientTransaction& tx) {
    queue_.cancel(tx.retransmit);
    queue_.cancel(tx.lifetime);
    if (tx.cancels != 0) cancels_.erase(tx.cancels);
    clients_.erase(tx.id);
}

}  // namespace centrala::sip
