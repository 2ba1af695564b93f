// Digest authentication, the server's side (RFC 3261 §22.4, RFC 7616 §3, RFC 8760).
#include "centrala/sip/digest.hpp"

#include <array>

#include <openssl/crypto.h>

#include "centrala/base/endpoint.hpp"
#include "sip/digest_fields.hpp"
#include "sip/nonces.hpp"

namespace centrala::sip {

namespace {

/// What follows the word Digest; each as sent, without quotes. A null data() means it isn't there.
struct Presented {
    std::string_view username, realm, nonce, uri, response, algorithm, cnonce, opaque, qop, nc;

    std::string_view* field(std::string_view name) {
        struct Named {
            std::string_view name;
            std::string_view Presented::*field;
        };
        static constexpr std::array<Named, 10> fields{{{"username", &Presented::username},
                                                       {"realm", &Presented::realm},
                                                       {"nonce", &Presented::nonce},
                                                       {"uri", &Presented::uri},
                                                       {"response", &Presented::response},
                                                       {"algorithm", &Presented::algorithm},
                                                       {"cnonce", &Presented::cnonce},
                                                       {"opaque", &Presented::opaque},
                                                       {"qop", &Presented::qop},
                                                       {"nc", &Presented::nc}}};
        for (const Named& f : fields)
            if (iequals(f.name, name)) return &(this->*f.field);
        return nullptr;
    }
};

/// False if it isn't a list of name=value, or has one of ours twice.
bool read_credentials(std::string_view list, Presented& out) {
    return each_digest_field(list, [&](std::string_view name, std::string_view value) {
        std::string_view* const field = out.field(name);
        if (!field) return true;
        if (field->data()) return false;
        *field = value;
        return true;
    });
}

std::optional<DigestAlgorithm> algorithm_of(const Presented& c) {
    if (!c.algorithm.data() || iequals(c.algorithm, "MD5")) return DigestAlgorithm::md5;
    if (iequals(c.algorithm, "SHA-256")) return DigestAlgorithm::sha256;
    return std::nullopt;
}

std::optional<std::uint32_t> read_nc(std::string_view text) {
    if (text.size() != 8) return std::nullopt;
    std::uint32_t value = 0;
    for (char c : text) {
        if (!chars::is(c, chars::kHex)) return std::nullopt;
        const char l = chars::lower(c);
        value = value << 4 | static_cast<std::uint32_t>(l <= '9' ? l - '0' : l - 'a' + 10);
    }
    return value;
}

/// The digest must be for this server (RFC 7616 §3.4.6), but proxies add and drop parameters and spell addresses
/// their own way, and the user may be another after forwarding (RFC 3261 §22.4); SIPp signs none at all. So scheme,
/// host and port count.
bool same_target(std::string_view text, const Message& request) {
    if (text == request.request_uri_text()) return true;
    const auto given = parse_uri(text);
    if (!given || !given->is_sip() || !request.request_uri().is_sip()) return false;
    const auto bare = [](Uri uri) {
        uri.user = uri.password = uri.parameters = uri.headers = {};
        if (uri.port == (iequals(uri.scheme, "sips") ? 5061 : 5060)) uri.port = 0;
        return uri;
    };
    return equivalent(bare(*given), bare(request.request_uri()));
}

std::string ha1_for(const DigestSecret& secret, DigestAlgorithm algorithm, std::string_view realm) {
    const std::string& stored = algorithm == DigestAlgorithm::md5 ? secret.ha1_md5 : secret.ha1_sha256;
    if (!stored.empty()) return stored;
    if (secret.password.empty()) return {};
    return digest_ha1(algorithm, secret.user, realm, secret.password);
}

bool same_response(std::string_view expected, std::string_view given) {
    if (expected.empty() || expected.size() != given.size()) return false;
    std::string lowered(given);
    for (char& c : lowered) c = chars::lower(c);
    return CRYPTO_memcmp(expected.data(), lowered.data(), expected.size()) == 0;
}

}  // namespace

struct DigestAuthenticator::Impl {
    Impl(std::string realm_text, Duration lifetime, std::size_t max, RandomSource& random)
        : realm(std::move(realm_text)), nonces(lifetime, max, random) {
        for (char c : realm) {
            if (c == '"' || c == '\\') quoted_realm.push_back('\\');
            quoted_realm.push_back(c == '\r' || c == '\n' ? ' ' : c);
        }
        nobody.ha1_md5 = digest_ha1(DigestAlgorithm::md5, random.token(16), realm, random.token(16));
        nobody.ha1_sha256 = digest_ha1(DigestAlgorithm::sha256, random.token(16), realm, random.token(16));
    }
    [[nodiscard]] bool offered(DigestAlgorithm a) const { return a == DigestAlgorithm::md5 ? md5 : sha256; }
    DigestVerdict judge(const Message& request, const Presented& c, const Lookup& lookup, Timestamp now);

