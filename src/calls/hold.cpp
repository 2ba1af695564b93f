// Hold and resume (RFC 3264 §8.4): who holds whom is read from the legs, what they hear follows from it.
#include "server_impl.hpp"

namespace centrala::calls {

bool Server::Impl::is_held(const Call& call) const {
    return call.phase == CallPhase::talking && (call.parked || (call.agent && call.agent->media.held));
}

void Server::Impl::hold(Call& call, Timestamp now) {
    call.parked = true;
    review_hold(call, now);
}

void Server::Impl::resume(Call& call, Timestamp now) {
    call.parked = false;
    review_hold(call, now);
}

/// After everything that may have changed a leg's direction. A session refresh changes nothing, and is heard by nobody.
void Server::Impl::review_hold(Call& call, Timestamp now) {
    if (call.phase != CallPhase::talking || !call.agent) return;
    if (call.consultation || call.prompting) return;  // hear() comes back here
    const bool by_agent = is_held(call);
    const bool by_caller = call.caller.media.held;
    if (by_agent)
        set_hearing(call, Hearing::hold_music);
    else if (by_caller && sounds_.agent_hold(call.queue) != media::SoundId::none)
        set_hearing(call, Hearing::agent_music);
    else
        set_hearing(call, Hearing::each_other);

    const routing::ContactRecord* contact = core_.state().find(call.contact);
    if (!contact) return;
    const auto tell = [&, id = call.contact](bool was, bool is, routing::Actor by) {
        if (is && !was) feed(routing::input::ContactHolds{id, by}, now);
        if (was && !is) feed(routing::input::ContactResumes{id, by}, now);
    };
    const bool agent_held = contact->held_by_agent.has_value(), caller_held = contact->held_by_caller.has_value();
    tell(agent_held, by_agent, routing::Actor::agent);
    tell(caller_held, by_caller, routing::Actor::caller);
}

void Server::Impl::set_hearing(Call& call, Hearing hearing) {
    if (call.hearing == hearing) return;
    call.hearing = hearing;
    const auto play = [&](const LegMedia& media, media::SoundId sound) {
        media_.silence(call.caller.media.session);
        media_.silence(call.agent->media.session);
        if (sound == media::SoundId::none) return;
        const media::PlayItem item{sound, true};
        media_.play(media.session, std::span(&item, 1));
    };
    switch (hearing) {
        case Hearing::queue: break;  // entertain() knows whether to greet
        case Hearing::each_other: media_.bridge(call.caller.media.session, call.agent->media.session); break;
        case Hearing::hold_music: play(call.caller.media, sounds_.hold(call.queue)); break;
        case Hearing::agent_music: play(call.agent->media, sounds_.agent_hold(call.queue)); break;
    }
}

}  // namespace centrala::calls
