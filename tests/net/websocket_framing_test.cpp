// WebSocket frames without a socket: RFC 6455's examples, fragments, what must be refused, and any cut of the stream.
#include "net/websocket_framing.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "net/websocket_frames.hpp"

namespace centrala::net::test {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using Kind = StreamFrame::Kind;

/// What comes of a stream that is fed in pieces.
struct Reader {
    explicit Reader(std::size_t max = 65'535) : framing(make_websocket_framing(max)) {}
    void feed(std::string_view bytes) {
        buffer.append(bytes);
        while (!over && !buffer.empty()) {
            const StreamFrame frame = framing->next(buffer);
            if (frame.kind == Kind::need_more) break;
            replies += frame.reply;
            if (frame.kind == Kind::message) messages.emplace_back(frame.message.data(), frame.message.size());
            over = frame.kind == Kind::broken || frame.kind == Kind::last;
            broken = frame.kind == Kind::broken;
            buffer.erase(0, frame.used);
        }
    }
    std::unique_ptr<StreamFraming> framing;
    std::string buffer, replies;
    std::vector<std::string> messages;
    bool over = false, broken = false;
};

/// A close frame of ours with that code.
std::string closing(int code) {
    return {static_cast<char>(0x88), 2, static_cast<char>(code >> 8), static_cast<char>(code & 0xff)};
}

TEST(WebSocketFraming, ReadsTheExamplesOfRfc6455) {
    Reader r;  // §5.7
    r.feed("\x81\x85\x37\xfa\x21\x3d\x7f\x9f\x4d\x51\x58");
    r.feed("\x89\x85\x37\xfa\x21\x3d\x7f\x9f\x4d\x51\x58");
    EXPECT_THAT(r.messages, ElementsAre("Hello"));
    EXPECT_EQ(r.replies, "\x8a\x05Hello");
}

TEST(WebSocketFraming, TakesTextAndBinary) {
    Reader r;
    r.feed(frame_of(1, "text \xc3\xa4") + frame_of(2, "binary \xff"));
    EXPECT_THAT(r.messages, ElementsAre("text \xc3\xa4", "binary \xff"));
}

TEST(WebSocketFraming, ReadsTheSameHoweverTheStreamIsCut) {
    const std::string all = frame_of(1, std::string(200, 'a')) + frame_of(9, "ping") +
                            frame_of(2, std::string(70'000, 'b')) + frame_of(1, "c1", false) + frame_of(0, "c2");
    for (const std::size_t piece : {std::size_t{1}, std::size_t{13}, std::size_t{4'096}, all.size()}) {
        Reader r(100'000);
        for (std::size_t i = 0; i < all.size(); i += piece) r.feed(std::string_view(all).substr(i, piece));
        EXPECT_THAT(r.messages, ElementsAre(std::string(200, 'a'), std::string(70'000, 'b'), "c1c2")) << piece;
        EXPECT_EQ(r.replies, "\x8a\x04ping") << piece;
    }
}

TEST(WebSocketFraming, LetsAPingInBetweenTheFramesOfAMessage) {
    Reader r;
    r.feed(frame_of(1, "\xc3", false) + frame_of(9, "") + frame_of(0, "\xa4"));  // the cut goes through a character
    EXPECT_THAT(r.messages, ElementsAre("\xc3\xa4"));
    EXPECT_FALSE(r.framing->in_message(""));
}

TEST(WebSocketFraming, KnowsThatAMessageHasBegun) {
    Reader r;
    EXPECT_FALSE(r.framing->in_message(""));
    r.feed(frame_of(1, "half", false));
    EXPECT_TRUE(r.framing->in_message(""));
    r.feed(frame_of(0, "half"));
    EXPECT_FALSE(r.framing->in_message(""));
    EXPECT_TRUE(r.framing->in_message("\x81"));
}

TEST(WebSocketFraming, AnswersKeepAlivesInAMessage) {  // RFC 7118 §6
    Reader r;
    r.feed(frame_of(1, "\r\n\r\n") + frame_of(1, "\r\n") + frame_of(1, ""));
    EXPECT_EQ(r.replies, "\x81\x02\r\n");
    EXPECT_THAT(r.messages, IsEmpty());
}

TEST(WebSocketFraming, RefusesByTheHeaderWhatIsTooLong) {
    Reader r(1'000);
    r.feed(std::string("\x82\xff\x7f\xff\xff\xff\xff\xff\xff\xff", 10));  // 2^63 octets are said to follow
    EXPECT_EQ(r.replies, closing(1009));
    Reader fragments(1'000);
    fragments.feed(frame_of(2, std::string(600, 'x'), false));
    EXPECT_FALSE(fragments.over);
    fragments.feed(frame_of(0, std::string(401, 'x')));
    EXPECT_EQ(fragments.replies, closing(1009)) << "in sum";
}

TEST(WebSocketFraming, RefusesWhatRfc6455Forbids) {
    const std::string unmasked = "\x81\x05Hello", reserved = "\xc1\x80\1\2\3\4", unknown = "\x83\x80\1\2\3\4";
    for (const auto& [what, bytes] : std::vector<std::pair<std::string, std::string>>{
             {"no mask (§5.1)", unmasked},
             {"a reserved bit (§5.2)", reserved},
             {"an unknown opcode (§5.2)", unknown},
             {"a continuation of nothing (§5.4)", frame_of(0, "x")},
             {"a message within a message (§5.4)", frame_of(1, "x", false) + frame_of(1, "y")},
             {"a ping in fragments (§5.5)", frame_of(9, "x", false)},
             {"a ping of 126 octets (§5.5)", frame_of(9, std::string(126, 'x'))},
             {"7 octets' length in 16 bits (§5.2)", std::string("\x82\xfe\0\7\1\2\3\4", 8)},
             {"126 octets' length in 64 bits (§5.2)", std::string("\x82\xff\0\0\0\0\0\0\0\x7e\1\2\3\4", 14)},
             {"a ping whose length is said in 64 bits (§5.2, §5.5)", std::string("\x89\xff\0\0\0\0\0\0\0\1", 10)},
             {"half a close code (§5.5.1)", frame_of(8, "\x03")},
             {"a close code for nobody's use (§7.4.1)", frame_of(8, "\x03\xed")},
             {"a close code past all (§7.4.2)", frame_of(8, "\x27\x10")}}) {
        Reader r;
        r.feed(bytes);
        EXPECT_TRUE(r.broken) << what;
        EXPECT_EQ(r.replies, closing(1002)) << what;
        EXPECT_THAT(r.messages, IsEmpty()) << what;
    }
}

TEST(WebSocketFraming, RefusesTextThatIsNotUtf8) {  // §8.1
    for (const std::string bad :
         {"\xff", "\xc3", "\xc0\xaf", "\xed\xa0\x80", "\xf4\x90\x80\x80", "\xe0\x80\x80", "a\x80"}) {
        Reader r;
        r.feed(frame_of(1, bad));
        EXPECT_EQ(r.replies, closing(1007));
        EXPECT_THAT(r.messages, IsEmpty());
    }
    Reader r;
    r.feed(frame_of(1, "\xf0\x9f\x98\x80 \xed\x9f\xbf \xe2\x82\xac"));
    EXPECT_EQ(r.messages.size(), 1u);
}

TEST(WebSocketFraming, ReturnsTheCloseCode) {  // §5.5.1
    for (const auto& [payload, code] :
         std::vector<std::pair<std::string, int>>{{"", 1000}, {"\x03\xe9gone", 1001}, {"\x0f\xa0", 4000}}) {
        Reader r;
        r.feed(frame_of(8, payload) + frame_of(1, "after"));
        EXPECT_TRUE(r.over);
        EXPECT_FALSE(r.broken);
        EXPECT_EQ(r.replies, closing(code));
        EXPECT_THAT(r.messages, IsEmpty());
    }
}

TEST(WebSocketFraming, WritesWhatItCouldRead) {
    const auto framing = make_websocket_framing(100'000);
    for (const std::size_t size : {1U, 125U, 126U, 65'535U, 65'536U}) {
        std::string out;
        framing->append(out, std::string(size, 'x'));
        const std::size_t header = size < 126 ? 2 : size < 65'536 ? 4 : 10;
        ASSERT_EQ(out.size(), header + size);
        EXPECT_EQ(out[0], '\x81');
        // Masked with zeros it is a client's frame.
        out[1] = static_cast<char>(out[1] | 0x80);
        out.insert(header, std::string(4, '\0'));
        Reader r(100'000);
        r.feed(out);
        EXPECT_THAT(r.messages, ElementsAre(std::string(size, 'x')));
    }
    std::string out;
    framing->append(out, "\xff");
    EXPECT_EQ(out, "\x82\x01\xff") << "binary if it isn't UTF-8";
}

}  // namespace
}  // namespace centrala::net::test
