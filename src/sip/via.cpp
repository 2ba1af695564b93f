// Via (RFC 3261 §20.42, §25.1) and CSeq (§20.16).
#include "centrala/sip/message.hpp"
#include "sip/chars.hpp"
#include "sip/parts.hpp"

namespace centrala::sip {

using namespace chars;

namespace {

/// A token, LWS around it and the separator after it gone.
std::string_view take_token(std::string_view& text) {
    text = trim_left(text);
    std::size_t i = 0;
    while (i < text.size() && is(text[i], kToken)) ++i;
    const std::string_view token = text.substr(0, i);
    text = trim_left(text.substr(i));
    return token;
}
bool take_slash(std::string_view& text) {
    if (text.empty() || text.front() != '/') return false;
    text.remove_prefix(1);
    return true;
}

/// host [ COLON port ]: LWS is allowed around that colon.
bool read_sent_by(std::string_view text, Via& out) {
    const std::size_t after_host = text.front() == '[' ? text.find(']') : 0;
    if (after_host == npos) return false;
    const std::size_t colon = text.find(':', after_host);
    std::string_view host;
    if (!read_host(trim(text.substr(0, colon)), host)) return false;
    out.host = host;
    if (colon == npos) return true;
    std::uint64_t port = 0;
    if (!read_decimal(trim(text.substr(colon + 1)), 65'535, port) || port == 0) return false;
    out.port = static_cast<std::uint16_t>(port);
    return true;
}

}  // namespace

bool read_via(std::string_view value, Via& out, std::string_view& version) {
    out = Via{};
    const std::string_view protocol = take_token(value);
    if (!iequals(protocol, "SIP") || !take_slash(value)) return false;
    version = take_token(value);
    if (version.empty() || !take_slash(value)) return false;
    out.transport = take_token(value);
    const std::size_t semicolon = value.find(';');
    const std::string_view sent_by = trim(value.substr(0, semicolon));
    if (out.transport.empty() || sent_by.empty() || !read_sent_by(sent_by, out)) return false;
    if (semicolon == npos) return true;
    out.parameters = trim(value.substr(semicolon + 1));
    out.branch = find_parameter(out.parameters, "branch").value_or(std::string_view());
    return valid_parameters(out.parameters);
}

std::optional<std::string_view> Via::parameter(std::string_view name) const {
    return find_parameter(parameters, name);
}

bool Via::has_magic_cookie() const {
    constexpr std::string_view cookie = "z9hG4bK";
    return branch.size() > cookie.size() && iequals(branch.substr(0, cookie.size()), cookie);
}

bool read_cseq(std::string_view value, CSeq& out) {
    out = CSeq{};
    std::size_t digits = 0;
    while (digits < value.size() && is(value[digits], kDigit)) ++digits;
    // §8.1.1.5 keeps a client's first number below 2^31; it may count on from there, so the limit here is 32 bits.
    std::uint64_t number = 0;
    const bool good = read_decimal(value.substr(0, digits), 0xffff'ffffU, number);
    const std::string_view rest = value.substr(digits);
    out.method_name = trim(rest);
    if (!is_token(out.method_name)) {
        out.method_name = {};
        return false;
    }
    out.method = parse_method(out.method_name);
    if (!good || !is_space(rest.front())) return false;
    out.number = static_cast<std::uint32_t>(number);
    return true;
}

}  // namespace centrala::sip
