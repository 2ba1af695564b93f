// Decider: from what happened to the events that say so. Reads State, changes it only by applying what it emits.
#pragma once

#include <algorithm>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include "call_order.hpp"
#include "centrala/routing/core.hpp"
#include "centrala/routing/input.hpp"
#include "centrala/routing/state.hpp"

namespace centrala::routing {

/// A phone is given at least this long, whatever the configuration says: an offer that ends as it is made would loop.
inline constexpr Duration kRingMin = 1s;
/// Likewise a refusal, a busy phone and an unreachable one are remembered at least this long, lest a phone that
/// declines everything at once is rung without pause.
inline constexpr Duration kRestMin = 1s;
inline constexpr Duration kWrapUpMax = 24h;
inline constexpr std::size_t kCodeMax = 64;  ///< characters of a reason or a disposition

class Decider {
public:
    Decider(State& state, const Plan& plan, std::vector<Event>& out, MatchScratch& scratch)
        : s_(state),
          plan_(plan),
          out_(out),
          open_contacts_(scratch.contacts),
          open_agents_(scratch.agents),
          open_queues_(scratch.queues),
          held_(scratch.held),
          stuck_(scratch.stuck) {}

    /// Everything due at `now` or before, each at its own time, with the matching that follows from it.
    void expire(Timestamp now);
    Rejection decide(const Input& input, Timestamp now);
    void recover(Timestamp now, std::span<const ContactId> kept);

    // The inputs.
    Rejection on(const input::ContactArrives&);
    Rejection on(const input::CallerLeaves&);
    Rejection on(const input::ConversationEnds&);
    Rejection on(const input::ContactHolds&);
    Rejection on(const input::ContactResumes&);
    Rejection on(const input::AgentLegLost&);
    Rejection on(const input::TransferToQueue&);
    Rejection on(const input::TransferToAgent&);
    Rejection on(const input::TransferOutside&);
    Rejection on(const input::TransferJoins&);
    Rejection on(const input::TransferMerges&);
    Rejection on(const input::OutsideFails&);
    Rejection on(const input::OfferRings&);
    Rejection on(const input::OfferAccepted&);
    Rejection on(const input::OfferFailed&);
    Rejection on(const input::AgentLogsIn&);
    Rejection on(const input::AgentLogsOut&);
    Rejection on(const input::AgentGoesReady&);
    Rejection on(const input::AgentGoesNotReady&);
    Rejection on(const input::AgentEndsWrapUp&);
    Rejection on(const input::AgentExtendsWrapUp&);
    Rejection on(const input::AgentDisposes&);
    Rejection on(const input::AgentSkillSet&);
    Rejection on(const input::DeviceChanges&);
    Rejection on(const input::OtherUseChanges&);
    Rejection on(const input::EntryPointSet&);
    Rejection on(const input::PlanChanged&);
    Rejection on(const input::TimePasses&) { return Rejection::none; }

private:
    /// On its way: an agent as it is, to be altered and emitted, which says the rest.
    using Change = event::AgentChanged;
    [[nodiscard]] Change change(AgentId agent) const;
    void emit(Change&& change, std::string_view cause, Actor actor);
    template <class Body>
    void emit(Body&& body) {
        static_assert(!std::is_lvalue_reference_v<Body>);
        out_.emplace_back(at_, std::in_place_type<Body>, std::move(body));
        apply(s_, plan_, out_.back());
    }
    /// Out of its hands. When that was the last, what was pending takes effect.
    static void let_go(Change& change, ContactId contact);
    /// … after a conversation: the idle clock begins anew, and who has taken many calls in a row gets a pause.
    void work_over(Change& change, ContactId contact) const;
    [[nodiscard]] Channel channel_of(const ContactRecord& contact) const { return queue(contact.queue).channel; }
    [[nodiscard]] bool available(AgentId agent, Channel channel) const {
        return s_.index.listed(agent, channel).has_value();
    }
    /// The channels for which it is available, a bit for each.
    [[nodiscard]] unsigned open_to(AgentId agent) const;
    [[nodiscard]] bool wants_rest(AgentId agent) const;
    [[nodiscard]] std::optional<Timestamp> not_ready_until(AgentId agent, const AgentFacts& facts) const;
    /// Now, or when what is in hand is over, unless something else was asked for then.
    static void set_not_ready(Change& change, std::string_view reason);
    /// The contact that was offered to it, which must be returned().
    std::optional<ContactId> take_back_offer(Change& change);
    void log_out(Change& change) const;
    /// As an agent who is always logged in.
    void log_in_ready(Change& change) const;

