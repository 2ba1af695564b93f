// The validated configuration: what config/centrala.yaml says, typed, with every default filled in.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "centrala/base/endpoint.hpp"
#include "centrala/base/time.hpp"
#include "centrala/config/problem.hpp"
#include "centrala/routing/plan.hpp"
#include "centrala/schedule/hours.hpp"
#include "centrala/sip/digest.hpp"
#include "centrala/sip/flow.hpp"
#include "centrala/sip/tls_options.hpp"

namespace centrala::config {

struct Listener {
    sip::Transport transport = sip::Transport::udp;
    Endpoint address;  ///< port 0: the system's choice
    std::optional<IpAddress>
        advertised;         ///< in Via, Contact and SDP instead of `address` (behind NAT, or listening on 0.0.0.0)
    sip::TlsOptions tls{};  ///< of tls and wss: Sip::tls, and what the listener says differently
    std::vector<std::string> allowed_origins{};  ///< of ws and wss: pages that may connect; empty: any
    int line = 0;                                ///< where it stands in the file
    bool operator==(const Listener&) const = default;
};

/// How host names are looked up (RFC 3263).
struct Dns {
    std::vector<Endpoint> servers;  ///< empty: the system's
    Duration timeout = 2s;          ///< for one server's answer
    bool operator==(const Dns&) const = default;
};

struct Sip {
    std::vector<Listener> listeners;
    sip::TlsOptions tls;                    ///< of listeners that say nothing else, and of connections that we open
    std::string domain = "centrala.local";  ///< of our identities: From and To of calls to agents
    Duration t1 = 500ms, t2 = 4s, t4 = 5s;
    std::size_t message_bytes_max = 65'535;
    std::size_t tcp_connections_max = 10'000;
    Duration tcp_idle_timeout = 300s;    ///< a connection that carries no dialog or binding
    Duration tcp_message_timeout = 10s;  ///< from a message's first byte to its last
    std::size_t handshakes_max = 1'000;  ///< of TLS and WebSocket under way at once
    Duration handshake_timeout = 10s;
    std::uint32_t invites_per_second = 200;  ///< past it 503 with Retry-After; 0: no limit
    std::uint32_t registers_per_second = 500;
    std::uint32_t other_requests_per_second = 1'000;  ///< but SUBSCRIBE and PUBLISH, and what belongs to a call
    std::uint32_t strangers_per_second = 100;         ///< requests but REGISTER from addresses that we don't know
    std::uint32_t source_requests_per_second = 100;   ///< of one address; not of trunks, proxies and Security::allow
    std::size_t source_connections_max = 2'000;       ///< likewise; 0: no limit
    std::size_t source_handshakes_max = 200;          ///< likewise
    std::size_t calls_max = 20'000;
    bool strangers_get_answer = true;        ///< 403; false: silence
    Duration security_event_interval = 10s;  ///< at most one security.* event per source in this time
    Dns dns;
    Duration options_interval = 30s;  ///< how often a suspect phone is probed
    bool assert_identity = false;     ///< the caller's number in P-Asserted-Identity towards agents' phones, too
    bool operator==(const Sip&) const = default;
};

/// The sounds that tell waiting callers where they stand and how long it will take, as files.
struct Announcements {
    /// Where a number is said: not a file.
    static constexpr std::string_view kNumber = "number";

