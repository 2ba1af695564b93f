// Which messages a trace is about.
#pragma once

#include <deque>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_set>
#include <vector>

#include "centrala/trace/captured.hpp"

namespace centrala::trace {

/// What isn't given doesn't matter; all that is given must hold.
struct Wanted {
    std::string call;                   ///< a contact's id ("c12"), a Call-ID, or a caller's or dialled number
    std::vector<std::string> call_ids;  ///< of legs that `call` is known to have already
    std::string agent;                  ///< the user in From, To or the Request-URI of what begins the dialog
    std::optional<Subnet> peer;
};

/// Follows calls: once the message that begins one matches, so does every later message with its Call-ID, and so do
/// the legs that the server makes for it.
class Filter {
public:
    /// The Call-ID of the leg that began the call which a leg of ours is made for: the contact with that id ("c12"),
    /// or, if that is "", whatever call the leg with that Call-ID belongs to. "" if there is none.
    using CallerLeg = std::function<std::string(std::string_view contact, std::string_view call_id)>;

    Filter(Wanted wanted, CallerLeg caller_leg);
    [[nodiscard]] bool matches(const Captured& captured, const Headline& headline);

    /// Call-IDs remembered at once; the oldest is forgotten first.
    static constexpr std::size_t kFollowedMax = 10'000;

private:
    [[nodiscard]] bool is_of_call(const Headline& headline, bool sent);
    [[nodiscard]] bool is_of_agent(const Headline& headline);
    void follow(std::unordered_set<std::string>& set, std::deque<std::string>& order, const std::string& call_id);

    Wanted wanted_;
    CallerLeg caller_leg_;
    std::unordered_set<std::string> calls_, agents_;  ///< Call-IDs followed, for `call` and for `agent`
    std::deque<std::string> calls_order_, agents_order_;
};

}  // namespace centrala::trace
