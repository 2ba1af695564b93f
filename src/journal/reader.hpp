// Takes a record's fields apart, believing nothing.
#pragma once

#include <charconv>
#include <cmath>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include <nlohmann/json.hpp>

#include "centrala/routing/event.hpp"
#include "journal/line.hpp"
#include "journal/parse.hpp"

namespace centrala::journal {

/// A letter and a number: c17, o23.
[[nodiscard]] inline std::optional<std::uint64_t> read_id(std::string_view text, char letter) {
    std::uint64_t number = 0;
    if (text.size() < 2 || text.front() != letter) return std::nullopt;
    const auto [end, failed] = std::from_chars(text.data() + 1, text.data() + text.size(), number);
    if (failed != std::errc{} || end != text.data() + text.size()) return std::nullopt;
    return number;
}

/// Takes fields out of one object and remembers whether one was missing or wrong, or named what the plan doesn't have.
class Reader {
public:
    Reader(const nlohmann::json& object, const Names& names) : object_(object), names_(names) {}
    [[nodiscard]] bool well_formed() const { return well_formed_; }
    [[nodiscard]] bool all_known() const { return all_known_; }

    [[nodiscard]] bool has(const char* key) const { return object_.contains(key); }

    std::string_view view(const char* key) {
        const auto found = object_.find(key);
        if (found == object_.end() || !found->is_string()) return wrong(std::string_view{});
        return found->get_ref<const std::string&>();
    }
    std::string text(const char* key) { return std::string(view(key)); }
    std::string text_or_none(const char* key) { return has(key) ? text(key) : std::string(); }

    template <class Integer>
    Integer integer(const char* key) {
        const auto found = object_.find(key);
        if (found == object_.end() || !found->is_number_integer()) return wrong(Integer{});
        if (found->is_number_unsigned()) {
            const auto value = found->get<std::uint64_t>();
            return std::in_range<Integer>(value) ? static_cast<Integer>(value) : wrong(Integer{});
        }
        const auto value = found->get<std::int64_t>();
        return std::in_range<Integer>(value) ? static_cast<Integer>(value) : wrong(Integer{});
    }
    template <class Integer>
    Integer integer_or_zero(const char* key) {
        return has(key) ? integer<Integer>(key) : Integer{};
    }

    bool boolean_or_false(const char* key) {
        const auto found = object_.find(key);
        if (found == object_.end()) return false;
        return found->is_boolean() ? found->get<bool>() : wrong(false);
    }

    /// Exact to the microsecond up to 285 years: a double has 53 bits.
    Duration millis(const char* key) {
        const auto found = object_.find(key);
        if (found == object_.end() || !found->is_number()) return wrong(Duration{});
        const double us = found->get<double>() * 1000.0;
        if (!(std::abs(us) < 9e15)) return wrong(Duration{});
        return Duration{std::llround(us)};
    }
    Duration millis_or_zero(const char* key) { return has(key) ? millis(key) : Duration{}; }
    std::optional<Duration> millis_or_none(const char* key) {
        return has(key) ? std::optional(millis(key)) : std::nullopt;
    }
    Timestamp time(const char* key) {
        const auto at = read_time(view(key));
        return at ? *at : wrong(Timestamp{});
    }
    std::optional<Timestamp> time_or_none(const char* key) {
        return has(key) ? std::optional(time(key)) : std::nullopt;
    }

    template <class Id>
    Id id(const char* key, char letter) {
        const auto number = read_id(view(key), letter);
        return number ? Id{*number} : wrong(Id{});
    }
    routing::ContactId contact(const char* key = "contact") { return id<routing::ContactId>(key, 'c'); }
    routing::OfferId offer(const char* key = "offer") { return id<routing::OfferId>(key, 'o'); }

