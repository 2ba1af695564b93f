// Reliable provisional responses and PRACK (RFC 3262): ours, repeated until acknowledged, and the peer's.
#include <algorithm>
#include <utility>

#include "centrala/sip/content.hpp"
#include "sip/admission.hpp"
#include "sip/chars.hpp"
#include "sip/user_agent_impl.hpp"

namespace centrala::sip {
namespace {

constexpr std::size_t kWaitingMax = 8;

struct Rack {
    std::uint32_t rseq = 0, cseq = 0;
    std::string_view method;
};

/// §7.2: response-num LWS CSeq-num LWS Method.
std::optional<Rack> read_rack(std::string_view text) {
    Rack rack;
    std::uint32_t* const numbers[] = {&rack.rseq, &rack.cseq};
    for (std::uint32_t* number : numbers) {
        text = chars::trim(text);
        const std::size_t end = std::min(text.find_first_of(" \t"), text.size());
        std::uint64_t value = 0;
        if (!chars::read_decimal(text.substr(0, end), 0xffff'ffff, value)) return std::nullopt;
        *number = static_cast<std::uint32_t>(value);
        text.remove_prefix(end);
    }
    rack.method = chars::trim(text);
    if (!chars::is_token(rack.method)) return std::nullopt;
    return rack;
}

}  // namespace

// ---- ours (§3) ---------------------------------------------------------------------------------------------------

/// A description is worth it, a mere 180 isn't, unless the peer insists.
bool UserAgent::Impl::to_be_reliable(const Session& s, std::string_view sdp) const {
    if (options_.reliable == Reliable::off) return false;
    if (s.reliable_required) return true;
    return options_.reliable == Reliable::when_supported && s.reliable_supported && !sdp.empty();
}

void UserAgent::Impl::ring_reliably(Session& s, int status, std::string_view sdp, Timestamp now) {
    if (!s.reliable) {
        // §5: to an INVITE without an offer the first reliable response makes it; without one to make, there is none.
        if (!s.offered && sdp.empty()) return;
        s.reliable = std::make_unique<ReliableResponses>();
        s.reliable->rseq = static_cast<std::uint32_t>(random_.below(0x7fff'fffe));
    }
    if (s.reliable->waiting.size() >= kWaitingMax || s.reliable->accepted) return;
    s.reliable->waiting.push_back({status, std::string(sdp)});
    if (!s.reliable->open) next_reliable(s, now);
}

void UserAgent::Impl::next_reliable(Session& s, Timestamp now) {
    ReliableResponses& r = *s.reliable;
    if (r.waiting.empty()) return;
    r.out = std::move(r.waiting.front());
    r.waiting.erase(r.waiting.begin());
    ++r.rseq;
    r.open = true;
    r.interval = options_.timers.t1;
    r.repeat = queue_.schedule(now + r.interval, {s.id, Timer::reliable_repeat});
    r.give_up = queue_.schedule(now + 64 * options_.timers.t1, {s.id, Timer::reliable_give_up});
    send_reliable(s, now);
}

void UserAgent::Impl::send_reliable(Session& s, Timestamp now) {
    std::string lines("Require: 100rel\r\n");
    MessageWriter(lines).header("RSeq", s.reliable->rseq).lines(kAllow);
    answer_session(s, s.server_tx, s.reliable->out.status, lines, s.reliable->out.sdp, now);
    set_timer(s, Timer::ring, now + 60s);
}

/// The interval doubles without end, unlike that of a 2xx.
void UserAgent::Impl::on_reliable_repeat(Session& s, Timestamp now) {
    if (!s.reliable || !s.reliable->open || s.stage != Stage::invited) return;
    s.reliable->interval *= 2;
    s.reliable->repeat = queue_.schedule(now + s.reliable->interval, {s.id, Timer::reliable_repeat});
    send_reliable(s, now);
}

UaEvent UserAgent::Impl::on_reliable_give_up(Session& s, Timestamp now) {
    if (!s.reliable || !s.reliable->open || s.stage != Stage::invited) return {};
    const SessionId id = s.id;
    refuse(s, 504, {}, now);
    return ua::Ended{id, nullptr, ua::Ended::Why::no_ack};
}

void UserAgent::Impl::stop_reliable(Session& s) {
    if (!s.reliable) return;
    queue_.cancel(s.reliable->repeat);
    queue_.cancel(s.reliable->give_up);
    s.reliable->waiting.clear();
}

UaEvent UserAgent::Impl::on_prack(Session& s, const indication::Request& r, Timestamp now) {
    const auto header = r.message->find(HeaderId::rack);
    const auto rack = header ? read_rack(*header) : std::nullopt;
    if (!rack) {
        answer(r.tx, 400, {}, now);
        return {};
    }
    ReliableResponses* const out = s.reliable.get();
    if (!out || !out->open || rack->rseq != out->rseq || rack->cseq != s.invite_cseq || rack->method != "INVITE") {
        answer(r.tx, 481, {}, now);
        return {};
    }
    const bool described = !out->out.sdp.empty(), body = !sdp_of(*r.message).empty();
    out->open = false;
    queue_.cancel(out->repeat);
    queue_.cancel(out->give_up);
    if (silent(s.stage)) {
        answer(r.tx, 200, {}, now);
        return {};
    }
    if (body && s.offered) {  // §5: a new offer, answered in the 2xx; ours may have to wait for that
        out->agreed = out->agreed || described;
        if (s.reoffer.tx != ServerTx{} || !out->agreed) {
            answer(r.tx, s.reoffer.tx != ServerTx{} ? 491 : 488, {}, now);
            go_on_after_prack(s, now);
            return {};
        }
        s.reoffer = {r.tx, Reoffer::Kind::prack, true, r.message->cseq().number};
        return ua::Reoffered{s.id, r.message};
    }
    answer(r.tx, 200, {}, now);
    const bool answered = body && described && !out->agreed;  // the answer to our offer
    out->agreed = out->agreed || answered || (described && s.offered);
    const SessionId id = s.id;
    go_on_after_prack(s, now);
    if (answered) return ua::Confirmed{id, r.message};
    return {};
}

/// What had to wait for the PRACK: the next response, or the 2xx.
void UserAgent::Impl::go_on_after_prack(Session& s, Timestamp now) {
    if (!s.reliable || s.reliable->open || s.stage != Stage::invited) return;
    if (s.reliable->accepted) {
        const std::string sdp = std::move(*s.reliable->accepted);
        s.reliable->accepted.reset();
        return accept(s, sdp, now);
    }
    next_reliable(s, now);
}

// ---- the peer's (§4) ---------------------------------------------------------------------------------------------

EarlyDialog* UserAgent::Impl::early_dialog(Session& s, std::string_view tag) {
    const auto known = std::find_if(s.early.begin(), s.early.end(), [&](const EarlyDialog& e) { return e.tag == tag; });
    if (known != s.early.end()) return &*known;
    if (tag.empty() || s.early.size() >= kEarlyMax) return nullptr;
    s.early.push_back({});
    s.early.back().tag = tag;
    return &s.early.back();
}

/// False: a repetition, or one after a gap, which mustn't be processed.
bool UserAgent::Impl::take_reliable(Session& s, std::uint32_t& last, const Message& response, Timestamp now) {
    if (!response.lists(HeaderId::require, "100rel")) return true;
    const auto rseq = response.number(HeaderId::rseq);
    if (!rseq || *rseq == 0 || response.to().tag().empty()) return false;
    if (last != 0 && *rseq != last + 1) return false;
    last = *rseq;
    Dialog d = s.dialog;
    if (s.stage == Stage::calling || s.stage == Stage::cancelling) complete_uac_dialog(d, response);
    std::string rack;
    MessageWriter(rack).header("RAck", *rseq, ' ', response.cseq().number, " INVITE");
    const std::string_view uri = request_lines(s, d, ++s.dialog.local_cseq, Method::prack, rack, scratch_);
    submit({Method::prack, uri, scratch_, {}, {}}, way_of(s, d), {Owner::Kind::prack, s.id, {}}, now);
    return true;
}

}  // namespace centrala::sip