    std::string realm, quoted_realm;
    Nonces nonces;
    DigestSecret nobody;  ///< stands in for unknown users, who then take as long as known ones
    bool sha256 = true, md5 = true;
};

DigestVerdict DigestAuthenticator::Impl::judge(const Message& request, const Presented& c, const Lookup& lookup,
                                               Timestamp now) {
    DigestVerdict verdict{DigestVerdict::Kind::wrong, without_quoted_pairs(c.username)};
    const auto algorithm = algorithm_of(c);
    const auto count = read_nc(c.nc);
    if (!algorithm || !offered(*algorithm) || !count || *count == 0 || !iequals(c.qop, "auth") || c.username.empty() ||
        c.cnonce.empty() || !same_target(c.uri, request))
        return verdict;
    const DigestSecret* const known = lookup(verdict.user);
    const std::string ha1 = ha1_for(known ? *known : nobody, *algorithm, realm);
    const std::string expected =
        digest_response(*algorithm, ha1, request.method_name(), c.uri, c.nonce, c.nc, c.cnonce, c.qop);
    if (!same_response(expected, c.response) || !known || ha1.empty()) return verdict;
    // Only who knows the password learns that just the nonce was at fault; a nonce of before a restart is such, too.
    verdict.kind = nonces.spend(c.nonce, *count, now) ? DigestVerdict::Kind::accepted : DigestVerdict::Kind::stale;
    return verdict;
}

DigestAuthenticator::DigestAuthenticator(std::string realm, Duration nonce_lifetime, std::size_t nonces_max,
                                         RandomSource& random)
    : impl_(std::make_unique<Impl>(std::move(realm), nonce_lifetime, nonces_max, random)) {}

DigestAuthenticator::~DigestAuthenticator() = default;

void DigestAuthenticator::offer(bool sha256, bool md5) {
    impl_->sha256 = sha256, impl_->md5 = md5;
}

DigestVerdict DigestAuthenticator::verify(const Message& request, bool proxy, const Lookup& lookup, Timestamp now) {
    const HeaderId wanted = proxy ? HeaderId::proxy_authorization : HeaderId::authorization;
    for (const Header& h : request.headers()) {
        const std::string_view list = after_digest(h.value);
        if (h.id != wanted || !list.data()) continue;  // another scheme is as good as none (RFC 4475 §3.3.7)
        Presented c;
        if (!read_credentials(list, c)) return {DigestVerdict::Kind::wrong, without_quoted_pairs(c.username)};
        if (without_quoted_pairs(c.realm) != impl_->realm) continue;  // meant for someone else on the way (§22.3)
        return impl_->judge(request, c, lookup, now);
    }
    return {DigestVerdict::Kind::no_credentials, {}};
}

std::string DigestAuthenticator::challenge(bool proxy, bool stale, Timestamp now) {
    const std::string nonce = impl_->nonces.issue(now);
    std::string out;
    for (const DigestAlgorithm algorithm : {DigestAlgorithm::sha256, DigestAlgorithm::md5}) {
        if (!impl_->offered(algorithm)) continue;
        out.append(proxy ? "Proxy-Authenticate: " : "WWW-Authenticate: ");
        out.append("Digest realm=\"").append(impl_->quoted_realm).append("\", nonce=\"").append(nonce);
        out.append("\", algorithm=").append(to_string(algorithm)).append(", qop=\"auth\"");
        out.append(stale ? ", stale=true\r\n" : "\r\n");
    }
    return out;
}

const std::string& DigestAuthenticator::realm() const {
    return impl_->realm;
}

std::size_t DigestAuthenticator::nonces() const {
    return impl_->nonces.size();
}

}  // namespace centrala::sip
