// The server as a process: one thread that owns sockets, SIP, registrar and routing, turned by one io_context.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <asio/io_context.hpp>
#include <asio/posix/stream_descriptor.hpp>
#include <asio/signal_set.hpp>
#include <asio/steady_timer.hpp>
#include <spdlog/logger.h>

#include "app/calls_file.hpp"
#include "app/config_reader.hpp"
#include "app/control_commands.hpp"
#include "app/control_server.hpp"
#include "app/fault_guard.hpp"
#include "app/registrations_file.hpp"
#include "app/state_dir.hpp"
#include "app/tracer.hpp"
#include "centrala/base/random.hpp"
#include "centrala/calls/server.hpp"
#include "centrala/config/config.hpp"
#include "centrala/journal/journal.hpp"
#include "centrala/media/engine.hpp"
#include "centrala/net/clock.hpp"
#include "centrala/net/dns.hpp"
#include "centrala/net/http_client.hpp"
#include "centrala/net/sip_sockets.hpp"
#include "centrala/routing/core.hpp"

namespace centrala::app {

class Daemon {
public:
    Daemon(config::Config config, std::string config_path, std::shared_ptr<spdlog::logger> log);
    ~Daemon();

    /// Opens everything; the exit code if something can't be (the reason is logged), kOk if it can.
    int open();
    /// Serves until it is told to stop; the exit code.
    int run();

private:
    enum class Phase : std::uint8_t { serving, draining, ending, over };

    int open_journal();
    int open_calls_file();
    int open_media();
    int open_sockets();
    int open_trace();
    int open_dns();
    int open_lookup();
    int open_control();
    void start_server();
    void announce();
    [[nodiscard]] std::string places() const;

    void end_turn();
    void write_down(Timestamp now);
    void arm_timer();
    void on_timer();
    void wait_media();
    void wait_signal();
    void on_signal(int signal);
    void wait_second();
    void every_second();
    void save_registrations(Timestamp now);
    void repeat_state_after_loss(Timestamp now);
    [[nodiscard]] bool connection_in_use(const sip::Flow& flow) const;
    [[nodiscard]] std::string answer(std::string_view request, ControlClient& client);
    [[nodiscard]] Tracer::Calls traced_calls() const;
    void send_outbox();
    void tell_fault(std::string_view during, std::string_view what, std::int64_t untold);

    // daemon_reload.cpp
    void hang_up();
    void reopen_log(std::string_view asked_by);
    void reload_certificates();
    /// Null: nobody waits for the answer.
    void ask_for_reload(std::shared_ptr<ControlClient> client);
    [[nodiscard]] std::string reload(config::Config read);
    void reload_lookup();
    [[nodiscard]] std::string refuse_reload(const std::vector<config::Problem>& problems);

    void leave_calls();
    void begin_draining(int signal);
    void begin_ending(const char* why);
    void wait_ending();
    void finish();

    const std::string config_path_;
    std::shared_ptr<spdlog::logger> log_;
    asio::io_context io_;
    net::Clock clock_;
    config::Config config_;
    std::unique_ptr<RandomSource> random_;
    // Torn down from the bottom up: sockets fall silent first, the lock is let go last.
    std::optional<StateLock> lock_;
    routing::Core core_;
    std::unique_ptr<journal::Journal> journal_;
    asio::posix::stream_descriptor media_wake_;
    std::unique_ptr<media::Engine> media_;
    std::optional<CallsFile> calls_file_;
    std::unique_ptr<calls::Server> server_;
    std::unique_ptr<BindingsWriter> bindings_writer_;
    std::unique_ptr<net::SipSockets> sockets_;
    Tracer tracer_;
    std::unique_ptr<net::Dns> dns_;
    std::unique_ptr<net::HttpClient> lookup_;         ///< asks about callers; none: nobody is asked
    std::unique_ptr<net::HttpClient> former_lookup_;  ///< before the last reload, with questions still under way
    std::unique_ptr<ControlServer> control_;

    std::vector<Endpoint> bound_;  ///< as config_.sip.listeners
    asio::steady_timer timer_, second_, ending_;
    asio::signal_set signals_;
    ConfigReader config_reader_;
    std::vector<std::shared_ptr<ControlClient>> reload_answers_;  ///< who waits for what is being read now
    std::vector<std::shared_ptr<ControlClient>> reload_askers_;   ///< … and for the time after
    std::optional<Timestamp> armed_for_;
    FaultGuard guard_;
    Rates rates_;
    Timestamp started_{}, drain_until_{}, end_until_{};
    Phase phase_ = Phase::serving;
    const char* why_ended_ = "told three times";  ///< unless there was a better reason
    std::uint64_t repeated_after_lost_ = 0;       ///< journal lines lost when the state was last repeated
    Timestamp saved_at_{};
};

}  // namespace centrala::app
