#include "sim/softphone.hpp"

#include "centrala/sip/digest.hpp"

namespace centrala::sim {

Softphone::Softphone(World& w, Endpoint a, std::string n, std::string password, PeerOptions options)
    : Peer(w, a, std::move(n), options), password_(std::move(password)), register_call_id_(random->token(8)) {}

void Softphone::send_register(std::uint32_t expires_s, const std::string& authorization) {
    const std::string uri = "sip:10.0.0.1";
    std::string lines;
    sip::MessageWriter(lines)
        .header("Max-Forwards", 70)
        .header("From", "<sip:", name, "@10.0.0.1>;tag=", random->token(4))
        .header("To", "<sip:", name, "@10.0.0.1>")
        .header("Call-ID", register_call_id_)
        .header("CSeq", ++register_cseq, " REGISTER")
        .header("Contact", "<sip:", name, "@", address.to_string(),
                options_.transport == sip::Transport::tcp ? ";transport=tcp>" : ">", contact_parameters)
        .header("Expires", expires_s);
    lines += register_lines + authorization;
    register_expires_ = expires_s;
    register_tx_ = ua.send_request({sip::Method::register_, uri, lines, {}, {}}, to_server(), world.now);
    world.flush(*this);
}

void Softphone::register_phone(std::uint32_t expires_s) {
    send_register(expires_s, {});
}

std::string Softphone::authorize(const sip::Message& challenge, std::string_view method, const std::string& uri) {
    const auto header = challenge.find(sip::HeaderId::www_authenticate);
    if (!header) return {};
    std::string_view scheme_and_params = *header;
    const auto params = scheme_and_params.substr(scheme_and_params.find(' ') + 1);
    std::string realm, nonce;
    std::string_view rest = params;
    bool sha256 = false;
    while (const auto item = sip::next_item(rest)) {
        const auto equals = item->find('=');
        if (equals == std::string_view::npos) continue;
        std::string value(item->substr(equals + 1));
        if (value.size() >= 2 && value.front() == '"') value = value.substr(1, value.size() - 2);
        const auto key = item->substr(0, equals);
        if (key == "realm") realm = value;
        if (key == "nonce") nonce = value;
        if (key == "algorithm") sha256 = value == "SHA-256";
    }
    const auto algorithm = sha256 ? sip::DigestAlgorithm::sha256 : sip::DigestAlgorithm::md5;
    char nc[9];
    std::snprintf(nc, sizeof nc, "%08x", ++nonce_count_);
    const std::string cnonce = random->token(8);
    const auto response = sip::digest_response(algorithm, sip::digest_ha1(algorithm, name, realm, password_), method,
                                               uri, nonce, nc, cnonce, "auth");
    return "Authorization: Digest username=\"" + name + "\", realm=\"" + realm + "\", nonce=\"" + nonce + "\", uri=\"" +
           uri + "\", response=\"" + response + "\", algorithm=" + (sha256 ? "SHA-256" : "MD5") + ", cnonce=\"" +
           cnonce + "\", qop=auth, nc=" + nc + "\r\n";
}

void Softphone::dial_code(const std::string& code) {
    place_call(code);
}

void Softphone::place_call(const std::string& number, const std::string& more_lines) {
    const std::string uri = "sip:" + number + "@10.0.0.1";
    call_lines_ = more_lines;
    const std::string from = "<sip:" + name + "@10.0.0.1>", to = "<" + uri + ">", sdp = sdp::write_offer(local_media());
    sip::Invitation invitation{};
    invitation.request_uri = uri;
    invitation.from = from;
    invitation.to = to;
    invitation.header_lines = more_lines;
    invitation.sdp = sdp;
    if (const auto id = ua.invite(invitation, to_server(), world.now)) codes_[*id] = number;
    world.flush(*this);
}

/// Our tag stands in what is about to be sent.
void Softphone::note_replaces() {
    for (std::size_t i = 0; i < outbox.size(); ++i) {
        std::string bytes(outbox[i].bytes);
        sip::Message message;
        if (sip::parse(bytes, message).verdict != sip::Verdict::complete || message.is_request()) continue;
        if (message.call_id() == offer_call_id_)
            session_replaces =
                offer_call_id_ + ";to-tag=" + offer_tag_ + ";from-tag=" + std::string(message.to().tag());
    }
}

void Softphone::ring() {
    if (session && !talking) ua.ring(*session, 180, {}, world.now);
    note_replaces();
    world.flush(*this);
}

void Softphone::answer() {
    if (!session || talking) return;
    talking = true;
    ua.accept(*session, sdp::write_offer(local_media()), world.now);
    note_replaces();
    world.flush(*this);
}

void Softphone::answer_early() {
    if (session && !talking) ua.ring(*session, 183, sdp::write_offer(local_media()), world.now);
    world.flush(*this);
}

void Softphone::refuse(int status) {
    if (!session || talking) return;
    ua.refuse(*session, status, {}, world.now);
    session.reset();
    world.flush(*this);
}

void Softphone::hang_up_own_call() {
    for (const auto& [id, number] : codes_) ua.hang_up(id, {}, world.now);
    codes_.clear();
    own_call.reset();
    world.flush(*this);
}

void Softphone::refer(const std::string& to, const std::string& more_lines, bool over_own_call) {
    const auto in = over_own_call ? own_call : session;
    if (!in) return;
    refer_status = 0;
    refer_tx_ = ua.send_within(*in, sip::Method::refer, "Refer-To: " + to + "\r\n" + more_lines, {}, {}, world.now);
    world.flush(*this);
}

void Softphone::hang_up() {
    if (!session) return;
    ua.hang_up(*session, {}, world.now);
    session.reset();
    talking = false;
    world.flush(*this);
}

void Softphone::on(const sip::UaEvent& event) {
    if (const auto* invited = std::get_if<sip::ua::Invited>(&event)) {
        if (session) return ua.refuse(invited->session, 486, {}, world.now);
        session = invited->session;
        talking = false;
        ++offers;
        last_offer.clear();
        for (const auto& header : invited->invite->headers())
            last_offer.append(header.name).append(": ").append(header.value).append("\n");
        last_offer_expires = std::chrono::seconds(invited->invite->number(sip::HeaderId::expires).value_or(3'600));
        offer_call_id_ = std::string(invited->invite->call_id());
        offer_tag_ = std::string(invited->invite->from().tag());
        last_offer_from = std::string(invited->invite->from().uri.user);
        last_offer_name = invited->invite->from().display_text();
        last_offer_queue = std::string(invited->invite->find("X-Centrala-Queue").value_or(""));
        last_offer_contact = std::string(invited->invite->find("X-Centrala-Contact").value_or(""));
        if (on_offer) on_offer();
    } else if (const auto* cancelled = std::get_if<sip::ua::Cancelled>(&event)) {
        if (session != cancelled->session) return;
        cancel_reason = std::string(cancelled->cancel->find("Reason").value_or(""));
        session.reset();
        ++stopped;
        if (on_stopped) on_stopped();
    } else if (const auto* ended = std::get_if<sip::ua::Ended>(&event)) {
        codes_.erase(ended->session);
        if (own_call == ended->session) own_call.reset();
        if (session != ended->session) return;
        session.reset();
        talking = false;
        ++stopped;
        if (on_stopped) on_stopped();
    } else if (const auto* accepted = std::get_if<sip::ua::Accepted>(&event)) {
        if (!codes_.contains(accepted->session)) return;
        ++codes_answered;
        own_call = accepted->session;
        const sip::Message& ok = *accepted->response;
        own_call_replaces = std::string(ok.call_id()) + ";to-tag=" + std::string(ok.to().tag()) +
                            ";from-tag=" + std::string(ok.from().tag());
    } else if (const auto* progress = std::get_if<sip::ua::Progress>(&event)) {
        own_call_rings = own_call_rings || progress->response->status() == 180;
    } else if (const auto* requested = std::get_if<sip::ua::Requested>(&event)) {
        if (requested->request->method() == sip::Method::notify) {
            const auto body = requested->request->body();
            notified.emplace_back(body.substr(0, body.find('\r')));
            subscription_states.emplace_back(requested->request->find(sip::HeaderId::subscription_state).value_or(""));
        }
        const bool asked = requested->request->method() == sip::Method::options;
        ua.respond(requested->tx, {asked ? options_status : 200, {}, {}, {}, {}, {}}, world.now);
    } else if (const auto* refused = std::get_if<sip::ua::Refused>(&event)) {
        const auto code = codes_.find(refused->session);
        if (code == codes_.end()) return;
        const std::string number = code->second;
        codes_.erase(code);
        if (refused->status != 401) own_call_refused = refused->status;
        if (refused->status != 401 || !refused->response) return;
        const std::string uri = "sip:" + number + "@10.0.0.1";
        place_call(number, authorize(*refused->response, "INVITE", uri) + call_lines_);
    } else if (const auto* answered = std::get_if<sip::ua::Answered>(&event)) {
        if (answered->tx == refer_tx_) refer_status = answered->response ? answered->response->status() : 408;
        if (answered->tx != register_tx_) return note_answer(*answered);
        register_status = answered->response ? answered->response->status() : 408;
        if (register_status == 401)
            send_register(register_expires_, authorize(*answered->response, "REGISTER", "sip:10.0.0.1"));
    }
}

}  // namespace centrala::sim
