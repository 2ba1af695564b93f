// SIP endpoints on the virtual network: what all share, and callers.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "centrala/sdp/sdp.hpp"
#include "centrala/sip/user_agent.hpp"
#include "sim/world.hpp"

namespace centrala::sim {

/// What an endpoint can, and how it is connected.
struct PeerOptions {
    sip::Transport transport = sip::Transport::udp;  ///< or TCP: over a connection of its own
    bool listens_on_tcp = false;                     ///< connections to its address are taken
    bool knows_update = true;                        ///< else its Allow doesn't say so
    sip::Reliable reliable = sip::Reliable::when_supported;
    Duration session_expires = 30min;
};

/// A SIP endpoint of its own on the network. Behaviour comes from subclasses; what every endpoint does, such as
/// agreeing to offers of the other side, is done here.
class Peer {
public:
    Peer(World& world, Endpoint address, std::string name, PeerOptions options = {});
    virtual ~Peer();
    Peer(const Peer&) = delete;
    Peer& operator=(const Peer&) = delete;

    void receive(std::string bytes, const sip::Flow& from);
    void advance();
    void connection_lost(std::uint64_t connection);
    /// What leaves instead of what the user agent wrote.
    [[nodiscard]] std::string as_sent(std::string_view bytes) const;
    [[nodiscard]] bool listens_on_tcp() const { return options_.listens_on_tcp; }
    virtual void on(const sip::UaEvent& event) = 0;

    [[nodiscard]] sdp::Local local_media() const;
    /// UPDATE with this offer; what came back is in last_answer, last_status.
    void update(sip::SessionId session, const std::string& sdp);
    /// re-INVITE with an offer of that direction, or, `late`, without one. False: not now.
    bool reoffer(sip::SessionId session, sdp::Direction direction, bool late = false);
    [[nodiscard]] Endpoint rtp() const { return {address.address, local_media().port}; }
    [[nodiscard]] sip::Flow to_server() const { return {options_.transport, address, World::kServer, 0}; }

    World& world;
    Endpoint address;
    std::string name;
    bool vanished = false;  ///< switched off: hears nothing, says nothing
    sip::Outbox outbox;
    std::unique_ptr<RandomSource> random;
    sip::UserAgent ua;
    std::string last_answer;
    int last_status = 0;
    std::function<void()> on_connection_lost;

protected:
    PeerOptions options_;
    void note_answer(const sip::ua::Answered& event);
    /// To an offer of the other side, in whichever message it came; "": it can't be answered.
    virtual std::string answer_to(std::string_view offer);
    std::optional<sip::ClientTx> update_tx_;

private:
    void handle(const sip::UaEvent& event);
    std::uint64_t sdp_version_ = 1;
    sdp::Direction wanted_ = sdp::Direction::sendrecv;  ///< in the answer to the offer that reoffer() asked for
};

/// A caller behind the trunk.
class Caller : public Peer {
public:
    using Peer::Peer;
    void dial(const std::string& number);
    void hang_up();  ///< CANCEL or BYE, whichever is due
    void on(const sip::UaEvent& event) override;

    std::string lines;  ///< further complete header lines of the INVITE
    std::string from;   ///< instead of the usual From
    bool late = false;  ///< the INVITE has no offer
    std::optional<sip::SessionId> session;
    bool answered = false, early = false;
    int refused = 0;     ///< the final status, if it was refused
    bool ended = false;  ///< BYE came, or the call was lost
    std::function<void()> on_answer;
    std::string answer_sdp;  ///< of the 200
};

}  // namespace centrala::sim
