// A softphone that subscribes and publishes: busy lamps, presence, feature keys.
#pragma once

#include <string>
#include <vector>

#include "sim/softphone.hpp"

namespace centrala::sim {

class WatchingPhone : public Softphone {
public:
    using Softphone::Softphone;

    /// What goes into a SUBSCRIBE or PUBLISH besides the mandatory headers.
    struct Wish {
        std::string target;
        std::string event;
        int expires = 600;
        std::string headers{}, content_type{}, body{};
    };
    struct Told {
        std::string event, state, body;
    };

    /// A subscription of its own; refresh() goes on with the last.
    void subscribe(const Wish& wish) {
        to_tag_.clear();
        call_id_ = random->token(8);
        from_tag_ = random->token(8);
        cseq_ = 0;
        send(sip::Method::subscribe, wish, {});
    }
    void refresh(const Wish& wish) { send(sip::Method::subscribe, wish, {}); }
    void publish(Wish wish) {
        to_tag_.clear();
        call_id_ = random->token(8);
        from_tag_ = random->token(8);
        wish.event = "presence";
        send(sip::Method::publish, wish, {});
    }

    void on(const sip::UaEvent& event) override {
        if (const auto* requested = std::get_if<sip::ua::Requested>(&event)) {
            const sip::Message& request = *requested->request;
            if (request.method() != sip::Method::notify) return Softphone::on(event);
            told.push_back({std::string(request.find(sip::HeaderId::event).value_or("")),
                            std::string(request.find(sip::HeaderId::subscription_state).value_or("")),
                            std::string(request.body())});
            ua.respond(requested->tx, {notify_answer, {}, {}, {}, {}, {}}, world.now);
            world.flush(*this);
            return;
        }
        const auto* answered = std::get_if<sip::ua::Answered>(&event);
        if (!answered || answered->tx != tx_) return Softphone::on(event);
        status = answered->response ? answered->response->status() : 408;
        if (!answered->response) return;
        if (status == 401 && !tried_) {
            const std::string authorization = authorize(*answered->response, to_string(method_), uri(wish_));
            return send(method_, wish_, authorization);
        }
        if (status != 200) return;
        to_tag_ = answered->response->to().tag();
        etag = answered->response->find("SIP-ETag").value_or("");
    }

    int status = 0;  ///< of the last SUBSCRIBE or PUBLISH
    int notify_answer = 200;
    std::string etag;
    std::vector<Told> told;

private:
    static std::string uri(const Wish& wish) { return "sip:" + wish.target + "@acd.example"; }

    void send(sip::Method method, const Wish& wish, const std::string& authorization) {
        method_ = method;
        wish_ = wish;
        tried_ = !authorization.empty();
        std::string lines;
        sip::MessageWriter(lines)
            .header("Max-Forwards", 70)
            .header("From", "<sip:", name, "@acd.example>;tag=", from_tag_)
            .header("To", "<", uri(wish), ">", to_tag_.empty() ? "" : ";tag=", to_tag_)
            .header("Call-ID", call_id_)
            .header("CSeq", ++cseq_, ' ', to_string(method))
            .header("Contact", "<sip:", name, "@", address.to_string(), ">")
            .header("Event", wish.event)
            .header("Expires", wish.expires)
            .lines(wish.headers)
            .lines(authorization);
        tx_ = ua.send_request({method, uri(wish), lines, wish.content_type, wish.body}, to_server(), world.now);
        world.flush(*this);
    }

    sip::Method method_{};
    Wish wish_;
    bool tried_ = false;
    std::string call_id_, from_tag_, to_tag_;
    std::uint32_t cseq_ = 0;
    std::optional<sip::ClientTx> tx_;
};

}  // namespace centrala::sim
