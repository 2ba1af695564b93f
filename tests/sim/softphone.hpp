// Agents' phones on the virtual network.
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "sim/peer.hpp"

namespace centrala::sim {

/// An agent's softphone, registered with digest.
class Softphone : public Peer {
public:
    Softphone(World& world, Endpoint address, std::string name, std::string password, PeerOptions options = {});
    void register_phone(std::uint32_t expires_s = 3600);
    void dial_code(const std::string& code);
    void answer();
    /// As it rings: 183 with the answer, acknowledged by PRACK. The 200 has none, then (RFC 3262 §5).
    void answer_early();
    void ring();
    void refuse(int status);
    void hang_up();
    /// On a line of its own, besides the offered or answered call.
    void place_call(const std::string& number, const std::string& more_lines = {});
    void hang_up_own_call();
    /// REFER in the answered call; `to` is the Refer-To value. With `over_own_call` in that one instead.
    void refer(const std::string& to, const std::string& more_lines = {}, bool over_own_call = false);
    void on(const sip::UaEvent& event) override;

    /// Called for each offered call; the default does nothing: it rings on.
    std::function<void()> on_offer;
    std::function<void()> on_stopped;       ///< an offered or answered call ended, by the other side
    std::optional<sip::SessionId> session;  ///< the offered or answered call
    bool talking = false;
    int register_status = 0;
    int offers = 0, stopped = 0;
    int codes_answered = 0;
    std::string cancel_reason;  ///< the Reason with which the last offer was cancelled
    int options_status = 200;   ///< what it answers to OPTIONS
    std::string last_offer_from, last_offer_name, last_offer_queue, last_offer_contact;
    std::string last_offer;                          ///< all header fields of its INVITE, a line each
    Duration last_offer_expires{};                   ///< for how long its INVITE holds
    std::string register_lines, contact_parameters;  ///< of its REGISTERs
    std::uint32_t register_cseq = 0;
    std::optional<sip::SessionId> own_call;  ///< placed by it and answered
    int own_call_refused = 0;                ///< the final status of the last one that was refused
    bool own_call_rings = false;
    std::string session_replaces;   ///< the value of a Replaces that means the offered or answered call
    std::string own_call_replaces;  ///< the value of a Replaces that means it
    int refer_status = 0;
    std::vector<std::string> notified;  ///< bodies of the NOTIFYs, without the line's end
    std::vector<std::string> subscription_states;

protected:
    /// The Authorization line that answers a 401.
    std::string authorize(const sip::Message& challenge, std::string_view method, const std::string& uri);

private:
    void send_register(std::uint32_t expires_s, const std::string& authorization);
    void note_replaces();
    std::string password_;
    std::string register_call_id_;
    std::uint32_t nonce_count_ = 0;
    std::optional<sip::ClientTx> register_tx_, refer_tx_;
    std::uint32_t register_expires_ = 0;
    std::string call_lines_, offer_call_id_, offer_tag_;
    std::map<sip::SessionId, std::string> codes_;  ///< feature-code calls under way
};

}  // namespace centrala::sim
