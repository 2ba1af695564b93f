// One pass over a buffer makes a Message of views (RFC 3261 §7, §8.2, §16.3, §18.3; advice of RFC 4475 and RFC 5118).
// A line ends with CR LF; LF alone is accepted too, here and in framing.cpp alike, and CR alone nowhere.
#include <cstring>

#include "centrala/sip/message.hpp"
#include "sip/chars.hpp"
#include "sip/parts.hpp"

namespace centrala::sip {

using namespace chars;

namespace {

constexpr std::uint64_t bit(HeaderId id) {
    return 1ULL << static_cast<unsigned>(id);
}
static_assert(static_cast<unsigned>(HeaderId::other) < 64);

/// Fields that may stand once only (§7.3.1 and table 2 of §20, and the RFCs of the extensions).
constexpr std::uint64_t kSingle = bit(HeaderId::call_id) | bit(HeaderId::content_length) | bit(HeaderId::content_type) |
                                  bit(HeaderId::cseq) | bit(HeaderId::event) | bit(HeaderId::expires) |
                                  bit(HeaderId::from) | bit(HeaderId::max_forwards) | bit(HeaderId::min_expires) |
                                  bit(HeaderId::min_se) | bit(HeaderId::rack) | bit(HeaderId::refer_to) |
                                  bit(HeaderId::replaces) | bit(HeaderId::rseq) | bit(HeaderId::session_expires) |
                                  bit(HeaderId::subscription_state) | bit(HeaderId::to);

}  // namespace

class Parser {
public:
    Parser(std::span<char> buffer, Message& into, const ParseLimits& limits)
        : begin_(buffer.data()), end_(buffer.data() + buffer.size()), limits_(limits), m_(into) {}

    Parsed run();

private:
    void reset();
    void fail(int status, std::string_view why) {
        if (status_ == 0) status_ = status, why_ = why;
    }
    std::string_view take_line();
    bool start_line(std::string_view line);
    bool response_line(std::string_view line);
    bool request_line(std::string_view line);
    void header_lines();
    void header(char* line, char* line_end);
    void mandatory();
    void take_body();
    Parsed verdict() const;

