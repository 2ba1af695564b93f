// The registrar: RFC 3261 §10.3 steps 6–8 as a function from the current bindings to the next ones, which become
// visible only when all of it succeeded.
#include "centrala/registrar/registrar.hpp"

#include <algorithm>
#include <chrono>
#include <functional>
#include <set>
#include <unordered_set>

#include "centrala/base/by_text.hpp"
#include "request.hpp"

namespace centrala::registrar {
namespace {

constexpr std::size_t kCallIdBytesMax = 1'024;
constexpr std::size_t kUserAgentBytesMax = 128;

std::int64_t seconds_up(Duration d) {
    return std::chrono::ceil<std::chrono::seconds>(d).count();
}

/// Step 6 and 7: same boot of the same phone, but not a later request.
bool out_of_order(const Binding& old, const sip::Message& request) {
    return old.call_id == request.call_id() && request.cseq().number <= old.cseq;
}

bool same_contact(const Binding& old, const AskedContact& asked) {
    const auto uri = sip::parse_uri(old.contact);
    return uri && sip::equivalent(*uri, asked.uri);
}

/// Whether the request came straight from the phone: behind a proxy the flow says nothing about who is who.
bool came_directly(const sip::Message& request) {
    std::size_t vias = 0;
    request.each(sip::HeaderId::via, [&](std::string_view) { ++vias; });
    return vias == 1;
}

bool same_peer(const sip::Flow& a, const sip::Flow& b) {
    return a.transport == b.transport && a.remote == b.remote && a.connection == b.connection;
}

/// Kept for people to read, in JSON too: printable ASCII.
std::string printable(std::string_view text) {
    std::string out(text.substr(0, kUserAgentBytesMax));
    for (char& c : out)
        if (c < ' ' || c > '~') c = '?';
    return out;
}

/// The request as a whole, besides its contacts.
struct Circumstances {
    const sip::Message& request;
    const sip::Flow& flow;
    std::vector<std::string> path;
    bool direct = false;
    bool outbound = false;  ///< its reg-id counts
};

/// Whether the two are one binding, so that the new replaces the old (RFC 3261 §10.3; with outbound RFC 5626 §6, where
/// URIs don't matter). A phone known by its instance may come back under another URI (RFC 5626 §4.1).
bool same_binding(const Binding& old, const AskedContact& asked, bool outbound) {
    const bool same_instance = !asked.instance.empty() && old.instance == asked.instance;
    if (outbound && asked.reg_id != 0) return same_instance && (old.reg_id == asked.reg_id || old.reg_id == 0);
    return same_contact(old, asked) || same_instance;
}

/// A binding in the making; `touched`: by this very request.
struct Tentative {
    Binding binding;
    bool touched = false;
};

Outcome refused(int status, std::string header_lines = {}) {
    return {status, std::move(header_lines), Outcome::Change::none};
}

/// Step 8's answer.
Outcome accepted(std::span<const Binding> bindings, Timestamp now, Outcome::Change change) {
    Outcome outcome;
    outcome.change = change;
    for (const Binding& b : bindings) {
        if (b.expires <= now) continue;
        outcome.header_lines.append("Contact: <")
            .append(b.contact)
            .append(">;expires=")
            .append(std::to_string(seconds_up(b.expires - now)));
        append_q(outcome.header_lines, b.q);
        if (!b.instance.empty()) outcome.header_lines.append(";+sip.instance=\"").append(b.instance).append("\"");
        if (b.reg_id != 0) outcome.header_lines.append(";reg-id=").append(std::to_string(b.reg_id));
        outcome.header_lines.append("\r\n");
    }
    append_date(outcome.header_lines, now);
    return outcome;
}

}  // namespace

struct Registrar::Impl {
    using Table = ByText<std::vector<Binding>>;

    Policy policy;
    Table table;  ///< no entry is empty
    // Names are views of the table's keys, which stay where they are. Ordered, so that what comes out is too.
    std::set<std::pair<Timestamp, std::string_view>> by_expiry;  ///< the earliest binding of each agent
    std::set<std::pair<std::uint64_t, std::string_view>> by_connection;
    std::unordered_map<IpAddress, std::size_t, EndpointHash> by_address;  ///< how many came from there
    std::size_t count = 0;
    std::unordered_set<std::string, TextHash, std::equal_to<>> changed;

