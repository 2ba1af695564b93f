// A media thread: the sessions it owns, their sockets and its 20 ms schedule.
#pragma once

#include <array>
#include <atomic>
#include <memory>
#include <mutex>
#include <thread>
#include <utility>
#include <variant>
#include <vector>

#include <sys/epoll.h>

#include "media/command_queue.hpp"
#include "media/session.hpp"
#include "media/tick_scheduler.hpp"

namespace centrala::media {

class MediaThread;

/// What the signalling thread wants of one session.
struct Command {
    struct Open {
        Port* port;
        bool fresh;  ///< not watched yet
    };
    struct Connect {
        sdp::Audio audio;
    };
    struct Play {
        Programme programme;
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
    SessionId session{};
    std::variant<Silence, Open, Connect, Play, Bridge, Close, Depart, Expect> what;
};

/// Commands come from one thread, in order. A session belongs to one media thread at a time, so sessions and bridges
/// need no locks. To bridge sessions of two threads, one of them moves: Expect goes to its new thread, then Depart to
/// its old one. No circle of waiting can arise, for the earliest Depart of all has nothing to wait for.
///
/// When commands are run, and who wakes whom:
/// - A thread runs what commands wait whenever it wakes, before ticks, and between taking packets from a socket and
///   handling them. So a command is in force for every packet that comes after it was given and for every frame that
///   is sent after it, whenever it's run, and none needs to wake the thread for that.
/// - A thread with sessions wakes every 20 ms at least, more often for packets and frames. That bounds how long a
///   command waits, so it's left alone.
/// - A thread without sessions sleeps. Every command but Open wakes it (once; see CommandQueue for why no wake-up is
///   lost). What was opened has nothing to do before the next command, and is told of packets by its socket; only
///   Open for a fresh port wakes the thread, to watch it.
/// - An arriving session and stop() wake it always.
///
/// Sockets stay in the thread's epoll, edge-triggered, when their session closes. What comes to an empty port marks it
/// and stays in the socket, whose buffer bounds both what is kept and how often it wakes us; a marked port is drained
/// before the next session sits there.
///
/// RTCP has a socket of its own only in a conversation, from its first report to the session's end: what the peers of
/// thousands who only wait report isn't worth a descriptor each. Their own reports leave by sockets opened for one.
class MediaThread {
public:
    MediaThread(const EngineOptions& options, unsigned number, EventSink& events, Timestamp epoch);
    ~MediaThread();
    MediaThread(const MediaThread&) = delete;
    MediaThread& operator=(const MediaThread&) = delete;

    /// Asks the thread to stop; join() waits until it said BYE for what is open and ended. With several threads, stop
    /// and join all before destroying any: one may still hand a session to another.
    void stop();
    void join();

    void push(Command command);
    void arrive(std::unique_ptr<Session> session, SessionId id);
    /// Commands not taken yet; for the thread that gives them.
    [[nodiscard]] std::size_t backlog() const { return commands_.size(); }

private:
    struct Seat {
        Timestamp house_at;  // the session's, here for a quick look at all of them
        std::unique_ptr<Session> session;
    };
    using Arrival = std::pair<SessionId, std::unique_ptr<Session>>;
    static constexpr std::size_t kEventsMax = 256;
    static constexpr unsigned kBatch = 8;
    static constexpr std::size_t kDatagramMax = 2048;
    struct Batch {
        Batch();
        std::array<mmsghdr, kBatch> messages{};
        std::array<iovec, kBatch> parts{};
        std::array<sockaddr_storage, kBatch> from{};
        std::array<std::array<std::uint8_t, kDatagramMax>, kBatch> buffers;
    };

    void run(unsigned number);
    void run_commands();
    void run_command(Command& command);
    void run_open(SessionId id, Port& port);
    void run_close(SessionId id);
    /// False: not here yet.
    bool land(SessionId id);
    void seat(std::unique_ptr<Session> session);
    std::unique_ptr<Session> unseat(SessionId id);
    /// After anything that may have begun or ended a programme, or changed when there's house to keep.
    void review(Session& session);
    void begin_playing(Session& session);
    void stop_playing(Session& session);
    bool watch(const Port& port, bool rtcp);
    void unwatch(Port& port);
    void open_rtcp(Port& port);
    bool run_steps(Timestamp now);
    void play_phase(std::int64_t step);
    void keep_house(Timestamp now);
    /// Of the next step with work to do; Timestamp::max() if there is none.
    [[nodiscard]] Timestamp next_step() const;
    void wait(Timestamp now);
    void receive_all();
    void receive(std::uint64_t socket);
    void handle(Session& session, bool rtcp, unsigned count, Timestamp now);
    void wake();
    Session* find(SessionId id);

    const EngineOptions options_;
    EventSink& events_;
    std::unique_ptr<RandomSource> random_;
    Fd epoll_, wake_fd_;

    CommandQueue<Command> commands_;
    std::atomic<bool> asleep_{false};  // and only a wake-up helps
    std::atomic<bool> stop_{false};
    std::atomic<bool> arrived_{false};
    std::mutex mutex_;
    std::vector<Arrival> arrivals_;  // under mutex_

    // The thread's own.
    std::vector<Arrival> landed_;
    bool expecting_ = false;  // the first command waits for an arrival
    std::vector<Seat> seats_;
    std::vector<Session*> by_slot_;  // of SlotMap's ids
    std::array<std::vector<Session*>, kPhases> players_;
    std::size_t playing_ = 0;
    TickScheduler schedule_;
    std::array<epoll_event, kEventsMax> ready_;
    std::size_t ready_count_ = 0;
    std::vector<std::uint64_t> unfinished_, resumed_;  // sockets with more than a batch
    std::uint64_t receiving_ = 0;                      // the socket being read
    std::unique_ptr<Batch> batch_;
    std::thread thread_;  // last
};

/// CLOCK_MONOTONIC, as the media threads' line of time.
[[nodiscard]] Timestamp media_now();

}  // namespace centrala::media