    std::vector<std::string> next;                 ///< the caller's turn is next
    std::vector<std::string> position;             ///< its place in the line
    std::vector<std::string> expected_wait;        ///< less than so many minutes
    std::vector<std::string> one_minute;           ///< less than one
    std::string numbers;                           ///< the folder with a file for each number
    std::vector<std::vector<std::string>> spoken;  ///< the files that say a number, by number; empty: nobody announces
    bool operator==(const Announcements&) const = default;
};

struct Media {
    std::vector<IpAddress> addresses;  ///< where RTP sockets bind; the one of the peer's family is used
    std::optional<IpAddress> advertised;
    std::uint16_t port_min = 20'000, port_max = 29'999;
    std::vector<std::string> codecs = {"PCMA", "PCMU"};
    Duration rtp_timeout = 60s;  ///< 0: never
    unsigned threads = 1;
    std::string sounds;  ///< folder that relative sound paths start from
    std::string music;   ///< the default music on hold
    Announcements announcements;
    bool operator==(const Media&) const = default;
};

struct Registration {
    std::string realm = "centrala";
    Duration expires_default = 300s, expires_min = 30s, expires_max = 3600s;
    std::size_t contacts_max = 8;
    Duration nonce_lifetime = 300s;
    std::vector<Subnet> sources;             ///< where phones may register from; empty: anywhere
    std::vector<Subnet> edge_proxies;        ///< whose Path (RFC 3327) is believed
    std::vector<std::string> service_route;  ///< URIs told to phones (RFC 3608)
    Duration flow_timer = 2min;              ///< told to outbound phones on connections (RFC 5626); 0: not told
    bool md5 = true, sha256 = false;  ///< what is offered for digest authentication, trunks' included; at least one
    bool operator==(const Registration&) const = default;
};

/// A place that takes a trunk's outgoing calls. Lower priority first; among equals a weighted choice (RFC 2782).
struct Gateway {
    std::string uri;  ///< sip: or sips:, without user
    std::uint16_t priority = 10;
    std::uint16_t weight = 10;
    bool operator==(const Gateway&) const = default;
};

/// How a number of one side is written on the other. docs/configuration.md defines the pattern.
struct NumberRule {
    enum class Of : std::uint8_t { both, dialled, caller } of = Of::both;
    std::string match;      ///< a prefix in which X is any digit; a final $ anchors it
    std::size_t strip = 0;  ///< so many characters off the front …
    std::string add;        ///< … and these before the rest
    bool operator==(const NumberRule&) const = default;
};

/// Registration with a carrier (RFC 3261 §10.2).
struct TrunkRegister {
    std::string registrar;     ///< sip: or sips:, without user
    std::string aor;           ///< sip:user@host: what is registered
    std::string contact_user;  ///< of our Contact: where the carrier's calls come to
    Duration expires = 1h;
    Duration retry = 30s, retry_max = 30min;  ///< the first interval after a failure, doubled up to the other
    bool operator==(const TrunkRegister&) const = default;
};

struct TrunkHealth {
    Duration interval = 30s;  ///< between two OPTIONS to a gateway; 0: none are sent
    Duration timeout = 5s;    ///< for an answer to it
    bool operator==(const TrunkHealth&) const = default;
};

/// Phones that watch agents and queues, and that set their own agent's state.
struct Presence {
    bool enabled = true;
    Duration expires_min = 60s, expires_default = 1h, expires_max = 1h;  ///< of subscriptions and publications
    std::size_t subscriptions_max = 20'000;
    std::size_t subscriptions_per_agent = 200;
    std::uint32_t requests_per_second = 500;  ///< SUBSCRIBE and PUBLISH; past it 503 with Retry-After; 0: no limit
    bool show_callers = false;                ///< lamps of talking agents say with whom
    bool phones_set_state = true;             ///< by PUBLISH and as-feature-event
    std::vector<std::string> activities;      ///< RPID's word for each of Plan::reasons, same order;
                                              ///< "": none was given
    bool operator==(const Presence&) const = default;
};

struct Trunk {
    std::string name;
    std::vector<Subnet> sources;
    bool trust_gateways = false;  ///< the addresses of gateways and registrar are sources, too, as DNS names them
    std::optional<sip::DigestSecret> digest;          ///< asked for besides the source, if given
    std::vector<std::string> dialled_number_headers;  ///< looked at in this order when the Request-URI's user is no
                                                      ///< known number: "To", "P-Called-Party-ID", "Diversion", …
    bool trust_identity = true;                       ///< P-Asserted-Identity and Remote-Party-ID are believed
    std::size_t calls_max = 0;                        ///< both ways together; 0: no limit of its own
    std::uint32_t calls_per_second = 0;               ///< both ways together; 0: no limit of its own
    std::vector<std::string> codecs;                  ///< in order of preference; empty: media.codecs
    std::vector<NumberRule> inbound, outbound;

