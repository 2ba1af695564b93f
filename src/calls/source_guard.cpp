// Offences are counted in windows that begin with the first; a ban begins a new account.
#include "source_guard.hpp"

namespace centrala::calls {

std::string_view to_string(Offence offence) {
    switch (offence) {
        case Offence::stranger: return "stranger";
        case Offence::failed_authentication: return "failed_authentication";
        case Offence::unanswered_challenge: return "unanswered_challenge";
        case Offence::malformed: return "malformed";
        case Offence::failed_handshake: return "failed_handshake";
        case Offence::scanner: return "scanner";
    }
    return {};
}

SourceGuard::Source& SourceGuard::source(const IpAddress& address) {
    if (const auto found = sources_.find(address); found != sources_.end()) {
        by_use_.splice(by_use_.begin(), by_use_, found->second.place);
        return found->second;
    }
    if (sources_.size() >= kSourcesMax) {
        sources_.erase(by_use_.back());
        by_use_.pop_back();
    }
    Source& fresh = sources_.emplace(address, Source(policy_.requests_per_second)).first->second;
    fresh.place = by_use_.insert(by_use_.begin(), address);
    return fresh;
}

bool SourceGuard::take(const IpAddress& source_address, Timestamp now) {
    return policy_.requests_per_second == 0 || source(source_address).rate.take(now);
}

const SourceGuard::Ban* SourceGuard::offend(const Endpoint& from, Offence offence, Timestamp now) {
    if (policy_.ban_after == 0 || is_banned(from.address)) return nullptr;
    Source& account = source(from.address);
    if (account.offences == 0 || now - account.first_offence >= policy_.ban_within) {
        account.offences = 0;
        account.first_offence = now;
    }
    ++account.offences;
    if ((offence != Offence::scanner && account.offences < policy_.ban_after) || bans_.size() >= kBansMax)
        return nullptr;
    account.offences = account.challenges = 0;
    const Timestamp until = now + policy_.ban_time;
    by_end_.emplace(until, from.address);
    return &bans_.emplace(from.address, Ban{from, offence, now, until}).first->second;
}

bool SourceGuard::challenged(const IpAddress& address, Timestamp now) {
    if (policy_.ban_after == 0) return false;
    Source& account = source(address);
    if (account.challenges == 0 || now - account.first_challenge >= policy_.ban_within) {
        account.challenges = 0;
        account.first_challenge = now;
    }
    return ++account.challenges > kChallengesMax && now - account.first_challenge >= kAnswerTime;
}

void SourceGuard::proved(const IpAddress& address) {
    if (const auto found = sources_.find(address); found != sources_.end()) found->second.challenges = 0;
}

std::vector<SourceGuard::Ban> SourceGuard::bans() const {
    std::vector<Ban> all;
    all.reserve(by_end_.size());
    for (const auto& [until, address] : by_end_) all.push_back(bans_.at(address));
    return all;
}

std::optional<SourceGuard::Ban> SourceGuard::lift(const IpAddress& address) {
    const auto found = bans_.find(address);
    if (found == bans_.end()) return std::nullopt;
    const Ban ban = found->second;
    by_end_.erase({ban.until, address});
    bans_.erase(found);
    return ban;
}

std::optional<Timestamp> SourceGuard::deadline() const {
    return by_end_.empty() ? std::nullopt : std::optional(by_end_.begin()->first);
}

std::vector<SourceGuard::Ban> SourceGuard::expire(Timestamp now) {
    std::vector<Ban> over;
    while (!by_end_.empty() && by_end_.begin()->first <= now) {
        const IpAddress address = by_end_.begin()->second;
        over.push_back(*lift(address));
    }
    return over;
}

}  // namespace centrala::calls
