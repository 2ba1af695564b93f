// Digest authentication, the client's side (RFC 3261 §22.2, §22.3; RFC 7616 §3.3, §3.4; RFC 8760 §2).
#include <algorithm>
#include <cstdio>

#include "centrala/sip/digest.hpp"
#include "sip/digest_fields.hpp"

namespace centrala::sip {
namespace {

/// A server that calls every nonce stale is no better than one that refuses.
constexpr int kStaleInARow = 3;
constexpr std::size_t kRealmsMax = 8;
constexpr std::size_t kChallengeBytesMax = 4'096;

bool lists_auth(std::string_view qop) {
    while (auto item = next_item(qop))
        if (iequals(*item, "auth")) return true;
    return false;
}

std::string quoted_value(std::string_view text) {
    std::string out;
    for (const char c : text) {
        if (c == '"' || c == '\\') out.push_back('\\');
        out.push_back(c);
    }
    return out;
}

}  // namespace

std::optional<DigestChallenge> read_challenge(std::string_view value) {
    const std::string_view list = after_digest(value);
    if (!list.data() || value.size() > kChallengeBytesMax) return std::nullopt;
    DigestChallenge c;
    bool realm = false, nonce = false, usable = true;
    const bool whole = each_digest_field(list, [&](std::string_view name, std::string_view v) {
        if (iequals(name, "realm"))
            c.realm = v, realm = true;
        else if (iequals(name, "nonce"))
            c.nonce = v, nonce = true;
        else if (iequals(name, "opaque"))
            c.opaque = v;
        else if (iequals(name, "stale"))
            c.stale = iequals(v, "true");
        else if (iequals(name, "qop"))
            c.qop = true, usable = usable && lists_auth(v);
        else if (iequals(name, "algorithm")) {
            c.algorithm_name = v;
            std::string_view base = v;
            if (base.size() > 5 && iequals(base.substr(base.size() - 5), "-sess"))
                c.session = true, base.remove_suffix(5);
            if (iequals(base, "SHA-256"))
                c.algorithm = DigestAlgorithm::sha256;
            else if (!iequals(base, "MD5"))
                usable = false;
        }
        return true;
    });
    if (!whole || !realm || !nonce || !usable) return std::nullopt;
    return c;
}

std::string answer_challenge(const DigestChallenge& c, const Credentials& who, std::string_view method,
                             std::string_view uri, std::uint32_t count, std::string_view cnonce) {
    char nc[9];
    std::snprintf(nc, sizeof nc, "%08x", static_cast<unsigned>(count));
    std::string ha1 = digest_ha1(c.algorithm, who.user, without_quoted_pairs(c.realm), who.password);
    if (c.session) ha1 = digest_ha1(c.algorithm, ha1, c.nonce, cnonce);  // RFC 7616 §3.4.2
    const std::string_view qop = c.qop ? "auth" : "";
    std::string out;
    out.append("Digest username=\"").append(quoted_value(who.user)).append("\", realm=\"").append(c.realm);
    out.append("\", nonce=\"").append(c.nonce).append("\", uri=\"").append(uri).append("\", response=\"");
    out.append(digest_response(c.algorithm, ha1, method, uri, c.nonce, nc, cnonce, qop)).append("\"");
    if (!c.algorithm_name.empty()) out.append(", algorithm=").append(c.algorithm_name);
    if (c.qop || c.session) out.append(", cnonce=\"").append(cnonce).append("\"");
    if (c.qop) out.append(", qop=auth, nc=").append(nc);
    if (!c.opaque.empty()) out.append(", opaque=\"").append(c.opaque).append("\"");
    return out;
}

DigestClient::Realm* DigestClient::find(std::string_view realm, bool proxy) {
    const auto it = std::find_if(realms_.begin(), realms_.end(),
                                 [&](const Realm& r) { return r.proxy == proxy && r.challenge.realm == realm; });
    return it == realms_.end() ? nullptr : &*it;
}

bool DigestClient::take(const DigestChallenge& challenge, bool proxy) {
    Realm* known = find(challenge.realm, proxy);
    if (!known) {
        if (realms_.size() >= kRealmsMax) return false;
        realms_.push_back({challenge, proxy, 0, 0, false});
        return true;
    }
    // The same question again after our answer: it was wrong, unless the nonce had only become too old. Servers that
    // don't say stale are believed once after each success.
    if (challenge.stale ? known->stale_in_a_row >= kStaleInARow : !known->accepted) return false;
    known->stale_in_a_row = challenge.stale ? known->stale_in_a_row + 1 : 0;
    known->accepted = false;
    known->count = 0;
    known->challenge = challenge;
    return true;
}

bool DigestClient::challenged(const Message& response) {
    std::vector<std::pair<DigestChallenge, bool>> best;
    for (const Header& h : response.headers()) {
        const bool proxy = h.id == HeaderId::proxy_authenticate;
        if (!proxy && h.id != HeaderId::www_authenticate) continue;
        auto challenge = read_challenge(h.value);
        if (!challenge || best.size() >= kRealmsMax) continue;
        const auto same = std::find_if(best.begin(), best.end(), [&](const auto& b) {
            return b.second == proxy && b.first.realm == challenge->realm;
        });
        if (same == best.end())
            best.emplace_back(std::move(*challenge), proxy);
        else if (challenge->algorithm > same->first.algorithm)
            same->first = std::move(*challenge);
    }
    if (best.empty()) return false;
    bool all = true;
    for (const auto& [challenge, proxy] : best) all = take(challenge, proxy) && all;
    return all;
}

void DigestClient::accepted() {
    for (Realm& realm : realms_) realm.accepted = realm.count > 0, realm.stale_in_a_row = 0;
}

void DigestClient::append_lines(std::string& out, std::string_view method, std::string_view uri, RandomSource& random) {
    for (Realm& realm : realms_) {
        const std::string answer =
            answer_challenge(realm.challenge, credentials_, method, uri, ++realm.count, random.token(8));
        MessageWriter(out).header(realm.proxy ? "Proxy-Authorization" : "Authorization", answer);
    }
}

}  // namespace centrala::sip
