// Every kind of mistake with its exact line, key and wording: these messages are the product's manners.
#include "support.hpp"

namespace centrala::config {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

struct Mistake {
    std::string yaml;  ///< begins on line 2, after kListen, unless it has a sip section
    std::string message;
};

void PrintTo(const Mistake& m, std::ostream* out) {
    *out << m.yaml;
}

class OneMistake : public testing::TestWithParam<Mistake> {};

TEST_P(OneMistake, IsNamedWithLineAndKey) {
    const Mistake& m = GetParam();
    const bool own_sip = m.yaml.starts_with("sip:") || m.yaml.find("\nsip:") != std::string::npos;
    EXPECT_THAT(problems(own_sip ? m.yaml : kListen + m.yaml), ElementsAre(m.message)) << m.yaml;
}

std::string listen(const std::string& item) {
    return "sip:\n  listen:\n    - " + item + "\n";
}
const std::string kQueue = "queues: {q: {}}\n";

INSTANTIATE_TEST_SUITE_P(
    Keys, OneMistake,
    testing::Values(
        Mistake{"quues: {}\n", "2: quues: unknown key; did you mean queues?"},
        Mistake{"log: {\n  evnets: x}\n", "3: log.evnets: unknown key; did you mean events?"},
        Mistake{"log: {colour: x}\n", "2: log.colour: unknown key; known here: events, level, sync_interval"},
        Mistake{"queues:\n  q:\n    ring_timout: 20s\n",
                "4: queues.q.ring_timout: unknown key; did you mean ring_timeout?"},
        Mistake{
            "queue_defaults: {overflow: q}\n",
            "2: queue_defaults.overflow: unknown key; known here: requires, priority, capacity, max_wait, strategy, "
            "ring_at_once, ring_timeout, wrap_up, disposition_within, refusal_memory, misses_max, "
            "refuse_without_agents, service_level, delay_cost, early_media, greeting, announce, music, hold_music, "
            "agent_hold_music, caller_prefix"},
        Mistake{"log: {level: info}\nlog: {level: warn}\n", "3: log: given twice; the first is on line 2"},
        Mistake{"queues:\n  q: {}\n  p: {}\n  q: {}\n", "5: queues.q: given twice; the first is on line 3"},
        Mistake{"queues: {a b: {}}\n", "2: queues: expected a name (1 to 64 letters, digits and _ . + -), got 'a b'"},
        Mistake{"queues: {[a]: {}}\n", "2: queues: expected a name (1 to 64 letters, digits and _ . + -), got a list"},
        Mistake{"log: [a]\n", "2: log: expected a map of keys and values, got a list"},
        Mistake{"queues: 5\n", "2: queues: expected a map from name to queue, got '5'"},
        Mistake{"? [x]\n: 1\n", "2: expected a key, got a list"}));

INSTANTIATE_TEST_SUITE_P(
    Values, OneMistake,
    testing::Values(
        Mistake{"drain_limit: soon\n", "2: drain_limit: expected a duration such as 20s, 500ms, 5m or 1h, got 'soon'"},
        Mistake{"drain_limit: 20\n", "2: drain_limit: expected a duration such as 20s, 500ms, 5m or 1h, got '20'"},
        Mistake{"drain_limit: -1s\n", "2: drain_limit: expected a duration such as 20s, 500ms, 5m or 1h, got '-1s'"},
        Mistake{"drain_limit: 1.5s\n", "2: drain_limit: expected a duration such as 20s, 500ms, 5m or 1h, got '1.5s'"},
        Mistake{"drain_limit:\n", "2: drain_limit: expected a duration such as 20s, 500ms, 5m or 1h, got nothing"},
        Mistake{"drain_limit: 25h\n", "2: drain_limit: expected a duration from 0 to 1d, got '25h'"},
        Mistake{"drain_limit: 99999999999999999999s\n",
                "2: drain_limit: expected a duration such as 20s, 500ms, 5m or 1h, got '99999999999999999999s'"},
        Mistake{"drain_limit: {a: 1}\n", "2: drain_limit: expected a duration such as 20s, 500ms, 5m or 1h, got a map"},
        Mistake{"limits: {calls_max: many}\n",
                "2: limits.calls_max: expected a whole number from 1 to 1000000, got 'many'"},
        Mistake{"limits: {calls_max: 0}\n", "2: limits.calls_max: expected a whole number from 1 to 1000000, got '0'"},
        Mistake{"limits: {calls_max: 1e3}\n",
                "2: limits.calls_max: expected a whole number from 1 to 1000000, got '1e3'"},
        Mistake{"limits: {message_bytes_max: 2GB}\n",
                "2: limits.message_bytes_max: expected a size from 2KiB to 1MiB such as 65535 or 64KiB, got '2GB'"},
        Mistake{"limits: {message_bytes_max: 1KiB}\n",
                "2: limits.message_bytes_max: expected a size from 2KiB to 1MiB such as 65535 or 64KiB, got '1KiB'"},
        Mistake{"routing: {ready_on_login: maybe}\n", "2: routing.ready_on_login: expected true or false, got 'maybe'"},
        Mistake{"log: {level: infos}\n",
                "2: log.level: expected one of trace, debug, info, warn, error, critical, off, got 'infos'; did you "
                "mean info?"},
        Mistake{"log: {events: \"\"}\n", "2: log.events: expected the path of a file, got an empty text"},
        Mistake{"log: {events: \"a\\nb\"}\n", "2: log.events: expected the path of a file, got 'a?b'"},
        Mistake{"control: {mode: 1000}\n",
                "2: control.mode: expected permissions in octal from 000 to 777, such as 0660, got '1000'"},
        Mistake{"control: {mode: 689}\n",
                "2: control.mode: expected permissions in octal from 000 to 777, such as 0660, got '689'"},
        Mistake{"control: {socket: " + std::string(108, 'x') + "}\n",
                "2: control.socket: expected the path of a socket, at most 107 characters, got '" +
                    std::string(60, 'x') + "…'"}));

INSTANTIATE_TEST_SUITE_P(
    Sip, OneMistake,
    testing::Values(
        Mistake{"sip: {domain: x}\n", "1: sip.listen: expected at least one listener such as - udp: 127.0.0.1:5060"},
        Mistake{"sip:\n  listen: []\n", "2: sip.listen: expected at least one listener such as - udp: 127.0.0.1:5060"},
        Mistake{"sip: {listen: 127.0.0.1}\n",
                "1: sip.listen: expected a list of listeners such as - udp: 127.0.0.1:5060, got '127.0.0.1'"},
        Mistake{listen("udp: localhost:5060"),
                "3: sip.listen[1].udp: expected an address and port such as 127.0.0.1:5060 or [::1]:5060, got "
                "'localhost:5060'"},
        Mistake{
            listen("udp: 127.0.0.1"),
            "3: sip.listen[1].udp: expected an address and port such as 127.0.0.1:5060 or [::1]:5060, got '127.0.0.1'"},
        Mistake{
            listen("udp: ::1:5060"),
            "3: sip.listen[1].udp: expected an address and port such as 127.0.0.1:5060 or [::1]:5060, got '::1:5060'"},
        Mistake{listen("udp: 127.0.0.1:70000"),
                "3: sip.listen[1].udp: expected an address and port such as 127.0.0.1:5060 or [::1]:5060, got "
                "'127.0.0.1:70000'"},
        Mistake{listen("sctp: 127.0.0.1:5061"),
                "3: sip.listen[1].sctp: unknown key; known here: udp, tcp, tls, ws, wss, advertise, certificate, "
                "private_key, client_ca, verify_client, allowed_origins"},
        Mistake{listen("tls: 127.0.0.1:5061"),
                "3: sip.listen[1]: expected certificate and private_key, here or in section tls"},
        Mistake{listen("{tls: 127.0.0.1:5061, certificate: c.pem}"),
                "3: sip.listen[1]: expected certificate and private_key together"},
        Mistake{listen("{tls: 127.0.0.1:5061, certificate: c.pem, private_key: k.pem, verify_client: require}"),
                "3: sip.listen[1]: expected client_ca: who signs the certificates that clients show"},
        Mistake{listen("{tcp: 127.0.0.1:5061, certificate: c.pem, private_key: k.pem}"),
                "3: sip.listen[1]: expected certificate at tls and wss only"},
        Mistake{listen("{tcp: 127.0.0.1:5061, allowed_origins: [https://a.example]}"),
                "3: sip.listen[1].allowed_origins: expected allowed_origins at ws and wss only"},
        Mistake{listen("{ws: 127.0.0.1:5061, allowed_origins: [a.example]}"),
                "3: sip.listen[1].allowed_origins[1]: expected an origin: scheme and host, such as "
                "https://desk.example.com, got 'a.example'"},
        Mistake{listen("advertise: 192.0.2.1"),
                "3: sip.listen[1]: expected udp, tcp, tls, ws or wss with an address and port"},
        Mistake{listen("{udp: 127.0.0.1:1, tcp: 127.0.0.1:1}"),
                "3: sip.listen[1].tcp: expected one of udp, tcp, tls, ws and wss; make it two entries of the list"},
        Mistake{listen("{udp: 127.0.0.1:5060, advertise: \"::1\"}"),
                "3: sip.listen[1].advertise: expected an IPv4 address, as the listener's, got '::1'"},
        Mistake{listen("{udp: 127.0.0.1:5060, advertise: 0.0.0.0}"),
                "3: sip.listen[1].advertise: expected an IP address that others can reach, got '0.0.0.0'"},
        Mistake{listen("udp: 0.0.0.0:5060"),
                "3: sip.listen[1]: expected advertise: the address under which others reach this machine, since "
                "0.0.0.0 is none"},
        Mistake{listen("udp: 127.0.0.1:5060\n    - tcp: 127.0.0.1:5060\n    - udp: 127.0.0.1:5060"),
                "5: sip.listen[3]: the same as on line 3"},
        Mistake{listen("udp: 127.0.0.1:5060") + "  domain: a_b\n",
                "4: sip.domain: expected a host name or IP address, got 'a_b'"},
        Mistake{listen("udp: 127.0.0.1:5060") + "  t1: 5s\n", "4: sip.t2: expected at least t1 (5s), got 4s"},
        Mistake{"registration: {expires_min: 10m}\n",
                "2: registration: expected expires_min ≤ expires_default ≤ expires_max, got 10m, 5m, 1h"},
        Mistake{"registration: {expires_min: 1500ms}\n",
                "2: registration.expires_min: expected whole seconds, got '1500ms'"},
        Mistake{"presence: {expires_min: 2h, expires_default: 3h, expires_max: 4h}\n",
                "2: presence.expires_min: expected at most 1h, got 2h"},
        Mistake{"presence: {expires_max: 1m}\n",
                "2: presence: expected expires_min ≤ expires_default ≤ expires_max, got 1m, 1h, 1m"},
        Mistake{"presence: {activities: {meal: [lunch]}}\n",
                "2: presence.activities.meal[1]: expected one of not_ready_reasons, got 'lunch'"},
        Mistake{"not_ready_reasons: [lunch]\npresence: {activities: {meal: lunch, away: lunch}}\n",
                "3: presence.activities.meal: 'lunch' is away already"},
        Mistake{"registration: {algorithms: []}\n", "2: registration.algorithms: expected MD5, SHA-256 or both"},
        Mistake{"registration: {algorithms: [MD4]}\n",
                "2: registration.algorithms[1]: expected MD5 or SHA-256, got 'MD4'"},
        Mistake{"registration: {realm: 'a\"b'}\n",
                "2: registration.realm: expected 1 to 64 characters without quotes and backslashes, got 'a\"b'"}));

INSTANTIATE_TEST_SUITE_P(
    Media, OneMistake,
    testing::Values(
        Mistake{"media: {ports: 20001-30001}\n",
                "2: media.ports: expected an even and a greater odd port from 1024 to 65535, such as 20000-29999, got "
                "'20001-30001'"},
        Mistake{"media: {ports: 30000-20001}\n",
                "2: media.ports: expected an even and a greater odd port from 1024 to 65535, such as 20000-29999, got "
                "'30000-20001'"},
        Mistake{"media: {ports: 1022-65535}\n",
                "2: media.ports: expected an even and a greater odd port from 1024 to 65535, such as 20000-29999, got "
                "'1022-65535'"},
        Mistake{"media: {ports: 5000-5999}\n",
                "2: media.ports: expected a range without 5060, where SIP listens (line 1)"},
        Mistake{"media: {codecs: [PCMA, opus]}\n", "2: media.codecs[2]: expected PCMA or PCMU, got 'opus'"},
        Mistake{"media: {codecs: [PCMA, pcma]}\n", "2: media.codecs[2]: PCMA is given twice"},
        Mistake{"media: {codecs: []}\n", "2: media.codecs: expected PCMA, PCMU or both"},
        Mistake{"media: {threads: 65}\n", "2: media.threads: expected a whole number from 1 to 64, got '65'"},
        Mistake{"media: {addresses: [127.0.0.1, 127.0.0.2]}\n",
                "2: media.addresses[2]: expected one IPv4 and one IPv6 address at most"},
        Mistake{"media: {addresses: here}\n", "2: media.addresses: expected an IP address, got 'here'"},
        Mistake{"media: {addresses: []}\n", "2: media.addresses: expected at least one IP address"},
        Mistake{"media: {addresses: [\"::\"]}\n",
                "2: media.addresses: expected media.advertise: the address under which others reach this machine, "
                "since :: is none"},
        Mistake{"media: {advertise: \"::\"}\n",
                "2: media.advertise: expected an IP address that others can reach, got '::'"},
        Mistake{"media: {sounds: /nowhere/at/all}\n",
                "2: media.sounds: expected a folder; no such folder: /nowhere/at/all"},
        Mistake{"media: {music: /nowhere/music.wav}\n",
                "2: media.music: expected a WAV file; no such file: /nowhere/music.wav"},
        Mistake{"queues: {q: {greeting: /}}\n", "2: queues.q.greeting: expected a WAV file; not a file: /"}));

INSTANTIATE_TEST_SUITE_P(
    Trunks, OneMistake,
    testing::Values(Mistake{"trunks: {t: {}}\n",
                            "2: trunks.t: expected sources: the addresses that this trunk's calls come from"},
                    Mistake{"trunks: {t: {sources: []}}\n", "2: trunks.t.sources: expected at least one address"},
                    Mistake{"trunks: {t: {sources: [192.0.2.0/33]}}\n",
                            "2: trunks.t.sources[1]: expected an address or block such as 192.0.2.7, 192.0.2.0/24 or "
                            "2001:db8::/32, got '192.0.2.0/33'"},
                    Mistake{"trunks: {t: {sources: sip.example.com}}\n",
                            "2: trunks.t.sources: expected an address or block such as 192.0.2.7, 192.0.2.0/24 or "
                            "2001:db8::/32, got 'sip.example.com'"},
                    Mistake{"trunks:\n  t: {sources: 192.0.2.0/24}\n  u: {sources: 192.0.2.9/24}\n",
                            "4: trunks.u.sources: 192.0.2.0/24 is taken by trunks.t.sources (line 3)"},
                    Mistake{"trunks: {t: {sources: 192.0.2.1, digest: {}}}\n",
                            "2: trunks.t.digest: expected password, ha1_md5 or ha1_sha256"},
                    Mistake{"trunks: {t: {sources: 192.0.2.1, dialled_number_headers: \"T o\"}}\n",
                            "2: trunks.t.dialled_number_headers: expected the name of a SIP header such as To or "
                            "Diversion, got 'T o'"}));

constexpr char kRelaxing[] = "skills: [a, b]\nqueues:\n  q: {requires: {a: 5}, max_wait: 5m, relax: ";

std::string relaxing(const std::string& steps) {
    return kRelaxing + steps + "}\n  p: {}\n";
}

INSTANTIATE_TEST_SUITE_P(
    Relaxation, OneMistake,
    testing::Values(
        Mistake{relaxing("[{priority: 1}]"), "4: queues.q.relax[1]: expected after: from what wait on it holds"},
        Mistake{relaxing("[{after: 30s, priority: 1}, {after: 30s, priority: 2}]"),
                "4: queues.q.relax[2]: expected a longer wait than the step before, 30s"},
        Mistake{relaxing("[{after: 5m, priority: 1}]"),
                "4: queues.q.relax[1]: never comes: calls leave after max_wait, 300s"},
        Mistake{relaxing("[{after: 30s, requires: {a: 6}}]"),
                "4: queues.q.relax[1]: asks for more than before, skill a at level 6: a step may only ask for less"},
        Mistake{relaxing("[{after: 30s, requires: {a: 1, b: 1}}]"),
                "4: queues.q.relax[1]: asks for more than before, skill b at level 1: a step may only ask for less"},
        Mistake{relaxing("[{after: 30s, groups: [default]}]"),
                "4: queues.q.relax[1]: asks for more than before, certain groups: a step may only ask for less"},
        Mistake{
            relaxing("[{after: 30s, also: [p]}, {after: 1m, also: []}]"),
            "4: queues.q.relax[2]: asks for more than before, that agents of queue p stay away: a step may only ask "
            "for less"},
        Mistake{relaxing("[{after: 30s, requires: {a: 5}}]"),
                "4: queues.q.relax[1]: changes nothing: expected requires, groups, also or priority"},
        Mistake{relaxing("[{after: 30s, also: [q, p]}]"),
                "4: queues.q.relax[1].also: expected other queues than this one"},
        Mistake{relaxing("[{after: 30s, also: [r]}]"),
                "4: queues.q.relax[1].also[1]: no queue is named 'r'; did you mean q?"},
        Mistake{relaxing("[{after: 30s, groups: [default, default]}]"),
                "4: queues.q.relax[1].groups[2]: agent group default is given twice"},
        Mistake{"queues: {q: {overflow_when: {waiting: 3}}}\n",
                "2: queues.q.overflow_when: expected overflow with it: where calls go then"},
        Mistake{"skills: [a]\nqueues: {q: {strategy: round_robin, prefers: {a: 2}}}\n",
                "3: queues.q.prefers: has no meaning with strategy round_robin, which ranks agents by something else"},
        Mistake{"skills: [a]\nqueues: {q: {prefers: {a: 11}}}\n",
                "3: queues.q.prefers.a: expected a whole number from 1 to 10, got '11'"}));

INSTANTIATE_TEST_SUITE_P(
    Queues, OneMistake,
    testing::Values(
        Mistake{"skills: [a, b, a]\n", "2: skills[3]: skill a is given twice"},
        Mistake{"skills: [a b]\n", "2: skills[1]: expected a name (1 to 64 letters, digits and _ . + -), got 'a b'"},
        Mistake{"skills: {a: 1}\n", "2: skills: expected a list of skills, got a map"},
        Mistake{"skills: [orders]\nqueues:\n  q: {requires: {ordrs: 3}}\n",
                "4: queues.q.requires.ordrs: no skill is named 'ordrs'; did you mean orders?"},
        Mistake{"queues:\n  q: {requires: {ordrs: 3}}\n", "3: queues.q.requires.ordrs: no skill is named 'ordrs'"},
        Mistake{"skills: [a]\nqueues: {q: {requires: {a: 0}}}\n",
                "3: queues.q.requires.a: expected a whole number from 1 to 10, got '0'"},
        Mistake{"skills: [a]\nqueues: {q: {requires: {a: 11}}}\n",
                "3: queues.q.requires.a: expected a whole number from 1 to 10, got '11'"},
        Mistake{"skills: [a]\nqueues: {q: {requires: [a, a]}}\n", "3: queues.q.requires: skill a is given twice"},
        Mistake{
            "queues: {q: {strategy: fewest}}\n",
            "2: queues.q.strategy: expected one of longest_idle, most_skilled, least_occupied, round_robin, coverage, "
            "least_flexible, fewest_calls, in_order, weighted_random, idleness_ratio, got 'fewest'"},
        Mistake{"queues: {q: {ring_at_once: 51}}\n",
                "2: queues.q.ring_at_once: expected a whole number from 1 to 50, got '51'"},
        Mistake{"queues: {q: {ring_timeout: 0}}\n",
                "2: queues.q.ring_timeout: expected a duration from 1s to 10m, got '0'"},
        Mistake{"queues: {q: {priority: 1001}}\n",
                "2: queues.q.priority: expected a whole number from -1000 to 1000, got '1001'"},
        Mistake{"queues: {q: {caller_prefix: \"a\\r\\nb\"}}\n",
                "2: queues.q.caller_prefix: expected at most 64 characters without control characters, got 'a??b'"},
        Mistake{"queues: {q: {max_wait: 1m, overflow: p}}\n",
                "2: queues.q.overflow: no queue is named 'p'; did you mean q?"},
        Mistake{"queues: {q: {overflow: p}, p: {}}\n",
                "2: queues.q.overflow: expected max_wait or overflow_when with it: else nothing overflows"},
        Mistake{"queues: {q: {max_wait: 1m, overflow: q}}\n", "2: queues.q.overflow: overflow runs in a circle: q → q"},
        Mistake{"queue_defaults: {max_wait: 1m}\nqueues:\n  a: {overflow: b}\n  b: {overflow: c}\n  c: {overflow: b}\n",
                "5: queues.b.overflow: overflow runs in a circle: b → c → b"}));

INSTANTIATE_TEST_SUITE_P(
    EntryPoints, OneMistake,
    testing::Values(
        Mistake{kQueue + "entry_points: {e: {queue: q}}\n", "3: entry_points.e: expected numbers: what callers dial"},
        Mistake{kQueue + "entry_points: {e: {numbers: [], queue: q}}\n",
                "3: entry_points.e.numbers: expected at least one number"},
        Mistake{kQueue + "entry_points: {e: {numbers: 100}}\n",
                "3: entry_points.e: expected queue: where calls to these numbers wait"},
        Mistake{kQueue + "entry_points: {e: {numbers: 100, queue: qq}}\n",
                "3: entry_points.e.queue: no queue is named 'qq'; did you mean q?"},
        Mistake{kQueue + "entry_points: {e: {numbers: [1 2], queue: q}}\n",
                "3: entry_points.e.numbers[1]: expected a dialled number such as 100, +49441100 or \"*\" for any "
                "other, got '1 2'"},
        Mistake{kQueue + "entry_points:\n  e: {numbers: [100, 101], queue: q}\n  f: {numbers: 101, queue: q}\n",
                "5: entry_points.f.numbers: number 101 is taken by entry_points.e.numbers[2] (line 4)"},
        Mistake{kQueue + "entry_points: {e: {numbers: 1, queue: q, closed_status: 200}}\n",
                "3: entry_points.e.closed_status: expected a whole number from 400 to 699, got '200'"},
        Mistake{kQueue + "entry_points: {e: {numbers: \"*142\", queue: q}}\n",
                "3: entry_points.e.numbers: number *142 clashes with feature_codes.not_ready (*14)"}));

INSTANTIATE_TEST_SUITE_P(
    Agents, OneMistake,
    testing::Values(
        Mistake{"agents:\n  ann:\n    skills: {}\n",
                "3: agents.ann: expected password, ha1_md5 or ha1_sha256 to register with, or a fixed contact"},
        Mistake{"agents:\n  ann: {}\n",
                "3: agents.ann: expected password, ha1_md5 or ha1_sha256 to register with, or a fixed contact"},
        Mistake{"agents: {ann: {password: \"\"}}\n",
                "2: agents.ann.password: expected a password of 1 to 128 characters without control characters"},
        Mistake{"agents: {ann: {password: x, ha1_md5: 0123456789abcdef0123456789abcdef}}\n",
                "2: agents.ann.password: expected either password or hashes of it (ha1_md5, ha1_sha256), got both"},
        Mistake{"agents: {ann: {ha1_md5: 0123456789abcdef0123456789abcde}}\n",
                "2: agents.ann.ha1_md5: expected 32 hexadecimal digits, got 31 characters"},
        Mistake{"agents: {ann: {ha1_sha256: 0123456789abcdef0123456789abcdeg}}\n",
                "2: agents.ann.ha1_sha256: expected 64 hexadecimal digits, got 32 characters"},
        Mistake{"agents: {ann: {ha1_sha256: 0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef}}\n",
                "2: agents.ann.ha1_sha256: expected ha1_md5 as well, for registration.algorithms offers MD5"},
        Mistake{"agents: {ann: {ha1_md5: g123456789abcdef0123456789abcdef}}\n",
                "2: agents.ann.ha1_md5: expected 32 hexadecimal digits, got 32 characters"},
        Mistake{"agents: {ann: {contact: sip:ann@-phone}}\n",
                "2: agents.ann.contact: expected a SIP URI such as "
                "sip:201@192.0.2.10:5060;transport=tcp, got 'sip:ann@-phone'"},
        Mistake{"agents: {ann: {contact: tel:201}}\n",
                "2: agents.ann.contact: expected a SIP URI such as "
                "sip:201@192.0.2.10:5060;transport=tcp, got 'tel:201'"},
        Mistake{"agents: {ann: {password: x, always_logged_in: true}}\n",
                "2: agents.ann.always_logged_in: expected a fixed contact with it: nobody else could tell where the "
                "phone is"},
        Mistake{"agents:\n  ann: {password: x, extension: 201}\n  ben: {password: x, extension: 201}\n",
                "4: agents.ben.extension: number 201 is taken by agents.ann.extension (line 3)"},
        Mistake{"agents: {ann: {password: x, skills: [orders]}}\n",
                "2: agents.ann.skills[1]: no skill is named 'orders'"},
        Mistake{"agents: {ann: {password: x, display_name: \"\\u0007\"}}\n",
                "2: agents.ann.display_name: expected at most 64 characters without control characters, got '?'"},
        Mistake{"agents: {ann@home: {password: x}}\n",
                "2: agents: expected a name (1 to 64 letters, digits and _ . + -), got 'ann@home'"}));

INSTANTIATE_TEST_SUITE_P(
    Desk, OneMistake,
    testing::Values(
        Mistake{"feature_codes: {login: \"*1a\"}\n",
                "2: feature_codes.login: expected up to 16 of 0-9 * #, or \"\" for none, got '*1a'"},
        Mistake{"feature_codes: {login: \"*12\"}\n", "2: feature_codes.logout: '*12' clashes with login (*12)"},
        Mistake{"feature_codes:\n  login: \"*14\"\n", "3: feature_codes.not_ready: '*14' clashes with login (*14)"},
        Mistake{"feature_codes:\n  login: \"*141\"\n",
                "3: feature_codes.login: '*141' clashes with not_ready (*14), which takes digits after it"},
        Mistake{"not_ready_reasons: [lunch]\nnot_ready_limits: {break: 5m}\n",
                "3: not_ready_limits.break: expected one of not_ready_reasons as its name, got 'break'"},
        Mistake{"agent_groups: {g: {rest: {pause: 1m}}}\n",
                "2: agent_groups.g.rest: expected calls: after how many in a row an agent gets a pause"},
        Mistake{"not_ready_reasons: [lunch]\nbreaks: {reasons: [lunch, break]}\n",
                "3: breaks.reasons: expected some of not_ready_reasons, got 'break'"},
        Mistake{"not_ready_reasons: [lunch]\nbreaks: {within: 5m}\n",
                "3: breaks: expected reasons: which breaks are asked for rather than taken"},
        Mistake{"not_ready_reasons: [lunch]\nbreaks: {reasons: [lunch], within: 0}\n",
                "3: breaks.within: expected a duration from 1s to 1d, got '0'"},
        Mistake{"not_ready_reasons: [lunch]\nbreaks: {reasons: [lunch], keep: -1}\n",
                "3: breaks.keep: expected a whole number from 0 to 1000, got '-1'"},
        Mistake{"agents: {a: {password: x, shift: late}}\n", "2: agents.a.shift: no schedule is named 'late'"},
        Mistake{"not_ready_reasons: [lunch, lunch]\n", "2: not_ready_reasons[2]: 'lunch' is given twice"},
        Mistake{"dispositions: [\"\"]\n",
                "2: dispositions[1]: expected 1 to 64 characters without control characters, got an empty text"}));

TEST(Mistakes, AreAllNamedAtOnceInTheOrderOfTheFile) {
    EXPECT_THAT(
        problems("drain_limit: soon\n"
                 "sip:\n"
                 "  domian: x\n"
                 "  listen: [{udp: 127.0.0.1}]\n"
                 "queues:\n"
                 "  q: {overflow: r, max_wait: 1m, wrap_up: long}\n"
                 "agents:\n"
                 "  ann: {}\n"
                 "  ben: {password: x, skills: {a: 3}}\n"),
        ElementsAre(
            "1: drain_limit: expected a duration such as 20s, 500ms, 5m or 1h, got 'soon'",
            "3: sip.domian: unknown key; did you mean domain?",
            "4: sip.listen[1].udp: expected an address and port such as 127.0.0.1:5060 or [::1]:5060, got '127.0.0.1'",
            "6: queues.q.wrap_up: expected a duration such as 20s, 500ms, 5m or 1h, got 'long'",
            "6: queues.q.overflow: no queue is named 'r'; did you mean q?",
            "8: agents.ann: expected password, ha1_md5 or ha1_sha256 to register with, or a fixed contact",
            "9: agents.ben.skills.a: no skill is named 'a'"));
}

TEST(Mistakes, NeverRepeatASecret) {
    for (const std::string& message :
         problems(kListen + "agents: {ann: {password: \"hush\\u0007hush\", ha1_md5: hush}}\n"))
        EXPECT_EQ(message.find("hush"), std::string::npos) << message;
}

TEST(Syntax, IsRefusedWithALine) {
    const std::initializer_list<std::pair<const char*, const char*>> cases{
        {"sip:\n\tdomain: x\n", "2: expected spaces for indentation, got a tab"},
        {"a: [1\n",
         "2: not YAML: end of sequence flow not found; is the indentation right, and are quotes and brackets closed?"},
        {"a: 1\nb: c: d\n",
         "2: not YAML: illegal map value; is the indentation right, and are quotes and brackets closed?"},
        {"feature_codes:\n  login: *11\n",
         "2: not YAML: the referenced anchor is not defined; a value that begins with * or & must stand in quotes"},
        {"a: 1\n---\nb: 2\n", "2: expected one YAML document, but another one begins here"},
        {"a: &x [*x]\n", "1: expected an alias of something complete that stands above it"},
        {"a: @b\n", "1: not YAML: unknown token"},
        {"{{{{{{{{{{{{{{{{{a", "1: nested more than 16 levels deep"},
        {"- a\n", " sip.listen: expected at least one listener such as - udp: 127.0.0.1:5060"}};
    for (const auto& [yaml, message] : cases) {
        const auto found = problems(yaml);
        ASSERT_FALSE(found.empty()) << yaml;
        EXPECT_EQ(found[0], message) << yaml;
    }
    EXPECT_THAT(problems(""), ElementsAre(" sip.listen: expected at least one listener such as - udp: 127.0.0.1:5060"));
    EXPECT_THAT(problems(std::string("a\0b", 3)), ElementsAre(" expected text, got a file with NUL characters"));
}

TEST(Syntax, AliasesMayRepeatButNotExplode) {
    const Config c = loaded(kListen +
                            "skills: [a, b]\nagents:\n  ann: {password: x, skills: &all {a: 3, b: 4}}\n  ben: "
                            "{password: x, skills: *all}\n");
    ASSERT_TRUE(c.plan);
    EXPECT_EQ(c.plan->agents[0].skills, c.plan->agents[1].skills);
    std::string bomb = "a0: &a0 [x,x,x,x,x,x,x,x,x,x]\n";
    for (int i = 1; i < 12; ++i) {
        const std::string inner = "*a" + std::to_string(i - 1);
        bomb += "a" + std::to_string(i) + ": &a" + std::to_string(i) + " [" + inner;
        for (int j = 0; j < 9; ++j) bomb += "," + inner;
        bomb += "]\n";
    }
    EXPECT_THAT(problems(bomb), ElementsAre("7: aliases make more than 4000000 values of this"));
}

TEST(Syntax, BoundsSizeAndDepth) {
    EXPECT_THAT(problems(std::string(16 * 1'048'576 + 1, '#')),
                ElementsAre(" expected at most 16 MiB, got 16777217 bytes"));
    EXPECT_THAT(problems(std::string(100'000, '[')), ElementsAre("1: nested more than 16 levels deep"));
}

TEST(Sounds, AreLookedAtBeforeAnybodyHearsThem) {
    const SoundFolder folder;
    const std::string media = kListen + "media: {sounds: " + folder.path() + "}\n";
    EXPECT_THAT(problems(media + "queues: {q: {greeting: good.wav, music: " + folder.path("good.wav") + "}}\n"),
                IsEmpty());
    EXPECT_THAT(problems(media + "queues: {q: {greeting: bad.wav}}\n"),
                ElementsAre("3: queues.q.greeting: expected a WAV file; not a WAV file: " + folder.path("bad.wav")));
    EXPECT_THAT(problems(media + "queues: {q: {greeting: short.wav}}\n"),
                ElementsAre("3: queues.q.greeting: expected a WAV file; not a WAV file: " + folder.path("short.wav")));
    EXPECT_THAT(problems(media + "queues: {q: {greeting: none.wav}}\n"),
                ElementsAre("3: queues.q.greeting: expected a WAV file; no such file: " + folder.path("none.wav")));
    // What begins as one and can't be played.
    const std::vector<std::pair<std::string, std::string>> unplayable{
        {"RIFFxxxxWAVEjunk", "no WAV file's format"},  {wav(2, 1, 8'000, 4), "not PCM"},
        {wav(1, 3), "neither mono nor stereo"},        {wav(1, 1, 500), "sample rate outside 1 to 192 kHz"},
        {wav(1, 1, 8'000, 16, 0), "holds no sound"},   {wav(1, 1, 1'000, 8, 1'801'000), "longer than 30 minutes"},
        {wav().substr(0, 44), "no WAV file's format"},
    };
    for (const auto& [bytes, why] : unplayable) {
        std::ofstream(folder.path("odd.wav"), std::ios::binary) << bytes;
        EXPECT_THAT(problems(media + "queues: {q: {greeting: odd.wav}}\n"),
                    ElementsAre("3: queues.q.greeting: expected a WAV file; " + why + ": " + folder.path("odd.wav")));
    }
    EXPECT_EQ(loaded(media + "queues: {q: {greeting: ./good.wav}}\n").queues.at(0).greeting, folder.path("good.wav"));
}

TEST(Sounds, StartFromTheFilesFolder) {
    const SoundFolder folder;
    std::ofstream(folder.path("c.yaml")) << kListen << "media: {music: good.wav}\n";
    const auto result = load(folder.path("c.yaml"));
    ASSERT_TRUE(std::holds_alternative<Config>(result));
    EXPECT_EQ(std::get<Config>(result).media.music, folder.path("good.wav"));
}

TEST(Files, ThatCannotBeReadAreProblemsToo) {
    const SoundFolder folder;
    const auto message = [](const std::string& path) {
        const auto result = load(path);
        return std::get<std::vector<Problem>>(result).at(0).to_string();
    };
    EXPECT_EQ(message(folder.path("none.yaml")), folder.path("none.yaml") + ": no such file");
    EXPECT_EQ(message(folder.path()), folder.path() + ": expected a file");
    EXPECT_EQ(message("/dev/zero"), "/dev/zero: expected a file");
}

TEST(SamplePasswords, AreNoSecretAsHashesEither) {
    EXPECT_THAT(
        problems(
            "sip: {listen: [{udp: 192.0.2.10:5060}]}\nagents:\n  ann: {ha1_md5: 4e29ecf4f0811b0618ba3fb4ca83c730}\n"),
        ElementsAre(
            "3: agents.ann.ha1_md5: is the sample password; choose another before listening on 192.0.2.10:5060"));
}

TEST(SamplePasswords, AreForThisMachineOnly) {
    const std::string agents = "agents:\n  ann: {password: change-me-ann}\n  ben: {password: something-else}\n";
    EXPECT_THAT(problems(kListen + agents), IsEmpty());
    EXPECT_THAT(
        problems("sip: {listen: [{udp: 127.0.0.1:5060}, {tcp: \"[::1]:5060\"}, {udp: 192.0.2.10:5060}]}\n" + agents),
        ElementsAre(
            "3: agents.ann.password: is the sample password; choose another before listening on 192.0.2.10:5060"));
    EXPECT_THAT(
        problems("sip: {listen: [{tcp: 0.0.0.0:5060, advertise: 192.0.2.10}]}\ntrunks: {t: {sources: 192.0.2.1, "
                 "digest: {password: change-me-finn}}}\n"),
        ElementsAre(
            "2: trunks.t.digest.password: is the sample password; choose another before listening on 0.0.0.0:5060"));
}

}  // namespace
}  // namespace centrala::config
