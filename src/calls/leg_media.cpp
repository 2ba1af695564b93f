// SDP and the media engine, alike for callers', agents' and feature-code legs (RFC 3264).
#include "centrala/sip/content.hpp"
#include "server_impl.hpp"

namespace centrala::calls {

std::optional<IpAddress> Server::Impl::media_address(const IpAddress& like) const {
    for (const auto& address : config_.media.addresses)
        if (address.is_v4() == like.is_v4()) return address;
    return std::nullopt;
}

bool Server::Impl::open_media(LegMedia& media, const IpAddress& like, std::optional<std::size_t> trunk,
                              std::uint16_t port) {
    const auto address = media_address(like);
    if (!address) return false;
    auto opened = media_.open(*address, port);
    if (!opened) return false;
    media.session = opened->session;
    media.local.address = config_.media.advertised && config_.media.advertised->is_v4() == address->is_v4()
                              ? *config_.media.advertised
                              : opened->rtp.address;
    media.local.port = opened->rtp.port;
    media.local.session_id = random_.next_u64() >> 32;
    media.local.session_version = 1;
    media.local.codecs.clear();
    const bool own = trunk && !config_.trunks[*trunk].codecs.empty();
    for (const auto& codec : own ? config_.trunks[*trunk].codecs : config_.media.codecs)
        media.local.codecs.push_back(codec == "PCMU" ? sdp::Codec::pcmu : sdp::Codec::pcma);
    return true;
}

void Server::Impl::ports_exhausted(Timestamp now) {
    if (now - ports_exhausted_at_ < config_.sip.security_event_interval) return;
    ports_exhausted_at_ = now;
    sink_.append(now, "media.ports_exhausted", {{"calls", static_cast<std::int64_t>(calls_.size())}});
}

/// Of a leg that is about to end: how much sound came and went, and how well. What the peer's RTCP never told is left
/// out.
void Server::Impl::tell_media(routing::ContactId contact, std::string_view leg, const LegMedia& media, Timestamp now) {
    if (media.session == media::SessionId{} || !media.agreed) return;
    const media::SessionStats stats = media_.stats(media.session);
    const auto count = [](std::string_view key, std::uint64_t value) {
        return journal::Field{key, static_cast<std::int64_t>(value)};
    };
    const auto if_any = [&](std::string_view key, std::uint64_t value) {
        return count(value ? key : std::string_view(), value);
    };
    const bool reported = stats.round_trip_us != 0 || stats.peer_jitter_us != 0 || stats.peer_packets_lost != 0;
    const auto if_reported = [&](std::string_view key, std::uint64_t value) {
        return count(reported ? key : std::string_view(), value);
    };
    sink_.append(now, "media.ended",
                 {{"contact", journal::to_text(contact)},
                  {"leg", leg},
                  count("packets_received", stats.packets_received),
                  count("packets_sent", stats.packets_sent),
                  count("packets_lost", stats.packets_lost),
                  count("jitter_us", stats.jitter_us),
                  if_reported("peer_packets_lost", stats.peer_packets_lost),
                  if_reported("peer_jitter_us", stats.peer_jitter_us),
                  if_any("round_trip_us", stats.round_trip_us),
                  if_any("ignored", stats.ignored),
                  if_any("send_errors", stats.send_errors)});
}

void Server::Impl::close_media(LegMedia& media) {
    if (media.session == media::SessionId{}) return;
    media_sessions_.erase(media.session);
    media_.close(media.session);
    media.session = {};
}

/// Every agreement goes through here, so that `held` is always what the peer said last.
void Server::Impl::agree(LegMedia& media, const sdp::Description& peer, std::size_t stream, const sdp::Audio& audio) {
    sdp::keep_to(media.local, peer, stream, audio);
    media_.connect(media.session, audio);
    media.agreed = true;
    media.held = audio.held;
}

/// The peer's answer to our offer; false: it is of no use.
bool Server::Impl::take_answer(LegMedia& media, std::string_view sdp) {
    const auto description = sdp::parse(sdp);
    const auto audio = description ? sdp::accept(*description, media.local) : Result<sdp::Audio>(description.error());
    if (!audio) return false;
    agree(media, *description, media.local.audio_at, *audio);
    return true;
}

void Server::Impl::reoffer(LegMedia& media, sip::SessionId session, const sip::Message& request, Timestamp now) {
    ++media.local.session_version;
    const std::string_view described = sip::sdp_of(request);
    if (described.empty()) {
        media.agreed = false;  // the answer comes in the ACK
        return ua_.accept_reoffer(session, sdp::write_offer(media.local), now);
    }
    const auto offer = sdp::parse(described);
    auto answer = offer ? sdp::answer_again(*offer, media.local) : Result<sdp::Answer>(offer.error());
    if (!answer) {
        --media.local.session_version;  // nobody saw it (RFC 3264 §8: one more than before)
        return ua_.refuse_reoffer(session, 488, now);
    }
    agree(media, *offer, answer->stream, answer->audio);
    ua_.accept_reoffer(session, answer->sdp, now);
}

LegMedia* Server::Impl::media_of(sip::SessionId session) {
    const auto found = sessions_.find(session);
    if (found == sessions_.end()) return nullptr;
    if (const auto* caller = std::get_if<CallerRef>(&found->second)) {
        Call* call = find_call(caller->contact);
        return call ? &call->caller.media : nullptr;
    }
    if (const auto* agent = std::get_if<AgentRef>(&found->second)) {
        Call* call = find_call(agent->contact);
        if (!call) return nullptr;
        if (call->agent && call->agent->sip == session) return &call->agent->media;
        return nullptr;
    }
    if (const auto* outside = std::get_if<OutsideRef>(&found->second)) {
        Call* call = find_call(outside->contact);
        return call && call->outside ? &call->outside->leg.media : nullptr;
    }
    if (const auto departing = departing_.find(session); departing != departing_.end())
        return &departing->second.leg.media;
    if (const auto* direct = std::get_if<DirectRef>(&found->second)) {
        DirectCall* call = find_direct(direct->call);
        if (!call) return nullptr;
        if (direct->is_caller) return &call->caller.media;
        return call->answered && call->answered->sip == session ? &call->answered->media : nullptr;
    }
    const auto feature = features_.find(session);
    return feature == features_.end() ? nullptr : &feature->second.media;
}

Call* Server::Impl::call_of(sip::SessionId session) {
    const auto found = sessions_.find(session);
    if (found == sessions_.end()) return nullptr;
    if (const auto* caller = std::get_if<CallerRef>(&found->second)) return find_call(caller->contact);
    if (const auto* agent = std::get_if<AgentRef>(&found->second)) return find_call(agent->contact);
    if (const auto* outside = std::get_if<OutsideRef>(&found->second)) return find_call(outside->contact);
    return nullptr;
}

/// The call in which this is the leg of the agent who talks.
Call* Server::Impl::talking_over(sip::SessionId session) {
    const auto found = sessions_.find(session);
    const auto* agent = found == sessions_.end() ? nullptr : std::get_if<AgentRef>(&found->second);
    Call* call = agent ? find_call(agent->contact) : nullptr;
    return call && call->phase == CallPhase::talking && call->agent && call->agent->sip == session ? call : nullptr;
}

Call* Server::Impl::find_call(routing::ContactId contact) {
    const auto found = calls_.find(contact);
    return found == calls_.end() ? nullptr : &found->second;
}

void Server::Impl::media_events(Timestamp now) {
    media_events_.clear();
    media_.take_events(media_events_);
    for (const auto& event : media_events_) {
        const auto found = media_sessions_.find(event.session);
        if (found == media_sessions_.end()) continue;
        const sip::SessionId leg = found->second;
        const auto entry = sessions_.find(leg);
        if (entry == sessions_.end()) continue;
        const SessionRef ref = entry->second;  // a copy: what follows may end the leg
        if (event.kind == media::Event::Kind::play_finished) {
            if (std::holds_alternative<FeatureRef>(ref)) {
                finish_feature_call(leg, true, now);
            } else if (const auto* direct = std::get_if<DirectRef>(&ref)) {
                if (DirectCall* call = find_direct(direct->call); call && call->prompting) bridge_direct(*call, now);
            } else if (Call* call = talking_over(leg); call && call->prompting) {
                hear(*call, now);
            }
        } else if (event.kind == media::Event::Kind::digit) {
            key_pressed(leg, event.digit, KeysBy::rtp, now);
        } else if (event.kind == media::Event::Kind::timeout) {
            const auto tell = [&](routing::ContactId contact, std::string_view leg) {
                sink_.append(now, "media.timeout", {{"contact", journal::to_text(contact)}, {"leg", leg}});
            };
            if (const auto* caller = std::get_if<CallerRef>(&ref)) {
                tell(caller->contact, "caller");
                caller_is_gone(caller->contact, routing::EndCause::media_timeout, {}, now);
            } else if (const auto* agent = std::get_if<AgentRef>(&ref)) {
                // The caller may well be there: back to the queue rather than off the line.
                if (Call* call = find_call(agent->contact);
                    call && call->agent && call->agent->media.session == event.session) {
                    tell(call->contact, "agent");
                    feed(routing::input::AgentLegLost{call->contact}, now);
                }
            } else if (const auto* outside = std::get_if<OutsideRef>(&ref)) {
                tell(outside->contact, "outside");
                feed(routing::input::ConversationEnds{outside->contact, routing::EndCause::media_timeout}, now);
            } else if (const auto* direct = std::get_if<DirectRef>(&ref)) {
                end_direct(direct->call, "media_timeout", 480, now);
            }
        }
    }
}

}  // namespace centrala::calls
