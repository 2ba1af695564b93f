// The far side of a trunk: takes calls to the outside, many at once, and answers OPTIONS and REGISTER.
#pragma once

#include <functional>
#include <set>

#include "sim/peer.hpp"

namespace centrala::sim {

class Gateway : public Peer {
public:
    using Peer::Peer;

    void ring(sip::SessionId call, bool early_media) {
        if (!calls.contains(call)) return;
        ua.ring(call, early_media ? 183 : 180, early_media ? sdp::write_offer(local_media()) : std::string(),
                world.now);
        world.flush(*this);
    }
    void answer(sip::SessionId call) {
        ringing.erase(call);
        if (calls.contains(call)) ua.accept(call, sdp::write_offer(local_media()), world.now);
        world.flush(*this);
    }
    void refuse(sip::SessionId call, int status) {
        if (calls.erase(call) > 0) ua.refuse(call, status, {}, world.now);
        world.flush(*this);
    }
    void hang_up(sip::SessionId call) {
        if (calls.erase(call) > 0) ua.hang_up(call, {}, world.now);
        world.flush(*this);
    }
    void on(const sip::UaEvent& event) override {
        if (const auto* invited = std::get_if<sip::ua::Invited>(&event)) {
            calls.insert(invited->session);
            ringing.insert(invited->session);
            // Should nobody tell it to stop (RFC 3261 §13.3.1).
            if (const auto expires = invited->invite->number(sip::HeaderId::expires))
                world.after(std::chrono::seconds(*expires), [this, call = invited->session] {
                    if (ringing.erase(call) > 0) refuse(call, 487);
                });
            if (on_call) on_call(invited->session);
        } else if (const auto* cancelled = std::get_if<sip::ua::Cancelled>(&event)) {
            calls.erase(cancelled->session);
        } else if (const auto* ended = std::get_if<sip::ua::Ended>(&event)) {
            calls.erase(ended->session);
        } else if (const auto* requested = std::get_if<sip::ua::Requested>(&event)) {
            std::string lines;
            if (const auto contact = requested->request->find(sip::HeaderId::contact))
                sip::MessageWriter(lines).header("Contact", *contact);
            ua.respond(requested->tx, {status, {}, {}, lines, {}, {}}, world.now);
        }
    }

    std::set<sip::SessionId> calls;
    std::set<sip::SessionId> ringing;  ///< calls that it has not answered, and others that are over
    std::function<void(sip::SessionId)> on_call;
    int status = 200;  ///< of answers to OPTIONS and REGISTER
};

}  // namespace centrala::sim
