// The WebSocket opening handshake by RESTinio: it reads and parses the request over our stream and writes the headers
// of the answer; what may come in is decided here (RFC 6455 §4.2, RFC 7118 §4.1).
//
// RESTinio's own server isn't used: its acceptor gives up for ever at the first failing accept(), it has no limit of
// time for a TLS handshake, and the WebSocket that it makes of a connection has none of size. Listening, TLS, limits
// and frames are those that TCP connections have; RESTinio gets the stream for as long as HTTP is spoken on it.
#include "net/websocket_door.hpp"

#include <restinio/all.hpp>
#include <restinio/utils/base64.hpp>
#include <restinio/utils/sha1.hpp>

#include "centrala/sip/message.hpp"

namespace centrala::net {
namespace {

using restinio::http_field;

/// What RESTinio takes for a socket (its traits' stream_socket_t): our stream, and whom to tell. Only ever reads.
class DoorSocket {
public:
    using executor_type = restinio::default_asio_executor;

    DoorSocket(std::shared_ptr<Stream> stream, WebSocketDoor::Answered answered)
        : stream_(std::move(stream)), answered_(std::make_unique<WebSocketDoor::Answered>(std::move(answered))) {}
    DoorSocket(DoorSocket&&) = default;
    DoorSocket& operator=(DoorSocket&&) = default;

    void answer(const WebSocketDoor::Answer& answer) {
        if (const auto answered = std::move(answered_)) (*answered)(answer);
    }

    executor_type get_executor() { return stream_->socket().get_executor(); }
    auto& lowest_layer() { return stream_->socket(); }
    [[nodiscard]] auto remote_endpoint() const { return stream_->socket().remote_endpoint(); }
    [[nodiscard]] bool is_open() const { return stream_ && stream_->socket().is_open(); }
    void cancel(asio::error_code&) {}
    template <class... Ignored>
    void shutdown(Ignored&&...) {}
    /// RESTinio closes when it can't make sense of what it reads.
    void close() { answer({{}, "no HTTP request"}); }

    template <class Buffers, class Handler>
    void async_read_some(const Buffers& buffers, Handler handler) {
        if (!stream_) return;  // handed over: there is nothing more to read
        wait_and_read(stream_, *asio::buffer_sequence_begin(buffers), std::make_shared<Handler>(std::move(handler)));
    }
    /// Answers go out by the connection, so there is nothing that RESTinio could have to write.
    template <class Buffers, class Handler>
    void async_write_some(const Buffers&, Handler handler) {
        asio::post(get_executor(), [handler = std::make_shared<Handler>(std::move(handler))]() mutable {
            (*handler)(asio::error::operation_not_supported, 0);
        });
    }

private:
    template <class Handler>
    static void wait_and_read(std::shared_ptr<Stream> stream, asio::mutable_buffer into, Handler handler) {
        Stream& s = *stream;
        auto ready = [stream = std::move(stream), into, handler](asio::error_code error) mutable {
            Stream::Progress got{Stream::Status::failed};
            if (!error && stream->socket().is_open()) {
                got = stream->read({static_cast<char*>(into.data()), into.size()});
                if (got.status == Stream::Status::blocked) return wait_and_read(std::move(stream), into, handler);
                if (got.status == Stream::Status::ended) error = asio::error::eof;
                if (got.status == Stream::Status::failed) error = asio::error::connection_reset;
            } else if (!error) {
                error = asio::error::operation_aborted;
            }
            (*handler)(error, got.bytes);
        };
        if (s.has_unread())
            asio::post(s.socket().get_executor(), [ready]() mutable { ready({}); });
        else
            s.when_readable(std::move(ready));
    }

