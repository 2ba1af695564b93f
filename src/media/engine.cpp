// The in-process media engine: the signalling thread's side of the media threads.
#include "centrala/media/engine.hpp"

#include <algorithm>
#include <map>

#include "centrala/base/slot_map.hpp"
#include "media/media_thread.hpp"

namespace centrala::media {
namespace {

constexpr std::size_t kBacklogMax = 65'536;
constexpr std::size_t kSoundsMax = 10'000;
constexpr std::size_t kProgrammeMax = 64;

class InProcessEngine final : public Engine {
public:
    explicit InProcessEngine(const EngineOptions& options)
        : events_(options.wake_fd),
          ports_({options.port_min, options.port_max, options.ports_ready, 1s, options.dscp}) {
        const Timestamp epoch = media_now();
        for (unsigned i = 0; i < std::clamp(options.threads, 1u, 64u); ++i)
            threads_.push_back({std::make_unique<MediaThread>(options, ports_, events_, epoch), 0});
    }

    ~InProcessEngine() override {
        for (Thread& t : threads_) t.media->stop();
        for (Thread& t : threads_) t.media->join();
    }

    Result<Opened> open(const IpAddress& local) override {
        const std::size_t index = least_loaded();
        Thread& thread = threads_[index];
        if (thread.media->backlog() > kBacklogMax) return Error{"media: the media thread doesn't keep up"};
        auto pair = ports_.take(local);
        if (!pair) return pair.error();
        const Endpoint rtp = pair->rtp;
        auto stats = std::make_shared<SharedStats>();
        const SessionId id = sessions_.emplace(Leg{index, stats});
        ++thread.sessions;
        thread.media->push({id, Command::Open{std::move(*pair), std::move(stats)}});
        return Opened{id, rtp};
    }

    void connect(SessionId session, const sdp::Audio& audio) override { send(session, Command::Connect{audio}); }

    void play(SessionId session, std::span<const PlayItem> programme) override {
        Command::Play play;
        for (const PlayItem& item : programme.first(std::min(programme.size(), kProgrammeMax)))
            if (const Sound* sound = find_sound(item.sound)) play.items.push_back({sound, item.loop});
        send(session, std::move(play));
    }

    void bridge(SessionId a, SessionId b) override {
        Leg* left = sessions_.find(a);
        Leg* right = sessions_.find(b);
        if (!left || !right || left == right) return;
        if (left->thread != right->thread) move(b, *right, left->thread);
        send(a, Command::Bridge{b});
    }

    void silence(SessionId session) override { send(session, Command::Silence{}); }

    void close(SessionId session) override {
        Leg* leg = sessions_.find(session);
        if (!leg) return;
        send(session, Command::Close{});
        --threads_[leg->thread].sessions;
        sessions_.erase(session);
    }

    Result<SoundId> load(const std::string& path) override {
        if (const auto known = sound_ids_.find(path); known != sound_ids_.end()) return known->second;
        if (sounds_.size() == kSoundsMax) return Error{"sound " + path + ": more than 10000 sounds"};
        auto sound = load_sound(path);
        if (!sound) return sound.error();
        sounds_.push_back(std::make_unique<const Sound>(std::move(*sound)));
        const auto id = static_cast<SoundId>(sounds_.size());
        sound_ids_.emplace(path, id);
        return id;
    }

    void take_events(std::vector<Event>& into) override { events_.take(into); }
    std::size_t sessions() const override { return sessions_.size(); }
    SessionStats stats(SessionId session) const override {
        const Leg* leg = sessions_.find(session);
        return leg ? leg->stats->snapshot() : SessionStats{};
    }

private:
    struct Leg {
        std::size_t thread;
        std::shared_ptr<SharedStats> stats;
    };
    struct Thread {
        std::unique_ptr<MediaThread> media;
        std::size_t sessions;
    };

    std::size_t least_loaded() const {
        const auto it = std::min_element(threads_.begin(), threads_.end(),
                                         [](const Thread& a, const Thread& b) { return a.sessions < b.sessions; });
        return static_cast<std::size_t>(it - threads_.begin());
    }

    template <class What>
    void send(SessionId session, What what) {
        if (const Leg* leg = sessions_.find(session)) threads_[leg->thread].media->push({session, std::move(what)});
    }

    void move(SessionId session, Leg& leg, std::size_t to) {
        threads_[to].media->push({session, Command::Expect{}});
        threads_[leg.thread].media->push({session, Command::Depart{threads_[to].media.get()}});
        --threads_[leg.thread].sessions;
        ++threads_[to].sessions;
        leg.thread = to;
    }

    const Sound* find_sound(SoundId id) const {
        const auto index = static_cast<std::size_t>(id);
        return index == 0 || index > sounds_.size() ? nullptr : sounds_[index - 1].get();
    }

    // Destroyed from the bottom up: the threads first, then what they use.
    EventSink events_;
    std::vector<std::unique_ptr<const Sound>> sounds_;  // never unloaded: programmes point at them
    std::map<std::string, SoundId> sound_ids_;
    SlotMap<SessionId, Leg> sessions_;
    PortPool ports_;
    std::vector<Thread> threads_;
};

}  // namespace

std::unique_ptr<Engine> make_engine(const EngineOptions& options) {
    return std::make_unique<InProcessEngine>(options);
}

}  // namespace centrala::media
