// What a trace must not show, and what it must leave alone.
#include "centrala/trace/mask.hpp"

#include <gtest/gtest.h>

#include "centrala/sip/message.hpp"

namespace centrala::trace {
namespace {

std::string masked(std::string text) {
    mask_secrets(text);
    return text;
}

std::string request(const std::string& lines, const std::string& body = {}, const std::string& method = "REGISTER") {
    return method +
           " sip:example.com SIP/2.0\r\nVia: SIP/2.0/UDP 192.0.2.1:5060;branch=z9hG4bK1\r\nMax-Forwards: 70\r\n"
           "From: <sip:ann@example.com>;tag=1\r\nTo: <sip:ann@example.com>\r\nCall-ID: a@b\r\nCSeq: 1 " +
           method + "\r\n" + lines + "Content-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body;
}

TEST(MaskSecrets, OverwritesTheDigestsResponseAndClientNonceAndNothingElse) {
    const std::string before = request(
        "Authorization: Digest username=\"ann\", realm=\"r\", nonce=\"abc\", uri=\"sip:example.com\", "
        "response=\"6629fae49393a05397450978507c4ef1\", algorithm=MD5, cnonce=\"0a4f113b\", qop=auth, nc=00000001\r\n");
    const std::string after = masked(before);
    EXPECT_EQ(after,
              request("Authorization: Digest username=\"ann\", realm=\"r\", nonce=\"abc\", uri=\"sip:example.com\", "
                      "response=\"xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx\", algorithm=MD5, cnonce=\"xxxxxxxx\", "
                      "qop=auth, nc=00000001\r\n"));
}

TEST(MaskSecrets, FindsTheHeaderInAnyCaseFoldedAndWithoutQuotes) {
    EXPECT_EQ(
        masked(request("PROXY-authorization :\r\n  Digest username=\"a\",\r\n\tresponse = deadbeef ,cnonce=c\r\n")),
        request("PROXY-authorization :\r\n  Digest username=\"a\",\r\n\tresponse = xxxxxxxx ,cnonce=x\r\n"));
}

TEST(MaskSecrets, IsNotMisledByAResponseInsideAnotherQuotedValue) {
    EXPECT_EQ(masked(request("Authorization: Digest username=\"a\\\", response=1\", response=\"2\"\r\n")),
              request("Authorization: Digest username=\"a\\\", response=1\", response=\"x\"\r\n"));
}

TEST(MaskSecrets, OverwritesEverythingOfSchemesItDoesNotKnow) {
    EXPECT_EQ(masked(request("Authorization: Bearer eyJhbGci.Oi\r\n")),
              request("Authorization: Bearer xxxxxxxxxxx\r\n"));
    EXPECT_EQ(masked(request("Authorization: Basic YTpi\r\n")), request("Authorization: Basic xxxx\r\n"));
}

TEST(MaskSecrets, LeavesAnUnfinishedQuoteNoWayOut) {
    EXPECT_EQ(masked(request("Authorization: Digest response=\"secret\r\n")),
              request("Authorization: Digest response=\"xxxxxx\r\n"));
}

TEST(MaskSecrets, OverwritesSrtpKeysAndLeavesTheRestOfSdp) {
    const std::string sdp =
        "v=0\r\na=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:WVNfX19zZW1jdGwgKCkgewkyMjA7fQp9CnVubGVz|2^20|1:4 "
        "UNENCRYPTED_SRTCP\r\na=inline:kept\r\n";
    const std::string after = masked(request("Content-Type: application/sdp\r\n", sdp, "INVITE"));
    EXPECT_NE(after.find("inline:xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx|2^20|1:4 UNENCRYPTED_SRTCP\r\na=inline:kept"),
              std::string::npos);
}

TEST(MaskSecrets, HidesPeoplesWordsAndDialledDigits) {
    EXPECT_EQ(masked(request("", "my card is\r\n4111", "MESSAGE")), request("", "xx xxxx xx\r\nxxxx", "MESSAGE"));
    EXPECT_EQ(masked(request("", "Signal=5\r\nDuration=160\r\n", "INFO")),
              request("", "xxxxxxxx\r\nxxxxxxxxxxxx\r\n", "INFO"));
    EXPECT_EQ(masked(request("", "v=0\r\n", "INVITE")), request("", "v=0\r\n", "INVITE"));
}

TEST(MaskSecrets, KeepsTheMessageWellFormed) {
    std::string text =
        masked(request("Authorization: Digest username=\"ann\", response=\"1\"\r\n", "hello", "MESSAGE"));
    sip::Message message;
    EXPECT_EQ(sip::parse(text, message).verdict, sip::Verdict::complete);
    EXPECT_EQ(message.body(), "xxxxx");
}

TEST(MaskSecrets, SurvivesWhatIsNoMessage) {
    for (const std::string& text :
         {std::string(), std::string("\r\n\r\n"), std::string("Authorization"), std::string("\0x", 2),
          std::string("X\r\nAuthorization:"), std::string("X\r\nAuthorization: Digest response"),
          std::string("X\nAuthorization: Digest response=\"a\\")})
        EXPECT_EQ(masked(text).size(), text.size());
}

}  // namespace
}  // namespace centrala::trace
