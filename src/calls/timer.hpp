// What is due at some time: the payloads of the server's timers.
#pragma once

#include <cstddef>
#include <variant>

#include "centrala/routing/ids.hpp"
#include "centrala/sip/user_agent.hpp"
#include "direct_call.hpp"

namespace centrala::calls {

struct ProbeTimer {
    routing::AgentId agent;
};
struct FeatureTimer {
    sip::SessionId feature;
};
/// A trunk's next check of a gateway, or the end of waiting for its answer.
struct GatewayTimer {
    std::size_t trunk, gateway;
};
struct RegistrationTimer {
    std::size_t trunk;
};
struct KeysTimer {
    sip::SessionId leg;
};
struct DirectTimer {
    DirectId call;
};
/// When the entry point opens or closes.
struct DoorTimer {
    std::size_t entry_point;
};
/// The next legs of the calls taken up may be asked where their sound goes.
struct AgreeTimer {};
/// The phone at the other end of that session hasn't come back.
struct ReturnTimer {
    sip::SessionId leg;
};
/// When the agent's shift begins or ends.
struct ShiftTimer {
    routing::AgentId agent{};
    bool ends = false;
};
/// The caller is told where it stands.
struct AnnouncementTimer {
    routing::ContactId contact;
};
using Timer = std::variant<ProbeTimer, FeatureTimer, GatewayTimer, RegistrationTimer, DirectTimer, KeysTimer, DoorTimer,
                           AgreeTimer, ReturnTimer, ShiftTimer, AnnouncementTimer>;

}  // namespace centrala::calls
