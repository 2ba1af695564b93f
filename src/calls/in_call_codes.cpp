// Codes that an agent keys in during a call (RFC 4733, or INFO): transfer, consult, complete, back. Only the agent's
// keys count: a caller's are never looked at.
#include "server_impl.hpp"

namespace centrala::calls {
namespace {

constexpr std::size_t kKeysMax = 32;

bool begins(std::string_view text, const std::string& code) {
    return !code.empty() && text.starts_with(code);
}

}  // namespace

/// null: the keys of who has this leg don't count.
Keys* Server::Impl::keys_of(sip::SessionId leg) {
    if (Call* call = talking_over(leg)) return &call->keys;
    const auto found = sessions_.find(leg);
    const auto* direct = found == sessions_.end() ? nullptr : std::get_if<DirectRef>(&found->second);
    DirectCall* call = direct ? find_direct(direct->call) : nullptr;
    if (!call || !call->answered || call->is_consultation()) return nullptr;
    if (direct->is_caller) return call->calling ? &call->caller_keys : nullptr;
    return call->callee ? &call->callee_keys : nullptr;
}

void Server::Impl::key_pressed(sip::SessionId leg, char key, KeysBy way, Timestamp now) {
    const config::FeatureCodes& codes = config_.feature_codes;
    Keys* typed = keys_of(leg);
    if (!typed) return;
    if (typed->by == KeysBy::unknown) typed->by = way;
    if (typed->by != way || (typed->pressed.empty() && key != '*')) return;  // all codes begin with it
    timers_.cancel(typed->timer);
    if (key == '#') return run_keyed_code(leg, now);
    typed->pressed += key;
    const std::string_view keys = typed->pressed;
    if (keys == codes.complete || keys == codes.back) return run_keyed_code(leg, now);
    const auto on_the_way = [&](const std::string& code) { return std::string_view(code).starts_with(keys); };
    const bool takes_number = begins(keys, codes.transfer) || begins(keys, codes.consult);
    const bool may_become_one =
        on_the_way(codes.transfer) || on_the_way(codes.consult) || on_the_way(codes.complete) || on_the_way(codes.back);
    if ((takes_number || may_become_one) && keys.size() < kKeysMax)
        typed->timer = timers_.schedule(now + codes.digit_timeout, KeysTimer{leg});
    else
        typed->pressed.clear();
}

void Server::Impl::fire(const KeysTimer& timer, Timestamp now) {
    run_keyed_code(timer.leg, now);
}

void Server::Impl::forget_keys(Keys& keys) {
    timers_.cancel(keys.timer);
    keys.pressed.clear();
    keys.by = KeysBy::unknown;
}

void Server::Impl::run_keyed_code(sip::SessionId leg, Timestamp now) {
    Keys* typed = keys_of(leg);
    if (!typed) return;
    const std::string keys = std::move(typed->pressed);
    forget_keys(*typed);
    if (Call* call = talking_over(leg)) return run_code(*call, keys, now);
    const DirectRef direct = std::get<DirectRef>(sessions_.at(leg));
    run_code(*find_direct(direct.call), direct.is_caller, keys, now);
}

/// In a call of agents' own there is only the transfer: whom to consult is called on another line.
void Server::Impl::run_code(DirectCall& call, bool by_caller, std::string_view keys, Timestamp now) {
    const std::string& code = config_.feature_codes.transfer;
    if (!begins(keys, code)) return;
    const routing::AgentId agent = by_caller ? *call.calling : *call.callee;
    const std::string_view number = keys.substr(code.size());
    const Destination to = dial_plan_.destination(number);
    const DirectId id = call.id;
    const int status = number.empty() ? 404 : !may_transfer(agent, to) ? 403 : hand_on(call, by_caller, to, {}, now);
    tell_transfer_asked(agent, {}, "transfer", number, {}, status, now);
    if (DirectCall* after = find_direct(id); status != 200 && after) prompt_error(*after, by_caller, now);
}

void Server::Impl::run_code(Call& call, std::string_view keys, Timestamp now) {
    const config::FeatureCodes& codes = config_.feature_codes;
    const routing::ContactId contact = call.contact;
    const routing::AgentId agent = call.talking_to;
    std::string_view what, number;
    int status = 404;
    if (keys == codes.complete) {
        what = "complete";
        status = call.consultation ? complete_consultation(call, now) : 481;
    } else if (keys == codes.back) {
        what = "back";
        if (!call.consultation) return;
        return end_direct(*call.consultation, "caller_hangup", 487, now);
    } else if (begins(keys, codes.transfer) || begins(keys, codes.consult)) {
        const bool consults = begins(keys, codes.consult);
        what = consults ? "consult" : "transfer";
        number = keys.substr((consults ? codes.consult : codes.transfer).size());
        const Destination to = dial_plan_.destination(number);
        if (call.consultation)
            status = 491;
        else if (!number.empty())
            status = consults                   ? begin_consultation(call, to, now)
                     : !may_transfer(agent, to) ? 403
                                                : transfer_blind(call, to, nullptr, now);
    } else {
        return;  // a code begun and not finished
    }
    tell_transfer_asked(agent, contact, what, number, {}, status, now);
    Call* after = find_call(contact);
    if (status != 200 && after && after->agent) prompt_error(*after, now);
}

/// The caller hears music, the agent talks to somebody else over the line that is there.
int Server::Impl::begin_consultation(Call& call, const Destination& to, Timestamp now) {
    if (to.kind == Destination::Kind::queue || to.kind == Destination::Kind::nowhere) return 404;
    if (!may_call(call.talking_to, to)) return 403;
    if (to.kind == Destination::Kind::outside && !outside_number_of(to.number)) return 404;
    if (to.kind == Destination::Kind::agent && is_occupied(to.agent)) return 486;
    DirectCall consultation;
    consultation.by = call.talking_to;
    consultation.consults_for = call.contact;
    if (to.kind == Destination::Kind::agent) consultation.callee = to.agent;
    consultation.to = name_of(to);
    call.consultation = static_cast<DirectId>(last_direct_ + 1);
    hear(call, now);
    (void)start_direct(std::move(consultation), now);  // if it fails, consultation_is_over() has been told
    return 200;
}

int Server::Impl::complete_consultation(Call& call, Timestamp now) {
    const DirectId consultation = *call.consultation;
    const DirectCall* consulted = find_direct(consultation);
    if (!consulted) return 481;
    Destination to;
    to.kind = consulted->callee ? Destination::Kind::agent : Destination::Kind::outside;
    to.number = consulted->to;
    if (!may_transfer(call.talking_to, to)) return 403;
    const routing::ContactId contact = call.contact;
    call.consultation.reset();  // nobody returns to the caller while it changes hands
    const int status = transfer_attended(call, consultation, nullptr, now);
    if (Call* after = find_call(contact); status != 200 && after && find_direct(consultation))
        after->consultation = consultation;
    return status;
}

/// The other side hung up, or was never reached: back to the caller, after a tone that says so.
void Server::Impl::consultation_is_over(Call& call, bool by_agent, Timestamp now) {
    call.consultation.reset();
    if (by_agent)
        hear(call, now);
    else
        prompt_error(call, now);
}

/// Who hears whom: the agent either the caller or whom it consults; the caller the agent or music, never nothing.
void Server::Impl::hear(Call& call, Timestamp now) {
    call.prompting = false;
    if (!call.agent) return;
    if (!call.consultation) {
        call.hearing = Hearing::queue;  // whatever was heard is set up anew
        return review_hold(call, now);
    }
    entertain(call, false, now);
    if (DirectCall* consulted = find_direct(*call.consultation); consulted && consulted->answered)
        consulted->heard.reset();
    else
        media_.silence(call.agent->media.session);
    review_hold(call, now);
}

void Server::Impl::prompt_error(Call& call, Timestamp now) {
    if (!call.agent) return;
    if (sounds_.error == media::SoundId::none) return hear(call, now);
    entertain(call, false, now);
    const media::PlayItem item{sounds_.error, false};
    media_.play(call.agent->media.session, std::span(&item, 1));
    call.prompting = true;
}

}  // namespace centrala::calls
