// Session timers (RFC 4028): agreed upon in each INVITE or UPDATE, refreshed by whom that names, ended by BYE if not.
#include <algorithm>

#include "sip/admission.hpp"
#include "sip/chars.hpp"
#include "sip/user_agent_impl.hpp"

namespace centrala::sip {
namespace {

/// §4, §5: no interval and no Min-SE may be shorter.
constexpr std::uint32_t kLeastSeconds = 90;
/// What a refresh that was refused for now waits for.
constexpr Duration kRefreshAgain = 10s;

std::uint32_t seconds_of(Duration d) {
    return static_cast<std::uint32_t>(std::chrono::duration_cast<std::chrono::seconds>(d).count());
}

/// delta-seconds with parameters; nullopt if there is none or it is malformed.
std::optional<std::uint32_t> delta_seconds(const Message& message, HeaderId id) {
    const auto value = message.find(id);
    if (!value) return std::nullopt;
    std::uint64_t seconds = 0;
    if (!chars::read_decimal(chars::trim(value->substr(0, value->find(';'))), 0xffff'ffff, seconds))
        return std::nullopt;
    return static_cast<std::uint32_t>(seconds);
}

Refresher refresher_of(const Message& message) {
    const auto value = message.find(HeaderId::session_expires);
    const std::size_t semicolon = value ? value->find(';') : std::string_view::npos;
    if (semicolon == std::string_view::npos) return Refresher::unsaid;
    const auto who = find_parameter(value->substr(semicolon + 1), "refresher");
    if (!who) return Refresher::unsaid;
    return iequals(*who, "uac") ? Refresher::uac : iequals(*who, "uas") ? Refresher::uas : Refresher::unsaid;
}

}  // namespace

void UserAgent::Impl::note_peer(Session& s, const Message& m) {
    if (m.find(HeaderId::allow)) s.peer_updates = m.lists(HeaderId::allow, "UPDATE");
    s.timer.asked = 0;
    if (!timers_on()) return;
    s.timer.peer = m.lists(HeaderId::supported, "timer") || m.lists(HeaderId::require, "timer");
    if (m.is_request()) {
        s.timer.asked = delta_seconds(m, HeaderId::session_expires).value_or(0);
        s.timer.wish = refresher_of(m);
        s.timer.min_se = std::max(s.timer.min_se, delta_seconds(m, HeaderId::min_se).value_or(0));
    }
}

/// §9: refused only to who understands why.
bool UserAgent::Impl::interval_too_small(const Message& request, ServerTx tx, Timestamp now) {
    if (!timers_on() || !request.lists(HeaderId::supported, "timer")) return false;
    const auto asked = delta_seconds(request, HeaderId::session_expires);
    const std::uint32_t least = std::max(kLeastSeconds, seconds_of(options_.min_se));
    if (!asked || *asked >= least) return false;
    answer(tx, 422, "Min-SE: " + std::to_string(least) + "\r\n", now);
    return true;
}

/// What our INVITE, re-INVITE or UPDATE says (§7.1, §7.4).
void UserAgent::Impl::append_timer_request(const Session& s, std::string& lines) const {
    if (!timers_on()) return;
    const std::uint32_t least = std::max(s.timer.min_se, seconds_of(options_.min_se));
    const std::uint32_t wanted = s.timer.interval != 0 ? s.timer.interval : seconds_of(options_.session_expires);
    MessageWriter w(lines);
    if (s.timer.interval == 0)
        w.header("Session-Expires", std::max(wanted, least));
    else
        w.header("Session-Expires", std::max(wanted, least), s.timer.ours ? ";refresher=uac" : ";refresher=uas");
    if (least > kLeastSeconds || s.timer.min_se != 0) w.header("Min-SE", std::max(least, kLeastSeconds));
}

/// What our 2xx to the peer's INVITE or UPDATE says, and begins (§9, table 2).
void UserAgent::Impl::append_timer_answer(Session& s, std::string& lines, Timestamp now) {
    if (!timers_on() || s.stage == Stage::invited || s.stage == Stage::calling) return;
    if (s.timer.asked == 0 && !s.timer.peer) return start_timer(s, 0, false, now);
    const std::uint32_t ours = seconds_of(options_.session_expires);
    std::uint32_t interval = s.timer.asked != 0 ? std::min(s.timer.asked, ours) : ours;
    interval = std::max({interval, s.timer.min_se, kLeastSeconds});
    const bool agreed = s.timer.interval != 0;
    // Unless somebody has said who refreshes it stays who it was, else the peer, who may be behind a NAT.
    const bool by_us = !s.timer.peer || s.timer.wish == Refresher::uas ||
                       (s.timer.wish == Refresher::unsaid && agreed && s.timer.ours);
    MessageWriter w(lines);
    w.header("Session-Expires", interval, by_us ? ";refresher=uas" : ";refresher=uac");
    if (!by_us) w.header("Require", "timer");
    start_timer(s, interval, by_us, now);
}

/// What a 2xx to ours has agreed (§7.2).
void UserAgent::Impl::take_timer_answer(Session& s, const Message& response, Timestamp now) {
    if (!timers_on()) return;
    const auto interval = delta_seconds(response, HeaderId::session_expires);
    if (!interval || *interval == 0) return start_timer(s, 0, false, now);
    start_timer(s, std::max(*interval, kLeastSeconds), refresher_of(response) != Refresher::uas, now);
}

void UserAgent::Impl::start_timer(Session& s, std::uint32_t interval, bool ours, Timestamp now) {
    queue_.cancel(s.timer.due);
    s.timer.interval = interval;
    s.timer.ours = ours;
    if (interval == 0) return;
    // §10: a little before it expires it ends by BYE: the smaller of 32 seconds and a third of the interval.
    const Duration whole = std::chrono::seconds(interval);
    s.timer.expires = now + whole - std::min<Duration>(32s, whole / 3);
    s.timer.due = queue_.schedule(ours ? now + whole / 2 : s.timer.expires, {s.id, Timer::session});
}

void UserAgent::Impl::stop_timer(Session& s) {
    queue_.cancel(s.timer.due);
    s.timer.interval = 0;
}

UaEvent UserAgent::Impl::on_session_due(Session& s, Timestamp now) {
    if (s.timer.interval == 0 || silent(s.stage)) return {};
    if (now >= s.timer.expires) {
        const SessionId id = s.id;
        leave(s, {}, now);
        return ua::Ended{id, nullptr, ua::Ended::Why::expired};
    }
    const bool sent = s.stage == Stage::established && refresh(s, now);
    s.timer.due = queue_.schedule(sent ? s.timer.expires : std::min(s.timer.expires, now + kRefreshAgain),
                                  {s.id, Timer::session});
    return {};
}

/// §7.4: UPDATE without an offer where the peer knows it, else a re-INVITE with the last description.
bool UserAgent::Impl::refresh(Session& s, Timestamp now) {
    if (!s.peer_updates) {
        if (s.local_sdp.empty() || !reoffer(s, s.local_sdp, now)) return false;
        s.own_offer->refresh = true;
        return true;
    }
    std::string lines;
    append_timer_request(s, lines);
    const std::string_view uri = request_lines(s, s.dialog, ++s.dialog.local_cseq, Method::update, lines, scratch_);
    return submit({Method::update, uri, scratch_, {}, {}}, way_of(s, s.dialog), {Owner::Kind::refresh, s.id, {}}, now)
        .has_value();
}

UaEvent UserAgent::Impl::on_refreshed(Session& s, int status, const Message* response, Timestamp now) {
    if (silent(s.stage)) return {};
    if (!response || status == 408 || status == 481) {  // §10
        const SessionId id = s.id;
        leave(s, {}, now);
        return ua::Ended{id, nullptr, ua::Ended::Why::lost};
    }
    if (status < 300) {
        refresh_target(s.dialog, *response);
        take_timer_answer(s, *response, now);
        return ua::Refreshed{s.id};
    }
    refresh_refused(s, status, now);
    return {};
}

/// The session lives on until it expires; meanwhile it is tried again (§10).
void UserAgent::Impl::refresh_refused(Session& s, int status, Timestamp now) {
    if (status == 405 || status == 501) s.peer_updates = false;
    if (s.timer.interval == 0 || !s.timer.ours) return;
    queue_.cancel(s.timer.due);
    s.timer.due = queue_.schedule(std::min(s.timer.expires, now + kRefreshAgain), {s.id, Timer::session});
}

/// For re-INVITEs that refresh.
void UserAgent::Impl::keep_sdp(Session& s, std::string_view sdp) {
    if (s.timer.ours && !sdp.empty()) s.local_sdp = sdp;
}

/// §7.3: after a 422 it goes once more with what that asks for. False: it asks for nothing new.
bool UserAgent::Impl::raise_interval(Session& s, const Message& response) {
    const std::uint32_t least = delta_seconds(response, HeaderId::min_se).value_or(0);
    if (!timers_on() || least <= s.timer.min_se || least <= kLeastSeconds) return false;
    s.timer.min_se = least;
    return true;
}

}  // namespace centrala::sip
