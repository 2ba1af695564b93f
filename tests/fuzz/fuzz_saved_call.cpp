// Any bytes as what a process before this one kept of a call, and what a user agent makes of its sessions.
#include <cstdint>
#include <cstdlib>
#include <string>

#include "calls/saved_call.hpp"

using namespace centrala;

namespace {

void restore(sip::UserAgent& ua, sip::SessionState& session, Timestamp now) {
    if (!session.invite.empty()) {
        (void)ua.receive(session.invite, session.flow, now);
    } else if (const auto restored = ua.restore(session, nullptr)) {
        (void)ua.reoffer(*restored, "v=0\r\n", now);
        ua.hang_up(*restored, {}, now);
    }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    auto call = calls::decode({reinterpret_cast<const char*>(data), size});
    if (!call) return 0;
    std::string text;
    std::visit([&](const auto& one) { calls::encode(one, text); }, *call);
    if (text.size() > size || calls::decode(text) != call) std::abort();
    const auto random = make_seeded_random(1);
    sip::Outbox outbox;
    sip::UserAgentOptions options;
    options.sessions = 100;
    sip::UserAgent ua(options, *random, outbox);
    Timestamp now{};
    if (auto* contact = std::get_if<calls::SavedContact>(&*call)) {
        restore(ua, contact->caller.session, now);
        if (contact->partner) restore(ua, contact->partner->leg.session, now);
        for (auto& session : contact->ringing) restore(ua, session, now);
    } else if (auto* direct = std::get_if<calls::SavedDirectCall>(&*call)) {
        if (direct->caller) restore(ua, direct->caller->leg.session, now);
        if (direct->callee) restore(ua, direct->callee->leg.session, now);
        for (auto& session : direct->others) restore(ua, session, now);
    } else {
        restore(ua, std::get<calls::SavedOther>(*call).session, now);
    }
    for (now += 1h; ua.deadline() && *ua.deadline() <= now;)
        if (ua.advance(now).index() == 0) break;
    return 0;
}
