// The media thread's loop: commands, whatever the sockets hold, due steps of the 20 ms schedule.
#include "media/media_thread.hpp"

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstring>
#include <string>

#include <netinet/in.h>
#include <pthread.h>
#include <spdlog/spdlog.h>
#include <sys/eventfd.h>
#include <unistd.h>

namespace centrala::media {
namespace {

constexpr Duration kSleepMax = 1s;
/// Few listeners are served together, for every phase in use is a wake-up; many are spread.
constexpr std::size_t kPhaseFill = 32;
constexpr std::array<std::size_t, kPhases> kPhaseOrder{0, 5, 2, 7, 3, 8, 1, 6, 4, 9};

/// In epoll a socket goes by its port's address; the wake-up is 0.
constexpr std::uint64_t kRtcpBit = 1;
static_assert(alignof(Port) > kRtcpBit);

std::uint64_t socket_of(const Port& port, bool rtcp) {
    return reinterpret_cast<std::uintptr_t>(&port) | (rtcp ? kRtcpBit : 0);
}

Port& port_of(std::uint64_t socket) {
    return *reinterpret_cast<Port*>(socket & ~kRtcpBit);
}

int wait_for_events(int epoll, epoll_event* events, int max, Duration sleep) {
    const timespec timeout{sleep.count() / 1'000'000, sleep.count() % 1'000'000 * 1000};
    const int count = ::epoll_pwait2(epoll, events, max, &timeout, nullptr);
    if (count >= 0 || (errno != ENOSYS && errno != EPERM)) return count;
    // Sandboxes of an older day don't know the call: whole milliseconds will do.
    return ::epoll_wait(epoll, events, max, static_cast<int>((sleep.count() + 999) / 1000));
}

std::size_t slot_of(SessionId id) {
    return static_cast<std::uint32_t>(static_cast<std::uint64_t>(id));
}

}  // namespace

Timestamp media_now() {
    return Timestamp(std::chrono::duration_cast<Duration>(std::chrono::steady_clock::now().time_since_epoch()));
}

MediaThread::Batch::Batch() {
    for (unsigned i = 0; i < kBatch; ++i) {
        parts[i] = {buffers[i].data(), kDatagramMax};
        messages[i].msg_hdr.msg_name = &from[i];
        messages[i].msg_hdr.msg_namelen = sizeof from[i];
        messages[i].msg_hdr.msg_iov = &parts[i];
        messages[i].msg_hdr.msg_iovlen = 1;
    }
}

MediaThread::MediaThread(const EngineOptions& options, unsigned number, EventSink& events, Timestamp epoch)
    : options_(options),
      events_(events),
      random_(make_system_random()),
      epoll_(::epoll_create1(EPOLL_CLOEXEC)),
      wake_fd_(::eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC)),
      schedule_(epoch),
      batch_(std::make_unique<Batch>()) {
    epoll_event event{};
    event.events = EPOLLIN | EPOLLET;  // so it needn't be read
    event.data.u64 = 0;
    if (!epoll_ || !wake_fd_ || ::epoll_ctl(epoll_.get(), EPOLL_CTL_ADD, wake_fd_.get(), &event) != 0)
        spdlog::critical("media: no epoll or eventfd: {}", std::strerror(errno));
    thread_ = std::thread([this, number] { run(number); });
}

MediaThread::~MediaThread() {
    stop();
    join();
}

void MediaThread::stop() {
    stop_ = true;
    wake();
}

void MediaThread::join() {
    if (thread_.joinable()) thread_.join();
}

void MediaThread::wake() {
    const std::uint64_t one = 1;
    [[maybe_unused]] const auto written = ::write(wake_fd_.get(), &one, sizeof one);
}

void MediaThread::push(Command command) {
    const auto* open = std::get_if<Command::Open>(&command.what);
    const bool lazy = open && !open->fresh;
    commands_.push(std::move(command));
    if (!lazy && asleep_.load() && asleep_.exchange(false)) wake();
}

