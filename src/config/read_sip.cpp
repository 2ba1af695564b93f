// Sections sip, limits, registration and the secrets of digest authentication (RFC 7616).
#include <algorithm>
#include <array>

#include "draft.hpp"

namespace centrala::config {
namespace {

constexpr std::array<std::string_view, 6> kSamplePasswords{"change-me-ann", "change-me-ben", "change-me-cleo",
                                                           "change-me-dan", "change-me-eva", "change-me-finn"};

/// Hashing what everybody knows doesn't make it a secret.
bool is_sample_hash(sip::DigestAlgorithm algorithm, std::string_view hash, std::string_view user,
                    std::string_view realm) {
    return std::any_of(kSamplePasswords.begin(), kSamplePasswords.end(), [&](std::string_view password) {
        return sip::digest_ha1(algorithm, user, realm, password) == hash;
    });
}

void read_address(Context& context, const Item& item, std::optional<IpAddress>& into) {
    const auto address = item.is_scalar() ? IpAddress::parse(item.text()) : std::nullopt;
    if (!address || address->is_unspecified())
        context.mismatch(item, "an IP address that others can reach");
    else
        into = *address;
}

/// What a listener of TLS or secure WebSocket says differently from section tls.
void read_secure(Draft& draft, Section& s, const Item& item, Listener& listener) {
    constexpr std::array<std::string_view, 4> keys{"certificate", "private_key", "client_ca", "verify_client"};
    const auto given = std::find_if(keys.begin(), keys.end(), [&](std::string_view key) { return s.has(key); });
    const bool secure = sip::is_secure(listener.transport);
    if (given != keys.end() && !secure)
        draft.context.problem(s.line_of(*given), item.path, "expected " + std::string(*given) + " at tls and wss only");
    const std::size_t problems = draft.context.problem_count();
    read_certificate(draft, s, listener.tls);
    if (secure && listener.tls.certificate.empty() && draft.context.problem_count() == problems)
        draft.context.problem(item, "expected certificate and private_key, here or in section tls");
}

/// An origin is what a browser says of the page: scheme, host and port (RFC 6454 §6.2).
bool is_origin(std::string_view text) {
    const std::size_t scheme = text.find("://");
    return is_plain_text(text, 256) && (text.starts_with("http://") || text.starts_with("https://")) &&
           text.size() > scheme + 3 && text.find_first_of("/ *", scheme + 3) == text.npos;
}

void read_origins(Draft& draft, Section& s, Listener& listener) {
    const auto origins = s.take("allowed_origins");
    if (!origins) return;
    if (!sip::is_websocket(listener.transport))
        draft.context.problem(*origins, "expected allowed_origins at ws and wss only");
    for (const Item& origin : draft.context.list(*origins, "origins"))
        if (std::string text; draft.context.read_text(
                origin, text, "an origin: scheme and host, such as https://desk.example.com", is_origin))
            listener.allowed_origins.push_back(std::move(text));
}

void read_listener(Draft& draft, const Item& item) {
    Context& context = draft.context;
    Section s(context, item, "sip.listen[]");
    Listener listener;
    bool chosen = false, good = true;
    for (const auto transport : sip::kTransports) {
        const auto value = s.take(sip::transport_name(transport));
        if (!value) continue;
        const auto endpoint = value->is_scalar() ? Endpoint::parse(value->text()) : std::nullopt;
        if (!endpoint) context.mismatch(*value, "an address and port such as 127.0.0.1:5060 or [::1]:5060");
        if (chosen)
            context.problem(*value, "expected one of udp, tcp, tls, ws and wss; make it two entries of the list");
        good = good && endpoint && !chosen;
        chosen = true;
        if (endpoint) listener.address = *endpoint;
        listener.transport = transport;
    }
    const auto advertise = s.take("advertise");
    if (advertise) read_address(context, *advertise, listener.advertised);
    listener.tls = draft.config.sip.tls;
    listener.line = item.node->line;
    read_secure(draft, s, item, listener);
    read_origins(draft, s, listener);
    const bool clean = s.finish();
    if (!chosen && clean && item.node->kind == Node::Kind::map)
        context.problem(item, "expected udp, tcp, tls, ws or wss with an address and port");
    if (!chosen || !good) return;

    const bool any = listener.address.address.is_unspecified();
    if (listener.advertised && listener.advertised->is_v4() != listener.address.address.is_v4())
        context.mismatch(*advertise, listener.address.address.is_v4() ? "an IPv4 address, as the listener's"
                                                                      : "an IPv6 address, as the listener's");
    if (any && !advertise)
        context.problem(item, "expected advertise: the address under which others reach this machine, since " +
                                  listener.address.address.to_string() + " is none");
    for (std::size_t i = 0; i < draft.config.sip.listeners.size(); ++i) {
        const Listener& other = draft.config.sip.listeners[i];
        if (other.transport != listener.transport || other.address != listener.address || listener.address.port == 0)
            continue;
        context.problem(item, "the same as on line " + std::to_string(draft.listeners[i].line));
        return;
    }
    draft.config.sip.listeners.push_back(listener);
    draft.listeners.push_back({item.path, item.node->line});
}

void read_dns(Draft& draft, const Item& item) {
    Section s(draft.context, item, "sip.dns");
    Dns& dns = draft.config.sip.dns;
    if (const auto servers = s.take("servers"))
        for (const Item& server : draft.context.list(*servers, "addresses")) {
            const std::string text = server.is_scalar() ? server.text() : "";
            auto endpoint = Endpoint::parse(text);
            if (const auto address = IpAddress::parse(text); address && !endpoint) endpoint = Endpoint{*address, 53};
            if (!endpoint || endpoint->port == 0 || endpoint->address.is_unspecified())
                draft.context.mismatch(server, "a DNS server's IP address, with a port unless it is 53");
            else
                dns.servers.push_back(*endpoint);
        }
    s.duration("timeout", dns.timeout, 100ms, 30s);
    s.finish();
}

void read_limits(Draft& draft, Section& root) {
    Section s(draft.context, root.take("limits"), "limits");
    Sip& sip = draft.config.sip;
    s.integer("calls_max", sip.calls_max, 1, 1'000'000);
    s.integer("invites_per_second", sip.invites_per_second, 0, 1'000'000);
    s.integer("registers_per_second", sip.registers_per_second, 0, 1'000'000);
    s.integer("other_requests_per_second", sip.other_requests_per_second, 0, 1'000'000);
    s.integer("strangers_per_second", sip.strangers_per_second, 0, 1'000'000);
    s.integer("source_requests_per_second", sip.source_requests_per_second, 0, 1'000'000);
    s.integer("source_connections_max", sip.source_connections_max, 0, 1'000'000);
    s.integer("source_handshakes_max", sip.source_handshakes_max, 0, 1'000'000);
    if (const auto item = s.take("message_bytes_max")) {
        const auto size = item->is_scalar() ? parse_size(item->text()) : std::nullopt;
        if (!size || *size < 2'048 || *size > 1'048'576)
            draft.context.mismatch(*item, "a size from 2KiB to 1MiB such as 65535 or 64KiB");
        else
            sip.message_bytes_max = static_cast<std::size_t>(*size);
    }
    s.integer("tcp_connections_max", sip.tcp_connections_max, 1, 1'000'000);
    s.duration("tcp_idle_timeout", sip.tcp_idle_timeout, 1s, 24h);
    s.duration("tcp_message_timeout", sip.tcp_message_timeout, 100ms, 5min);
    s.integer("handshakes_max", sip.handshakes_max, 1, 1'000'000);
    s.duration("handshake_timeout", sip.handshake_timeout, 100ms, 5min);
    s.finish();
}

}  // namespace

bool is_sample_password(std::string_view password) {
    return std::find(kSamplePasswords.begin(), kSamplePasswords.end(), password) != kSamplePasswords.end();
}

bool read_secret(Draft& draft, Section& section, sip::DigestSecret& secret) {
    Context& context = draft.context;
    const auto password = section.take("password");
    // Secrets are never repeated in messages, which end up in logs.
    if (password) {
        if (!password->is_scalar() || password->text().empty() || !is_plain_text(password->text(), 128))
            context.problem(*password, "expected a password of 1 to 128 characters without control characters");
        else
            secret.password = password->text();
        if (is_sample_password(secret.password))
            draft.sample_passwords.push_back({password->path, password->node->line});
    }
    bool hashed = false;
    const std::array<std::pair<std::string_view, std::string*>, 2> hashes{
        {{"ha1_md5", &secret.ha1_md5}, {"ha1_sha256", &secret.ha1_sha256}}};
    for (const auto& [key, into] : hashes) {
        const auto item = section.take(key);
        if (!item) continue;
        hashed = true;
        const std::size_t digits = key == "ha1_md5" ? 32 : 64;
        if (!item->is_scalar() || !is_hex(item->text(), digits)) {
            const std::string got =
                item->is_scalar() ? std::to_string(item->text().size()) + " characters" : "something else";
            context.problem(*item, "expected " + std::to_string(digits) + " hexadecimal digits, got " + got);
            continue;
        }
        *into = item->text();
        std::transform(into->begin(), into->end(), into->begin(),
                       [](char c) { return c >= 'A' && c <= 'F' ? static_cast<char>(c + 32) : c; });
        const auto algorithm = key == "ha1_md5" ? sip::DigestAlgorithm::md5 : sip::DigestAlgorithm::sha256;
        if (is_sample_hash(algorithm, *into, secret.user, draft.config.registration.realm))
            draft.sample_passwords.push_back({item->path, item->node->line});
    }
    // A phone that knows an algorithm which is offered chooses it, and would never get in without its hash.
    const Registration& r = draft.config.registration;
    if (!password && !secret.ha1_sha256.empty() && r.md5 && !section.has("ha1_md5"))
        context.problem(*section.take("ha1_sha256"),
                        "expected ha1_md5 as well, for registration.algorithms offers MD5");
    if (!password && !secret.ha1_md5.empty() && r.sha256 && !section.has("ha1_sha256"))
        context.problem(*section.take("ha1_md5"),
                        "expected ha1_sha256 as well, for registration.algorithms offers SHA-256");
    if (password && hashed)
        context.problem(*password, "expected either password or hashes of it (ha1_md5, ha1_sha256), got both");
    return password.has_value() || hashed;
}

void read_blocks(Context& context, Section& section, std::string_view key, std::vector<Subnet>& into) {
    const auto blocks = section.take(key);
    if (!blocks) return;
    for (const Item& one : context.list(*blocks, "addresses and blocks")) {
        const auto subnet = one.is_scalar() ? Subnet::parse(one.text()) : std::nullopt;
        if (subnet)
            into.push_back(*subnet);
        else
            context.mismatch(one, "an address or block such as 192.0.2.7 or 192.0.2.0/24");
    }
}

void read_sip(Draft& draft, Section& root) {
    const auto item = root.take("sip");
    Section s(draft.context, item, "sip");
    Sip& sip = draft.config.sip;
    s.text("domain", sip.domain, "a host name or IP address", is_host);
    const auto listen = s.take("listen");
    if (listen) {
        if (listen->is_scalar())
            draft.context.mismatch(*listen, "a list of listeners such as - udp: 127.0.0.1:5060");
        else
            for (const Item& listener : draft.context.list(*listen, "listeners")) read_listener(draft, listener);
    }
    const bool none =
        !listen || listen->is_nothing() || (listen->node->kind == Node::Kind::list && listen->node->items.empty());
    if (none)
        draft.context.problem(listen ? listen->node->line : s.line(), "sip.listen",
                              "expected at least one listener such as - udp: 127.0.0.1:5060");
    s.duration("t1", sip.t1, 1ms, 10s);
    s.duration("t2", sip.t2, 1ms, 60s);
    s.duration("t4", sip.t4, 1ms, 60s);
    if (sip.t1 > sip.t2)
        draft.context.problem(s.line_of(s.has("t2") ? "t2" : "t1"), "sip.t2",
                              "expected at least t1 (" + format_duration(sip.t1) + "), got " + format_duration(sip.t2));
    s.boolean("strangers_get_answer", sip.strangers_get_answer);
    s.duration("security_event_interval", sip.security_event_interval, 0s, 1h);
    s.duration("options_interval", sip.options_interval, 1s, 1h);
    s.boolean("assert_identity", sip.assert_identity);
    if (const auto dns = s.take("dns")) read_dns(draft, *dns);
    s.finish();
    read_limits(draft, root);
}

/// Which digest algorithms are offered. Only MD5 unless told otherwise: phones in use give up when SHA-256 is offered
/// beside it, though RFC 7616 §3.7 wants them to take what they know.
void read_algorithms(Context& context, const Item& item, Registration& r) {
    bool md5 = false, sha256 = false;
    for (const Item& one : context.list(item, "algorithms")) {
        const std::string name = one.is_scalar() ? one.text() : "";
        if (name == "MD5")
            md5 = true;
        else if (name == "SHA-256")
            sha256 = true;
        else
            context.mismatch(one, "MD5 or SHA-256");
    }
    if (item.node->kind == Node::Kind::list && item.node->items.empty())
        context.problem(item, "expected MD5, SHA-256 or both");
    if (md5 || sha256) r.md5 = md5, r.sha256 = sha256;
}

bool is_route_uri(std::string_view text) {
    const auto uri = sip::parse_uri(text);
    return uri && uri->is_sip() && uri->headers.empty() && uri->parameter("lr") &&
           text.find_first_of("<>") == text.npos;
}

void read_lifetimes(Context& context, Section& section, std::string_view path, Duration& min, Duration& otherwise,
                    Duration& max) {
    const std::array<std::pair<std::string_view, Duration*>, 3> keys{
        {{"expires_min", &min}, {"expires_default", &otherwise}, {"expires_max", &max}}};
    int line = section.line();
    for (const auto& [key, into] : keys) {
        const auto item = section.take(key);
        if (!item) continue;
        const Duration before = *into;
        context.read(*item, *into, 1s, 24h);
        line = item->node->line;
        if (*into % 1s == 0s) continue;
        *into = before;
        context.mismatch(*item, "whole seconds");  // RFC 3261 §20.19 knows nothing finer
    }
    if (min > otherwise || otherwise > max)
        context.problem(line, std::string(path),
                        "expected expires_min ≤ expires_default ≤ expires_max, got " + format_duration(min) + ", " +
                            format_duration(otherwise) + ", " + format_duration(max));
}

void read_registration(Draft& draft, Section& root) {
    Context& context = draft.context;
    Section s(context, root.take("registration"), "registration");
    Registration& r = draft.config.registration;
    s.text("realm", r.realm, "1 to 64 characters without quotes and backslashes",
           [](std::string_view t) { return !t.empty() && is_plain_text(t, 64) && t.find_first_of("\"\\") == t.npos; });
    read_lifetimes(context, s, "registration", r.expires_min, r.expires_default, r.expires_max);
    s.integer("contacts_max", r.contacts_max, 1, 100);
    s.duration("nonce_lifetime", r.nonce_lifetime, 1s, 24h);
    if (const auto algorithms = s.take("algorithms")) read_algorithms(context, *algorithms, r);
    read_blocks(context, s, "sources", r.sources);
    read_blocks(context, s, "edge_proxies", r.edge_proxies);
    if (const auto route = s.take("service_route"))
        for (const Item& one : context.list(*route, "SIP URIs"))
            if (std::string uri;
                context.read_text(one, uri, "a SIP URI with lr, such as sip:edge.example.com;lr", is_route_uri))
                r.service_route.push_back(std::move(uri));
    if (const auto timer = s.take("flow_timer")) {
        context.read(*timer, r.flow_timer, 0s, 1h);
        if (r.flow_timer % 1s != 0s) context.mismatch(*timer, "whole seconds");
    }
    s.finish();
}

}  // namespace centrala::config
