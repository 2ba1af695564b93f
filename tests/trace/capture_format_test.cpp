// pcap records and HEPv3 packets, taken apart by hand.
#include <map>

#include <gtest/gtest.h>

#include "centrala/trace/hep.hpp"
#include "centrala/trace/pcap.hpp"

namespace centrala::trace {
namespace {

std::uint32_t number(std::string_view bytes, std::size_t at, std::size_t length) {
    std::uint32_t value = 0;
    for (std::size_t i = 0; i < length; ++i) value = value << 8 | static_cast<unsigned char>(bytes.at(at + i));
    return value;
}

/// Folded sum of 16-bit words: 0xffff over anything that holds its own checksum.
std::uint32_t sum_of(std::string bytes) {
    if (bytes.size() % 2) bytes.push_back('\0');
    std::uint32_t sum = 0;
    for (std::size_t i = 0; i < bytes.size(); i += 2) sum += number(bytes, i, 2);
    while (sum >> 16) sum = (sum & 0xffff) + (sum >> 16);
    return sum;
}

Captured captured(std::string_view bytes, const char* local, const char* remote, bool sent = false) {
    Captured c;
    c.at = Timestamp(Duration(1'700'000'000'123'456));
    c.sent = sent;
    c.flow.local = *Endpoint::parse(local);
    c.flow.remote = *Endpoint::parse(remote);
    c.bytes = bytes;
    return c;
}

std::string record(const Captured& c) {
    std::string out;
    PcapWriter().append(out, c);
    return out;
}

TEST(Pcap, BeginsWithTheHeaderOfRawIpInMicroseconds) {
    std::string out;
    PcapWriter().append_header(out);
    EXPECT_EQ(out, std::string("\xa1\xb2\xc3\xd4\0\2\0\4\0\0\0\0\0\0\0\0\0\4\0\0\0\0\0\x65", 24));
}

TEST(Pcap, WrapsAMessageIntoAnIPv4DatagramWithItsChecksums) {
    const std::string r = record(captured("hello", "10.0.0.1:5060", "192.0.2.7:40000"));
    ASSERT_EQ(r.size(), 16U + 20 + 8 + 5);
    EXPECT_EQ(number(r, 0, 4), 1'700'000'000U);
    EXPECT_EQ(number(r, 4, 4), 123'456U);
    EXPECT_EQ(number(r, 8, 4), 33U);
    EXPECT_EQ(number(r, 12, 4), 33U);
    const std::string ip = r.substr(16);
    EXPECT_EQ(number(ip, 2, 2), 33U);
    EXPECT_EQ(sum_of(ip.substr(0, 20)), 0xffffU);
    EXPECT_EQ(ip.substr(12, 8), std::string("\xc0\0\2\7\x0a\0\0\1", 8)) << "received: from the peer to us";
    EXPECT_EQ(number(ip, 20, 2), 40'000U);
    EXPECT_EQ(number(ip, 22, 2), 5060U);
    const std::string pseudo = ip.substr(12, 8) + std::string("\0\x11", 2) + ip.substr(24, 2);
    EXPECT_EQ(sum_of(pseudo + ip.substr(20)), 0xffffU);
    EXPECT_EQ(ip.substr(28), "hello");
}

TEST(Pcap, WrapsAMessageIntoAnIPv6DatagramWithItsChecksum) {
    const std::string r = record(captured("hello!", "[2001:db8::1]:5060", "[2001:db8::2]:5070", true));
    const std::string ip = r.substr(16);
    ASSERT_EQ(ip.size(), 40U + 8 + 6);
    EXPECT_EQ(number(ip, 0, 4), 0x60000000U);
    EXPECT_EQ(number(ip, 4, 2), 14U);
    EXPECT_EQ(number(ip, 6, 1), 17U);
    EXPECT_EQ(number(ip, 23, 1), 1U) << "sent: from us";
    EXPECT_EQ(number(ip, 40, 2), 5060U);
    const std::string pseudo = ip.substr(8, 32) + std::string("\0\0\0\x0e\0\0\0\x11", 8);
    EXPECT_EQ(sum_of(pseudo + ip.substr(40)), 0xffffU);
}

TEST(Pcap, MapsIPv4IntoIPv6WhenTheFamiliesDiffer) {
    const std::string r = record(captured("x", "[::1]:5060", "192.0.2.7:5070"));
    EXPECT_EQ(r.substr(16 + 8, 16), std::string("\0\0\0\0\0\0\0\0\0\0\xff\xff\xc0\0\2\7", 16));
}

TEST(Pcap, TakesTheLongestDatagramAndSplitsWhatIsLongerIntoTcpSegments) {
    const std::string longest(65'507, 'a'), longer(100'000, 'b');
    EXPECT_EQ(number(record(captured(longest, "10.0.0.1:5060", "10.0.0.2:5060")), 16 + 2, 2), 65'535U);
    std::string out;
    PcapWriter writer;
    writer.append(out, captured(longer, "10.0.0.1:5060", "10.0.0.2:5060"));
    std::string body;
    std::uint32_t next = 1;
    for (std::size_t at = 0; at < out.size();) {
        const std::size_t length = number(out, at + 8, 4);
        const std::string ip = out.substr(at + 16, length);
        EXPECT_EQ(number(ip, 9, 1), 6U);
        EXPECT_EQ(number(ip, 2, 2), length);
        EXPECT_EQ(number(ip, 24, 4), next);
        const std::string pseudo = ip.substr(12, 8) + std::string("\0\6", 2) +
                                   std::string{static_cast<char>((length - 20) >> 8), static_cast<char>(length - 20)};
        EXPECT_EQ(sum_of(pseudo + ip.substr(20)), 0xffffU);
        body += ip.substr(40);
        next += static_cast<std::uint32_t>(length - 40);
        at += 16 + length;
    }
    EXPECT_EQ(body, longer);
}

/// Chunk type → value.
std::map<std::uint32_t, std::string> chunks(const std::string& packet) {
    std::map<std::uint32_t, std::string> found;
    EXPECT_EQ(packet.substr(0, 4), "HEP3");
    EXPECT_EQ(number(packet, 4, 2), packet.size());
    for (std::size_t at = 6; at < packet.size();) {
        EXPECT_EQ(number(packet, at, 2), 0U);
        const std::size_t length = number(packet, at + 4, 2);
        EXPECT_GE(length, 6U);
        found[number(packet, at + 2, 2)] = packet.substr(at + 6, length - 6);
        at += length;
    }
    return found;
}

TEST(Hep, CarriesWhoWhenAndWhatInItsChunks) {
    std::string out;
    Captured c = captured("SIP/2.0 200 OK\r\n\r\n", "10.0.0.1:5060", "192.0.2.7:40000", true);
    c.flow.transport = sip::Transport::tcp;
    append_hep(out, c, "a@b", {77, "secret"});
    const std::map<std::uint32_t, std::string> expected{{1, "\2"},
                                                        {2, "\6"},
                                                        {3, std::string("\x0a\0\0\1", 4)},
                                                        {4, std::string("\xc0\0\2\7", 4)},
                                                        {7, "\x13\xc4"},
                                                        {8, "\x9c\x40"},
                                                        {9, "\x65\x53\xf1" + std::string(1, '\0')},
                                                        {10, std::string("\0\1\xe2\x40", 4)},
                                                        {11, "\1"},
                                                        {12, std::string("\0\0\0M", 4)},
                                                        {14, "secret"},
                                                        {15, "SIP/2.0 200 OK\r\n\r\n"},
                                                        {17, "a@b"}};
    EXPECT_EQ(chunks(out), expected);
}

TEST(Hep, UsesTheSixteenByteChunksForIPv6AndLeavesOutWhatIsNot) {
    std::string out;
    append_hep(out, captured("x", "[2001:db8::1]:5060", "[2001:db8::2]:5070"), {}, {});
    const auto found = chunks(out);
    EXPECT_EQ(found.at(1), "\x0a");
    EXPECT_EQ(found.at(2), "\x11");
    EXPECT_EQ(found.at(5).size(), 16U);
    EXPECT_EQ(found.at(6).back(), '\1');
    for (const std::uint32_t absent : {3U, 4U, 14U, 17U}) EXPECT_FALSE(found.contains(absent));
}

TEST(Hep, CutsAMessageThatNoDatagramCanHold) {
    std::string out;
    append_hep(out, captured(std::string(100'000, 'z'), "10.0.0.1:5060", "10.0.0.2:5060"), std::string(5'000, 'c'), {});
    EXPECT_EQ(out.size(), kHepPacketMax);
    EXPECT_GT(chunks(out).at(15).size(), 60'000U);
}

}  // namespace
}  // namespace centrala::trace
