// Independent checks of routing: what must hold after every step, and a slow, obvious model that predicts every offer.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <vector>

#include "centrala/routing/core.hpp"
#include "centrala/routing/explain.hpp"

namespace centrala::routing::testing {

/// Folds the events on its own and compares. Every function returns what is wrong, or nothing.
class Checker {
public:
    explicit Checker(std::shared_ptr<const Plan> plan) : plan_(std::move(plan)), shadow_(*plan_) {}

    /// The events of one step in order: hand-off chains, offers' outcomes, idle clocks, and the model's prediction of
    /// each offer.
    std::string events(std::span<const Event> events);
    /// What must hold between steps.
    std::string state(const State& state) const;
    /// The events folded so far give this very state.
    std::string fold(const State& state);

private:
    struct Prediction {
        ContactId contact{};
        AgentId agent{};
        std::uint32_t candidates = 0;
    };
    std::string event(const Event& event);
    std::string hand_off(const Event& event);
    std::string relaxation(const event::ContactRelaxed& relaxed, Timestamp at) const;
    std::string entry_point(const Event& event) const;
    [[nodiscard]] bool lets_in(QueueId queue) const;
    [[nodiscard]] std::string priority(const Event& event) const;
    [[nodiscard]] std::string wanted(const Event& event) const;
    void remember(const Event& event);
    std::string idle_clock(const Event& event) const;
    std::string offer(const Event& event);
    [[nodiscard]] std::string explanation(const event::OfferMade& offer, const ContactRecord& contact,
                                          Timestamp at) const;
    [[nodiscard]] std::string direct_offer(const event::OfferMade& offer, Timestamp at) const;
    [[nodiscard]] std::optional<Prediction> predict(Timestamp at) const;
    [[nodiscard]] AgentId pick(const ContactRecord& contact, const std::vector<AgentId>& from, Timestamp at) const;

    std::string holders(const State& state) const;
    std::string deadlines(const State& state) const;
    std::string nobody_waits_in_vain(const State& state) const;
    std::string rest(const Event& event);
    std::string estimate(const Event& event);
    std::string waits(const State& state) const;
    bool can_overflow(const ContactRecord& contact) const;
    void wait_ended(const Event& event);
    std::string service(const State& state) const;
    std::string accounts(const State& state) const;
    std::string times(const State& state) const;
    std::string index_says_what_facts_say(const State& state) const;
    std::string bench(const State& state, QueueId queue, std::size_t step) const;
    std::string deserted(const State& state) const;

    std::shared_ptr<const Plan> plan_;
    State shadow_;
    std::map<ContactId, std::string> holder_;                      ///< alive contacts
    std::map<ContactId, Duration> waited_;                         ///< never falls
    std::map<ContactId, std::string> callers_;                     ///< of those who may be remembered
    std::map<std::string, std::pair<Timestamp, AgentId>> talked_;  ///< when and to whom a caller talked last
    std::set<OfferId> live_offers_;
    /// Of agents who may have pauses: when their calls began since the last one, and when they last had none in hand.
    struct Pace {
        std::vector<Timestamp> began;
        std::optional<Timestamp> ended;
    };
    std::map<AgentId, Pace> paces_;
    std::uint64_t last_contact_ = 0, last_offer_ = 0;
    /// What contacts in line were told, in seconds; and of each queue, by how much that was wrong.
    struct Told {
        double expected = 0, p80 = 0;
    };
    struct Wrong {
        double calls = 0, sum = 0, absolute = 0, squares = 0, covered = 0;
    };
    std::map<ContactId, Told> told_;
    std::map<QueueId, Wrong> wrong_;
    /// Every wait that ended.
    struct Ended {
        Timestamp at;
        QueueId queue{};
        ServiceCounts counts;
    };
    std::vector<Ended> ended_;
    mutable std::pair<std::size_t, Timestamp>
        counted_;  ///< how many of them service() has counted, and in which minute
};

/// May be offered this contact, as the facts say.
bool may_take(const State& state, const Plan& plan, AgentId agent, const ContactRecord& contact, Timestamp at);

}  // namespace centrala::routing::testing
