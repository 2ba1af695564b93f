// docs/configuration.md and the loader know the same keys, and every example on the page is accepted.
#include <map>
#include <set>

#include "config/draft.hpp"
#include "support.hpp"

namespace centrala::config {
namespace {

struct Row {
    std::string section;  ///< "queues.<name>", "" at the top
    std::string key, type, fallback, example;
};

std::string trimmed(std::string text) {
    const auto first = text.find_first_not_of(' ');
    if (first == std::string::npos) return {};
    return text.substr(first, text.find_last_not_of(' ') - first + 1);
}

/// "`x`" → "x", anything else → "".
std::string code_of(const std::string& cell) {
    return cell.size() >= 2 && cell.front() == '`' && cell.find('`', 1) == cell.size() - 1
               ? cell.substr(1, cell.size() - 2)
               : "";
}

/// The rows of the tables whose first column is "key"; the headings above them say which section.
std::vector<Row> documented() {
    std::vector<Row> rows;
    std::istringstream page(read_file(std::string(CENTRALA_SOURCE_DIR) + "/docs/configuration.md"));
    std::string section;
    bool in_table = false;
    for (std::string line; std::getline(page, line);) {
        if (line.starts_with("## ")) section = code_of(line.substr(3));
        if (!line.starts_with("|")) in_table = false;
        if (line.starts_with("| key |")) in_table = true;
        if (!in_table || line.starts_with("| key |") || line.starts_with("|---")) continue;
        std::vector<std::string> cells;
        for (std::size_t from = 1, bar; (bar = line.find('|', from)) != std::string::npos; from = bar + 1)
            cells.push_back(trimmed(line.substr(from, bar - from)));
        EXPECT_GE(cells.size(), 5U) << line;
        rows.push_back({section, code_of(cells[0]), cells[1], cells[2], code_of(cells[3])});
    }
    return rows;
}

std::string full_key(const Row& row) {
    return row.section.empty() ? row.key : row.section + "." + row.key;
}

/// A file in which `key: value` stands in `section`, with whatever that section needs besides; "": only that.
std::string file_with(const std::string& section, const std::string& key, const std::string& value) {
    std::map<std::string, std::map<std::string, std::string>> needed{
        {"sip", {{"listen", "[{udp: 127.0.0.1:5060}]"}}},
        {"trunks.<name>", {{"sources", "[198.51.100.0/24]"}}},
        {"trunks.<name>.digest", {{"password", "x"}}},
        {"trunks.<name>.gateways[]", {{"uri", "sip:192.0.2.7"}}},
        {"trunks.<name>.credentials", {{"password", "x"}}},
        {"trunks.<name>.register", {{"registrar", "sip:192.0.2.7"}, {"aor", "sip:a@b.example"}}},
        {"trunks.<name>.inbound[]", {{"match", "0"}}},
        {"trunks.<name>.outbound[]", {{"match", "0"}}},
        {"outside[]", {{"match", "0"}, {"trunks", "[n]"}}},
        {"queues.<name>", {{"max_wait", "1m"}}},
        {"queues.<name>.relax[]", {{"after", "1s"}, {"priority", "1"}}},
        {"schedules.<name>", {{"time_zone", "UTC"}, {"hours", "{mon: 08:00-18:00}"}}},
        {"callers.<name>", {{"numbers", "[1]"}, {"priority", "1"}}},
        {"caller_lookup", {{"url", "\"http://127.0.0.1/{caller}\""}}},
        {"entry_points.<name>", {{"numbers", "[1000]"}, {"queue", "q"}, {"hours", "office"}}},
        {"agents.<name>", {{"password", "x"}}},
        {"agent_groups.<name>.rest", {{"calls", "3"}}},
        {"breaks", {{"reasons", "[break]"}}},
        {"trace.hep", {{"collector", "127.0.0.1:9060"}}},
        {"registration", {}}};
    auto& keys = needed[section];
    if (key == "refuse") keys.erase("priority");
    if (key.starts_with("ha1_")) keys.erase("password");
    if (key == "ha1_sha256") needed["registration"]["algorithms"] = "[SHA-256]";
    if (section == "sip.listen[]" && key == "advertise") keys["udp"] = "0.0.0.0:5060";
    if (section == "sip.listen[]" && key == "allowed_origins") keys["ws"] = "127.0.0.1:80";
    const bool listener = section == "sip.listen[]";
    const std::set<std::string> of_tls{"tls", "wss", "certificate", "private_key", "client_ca", "verify_client"};
    if (listener && of_tls.contains(key)) {
        if (key != "wss") keys["tls"] = "127.0.0.1:5061";
        keys["certificate"] = "c.pem";
        keys["private_key"] = "k.pem";
    }
    if (section == "tls" && key == "certificate") keys["private_key"] = "k.pem";
    if (section == "tls" && key == "private_key") keys["certificate"] = "c.pem";
    if (key == "verify_client" && value != "off") keys["client_ca"] = "ca.pem";
    if (!section.empty() && !key.empty()) keys[key] = value;
    const auto map_of = [&](const std::string& name) {
        std::string text = "{";
        for (const auto& [k, v] : needed[name]) text += (text.size() > 1 ? ", " : "") + k + ": " + v;
        return text + "}";
    };
    if (section == "sip.listen[]") needed["sip"]["listen"] = "[" + map_of(section) + "]";
    if (section == "sip.dns") needed["sip"]["dns"] = map_of(section);
    const std::string in_trunk = "trunks.<name>.";
    if (section.starts_with(in_trunk)) {
        const bool list = section.ends_with("[]");
        const std::string name = section.substr(in_trunk.size(), section.size() - in_trunk.size() - (list ? 2 : 0));
        needed["trunks.<name>"][name] = list ? "[" + map_of(section) + "]" : map_of(section);
    }
    if (section == "outside[]") needed["trunks.<name>"]["gateways"] = "[\"sip:192.0.2.7\"]";
    if (section == "queues.<name>.relax[]") needed["queues.<name>"]["relax"] = "[" + map_of(section) + "]";
    if (section == "queues.<name>.sticky") needed["queues.<name>"]["sticky"] = map_of(section);
    if (section == "queues.<name>.announce") needed["queues.<name>"]["announce"] = map_of(section);
    if (section == "media.announcements") needed["media"]["announcements"] = map_of(section);
    if (key == "patience" && section != "queues.<name>.sticky") keys["agent"] = "n";
    if (section == "queues.<name>.overflow_when") {
        needed["queues.<name>"]["overflow"] = "other";
        needed["queues.<name>"]["overflow_when"] = map_of(section);
    }
    if (section == "trace.hep") needed["trace"]["hep"] = map_of(section);
    if (section == "presence.activities") needed["presence"]["activities"] = map_of(section);
    if (section == "agent_groups.<name>.may") needed["agent_groups.<name>"]["may"] = map_of(section);
    if (section == "agent_groups.<name>.rest") needed["agent_groups.<name>"]["rest"] = map_of(section);
    if (section == "feature_codes.in_call") needed["feature_codes"]["in_call"] = map_of(section);
    std::string file;
    const auto add = [&](const std::string& name, const std::string& text) {
        if (section.empty() && key == name) return;
        file += name + ": " + text + "\n";
    };
    add("sip", map_of("sip"));
    add("skills", "[orders, english]");
    add("queues", "{q: " + map_of("queues.<name>") + ", other: {}}");
    add("callers", "{gold: " + map_of("callers.<name>") + "}");
    add("schedules", "{office: " + map_of("schedules.<name>") + "}");
    for (const char* named : {"trunks", "entry_points", "agent_groups", "agents"})
        add(named, std::string("{n: ") + map_of(std::string(named) + ".<name>") + "}");
    add("not_ready_reasons", "[break, lunch]");
    if (!section.empty() || key != "not_ready_reasons") add("breaks", map_of("breaks"));
    for (const char* plain : {"tls", "limits", "media", "registration", "presence", "routing", "feature_codes", "log",
                              "control", "trace", "security", "queue_defaults", "caller_lookup"})
        add(plain, map_of(plain));
    if (section == "outside[]") file += "outside: [" + map_of(section) + "]\n";
    if (section.empty() && !key.empty()) file += key + ": " + value + "\n";
    return file;
}

TEST(Documentation, HasEveryKeyThatTheLoaderKnowsAndNoOther) {
    std::set<std::string> page;
    for (const Row& row : documented()) {
        EXPECT_FALSE(row.key.empty());
        EXPECT_TRUE(page.insert(full_key(row)).second) << full_key(row) << " stands twice";
    }
    EXPECT_THAT(page, testing::ContainerEq(known_keys()));
}

TEST(Documentation, EveryExampleIsAccepted) {
    int tried = 0;
    for (const Row& row : documented()) {
        if (row.example.empty()) continue;
        ++tried;
        EXPECT_THAT(problems(file_with(row.section, row.key, row.example)), testing::IsEmpty())
            << full_key(row) << ": " << row.example;
    }
    EXPECT_GT(tried, 90);
}

void describe(std::ostream& out, const Trunk& t) {
    out << t.name << ' ' << (t.digest ? t.digest->user : "") << ' ' << t.trust_identity << t.calls_max << ' '
        << t.calls_per_second << ' ' << t.trust_gateways << ' ' << t.domain << ' ' << t.from_number << ' '
        << t.asserted_identity << ' ' << t.health.interval.count() << ' ' << t.health.timeout.count() << '\n';
    for (const auto& codec : t.codecs) out << codec << ' ';
    for (const auto* rules : {&t.inbound, &t.outbound})
        for (const NumberRule& rule : *rules)
            out << static_cast<int>(rule.of) << ' ' << rule.match << ' ' << rule.strip << rule.add << '\n';
    for (const Gateway& g : t.gateways) out << g.uri << ' ' << g.priority << ' ' << g.weight << '\n';
    if (t.credentials) out << t.credentials->user << ' ' << t.credentials->password << '\n';
    if (const auto& r = t.registration)
        out << r->registrar << r->aor << r->contact_user << r->expires.count() << ' ' << r->retry.count() << ' '
            << r->retry_max.count() << '\n';
}

/// Everything that a configuration says, for comparison.
std::string described(const Config& c) {
    std::ostringstream out;
    const auto us = [](Duration d) { return d.count(); };
    const Sip& s = c.sip;
    out << s.domain << s.listeners.size() << ' ' << us(s.t1) << ' ' << us(s.t2) << ' ' << us(s.t4) << ' '
        << s.message_bytes_max << ' ' << s.tcp_connections_max << ' ' << us(s.tcp_idle_timeout) << ' '
        << us(s.tcp_message_timeout) << ' ' << s.handshakes_max << ' ' << us(s.handshake_timeout) << ' '
        << s.tls.certificate << s.tls.private_key << s.tls.client_ca << static_cast<int>(s.tls.verify_client)
        << s.tls.server_ca << s.tls.verify_server << s.tls.only_1_3 << ' ' << s.invites_per_second << ' '
        << s.registers_per_second << ' ' << s.calls_max << ' ' << s.strangers_get_answer << ' '
        << us(s.security_event_interval) << ' ' << us(s.options_interval) << ' ' << us(s.dns.timeout)
        << s.assert_identity << '\n';
    out << s.other_requests_per_second << ' ' << s.strangers_per_second << ' ' << s.source_requests_per_second << ' '
        << s.source_connections_max << ' ' << s.source_handshakes_max << '\n';
    out << c.security.ban_after << ' ' << us(c.security.ban_within) << ' ' << us(c.security.ban_time) << ' '
        << c.security.allow.size() << '\n';
    const Media& m = c.media;
    out << m.port_min << ' ' << m.port_max << ' ' << us(m.rtp_timeout) << ' ' << m.threads << ' ' << m.sounds << ' '
        << m.music;
    for (const auto& codec : m.codecs) out << ' ' << codec;
    const Registration& r = c.registration;
    out << '\n'
        << r.realm << ' ' << us(r.expires_default) << ' ' << us(r.expires_min) << ' ' << us(r.expires_max) << ' '
        << r.contacts_max << ' ' << us(r.nonce_lifetime) << ' ' << us(r.flow_timer) << r.md5 << r.sha256 << '\n';
    const Presence& p = c.presence;
    out << p.enabled << us(p.expires_min) << ' ' << us(p.expires_default) << ' ' << us(p.expires_max) << ' '
        << p.subscriptions_max << ' ' << p.subscriptions_per_agent << ' ' << p.requests_per_second << p.show_callers
        << p.phones_set_state << '\n';
    for (const auto& activity : p.activities) out << activity << ' ';
    for (const Trunk& t : c.trunks) describe(out, t);
    for (const OutsideRule& rule : c.outside) out << rule.match << ' ' << rule.strip << rule.add << '\n';
    for (const auto& q : c.plan->queues)
        out << q.name << ' ' << q.required.skills.size() << ' ' << q.priority << ' ' << q.capacity << ' '
            << us(q.max_wait) << ' ' << static_cast<int>(q.strategy) << ' ' << us(q.ring_timeout) << ' '
            << q.ring_at_once << ' ' << us(q.wrap_up) << ' ' << us(q.refusal_memory) << ' ' << q.misses_max << ' '
            << q.closed << ' ' << q.refuse_without_agents << ' ' << us(q.service_level) << ' ' << q.delay_cost << ' '
            << to_string(q.channel) << '\n';
    for (const Queue& q : c.queues)
        out << q.early_media << q.greeting << ' ' << q.music << ' ' << q.hold_music << ' ' << q.agent_hold_music << ' '
            << q.caller_prefix << ' ' << us(q.announce.after) << ' ' << us(q.announce.every) << q.announce.position
            << q.announce.expected_wait << '\n';
    for (const EntryPoint& e : c.entry_points)
        out << e.lookup << e.closed_status << ' ' << e.full_status << ' ' << c.plan->entry_points[index(e.id)].closed
            << ' ' << us(e.last_call) << ' ' << e.ends_waiting
            << c.plan->entry_points[index(e.id)].closed_queue.has_value() << '\n';
    if (const auto& l = c.caller_lookup)
        out << l->url << l->token << us(l->timeout) << ' ' << l->failures_max << ' ' << us(l->rest) << ' '
            << l->at_once_max << '\n';
    for (const auto& a : c.plan->agents)
        out << a.name << ' ' << a.display_name << ' ' << a.always_logged_in << a.chats << '\n';
    for (const AgentGroup& g : c.agent_groups)
        out << g.rest.calls << ' ' << us(g.rest.within) << ' ' << us(g.rest.pause) << '\n';
    const routing::Breaks& b = c.plan->breaks;
    out << b.reasons.size() << ' ' << us(b.within) << ' ' << b.keep << '\n';
    const FeatureCodes& f = c.feature_codes;
    out << f.login << f.logout << f.ready << f.not_ready << f.end_wrap_up << f.extend_wrap_up << us(f.extend_wrap_up_by)
        << f.disposition << '\n'
        << c.plan->ready_on_login << us(c.plan->probe_interval) << ' ' << us(c.plan->busy_memory) << '\n';
    out << c.log.events << ' ' << c.log.level << ' ' << us(c.log.sync_interval) << ' ' << c.control.socket << ' '
        << c.control.mode << ' ' << c.state_dir << ' ' << us(c.drain_limit) << '\n';
    out << c.trace.id << c.trace.key << c.trace.secrets;
    return out.str();
}

TEST(Documentation, DefaultsAreTheLoadersDefaults) {
    int tried = 0;
    for (const Row& row : documented()) {
        const std::string fallback = code_of(row.fallback);
        // "`media.music`", "`done_sound`", …: a default that is another key's value.
        if (fallback.empty() || fallback.starts_with("media.") || fallback == "music" || fallback == "done_sound")
            continue;
        ++tried;
        // `max_wait` is needed where `overflow` is tried, and would hide its own default.
        const auto neutral = [&](std::string file) {
            if (row.key == "max_wait" && row.section == "queues.<name>")
                file.replace(file.find("max_wait: " + fallback), 10 + fallback.size(), "priority: 0");
            return file;
        };
        const std::string with = file_with(row.section, row.key, fallback);
        std::string without = neutral(with);
        if (without == with) without = file_with(row.section, "", "");
        EXPECT_EQ(described(loaded(with)), described(loaded(without))) << full_key(row) << ": " << fallback;
    }
    EXPECT_GT(tried, 60);
}

}  // namespace
}  // namespace centrala::config
