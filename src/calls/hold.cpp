// Hold and resume (RFC 3264 §8.4): who holds whom is read from the legs, what they hear follows from it.
#include "server_impl.hpp"

namespace centrala::calls {
namespace {

/// Where routing needn't know: one side begins to hold the other, or no longer does. `tell` gets the fact's type and
/// how long it was.
template <class Tell>
void note_hold(std::optional<Timestamp>& since, bool holds, Timestamp now, const Tell& tell) {
    if (holds == since.has_value()) return;
    if (holds)
        tell("call.held", journal::Field{});
    else
        tell("call.resumed", journal::Field{"held_ms", static_cast<std::int64_t>((now - *since) / 1ms)});
    since = holds ? std::optional(now) : std::nullopt;
}

}  // namespace

/// Whom the caller talks to: its agent, or a party outside; null: nobody.
const LegMedia* Server::Impl::partner_of(const Call& call) {
    if (call.phase == CallPhase::talking && call.agent) return &call.agent->media;
    if (call.phase == CallPhase::outside && call.outside && call.outside->answered) return &call.outside->leg.media;
    return nullptr;
}

bool Server::Impl::is_held(const Call& call) const {
    const LegMedia* partner = partner_of(call);
    return partner && (partner->held || call.consultation);  // by keys the agent's only line is with somebody else
}

/// After everything that may have changed a leg's direction. A session refresh changes nothing, and is heard by nobody.
void Server::Impl::review_hold(sip::SessionId session, Timestamp now) {
    if (Call* call = call_of(session)) return review_hold(*call, now);
    const auto found = sessions_.find(session);
    const auto* direct = found == sessions_.end() ? nullptr : std::get_if<DirectRef>(&found->second);
    if (DirectCall* call = direct ? find_direct(direct->call) : nullptr) review_hold(*call, now);
}

void Server::Impl::review_hold(Call& call, Timestamp now) {
    if (call.prompting || !partner_of(call)) return;  // hear() comes back here
    if (call.consultation) {
        tell_hold(call, true, call.caller.media.held, now);
        DirectCall* consulted = find_direct(*call.consultation);
        return consulted ? review_hold(*consulted, now) : void();
    }
    const bool by_partner = is_held(call);
    const bool by_caller = call.caller.media.held;
    if (by_partner)
        set_hearing(call, Hearing::hold_music);
    else if (by_caller && sounds_.agent_hold(call.queue) != media::SoundId::none)
        set_hearing(call, Hearing::agent_music);
    else
        set_hearing(call, Hearing::each_other);
    tell_hold(call, by_partner, by_caller, now);
}

void Server::Impl::tell_hold(Call& call, bool by_partner, bool by_caller, Timestamp now) {
    if (OutsideLeg* outside = call.outside ? &*call.outside : nullptr) {  // no agent is there to hold or be held
        const auto note = [&](std::optional<Timestamp>& since, bool holds, std::string_view by) {
            note_hold(since, holds, now, [&](std::string_view type, journal::Field held) {
                const std::string contact = journal::to_text(call.contact);
                sink_.append(now, type,
                             {{"contact", contact}, {"to", outside->number}, {"kind", "outside"}, held, {"by", by}});
            });
        };
        note(outside->holds, by_partner, "callee");
        return note(outside->held, by_caller, "caller");
    }
    const routing::ContactRecord* contact = core_.state().find(call.contact);
    if (!contact) return;
    const auto tell = [&, id = call.contact](bool was, bool is, routing::Actor by) {
        if (is && !was) feed(routing::input::ContactHolds{id, by}, now);
        if (was && !is) feed(routing::input::ContactResumes{id, by}, now);
    };
    const bool agent_held = contact->held_by_agent.has_value(), caller_held = contact->held_by_caller.has_value();
    tell(agent_held, by_partner, routing::Actor::agent);
    tell(caller_held, by_caller, routing::Actor::caller);
}

/// In a call that agents placed: who is held hears music, who holds nothing.
void Server::Impl::review_hold(DirectCall& call, Timestamp now) {
    const Call* contact = call.is_consultation() ? find_call(*call.consults_for) : nullptr;
    const LegMedia* caller = !call.is_consultation() ? &call.caller.media : contact ? partner_of(*contact) : nullptr;
    if (!call.answered || !caller || call.handing_on || call.prompting) return;  // bridge_direct() comes back here
    const LegMedia& callee = call.answered->media;
    const std::pair holds{caller->held, callee.held};
    if (call.heard != holds) {
        call.heard = holds;
        const auto music = contact ? sounds_.hold(contact->queue) : sounds_.music;
        if (holds == std::pair(false, false)) {
            media_.bridge(caller->session, callee.session);
        } else {
            loop(*caller, holds.second ? music : media::SoundId::none);
            loop(callee, holds.first ? music : media::SoundId::none);
        }
    }
    const auto note = [&](std::optional<Timestamp>& since, bool is, std::string_view by) {
        note_hold(since, is, now, [&](std::string_view type, journal::Field held) {
            tell_direct(call, type, now, {"by", by}, held);
        });
    };
    note(call.held_by_caller, holds.first, "caller");
    note(call.held_by_callee, holds.second, "callee");
}

void Server::Impl::set_hearing(Call& call, Hearing hearing) {
    if (call.hearing == hearing) return;
    call.hearing = hearing;
    const LegMedia& caller = call.caller.media;
    const LegMedia& partner = *partner_of(call);
    switch (hearing) {
        case Hearing::queue: break;  // entertain() knows whether to greet
        case Hearing::each_other: media_.bridge(caller.session, partner.session); break;
        case Hearing::hold_music:
            media_.silence(partner.session);
            loop(caller, sounds_.hold(call.queue));
            break;
        case Hearing::agent_music:
            media_.silence(caller.session);
            loop(partner, sounds_.agent_hold(call.queue));
            break;
    }
}

/// That sound over and over, or nothing.
void Server::Impl::loop(const LegMedia& media, media::SoundId sound) {
    const media::PlayItem item{sound, true};
    if (sound == media::SoundId::none)
        media_.silence(media.session);
    else
        media_.play(media.session, std::span(&item, 1));
}

}  // namespace centrala::calls
