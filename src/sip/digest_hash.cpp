// The hashes of digest authentication (RFC 7616 §3.4.1 to §3.4.3; RFC 8760 for SHA-256 in SIP).
#include <array>
#include <initializer_list>

#include <openssl/evp.h>

#include "centrala/sip/digest.hpp"

namespace centrala::sip {
namespace {

/// H(part:part:…) in lower-case hex; "" if the crypto library refuses the algorithm (MD5 under FIPS).
std::string hash(DigestAlgorithm algorithm, std::initializer_list<std::string_view> parts) {
    std::string text;
    for (const std::string_view* part = parts.begin(); part != parts.end(); ++part) {
        if (part != parts.begin()) text.push_back(':');
        text.append(*part);
    }
    std::array<unsigned char, EVP_MAX_MD_SIZE> sum;
    unsigned size = 0;
    const EVP_MD* const how = algorithm == DigestAlgorithm::md5 ? EVP_md5() : EVP_sha256();
    if (EVP_Digest(text.data(), text.size(), sum.data(), &size, how, nullptr) != 1) return {};
    static constexpr char kHex[] = "0123456789abcdef";
    std::string out;
    out.reserve(2 * size);
    for (unsigned i = 0; i < size; ++i) {
        out.push_back(kHex[sum[i] >> 4]);
        out.push_back(kHex[sum[i] & 15]);
    }
    return out;
}

}  // namespace

std::string_view to_string(DigestAlgorithm algorithm) {
    return algorithm == DigestAlgorithm::md5 ? "MD5" : "SHA-256";
}

std::string digest_ha1(DigestAlgorithm algorithm, std::string_view user, std::string_view realm,
                       std::string_view password) {
    return hash(algorithm, {user, realm, password});
}

std::string digest_response(DigestAlgorithm algorithm, std::string_view ha1, std::string_view method,
                            std::string_view uri, std::string_view nonce, std::string_view nc, std::string_view cnonce,
                            std::string_view qop) {
    const std::string ha2 = hash(algorithm, {method, uri});
    if (ha2.empty()) return {};
    if (qop.empty()) return hash(algorithm, {ha1, nonce, ha2});
    return hash(algorithm, {ha1, nonce, nc, cnonce, qop, ha2});
}

}  // namespace centrala::sip
