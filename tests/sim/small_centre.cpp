#include "sim/small_centre.hpp"

#include "sim/world.hpp"

namespace centrala::sim {

namespace {

config::Announcements announcements() {
    const std::string number(config::Announcements::kNumber);
    config::Announcements made{
        {"next.wav"}, {"place.wav", number}, {"minutes.wav", number}, {"one-minute.wav"}, {}, {}};
    for (int n = 0; n < 100; ++n) {
        made.spoken.emplace_back();
        if (n >= 20) made.spoken.back().push_back(std::to_string(n / 10 * 10) + ".wav");
        if (n < 20 || n % 10 != 0) made.spoken.back().push_back(std::to_string(n < 20 ? n : n % 10) + ".wav");
    }
    return made;
}

}  // namespace

config::Config small_centre(const SmallCentre& options) {
    config::Config config;
    auto plan = std::make_shared<routing::Plan>();
    plan->skills = {{"sales"}, {"support"}};
    plan->agent_groups = {"default"};
    plan->reasons = {"lunch", "break"};
    plan->dispositions = {"sold", "not sold"};
    for (const std::uint16_t i : {0, 1}) {
        routing::Queue queue;
        queue.name = i == 0 ? "sales" : "support";
        queue.required.skills = {{static_cast<routing::SkillId>(i), 3}};
        queue.strategy = options.strategy;
        queue.ring_timeout = options.ring_timeout;
        queue.ring_at_once = options.ring_at_once;
        queue.wrap_up = options.wrap_up;
        queue.max_wait = options.max_wait;
        queue.capacity = options.capacity;
        queue.misses_max = options.misses_max;
        plan->queues.push_back(queue);
        plan->entry_points.push_back({queue.name, static_cast<routing::QueueId>(i), false});
        config.queues.push_back({static_cast<routing::QueueId>(i), options.early_media, "greeting.wav", "",
                                 i == 0 ? "Sales: " : "", "hold.wav", ""});
        config.queues.back().announce.after = options.announce_after;
        config.entry_points.push_back({static_cast<routing::EntryPointId>(i), {i == 0 ? "100" : "200"}, 480, 486});
    }
    for (std::size_t i = 0; i < options.agents; ++i) {
        routing::Agent agent;
        agent.name = "a" + std::to_string(i + 1);
        // Everybody sells; every second one supports, too.
        agent.skills = {{static_cast<routing::SkillId>(0), static_cast<std::uint8_t>(3 + i % 5)}};
        if (i % 2 == 1) agent.skills.push_back({static_cast<routing::SkillId>(1), 5});
        plan->agents.push_back(agent);
        config::Agent phone;
        phone.id = static_cast<routing::AgentId>(i);
        phone.secret = {agent.name, "secret-" + agent.name, {}, {}};
        config.agents.push_back(phone);
    }
    config.plan = plan;
    config.sip.listeners = {{sip::Transport::udp, World::kServer, std::nullopt}};
    config.sip.domain = "acd.example";
    config.sip.invites_per_second = 0;
    config.sip.registers_per_second = 0;
    config.media.addresses = {World::kServer.address};
    config.media.music = "music.wav";
    if (options.announce_after > 0s) config.media.announcements = announcements();
    config.feature_codes.done_sound = "done.wav";
    config::Trunk trunk;
    trunk.name = "carrier";
    trunk.sources = {*Subnet::parse("10.1.0.0/16")};
    config.trunks.push_back(trunk);
    return config;
}

}  // namespace centrala::sim
