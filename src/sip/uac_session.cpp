// The client side of INVITE sessions (RFC 3261 §13.2, §9.1): 2xx, their ACKs and repetitions, forks.
#include <algorithm>

#include "sip/admission.hpp"
#include "sip/id_token.hpp"
#include "sip/user_agent_impl.hpp"

namespace centrala::sip {
namespace {

constexpr std::size_t kForksMax = 16;  ///< further ones are answered too, but not remembered
constexpr std::size_t kAckBytesMax = 16'384;

bool has_line(std::string_view lines, HeaderId id) {
    while (!lines.empty()) {
        const std::string_view line = lines.substr(0, lines.find("\r\n"));
        if (parse_header_id(line.substr(0, line.find(':'))) == id) return true;
        lines.remove_prefix(std::min(lines.size(), line.size() + 2));
    }
    return false;
}

}  // namespace

std::optional<SessionId> UserAgent::Impl::invite(const Invitation& in, const Flow& to, Timestamp now) {
    Session* s = create_session(to);
    if (!s) return std::nullopt;
    s->stage = Stage::calling;
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
    append_contact(lines, to);
    w.lines(kAllow).lines(in.header_lines).lines(agent_line_);
    const auto tx = layer_.request({Method::invite, uri, lines, "application/sdp", in.sdp}, to, now);
    if (!tx) {
        erase(*s);
        return std::nullopt;
    }
    s->client_tx = *tx;
    client_owners_.set(*tx, {Owner::Kind::invite, s->id});
    return s->id;
}

/// 1xx and 2xx; other finals end in on_client_final.
UaEvent UserAgent::Impl::on_invite_response(Session& s, const Message& response, Timestamp now) {
    if (response.status() >= 200) return on_2xx(s, response, now);
    if (s.stage != Stage::calling && s.stage != Stage::cancelling) return {};
    if (s.stage == Stage::calling) set_timer(s, Timer::guard, now + options_.answer_max);
    if (response.status() == 100) return {};
    s.early_tag = response.to().tag();
    if (s.stage == Stage::calling) return ua::Progress{s.id, &response};
    return {};
}

UaEvent UserAgent::Impl::on_2xx(Session& s, const Message& response, Timestamp now) {
    if (s.stage != Stage::calling && s.stage != Stage::cancelling) {
        for (const SentAck& ack : s.acks)
            if (ack.cseq == s.invite_cseq &&
                ack.remote_tag == response.to().tag()) {  // a repetition: our ACK was lost (§13.2.2.4)
                layer_.resend(ack.bytes, s.flow);
                return {};
            }
        release_fork(s, response, now);
        return {};
    }
    queue_.cancel(s.timer);
    s.forks_until = now + 64 * options_.timers.t1;
    if (s.early_tag != response.to().tag()) s.dialog.remote_cseq.reset();  // that was another fork's
    complete_uac_dialog(s.dialog, response);
    acknowledge(s, s.dialog, s.invite_cseq, {});
    if (s.stage == Stage::cancelling) {  // it crossed our CANCEL
        const std::string lines = std::move(s.hang_up_lines);
        leave(s, lines, now);
        return {};
    }
    enter(s, Stage::established);
    return ua::Accepted{s.id, &response};
}

/// Remembered for repetitions of the 2xx: those to the opening INVITE by fork, of re-INVITEs the last one.
void UserAgent::Impl::acknowledge(Session& s, const Dialog& d, std::uint32_t cseq, std::string_view sdp) {
    const std::string_view uri = request_lines(d, s.flow, cseq, Method::ack, {}, scratch_);
    std::string bytes = layer_.send_ack({Method::ack, uri, scratch_, "application/sdp", sdp}, s.flow);
    if (cseq != s.invite_cseq) std::erase_if(s.acks, [&](const SentAck& ack) { return ack.cseq != s.invite_cseq; });
    if ((s.acks.size() < kForksMax || cseq != s.invite_cseq) && bytes.size() < kAckBytesMax)
        s.acks.push_back({cseq, d.remote_tag, std::move(bytes)});
}

/// §13.2.2.4: a second dialog that nobody wants.
void UserAgent::Impl::release_fork(Session& s, const Message& response, Timestamp now) {
    Dialog d = s.dialog;
    complete_uac_dialog(d, response);
    acknowledge(s, d, s.invite_cseq, {});
    send_bye(s, d, s.invite_cseq + 1, {}, false, now);
}

}  // namespace centrala::sip
