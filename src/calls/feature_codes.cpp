// Feature codes: an agent dials *11 and the like; we do it, play a confirmation, and hang up.
#include <charconv>

#include "server_impl.hpp"

namespace centrala::calls {
namespace {

/// The longest a confirmation may take.
constexpr Duration kGuard = 15s;
/// Without a sound to play: long enough for the phone to show that it was answered.
constexpr Duration kSilent = 1s;

/// What `number` says after `code`; nullopt if it doesn't begin with it or has something else than digits behind.
std::optional<std::string_view> argument_of(std::string_view number, std::string_view code) {
    if (code.empty() || !number.starts_with(code)) return std::nullopt;
    const auto rest = number.substr(code.size());
    if (rest.find_first_not_of("0123456789") != std::string_view::npos) return std::nullopt;
    return rest;
}

/// The n-th word of a list, counted from 1.
std::optional<std::string> nth(const std::vector<std::string>& words, std::string_view digits) {
    std::size_t n = 0;
    const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), n);
    if (error != std::errc{} || n == 0 || n > words.size()) return std::nullopt;
    return words[n - 1];
}

struct Action {
    std::string_view name;
    std::optional<routing::Input> input;  ///< nullopt: the argument names nothing
};

std::optional<Action> action_of(const config::FeatureCodes& codes, const routing::Plan& plan, routing::AgentId agent,
                                std::string_view number) {
    using namespace routing;
    if (number.empty()) return std::nullopt;
    if (number == codes.login) return Action{"login", input::AgentLogsIn{agent, Actor::agent}};
    if (number == codes.logout) return Action{"logout", input::AgentLogsOut{agent, Actor::agent}};
    if (number == codes.ready) return Action{"ready", input::AgentGoesReady{agent, Actor::agent}};
    if (number == codes.end_wrap_up) return Action{"end_wrap_up", input::AgentEndsWrapUp{agent, Actor::agent}};
    if (number == codes.extend_wrap_up)
        return Action{"extend_wrap_up", input::AgentExtendsWrapUp{agent, codes.extend_wrap_up_by, Actor::agent}};
    if (const auto rest = argument_of(number, codes.not_ready)) {
        if (rest->empty()) return Action{"not_ready", input::AgentGoesNotReady{agent, {}, Actor::agent}};
        auto reason = nth(plan.reasons, *rest);
        return reason ? Action{"not_ready", input::AgentGoesNotReady{agent, std::move(*reason), Actor::agent}}
                      : Action{"not_ready", std::nullopt};
    }
    if (const auto rest = argument_of(number, codes.disposition)) {
        auto code = plan.dispositions.empty() && !rest->empty() ? std::optional(std::string(*rest))
                                                                : nth(plan.dispositions, *rest);
        return code ? Action{"disposition", input::AgentDisposes{agent, std::move(*code), Actor::agent}}
                    : Action{"disposition", std::nullopt};
    }
    return std::nullopt;
}

}  // namespace

bool Server::Impl::is_feature_code(std::string_view number) const {
    return action_of(config_.feature_codes, core_.plan(), {}, number).has_value();
}

void Server::Impl::run_feature_code(const sip::ua::Invited& event, const config::Agent& agent, std::string_view number,
                                    Timestamp now) {
    CallerLeg leg;
    if (const auto refused = prepare_caller_media(*event.invite, event.flow, std::nullopt, leg))
        return ua_.refuse(event.session, *refused == routing::Refusal::limit ? 503 : 488, {}, now);
    const auto action = action_of(config_.feature_codes, core_.plan(), agent.id, number);
    // The phone is in use until the confirmation has been heard: the first call may come after that.
    count_other_use(agent.id, +1, now);
    const auto rejection = action->input ? feed(*action->input, now) : routing::Rejection::unknown_code;
    const bool done = rejection == routing::Rejection::none;
    sink_.append(now, "feature.used",
                 {{"agent", core_.plan().agents[index(agent.id)].name},
                  {"code", number},
                  {"action", action->name},
                  {"result", done ? std::string_view("done") : routing::to_string(rejection)}});
    const bool asks = core_.state().agents[index(agent.id)].facts.asks.has_value();
    media::SoundId own = media::SoundId::none;  // of what was done
    if (action->name == "login") own = sounds_.login;
    if (action->name == "logout") own = sounds_.logout;
    if (action->name == "not_ready" && asks) own = sounds_.asked;
    const media::SoundId done_sound = own != media::SoundId::none ? own : sounds_.done;
    const media::SoundId sound = done ? done_sound : sounds_.error;

    FeatureCall& feature = features_[event.session];
    feature.sip = event.session;
    feature.media = std::move(leg.media);
    feature.agent = agent.id;
    sessions_[feature.sip] = FeatureRef{feature.sip};
    media_sessions_[feature.media.session] = feature.sip;
    ua_.accept(feature.sip, leg.answer, now);
    if (sound != media::SoundId::none) {
        const media::PlayItem item{sound, false};
        media_.play(feature.media.session, std::span(&item, 1));
    }
    feature.guard =
        timers_.schedule(now + (sound != media::SoundId::none ? kGuard : kSilent), FeatureTimer{feature.sip});
}

void Server::Impl::fire(const FeatureTimer& timer, Timestamp now) {
    finish_feature_call(timer.feature, true, now);
}

void Server::Impl::finish_feature_call(sip::SessionId key, bool hang_up, Timestamp now) {
    const auto found = features_.find(key);
    if (found == features_.end()) return;
    FeatureCall feature = std::move(found->second);
    features_.erase(found);
    sessions_.erase(key);
    timers_.cancel(feature.guard);
    close_media(feature.media);
    if (hang_up) ua_.hang_up(key, {}, now);
    count_other_use(feature.agent, -1, now);
}

void Server::Impl::count_other_use(routing::AgentId agent, int change, Timestamp now) {
    auto& count = other_calls_[index(agent)];
    count = static_cast<std::uint32_t>(static_cast<int>(count) + change);
    feed(routing::input::OtherUseChanges{agent, count != 0 ? routing::OtherUse::non_acd_call : routing::OtherUse::none},
         now);
}

}  // namespace centrala::calls
