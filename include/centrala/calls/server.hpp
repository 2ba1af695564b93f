// Everything below the sockets: SIP, registrar, routing and the media plane's control, as one sans-I/O machine.
// The daemon drives it with real sockets and time, the simulation with virtual ones.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "centrala/base/random.hpp"
#include "centrala/base/time.hpp"
#include "centrala/calls/lookup.hpp"
#include "centrala/config/config.hpp"
#include "centrala/journal/journal.hpp"
#include "centrala/media/engine.hpp"
#include "centrala/registrar/registrar.hpp"
#include "centrala/routing/core.hpp"
#include "centrala/sip/locator.hpp"
#include "centrala/sip/transaction.hpp"

namespace centrala::calls {

struct CallView {
    routing::ContactId contact{};
    std::string call_id;
    std::string state;  ///< "waiting", "ringing", "talking", "on hold", "outside"
    std::string caller, caller_name, dialled, queue;
    std::string agent;  ///< who talks or is rung, perhaps several; waiting: for whom it is kept
    Duration age{}, talking{};
};

struct GatewayView {
    std::string uri;
    bool up = true;
    bool checked = false;  ///< OPTIONS are sent to it
    std::vector<std::string> addresses;
};
struct TrunkView {
    std::string name;
    std::size_t calls_in = 0, calls_out = 0;
    std::string registration;   ///< "": it doesn't register; "registered", "trying", "failed", "ending", "unregistered"
    Duration registered_for{};  ///< until it must be refreshed
    int registration_status = 0;  ///< of the last failure; 0: none, or there was no answer
    std::vector<GatewayView> gateways;
};

/// A source that isn't heard for a while.
struct BanView {
    Endpoint source;          ///< the port is that of the last offence
    std::string_view reason;  ///< as in security.banned
    Duration since{}, left{};
};

/// What a source that connects may do.
enum class Welcome : std::uint8_t {
    none,      ///< it is banned
    limited,   ///< so many connections as one source may have
    unlimited  ///< a trunk, a proxy before phones, or on the allow-list
};

struct ServerStats {
    std::uint64_t calls_admitted = 0, calls_refused = 0, strangers = 0, floods = 0;
    std::uint64_t security_unlogged = 0;  ///< security events that the log wasn't told of for there were too many
    std::size_t bans = 0;
    std::size_t legs = 0, media_sessions = 0, sip_sessions = 0, bindings = 0, subscriptions = 0;
    sip::TransactionStats sip;
};

/// Which call something is kept of: a contact, one that an agent placed, or a session that is of neither.
enum class KeptId : std::uint64_t {};
/// What save_calls() gave, for the next process.
struct KeptCall {
    KeptId id{};
    std::string text;
};

class Server {
public:
    /// All references must outlive the server. `core` may hold recovered state.
    Server(const config::Config& config, routing::Core& core, journal::Sink& sink, media::Engine& media,
           RandomSource& random);
    ~Server();

    /// Call first: goes on with the calls that were kept of those that the last run left alive, ends the others, logs
    /// in fixed agents, restores bindings.
    void start(std::vector<std::pair<std::string, registrar::Binding>> bindings, std::vector<KeptCall> kept,
               Timestamp now);

    // What the world did. Any of these may fill outbox().
    void receive(std::span<char> bytes, const sip::Flow& from, Timestamp now);
    void advance(Timestamp now);
    void media_events(Timestamp now);
    /// ICMP port unreachable (connection 0), or a TCP connection refused, reset or closed.
    void transport_failed(sip::Transport transport, const Endpoint& remote, std::uint64_t connection, Timestamp now);
    /// A TLS or WebSocket handshake came to nothing: for the log.
    void handshake_failed(const sip::Flow& from, bool tls, std::string_view reason, Timestamp now);
    /// A connection was closed at once for that limit ("connections" …).
    void connection_refused(const sip::Flow& from, std::string_view limit, Timestamp now);
    [[nodiscard]] Welcome welcome(const IpAddress& source) const;
    [[nodiscard]] std::optional<Timestamp> deadline();
    /// The turn's messages; the driver sends and clears them after committing the journal.
    [[nodiscard]] sip::Outbox& outbox();
    /// What the driver is to ask DNS, after each turn; each is to be answered once by resolved(), never from within
    /// this call.
    [[nodiscard]] std::vector<sip::DnsQuery> take_queries();
    void resolved(sip::DnsQueryId id, sip::DnsAnswer answer, Timestamp now);

    /// Likewise what the driver is to ask the system that knows callers; each may be answered by looked_up(), once and
    /// never from within this call. What comes when the configuration's timeout is over, or not at all, changes
    /// nothing.
    [[nodiscard]] std::vector<LookupQuery> take_lookups();
    void looked_up(LookupId id, const LookupReply& reply, Timestamp now);

    /// What the driver is to keep of calls that have changed, before the turn's messages leave, so that the next
    /// process can go on with them whatever becomes of this one; "": nothing any more. Views, valid during the call.
    void save_calls(const std::function<void(KeptId, std::string_view)>& keep);

    // Commands (control socket).
    routing::Rejection command(const routing::Input& input, Timestamp now);
    /// What a command did to it is over: its hours count again. Rejected if no command did anything.
    routing::Rejection follow_hours(routing::EntryPointId entry_point, Timestamp now);
    /// The configuration that it refers to has been changed by config::reload(), which says who is `added`, and the
    /// core has its plan. To be told at once: until then nothing else may be called.
    void reload(std::span<const routing::AgentId> added, Timestamp now);
    /// False: it isn't banned.
    bool unban(const IpAddress& source, Timestamp now);
    /// No new calls; waiting and talking ones go on.
    void drain(Timestamp now);
    /// Ends all calls that are left.
    void shut_down(Timestamp now);
    /// Whether that connection carries a call, a subscription or a trunk's registration, however silent it is.
    [[nodiscard]] bool uses(const sip::Flow& connection) const;
    [[nodiscard]] bool idle() const;  ///< no call, no transaction that matters is left

    [[nodiscard]] const registrar::Registrar& registrar() const;
    [[nodiscard]] std::vector<std::string> take_changed_bindings();  ///< as Registrar::take_changed()
    [[nodiscard]] const routing::Core& core() const;
    [[nodiscard]] std::vector<CallView> calls(Timestamp now) const;
    /// Of the caller's leg; "" if there is no such call.
    [[nodiscard]] std::string caller_call_id(routing::ContactId contact) const;
    /// Likewise, of the call, an agent's own ones included, that the leg with that Call-ID belongs to; looks at every
    /// session.
    [[nodiscard]] std::string caller_call_id(std::string_view leg) const;
    /// Of all its legs, those to the outside and of consultations too; looks at every session.
    [[nodiscard]] std::vector<std::string> call_ids(routing::ContactId contact) const;
    [[nodiscard]] std::vector<TrunkView> trunks(Timestamp now) const;
    [[nodiscard]] std::vector<BanView> bans(Timestamp now) const;  ///< the one that ends first comes first
    /// None: no system is to be asked.
    [[nodiscard]] std::optional<LookupView> lookup(Timestamp now) const;
    [[nodiscard]] ServerStats stats() const;

private:
    struct Impl;
    std::unique_ptr<Impl> impl_;
};

}  // namespace centrala::calls