    void unindex(std::string_view aor, const std::vector<Binding>& bindings) {
        for (const Binding& b : bindings) {
            by_expiry.erase({b.expires, aor});
            if (b.flow.connection != 0) by_connection.erase({b.flow.connection, aor});
            const auto from = by_address.find(b.flow.remote.address);
            if (--from->second == 0) by_address.erase(from);
        }
        count -= bindings.size();
    }
    void index(std::string_view aor, const std::vector<Binding>& bindings) {
        if (bindings.empty()) return;
        const auto earliest =
            std::min_element(bindings.begin(), bindings.end(), [](auto& a, auto& b) { return a.expires < b.expires; });
        by_expiry.emplace(earliest->expires, aor);
        for (const Binding& b : bindings) {
            if (b.flow.connection != 0) by_connection.emplace(b.flow.connection, aor);
            ++by_address[b.flow.remote.address];
        }
        count += bindings.size();
    }

    /// The only place where bindings change.
    void commit(std::string_view aor, std::vector<Binding> next) {
        auto entry = table.find(aor);
        if (entry == table.end()) {
            if (next.empty()) return;
            entry = table.emplace(std::string(aor), std::vector<Binding>{}).first;
        }
        if (entry->second == next) return;
        if (!changed.contains(aor)) changed.emplace(aor);
        unindex(entry->first, entry->second);
        next.shrink_to_fit();
        entry->second = std::move(next);
        index(entry->first, entry->second);
        if (entry->second.empty()) table.erase(entry);
    }

    std::vector<Tentative> alive(std::string_view aor, Timestamp now) const {
        std::vector<Tentative> result;
        if (const auto entry = table.find(aor); entry != table.end())
            for (const Binding& b : entry->second)
                if (b.expires > now) result.push_back({b, false});
        return result;
    }

    Duration interval(std::uint32_t asked_seconds) const {
        return std::min<Duration>(std::chrono::seconds(asked_seconds), policy.expires_max);
    }
    /// RFC 3261 §10.3: only between zero and one hour may an interval be called too brief.
    bool too_brief(std::uint32_t asked_seconds) const {
        return asked_seconds > 0 && asked_seconds < 3600 && std::chrono::seconds(asked_seconds) < policy.expires_min;
    }

