// Any bytes: parse, ask everything, write it again; what was complete must then read the same.
#include <cstdint>
#include <cstdlib>
#include <string>
#include <vector>

#include "centrala/sip/content.hpp"
#include "centrala/sip/message.hpp"

namespace {

using namespace centrala::sip;

void check(bool good) {
    if (!good) std::abort();
}

/// Reads every byte of a view, so that the sanitizer sees a stray one.
std::size_t touch(std::string_view text) {
    std::size_t sum = 0;
    for (char c : text) sum += static_cast<unsigned char>(c);
    return sum;
}

std::size_t ask(const Message& m) {
    std::size_t sum = touch(m.method_name()) + touch(m.request_uri_text()) + touch(m.reason()) + touch(m.via_value()) +
                      touch(m.call_id()) + touch(m.body()) + touch(sdp_of(m)) + touch(m.content_type()) +
                      touch(m.cseq().method_name);
    const Via& via = m.via();
    sum += touch(via.transport) + touch(via.host) + touch(via.branch) + touch(via.parameter("rport").value_or("")) +
           via.port;
    for (const NameAddr* a : {&m.from(), &m.to()})
        sum += a->display_text().size() + touch(a->tag()) + touch(a->uri.host) + touch(a->parameter("x").value_or(""));
    for (const Header& h : m.headers()) {
        sum += touch(h.name) + touch(h.value) + touch(m.find(h.name).value_or(""));
        if (const auto a = parse_name_addr(h.value)) sum += a->display_text().size() + unescape(a->uri.user).size();
        (void)find_parameter(h.value, "q");
    }
    for (int id = 0; id < static_cast<int>(HeaderId::other); ++id) {
        m.each(static_cast<HeaderId>(id), [&](std::string_view item) { sum += touch(item); });
        (void)m.number(static_cast<HeaderId>(id));
        (void)m.lists(static_cast<HeaderId>(id), "timer");
    }
    return sum;
}

std::string write(const Message& m) {
    std::string out;
    MessageWriter w(out);
    if (m.is_request())
        w.request_line(m.method_name(), m.request_uri_text());
    else
        w.status_line(m.status(), m.reason());
    for (const Header& h : m.headers())
        if (h.id != HeaderId::content_length && h.id != HeaderId::content_type) w.header(h.name, h.value);
    if (const auto type = m.find(HeaderId::content_type))
        w.body(*type, m.body());
    else
        w.body({}, m.body());
    return out;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    std::vector<char> buffer(data, data + size);
    Message m;
    const Parsed p = parse(buffer, m);
    volatile std::size_t sink = ask(m);
    (void)sink;
    if (p.verdict == Verdict::refused)
        check(!m.via().host.empty() && p.status >= 400 && m.is_request() && !p.why.empty());
    if (p.verdict != Verdict::complete) return 0;

    std::string again = write(m);
    const std::size_t headers = m.headers().size();
    Message copy;
    check(parse(again, copy, {.message_bytes = again.size(), .headers = headers + 1, .header_bytes = again.size()})
              .verdict == Verdict::complete);
    check(copy.call_id() == m.call_id() && copy.cseq().number == m.cseq().number && copy.via_value() == m.via_value());
    check(copy.from().tag() == m.from().tag() && copy.to().uri_text == m.to().uri_text && copy.body() == m.body());
    check(copy.status() == m.status() && copy.method_name() == m.method_name());
    return 0;
}
