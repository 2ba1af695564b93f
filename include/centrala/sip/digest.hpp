// Digest access authentication, server side (RFC 3261 §22, RFC 7616, RFC 8760), sans-I/O.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "centrala/base/random.hpp"
#include "centrala/base/time.hpp"
#include "centrala/sip/message.hpp"

namespace centrala::sip {

enum class DigestAlgorithm : std::uint8_t { md5, sha256 };
[[nodiscard]] std::string_view to_string(DigestAlgorithm algorithm);  ///< "MD5", "SHA-256"

/// Credentials as stored: per algorithm H(user:realm:password) in lower-case hex, or the password itself.
struct DigestSecret {
    std::string user;
    std::string password;    ///< "" if only hashes are stored
    std::string ha1_md5;     ///< "" if none
    std::string ha1_sha256;  ///< "" if none
};

/// H(user:realm:password), lower-case hex.
[[nodiscard]] std::string digest_ha1(DigestAlgorithm algorithm, std::string_view user, std::string_view realm,
                                     std::string_view password);
/// The whole computation of RFC 7616 §3.4.1; qop "" is RFC 2069's form. `ha1` is given.
[[nodiscard]] std::string digest_response(DigestAlgorithm algorithm, std::string_view ha1, std::string_view method,
                                          std::string_view uri, std::string_view nonce, std::string_view nc,
                                          std::string_view cnonce, std::string_view qop);

struct DigestVerdict {
    enum class Kind : std::uint8_t {
        accepted,
        no_credentials,  ///< challenge
        stale,           ///< right, but the nonce has expired or nc came again: challenge with stale=true
        wrong,           ///< unknown user, bad response, malformed: challenge, count it against the source
    } kind = Kind::no_credentials;
    std::string user;  ///< as claimed; known to be true only if accepted
};

/// Nonces are self-contained (time + MAC under a key drawn at start), so an attacker can't fill a table by asking;
/// only nonces used successfully are remembered, for their nc (RFC 7616 §3.3), bounded in number.
class DigestAuthenticator {
public:
    DigestAuthenticator(std::string realm, Duration nonce_lifetime, std::size_t nonces_max, RandomSource& random);
    ~DigestAuthenticator();

    /// Both are offered and accepted unless this says otherwise: where only MD5 hashes are stored, SHA-256 must not be
    /// offered, for a phone that knows it will choose it.
    void offer(bool sha256, bool md5);

    using Lookup = std::function<const DigestSecret*(std::string_view user)>;
    /// Looks at Authorization (or Proxy-Authorization when `proxy`). Only qop=auth is accepted.
    [[nodiscard]] DigestVerdict verify(const Message& request, bool proxy, const Lookup& lookup, Timestamp now);
    /// Complete WWW-Authenticate (Proxy-Authenticate) lines, SHA-256 first, then MD5 (RFC 8760 §2.4).
    [[nodiscard]] std::string challenge(bool proxy, bool stale, Timestamp now);
    [[nodiscard]] const std::string& realm() const;
    /// Nonces remembered for their nc.
    [[nodiscard]] std::size_t nonces() const;

private:
    struct Impl;
    std::unique_ptr<Impl> impl_;
};

}  // namespace centrala::sip
