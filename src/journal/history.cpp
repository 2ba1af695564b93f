// Follows every contact and every agent through the log. The first reading collects names, so that the second can read
// events without the configuration that they were written under.
#include "centrala/journal/history.hpp"

#include <algorithm>
#include <set>
#include <unordered_map>

#include "centrala/journal/files.hpp"
#include "centrala/routing/state.hpp"
#include "journal/lines.hpp"
#include "journal/parse.hpp"
#include "journal/reader.hpp"

namespace centrala::journal {
namespace {

namespace event = routing::event;
using routing::AgentState;

constexpr std::size_t kVisitsMax = 20'000'000;

/// Of agents, queues and entry points, each in order of the alphabet.
class NameCollector {
public:
    void line(const Record& record) {
        if (record.seq == 0) return;
        any_ = true;
        add(record.json, "agent", agents_);
        add(record.json, "target_agent", agents_);
        add(record.json, "advised_agent", agents_);
        add(record.json, "queue", queues_);
        add(record.json, "advised_queue", queues_);
        add(record.json, "entry_point", entry_points_);
        for (const char* key : {"from", "to"}) add_holder(record.json, key);
        add(record.json, "skill", skills_);
    }
    [[nodiscard]] bool any() const { return any_; }
    [[nodiscard]] routing::Plan plan() const {
        routing::Plan plan;
        for (const auto& name : skills_) plan.skills.push_back({name});
        for (const auto& name : queues_) plan.queues.emplace_back().name = name;
        for (const auto& name : agents_) plan.agents.emplace_back().name = name;
        for (const auto& name : entry_points_) plan.entry_points.emplace_back().name = name;
        return plan;
    }

private:
    static void add(const nlohmann::json& json, const char* key, std::set<std::string>& into) {
        if (const auto found = json.find(key); found != json.end() && found->is_string())
            into.insert(found->get_ref<const std::string&>());
    }
    void add_holder(const nlohmann::json& json, const char* key) {
        constexpr std::string_view kPrefix = "queue:";
        if (const auto found = json.find(key); found != json.end() && found->is_string())
            if (const auto& text = found->get_ref<const std::string&>(); text.starts_with(kPrefix))
                queues_.insert(text.substr(kPrefix.size()));
    }

    bool any_ = false;
    std::set<std::string> agents_, queues_, entry_points_, skills_;
};

/// Adds up the stretches in which something holds.
class Stretches {
public:
    explicit Stretches(std::vector<Stretch>& into) : into_(into) {}
    void set(bool holds, Timestamp now) {
        if (holds && !since_) since_ = now;
        if (holds || !since_) return;
        if (now > *since_) into_.push_back({*since_, now});
        since_.reset();
    }

private:
    std::vector<Stretch>& into_;
    std::optional<Timestamp> since_;
};

class AgentFollower {
public:
    explicit AgentFollower(AgentHistory& history)
        : history_(history), logged_in_(history.logged_in), away_(history.away) {}

    /// `other_call`: what it has begun to work on came from no queue, or before the log begins.
    void is(const routing::AgentFacts& facts, bool other_call, Timestamp now) {
        account(now);
        state_ = routing::displayed(facts);
        const bool in = facts.session == routing::Session::logged_in && !(facts.pending && facts.pending->logout);
        const auto intent = facts.pending ? facts.pending->intent : facts.intent;
        // What the configuration's rules have done they will do again, or other rules something else.
        const bool for_misses = is_not_ready_by(facts, routing::kNoAnswerReason);
        const bool by_rule = for_misses || is_not_ready_by(facts, routing::kRestReason);
        other_call_ = (other_call_ || other_call) && !facts.tasks.empty();
        logged_in_.set(in, now);
        away_.set(in && ((intent == routing::Intent::not_ready && !by_rule) || other_call_ ||
                         facts.device != routing::Device::registered || facts.other_use != routing::OtherUse::none),
                  now);
        if (missed_since_ && facts.intent == routing::Intent::ready)
            history_.back_after.push_back(now - *missed_since_);
        if (!for_misses)
            missed_since_.reset();
        else if (!missed_since_)
            missed_since_ = now;
    }
    void finish(Timestamp end) {
        account(end);
        logged_in_.set(false, end);
        away_.set(false, end);
    }

