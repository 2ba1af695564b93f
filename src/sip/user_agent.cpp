// The user agent's doors and dispatch (RFC 3261 §8, §12.2.2).
#include "sip/admission.hpp"
#include "sip/user_agent_impl.hpp"

namespace centrala::sip {

UserAgent::Impl::Impl(UserAgentOptions options, RandomSource& random, Outbox& outbox)
    : options_(std::move(options)), random_(random), layer_(options_.timers, options_.limits, random, outbox) {
    if (options_.product.empty()) return;
    MessageWriter(server_line_).header("Server", options_.product);
    MessageWriter(agent_line_).header("User-Agent", options_.product);
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
            if (!s) return {};
            return i->message->status() < 200 ? on_reoffer_1xx(*s, i->tx, *i->message, now)
                                              : on_reoffer_2xx(*s, i->tx, *i->message, now);
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
        case Owner::Kind::refresh: return s ? on_refreshed(*s, status, response, now) : UaEvent{};
        case Owner::Kind::prack:  // what comes of the INVITE decides
        case Owner::Kind::nobody: break;
    }
    return {};
}

UaEvent UserAgent::Impl::on_request(const indication::Request& r, Timestamp now) {
    const Message& m = *r.message;
    const bool within = !m.to().tag().empty() && m.method() != Method::register_;
    if (const auto refusal = check_request(m, r.flow, within, {timers_on(), options_.reliable != Reliable::off})) {
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
    const bool late_prack = s && m.method() == Method::prack && s->stage == Stage::lingering;
    if (!s || (over && m.method() != Method::bye && !late_prack)) {
        answer(r.tx, 481, {}, now);
        return {};
    }
    EarlyDialog* const early = s->stage == Stage::calling ? early_dialog(*s, m.from().tag()) : nullptr;
    if (early) std::swap(early->remote_cseq, s->dialog.remote_cseq);
    const bool ordered = in_order(s->dialog, m);
    if (early) std::swap(early->remote_cseq, s->dialog.remote_cseq);
    if (!ordered) {
        answer(r.tx, 500, {}, now);
        return {};
    }
    move(*s, r.flow);
    switch (m.method()) {
        case Method::bye: return on_bye(*s, r, now);
        case Method::invite: return on_reinvite(*s, r, now);
        case Method::update: return on_update(*s, r, now);
        case Method::prack: return on_prack(*s, r, now);
        case Method::refer:
        case Method::subscribe: server_owners_.set(r.tx, s->id); break;  // respond() decides
        default: break;
    }
    return ua::Requested{r.tx, s->id, r.message, r.flow};
}

// ---- doors -------------------------------------------------------------------------------------------------------

UserAgent::UserAgent(UserAgentOptions options, RandomSource& random, Outbox& outbox)
    : impl_(std::make_unique<Impl>(std::move(options), random, outbox)) {}
UserAgent::~UserAgent() = default;

void UserAgent::set_gate(Gate& gate) {
    impl_->layer_.set_gate(gate);
}
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
void UserAgent::follow_route(SessionId id) {
    if (Session* s = impl_->find_live(id)) s->follows_route = true;
}
std::string_view UserAgent::next_hop(SessionId id) const {
    const Session* s = impl_->find_live(id);
    return s && s->follows_route ? sip::next_hop(s->dialog) : std::string_view();
}
std::optional<SessionId> UserAgent::invite(const Invitation& invitation, const Flow& to, Timestamp now) {
    return impl_->invite(invitation, to, now);
}
void UserAgent::hang_up(SessionId id, std::string_view header_lines, Timestamp now) {
    if (Session* s = impl_->find_live(id)) impl_->hang_up(*s, header_lines, now);
}

/// RFC 6665 §4.1.2.1: only what is accepted makes a subscription; RFC 4488 §4: or not even that.
void UserAgent::Impl::note_subscription(ServerTx tx, const ResponseParts& parts) {
    Session* s = sessions_.find(server_owners_.get(tx));
    if (!s || parts.status < 200 || parts.status >= 300) return;
    const bool none = parts.header_lines.find("Refer-Sub: false") != std::string_view::npos;
    s->subscribed = s->subscribed || !none;
}
void UserAgent::respond(ServerTx tx, const ResponseParts& parts, Timestamp now) {
    impl_->note_subscription(tx, parts);
    ResponseParts whole = parts;
    impl_->scratch_.assign(parts.header_lines).append(impl_->server_line(parts.status));
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

bool UserAgent::save(SessionId id, SessionState& into) const {
    const Session* s = impl_->find_live(id);
    return s && impl_->save(*s, into);
}
std::optional<SessionId> UserAgent::restore(SessionState state, const Credentials* credentials) {
    return impl_->restore(std::move(state), credentials);
}
const Flow* UserAgent::flow(SessionId id) const {
    const Session* s = impl_->find_live(id);
    return s ? &s->flow : nullptr;
}
void UserAgent::redirect(SessionId id, const Flow& flow) {
    if (Session* s = impl_->find_live(id)) impl_->move(*s, flow);
}

bool UserAgent::has_dialog(const Message& request) const {
    return impl_->find_by_tags(request) != nullptr;
}
std::optional<ReplacesTarget> UserAgent::find(std::string_view call_id, std::string_view local_tag,
                                              std::string_view remote_tag) const {
    return impl_->find(call_id, local_tag, remote_tag);
}
std::string UserAgent::capability_lines() const {
    std::string lines(kAllow);
    impl_->append_supported(lines, true);
    return lines;
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
