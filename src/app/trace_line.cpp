// Base64 (RFC 4648 §4), because what is traced may be anything but text.
#include "app/trace_line.hpp"

#include <nlohmann/json.hpp>
#include <openssl/evp.h>

namespace centrala::app {
namespace {

using Json = nlohmann::ordered_json;

std::string to_base64(std::string_view bytes) {
    std::string out((bytes.size() + 2) / 3 * 4 + 1, '\0');  // OpenSSL adds a NUL
    const int length =
        EVP_EncodeBlock(reinterpret_cast<unsigned char*>(out.data()),
                        reinterpret_cast<const unsigned char*>(bytes.data()), static_cast<int>(bytes.size()));
    out.resize(static_cast<std::size_t>(length));
    return out;
}

std::optional<std::string> from_base64(const std::string& text) {
    if (text.size() % 4 != 0) return std::nullopt;
    std::string out(text.size() / 4 * 3, '\0');
    const int length =
        EVP_DecodeBlock(reinterpret_cast<unsigned char*>(out.data()),
                        reinterpret_cast<const unsigned char*>(text.data()), static_cast<int>(text.size()));
    if (length < 0) return std::nullopt;
    out.resize(static_cast<std::size_t>(length));
    for (std::size_t i = text.size(); i > 0 && text[i - 1] == '=' && !out.empty(); --i)
        out.pop_back();  // it keeps padding
    return out;
}

template <class T>
T field(const Json& json, const char* key) {
    const auto it = json.find(key);
    if (it == json.end()) return {};
    try {
        return it->get<T>();
    } catch (const Json::exception&) {
        return {};
    }
}

}  // namespace

trace::Captured TracedMessage::message() const {
    trace::Captured c = captured;
    c.bytes = bytes;
    return c;
}

std::string trace_line(const trace::Captured& c, std::uint64_t dropped) {
    return Json{{"at_us", c.at.time_since_epoch().count()},
                {"sent", c.sent},
                {"transport", sip::transport_name(c.flow.transport)},
                {"local", c.flow.local.to_string()},
                {"remote", c.flow.remote.to_string()},
                {"dropped", dropped},
                {"message", to_base64(c.bytes)}}
        .dump();
}

std::optional<TracedMessage> read_trace_line(std::string_view line) {
    const Json json = Json::parse(line, nullptr, false);
    if (!json.is_object()) return std::nullopt;
    const auto local = Endpoint::parse(field<std::string>(json, "local"));
    const auto remote = Endpoint::parse(field<std::string>(json, "remote"));
    auto bytes = from_base64(field<std::string>(json, "message"));
    if (!local || !remote || !bytes) return std::nullopt;
    TracedMessage traced;
    traced.bytes = std::move(*bytes);
    traced.captured.at = Timestamp(Duration(field<std::int64_t>(json, "at_us")));
    traced.captured.sent = field<bool>(json, "sent");
    traced.captured.flow.local = *local;
    traced.captured.flow.remote = *remote;
    traced.dropped = field<std::uint64_t>(json, "dropped");
    traced.captured.flow.transport =
        sip::parse_transport(field<std::string>(json, "transport")).value_or(sip::Transport::udp);
    return traced;
}

}  // namespace centrala::app
