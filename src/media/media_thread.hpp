// A media thread: the sessions it owns, their sockets and its 20 ms schedule.
#pragma once

#include <array>
#include <atomic>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <thread>
#include <unordered_map>
#include <variant>
#include <vector>

#include "media/session.hpp"
#include "media/tick_scheduler.hpp"

namespace centrala::media {

class MediaThread;

/// What the signalling thread wants of one session.
struct Command {
    struct Open {
        PortPair ports;
        std::shared_ptr<SharedStats> stats;
    };
    struct Connect {
        sdp::Audio audio;
    };
    struct Play {
        std::vector<ProgrammeItem> items;
    };
    struct Bridge {
        SessionId peer;  ///< on the same thread
    };
    struct Silence {};
    struct Close {};
    struct Depart {
        MediaThread* to;  ///< the session moves there
    };
    struct Expect {};  ///< the session moves here; commands behind this one wait for it
    SessionId session;
    std::variant<Open, Connect, Play, Bridge, Silence, Close, Depart, Expect> what;
};

/// Commands come from one thread, in order. A session belongs to one media thread at a time, so sessions and bridges
/// need no locks. To bridge sessions of two threads, one of them moves: Expect goes to its new thread, then Depart to
/// its old one. No circle of waiting can arise, for the earliest Depart of all has nothing to wait for.
class MediaThread {
public:
    MediaThread(const EngineOptions& options, PortPool& ports, EventSink& events, Timestamp epoch);
    ~MediaThread();
    MediaThread(const MediaThread&) = delete;
    MediaThread& operator=(const MediaThread&) = delete;

    /// Asks the thread to stop; join() waits until it said BYE for what is open and ended. With several threads, stop
    /// and join all before destroying any: one may still hand a session to another.
    void stop();
    void join();

    void push(Command command);
    void arrive(std::unique_ptr<Session> session, SessionId id);
    /// Commands not taken yet.
    [[nodiscard]] std::size_t backlog() const { return backlog_.load(std::memory_order_relaxed); }

private:
    struct Seat {
        std::unique_ptr<Session> session;
        std::size_t phase;
    };
    using Arrival = std::pair<SessionId, std::unique_ptr<Session>>;

    void run();
    void take_commands();
    void run_commands();
    void run_command(Command& command);
    void seat(std::unique_ptr<Session> session);
    std::unique_ptr<Session> unseat(SessionId id);
    void watch(int fd, Session& session, bool rtcp);
    void run_steps(Timestamp now);
    void wait();
    /// When the next step with work to do is due; Timestamp::max() if there is none.
    [[nodiscard]] Timestamp next_step() const;
    void receive(Session& session, bool rtcp);
    void wake();
    Session* find(SessionId id);

    const EngineOptions options_;
    PortPool& ports_;
    EventSink& events_;
    std::unique_ptr<RandomSource> random_;
    Fd epoll_, wake_fd_;

    std::mutex mutex_;
    std::vector<Command> inbox_;     // under mutex_
    std::vector<Arrival> arrivals_;  // under mutex_
    bool stop_ = false;              // under mutex_
    Timestamp awake_at_{};           // under mutex_: until when the thread may sleep; {}: it's awake
    std::atomic<std::size_t> backlog_{0};

    // The thread's own.
    std::deque<Command> pending_;
    std::vector<Command> taken_;
    std::vector<Arrival> landed_;
    std::unordered_map<SessionId, Seat> sessions_;
    std::array<std::vector<Session*>, kPhases> phases_;
    TickScheduler schedule_;
    bool stopping_ = false;
    bool put_off_ = false;  // the last batch of socket events was, for commands
    std::thread thread_;    // last
};

/// CLOCK_MONOTONIC, as the media threads' line of time.
[[nodiscard]] Timestamp media_now();

}  // namespace centrala::media
