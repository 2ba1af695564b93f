// What a response repeats of its request, with `received` and `rport` (RFC 3261 §8.2.6.2, §18.2; RFC 3581 §4).
#include "sip/response_prefix.hpp"

namespace centrala::sip {
namespace {

/// The topmost Via with what the transport saw. Parameters of those names that the client wrote are thrown away.
void append_top_via(std::string& out, const Message& request, const Endpoint& source) {
    const std::string_view value = request.via_value();
    const std::size_t semicolon = value.find(';');
    std::string_view head = value.substr(0, semicolon);
    while (!head.empty() && (head.back() == ' ' || head.back() == '\t')) head.remove_suffix(1);
    out.append("Via: ").append(head);
    bool rport = false;
    if (semicolon != std::string_view::npos) {
        std::string_view rest = value.substr(semicolon + 1);
        while (auto item = next_item(rest, ';')) {
            const std::string_view name = item->substr(0, item->find_first_of("= \t"));
            if (iequals(name, "rport")) {
                rport = true;
                continue;
            }
            if (iequals(name, "received") || item->empty()) continue;
            out.append(";").append(*item);
        }
    }
    // RFC 3261 §18.2.1: only when it differs; RFC 3581 §4: always when rport was asked for.
    const auto sent_by = IpAddress::parse(request.via().host);
    if (rport || !sent_by || *sent_by != source.address) {
        out.append(";received=");
        source.address.append_to(out);
    }
    if (rport) out.append(";rport=").append(std::to_string(source.port));
    out.append("\r\n");
}

void append_line(std::string& out, std::string_view name, std::string_view value) {
    out.append(name).append(": ").append(value).append("\r\n");
}

/// Also of values that didn't parse.
std::string_view tag_of(const Message& request, std::string_view to_value) {
    if (!request.to().uri_text.empty()) return request.to().tag();
    const std::size_t at = to_value.find(";tag=");
    if (at == std::string_view::npos) return {};
    const std::string_view rest = to_value.substr(at + 5);
    return rest.substr(0, rest.find_first_of("; \t"));
}

Flow response_flow(const Message& request, const Flow& from) {
    Flow flow = from;
    if (is_reliable(from.transport) || request.via().parameter("rport")) return flow;
    flow.remote.port =
        request.via().port != 0 ? request.via().port : default_port(from.transport);  // maddr is not obeyed
    return flow;
}

}  // namespace

void make_prefix(const Message& request, const Flow& from, ResponsePrefix& into) {
    std::string& out = into.text;
    out.clear();
    out.reserve(512);
    append_top_via(out, request, from.remote);
    std::string_view from_value, to_value, call_id, cseq;
    bool top = true;
    for (const Header& h : request.headers()) {
        switch (h.id) {
            case HeaderId::via: {
                std::string_view rest = h.value;
                while (auto item = next_item(rest)) {
                    if (!top) append_line(out, "Via", *item);
                    top = false;
                }
                break;
            }
            case HeaderId::from:
                if (from_value.empty()) from_value = h.value;
                break;
            case HeaderId::to:
                if (to_value.empty()) to_value = h.value;
                break;
            case HeaderId::call_id:
                if (call_id.empty()) call_id = h.value;
                break;
            case HeaderId::cseq:
                if (cseq.empty()) cseq = h.value;
                break;
            default: break;
        }
    }
    if (!from_value.empty()) append_line(out, "From", from_value);
    into.has_tag = false;
    into.tag.clear();
    if (!to_value.empty()) {
        out.append("To: ").append(to_value);
        const std::string_view tag = tag_of(request, to_value);
        into.has_tag = !tag.empty();
        into.tag = tag;
    }
    into.to_end = static_cast<std::uint32_t>(out.size());
    if (!to_value.empty()) out.append("\r\n");
    if (!call_id.empty()) append_line(out, "Call-ID", call_id);
    if (!cseq.empty()) append_line(out, "CSeq", cseq);
    into.route_at = static_cast<std::uint32_t>(out.size());
    into.dialog = request.method() == Method::invite;
    if (into.dialog)
        for (const Header& h : request.headers())
            if (h.id == HeaderId::record_route) append_line(out, "Record-Route", h.value);
    into.flow = response_flow(request, from);
    into.fallback = {from.remote.address, request.via().port != 0 ? request.via().port : default_port(from.transport)};
}

void write_response(std::string& out, const ResponsePrefix& prefix, const ResponseParts& parts) {
    MessageWriter writer(out);
    writer.status_line(parts.status, parts.reason);
    const std::string_view text = prefix.text;
    out.append(text.substr(0, prefix.to_end));
    const std::string_view tag = parts.to_tag.empty() ? std::string_view(prefix.tag) : parts.to_tag;
    if (!prefix.has_tag && parts.status > 100 && prefix.to_end != prefix.route_at && !tag.empty() &&
        text.substr(prefix.to_end, 2) == "\r\n")
        out.append(";tag=").append(tag);
    out.append(text.substr(prefix.to_end, prefix.route_at - prefix.to_end));
    if (prefix.dialog && parts.status > 100 && parts.status < 300) out.append(text.substr(prefix.route_at));
    writer.lines(parts.header_lines);
    if (parts.body.empty())
        writer.end();
    else
        writer.body(parts.content_type, parts.body);
}

bool answerable(const Endpoint& remote) {
    if (remote.port == 0 || remote.address.is_unspecified()) return false;
    const auto& bytes = remote.address.bytes();
    if (remote.address.is_v4()) return bytes[0] < 224;  // multicast, reserved and 255.255.255.255
    return bytes[0] != 0xff;
}

void append_host_port(std::string& out, const Endpoint& endpoint) {
    endpoint.address.append_as_host(out);
    out.append(":").append(std::to_string(endpoint.port));
}

}  // namespace centrala::sip