    /// What it talks to or wraps up, and since when, if that came from a queue.
    struct Handled {
        std::size_t visit = 0;
        std::optional<Timestamp> wraps_since;
    };
    std::map<routing::ContactId, Handled> in_hand;

private:
    static bool is_not_ready_by(const routing::AgentFacts& facts, std::string_view reason) {
        return !facts.pending && facts.intent == routing::Intent::not_ready && facts.reason == reason;
    }
    void account(Timestamp now) {
        if (state_ == AgentState::talking || state_ == AgentState::wrap_up) history_.busy += now - since_;
        if (state_ == AgentState::ready || state_ == AgentState::reserved) history_.free += now - since_;
        since_ = now;
    }

    AgentHistory& history_;
    Stretches logged_in_, away_;
    std::optional<Timestamp> missed_since_;  ///< not ready for missing calls
    bool other_call_ = false;
    AgentState state_ = AgentState::logged_out;
    Timestamp since_{};
};

class HistoryReader {
public:
    explicit HistoryReader(History& into) : history_(into), names_(into.names) {
        history_.agents.resize(history_.names.agents.size());
        agents_.reserve(history_.agents.size());
        for (AgentHistory& agent : history_.agents) agents_.emplace_back(agent);
    }

    void line(std::string_view text) {
        const Record record = parse(text, names_);
        if (record.seq == 0 || record.kind == Parsed::malformed || record.kind == Parsed::unknown_name) {
            ++history_.skipped;
            return;
        }
        now_ = std::max(record.event.at, now_);  // whoever edits a log may not turn back time
        if (history_.begin == Timestamp{}) history_.begin = now_;
        history_.end = now_;
        if (record.kind == Parsed::event)
            std::visit([&](const auto& e) { see(e); }, record.event.body);
        else if (record.type == "agent.snapshot")
            see_snapshot(record);
    }
    [[nodiscard]] bool too_many() const { return history_.visits.size() > kVisitsMax; }

    void finish() {
        for (auto& [contact, call] : calls_) {
            Visit& v = history_.visits[call.visit];
            v.talked.reset();
            if (v.ending != Visit::Ending::answered) v.waited = now_ - v.came;
        }
        for (AgentFollower& agent : agents_) agent.finish(now_);
        // What never was routing's to decide.
        std::erase_if(history_.visits, [](const Visit& v) { return !v.entry_point && !v.queue; });
    }

private:
    struct Call {
        std::size_t visit = 0;
        std::optional<Timestamp> talks_since;
    };

    Call* find(routing::ContactId contact) {
        const auto found = calls_.find(contact);
        return found == calls_.end() ? nullptr : &found->second;
    }
    Visit& visit(const Call& call) { return history_.visits[call.visit]; }
    void begins(routing::ContactId contact, Visit visit) {
        calls_[contact] = {history_.visits.size(), {}};
        visit.came = now_;
        history_.visits.push_back(std::move(visit));
    }
    void ends(routing::ContactId contact, Visit::Ending ending) {
        Call* const call = find(contact);
        if (!call) return;
        stops_talking(*call);
        if (Visit& v = visit(*call); v.ending != Visit::Ending::answered) {
            v.ending = ending;
            v.waited = now_ - v.came;
        }
        calls_.erase(contact);
    }
    void stops_talking(Call& call) {
        if (!call.talks_since) return;
        Visit& v = visit(call);
        v.talked = v.talked.value_or(Duration{}) + (now_ - *call.talks_since);
        call.talks_since.reset();
    }

