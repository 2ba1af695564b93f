// Non-INVITE server transaction: RFC 3261 figure 8. `unanswered` is ours: the figure has no way out of Trying and
// Proceeding but the user's answer, and nothing here may live for ever. Of transport errors see invite_server.hpp.
#pragma once

#include "sip/fsm.hpp"

namespace centrala::sip::fsm {

inline constexpr Rule kNonInviteServerRules[] = {
    // in               on                     to                 do
    {State::trying, Event::status_1xx, State::proceeding, {Act::send}},
    {State::trying, Event::status_2xx, State::completed, {Act::send, Act::start_j}},
    {State::trying, Event::status_3xx_6xx, State::completed, {Act::send, Act::start_j}},
    {State::trying, Event::unanswered, State::terminated, {}},
    {State::proceeding, Event::request, State::proceeding, {Act::resend}},
    {State::proceeding, Event::status_1xx, State::proceeding, {Act::send}},
    {State::proceeding, Event::status_2xx, State::completed, {Act::send, Act::start_j}},
    {State::proceeding, Event::status_3xx_6xx, State::completed, {Act::send, Act::start_j}},
    {State::proceeding, Event::unanswered, State::terminated, {}},
    {State::completed, Event::request, State::completed, {Act::resend}},
    {State::completed, Event::timer_j, State::terminated, {}},
};
static_assert(deterministic(kNonInviteServerRules) && terminates(kNonInviteServerRules));
inline constexpr Machine kNonInviteServer = make_machine(kNonInviteServerRules);

}  // namespace centrala::sip::fsm