    char* begin_;
    char* const end_;
    const ParseLimits& limits_;
    Message& m_;
    bool response_ = false;
    bool blank_line_ = false;
    std::uint64_t seen_ = 0;
    std::string_view first_[static_cast<std::size_t>(HeaderId::other)];  ///< set only where seen_ says so
    int status_ = 0;
    std::string_view why_;
};

void Parser::reset() {
    if (m_.headers_.capacity() == 0) m_.headers_.reserve(32);
    m_.headers_.clear();
    m_.method_name_ = m_.request_uri_text_ = m_.reason_ = m_.via_value_ = m_.call_id_ = m_.body_ = {};
    m_.request_uri_ = {};
    m_.via_ = {};
    m_.from_ = m_.to_ = {};
    m_.cseq_ = {};
    m_.status_ = 0;
    m_.method_ = Method::unknown;
}

Parsed Parser::run() {
    reset();
    const auto size = static_cast<std::size_t>(end_ - begin_);
    if (size == 0) return {Verdict::dropped, 0, "Empty"};
    while (begin_ != end_ && (*begin_ == '\r' || *begin_ == '\n')) ++begin_;  // §7.5
    if (begin_ == end_) return {Verdict::keepalive, 0, {}};
    if (!start_line(take_line())) return {Verdict::dropped, 0, "Not SIP"};
    if (size > limits_.message_bytes) fail(513, "Message Too Large");
    header_lines();
    if (!blank_line_) fail(400, "Headers Not Terminated");
    mandatory();
    take_body();
    return verdict();
}

/// One line without its end. It must not be a header: continuation lines aren't looked for.
std::string_view Parser::take_line() {
    char* const line = begin_;
    auto* const lf = static_cast<char*>(std::memchr(line, '\n', static_cast<std::size_t>(end_ - line)));
    char* stop = lf ? lf : end_;
    begin_ = lf ? lf + 1 : end_;
    if (stop != line && stop[-1] == '\r') --stop;
    return {line, static_cast<std::size_t>(stop - line)};
}

bool Parser::start_line(std::string_view line) {
    if (line.size() >= 4 && iequals(line.substr(0, 4), "SIP/")) return response_line(line);  // '/' is in no method
    return request_line(line);
}

bool Parser::response_line(std::string_view line) {
    response_ = true;
    if (line.size() < 11 || !iequals(line.substr(0, 8), "SIP/2.0 ")) return false;
    std::uint64_t status = 0;
    if (!read_decimal(line.substr(8, 3), 699, status) || status < 100) return false;
    if (line.size() > 11 && line[11] != ' ') return false;  // also 4294967301, which mustn't become 5
    m_.status_ = static_cast<int>(status);
    if (line.size() > 12) m_.reason_ = line.substr(12);
    return m_.reason_.find('\r') == std::string_view::npos;
}

bool Parser::request_line(std::string_view line) {
    std::string_view text = line;
    while (!text.empty() && is_space(text.back())) text.remove_suffix(1);
    const std::size_t last = text.rfind(' ');
    const std::size_t first = text.find(' ');
    if (last == std::string_view::npos) return false;
    const std::string_view version = text.substr(last + 1);
    if (version.size() < 5 || !iequals(version.substr(0, 4), "SIP/")) return false;

    m_.method_name_ = text.substr(0, first);
    m_.method_ = parse_method(m_.method_name_);
    if (version.substr(4) != "2.0") {
        const std::string_view number = version.substr(4);
        const std::size_t dot = number.find('.');
        std::uint64_t ignored = 0;
        const bool formed = dot != std::string_view::npos && read_decimal(number.substr(0, dot), 99'999, ignored) &&
                            read_decimal(number.substr(dot + 1), 99'999, ignored);
        fail(formed ? 505 : 400, formed ? "Version Not Supported" : "Bad SIP-Version");
    }
    if (!is_token(m_.method_name_)) fail(400, "Bad Method");
    if (first == last) {
        fail(400, "Bad Request-Line");
        return true;
    }
    m_.request_uri_text_ = text.substr(first + 1, last - first - 1);
    if (text.size() != line.size()) fail(400, "Space After SIP-Version");
    const auto uri = parse_uri(m_.request_uri_text_);
    if (!uri)
        fail(400, "Bad Request-URI");
    else if (!uri->headers.empty())
        fail(400, "Headers In Request-URI");  // §19.1.1 table 1; acting on them would be dangerous
    else
        m_.request_uri_ = *uri;
    return true;
}

void Parser::header_lines() {
    while (begin_ != end_) {
        char* const line = begin_;
        if (*line == '\n' || (*line == '\r' && line + 1 != end_ && line[1] == '\n')) {
            begin_ = line + (*line == '\n' ? 1 : 2);
            blank_line_ = true;
            return;
        }
        char* stop = nullptr;
        for (char* from = line;;) {
            auto* const lf = static_cast<char*>(std::memchr(from, '\n', static_cast<std::size_t>(end_ - from)));
            begin_ = lf ? lf + 1 : end_;
            stop = lf ? lf : end_;
            if (stop != line && stop[-1] == '\r') --stop;
            if (begin_ == end_ || !is_space(*begin_)) break;
            while (stop != begin_) *stop++ = ' ';  // §7.3.1: a fold is one space, or several
            from = begin_;
        }
        if (m_.headers_.size() == limits_.headers) return fail(400, "Too Many Header Fields");
        header(line, stop);
    }
}

void Parser::header(char* line, char* line_end) {
    const std::string_view text(line, static_cast<std::size_t>(line_end - line));
    if (text.size() > limits_.header_bytes) return fail(400, "Header Field Too Long");
    std::size_t i = 0;
    while (i < text.size() && is(text[i], kToken)) ++i;
    const std::string_view name = text.substr(0, i);
    while (i < text.size() && is_space(text[i])) ++i;
    if (name.empty() || i == text.size() || text[i] != ':') return fail(400, "Bad Header Field");
    const std::string_view value = trim(text.substr(i + 1));
    if (std::memchr(value.data(), '\r', value.size())) return fail(400, "Bare CR In Header Field");

    const HeaderId id = parse_header_id(name);
    m_.headers_.push_back({id, name, value});
    if (id == HeaderId::other) return;
    if (seen_ & kSingle & bit(id)) fail(400, "Repeated Header Field");
    if (seen_ & bit(id)) return;
    seen_ |= bit(id);
    first_[static_cast<std::size_t>(id)] = value;
}

/// §8.1.1: the fields without which nothing can be matched or answered. All are read even after one was found
/// wrong, so that the answer can repeat them.
void Parser::mandatory() {
    const auto get = [this](HeaderId id, std::string_view missing) {
        if (seen_ & bit(id)) return first_[static_cast<std::size_t>(id)];
        fail(400, missing);
        return std::string_view();
    };
    if (std::string_view list = get(HeaderId::via, "Missing Via"); !list.empty()) {
        m_.via_value_ = next_item(list).value_or(std::string_view());
        std::string_view version;
        if (!read_via(m_.via_value_, m_.via_, version) || version != "2.0") fail(400, "Bad Via");
    }
    if (m_.via_.host.empty()) fail(400, "Bad Via");
    if (!read_name_addr(get(HeaderId::from, "Missing From"), m_.from_)) fail(400, "Bad From");
    if (!read_name_addr(get(HeaderId::to, "Missing To"), m_.to_)) fail(400, "Bad To");
    m_.call_id_ = get(HeaderId::call_id, "Missing Call-ID");
    if (m_.call_id_.empty() || !all(m_.call_id_, kWord)) fail(400, "Bad Call-ID");
    if (!read_cseq(get(HeaderId::cseq, "Missing CSeq"), m_.cseq_)) fail(400, "Bad CSeq");
    if (!response_ && m_.cseq_.method_name != m_.method_name_) fail(400, "CSeq Method Mismatch");
}

void Parser::take_body() {
    m_.body_ = {begin_, static_cast<std::size_t>(end_ - begin_)};
    if (!(seen_ & bit(HeaderId::content_length))) return;  // then the datagram's end is the body's (§18.3)
    std::uint64_t length = 0;
    if (!read_decimal(first_[static_cast<std::size_t>(HeaderId::content_length)], 1'000'000'000, length))
        return fail(400, "Bad Content-Length");
    if (length > m_.body_.size()) return fail(400, "Body Shorter Than Content-Length");
    m_.body_ = m_.body_.substr(0, length);
}

Parsed Parser::verdict() const {
    if (status_ == 0) return {Verdict::complete, 0, {}};
    // An ACK is never answered, nor is a response; without a Via nobody knows where to.
    const bool ack = m_.method_ == Method::ack || m_.cseq_.method == Method::ack;
    if (response_ || ack || m_.via_.host.empty()) return {Verdict::dropped, 0, why_};
    return {Verdict::refused, status_, why_};
}

Parsed parse(std::span<char> buffer, Message& into, const ParseLimits& limits) {
    return Parser(buffer, into, limits).run();
}

}  // namespace centrala::sip