void MediaThread::arrive(std::unique_ptr<Session> session, SessionId id) {
    {
        const std::lock_guard lock(mutex_);
        arrivals_.emplace_back(id, std::move(session));
        arrived_ = true;
    }
    wake();
}

void MediaThread::run(unsigned number) {
    ::pthread_setname_np(::pthread_self(), ("media-" + std::to_string(number)).c_str());
    Timestamp now = media_now();
    while (true) {
        wait(now);
        const bool stopping = stop_;
        run_commands();
        if (stopping) break;
        receive_all();
        now = media_now();
        if (run_steps(now)) now = media_now();
    }
    const Timestamp end = media_now();
    for (Seat& seat : seats_) seat.session->say_bye(end);
}

void MediaThread::run_commands() {
    expecting_ = false;
    while (Command* command = commands_.front()) {
        if (std::holds_alternative<Command::Expect>(command->what)) {
            expecting_ = !land(command->session);  // order is kept: what comes after may concern it
            if (expecting_) return;
        } else {
            run_command(*command);
        }
        commands_.pop();
    }
}

bool MediaThread::land(SessionId id) {
    if (arrived_.exchange(false)) {
        const std::lock_guard lock(mutex_);
        for (auto& arrival : arrivals_) landed_.push_back(std::move(arrival));
        arrivals_.clear();
    }
    const auto landed = std::find_if(landed_.begin(), landed_.end(), [&](const Arrival& a) { return a.first == id; });
    if (landed == landed_.end()) return false;
    if (landed->second) seat(std::move(landed->second));
    landed_.erase(landed);
    return true;
}

Session* MediaThread::find(SessionId id) {
    const std::size_t slot = slot_of(id);
    Session* session = slot < by_slot_.size() ? by_slot_[slot] : nullptr;
    return session && session->id() == id ? session : nullptr;
}

void MediaThread::run_open(SessionId id, Port& port) {
    clean(port);  // again: something may have come just while it was taken
    port.stats.begin(id);
    seat(std::make_unique<Session>(id, port, options_.rtp_timeout, *random_));
}

void MediaThread::run_close(SessionId id) {
    const auto closing = unseat(id);
    closing->silence();
    closing->say_bye(media_now());
    closing->port().rtcp_fd = {};
}

void MediaThread::run_command(Command& command) {
    if (auto* open = std::get_if<Command::Open>(&command.what)) return run_open(command.session, *open->port);
    if (auto* depart = std::get_if<Command::Depart>(&command.what)) {
        auto session = unseat(command.session);
        if (session) {
            session->silence();
            unwatch(session->port());
        }
        return depart->to->arrive(std::move(session), command.session);
    }
    Session* session = find(command.session);
    if (!session) return;
    if (std::holds_alternative<Command::Close>(command.what)) return run_close(command.session);
    if (auto* connect = std::get_if<Command::Connect>(&command.what)) {
        session->connect(connect->audio, media_now(), *random_);
    } else if (auto* play = std::get_if<Command::Play>(&command.what)) {
        session->play(std::move(play->programme));
    } else if (auto* bridge = std::get_if<Command::Bridge>(&command.what)) {
        if (Session* peer = find(bridge->peer)) {
            Session::bridge(*session, *peer);
            review(*peer);
        }
    } else if (std::holds_alternative<Command::Silence>(command.what)) {
        session->silence();
    }
    review(*session);
}

bool MediaThread::watch(const Port& port, bool rtcp) {
    epoll_event event{};
    event.events = EPOLLIN | EPOLLET;
    event.data.u64 = socket_of(port, rtcp);
    const int fd = rtcp ? port.rtcp_fd.get() : port.rtp_fd.get();
    if (::epoll_ctl(epoll_.get(), EPOLL_CTL_ADD, fd, &event) == 0) return true;
    spdlog::error("media: can't watch a socket: {}", std::strerror(errno));
    return false;
}

