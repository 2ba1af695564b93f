// The server side of INVITE sessions (RFC 3261 §13.3, §15.1.2).
#include <utility>

#include "centrala/sip/content.hpp"
#include "centrala/sip/retry_after.hpp"
#include "sip/id_token.hpp"
#include "sip/user_agent_impl.hpp"

namespace centrala::sip {
namespace {

constexpr std::size_t kDialogBytesMax = 16'384;
constexpr std::size_t kInviteBytesMax = 3'500;  ///< a longer one can't be received again after a restart

std::size_t dialog_bytes(const Message& invite) {
    std::size_t bytes = 0;
    for (const Header& h : invite.headers())
        if (h.id == HeaderId::from || h.id == HeaderId::to || h.id == HeaderId::call_id || h.id == HeaderId::contact ||
            h.id == HeaderId::record_route)
            bytes += h.value.size();
    return bytes;
}

/// As it came, but that folded lines are one.
void keep_text(const Message& invite, std::string& into) {
    std::size_t bytes = invite.body().size() + invite.request_uri_text().size();
    for (const Header& h : invite.headers()) bytes += h.name.size() + h.value.size() + 4;
    if (bytes > kInviteBytesMax) return;
    into.reserve(bytes + 32);
    MessageWriter w(into);
    w.request_line("INVITE", invite.request_uri_text());
    for (const Header& h : invite.headers()) w.header(h.name, h.value);
    into.append("\r\n").append(invite.body());
}

}  // namespace

UaEvent UserAgent::Impl::on_invite(const indication::Request& r, Timestamp now) {
    if (dialog_bytes(*r.message) > kDialogBytesMax) {  // a session keeps these as long as it lasts
        answer(r.tx, 513, {}, now);
        return {};
    }
    if (interval_too_small(*r.message, r.tx, now)) return {};
    Session* s = create_session(r.flow);
    if (!s) {
        answer(r.tx, 503, kRetryAfter, now);
        return {};
    }
    std::string tag;
    append_id_token(tag, static_cast<std::uint64_t>(s->id), random_);
    layer_.set_to_tag(r.tx, tag);
    s->dialog = uas_dialog(*r.message, tag);
    s->server_tx = r.tx;
    s->invite_cseq = r.message->cseq().number;
    s->offered = !sdp_of(*r.message).empty();
    s->reliable_required = r.message->lists(HeaderId::require, "100rel");
    s->reliable_supported = r.message->lists(HeaderId::supported, "100rel");
    note_peer(*s, *r.message);
    keep_text(*r.message, s->invite);
    server_owners_.set(r.tx, s->id);
    return ua::Invited{s->id, r.message, r.flow};
}

void UserAgent::Impl::ring(Session& s, int status, std::string_view sdp, Timestamp now) {
    if (s.stage != Stage::invited || status <= 100 || status >= 200) return;
    if (to_be_reliable(s, sdp)) return ring_reliably(s, status, sdp, now);
    answer_session(s, s.server_tx, status, {}, sdp, now);
    set_timer(s, Timer::ring, now + 60s);
}

void UserAgent::Impl::accept(Session& s, std::string_view sdp, Timestamp now) {
    if (s.stage != Stage::invited) return;
    const bool exchanging = s.reliable && s.reliable->open && !s.reliable->out.sdp.empty();
    if (exchanging || (s.reliable && s.reoffer.tx != ServerTx{})) {  // RFC 3262 §3, §5
        s.reliable->accepted = sdp;
        return;
    }
    queue_.cancel(s.stage_timer);
    stop_reliable(s);
    // In a 2xx a description would be a new offer, had the PRACK answered ours (RFC 3262 §5).
    const bool answered = !s.offered && s.reliable && s.reliable->agreed;
    enter(s, Stage::accepting);
    s.invite = {};
    answer_session(s, s.server_tx, 200, {}, answered ? std::string_view() : sdp, now);
    await_ack(s, s.server_tx, s.invite_cseq, true, !s.offered && !answered, now);
}

void UserAgent::Impl::refuse(Session& s, int status, std::string_view lines, Timestamp now) {
    if (s.stage != Stage::invited || status < 300 || status > 699) return;
    answer(s.server_tx, status, lines, now);
    end_unanswered(s, now);
}

/// A PRACK that is still on its way is answered yet (RFC 3262 §3).
void UserAgent::Impl::end_unanswered(Session& s, Timestamp now) {
    if (s.reliable && s.reliable->open)
        linger(s, now);
    else
        erase(s);
}

UaEvent UserAgent::Impl::on_cancel(const indication::Cancel& c, Timestamp now) {
    const SessionId id = server_owners_.get(c.invite);
    Session* s = sessions_.find(id);
    answer(c.invite, 487, {}, now);
    if (!s) return {};
    if (s->reoffer.tx == c.invite) s->reoffer = {};  // a re-INVITE: the session goes on as it was
    if (s->stage != Stage::invited || s->server_tx != c.invite) return {};
    release_reoffer(*s, now);
    end_unanswered(*s, now);
    return ua::Cancelled{id, c.message};
}

// ---- 2xx and ACK -------------------------------------------------------------------------------------------------

void UserAgent::Impl::await_ack(Session& s, ServerTx tx, std::uint32_t cseq, bool first, bool late_offer,
                                Timestamp now) {
    const std::size_t i = s.ack_waits[0].active() ? 1 : 0;
    AckWait& wait = s.ack_waits[i];
    wait = {tx, cseq, first, late_offer, options_.timers.t1, {}, {}};
    wait.repeat = queue_.schedule(now + wait.interval, {s.id, i == 0 ? Timer::repeat_0 : Timer::repeat_1});
    wait.give_up = queue_.schedule(now + 64 * options_.timers.t1, {s.id, i == 0 ? Timer::give_up_0 : Timer::give_up_1});
}

void UserAgent::Impl::stop_waiting(Session& s) {
    for (AckWait& wait : s.ack_waits) {
        queue_.cancel(wait.repeat);
        queue_.cancel(wait.give_up);
        wait.tx = {};
    }
}

UaEvent UserAgent::Impl::on_ack(const indication::Ack& ack, Timestamp now) {
    Session* s = find_by_tags(*ack.message);
    if (!s || s->stage == Stage::lingering) return {};
    for (AckWait& wait : s->ack_waits) {
        if (!wait.active() || wait.cseq != ack.message->cseq().number) continue;
        queue_.cancel(wait.repeat);
        queue_.cancel(wait.give_up);
        wait.tx = {};
        move(*s, ack.flow);
        if (s->own_offer && s->own_offer->state == OwnOffer::State::ready) schedule_offer(*s, now);
        if (!wait.first) {
            if (wait.late_offer && !silent(s->stage)) return ua::Confirmed{s->id, ack.message};
            return {};
        }
        if (s->stage == Stage::leaving) {
            const std::string lines = std::move(s->hang_up_lines);
            leave(*s, lines, now);
            return {};
        }
        enter(*s, Stage::established);
        return ua::Confirmed{s->id, ack.message};
    }
    return {};
}

/// §13.3.1.4: no ACK for 64·T1: the dialog is confirmed, but the session should be ended by BYE.
UaEvent UserAgent::Impl::on_no_ack(Session& s, Timestamp now) {
    const SessionId id = s.id;
    const bool told = !silent(s.stage);
    const std::string lines = std::move(s.hang_up_lines);
    leave(s, lines, now);
    if (told) return ua::Ended{id, nullptr, ua::Ended::Why::no_ack};
    return {};
}

// ---- in the dialog -----------------------------------------------------------------------------------------------

UaEvent UserAgent::Impl::on_bye(Session& s, const indication::Request& r, Timestamp now) {
    const SessionId id = s.id;
    const bool told = !silent(s.stage);
    answer(r.tx, 200, {}, now);
    release_reoffer(s, now);
    switch (s.stage) {
        case Stage::invited:
            answer(s.server_tx, 487, {}, now);
            end_unanswered(s, now);
            break;
        case Stage::calling:  // a callee may not (§15), but has said that it is gone
            enter(s, Stage::cancelling);
            layer_.cancel(s.client_tx, {}, now);
            break;
        case Stage::cancelling: break;
        case Stage::lingering: break;
        default: finish(s, now); break;
    }
    if (told) return ua::Ended{id, r.message, ua::Ended::Why::bye};
    return {};
}

}  // namespace centrala::sip
