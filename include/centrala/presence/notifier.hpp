// The notifier of event subscriptions (RFC 6665), sans-I/O: it owns the subscriptions' dialogs and timers and says when
// which of them is due for a NOTIFY. What the documents say, and who may subscribe to what, is its user's matter.
#pragma once

#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <unordered_map>

#include "centrala/base/random.hpp"
#include "centrala/base/slot_map.hpp"
#include "centrala/base/time.hpp"
#include "centrala/base/timer_queue.hpp"
#include "centrala/presence/package.hpp"
#include "centrala/sip/dialog.hpp"
#include "centrala/sip/flow.hpp"
#include "centrala/sip/transaction.hpp"

namespace centrala::presence {

enum class SubscriptionId : std::uint64_t {};
enum class ResourceId : std::uint64_t {};  ///< what is watched; the user gives the numbers
enum class WatcherId : std::uint32_t {};   ///< who watches; likewise

struct Policy {
    Lifetimes expires;
    std::size_t subscriptions_max = 20'000;  ///< past it 503 with Retry-After
    std::size_t per_watcher_max = 200;       ///< past it 403
    Duration interval = 1s;  ///< between two NOTIFYs of one subscription, unless the subscriber asks itself
};

/// Answer to a SUBSCRIBE: the user adds our Contact to a 200.
struct Answer {
    int status = 200;
    std::string to_tag;        ///< of the dialog that a 200 opens; "" else
    std::string header_lines;  ///< complete lines
};

/// A NOTIFY to be sent now: the user adds our Contact and the document, and tells by sent() which transaction it is.
struct Notify {
    SubscriptionId subscription{};
    ResourceId resource{};
    WatcherId watcher{};
    Package package{};
    unsigned document = 0;      ///< which of documents(package)
    std::uint32_t version = 0;  ///< counts the documents of this subscription from 0 (RFC 4235 §4.1)
    bool last = false;          ///< the subscription is gone already
    std::string entity;         ///< the URI watched, as the subscriber wrote it
    std::string uri, header_lines;
    sip::Flow flow;  ///< where the last SUBSCRIBE came from, whatever its Contact says (symmetric NAT)
};

/// At most one NOTIFY of a subscription is under way; what changes meanwhile is told by the next, as it is then. So the
/// latest state is never lost and never overtaken.
class Notifier {
public:
    Notifier(Policy policy, RandomSource& random);

    /// A SUBSCRIBE without To tag. Makes the subscription (or, with Expires 0, a single NOTIFY) unless it is refused. A
    /// phone that has restarted and begins anew from the same Contact replaces what it had.
    Answer subscribe(const sip::Message& request, const sip::Flow& flow, WatcherId watcher, ResourceId resource,
                     Timestamp now);
    /// A SUBSCRIBE with To tag: prolongs or (Expires 0) ends it; 481 if there is none.
    Answer refresh(const sip::Message& request, const sip::Flow& flow, WatcherId watcher, Timestamp now);
    /// What that dialog watches; nullopt if the request belongs to no subscription.
    [[nodiscard]] std::optional<ResourceId> resource_of(const sip::Message& request) const;

    /// The state of a resource has changed, as far as those packages show it. Costs O(its watchers).
    void changed(ResourceId resource, PackageSet packages);
    [[nodiscard]] bool watched(ResourceId resource) const { return by_resource_.contains(resource); }

    /// The next NOTIFY that is due: repeat until nullopt.
    std::optional<Notify> next(Timestamp now);
    [[nodiscard]] std::optional<Timestamp> deadline() const { return timers_.next(); }
    /// The transaction of what next() gave; nullopt: there was no room for one, it is tried again.
    void sent(SubscriptionId subscription, std::optional<sip::ClientTx> tx, Timestamp now);
    /// The answer to a NOTIFY; null after a timeout or transport error. False: not one of ours.
    bool answered(sip::ClientTx tx, const sip::Message* response, Timestamp now);

    /// All that watcher's subscriptions end: "deactivated", so that a phone that lives after all comes back.
    void dismiss(WatcherId watcher, Timestamp now);
    /// Everybody's, likewise.
    void shut_down(Timestamp now);
    /// A connection is gone, and with it the subscriptions that only it could reach.
    void connection_closed(std::uint64_t connection);
    [[nodiscard]] bool uses(std::uint64_t connection) const { return by_connection_.contains(connection); }
    [[nodiscard]] std::size_t size() const { return subscriptions_.size(); }

private:
    struct Subscription {
        SubscriptionId id{};
        sip::Dialog dialog;
        sip::Flow flow;
        Package package{};
        std::string event_id;
        ResourceId resource{};
        WatcherId watcher{};
        Timestamp expires{};
        Timestamp not_before{};  ///< of the next NOTIFY
        unsigned due = 0;        ///< documents to be sent, one bit each
        std::uint32_t version = 0;
        std::optional<sip::ClientTx> under_way;
        bool deactivated = false;
        TimerId timer = TimerId::none;
    };
    Subscription* find(const sip::Message& request);
    void insert(Subscription subscription);
    void erase(const Subscription& subscription);
    void replace_older(const Subscription& fresh);
    void move(Subscription& subscription, const sip::Flow& flow);
    void wake(Subscription& subscription);
    void end(Subscription& subscription, Timestamp now);
    Notify make_notify(Subscription& subscription, std::string_view state);

    Policy policy_;
    RandomSource& random_;
    SlotMap<SubscriptionId, Subscription> subscriptions_;
    std::unordered_map<std::string, SubscriptionId> by_tag_;  ///< our tag
    std::unordered_map<ResourceId, std::set<SubscriptionId>> by_resource_;
    std::unordered_map<WatcherId, std::set<SubscriptionId>> by_watcher_;
    std::unordered_map<std::uint64_t, std::set<SubscriptionId>> by_connection_;
    std::unordered_map<sip::ClientTx, SubscriptionId> under_way_;
    TimerQueue<SubscriptionId> timers_;
};

}  // namespace centrala::presence
