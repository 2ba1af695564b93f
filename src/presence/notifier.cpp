// Subscriptions: begun, prolonged, told of changes, ended (RFC 6665 §4.2).
#include "centrala/presence/notifier.hpp"

#include <algorithm>
#include <vector>

#include "centrala/sip/retry_after.hpp"

namespace centrala::presence {
namespace {

/// RFC 3261 §19.3 wants 32 bits; a tag is all that tells one subscription from another here.
constexpr std::size_t kTagBytes = 8;
/// At the limit of transactions, and the longest that a Retry-After holds us.
constexpr Duration kRetry = 1s;
constexpr Duration kRetryMax = 60s;

template <class Index, class Key>
void remove(Index& index, Key key, SubscriptionId id) {
    const auto found = index.find(key);
    if (found == index.end()) return;
    found->second.erase(id);
    if (found->second.empty()) index.erase(found);
}

std::string event_id(const sip::Message& request) {
    const std::string_view event = request.find(sip::HeaderId::event).value_or("");
    const auto semicolon = event.find(';');
    if (semicolon == std::string_view::npos) return {};
    return std::string(sip::find_parameter(event.substr(semicolon + 1), "id").value_or(""));
}

/// RFC 6665 §4.2.2: these end the subscription even with Retry-After.
bool is_final_word(int status) {
    return status == 404 || status == 405 || status == 410 || status == 416 || (status >= 480 && status <= 485) ||
           status == 489 || status == 501 || status == 604;
}

std::optional<Duration> told_to_wait(const sip::Message& response) {
    if (is_final_word(response.status())) return std::nullopt;
    const auto wait = sip::retry_after(response);
    return wait ? std::optional(std::clamp<Duration>(*wait, kRetry, kRetryMax)) : std::nullopt;
}

unsigned all_documents(Package package) {
    return (1u << documents(package)) - 1;
}

std::string expires_line(Duration granted) {
    return "Expires: " + std::to_string(granted / 1s) + "\r\n";
}

}  // namespace

Notifier::Notifier(Policy policy, RandomSource& random) : policy_(policy), random_(random) {}

// ---- SUBSCRIBE ---------------------------------------------------------------------------------------------------

Answer Notifier::subscribe(const sip::Message& request, const sip::Flow& flow, WatcherId watcher, ResourceId resource,
                           Timestamp now) {
    const auto package = parse_package(request.find(sip::HeaderId::event).value_or(""));
    if (!package) return {489, {}, std::string(allow_events())};
    if (!accepts(request, *package)) return {406, {}, "Accept: " + std::string(content_type(*package)) + "\r\n"};
    const Lifetime life = lifetime(request, policy_.expires);
    if (life.status != 200) return {life.status, {}, life.status == 423 ? min_expires(policy_.expires) : ""};
    if (!request.find(sip::HeaderId::contact)) return {400, {}, {}};  // RFC 3261 §12.1.1

    Subscription s;
    s.dialog = sip::uas_dialog(request, random_.token(kTagBytes));
    s.flow = flow;
    s.package = *package;
    s.event_id = event_id(request);
    s.resource = resource;
    s.watcher = watcher;
    s.expires = now + life.granted;
    s.not_before = now;
    s.due = all_documents(*package);
    if (life.granted > 0s) replace_older(s);  // a single look replaces nothing
    if (subscriptions_.size() >= policy_.subscriptions_max) return {503, {}, "Retry-After: 60\r\n"};
    if (const auto own = by_watcher_.find(watcher);
        own != by_watcher_.end() && own->second.size() >= policy_.per_watcher_max)
        return {403, {}, {}};
    Answer answer{200, s.dialog.local_tag, expires_line(life.granted)};
    insert(std::move(s));
    return answer;
}

Answer Notifier::refresh(const sip::Message& request, const sip::Flow& flow, WatcherId watcher, Timestamp now) {
    Subscription* s = find(request);
    if (!s || s->deactivated) return {481, {}, {}};
    if (s->watcher != watcher) return {403, {}, {}};
    const auto package = parse_package(request.find(sip::HeaderId::event).value_or(""));
    if (!package) return {489, {}, std::string(allow_events())};
    // A second subscription in the dialog would be a second usage of it, which nobody needs (RFC 6665 §4.5.2).
    if (*package != s->package || event_id(request) != s->event_id) return {481, {}, {}};
    const Lifetime life = lifetime(request, policy_.expires);
    if (life.status != 200) return {life.status, {}, life.status == 423 ? min_expires(policy_.expires) : ""};
    if (!sip::in_order(s->dialog, request)) return {500, {}, {}};
    sip::refresh_target(s->dialog, request);
    move(*s, flow);
    s->expires = now + life.granted;
    s->not_before = now;  // a refresh is answered by a NOTIFY at once (RFC 6665 §4.2.1.4)
    s->due = all_documents(s->package);
    wake(*s);
    return {200, {}, expires_line(life.granted)};
}

std::optional<ResourceId> Notifier::resource_of(const sip::Message& request) const {
    const Subscription* s = const_cast<Notifier*>(this)->find(request);
    return s ? std::optional(s->resource) : std::nullopt;
}

Notifier::Subscription* Notifier::find(const sip::Message& request) {
    const auto found = by_tag_.find(std::string(request.to().tag()));
    Subscription* s = found == by_tag_.end() ? nullptr : subscriptions_.find(found->second);
    const bool same = s && s->dialog.call_id == request.call_id() && s->dialog.remote_tag == request.from().tag();
    return same ? s : nullptr;
}

// ---- NOTIFY ------------------------------------------------------------------------------------------------------

void Notifier::changed(ResourceId resource, PackageSet packages) {
    const auto watching = by_resource_.find(resource);
    if (watching == by_resource_.end()) return;
    for (const SubscriptionId id : watching->second) {
        Subscription& s = *subscriptions_.find(id);
        if ((packages & set_of(s.package)) == 0 || s.due == all_documents(s.package)) continue;
        s.due = all_documents(s.package);
        wake(s);
    }
}

std::optional<Notify> Notifier::next(Timestamp now) {
    while (const auto due = timers_.pop_due(now)) {
        Subscription* s = subscriptions_.find(due->second);
        if (!s) continue;
        s->timer = TimerId::none;
        if (s->deactivated || s->expires <= now) {
            Notify notify =
                make_notify(*s, s->deactivated ? "terminated;reason=deactivated" : "terminated;reason=timeout");
            notify.last = true;
            erase(*s);
            return notify;
        }
        if (s->due != 0 && !s->under_way && s->not_before <= now) {
            // Rounded up, so that it is never told to live shorter than it does.
            const auto left = std::chrono::ceil<std::chrono::seconds>(s->expires - now);
            Notify notify = make_notify(*s, "active;expires=" + std::to_string(left.count()));
            s->not_before = s->due != 0 ? now : now + policy_.interval;
            wake(*s);
            return notify;
        }
        wake(*s);
    }
    return std::nullopt;
}

Notify Notifier::make_notify(Subscription& s, std::string_view state) {
    Notify notify;
    notify.subscription = s.id;
    notify.resource = s.resource;
    notify.watcher = s.watcher;
    notify.package = s.package;
    while (s.due != 0 && (s.due >> notify.document & 1u) == 0) ++notify.document;
    s.due &= ~(1u << notify.document);
    notify.version = s.version++;
    notify.flow = s.flow;
    if (const auto watched = sip::parse_name_addr(s.dialog.local_party)) notify.entity = watched->uri_text;
    notify.uri = sip::append_route(s.dialog, notify.header_lines);
    sip::MessageWriter writer(notify.header_lines);
    writer.header("Max-Forwards", 70)
        .header("From", s.dialog.local_party)
        .header("To", s.dialog.remote_party)
        .header("Call-ID", s.dialog.call_id)
        .header("CSeq", ++s.dialog.local_cseq, " NOTIFY");
    if (s.event_id.empty())
        writer.header("Event", to_string(s.package));
    else
        writer.header("Event", to_string(s.package), ";id=", s.event_id);
    writer.header("Subscription-State", state);
    return notify;
}

void Notifier::sent(SubscriptionId subscription, std::optional<sip::ClientTx> tx, Timestamp now) {
    Subscription* s = subscriptions_.find(subscription);
    if (!s) return;  // that was its last
    if (tx) {
        s->under_way = tx;
        under_way_[*tx] = subscription;
    } else {
        s->due = all_documents(s->package);
        s->not_before = now + kRetry;
    }
    wake(*s);
}

bool Notifier::answered(sip::ClientTx tx, const sip::Message* response, Timestamp now) {
    const auto found = under_way_.find(tx);
    if (found == under_way_.end()) return false;
    Subscription* s = subscriptions_.find(found->second);
    under_way_.erase(found);
    if (!s) return true;
    s->under_way.reset();
    if (!response) {  // RFC 6665 §4.2.2: Timer F, or nobody there
        erase(*s);
    } else if (response->status() < 300) {
        wake(*s);
    } else if (const auto wait = told_to_wait(*response)) {
        s->due = all_documents(s->package);
        s->not_before = now + *wait;
        wake(*s);
    } else {
        erase(*s);
    }
    return true;
}

// ---- the end -----------------------------------------------------------------------------------------------------

void Notifier::dismiss(WatcherId watcher, Timestamp now) {
    const auto own = by_watcher_.find(watcher);
    if (own == by_watcher_.end()) return;
    for (const SubscriptionId id : own->second) end(*subscriptions_.find(id), now);
}

void Notifier::shut_down(Timestamp now) {
    subscriptions_.for_each([&](SubscriptionId, Subscription& s) { end(s, now); });
}

void Notifier::end(Subscription& s, Timestamp now) {
    s.deactivated = true;
    s.expires = now;
    wake(s);
}

void Notifier::connection_closed(std::uint64_t connection) {
    const auto over = by_connection_.find(connection);
    if (over == by_connection_.end()) return;
    const std::vector<SubscriptionId> lost(over->second.begin(), over->second.end());
    for (const SubscriptionId id : lost) erase(*subscriptions_.find(id));
}

// ---- the table ---------------------------------------------------------------------------------------------------

void Notifier::insert(Subscription subscription) {
    const SubscriptionId id = subscriptions_.emplace(std::move(subscription));
    Subscription& s = *subscriptions_.find(id);
    s.id = id;
    by_tag_[s.dialog.local_tag] = id;
    by_resource_[s.resource].insert(id);
    by_watcher_[s.watcher].insert(id);
    if (s.flow.connection != 0) by_connection_[s.flow.connection].insert(id);
    wake(s);
}

void Notifier::erase(const Subscription& subscription) {
    Subscription& s = *subscriptions_.find(subscription.id);
    timers_.cancel(s.timer);
    if (s.under_way) under_way_.erase(*s.under_way);
    by_tag_.erase(s.dialog.local_tag);
    remove(by_resource_, s.resource, s.id);
    remove(by_watcher_, s.watcher, s.id);
    remove(by_connection_, s.flow.connection, s.id);
    subscriptions_.erase(s.id);
}

void Notifier::replace_older(const Subscription& fresh) {
    const auto own = by_watcher_.find(fresh.watcher);
    if (own == by_watcher_.end()) return;
    for (const SubscriptionId id : own->second) {
        const Subscription& s = *subscriptions_.find(id);
        if (s.resource != fresh.resource || s.package != fresh.package || s.event_id != fresh.event_id ||
            s.dialog.remote_target != fresh.dialog.remote_target)
            continue;
        erase(s);
        return;
    }
}

void Notifier::move(Subscription& s, const sip::Flow& flow) {
    if (s.flow.connection != flow.connection) {
        remove(by_connection_, s.flow.connection, s.id);
        if (flow.connection != 0) by_connection_[flow.connection].insert(s.id);
    }
    s.flow = flow;
}

/// Sets the timer to what comes first: the next NOTIFY or the end.
void Notifier::wake(Subscription& s) {
    Timestamp at = s.expires;
    if (s.due != 0 && !s.under_way) at = std::min(at, s.not_before);
    timers_.cancel(s.timer);
    s.timer = timers_.schedule(at, s.id);
}

}  // namespace centrala::presence
