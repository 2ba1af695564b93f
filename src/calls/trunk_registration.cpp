// REGISTER as a client: RFC 3261 §10.2; intervals §10.2.1.1 and §10.2.8, back-off RFC 5626 §4.5, Service-Route RFC
// 3608.
#include "trunk_registration.hpp"

#include <algorithm>

#include "centrala/sip/retry_after.hpp"

namespace centrala::calls {
namespace {

constexpr unsigned kChallengesMax = 4;  // a proxy's and the registrar's, each with a stale nonce
constexpr std::size_t kRoutesMax = 8;
constexpr std::size_t kRouteBytesMax = 512;
constexpr Duration kIntervalMax = 7 * 24h;  // a registrar may want us to come back after the end of time
constexpr Duration kRetryAfterMax = 1h;

Duration seconds(std::uint32_t count) {
    return std::chrono::seconds(count);
}

}  // namespace

TrunkRegistration::TrunkRegistration(const config::Trunk& trunk, RandomSource& random)
    : config_(*trunk.registration),
      random_(random),
      call_id_(random.token(16)),
      asked_(config_.expires),
      next_(Timestamp{}) {
    if (trunk.credentials) digest_.emplace(*trunk.credentials);
}

std::optional<TrunkRegistration::Request> TrunkRegistration::due(const sip::Flow& via, Timestamp now) {
    if (out_ || !next_ || *next_ > now) return std::nullopt;
    next_.reset();
    out_ = true;
    contact_uri_ = "sip:" + sip::escape_user(config_.contact_user) + "@";
    via.local.address.append_as_host(contact_uri_);
    contact_uri_ += ":" + std::to_string(via.local.port);
    if (via.transport != sip::Transport::udp) contact_uri_.append(";transport=").append(sip::param_name(via.transport));
    const auto interval = std::chrono::duration_cast<std::chrono::seconds>(ending_ ? Duration{} : asked_).count();
    Request request;
    request.uri = config_.registrar;
    sip::MessageWriter writer(request.header_lines);
    writer.header("Max-Forwards", 70)
        .header("From", "<", config_.aor, ">;tag=", random_.token(8))
        .header("To", "<", config_.aor, ">")
        .header("Call-ID", call_id_)
        .header("CSeq", ++cseq_, " REGISTER")
        .header("Contact", "<", contact_uri_, ">;expires=", interval)
        .header("Expires", interval);
    if (digest_) digest_->append_lines(request.header_lines, "REGISTER", request.uri, random_);
    return request;
}

TrunkRegistration::Change TrunkRegistration::answered(const sip::Message* response, bool another, Timestamp now) {
    out_ = false;
    const int status = response ? response->status() : 0;
    if (status / 100 == 2) return accepted(*response, now);
    if (status == 401 || status == 407) return challenged(*response, now);
    if (ending_) {  // nobody to convince any more
        until_.reset();
        return {Change::Kind::unregistered, status, "shutdown", {}};
    }
    if (status == 423) {  // §10.2.8
        const auto least = response->number(sip::HeaderId::min_expires);
        if (least && seconds(*least) > asked_ && seconds(*least) <= kIntervalMax) {
            asked_ = seconds(*least);
            next_ = now;
            return {};
        }
    }
    // RFC 3263 §4.3: the next target when this one doesn't answer or can't serve.
    if (another && (status == 0 || status == 503)) {
        next_ = now;
        return {};
    }
    const auto wait = response ? sip::retry_after(*response) : std::nullopt;
    return failed(status, status == 0 ? "no_answer" : "refused",
                  wait ? std::min<Duration>(*wait, kRetryAfterMax) : Duration{}, now);
}

TrunkRegistration::Change TrunkRegistration::unreachable(Timestamp now) {
    if (ending_) {
        next_.reset();
        until_.reset();
        return {};
    }
    return failed(0, "not_found", {}, now);
}

TrunkRegistration::Change TrunkRegistration::accepted(const sip::Message& response, Timestamp now) {
    challenges_ = 0;
    if (digest_) digest_->accepted();
    if (ending_) {
        until_.reset();
        service_route_.clear();
        return {Change::Kind::unregistered, 0, "shutdown", {}};
    }
    const Duration interval = std::min(granted(response), kIntervalMax);
    if (interval <= Duration{}) return failed(response.status(), "no_binding", {}, now);
    const bool fresh = !until_;
    failures_ = 0;
    last_status_ = 0;
    until_ = now + interval;
    accepted_at_ = now;
    // Early enough for a few attempts before it runs out, and not all trunks at once.
    next_ = now + interval * static_cast<std::int64_t>(75 + random_.below(11)) / 100;
    keep_service_route(response);
    return fresh ? Change{Change::Kind::registered, 0, {}, interval} : Change{};
}

TrunkRegistration::Change TrunkRegistration::challenged(const sip::Message& response, Timestamp now) {
    const bool can = digest_ && digest_->challenged(response);
    if (can && ++challenges_ <= kChallengesMax) {
        next_ = now;
        return {};
    }
    challenges_ = 0;
    if (ending_) {
        until_.reset();
        return {Change::Kind::unregistered, response.status(), "shutdown", {}};
    }
    return failed(response.status(), digest_ ? "wrong_credentials" : "no_credentials", {}, now);
}

TrunkRegistration::Change TrunkRegistration::failed(int status, std::string_view cause, Duration at_least,
                                                    Timestamp now) {
    challenges_ = 0;
    last_status_ = status;
    Duration wait = config_.retry_max;
    if (failures_ < 32) wait = std::min(wait, config_.retry * (std::int64_t{1} << failures_));
    ++failures_;
    // Between half of it and all of it, so that a carrier that comes back isn't met by everybody at once.
    wait =
        wait / 2 + Duration(static_cast<std::int64_t>(random_.below(static_cast<std::uint64_t>(wait.count()) / 2 + 1)));
    wait = std::max(wait, at_least);
    next_ = now + wait;
    return {Change::Kind::failed, status, cause, wait};
}

void TrunkRegistration::connection_lost(Timestamp now) {
    if (!until_ || !next_ || ending_ || failures_ > 0) return;
    next_ = std::min(*next_, std::max(now, accepted_at_ + config_.retry));  // a registrar may close after each answer
}

TrunkRegistration::Change TrunkRegistration::expire(Timestamp now) {
    if (!until_ || *until_ > now) return {};
    until_.reset();
    service_route_.clear();
    return {Change::Kind::unregistered, 0, "expired", {}};
}

void TrunkRegistration::end(Timestamp now) {
    if (ending_) return;
    ending_ = true;
    challenges_ = 0;
    next_.reset();
    // A request that is out may still succeed: its binding is removed as well.
    if (until_ || out_) next_ = now;
    out_ = false;
}

std::optional<Timestamp> TrunkRegistration::deadline() const {
    if (next_ && until_ && !ending_) return std::min(*next_, *until_);
    return next_ ? next_ : ending_ ? std::nullopt : until_;
}

TrunkRegistration::State TrunkRegistration::state() const {
    if (ending_) return out_ || next_ ? State::ending : State::unregistered;
    if (until_) return State::registered;
    return failures_ > 0 && !out_ ? State::failed : State::trying;
}

/// §10.2.1.1, §10.2.4: what stands at our Contact, else in Expires, else what we asked for.
Duration TrunkRegistration::granted(const sip::Message& response) const {
    const auto ours = sip::parse_uri(contact_uri_);
    std::optional<Duration> at_contact;
    bool any = false;
    response.each(sip::HeaderId::contact, [&](std::string_view value) {
        const auto contact = sip::parse_name_addr(value);
        any = true;
        if (!contact || !ours || contact->uri.user != ours->user || !sip::iequals(contact->uri.host, ours->host) ||
            contact->uri.port != ours->port)
            return;
        at_contact = Duration{-1};
        const auto expires = contact->parameter("expires");
        std::uint64_t number = 0;
        if (!expires || expires->empty() || expires->size() > 10) return;
        for (const char c : *expires) {
            if (c < '0' || c > '9') return;
            number = number * 10 + static_cast<std::uint64_t>(c - '0');
        }
        at_contact = seconds(static_cast<std::uint32_t>(std::min<std::uint64_t>(number, 0xffff'ffff)));
    });
    if (at_contact && *at_contact >= Duration{}) return *at_contact;
    if (const auto expires = response.number(sip::HeaderId::expires)) return seconds(*expires);
    // Registrars behind a NAT's other side show our Contact with another address; a list without any is a refusal.
    return any ? asked_ : Duration{};
}

void TrunkRegistration::keep_service_route(const sip::Message& response) {
    service_route_.clear();
    response.each(sip::HeaderId::service_route, [&](std::string_view value) {
        const auto route = sip::parse_name_addr(value);
        if (route && route->uri.is_sip() && value.size() <= kRouteBytesMax && service_route_.size() < kRoutesMax)
            service_route_.emplace_back(value);
    });
}

}  // namespace centrala::calls
