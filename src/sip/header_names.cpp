// Names of methods and headers (RFC 3261 §7.1, §7.3.3 and the IANA registries) and the look-up of them.
#include <array>

#include "centrala/sip/message.hpp"
#include "sip/chars.hpp"

namespace centrala::sip {
namespace {

using chars::lower;

constexpr std::array<std::string_view, 15> kMethods{"INVITE",   "ACK",     "BYE",    "CANCEL",  "OPTIONS",
                                                    "REGISTER", "PRACK",   "UPDATE", "REFER",   "SUBSCRIBE",
                                                    "NOTIFY",   "PUBLISH", "INFO",   "MESSAGE", ""};
static_assert(kMethods.size() == static_cast<std::size_t>(Method::unknown) + 1);

// clang-format off
/// In the order of HeaderId.
constexpr std::array<std::string_view, static_cast<std::size_t>(HeaderId::other)> kNames{
    "Accept", "Accept-Encoding", "Alert-Info", "Allow", "Authorization", "Call-ID", "Call-Info", "Contact",
    "Content-Encoding", "Content-Length", "Content-Type", "CSeq", "Date", "Diversion", "Event", "Expires", "From",
    "History-Info", "Max-Forwards", "Min-Expires", "Min-SE", "P-Asserted-Identity", "Path", "Privacy",
    "Proxy-Authenticate", "Proxy-Authorization", "Proxy-Require", "RAck", "Reason", "Record-Route", "Refer-To",
    "Referred-By", "Remote-Party-ID", "Replaces", "Require", "Retry-After", "Route", "RSeq", "Server", "Service-Route",
    "Session-Expires", "Subject", "Subscription-State", "Supported", "To", "Unsupported", "User-Agent", "Via",
    "Warning", "WWW-Authenticate"};
// clang-format on

struct Compact {
    char letter;
    HeaderId id;
};
constexpr Compact kCompact[] = {
    {'i', HeaderId::call_id},
    {'m', HeaderId::contact},
    {'e', HeaderId::content_encoding},
    {'l', HeaderId::content_length},
    {'c', HeaderId::content_type},
    {'f', HeaderId::from},
    {'s', HeaderId::subject},
    {'k', HeaderId::supported},
    {'t', HeaderId::to},
    {'v', HeaderId::via},
    {'o', HeaderId::event},
    {'r', HeaderId::refer_to},
    {'b', HeaderId::referred_by},
    {'x', HeaderId::session_expires},
};

consteval std::array<HeaderId, 256> make_compact() {
    std::array<HeaderId, 256> table{};
    table.fill(HeaderId::other);
    for (const Compact& c : kCompact) {
        table[static_cast<unsigned char>(c.letter)] = c.id;
        table[static_cast<unsigned char>(c.letter - 0x20)] = c.id;
    }
    return table;
}
constexpr std::array<HeaderId, 256> kCompactTable = make_compact();

/// Length, first, middle and last letter tell the names apart; bit 5 off, so that case doesn't count.
constexpr unsigned hash(std::string_view name, unsigned seed) {
    const auto letter = [&](std::size_t i) {
        return static_cast<unsigned>(static_cast<unsigned char>(name[i]) & 0xdf);
    };
    unsigned h = seed + static_cast<unsigned>(name.size()) * 0x9e3779b1U;
    h = (h ^ letter(0)) * 0x85ebca6bU;
    h = (h ^ letter(name.size() / 2)) * 0xc2b2ae35U;
    h = (h ^ letter(name.size() - 1)) * 0x27d4eb2fU;
    return h >> 24;
}

struct PerfectTable {
    unsigned seed = 0;
    std::array<std::uint8_t, 256> slots{};
};
/// The first seed without a collision, found by the compiler; it fails to compile if there is none.
consteval PerfectTable make_perfect() {
    for (unsigned seed = 1;; ++seed) {
        PerfectTable t;
        t.seed = seed;
        t.slots.fill(static_cast<std::uint8_t>(HeaderId::other));
        bool collided = false;
        for (std::size_t i = 0; i < kNames.size() && !collided; ++i) {
            auto& slot = t.slots[hash(kNames[i], seed)];
            collided = slot != static_cast<std::uint8_t>(HeaderId::other);
            slot = static_cast<std::uint8_t>(i);
        }
        if (!collided) return t;
    }
}
constexpr PerfectTable kPerfect = make_perfect();

}  // namespace

std::string_view to_string(Method method) {
    return kMethods[static_cast<std::size_t>(method)];
}

Method parse_method(std::string_view name) {
    if (name.empty()) return Method::unknown;
    for (std::size_t i = 0; i + 1 < kMethods.size(); ++i)
        if (kMethods[i] == name) return static_cast<Method>(i);
    return Method::unknown;
}

std::string_view to_string(HeaderId id) {
    return id < HeaderId::other ? kNames[static_cast<std::size_t>(id)] : std::string_view();
}

HeaderId parse_header_id(std::string_view name) {
    if (name.size() < 2) return name.empty() ? HeaderId::other : kCompactTable[static_cast<unsigned char>(name[0])];
    const auto id = static_cast<HeaderId>(kPerfect.slots[hash(name, kPerfect.seed)]);
    if (id == HeaderId::other || !iequals(kNames[static_cast<std::size_t>(id)], name)) return HeaderId::other;
    return id;
}

bool iequals(std::string_view a, std::string_view b) {
    if (a.size() != b.size()) return false;
    if (a.empty() || std::memcmp(a.data(), b.data(), a.size()) == 0) return true;
    for (std::size_t i = 0; i < a.size(); ++i)
        if (lower(a[i]) != lower(b[i])) return false;
    return true;
}

}  // namespace centrala::sip
