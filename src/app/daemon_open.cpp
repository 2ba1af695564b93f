// Starting: what the daemon needs is opened in the order in which a failure costs least, the outside world last.
#include <charconv>
#include <csignal>
#include <cstring>

#include <spdlog/sinks/stdout_color_sinks.h>
#include <spdlog/spdlog.h>
#include <sys/eventfd.h>
#include <sys/resource.h>
#include <unistd.h>

#include "app/commands.hpp"
#include "app/daemon.hpp"
#include "app/exit_code.hpp"
#include "app/version.hpp"

namespace centrala::app {
namespace {

/// The client gives up later than the server does, which so needs to know of one deadline only.
constexpr Duration kLookupSlack = 100ms;

std::string calls_path(const config::Config& config) {
    return config.state_dir + "/calls";
}

std::string bindings_path(const config::Config& config) {
    return config.state_dir + "/registrations.json";
}

/// Every call takes up to four sockets of media; the soft limit is a default for programs that use select().
void raise_descriptor_limit() {
    rlimit limit{};
    if (::getrlimit(RLIMIT_NOFILE, &limit) != 0) return;
    limit.rlim_cur = limit.rlim_max;
    ::setrlimit(RLIMIT_NOFILE, &limit);
}

std::shared_ptr<spdlog::logger> make_log(const std::string& level) {
    auto log = std::make_shared<spdlog::logger>("centrala", std::make_shared<spdlog::sinks::stderr_color_sink_mt>());
    // systemd's journal has its own time stamps.
    log->set_pattern(std::getenv("JOURNAL_STREAM") ? "%l: %v" : "%H:%M:%S.%e %^%l%$: %v");
    log->set_level(spdlog::level::from_str(level == "warning" ? "warn" : level));
    return log;
}

/// A contact as people write it: "c12".
std::optional<routing::ContactId> read_contact(std::string_view text) {
    std::uint64_t number = 0;
    if (text.size() < 2 || text.front() != 'c') return std::nullopt;
    const auto read = std::from_chars(text.data() + 1, text.data() + text.size(), number);
    if (read.ec != std::errc() || read.ptr != text.data() + text.size()) return std::nullopt;
    return static_cast<routing::ContactId>(number);
}

}  // namespace

int Daemon::open() {
    auto lock = StateLock::acquire(config_.state_dir);
    if (!lock) {
        log_->critical("{}", lock.error().message);
        return lock.error().why == StateLock::Failure::taken ? kTempFail : kCantCreate;
    }
    lock_.emplace(std::move(lock).value());
    for (const auto step : {&Daemon::open_journal, &Daemon::open_calls_file, &Daemon::open_media, &Daemon::open_sockets,
                            &Daemon::open_trace})
        if (const int code = (this->*step)(); code != kOk) return code;
    server_ = std::make_unique<calls::Server>(config_, core_, *journal_, *media_, *random_);
    for (const auto step : {&Daemon::open_dns, &Daemon::open_lookup, &Daemon::open_control})
        if (const int code = (this->*step)(); code != kOk) return code;
    asio::error_code error;
    for (const int signal : {SIGTERM, SIGINT, SIGHUP, SIGUSR1, SIGUSR2})
        if (signals_.add(signal, error); error) {
            log_->critical("signals: {}", error.message());
            return kOsError;
        }
    return kOk;
}

int Daemon::open_journal() {
    if (const auto made = make_parent_folder(config_.log.events); !made) {
        log_->critical("{}", made.error().message);
        return kCantCreate;
    }
    journal::Journal::Options options;
    options.path = config_.log.events;
    options.sync_interval = config_.log.sync_interval;
    options.alarm = [log = log_](std::string_view what) { log->error("event log: {}", what); };
    const Timestamp now = clock_.now();
    auto opened = journal::Journal::open(std::move(options), core_, now);
    if (!opened) {
        log_->critical("event log: {}", opened.error().message);
        return kIoError;
    }
    journal_ = std::move(opened).value();
    return kOk;
}

int Daemon::open_calls_file() {
    auto opened = CallsFile::open(calls_path(config_), [log = log_](std::string_view what) { log->error("{}", what); });
    if (!opened) {
        log_->critical("{}", opened.error().message);
        return kCantCreate;
    }
    calls_file_.emplace(std::move(opened).value());
    return kOk;
}

int Daemon::open_media() {
    const int wake = ::eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
    if (wake < 0) {
        log_->critical("eventfd: {}", std::strerror(errno));
        return kOsError;
    }
    media_wake_.assign(wake);
    media::EngineOptions options;
    options.port_min = config_.media.port_min;
    options.port_max = config_.media.port_max;
    options.rtp_timeout = config_.media.rtp_timeout;
    options.threads = config_.media.threads;
    options.wake_fd = wake;
    media_ = media::make_engine(options);
    return kOk;
}

int Daemon::open_sockets() {
    net::SocketLimits limits;
    limits.message_bytes = config_.sip.message_bytes_max;
    limits.tcp_connections = config_.sip.tcp_connections_max;
    limits.tcp_idle_timeout = config_.sip.tcp_idle_timeout;
    limits.tcp_message_timeout = config_.sip.tcp_message_timeout;
    limits.handshakes = config_.sip.handshakes_max;
    limits.handshake_timeout = config_.sip.handshake_timeout;
    limits.source_connections = config_.sip.source_connections_max;
    limits.source_handshakes = config_.sip.source_handshakes_max;
    net::SipSockets::Handlers handlers;
    handlers.message = [this](std::span<char> bytes, const sip::Flow& from) {
        const Timestamp now = clock_.now();
        if (tracer_.active())
            tracer_.see({now, false, from, {bytes.data(), bytes.size()}});  // parsing unfolds in place
        guard_.run("message", now, [&] { server_->receive(bytes, from, now); });
    };
    handlers.failed = [this](sip::Transport transport, const Endpoint& remote, std::uint64_t connection) {
        log_->debug("{} {} (connection {}) is unreachable or gone", sip::transport_name(transport), remote.to_string(),
                    connection);
        const Timestamp now = clock_.now();
        guard_.run("lost peer", now, [&] { server_->transport_failed(transport, remote, connection, now); });
    };
    handlers.turn_over = [this] { end_turn(); };
    handlers.in_use = [this](const sip::Flow& flow) { return connection_in_use(flow); };
    handlers.handshake_failed = [this](const sip::Flow& from, net::HandshakeKind kind, std::string_view reason) {
        server_->handshake_failed(from, kind == net::HandshakeKind::tls, reason, clock_.now());
        journal_->commit(clock_.now());
    };
    handlers.admission = [this](const IpAddress& source) {
        switch (server_->welcome(source)) {
            case calls::Welcome::none: return net::Admission::refused;
            case calls::Welcome::limited: return net::Admission::limited;
            case calls::Welcome::unlimited: break;
        }
        return net::Admission::unlimited;
    };
    handlers.connection_refused = [this](const sip::Flow& from, std::string_view limit) {
        server_->connection_refused(from, limit, clock_.now());
        journal_->commit(clock_.now());
    };
    sockets_ = std::make_unique<net::SipSockets>(io_, limits, std::move(handlers));
    for (config::Listener& listener : config_.sip.listeners) {
        net::ListenOptions options{listener.transport, listener.address, {}, listener.tls, listener.allowed_origins};
        if (listener.advertised) options.advertised.address = *listener.advertised;
        const auto bound = sockets_->listen(options);
        if (!bound) {
            log_->critical("can't listen on {}", bound.error().message);
            return kOsError;
        }
        listener.address.port = bound->port;  // port 0 was the system's choice; Via and Contact must name it
        bound_.push_back(*bound);
    }
    if (const auto outgoing = sockets_->use_for_outgoing_tls(config_.sip.tls); !outgoing) {
        log_->critical("tls: {}", outgoing.error().message);
        return kOsError;
    }
    return kOk;
}

int Daemon::open_trace() {
    const config::Trace& trace = config_.trace;
    if (!trace.collector) return kOk;
    auto collector = HepSender::open(*trace.collector, {trace.id, trace.key});
    if (!collector) {
        log_->critical("trace.hep: {}", collector.error().message);
        return kOsError;
    }
    tracer_.send_to(std::move(collector).value(), trace.secrets);
    return kOk;
}

int Daemon::open_dns() {
    net::DnsOptions options;
    options.servers = config_.sip.dns.servers;
    options.timeout = config_.sip.dns.timeout;
    auto dns = net::Dns::open(io_, std::move(options), [this](sip::DnsQueryId id, sip::DnsAnswer answer) {
        const Timestamp now = clock_.now();
        guard_.run("DNS answer", now, [&] { server_->resolved(id, std::move(answer), now); });
        end_turn();
    });
    if (!dns) {
        log_->critical("DNS: {}", dns.error().message);
        return kOsError;
    }
    dns_ = std::move(dns).value();
    return kOk;
}

int Daemon::open_lookup() {
    if (!config_.caller_lookup) return kOk;
    const config::CallerLookup& lookup = *config_.caller_lookup;
    net::HttpOptions options;
    options.user_agent = "Centrala/" + std::string(kVersion);
    options.token = lookup.token;
    options.ca = config_.sip.tls.server_ca;
    options.timeout = lookup.timeout + kLookupSlack;
    options.body_max = calls::LookupReply::kBodyMax;
    options.connections_max = lookup.at_once_max;
    auto client = net::HttpClient::open(io_, std::move(options), [this](std::uint64_t id, net::HttpAnswer answer) {
        const calls::LookupReply reply{answer.status, std::move(answer.body), std::move(answer.error)};
        const Timestamp now = clock_.now();
        guard_.run("answer about a caller", now,
                   [&] { server_->looked_up(static_cast<calls::LookupId>(id), reply, now); });
        end_turn();
    });
    if (!client) {
        log_->critical("caller_lookup: {}", client.error().message);
        return kOsError;
    }
    lookup_ = std::move(client).value();
    return kOk;
}

int Daemon::open_control() {
    if (const auto made = make_parent_folder(config_.control.socket); !made) {
        log_->critical("control socket: {}", made.error().message);
        return kCantCreate;
    }
    auto control = ControlServer::open(
        io_, config_.control.socket, config_.control.mode, {},
        [this](std::string_view request, ControlClient& client) { return answer(request, client); });
    if (!control) {
        log_->critical("control socket: {}", control.error().message);
        return kCantCreate;
    }
    control_ = std::move(control).value();
    return kOk;
}

Tracer::Calls Daemon::traced_calls() const {
    return {[this](std::string_view contact) {
                const auto id = read_contact(contact);
                return id ? server_->call_ids(*id) : std::vector<std::string>();
            },
            [this](std::string_view contact, std::string_view call_id) {
                const auto id = read_contact(contact);
                return id ? server_->caller_call_id(*id) : server_->caller_call_id(call_id);
            }};
}

void Daemon::start_server() {
    LoadedBindings loaded = load_bindings(bindings_path(config_));
    if (!loaded.warning.empty()) log_->warn("registrations: {}", loaded.warning);
    bindings_writer_ = std::make_unique<BindingsWriter>(bindings_path(config_),
                                                        [log = log_](std::string_view what) { log->warn("{}", what); });
    std::vector<calls::KeptCall> kept = calls_file_->take_kept();
    started_ = clock_.now();
    journal_->append(started_, "server.started",
                     {{"version", kVersion},
                      {"pid", static_cast<std::int64_t>(::getpid())},
                      {"config", config_path_},
                      {"bindings", static_cast<std::int64_t>(loaded.bindings.size())},
                      {"calls", static_cast<std::int64_t>(kept.size())}});
    server_->start(std::move(loaded.bindings), std::move(kept), started_);
}

std::string Daemon::places() const {
    std::string places;
    for (std::size_t i = 0; i < bound_.size(); ++i) {
        const config::Listener& listener = config_.sip.listeners[i];
        places += (i ? ", " : "") + std::string(sip::transport_name(listener.transport)) + " " + bound_[i].to_string();
        if (listener.advertised) places += " (as " + listener.advertised->to_string() + ")";
    }
    return places;
}

void Daemon::announce() {
    const std::string places = this->places();
    journal_->append(clock_.now(), "server.ready", {{"listen", places}});
    log_->info("Centrala {} serves {} queues and {} agents from {}", kVersion, config_.queues.size(),
               config_.agents.size(), config_path_);
    log_->info("  SIP        {}", places);
    log_->info("  RTP ports  {} to {}", config_.media.port_min, config_.media.port_max);
    log_->info("  event log  {}     watch it:   centrala tail", config_.log.events);
    log_->info("  control    {}     ask it:     centrala status | agents | queues | calls", config_.control.socket);
}

int serve(const CommandLine& line) {
    auto config = load_or_complain(line.config);
    if (!config) return kConfig;
    raise_descriptor_limit();
    const auto log = make_log(config->log.level);
    spdlog::set_default_logger(log);
    for (const config::Problem& odd : config->warnings) log->warn("{}", odd.to_string());
    Daemon daemon(std::move(*config), line.config, log);
    if (const int code = daemon.open(); code != kOk) return code;
    return daemon.run();
}

}  // namespace centrala::app
