// Sections trunks and outside: where calls come from, and which way they leave.
#include <algorithm>
#include <array>

#include "draft.hpp"

namespace centrala::config {
namespace {

bool is_token(std::string_view text) {  // RFC 3261 §25.1
    const auto allowed = [](char c) {
        return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
               std::string_view("-.!%*_+`'~").find(c) != std::string_view::npos;
    };
    return !text.empty() && text.size() <= 64 && std::all_of(text.begin(), text.end(), allowed);
}

bool is_user(std::string_view text) {
    return !text.empty() && is_plain_text(text, 128) && text.find_first_of("\"\\") == std::string_view::npos;
}

/// What may stand before the @ without escapes, so that it compares as written.
bool is_uri_user(std::string_view text) {
    constexpr std::string_view kAllowed = "-_.!~*'()&=+$,;?/";
    const auto allowed = [&](char c) {
        return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
               kAllowed.find(c) != std::string_view::npos;
    };
    return !text.empty() && text.size() <= 64 && std::all_of(text.begin(), text.end(), allowed);
}

bool is_number_text(std::string_view text) {
    return text.size() <= 32 && text.find_first_not_of("0123456789+*#") == std::string_view::npos;
}

bool is_pattern(std::string_view text) {
    if (text.ends_with('$')) text.remove_suffix(1);
    return text.size() <= 32 && text.find_first_not_of("0123456789+*#X") == std::string_view::npos;
}

/// A SIP URI of a server: host, perhaps port and transport; nothing that would name a person.
bool is_server_uri(std::string_view text) {
    if (text.size() > 256) return false;
    const auto uri = sip::parse_uri(text);
    if (!uri || !uri->is_sip() || !uri->user.empty() || !uri->headers.empty() || !is_host(uri->host)) return false;
    const auto transport = sip::transport_of(*uri);
    return transport && !sip::is_websocket(*transport);
}

bool is_address_of_record(std::string_view text) {
    if (text.size() > 256) return false;
    const auto uri = sip::parse_uri(text);
    return uri && uri->is_sip() && !uri->user.empty() && uri->password.empty() && uri->headers.empty() &&
           uri->parameters.empty() && is_host(uri->host);
}

constexpr std::string_view kServerUri =
    "the SIP URI of a server without user, such as sip:sip.example.com or sip:192.0.2.7:5060;transport=tcp";
constexpr std::string_view kPattern =
    "up to 32 of 0-9 + * # with X for any digit, and $ where the number must end, such as 00 or 0XX$";
constexpr std::string_view kNumberText = "up to 32 of 0-9 + * #";

/// A transport and family for which nobody listens has no address to name in Via and Contact.
void check_reachable(Draft& draft, const Item& item, std::string_view text) {
    const auto uri = sip::parse_uri(text);
    const auto address = uri ? IpAddress::parse(uri->host) : std::nullopt;
    const bool named = uri && uri->parameter("transport");
    if (!uri || (!address && !named && uri->scheme != "sips")) return;  // DNS will say
    const auto transport = sip::transport_of(*uri);
    for (const Listener& l : draft.config.sip.listeners)
        if (l.transport == *transport && (!address || address->is_v4() == l.address.address.is_v4())) return;
    if (draft.config.sip.listeners.empty()) return;  // noted already
    std::string what(sip::transport_name(*transport));
    if (address) what += address->is_v4() ? " over IPv4" : " over IPv6";
    draft.context.problem(item, "expected a listener for " + what + " among sip.listen, to reach it from");
}

void read_server_uri(Draft& draft, const Item& item, std::string& into) {
    if (draft.context.read_text(item, into, kServerUri, is_server_uri)) check_reachable(draft, item, into);
}

void read_gateway(Draft& draft, const Item& item, Trunk& trunk) {
    Gateway gateway;
    if (item.is_scalar()) {
        read_server_uri(draft, item, gateway.uri);
    } else {
        Section s(draft.context, item, "trunks.<name>.gateways[]");
        if (const auto uri = s.take("uri"))
            read_server_uri(draft, *uri, gateway.uri);
        else
            draft.context.problem(item, "expected uri: where this gateway is");
        s.integer("priority", gateway.priority, 0, 65'535);
        s.integer("weight", gateway.weight, 0, 65'535);
        s.finish();
    }
    const auto same = [&](const Gateway& other) { return !gateway.uri.empty() && other.uri == gateway.uri; };
    if (std::any_of(trunk.gateways.begin(), trunk.gateways.end(), same))
        draft.context.problem(item, in_quotes(gateway.uri) + " is given twice");
    trunk.gateways.push_back(std::move(gateway));
}

void read_pattern(Context& context, Section& s, const Item& item, std::string& match, std::size_t& strip,
                  std::string& add) {
    if (const auto pattern = s.take("match"))
        context.read_text(*pattern, match, kPattern, is_pattern);
    else
        context.problem(item, "expected match: how the numbers begin that it is for");
    if (const auto digits = s.take("strip")) {
        std::int64_t value = 0;
        const auto fixed = static_cast<std::int64_t>(match.size()) - (match.ends_with('$') ? 1 : 0);
        // More than the pattern promises to be there could take the whole number away.
        if (context.read_integer(*digits, value, 0, 32)) {
            if (value > fixed)
                context.problem(*digits, "expected at most " + std::to_string(fixed) + ", the length of match, got " +
                                             std::to_string(value));
            strip = static_cast<std::size_t>(value);
        }
    }
    s.text("add", add, kNumberText, is_number_text);
}

std::vector<NumberRule> read_rules(Context& context, const Item& item, std::string_view schema) {
    constexpr std::array<std::pair<std::string_view, NumberRule::Of>, 3> kOf{
        {{"both", NumberRule::Of::both}, {"dialled", NumberRule::Of::dialled}, {"caller", NumberRule::Of::caller}}};
    std::vector<NumberRule> rules;
    for (const Item& one : context.list(item, "number rules")) {
        Section s(context, one, schema);
        NumberRule rule;
        s.word<NumberRule::Of>("of", rule.of, kOf);
        read_pattern(context, s, one, rule.match, rule.strip, rule.add);
        s.finish();
        rules.push_back(std::move(rule));
    }
    if (rules.size() > 100) context.problem(item, "expected at most 100 rules");
    return rules;
}

void read_credentials(Draft& draft, const Item& item, Trunk& trunk) {
    Section s(draft.context, item, "trunks.<name>.credentials");
    sip::Credentials credentials;
    credentials.user = trunk.name;
    s.text("user", credentials.user, "a user name without quotes and backslashes", is_user);
    const auto password = s.take("password");
    if (!password)
        draft.context.problem(item, "expected password: what the carrier asks for");
    else if (!password->is_scalar() || password->text().empty() || !is_plain_text(password->text(), 128))
        draft.context.problem(*password, "expected a password of 1 to 128 characters without control characters");
    else
        credentials.password = password->text();
    s.finish();
    trunk.credentials = std::move(credentials);
}

void whole_seconds(Context& context, Section& s, std::string_view key, Duration& into, Duration min, Duration max) {
    const auto item = s.take(key);
    if (!item) return;
    const Duration before = into;
    context.read(*item, into, min, max);
    if (into % 1s == 0s) return;
    into = before;
    context.mismatch(*item, "whole seconds");  // RFC 3261 §20.19 knows nothing finer
}

void read_register(Draft& draft, const Item& item, Trunk& trunk) {
    Context& context = draft.context;
    Section s(context, item, "trunks.<name>.register");
    TrunkRegister r;
    const auto registrar = s.take("registrar");
    if (registrar)
        read_server_uri(draft, *registrar, r.registrar);
    else
        context.problem(item, "expected registrar: where to register");
    const auto aor = s.take("aor");
    if (aor) {
        context.read_text(*aor, r.aor, "what is registered, such as sip:4930123@carrier.example", is_address_of_record);
    } else if (const auto uri = sip::parse_uri(r.registrar); uri && trunk.credentials) {
        const std::string host =
            uri->host.find(':') == uri->host.npos ? std::string(uri->host) : "[" + std::string(uri->host) + "]";
        r.aor = "sip:" + sip::escape_user(trunk.credentials->user) + "@" + host;
    } else if (registrar && !trunk.credentials) {
        context.problem(item, "expected aor: what is registered, such as sip:4930123@carrier.example");
    }
    if (const auto uri = sip::parse_uri(r.aor)) r.contact_user = sip::unescape(uri->user);
    s.text("contact_user", r.contact_user, "1 to 64 characters that a SIP address may have before its @", is_uri_user);
    whole_seconds(context, s, "expires", r.expires, 30s, 24h);
    s.duration("retry", r.retry, 1s, 1h);
    s.duration("retry_max", r.retry_max, 1s, 24h);
    if (r.retry_max < r.retry)
        context.problem(
            s.line_of(s.has("retry_max") ? "retry_max" : "retry"), item.path + ".retry_max",
            "expected at least retry (" + format_duration(r.retry) + "), got " + format_duration(r.retry_max));
    s.finish();
    trunk.registration = std::move(r);
}

void read_sources(Draft& draft, const Item& sources, Trunk& trunk, std::vector<std::pair<Subnet, Place>>& taken) {
    Context& context = draft.context;
    for (const Item& source : context.list(sources, "addresses")) {
        const auto subnet = source.is_scalar() ? Subnet::parse(source.text()) : std::nullopt;
        if (!subnet) {
            context.mismatch(source, "an address or block such as 192.0.2.7, 192.0.2.0/24 or 2001:db8::/32");
            continue;
        }
        const auto same = std::find_if(taken.begin(), taken.end(), [&](auto& t) { return t.first == *subnet; });
        if (same != taken.end())
            context.problem(source, subnet->to_string() + " is taken by " + same->second.path + " (line " +
                                        std::to_string(same->second.line) + ")");
        else
            taken.emplace_back(*subnet, Place{source.path, source.node->line});
        trunk.sources.push_back(*subnet);
    }
    if (sources.is_nothing() || (sources.node->kind == Node::Kind::list && sources.node->items.empty()))
        context.problem(sources, "expected at least one address");
}

/// What only calls that leave need.
void read_outgoing(Draft& draft, Section& s, Trunk& trunk) {
    Context& context = draft.context;
    if (const auto gateways = s.take("gateways")) {
        for (const Item& gateway : context.list(*gateways, "gateways")) read_gateway(draft, gateway, trunk);
        if (trunk.gateways.size() > 32) context.problem(*gateways, "expected at most 32 gateways");
        if (trunk.gateways.empty() && !gateways->is_scalar() && gateways->node->kind != Node::Kind::map)
            context.problem(*gateways, "expected at least one gateway");
    }
    if (const auto credentials = s.take("credentials")) read_credentials(draft, *credentials, trunk);
    if (const auto registration = s.take("register")) read_register(draft, *registration, trunk);
    // A carrier's registrar takes its customers' calls, too, unless the file says where else they go.
    if (trunk.gateways.empty() && trunk.registration) trunk.gateways.push_back({trunk.registration->registrar});
    if (const auto health = s.take("health")) {
        Section h(context, health, "trunks.<name>.health");
        h.duration("interval", trunk.health.interval, 0s, 1h);
        h.duration("timeout", trunk.health.timeout, 100ms, 32s);
        h.finish();
    }
    s.text("domain", trunk.domain, "a host name or IP address", is_host);
    s.text("from_number", trunk.from_number, "1 to 64 characters that a SIP address may have before its @",
           is_uri_user);
    constexpr std::array<std::pair<std::string_view, bool>, 2> kHeaders{
        {{"from", false}, {"p_asserted_identity", true}}};
    s.word<bool>("identity", trunk.asserted_identity, kHeaders);
    s.boolean("trust_gateways", trunk.trust_gateways);
}

void read_trunk(Draft& draft, std::string_view name, const Item& item, std::vector<std::pair<Subnet, Place>>& taken) {
    Context& context = draft.context;
    Section s(context, item, "trunks.<name>");
    Trunk trunk;
    trunk.name = name;
    const auto sources = s.take("sources");
    if (sources) read_sources(draft, *sources, trunk, taken);
    read_outgoing(draft, s, trunk);
    if (!sources && trunk.gateways.empty() && !trunk.registration)
        context.problem(item, "expected sources: the addresses that this trunk's calls come from");
    if (const auto digest = s.take("digest")) {
        Section d(context, digest, "trunks.<name>.digest");
        sip::DigestSecret secret;
        secret.user = name;
        d.text("user", secret.user, "a user name",
               [](std::string_view t) { return !t.empty() && is_plain_text(t, 128) && t.find('"') == t.npos; });
        if (!read_secret(draft, d, secret)) context.problem(*digest, "expected password, ha1_md5 or ha1_sha256");
        d.finish();
        trunk.digest = std::move(secret);
    }
    if (const auto headers = s.take("dialled_number_headers"))
        for (const Item& header : context.list(*headers, "header names"))
            if (std::string text;
                context.read_text(header, text, "the name of a SIP header such as To or Diversion", is_token))
                trunk.dialled_number_headers.push_back(std::move(text));
    if (const auto codecs = s.take("codecs")) read_codecs(context, *codecs, trunk.codecs);
    s.boolean("trust_identity", trunk.trust_identity);
    s.integer("calls_max", trunk.calls_max, 0, 1'000'000);
    s.integer("calls_per_second", trunk.calls_per_second, 0, 1'000'000);
    if (const auto rules = s.take("inbound")) trunk.inbound = read_rules(context, *rules, "trunks.<name>.inbound[]");
    if (const auto rules = s.take("outbound")) trunk.outbound = read_rules(context, *rules, "trunks.<name>.outbound[]");
    s.finish();
    draft.config.trunks.push_back(std::move(trunk));
}

void read_outside(Draft& draft, const Item& item) {
    Context& context = draft.context;
    std::vector<std::string_view> names;
    std::unordered_map<std::string_view, std::size_t> known;
    for (std::size_t i = 0; i < draft.config.trunks.size(); ++i) {
        names.push_back(draft.config.trunks[i].name);
        known.emplace(draft.config.trunks[i].name, i);
    }
    for (const Item& one : context.list(item, "rules")) {
        Section s(context, one, "outside[]");
        OutsideRule rule;
        read_pattern(context, s, one, rule.match, rule.strip, rule.add);
        const auto trunks = s.take("trunks");
        if (!trunks) context.problem(one, "expected trunks: which of them carry these calls, in order");
        if (trunks)
            for (const Item& trunk : context.list(*trunks, "trunks")) {
                const auto index =
                    resolve(context, trunk, trunk.is_scalar() ? trunk.text() : "", "trunk", known, names);
                if (!index) continue;
                if (draft.config.trunks[*index].gateways.empty())
                    context.problem(trunk, "expected a trunk with gateways");
                rule.trunks.push_back(*index);
            }
        s.finish();
        draft.config.outside.push_back(std::move(rule));
    }
}

/// Some calls come or go by it.
void check_used(Draft& draft, const Item& item, std::size_t index) {
    const Trunk& trunk = draft.config.trunks[index];
    if (!trunk.sources.empty() || trunk.trust_gateways || (trunk.gateways.empty() && !trunk.registration)) return;
    const auto& rules = draft.config.outside;
    const bool leave = std::any_of(rules.begin(), rules.end(), [&](const OutsideRule& rule) {
        return std::find(rule.trunks.begin(), rule.trunks.end(), index) != rule.trunks.end();
    });
    if (trunk.registration)
        draft.context.warning(item, "registers for calls that are refused then: expected sources or trust_gateways");
    else if (!leave)
        draft.context.warning(item,
                              "no call comes or goes by it: expected sources, or a rule of outside that names it");
}

}  // namespace

void read_trunks(Draft& draft, Section& root) {
    std::vector<std::pair<std::string_view, Item>> trunks;
    if (const auto item = root.take("trunks")) {
        std::vector<std::pair<Subnet, Place>> taken;
        trunks = draft.context.entries(*item, "trunk");
        for (const auto& [name, trunk] : trunks) read_trunk(draft, name, trunk, taken);
    }
    if (const auto item = root.take("outside")) read_outside(draft, *item);
    for (std::size_t i = 0; i < trunks.size(); ++i) check_used(draft, trunks[i].second, i);
}

}  // namespace centrala::config