/// If somebody else has the port just now, the next report tries again.
void MediaThread::open_rtcp(Port& port) {
    auto bound = port.bind_rtcp();
    if (!bound) return;
    port.rtcp_fd = std::move(*bound);
    if (!watch(port, true)) port.rtcp_fd = {};
}

/// The port becomes another thread's, so nothing here may remember it.
void MediaThread::unwatch(Port& port) {
    port.watched = false;
    for (const bool rtcp : {false, true}) {
        if (const int fd = rtcp ? port.rtcp_fd.get() : port.rtp_fd.get(); fd >= 0)
            ::epoll_ctl(epoll_.get(), EPOLL_CTL_DEL, fd, nullptr);
        const std::uint64_t socket = socket_of(port, rtcp);
        for (std::size_t i = 0; i < ready_count_; ++i)
            if (ready_[i].data.u64 == socket) ready_[i].data.u64 = 0;
        for (auto* sockets : {&unfinished_, &resumed_})
            std::replace(sockets->begin(), sockets->end(), socket, std::uint64_t{0});
        if (receiving_ == socket) receiving_ = 0;
    }
}

void MediaThread::seat(std::unique_ptr<Session> session) {
    if (seats_.empty()) schedule_.resume(media_now());
    Session& s = *session;
    const std::size_t slot = slot_of(s.id());
    if (slot >= by_slot_.size()) by_slot_.resize(std::max(slot + 1, 2 * by_slot_.size()));
    by_slot_[slot] = &s;
    s.seating = {};
    s.seating.seat = seats_.size();
    seats_.push_back({s.house_at(), std::move(session)});
    s.port().session = &s;
    if (!s.port().watched) s.port().watched = watch(s.port(), false);  // if it fails, the next session tries
    if (s.port().rtcp_fd) watch(s.port(), true);                       // it came from another thread
}

std::unique_ptr<Session> MediaThread::unseat(SessionId id) {
    Session* found = find(id);
    if (!found) return nullptr;
    stop_playing(*found);
    by_slot_[slot_of(id)] = nullptr;
    found->port().session = nullptr;
    Seat& seat = seats_[found->seating.seat];
    auto session = std::move(seat.session);
    if (&seat != &seats_.back()) {
        seat = std::move(seats_.back());
        seat.session->seating.seat = session->seating.seat;
    }
    seats_.pop_back();
    return session;
}

void MediaThread::review(Session& session) {
    seats_[session.seating.seat].house_at = session.house_at();
    const bool listed = session.seating.player != Seating::kNone;
    if (session.plays() && !listed) begin_playing(session);
    if (!session.plays() && listed) stop_playing(session);
}

void MediaThread::begin_playing(Session& session) {
    const std::size_t phases = std::min(playing_ / kPhaseFill + 1, kPhaseOrder.size());
    const auto emptiest =
        *std::min_element(kPhaseOrder.begin(), kPhaseOrder.begin() + static_cast<std::ptrdiff_t>(phases),
                          [this](std::size_t a, std::size_t b) { return players_[a].size() < players_[b].size(); });
    session.seating.phase = emptiest;
    session.seating.player = players_[emptiest].size();
    players_[emptiest].push_back(&session);
    ++playing_;
}

void MediaThread::stop_playing(Session& session) {
    if (session.seating.player == Seating::kNone) return;
    auto& players = players_[session.seating.phase];
    players[session.seating.player] = players.back();
    players.back()->seating.player = session.seating.player;
    players.pop_back();
    session.seating.player = Seating::kNone;
    --playing_;
}

/// True if there were any.
bool MediaThread::run_steps(Timestamp now) {
    bool any = false;
    while (const auto step = schedule_.take_due(now)) {
        play_phase(*step);
        if (*step % kPhases == 0) keep_house(now);
        any = true;
    }
    return any;
}

