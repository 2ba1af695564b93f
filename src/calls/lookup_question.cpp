#include "lookup_question.hpp"

#include <algorithm>

#include "centrala/config/config.hpp"

namespace centrala::calls {
namespace {

void append_encoded(std::string& out, std::string_view text) {
    static constexpr char kHexDigits[] = "0123456789ABCDEF";
    for (const char c : text) {
        const bool plain = (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '-' ||
                           c == '.' || c == '_' || c == '~';
        if (plain) {
            out.push_back(c);
            continue;
        }
        const auto byte = static_cast<unsigned char>(c);
        out.append({'%', kHexDigits[byte >> 4], kHexDigits[byte & 15]});
    }
}

}  // namespace

std::string lookup_url(std::string_view pattern, const LookupSubject& subject) {
    const auto& names = config::kLookupPlaceholders;
    const std::string_view values[names.size()] = {subject.caller, subject.dialled, subject.entry_point};
    std::string url;
    while (!pattern.empty()) {
        const auto place = pattern.find('{');
        url.append(pattern.substr(0, place));
        pattern.remove_prefix(std::min(place, pattern.size()));
        for (std::size_t i = 0; i < names.size(); ++i) {
            if (!pattern.starts_with(names[i])) continue;
            append_encoded(url, values[i]);
            pattern.remove_prefix(names[i].size());
            break;
        }
    }
    return url;
}

}  // namespace centrala::calls
