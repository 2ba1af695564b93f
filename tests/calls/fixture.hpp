// A small contact centre with agents at work, for tests of single calls.
#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "sim/small_centre.hpp"
#include "sim/softphone.hpp"

namespace centrala::calls {

using namespace centrala::sim;
using ::testing::ElementsAre;

inline Endpoint caller_address(int n) {
    return {IpAddress::v4({10, 1, 0, static_cast<std::uint8_t>(n)}), 5060};
}
inline Endpoint phone_address(int n) {
    return {IpAddress::v4({10, 2, 0, static_cast<std::uint8_t>(n)}), 5060};
}

/// As a header's value in a URI (RFC 3261 §19.1.1).
[[nodiscard]] std::string escaped(const std::string& text);

class CallTest : public ::testing::Test {
protected:
    /// Whatever a test did, what it logged is as documented.
    void TearDown() override;
    void build(SmallCentre options = {});
    void build(config::Config config);

    /// That time of a day, UTC, when clocks show it next.
    [[nodiscard]] Timestamp next(Duration time) const;
    void run_to(Duration time);

    Softphone& add_phone(const std::string& name);
    /// Registered, logged in and ready.
    void put_to_work(Softphone& phone);
    routing::Rejection command(const routing::Input& input);
    Caller& call(const std::string& number);
    routing::AgentState state_of(const std::string& name) const;
    /// Keys in that phone's sound (RFC 4733).
    void press(const Peer& phone, const std::string& keys);
    /// What it hears, if not the other side itself: "music.wav for ever".
    [[nodiscard]] std::string sound(const Peer& peer) const;
    /// It puts the other side of that session on hold, or takes it back.
    void hold(Peer& peer, sip::SessionId session, bool held = true);
    /// The lines of the log whose type begins so.
    [[nodiscard]] std::vector<nlohmann::json> records(std::string_view type) const;
    template <class T>
    T only() const {
        const auto found = world->log.all<T>();
        EXPECT_EQ(found.size(), 1u);
        return found.empty() ? T{} : found.front();
    }
    template <class T>
    T last() const {
        const auto found = world->log.all<T>();
        EXPECT_FALSE(found.empty());
        return found.empty() ? T{} : found.back();
    }
    /// Nothing may be left of any call: run past every SIP timer, then count.
    void expect_nothing_left();

    std::unique_ptr<World> world;
    std::vector<std::unique_ptr<Softphone>> phones;
    std::vector<std::unique_ptr<Caller>> callers;
};

}  // namespace centrala::calls
