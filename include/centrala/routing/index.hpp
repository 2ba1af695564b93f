// What makes matching cheap: agents grouped by what they may serve, with the available ones in order.
// Derived from the agents' facts by apply(); nothing in here says anything that the facts don't.
#pragma once

#include <algorithm>
#include <array>
#include <compare>
#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <utility>
#include <vector>

#include "centrala/base/few.hpp"
#include "centrala/base/ordered.hpp"
#include "centrala/base/time.hpp"
#include "centrala/routing/agent.hpp"
#include "centrala/routing/ids.hpp"
#include "centrala/routing/plan.hpp"

namespace centrala::routing {

/// A queue that a group of agents may serve, as it is asked for at a step of its relaxation. `rank`: how the queue
/// ranks the group, smaller first (strategies.hpp); 0 where it ranks agents by something else, so that agents who
/// differ only in what nobody looks at share a group.
struct Eligibility {
    QueueId queue{};
    std::uint16_t step = 0;
    Channel channel = Channel::voice;  ///< the queue's
    std::uint64_t rank = 0;
    auto operator<=>(const Eligibility&) const = default;
};

/// How an available agent stands in line for work: by what it has in hand, then longest idle, then the lower id.
struct IdleKey {
    /// Of who takes calls as well and has nothing in hand: chats go to whom they have already taken from the calls.
    static constexpr std::uint32_t kSpared = kChatsMax + 1;
    Timestamp idle_since{};
    AgentId agent{};
    std::uint32_t load = 0;  ///< chats in hand, or kSpared
    [[nodiscard]] bool engaged() const { return load > 0 && load != kSpared; }
    bool operator==(const IdleKey&) const = default;
    friend std::strong_ordering operator<=>(const IdleKey& a, const IdleKey& b) {
        if (a.load != b.load) [[unlikely]]
            return a.load <=> b.load;
        if (const auto order = a.idle_since <=> b.idle_since; order != 0) return order;
        return a.agent <=> b.agent;
    }
};

/// An agent's place in the plan's order.
struct TurnKey {
    std::uint32_t place = 0;
    AgentId agent{};
    auto operator<=>(const TurnKey&) const = default;
};

/// In order of QueueId, then step.
using Serves = Few<Eligibility, 4>;

/// All agents who may serve exactly the same queues, equally well.
struct Group {
    Serves serves;
    bool both = false;                             ///< whether it serves queues of calls and of chats
    std::uint32_t members = 0;                     ///< all, logged in or not
    std::uint32_t at_work = 0;                     ///< of these, those at_work()
    std::array<Ordered<IdleKey>, kChannels> idle;  ///< the available ones, by Channel
    bool operator==(const Group&) const = default;

    [[nodiscard]] const Ordered<IdleKey>& idle_for(Channel channel) const {
        return idle[static_cast<std::size_t>(channel)];
    }
};

/// The first of a group's available agents, as a queue ranks groups: by Eligibility::rank, then longest idle.
struct GroupHead {
    std::uint64_t rank = 0;
    IdleKey first;
    std::uint32_t group = 0;
    auto operator<=>(const GroupHead&) const = default;
};

/// The lists of a Bench that a strategy looks at.
enum class Listing : std::uint8_t { groups, in_turn, share, calls };

/// The view that a queue's calls at one step of its relaxation have of the agents who may take them.
struct Bench {
    std::uint32_t available = 0;  ///< agents who could take a call now
    std::uint32_t logged_in = 0;  ///< agents who could ever, as things stand
    std::uint32_t at_work = 0;    ///< of these, those at_work()
    bool operator==(const Bench&) const = default;
};

/// Those of a Bench who are available, in the lists that its queue's strategy looks at; the others stay empty.
struct BenchLists {
    Listing listing{};         ///< the strategy's
    Ordered<GroupHead> heads;  ///< groups that have somebody available
    Ordered<TurnKey> in_turn;
    Ordered<IdleKey> by_idle;
    Ordered<std::pair<std::uint32_t, IdleKey>> by_share;  ///< by occupancy as it was when they became available
    Ordered<std::pair<std::uint32_t, IdleKey>> by_calls;  ///< by calls taken in this session
    bool operator==(const BenchLists&) const = default;
};

/// An agent's place in the index.
struct Member {
    static constexpr std::uint32_t kNoGroup = ~std::uint32_t{0};
    struct Listed {
        std::optional<IdleKey> key;          ///< under which it stands in the sets
        std::uint32_t share = 0, calls = 0;  ///< likewise
        bool operator==(const Listed&) const = default;
    };
    std::uint32_t group = kNoGroup;
    bool at_work = false;
    std::uint8_t chats = 0;               ///< Agent::chats
    std::uint32_t place = 0;              ///< Agent::place
    Serves serves;                        ///< its group's
    std::array<Listed, kChannels> lists;  ///< by Channel
    bool operator==(const Member&) const = default;
};

/// Value type. Costs: an agent becoming available or not: O(log agents) + O(log groups) for each queue it serves. Who
/// becomes available last is put in the lists when somebody looks at them: where calls wait it gets the next before. So
/// no two threads may look at one at the same time.
class Index {
public:
    Index() = default;
    explicit Index(const Plan& plan);

