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
          ports_({options.port_min, options.port_max, options.ports_ready, options.port_rest, options.dscp,
                  thread_count(options)}) {
        const Timestamp epoch = media_now();
        for (unsigned i = 0; i < thread_count(options); ++i)
            threads_.push_back({std::make_unique<MediaThread>(options, i, events_, epoch), 0});
    }

    ~InProcessEngine() override {
        for (Thread& t : threads_) t.media->stop();
        for (Thread& t : threads_) t.media->join();
    }

    Result<Opened> open(const IpAddress& local, std::uint16_t port) override {
        const std::size_t index = least_loaded();
        if (threads_[index].media->backlog() > kBacklogMax) return Error{"media: the media thread doesn't keep up"};
        const auto taken = ports_.take(local, index, media_now(), port);
        if (!taken) return taken.error();
        Thread& thread = threads_[taken->home];
        const SessionId id = sessions_.emplace(Leg{taken->home, taken->port});
        ++thread.sessions;
        thread.media->push({id, Command::Open{taken->port, taken->fresh}});
        return Opened{id, taken->port->rtp};
    }

    void connect(SessionId session, const sdp::Audio& audio) override { send(session, Command::Connect{audio}); }

    void play(SessionId session, std::span<const PlayItem> programme) override {
        Command::Play play;
        for (const PlayItem& item : programme.first(std::min(programme.size(), kProgrammeMax)))
            if (const Sound* sound = find_sound(item.sound)) play.programme.add({sound, item.loop});
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
        ports_.give_back(*leg->port, leg->thread, media_now());
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
        return leg ? leg->port->stats.snapshot(session) : SessionStats{};
    }

private:
    struct Leg {
        std::size_t thread;
        Port* port;
    };
    struct Thread {
        std::unique_ptr<MediaThread> media;
        std::size_t sessions;
    };

    static unsigned thread_count(const EngineOptions& options) { return std::clamp(options.threads, 1u, 64u); }

    std::size_t least_loaded() const {
        if (threads_.size() == 1) return 0;
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
