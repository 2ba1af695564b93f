// What a trace wants to know of a message: who, to whom, which call.
#include "centrala/trace/captured.hpp"

#include "centrala/sip/message.hpp"

namespace centrala::trace {
namespace {

std::string first_line(std::string_view bytes) {
    std::string line(bytes.substr(0, std::min<std::size_t>(bytes.find_first_of("\r\n"), 200)));
    for (char& c : line)
        if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) c = '.';
    return line;
}

std::string text(std::optional<std::string_view> value) {
    return std::string(value.value_or(std::string_view()));
}

}  // namespace

Headline read_headline(std::string_view bytes) {
    Headline h;
    bytes.remove_prefix(std::min(bytes.find_first_not_of("\r\n"), bytes.size()));
    h.first_line = first_line(bytes);
    std::string copy(bytes);
    sip::Message message;
    sip::ParseLimits limits;
    limits.message_bytes = std::max(limits.message_bytes, copy.size());
    const auto verdict = sip::parse(copy, message, limits).verdict;
    if (verdict != sip::Verdict::complete && verdict != sip::Verdict::refused) return h;
    h.method = message.cseq().method_name;
    h.call_id = message.call_id();
    h.from_user = sip::unescape(message.from().uri.user);
    h.to_user = sip::unescape(message.to().uri.user);
    if (!message.is_request()) return h;
    h.uri_user = sip::unescape(message.request_uri().user);
    h.dialled = text(message.find("X-Centrala-Dialled"));
    h.contact = text(message.find("X-Centrala-Contact"));
    h.begins_call = message.method() == sip::Method::invite && message.to().tag().empty();
    return h;
}

}  // namespace centrala::trace
