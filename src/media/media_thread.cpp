// The media thread's loop: commands, due steps of the 20 ms schedule, then whatever the sockets hold.
#include "media/media_thread.hpp"

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstring>

#include <netinet/in.h>
#include <spdlog/spdlog.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <unistd.h>

namespace centrala::media {
namespace {

constexpr int kEventsMax = 256;
constexpr unsigned kBatch = 8;
constexpr std::size_t kDatagramMax = 2048;
constexpr Duration kCommandPatience = 2ms;  // a thread that wakes within this time needs no eventfd
constexpr Duration kSleepMax = 1s;

constexpr std::uintptr_t kRtcpBit = 1;
static_assert(alignof(Session) > kRtcpBit);

int wait_for_events(int epoll, epoll_event* events, int max, Duration sleep) {
    const timespec timeout{sleep.count() / 1'000'000, sleep.count() % 1'000'000 * 1000};
    const int count = ::epoll_pwait2(epoll, events, max, &timeout, nullptr);
    if (count >= 0 || (errno != ENOSYS && errno != EPERM)) return count;
    // Sandboxes of an older day don't know the call: whole milliseconds will do.
    return ::epoll_wait(epoll, events, max, static_cast<int>((sleep.count() + 999) / 1000));
}

}  // namespace

Timestamp media_now() {
    return Timestamp(std::chrono::duration_cast<Duration>(std::chrono::steady_clock::now().time_since_epoch()));
}

MediaThread::MediaThread(const EngineOptions& options, PortPool& ports, EventSink& events, Timestamp epoch)
    : options_(options),
      ports_(ports),
      events_(events),
      random_(make_system_random()),
      epoll_(::epoll_create1(EPOLL_CLOEXEC)),
      wake_fd_(::eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC)),
      schedule_(epoch) {
    epoll_event event{};
    event.events = EPOLLIN;
    event.data.u64 = 0;
    if (!epoll_ || !wake_fd_ || ::epoll_ctl(epoll_.get(), EPOLL_CTL_ADD, wake_fd_.get(), &event) != 0)
        spdlog::critical("media: no epoll or eventfd: {}", std::strerror(errno));
    thread_ = std::thread([this] { run(); });
}

MediaThread::~MediaThread() {
    stop();
    join();
}

void MediaThread::stop() {
    {
        const std::lock_guard lock(mutex_);
        stop_ = true;
    }
    wake();
}

void MediaThread::join() {
    if (thread_.joinable()) thread_.join();
}

void MediaThread::wake() {
    const std::uint64_t one = 1;
    [[maybe_unused]] const auto written = ::write(wake_fd_.get(), &one, sizeof one);  // fails only if woken already
}

void MediaThread::push(Command command) {
    bool sleeping;
    {
        const std::lock_guard lock(mutex_);
        inbox_.push_back(std::move(command));
        sleeping = awake_at_ != Timestamp{} && awake_at_ - media_now() > kCommandPatience;
        if (sleeping) awake_at_ = {};  // one wake-up is enough
    }
    backlog_.fetch_add(1, std::memory_order_relaxed);
    if (sleeping) wake();
}

void MediaThread::arrive(std::unique_ptr<Session> session, SessionId id) {
    {
        const std::lock_guard lock(mutex_);
        arrivals_.emplace_back(id, std::move(session));
    }
    wake();
}

void MediaThread::run() {
    while (true) {
        take_commands();
        run_commands();
        if (stopping_) break;
        run_steps(media_now());
        wait();
    }
    while (!sessions_.empty()) {
        auto session = unseat(sessions_.begin()->first);
        session->say_bye(media_now());
    }
}

void MediaThread::take_commands() {
    {
        const std::lock_guard lock(mutex_);
        taken_.swap(inbox_);
        for (auto& arrival : arrivals_) landed_.push_back(std::move(arrival));
        arrivals_.clear();
        stopping_ = stop_;
        awake_at_ = {};
    }
    for (Command& c : taken_) pending_.push_back(std::move(c));
    taken_.clear();
}

void MediaThread::run_commands() {
    while (!pending_.empty()) {
        Command& command = pending_.front();
        if (std::holds_alternative<Command::Expect>(command.what)) {
            const auto landed = std::find_if(landed_.begin(), landed_.end(),
                                             [&](const Arrival& a) { return a.first == command.session; });
            if (landed == landed_.end()) return;  // order is kept: what comes after may concern it
            if (landed->second) seat(std::move(landed->second));
            landed_.erase(landed);
        } else {
            run_command(command);
        }
        pending_.pop_front();
        backlog_.fetch_sub(1, std::memory_order_relaxed);
    }
}

Session* MediaThread::find(SessionId id) {
    const auto found = sessions_.find(id);
    return found == sessions_.end() ? nullptr : found->second.session.get();
}

void MediaThread::run_command(Command& command) {
    if (auto* open = std::get_if<Command::Open>(&command.what)) {
        seat(std::make_unique<Session>(command.session, std::move(open->ports), std::move(open->stats),
                                       options_.rtp_timeout, *random_));
        return;
    }
    if (auto* depart = std::get_if<Command::Depart>(&command.what)) {
        auto session = unseat(command.session);
        if (session) session->silence();
        depart->to->arrive(std::move(session), command.session);
        return;
    }
    Session* session = find(command.session);
    if (!session) return;
    if (auto* connect = std::get_if<Command::Connect>(&command.what)) {
        session->connect(connect->audio, media_now(), *random_);
    } else if (auto* play = std::get_if<Command::Play>(&command.what)) {
        session->play(Programme(std::move(play->items)));
    } else if (auto* bridge = std::get_if<Command::Bridge>(&command.what)) {
        if (Session* peer = find(bridge->peer)) Session::bridge(*session, *peer);
    } else if (std::holds_alternative<Command::Silence>(command.what)) {
        session->silence();
    } else if (std::holds_alternative<Command::Close>(command.what)) {
        auto closing = unseat(command.session);
        closing->silence();
        closing->say_bye(media_now());
        ports_.give_back(closing->take_ports());
    }
}

