// Questions to a parsed message.
#include "centrala/sip/message.hpp"

#include "sip/chars.hpp"

namespace centrala::sip {

std::optional<std::string_view> Message::find(HeaderId id) const {
    for (const Header& h : headers_)
        if (h.id == id) return h.value;
    return std::nullopt;
}

std::optional<std::string_view> Message::find(std::string_view name) const {
    const HeaderId id = parse_header_id(name);
    if (id != HeaderId::other) return find(id);
    for (const Header& h : headers_)
        if (h.id == HeaderId::other && iequals(h.name, name)) return h.value;
    return std::nullopt;
}

std::optional<std::uint32_t> Message::number(HeaderId id) const {
    const auto value = find(id);
    std::uint64_t number = 0;
    if (!value || !chars::read_decimal(*value, 0xffff'ffffU, number)) return std::nullopt;
    return static_cast<std::uint32_t>(number);
}

bool Message::lists(HeaderId id, std::string_view token) const {
    for (const Header& h : headers_)
        if (h.id == id)
            for (std::string_view rest = h.value; auto item = next_item(rest);)
                if (iequals(*item, token)) return true;
    return false;
}

std::string_view Message::content_type() const {
    const auto value = find(HeaderId::content_type);
    return value ? chars::trim(value->substr(0, value->find(';'))) : std::string_view();
}

}  // namespace centrala::sip