    void offer_ended(const OfferRecord& offer, Outcome outcome, int sip_code);
    void offer_withdrawn(const OfferRecord& offer, Outcome outcome);
    void rescind(const OfferRecord& offer);
    void returned(ContactId contact);
    bool relax(const ContactRecord& contact);
    void wait_is_over(const ContactRecord& contact);
    bool overflow(const ContactRecord& contact, OverflowCause cause);
    void settle(ContactId contact);
    [[nodiscard]] bool deserted(QueueId queue) const;
    void leave_deserted();
    template <class Fits>
    [[nodiscard]] std::optional<QueueId> first_behind(QueueId queue, Fits fits) const;
    [[nodiscard]] bool has_room(QueueId queue) const {
        return s_.queues[index(queue)].line() < this->queue(queue).capacity;
    }
    void leave_while_waiting(const ContactRecord& contact, EndCause cause, const std::string& reason);
    [[nodiscard]] std::optional<QueueId> queue_behind(const ContactRecord& contact) const;
    [[nodiscard]] Advice possible(Advice advice, std::optional<EntryPointId> entry) const;
    [[nodiscard]] bool is_open(EntryPointId entry_point) const;
    [[nodiscard]] std::optional<Refusal> turned_away(QueueId queue) const;
    [[nodiscard]] event::ContactEnded ended(const ContactRecord& contact, std::optional<AgentId> agent, EndCause cause,
                                            Duration talked, std::string reason = {}) const;
    void end_conversation(const ContactRecord& contact, EndCause cause, const std::string& reason);
    void conversation_over(AgentId agent, ContactId contact, QueueId queue, std::string_view cause, Actor actor);
    void hand_over(event::ContactTransferred&& transfer);
    void receive(AgentId agent, ContactId contact, Actor actor, std::optional<ContactId> instead = {});
    [[nodiscard]] const ContactRecord* talking(ContactId contact) const;
    [[nodiscard]] event::ContactTransferred transfer(const ContactRecord& contact, Actor by) const;
    void end_wrap_up(AgentId agent, ContactId contact, std::string_view cause, Actor actor);
    Rejection end_wrap_ups(AgentId agent, Actor actor, std::optional<ContactId> only = {});
    void wrap_up_time_is_over(AgentId agent, ContactId contact);
    void device_time_is_over(AgentId agent);
    void not_ready_time_is_over(AgentId agent);
    void expire_one(const Deadline& deadline);

    // Calls that are kept for one agent (decide_wanted.cpp).
    [[nodiscard]] std::optional<Wanted> wanted_by_caller(const ContactRecord& contact, QueueId queue, bool open) const;
    [[nodiscard]] std::optional<ReleaseCause> in_vain(const ContactRecord& contact) const;
    bool release_if_in_vain(ContactId contact);
    void release_of_doubtful();

    // Breaks that are asked for (decide_breaks.cpp).
    [[nodiscard]] static bool may_ask(const AgentFacts& facts);
    [[nodiscard]] bool must_ask(const AgentFacts& facts, std::string_view reason) const;
    Rejection ask_for_break(Change&& change, const std::string& reason);
    void grant_breaks();
    void break_is_overdue(AgentId agent);

    // Matching (match.cpp).
    struct Choice {
        AgentId agent{};
        std::uint32_t candidates = 0;
        std::optional<AgentId> next{};  ///< whom the strategy would have chosen otherwise
        bool somebody_barred = false;   ///< of those whom the strategy looked at
    };
    // The agent is about to be free: ask for its memory, and then for that of those who may be next for it.
    void prefetch_agent(AgentId agent) const;
    void prefetch_next(AgentId agent) const;
    void match();
    void match_waiting(const Ranking& ranking);
    void reopen_held(const Ranking& ranking);
    void close_spent();
    [[nodiscard]] bool anybody_for(const ContactRecord& contact) const;
    [[nodiscard]] bool takeable(const ContactRecord& contact);
    [[nodiscard]] std::optional<CallRank> next_of_contacts(const Ranking& ranking);
    [[nodiscard]] std::optional<CallRank> next_of_heads(const Ranking& ranking);
    [[nodiscard]] std::optional<CallRank> next_to_join(const Ranking& ranking);
    [[nodiscard]] const Ordered<WaitKey>& line(QueueId queue, std::size_t step) const {
        return s_.queues[index(queue)].lines[step];
    }
    [[nodiscard]] std::optional<CallRank> next_contact_for(AgentId agent, const Ranking& ranking);
    [[nodiscard]] std::optional<Choice> choose_agent(const ContactRecord& contact);
    [[nodiscard]] std::optional<event::PassedOver> passed_over(const ContactRecord& contact) const;
    void make_offer(const ContactRecord& contact, const Choice& choice, bool direct);

    [[nodiscard]] Timestamp rested() const { return at_ + std::max(plan_.probe_interval, kRestMin); }
    [[nodiscard]] bool known(AgentId agent) const { return index(agent) < plan_.agents.size(); }
    [[nodiscard]] const AgentRecord& record(AgentId agent) const { return s_.agents[index(agent)]; }
    [[nodiscard]] const Queue& queue(QueueId id) const { return plan_.queues[index(id)]; }

    State& s_;
    const Plan& plan_;
    std::vector<Event>& out_;
    std::vector<ContactId>& open_contacts_;  ///< may have become matchable in this turn
    std::vector<AgentId>& open_agents_;      ///< became available in this turn
    std::vector<QueueId>& open_queues_;      ///< see MatchScratch
    std::set<QueueId>& held_;                ///< see MatchScratch
    std::set<QueueId>& stuck_;               ///< see MatchScratch
    std::vector<AgentId> doubtful_;          ///< wanted by contacts, and changed in this turn
    bool agents_left_ = false;               ///< in this turn, or skills of theirs did
    Timestamp at_{};
};

}  // namespace centrala::routing
