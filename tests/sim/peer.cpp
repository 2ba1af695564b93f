#include "sim/peer.hpp"

namespace centrala::sim {
namespace {

sip::UserAgentOptions ua_options(const std::string& name, const PeerOptions& peer) {
    sip::UserAgentOptions options;
    options.product = "Peer";
    options.contact_user = name;
    options.reliable = peer.reliable;
    options.session_expires = peer.session_expires;
    return options;
}

}  // namespace

Peer::Peer(World& w, Endpoint a, std::string n, PeerOptions options)
    : world(w),
      address(a),
      name(std::move(n)),
      random(make_seeded_random(w.random->next_u64())),
      ua(ua_options(name, options), *random, outbox),
      options_(options) {
    world.attach(*this);
}
Peer::~Peer() {
    world.detach(*this);
}

void Peer::receive(std::string bytes, const sip::Flow& from) {
    handle(ua.receive(bytes, from, world.now));
}

void Peer::advance() {
    for (;;) {
        const auto event = ua.advance(world.now);
        if (std::holds_alternative<std::monostate>(event)) return;
        handle(event);
    }
}

void Peer::connection_lost(std::uint64_t connection) {
    ua.transport_failed(sip::Transport::tcp, World::kServer, connection, world.now);
    advance();
    if (on_connection_lost) on_connection_lost();
}

std::string Peer::as_sent(std::string_view bytes) const {
    std::string sent(bytes);
    constexpr std::string_view kUpdate = " UPDATE,";
    const auto allow = options_.knows_update ? std::string::npos : sent.find("\r\nAllow:");
    const auto update = allow == std::string::npos ? allow : sent.find(kUpdate, allow);
    if (update < sent.find("\r\n", allow + 2)) sent.erase(update, kUpdate.size());
    return sent;
}

/// Offers are agreed to: answered in kind, or in the ACK where we had asked for one.
std::string Peer::answer_to(std::string_view body) {
    const auto offer = sdp::parse(body);
    const auto answer = offer ? sdp::answer_again(*offer, local_media(), wanted_) : Result<sdp::Answer>(Error{});
    return answer ? answer->sdp : std::string();
}

void Peer::handle(const sip::UaEvent& event) {
    if (const auto* offered = std::get_if<sip::ua::Reoffered>(&event)) {
        ++sdp_version_;
        const auto body = offered->request->body();
        const std::string sdp = body.empty() ? sdp::write_offer(local_media()) : answer_to(body);
        if (sdp.empty()) return ua.refuse_reoffer(offered->session, 488, world.now);
        return ua.accept_reoffer(offered->session, sdp, world.now);
    }
    if (const auto* answered = std::get_if<sip::ua::Reanswered>(&event)) {
        if (answered->offer) ua.confirm(answered->session, answer_to(answered->response->body()), world.now);
        return;
    }
    if (const auto* accepted = std::get_if<sip::ua::Accepted>(&event); accepted && accepted->offer)
        ua.confirm(accepted->session, answer_to(accepted->sdp), world.now);
    on(event);
}

bool Peer::reoffer(sip::SessionId session, sdp::Direction direction, bool late) {
    ++sdp_version_;
    wanted_ = direction;
    const bool sent = ua.reoffer(session, late ? std::string() : sdp::write_offer(local_media(), direction), world.now);
    world.flush(*this);
    return sent;
}

sdp::Local Peer::local_media() const {
    sdp::Local local;
    local.address = address.address;
    local.port = 7000;
    local.session_id = 1;
    local.session_version = sdp_version_;
    return local;
}

void Peer::update(sip::SessionId session, const std::string& sdp) {
    std::string lines;
    update_tx_ = ua.send_within(session, sip::Method::update, lines, "application/sdp", sdp, world.now);
    world.flush(*this);
}

void Peer::note_answer(const sip::ua::Answered& event) {
    if (event.tx != update_tx_) return;
    last_status = event.response ? event.response->status() : 408;
    last_answer = event.response ? std::string(event.response->body()) : std::string();
}

void Caller::dial(const std::string& number) {
    const std::string uri = "sip:" + number + "@10.0.0.1";
    session = ua.invite({uri,
                         from.empty() ? "\"Caller " + name + "\" <sip:" + name + "@carrier.example>" : from,
                         "<" + uri + ">",
                         lines,
                         late ? std::string() : sdp::write_offer(local_media()),
                         {}},
                        to_server(), world.now);
    world.flush(*this);
}

void Caller::hang_up() {
    if (session) ua.hang_up(*session, {}, world.now);
    session.reset();
    world.flush(*this);
}

void Caller::on(const sip::UaEvent& event) {
    if (const auto* progress = std::get_if<sip::ua::Progress>(&event)) {
        early = early || progress->response->status() == 183;
    } else if (const auto* accepted = std::get_if<sip::ua::Accepted>(&event)) {
        answered = true;
        answer_sdp = std::string(accepted->sdp);
        if (on_answer) on_answer();
    } else if (const auto* refusal = std::get_if<sip::ua::Refused>(&event)) {
        refused = refusal->status;
        session.reset();
    } else if (std::get_if<sip::ua::Ended>(&event)) {
        ended = true;
        session.reset();
    } else if (const auto* answer = std::get_if<sip::ua::Answered>(&event)) {
        note_answer(*answer);
    }
}

}  // namespace centrala::sim