    // Outgoing calls.
    std::vector<Gateway> gateways;
    std::optional<sip::Credentials> credentials;  ///< answers to the carrier's challenges
    std::optional<TrunkRegister> registration;
    TrunkHealth health;
    std::string domain;              ///< of Request-URI, To and From; "": see docs/configuration.md
    std::string from_number;         ///< who calls; "": the caller's own number
    bool asserted_identity = false;  ///< the number stands in P-Asserted-Identity, the account's name in From
    bool operator==(const Trunk&) const = default;
};

/// Which trunks carry calls to numbers outside; the first that matches counts.
struct OutsideRule {
    std::string match;  ///< as in NumberRule
    std::size_t strip = 0;
    std::string add;
    std::vector<std::size_t> trunks;  ///< indexes, in the order in which they are tried
    bool operator==(const OutsideRule&) const = default;
};

/// What a group of agents may do with numbers. Calls to queues are always allowed: that is what the server is for.
struct AgentGroup {
    std::string name = "default";
    bool call_agents = true, call_outside = false;
    bool transfer_agents = true, transfer_queues = true, transfer_outside = false;
    std::vector<std::string> outside_allowed;  ///< prefixes of numbers outside; none: any
    std::vector<std::string> outside_denied;   ///< prefixes that are refused even so
    routing::Rest rest;                        ///< of its agents: Plan has it with each
    bool operator==(const AgentGroup&) const = default;
};

struct Agent {
    routing::AgentId id{};
    sip::DigestSecret secret;
    std::optional<std::string> contact;  ///< a fixed SIP URI instead of registration
    std::string extension;               ///< the number others would dial; "" if none
    std::size_t group = 0;               ///< index in Config::agent_groups
    std::optional<std::size_t> shift{};  ///< index in Config::schedules; logged out as it closes
    bool operator==(const Agent&) const = default;
};

struct EntryPoint {
    routing::EntryPointId id{};
    std::vector<std::string> numbers;  ///< exact; "*" matches any other
    int closed_status = 480;           ///< SIP answers when refused; queue full, no agent:
    int full_status = 486;
    std::optional<std::size_t> hours{};            ///< index in Config::schedules; none: always open
    Duration last_call{};                          ///< so long before closing nobody new is let in
    bool ends_waiting = false;                     ///< who waits as it closes by its hours is sent away; else served
    std::vector<routing::CallerListId> callers{};  ///< lists; the first that has the caller's number counts
    bool lookup = true;                            ///< another system is asked about its callers, if there is one
    bool operator==(const EntryPoint&) const = default;
};

/// Numbers of callers, in the way in which theirs are compared: no separators, a final * for any rest.
struct CallerList {
    routing::CallerListId id{};
    std::vector<std::string> numbers;
    std::string file;                          ///< with more of them; "" none
    std::vector<std::string> numbers_of_file;  ///< as it was when the configuration was read
    int refuse = 603;                          ///< SIP's answer if they are blocked
    bool operator==(const CallerList&) const = default;
};

/// What CallerLookup::url may contain after its host.
inline constexpr std::array<std::string_view, 3> kLookupPlaceholders{"{caller}", "{dialled}", "{entry_point}"};

/// Another system, asked by HTTP GET about callers before their calls are queued.
struct CallerLookup {
    std::string url;                 ///< http: or https:, with {caller} at least
    std::string token;               ///< shown as a bearer token (RFC 6750); "": none
    Duration timeout = 800ms;        ///< so long a call waits for the answer
    std::uint32_t failures_max = 5;  ///< after so many in a row nobody is asked about for `rest`
    Duration rest = 30s;
    std::size_t at_once_max = 100;  ///< questions under way; past it a call goes on unasked
    bool operator==(const CallerLookup&) const = default;
};

/// How a queue sounds and presents itself; routing's part is in Plan::queues.
/// What a queue tells those who wait, and when.
struct Announce {
    Duration after{};  ///< they entered the queue; 0: nothing is told
    Duration every = 1min;
    bool position = true, expected_wait = true;
    bool operator==(const Announce&) const = default;
};

struct Queue {
    routing::QueueId id{};
    bool early_media = false;      ///< 183 and no answer until an agent takes the call
    std::string greeting;          ///< sound path; "" none
    std::string music;             ///< "" the default
    std::string caller_prefix;     ///< before the caller's name on the agent's phone, e.g. "Orders: "
    std::string hold_music;        ///< for a caller whom the agent holds; "" music
    std::string agent_hold_music;  ///< for an agent whom the caller holds; "" whatever the caller's side plays
    Announce announce{};
    Duration greeting_length{};
    bool operator==(const Queue&) const = default;
};

/// From the softphone. "" switches a code off. Where `*` ends a code the digits after it are its argument.
struct FeatureCodes {
    std::string login = "*11", logout = "*12", ready = "*13";
    std::string not_ready = "*14";  ///< *14, or *14 and the reason's number in `reasons` from 1
    std::string end_wrap_up = "*15";
    std::string extend_wrap_up = "*17";
    Duration extend_wrap_up_by = 1min;
    std::string disposition = "*16";  ///< *16 and the disposition's number from 1
    // During a call, as DTMF from the agent's phone. What a number follows ends with # or with digit_timeout.
    std::string transfer = "*2";  ///< *2 and a number: there, unannounced
    std::string consult = "*3";   ///< *3 and a number: talk to it first, the caller hears music
    std::string complete = "*4";  ///< the caller and the party consulted are connected
    std::string back = "*5";      ///< the consultation ends, back to the caller
    Duration digit_timeout = 3s;
    std::string done_sound, error_sound, login_sound, logout_sound, asked_sound;
    bool operator==(const FeatureCodes&) const = default;
};

struct Log {
    std::string events = "var/events.ndjson";
    std::string level = "info";  ///< of the diagnostic log on stderr
    Duration sync_interval = 1s;
    bool operator==(const Log&) const = default;
};

struct Control {
    std::string socket = "var/centrala.sock";
    std::uint32_t mode = 0660;
    bool operator==(const Control&) const = default;
};

/// Permanent capture for Homer.
struct Trace {
    std::optional<Endpoint> collector;  ///< none: no capture
    std::uint32_t id = 2001;            ///< the capture agent's number there
    std::string key;                    ///< "": none
    bool secrets = false;               ///< unmasked
    bool operator==(const Trace&) const = default;
};

/// Who is shut out for a while. Trunks, edge proxies and gateways never are.
struct Security {
    std::uint32_t ban_after = 10;  ///< offences within ban_within; 0: nobody is banned
    Duration ban_within = 1min, ban_time = 10min;
    std::vector<Subnet> allow;          ///< never banned
    std::vector<std::string> scanners;  ///< words in the User-Agent, in lower case, that ban at once
    bool operator==(const Security&) const = default;
};

struct Config {
    std::shared_ptr<const routing::Plan> plan;
    Sip sip;
    Media media;
    Registration registration;
    Presence presence;
    std::vector<Trunk> trunks;
    std::vector<OutsideRule> outside;  ///< empty: no calls to the outside
    std::vector<AgentGroup> agent_groups =
        std::vector<AgentGroup>(1);  ///< the first is called "default" and is that of agents who name none
    std::vector<Agent> agents;       ///< same order as plan->agents
    std::vector<schedule::Schedule> schedules;
    std::vector<EntryPoint> entry_points;  ///< same order as plan->entry_points
    std::vector<CallerList> caller_lists;  ///< same order as plan->caller_lists
    std::optional<CallerLookup> caller_lookup;
    std::vector<Queue> queues;  ///< same order as plan->queues
    FeatureCodes feature_codes;
    Log log;
    Control control;
    Trace trace;
    Security security;
    std::string state_dir = "var";  ///< registrations
    Duration drain_limit = 60s;     ///< after SIGTERM
    std::vector<Problem> warnings;  ///< what is odd in the file
};

}  // namespace centrala::config
