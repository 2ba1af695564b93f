// The client side of INVITE sessions (RFC 3261 §13.2, §9.1): 2xx, their ACKs and repetitions, forks.
#include <algorithm>

#include "centrala/sip/content.hpp"
#include "sip/admission.hpp"
#include "sip/id_token.hpp"
#include "sip/sent_request.hpp"
#include "sip/user_agent_impl.hpp"

namespace centrala::sip {
namespace {

constexpr std::size_t kForksMax = 16;  ///< further ones are answered too, but not remembered
constexpr std::size_t kAckBytesMax = 16'384;

}  // namespace

std::optional<SessionId> UserAgent::Impl::invite(const Invitation& in, const Flow& to, Timestamp now) {
    Session* s = create_session(to);
    if (!s) return std::nullopt;
    s->stage = Stage::calling;
    s->began = true;
    Dialog& d = s->dialog;
    append_id_token(d.local_tag, static_cast<std::uint64_t>(s->id), random_);
    random_.append_token(d.call_id, 16);
    d.local_party.append(in.from).append(";tag=").append(d.local_tag);
    d.remote_party = in.to;
    d.remote_target = in.request_uri;
    d.route_set.assign(in.route_set.begin(), in.route_set.end());
    d.local_cseq = s->invite_cseq = 1;

    std::string& lines = scratch_;
    lines.clear();
    const std::string_view uri = append_route(d, lines);
    MessageWriter w(lines);
    if (!has_line(in.header_lines, HeaderId::max_forwards)) w.header("Max-Forwards", 70);
    w.header("From", d.local_party).header("To", d.remote_party).header("Call-ID", d.call_id);
    w.header("CSeq", d.local_cseq, " INVITE");
    append_contact(lines, to, in.request_uri);
    append_supported(lines, !in.sdp.empty());
    append_timer_request(*s, lines);
    w.lines(kAllow).lines(in.header_lines).lines(agent_line_);
    const auto tx =
        submit({Method::invite, uri, lines, "application/sdp", in.sdp}, to, {Owner::Kind::invite, s->id, {}}, now);
    if (!tx) {
        erase(*s);
        return std::nullopt;
    }
    s->client_tx = *tx;
    s->offered = !in.sdp.empty();
    if (in.credentials) s->auth = std::make_unique<DigestClient>(*in.credentials);
    s->alternatives.assign(in.alternatives.rbegin(), in.alternatives.rend());
    if (!s->alternatives.empty()) set_timer(*s, Timer::failover, now + options_.failover_after);
    return s->id;
}

/// 1xx and 2xx; other finals end in on_client_final.
UaEvent UserAgent::Impl::on_invite_response(Session& s, ClientTx tx, const Message& response, Timestamp now) {
    if (!switched_.empty()) switched_.erase(tx);
    if (response.status() >= 200) return on_2xx(s, tx, response, now);
    if (tx != s.client_tx || (s.stage != Stage::calling && s.stage != Stage::cancelling)) return {};
    if (s.stage == Stage::calling) set_timer(s, Timer::guard, now + options_.answer_max);
    if (response.status() == 100) return {};
    EarlyDialog* const early = early_dialog(s, response.to().tag());
    if (early) {
        if (!take_reliable(s, early->rseq, response, now)) return {};
        const std::string_view sdp = sdp_of(response);
        if (early->rseq != 0 && s.offered && !early->agreed && !sdp.empty() &&
            response.lists(HeaderId::require, "100rel")) {
            early->agreed = true;
            early->sdp = sdp;
        }
    }
    if (s.stage == Stage::calling) return ua::Progress{s.id, &response};
    return {};
}

UaEvent UserAgent::Impl::on_2xx(Session& s, ClientTx tx, const Message& response, Timestamp now) {
    const bool waiting = s.stage == Stage::calling || s.stage == Stage::cancelling;
    if (!waiting || tx != s.client_tx) {
        for (const SentAck& ack : s.acks)
            if (ack.cseq == response.cseq().number && ack.remote_tag == response.to().tag()) {
                layer_.resend(ack.bytes, ack.flow);  // a repetition: our ACK was lost (§13.2.2.4)
                return {};
            }
        if (!s.held_ack.active() || response.to().tag() != s.dialog.remote_tag) release_fork(s, tx, response, now);
        return {};
    }
    queue_.cancel(s.stage_timer);
    s.alternatives = {};
    s.forks_until = now + 64 * options_.timers.t1;
    if (s.auth) s.auth->accepted();
    early_answer_.clear();
    for (EarlyDialog& early : s.early)
        if (early.tag == response.to().tag()) {
            s.dialog.remote_cseq = early.remote_cseq;
            early_answer_.swap(early.sdp);
        }
    s.early = {};
    complete_uac_dialog(s.dialog, response);
    note_peer(s, response);
    take_timer_answer(s, response, now);
    const bool crossed = s.stage == Stage::cancelling;  // our CANCEL came too late
    if (s.offered || crossed)
        acknowledge(s, s.dialog, tx, s.invite_cseq, {});
    else
        hold_ack(s, tx, s.invite_cseq, now);
    if (crossed) {
        const std::string lines = std::move(s.hang_up_lines);
        leave(s, lines, now);
        return {};
    }
    enter(s, Stage::established);
    if (s.timer.ours) s.local_sdp = take_apart(layer_.request_text(tx)).body;
    const std::string_view sdp = sdp_of(response);
    return ua::Accepted{s.id, &response, !s.offered, sdp.empty() ? std::string_view(early_answer_) : sdp};
}

/// Remembered for repetitions of the 2xx: those to the opening INVITE by fork, of re-INVITEs the last one.
void UserAgent::Impl::acknowledge(Session& s, const Dialog& d, ClientTx invite, std::uint32_t cseq,
                                  std::string_view sdp) {
    // §13.2.2.4: with the credentials of the INVITE.
    std::string lines;
    if (s.auth) {
        const SentRequest sent = take_apart(layer_.request_text(invite));
        for (const HeaderId id : {HeaderId::authorization, HeaderId::proxy_authorization})
            lines.append(lines_of(sent.lines, id));
    }
    const std::string_view uri = request_lines(s, d, cseq, Method::ack, lines, scratch_);
    Flow way = way_of(s, d);
    std::string bytes = layer_.send_ack({Method::ack, uri, scratch_, "application/sdp", sdp}, way);
    if (cseq != s.invite_cseq) std::erase_if(s.acks, [&](const SentAck& ack) { return ack.cseq != s.invite_cseq; });
    if ((s.acks.size() < kForksMax || cseq != s.invite_cseq) && bytes.size() < kAckBytesMax)
        s.acks.push_back({cseq, d.remote_tag, std::move(bytes), std::move(way)});
}

/// §13.2.2.4: a second dialog that nobody wants.
void UserAgent::Impl::release_fork(Session& s, ClientTx tx, const Message& response, Timestamp now) {
    Dialog d = s.dialog;
    complete_uac_dialog(d, response);
    acknowledge(s, d, tx, response.cseq().number, {});
    send_bye(s, d, response.cseq().number + 1, {}, false, now);
}

}  // namespace centrala::sip