void MediaThread::play_phase(std::int64_t step) {
    auto& players = players_[static_cast<std::size_t>(step % kPhases)];
    const Timestamp due = schedule_.due_at(step);
    for (std::size_t i = 0; i < players.size();) {
        Session& session = *players[i];
        session.tick(step / kPhases, due, events_);
        if (session.plays())
            ++i;
        else
            stop_playing(session);  // the last one takes its place
    }
}

void MediaThread::keep_house(Timestamp now) {
    for (Seat& seat : seats_) {
        if (seat.house_at > now) continue;
        if (seat.session->talks() && !seat.session->port().rtcp_fd) open_rtcp(seat.session->port());
        seat.session->keep_house(now, *random_, events_);
        seat.house_at = seat.session->house_at();
    }
}

Timestamp MediaThread::next_step() const {
    if (seats_.empty()) return Timestamp::max();
    std::int64_t step = schedule_.next_step();
    while (step % kPhases != 0 && players_[static_cast<std::size_t>(step % kPhases)].empty()) ++step;
    return schedule_.due_at(step);
}

void MediaThread::wait(Timestamp now) {
    Duration sleep = std::clamp(next_step(), now, now + kSleepMax) - now;
    if (!unfinished_.empty()) sleep = Duration::zero();
    if (seats_.empty()) {
        asleep_ = true;
        if ((!expecting_ && commands_.front()) || arrived_ || stop_) sleep = Duration::zero();
    }
    const int count = wait_for_events(epoll_.get(), ready_.data(), kEventsMax, sleep);
    asleep_.store(false, std::memory_order_relaxed);
    ready_count_ = static_cast<std::size_t>(std::max(count, 0));
}

void MediaThread::receive_all() {
    resumed_.swap(unfinished_);
    for (std::size_t i = 0; i < resumed_.size(); ++i) receive(resumed_[i]);
    resumed_.clear();
    for (std::size_t i = 0; i < ready_count_; ++i) receive(ready_[i].data.u64);
    ready_count_ = 0;
}

void MediaThread::receive(std::uint64_t socket) {
    if (socket == 0) return;
    Port& port = port_of(socket);
    const bool rtcp = socket & kRtcpBit;
    if (rtcp && !port.rtcp_fd) return;  // closed since
    if (!port.session) {
        port.dirty.store(true, std::memory_order_relaxed);
        return;
    }
    const int count = ::recvmmsg(rtcp ? port.rtcp_fd.get() : port.rtp_fd.get(), batch_->messages.data(), kBatch,
                                 MSG_DONTWAIT, nullptr);
    if (count <= 0) return;
    if (count == kBatch) unfinished_.push_back(socket);  // the edge is spent; others shall have their turn first
    // A command that was given before these packets came goes before them.
    receiving_ = socket;
    if (!expecting_ && commands_.front()) run_commands();
    const Timestamp now = media_now();
    if (receiving_ != 0 && port.session) handle(*port.session, rtcp, static_cast<unsigned>(count), now);
    for (int i = 0; i < count; ++i)
        batch_->messages[static_cast<std::size_t>(i)].msg_hdr.msg_namelen = sizeof(sockaddr_storage);
    if (schedule_.due_at(schedule_.next_step()) <= now) run_steps(now);
}

void MediaThread::handle(Session& session, bool rtcp, unsigned count, Timestamp now) {
    for (unsigned i = 0; i < count; ++i) {
        const auto source = to_endpoint(batch_->from[i]);
        std::span<std::uint8_t> datagram(batch_->buffers[i].data(), batch_->messages[i].msg_len);
        if (!source || batch_->messages[i].msg_hdr.msg_flags & MSG_TRUNC) datagram = {};  // ignored, and counted so
        if (rtcp)
            session.receive_rtcp(datagram, source.value_or(Endpoint{}), now);
        else
            session.receive_rtp(datagram, source.value_or(Endpoint{}), now, events_);
    }
}

}  // namespace centrala::media