    int apply_contact(std::vector<Tentative>& next, const AskedContact& asked, std::uint32_t seconds,
                      const Circumstances& how, Timestamp now) const;
    int check_outbound(const Asked& asked, Circumstances& how, bool path_outbound) const;
    void append_routes(std::string& lines, const Circumstances& how) const;
    Outcome commit_all(std::string_view aor, std::vector<Tentative> next, Timestamp now);
    std::vector<std::string> drop(std::string_view aor, const std::function<bool(const Binding&)>& gone);
    std::vector<std::string> disconnect(std::string_view aor, std::uint64_t connection);
};

/// Step 7 for one address; 0 or the status that refuses the request.
int Registrar::Impl::apply_contact(std::vector<Tentative>& next, const AskedContact& asked, std::uint32_t seconds,
                                   const Circumstances& how, Timestamp now) const {
    const sip::Message& request = how.request;
    if (too_brief(seconds)) return 423;
    for (const Tentative& t : next)
        if (!t.touched && same_binding(t.binding, asked, how.outbound) && out_of_order(t.binding, request)) return 500;
    // A phone that came back under another URI replaces what it left behind: known by its instance, or by its flow when
    // the Call-ID shows a new boot (RFC 3261 §10.2.4).
    std::erase_if(next, [&](const Tentative& t) {
        if (t.touched) return !how.outbound && same_contact(t.binding, asked);
        if (same_binding(t.binding, asked, how.outbound)) return true;
        return seconds > 0 && how.direct && same_peer(t.binding.flow, how.flow) &&
               t.binding.call_id != request.call_id();
    });
    if (seconds == 0) return 0;
    Binding b;
    b.contact = asked.uri_text;
    b.call_id = request.call_id();
    b.cseq = request.cseq().number;
    b.q = asked.q;
    b.expires = now + interval(seconds);
    b.flow = how.flow;
    b.path = how.path;
    if (how.outbound) b.reg_id = asked.reg_id;
    b.user_agent = printable(request.find(sip::HeaderId::user_agent).value_or(""));
    b.instance = asked.instance;
    next.insert(next.begin(), {std::move(b), true});
    return 0;
}

/// RFC 5626 §6: is outbound asked for, and can it work? 0 or the status that refuses the request.
int Registrar::Impl::check_outbound(const Asked& asked, Circumstances& how, bool path_outbound) const {
    const bool numbered =
        std::any_of(asked.contacts.begin(), asked.contacts.end(), [](const auto& c) { return c.reg_id != 0; });
    if (!numbered) return 0;
    const auto living = std::count_if(asked.contacts.begin(), asked.contacts.end(), [&](const auto& c) {
        return c.expires.value_or(asked.expires.value_or(1)) != 0;
    });
    if (living > 1) return 400;  // one request, one flow
    how.outbound = how.direct || path_outbound;
    const bool insists = how.request.lists(sip::HeaderId::supported, "outbound");
    return !how.outbound && insists ? 439 : 0;
}

/// What a 2xx says about the way (RFC 3327 §5.3, RFC 3608 §6.3, RFC 5626 §6).
void Registrar::Impl::append_routes(std::string& lines, const Circumstances& how) const {
    for (const std::string& hop : how.path) lines.append("Path: ").append(hop).append("\r\n");
    for (const std::string& hop : policy.service_route) lines.append("Service-Route: ").append(hop).append("\r\n");
    if (!how.outbound || !how.request.lists(sip::HeaderId::supported, "outbound")) return;
    lines.append("Require: outbound\r\n");
    if (how.direct && how.flow.connection != 0 && policy.flow_timer > Duration::zero())
        lines.append("Flow-Timer: ").append(std::to_string(seconds_up(policy.flow_timer))).append("\r\n");
}

Outcome Registrar::Impl::commit_all(std::string_view aor, std::vector<Tentative> tentative, Timestamp now) {
    // Stable: among equals the latest, which stands in front, stays in front.
    std::stable_sort(tentative.begin(), tentative.end(), [](auto& a, auto& b) { return a.binding.q > b.binding.q; });
    std::vector<Binding> next;
    next.reserve(tentative.size());
    for (Tentative& t : tentative) next.push_back(std::move(t.binding));

    using Change = Outcome::Change;
    const bool had = table.contains(aor);  // expired but not yet reported counts: the loss is reported once
    const bool has = !next.empty();
    const Change change =
        has ? (had ? Change::refreshed : Change::registered) : (had ? Change::unregistered : Change::none);
    Outcome outcome = accepted(next, now, change);
    commit(aor, std::move(next));
    return outcome;
}

/// Takes out what is gone; the agent's name if nothing is left.
std::vector<std::string> Registrar::Impl::drop(std::string_view aor, const std::function<bool(const Binding&)>& gone) {
    std::string name(aor);
    const auto entry = table.find(aor);
    if (entry == table.end()) return {};
    std::vector<Binding> next = entry->second;
    std::erase_if(next, gone);
    const bool lost = next.empty();
    commit(name, std::move(next));
    return lost ? std::vector{std::move(name)} : std::vector<std::string>{};
}

/// The proxy that a Path names can be connected to again; a phone behind a NAT can't.
std::vector<std::string> Registrar::Impl::disconnect(std::string_view aor, std::uint64_t connection) {
    const auto entry = table.find(aor);
    std::vector<Binding> next = entry->second;
    for (Binding& b : next)
        if (b.flow.connection == connection && !b.path.empty()) b.flow.connection = 0;
    commit(std::string(aor), std::move(next));
    return drop(aor, [=](const Binding& b) { return b.flow.connection == connection; });
}

Registrar::Registrar(Policy policy) : impl_(std::make_unique<Impl>()) {
    impl_->policy = policy;
}
Registrar::~Registrar() = default;

Outcome Registrar::process(std::string_view aor, const sip::Message& request, const sip::Flow& flow, Timestamp now,
                           bool edge_proxy) {
    Impl& m = *impl_;
    if (request.call_id().size() > kCallIdBytesMax) return refused(400);
    std::vector<Tentative> next = m.alive(aor, now);
    // Each value adds, refreshes or removes one, so an honest request has no more of them than this.
    const auto asked = read_request(request, m.policy.contacts_max + next.size());
    if (!asked) return refused(400);
    auto path = edge_proxy ? read_path(request) : Path{};
    if (!path) return refused(400);
    Circumstances how{request, flow, std::move(path->values), came_directly(request), false};
    if (!asked->present) {
        Outcome outcome = accepted(bindings(aor), now, Outcome::Change::none);
        m.append_routes(outcome.header_lines, how);
        return outcome;
    }

    if (asked->star) {  // step 6
        if (!asked->contacts.empty() || asked->too_many || asked->expires != 0) return refused(400);
        const bool late =
            std::any_of(next.begin(), next.end(), [&](const Tentative& t) { return out_of_order(t.binding, request); });
        return late ? refused(500) : m.commit_all(aor, {}, now);
    }
    if (asked->too_many) return refused(403);
    if (const int status = m.check_outbound(*asked, how, path->outbound)) return refused(status);

    const auto fallback = static_cast<std::uint32_t>(seconds_up(m.policy.expires_default));
    for (const AskedContact& contact : asked->contacts) {  // step 7
        const std::uint32_t seconds = contact.expires.value_or(asked->expires.value_or(fallback));
        const int status = m.apply_contact(next, contact, seconds, how, now);
        if (status == 423)
            return refused(423, "Min-Expires: " + std::to_string(seconds_up(m.policy.expires_min)) + "\r\n");
        if (status != 0) return refused(status);
    }
    if (next.size() > m.policy.contacts_max) return refused(403);
    Outcome outcome = m.commit_all(aor, std::move(next), now);  // step 8
    m.append_routes(outcome.header_lines, how);
    return outcome;
}

std::span<const Binding> Registrar::bindings(std::string_view aor) const {
    const auto entry = impl_->table.find(aor);
    return entry == impl_->table.end() ? std::span<const Binding>{} : std::span<const Binding>(entry->second);
}

std::vector<std::string> Registrar::expire(Timestamp now) {
    std::vector<std::string> lost;
    while (!impl_->by_expiry.empty() && impl_->by_expiry.begin()->first <= now)
        for (auto& name :
             impl_->drop(impl_->by_expiry.begin()->second, [now](const Binding& b) { return b.expires <= now; }))
            lost.push_back(std::move(name));
    return lost;
}

std::optional<Timestamp> Registrar::deadline() {
    return impl_->by_expiry.empty() ? std::nullopt : std::optional(impl_->by_expiry.begin()->first);
}

std::vector<std::string> Registrar::connection_closed(std::uint64_t connection) {
    std::vector<std::string> lost;
    if (connection == 0) return lost;  // UDP
    auto& index = impl_->by_connection;
    for (auto it = index.lower_bound({connection, {}}); it != index.end() && it->first == connection;
         it = index.lower_bound({connection, {}}))
        for (auto& name : impl_->disconnect(it->second, connection)) lost.push_back(std::move(name));
    return lost;
}

std::size_t Registrar::size() const {
    return impl_->count;
}
bool Registrar::has_binding_from(const IpAddress& address) const {
    return impl_->by_address.contains(address);
}

bool Registrar::reachable_over(std::uint64_t connection) const {
    const auto at = impl_->by_connection.lower_bound({connection, {}});
    return at != impl_->by_connection.end() && at->first == connection;
}

std::vector<std::string> Registrar::take_changed() {
    std::vector<std::string> names;
    names.reserve(impl_->changed.size());
    while (!impl_->changed.empty()) names.push_back(std::move(impl_->changed.extract(impl_->changed.begin()).value()));
    return names;
}

std::vector<std::pair<std::string, Binding>> Registrar::all() const {
    std::vector<std::pair<std::string, Binding>> result;
    result.reserve(impl_->count);
    for (const auto& [aor, bindings] : impl_->table)
        for (const Binding& b : bindings) result.emplace_back(aor, b);
    // Stable: an agent's bindings stay best first.
    std::stable_sort(result.begin(), result.end(), [](auto& a, auto& b) { return a.first < b.first; });
    return result;
}

void Registrar::restore(std::string aor, Binding binding, Timestamp now) {
    Impl& m = *impl_;
    const auto uri = sip::parse_uri(binding.contact);
    if (!uri || !uri->is_sip() || binding.expires <= now) return;
    std::vector<Binding> next(bindings(aor).begin(), bindings(aor).end());
    if (next.size() >= m.policy.contacts_max) return;
    // A clock that was wrong when the file was written must not keep a binding alive for years.
    binding.expires = std::min(binding.expires, now + m.policy.expires_max);
    binding.q = std::min<std::uint16_t>(binding.q, 1000);
    // Connections didn't survive the restart, and their numbers will be given to others.
    binding.flow.connection = 0;
    const auto place = std::find_if(next.begin(), next.end(), [&](const Binding& b) { return b.q < binding.q; });
    next.insert(place, std::move(binding));
    m.commit(aor, std::move(next));
}

}  // namespace centrala::registrar
