// SIP messages as views into the buffer they arrived in (RFC 3261 §7), and a writer for new ones.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "centrala/sip/uri.hpp"

namespace centrala::sip {

enum class Method : std::uint8_t {
    invite,
    ack,
    bye,
    cancel,
    options,
    register_,
    prack,
    update,
    refer,
    subscribe,
    notify,
    publish,
    info,
    message,
    unknown
};
[[nodiscard]] std::string_view to_string(Method method);
[[nodiscard]] Method parse_method(std::string_view name);  ///< exact case (RFC 3261 §7.1); else unknown

/// The headers that code asks for by name. Anything else is `other` and keeps its name.
enum class HeaderId : std::uint8_t {
    accept,
    accept_encoding,
    alert_info,
    allow,
    authorization,
    call_id,
    call_info,
    contact,
    content_encoding,
    content_length,
    content_type,
    cseq,
    date,
    diversion,
    event,
    expires,
    from,
    history_info,
    max_forwards,
    min_expires,
    min_se,
    p_asserted_identity,
    path,
    privacy,
    proxy_authenticate,
    proxy_authorization,
    proxy_require,
    rack,
    reason,
    record_route,
    refer_to,
    referred_by,
    remote_party_id,
    replaces,
    require,
    retry_after,
    route,
    rseq,
    server,
    service_route,
    session_expires,
    subject,
    subscription_state,
    supported,
    to,
    unsupported,
    user_agent,
    via,
    warning,
    www_authenticate,
    other
};
[[nodiscard]] std::string_view to_string(HeaderId id);          ///< canonical spelling; "" for other
[[nodiscard]] HeaderId parse_header_id(std::string_view name);  ///< any case, compact forms too

/// One header field; views into the buffer. `value` is trimmed, folds already turned into spaces.
struct Header {
    HeaderId id = HeaderId::other;
    std::string_view name;
    std::string_view value;
};

/// name-addr or addr-spec with its header parameters (RFC 3261 §20.10).
struct NameAddr {
    std::string_view display_name;  ///< as written, without the outer quotes; see display_text()
    std::string_view uri_text;
    Uri uri;
    std::string_view parameters;  ///< header parameters after the first ';', without it

    [[nodiscard]] std::optional<std::string_view> parameter(std::string_view name) const;
    [[nodiscard]] std::string_view tag() const;      ///< "" if none
    [[nodiscard]] std::string display_text() const;  ///< quoted-pairs undone
};
[[nodiscard]] std::optional<NameAddr> parse_name_addr(std::string_view value);

struct Via {
    std::string_view transport;  ///< "UDP", "TCP", … as written
    std::string_view host;       ///< without [ ]
    std::uint16_t port = 0;      ///< 0: not given
    std::string_view branch;     ///< "" if none
    std::string_view parameters;

    [[nodiscard]] std::optional<std::string_view> parameter(std::string_view name) const;  ///< "" for `;rport` alone
    [[nodiscard]] bool has_magic_cookie() const;  ///< branch begins with z9hG4bK and has more (RFC 3261 §8.1.1.7)
};

struct CSeq {
    std::uint32_t number = 0;
    Method method = Method::unknown;
    std::string_view method_name;
};

/// A parameter in a ';'-separated list ("a=b;c;d=\"e;f\""); quotes respected and removed from the value.
[[nodiscard]] std::optional<std::string_view> find_parameter(std::string_view parameters, std::string_view name);
/// Takes the next item off a list with `separator`, respecting quotes and < >; trimmed; nullopt at the end.
[[nodiscard]] std::optional<std::string_view> next_item(std::string_view& list, char separator = ',');
[[nodiscard]] bool iequals(std::string_view a, std::string_view b);  ///< ASCII, without regard to case

/// A parsed message. It only borrows the buffer. Reuse one object: its header table keeps its capacity, so that
/// parsing allocates nothing.
class Message {
public:
    [[nodiscard]] bool is_request() const { return status_ == 0; }
    // Request only.
    [[nodiscard]] Method method() const { return method_; }
    [[nodiscard]] std::string_view method_name() const { return method_name_; }
    [[nodiscard]] std::string_view request_uri_text() const { return request_uri_text_; }
    [[nodiscard]] const Uri& request_uri() const { return request_uri_; }
    // Response only.
    [[nodiscard]] int status() const { return status_; }
    [[nodiscard]] std::string_view reason() const { return reason_; }

    // Present and well formed in every message that parse() calls complete.
    [[nodiscard]] const Via& via() const { return via_; }
    [[nodiscard]] std::string_view via_value() const { return via_value_; }  ///< the topmost Via value, as written
    [[nodiscard]] const NameAddr& from() const { return from_; }
    [[nodiscard]] const NameAddr& to() const { return to_; }
    [[nodiscard]] std::string_view call_id() const { return call_id_; }
    [[nodiscard]] const CSeq& cseq() const { return cseq_; }

