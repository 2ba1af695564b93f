// INVITE server transaction: RFC 3261 figure 7 with the Accepted state of RFC 6026 §8.6.
// A transport error has no rule: RFC 6026 keeps the state, and a lost connection only changes where responses go
// (RFC 3261 §18.2.2).
#pragma once

#include "sip/fsm.hpp"

namespace centrala::sip::fsm {

inline constexpr Rule kInviteServerRules[] = {
    // in               on                     to                 do
    {State::proceeding, Event::request, State::proceeding, {Act::resend}},
    {State::proceeding, Event::status_1xx, State::proceeding, {Act::send}},
    {State::proceeding, Event::status_2xx, State::accepted, {Act::send, Act::start_l}},
    {State::proceeding, Event::status_3xx_6xx, State::completed, {Act::send, Act::start_g, Act::start_h}},
    {State::accepted, Event::status_2xx, State::accepted, {Act::send}},
    {State::accepted, Event::ack, State::accepted, {Act::pass_up}},
    {State::accepted, Event::timer_l, State::terminated, {}},
    {State::completed, Event::request, State::completed, {Act::resend}},
    {State::completed, Event::timer_g, State::completed, {Act::resend, Act::again_g}},
    {State::completed, Event::timer_h, State::terminated, {Act::inform_no_ack}},
    {State::completed, Event::ack, State::confirmed, {Act::stop_retransmit, Act::start_i}},
    {State::confirmed, Event::timer_i, State::terminated, {}},
};
static_assert(deterministic(kInviteServerRules) && terminates(kInviteServerRules));
inline constexpr Machine kInviteServer = make_machine(kInviteServerRules);

}  // namespace centrala::sip::fsm
