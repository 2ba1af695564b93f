// What the four transaction machines of RFC 3261 §17 have in common: states, causes, actions and the rule tables.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

namespace centrala::sip::fsm {

enum class State : std::uint8_t { calling, trying, proceeding, accepted, completed, confirmed, terminated };
inline constexpr std::size_t kStates = 7;

/// Causes of a transition. Statuses come from the wire in a client transaction and from its user in a server one.
enum class Event : std::uint8_t {
    request,  ///< the same request again
    ack,
    status_1xx,
    status_2xx,
    status_3xx_6xx,
    timer_a,
    timer_b,
    timer_d,
    timer_e,
    timer_f,
    timer_g,
    timer_h,
    timer_i,
    timer_j,
    timer_k,
    timer_l,
    timer_m,
    cancel_expired,  ///< 64·T1 after our CANCEL and no final response (RFC 3261 §9.1)
    unanswered,      ///< 64·T1 after a request that our user never answered: its sender has given up by now
    transport_error,
};
inline constexpr std::size_t kEvents = 20;

constexpr Event event_of_status(int status) {
    return status < 200 ? Event::status_1xx : status < 300 ? Event::status_2xx : Event::status_3xx_6xx;
}

enum class Act : std::uint8_t {
    none,
    send,      ///< pass the user's response to the transport
    resend,    ///< the request, or the last response, once more
    send_ack,  ///< for 300–699 (RFC 3261 §17.1.1.3)
    pass_up,
    inform_timeout,
    inform_transport,
    inform_no_ack,
    start_d,
    start_g,
    start_h,
    start_i,
    start_j,
    start_k,
    start_l,
    start_m,
    again_a,          ///< doubled
    again_e,          ///< doubled up to T2
    again_e2,         ///< T2
    again_g,          ///< doubled up to T2
    stop_retransmit,  ///< timer A, E or G
    stop_lifetime,    ///< any other
};

struct Rule {
    State in;
    Event on;
    State to;
    std::array<Act, 5> acts{};
};

/// Rules by (state, event), for one look per event.
struct Machine {
    const Rule* rules = nullptr;
    std::array<std::array<std::int8_t, kEvents>, kStates> index{};

    [[nodiscard]] constexpr const Rule* find(State in, Event on) const {
        const int i = index[static_cast<std::size_t>(in)][static_cast<std::size_t>(on)];
        return i < 0 ? nullptr : &rules[i];
    }
};

template <std::size_t N>
constexpr Machine make_machine(const Rule (&rules)[N]) {
    Machine machine;
    machine.rules = rules;
    for (auto& row : machine.index) row.fill(-1);
    for (std::size_t i = 0; i < N; ++i)
        machine.index[static_cast<std::size_t>(rules[i].in)][static_cast<std::size_t>(rules[i].on)] =
            static_cast<std::int8_t>(i);
    return machine;
}

/// No (state, event) has two rules.
template <std::size_t N>
constexpr bool deterministic(const Rule (&rules)[N]) {
    for (std::size_t i = 0; i < N; ++i)
        for (std::size_t j = i + 1; j < N; ++j)
            if (rules[i].in == rules[j].in && rules[i].on == rules[j].on) return false;
    return true;
}

/// Every state that the table mentions leads to `terminated` by some path.
template <std::size_t N>
constexpr bool terminates(const Rule (&rules)[N]) {
    std::array<bool, kStates> good{};
    good[static_cast<std::size_t>(State::terminated)] = true;
    for (std::size_t round = 0; round < kStates; ++round)
        for (const Rule& r : rules)
            if (good[static_cast<std::size_t>(r.to)]) good[static_cast<std::size_t>(r.in)] = true;
    for (const Rule& r : rules)
        if (!good[static_cast<std::size_t>(r.in)] || !good[static_cast<std::size_t>(r.to)]) return false;
    return true;
}

}  // namespace centrala::sip::fsm
