// What the tests of session descriptions share.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>

#include <gtest/gtest.h>

#include "centrala/sdp/sdp.hpp"
#include "sip/corpus.hpp"

namespace centrala::sdp {

inline Local local_side(std::uint16_t port = 30000) {
    Local l;
    l.address = *IpAddress::parse("192.0.2.10");
    l.port = port;
    l.session_id = 5;
    l.session_version = 6;
    return l;
}

inline std::string with_head(std::string_view tail, std::string_view connection = "c=IN IP4 203.0.113.5\r\n") {
    return "v=0\r\no=alice 1 1 IN IP4 203.0.113.5\r\ns=-\r\n" + std::string(connection) + "t=0 0\r\n" +
           std::string(tail);
}

inline Description parsed(std::string_view text) {
    auto d = parse(text);
    EXPECT_TRUE(d.ok()) << (d.ok() ? "" : d.error().message) << "\n" << text;
    return d.ok() ? std::move(*d) : Description{};
}

using sip::material::read_file;
using sip::material::read_tsv;

/// The RFCs' examples; pairs.tsv says which belong together.
inline std::filesystem::path corpus() {
    return sip::material::corpus() / "sdp";
}

}  // namespace centrala::sdp
