// Waiting callers are told where they stand in the line and how long it will take at most, from time to time.
#include <algorithm>

#include "centrala/routing/expected_wait.hpp"
#include "server_impl.hpp"

namespace centrala::calls {
namespace {

/// Who is told that it takes an hour has been told enough.
constexpr std::int64_t kMinutesMax = 60;

/// Finding a place takes as long as the line is (QueueRecord::waiting_before): so many callers are told in a hundredth
/// of the thread's time, with the interval's default.
constexpr std::size_t kLineMax = 10'000;

bool in_queue(const Call& call) {
    return call.phase == CallPhase::waiting || call.phase == CallPhase::offering;
}

}  // namespace

/// The first one in this queue, but not into the greeting.
void Server::Impl::plan_announcement(Call& call, bool greeted, Timestamp now) {
    timers_.cancel(call.announcement);
    const config::Queue& queue = config_.queues[index(call.queue)];
    if (queue.announce.after == 0s || !in_queue(call)) return;
    const Duration after = std::max(queue.announce.after, greeted ? queue.greeting_length : 0s);
    call.announcement = timers_.schedule(now + after, AnnouncementTimer{call.contact});
}

/// Those who wait where nothing was announced before are told as if they had just come.
void Server::Impl::plan_announcements(Timestamp now) {
    for (auto& [contact, call] : calls_)
        if (call.announcement == TimerId::none) plan_announcement(call, false, now);
}

void Server::Impl::fire(const AnnouncementTimer& timer, Timestamp now) {
    Call* call = find_call(timer.contact);
    if (!call) return;
    call->announcement = TimerId::none;
    const config::Announce& announce = config_.queues[index(call->queue)].announce;
    if (announce.after == 0s || !in_queue(*call)) return;
    call->announcement = timers_.schedule(now + announce.every, AnnouncementTimer{call->contact});
    announce_to(*call, announce, now);
}

/// Nothing while a phone rings for the caller, or who holds the line and hears nothing; nor where the line says nothing
/// of the wait, for the caller is kept for one agent.
void Server::Impl::announce_to(const Call& call, const config::Announce& announce, Timestamp now) {
    const routing::State& state = core_.state();
    const routing::ContactRecord* contact = state.find(call.contact);
    if (!contact || contact->phase != routing::ContactPhase::waiting || contact->wanted || call.caller.media.held)
        return;
    const routing::QueueRecord& queue = state.queues[index(call.queue)];
    if (queue.waiting() > kLineMax) return;
    const std::size_t ahead = queue.waiting_before(wait_key(*contact));
    std::optional<std::int64_t> place, minutes;
    if (announce.position) place = static_cast<std::int64_t>(ahead) + 1;
    const auto wait = announce.expected_wait ? expected_wait_behind(state, call.queue, ahead) : std::nullopt;
    // What four in five wait at most: an average would be a promise broken to every other caller.
    if (wait && wait->p80) minutes = std::max<std::int64_t>(1, (*wait->p80 + 1min - 1us) / 1min);
    if (place && !sounds_.is_sayable(*place)) place.reset();
    if (minutes && (*minutes > kMinutesMax || !sounds_.is_sayable(*minutes))) minutes.reset();
    if (!place && !minutes) return;
    media_.play(call.caller.media.session, sounds_.announcement(call.queue, place, minutes));
    const auto unless_untold = [](std::string_view key, std::optional<std::int64_t> value) {
        return journal::Field{value ? key : std::string_view(), value.value_or(0)};
    };
    sink_.append(now, "media.announced",
                 {{"contact", journal::to_text(call.contact)},
                  {"queue", core_.plan().queues[index(call.queue)].name},
                  unless_untold("position", place),
                  unless_untold("wait_minutes", minutes)});
}

}  // namespace centrala::calls
