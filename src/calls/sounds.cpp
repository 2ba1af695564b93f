// Sound files of the configuration, by queue.
#include "sounds.hpp"

namespace centrala::calls {
namespace {

std::string resolve(const config::Media& media, const std::string& path) {
    return path.empty() || path.front() == '/' || media.sounds.empty() ? path : media.sounds + "/" + path;
}

}  // namespace

void Sounds::load(const config::Config& config, media::Engine& engine, journal::Sink& sink, Timestamp now) {
    const auto load_one = [&](const std::string& name) {
        if (name.empty()) return media::SoundId::none;
        const std::string path = resolve(config.media, name);
        auto sound = engine.load(path);
        if (sound) return *sound;
        sink.append(now, "media.sound_missing", {{"path", path}, {"error", sound.error().message}});
        return media::SoundId::none;
    };
    queues_.assign(config.queues.size(), {});
    for (const auto& queue : config.queues) {
        Programme& programme = queues_[index(queue.id)];
        if (const auto greeting = load_one(queue.greeting); greeting != media::SoundId::none) {
            programme.items.push_back({greeting, false});
            programme.greeting = 1;
        }
        const std::string& music_path = queue.music.empty() ? config.media.music : queue.music;
        if (const auto music = load_one(music_path); music != media::SoundId::none)
            programme.items.push_back({music, true});
        programme.hold = load_one(queue.hold_music.empty() ? music_path : queue.hold_music);
        programme.agent_hold = load_one(queue.agent_hold_music);
    }
    const auto load_all = [&](const std::vector<std::string>& names) {
        Sentence sentence;
        for (const std::string& name : names) {
            const bool is_number = name == config::Announcements::kNumber;
            const auto sound = is_number ? media::SoundId::none : load_one(name);
            if (is_number || sound != media::SoundId::none) sentence.push_back(sound);
        }
        return sentence;
    };
    const config::Announcements& announcements = config.media.announcements;
    spoken_.clear();
    for (const auto& files : announcements.spoken) spoken_.push_back(load_all(files));
    if (!spoken_.empty()) {
        next_ = load_all(announcements.next);
        position_ = load_all(announcements.position);
        expected_wait_ = load_all(announcements.expected_wait);
        one_minute_ = load_all(announcements.one_minute);
    }
    music = load_one(config.media.music);
    done = load_one(config.feature_codes.done_sound);
    error = load_one(config.feature_codes.error_sound);
    login = load_one(config.feature_codes.login_sound);
    logout = load_one(config.feature_codes.logout_sound);
    asked = load_one(config.feature_codes.asked_sound);
}

std::span<const media::PlayItem> Sounds::waiting(routing::QueueId queue, bool greet) const {
    const Programme& programme = queues_[index(queue)];
    return std::span(programme.items).subspan(greet ? 0 : programme.greeting);
}

void Sounds::say(const Sentence& sentence, std::int64_t number, std::vector<media::PlayItem>& into) const {
    for (const media::SoundId sound : sentence)
        if (sound != media::SoundId::none)
            into.push_back({sound, false});
        else
            for (const media::SoundId part : spoken_[static_cast<std::size_t>(number)]) into.push_back({part, false});
}

std::vector<media::PlayItem> Sounds::announcement(routing::QueueId queue, std::optional<std::int64_t> place,
                                                  std::optional<std::int64_t> minutes) const {
    std::vector<media::PlayItem> items;
    if (place) say(*place == 1 ? next_ : position_, *place, items);
    if (minutes) say(*minutes == 1 ? one_minute_ : expected_wait_, *minutes, items);
    const auto after = waiting(queue, false);
    items.insert(items.end(), after.begin(), after.end());
    return items;
}

}  // namespace centrala::calls
