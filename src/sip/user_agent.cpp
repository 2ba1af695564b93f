// The user agent's doors, dispatch and timers (RFC 3261 §8, §12.2.2, §15).
#include <algorithm>

#include "sip/admission.hpp"
#include "sip/chars.hpp"
#include "sip/id_token.hpp"
#include "sip/response_prefix.hpp"
#include "sip/user_agent_impl.hpp"

namespace centrala::sip {
namespace {

/// RFC 6665 §4.2.2: a NOTIFY with this state is the last.
bool ends_subscription(std::string_view lines) {
    while (!lines.empty()) {
        const std::string_view line = lines.substr(0, lines.find("\r\n"));
        const std::size_t colon = std::min(line.find(':'), line.size());
        if (parse_header_id(line.substr(0, colon)) == HeaderId::subscription_state)
            return iequals(chars::trim(line.substr(colon + 1, line.find(';') - colon - 1)), "terminated");
        lines.remove_prefix(std::min(lines.size(), line.size() + 2));
    }
    return false;
}

/// Requests that refresh the target, and those that make or belong to subscriptions (RFC 6665 §8.1.1).
constexpr bool wants_contact(Method method) {
    return method == Method::invite || method == Method::update || method == Method::refer ||
           method == Method::subscribe || method == Method::notify;
}

}  // namespace

UserAgent::Impl::Impl(UserAgentOptions options, RandomSource& random, Outbox& outbox)
    : options_(std::move(options)), random_(random), layer_(options_.timers, options_.limits, random, outbox) {
    if (options_.product.empty()) return;
    MessageWriter(server_line_).header("Server", options_.product);
    MessageWriter(agent_line_).header("User-Agent", options_.product);
}

// ---- sessions ----------------------------------------------------------------------------------------------------

Session* UserAgent::Impl::create_session(const Flow& flow) {
    // Sessions that are over don't count, but they are bounded too.
    if (sessions_.size() - silent_ >= options_.sessions || silent_ >= 2 * options_.sessions) return nullptr;
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

void UserAgent::Impl::enter(Session& s, Stage stage) {
    if (silent(stage) && !silent(s.stage)) ++silent_;
    s.stage = stage;
}

void UserAgent::Impl::erase(Session& s) {
    stop_waiting(s);
    drop_own_offer(s);
    queue_.cancel(s.timer);
    move(s, {});
    if (silent(s.stage)) --silent_;
    sessions_.erase(s.id);
}

Session* UserAgent::Impl::find_live(SessionId id) {
    Session* s = sessions_.find(id);
    return s && !silent(s->stage) ? s : nullptr;
}

/// §12.2.2: Call-ID, our tag and theirs. Before our INVITE has its 2xx theirs is that of the last 1xx.
Session* UserAgent::Impl::find_by_tags(const Message& request) {
    const auto id = token_id(request.to().tag());
    if (!id) return nullptr;
    Session* s = sessions_.find(SessionId{*id});
    if (!s || s->dialog.local_tag != request.to().tag() || s->dialog.call_id != request.call_id()) return nullptr;
    const bool early = s->stage == Stage::calling || (s->stage == Stage::cancelling);
    const std::string& theirs = early ? s->early_tag : s->dialog.remote_tag;
    if (early && theirs.empty()) return nullptr;
    return theirs == request.from().tag() ? s : nullptr;
}

/// RFC 3891 §3. An early dialog that the peer began can't be replaced.
std::optional<ReplacesTarget> UserAgent::Impl::find(std::string_view call_id, std::string_view local_tag,
                                                    std::string_view remote_tag) const {
    const auto id = token_id(local_tag);
    const Session* s = id ? sessions_.find(SessionId{*id}) : nullptr;
    if (!s || silent(s->stage) || s->stage == Stage::invited) return std::nullopt;
    if (s->dialog.local_tag != local_tag || s->dialog.call_id != call_id) return std::nullopt;
    const bool confirmed = s->stage != Stage::calling;
    const std::string& theirs = confirmed ? s->dialog.remote_tag : s->early_tag;
    if (!confirmed && theirs.empty()) return std::nullopt;
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
    scratch_.assign(lines).append(server_line_);
    layer_.respond(tx, {status, {}, {}, scratch_, {}, {}}, now);
}

/// 101–299 to INVITE or UPDATE.
void UserAgent::Impl::answer_session(const Session& s, ServerTx tx, int status, std::string_view sdp, Timestamp now) {
    scratch_.clear();
    append_contact(scratch_, s.flow, s.dialog.remote_target);
    if (status >= 200) scratch_.append(kAllow);
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
    if (wants_contact(method)) append_contact(into, s.flow, d.remote_target);
    w.lines(lines).lines(agent_line_);
    if (s.auth && method != Method::ack) s.auth->append_lines(into, to_string(method), uri, random_);
    return uri;
}

bool UserAgent::Impl::send_bye(Session& s, const Dialog& d, std::uint32_t cseq, std::string_view lines, bool watched,
                               Timestamp now) {
    const std::string_view uri = request_lines(s, d, cseq, Method::bye, lines, scratch_);
    const Owner owner = watched ? Owner{Owner::Kind::bye, s.id, {}} : Owner{};
    const auto tx = submit({Method::bye, uri, scratch_, {}, {}}, s.flow, owner, now);
    if (tx && !watched) layer_.abandon(*tx);
    return tx.has_value();
}

std::optional<ClientTx> UserAgent::Impl::send_within(Session& s, Method method, std::string_view lines,
                                                     std::string_view content_type, std::string_view body,
                                                     Timestamp now) {
    const std::string_view uri = request_lines(s, s.dialog, ++s.dialog.local_cseq, method, lines, scratch_);
    const auto tx = submit({method, uri, scratch_, content_type, body}, s.flow, {Owner::Kind::within, s.id, {}}, now);
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
    Timestamp until = std::max(s.forks_until, now + 64 * options_.timers.t1);
    if (s.subscribed) until = std::max(until, now + options_.subscription_max);
    set_timer(s, Timer::linger, until);
}

void UserAgent::Impl::finish(Session& s, Timestamp now) {
    expect_late_2xx(s, now);
    if (s.forks_until <= now && !s.subscribed) return erase(s);
    linger(s, now);
}

/// A re-INVITE of ours is still open: its 2xx, should it come, wants an ACK (RFC 5407 §3.2).
void UserAgent::Impl::expect_late_2xx(Session& s, Timestamp now) {
    if (s.own_offer && s.own_offer->state == OwnOffer::State::sent) s.forks_until = now + 64 * options_.timers.t1;
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

/// A connection is gone: what is still to be said in its dialogs goes to the peer's Contact, where that is an address.
void UserAgent::Impl::transport_failed(Transport transport, const Endpoint& remote, std::uint64_t connection,
                                       Timestamp now) {
    layer_.transport_failed(transport, remote, connection, now);
    const auto found = by_connection_.find(connection);
    if (found == by_connection_.end()) return;
    const std::vector<SessionId> lost(found->second.begin(), found->second.end());
    for (const SessionId id : lost) {
        Session& s = *sessions_.find(id);
        Flow flow = s.flow;
        flow.connection = 0;
        const auto uri =
            parse_uri(s.dialog.route_set.empty() ? std::string_view(s.dialog.remote_target) : std::string_view());
        if (const auto address = uri ? IpAddress::parse(uri->host) : std::nullopt)
            flow.remote = {*address, uri->port != 0 ? uri->port : std::uint16_t{5060}};
        move(s, flow);
    }
}

// ---- timers ------------------------------------------------------------------------------------------------------

void UserAgent::Impl::set_timer(Session& s, Timer timer, Timestamp at) {
    queue_.cancel(s.timer);
    s.timer = queue_.schedule(at, {s.id, timer});
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

// ---- dispatch ----------------------------------------------------------------------------------------------------

UaEvent UserAgent::Impl::handle(const Indication& indication, Timestamp now) {
    if (const auto* i = std::get_if<indication::Request>(&indication)) return on_request(*i, now);
    if (const auto* i = std::get_if<indication::Ack>(&indication)) return on_ack(*i, now);
    if (const auto* i = std::get_if<indication::Cancel>(&indication)) return on_cancel(*i, now);
    if (const auto* i = std::get_if<indication::Timeout>(&indication))
        return on_client_final(i->tx, 408, nullptr, false, now);
    if (const auto* i = std::get_if<indication::Unreachable>(&indication))
        return on_client_final(i->tx, 503, nullptr, true, now);
    if (const auto* i = std::get_if<indication::Response>(&indication)) {
        const Owner owner = client_owners_.get(i->tx);
        if (owner.kind == Owner::Kind::invite && i->message->status() < 300) {
            Session* s = sessions_.find(owner.session);
            return s ? on_invite_response(*s, i->tx, *i->message, now) : UaEvent{};
        }
        if (owner.kind == Owner::Kind::reoffer && i->message->status() < 300) {
            Session* s = sessions_.find(owner.session);
            return s && i->message->status() >= 200 ? on_reoffer_2xx(*s, i->tx, *i->message, now) : UaEvent{};
        }
        if (i->message->status() >= 200) return on_client_final(i->tx, i->message->status(), i->message, false, now);
    }
    return {};  // NoAck: the session ended with the refusal that was not acknowledged
}

/// A final response, or none, to any request of ours but 2xx to INVITE.
UaEvent UserAgent::Impl::on_client_final(ClientTx tx, int status, const Message* response, bool transport_error,
                                         Timestamp now) {
    const Owner owner = client_owners_.get(tx);
    Session* s = sessions_.find(owner.session);
    if (sent_again(s, owner, tx, status, response, transport_error, now)) return {};
    if (!switched_.empty()) switched_.erase(tx);
    const ClientTx asked = owner.asked != ClientTx{} ? owner.asked : tx;
    switch (owner.kind) {
        case Owner::Kind::user: return ua::Answered{asked, response};
        case Owner::Kind::bye:
            // The peer knows: only late 2xx of other forks are left to wait for.
            if (s && s->stage == Stage::lingering && s->forks_until <= now && !s->subscribed) erase(*s);
            return {};
        case Owner::Kind::within:
            if (!s) return {};
            if (silent(s->stage)) {  // a NOTIFY: there is nothing left that a failure could end but the subscription
                if (!s->subscribed) return {};
                if (!response || status == 408 || status == 481) s->subscribed = false;
                return ua::Answered{asked, response};
            }
            if (response && status != 408 && status != 481) return ua::Answered{asked, response};
            leave(*s, {}, now);
            return ua::Ended{owner.session, nullptr, ua::Ended::Why::lost};
        case Owner::Kind::invite: {
            if (!s || s->client_tx != tx || (s->stage != Stage::calling && s->stage != Stage::cancelling)) return {};
            const bool told = s->stage == Stage::calling;
            erase(*s);
            if (told) return ua::Refused{owner.session, status, response, transport_error};
            return {};
        }
        case Owner::Kind::reoffer: return s ? on_reoffer_failed(*s, tx, status, response, now) : UaEvent{};
        case Owner::Kind::nobody: break;
    }
    return {};
}

UaEvent UserAgent::Impl::on_request(const indication::Request& r, Timestamp now) {
    const Message& m = *r.message;
    const bool within = !m.to().tag().empty() && m.method() != Method::register_;
    if (const auto refusal = check_request(m, r.flow, within)) {
        answer(r.tx, refusal->status, refusal->lines, now);
        return {};
    }
    if (within) return on_request_within(r, now);
    if (m.method() == Method::invite) return on_invite(r, now);
    return ua::Requested{r.tx, SessionId{}, r.message, r.flow};
}

UaEvent UserAgent::Impl::on_request_within(const indication::Request& r, Timestamp now) {
    const Message& m = *r.message;
    Session* s = find_by_tags(m);
    const bool over =
        s && (s->stage == Stage::lingering || s->stage == Stage::leaving || s->stage == Stage::cancelling);
    const bool subscription = m.method() == Method::subscribe || m.method() == Method::notify;
    if ((!s || over) && subscription) return ua::Requested{r.tx, SessionId{}, r.message, r.flow};
    if (!s || (over && m.method() != Method::bye)) {
        answer(r.tx, 481, {}, now);
        return {};
    }
    if (!in_order(s->dialog, m)) {
        answer(r.tx, 500, {}, now);
        return {};
    }
    move(*s, r.flow);
    switch (m.method()) {
        case Method::bye: return on_bye(*s, r, now);
        case Method::invite: return on_reinvite(*s, r, now);
        case Method::update: return on_update(*s, r, now);
        case Method::refer:
        case Method::subscribe: s->subscribed = true; break;
        default: break;
    }
    return ua::Requested{r.tx, s->id, r.message, r.flow};
}

// ---- doors -------------------------------------------------------------------------------------------------------

UserAgent::UserAgent(UserAgentOptions options, RandomSource& random, Outbox& outbox)
    : impl_(std::make_unique<Impl>(std::move(options), random, outbox)) {}
UserAgent::~UserAgent() = default;

UaEvent UserAgent::receive(std::span<char> bytes, const Flow& from, Timestamp now) {
    return impl_->handle(impl_->layer_.receive(bytes, from, now), now);
}
UaEvent UserAgent::advance(Timestamp now) {
    return impl_->advance(now);
}
std::optional<Timestamp> UserAgent::deadline() {
    const auto mine = impl_->queue_.next();
    const auto theirs = impl_->layer_.deadline();
    if (!mine || !theirs) return mine ? mine : theirs;
    return std::min(*mine, *theirs);
}
void UserAgent::transport_failed(Transport transport, const Endpoint& remote, std::uint64_t connection, Timestamp now) {
    impl_->transport_failed(transport, remote, connection, now);
}

void UserAgent::ring(SessionId id, int status, std::string_view sdp, Timestamp now) {
    if (Session* s = impl_->find_live(id)) impl_->ring(*s, status, sdp, now);
}
void UserAgent::accept(SessionId id, std::string_view sdp, Timestamp now) {
    if (Session* s = impl_->find_live(id)) impl_->accept(*s, sdp, now);
}
void UserAgent::refuse(SessionId id, int status, std::string_view header_lines, Timestamp now) {
    if (Session* s = impl_->find_live(id)) impl_->refuse(*s, status, header_lines, now);
}
void UserAgent::accept_reoffer(SessionId id, std::string_view sdp, Timestamp now) {
    if (Session* s = impl_->find_live(id)) impl_->accept_reoffer(*s, sdp, now);
}
void UserAgent::refuse_reoffer(SessionId id, int status, Timestamp now) {
    if (Session* s = impl_->find_live(id)) impl_->refuse_reoffer(*s, status, now);
}
bool UserAgent::reoffer(SessionId id, std::string_view sdp, Timestamp now) {
    Session* s = impl_->find_live(id);
    return s && impl_->reoffer(*s, sdp, now);
}
void UserAgent::confirm(SessionId id, std::string_view sdp, Timestamp now) {
    if (Session* s = impl_->find_live(id)) impl_->confirm(*s, sdp, now);
}
std::optional<SessionId> UserAgent::invite(const Invitation& invitation, const Flow& to, Timestamp now) {
    return impl_->invite(invitation, to, now);
}
void UserAgent::hang_up(SessionId id, std::string_view header_lines, Timestamp now) {
    if (Session* s = impl_->find_live(id)) impl_->hang_up(*s, header_lines, now);
}

void UserAgent::respond(ServerTx tx, const ResponseParts& parts, Timestamp now) {
    ResponseParts whole = parts;
    impl_->scratch_.assign(parts.header_lines).append(impl_->server_line_);
    whole.header_lines = impl_->scratch_;
    impl_->layer_.respond(tx, whole, now);
}
std::optional<ClientTx> UserAgent::send_request(const RequestParts& parts, const Flow& to, Timestamp now) {
    return impl_->submit(parts, to, {Impl::Owner::Kind::user, {}, {}}, now);
}
std::optional<ClientTx> UserAgent::send_within(SessionId id, Method method, std::string_view header_lines,
                                               std::string_view content_type, std::string_view body, Timestamp now) {
    Session* s = impl_->sessions_.find(id);
    if (!s) return std::nullopt;
    const bool after = s->stage == Stage::lingering && s->subscribed && method == Method::notify;
    if (s->stage != Stage::established && !after) return std::nullopt;
    return impl_->send_within(*s, method, header_lines, content_type, body, now);
}

std::optional<ReplacesTarget> UserAgent::find(std::string_view call_id, std::string_view local_tag,
                                              std::string_view remote_tag) const {
    return impl_->find(call_id, local_tag, remote_tag);
}
std::string UserAgent::contact_line(const Flow& flow) const {
    std::string line;
    impl_->append_contact(line, flow, {});
    return line;
}
std::string_view UserAgent::call_id(SessionId id) const {
    const Session* s = impl_->find_live(id);
    return s ? std::string_view(s->dialog.call_id) : std::string_view();
}
bool UserAgent::uses(std::uint64_t connection) const {
    return impl_->by_connection_.contains(connection);
}
std::size_t UserAgent::sessions() const {
    return impl_->sessions_.size() - impl_->silent_;
}
std::size_t UserAgent::lingering() const {
    return impl_->silent_;
}
TransactionStats UserAgent::stats() const {
    return impl_->layer_.stats();
}

}  // namespace centrala::sip
