// Section caller_lookup: another system that is asked about callers.
#include <algorithm>
#include <array>

#include "draft.hpp"

namespace centrala::config {
namespace {

constexpr std::size_t kUrlMax = 1'024;
constexpr std::size_t kTokenMax = 4'096;

/// Where the path or query begins.
std::size_t end_of_authority(std::string_view url) {
    const std::size_t authority = url.find("://") + 3;
    return std::min(url.find_first_of("/?", authority), url.size());
}

std::string_view authority_of(std::string_view url) {
    const std::size_t from = url.find("://") + 3;
    return url.substr(from, end_of_authority(url) - from);
}

bool is_authority(std::string_view text) {
    const std::string as_sip = "sip:" + std::string(text);  // where it says host and port, too
    const auto uri = sip::parse_uri(as_sip);
    return uri && uri->user.empty() && uri->headers.empty() && uri->parameters.empty() && is_host(uri->host) &&
           text.find('@') == std::string_view::npos;
}

/// "" or what is wrong with it. A placeholder may not stand where it would say whom to ask.
std::string wrong_with(std::string_view url) {
    if (!url.starts_with("http://") && !url.starts_with("https://")) return "expected a URL with http:// or https://";
    if (url.size() > kUrlMax) return "expected at most " + std::to_string(kUrlMax) + " characters";
    if (!is_authority(authority_of(url))) return "expected host or host:port after ://, no user and no placeholder";
    std::string_view rest = url.substr(end_of_authority(url));
    while (!rest.empty()) {
        const char c = rest.front();
        if (c == '{') {
            const std::string_view one = rest.substr(0, rest.find('}') + 1);
            if (std::find(kLookupPlaceholders.begin(), kLookupPlaceholders.end(), one) == kLookupPlaceholders.end())
                return "unknown placeholder " + in_quotes(one.empty() ? rest : one) + "; known here: {caller}, " +
                       "{dialled}, {entry_point}";
            rest.remove_prefix(one.size());
            continue;
        }
        // RFC 3986 §2: whatever isn't in a URL, and the fragment, which isn't sent.
        if (c <= ' ' || c > '~' || std::string_view("\"#<>\\^`|}").find(c) != std::string_view::npos)
            return "expected other characters percent-encoded than letters, digits and -._~!$&'()*+,;=:@/?%[]";
        rest.remove_prefix(1);
    }
    return url.find(kLookupPlaceholders[0]) == std::string_view::npos ? "expected {caller} in it" : "";
}

void read_token(Draft& draft, const Item& item, std::string& token) {
    Context& context = draft.context;
    std::string path;
    if (!context.read_text(item, path, "the path of a file", is_path_or_none) || path.empty()) return;
    const auto text = file_text(resolved(path, draft.folder));
    if (const auto* problem = std::get_if<Problem>(&text)) return context.problem(item, problem->to_string());
    token = std::get<std::string>(text);
    token.erase(token.find_last_not_of(" \t\r\n") + 1);
    // A header's value (RFC 6750 §2.1): nothing may end the line.
    const bool visible = std::all_of(token.begin(), token.end(), [](char c) { return c > ' ' && c <= '~'; });
    if (token.empty() || token.size() > kTokenMax || !visible)
        context.problem(item, "expected a file with one word of visible ASCII characters");
}

bool is_here(std::string_view authority) {
    return authority.starts_with("127.") || authority.starts_with("[::1]") || authority.starts_with("localhost");
}

}  // namespace

void read_caller_lookup(Draft& draft, Section& root) {
    const auto item = root.take("caller_lookup");
    if (!item) return;
    Context& context = draft.context;
    Section s(context, item, "caller_lookup");
    CallerLookup lookup;
    if (const auto url = s.take("url")) {
        std::string why;
        if (context.read_text(*url, lookup.url, "a URL", [](auto) { return true; })) why = wrong_with(lookup.url);
        if (!why.empty()) context.problem(*url, why);
    } else {
        context.problem(*item, "expected url: whom to ask");
    }
    const auto token_file = s.take("token_file");
    if (token_file) read_token(draft, *token_file, lookup.token);
    s.duration("timeout", lookup.timeout, 50ms, 10s);
    s.integer("failures_max", lookup.failures_max, 1, 1'000);
    s.duration("rest", lookup.rest, 1s, 1h);
    s.integer("at_once_max", lookup.at_once_max, 1, 10'000);
    s.finish();
    if (!context.sound()) return;
    if (!lookup.token.empty() && lookup.url.starts_with("http://") && !is_here(authority_of(lookup.url)))
        context.warning(*token_file, "is sent over the network in the clear: whoever sees it can use it; take https");
    draft.config.caller_lookup = std::move(lookup);
}

}  // namespace centrala::config