    [[nodiscard]] std::span<const Header> headers() const { return headers_; }
    /// The first field with that id, its whole value (perhaps a comma list).
    [[nodiscard]] std::optional<std::string_view> find(HeaderId id) const;
    [[nodiscard]] std::optional<std::string_view> find(std::string_view name) const;  ///< also those that are `other`
    [[nodiscard]] std::optional<std::uint32_t> number(HeaderId id) const;  ///< value as decimal; nullopt if none or bad
    /// Calls f(std::string_view) for each value of each field with that id, comma lists taken apart.
    template <class F>
    void each(HeaderId id, F&& f) const {
        for (const Header& h : headers_)
            if (h.id == id)
                for (std::string_view rest = h.value; auto item = next_item(rest);) f(*item);
    }
    /// Whether a comma list (Supported, Require, Allow …) holds the token, without regard to case.
    [[nodiscard]] bool lists(HeaderId id, std::string_view token) const;
    [[nodiscard]] std::string_view body() const { return body_; }
    [[nodiscard]] std::string_view content_type() const;  ///< without parameters; "" if none

private:
    friend class Parser;
    std::vector<Header> headers_;
    std::string_view method_name_, request_uri_text_, reason_, via_value_, call_id_, body_;
    Uri request_uri_;
    Via via_;
    NameAddr from_, to_;
    CSeq cseq_;
    int status_ = 0;
    Method method_ = Method::unknown;
};

struct ParseLimits {
    std::size_t message_bytes = 65'535;
    std::size_t headers = 256;
    std::size_t header_bytes = 16'384;  ///< one field, folds included
};

/// What a buffer turned out to be.
enum class Verdict : std::uint8_t {
    complete,  ///< well formed; every mandatory header is there and valid
    refused,   ///< a request that must be answered with `status` (400, 505 …); Via, From, To, Call-ID, CSeq as far as
               ///< readable
    dropped,   ///< nothing can or may be answered: not SIP, a bad response, no readable Via, a malformed ACK
    keepalive,  ///< only CR LF (RFC 5626 §3.5.1, RFC 3261 §7.5)
};
struct Parsed {
    Verdict verdict = Verdict::dropped;
    int status = 0;        ///< with `refused`
    std::string_view why;  ///< static text; with `refused` it is the Reason-Phrase; "" when complete
};

/// Parses one datagram, or one framed stream message. Folds are unfolded in place, hence the mutable span.
/// Content-Length larger than what is there is refused, smaller cuts the body (RFC 3261 §18.3).
[[nodiscard]] Parsed parse(std::span<char> buffer, Message& into, const ParseLimits& limits = {});

/// Finds where the first message on a stream ends (RFC 3261 §18.3: Content-Length rules).
struct Framed {
    enum class Status : std::uint8_t { need_more, message, keepalive, broken } status = Status::need_more;
    std::size_t skip = 0;    ///< leading CR LF to throw away
    std::size_t length = 0;  ///< the message's bytes after `skip`
};
[[nodiscard]] Framed frame(std::string_view stream, const ParseLimits& limits = {});

/// Appends a message to a string. Header values must not contain CR or LF: they are replaced by spaces, so that
/// nothing that came from a caller can forge a header.
class MessageWriter {
public:
    explicit MessageWriter(std::string& out) : out_(out) {}

    MessageWriter& request_line(std::string_view method, std::string_view uri);
    MessageWriter& status_line(int status, std::string_view reason = {});  ///< {}: the RFC's phrase
    /// The pieces are written one after the other: strings, characters, integers.
    template <class... Pieces>
    MessageWriter& header(std::string_view name, const Pieces&... pieces) {
        out_.append(name).append(": ");
        (piece(pieces), ...);
        out_.append("\r\n");
        return *this;
    }
    MessageWriter& lines(std::string_view complete_header_lines) {
        out_.append(complete_header_lines);
        return *this;
    }
    void end() { out_.append("Content-Length: 0\r\n\r\n"); }
    void body(std::string_view content_type, std::string_view body);

private:
    void piece(std::string_view text);
    void piece(const char* text) { piece(std::string_view(text)); }
    void piece(const std::string& text) { piece(std::string_view(text)); }
    void piece(char c) { piece(std::string_view(&c, 1)); }
    template <class Int>
    requires(std::is_integral_v<Int> && !std::is_same_v<Int, char>) void piece(Int number) {
        integer(static_cast<std::int64_t>(number));
    }
    void integer(std::int64_t number);
    std::string& out_;
};

[[nodiscard]] std::string_view reason_phrase(int status);  ///< RFC 3261 §21 and the IANA registry; "" if unknown

}  // namespace centrala::sip
