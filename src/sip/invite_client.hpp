// INVITE client transaction: RFC 3261 figure 5 with the Accepted state of RFC 6026 §8.4.
#pragma once

#include "sip/fsm.hpp"

namespace centrala::sip::fsm {

inline constexpr Rule kInviteClientRules[] = {
    // in               on                     to                 do
    {State::calling, Event::timer_a, State::calling, {Act::resend, Act::again_a}},
    {State::calling, Event::timer_b, State::terminated, {Act::inform_timeout}},
    {State::calling, Event::status_1xx, State::proceeding, {Act::stop_retransmit, Act::stop_lifetime, Act::pass_up}},
    {State::calling, Event::status_2xx, State::accepted, {Act::stop_retransmit, Act::start_m, Act::pass_up}},
    {State::calling,
     Event::status_3xx_6xx,
     State::completed,
     {Act::stop_retransmit, Act::start_d, Act::send_ack, Act::pass_up}},
    {State::calling, Event::transport_error, State::terminated, {Act::inform_transport}},
    {State::proceeding, Event::status_1xx, State::proceeding, {Act::pass_up}},
    {State::proceeding, Event::status_2xx, State::accepted, {Act::start_m, Act::pass_up}},
    {State::proceeding, Event::status_3xx_6xx, State::completed, {Act::start_d, Act::send_ack, Act::pass_up}},
    {State::proceeding, Event::cancel_expired, State::terminated, {Act::inform_timeout}},
    {State::accepted, Event::status_2xx, State::accepted, {Act::pass_up}},
    {State::accepted, Event::timer_m, State::terminated, {}},
    {State::completed, Event::status_3xx_6xx, State::completed, {Act::send_ack}},
    {State::completed, Event::transport_error, State::terminated, {Act::inform_transport}},
    {State::completed, Event::timer_d, State::terminated, {}},
};
static_assert(deterministic(kInviteClientRules) && terminates(kInviteClientRules));
inline constexpr Machine kInviteClient = make_machine(kInviteClientRules);

}  // namespace centrala::sip::fsm
