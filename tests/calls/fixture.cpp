#include "fixture.hpp"

#include <sstream>

#include "journal/schema_check.hpp"

namespace centrala::calls {

std::string escaped(const std::string& text) {
    std::string out;
    for (const char c : text) {
        if (c == ';')
            out += "%3B";
        else if (c == '=')
            out += "%3D";
        else if (c == '@')
            out += "%40";
        else
            out += c;
    }
    return out;
}

void CallTest::TearDown() {
    if (!world) return;
    std::string_view lines = world->log.lines;
    while (!lines.empty()) {
        const auto end = lines.find('\n') + 1;
        EXPECT_EQ(journal::schema_errors(lines.substr(0, end)), "");
        lines.remove_prefix(end);
    }
}

void CallTest::build(SmallCentre options) {
    build(small_centre(options));
    for (std::size_t i = 0; i < options.agents; ++i) add_phone("a" + std::to_string(i + 1));
}

void CallTest::build(config::Config config) {
    world = std::make_unique<World>(std::move(config), 1);
}

Timestamp CallTest::next(Duration time) const {
    Timestamp at{std::chrono::floor<std::chrono::days>(world->now.time_since_epoch()) + time};
    return at <= world->now ? at + 24h : at;
}

void CallTest::run_to(Duration time) {
    world->run_for(next(time) - world->now);
}

Softphone& CallTest::add_phone(const std::string& name) {
    const int n = static_cast<int>(phones.size()) + 1;
    phones.push_back(std::make_unique<Softphone>(*world, phone_address(n), name, "secret-" + name));
    return *phones.back();
}

void CallTest::put_to_work(Softphone& phone) {
    phone.register_phone();
    world->run_for(100ms);
    ASSERT_EQ(phone.register_status, 200);
    const auto agent = *world->core.plan().find_agent(phone.name);
    ASSERT_EQ(command(routing::input::AgentLogsIn{agent}), routing::Rejection::none);
    ASSERT_EQ(command(routing::input::AgentGoesReady{agent}), routing::Rejection::none);
}

routing::Rejection CallTest::command(const routing::Input& input) {
    const auto rejection = world->server.command(input, world->now);
    world->flush();
    return rejection;
}

Caller& CallTest::call(const std::string& number) {
    const int n = static_cast<int>(callers.size()) + 1;
    callers.push_back(std::make_unique<Caller>(*world, caller_address(n), "4470" + std::to_string(n)));
    callers.back()->dial(number);
    world->run_for(50ms);
    return *callers.back();
}

routing::AgentState CallTest::state_of(const std::string& name) const {
    return routing::displayed(world->core.state().agents[index(*world->core.plan().find_agent(name))].facts);
}

void CallTest::press(const Peer& phone, const std::string& keys) {
    for (const char key : keys) {
        world->media.tell({media::Event::Kind::digit, world->media.id_towards(phone.rtp()), key});
        world->server.media_events(world->now);
    }
    world->flush();
    world->run_for(100ms);
}

std::string CallTest::sound(const Peer& peer) const {
    const auto* session = world->media.towards(peer.rtp());
    if (!session) return "no media";
    if (session->bridged_to != media::SessionId{}) return "the other side";
    if (session->programme.empty()) return "silence";
    return world->media.name_of(session->programme[0].sound) + (session->programme[0].loop ? " for ever" : "");
}

std::vector<nlohmann::json> CallTest::records(std::string_view type) const {
    std::vector<nlohmann::json> found;
    std::istringstream lines(world->log.lines);
    for (std::string line; std::getline(lines, line);)
        if (auto record = nlohmann::json::parse(line); record["type"].get<std::string>().starts_with(type))
            found.push_back(std::move(record));
    return found;
}

void CallTest::hold(Peer& peer, sip::SessionId session, bool held) {
    const auto direction = held ? sdp::Direction::sendonly : sdp::Direction::sendrecv;
    peer.update(session, sdp::write_offer(peer.local_media(), direction));
    world->run_for(50ms);
}

void CallTest::expect_nothing_left() {
    world->run_for(120s);
    const auto stats = world->server.stats();
    EXPECT_EQ(stats.legs, 0u);
    EXPECT_EQ(world->media.sessions(), 0u);
    EXPECT_EQ(world->media.misuse, 0u);
    EXPECT_EQ(stats.sip_sessions, 0u);
    EXPECT_EQ(stats.sip.client, 0u);
    EXPECT_EQ(stats.sip.server, 0u);
    EXPECT_TRUE(world->server.idle());
    EXPECT_TRUE(world->core.state().contacts.empty());
    EXPECT_TRUE(world->core.state().offers.empty());
    for (const auto& phone : phones) EXPECT_FALSE(phone->session) << phone->name << " is left ringing or talking";
}

}  // namespace centrala::calls
