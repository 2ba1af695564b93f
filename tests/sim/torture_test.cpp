// RFC 4475 and RFC 5118 to the whole server, from a trunk's address: each message gets the answer of the manifest, and
// leaves nothing behind.
#include "sip/torture.hpp"

#include <gmock/gmock.h>

#include "sim/checkers.hpp"
#include "sim/small_centre.hpp"

namespace centrala::sim {
namespace {

using sip::torture::Datagram;

class TortureServer : public ::testing::TestWithParam<Datagram> {};
GTEST_ALLOW_UNINSTANTIATED_PARAMETERIZED_TEST(TortureServer);

TEST_P(TortureServer, GivesTheAnswerOfTheManifest) {
    World world(small_centre({}), 1);
    Checkers checkers(world);
    std::vector<std::string> answers;
    world.overhear = [&](const sip::Flow&, std::string_view bytes) {
        if (bytes.starts_with("SIP/2.0 ") && bytes.substr(8, 3) != "100") answers.emplace_back(bytes.substr(8, 3));
    };
    std::string bytes = sip::material::read_file(sip::material::corpus() / GetParam().path);
    world.server.receive(bytes, {sip::Transport::udp, World::kServer, {IpAddress::v4({10, 1, 0, 1}), 5060}, 0},
                         world.now);
    world.flush();
    const std::string got = answers.empty() ? "drop" : answers.front();
    EXPECT_TRUE(sip::torture::allows(GetParam().expect, got)) << "got " << got << ", manifest: " << GetParam().expect;
    world.run_for(200s);
    for (const auto& answer : answers) EXPECT_EQ(answer, got);  // repeated until the ACK that never comes
    checkers.at_rest();
    EXPECT_THAT(checkers.wrong, ::testing::IsEmpty());
}
INSTANTIATE_TEST_SUITE_P(Corpus, TortureServer, ::testing::ValuesIn(sip::torture::datagrams()),
                         sip::torture::name_of_datagram);

}  // namespace
}  // namespace centrala::sim
