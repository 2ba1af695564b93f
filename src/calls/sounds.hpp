// Which sounds belong to which queue and confirmation, loaded at the start and when the configuration is read again.
#pragma once

#include <cstdint>
#include <optional>
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

    /// The place in the line and the wait in minutes, each is_sayable() or left out, then the same music.
    [[nodiscard]] std::vector<media::PlayItem> announcement(routing::QueueId queue, std::optional<std::int64_t> place,
                                                            std::optional<std::int64_t> minutes) const;
    /// Whether there are sounds for that number.
    [[nodiscard]] bool is_sayable(std::int64_t number) const {
        return number > 0 && number < static_cast<std::int64_t>(spoken_.size());
    }

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
    using Sentence = std::vector<media::SoundId>;  ///< none: where the number is said
    void say(const Sentence& sentence, std::int64_t number, std::vector<media::PlayItem>& into) const;

    std::vector<Programme> queues_;
    Sentence next_, position_, expected_wait_, one_minute_;
    std::vector<Sentence> spoken_;  ///< by number; empty: nothing is announced
};

}  // namespace centrala::calls
