#include "lookups.hpp"

#include <algorithm>

namespace centrala::calls {

Lookups::Question Lookups::ask(Timestamp now) {
    const bool rests = state_ == State::on_trial || (state_ == State::suspended && now < rests_until_);
    if (rests || open_.size() >= options_.at_once_max) {
        ++unasked_;
        return {std::nullopt, rests};
    }
    const auto id = static_cast<LookupId>(++last_id_);
    open_.emplace(id, deadlines_.schedule(now + options_.timeout, id));
    if (state_ == State::suspended) {
        state_ = State::on_trial;
        trial_ = id;
    }
    return {id};
}

Lookups::Change Lookups::ended(LookupId id, bool good, Timestamp now) {
    const auto found = open_.find(id);
    if (found == open_.end()) return Change::none;
    deadlines_.cancel(found->second);
    open_.erase(found);
    if (!good) ++failed_;
    switch (state_) {
        case State::suspended: return Change::none;  // asked before, and late: only a trial can tell
        case State::on_trial:
            if (trial_ != id) return Change::none;
            trial_.reset();
            if (!good) {
                suspend(now);
                return Change::none;
            }
            state_ = State::answering;
            failures_ = 0;
            return Change::resumed;
        case State::answering: break;
    }
    failures_ = good ? 0 : failures_ + 1;
    return failures_ >= options_.failures_max ? suspend(now) : Change::none;
}

Lookups::Change Lookups::suspend(Timestamp now) {
    state_ = State::suspended;
    rests_until_ = now + options_.rest;
    return Change::suspended;
}

std::optional<LookupId> Lookups::pop_due(Timestamp now) {
    const auto due = deadlines_.pop_due(now);
    return due ? std::optional(due->second) : std::nullopt;
}

LookupView Lookups::view(Timestamp now) const {
    LookupView view;
    view.state = state_;
    view.under_way = open_.size();
    view.asked = last_id_;
    view.failed = failed_;
    view.unasked = unasked_;
    if (state_ == State::suspended) view.left = std::max(rests_until_ - now, Duration{});
    return view;
}

}  // namespace centrala::calls