void MediaThread::watch(int fd, Session& session, bool rtcp) {
    epoll_event event{};
    event.events = EPOLLIN;
    event.data.u64 = reinterpret_cast<std::uintptr_t>(&session) | (rtcp ? kRtcpBit : 0);
    if (::epoll_ctl(epoll_.get(), EPOLL_CTL_ADD, fd, &event) != 0)
        spdlog::error("media: can't watch a socket: {}", std::strerror(errno));
}

void MediaThread::seat(std::unique_ptr<Session> session) {
    if (sessions_.empty()) schedule_.resume(media_now());
    const auto emptiest = std::min_element(phases_.begin(), phases_.end(),
                                           [](const auto& a, const auto& b) { return a.size() < b.size(); });
    watch(session->rtp_fd(), *session, false);
    watch(session->rtcp_fd(), *session, true);
    emptiest->push_back(session.get());
    const SessionId id = session->id();
    sessions_[id] = Seat{std::move(session), static_cast<std::size_t>(emptiest - phases_.begin())};
}

std::unique_ptr<Session> MediaThread::unseat(SessionId id) {
    const auto found = sessions_.find(id);
    if (found == sessions_.end()) return nullptr;
    auto session = std::move(found->second.session);
    auto& phase = phases_[found->second.phase];
    *std::find(phase.begin(), phase.end(), session.get()) = phase.back();
    phase.pop_back();
    sessions_.erase(found);
    ::epoll_ctl(epoll_.get(), EPOLL_CTL_DEL, session->rtp_fd(), nullptr);
    ::epoll_ctl(epoll_.get(), EPOLL_CTL_DEL, session->rtcp_fd(), nullptr);
    return session;
}

void MediaThread::run_steps(Timestamp now) {
    while (const auto step = schedule_.take_due(now)) {
        const Timestamp due = schedule_.due_at(*step);
        for (Session* session : phases_[static_cast<std::size_t>(*step % kPhases)]) {
            session->tick(*step / kPhases, due, events_);
            session->keep_house(now, *random_, events_);
        }
    }
}

Timestamp MediaThread::next_step() const {
    for (std::int64_t step = schedule_.next_step(); step < schedule_.next_step() + kPhases; ++step)
        if (!phases_[static_cast<std::size_t>(step % kPhases)].empty()) return schedule_.due_at(step);
    return Timestamp::max();
}

void MediaThread::wait() {
    const Timestamp now = media_now();
    const Timestamp until = std::clamp(next_step(), now, now + kSleepMax);
    Duration sleep = until - now;
    {
        const std::lock_guard lock(mutex_);
        if (!inbox_.empty() || !arrivals_.empty() || stop_)
            sleep = Duration::zero();
        else
            awake_at_ = until;
    }
    std::array<epoll_event, kEventsMax> events;
    const int count = wait_for_events(epoll_.get(), events.data(), kEventsMax, sleep);
    bool commands_came;
    {
        const std::lock_guard lock(mutex_);
        awake_at_ = {};
        commands_came = !inbox_.empty() || !arrivals_.empty();
    }
    // A command given before a packet came goes before it: the sockets are level-triggered and will be told of again.
    put_off_ = commands_came && !put_off_;
    if (put_off_) return;
    for (int i = 0; i < count; ++i) {
        const std::uint64_t data = events[static_cast<std::size_t>(i)].data.u64;
        if (data == 0) {
            std::uint64_t ignored;
            [[maybe_unused]] const auto n = ::read(wake_fd_.get(), &ignored, sizeof ignored);
            continue;
        }
        receive(*reinterpret_cast<Session*>(data & ~kRtcpBit), data & kRtcpBit);
    }
}

void MediaThread::receive(Session& session, bool rtcp) {
    static thread_local std::uint8_t buffers[kBatch][kDatagramMax];
    sockaddr_storage from[kBatch];
    iovec parts[kBatch];
    mmsghdr messages[kBatch];
    for (unsigned i = 0; i < kBatch; ++i) {
        parts[i] = {buffers[i], kDatagramMax};
        messages[i] = {};
        messages[i].msg_hdr.msg_name = &from[i];
        messages[i].msg_hdr.msg_namelen = sizeof from[i];
        messages[i].msg_hdr.msg_iov = &parts[i];
        messages[i].msg_hdr.msg_iovlen = 1;
    }
    const int fd = rtcp ? session.rtcp_fd() : session.rtp_fd();
    const int count = ::recvmmsg(fd, messages, kBatch, MSG_DONTWAIT, nullptr);
    if (count <= 0) return;
    const Timestamp now = media_now();
    for (int i = 0; i < count; ++i) {
        const auto source = to_endpoint(from[i]);
        std::span<std::uint8_t> datagram(buffers[i], messages[i].msg_len);
        if (!source || messages[i].msg_hdr.msg_flags & MSG_TRUNC) datagram = {};  // ignored, and counted so
        if (rtcp)
            session.receive_rtcp(datagram, source.value_or(Endpoint{}), now);
        else
            session.receive_rtp(datagram, source.value_or(Endpoint{}), now, events_);
    }
}

}  // namespace centrala::media
