// Bodies of several parts (RFC 5621), as trunks that speak SIP-I send them, and broken ones.
#include "centrala/sip/content.hpp"

#include <gtest/gtest.h>

namespace centrala::sip {
namespace {

using Kind = SessionContent::Kind;

const std::string kSdp = "v=0\r\no=- 1 1 IN IP4 192.0.2.1\r\ns=-\r\n";
const std::string kSdpPart = "Content-Type: application/sdp\r\n\r\n" + kSdp;
const std::string kIsup = "Content-Type: application/ISUP;version=itu-t92+\r\nContent-Disposition: signal;handling=";

struct Content : ::testing::Test {
    SessionContent read(const std::string& type, const std::string& body) {
        text =
            "INVITE sip:a@h SIP/2.0\r\nVia: SIP/2.0/UDP h;branch=z9hG4bK1\r\nFrom: <sip:b@h>;tag=1\r\nTo: <sip:a@h>\r\n"
            "Call-ID: c\r\nCSeq: 1 INVITE\r\nMax-Forwards: 70\r\n" +
            (type.empty() ? "" : "Content-Type: " + type + "\r\n") + "Content-Length: " + std::to_string(body.size()) +
            "\r\n\r\n" + body;
        EXPECT_EQ(parse(text, message).verdict, Verdict::complete);
        return session_content(message);
    }
    SessionContent parts(const std::vector<std::string>& all, const std::string& end = "--x--\r\n") {
        std::string body = "This is MIME.\r\n";
        for (const std::string& part : all) body += "--x\r\n" + part + "\r\n";
        return read("multipart/mixed;boundary=x", body + end);
    }
    std::string text;
    Message message;
};

TEST_F(Content, IsTheBodyItselfIfThatIsSdp) {
    EXPECT_EQ(read("application/sdp", kSdp).sdp, kSdp);
    EXPECT_EQ(read("", kSdp).sdp, kSdp);
    EXPECT_EQ(read("", "").sdp, "");
}

TEST_F(Content, IsUnsupportedIfItIsSomethingElse) {
    EXPECT_EQ(read("text/plain", "hello").kind, Kind::unsupported);
    EXPECT_EQ(read("multipart", "hello").kind, Kind::unsupported);
}

TEST_F(Content, IsTheSdpPartWhereverItStands) {
    const std::string isup = kIsup + "optional\r\n\r\n\x01\x10";
    EXPECT_EQ(parts({kSdpPart, isup}).sdp, kSdp);
    EXPECT_EQ(parts({isup, kSdpPart}).sdp, kSdp);
    EXPECT_EQ(parts({kSdpPart, "Content-Type: application/sdp\r\n\r\nv=1\r\n"}).sdp, kSdp) << "the first";
    EXPECT_EQ(parts({"content-type : Application/SDP ; x=y\r\n\r\n" + kSdp}).sdp, kSdp);
    EXPECT_EQ(parts({isup}).sdp, "") << "no offer";
    EXPECT_EQ(read("multipart/mixed; boundary=\"a b\"", "--a b \n" + kSdpPart + "\n--a b--").sdp, kSdp);
}

TEST_F(Content, IsUnsupportedWithAPartThatMustBeUnderstood) {
    EXPECT_EQ(parts({kSdpPart, kIsup + "required\r\n\r\n\x01"}).kind, Kind::unsupported);
}

TEST_F(Content, OfAnEncodedPartIsNotGuessed) {
    EXPECT_EQ(parts({"Content-Type: application/sdp\r\nContent-Transfer-Encoding: base64\r\n\r\ndj0w"}).sdp, "");
    EXPECT_EQ(parts({"Content-Transfer-Encoding: binary\r\n" + kSdpPart}).sdp, kSdp);
}

TEST_F(Content, IsUnreadableIfItIsBroken) {
    EXPECT_EQ(parts({kSdpPart}, "").kind, Kind::unreadable) << "no end";
    EXPECT_EQ(read("multipart/mixed", "--x\r\n").kind, Kind::unreadable) << "no boundary said";
    EXPECT_EQ(read("multipart/mixed;boundary=y", "--x\r\n").kind, Kind::unreadable) << "none there";
    EXPECT_EQ(read("multipart/mixed;boundary=" + std::string(71, 'x'), "--x\r\n").kind, Kind::unreadable);
    EXPECT_EQ(parts(std::vector<std::string>(17, "X: y\r\n\r\nz")).kind, Kind::unreadable) << "too many";
    EXPECT_EQ(parts(std::vector<std::string>(15, "X: y\r\n\r\nz")).kind, Kind::usable);
}

TEST_F(Content, EndsOnlyAtALineThatIsADelimiter) {
    const std::string tricky = "Content-Type: application/sdp\r\n\r\nv=0\r\ns=a--x\r\n--xy\r\n";
    EXPECT_EQ(parts({tricky}).sdp, "v=0\r\ns=a--x\r\n--xy\r\n");
}

}  // namespace
}  // namespace centrala::sip
