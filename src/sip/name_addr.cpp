// name-addr, addr-spec and header parameters (RFC 3261 §20.10, §25.1), and lists of either.
#include <cstring>
#include <utility>

#include "centrala/sip/message.hpp"
#include "sip/chars.hpp"
#include "sip/parts.hpp"

namespace centrala::sip {

using namespace chars;

namespace {

/// `<` addr-spec `>` and parameters.
bool read_bracketed(std::string_view rest, NameAddr& out) {
    const std::size_t close = rest.find('>');
    if (close == npos) return false;
    out.uri_text = rest.substr(1, close - 1);
    rest = trim_left(rest.substr(close + 1));
    if (rest.empty()) return true;
    if (rest.front() != ';') return false;
    out.parameters = trim(rest.substr(1));
    return valid_parameters(out.parameters);
}

/// addr-spec without brackets: what follows ';' belongs to the header, and ',' or '?' may not be in it (§20.10).
bool read_bare(std::string_view value, NameAddr& out) {
    const std::size_t semicolon = value.find(';');
    out.uri_text = trim(value.substr(0, semicolon));
    if (out.uri_text.find_first_of(",?") != npos) return false;
    if (semicolon == npos) return true;
    out.parameters = trim(value.substr(semicolon + 1));
    return valid_parameters(out.parameters);
}

}  // namespace

bool read_name_addr(std::string_view value, NameAddr& out) {
    value = trim(value);
    out = NameAddr{};
    bool shaped = false;
    if (!value.empty() && value.front() == '"') {
        const std::size_t end = quoted_end(value);
        if (end == npos) return false;
        out.display_name = value.substr(1, end - 2);
        const std::string_view rest = trim_left(value.substr(end));
        shaped = !rest.empty() && rest.front() == '<' && read_bracketed(rest, out);
    } else if (const std::size_t at = value.find_first_of("<;"); at != npos && value[at] == '<') {
        out.display_name = trim(value.substr(0, at));
        shaped = read_bracketed(value.substr(at), out) && all(out.display_name, kDisplay);
    } else {
        shaped = read_bare(value, out);
    }
    if (out.uri_text.empty()) return false;
    const auto uri = parse_uri(out.uri_text);
    if (!uri) return false;
    out.uri = *uri;
    return shaped;
}

std::optional<NameAddr> parse_name_addr(std::string_view value) {
    NameAddr out;
    return read_name_addr(value, out) ? std::optional(out) : std::nullopt;
}

std::optional<std::string_view> NameAddr::parameter(std::string_view name) const {
    return find_parameter(parameters, name);
}

std::string_view NameAddr::tag() const {
    return find_parameter(parameters, "tag").value_or(std::string_view());
}

std::string NameAddr::display_text() const {
    std::string out;
    out.reserve(display_name.size());
    for (std::size_t i = 0; i < display_name.size(); ++i) {
        if (display_name[i] == '\\' && i + 1 < display_name.size()) ++i;
        out.push_back(display_name[i]);
    }
    return out;
}

std::optional<std::string_view> next_item(std::string_view& list, char separator) {
    if (list.empty()) return std::nullopt;
    if (!std::memchr(list.data(), separator, list.size())) return trim(std::exchange(list, {}));
    bool bracketed = false;
    std::size_t i = 0;
    for (; i < list.size(); ++i) {
        const char c = list[i];
        if (c == separator && !bracketed) break;
        if (c == '"' && !bracketed) {
            const std::size_t end = quoted_end(list.substr(i));
            if (end == npos) {
                i = list.size();
                break;
            }
            i += end - 1;
        } else if (c == '<') {
            bracketed = true;
        } else if (c == '>') {
            bracketed = false;
        }
    }
    const std::string_view item = trim(list.substr(0, i));
    list.remove_prefix(i < list.size() ? i + 1 : i);
    return item;
}

std::optional<std::string_view> find_parameter(std::string_view parameters, std::string_view name) {
    std::size_t i = 0;
    while (i < parameters.size()) {
        const std::size_t begin = i;
        while (i < parameters.size() && parameters[i] != ';' && parameters[i] != '=') ++i;
        const std::string_view found = trim(parameters.substr(begin, i - begin));
        std::string_view value;
        if (i < parameters.size() && parameters[i] == '=') {
            ++i;
            while (i < parameters.size() && is_space(parameters[i])) ++i;
            const std::size_t from = i;
            if (i < parameters.size() && parameters[i] == '"') {
                const std::size_t end = quoted_end(parameters.substr(i));
                if (end == npos) return std::nullopt;
                value = parameters.substr(from + 1, end - 2);
                i += end;
                while (i < parameters.size() && parameters[i] != ';') ++i;
            } else {
                while (i < parameters.size() && parameters[i] != ';') ++i;
                value = trim(parameters.substr(from, i - from));
            }
        }
        if (!found.empty() && iequals(found, name)) return value;
        ++i;
    }
    return std::nullopt;
}

}  // namespace centrala::sip
