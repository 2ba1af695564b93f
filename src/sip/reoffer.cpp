// Offers within a session: the peer's (RFC 3261 §14.2, UPDATE: RFC 3311) and ours (§14.1); races: RFC 5407 §3.1.
#include <utility>

#include "centrala/sip/content.hpp"
#include "sip/admission.hpp"
#include "sip/user_agent_impl.hpp"

namespace centrala::sip {
namespace {

constexpr int kGlaresMax = 8;

/// An offer of ours is out, or one of the peer's in a 2xx is unanswered.
bool offer_open(const Session& s) {
    return s.held_ack.active() || (s.own_offer && s.own_offer->state == OwnOffer::State::sent);
}

}  // namespace

// ---- the peer's --------------------------------------------------------------------------------------------------

std::string UserAgent::Impl::retry_after_line() {
    return "Retry-After: " + std::to_string(random_.below(11)) + "\r\n";
}

void UserAgent::Impl::release_reoffer(Session& s, Timestamp now) {
    const Reoffer reoffer = std::exchange(s.reoffer, {});
    if (reoffer.tx != ServerTx{}) answer(reoffer.tx, 487, {}, now);
}

UaEvent UserAgent::Impl::on_reinvite(Session& s, const indication::Request& r, Timestamp now) {
    if (interval_too_small(*r.message, r.tx, now)) return {};
    if (s.stage == Stage::calling) {  // §14.2: ours is on its way
        answer(r.tx, 491, {}, now);
        return {};
    }
    if (offer_open(s)) {
        answer(r.tx, 491, {}, now);
        return {};
    }
    const bool full = s.ack_waits[0].active() && s.ack_waits[1].active();
    if (s.stage == Stage::invited || s.reoffer.tx != ServerTx{} || full) {
        answer(r.tx, 500, retry_after_line(), now);
        return {};
    }
    // RFC 5407 §3.1.5: our offer in a 2xx is still unanswered.
    for (const AckWait& wait : s.ack_waits)
        if (wait.active() && wait.late_offer) {
            answer(r.tx, 491, {}, now);
            return {};
        }
    refresh_target(s.dialog, *r.message);
    note_peer(s, *r.message);
    s.reoffer = {r.tx, Reoffer::Kind::invite, !sdp_of(*r.message).empty(), r.message->cseq().number};
    server_owners_.set(r.tx, s.id);
    return ua::Reoffered{s.id, r.message};
}

UaEvent UserAgent::Impl::on_update(Session& s, const indication::Request& r, Timestamp now) {
    const bool offers = !sdp_of(*r.message).empty();
    if (interval_too_small(*r.message, r.tx, now)) return {};
    // Before the final response only after a first exchange by reliable responses (RFC 3311 §5.1).
    const EarlyDialog* const early = s.stage == Stage::calling ? early_dialog(s, r.message->from().tag()) : nullptr;
    const bool early_agreed = (early && early->agreed) || (s.reliable && s.reliable->agreed && !s.reliable->accepted);
    bool ours_open = (s.stage == Stage::calling && !early_agreed) || offer_open(s);
    for (const AckWait& wait : s.ack_waits) ours_open = ours_open || (wait.active() && wait.late_offer);
    if (offers && ours_open) {  // RFC 3311 §5.2
        answer(r.tx, 491, {}, now);
        return {};
    }
    if (s.reoffer.tx != ServerTx{} || (offers && s.stage == Stage::invited && !early_agreed)) {
        answer(r.tx, 500, retry_after_line(), now);
        return {};
    }
    refresh_target(s.dialog, *r.message);
    note_peer(s, *r.message);
    s.peer_updates = true;
    if (!offers) {  // only the target, or a session timer
        answer_session(s, r.tx, 200, {}, {}, now);
        return ua::Refreshed{s.id};
    }
    s.reoffer = {r.tx, Reoffer::Kind::update, true, r.message->cseq().number};
    return ua::Reoffered{s.id, r.message};
}

void UserAgent::Impl::accept_reoffer(Session& s, std::string_view sdp, Timestamp now) {
    const Reoffer reoffer = std::exchange(s.reoffer, {});
    if (reoffer.tx == ServerTx{}) return;
    if (s.own_offer) s.own_offer->overtaken = true;
    if (reoffer.kind == Reoffer::Kind::prack)
        layer_.respond(reoffer.tx, {200, {}, {}, server_line_, "application/sdp", sdp}, now);
    else
        answer_session(s, reoffer.tx, 200, {}, sdp, now);
    if (reoffer.kind == Reoffer::Kind::invite) await_ack(s, reoffer.tx, reoffer.cseq, false, !reoffer.offered, now);
    go_on_after_prack(s, now);
}

void UserAgent::Impl::refuse_reoffer(Session& s, int status, Timestamp now) {
    const Reoffer reoffer = std::exchange(s.reoffer, {});
    if (reoffer.tx != ServerTx{} && status >= 300) answer(reoffer.tx, status, {}, now);
    go_on_after_prack(s, now);
}

// ---- ours --------------------------------------------------------------------------------------------------------

bool UserAgent::Impl::reoffer(Session& s, std::string_view sdp, Timestamp now) {
    if (s.stage != Stage::established || s.own_offer || s.held_ack.active() || s.reoffer.tx != ServerTx{}) return false;
    s.own_offer = std::make_unique<OwnOffer>();
    s.own_offer->sdp = sdp;
    if (s.ack_waits[0].active() || s.ack_waits[1].active())  // it would meet the peer's ACK (RFC 5407 §3.1.4)
        schedule_offer(s, now + options_.timers.t1);
    else
        send_offer(s, now);
    return true;
}

void UserAgent::Impl::schedule_offer(Session& s, Timestamp at) {
    queue_.cancel(s.own_offer->timer);
    s.own_offer->timer = queue_.schedule(at, {s.id, Timer::offer});
}

void UserAgent::Impl::send_offer(Session& s, Timestamp now) {
    OwnOffer& offer = *s.own_offer;
    const std::uint32_t cseq = ++s.dialog.local_cseq;
    std::string lines(kAllow);
    append_supported(lines, !offer.sdp.empty());
    append_timer_request(s, lines);
    const std::string_view uri = request_lines(s, s.dialog, cseq, Method::invite, lines, scratch_);
    const auto tx = submit({Method::invite, uri, scratch_, "application/sdp", offer.sdp}, way_of(s, s.dialog),
                           {Owner::Kind::reoffer, s.id, {}}, now);
    if (!tx) return schedule_offer(s, now + options_.timers.t2);  // at the limit
    offer.tx = *tx;
    offer.state = OwnOffer::State::sent;
    schedule_offer(s, now + options_.answer_max);  // a peer that says 1xx and nothing more
}

UaEvent UserAgent::Impl::on_offer_due(Session& s, Timestamp now) {
    if (!s.own_offer) return {};
    if (s.own_offer->state == OwnOffer::State::sent) {
        layer_.cancel(s.own_offer->tx, {}, now);
        return {};
    }
    if (s.own_offer->overtaken) {
        const bool refresh = s.own_offer->refresh;
        s.own_offer.reset();
        if (refresh) return {};
        return ua::Reanswered{s.id, 491, nullptr, false, false};
    }
    const bool blocked =
        s.reoffer.tx != ServerTx{} || s.ack_waits[0].active() || s.ack_waits[1].active() || s.held_ack.active();
    if (blocked)
        schedule_offer(s, now + options_.timers.t1);
    else
        send_offer(s, now);
    return {};
}

UaEvent UserAgent::Impl::on_reoffer_1xx(Session& s, ClientTx tx, const Message& response, Timestamp now) {
    if (s.own_offer && s.own_offer->tx == tx && response.status() > 100)
        (void)take_reliable(s, s.own_offer->rseq, response, now);
    return {};
}

UaEvent UserAgent::Impl::on_reoffer_2xx(Session& s, ClientTx tx, const Message& response, Timestamp now) {
    const std::uint32_t cseq = response.cseq().number;
    for (const SentAck& ack : s.acks)
        if (ack.cseq == cseq) {  // a repetition
            layer_.resend(ack.bytes, ack.flow);
            return {};
        }
    if (silent(s.stage)) {  // it crossed our BYE, or theirs; its sender waits for the ACK all the same
        acknowledge(s, s.dialog, tx, cseq, {});
        return {};
    }
    if (!s.own_offer || s.own_offer->tx != tx) return {};  // repeated while the ACK is held
    refresh_target(s.dialog, response);
    note_peer(s, response);
    take_timer_answer(s, response, now);
    const bool offer = s.own_offer->sdp.empty(), refresh = s.own_offer->refresh;
    keep_sdp(s, s.own_offer->sdp);
    drop_own_offer(s);
    if (offer)
        hold_ack(s, tx, cseq, now);
    else
        acknowledge(s, s.dialog, tx, cseq, {});
    return ua::Reanswered{s.id, response.status(), &response, offer, refresh};
}

/// §14.1: the session goes on as if the re-INVITE had not been, unless the dialog is gone (§12.2.1.2, RFC 5057).
UaEvent UserAgent::Impl::on_reoffer_failed(Session& s, ClientTx tx, int status, const Message* response,
                                           Timestamp now) {
    if (silent(s.stage) || !s.own_offer || s.own_offer->tx != tx) return {};
    if (!response || status == 408 || status == 481) {
        const SessionId id = s.id;
        leave(s, {}, now);
        return ua::Ended{id, nullptr, ua::Ended::Why::lost};
    }
    if (status == 491 && ++s.own_offer->glares < kGlaresMax) {
        // Units of 10 ms: who made the Call-ID waits 2.1 to 4 s, the other 0 to 2 s.
        s.own_offer->state = OwnOffer::State::glared;
        s.own_offer->tx = {};
        const auto units = static_cast<std::int64_t>(s.began ? 210 + random_.below(191) : random_.below(201));
        schedule_offer(s, now + units * 10ms);
        return {};
    }
    const bool refresh = s.own_offer->refresh;
    drop_own_offer(s);
    if (refresh) {
        refresh_refused(s, status, now);
        return {};
    }
    return ua::Reanswered{s.id, status, response, false, false};
}

// ---- an offer in a 2xx: the answer goes in the ACK (§13.2.2.4) ----------------------------------------------------

void UserAgent::Impl::hold_ack(Session& s, ClientTx invite, std::uint32_t cseq, Timestamp now) {
    s.held_ack.cseq = cseq;
    s.held_ack.tx = invite;
    s.held_ack.give_up = queue_.schedule(now + 32 * options_.timers.t1, {s.id, Timer::held_ack});
}

void UserAgent::Impl::confirm(Session& s, std::string_view sdp, Timestamp) {
    if (!s.held_ack.active()) return;
    queue_.cancel(s.held_ack.give_up);
    keep_sdp(s, sdp);
    acknowledge(s, s.dialog, s.held_ack.tx, std::exchange(s.held_ack.cseq, 0), sdp);
}

UaEvent UserAgent::Impl::on_unconfirmed(Session& s, Timestamp now) {
    if (!s.held_ack.active()) return {};
    const SessionId id = s.id;
    leave(s, {}, now);
    return ua::Ended{id, nullptr, ua::Ended::Why::no_ack};
}

}  // namespace centrala::sip
