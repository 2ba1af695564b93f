// Self-contained nonces: time, salt, and an HMAC-SHA-256 of both under a key that dies with the process.
#include "sip/nonces.hpp"

#include <algorithm>
#include <cstdlib>

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>

#include "sip/hex.hpp"

namespace centrala::sip {
namespace {

void store(std::uint8_t* to, std::uint64_t value) {
    for (int i = 0; i < 8; ++i) to[i] = static_cast<std::uint8_t>(value >> (56 - 8 * i));
}
std::uint64_t load(const std::uint8_t* from) {
    std::uint64_t value = 0;
    for (int i = 0; i < 8; ++i) value = value << 8 | from[i];
    return value;
}

}  // namespace

Nonces::Nonces(Duration lifetime, std::size_t max, RandomSource& random)
    : lifetime_(lifetime), max_(std::max<std::size_t>(max, 1)), random_(random) {
    random_.fill(key_);
}

Nonces::~Nonces() {
    OPENSSL_cleanse(key_.data(), key_.size());
}

bool Nonces::seal(Bytes& bytes) const {
    std::array<unsigned char, EVP_MAX_MD_SIZE> mac;
    unsigned size = 0;
    if (!HMAC(EVP_sha256(), key_.data(), static_cast<int>(key_.size()), bytes.data(), kPlainBytes, mac.data(), &size) ||
        size < kMacBytes)
        return false;
    std::copy_n(mac.begin(), kMacBytes, bytes.begin() + kPlainBytes);
    return true;
}

std::string Nonces::issue(Timestamp now) {
    static constexpr char kHex[] = "0123456789abcdef";
    Bytes bytes{};
    store(bytes.data(), static_cast<std::uint64_t>(now.time_since_epoch().count()));
    store(bytes.data() + 8, random_.next_u64());
    std::string out;
    if (!seal(bytes)) return out;  // nothing will be accepted with it
    out.reserve(2 * bytes.size());
    for (std::uint8_t b : bytes) {
        out.push_back(kHex[b >> 4]);
        out.push_back(kHex[b & 15]);
    }
    return out;
}

bool Nonces::spend(std::string_view nonce, std::uint32_t count, Timestamp now) {
    Bytes given{};
    if (nonce.size() != 2 * given.size()) return false;
    for (std::size_t i = 0; i < given.size(); ++i) {
        const int high = chars::hex_value(nonce[2 * i]), low = chars::hex_value(nonce[2 * i + 1]);
        if (high < 0 || low < 0) return false;
        given[i] = static_cast<std::uint8_t>(high << 4 | low);
    }
    Bytes ours = given;
    if (!seal(ours) || CRYPTO_memcmp(ours.data(), given.data(), ours.size()) != 0) return false;

    forget_expired(now);
    const Key key{static_cast<std::int64_t>(load(given.data())), load(given.data() + 8)};
    if (Timestamp(Duration(key.first)) + lifetime_ < now) return false;
    if (const auto known = used_.find(key); known != used_.end()) return known->second.take(count);
    if (key <= floor_) return false;
    if (used_.size() >= max_) {
        // The oldest goes. So that it can't be replayed now, none as old as it is taken any more.
        floor_ = std::max(floor_, used_.begin()->first);
        used_.erase(used_.begin());
        if (key <= floor_) return false;
    }
    return used_[key].take(count);
}

bool Nonces::Window::take(std::uint32_t count) {
    if (count == 0) return false;
    if (count > highest) {
        const std::uint32_t ahead = count - highest;
        seen = ahead < 64 ? seen << ahead : 0;
        seen |= 1;
        highest = count;
        return true;
    }
    const std::uint32_t behind = highest - count;
    if (behind >= 64 || (seen >> behind & 1)) return false;
    seen |= 1ULL << behind;
    return true;
}

void Nonces::forget_expired(Timestamp now) {
    while (!used_.empty() && Timestamp(Duration(used_.begin()->first.first)) + lifetime_ < now)
        used_.erase(used_.begin());
}

}  // namespace centrala::sip
