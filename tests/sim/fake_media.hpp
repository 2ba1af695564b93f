// A media plane without packets: keeps books on ports, programmes and bridges, and says what the test tells it to say.
#pragma once

#include <algorithm>
#include <map>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "centrala/media/engine.hpp"

namespace centrala::sim {

class FakeMedia : public media::Engine {
public:
    struct Session {
        Endpoint rtp;
        std::optional<sdp::Audio> audio;
        std::vector<media::PlayItem> programme;
        media::SessionId bridged_to{};
        std::size_t begun = 0;  ///< the command that began it
    };

    Result<Opened> open(const IpAddress& local, std::uint16_t port) override {
        if (sessions_.size() >= capacity) return Error{"no port free"};
        const auto id = static_cast<media::SessionId>(++last_);
        const Endpoint rtp{local, port != 0 ? port : static_cast<std::uint16_t>(20'000 + 2 * (last_ % 20'000))};
        sessions_[id] = {rtp, std::nullopt, {}, {}, 0};
        return Opened{id, rtp};
    }
    void connect(media::SessionId session, const sdp::Audio& audio) override { at(session).audio = audio; }
    void play(media::SessionId session, std::span<const media::PlayItem> programme) override {
        ++commands;
        break_if_told();
        unbridge(session);
        at(session).programme.assign(programme.begin(), programme.end());
        if (!programme.empty() && !programme.back().loop) ending_.emplace_back(session, commands);
        at(session).begun = commands;
    }
    void bridge(media::SessionId a, media::SessionId b) override {
        ++commands;
        break_if_told();
        unbridge(a);
        unbridge(b);
        at(a).programme.clear();
        at(b).programme.clear();
        at(a).bridged_to = b;
        at(b).bridged_to = a;
    }
    void silence(media::SessionId session) override {
        ++commands;
        unbridge(session);
        at(session).programme.clear();
    }
    void close(media::SessionId session) override {
        unbridge(session);
        if (sessions_.erase(session) == 0) ++misuse;
    }
    Result<media::SoundId> load(const std::string& path) override {
        if (path.find("missing") != std::string::npos) return Error{"no such file"};
        const auto [found, added] = sounds_.try_emplace(path, static_cast<media::SoundId>(sounds_.size() + 1));
        return found->second;
    }
    void take_events(std::vector<media::Event>& into) override {
        into.insert(into.end(), events_.begin(), events_.end());
        events_.clear();
    }
    [[nodiscard]] std::size_t sessions() const override { return sessions_.size(); }
    [[nodiscard]] media::SessionStats stats(media::SessionId) const override { return measured; }

    // What tests ask and say.
    /// The process has died, and another one begins with nothing.
    void start_again() {
        sessions_.clear();
        events_.clear();
        ending_.clear();
    }
    void tell(media::Event event) { events_.push_back(event); }
    /// Programmes begun since the last call that end by themselves; the world says when.
    [[nodiscard]] std::vector<std::pair<media::SessionId, std::size_t>> take_ending() {
        return std::exchange(ending_, {});
    }
    void programme_ends(std::pair<media::SessionId, std::size_t> which) {
        const auto found = sessions_.find(which.first);
        if (found == sessions_.end() || found->second.begun != which.second || found->second.programme.empty()) return;
        found->second.programme.clear();
        tell({media::Event::Kind::play_finished, which.first, 0});
    }
    [[nodiscard]] const std::map<media::SessionId, Session>& all() const { return sessions_; }
    /// The session that sends its sound to that peer.
    [[nodiscard]] const Session* towards(const Endpoint& peer) const {
        for (const auto& [id, session] : sessions_)
            if (session.audio && session.audio->remote == peer) return &session;
        return nullptr;
    }
    [[nodiscard]] media::SessionId id_towards(const Endpoint& peer) const {
        for (const auto& [id, session] : sessions_)
            if (session.audio && session.audio->remote == peer) return id;
        return {};
    }
    [[nodiscard]] bool bridged(const Endpoint& a, const Endpoint& b) const {
        const Session* session = towards(a);
        const auto other = session ? sessions_.find(session->bridged_to) : sessions_.end();
        return other != sessions_.end() && other->second.audio && other->second.audio->remote == b;
    }

    /// The path that a sound was loaded from.
    [[nodiscard]] std::string name_of(media::SoundId sound) const {
        for (const auto& [path, id] : sounds_)
            if (id == sound) return path;
        return "nothing";
    }

    std::size_t capacity = 100'000;
    std::size_t commands = 0;      ///< to play, bridge or silence
    std::size_t misuse = 0;        ///< calls with a session that isn't open
    bool breaks = false;           ///< the next play() or bridge() throws
    media::SessionStats measured;  ///< of every session

private:
    Session& at(media::SessionId session) {
        const auto found = sessions_.find(session);
        if (found != sessions_.end()) return found->second;
        ++misuse;
        return nowhere_;
    }
    void break_if_told() {
        if (std::exchange(breaks, false)) throw std::runtime_error("the media plane is broken");
    }
    void unbridge(media::SessionId session) {
        const auto found = sessions_.find(session);
        if (found == sessions_.end()) return;
        if (const auto other = sessions_.find(found->second.bridged_to); other != sessions_.end())
            other->second.bridged_to = {};
        found->second.bridged_to = {};
    }
    std::map<media::SessionId, Session> sessions_;
    std::map<std::string, media::SoundId> sounds_;
    std::vector<media::Event> events_;
    std::vector<std::pair<media::SessionId, std::size_t>> ending_;
    Session nowhere_;
    std::uint64_t last_ = 0;
};

}  // namespace centrala::sim
