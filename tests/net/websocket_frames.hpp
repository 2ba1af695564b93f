// What a WebSocket client sends: frames with a mask, and the request that opens the connection.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace centrala::net::test {

inline std::string frame_of(std::uint8_t opcode, std::string_view payload, bool final = true) {
    constexpr std::string_view mask = "\x37\xfa\x21\x3d";
    std::string out{static_cast<char>((final ? 0x80 : 0) | opcode)};
    const std::size_t extended = payload.size() < 126 ? 0 : payload.size() <= 0xffff ? 2 : 8;
    out += static_cast<char>(0x80 | (extended == 0 ? payload.size() : extended == 2 ? 126 : 127));
    for (std::size_t i = extended; i-- > 0;) out += static_cast<char>(payload.size() >> (8 * i) & 0xff);
    out += mask;
    for (std::size_t i = 0; i < payload.size(); ++i) out += static_cast<char>(payload[i] ^ mask[i % 4]);
    return out;
}

struct WebSocketRequest {
    std::string method = "GET", upgrade = "websocket", connection = "Upgrade", version = "13",
                key = "dGhlIHNhbXBsZSBub25jZQ==", protocol = "sip", origin = "https://desk.example.com";

    [[nodiscard]] std::string text() const {
        std::string out = method + " / HTTP/1.1\r\nHost: centrala.test\r\n";
        for (const auto& [name, value] : {std::pair<const char*, const std::string&>{"Upgrade", upgrade},
                                          {"Connection", connection},
                                          {"Sec-WebSocket-Version", version},
                                          {"Sec-WebSocket-Key", key},
                                          {"Sec-WebSocket-Protocol", protocol},
                                          {"Origin", origin}})
            if (!value.empty()) out.append(name).append(": ").append(value).append("\r\n");
        return out + "\r\n";
    }
};

}  // namespace centrala::net::test
