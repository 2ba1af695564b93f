// Non-INVITE client transaction: RFC 3261 figure 6.
#pragma once

#include "sip/fsm.hpp"

namespace centrala::sip::fsm {

inline constexpr Rule kNonInviteClientRules[] = {
    // in               on                     to                 do
    {State::trying, Event::timer_e, State::trying, {Act::resend, Act::again_e}},
    {State::trying, Event::timer_f, State::terminated, {Act::inform_timeout}},
    {State::trying, Event::transport_error, State::terminated, {Act::inform_transport}},
    {State::trying, Event::status_1xx, State::proceeding, {Act::pass_up}},
    {State::trying, Event::status_2xx, State::completed, {Act::stop_retransmit, Act::start_k, Act::pass_up}},
    {State::trying, Event::status_3xx_6xx, State::completed, {Act::stop_retransmit, Act::start_k, Act::pass_up}},
    {State::proceeding, Event::timer_e, State::proceeding, {Act::resend, Act::again_e2}},
    {State::proceeding, Event::timer_f, State::terminated, {Act::inform_timeout}},
    {State::proceeding, Event::transport_error, State::terminated, {Act::inform_transport}},
    {State::proceeding, Event::status_1xx, State::proceeding, {Act::pass_up}},
    {State::proceeding, Event::status_2xx, State::completed, {Act::stop_retransmit, Act::start_k, Act::pass_up}},
    {State::proceeding, Event::status_3xx_6xx, State::completed, {Act::stop_retransmit, Act::start_k, Act::pass_up}},
    {State::completed, Event::timer_k, State::terminated, {}},
};
static_assert(deterministic(kNonInviteClientRules) && terminates(kNonInviteClientRules));
inline constexpr Machine kNonInviteClient = make_machine(kNonInviteClientRules);

}  // namespace centrala::sip::fsm