    std::shared_ptr<Stream> stream_;
    std::unique_ptr<WebSocketDoor::Answered> answered_;  ///< until it is done
};

// RESTinio finds these by their argument: TLS is there already, and there is no socket type of its own to show.

template <class Connection, class Start, class Failed>
void prepare_connection_and_start_read(DoorSocket&, Connection&, Start start, Failed) {
    start();
}

restinio::impl::tls_socket_t* make_tls_socket_pointer_for_state_listener(DoorSocket&) noexcept {
    return nullptr;
}

/// Time limits are the connection's.
using Traits = restinio::traits_t<restinio::null_timer_manager_t, restinio::null_logger_t,
                                  restinio::default_request_handler_t, restinio::noop_strand_t, DoorSocket>;
using Connection = restinio::impl::connection_t<Traits>;
using Settings = restinio::impl::connection_settings_t<Traits>;

constexpr std::size_t kReadBuffer = 2'048;
constexpr restinio::http_status_code_t kUpgradeRequired(426);

restinio::http_status_line_t upgrade_required() {
    return {kUpgradeRequired, "Upgrade Required"};
}

auto request_limits() {
    return restinio::incoming_http_msg_limits_t{}
        .max_url_size(1'024)
        .max_field_name_size(128)
        .max_field_value_size(4'096)
        .max_field_count(64)
        .max_body_size(1'024);
}

WebSocketDoor::Answer refuse(restinio::http_status_line_t status, std::string why) {
    restinio::http_response_header_t header(status);
    header.connection(restinio::http_connection_header_t::close);
    header.set_field(http_field::content_type, "text/plain");
    // RFC 9110 §15.5.22 and RFC 6455 §4.2.2: a 426 names what it wants.
    if (status.status_code() == kUpgradeRequired) {
        header.set_field(http_field::upgrade, "websocket");
        header.set_field(http_field::sec_websocket_version, "13");
    }
    const std::string body = why + "\n";
    header.content_length(body.size());
    return {restinio::impl::create_header_string(header) + body, std::move(why)};
}

bool lists(const restinio::http_request_header_t& header, http_field field, std::string_view wanted) {
    bool found = false;
    header.for_each_value_of(field, [&](const auto& value) {
        std::string_view rest(value.data(), value.size());
        while (const auto item = sip::next_item(rest)) found = found || sip::iequals(*item, wanted);
        return restinio::http_header_fields_t::continue_enumeration();
    });
    return found;
}

/// §4.2.2: the proof that we have understood.
std::string accept_value(const std::string& key) {
    const auto digest = restinio::utils::sha1::make_digest(key + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11");
    return restinio::utils::base64::encode(restinio::utils::sha1::to_string(digest));
}

/// 16 bytes in base64 (RFC 6455 §4.1). Not asked of RESTinio, whose decoder reads past the end of what isn't base64.
bool is_key(std::string_view key) {
    constexpr std::string_view kDigits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    return key.size() == 24 && key.ends_with("==") && key.find_first_not_of(kDigits) == 22;
}

}  // namespace

struct WebSocketDoor::Impl {
    explicit Impl(std::vector<std::string> origins) : allowed_origins(std::move(origins)) {}

    Answer judge(const restinio::http_request_header_t& request) const {
        const auto field = [&](http_field name) { return request.get_field_or(name, std::string()); };
        if (request.method() != restinio::http_method_get())
            return refuse(restinio::status_method_not_allowed(), "expected GET");
        if (!lists(request, http_field::upgrade, "websocket") ||
            request.connection() != restinio::http_connection_header_t::upgrade)
            return refuse(upgrade_required(), "this port speaks WebSocket");
        if (field(http_field::sec_websocket_version) != "13")
            return refuse(upgrade_required(), "expected Sec-WebSocket-Version: 13");
        const std::string key = field(http_field::sec_websocket_key);
        if (!is_key(key)) return refuse(restinio::status_bad_request(), "expected a Sec-WebSocket-Key");
        const std::string origin = field(http_field::origin);
        if (!origin.empty() && !allowed_origins.empty() &&
            std::none_of(allowed_origins.begin(), allowed_origins.end(),
                         [&](const std::string& o) { return sip::iequals(o, origin); }))
            return refuse(restinio::status_forbidden(), "origin not allowed");
        // RFC 7118 §4.1: without the subprotocol the two sides wouldn't know that they speak SIP.
        if (!lists(request, http_field::sec_websocket_protocol, "sip"))
            return refuse(restinio::status_bad_request(), "expected Sec-WebSocket-Protocol: sip");
        restinio::http_response_header_t header(restinio::status_switching_protocols());
        header.connection(restinio::http_connection_header_t::upgrade);
        header.set_field(http_field::upgrade, "websocket");
        header.set_field(http_field::sec_websocket_accept, accept_value(key));
        header.set_field(http_field::sec_websocket_protocol, "sip");
        return {restinio::impl::create_header_string(
                    header, restinio::impl::content_length_field_presence_t::skip_content_length),
                {}};
    }

    /// Called by RESTinio with a whole request: the stream is taken back from it, the answer goes to who gave it.
    restinio::request_handling_status_t handle(const restinio::request_handle_t& request) const {
        const auto connection = std::move(restinio::impl::access_req_connection(*request));
        if (!connection) return restinio::request_rejected();
        auto internals = static_cast<Connection&>(*connection).move_upgrade_internals();
        internals.m_socket.answer(judge(request->header()));
        return restinio::request_accepted();
    }

    std::vector<std::string> allowed_origins;
    std::shared_ptr<Settings> settings;
    restinio::connection_id_t last_id = 0;
};

WebSocketDoor::WebSocketDoor(std::vector<std::string> allowed_origins)
    : impl_(std::make_shared<Impl>(std::move(allowed_origins))) {
    restinio::server_settings_t<Traits> server;
    server.buffer_size(kReadBuffer)
        .incoming_http_msg_limits(request_limits())
        .max_pipelined_requests(1)
        .request_handler([impl = impl_.get()](const restinio::request_handle_t& r) { return impl->handle(r); });
    impl_->settings = std::make_shared<Settings>(
        server, restinio::impl::create_parser_settings<typename Traits::http_methods_mapper_t>(),
        std::make_shared<restinio::null_timer_manager_t>());
}

WebSocketDoor::~WebSocketDoor() = default;

void WebSocketDoor::admit(std::shared_ptr<Stream> stream, Answered answered) {
    asio::error_code gone;
    const auto remote = stream->socket().remote_endpoint(gone);
    const auto connection =
        std::make_shared<Connection>(++impl_->last_id, DoorSocket(std::move(stream), std::move(answered)),
                                     impl_->settings, remote, Connection::lifetime_monitor_t(nullptr));
    connection->init();
}

}  // namespace centrala::net
