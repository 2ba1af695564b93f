// A turn: messages and timers → the server decides → one write to the journal → one batch of messages out.
#include "app/daemon.hpp"

#include <algorithm>
#include <array>
#include <csignal>

#include <spdlog/spdlog.h>
#include <unistd.h>

#include "app/exit_code.hpp"
#include "app/version.hpp"

namespace centrala::app {
namespace {

constexpr Duration kTimerSlack = 1ms;  // timers closer than this share a turn
constexpr Duration kGoodbye = 1s;      // for BYEs to be answered at the end
constexpr Duration kSettled = 10s;     // after the start: whatever the calls taken up could do to us has happened
constexpr auto kEndingPoll = std::chrono::milliseconds(10);

}  // namespace

Daemon::Daemon(config::Config config, std::string config_path, std::shared_ptr<spdlog::logger> log)
    : config_path_(std::move(config_path)),
      log_(std::move(log)),
      io_(1),
      config_(std::move(config)),
      random_(make_system_random()),
      core_(config_.plan),
      media_wake_(io_),
      tracer_(traced_calls()),
      timer_(io_),
      second_(io_),
      ending_(io_),
      signals_(io_),
      config_reader_(io_),
      guard_([this](auto during, auto what, auto untold) { tell_fault(during, what, untold); }) {}

Daemon::~Daemon() = default;

int Daemon::run() {
    start_server();
    sockets_->start();
    wait_media();
    wait_second();
    wait_signal();
    announce();
    end_turn();
    io_.run();
    return kOk;
}

// ---- the turn

void Daemon::end_turn() {
    const Timestamp now = clock_.now();
    if (const auto due = server_->deadline(); due && *due <= now)
        guard_.run_timers(now, [&] { server_->advance(now); });
    write_down(now);
    send_outbox();
    for (const sip::DnsQuery& query : server_->take_queries()) dns_->ask(query);
    for (calls::LookupQuery& query : server_->take_lookups())
        if (lookup_) lookup_->get(static_cast<std::uint64_t>(query.id), std::move(query.url));
    arm_timer();
    if (phase_ == Phase::draining && server_->idle()) begin_ending("no call is left");
}

/// So that the log is ahead of the world, and what is kept of calls behind neither.
void Daemon::write_down(Timestamp now) {
    journal_->commit(now);
    server_->save_calls([this](calls::KeptId id, std::string_view text) { calls_file_->keep(id, text); });
}

/// A mistake of ours, which the journal's readers and whoever watches the console should both hear of.
void Daemon::tell_fault(std::string_view during, std::string_view what, std::int64_t untold) {
    log_->critical("a fault in handling a {} was caught, the rest goes on: {} ({} more since the last)", during, what,
                   untold);
    journal_->append(clock_.now(), "server.fault", {{"during", during}, {"error", what}, {"suppressed", untold}});
}

void Daemon::send_outbox() {
    sip::Outbox& outbox = server_->outbox();
    if (outbox.size() == 0) return;
    if (tracer_.active())
        for (std::size_t i = 0; i < outbox.size(); ++i)
            tracer_.see({clock_.now(), true, outbox[i].flow, outbox[i].bytes});
    sockets_->send(outbox);
    outbox.clear();
}

/// A timer that fires too early costs one idle turn, setting it costs a system call: it is only ever moved forward.
void Daemon::arm_timer() {
    const auto deadline = server_->deadline();
    if (!deadline || (armed_for_ && *armed_for_ <= *deadline)) return;
    armed_for_ = *deadline;
    timer_.expires_after(std::max<Duration>(*deadline - clock_.now(), kTimerSlack));
    timer_.async_wait([this](const asio::error_code& error) {
        if (!error) on_timer();
    });
}

void Daemon::on_timer() {
    armed_for_.reset();
    end_turn();
}

void Daemon::wait_media() {
    media_wake_.async_wait(asio::posix::stream_descriptor::wait_read, [this](const asio::error_code& error) {
        if (error || phase_ == Phase::over) return;
        std::uint64_t count = 0;
        if (::read(media_wake_.native_handle(), &count, sizeof count) == sizeof count) {
            guard_.run("media event", clock_.now(), [&] { server_->media_events(clock_.now()); });
            end_turn();
        }
        wait_media();
    });
}

void Daemon::wait_second() {
    second_.expires_after(std::chrono::seconds(1));
    second_.async_wait([this](const asio::error_code& error) {
        if (error || phase_ == Phase::over) return;
        guard_.run("second", clock_.now(), [this] { every_second(); });
        wait_second();
    });
}

void Daemon::every_second() {
    const Timestamp now = clock_.now();
    const calls::ServerStats stats = server_->stats();
    rates_.add({stats.sip.received, stats.calls_admitted});
    // The whole file is written each time, on another thread: the longer it is, the rarer.
    if (now - saved_at_ >= std::chrono::seconds(1 + stats.bindings / 10'000)) save_registrations(now);
    if (now - started_ >= kSettled) calls_file_->lived();
    journal_->commit(now);  // a failing journal tries again even when nothing happens
    repeat_state_after_loss(now);
    if (phase_ == Phase::draining && now >= drain_until_) {
        begin_ending("drain_limit is over");
        end_turn();
    }
}

/// What was lost can't be folded: once the log takes lines again, the state is written into it as a whole.
void Daemon::repeat_state_after_loss(Timestamp now) {
    const journal::Stats stats = journal_->stats();
    if (stats.failing || stats.lost == repeated_after_lost_) return;
    repeated_after_lost_ = stats.lost;
    if (const auto reopened = journal_->reopen(core_.state(), now); !reopened)
        log_->error("event log: {}", reopened.error().message);
}

/// Only what changed is copied, so that a hundred thousand phones hold up nobody's call.
void Daemon::save_registrations(Timestamp now) {
    std::vector<BindingsWriter::Agent> changed;
    for (std::string& agent : server_->take_changed_bindings()) {
        const auto bindings = server_->registrar().bindings(agent);
        changed.push_back({std::move(agent), {bindings.begin(), bindings.end()}});
    }
    if (changed.empty() && phase_ != Phase::over) return;
    saved_at_ = now;
    bindings_writer_->write(std::move(changed));
}

bool Daemon::connection_in_use(const sip::Flow& flow) const {
    return server_ && (server_->uses(flow) || server_->registrar().reachable_over(flow.connection));
}

std::string Daemon::answer(std::string_view request, ControlClient& client) {
    std::string reply = R"({"ok":false,"error":"a fault of the server; its log says more"})";
    guard_.run("command", clock_.now(), [&] {
        reply =
            answer_control(request, {*server_, config_, journal_->stats(), sockets_->stats(), rates_, tracer_, client,
                                     [this](ControlClient& asker) { ask_for_reload(asker.shared_from_this()); },
                                     started_, clock_.now(), phase_ != Phase::serving});
    });
    end_turn();
    return reply;
}

// ---- signals and the end

void Daemon::wait_signal() {
    signals_.async_wait([this](const asio::error_code& error, int signal) {
        if (error) return;
        on_signal(signal);
        if (phase_ != Phase::over) wait_signal();
    });
}

void Daemon::on_signal(int signal) {
    if (signal == SIGHUP) {
        hang_up();
    } else if (signal == SIGUSR1) {
        reopen_log("SIGUSR1");
    } else if (signal == SIGUSR2) {
        leave_calls();
    } else if (phase_ == Phase::serving) {
        begin_draining(signal);
    } else if (phase_ == Phase::draining) {
        begin_ending("told again");
        end_turn();
    } else {
        finish();  // somebody is in a real hurry
    }
}

void Daemon::begin_draining(int signal) {
    const Timestamp now = clock_.now();
    phase_ = Phase::draining;
    drain_until_ = now + config_.drain_limit;
    server_->drain(now);
    journal_->append(now, "server.draining",
                     {{"reason", signal == SIGINT ? std::string_view("SIGINT") : std::string_view("SIGTERM")},
                      {"limit_ms", static_cast<std::int64_t>(to_ms(config_.drain_limit))}});
    const std::size_t calls = core_.state().contacts.size();
    if (calls > 0)
        log_->info("draining: no new calls; {} left, ending them in {} s at the latest (the same signal again: now)",
                   calls, to_ms(config_.drain_limit) / 1'000);
    end_turn();
}

/// Nobody is told anything: the next process goes on with the calls that are up.
void Daemon::leave_calls() {
    log_->info("ending: SIGUSR2; {} calls are left to the next start", core_.state().contacts.size());
    why_ended_ = "SIGUSR2";
    write_down(clock_.now());
    finish();
}

void Daemon::begin_ending(const char* why) {
    if (phase_ == Phase::ending || phase_ == Phase::over) return;
    const Timestamp now = clock_.now();
    log_->info("ending: {}", why);
    why_ended_ = why;
    phase_ = Phase::ending;
    end_until_ = now + kGoodbye;
    server_->shut_down(now);
    write_down(now);
    send_outbox();
    wait_ending();
}

void Daemon::wait_ending() {
    if (server_->idle() || clock_.now() >= end_until_) return finish();
    ending_.expires_after(kEndingPoll);
    ending_.async_wait([this](const asio::error_code& error) {
        if (error || phase_ == Phase::over) return;
        end_turn();
        wait_ending();
    });
}

void Daemon::finish() {
    const Timestamp now = clock_.now();
    phase_ = Phase::over;
    save_registrations(now);
    journal_->append(now, "server.stopped",
                     {{"reason", std::string_view(why_ended_)},
                      {"uptime_ms", to_ms(now - started_)},
                      {"calls_left", static_cast<std::int64_t>(core_.state().contacts.size())}});
    journal_->commit(now);
    journal_->sync();
    if (journal_->stats().failing) log_->error("event log: the last lines could not be written and are lost");
    control_.reset();
    sockets_->close();
    bindings_writer_.reset();  // waits for the disk: who sees the daemon gone finds the file
    log_->info("stopped");
    io_.stop();
}

}  // namespace centrala::app
