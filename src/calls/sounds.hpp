// Which sounds belong to which queue and confirmation, loaded once at start.
#pragma once

#include <vector>

#include "centrala/config/config.hpp"
#include "centrala/journal/journal.hpp"
#include "centrala/media/engine.hpp"

namespace centrala::calls {

class Sounds {
public:
    /// A file that can't be loaded is logged (media.sound_missing) and left out: the call lives without it.
    void load(const config::Config& config, media::Engine& engine, journal::Sink& sink, Timestamp now);

    /// Greeting (if wanted and there is one), then music for ever.
    [[nodiscard]] std::span<const media::PlayItem> waiting(routing::QueueId queue, bool greet) const;

    /// What a caller hears whom the agent holds, and an agent whom the caller holds; none: nothing of ours.
    [[nodiscard]] media::SoundId hold(routing::QueueId queue) const { return queues_[index(queue)].hold; }
    [[nodiscard]] media::SoundId agent_hold(routing::QueueId queue) const { return queues_[index(queue)].agent_hold; }

    media::SoundId done{}, error{}, login{}, logout{}, asked{};
    media::SoundId music{};  ///< for who is held in a call that agents placed

private:
    struct Programme {
        std::vector<media::PlayItem> items;
        std::size_t greeting = 0;  ///< how many items are greeting
        media::SoundId hold{}, agent_hold{};
    };
    std::vector<Programme> queues_;
};

}  // namespace centrala::calls
