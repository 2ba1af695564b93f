// A session's life: made, found, told to send, ended, woken (RFC 3261 §12.2, §13.3.1, §15).
#include <algorithm>

#include "sip/chars.hpp"
#include "sip/id_token.hpp"
#include "sip/response_prefix.hpp"
#include "sip/sent_request.hpp"
#include "sip/user_agent_impl.hpp"

namespace centrala::sip {
namespace {

/// RFC 6665 §4.2.2: a NOTIFY with this state is the last.
bool ends_subscription(std::string_view header_lines) {
    const std::string state = lines_of(header_lines, HeaderId::subscription_state);
    const std::size_t colon = state.find(':');
    if (colon == std::string::npos) return false;
    const std::string_view value = std::string_view(state).substr(colon + 1);
    return iequals(chars::trim(value.substr(0, value.find_first_of(";\r"))), "terminated");
}

/// Requests that refresh the target, and those that make or belong to subscriptions (RFC 6665 §8.1.1).
constexpr bool wants_contact(Method method) {
    return method == Method::invite || method == Method::update || method == Method::refer ||
           method == Method::subscribe || method == Method::notify;
}

bool knows_early(const Session& s, std::string_view tag) {
    return std::any_of(s.early.begin(), s.early.end(), [&](const EarlyDialog& e) { return e.tag == tag; });
}

}  // namespace

// ---- sessions ----------------------------------------------------------------------------------------------------

/// Sessions that are over don't count, but they are bounded too.
bool UserAgent::Impl::is_full() const {
    return sessions_.size() - silent_ >= options_.sessions || silent_ >= 2 * options_.sessions;
}

Session* UserAgent::Impl::create_session(const Flow& flow) {
    if (is_full()) return nullptr;
    const SessionId id = sessions_.emplace();
    Session* s = sessions_.find(id);
    s->id = id;
    move(*s, flow);
    return s;
}

/// Keeps the index of sessions by connection, so that the end of a connection that carries none costs nothing.
void UserAgent::Impl::move(Session& s, const Flow& flow) {
    if (s.flow.connection != flow.connection) {
        if (const auto old = by_connection_.find(s.flow.connection); old != by_connection_.end()) {
            old->second.erase(s.id);
            if (old->second.empty()) by_connection_.erase(old);
        }
        if (flow.connection != 0) by_connection_[flow.connection].insert(s.id);
    }
    s.flow = flow;
}

/// What is still to be said in its dialog goes to the peer's Contact, where that is an address.
void UserAgent::Impl::lose_connection(Session& s) {
    Flow flow = s.flow;
    flow.connection = 0;
    const auto uri =
        parse_uri(s.dialog.route_set.empty() ? std::string_view(s.dialog.remote_target) : std::string_view());
    if (const auto address = uri ? IpAddress::parse(uri->host) : std::nullopt)
        flow.remote = {*address, uri->port != 0 ? uri->port : default_port(flow.transport)};
    move(s, flow);
}

/// §12.2.1.1, §8.1.2 for who follows routes.
Flow UserAgent::Impl::way_of(const Session& s, const Dialog& d) const {
    const auto uri = s.follows_route && options_.locate ? parse_uri(sip::next_hop(d)) : std::nullopt;
    auto way = uri ? options_.locate(*uri) : std::nullopt;
    if (!way) return s.flow;
    const Endpoint& there = way->remote;
    const Endpoint& heard = s.flow.remote;
    // A private address that was seen from outside is behind a NAT, and can't be reached as it is written.
    if (there.address.is_private() && !heard.address.is_private()) return s.flow;
    if (is_secure(s.flow.transport) && !is_secure(way->transport)) return s.flow;  // nothing less than it began with
    const bool alike = way->transport == s.flow.transport;
    // The connection there is does for any port of that host (RFC 5923), whose Contact may forget the transport.
    if (is_reliable(s.flow.transport) && there.address == heard.address && (alike || !uri->parameter("transport")))
        return s.flow;
    if (alike && there.address.is_v4() == heard.address.is_v4()) way->local = s.flow.local;
    if (alike && way->domain.empty()) way->domain = s.flow.domain;
    return *way;
}

void UserAgent::Impl::enter(Session& s, Stage stage) {
    if (silent(stage) && !silent(s.stage)) ++silent_;
    s.stage = stage;
}

void UserAgent::Impl::erase(Session& s) {
    stop_waiting(s);
    drop_own_offer(s);
    stop_reliable(s);
    stop_timer(s);
    queue_.cancel(s.stage_timer);
    move(s, {});
    if (silent(s.stage)) --silent_;
    sessions_.erase(s.id);
}

Session* UserAgent::Impl::find_live(SessionId id) {
    Session* s = sessions_.find(id);
    return s && !silent(s->stage) ? s : nullptr;
}

/// §12.2.2: Call-ID, our tag and theirs. Before our INVITE has its 2xx theirs is one of the early dialogs'.
Session* UserAgent::Impl::find_by_tags(const Message& request) {
    const auto id = token_id(request.to().tag());
    if (!id) return nullptr;
    Session* s = sessions_.find(SessionId{*id});
    if (!s || s->dialog.local_tag != request.to().tag() || s->dialog.call_id != request.call_id()) return nullptr;
    if (s->stage != Stage::calling && s->stage != Stage::cancelling)
        return s->dialog.remote_tag == request.from().tag() ? s : nullptr;
    return knows_early(*s, request.from().tag()) ? s : nullptr;
}

/// RFC 3891 §3. An early dialog that the peer began can't be replaced.
std::optional<ReplacesTarget> UserAgent::Impl::find(std::string_view call_id, std::string_view local_tag,
                                                    std::string_view remote_tag) const {
    const auto id = token_id(local_tag);
    const Session* s = id ? sessions_.find(SessionId{*id}) : nullptr;
    if (!s || silent(s->stage) || s->stage == Stage::invited) return std::nullopt;
    if (s->dialog.local_tag != local_tag || s->dialog.call_id != call_id) return std::nullopt;
    const bool confirmed = s->stage != Stage::calling;
    const std::string& theirs = s->dialog.remote_tag;
    if (!confirmed) return knows_early(*s, remote_tag) ? std::optional(ReplacesTarget{s->id, false}) : std::nullopt;
    if (theirs != remote_tag && !(theirs.empty() && remote_tag == "0")) return std::nullopt;
    return ReplacesTarget{s->id, confirmed};
}

// ---- sending -----------------------------------------------------------------------------------------------------

/// Sips if the other side's URI is (RFC 3261 §8.1.1.8, §12.1.1); then it stands for TLS without a transport parameter
/// (§26.2.2), and that of WebSocket for its secure kind (RFC 7118 §5.1).
void UserAgent::Impl::append_contact(std::string& out, const Flow& flow, std::string_view peer_uri) const {
    const bool sips = is_secure(flow.transport) && iequals(peer_uri.substr(0, 5), "sips:");
    out.append(sips ? "Contact: <sips:" : "Contact: <sip:");
    if (!options_.contact_user.empty()) out.append(options_.contact_user).append("@");
    append_host_port(out, flow.local);
    if (flow.transport != Transport::udp && !(sips && flow.transport == Transport::tls))
        out.append(";transport=").append(param_name(flow.transport));
    out.append(">\r\n");
}

void UserAgent::Impl::answer(ServerTx tx, int status, std::string_view lines, Timestamp now) {
    scratch_.assign(lines).append(server_line(status));
    layer_.respond(tx, {status, {}, {}, scratch_, {}, {}}, now);
}

void UserAgent::Impl::append_supported(std::string& lines, bool reliable) const {
    lines.append("Supported: replaces");
    if (timers_on()) lines.append(", timer");
    if (reliable && options_.reliable != Reliable::off) lines.append(", 100rel");
    lines.append("\r\n");
}

/// 101–299 to INVITE or UPDATE.
void UserAgent::Impl::answer_session(Session& s, ServerTx tx, int status, std::string_view lines, std::string_view sdp,
                                     Timestamp now) {
    scratch_.clear();
    append_contact(scratch_, s.flow, s.dialog.remote_target);
    scratch_.append(lines);
    if (status >= 200) {
        scratch_.append(kAllow);
        append_supported(scratch_, true);
        append_timer_answer(s, scratch_, now);
        keep_sdp(s, sdp);
    }
    scratch_.append(server_line_);
    layer_.respond(tx, {status, {}, {}, scratch_, "application/sdp", sdp}, now);
}

/// All lines of a request in the dialog; returns its Request-URI.
std::string_view UserAgent::Impl::request_lines(Session& s, const Dialog& d, std::uint32_t cseq, Method method,
                                                std::string_view lines, std::string& into) {
    into.clear();
    const std::string_view uri = append_route(d, into);
    MessageWriter w(into);
    w.header("Max-Forwards", 70)
        .header("From", d.local_party)
        .header("To", d.remote_party)
        .header("Call-ID", d.call_id);
    w.header("CSeq", cseq, ' ', to_string(method));
    if (wants_contact(method)) append_contact(into, way_of(s, d), d.remote_target);
    w.lines(lines).lines(agent_line_);
    // RFC 4028 §7.1: in each request but ACK. The callers say it of INVITE, which has more to say.
    if (method != Method::ack && method != Method::invite) append_supported(into, false);
    if (s.auth && method != Method::ack) s.auth->append_lines(into, to_string(method), uri, random_);
    return uri;
}

bool UserAgent::Impl::send_bye(Session& s, const Dialog& d, std::uint32_t cseq, std::string_view lines, bool watched,
                               Timestamp now) {
    const std::string_view uri = request_lines(s, d, cseq, Method::bye, lines, scratch_);
    const Owner owner = watched ? Owner{Owner::Kind::bye, s.id, {}} : Owner{};
    const auto tx = submit({Method::bye, uri, scratch_, {}, {}}, way_of(s, d), owner, now);
    if (tx && !watched) {
        layer_.abandon(*tx);
        switched_.erase(*tx);
    }
    return tx.has_value();
}

std::optional<ClientTx> UserAgent::Impl::send_within(Session& s, Method method, std::string_view lines,
                                                     std::string_view content_type, std::string_view body,
                                                     Timestamp now) {
    const std::string_view uri = request_lines(s, s.dialog, ++s.dialog.local_cseq, method, lines, scratch_);
    const auto tx =
        submit({method, uri, scratch_, content_type, body}, way_of(s, s.dialog), {Owner::Kind::within, s.id, {}}, now);
    if (method == Method::notify && ends_subscription(lines)) {
        s.subscribed = false;
        if (s.stage == Stage::lingering) linger(s, now);
    }
    return tx;
}

// ---- the end -----------------------------------------------------------------------------------------------------

void UserAgent::Impl::leave(Session& s, std::string_view lines, Timestamp now) {
    stop_waiting(s);
    release_reoffer(s, now);
    expect_late_2xx(s, now);
    if (s.held_ack.active()) confirm(s, {}, now);  // an ACK there must be, and before the BYE
    if (send_bye(s, s.dialog, ++s.dialog.local_cseq, lines, true, now))
        linger(s, now);
    else
        erase(s);
}

void UserAgent::Impl::linger(Session& s, Timestamp now) {
    enter(s, Stage::lingering);
    stop_waiting(s);
    drop_own_offer(s);
    stop_reliable(s);
    stop_timer(s);
    Timestamp until = std::max(s.forks_until, now + 64 * options_.timers.t1);
    if (s.subscribed) until = std::max(until, now + options_.subscription_max);
    set_timer(s, Timer::linger, until);
}

void UserAgent::Impl::finish(Session& s, Timestamp now) {
    expect_late_2xx(s, now);
    if (s.forks_until <= now && !s.subscribed) return erase(s);
    linger(s, now);
}

/// A re-INVITE of ours is still open: its 2xx, should it come, wants an ACK (RFC 5407 §3.2.3). CANCEL bounds the wait.
void UserAgent::Impl::expect_late_2xx(Session& s, Timestamp now) {
    if (!s.own_offer || s.own_offer->state != OwnOffer::State::sent) return;
    layer_.cancel(s.own_offer->tx, {}, now);
    s.forks_until = now + 64 * options_.timers.t1;
}

void UserAgent::Impl::drop_own_offer(Session& s) {
    if (s.own_offer) queue_.cancel(s.own_offer->timer);
    s.own_offer.reset();
    queue_.cancel(s.held_ack.give_up);
    s.held_ack.cseq = 0;
}

void UserAgent::Impl::hang_up(Session& s, std::string_view lines, Timestamp now) {
    release_reoffer(s, now);
    switch (s.stage) {
        case Stage::invited: return refuse(s, 480, lines, now);
        case Stage::accepting: s.hang_up_lines = lines; return enter(s, Stage::leaving);
        case Stage::calling:
            s.hang_up_lines = lines;
            enter(s, Stage::cancelling);
            return layer_.cancel(s.client_tx, lines, now);
        case Stage::established: return leave(s, lines, now);
        default: return;
    }
}

void UserAgent::Impl::transport_failed(Transport transport, const Endpoint& remote, std::uint64_t connection,
                                       Timestamp now) {
    layer_.transport_failed(transport, remote, connection, now);
    const auto found = by_connection_.find(connection);
    if (found == by_connection_.end()) return;
    const std::vector<SessionId> lost(found->second.begin(), found->second.end());
    for (const SessionId id : lost) lose_connection(*sessions_.find(id));
}

// ---- timers ------------------------------------------------------------------------------------------------------

void UserAgent::Impl::set_timer(Session& s, Timer timer, Timestamp at) {
    queue_.cancel(s.stage_timer);
    s.stage_timer = queue_.schedule(at, {s.id, timer});
}

UaEvent UserAgent::Impl::on_timer(const Due& due, Timestamp now) {
    Session* s = sessions_.find(due.session);
    if (!s) return {};
    switch (due.timer) {
        case Timer::repeat_0:
        case Timer::repeat_1: {
            AckWait& wait = s->ack_waits[due.timer == Timer::repeat_0 ? 0 : 1];
            if (!wait.active() || !layer_.repeat_2xx(wait.tx)) return {};
            wait.interval = std::min(wait.interval * 2, options_.timers.t2);
            wait.repeat = queue_.schedule(now + wait.interval, due);
            return {};
        }
        case Timer::give_up_0:
        case Timer::give_up_1: return on_no_ack(*s, now);
        case Timer::ring:  // §13.3.1.1: else a proxy's Timer C ends the call
            if (layer_.repeat_1xx(s->server_tx)) set_timer(*s, Timer::ring, now + 60s);
            return {};
        case Timer::guard: layer_.cancel(s->client_tx, {}, now); return {};
        case Timer::linger: erase(*s); return {};
        case Timer::failover:  // should it answer after all, it gets a CANCEL, or ACK and BYE
            if (s->stage != Stage::calling) return {};
            layer_.cancel(s->client_tx, {}, now);
            try_next_target(*s, client_owners_.get(s->client_tx), s->client_tx, now);
            return {};
        case Timer::offer: return on_offer_due(*s, now);
        case Timer::held_ack: return on_unconfirmed(*s, now);
        case Timer::session: return on_session_due(*s, now);
        case Timer::reliable_repeat: on_reliable_repeat(*s, now); return {};
        case Timer::reliable_give_up: return on_reliable_give_up(*s, now);
    }
    return {};
}

UaEvent UserAgent::Impl::advance(Timestamp now) {
    for (;;) {
        const auto mine = queue_.next();
        const auto theirs = layer_.deadline();
        if (theirs && *theirs <= now && (!mine || *theirs <= *mine)) {
            const Indication i = layer_.advance(mine ? std::min(*mine, now) : now);
            if (i.index() == 0) continue;
            if (UaEvent e = handle(i, now); e.index() != 0) return e;
        } else if (mine && *mine <= now) {
            const auto due = queue_.pop_due(now);
            if (UaEvent e = on_timer(due->second, now); e.index() != 0) return e;
        } else {
            return {};
        }
    }
}

}  // namespace centrala::sip
