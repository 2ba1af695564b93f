// The name=value list of a challenge or of credentials (RFC 3261 §25.1: challenge, credentials), for both sides.
#pragma once

#include <string>
#include <string_view>

#include "centrala/sip/message.hpp"
#include "sip/chars.hpp"

namespace centrala::sip {

/// Calls f(name, value without quotes); f says false to stop. False if it isn't such a list, or f stopped.
template <class F>
bool each_digest_field(std::string_view list, F&& f) {
    while (auto item = next_item(list)) {
        if (item->empty()) continue;
        const std::size_t equals = item->find('=');
        if (equals == std::string_view::npos) return false;
        const std::string_view name = chars::trim(item->substr(0, equals));
        std::string_view value = chars::trim_left(item->substr(equals + 1));
        if (!chars::is_token(name) || value.empty()) return false;
        if (value.front() == '"') {
            if (chars::quoted_end(value) != value.size()) return false;
            value = value.substr(1, value.size() - 2);
        } else if (value.find_first_of(" \t\"") != std::string_view::npos) {
            return false;
        }
        if (!f(name, value)) return false;
    }
    return true;
}

/// What follows "Digest " in a header value; a null view if it is another scheme.
[[nodiscard]] inline std::string_view after_digest(std::string_view value) {
    constexpr std::string_view scheme = "Digest";
    if (value.size() <= scheme.size() || !iequals(value.substr(0, scheme.size()), scheme) ||
        !chars::is_space(value[scheme.size()]))
        return {};
    return value.substr(scheme.size());
}

[[nodiscard]] inline std::string without_quoted_pairs(std::string_view text) {
    std::string out;
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (text[i] == '\\' && i + 1 < text.size()) ++i;
        out.push_back(text[i]);
    }
    return out;
}

}  // namespace centrala::sip