    /// Puts an agent into the group that its skills and paces belong to, at first and after a change of skills. It must
    /// not be listed as available, nor be at work.
    void set_skills(const Plan& plan, AgentId agent, std::span<const SkillLevel> skills, bool logged_in);
    void set_logged_in(AgentId agent, bool logged_in);
    void set_at_work(AgentId agent, bool at_work);
    /// `share`: occupancy in parts per million at this moment. `calls`: taken in this session.
    void set_available(Channel channel, const IdleKey& key, std::uint32_t share, std::uint32_t calls);
    /// `tasks`: how many it has in hand.
    [[nodiscard]] IdleKey idle_key(AgentId agent, Channel channel, Timestamp idle_since, std::size_t tasks) const;
    void set_unavailable(Channel channel, AgentId agent);
    void set_unavailable(AgentId agent);  ///< for all channels

    /// none: it isn't available for contacts that come like this.
    [[nodiscard]] const std::optional<IdleKey>& listed(AgentId agent, Channel channel) const {
        return members_[index(agent)].lists[static_cast<std::size_t>(channel)].key;
    }
    [[nodiscard]] bool listed(AgentId agent) const {
        return std::ranges::any_of(members_[index(agent)].lists,
                                   [](const Member::Listed& l) { return l.key.has_value(); });
    }
    [[nodiscard]] const Member& member(AgentId agent) const { return members_[index(agent)]; }
    [[nodiscard]] const Serves& serves(AgentId agent) const { return members_[index(agent)].serves; }
    /// Agent::chats.
    [[nodiscard]] std::uint32_t chats(AgentId agent) const { return members_[index(agent)].chats; }
    [[nodiscard]] TurnKey turn_key(AgentId agent) const { return {members_[index(agent)].place, agent}; }
    [[nodiscard]] bool at_work(AgentId agent) const { return members_[index(agent)].at_work; }
    [[nodiscard]] std::uint32_t all_at_work() const { return all_at_work_; }
    [[nodiscard]] std::uint32_t all_available(Channel channel) const {
        return all_available_[static_cast<std::size_t>(channel)];
    }
    [[nodiscard]] const Bench& bench(QueueId queue, std::size_t step = 0) const { return benches_[index(queue)][step]; }
    /// After all relaxation.
    [[nodiscard]] const Bench& last_bench(QueueId queue) const { return benches_[index(queue)].back(); }
    [[nodiscard]] const BenchLists& lists(QueueId queue, std::size_t step) const {
        enlist_last();
        return lists_[index(queue)][step];
    }
    /// Who could take that queue's calls at that step now, if that is one alone and known without a look at the lists.
    [[nodiscard]] std::optional<AgentId> only_available(QueueId queue, std::size_t step) const;
    [[nodiscard]] const Group& group_of(AgentId agent) const { return group(members_[index(agent)].group); }
    [[nodiscard]] std::uint32_t group_number(AgentId agent) const { return members_[index(agent)].group; }
    [[nodiscard]] const Group& group(std::uint32_t number) const {
        enlist_last();
        return groups_[number];
    }
    [[nodiscard]] std::size_t groups() const { return numbers_.size(); }
    [[nodiscard]] bool serves(AgentId agent, QueueId queue, std::size_t step = 0) const;

    bool operator==(const Index& other) const;

private:
    struct Last {
        AgentId agent{};
        Channel channel{};
        bool operator==(const Last&) const = default;
    };
    /// Whoever is available but isn't in the lists yet.
    void enlist_last() const {
        if (last_) enlist(*std::exchange(last_, std::nullopt));
    }
    void enlist(const Last& who) const;
    void strike(const Last& who);
    std::uint32_t group_for(std::vector<Eligibility> serves);
    void leave_group(AgentId agent, bool logged_in);
    void move_head(Channel channel, std::uint32_t group, std::optional<IdleKey> before,
                   std::optional<IdleKey> after) const;

    std::vector<Member> members_;  ///< by AgentId
    std::uint32_t all_at_work_ = 0;
    std::array<std::uint32_t, kChannels> all_available_{};       ///< by Channel
    std::vector<std::vector<Bench>> benches_;                    ///< by QueueId and step
    std::vector<std::uint32_t> free_;                            ///< groups without members, to be used again
    std::map<std::vector<Eligibility>, std::uint32_t> numbers_;  ///< groups with members
    // What enlist_last() brings up to date: Group::idle and the lists.
    mutable std::vector<Group> groups_;
    mutable std::vector<std::vector<BenchLists>> lists_;  ///< by QueueId and step
    mutable std::optional<Last> last_;
};

/// Sum of an agent's levels in the skills that a queue requires at a step, the highest where it meets several of its
/// requirements; nullopt: it may not take the call. `skills`: its present ones, in order of SkillId.
[[nodiscard]] std::optional<std::uint32_t> level_for(const Plan& plan, QueueId queue, std::size_t step, AgentId agent,
                                                     std::span<const SkillLevel> skills);

}  // namespace centrala::routing
