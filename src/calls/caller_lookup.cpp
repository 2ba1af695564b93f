// Callers whom another system is asked about before their calls are queued. The INVITE has had its 100 meanwhile, and
// no more: routing hears of the call when the answer is there, or when it has waited for it long enough.
#include "centrala/base/result.hpp"
#include "dial_plan.hpp"
#include "lookup_answer.hpp"
#include "lookup_question.hpp"
#include "server_impl.hpp"

namespace centrala::calls {
namespace {

/// What it says of the caller; or why the question failed.
Result<LookupAnswer> understood(const LookupReply& reply, const routing::Plan& plan) {
    if (reply.status == 0) return Error{reply.error};
    if (reply.status == 204 || reply.status == 404) return LookupAnswer{};
    if (reply.status != 200) return Error{"HTTP " + std::to_string(reply.status)};
    auto answer = read_lookup_answer(reply.body, plan);
    if (!answer) return Error{"not a JSON object"};
    return *std::move(answer);
}

}  // namespace

/// Only whom lists could know, too; and not who is turned away whatever the answer.
bool Server::Impl::is_asked_about(const Arrival& arrival) const {
    if (!lookups_ || !arrival.trunk || !arrival.dialled.entry_point || arrival.withheld) return false;
    if (arrival.callers && core_.plan().caller_lists[index(*arrival.callers)].blocked) return false;
    return config_.entry_points[index(*arrival.dialled.entry_point)].lookup && is_phone_number(arrival.caller_number);
}

/// False: nobody is asked now.
bool Server::Impl::ask_about(Arrival& arrival, Timestamp now) {
    const auto question = lookups_->ask(now);
    if (!question.id) {
        tell_lookup(arrival, {question.suspended ? "suspended" : "at_once_max"}, now);
        return false;
    }
    const auto& entry_point = core_.plan().entry_points[index(*arrival.dialled.entry_point)].name;
    lookup_queries_.push_back({*question.id, lookup_url(config_.caller_lookup->url,
                                                        {arrival.caller_number, arrival.dialled.number, entry_point})});
    sessions_[arrival.sip] = LookupRef{*question.id};
    trunks_.call_began(*arrival.trunk, TrunkCall::in);
    asked_about_.emplace(*question.id, AskedAbout{std::move(arrival), now});
    return true;
}

void Server::Impl::looked_up(LookupId id, const LookupReply& reply, Timestamp now) {
    if (!lookups_ || !lookups_->is_open(id)) return;  // too late
    const auto answer = understood(reply, core_.plan());
    lookup_ended(id, answer.ok(), answer.ok() ? std::string_view() : answer.error().message, now);
    if (!answer.ok()) return go_on(id, {"error", answer.error().message}, nullptr, {}, now);
    tell_ignored(id, *answer, now);
    go_on(id, {answer->empty() ? "unknown" : "found"}, &*answer, {}, now);
}

void Server::Impl::end_due_lookups(Timestamp now) {
    while (const auto id = lookups_ ? lookups_->pop_due(now) : std::nullopt) {
        lookup_ended(*id, false, "timeout", now);
        go_on(*id, {"timeout"}, nullptr, {}, now);
    }
}

void Server::Impl::lookup_ended(LookupId id, bool good, std::string_view error, Timestamp now) {
    switch (lookups_->ended(id, good, now)) {
        case Lookups::Change::none: break;
        case Lookups::Change::suspended:
            sink_.append(now, "lookup.suspended",
                         {{"failures", static_cast<std::int64_t>(config_.caller_lookup->failures_max)},
                          {"error", error},
                          {"rest_ms", to_ms(config_.caller_lookup->rest)}});
            break;
        case Lookups::Change::resumed: sink_.append(now, "lookup.resumed", {}); break;
    }
}

/// The call goes on: with the answer if there is one, or refused. Nothing, if the caller has left.
void Server::Impl::go_on(LookupId id, const LookupOutcome& outcome, const LookupAnswer* answer,
                         std::optional<routing::Refusal> refused, Timestamp now) {
    auto found = asked_about_.extract(id);
    if (!found) return;
    Arrival& arrival = found.mapped().arrival;
    sessions_.erase(arrival.sip);
    trunks_.call_ended(*arrival.trunk, TrunkCall::in);
    tell_lookup(arrival, outcome, now, now - found.mapped().since);
    if (answer) {
        arrival.advice = answer->advice;
        if (answer->list) arrival.callers = answer->list;
        if (!answer->name.empty()) arrival.caller_name = answer->name;
    }
    arrive(arrival, refused, now);
}

std::vector<LookupId> Server::Impl::questions() const {
    std::vector<LookupId> ids;
    for (const auto& [id, asked] : asked_about_) ids.push_back(id);
    std::sort(ids.begin(), ids.end());
    return ids;
}

/// No new calls are taken any more, and these are in no queue yet.
void Server::Impl::refuse_asked_about(Timestamp now) {
    for (const LookupId id : questions()) go_on(id, {"draining"}, nullptr, routing::Refusal::draining, now);
}

/// The configuration says something else of whom to ask. What is under way is answered all the same, as long as there
/// is somebody to be asked at all.
void Server::Impl::reload_lookup(Timestamp now) {
    if (lookups_ && !config_.caller_lookup) {
        for (const LookupId id : questions()) go_on(id, {"error", "nobody is to be asked any more"}, nullptr, {}, now);
        lookups_.reset();
    }
    if (!lookups_ && config_.caller_lookup) lookups_.emplace(*config_.caller_lookup);
}

void Server::Impl::tell_lookup(const Arrival& arrival, const LookupOutcome& outcome, Timestamp now, Duration took) {
    sink_.append(now, "caller.looked_up",
                 {{"call_id", arrival.call_id},
                  {"caller", arrival.caller_number},
                  {"entry_point", core_.plan().entry_points[index(*arrival.dialled.entry_point)].name},
                  {"result", outcome.result},
                  journal::unless_empty("error", outcome.error),
                  {"took_ms", to_ms(took)}});
}

/// What an answer gets wrong it gets wrong in every answer.
void Server::Impl::tell_ignored(LookupId id, const LookupAnswer& answer, Timestamp now) {
    const auto asked = asked_about_.find(id);
    if (asked == asked_about_.end()) return;
    for (const auto& ignored : answer.ignored) {
        if (ignored_at_ != Timestamp{} && now - ignored_at_ < config_.sip.security_event_interval) {
            ++ignored_since_;
            continue;
        }
        ignored_at_ = now;
        sink_.append(now, "lookup.ignored",
                     {{"call_id", asked->second.arrival.call_id},
                      {"key", ignored.key},
                      {"value", ignored.value},
                      {"suppressed", std::exchange(ignored_since_, 0)}});
    }
}

}  // namespace centrala::calls
