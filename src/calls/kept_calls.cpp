// What is kept of each call as it changes, so that the next process can go on with it (restart.cpp): the dialogs of its
// legs. What routing knows of it stands in the log.
#include <functional>

#include "kept_id.hpp"
#include "server_impl.hpp"

namespace centrala::calls {
namespace {

/// Fills what is there, so that its memory is used again.
template <class T>
T& refill(std::optional<T>& value) {
    return value ? *value : value.emplace();
}

/// Saved sessions one after the other, into those that are there.
class SessionList {
public:
    SessionList(const sip::UserAgent& ua, std::vector<sip::SessionState>& into) : ua_(ua), into_(into) {}
    void add(sip::SessionId session) {
        if (size_ == into_.size()) into_.emplace_back();
        if (ua_.save(session, into_[size_])) ++size_;
    }
    void add(const std::vector<AgentLeg>& legs) {
        for (const AgentLeg& leg : legs) add(leg.sip);
    }
    void finish() { into_.resize(size_); }

private:
    const sip::UserAgent& ua_;
    std::vector<sip::SessionState>& into_;
    std::size_t size_ = 0;
};

}  // namespace

void Server::Impl::touch(sip::SessionId session) {
    if (Call* call = call_of(session)) return touch(*call);
    const auto found = sessions_.find(session);
    if (found == sessions_.end()) return;
    const auto* direct = std::get_if<DirectRef>(&found->second);
    if (DirectCall* call = direct ? find_direct(direct->call) : nullptr)
        touch(*call);
    else if (!direct && kept_sessions_.insert(session).second)
        touched_.push_back(kept_id(KeptKind::session, session));
}

void Server::Impl::touch(Call& call) {
    if (!std::exchange(call.keeping.touched, true)) touched_.push_back(kept_id(KeptKind::contact, call.contact));
}

void Server::Impl::touch(DirectCall& call) {
    if (!std::exchange(call.keeping.touched, true)) touched_.push_back(kept_id(KeptKind::direct_call, call.id));
}

void Server::Impl::save_calls(const std::function<void(KeptId, std::string_view)>& keep) {
    std::erase_if(kept_sessions_, [&](sip::SessionId session) {
        const auto found = sessions_.find(session);
        const bool other = found == sessions_.end() || call_of(session) || std::get_if<DirectRef>(&found->second);
        if (other) touched_.push_back(kept_id(KeptKind::session, session));
        return other;
    });
    const auto is_as_kept = [&](auto& call, auto& into) {
        call.keeping.touched = false;
        if (save(call, into)) encode(into, saved_text_);
        const std::size_t hash = saved_text_.empty() ? 0 : std::hash<std::string_view>()(saved_text_);
        return std::exchange(call.keeping.hash, hash) == hash;
    };
    for (const KeptId id : touched_) {
        saved_text_.clear();
        switch (kind_of(id)) {
            case KeptKind::contact:
                if (Call* call = find_call(id_of<routing::ContactId>(id)); call && is_as_kept(*call, saved_contact_))
                    continue;
                break;
            case KeptKind::direct_call:
                if (DirectCall* call = find_direct(id_of<DirectId>(id)); call && is_as_kept(*call, saved_direct_))
                    continue;
                break;
            case KeptKind::session:
                if (const auto session = id_of<sip::SessionId>(id);
                    kept_sessions_.contains(session) && ua_.save(session, saved_other_.session))
                    encode(saved_other_, saved_text_);
                break;
        }
        keep(id, saved_text_);
    }
    touched_.clear();
}

/// False: it ends with the process.
bool Server::Impl::save(const Call& call, SavedContact& into) const {
    const routing::ContactRecord* contact = core_.state().find(call.contact);
    if (!contact || !save(call.caller.sip, call.caller.media, into.caller)) return false;
    into.call_id = contact->call_id;
    const bool outside = call.phase == CallPhase::outside && call.outside && call.outside->trunk;
    const AgentLeg* leg = nullptr;
    if (call.phase == CallPhase::talking && call.agent) leg = &*call.agent;
    if (outside && call.outside->answered) leg = &call.outside->leg;
    if (!leg || !save(leg->sip, leg->media, refill(into.partner).leg)) {
        into.partner.reset();
    } else {
        into.partner->agent = outside ? std::string() : core_.plan().agents[index(call.talking_to)].name;
        into.partner->trunk = outside ? config_.trunks[*call.outside->trunk].name : std::string();
        into.partner->name = outside ? call.outside->number : std::string();
    }
    SessionList ringing(ua_, into.ringing);
    for (const Offer& offer : call.offers) ringing.add(offer.legs);
    if (outside && !call.outside->answered) ringing.add(call.outside->leg.sip);
    ringing.finish();
    return true;
}

/// Only if both talk, and none of them is on the way to somebody else; of other ones what is to be ended.
bool Server::Impl::save(const DirectCall& call, SavedDirectCall& into) const {
    into.by = core_.plan().agents[index(call.by)].name;
    into.answered_at = call.answered_at;
    const auto fill = [&](SavedParty& party, sip::SessionId session, const LegMedia& media,
                          std::optional<routing::AgentId> agent, std::optional<std::size_t> trunk,
                          std::string_view name) {
        party.agent = agent ? core_.plan().agents[index(*agent)].name : std::string();
        party.trunk = trunk ? config_.trunks[*trunk].name : std::string();
        party.name = name;
        return save(session, media, party.leg);
    };
    const bool both = call.answered && call.caller.answered && !call.handing_on && !call.handed_on_from;
    SessionList others(ua_, into.others);
    if (both &&
        fill(refill(into.caller), call.caller.sip, call.caller.media, call.calling, call.caller_trunk,
             call.handed_on.empty() ? into.by : call.handed_on) &&
        fill(refill(into.callee), call.answered->sip, call.answered->media,
             call.callee_counted ? call.callee : std::nullopt, call.trunk, call.to)) {
        others.finish();
        return true;
    }
    into.caller.reset();
    into.callee.reset();
    others.add(call.caller.sip);
    others.add(call.ringing);
    if (call.answered) others.add(call.answered->sip);
    others.finish();
    return !into.others.empty();
}

bool Server::Impl::save(sip::SessionId session, const LegMedia& media, SavedLeg& into) const {
    if (!ua_.save(session, into.session)) return false;
    into.sdp = media.local;
    return true;
}

}  // namespace centrala::calls
