// Follows the calls that a trace is about by their Call-IDs.
#include "centrala/trace/filter.hpp"

namespace centrala::trace {

Filter::Filter(Wanted wanted, CallerLeg caller_leg) : wanted_(std::move(wanted)), caller_leg_(std::move(caller_leg)) {
    for (const auto& call_id : wanted_.call_ids) follow(calls_, calls_order_, call_id);
}

bool Filter::matches(const Captured& captured, const Headline& headline) {
    if (wanted_.peer && !wanted_.peer->contains(captured.flow.remote.address)) return false;
    if (!wanted_.call.empty() && !is_of_call(headline, captured.sent)) return false;
    return wanted_.agent.empty() || is_of_agent(headline);
}

bool Filter::is_of_call(const Headline& h, bool sent) {
    if (h.call_id.empty()) return false;
    const std::string& wanted = wanted_.call;
    if (h.call_id == wanted || calls_.contains(h.call_id)) return true;
    if (!h.begins_call) return false;
    bool match = h.contact == wanted || h.from_user == wanted || h.to_user == wanted || h.uri_user == wanted ||
                 h.dialled == wanted;
    // A leg of ours: does the call that it is for belong to the trace? Not all tell a peer what contact that is.
    if (!match && sent) {
        const std::string caller = caller_leg_(h.contact, h.call_id);
        match = !caller.empty() && (caller == wanted || calls_.contains(caller));
    }
    if (match) follow(calls_, calls_order_, h.call_id);
    return match;
}

bool Filter::is_of_agent(const Headline& h) {
    if (h.call_id.empty()) return false;
    if (agents_.contains(h.call_id)) return true;
    const std::string& wanted = wanted_.agent;
    const bool match = h.from_user == wanted || h.to_user == wanted || h.uri_user == wanted;
    if (match) follow(agents_, agents_order_, h.call_id);
    return match;
}

void Filter::follow(std::unordered_set<std::string>& set, std::deque<std::string>& order, const std::string& call_id) {
    if (!set.insert(call_id).second) return;
    order.push_back(call_id);
    if (order.size() <= kFollowedMax) return;
    set.erase(order.front());
    order.pop_front();
}

}  // namespace centrala::trace