    routing::AgentId agent(const char* key = "agent") { return known(names_.agent(view(key))); }
    routing::QueueId queue(const char* key = "queue") { return known(names_.queue(view(key))); }
    routing::SkillId skill(const char* key) { return known(names_.skill(view(key))); }
    routing::EntryPointId entry_point(const char* key = "entry_point") { return known(names_.entry_point(view(key))); }
    /// None, too, if the plan has no agent of that name any more: it is only a wish.
    std::optional<routing::AgentId> agent_or_none(const char* key) {
        return has(key) ? names_.agent(view(key)) : std::nullopt;
    }
    /// None, too, if the plan has no list of that name any more: a call is a call without it.
    std::optional<routing::CallerListId> caller_list_or_none(const char* key) {
        return has(key) ? names_.caller_list(view(key)) : std::nullopt;
    }
    std::optional<routing::QueueId> queue_or_none(const char* key) {
        return has(key) ? names_.queue(view(key)) : std::nullopt;
    }
    /// Without whom and what the plan doesn't have any more: they are only wishes.
    routing::Advice advice() {
        routing::Advice a;
        a.priority = integer_or_zero<int>("advised_priority");
        a.queue = queue_or_none("advised_queue");
        const auto patience = millis_or_none("advised_patience_ms");
        if (const auto agent = agent_or_none("advised_agent"); agent && patience) a.wanted = {*agent, *patience};
        return a;
    }
    routing::QueueId queue_holder(const char* key) {
        auto text = view(key);
        constexpr std::string_view kPrefix = "queue:";
        if (!text.starts_with(kPrefix)) return wrong(routing::QueueId{});
        text.remove_prefix(kPrefix.size());
        return known(names_.queue(text));
    }

    /// The value whose to_string is the word; `last` is the enumeration's last.
    template <class Enum>
    Enum word(const char* key, Enum last) {
        const auto text = view(key);
        for (int i = 0; i <= static_cast<int>(last); ++i) {
            if (to_string(static_cast<Enum>(i)) == text) return static_cast<Enum>(i);
        }
        return wrong(Enum{});
    }

    routing::AgentFacts facts() {
        routing::AgentFacts f;
        f.session = word("session", routing::Session::logged_in);
        f.intent = word("intent", routing::Intent::ready);
        f.reason = text_or_none("reason");
        if (has("pending_intent")) {
            f.pending.emplace();
            f.pending->intent = word("pending_intent", routing::Intent::ready);
            f.pending->reason = text_or_none("pending_reason");
            f.pending->logout = boolean_or_false("pending_logout");
        }
        if (has("asked_at")) {
            f.asks.emplace();
            f.asks->reason = text("asked_reason");
            f.asks->asked_at = time("asked_at");
        }
        f.device = word("device", routing::Device::unreachable);
        f.tasks = tasks();
        if (has("other_use")) f.other_use = word("other_use", routing::OtherUse::non_acd_call);
        f.misses = integer_or_zero<std::uint32_t>("misses");
        return f;
    }
    /// What an agent has in hand. What no agent ever has, another order included, counts as malformed.
    routing::Tasks tasks() {
        routing::Tasks all;
        if (word("work", routing::Work::wrapping) == routing::Work::idle) return all;
        all.push_back(task());
        if (has("channel")) all.front().channel = word("channel", routing::Channel::chat);
        if (!has("beside")) return all;
        const nlohmann::json& beside = object_.at("beside");
        if (!beside.is_array() || beside.size() >= routing::kChatsMax) return wrong(all);
        for (const nlohmann::json& one : beside) {
            Reader r(one, names_);
            all.push_back(one.is_object() ? r.task() : wrong(routing::Task{}));
            all.back().channel = routing::Channel::chat;
            well_formed_ = well_formed_ && r.well_formed();
        }
        return routing::can_be_in_hand(all) ? all : wrong(all);
    }
    routing::Task task() {
        routing::Task t;
        t.contact = contact();
        t.work = word("work", routing::Work::wrapping);
        t.wrap_until = time_or_none("until");
        t.dispose_until = time_or_none("dispose_until");
        t.disposed = boolean_or_false("disposed");
        return t.wrap_until.has_value() == (t.work == routing::Work::wrapping) ? t : wrong(t);
    }
    /// Its state is the word under `state`.
    routing::Door door(const char* state) {
        routing::Door d;
        d.state = word(state, routing::DoorState::closed);
        d.cause = word("cause", routing::DoorCause::command);
        d.reason = text_or_none("reason");
        d.until = time_or_none("until");
        return d;
    }
    /// Words live as long as the program: the event holds a view. One of a newer version counts as malformed.
    std::string_view cause(const char* key) {
        const auto word = routing::find_cause(view(key));
        return word.empty() ? wrong(word) : word;
    }

private:
    template <class T>
    T wrong(T instead) {
        well_formed_ = false;
        return instead;
    }
    template <class Id>
    Id known(std::optional<Id> id) {
        if (!id) all_known_ = false;
        return id.value_or(Id{});
    }

    const nlohmann::json& object_;
    const Names& names_;
    bool well_formed_ = true, all_known_ = true;
};

}  // namespace centrala::journal