    void see(const event::ContactArrived& e) {
        if (!e.entry_point) return;
        Visit v;
        v.entry_point = e.entry_point;
        if (!e.withheld) v.caller = e.caller;
        v.internal = e.internal;
        v.advice = e.advice;
        begins(e.contact, std::move(v));
    }
    void see(const event::ContactRefused& e) {
        using routing::Refusal;
        Call* const call = find(e.contact);
        if (!call) return;
        switch (e.cause) {
            case Refusal::closed:
            case Refusal::queue_full:
            case Refusal::no_agent:
            case Refusal::blocked: visit(*call).queue = e.queue; break;
            default: visit(*call).entry_point.reset();
        }
        ends(e.contact, Visit::Ending::refused);
    }
    void see(const event::ContactEnqueued& e) {
        if (const Call* call = find(e.contact)) visit(*call).queue = e.queue;
    }
    void see(const event::ContactConnected& e) {
        AgentFollower& agent = agents_[routing::index(e.agent)];
        agent.in_hand.erase(e.contact);
        history_.agents[routing::index(e.agent)].rang.push_back(std::max(e.rang, Duration{}));
        Call* const call = find(e.contact);
        if (!call) return;
        agent.in_hand[e.contact] = {call->visit, {}};
        call->talks_since = now_;
        Visit& v = visit(*call);
        if (v.ending == Visit::Ending::answered) return;  // rescued
        v.ending = Visit::Ending::answered;
        v.waited = now_ - v.came;
    }
    void see(const event::ContactRescued& e) {
        if (Call* call = find(e.contact)) stops_talking(*call);
    }
    void see(const event::ContactTransferred& e) {
        Visit again;
        if (const Call* call = find(e.contact)) {
            again.caller = visit(*call).caller;
            again.internal = visit(*call).internal;
        }
        ends(e.contact, Visit::Ending::cut_off);
        if (e.target != routing::TransferTarget::queue) return;
        again.queue = e.queue;
        begins(e.contact, std::move(again));
    }
    void see(const event::ContactAbandoned& e) { ends(e.contact, Visit::Ending::abandoned); }
    void see(const event::ContactEnded& e) {
        ends(e.contact, e.cause == routing::EndCause::max_wait ? Visit::Ending::sent_away : Visit::Ending::cut_off);
    }
    /// Talks to whom no queue has sent, as far as the log goes back.
    bool talks_to_unknown(const routing::AgentFacts& facts) {
        return std::any_of(facts.tasks.begin(), facts.tasks.end(), [&](const routing::Task& task) {
            return (task.work == routing::Work::connected || task.work == routing::Work::held) && !find(task.contact);
        });
    }
    void see(const event::AgentChanged& e) {
        AgentFollower& agent = agents_[routing::index(e.agent)];
        agent.is(e.facts, e.cause == "transfer.received" || talks_to_unknown(e.facts), now_);
        for (auto it = agent.in_hand.begin(); it != agent.in_hand.end();) {
            AgentFollower::Handled& handled = it->second;
            const routing::Task* task = e.facts.task(it->first);
            if (task && task->work == routing::Work::wrapping && !handled.wraps_since) handled.wraps_since = now_;
            if (!task && handled.wraps_since && e.cause != "wrap_up.expired" && e.cause != "restart")
                history_.visits[handled.visit].wrapped = now_ - *handled.wraps_since;
            it = task ? std::next(it) : agent.in_hand.erase(it);
        }
    }
    void see(const event::OfferEnded& e) {
        AgentHistory& agent = history_.agents[routing::index(e.agent)];
        if (e.outcome == routing::Outcome::no_answer) ++agent.missed;
        if (e.outcome == routing::Outcome::rejected) ++agent.rejected;
    }
    void see(const event::AgentSkillChanged& e) {
        if (e.actor == routing::Actor::supervisor)
            history_.agents[routing::index(e.agent)].skills_set.push_back({now_, e.skill, e.to});
    }
    /// Of the rest nothing is needed.
    template <class Other>
    void see(const Other&) {}

    void see_snapshot(const Record& record) {
        Reader reader(record.json, names_);
        const auto agent = reader.agent();
        const auto facts = reader.facts();
        if (reader.well_formed() && reader.all_known())
            agents_[routing::index(agent)].is(facts, talks_to_unknown(facts), now_);
    }

    History& history_;
    Names names_;
    Timestamp now_{};
    std::unordered_map<routing::ContactId, Call> calls_;
    std::vector<AgentFollower> agents_;
};

}  // namespace

Result<History> read_history(const std::vector<std::string>& paths) {
    const auto ordered = in_order(paths);
    if (!ordered) return ordered.error();
    NameCollector collector;
    const Names no_names{routing::Plan{}};
    for (const std::string& path : *ordered) {
        const auto names = for_each_line(path, [&](std::string_view line) {
            collector.line(parse(line, no_names));
            return true;
        });
        if (!names) return names.error();
    }
    if (!collector.any()) return Error{ordered->front() + ": is not an event log"};
    History history;
    history.names = collector.plan();
    HistoryReader reader(history);
    for (const std::string& path : *ordered) {
        const auto events = for_each_line(path, [&](std::string_view line) {
            reader.line(line);
            return !reader.too_many();
        });
        if (!events) return events.error();
        if (reader.too_many()) return Error{path + ": more than " + std::to_string(kVisitsMax) + " calls"};
    }
    reader.finish();
    return history;
}

}  // namespace centrala::journal
