// Codes that an agent keys in during a call (RFC 4733): transfer, consult, complete, back. Only the agent's keys count:
// a caller's are never looked at.
#include "server_impl.hpp"

namespace centrala::calls {
namespace {

constexpr std::size_t kKeysMax = 32;

bool begins(std::string_view text, const std::string& code) {
    return !code.empty() && text.starts_with(code);
}

}  // namespace

void Server::Impl::key_pressed(Call& call, char key, Timestamp now) {
    const config::FeatureCodes& codes = config_.feature_codes;
    if (call.keys.empty() && key != '*') return;  // all codes begin with it
    timers_.cancel(call.keys_timer);
    if (key == '#') return run_keyed_code(call, now);
    call.keys += key;
    const std::string_view keys = call.keys;
    if (keys == codes.complete || keys == codes.back) return run_keyed_code(call, now);
    const auto on_the_way = [&](const std::string& code) { return std::string_view(code).starts_with(keys); };
    const bool takes_number = begins(keys, codes.transfer) || begins(keys, codes.consult);
    const bool may_become_one =
        on_the_way(codes.transfer) || on_the_way(codes.consult) || on_the_way(codes.complete) || on_the_way(codes.back);
    if ((takes_number || may_become_one) && keys.size() < kKeysMax)
        call.keys_timer = timers_.schedule(now + codes.digit_timeout, KeysTimer{call.contact});
    else
        call.keys.clear();
}

void Server::Impl::fire(const KeysTimer& timer, Timestamp now) {
    Call* call = find_call(timer.contact);
    if (!call) return;
    call->keys_timer = TimerId::none;
    run_keyed_code(*call, now);
}

void Server::Impl::forget_keys(Call& call) {
    timers_.cancel(call.keys_timer);
    call.keys.clear();
}

void Server::Impl::run_keyed_code(Call& call, Timestamp now) {
    const config::FeatureCodes& codes = config_.feature_codes;
    const std::string keys = std::move(call.keys);
    forget_keys(call);
    if (call.phase != CallPhase::talking || !call.agent) return;
    const routing::ContactId contact = call.contact;
    const routing::AgentId agent = call.talking_to;
    std::string_view what;
    std::string number;
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
                                                : transfer_blind(call, to, now);
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
    consultation.to = to.kind == Destination::Kind::agent ? core_.plan().agents[index(to.agent)].name : to.number;
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
    const int status = transfer_attended(call, consultation, now);
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
    DirectCall* consulted = find_direct(*call.consultation);
    if (!consulted || !consulted->answered) return media_.silence(call.agent->media.session);
    consulted->heard.reset();
    review_hold(*consulted, now);
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
