// Requests that go another way, or once more: by TCP if they are large (RFC 3261 §18.1.1), with credentials (§22.2), to
// the next target after a failure (RFC 3263 §4.3).
#include "centrala/sip/retry_after.hpp"
#include "sip/sent_request.hpp"
#include "sip/user_agent_impl.hpp"

namespace centrala::sip {
namespace {

constexpr std::size_t kUdpBytesMax = 1'300;
/// Request line, Via and Content lines, about: what the transaction layer adds to the parts.
constexpr std::size_t kHeadBytes = 190;

bool replace(std::string& text, std::string_view from, std::string_view to) {
    const std::size_t at = text.find(from);
    if (at == std::string::npos) return false;
    text.replace(at, from.size(), to);
    return true;
}

}  // namespace

std::optional<Flow> UserAgent::Impl::by_tcp(const Flow& flow) const {
    for (const Flow& listener : options_.locals) {
        if (listener.transport != Transport::tcp || listener.local.address.is_v4() != flow.remote.address.is_v4())
            continue;
        return Flow{Transport::tcp, listener.local, flow.remote, 0};
    }
    return std::nullopt;
}

void UserAgent::Impl::move_contact(std::string& lines, const Flow& from, const Flow& to) const {
    std::string old, moved;
    append_contact(old, from, {});
    append_contact(moved, to, {});
    replace(lines, old, moved);
}

std::optional<ClientTx> UserAgent::Impl::submit(const RequestParts& parts, const Flow& to, const Owner& owner,
                                                Timestamp now) {
    const std::size_t size = parts.uri.size() + parts.header_lines.size() + parts.body.size() + kHeadBytes;
    const auto tcp = to.transport == Transport::udp && size > kUdpBytesMax ? by_tcp(to) : std::nullopt;
    std::optional<ClientTx> tx;
    if (tcp) {
        std::string lines(parts.header_lines);
        move_contact(lines, to, *tcp);
        RequestParts moved = parts;
        moved.header_lines = lines;
        tx = layer_.request(moved, *tcp, now);
        if (tx) switched_[*tx] = to;
    } else {
        tx = layer_.request(parts, to, now);
    }
    if (tx) client_owners_.set(*tx, owner);
    return tx;
}

/// Who waits for the answer to `old` waits for that to `tx` from now on.
void UserAgent::Impl::hand_over(Session* s, Owner owner, ClientTx old, ClientTx tx) {
    if (owner.asked == ClientTx{}) owner.asked = old;
    client_owners_.set(tx, owner);
    if (!s) return;
    if (owner.kind == Owner::Kind::invite) s->client_tx = tx;
    if (owner.kind == Owner::Kind::reoffer && s->own_offer) s->own_offer->tx = tx;
}

/// §18.1.1: the size alone made it TCP, which the peer doesn't speak.
bool UserAgent::Impl::fall_back_to_udp(Session* s, const Owner& owner, ClientTx tx, Timestamp now) {
    const auto found = switched_.find(tx);
    if (found == switched_.end()) return false;
    const Flow to = found->second;
    switched_.erase(found);
    SentRequest request = take_apart(layer_.request_text(tx));
    if (const auto tcp = by_tcp(to)) move_contact(request.lines, *tcp, to);
    const auto next =
        layer_.request({request.method, request.uri, request.lines, request.content_type, request.body}, to, now);
    if (next) hand_over(s, owner, tx, *next);
    return next.has_value();
}

/// The request of `old` once more, as a new transaction; a `cseq` of 0 leaves that as it was.
std::optional<ClientTx> UserAgent::Impl::send_again(Session& s, const Owner& owner, ClientTx old, const Flow& to,
                                                    std::uint32_t cseq, Timestamp now) {
    SentRequest request = take_apart(layer_.request_text(old));
    if (request.method == Method::unknown) return std::nullopt;
    remove_lines(request.lines, HeaderId::authorization);
    remove_lines(request.lines, HeaderId::proxy_authorization);
    if (has_line(request.lines, HeaderId::contact)) {
        remove_lines(request.lines, HeaderId::contact);
        append_contact(request.lines, to, request.uri);
    }
    if (cseq != 0) {
        remove_lines(request.lines, HeaderId::cseq);
        MessageWriter(request.lines).header("CSeq", cseq, ' ', to_string(request.method));
    }
    if (has_line(request.lines, HeaderId::session_expires)) {
        remove_lines(request.lines, HeaderId::session_expires);
        remove_lines(request.lines, HeaderId::min_se);
        append_timer_request(s, request.lines);
    }
    if (s.auth) s.auth->append_lines(request.lines, to_string(request.method), request.uri, random_);
    const auto tx =
        submit({request.method, request.uri, request.lines, request.content_type, request.body}, to, owner, now);
    if (tx) hand_over(&s, owner, old, *tx);
    return tx;
}

bool UserAgent::Impl::try_next_target(Session& s, const Owner& owner, ClientTx old, Timestamp now) {
    while (!s.alternatives.empty()) {
        const Flow to = s.alternatives.back();
        s.alternatives.pop_back();
        move(s, to);
        s.early.clear();
        queue_.cancel(s.stage_timer);
        if (!send_again(s, owner, old, to, 0, now)) continue;
        if (!s.alternatives.empty()) set_timer(s, Timer::failover, now + options_.failover_after);
        return true;
    }
    return false;
}

/// After a failure or a challenge: true if the request is on its way again, so that nobody need know.
bool UserAgent::Impl::sent_again(Session* s, const Owner& owner, ClientTx tx, int status, const Message* response,
                                 bool transport_error, Timestamp now) {
    using Kind = Owner::Kind;
    const bool invite = owner.kind == Kind::invite;
    if (s && invite && (s->client_tx != tx || s->stage != Stage::calling)) return false;
    if (s && invite && response && status == 503 && options_.told_to_wait)
        if (const auto wait = retry_after(*response)) options_.told_to_wait(s->flow, *wait, now);
    if (transport_error && fall_back_to_udp(s, owner, tx, now)) return true;
    if (!s || owner.kind == Kind::nobody || owner.kind == Kind::user) return false;
    const bool challenged = s->auth && response && (status == 401 || status == 407);
    if (challenged || (response && status == 422)) {
        if (challenged ? !s->auth->challenged(*response) : !raise_interval(*s, *response)) return false;
        if (invite) s->early.clear();
        const std::uint32_t cseq = ++s->dialog.local_cseq;
        if (invite) s->invite_cseq = cseq;
        return send_again(*s, owner, tx, invite ? s->flow : way_of(*s, s->dialog), cseq, now).has_value();
    }
    if (s->auth) s->auth->accepted();
    return invite && (!response || status == 503) && try_next_target(*s, owner, tx, now);
}

}  // namespace centrala::sip
