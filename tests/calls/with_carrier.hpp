// A small contact centre with a carrier to call out through, for tests of calls to numbers outside.
#pragma once

#include "fixture.hpp"

namespace centrala::calls {

class WithCarrier : public CallTest {
protected:
    /// Everybody may call and transfer outside with a 0 before the number, but to nothing that begins with 900; or, not
    /// `allowed`, nowhere outside. The phones are there, not at work.
    void open(SmallCentre options, bool allowed = true) {
        config::Config config = small_centre(options);
        config.trunks[0].gateways.push_back({"sip:10.3.0.1:5060", 0, 0});
        config.trunks[0].health.interval = 0s;  // no OPTIONS of its own among what is counted at the end
        config::OutsideRule rule;
        rule.match = "0";
        rule.strip = 1;
        rule.trunks = {0};
        config.outside.push_back(rule);
        config.agent_groups[0].call_outside = config.agent_groups[0].transfer_outside = allowed;
        config.agent_groups[0].outside_denied = {"900"};
        build(std::move(config));
        carrier = std::make_unique<Softphone>(*world, Endpoint{IpAddress::v4({10, 3, 0, 1}), 5060}, "carrier", "");
        for (std::size_t i = 1; i <= options.agents; ++i) add_phone("a" + std::to_string(i));
    }
    void expect_nothing_left_outside() {
        expect_nothing_left();
        EXPECT_FALSE(carrier->session);
    }
    [[nodiscard]] bool noted(const std::string& type) const {
        return std::count(world->log.notes.begin(), world->log.notes.end(), type) > 0;
    }

    std::unique_ptr<Softphone> carrier;
};

}  // namespace centrala::calls
