// Any text as a URI: its parts lie within it, it equals itself, and escaping undoes unescaping.
#include <cstdint>
#include <cstdlib>
#include <string>

#include "centrala/sip/message.hpp"
#include "centrala/sip/uri.hpp"

namespace {

void check(bool good) {
    if (!good) std::abort();
}
bool within(std::string_view part, std::string_view whole) {
    return part.empty() || (part.data() >= whole.data() && part.data() + part.size() <= whole.data() + whole.size());
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace centrala::sip;
    const std::string text(reinterpret_cast<const char*>(data), size);
    check(unescape(escape_user(text)) == text);
    if (const auto a = parse_name_addr(text)) {
        check(within(a->uri_text, text) && within(a->parameters, text) && within(a->display_name, text));
        (void)a->tag();
        (void)a->display_text();
    }
    const std::size_t half = text.find('\n');  // two URIs to compare, one a line
    const std::string_view first = std::string_view(text).substr(0, half);
    const auto uri = parse_uri(first);
    if (!uri) return 0;
    for (std::string_view part : {uri->scheme, uri->user, uri->password, uri->host, uri->parameters, uri->headers})
        check(within(part, first));
    (void)uri->parameter("transport");
    if (uri->is_sip()) check(!uri->host.empty() && equivalent(*uri, *uri));
    if (half == std::string::npos) return 0;
    if (const auto other = parse_uri(std::string_view(text).substr(half + 1)))
        check(equivalent(*uri, *other) == equivalent(*other, *uri));
    return 0;
}
