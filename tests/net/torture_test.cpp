// RFC 4475 and RFC 5118 on connections: what a framing makes of each message, and the parser of that. A message comes
// out whole and gets the manifest's verdict, or the stream can't carry it because nothing says where it ends.
#include "sip/torture.hpp"

#include "net/stream_framing.hpp"
#include "net/websocket_frames.hpp"
#include "net/websocket_framing.hpp"

namespace centrala::net::test {
namespace {

using namespace sip::torture;

struct Framed {
    std::vector<std::string> messages;
    bool broken = false;
};

Framed through(StreamFraming& framing, const std::string& stream, std::size_t piece) {
    Framed out;
    std::string unread;
    for (std::size_t i = 0; i < stream.size() && !out.broken; i += piece) {
        const std::size_t known = unread.size();
        unread.append(stream, i, piece);
        if (known > 0 && !framing.worth_a_look(unread, known)) continue;
        while (!unread.empty() && !out.broken) {
            const StreamFrame frame = framing.next(unread);
            if (frame.kind == StreamFrame::Kind::need_more) break;
            if (frame.kind == StreamFrame::Kind::message)
                out.messages.emplace_back(frame.message.data(), frame.message.size());
            out.broken = frame.kind == StreamFrame::Kind::broken;
            unread.erase(0, frame.used);
        }
    }
    return out;
}

class TortureOnStreams : public ::testing::TestWithParam<Case> {
protected:
    void SetUp() override { bytes_ = sip::material::read_file(sip::material::corpus() / GetParam().path); }
    /// Whether Content-Length says where the message ends, and that is within it.
    bool has_an_end() const {
        const std::string& declared = GetParam().row.at("declared_content_length");
        if (declared.empty() || declared.find_first_not_of("0123456789") != declared.npos) return false;
        const std::size_t body = bytes_.find("\r\n\r\n");
        return body != bytes_.npos && std::stoull(declared) <= bytes_.size() - body - 4;
    }
    std::string verdict(std::string message) const {
        sip::Message parsed;
        return said(sip::parse(message, parsed));
    }
    std::string bytes_;
};
GTEST_ALLOW_UNINSTANTIATED_PARAMETERIZED_TEST(TortureOnStreams);

TEST_P(TortureOnStreams, GetsTheVerdictOfTheManifestOnTcpAndTls) {
    for (const std::size_t piece : {std::size_t{1}, std::size_t{100}, bytes_.size()}) {
        const Framed framed = through(*make_sip_framing(65'535), bytes_, piece);
        if (framed.messages.empty()) {
            // Closed, or waited for until the time of a message is over: RFC 3261 §18.3 leaves nothing else.
            const bool bad_start = GetParam().row.at("class") == "invalid" && framed.broken;
            EXPECT_TRUE(!has_an_end() || bad_start) << GetParam().path << " was not found in pieces of " << piece;
            continue;
        }
        EXPECT_TRUE(bytes_.starts_with(framed.messages[0]));
        const std::string got = verdict(framed.messages[0]);
        EXPECT_TRUE(allowed(GetParam().row).count(got)) << got << " in pieces of " << piece;
    }
}

TEST_P(TortureOnStreams, GetsTheVerdictOfTheManifestOnWebSocket) {
    const bool short_body = GetParam().path == "rfc5118/wire/ipv6-in-sdp.dat";  // see tests/sip/torture_test.cpp
    for (const std::size_t piece : {std::size_t{1}, std::size_t{100}, bytes_.size() + 14}) {
        const Framed framed = through(*make_websocket_framing(65'535), frame_of(2, bytes_), piece);
        ASSERT_EQ(framed.messages, std::vector<std::string>{bytes_});
        const std::string got = verdict(framed.messages[0]);
        EXPECT_TRUE(short_body ? got == "400" : allowed(GetParam().row).count(got) == 1) << got;
    }
}

INSTANTIATE_TEST_SUITE_P(Rfc4475, TortureOnStreams, ::testing::ValuesIn(cases("rfc4475", {""})), name_of);
INSTANTIATE_TEST_SUITE_P(Rfc5118, TortureOnStreams, ::testing::ValuesIn(cases("rfc5118", {"wire/", "wire-cl/"})),
                         name_of);

}  // namespace
}  // namespace centrala::net::test
