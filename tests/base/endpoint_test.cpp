// Addresses, endpoints and subnets.
#include "centrala/base/endpoint.hpp"

#include <unordered_set>

#include <gtest/gtest.h>
#include <rapidcheck.h>

namespace centrala {
namespace {

TEST(IpAddress, ReadsAndWritesBothFamilies) {
    for (const char* text : {"0.0.0.0", "192.0.2.1", "255.255.255.255", "::", "::1", "2001:db8::10:5070", "fe80::1"}) {
        const auto a = IpAddress::parse(text);
        ASSERT_TRUE(a) << text;
        EXPECT_EQ(a->to_string(), text);
    }
    EXPECT_EQ(IpAddress::parse("[2001:DB8:0::1]")->to_string(), "2001:db8::1");
    std::string host;
    IpAddress::parse("2001:db8::1")->append_as_host(host);
    IpAddress::parse("192.0.2.9")->append_as_host(host);
    EXPECT_EQ(host, "[2001:db8::1]192.0.2.9");
}

TEST(IpAddress, RefusesWhatIsNoAddress) {
    for (const char* text :
         {"",          "1",         "1.2.3",   "1.2.3.4.5",       "256.1.1.1", "01.2.3.4",  "1.2.3.4 ",
          " 1.2.3.4",  "1..2.3",    "a.b.c.d", "[1.2.3.4]",       "[::1",      "::1]",      "fe80::1%eth0",
          ":::",       "1:2",       "[]",      "2001:db8::10::1", "+1.2.3.4",  "localhost", "1.2.3.0x4",
          "12345:1::", "1.2.3.4:80"})
        EXPECT_FALSE(IpAddress::parse(text)) << text;
    EXPECT_FALSE(IpAddress::parse(std::string_view("::1\0", 4)));
}

TEST(IpAddress, TakesMappedAddressesForIpv4) {
    const auto mapped = IpAddress::parse("::ffff:192.0.2.33");
    ASSERT_TRUE(mapped);
    EXPECT_TRUE(mapped->is_v4());
    EXPECT_EQ(*mapped, *IpAddress::parse("192.0.2.33"));
    EXPECT_EQ(EndpointHash{}(*mapped), EndpointHash{}(*IpAddress::parse("192.0.2.33")));
    EXPECT_FALSE(IpAddress::parse("::192.0.2.33")->is_v4()) << "compatible is not mapped";
}

TEST(IpAddress, KnowsLoopbackAndUnspecified) {
    EXPECT_TRUE(IpAddress::parse("127.8.9.1")->is_loopback());
    EXPECT_TRUE(IpAddress::parse("::1")->is_loopback());
    EXPECT_FALSE(IpAddress::parse("2001::1")->is_loopback());
    EXPECT_FALSE(IpAddress::parse("128.0.0.1")->is_loopback());
    EXPECT_TRUE(IpAddress().is_unspecified());
    EXPECT_TRUE(IpAddress::parse("::")->is_unspecified());
    EXPECT_FALSE(IpAddress::parse("::1")->is_unspecified());
    EXPECT_NE(IpAddress(), *IpAddress::parse("::"));
}

TEST(IpAddress, RoundTripsEveryIpv6) {
    EXPECT_TRUE(rc::check([](const std::array<std::uint8_t, 16>& bytes, std::uint16_t zeros) {
        std::array<std::uint8_t, 16> b = bytes;
        for (std::size_t i = 0; i < 16; ++i)
            if (zeros >> i & 1) b[i] = 0;  // runs of zeros are where :: goes
        const IpAddress a = IpAddress::v6(b);
        RC_ASSERT(IpAddress::parse(a.to_string()) == a);
        const Endpoint e{a, zeros};
        RC_ASSERT(Endpoint::parse(e.to_string()) == e);
    }));
}

TEST(Endpoint, WantsAPortAndBracketsAroundIpv6) {
    EXPECT_EQ(Endpoint::parse("192.0.2.1:5060")->port, 5060);
    EXPECT_EQ(Endpoint::parse("[2001:db8::1]:5060")->to_string(), "[2001:db8::1]:5060");
    for (const char* text : {"192.0.2.1", "192.0.2.1:", "192.0.2.1:65536", "192.0.2.1:-1", "2001:db8::1:5060",
                             "[2001:db8::1]", ":5060", "[::1]5060", "192.0.2.1:5060 ", "192.0.2.1:05060"})
        EXPECT_FALSE(Endpoint::parse(text)) << text;
}

TEST(Endpoint, HashesNeighboursApart) {
    std::unordered_set<std::size_t> seen;
    for (int host = 0; host < 256; ++host)
        for (std::uint16_t port = 5000; port < 5064; ++port)
            seen.insert(EndpointHash{}(Endpoint{IpAddress::v4({10, 0, 0, static_cast<std::uint8_t>(host)}), port}) &
                        0xffffff);
    EXPECT_GT(seen.size(), 256U * 64U * 99 / 100);  // in 24 bits some meet by chance
}

TEST(Subnet, HoldsItsAddressesOnly) {
    const auto net = Subnet::parse("192.0.2.77/26");
    ASSERT_TRUE(net);
    EXPECT_EQ(net->to_string(), "192.0.2.64/26");
    EXPECT_TRUE(net->contains(*IpAddress::parse("192.0.2.64")));
    EXPECT_TRUE(net->contains(*IpAddress::parse("192.0.2.127")));
    EXPECT_TRUE(net->contains(*IpAddress::parse("::ffff:192.0.2.100")));
    EXPECT_FALSE(net->contains(*IpAddress::parse("192.0.2.128")));
    EXPECT_FALSE(net->contains(*IpAddress::parse("192.0.2.63")));
    EXPECT_FALSE(net->contains(*IpAddress::parse("2001:db8::1")));
    EXPECT_TRUE(Subnet::parse("2001:db8::/33")->contains(*IpAddress::parse("2001:db8:7fff::1")));
    EXPECT_FALSE(Subnet::parse("2001:db8::/33")->contains(*IpAddress::parse("2001:db8:8000::1")));
    EXPECT_TRUE(Subnet::parse("0.0.0.0/0")->contains(*IpAddress::parse("8.8.8.8")));
    EXPECT_FALSE(Subnet::parse("0.0.0.0/0")->contains(*IpAddress::parse("::1")));
}

TEST(Subnet, OneAddressIsABlockToo) {
    EXPECT_EQ(Subnet::parse("192.0.2.7")->prefix, 32);
    EXPECT_EQ(Subnet::parse("2001:db8::7")->prefix, 128);
    EXPECT_TRUE(Subnet::parse("2001:db8::7")->contains(*IpAddress::parse("2001:db8::7")));
    EXPECT_FALSE(Subnet::parse("2001:db8::7")->contains(*IpAddress::parse("2001:db8::6")));
    EXPECT_EQ(Subnet::parse("::ffff:192.0.2.0/120"), Subnet::parse("192.0.2.0/24"));
    EXPECT_EQ(Subnet::parse("::ffff:192.0.2.7")->prefix, 32);
    for (const char* text :
         {"192.0.2.0/33", "2001:db8::/129", "192.0.2.0/", "192.0.2.0/-1", "/24", "192.0.2/24", "::ffff:192.0.2.0/95"})
        EXPECT_FALSE(Subnet::parse(text)) << text;
}

TEST(IpAddress, KnowsWhichAreNotForTheOpenInternet) {
    for (const char* text : {"10.0.0.1", "172.16.0.1", "172.31.255.255", "192.168.1.1", "100.64.0.1", "169.254.1.1",
                             "127.0.0.1", "::1", "fd00::1", "fe80::1"})
        EXPECT_TRUE(IpAddress::parse(text)->is_private()) << text;
    for (const char* text : {"9.255.255.255", "11.0.0.0", "172.15.0.1", "172.32.0.1", "192.167.1.1", "100.63.0.1",
                             "100.128.0.1", "203.0.113.1", "2001:db8::1", "0.0.0.0"})
        EXPECT_FALSE(IpAddress::parse(text)->is_private()) << text;
}

TEST(Subnet, AgreesWithComparingBits) {
    EXPECT_TRUE(rc::check([](std::uint32_t a, std::uint32_t flip) {
        const unsigned prefix = *rc::gen::inRange(0U, 33U);
        const std::uint32_t b = a ^ (prefix < 32 && flip % 2 ? flip >> prefix : flip);
        const auto ip = [](std::uint32_t v) {
            return IpAddress::v4({static_cast<std::uint8_t>(v >> 24), static_cast<std::uint8_t>(v >> 16),
                                  static_cast<std::uint8_t>(v >> 8), static_cast<std::uint8_t>(v)});
        };
        const auto net = Subnet::parse(ip(a).to_string() + "/" + std::to_string(prefix));
        RC_ASSERT(net.has_value());
        const std::uint32_t mask = prefix == 0 ? 0 : ~0U << (32 - prefix);
        RC_ASSERT(net->contains(ip(b)) == ((a & mask) == (b & mask)));
    }));
}

}  // namespace
}  // namespace centrala
