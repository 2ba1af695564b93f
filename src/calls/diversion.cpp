// Diversion (RFC 5806) and History-Info (RFC 7044, with the causes of RFC 4458) read for where a call came from.
#include "diversion.hpp"

#include <algorithm>
#include <charconv>

#include "dial_plan.hpp"

namespace centrala::calls {
namespace {

constexpr std::size_t kEntriesMax = 32;
constexpr std::size_t kIndexDepthMax = 16;
constexpr std::size_t kReasonMax = 32;

struct HistoryEntry {
    std::vector<unsigned> index;  ///< 1.2.1
    sip::NameAddr address;
};

/// Empty: not an index.
std::vector<unsigned> read_index(std::string_view text) {
    std::vector<unsigned> index;
    while (!text.empty() && index.size() < kIndexDepthMax) {
        unsigned number = 0;
        const auto [end, failed] = std::from_chars(text.data(), text.data() + text.size(), number);
        if (failed != std::errc{}) return {};
        index.push_back(number);
        text.remove_prefix(static_cast<std::size_t>(end - text.data()));
        if (text.empty()) break;
        if (text[0] != '.') return {};
        text.remove_prefix(1);
    }
    return index;
}

/// In the order in which the call went, whatever order they stand in (RFC 7044 §10.3: 1, 1.1, 1.2, 1.2.1, 1.3 …).
std::vector<HistoryEntry> history(const sip::Message& invite) {
    std::vector<HistoryEntry> entries;
    invite.each(sip::HeaderId::history_info, [&](std::string_view value) {
        const auto address = entries.size() < kEntriesMax ? sip::parse_name_addr(value) : std::nullopt;
        if (!address) return;
        entries.push_back({read_index(address->parameter("index").value_or("")), *address});
    });
    std::stable_sort(entries.begin(), entries.end(), [](const auto& a, const auto& b) { return a.index < b.index; });
    return entries;
}

/// The causes by which calls are forwarded (RFC 4458 §2) in RFC 5806's words.
std::string_view word_of(std::string_view cause) {
    if (cause == "302") return "unconditional";
    if (cause == "486" || cause == "600") return "user-busy";
    if (cause == "408") return "no-answer";
    if (cause == "480" || cause == "487") return "deflection";
    if (cause == "503") return "unavailable";
    if (cause == "404") return "unknown";
    return {};
}

/// The cause in the Reason that is written into a URI: sip:bob@x?Reason=SIP%3Bcause%3D302 (RFC 7044 §5).
std::string embedded_cause(const sip::Uri& uri) {
    std::string_view headers = uri.headers;
    while (const auto header = sip::next_item(headers, '&')) {
        const auto equals = header->find('=');
        if (equals == std::string_view::npos || !sip::iequals(header->substr(0, equals), "Reason")) continue;
        const std::string reason = sip::unescape(header->substr(equals + 1));
        const std::string_view text = reason;
        const auto semicolon = text.find(';');
        if (semicolon == std::string_view::npos || !sip::iequals(text.substr(0, semicolon), "SIP")) continue;
        if (const auto cause = sip::find_parameter(text.substr(semicolon + 1), "cause")) return std::string(*cause);
    }
    return {};
}

std::string bounded(std::string_view text) {
    std::string word(text.substr(0, kReasonMax));
    std::erase_if(word, [](char c) { return c < ' ' || c > '~'; });
    return word;
}

std::optional<Diversion> from_history(const sip::Message& invite) {
    const auto entries = history(invite);
    for (std::size_t i = entries.size(); i-- > 1;) {
        const HistoryEntry& target = entries[i];
        // Mapped to another user: `mp` names the entry that was, or the target's URI has the cause. Without either the
        // call just went to where the one before it is registered.
        const HistoryEntry* from = &entries[i - 1];
        const auto mapped = target.address.parameter("mp");
        if (mapped) {
            const auto index = read_index(*mapped);
            const auto named =
                std::find_if(entries.begin(), entries.end(), [&](const auto& e) { return e.index == index; });
            if (named != entries.end()) from = &*named;
        }
        std::string cause(target.address.uri.parameter("cause").value_or(""));
        if (cause.empty()) cause = embedded_cause(from->address.uri);
        if (!mapped && cause.empty()) continue;
        const auto word = word_of(cause);
        return Diversion{number_of(from->address.uri), bounded(word.empty() ? std::string_view(cause) : word)};
    }
    return std::nullopt;
}

}  // namespace

std::optional<Diversion> last_diversion(const sip::Message& invite) {
    std::optional<Diversion> topmost;
    invite.each(sip::HeaderId::diversion, [&](std::string_view value) {
        const auto address = topmost ? std::nullopt : sip::parse_name_addr(value);
        if (address) topmost = {number_of(address->uri), bounded(address->parameter("reason").value_or(""))};
    });
    return topmost ? topmost : from_history(invite);
}

std::vector<std::string> numbers_of(const sip::Message& invite, std::string_view name) {
    std::vector<std::string> numbers;
    const sip::HeaderId id = sip::parse_header_id(name);
    if (id == sip::HeaderId::history_info) {
        const auto entries = history(invite);
        for (auto entry = entries.rbegin(); entry != entries.rend(); ++entry)
            numbers.push_back(number_of(entry->address.uri));
        return numbers;
    }
    for (const auto& header : invite.headers()) {
        if (header.id != id || (id == sip::HeaderId::other && !sip::iequals(header.name, name))) continue;
        std::string_view list = header.value;
        while (numbers.size() < kEntriesMax) {
            const auto item = sip::next_item(list);
            if (!item) break;
            if (const auto address = sip::parse_name_addr(*item)) numbers.push_back(number_of(address->uri));
        }
    }
    return numbers;
}

}  // namespace centrala::calls
