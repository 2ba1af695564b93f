// STUN Binding on SIP's ports: RFC 5769's vectors, what is malformed, and how little is sent back.
#include "centrala/sip/stun.hpp"

#include <gtest/gtest.h>

namespace centrala::sip {
namespace {

std::string unhex(std::string_view text) {
    std::string out;
    for (std::size_t i = 0; i < text.size(); ++i)
        if (text[i] != ' ') out += static_cast<char>(std::stoi(std::string(text.substr(i++, 2)), nullptr, 16));
    return out;
}

const std::string kTransaction = "21 12 a4 42 b7 e7 a7 01 bc 34 d6 86 fa 87 df ae ";
/// A request whose attributes are those.
std::string request(const std::string& attributes) {
    const std::string body = unhex(attributes);
    std::string out = unhex("00 01 00 00 " + kTransaction) + body;
    out[2] = static_cast<char>(body.size() >> 8);
    out[3] = static_cast<char>(body.size());
    return out;
}
std::string answer(const std::string& datagram, const char* from = "192.0.2.1:32853") {
    return std::string(answer_stun(datagram, *Endpoint::parse(from)).bytes());
}

// RFC 5769 §2.1, with its ICE attribute PRIORITY (0x0024), which only an ICE agent has to comprehend.
const std::string kSample =
    "00 01 00 58 " + kTransaction +
    "80 22 00 10 53 54 55 4e 20 74 65 73 74 20 63 6c 69 65 6e 74 00 24 00 04 6e 00 01 ff 80 29 00 08 93 2f f9 b1 51 26 "
    "3b 36 00 06 00 09 65 76 74 6a 3a 68 36 76 59 20 20 20 00 08 00 14 9a ea a7 0c bf d8 cb 56 78 1e f2 b5 b2 d3 f2 49 "
    "c1 b5 71 a2 80 28 00 04 e5 7a 3b cf";

TEST(Stun, IsToldFromSipByItsFirstOctet) {
    EXPECT_TRUE(is_stun(request("")));
    for (const std::string_view sip : {"INVITE sip:a@b SIP/2.0\r\n", "SIP/2.0 200 OK\r\n", "\r\n\r\n", " x", ""})
        EXPECT_FALSE(is_stun(sip)) << sip;
}

TEST(Stun, TellsTheAddressAsRfc5769HasIt) {
    EXPECT_EQ(answer(request("")), unhex("01 01 00 0c " + kTransaction + "00 20 00 08 00 01 a1 47 e1 12 a6 43"))
        << "§2.2";
    EXPECT_EQ(answer(request(""), "[2001:db8:1234:5678:11:2233:4455:6677]:32853"),
              unhex("01 01 00 18 " + kTransaction +
                    "00 20 00 14 00 02 a1 47 01 13 a9 fa a5 d3 f1 79 bc 25 f4 b5 be d2 b9 d9"))
        << "§2.3";
}

TEST(Stun, NamesWhatItDoesNotComprehend) {
    const std::string got = answer(unhex(kSample));
    ASSERT_EQ(got.size(), 20u + 8 + 8 + 8);
    EXPECT_EQ(got.substr(0, 36),
              unhex("01 11 00 18 " + kTransaction + "00 09 00 04 00 00 04 14 00 0a 00 02 00 24 00 00"));
    EXPECT_EQ(got.substr(36, 4), unhex("80 28 00 04")) << "a fingerprint is answered by one";
}

TEST(Stun, ChecksTheFingerprint) {
    std::string sample = unhex(kSample);
    EXPECT_NE(answer(sample), "");
    for (const std::size_t at : {4U, 30U, 107U}) {
        std::string changed = sample;
        changed[at] = static_cast<char>(changed[at] ^ 1);
        EXPECT_EQ(answer(changed), "") << at;
    }
    EXPECT_EQ(answer(request("80 28 00 04 00 00 00 00 80 22 00 00")), "") << "not the last attribute";
}

TEST(Stun, AnswersAFingerprintThatIsRight) {
    // The request without attributes; its CRC was computed by zlib over the 20 octets with the length of 8.
    const std::string got = answer(unhex("00 01 00 08 " + kTransaction + "80 28 00 04 fd f6 ae 02"));
    if (got.empty()) GTEST_FAIL() << "dropped";
    EXPECT_EQ(got.size(), 20u + 12 + 8);
    EXPECT_EQ(got.substr(2, 2), unhex("00 14"));
}

TEST(Stun, DropsWhatIsMalformed) {
    const std::string good = request("80 22 00 04 74 65 73 74");
    ASSERT_NE(answer(good), "");
    for (std::size_t size = 0; size < good.size(); ++size) EXPECT_EQ(answer(good.substr(0, size)), "") << size;
    EXPECT_EQ(answer(good + "x"), "");
    EXPECT_EQ(answer(good + "xxxx"), "");
    EXPECT_EQ(answer(request("80 22 00 05 74 65 73 74")), "") << "an attribute longer than the rest";
    EXPECT_EQ(answer(request("80 22 ff ff 74 65 73 74")), "");
}

TEST(Stun, AnswersNothingButBindingRequests) {
    for (const char* type : {"00 11", "01 01", "01 11", "00 03", "00 00"})
        EXPECT_EQ(answer(unhex(std::string(type) + " 00 00 " + kTransaction)), "") << type;
    EXPECT_EQ(answer(unhex("00 01 00 00 00 00 00 00 b7 e7 a7 01 bc 34 d6 86 fa 87 df ae")), "") << "no magic cookie";
}

TEST(Stun, SendsHardlyMoreThanItGot) {
    std::string attributes;
    for (int i = 0; i < 100; ++i) {
        const std::string datagram = request(attributes);
        for (const char* from : {"192.0.2.1:32853", "[2001:db8::1]:32853"})
            EXPECT_LE(answer(datagram, from).size(), datagram.size() + 24);
        attributes += "00 24 00 00 ";
    }
}

}  // namespace
}  // namespace centrala::sip
