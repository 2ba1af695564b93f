// What a good file becomes: every key reaches its field, defaults are those of the header, the shipped file loads.
#include <ctime>

#include "support.hpp"

namespace centrala::config {
namespace {

using routing::index;
using testing::ElementsAre;

const char* const kEverything = R"(
sip:
  domain: acd.example.com
  listen:
    - {udp: 0.0.0.0:5060, advertise: 192.0.2.10}
    - tcp: "[2001:db8::10]:5061"
  t1: 100ms
  t2: 2s
  t4: 3s
  strangers_get_answer: false
  security_event_interval: 7s
  options_interval: 9s
limits: {calls_max: 11, invites_per_second: 12, registers_per_second: 13, message_bytes_max: 64KiB,
         other_requests_per_second: 113, strangers_per_second: 114, source_requests_per_second: 115,
         source_connections_max: 116, source_handshakes_max: 117, tcp_connections_max: 14, tcp_idle_timeout: 15s, tcp_message_timeout: 16s}
media: {addresses: ["2001:db8::10", 0.0.0.0], advertise: 192.0.2.11, ports: 30000-30099, codecs: [pcmu], rtp_timeout: 17s, threads: 2}
registration: {realm: r, expires_default: 60s, expires_min: 20s, expires_max: 90s, contacts_max: 3, nonce_lifetime: 21s,
               sources: [192.0.2.0/24, "2001:db8::/32"]}
trunks:
  provider:
    sources: [203.0.113.16/28, "2001:db8:1::/48"]
    digest: {user: u, ha1_md5: 0123456789ABCDEF0123456789abcdef}
    dialled_number_headers: [To, Diversion]
    calls_max: 22
skills: [orders, english, german]
queue_defaults: {wrap_up: 23s, requires: {english: 2}, priority: 5}
queues:
  orders: {requires: {german: 4, orders: 3}, priority: -7, capacity: 24, max_wait: 25s, overflow: help, strategy: round_robin, ring_at_once: 4, ring_timeout: 26s,
           wrap_up: 0, disposition_within: 33s, refusal_memory: 27s, misses_max: 28, closed: true, refuse_without_agents: true, service_level: 29s, delay_cost: 30, early_media: true, caller_prefix: "Orders: "}
  help: {}
entry_points:
  main: {numbers: [100, +49441100], queue: help, closed: true, closed_status: 603, full_status: 503}
  rest: {numbers: "*", queue: orders}
agents:
  ann: {display_name: Ann Ärger, password: secret, skills: {orders: 9, english: 1}, wrap_up: 31s, extension: 201}
  desk: {contact: "sip:200@192.0.2.50:5070;transport=tcp", always_logged_in: true, skills: [german]}
routing: {ready_on_login: true, probe_interval: 32s, busy_memory: 33s}
feature_codes: {login: "*21", logout: "*22", ready: "*23", not_ready: "*24", end_wrap_up: "", extend_wrap_up: "*27", extend_wrap_up_by: 121s, disposition: "*26"}
not_ready_reasons: [lunch, a break]
not_ready_limits: {a break: 122s}
dispositions: resolved
presence: {enabled: false, expires_min: 35s, expires_default: 36s, expires_max: 37s, subscriptions_max: 38, subscriptions_per_agent: 39,
           requests_per_second: 40, show_callers: true, phones_set_state: false, activities: {meal: lunch}}
log: {events: e.ndjson, level: warn, sync_interval: 34ms}
control: {socket: s.sock, mode: "0600"}
security: {ban_after: 118, ban_within: 119s, ban_time: 120s, allow: [192.0.2.0/24], scanners: [Friendly-Scanner]}
state_dir: state
drain_limit: 1h30m
)";

TEST(Load, PresenceReachesItsFields) {
    const Presence p = loaded(kEverything).presence;
    EXPECT_FALSE(p.enabled);
    EXPECT_EQ(p.expires_min, 35s);
    EXPECT_EQ(p.expires_default, 36s);
    EXPECT_EQ(p.expires_max, 37s);
    EXPECT_EQ(p.subscriptions_max, 38U);
    EXPECT_EQ(p.subscriptions_per_agent, 39U);
    EXPECT_EQ(p.requests_per_second, 40U);
    EXPECT_TRUE(p.show_callers);
    EXPECT_FALSE(p.phones_set_state);
    EXPECT_EQ(p.activities, (std::vector<std::string>{"meal", ""}));
}

TEST(Load, SipAndLimitsReachTheirFields) {
    const Config c = loaded(kEverything);
    EXPECT_EQ(c.sip.domain, "acd.example.com");
    ASSERT_EQ(c.sip.listeners.size(), 2U);
    EXPECT_EQ(c.sip.listeners[0].transport, sip::Transport::udp);
    EXPECT_EQ(c.sip.listeners[0].address, Endpoint::parse("0.0.0.0:5060"));
    EXPECT_EQ(c.sip.listeners[0].advertised, IpAddress::parse("192.0.2.10"));
    EXPECT_EQ(c.sip.listeners[1].transport, sip::Transport::tcp);
    EXPECT_EQ(c.sip.listeners[1].address, Endpoint::parse("[2001:db8::10]:5061"));
    EXPECT_FALSE(c.sip.listeners[1].advertised);
    EXPECT_EQ(c.sip.t1, 100ms);
    EXPECT_EQ(c.sip.t2, 2s);
    EXPECT_EQ(c.sip.t4, 3s);
    EXPECT_FALSE(c.sip.strangers_get_answer);
    EXPECT_EQ(c.sip.security_event_interval, 7s);
    EXPECT_EQ(c.sip.options_interval, 9s);
    EXPECT_EQ(c.sip.calls_max, 11U);
    EXPECT_EQ(c.sip.invites_per_second, 12U);
    EXPECT_EQ(c.sip.registers_per_second, 13U);
    EXPECT_EQ(c.sip.other_requests_per_second, 113U);
    EXPECT_EQ(c.sip.strangers_per_second, 114U);
    EXPECT_EQ(c.sip.source_requests_per_second, 115U);
    EXPECT_EQ(c.sip.source_connections_max, 116U);
    EXPECT_EQ(c.sip.source_handshakes_max, 117U);
    EXPECT_EQ(c.sip.message_bytes_max, 65'536U);
    EXPECT_EQ(c.sip.tcp_connections_max, 14U);
    EXPECT_EQ(c.sip.tcp_idle_timeout, 15s);
    EXPECT_EQ(c.sip.tcp_message_timeout, 16s);
}

TEST(Load, MediaRegistrationAndTrunksReachTheirFields) {
    const Config c = loaded(kEverything);
    EXPECT_THAT(c.media.addresses, ElementsAre(*IpAddress::parse("2001:db8::10"), *IpAddress::parse("0.0.0.0")));
    EXPECT_EQ(c.media.advertised, IpAddress::parse("192.0.2.11"));
    EXPECT_EQ(c.media.port_min, 30'000);
    EXPECT_EQ(c.media.port_max, 30'099);
    EXPECT_THAT(c.media.codecs, ElementsAre("PCMU"));
    EXPECT_EQ(c.media.rtp_timeout, 17s);
    EXPECT_EQ(c.media.threads, 2U);
    EXPECT_EQ(c.registration.realm, "r");
    EXPECT_EQ(c.registration.expires_default, 60s);
    EXPECT_EQ(c.registration.expires_min, 20s);
    EXPECT_EQ(c.registration.expires_max, 90s);
    EXPECT_EQ(c.registration.contacts_max, 3U);
    EXPECT_EQ(c.registration.nonce_lifetime, 21s);
    EXPECT_THAT(c.registration.sources, ElementsAre(*Subnet::parse("192.0.2.0/24"), *Subnet::parse("2001:db8::/32")));
    ASSERT_EQ(c.trunks.size(), 1U);
    EXPECT_EQ(c.trunks[0].name, "provider");
    EXPECT_THAT(c.trunks[0].sources, ElementsAre(*Subnet::parse("203.0.113.16/28"), *Subnet::parse("2001:db8:1::/48")));
    ASSERT_TRUE(c.trunks[0].digest);
    EXPECT_EQ(c.trunks[0].digest->user, "u");
    EXPECT_EQ(c.trunks[0].digest->ha1_md5, "0123456789abcdef0123456789abcdef");
    EXPECT_THAT(c.trunks[0].dialled_number_headers, ElementsAre("To", "Diversion"));
    EXPECT_EQ(c.trunks[0].calls_max, 22U);
}

TEST(Load, WhoIsShutOutReachesItsFields) {
    const Security s = loaded(kEverything).security;
    EXPECT_EQ(s.ban_after, 118U);
    EXPECT_EQ(s.ban_within, 119s);
    EXPECT_EQ(s.ban_time, 120s);
    EXPECT_THAT(s.allow, ElementsAre(*Subnet::parse("192.0.2.0/24")));
    EXPECT_THAT(s.scanners, ElementsAre("friendly-scanner"));
}

TEST(Load, QueuesReachTheirFields) {
    const Config c = loaded(kEverything);
    ASSERT_TRUE(c.plan);
    const routing::Plan& p = *c.plan;
    ASSERT_EQ(p.queues.size(), 2U);
    const routing::Queue& q = p.queues[0];
    EXPECT_EQ(q.name, "orders");
    EXPECT_THAT(q.required.skills,
                ElementsAre(routing::SkillLevel{routing::SkillId{0}, 3}, routing::SkillLevel{routing::SkillId{2}, 4}));
    EXPECT_EQ(q.priority, -7);
    EXPECT_EQ(q.capacity, 24U);
    EXPECT_EQ(q.max_wait, 25s);
    EXPECT_EQ(q.overflow, routing::QueueId{1});
    EXPECT_EQ(q.strategy, routing::Strategy::round_robin);
    EXPECT_EQ(q.ring_at_once, 4U);
    EXPECT_EQ(q.ring_timeout, 26s);
    EXPECT_EQ(q.wrap_up, 0s);
    EXPECT_EQ(q.disposition_within, 33s);
    EXPECT_EQ(q.refusal_memory, 27s);
    EXPECT_EQ(q.misses_max, 28U);
    EXPECT_TRUE(q.closed);
    EXPECT_TRUE(q.refuse_without_agents);
    EXPECT_EQ(q.service_level, 29s);
    EXPECT_EQ(q.delay_cost, 30U);
    ASSERT_EQ(c.queues.size(), 2U);
    EXPECT_EQ(c.queues[0].id, routing::QueueId{0});
    EXPECT_TRUE(c.queues[0].early_media);
    EXPECT_EQ(c.queues[0].caller_prefix, "Orders: ");
    // The second has the defaults' values, and the header's for the rest.
    EXPECT_EQ(p.queues[1].wrap_up, 23s);
    EXPECT_EQ(p.queues[1].priority, 5);
    EXPECT_THAT(p.queues[1].required.skills, ElementsAre(routing::SkillLevel{routing::SkillId{1}, 2}));
    EXPECT_EQ(p.queues[1].ring_timeout, routing::Queue{}.ring_timeout);
    EXPECT_FALSE(p.queues[1].overflow);
    EXPECT_FALSE(c.queues[1].early_media);
}

TEST(Load, EachStepOfARelaxationBeginsAsTheOneBeforeLeftOff) {
    const Config c = loaded(kListen + R"(
skills: [english, network]
agent_groups: {desk: {}, night: {}}
queues:
  technical:
    requires: {english: 5, network: 6}
    groups: [desk]
    prefers: {network: 3}
    relax:
      - {after: 30s, requires: {english: 3, network: 3}}
      - {after: 1m, groups: [desk, night], priority: 5}
      - {after: 90s, requires: {}, also: [general], groups: []}
    overflow: general
    overflow_when: {waiting: 9, without_agents: true, expected_wait: 31s}
  general: {}
agents:
  ann: {password: x, group: night, queues: [general]}
)");
    using routing::AgentGroupId, routing::QueueId, routing::SkillId;
    const routing::Queue& q = c.plan->queues[0];
    EXPECT_EQ(q.required, (routing::Requirement{{{SkillId{0}, 5}, {SkillId{1}, 6}}, {AgentGroupId{1}}, {}}));
    EXPECT_THAT(q.preferred, ElementsAre(routing::Preference{SkillId{1}, 3}));
    ASSERT_EQ(q.relaxations.size(), 3U);
    const std::vector<routing::SkillLevel> lower{{SkillId{0}, 3}, {SkillId{1}, 3}};
    EXPECT_EQ(q.relaxations[0], (routing::Relaxation{30s, {lower, {AgentGroupId{1}}, {}}, 0}));
    EXPECT_EQ(q.relaxations[1], (routing::Relaxation{60s, {lower, {AgentGroupId{1}, AgentGroupId{2}}, {}}, 5}));
    EXPECT_EQ(q.relaxations[2], (routing::Relaxation{90s, {{}, {}, {QueueId{1}}}, 5}));
    EXPECT_EQ(q.overflow_when, (routing::OverflowWhen{9, true, 31s}));
    EXPECT_EQ(c.plan->agents[0].group, AgentGroupId{2});
    EXPECT_THAT(c.plan->agents[0].queues, ElementsAre(QueueId{1}));
    EXPECT_THAT(c.plan->agent_groups, ElementsAre("default", "desk", "night"));
}

TEST(Load, EntryPointsAndAgentsReachTheirFields) {
    const Config c = loaded(kEverything);
    ASSERT_TRUE(c.plan);
    ASSERT_EQ(c.entry_points.size(), 2U);
    EXPECT_THAT(c.entry_points[0].numbers, ElementsAre("100", "+49441100"));
    EXPECT_EQ(c.entry_points[0].closed_status, 603);
    EXPECT_EQ(c.entry_points[0].full_status, 503);
    EXPECT_EQ(c.plan->entry_points[0].queue, routing::QueueId{1});
    EXPECT_TRUE(c.plan->entry_points[0].closed);
    EXPECT_EQ(c.plan->entry_points[1].name, "rest");
    EXPECT_THAT(c.entry_points[1].numbers, ElementsAre("*"));
    ASSERT_EQ(c.agents.size(), 2U);
    EXPECT_EQ(index(c.agents[1].id), 1U);
    EXPECT_EQ(c.agents[0].secret.user, "ann");
    EXPECT_EQ(c.agents[0].secret.password, "secret");
    EXPECT_EQ(c.agents[0].extension, "201");
    EXPECT_EQ(c.plan->agents[0].display_name, "Ann Ärger");
    EXPECT_THAT(c.plan->agents[0].skills,
                ElementsAre(routing::SkillLevel{routing::SkillId{0}, 9}, routing::SkillLevel{routing::SkillId{1}, 1}));
    EXPECT_EQ(c.plan->agents[0].wrap_up, 31s);
    EXPECT_FALSE(c.agents[0].contact);
    EXPECT_EQ(c.agents[1].contact, "sip:200@192.0.2.50:5070;transport=tcp");
    EXPECT_EQ(c.agents[1].secret.user, "") << "without a password its address is what it is known by";
    EXPECT_TRUE(c.plan->agents[1].always_logged_in);
    EXPECT_EQ(c.plan->agents[1].display_name, "desk");
    EXPECT_THAT(c.plan->agents[1].skills, ElementsAre(routing::SkillLevel{routing::SkillId{2}, 1}));
}

TEST(Load, TheDeskAndTheProcessReachTheirFields) {
    const Config c = loaded(kEverything);
    ASSERT_TRUE(c.plan);
    EXPECT_TRUE(c.plan->ready_on_login);
    EXPECT_EQ(c.plan->probe_interval, 32s);
    EXPECT_EQ(c.plan->busy_memory, 33s);
    EXPECT_THAT(c.plan->reasons, ElementsAre("lunch", "a break"));
    EXPECT_THAT(c.plan->reason_limits, ElementsAre(0s, 122s));
    EXPECT_THAT(c.plan->dispositions, ElementsAre("resolved"));
    EXPECT_EQ(c.feature_codes.login, "*21");
    EXPECT_EQ(c.feature_codes.logout, "*22");
    EXPECT_EQ(c.feature_codes.ready, "*23");
    EXPECT_EQ(c.feature_codes.not_ready, "*24");
    EXPECT_EQ(c.feature_codes.end_wrap_up, "");
    EXPECT_EQ(c.feature_codes.extend_wrap_up, "*27");
    EXPECT_EQ(c.feature_codes.extend_wrap_up_by, 121s);
    EXPECT_EQ(c.feature_codes.disposition, "*26");
    EXPECT_EQ(c.log.events, "e.ndjson");
    EXPECT_EQ(c.log.level, "warn");
    EXPECT_EQ(c.log.sync_interval, 34ms);
    EXPECT_EQ(c.control.socket, "s.sock");
    EXPECT_EQ(c.control.mode, 0600U);
    EXPECT_EQ(c.state_dir, "state");
    EXPECT_EQ(c.drain_limit, 90min);
}

TEST(Load, AgentsRestAsTheirGroupDoesAndEndTheirShiftByASchedule) {
    const Config c = loaded(kListen + R"(
schedules: {early: {time_zone: UTC, hours: {mon: 06:00-14:00}}}
agent_groups: {desk: {rest: {calls: 9, within: 31m, pause: 32s}}}
agents:
  ann: {password: x, group: desk, shift: early}
  ben: {password: x}
)");
    EXPECT_EQ(c.plan->agents[0].rest, (routing::Rest{9, 31min, 32s}));
    EXPECT_EQ(c.agents[0].shift, 0U);
    EXPECT_EQ(c.plan->agents[1].rest.calls, 0U);
    EXPECT_FALSE(c.agents[1].shift);
}

TEST(Load, BreaksAreAskedForWhereTheFileSaysSo) {
    EXPECT_EQ(loaded(kListen + "not_ready_reasons: [lunch]\n").plan->breaks, routing::Breaks{});
    const Config c = loaded(kListen +
                            "not_ready_reasons: [lunch, training, break]\n"
                            "breaks: {reasons: [break, lunch], within: 31m, keep: 2}\n");
    ASSERT_TRUE(c.plan);
    EXPECT_EQ(c.plan->breaks, (routing::Breaks{{"break", "lunch"}, 31min, 2}));
}

TEST(Load, RtpUsesTheListenersAddressesByDefault) {
    const Config c = loaded(
        "sip: {listen: [{udp: 127.0.0.1:5060}, {udp: 192.0.2.1:5060}, {tcp: 192.0.2.1:5060}, {udp: "
        "\"[::1]:5060\"}]}\n");
    EXPECT_THAT(c.media.addresses, ElementsAre(*IpAddress::parse("192.0.2.1"), *IpAddress::parse("::1")));
    EXPECT_FALSE(c.media.advertised);
    const Config nat = loaded("sip: {listen: [{udp: 0.0.0.0:5060, advertise: 198.51.100.1}]}\n");
    EXPECT_THAT(nat.media.addresses, ElementsAre(*IpAddress::parse("0.0.0.0")));
    EXPECT_EQ(nat.media.advertised, IpAddress::parse("198.51.100.1"));
}

TEST(Load, WeightsAreForAllQueuesOrByQueue) {
    const Config c = loaded(kListen +
                            "queues: {q: {strategy: weighted_random}, r: {strategy: weighted_random}}\nagents:\n  ann: "
                            "{password: x, weight: 3}\n  bob: {password: x, weight: {q: 2, r: 1000}}\n");
    ASSERT_TRUE(c.plan);
    EXPECT_EQ(c.plan->agents[0].weight, 3u);
    EXPECT_EQ(c.plan->agents[1].weight, 1u);
    EXPECT_EQ(c.plan->agents[1].weights,
              (std::vector<routing::Weight>{{routing::QueueId{0}, 2}, {routing::QueueId{1}, 1000}}));
    EXPECT_THAT(c.warnings, testing::IsEmpty());
}

TEST(Load, TheShippedFileWorks) {
    const std::string path = std::string(CENTRALA_SOURCE_DIR) + "/config/centrala.yaml";
    std::string yaml = read_file(path);
    ASSERT_FALSE(yaml.empty());
    // Its sounds come from a package that this machine may not have; a folder with files of their names stands in.
    const SoundFolder folder;
    const bool sounds = std::filesystem::exists("/usr/share/asterisk/sounds/en_US_f_Allison/queue-thankyou.wav");
    if (!sounds) {
        for (const char* name : {"queue-thankyou.wav", "beep.wav", "beeperr.wav", "agent-loginok.wav",
                                 "agent-loggedoff.wav", "macroform-the_simplicity.wav"})
            std::filesystem::copy_file(folder.path("good.wav"), folder.path(name));
        folder.add_announcements();
        for (const std::string from : {"/usr/share/asterisk/sounds/en_US_f_Allison", "/usr/share/asterisk/moh"})
            yaml.replace(yaml.find(from), from.size(), folder.path());
    }
    const auto result = load_text(yaml, path);
    if (const auto* found = std::get_if<std::vector<Problem>>(&result))
        for (const Problem& p : *found) ADD_FAILURE() << p.to_string();
    const Config& c = std::get<Config>(result);
    EXPECT_THAT(c.warnings, testing::IsEmpty());
    EXPECT_EQ(c.plan->queues.size(), 4U);
    EXPECT_EQ(c.agents.size(), 6U);
    EXPECT_EQ(c.entry_points.size(), 4U);
    for (const Listener& l : c.sip.listeners) EXPECT_TRUE(l.address.address.is_loopback());
    for (const routing::Queue& q : c.plan->queues) {
        const auto able = [&](const routing::Agent& a) {
            return std::all_of(
                q.required.skills.begin(), q.required.skills.end(), [&](const routing::SkillLevel& need) {
                    return std::any_of(a.skills.begin(), a.skills.end(), [&](const routing::SkillLevel& s) {
                        return s.skill == need.skill && s.level >= need.level;
                    });
                });
        };
        EXPECT_GE(std::count_if(c.plan->agents.begin(), c.plan->agents.end(), able), 2) << q.name;
    }
    // Opened to the network as it is, it is refused for each of its passwords.
    std::string open = yaml;
    open.replace(open.find("udp: 127.0.0.1:5060"), 19, "udp: 192.0.2.10:5060");
    const auto refused = load_text(open, path);
    ASSERT_TRUE(std::holds_alternative<std::vector<Problem>>(refused));
    EXPECT_EQ(std::get<1>(refused).size(), 6U);
}

/// Processor time of loading so many agents: the machine may be busy with others.
std::clock_t time_to_load(std::size_t agents) {
    std::string yaml = kListen + "skills: [a, b, c]\nagents:\n";
    for (std::size_t i = 0; i < agents; ++i) {
        const std::string n = std::to_string(i);
        yaml += "  agent" + n + ":\n    display_name: Agent Number " + n + "\n    password: secret-" + n +
                "\n    skills: {a: 3, b: 5, c: 7}\n    extension: " + std::to_string(100'000 + i) + "\n";
    }
    const std::clock_t start = std::clock();
    const Config c = loaded(yaml);
    const std::clock_t end = std::clock();
    EXPECT_EQ(c.agents.size(), agents);
    EXPECT_EQ(c.plan->agents.back().name, "agent" + std::to_string(agents - 1));
    return end - start;
}

TEST(Load, FiveTimesTheAgentsTakeFiveTimesAsLong) {
    time_to_load(2'000);  // what the first load pays once
    EXPECT_LT(time_to_load(10'000), 10 * time_to_load(2'000)) << "25 times if each were compared with each";
}

}  // namespace
}  // namespace centrala::config
