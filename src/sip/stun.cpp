// STUN Binding (RFC 5389 §6, §7.3.1, §8, §15.2, §15.5, §15.6, §15.9), as much of it as RFC 5626 §4.4.2 wants of a
// registrar's edge.
#include "centrala/sip/stun.hpp"

#include <cstdint>

namespace centrala::sip {
namespace {

constexpr std::size_t kHeader = 20, kAttributeHeader = 4, kFingerprintSize = 8;
constexpr std::uint32_t kMagicCookie = 0x2112a442, kFingerprintMask = 0x5354554e;
constexpr std::uint16_t kBindingRequest = 0x0001, kBindingSuccess = 0x0101, kBindingError = 0x0111;

enum Attribute : std::uint16_t {
    username = 0x0006,
    message_integrity = 0x0008,
    error_code = 0x0009,
    unknown_attributes = 0x000a,
    realm = 0x0014,
    nonce = 0x0015,
    xor_mapped_address = 0x0020,
    comprehension_optional = 0x8000,  ///< from here on what isn't known may be ignored
    fingerprint = 0x8028,
};

std::uint16_t read16(std::span<const char> at, std::size_t i) {
    return static_cast<std::uint16_t>(static_cast<unsigned char>(at[i]) << 8 | static_cast<unsigned char>(at[i + 1]));
}
std::uint32_t read32(std::span<const char> at, std::size_t i) {
    return static_cast<std::uint32_t>(read16(at, i)) << 16 | read16(at, i + 2);
}

/// ITU V.42's, as RFC 5389 §15.5 wants it.
std::uint32_t crc32(std::span<const char> bytes) {
    std::uint32_t crc = 0xffff'ffff;
    for (const char c : bytes) {
        crc ^= static_cast<unsigned char>(c);
        for (int bit = 0; bit < 8; ++bit) crc = crc >> 1 ^ ((crc & 1) != 0 ? 0xedb8'8320U : 0U);
    }
    return ~crc;
}

class Writer {
public:
    /// A header with the request's cookie and transaction id; the length comes last.
    Writer(StunAnswer& into, std::uint16_t type, std::span<const char> request) : out_(into) {
        put16(type);
        put16(0);
        for (std::size_t i = 4; i < kHeader; ++i) put8(static_cast<unsigned char>(request[i]));
    }
    void put8(unsigned value) { out_.buffer[out_.size++] = static_cast<char>(value); }
    void put16(unsigned value) {
        put8(value >> 8 & 0xff);
        put8(value & 0xff);
    }
    void put32(std::uint32_t value) {
        put16(value >> 16);
        put16(value & 0xffff);
    }
    void finish(bool with_fingerprint) {
        const std::size_t length = out_.size - kHeader + (with_fingerprint ? kFingerprintSize : 0);
        out_.buffer[2] = static_cast<char>(length >> 8);
        out_.buffer[3] = static_cast<char>(length & 0xff);
        if (!with_fingerprint) return;
        const std::uint32_t crc = crc32(std::span(out_.buffer).first(out_.size)) ^ kFingerprintMask;
        put16(Attribute::fingerprint);
        put16(4);
        put32(crc);
    }

private:
    StunAnswer& out_;
};

struct Request {
    static constexpr std::size_t kUnknownMax = 4;  ///< named in the answer; who has more has a different problem
    std::array<std::uint16_t, kUnknownMax> unknown{};
    std::size_t unknown_count = 0;
    bool has_fingerprint = false;
};

bool is_known(std::uint16_t type) {
    // Credentials are understood and not wanted: nothing is given away that IP doesn't say.
    return type == Attribute::username || type == Attribute::message_integrity || type == Attribute::realm ||
           type == Attribute::nonce;
}

/// False: to be dropped.
bool read(std::span<const char> datagram, Request& request) {
    if (datagram.size() < kHeader || read16(datagram, 0) != kBindingRequest || read32(datagram, 4) != kMagicCookie)
        return false;
    if (read16(datagram, 2) != datagram.size() - kHeader || datagram.size() % 4 != 0) return false;
    for (std::size_t at = kHeader; at < datagram.size();) {
        if (request.has_fingerprint) return false;  // §15.5: it is the last
        const std::uint16_t type = read16(datagram, at), length = read16(datagram, at + 2);
        const std::size_t padded = (length + 3U) / 4 * 4;
        if (padded > datagram.size() - at - kAttributeHeader) return false;
        if (type == Attribute::fingerprint) {
            const std::uint32_t crc = crc32(datagram.first(at)) ^ kFingerprintMask;
            if (length != 4 || read32(datagram, at + kAttributeHeader) != crc) return false;  // §8: then it isn't STUN
            request.has_fingerprint = true;
        } else if (type < Attribute::comprehension_optional && !is_known(type) &&
                   request.unknown_count < Request::kUnknownMax) {
            request.unknown[request.unknown_count++] = type;
        }
        at += kAttributeHeader + padded;
    }
    return true;
}

/// §15.2
void put_mapped_address(Writer& out, std::span<const char> request, const Endpoint& from) {
    const std::size_t size = from.address.is_v4() ? 4 : 16;
    out.put16(Attribute::xor_mapped_address);
    out.put16(static_cast<unsigned>(4 + size));
    out.put16(from.address.is_v4() ? 1 : 2);
    out.put16(from.port ^ kMagicCookie >> 16);
    for (std::size_t i = 0; i < size; ++i)
        out.put8(from.address.bytes()[i] ^ static_cast<unsigned char>(request[4 + i]));
}

}  // namespace

StunAnswer answer_stun(std::span<const char> datagram, const Endpoint& from) {
    StunAnswer answer;
    Request request;
    if (!read(datagram, request)) return answer;
    Writer out(answer, request.unknown_count == 0 ? kBindingSuccess : kBindingError, datagram);
    if (request.unknown_count == 0) {
        put_mapped_address(out, datagram, from);
    } else {  // §7.3.1: 420, Unknown Attribute
        out.put16(Attribute::error_code);
        out.put16(4);
        out.put16(0);
        out.put8(4);
        out.put8(20);
        out.put16(Attribute::unknown_attributes);
        out.put16(static_cast<unsigned>(2 * request.unknown_count));
        for (std::size_t i = 0; i < request.unknown_count; ++i) out.put16(request.unknown[i]);
        if (request.unknown_count % 2 != 0) out.put16(0);
    }
    out.finish(request.has_fingerprint);
    return answer;
}

}  // namespace centrala::sip
