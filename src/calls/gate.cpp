// Who is let in, before anything is kept of a request (sip::Gate): what belongs to a call; whom we know, at the rate
// that is configured; whom we don't know only to prove who they are. What a stranger hears depends on the method and
// the source address, never on names: so nobody learns which exist.
#include <algorithm>

#include "centrala/sip/retry_after.hpp"
#include "server_impl.hpp"

namespace centrala::calls {
namespace {

using Verdict = sip::Gate::Verdict;
constexpr Verdict kPass{};
constexpr Verdict kDrop{Verdict::Kind::drop};
constexpr Verdict kForbidden{Verdict::Kind::refuse, 403};
constexpr Verdict kOverloaded{Verdict::Kind::refuse, 503, sip::kRetryAfter};

bool is_within(const std::vector<Subnet>& blocks, const IpAddress& address) {
    return std::any_of(blocks.begin(), blocks.end(), [&](const Subnet& block) { return block.contains(address); });
}

/// `word` is in lower case.
bool contains_word(std::string_view text, std::string_view word) {
    const auto same = [](char a, char b) { return (a >= 'A' && a <= 'Z' ? static_cast<char>(a + 32) : a) == b; };
    return std::search(text.begin(), text.end(), word.begin(), word.end(), same) != text.end();
}

}  // namespace

bool Server::Impl::is_edge_proxy(const IpAddress& address) const {
    return is_within(config_.registration.edge_proxies, address);
}

/// Whose requests get past the strangers' rules: a trunk, a phone's address, or a proxy before phones.
bool Server::Impl::is_known(const IpAddress& address) const {
    return dial_plan_.trunk(address) || is_edge_proxy(address) || fixed_phones_.contains(address) ||
           registrar_.has_binding_from(address);
}

/// Who is never banned and has no limits of its own.
bool Server::Impl::is_exempt(const IpAddress& address) const {
    return dial_plan_.trunk(address) || is_edge_proxy(address) || gateways_.contains(address) ||
           is_within(config_.security.allow, address);
}

bool Server::Impl::may_register(const IpAddress& address) const {
    const auto& sources = config_.registration.sources;
    return sources.empty() || is_within(sources, address);
}

Verdict Server::Impl::judge(const sip::Message& request, const sip::Flow& from, Timestamp now) {
    using sip::Method;
    const Method method = request.method();
    const IpAddress& source = from.remote.address;
    if (!request.to().tag().empty() &&
        (ua_.has_dialog(request) || (method == Method::subscribe && notifier_.resource_of(request))))
        return kPass;
    const bool known = is_known(source);
    // SUBSCRIBE and PUBLISH are challenged, not forbidden: a phone that comes back asks for them before it registers.
    const bool may_prove = may_register(source) && (method == Method::register_ ||
                                                    (config_.sip.strangers_get_answer && config_.presence.enabled &&
                                                     (method == Method::subscribe || method == Method::publish)));
    const bool answered = known || may_prove || config_.sip.strangers_get_answer;
    const auto too_many = [&](std::string_view limit) {
        note_flood(from, request.method_name(), request.from().uri.user, limit, now);
        return answered ? kOverloaded : kDrop;
    };
    if (!is_exempt(source)) {
        // Forged requests shall not cut off a phone that works: what comes from where it registered is heard.
        if (guard_.is_banned(source) && !calling_agent(request, from)) return kDrop;
        if (is_scanner(request)) {
            note_stranger(request, from, now, Offence::scanner);
            return kDrop;
        }
        if (!guard_.take(source, now)) return too_many("source_requests_per_second");
    }
    if (!known && !may_prove) {
        if (!stranger_rate_.take(now)) return too_many("strangers_per_second");
        return note_stranger(request, from, now) || !answered ? kDrop : kForbidden;
    }
    switch (method) {
        case Method::invite: return invite_rate_.take(now) ? kPass : too_many("invites_per_second");
        case Method::register_:
            return (known ? register_rate_ : stranger_register_rate_).take(now) ? kPass
                                                                                : too_many("registers_per_second");
        case Method::subscribe:
        case Method::publish:
            if (!known) return stranger_rate_.take(now) ? kPass : too_many("strangers_per_second");
            return presence_rate_.take(now) ? kPass : too_many("requests_per_second");
        default: return other_rate_.take(now) ? kPass : too_many("other_requests_per_second");
    }
}

Verdict Server::Impl::judge_malformed(int status, const sip::Flow& from, Timestamp now) {
    const IpAddress& source = from.remote.address;
    if (guard_.is_banned(source)) return kDrop;
    if (is_known(source)) return kPass;
    ++stats_.strangers;
    security_.report("security.refused", from, {}, {}, "malformed", now);
    const bool banned = offend(from, {}, {}, Offence::malformed, now);
    if (status == 0) return kPass;  // dropped anyway
    const bool answered = config_.sip.strangers_get_answer && !banned && stranger_rate_.take(now);
    return answered ? kForbidden : kDrop;
}

bool Server::Impl::is_scanner(const sip::Message& request) const {
    const auto agent = request.find(sip::HeaderId::user_agent);
    if (!agent) return false;
    const auto& words = config_.security.scanners;
    return std::any_of(words.begin(), words.end(), [&](const auto& word) { return contains_word(*agent, word); });
}

void Server::Impl::note_flood(const sip::Flow& from, std::string_view method, std::string_view user,
                              std::string_view limit, Timestamp now) {
    ++stats_.floods;
    security_.report("security.flood", from, method, user, limit, now);
}

/// True if the source is banned for it; one of which we know others isn't, for a phone that is set up wrongly.
bool Server::Impl::note_stranger(const sip::Message& request, const sip::Flow& from, Timestamp now, Offence offence) {
    ++stats_.strangers;
    const std::string_view user = request.from().uri.user;
    security_.report("security.refused", from, request.method_name(), user, to_string(offence), now);
    if (offence == Offence::stranger && is_known(from.remote.address)) return false;
    return offend(from, request.method_name(), user, offence, now);
}

/// What came of asking for a proof: for the log, and for or against the source. `user_exists`: whom the proof was for.
void Server::Impl::note_proof(const sip::DigestVerdict& verdict, const sip::Message& request, const sip::Flow& from,
                              bool user_exists, Timestamp now) {
    using Kind = sip::DigestVerdict::Kind;
    const IpAddress& source = from.remote.address;
    if (verdict.kind == Kind::accepted || verdict.kind == Kind::stale) return guard_.proved(source);
    const bool wrong = verdict.kind == Kind::wrong;
    // Behind an address that we know others may have proved themselves long ago.
    if (!wrong && (is_known(source) || is_exempt(source) || !guard_.challenged(source, now))) return;
    ++stats_.strangers;
    const std::string user = verdict.user.empty() ? sip::unescape(request.from().uri.user) : verdict.user;
    security_.report("security.auth_failed", from, request.method_name(), user,
                     !wrong        ? "unanswered"
                     : user_exists ? "wrong_credentials"
                                   : "unknown_user",
                     now);
    offend(from, request.method_name(), user, wrong ? Offence::failed_authentication : Offence::unanswered_challenge,
           now);
}

// ---- bans

bool Server::Impl::offend(const sip::Flow& from, std::string_view method, std::string_view user, Offence offence,
                          Timestamp now) {
    if (is_exempt(from.remote.address)) return false;
    const SourceGuard::Ban* ban = guard_.offend(from.remote, offence, now);
    if (!ban) return false;
    const std::string source = from.remote.to_string();
    sink_.append(now, "security.banned",
                 {{"source", source},
                  {"transport", sip::transport_name(from.transport)},
                  {"method", method},
                  {"user", user},
                  {"reason", to_string(offence)},
                  {"ban_ms", to_ms(config_.security.ban_time)}});
    return true;
}

void Server::Impl::note_unbanned(const SourceGuard::Ban& ban, std::string_view reason, Timestamp now) {
    const std::string source = ban.source.to_string();
    sink_.append(now, "security.unbanned",
                 {{"source", source}, {"reason", reason}, {"banned_ms", to_ms(now - ban.since)}});
}

std::vector<BanView> Server::bans(Timestamp now) const {
    std::vector<BanView> views;
    for (const auto& ban : impl_->guard_.bans())
        views.push_back({ban.source, to_string(ban.why), now - ban.since, ban.until - now});
    return views;
}

bool Server::unban(const IpAddress& source, Timestamp now) {
    const auto ban = impl_->guard_.lift(source);
    if (ban) impl_->note_unbanned(*ban, "operator", now);
    return ban.has_value();
}

Welcome Server::welcome(const IpAddress& source) const {
    if (impl_->is_exempt(source)) return Welcome::unlimited;
    return impl_->guard_.is_banned(source) ? Welcome::none : Welcome::limited;
}

void Server::handshake_failed(const sip::Flow& from, bool tls, std::string_view reason, Timestamp now) {
    impl_->security_.report(tls ? "security.tls_failed" : "security.websocket_refused", from, {}, {}, reason, now);
    // A phone that works may share its address with one whose certificate has run out.
    if (!impl_->is_known(from.remote.address)) impl_->offend(from, {}, {}, Offence::failed_handshake, now);
}

void Server::connection_refused(const sip::Flow& from, std::string_view limit, Timestamp now) {
    impl_->note_flood(from, {}, {}, limit, now);
}

}  // namespace centrala::calls
