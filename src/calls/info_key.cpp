// "Signal=5" in lines of its own, or the key alone; keys also as their RFC 4733 event numbers.
#include "info_key.hpp"

#include <optional>

#include "centrala/sip/message.hpp"

namespace centrala::calls {
namespace {

constexpr std::string_view kKeys = "0123456789*#ABCD";  // in the order of RFC 4733 §3.2
constexpr std::string_view kBlank = " \t\r\n";

std::string_view trimmed(std::string_view text) {
    const auto first = text.find_first_not_of(kBlank);
    if (first == std::string_view::npos) return {};
    return text.substr(first, text.find_last_not_of(kBlank) - first + 1);
}

InfoKey key_of(std::string_view text) {
    if (text.size() == 1) {
        const char upper = text[0] >= 'a' && text[0] <= 'd' ? static_cast<char>(text[0] - 32) : text[0];
        if (kKeys.find(upper) != std::string_view::npos) return {200, upper};
    } else if (text.size() == 2 && text[0] == '1' && text[1] >= '0' && text[1] <= '6') {
        const auto event = static_cast<std::size_t>(text[1] - '0') + 10;
        return {200, event < kKeys.size() ? kKeys[event] : '\0'};  // 16: flash
    } else if (sip::iequals(text, "flash") || sip::iequals(text, "hf")) {
        return {200, 0};
    }
    return {400, 0};
}

}  // namespace

InfoKey read_info_key(std::string_view content_type, std::string_view body) {
    if (sip::iequals(content_type, "application/dtmf")) return key_of(trimmed(body));
    if (!sip::iequals(content_type, "application/dtmf-relay")) return {415, 0};
    std::optional<InfoKey> signal;
    while (!body.empty()) {
        const auto end = body.find('\n');
        const std::string_view line = body.substr(0, end);
        body.remove_prefix(end == std::string_view::npos ? body.size() : end + 1);
        const auto equals = line.find('=');
        if (equals == std::string_view::npos || !sip::iequals(trimmed(line.substr(0, equals)), "Signal")) continue;
        if (signal) return {400, 0};
        signal = key_of(trimmed(line.substr(equals + 1)));
    }
    return signal.value_or(InfoKey{400, 0});
}

}  // namespace centrala::calls
