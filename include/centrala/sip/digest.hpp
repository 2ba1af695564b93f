// Digest access authentication, both sides (RFC 3261 §22, RFC 7616, RFC 8760), sans-I/O.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

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
    bool operator==(const DigestSecret&) const = default;
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

// ---- client side ---------------------------------------------------------------------------------------------------

struct Credentials {
    std::string user, password;
    bool operator==(const Credentials&) const = default;
};

/// A WWW-Authenticate or Proxy-Authenticate value that can be answered. Texts as sent, without their quotes.
struct DigestChallenge {
    std::string realm, nonce, opaque, algorithm_name;  ///< opaque, algorithm_name: "" if not given
    DigestAlgorithm algorithm = DigestAlgorithm::md5;
    bool session = false;  ///< one of the -sess algorithms
    bool qop = false;      ///< qop=auth is offered; else RFC 2069's form is asked for
    bool stale = false;
};
/// nullopt: another scheme, malformed, an unknown algorithm, or no qop that is known.
[[nodiscard]] std::optional<DigestChallenge> read_challenge(std::string_view value);
/// The value of Authorization or Proxy-Authorization. `count` is how often the nonce has been used, from 1 on.
[[nodiscard]] std::string answer_challenge(const DigestChallenge& challenge, const Credentials& credentials,
                                           std::string_view method, std::string_view uri, std::uint32_t count,
                                           std::string_view cnonce);

/// What a client remembers of the servers that challenge it: one dialog's, or one registration's.
class DigestClient {
public:
    explicit DigestClient(Credentials credentials) : credentials_(std::move(credentials)) {}

    /// Of a 401 or 407: per realm the strongest challenge (RFC 8760 §2.3). True: send the request again with
    /// append_lines(); false: nothing in it can be answered, or our answer was refused.
    [[nodiscard]] bool challenged(const Message& response);
    /// Any other final response: what was sent has convinced, so a new nonce is no refusal.
    void accepted();
    /// The header lines for a request; nothing before a challenge. Each use counts.
    void append_lines(std::string& out, std::string_view method, std::string_view uri, RandomSource& random);

private:
    struct Realm {
        DigestChallenge challenge;
        bool proxy = false;
        std::uint32_t count = 0;
        int stale_in_a_row = 0;
        bool accepted = false;
    };
    Realm* find(std::string_view realm, bool proxy);
    bool take(const DigestChallenge& challenge, bool proxy);

    Credentials credentials_;
    std::vector<Realm> realms_;
};

}  // namespace centrala::sip
