// Inspection of requests in the order of RFC 3261 §8.2: method, headers, content; loops by §8.2.2.2 and §16.3.
#include "sip/admission.hpp"

#include "centrala/sip/content.hpp"
#include "sip/response_prefix.hpp"

namespace centrala::sip {
namespace {

/// These live in dialogs only: without a To tag they belong to none that could exist.
bool dialog_method(Method method) {
    return method == Method::bye || method == Method::update || method == Method::info || method == Method::prack;
}

bool supported(Method method, std::string_view tag, const Extensions& extensions) {
    const bool invite = method == Method::invite;
    if (iequals(tag, "timer")) return extensions.timer && (invite || method == Method::update);
    if (iequals(tag, "100rel")) return extensions.reliable && invite;
    if (iequals(tag, "replaces")) return invite;
    if (iequals(tag, "norefersub")) return method == Method::refer;  // for the user to heed (RFC 4488)
    if (iequals(tag, "path") || iequals(tag, "outbound")) return method == Method::register_;  // RFC 3327, 5626
    return false;
}

/// §8.2.2.3: what is required and isn't supported, or not in this method.
std::string unsupported_lines(const Message& request, const Extensions& extensions) {
    std::string tags;
    request.each(HeaderId::require, [&](std::string_view tag) {
        if (tag.empty() || supported(request.method(), tag, extensions)) return;
        if (!tags.empty()) tags.append(", ");
        tags.append(tag);
    });
    return tags.empty() ? tags : "Unsupported: " + tags + "\r\n";
}

bool accepts_sdp(const Message& request) {
    bool seen = false, good = false;
    request.each(HeaderId::accept, [&](std::string_view range) {
        seen = true;
        std::string_view type = range.substr(0, range.find(';'));
        while (!type.empty() && (type.back() == ' ' || type.back() == '\t')) type.remove_suffix(1);
        good = good || iequals(type, "application/sdp") || iequals(type, "application/*") || type == "*/*";
    });
    return !seen || good;
}

std::optional<Refusal> check_content(const Message& request) {
    if (const auto encoding = request.find(HeaderId::content_encoding);
        encoding && !request.body().empty() && !iequals(*encoding, "identity"))
        return Refusal{415, "Accept-Encoding: identity\r\nAccept: application/sdp, multipart/mixed\r\n"};
    const bool offers = request.method() == Method::invite || request.method() == Method::update;
    if (!offers) return std::nullopt;
    const SessionContent content = session_content(request);
    if (content.kind == SessionContent::Kind::unreadable) return Refusal{400, {}};
    if (content.kind == SessionContent::Kind::unsupported)
        return Refusal{415, "Accept: application/sdp, multipart/mixed\r\n"};
    if (!accepts_sdp(request)) return Refusal{406, {}};
    return std::nullopt;
}

/// Whether a Via below the topmost one is ours: the request went through us before.
bool went_through_us(const Message& request, const Flow& flow) {
    std::string ours;
    bool top = true, found = false;
    request.each(HeaderId::via, [&](std::string_view via) {
        if (top) {
            top = false;
            return;
        }
        if (ours.empty()) append_host_port(ours, flow.local);
        std::string_view sent_by = via.substr(0, via.find(';'));
        const std::size_t space = sent_by.find_last_of(" \t");
        if (space != std::string_view::npos) sent_by.remove_prefix(space + 1);
        found = found || iequals(sent_by, ours);
    });
    return found;
}

}  // namespace

std::optional<Refusal> check_request(const Message& request, const Flow& flow, bool within,
                                     const Extensions& extensions) {
    const Method method = request.method();
    if (method == Method::unknown) return Refusal{501, std::string(kAllow)};
    if (!within && dialog_method(method)) return Refusal{481, {}};
    if (!within && !request.request_uri().is_sip() && !iequals(request.request_uri().scheme, "tel"))
        return Refusal{416, {}};
    if (method == Method::invite && !within) {
        if (went_through_us(request, flow)) return Refusal{482, {}};
        if (request.number(HeaderId::max_forwards) == 0u) return Refusal{483, {}};
    }
    if (method == Method::bye) return std::nullopt;  // a call must be able to end
    if (std::string lines = unsupported_lines(request, extensions); !lines.empty())
        return Refusal{420, std::move(lines)};
    return check_content(request);
}

}  // namespace centrala::sip
